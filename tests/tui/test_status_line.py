from __future__ import annotations

import pytest
from rich.cells import cell_len

from crm_tui.tui.widgets.status_line import ESSENTIAL, Part, StatusLine

PARTS = (Part("? help", 1), Part(": command", 2), Part("t…", ESSENTIAL))


@pytest.mark.parametrize(
    ("message", "width", "expected"),
    [
        ("3 moved, u undoes", 50, "3 moved, u undoes            ? help  : command  t…"),
        ("3 moved, u undoes", 36, "3 moved, u undoes      : command  t…"),
        ("3 moved, u undoes", 28, "3 moved, u undoes         t…"),
        ("3 moved, u undoes", 12, "3 moved…  t…"),
        ("", 21, "? help  : command  t…"),
        ("", 20, "       : command  t…"),
        ("", 2, "t…"),
        ("", 1, "…"),
        ("已移动[/b]", 14, "已移动[/b]  t…"),
    ],
)
def test_the_least_important_leaves_first(message: str, width: int, expected: str) -> None:
    line = StatusLine(message)
    line.parts = PARTS
    shown = "".join(text for text, _ in line.pieces(width))
    assert shown == expected
    assert cell_len(shown) == width


def test_an_alert_is_told_without_colour() -> None:
    line = StatusLine()
    line.say("not yours", alert=True)
    (text, style), *_ = line.pieces(30)
    assert text == "! not yours"
    assert style is not None
    assert style.reverse
    assert style.color is None
    line.say("done")
    assert line.pieces(30)[0] == ("done", None)
