from __future__ import annotations

from collections.abc import Iterator
from gettext import NullTranslations

import pytest

from crm_tui.domain import language
from crm_tui.domain.errors import UsageError
from crm_tui.domain.schemes import badge, find_any, find_tier, parse_scheme, primary, proposal, shipped
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
        "value": [
            ("diamond", "d", 7), ("strategic", "s", 10), ("growth", "w", 14), ("general", "g", 30),
            ("key_opportunity", "k", 7), ("opportunity", "o", 30), ("problem", "p", 14),
        ],
        "matrix": [("key", "k", 7), ("potential", "p", 10), ("ordinary", "o", 30), ("low", "l", 60)],
        "pareto": [("A", "a", 7), ("B", "b", 14), ("C", "c", 60)],
        "fit": [("fit_a", "a", 7), ("fit_b", "b", 14), ("fit_c", "c", 30)],
    }  # fmt: skip
    assert {name for name, s in shipped().items() if s.by_hand} == {"abcd", "label"}
    assert {name for name, s in shipped().items() if s.rule is None} == {"abcd"}


def test_no_two_shipped_badges_are_alike() -> None:
    badges = [badge(scheme, tier) for scheme in shipped().values() for tier in scheme.tiers]
    assert len(set(badges)) == len(badges)


def test_headcount_counts_in_no_shipped_scheme_but_for_those_that_never_bought() -> None:
    assert [name for name, s in shipped().items() if s.rule and "headcount" in s.rule.metrics] == ["fit"]


def test_a_scheme_of_the_stage_is_primary_once_it_has_graded_the_customer() -> None:
    assert primary("actual") == primary("actual", ["abcd"]) == "abcd"
    assert primary("actual", ["abcd", "value"]) == "value"
    assert primary("target", ["abcd", "value"]) == "abcd"
    assert primary("target", ["fit"], {"target": "fit"}) == "fit"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("A", "abcd A"), ("diamond", "value diamond"), ("钻", "value diamond"), ("fit_a", "fit fit_a"),
     ("额A", "pareto A"), ("potential", "matrix potential"), ("问题客户", "value problem"),
     ("额B", "pareto B"), ("high", "label high")],
)  # fmt: skip
def test_a_bare_word_names_a_tier_of_any_scheme_the_intent_letters_first(typed: str, meant: str) -> None:
    scheme, tier = find_any(shipped(), typed)
    assert f"{scheme.identifier} {tier.identifier}" == meant


def test_a_bare_word_of_several_schemes_is_refused_with_them_all() -> None:
    with pytest.raises(UsageError, match="low --scheme label, low --scheme matrix"):
        find_any(shipped(), "low")
    with pytest.raises(UsageError, match='there is no tier "gold": A, B, C, D, high'):
        find_any(shipped(), "gold")


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
