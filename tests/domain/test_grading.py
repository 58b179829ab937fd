"""Grading: what each kind of rule gives, and what holds of every grade."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache
from math import isclose
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crm_tui.domain.schemes import Grade, Inputs, Scheme, parse_scheme, shipped, source_of
from crm_tui.domain.schemes.calibration import calibrate
from crm_tui.domain.schemes.grading import grade
from crm_tui.domain.schemes.reaching import next_up
from crm_tui.domain.schemes.words import next_words, words
from tests.domain.test_scheme_files import MATRIX, PARETO, SCORED

VALUE, FIT, LABEL, SHARES, QUADRANTS = (shipped()[name] for name in ("value", "fit", "label", "pareto", "matrix"))
COMPUTED = [scheme for scheme in shipped().values() if scheme.rule]
FIXED = parse_scheme(SCORED)
GOOD: Inputs = {
    "sales": 900_000_00, "lifetime": 900_000_00, "recency": 10, "collection": 1.0, "timeliness": 0.95, "margin": 0.35,
    "influence": 3, "closing": 3, "growth": 0.3, "overdue_days": 0, "headcount": 20,
}  # fmt: skip


def alone(scheme: Scheme, inputs: Inputs) -> Grade:
    return grade(calibrate(scheme, {1: inputs}), inputs)


def tiers(scheme: Scheme, population: Mapping[int, Inputs]) -> dict[int, str | None]:
    ready = calibrate(scheme, population)
    return {key: grade(ready, inputs).tier for key, inputs in population.items()}


def selling(*sales: int | None, **more: Any) -> dict[int, Inputs]:
    return {n: {"sales": amount, "lifetime": amount, "recency": 5, **more} for n, amount in enumerate(sales)}


# -- pareto


@pytest.mark.parametrize(
    ("sales", "expected"),
    [
        ((80, 15, 5), "ABC"),
        ((79, 16, 5), "AAC"),  # whoever crosses the line is above it
        ((50, 20, 20, 10), "AAAB"),  # equal sales, equal tier
        ((10, 10, 10, 10), "AAAA"),
        ((100,), "A"),
        ((0, 0), "CC"),
        ((100, 0, -5), "ACC"),
        ((), ""),
    ],
)
def test_a_pareto_puts_those_above_the_line_that_make_the_sum(sales: tuple[int, ...], expected: str) -> None:
    assert "".join(tier or "-" for tier in tiers(SHARES, selling(*sales)).values()) == expected


def test_sales_that_are_not_known_are_not_graded() -> None:
    assert tiers(SHARES, {1: {"sales": None}, 2: {}, 3: {"sales": 5}}) == {1: None, 2: None, 3: "A"}


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30), st.data())
def test_who_buys_more_never_falls_in_a_pareto(sales: list[int], data: st.DataObject) -> None:
    who, more = data.draw(st.integers(0, len(sales) - 1)), data.draw(st.integers(0, 100))
    before = tiers(SHARES, selling(*sales))[who]
    sales[who] += more
    after = tiers(SHARES, selling(*sales))[who]
    assert SHARES.rank(after or "") <= SHARES.rank(before or "")


@given(st.lists(st.integers(1, 50), min_size=1, max_size=30))
def test_each_tier_of_a_pareto_makes_its_share_and_no_more_than_it_needs(sales: list[int]) -> None:
    found = tiers(SHARES, selling(*sales))
    for letters, share in (("A", 80), ("AB", 95)):
        inside = [sales[key] for key, tier in found.items() if tier and tier in letters]
        assert sum(inside) * 100 >= share * sum(sales)
        fewer = [amount for amount in inside if amount > min(inside)]
        assert sum(fewer) * 100 < share * sum(sales)


# -- value


@pytest.mark.parametrize(
    ("changed", "tier"),
    [
        ({}, "diamond"),
        ({"overdue_days": 90}, "diamond"),
        ({"overdue_days": 91}, "problem"),  # a veto, whatever the score
        ({"collection": 0.49}, "problem"),
        ({"collection": None, "timeliness": None}, "diamond"),  # nothing was due
        ({"timeliness": None, "margin": None, "influence": None, "growth": None}, "diamond"),  # half of it is enough
        ({"collection": None, "timeliness": None, "sales": None}, None),  # a third of the weight is no grade
        ({"sales": 0, "lifetime": 0, "recency": None}, "opportunity"),  # never bought: 3 × 3
        ({"sales": 0, "lifetime": 0, "recency": None, "closing": 4}, "key_opportunity"),
        ({"sales": 0, "lifetime": 0, "recency": None, "closing": None}, None),
        ({"sales": 0, "lifetime": 0, "recency": 5}, "growth"),  # an order of nothing is an order
    ],
)
def test_what_a_customer_is_worth(changed: Inputs, tier: str | None) -> None:
    assert alone(VALUE, {**GOOD, **changed}).tier == tier


def test_a_big_name_that_buys_little_is_an_opportunity() -> None:
    small: Inputs = {**GOOD, "sales": 1, "influence": 4, "closing": 3}
    population = {1: small, **dict.fromkeys(range(2, 12), GOOD)}
    assert tiers(VALUE, population)[1] == "key_opportunity"
    assert tiers(VALUE, {**population, 1: {**small, "influence": 3}})[1] not in ("key_opportunity", "opportunity")


@given(st.lists(st.integers(0, 30), min_size=1, max_size=20), st.integers(0, 40), st.data())
def test_who_buys_more_never_falls_in_the_sales_metric(sales: list[int], more: int, data: st.DataObject) -> None:
    who = data.draw(st.integers(0, len(sales) - 1))
    before = _sales_points(selling(*sales), who)
    sales[who] += more
    assert _sales_points(selling(*sales), who) >= before


def _sales_points(population: dict[int, Inputs], who: int) -> float:
    found = grade(calibrate(VALUE, population), {**population[who], "collection": 1.0, "influence": 1})
    return next(step.points or 0.0 for step in found.steps if step.metric == "sales")


@given(st.integers(0, 10**6) | st.none())
def test_headcount_alone_never_changes_a_value_tier(headcount: int | None) -> None:
    assert alone(VALUE, {**GOOD, "headcount": headcount}) == alone(VALUE, GOOD)


# -- matrix, bands, fit


@pytest.mark.parametrize(
    ("share", "potential", "tier"),
    [
        (0.5, 100_000_000, "big"), (0.49, 100_000_000, "small"), (0.5, 99_999_999, "small"), (0.1, 5, "bad"),
        (None, 100_000_000, None), (0.9, None, None),
    ],
)  # fmt: skip
def test_a_matrix_has_four_quadrants_and_does_not_know_the_unknown(
    share: float | None, potential: int | None, tier: str | None
) -> None:
    assert alone(parse_scheme(MATRIX), {"share": share, "potential": potential}).tier == tier


@pytest.mark.parametrize(
    ("share", "potential", "tier"),
    [(0.5, 9, "key"), (0.4, 9, "potential"), (0.5, 1, "ordinary"), (0.4, 1, "low")],
)
def test_the_four_quadrants_are_those_of_the_field(share: float, potential: int, tier: str) -> None:
    others: dict[int, Inputs] = {n: {"share": 0.5, "potential": n} for n in range(1, 9)}
    assert tiers(QUADRANTS, {**others, 0: {"share": share, "potential": potential}})[0] == tier


def test_the_shipped_matrix_takes_the_top_fifth_of_the_wallets() -> None:
    population: dict[int, Inputs] = {n: {"share": 0.6, "potential": n} for n in range(1, 11)}
    assert [key for key, tier in tiers(QUADRANTS, population).items() if tier == "key"] == [8, 9, 10]


def test_bands_are_drawn_from_those_that_bought() -> None:
    found = tiers(LABEL, selling(0, 0, 0, 10, 20, 30, 40, 50))
    assert [found[key] for key in range(8)] == ["low"] * 4 + ["middle"] * 2 + ["high"] * 2


@pytest.mark.parametrize(
    ("inputs", "tier"),
    [
        ({"tier": "A", "headcount": 300, "source": "Referral"}, "fit_a"),
        ({"tier": "D", "headcount": 5, "source": "cold call"}, "fit_c"),
        ({"tier": "D"}, None),
        ({"tier": "B", "source": "somewhere else"}, "fit_b"),
    ],
)
def test_fit_is_for_what_is_known_before_the_first_order(inputs: Inputs, tier: str | None) -> None:
    assert alone(FIT, inputs).tier == tier


# -- what holds of every grade


def some_inputs() -> st.SearchStrategy[dict[str, Any]]:
    share = st.none() | st.floats(-1, 1, allow_nan=False).map(lambda x: round(x, 3))
    count = st.none() | st.integers(0, 200)
    rating = st.none() | st.integers(1, 5)
    return st.fixed_dictionaries(
        {
            "sales": st.none() | st.integers(0, 2_000) | st.integers(0, 200_000_000), "recency": count,
            "lifetime": st.integers(0, 10), "overdue_days": count, "headcount": count, "potential": count,
            "influence": rating, "closing": rating, "collection": share, "timeliness": share, "margin": share,
            "growth": share, "share": share, "tier": st.sampled_from([None, *"ABCD"]),
            "source": st.sampled_from([None, "", "官网", "referral", "street"]), "industry": st.none(),
            "region": st.sampled_from([None, "north"]),
        }
    )  # fmt: skip


any_scheme = st.sampled_from([*COMPUTED, FIXED, parse_scheme(PARETO), parse_scheme(MATRIX)])
populations = st.lists(some_inputs(), min_size=1, max_size=12).map(lambda rows: dict(enumerate(rows)))


@settings(max_examples=40)
@given(any_scheme, populations, st.randoms())
def test_the_order_of_the_rows_does_not_matter(
    scheme: Scheme, population: dict[int, Inputs], chance: random.Random
) -> None:
    mixed = list(population.items())
    chance.shuffle(mixed)
    again = parse_scheme(scheme.text)
    assert tiers(again, dict(mixed)) == tiers(scheme, population)


@settings(max_examples=40)
@given(any_scheme, populations)
def test_equal_customers_are_graded_alike(scheme: Scheme, population: dict[int, Inputs]) -> None:
    twins = {**population, 99: population[0]}
    found = tiers(scheme, twins)
    assert found[99] == found[0]


@settings(max_examples=40)
@given(any_scheme, populations)
def test_points_times_weights_are_the_score(scheme: Scheme, population: dict[int, Inputs]) -> None:
    ready = calibrate(scheme, population)
    for inputs in population.values():
        found = grade(ready, inputs)
        parts = [step for step in found.steps if step.part == "metric"]
        if found.score is not None and parts:
            assert isclose(sum((s.points or 0) * s.weight for s in parts), found.score, abs_tol=1e-6)
            assert isclose(sum(step.weight for step in parts), 1)
            assert all((step.missing == "left out") == (step.points is None) for step in parts)
        assert all((step.value is None) == bool(step.missing) or step.metric == "recency" or step.value == ""
                   for step in found.steps)  # fmt: skip


@settings(max_examples=40)
@given(populations, st.sampled_from([m.metric for m in VALUE.rule.measures]))  # type: ignore[union-attr]
def test_leaving_out_what_is_missing_is_the_scheme_without_it(population: dict[int, Inputs], metric: str) -> None:
    assert VALUE.rule is not None
    customer = {**GOOD, **{k: v for k, v in population[0].items() if v is not None}, metric: None, "recency": 3}
    without = _without(metric)
    ready, less = calibrate(VALUE, population), calibrate(without, population)
    assume(not ready.vetoes or grade(ready, customer).score is not None)
    assert grade(ready, customer)[:2] == grade(less, customer)[:2]


@cache
def _without(metric: str) -> Scheme:
    """The scheme `value` with the metric taken out, and the other weights made 100 again."""
    assert VALUE.rule is not None
    text = source_of("value").replace("least_known = 0.5", "least_known = 0")
    parts = text.split("[[metric]]\n")
    weight = next(measure.weight for measure in VALUE.rule.measures if measure.metric == metric)
    kept = [part for part in parts[1:] if f'name = "{metric}"' not in part.split("[thresholds]")[0]]
    if len(kept) == len(parts) - 2 and f'"{metric}"' in parts[-1].split("[thresholds]")[0]:
        kept.append("[thresholds]" + parts[-1].split("[thresholds]")[1])
        kept[-2:] = ["\n\n".join(kept[-2:])]
    for measure in VALUE.rule.measures:
        old = f"weight = {measure.weight * 100:.0f}"
        kept = [
            part.replace(old, f"weight = {measure.weight * 100 / (1 - weight)!r}")
            if f'name = "{measure.metric}"' in part.split("[thresholds]")[0] else part
            for part in kept
        ]  # fmt: skip
    return parse_scheme("[[metric]]\n".join([parts[0], *kept]))


@settings(max_examples=40)
@given(any_scheme, populations)
def test_what_would_reach_the_next_tier_reaches_it(scheme: Scheme, population: dict[int, Inputs]) -> None:
    ready = calibrate(scheme, population)
    for inputs in population.values():
        found = grade(ready, inputs)
        ahead = next_up(ready, inputs, found)
        if ahead is None:
            continue
        assert found.tier != ahead.tier
        for way in ahead.ways:
            reached = grade(ready, {**inputs, way.metric: way.value})
            assert scheme.rank(reached.tier or "") <= scheme.rank(ahead.tier)
        assert next_words(scheme, ahead, "CNY")[0].startswith("next tier up: ")


@settings(max_examples=40)
@given(any_scheme, populations)
def test_every_grade_can_be_told(scheme: Scheme, population: dict[int, Inputs]) -> None:
    ready = calibrate(scheme, population)
    for inputs in population.values():
        found = grade(ready, inputs)
        told = words(scheme, found, "CNY")
        tier = scheme.get(found.tier or "")
        assert told[0].startswith(tier.title if tier else "not graded: ")
        assert len(told) == 1 + len(found.steps)


def test_the_smallest_value_that_would_do_is_told() -> None:
    inputs: Inputs = {"sales": 60_000_00, "recency": 1, "collection": None, "region": "North"}
    ready = calibrate(FIXED, {1: inputs, 2: {"collection": 0.8}, 3: {"collection": 0.9}})
    found = grade(ready, inputs)
    assert (found.tier, found.score, found.known) == ("small", 46.0, 0.7)  # 50 × 60 % + 20 × 30 % + 100 × 10 %
    ahead = next_up(ready, inputs, found)
    assert ahead is not None
    assert {way.metric: way.value for way in ahead.ways} == {"sales": 1_500_000_00, "collection": 0.8}


# -- in words


def test_where_nobody_bought_anything_any_sale_would_do() -> None:
    inputs: Inputs = {"sales": 0}
    ready = calibrate(SHARES, {1: inputs, 2: {"sales": None}, 3: {"sales": -5}})
    found = grade(ready, inputs)
    told = [*words(SHARES, found, "CNY"), *next_words(SHARES, next_up(ready, inputs, found), "CNY")]
    assert told == [
        SHARES.tiers[-1].title, "sales: 0.00 CNY (below 0.01 CNY)", "next tier up: " + SHARES.tiers[-2].title,
        "any sales above 0 would do",
    ]  # fmt: skip
    sold: Inputs = {"sales": 1}
    assert grade(calibrate(SHARES, {1: sold}), sold).tier == "A"


def test_no_brackets_are_empty() -> None:
    scheme = parse_scheme(MATRIX.replace('"1m"', '"p80"'))
    inputs: Inputs = {"share": 0.1, "potential": 0}
    found = grade(calibrate(scheme, {1: inputs}), inputs)
    assert "()" not in "".join(words(scheme, found, "CNY"))


def test_a_grade_is_told_input_by_input() -> None:
    ready = calibrate(VALUE, {1: GOOD, 2: {"sales": 2_000_000_00}})
    inputs: Inputs = {**GOOD, "margin": None, "timeliness": 0.6}
    found = grade(ready, inputs)
    assert [*words(VALUE, found, "CNY"), *next_words(VALUE, next_up(ready, inputs, found), "CNY")] == [
        "growth: score 64.12, from 50 on",
        "sales: 900,000.00 CNY = 50 points × 35.29 % = 17.65 (from 900,000.00 CNY to below 2,000,000.00 CNY)",
        "collection rate: 100 % = 100 points × 23.53 % = 23.53 (from 98 %)",
        "paid on time: 60 % = 30 points × 17.65 % = 5.29 (from 50 % to below 75 %)",
        "gross margin: not known, left out; its 15 % go to the rest",
        "influence: 3 = 50 points × 11.76 % = 5.88 (from 3 to below 4)",
        "sales growth: 30 % = 100 points × 11.76 % = 11.76 (from 25 %)",
        "next tier up: strategic, from 70 on",
        "sales of 2,000,000.00 CNY would do",
        "paid on time of 90 % would do",
        "influence of 5 would do",
    ]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"overdue_days": 120}, [
            "problem: a veto, whatever the score", "overdue for: 120 days (from 91 days)", "next tier up: general",
            "overdue for down to 90 days would do",
        ]),
        ({"recency": None, "sales": 0, "lifetime": 0}, [
            "opportunity: influence × closing potential = 9", "has never bought", "influence: 3",
            "closing potential: 3", "next tier up: key opportunity, from 12 on", "influence of 4 would do",
            "closing potential of 4 would do",
        ]),
        ({"recency": None, "sales": 0, "lifetime": 0, "influence": None}, [
            "not graded: influence not known", "has never bought",
            "influence: not known, and nothing can be said without it", "closing potential: 3",
        ]),
    ],
)  # fmt: skip
def test_vetoes_and_classes_are_told(changed: Inputs, told: list[str]) -> None:
    ready, inputs = calibrate(VALUE, {1: GOOD}), {**GOOD, **changed}
    found = grade(ready, inputs)
    assert [*words(VALUE, found, "CNY"), *next_words(VALUE, next_up(ready, inputs, found), "CNY")] == told


def test_a_scheme_by_hand_computes_nothing() -> None:
    abcd = shipped()["abcd"]
    assert alone(abcd, GOOD) == Grade(None, None, (), 0.0)
    assert words(abcd, alone(abcd, GOOD), "CNY") == ["intent is given by hand"]
    assert next_up(calibrate(abcd, {}), GOOD, alone(abcd, GOOD)) is None
