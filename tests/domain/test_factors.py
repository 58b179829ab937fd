"""Why customers buy, and what goes against that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.errors import UsageError
from crm_tui.domain.factors import FACTORS, against, appeals, in_words, parse_ranking, typical

ALL = tuple(factor.identifier for factor in FACTORS)


@pytest.mark.parametrize(
    ("text", "ranking"),
    [
        ("supplier>price>partner", ("supplier", "price", "partner")),
        ("price", ("price",)),
        ("part > trust", ("partner", "supplier")),
        ("价格、信赖的供应商", ("price", "supplier")),
        ("价格导向＞创新伙伴", ("price", "partner")),
        ("innovation, price", ("partner", "price")),
    ],
)
def test_a_ranking_is_read_as_people_write_it(text: str, ranking: tuple[str, ...]) -> None:
    assert parse_ranking(text) == ranking


@pytest.mark.parametrize(("text", "said"), [
    ("", "is no purchase factor"), ("looks", "is no purchase factor"), ("price>price", "is there twice"),
    ("price>>partner", "is no purchase factor"),
])  # fmt: skip
def test_what_is_no_ranking_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_ranking(text)


@pytest.mark.parametrize(
    ("text", "ranking", "warns"),
    [
        ("offered 10 % discount", ("supplier", "partner", "price"), True),
        ("给了九折，很便宜", ("supplier", "partner", "price"), True),
        ("20% off until May", ("supplier", "partner", "price"), True),
        ("offered a discount", ("price", "supplier", "partner"), False),
        ("offered a discount", ("supplier", "price", "partner"), False),
        ("a discount, and five years of warranty", ("supplier", "partner", "price"), False),
        ("showed the prototype", ("price", "supplier"), True),
        ("showed the prototype", ("price",), True),
        ("推荐新品试点", ("supplier", "price", "partner"), True),
        ("talked about the weather", ("supplier", "partner", "price"), False),
        ("reliably rebated", ("price", "partner", "supplier"), False),
        ("discount", (), False),
        ("他们要求降价5%", ("supplier", "partner", "price"), False),
        ("they asked for a discount", ("supplier", "partner", "price"), False),
        ("they asked for a date; we offered a discount", ("supplier", "partner", "price"), True),
    ],
)
def test_what_speaks_of_the_last_and_not_of_the_first_goes_against_it(
    text: str, ranking: tuple[str, ...], warns: bool
) -> None:
    assert bool(against(text, ranking)) is warns


def test_the_warning_says_both() -> None:
    assert against("cheap", ("supplier", "partner", "price")) == "it buys for: trusted supplier; this speaks of: price"


def test_words_are_whole_and_in_any_case() -> None:
    assert appeals("A DISCOUNT for the Pilot") == {"price", "partner"}
    assert appeals("the pilots' discounted prepilots") == frozenset()


@pytest.mark.parametrize(
    ("rankings", "found"),
    [
        ([], ()),
        ([("price",)], ("price",)),
        ([("price", "supplier"), ("supplier", "price")], ("supplier", "price")),
        ([("partner", "supplier", "price"), ("partner", "price", "supplier"), ("price",)],
         ("price", "partner", "supplier")),
    ],
)  # fmt: skip
def test_the_typical_ranking(rankings: list[tuple[str, ...]], found: tuple[str, ...]) -> None:
    assert typical(rankings) == found


@given(st.lists(st.permutations(ALL).map(tuple), max_size=6), st.randoms())
def test_the_typical_ranking_does_not_depend_on_the_order_of_customers(
    rankings: list[tuple[str, ...]], dice: object
) -> None:
    shuffled = list(rankings)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert typical(shuffled) == typical(rankings)


@given(st.permutations(ALL).map(tuple))
def test_what_everybody_says_is_typical_and_reads_back(ranking: tuple[str, ...]) -> None:
    assert typical([ranking] * 3) == ranking
    assert parse_ranking(in_words(ranking)) == ranking
