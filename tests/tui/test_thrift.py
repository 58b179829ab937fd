from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.tui.terminal.thrift import thrifty

A, B = "\x1b[38;2;1;2;3;48;2;4;5;6m", "\x1b[1;38;2;1;2;3;48;2;4;5;6m"
END = "\x1b[0m"


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("plain", "plain"),
        (f"{A}x{END}", f"{A}x{END}"),
        (f"{A}x{END}{A}y{END}", f"{A}xy{END}"),
        (f"{A}x{END}\r\n\x1b[2;1H{A}y{END}", f"{A}x\r\n\x1b[2;1Hy{END}"),
        (f"{A}x{END}{B}y{END}{A}z{END}", f"{A}x\x1b[1my\x1b[22mz{END}"),
        (f"{A}x{END} {A}z{END}", f"{A}x{END} {A}z{END}"),
        ("\x1b[1;2mx\x1b[0m\x1b[2my\x1b[0m", "\x1b[1;2mx\x1b[0;2my\x1b[0m"),
        ("\x1b[4:3mx\x1b[0m\x1b[4:3my\x1b[0m", "\x1b[4:3mx\x1b[0m\x1b[4:3my\x1b[0m"),
        ("\x1b[58;5;1mx\x1b[0m\x1b[1my\x1b[0m", "\x1b[58;5;1mx\x1b[0m\x1b[1my\x1b[0m"),
    ],
)
def test_a_style_is_said_once(given_: str, expected: str) -> None:
    assert thrifty(given_) == expected


attributes = st.lists(st.sampled_from(["1", "3", "4", "7", "9", "31", "97", "39", "44", "103", "49"]), max_size=3)
colours = st.sampled_from(["", "38;2;9;8;7", "38;5;12", "48;2;1;1;1", "38;2;9;8;7;48;5;3"])
styles = st.tuples(attributes, colours).map(lambda both: ";".join([*both[0], *filter(None, [both[1]])]))
texts = st.sampled_from(["x", " ", "华", "long", "\r\n", "\x1b[2;3H", "\x1b[1;1H", ""])
frames = st.lists(st.tuples(styles, texts, texts), max_size=12).map(
    lambda pieces: "".join((f"\x1b[{style}m{text}\x1b[0m" if style else text) + after for style, text, after in pieces)
)


def picture(data: str) -> object:
    screen = pyte.Screen(20, 6)
    pyte.Stream(screen).feed(data)
    rows = [[screen.buffer[y][x] for x in range(20)] for y in range(6)]
    return rows, screen.cursor.x, screen.cursor.y, screen.cursor.attrs


@given(frames)
def test_the_picture_is_the_same_and_never_larger(data: str) -> None:
    short = thrifty(data)
    assert picture(short) == picture(data)
    assert len(short) <= len(data)
