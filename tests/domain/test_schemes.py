from __future__ import annotations

from collections.abc import Iterator
from gettext import NullTranslations

import pytest

from crm_tui.domain import language
from crm_tui.domain.errors import UsageError
from crm_tui.domain.schemes import badge, find_tier, parse_scheme, primary, proposal, shipped
from crm_tui.domain.stages import STAGES

GOOD = """
identifier = "size"
badge = "S"
label = { en = "size" }
[[tier]]
identifier = "big"
key = "b"
colour = "red"
label = { en = "big" }
[[tier]]
identifier = "small"
key = "s"
colour = "blue"
cadence_days = 60
label = { en = "small", zh-Hans = "小" }
"""


def test_the_shipped_schemes_are_those_of_the_field() -> None:
    tiers = {name: [(t.identifier, t.key, t.cadence_days) for t in s.tiers] for name, s in shipped().items()}
    assert tiers == {
        "abcd": [("A", "a", 3), ("B", "b", 7), ("C", "c", 14), ("D", "d", 30)],
        "label": [("high", "h", 7), ("middle", "m", 14), ("low", "l", 30)],
    }
    assert all(s.by_hand for s in shipped().values())


def test_shipped_schemes_can_be_used_as_keys() -> None:
    assert len(set(shipped().values())) == len(shipped())


def test_every_shipped_label_is_there_in_every_language() -> None:
    for scheme in shipped().values():
        for labels in (scheme.labels, *(t.labels for t in scheme.tiers)):
            assert set(labels) == {"en", "zh-Hans", "zh-Hant"}


def test_every_stage_has_a_shipped_primary_scheme() -> None:
    assert {primary(s.identifier) for s in STAGES} == {"abcd"}


@pytest.mark.parametrize(
    ("scheme", "typed", "meant"),
    [
        ("abcd", "A", "A"),
        ("abcd", "b", "B"),
        ("abcd", "意C", "C"),
        ("abcd", "clear intent", "B"),
        ("abcd", "意向明确", "B"),
        ("abcd", "意向明確", "B"),
        ("abcd", "Ａ", "A"),
        ("abcd", "a chance", "C"),
        ("label", "h", "high"),
        ("label", "mid", "middle"),
        ("label", "低", "low"),
    ],
)
def test_a_tier_is_found_by_any_of_its_names(scheme: str, typed: str, meant: str) -> None:
    assert find_tier(shipped()[scheme], typed).identifier == meant


@pytest.mark.parametrize("typed", ["E", "", "意", "t"])
def test_a_tier_that_is_not_there_is_refused_with_the_list(typed: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_tier(shipped()["abcd"], typed)
    assert str(caught.value) == f'tier "{typed}" is not in scheme abcd (A, B, C, D)'


def test_badges_tell_the_schemes_apart() -> None:
    abcd, label = shipped()["abcd"], shipped()["label"]
    assert badge(abcd, "A") == "意A"
    assert badge(label, find_tier(label, "high")) == "高"
    assert badge(abcd, "") == ""
    assert badge(abcd, "Z") == "意Z"  # a tier that the scheme has no more still shows


def test_rank_counts_from_the_best_and_puts_the_ungraded_last() -> None:
    assert [shipped()["abcd"].rank(t) for t in ("A", "D", "", "Z")] == [0, 3, 4, 4]


@pytest.mark.parametrize(
    ("stage", "current", "proposed"),
    [
        ("potential", None, "D"),
        ("potential", "D", None),
        ("target", "D", "C"),
        ("intent", "C", "B"),
        ("intent", "B", None),
        ("intent", "A", None),
        ("target", "A", "C"),
        ("non_customer", "A", "D"),
        ("actual", "C", None),
        ("lost", "B", None),
    ],
)
def test_a_stage_proposes_its_letter_where_it_differs(stage: str, current: str | None, proposed: str | None) -> None:
    assert proposal(stage, current) == proposed


def test_no_stage_ever_proposes_a() -> None:
    assert "A" not in {proposal(s.identifier, t) for s in STAGES for t in (None, *"ABCD")}


def test_a_scheme_of_ones_own_is_read() -> None:
    scheme = parse_scheme(GOOD)
    assert [(t.identifier, t.cadence_days, badge(scheme, t)) for t in scheme.tiers] == [
        ("big", None, "Sbig"),
        ("small", 60, "Ssmall"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('identifier = "size"', "", "scheme identifier: must be a text"),
        ('identifier = "size"', "identifier = 5", "scheme identifier: must be a text"),
        ('key = "s"', 'key = "t"', "scheme size.tier 2.key: t is no tier's key: it accepts the suggestion"),
        ('key = "s"', 'key = "b"', 'scheme size.tier 2.key: "b" is taken by tier big'),
        ('key = "s"', 'key = "ss"', 'scheme size.tier 2.key: "ss" must be one small letter or digit'),
        ('key = "s"', 'key = "S"', 'scheme size.tier 2.key: "S" must be one small letter or digit'),
        ('key = "s"', 'key = "小"', 'scheme size.tier 2.key: "小" must be one small letter or digit'),
        ('"small"\n', '"BIG"\n', 'scheme size.tier 2.identifier: "BIG" is taken by tier big'),
        ("cadence_days = 60", "cadence_days = 0", "scheme size.tier 2.cadence_days: must be a whole number"),
        ("cadence_days = 60", "cadence_days = true", "scheme size.tier 2.cadence_days: must be a whole number"),
        ('"blue"', '"bleu"', 'scheme size.tier 2.colour: "bleu" is not one of black, blue'),
        ('{ en = "big" }', '{ de = "groß" }', "scheme size.tier 1.label: needs a text in English"),
        ('zh-Hans = "小"', "zh-Hans = 3", "scheme size.tier 2.label.zh-Hans: must be a text"),
        ("cadence_days", "cadence", "scheme size.tier 2.cadence: unknown; known are badge, cadence_days"),
        ('badge = "S"', "badge = [", "scheme: "),
        ('badge = "S"', 'by_hand = "no"', "scheme size.by_hand: must be true or false"),
    ],
)
def test_a_faulty_scheme_is_refused_with_the_key_and_what_is_wrong(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(UsageError) as caught:
        parse_scheme(GOOD.replace(old, new))
    assert str(caught.value).startswith(message)


def test_a_scheme_without_tiers_is_refused() -> None:
    with pytest.raises(UsageError, match=r"size\.tier: needs at least one"):
        parse_scheme(GOOD.partition("[[tier]]")[0])


class _Chinese(NullTranslations):
    def gettext(self, message: str) -> str:
        return {"en": "zh-Hans"}.get(message, message)


@pytest.fixture
def chinese() -> Iterator[None]:
    before = language._current
    language.install(_Chinese())
    yield
    language.install(before)


def test_labels_are_in_the_readers_language_or_else_in_english(chinese: None) -> None:
    assert shipped()["abcd"].title == "意向等级"
    assert shipped()["abcd"].tiers[0].title == "可谈条件"
    assert parse_scheme(GOOD).title == "size"
