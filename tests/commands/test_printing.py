from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len

from crm_tui.commands.printing import Printer, cells, plain

LINES = st.text(st.characters(exclude_categories=("C", "Z")), max_size=20)


@given(LINES | st.text("aé中文，（）·…〇ー한👍🏽\u0301 "))
@example("深圳中宏矿业有限公司（A座）")
def test_a_text_takes_as_many_cells_as_the_terminal_gives_it(text: str) -> None:
    assert cells(plain(text)) == cell_len(plain(text))


@pytest.mark.parametrize(
    ("text", "shown"),
    [("中文 A座", "中文 A座"), ("two\nlines", "two ⏎ lines"), ("a\x1b[31mb\u202ec\x85", "a\ufffd[31mb\ufffdc\ufffd")],
)
def test_what_is_printed_holds_no_control_character(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_columns_stand_under_each_other_in_cells(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"name": "中文", "note": "x"}, {"name": "ab", "note": None}, {"name": "é" * 50, "note": "y"}]
    Printer(()).rows(rows, ("name", "note"))
    lines = capsys.readouterr().out.splitlines()
    assert [line.rstrip() for line in lines] == [f"中文{' ' * 38}x", "ab", f"{'é' * 40}  y"]
