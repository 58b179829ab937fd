"""No colours at all: of every style that is sent only bold, dim, underlined, reverse and the like remain.

Widgets and themes say colours in too many ways to trust that none of them does; the line is what all of them pass.
"""

from __future__ import annotations

import re

from crm_tui.domain.expressions import expression

_SGR = expression(r"\x1b\[([0-9;:]+)m")
_COLOUR = expression(
    r"(?:^|(?<=;))(?:[345]8(?:;2;\d+;\d+;\d+|;5;\d+|:[\d:]*)|[34][0-79]|59|9[0-7]|10[0-7])(?:;|$)"
)
"""The parameters of a foreground, a background or the colour of a line, the terminal's own ones too."""


def monochrome(data: str) -> str:
    """`data` without the colours in its style changes (SGR); one that says nothing else leaves."""
    return _SGR.sub(_without, data) if "\x1b[" in data else data


def _without(match: re.Match[str]) -> str:
    left = _COLOUR.sub("", match[1]).rstrip(";")
    return f"\x1b[{left}m" if left else ""
