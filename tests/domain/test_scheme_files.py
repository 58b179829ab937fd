"""Files of schemes: what a faulty one says, and how amounts are read."""

# ruff: noqa: E501 (a fault a line)

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tui.domain.errors import UsageError
from crm_tui.domain.schemes import SHIPPED, parse_scheme, source_of
from crm_tui.domain.schemes.model import Cut, Rule
from crm_tui.domain.schemes.parsing import LONGEST
from crm_tui.domain.schemes.places import places
from tests.domain.test_schemes import GOOD

SCORED = """\
identifier = "worth"
badge = "W"
population = "stage:actual"
label = { en = "worth" }

[rule]
kind = "score"
least_known = 0.4

[[metric]]
name = "sales"
weight = 60
bands = [
  [0, 0],
  ["50k", 50],   # fifty
  ["1.5m", 100],
]

[[metric]]
name = "collection"
weight = 30
percentiles = [[0, 0], [50, 100]]
missing = 20

[[metric]]
name = "region"
weight = 10
points = { north = 100, "*" = 10 }

[thresholds]
big = 70
small = 0

[[veto]]
tier = "bad"
metric = "overdue_days"
above = 90

[[class]]
when = "never bought"
product = ["influence", "closing"]
thresholds = { big = 12, small = 0 }

[[tier]]
identifier = "big"
key = "b"
colour = "red"
label = { en = "big" }

[tier.playbook]
gifts = { every = "half", label = { en = "hamper" } }
yearly_meeting = { every = "year", who = "executive" }

[[tier]]
identifier = "small"
key = "s"
colour = "blue"
cadence_days = 60
label = { en = "small", zh-Hans = "小" }

[[tier]]
identifier = "bad"
key = "x"
colour = "bright_black"
label = { en = "bad" }
"""
PARETO = SCORED[: SCORED.index("[rule]")] + """\
[rule]
kind = "pareto"
shares = { big = 80, small = 15 }

""" + SCORED[SCORED.index("[[tier]]") :]  # fmt: skip
MATRIX = SCORED[: SCORED.index("[rule]")] + """\
[rule]
kind = "matrix"
relationship = { metric = "share", good = 50 }
potential = { metric = "potential", good = "1m" }
quadrants = { both = "big", potential = "small", relationship = "small", neither = "bad" }

""" + SCORED[SCORED.index("[[tier]]") :]  # fmt: skip


def rule_of(text: str, currency: str = "CNY") -> Rule:
    rule = parse_scheme(text, currency).rule
    assert rule is not None
    return rule


def test_a_whole_file_is_read() -> None:
    scheme, rule = parse_scheme(SCORED), rule_of(SCORED)
    assert (scheme.population, scheme.by_hand, rule.kind, rule.least_known) == ("stage:actual", False, "score", 0.4)
    assert [(m.metric, m.weight, m.missing) for m in rule.measures] == [
        ("sales", 0.6, None), ("collection", 0.3, 20), ("region", 0.1, None),
    ]  # fmt: skip
    assert rule.thresholds == (("big", Cut(70)), ("small", Cut(0)))
    assert rule.metrics == (
        "sales", "collection", "region", "overdue_days", "influence", "closing", "recency", "lifetime",
    )  # fmt: skip
    assert [(item.name, item.every, item.who) for item in scheme.tiers[0].playbook.values()] == [
        ("yearly_meeting", "year", "executive"), ("gifts", "half", "rep"),
    ]  # fmt: skip
    assert scheme.tiers[1].playbook == {}


def test_amounts_are_whole_units_of_the_databases_currency() -> None:
    assert [cut.value for cut, _points in rule_of(SCORED).measures[0].bands] == [0, 50_000_00, 1_500_000_00]
    assert [cut.value for cut, _points in rule_of(SCORED, "JPY").measures[0].bands] == [0, 50_000, 1_500_000]
    with_number = SCORED.replace('"50k"', "200000").replace('"1.5m"', '"¥1,000,000"')
    assert [cut.value for cut, _points in rule_of(with_number).measures[0].bands] == [0, 200_000_00, 1_000_000_00]


def test_shares_are_typed_in_per_cent() -> None:
    assert rule_of(MATRIX).axes == (("share", Cut(0.5)), ("potential", Cut(1_000_000_00)))
    assert rule_of(MATRIX.replace("good = 50", 'good = "50 %"')).axes[0] == ("share", Cut(0.5))
    assert rule_of(MATRIX.replace('"1m"', '"p80"')).axes[1] == ("potential", Cut(percentile=80))
    assert rule_of(PARETO).thresholds == (("big", Cut(0.8)), ("small", Cut(0.95)))


def test_the_version_is_that_of_the_text() -> None:
    assert parse_scheme(SCORED).version == parse_scheme(SCORED).version != parse_scheme(SCORED + "#").version


FAULTS = [
    (GOOD, 'identifier = "size"', "", "scheme, line 1, identifier: is missing"),
    (GOOD, 'identifier = "size"', "identifier = 5", "scheme, line 2, identifier: must be a text"),
    (GOOD, 'identifier = "size"', 'identifier = "a b"', 'scheme a b, line 2, identifier: "a b" must be letters'),
    (GOOD, 'key = "s"', 'key = "t"', "scheme size, line 12, tier 2.key: t is no tier's key: it accepts the suggestion"),
    (GOOD, 'key = "s"', 'key = "b"', 'scheme size, line 12, tier 2.key: "b" is taken by tier big'),
    (GOOD, 'key = "s"', 'key = "ss"', 'scheme size, line 12, tier 2.key: "ss" must be one small letter or digit'),
    (GOOD, 'key = "s"', 'key = "S"', 'scheme size, line 12, tier 2.key: "S" must be one small letter or digit'),
    (GOOD, 'key = "s"', 'key = "小"', 'scheme size, line 12, tier 2.key: "小" must be one small letter or digit'),
    (GOOD, '"small"\n', '"BIG"\n', 'scheme size, line 11, tier 2.identifier: "BIG" is taken by tier big'),
    (GOOD, "cadence_days = 60", "cadence_days = 0", "scheme size, line 14, tier 2.cadence_days: must be a whole number"),
    (GOOD, "days = 60", "days = true", "scheme size, line 14, tier 2.cadence_days: must be a whole number"),
    (GOOD, '"blue"', '"bleu"', 'scheme size, line 13, tier 2.colour: "bleu" is not one of black, blue'),
    (GOOD, '{ en = "big" }', '{ de = "groß" }', "scheme size, line 9, tier 1.label: needs a text in English"),
    (GOOD, 'zh-Hans = "小"', "zh-Hans = 3", "scheme size, line 15, tier 2.label.zh-Hans: must be a text"),
    (GOOD, "cadence_days", "cadence", "scheme size, line 14, tier 2.cadence: unknown; known are badge, cadence_days"),
    (GOOD, 'badge = "S"', "badge = [", "scheme, line 4, label: "),
    (GOOD, 'badge = "S"', 'badge = "S', "scheme, line 3, badge: "),
    (GOOD, 'badge = "S"', 'badge = "S"\nbadge = "T"', "scheme, line 4, badge: is there twice"),
    (GOOD, 'badge = "S"', 'by_hand = "no"', "scheme size, line 3, by_hand: must be true or false"),
    (GOOD, GOOD[GOOD.index("[[tier]]") :], "", "scheme size, tier: needs at least one [[tier]]"),
    (SCORED, 'kind = "score"', 'kind = "sum"', 'scheme worth, line 7, rule.kind: "sum" is not one of hand, pareto'),
    (SCORED, "least_known = 0.4", "least_known = 4", "scheme worth, line 8, rule.least_known: must be a number from 0"),
    (SCORED, "least_known", "least", "scheme worth, line 8, rule.least: unknown; known are kind, least_known"),
    (SCORED, '"sales"', '"turnover"', 'scheme worth, line 11, metric 1.name: "turnover" is no metric; known are sales'),
    (SCORED, '"collection"', '"sales"', "scheme worth, line 20, metric 2.name: sales is there twice"),
    (SCORED, "weight = 60", "weight = 50", "scheme worth, line 12, metric 1.weight: the weights sum to 90 %, not 100"),
    (SCORED, "weight = 60", 'weight = "x"', "scheme worth, line 12, metric 1.weight: must be a number from 0 to 100"),
    (SCORED, "weight = 60\n", "", "scheme worth, line 10, metric 1.weight: is missing"),
    (SCORED, '["1.5m", 100]', '["10k", 100]', "scheme worth, line 16, metric 1.bands 3: must begin above the one before"),
    (SCORED, '["50k", 50]', "[0, 50]", "scheme worth, line 15, metric 1.bands 2: must begin above the one before it"),
    (SCORED, '["50k", 50]', '["50q", 50]', 'scheme worth, line 15, metric 1.bands 2: cannot read the amount "50q"'),
    (SCORED, '["50k", 50]', '["$50k", 50]', "scheme worth, line 15, metric 1.bands 2: amounts are in CNY here, not in $"),
    (SCORED, '["50k", 50]', '["50k", 500]', "scheme worth, line 15, metric 1.bands 2: must be a number from 0 to 100"),
    (SCORED, '["50k", 50]', '["50k"]', "scheme worth, line 15, metric 1.bands 2: must be a pair"),
    (SCORED, "[50, 100]]", "[0, 100]]", "scheme worth, line 22, metric 2.percentiles 2: must begin above the one before"),
    (SCORED, "percentiles", "quantiles", "scheme worth, line 22, metric 2.quantiles: unknown; known are bands"),
    (SCORED, "percentiles = [[0, 0], [50, 100]]\n", "", "scheme worth, line 19, metric 2: collection needs bands or perc"),
    (SCORED, "missing = 20", 'missing = "zero"', "scheme worth, line 23, metric 2.missing: must be a number from 0"),
    (SCORED, "points = { north", "bands = { north", "scheme worth, line 28, metric 3.bands: region needs points"),
    (SCORED, "north = 100", "north = 101", "scheme worth, line 28, metric 3.points.north: must be a number from 0 to 100"),
    (SCORED, "big = 70", "huge = 70", 'scheme worth, line 31, thresholds.huge: there is no tier "huge": big, small, bad'),
    (SCORED, "small = 0\n", "small = 80\n", "scheme worth, line 32, thresholds.small: must be less than that of big"),
    (SCORED, "big = 70\nsmall = 0", "small = 0\nbig = 70", "scheme worth, line 32, thresholds.big: is better than small"),
    (SCORED, "[thresholds]\nbig = 70\nsmall = 0\n", "", "scheme worth, line 6, rule: needs [thresholds]"),
    (SCORED, 'tier = "bad"', 'tier = "evil"', 'scheme worth, line 35, veto 1.tier: there is no tier "evil"'),
    (SCORED, "above = 90", "", "scheme worth, line 36, veto 1.metric: needs one of above, below, at_least, at_most"),
    (SCORED, "above = 90", "over = 90", "scheme worth, line 37, veto 1.over: unknown; known are above"),
    (SCORED, "above = 90", 'above = "often"', "scheme worth, line 37, veto 1.above: must be a value of overdue_days"),
    (SCORED, '"never bought"', '"new"', 'scheme worth, line 40, class 1.when: must be "never bought" or conditions'),
    (SCORED, '["influence", "closing"]', '["fame"]', 'scheme worth, line 41, class 1.product: "fame" is no metric'),
    (SCORED, '["influence", "closing"]', '["region"]', "scheme worth, line 41, class 1.product: region is a text"),
    (SCORED, "{ big = 12, small = 0 }", "{ big = 0, small = 0 }", "scheme worth, line 42, class 1.thresholds.small: must"),
    (SCORED, '"hamper"', "2026-01-01", "scheme worth, line 51, tier 1.playbook.gifts.label.en: must be a text"),
    (SCORED, '{ en = "hamper" }', '{ zh-Hans = "礼" }', "scheme worth, line 51, tier 1.playbook.gifts.label: needs a text in"),
    (SCORED, '"half"', '"week"', 'scheme worth, line 51, tier 1.playbook.gifts.every: "week" is not one of year, half, '),
    (SCORED, '"executive"', '"boss"', 'scheme worth, line 52, tier 1.playbook.yearly_meeting.who: "boss" is not one of'),
    (SCORED, "yearly_meeting =", "parties =", "scheme worth, line 52, tier 1.playbook.parties: unknown; known are cadence"),
    (SCORED, 'every = "half"', "often = 2", "scheme worth, line 51, tier 1.playbook.gifts.often: unknown; known are every"),
    (SCORED, 'every = "half"', 'fields = ["name"]', "scheme worth, line 51, tier 1.playbook.gifts.fields: stands in"),
    (SCORED, "yearly_meeting = {", 'profile_required = { fields = ["fame"],',
     'scheme worth, line 52, tier 1.playbook.profile_required.fields 1: "fame" is no field of the profile'),
    (SCORED, "[rule]", "[[rule]]", "scheme worth, line 6, rule: must be a table"),
    (SCORED, "[[tier]]", "[tier]", "scheme, line 54, tier: "),
    (PARETO, "big = 80", "huge = 80", 'scheme worth, line 8, rule.shares.huge: there is no tier "huge"'),
    (PARETO, "small = 15", "small = 25", "scheme worth, line 8, rule.shares.small: the shares sum to more than 100 %"),
    (PARETO, "{ big = 80, small = 15 }", "{ big = 80 }", "scheme worth, line 8, rule.shares: must name every tier but"),
    (PARETO, "\n[[tier]]", "\n[[metric]]\nname = 1\n[[tier]]", "scheme worth, line 10, metric 1: a rule of kind pareto has"),
    ("", "", " \n", "scheme, line 1: the file is empty"),
    (GOOD, 'colour = "red"\n', "", "scheme size, line 5, tier 1.colour: is missing"),
    (GOOD, 'key = "b"\n', "", "scheme size, line 5, tier 1.key: is missing"),
    (GOOD, '"big"', '"None"', 'scheme size, line 6, tier 1.identifier: "None" is no name for a tier'),
    *((GOOD, '"small"', f'"{word}"', f'scheme size, line 11, tier 2.identifier: "{word}" is no name for a tier')
      for word in ("accept", "any", "up", "down", "empty")),
    (GOOD, "days = 60", "days = 99999999999", "scheme size, line 14, tier 2.cadence_days: must be a whole number of days "
     "from 1 to 3650"),
    (GOOD, "days = 60", "days = 3651", "scheme size, line 14, tier 2.cadence_days: must be a whole number"),
    (SCORED, 'name = "sales"\n', "", "scheme worth, line 10, metric 1.name: is missing"),
    (SCORED, "percentiles", "bands = [[0, 0]]\npercentiles",
     "scheme worth, line 23, metric 2.percentiles: only one of bands, percentiles, points"),
    (SCORED, 'metric = "overdue_days"\n', "", "scheme worth, line 34, veto 1.metric: is missing"),
    (MATRIX, ", good = 50", "", "scheme worth, line 8, rule.relationship.good: is missing"),
    (MATRIX, "good = 50", "bad = 50", "scheme worth, line 8, rule.relationship.bad: unknown; known are good, metric"),
    (MATRIX, ', neither = "bad"', "", "scheme worth, line 10, rule.quadrants.neither: is missing"),
    (MATRIX, 'both = "big"', 'both = "huge"', 'scheme worth, line 10, rule.quadrants.both: there is no tier "huge"'),
]


@pytest.mark.parametrize(("text", "old", "new", "message"), FAULTS)
def test_a_faulty_file_names_line_key_and_reason(text: str, old: str, new: str, message: str) -> None:
    assert old in text
    with pytest.raises(UsageError) as caught:
        parse_scheme(text.replace(old, new, 1) if old != "[[tier]]" else text.replace(old, new))
    assert str(caught.value)[: len(message)] == message


def test_a_file_that_is_too_long_or_nested_too_deep_is_refused() -> None:
    with pytest.raises(UsageError, match="longer than"):
        parse_scheme("#" * (LONGEST + 1))
    with pytest.raises(UsageError, match="nested too deep"):
        parse_scheme("a = " + "[" * 20_000)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_key_of_a_shipped_file_is_found_on_its_line(name: str) -> None:
    text = source_of(name)
    lines = text.splitlines()
    for path, line in places(text).items():
        words = [part for part in path if isinstance(part, str)]
        assert words[-1] in lines[line - 1], path


@settings(max_examples=60)
@given(st.text(max_size=400) | st.text(alphabet='[]{}="\'#.,\n\\ ab1', max_size=400))
def test_whatever_the_text_the_fault_is_told(text: str) -> None:
    places(text)
    with pytest.raises(UsageError):
        parse_scheme(text)


@settings(max_examples=60)
@given(st.data())
def test_a_shipped_file_with_a_piece_cut_out_is_a_scheme_or_a_fault(data: st.DataObject) -> None:
    text = source_of(data.draw(st.sampled_from(SHIPPED)))
    start = data.draw(st.integers(0, len(text)))
    cut = text[:start] + text[start + data.draw(st.integers(1, 60)) :]
    with suppress(UsageError):
        assert parse_scheme(cut).tiers
