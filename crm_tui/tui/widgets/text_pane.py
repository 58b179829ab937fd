"""Several lines of plain text, cut to the width: a preview, a detail. No markup, no scrolling, no focus."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from crm_tui.domain.expressions import expression
from crm_tui.tui.widgets.cells import fit

_COLUMNS = expression(r"(\s*(?:\S.*\s{2,})?)(.*)", re.DOTALL)
"""A line: what stands before its last column, and that."""
_CLOSING = "，。、；：！？）》」』”’…"
"""What stands behind a word, and at the beginning of no line."""


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, at least one.

    Broken at blanks where there are any, and between characters of two cells, which need none; no line begins with what
    closes a clause.
    """
    lines: list[str] = []
    for line in text.splitlines() or [""]:
        while cell_len(line) > width > 1:
            head = set_cell_size(line, width).rstrip()
            rest = line[len(head) :]
            if rest and rest[0] in _CLOSING and cell_len(head) > 2:
                head = head[:-1]
            elif rest and rest[0] != " " and " " in head.strip() and cell_len(head[-1]) < 2 > cell_len(rest[0]):
                head = head[: head.rstrip().rindex(" ")]
            head = head or line[:1]
            lines.append(head.rstrip())
            line = line[len(head) :].lstrip()
        lines.append(line)
    return lines


def hanging(line: str, width: int) -> list[str]:
    """The line in lines of at most `width` cells; those after the first begin where its last column does."""
    found = _COLUMNS.fullmatch(line)
    head, last = found.groups() if found else ("", line)
    indent = cell_len(head)
    if cell_len(line) <= width or indent > width // 2:
        return wrap(line, width)
    first, *rest = wrap(last, width - indent)
    return [head + first, *(" " * indent + more for more in rest)]


class TextPane(Widget, can_focus=False):
    """The lines; `show` changes them and repaints only those that differ."""

    DEFAULT_CSS = """
    TextPane { background: $background; color: $foreground; overflow: hidden; }
    TextPane:ansi { background: ansi_default; color: ansi_default; }
    """

    def __init__(self, *, id: str | None = None, edge: str = "") -> None:  # noqa: A002
        """`edge` is drawn before each line."""
        super().__init__(id=id)
        self._lines: tuple[str, ...] = ()
        self._edge = edge

    @property
    def lines(self) -> tuple[str, ...]:
        """What it shows, uncut."""
        return self._lines

    def show(self, lines: Sequence[str]) -> None:
        """Show these lines instead."""
        before, self._lines = self._lines, tuple(lines)
        height = self.size.height
        old = [*before[:height], *[""] * (height - len(before))]
        new = [*self._lines[:height], *[""] * (height - len(self._lines))]
        differ = (y for y, (a, b) in enumerate(zip(old, new, strict=True)) if a != b)
        regions = [Region(0, y, self.size.width, 1) for y in differ]
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """One line, padded."""
        width = self.size.width
        text = self._edge + (self._lines[y] if y < len(self._lines) else "")
        return Strip([Segment(fit(text, width))]).adjust_cell_length(width).apply_style(self.rich_style)
