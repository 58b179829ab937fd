from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from crm_tui.tui.widgets.text_pane import wrap


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, [""]),
        ("one two three", 8, ["one two", "three"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("li  要报价下周再谈", 10, ["li  要报价", "下周再谈"]),
        ("要报价，下周再谈", 6, ["要报", "价，下", "周再谈"]),
        ("价格 eighty percent", 12, ["价格 eighty", "percent"]),
        ("a\nb", 9, ["a", "b"]),
    ],
)
def test_lines_break_at_blanks_and_between_wide_characters(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


@given(st.text("ab 汉字，。 \n", max_size=60), st.integers(2, 12))
def test_every_line_fits_and_nothing_but_blanks_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())
