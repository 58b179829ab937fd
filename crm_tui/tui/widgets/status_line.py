"""The bottom line: what was done, on the left; what is pending and what one can press, on the right.

When it is too narrow the least important of the right leaves first; what is essential (keys that wait, a
run) stays, even if the message has to be cut; unless that is an alert, which all make room for but a recording.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from crm_tui.tui.widgets.cells import cut
from crm_tui.tui.widgets.plain import REVERSE, Piece, PlainLine

ESSENTIAL = 100
"""From this priority on a part is never left out for the message's sake, but for an alert's."""

ALWAYS = 1_000
"""From this priority on not for an alert's either: what the user must know while it lasts."""

GAP = "  "


class Part(NamedTuple):
    """A piece of the right side; `priority` tells who leaves first (the lowest)."""

    text: str
    priority: int = 0


class StatusLine(PlainLine):
    """The line. Plain text throughout; an alert is told by a sign and reverse video, not by a colour."""

    DEFAULT_CSS = """
    StatusLine { dock: bottom; }
    """

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(text, id=id, classes=classes)
        self._parts: tuple[Part, ...] = ()
        self._alert = False

    @property
    def parts(self) -> tuple[Part, ...]:
        """The right side, in its order."""
        return self._parts

    @parts.setter
    def parts(self, parts: Sequence[Part]) -> None:
        if tuple(parts) != self._parts:
            self._parts = tuple(parts)
            self.refresh()

    def say(self, text: str, *, alert: bool = False) -> None:
        """Show this message; an `alert` says that something was not done."""
        if (text, alert) != (self._text, self._alert):
            self._text, self._alert = text, alert
            self.refresh()

    def pieces(self, width: int) -> list[Piece]:
        """Message and parts in `width` cells."""
        message = f"! {self._text}" if self._alert and self._text else self._text
        fitting = self._fitting(width, cell_len(message), all_leave=self._alert and bool(self._text))
        right = GAP.join(part.text for part in fitting)
        room = width - cell_len(right) - (len(GAP) if right else 0)
        message = cut(message, max(0, room))
        blanks = " " * (width - cell_len(message) - cell_len(right))
        return [(message, REVERSE if self._alert else None), (blanks, None), (cut(right, width), None)]

    def _fitting(self, width: int, message: int, *, all_leave: bool) -> list[Part]:
        """The parts that have room beside a message of so many cells; if `all_leave` only ALWAYS is essential."""
        parts = [part for part in self._parts if part.text]
        while parts:
            least = min(reversed(parts), key=lambda part: part.priority)
            taken = sum(cell_len(part.text) + len(GAP) for part in parts)
            essential = least.priority >= (ALWAYS if all_leave else ESSENTIAL)
            if len(parts) == 1 and essential:
                break
            if taken + (0 if essential else message) <= width + (0 if message else len(GAP)):
                break
            parts.remove(least)
        return parts
