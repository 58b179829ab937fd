"""Without colours: the line lets none through, and everything else."""

from __future__ import annotations

import pytest

from crm_tui.tui.terminal.monochrome import monochrome


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ("plain 38;2;1;2;3m", "plain 38;2;1;2;3m"),
        ("\x1b[31mx\x1b[0m", "x\x1b[0m"),
        ("\x1b[1;31;2mx\x1b[0m", "\x1b[1;2mx\x1b[0m"),
        ("\x1b[38;2;31;32;1;48;5;7mx", "x"),
        ("\x1b[7;38;5;9;4;48;2;1;2;3;9mx", "\x1b[7;4;9mx"),
        ("\x1b[90;101;39;49;58;5;1;59mx", "x"),
        ("\x1b[38:2::1:2:3;3mx", "\x1b[3mx"),
        ("\x1b[0;1mx\x1b[m\x1b[22;23;24;27m", "\x1b[0;1mx\x1b[m\x1b[22;23;24;27m"),
        ("\x1b[4:3mx\x1b[33;44H\x1b[?31h", "\x1b[4:3mx\x1b[33;44H\x1b[?31h"),
    ],
)
def test_of_a_style_all_but_the_colours_remains(sent: str, left: str) -> None:
    assert monochrome(sent) == left
