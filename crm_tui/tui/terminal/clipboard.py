"""The way to the clipboard of the terminal that one sits at: OSC 52, also from inside tmux and screen.

The terminal never answers: a text is "sent to the terminal", not known to be copied.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping

LIMIT = 74_994
"""Characters of base64 that terminals take in one sequence (xterm's buffer)."""

SCREEN_CHUNK = 250
"""Characters that GNU screen passes on in one piece (it drops longer ones)."""


def osc52(text: str, environ: Mapping[str, str]) -> str | None:
    """What to write to the terminal so that `text` is on its clipboard; None when it is too long for that.

    tmux gets it bare and wrapped: which of the two it takes depends on `set-clipboard` and `allow-passthrough`.
    """
    data = b64encode(text.encode("utf-8", "replace")).decode("ascii")
    if len(data) > LIMIT:
        return None
    bare = f"\x1b]52;c;{data}\x07"
    if environ.get("TMUX"):
        return bare + "\x1bPtmux;" + bare.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    if environ.get("STY") or environ.get("TERM", "").startswith("screen"):
        pieces = (bare[start : start + SCREEN_CHUNK] for start in range(0, len(bare), SCREEN_CHUNK))
        return "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
    return bare
