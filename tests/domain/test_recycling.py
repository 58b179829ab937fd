"""DOMAIN §4 P8–P13, P19, P20 as pure rules; the sweep that obeys them is tested with the services."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from crm_tui.domain.people import Role, Sight
from crm_tui.domain.recycling import (
    NOTICE,
    Absence,
    Decision,
    Holding,
    Rules,
    Told,
    after,
    announced,
    decide,
    exemption,
    lead_hears_on,
    moves_clock,
    returns,
    rules_of,
    second_missed,
    why,
)
from crm_tui.domain.settings import load
from crm_tui.domain.workdays import Workdays

TODAY = date(2026, 11, 18)  # a Wednesday
PRESET = {"A": 7, "B": 15, "C": 30, "D": 60}
RULES = Rules(PRESET, 90)
CONTACT = Rules(PRESET)
WIN = Rules(win_days=90)
CHINA = Workdays("CN")


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


HELD = Holding(
    stage="intent", scheme="abcd", tier="A", held_since=day(-60), stage_since=day(-10), last_contact=day(-5)
)


def on(holding: Holding, rules: Rules = RULES, today: date = TODAY) -> tuple[str, int] | None:
    found = returns(holding, rules, today)
    return (found.rule, (found.on - TODAY).days) if found else None


# -- P8


@pytest.mark.parametrize(
    ("role", "queue", "shared", "days", "moves"),
    [
        ("rep", (7,), {}, 0, True),  # the owner
        ("rep", (8, 7), {}, 0, True),  # who stands in for the owner
        ("rep", (8,), {1: True}, 0, True),  # a collaborator
        ("rep", (8,), {1: False}, 0, False),  # who may only read
        ("rep", (8,), {2: True}, 0, False),  # a collaborator of another customer
        ("lead", (9,), {}, 0, False),  # a lead who only looked in
        ("lead", (9, 7), {}, 0, True),  # a lead who takes the queue of one away
        ("rep", (7,), {}, 3, True),
        ("rep", (7,), {}, 4, False),  # dated more than three days back
    ],
)
def test_p8_the_contact_clock_moves_with_owner_stand_in_and_collaborator(
    role: Role, queue: tuple[int, ...], shared: dict[int, bool], days: int, moves: bool
) -> None:
    sight = Sight(queue[0], role, owners=(*queue, 7), queue=queue, shared=shared)
    assert moves_clock(sight, 1, 7, day(-days), TODAY) is moves


def test_p8_nobody_moves_the_clock_of_what_nobody_holds() -> None:
    assert not moves_clock(Sight(7, owners=(7,), queue=(7,)), 1, None, TODAY, TODAY)


# -- P9, P10, P11, P13: when


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ("contact", 2)),
        ({"tier": "B"}, ("contact", 10)),
        ({"tier": "D"}, ("win", 30)),  # that comes before the 60 days of a D
        ({"tier": None}, ("win", 30)),
        ({"scheme": "label", "tier": "A"}, ("win", 30)),
        ({"last_contact": None}, ("contact", -53)),
        ({"last_contact": day(-80)}, ("contact", -53)),  # by somebody who held it before
        ({"held_since": day(-1)}, ("contact", 6)),
        ({"stage": "lost", "tier": "D"}, ("contact", 55)),
        ({"archived": True}, None),
    ],
)
def test_p9_a_silent_customer_returns_after_its_tiers_limit(
    change: dict[str, Any], expected: tuple[str, int] | None
) -> None:
    assert on(replace(HELD, **change)) == expected


def test_p9_recycling_is_off_until_it_is_switched_on() -> None:
    rules = rules_of(load({}))
    assert not rules.is_on
    assert on(HELD, rules) is None
    assert exemption(HELD, rules, TODAY) == "recycling is off"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ("win", 30)),
        ({"held_since": day(-100)}, ("win", -10)),
        ({"held_since": day(-100), "next_on": day(0)}, ("win", 1)),  # waits for what stands
        ({"held_since": day(-100), "next_on": day(30)}, ("win", 31)),
        ({"held_since": day(-100), "next_on": day(31)}, ("win", -10)),  # too far off
        ({"held_since": day(-100), "next_on": day(-1)}, ("win", -10)),  # missed
        ({"next_on": day(20)}, ("win", 30)),  # before the return
        ({"next_on": day(45)}, ("win", 46)),
        ({"waiting": True}, None),
        ({"stage": "actual"}, None),  # won
        ({"stage": "lost"}, ("win", 80)),
    ],
)
def test_p10_what_is_not_won_in_time_returns(change: dict[str, Any], expected: tuple[str, int] | None) -> None:
    assert on(replace(HELD, **change), WIN) == expected


def test_p10_the_mark_of_waiting_does_not_stop_the_rule_of_contacts() -> None:
    assert on(replace(HELD, waiting=True)) == ("contact", 2)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"stage_since": day(-10)}, ("contact", 171)),
        ({"stage_since": day(-300)}, ("contact", 2)),
        ({"stage_since": day(-300), "last_order": day(-20)}, ("contact", 161)),
        ({"stage_since": day(-300), "open_business": ("a receivable",)}, None),
        ({"stage_since": day(-300), "open_business": ("a contract", "a complaint")}, None),
    ],
)
def test_p11_an_actual_customer_stays_for_a_time_after_its_last_order(
    change: dict[str, Any], expected: tuple[str, int] | None
) -> None:
    assert on(replace(HELD, stage="actual", **change)) == expected


def test_p11_without_an_end_actual_customers_stay() -> None:
    holding = replace(HELD, stage="actual", stage_since=day(-900))
    assert on(holding, replace(RULES, actual_days=None)) is None


@pytest.mark.parametrize(("until", "expected"), [(1, 2), (2, 3), (20, 21), (-1, 2)])
def test_p13_a_protection_shields_until_its_last_day(until: int, expected: int) -> None:
    assert on(replace(HELD, protected_until=day(until))) == ("contact", expected)


# -- absences


@pytest.mark.parametrize(
    ("absences", "expected"),
    [
        ([], 2),
        ([(-4, -3)], 4),
        ([(-4, -4), (-3, -3)], 4),
        ([(-9, -5)], 2),  # before the clock started
        ([(2, 2)], 3),
        ([(3, 5)], 2),  # after it ends
        ([(0, 9)], 12),
        ([(-3, 0), (-1, 2)], 8),  # overlapping days count once
        ([(1, None)], None),
        ([(3, None)], 2),
    ],
)
def test_the_clock_stands_still_while_the_holder_is_away(
    absences: list[tuple[int, int | None]], expected: int | None
) -> None:
    away: tuple[Absence, ...] = tuple((day(a), None if b is None else day(b)) for a, b in absences)
    found = on(replace(HELD, absences=away), CONTACT)
    assert found == (None if expected is None else ("contact", expected))


spans = st.lists(
    st.tuples(st.integers(-40, 40), st.integers(0, 20) | st.none()).map(
        lambda span: (day(span[0]), None if span[1] is None else day(span[0] + span[1]))
    ),
    max_size=4,
)


@given(st.integers(-30, 30), st.integers(1, 60), spans)
def test_after_counts_the_days_that_are_no_absence(start: int, days: int, absences: list[Absence]) -> None:
    since = day(start)
    found = after(since, days, absences)

    def away(one: date) -> bool:
        return any(first <= one and (last is None or one <= last) for first, last in absences)

    if found is None:
        assert any(last is None for __, last in absences)
        return
    counted = [n for n in range(1, (found - since).days + 1) if not away(since + timedelta(days=n))]
    assert len(counted) == days
    assert not away(found)


# -- P12, P18, P19: what a sweep does


def step(holding: Holding, told: Told | None, rules: Rules = CONTACT, today: date = TODAY) -> Decision:
    return decide(holding, told, rules, today, CHINA)


def quiet(days: int, tier: str = "B", **more: Any) -> Holding:
    """Last contact so many days ago; a B returns after 15."""
    return replace(HELD, tier=tier, last_contact=day(-days), **more)


@pytest.mark.parametrize(
    ("days", "expected", "due"),
    [
        (5, "nothing", 10),  # Sat 28 Nov: eight working days off
        (6, "warn", 9),  # Fri 27 Nov: seven
        (12, "warn", 3),  # Sat 21 Nov: just in time, Wednesday to Friday
        (13, "warn", 5),  # Fri 20 Nov is too soon: three working days
        (40, "warn", 5),
    ],
)
def test_p12_the_first_warning_comes_seven_working_days_before(days: int, expected: str, due: int) -> None:
    found = step(quiet(days), None)
    assert (found.step, found.on) == (expected, day(due))


@pytest.mark.parametrize(("days", "expected"), [(0, "nothing"), (1, "nothing"), (2, "warn"), (3, "warn")])
def test_p12_a_short_limit_is_not_warned_of_on_the_day_after_a_call(days: int, expected: str) -> None:
    """An A returns after 7 days, which are 5 working days: its first warning comes three before, on Friday."""
    assert step(replace(HELD, last_contact=TODAY), None, today=day(days)).step == expected


def test_p12_holidays_are_no_working_days_and_makeup_days_are() -> None:
    # 2026: Spring Festival from 15 to 23 February, worked on Saturday 14 February.
    holding = replace(HELD, last_contact=date(2026, 2, 24) - timedelta(days=30), held_since=date(2026, 1, 1), tier="C")
    assert step(holding, None, today=date(2026, 2, 5)).step == "nothing"
    assert step(holding, None, today=date(2026, 2, 6)).step == "warn"


def test_p12_a_warning_that_comes_late_leaves_three_days() -> None:
    first = step(quiet(300), None)
    assert first.on is not None
    assert first.on >= day(NOTICE)
    told = Told("contact", first.on, TODAY, 15, "B")
    for after_days in range(1, (first.on - TODAY).days):
        assert step(quiet(300), told, today=day(after_days)) == Decision("nothing", first.on, first.returns)
    assert step(quiet(300), told, today=first.on).step == "recycle"


def test_p12_nothing_returns_on_the_strength_of_a_warning_that_is_too_young() -> None:
    told = Told("contact", TODAY, day(-NOTICE + 1), 15)
    assert step(quiet(300), told).step == "nothing"
    assert step(quiet(300), replace(told, warned_on=day(-NOTICE))).step == "recycle"


@pytest.mark.parametrize(
    ("holding", "expected", "due"),
    [
        (quiet(15), "recycle", 0),
        (quiet(0), "end", 15),  # spoken to since
        (quiet(13), "move", 2),
        (quiet(15, protected_until=day(90)), "end", 91),
        (quiet(15, protected_until=day(3)), "move", 4),
        (quiet(15, absences=((day(0), day(3)),)), "move", 4),
        (quiet(15, absences=((day(-2), None),)), "end", None),
        (quiet(15, archived=True), "end", None),
        (quiet(15, tier="D"), "recycle", 0),  # what was told stands, whatever became of the tier
        (quiet(15, tier=None), "recycle", 0),
        (quiet(15, stage="actual"), "end", 171),
    ],
)
def test_p12_on_the_day_that_was_told_only_facts_can_stop_it(holding: Holding, expected: str, due: int | None) -> None:
    found = step(holding, Told("contact", TODAY, day(-9), 15))
    assert (found.step, found.on) == (expected, None if due is None else day(due))


FIRM = replace(CONTACT, contact_days={"B": 8})
MILD = replace(CONTACT, contact_days={"B": 25})
OFF = Rules()


@pytest.mark.parametrize(
    ("rules", "left", "expected", "due"),
    [
        (FIRM, 9, "move", 5),  # stricter: sooner than was told, with three working days
        (MILD, 9, "end", 19),
        (OFF, 9, "end", None),
        *((rules, left, "nothing", left) for rules in (FIRM, MILD, OFF, CONTACT) for left in (3, 2, 1)),
        *((rules, 0, "recycle", 0) for rules in (FIRM, MILD, OFF, CONTACT)),
    ],
)
def test_p19_a_changed_rule_never_bites_in_the_last_three_days(
    rules: Rules, left: int, expected: str, due: int | None
) -> None:
    found = step(quiet(15 - left), Told("contact", day(left), day(left - 10), 15), rules)
    assert (found.step, found.on) == (expected, None if due is None else day(due))


def test_p19_a_sweep_that_missed_the_day_goes_by_the_rules_of_today() -> None:
    told = Told("contact", day(-4), day(-14), 15)
    assert step(quiet(19), told, OFF).step == "end"
    assert step(quiet(19), told, CONTACT).step == "recycle"


days_ago = st.integers(0, 200)
holdings = st.builds(
    Holding,
    stage=st.sampled_from(["potential", "target", "intent", "actual", "lost"]),
    scheme=st.just("abcd"),
    tier=st.sampled_from(["A", "B", "C", "D", None]),
    held_since=days_ago.map(lambda n: day(-n)),
    stage_since=days_ago.map(lambda n: day(-n)),
    last_contact=days_ago.map(lambda n: day(-n)) | st.none(),
    next_on=st.integers(-10, 60).map(day) | st.none(),
    protected_until=st.integers(-10, 40).map(day) | st.none(),
    waiting=st.booleans(),
    absences=spans.map(tuple),
)
limits = st.integers(1, 90) | st.none()
rule_sets = st.builds(
    Rules, st.fixed_dictionaries(dict.fromkeys("ABCD", limits)), limits, st.just(180), st.just((7, 3, 1))
)


def obeyed(told: Told | None, found: Decision, today: date) -> Told | None:
    """The warning after the sweep did what was decided."""
    if found.step in ("warn", "move"):
        assert found.returns is not None
        assert found.on is not None
        warned = told.warned_on if told else today
        return Told(found.returns.rule, found.on, warned, found.returns.days, found.returns.tier)
    return told if found.step == "nothing" else None


@given(holdings, st.lists(st.tuples(st.integers(1, 9), rule_sets | st.none()), min_size=1, max_size=12), rule_sets)
def test_p12_p19_whatever_rules_and_sweeps_do_nothing_returns_unwarned(
    holding: Holding, sweeps: list[tuple[int, Rules | None]], rules: Rules
) -> None:
    """Sweeps at any distance, rules changed between them: the holder was told at least three days before."""
    told: Told | None = None
    today = TODAY
    for days, changed in sweeps:
        found = decide(holding, told, rules, today, CHINA)
        if found.step == "recycle":
            assert told is not None
            assert told.on <= today
            assert told.warned_on <= today - timedelta(days=NOTICE)
            return
        last_days = told is not None and told.on - timedelta(days=NOTICE) <= today <= told.on
        if told is not None and last_days and found.on is not None and found.step != "end":
            assert found.on >= told.on
        before, told = told, obeyed(told, found, today)
        if found.step == "warn":
            assert before is None
            assert found.on is not None
            assert found.on >= today + timedelta(days=NOTICE)
        again = decide(holding, told, rules, today, CHINA)
        assert again.step == "nothing", "a second sweep of the day changes nothing"
        today += timedelta(days=days)
        rules = changed or rules


@given(holdings, rule_sets, st.integers(1, 30))
def test_p9_p13_a_later_contact_or_protection_or_more_absence_never_hastens_a_return(
    holding: Holding, rules: Rules, days: int
) -> None:
    assume(returns(holding, rules, TODAY))
    milder = (
        replace(holding, last_contact=holding.counted_from + timedelta(days=days)),
        replace(holding, protected_until=(holding.protected_until or TODAY) + timedelta(days=days)),
        replace(holding, absences=(*holding.absences, (TODAY, day(days)))),
    )
    for changed in milder:
        if changed.next_on is not None and returns(changed, rules, TODAY) != returns(holding, rules, TODAY):
            changed = replace(changed, next_on=None)  # a follow-up counts by how far off it is
        before, later = returns(replace(holding, next_on=changed.next_on), rules, TODAY), returns(changed, rules, TODAY)
        assert before is not None
        assert later is None or later.on >= before.on


@given(holdings, rule_sets, st.integers(0, 20))
def test_p18_what_returns_today_returns_tomorrow_if_nobody_does_anything(
    holding: Holding, rules: Rules, days: int
) -> None:
    holding = replace(holding, next_on=None)
    told = Told("contact", TODAY, day(-NOTICE - days), 15)
    if step(holding, told, rules).step == "recycle" and returns(holding, rules, TODAY):
        assert step(holding, told, rules, day(1)).step in ("recycle", "move", "end")
        found = returns(holding, rules, TODAY)
        assert found is not None
        if found.on <= TODAY:
            assert step(holding, told, rules, day(1)).step == "recycle"


def test_p12_a_second_cadence_is_missed_when_twice_its_days_have_passed() -> None:
    assert second_missed(quiet(14), 7) == TODAY
    assert second_missed(quiet(14), None) is None
    assert second_missed(quiet(14, absences=((day(-2), day(7)),)), 7) == day(10)
    assert second_missed(quiet(14, absences=((day(-2), None),)), 7) is None


@pytest.mark.parametrize(
    ("returns_on", "warn_days", "expected"),
    [
        (None, (7, 3, 1), 5),
        (4, (7, 3, 1), 5),  # sooner, so that it is not missed while held
        (9, (7, 3, 1), 5),
        (5, (7, 3, 1), 2),  # on that very Monday: on Friday, with the last warning
        (5, (7,), 0),  # three working days before at the latest
        (5, (), 0),
    ],
)
def test_p12_the_lead_hears_when_it_is_missed_or_with_the_last_warning(
    returns_on: int | None, warn_days: tuple[int, ...], expected: int
) -> None:
    rules = Rules(PRESET, warn_days=warn_days)
    on = None if returns_on is None else day(returns_on)
    assert lead_hears_on(day(5), on, rules, CHINA) == day(expected)


# -- P20


@pytest.mark.parametrize(
    ("holding", "rules", "expected"),
    [
        (HELD, RULES, "returns to the pool on 23 Nov: last contact 13 Nov (call, Li), intent A = 7 days"),
        (replace(HELD, last_contact=day(-1)), RULES,
         "returns to the pool on 24 Nov: last contact 17 Nov (call, Li), intent A = 7 days"),
        (replace(HELD, last_contact=None, held_since=day(0)), RULES,
         "returns to the pool on 25 Nov: no contact since held, 18 Nov, intent A = 7 days"),
        (replace(HELD, last_contact=day(-1), protected_until=day(20)), CONTACT,
         "returns to the pool on 9 Dec: last contact 17 Nov (call, Li), intent A = 7 days; protected until 8 Dec"),
        (replace(HELD, last_contact=day(-1), absences=((day(2), day(3)),)), CONTACT,
         "returns to the pool on 26 Nov: last contact 17 Nov (call, Li), intent A = 7 days; "
         "2 days of absence not counted"),
        (replace(HELD, next_on=day(45)), WIN,
         "returns to the pool on 3 Jan: held since 19 Sep and not won in 90 days; follow-up on 2 Jan"),
        (replace(HELD, stage="actual"), WIN, "no limit for intent A in stage actual"),
        (replace(HELD, tier=None), CONTACT, "no tier, so no limit"),
        (replace(HELD, waiting=True, tier="D"), Rules({"A": 7}, 90), "it waits for its chance: #waiting"),
        (replace(HELD, absences=((day(0), None),)), RULES, "the clock stands still: who holds it is away"),
        (replace(HELD, open_business=("a receivable",)), RULES, "it stays: a receivable open"),
        (replace(HELD, archived=True), RULES, "it is archived"),
        (HELD, Rules(), "recycling is off"),
    ],
)  # fmt: skip
def test_p20_why_a_customer_returns_or_stays(holding: Holding, rules: Rules, expected: str) -> None:
    assert why(holding, None, rules, TODAY, CHINA, "call, Li") == expected


def test_p20_why_tells_the_day_that_was_told() -> None:
    told = Told("contact", day(5), day(-2), 7)
    text = why(replace(HELD, last_contact=day(-9)), told, RULES, TODAY, CHINA)
    assert text.startswith("returns to the pool on 23 Nov:")


def test_p20_why_names_the_tier_whose_limit_was_told() -> None:
    told = Told("contact", day(2), day(-2), 7, "A")
    text = "returns to the pool on 20 Nov: last contact 13 Nov, intent A = 7 days"
    for changed in (replace(HELD, tier="D"), replace(HELD, tier=None), replace(HELD, scheme="label", tier="A")):
        assert why(changed, told, CONTACT, TODAY, CHINA) == text


def test_p12_what_is_told_follows_the_tier_until_the_last_days_even_where_the_limits_are_alike() -> None:
    told = Told("contact", day(5), day(-3), 15, "A")
    found = step(quiet(10), told, replace(CONTACT, contact_days={"A": 15, "B": 15}))
    assert (found.step, found.on) == ("move", day(5))


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (7, "in 5 working days (Wed 25 Nov)"),
        (1, "in 1 working day (Thu 19 Nov)"),
        (0, "with the next sweep (Wed 18 Nov)"),
    ],
)
def test_p12_the_warning_counts_working_days(days: int, expected: str) -> None:
    assert announced(day(days), "silent", TODAY, CHINA) == f"returns to the pool {expected}: silent"
