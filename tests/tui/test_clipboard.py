from __future__ import annotations

from base64 import b64decode

import pytest

from crm_tui.tui.terminal.clipboard import LIMIT, SCREEN_CHUNK, osc52

BARE = "\x1b]52;c;5Y2O5Li6\x07"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, BARE),
        ({"TERM": "xterm"}, BARE),
        ({"TMUX": "/tmp/x,1,0", "TERM": "screen"}, f"{BARE}\x1bPtmux;\x1b{BARE}\x1b\\"),
        ({"STY": "1.pts"}, f"\x1bP{BARE}\x1b\\"),
        ({"TERM": "screen.xterm"}, f"\x1bP{BARE}\x1b\\"),
    ],
)
def test_the_sequence_is_wrapped_as_the_multiplexer_wants_it(environ: dict[str, str], expected: str) -> None:
    assert osc52("华为", environ) == expected


def test_screen_gets_it_in_pieces() -> None:
    pieces = str(osc52("x" * 1000, {"STY": "1"})).split("\x1b\\")[:-1]
    assert all(piece.startswith("\x1bP") and len(piece) <= SCREEN_CHUNK + 2 for piece in pieces)
    assert b64decode("".join(piece[2:] for piece in pieces)[7:-1]) == b"x" * 1000


def test_what_is_too_long_for_terminals_is_refused() -> None:
    longest = "x" * (LIMIT // 4 * 3)
    assert osc52(longest, {}) is not None
    assert osc52(longest + "xxx", {}) is None
