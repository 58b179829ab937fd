from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.errors import UsageError
from crm_tui.domain.money import LARGEST, format_amount, parse_amount


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1,100.04", "CNY", 110004), ("12万", "CNY", 12_000_000), ("1.5m", "CNY", 150_000_000), ("3k", "CNY", 300_000),
        ("¥500", "CNY", 50_000), ("￥５００", "CNY", 50_000), ("500元", "CNY", 50_000), ("2亿", "CNY", 20_000_000_000),
        ("1亿2000万", "CNY", 12_000_000_000), ("3万5000", "CNY", 3_500_000), ("10w", "CNY", 10_000_000),
        ("500", "JPY", 500), ("1.234", "KWD", 1234), ("(20)", "CNY", -2000), ("-5", "CNY", -500), ("$-5", "USD", -500),
        ("USD 5", "USD", 500), ("1.2E+7", "CNY", 1_200_000_000), ("1100.0400000000001", "CNY", 110004),
        ("0.005", "CNY", 1), ("1 000 000", "EUR", 100_000_000), (".5", "CNY", 50), (" 7 ", "CNY", 700),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(text: str, currency: str, minor: int) -> None:
    assert parse_amount(text, currency) == minor


@pytest.mark.parametrize(
    ("text", "position"),
    [("", 0), ("abc", 0), ("1.100,04", 5), ("1,10", 1), ("5 kg", 2), ("3万5", 2), ("nan", 0), ("-", 1), ("$5", 0),
     ("5 USD", 2), ("9" * 30, 0), ("1" * 100, 60), ("(5", 2)],
)  # fmt: skip
def test_what_is_no_amount_is_refused_at_the_character(text: str, position: int) -> None:
    with pytest.raises(UsageError) as caught:
        parse_amount(text, "CNY")
    assert caught.value.position == position
    assert caught.value.text == text


@given(st.integers(-LARGEST, LARGEST), st.sampled_from(["CNY", "JPY", "KWD", "USD"]))
def test_an_amount_that_was_shown_is_read_back_exactly(minor: int, currency: str) -> None:
    assert parse_amount(format_amount(minor, currency), currency) == minor


@given(st.text(max_size=30) | st.text(st.sampled_from("0123456789.,万亿k-( ¥e"), max_size=15))
def test_any_text_is_an_amount_or_a_usage_error(text: str) -> None:
    with suppress(UsageError):
        assert isinstance(parse_amount(text, "CNY"), int)


def test_amounts_are_shown_with_the_decimals_of_the_currency() -> None:
    assert format_amount(-110004, "CNY") == "-1,100.04"
    assert format_amount(-110004, "JPY") == "-110,004"
    assert format_amount(-110004, "KWD") == "-110.004"
