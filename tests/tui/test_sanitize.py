from __future__ import annotations

import pytest
from rich.segment import ControlType, Segment
from rich.style import Style
from textual.color import Color

from crm_tui.tui.terminal.sanitize import Sanitize

BLACK = Color(0, 0, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acme 华为 é", "Acme 华为 é"),
        ("a\x1b[2Jb", "a[2Jb"),
        ("a\x1b]52;c;x\x07b", "a]52;c;xb"),
        ("a\x9b2J\x85\x00\x7f\r\n\tb", "a2Jb"),
        ("pay\u202efdp.exe", "payfdp.exe"),
        ("a\u2066b\u2069\ufeff\U000e0041", "ab"),
        ("a\ud800b", "a\ufffdb"),
    ],
)
def test_hostile_characters_never_reach_the_terminal(text: str, expected: str) -> None:
    style = Style(bold=True)
    assert Sanitize().apply([Segment(text, style)], BLACK) == [Segment(expected, style)]


def test_textuals_own_controls_pass() -> None:
    control = Segment("\x1b[1;1H", None, [(ControlType.HOME,)])
    assert Sanitize().apply([control, Segment("\x1b")], BLACK) == [control, Segment("")]
