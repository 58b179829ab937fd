from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.phone_display import display_phone
from crm_tui.domain.phones import Phone, parse_phone, phones_in


@pytest.mark.parametrize(
    "text",
    [
        "13812345678", "138 1234 5678", "138-1234-5678", "+86 138 1234 5678", "0086-13812345678", "8613812345678",
        "（+86）13812345678", "１３８１２３４５６７８", "1.3812345678E+10", "13812345678.0", "'13812345678",
        "手机：13812345678",
    ],
)  # fmt: skip
def test_every_way_to_write_a_mobile_is_the_same_number(text: str) -> None:
    assert parse_phone(text) == Phone("+8613812345678")


@pytest.mark.parametrize(
    "text",
    ["020-87654321转8021", "020-87654321轉8021", "020-87654321-8021", "(020) 8765 4321 ext. 8021", "02087654321x8021",
     "020 87654321#8021", "+86 20 87654321 分机：8021", "+862087654321 ext 8021"],
)  # fmt: skip
def test_an_extension_is_split_off_first(text: str) -> None:
    assert str(parse_phone(text)) == "+862087654321 ext 8021"


@pytest.mark.parametrize(
    ("text", "region", "stored"),
    [
        ("010-12345678", "CN", "+861012345678"),
        ("400-820-8820", "CN", "+864008208820"),
        ("+1 415 555 2671", "CN", "+14155552671"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("+44 20 7946 0958", "CN", "+442079460958"),
        ("2345 6789", "HK", "+85223456789"),
        ("+86 13812345678", "US", "+8613812345678"),
    ],
)
def test_numbers_of_the_world(text: str, region: str, stored: str) -> None:
    assert str(parse_phone(text, region)) == stored


@pytest.mark.parametrize(
    "text",
    ["", "abc", "95588", "2023-08-12", "20230812", "20230812001", "1.38E+10", "张伟 13812345678", "1000", "9" * 99],
)
def test_these_are_no_phone_numbers(text: str) -> None:
    assert parse_phone(text) is None


def test_a_chinese_mobile_is_none_in_america() -> None:
    assert parse_phone("13812345678", "US") is None


@pytest.mark.parametrize(
    ("cell", "stored"),
    [
        ("13812345678/13912345678", ["+8613812345678", "+8613912345678"]),
        ("13812345678、020-87654321 转 12；无", ["+8613812345678", "+862087654321 ext 12"]),
        ("138 1234 5678, 139 1234 5678", ["+8613812345678", "+8613912345678"]),
        ("13812345678 13912345678", ["+8613812345678", "+8613912345678"]),
        ("+1 415 555 2671, ext 21", ["+14155552671 ext 21"]),
        ("13812345678;13812345678", ["+8613812345678"]),
        ("无", []),
    ],
)
def test_a_cell_may_hold_several_numbers(cell: str, stored: list[str]) -> None:
    assert [str(phone) for phone in phones_in(cell)] == stored


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("+8613812345678", "138 1234 5678"),
        ("+862087654321 ext 8021", "020 8765 4321 ext 8021"),
        ("+862055551234", "020 5555 1234"),
        ("+8675539777777", "0755 3977 7777"),
        ("+14155552671", "+1 415 555 2671"),
        ("+85221234567", "+852 2123 4567"),
        ("nonsense", "nonsense"),
        ("", ""),
    ],
)
def test_how_a_number_is_shown(stored: str, shown: str) -> None:
    assert display_phone(stored) == shown


@given(st.text(st.sampled_from("0123456789+-() .x#转E"), max_size=24), st.sampled_from(["CN", "US", "DE"]))
def test_what_is_stored_reads_as_itself_everywhere(text: str, region: str) -> None:
    phone = parse_phone(text, region)
    if phone:
        assert parse_phone(str(phone), "CN") == parse_phone(str(phone), "US") == phone


@given(st.text(max_size=80))
def test_no_text_is_an_error(text: str) -> None:
    parse_phone(text)
    phones_in(text)
    display_phone(text)


def test_chinese_mobiles_and_all_that_is_shown_do_without_the_numbering_plans() -> None:
    code = (
        "import sys; from crm_tui.domain.phones import parse_phone;"
        "from crm_tui.domain.phone_display import display_phone as show;"
        "show(str(parse_phone('138 1234 5678'))); show('+442079460557'); print('phonenumbers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
