"""Quantities, amounts of lines, and which money covers which claim."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.errors import UsageError
from crm_tui.domain.money import short_amount
from crm_tui.domain.products import name_key
from crm_tui.domain.sales import allocate, format_quantity, line_amount, parse_quantity, times


@pytest.mark.parametrize(
    ("text", "quantity"), [("3", 3), ("2.5", 2.5), ("1,200", 1200), ("-1", -1), ("３", 3), (" 7 ", 7)]
)
def test_a_quantity_is_read(text: str, quantity: float) -> None:
    assert parse_quantity(text) == quantity


@pytest.mark.parametrize("text", ["", "0", "x", "1,20", "1e5", "--1", "3 pieces"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_quantity(text)


def test_quantities_are_written_as_short_as_they_are() -> None:
    assert [format_quantity(n) for n in (3.0, 2.5, 1200.0, -1.0)] == ["3", "2.5", "1,200", "-1"]


def test_amounts_of_lines() -> None:
    assert line_amount(3, 550, None) == 1_650
    assert line_amount(3, 333, 1_000) == 1_000, "a price is rounded"
    assert line_amount(3, None, 0) == 0
    assert line_amount(3, None, None) is None
    assert times(333, 0.5) == 167
    with pytest.raises(UsageError):
        line_amount(3, 550, 1_600)


@given(st.integers(0, 1_000), st.lists(st.integers(-5, 400), max_size=6))
def test_nothing_is_covered_twice_and_nothing_is_lost(amount: int, owed: list[int]) -> None:
    given_, rest = allocate(amount, list(enumerate(owed)))
    assert sum(given_.values()) + rest == amount
    assert all(0 < part <= owed[key] for key, part in given_.items())
    met = [key for key in range(len(owed)) if owed[key] > 0]
    assert list(given_) == met[: len(given_)], "the first ones first"
    assert rest == 0 or all(given_.get(key) == owed[key] for key in met)


@pytest.mark.parametrize("text", ["GTX Pro", "gtxpro", "ＧＴＸ　ｐｒｏ", " GTX\tPRO "])
def test_spellings_of_a_product_have_one_key(text: str) -> None:
    assert name_key(text) == "gtxpro"


@pytest.mark.parametrize(
    ("minor", "text"),
    [(0, "0"), (95_000, "950"), (99_999, "1k"), (1_200_000, "12k"), (120_000_000, "1.2m"), (3_500_000_000, "35m"),
     (99_999_999, "1.0m"), (-500_000, "-5k")],
)  # fmt: skip
def test_amounts_in_few_signs(minor: int, text: str) -> None:
    assert short_amount(minor, "CNY") == text
