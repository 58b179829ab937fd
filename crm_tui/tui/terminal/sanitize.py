"""The last gate before the terminal: no text of any widget can carry a control sequence past it or turn
the reading direction, whatever way that text came in.

An application returns it from `get_line_filters`, after Textual's own.
"""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from crm_tui.domain.expressions import expression

HOSTILE = expression(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)
"""Controls, marks that change the direction of reading, invisible tags, lone surrogates."""


class Sanitize(LineFilter):
    """Takes hostile characters out of everything that is not a control of Textual's own.

    The layout gave them no cell, so they leave nothing behind: a replacement would push the rest of
    the line to the right. (Where data comes in, `domain.text` shows what was there.) A lone surrogate
    had a cell and becomes U+FFFD.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The segments, made safe; the same list when all of them are."""
        if not any(HOSTILE.search(segment.text) for segment in segments if not segment.control):
            return segments
        return [
            segment if segment.control else Segment(HOSTILE.sub(_stand_in, segment.text), segment.style)
            for segment in segments
        ]


def _stand_in(match: re.Match[str]) -> str:
    return "\ufffd" if "\ud800" <= match.group() <= "\udfff" else ""
