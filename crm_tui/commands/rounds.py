"""A round through the due queue: its order is that of the moment at which it was begun, and done means the next line.

Screens and macros that play without one go by it alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.services.due import Line

SETTLES = frozenset({"done", "log", "no-answer", "next", "snooze", "accept", "decline", "noted"})
"""The commands that settle a line."""


class Round:
    """The lines of the queue as they were and as they are now."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.order = [line.id for line in lines]
        self.now: dict[int, Line | None] = {line.id: line for line in lines}
        self.first = {line.id: line for line in lines}
        self.settled: set[int] = set()
        """Who was called, or put off, since it was begun."""
        self.own: set[int] = set()
        """Whom the user changed since then: of who is not due any more, these are what was done."""

    def __len__(self) -> int:
        return len(self.order)

    def key(self, index: int) -> int | None:
        """The customer of that line; None where there is none."""
        return self.order[index] if 0 <= index < len(self.order) else None

    def is_done(self, key: int) -> bool:
        """Whether the customer is not due any more, or was called and comes back on another day."""
        line = self.now.get(key)
        if line is None or line.part == "later":
            return True
        return key in self.settled and line.part not in ("overdue", "today")

    def update(self, lines: Mapping[int, Line], ids: Sequence[int]) -> None:
        """Take the customers as they are now."""
        for key in ids:
            if key in self.now:
                self.now[key] = lines.get(key)

    def add(self, lines: Sequence[Line]) -> None:
        """Put those that are not in it at the end."""
        for line in lines:
            if line.id not in self.now and line.part != "later":
                self.order.append(line.id)
                self.now[line.id] = self.first[line.id] = line

    def settle(self, command: str, changed: Sequence[int]) -> bool:
        """Note what the command settled, or took back; whether the cursor goes on to the next line after it."""
        if command == "undo":
            self.settled.difference_update(changed)
        if command not in SETTLES:
            return False
        self.settled.update(changed)
        return bool(changed)

    def next_open(self, cursor: int) -> int | None:
        """The next line that is not done, after the last the first again; None where there is none."""
        for index in (*range(cursor + 1, len(self.order)), *range(cursor)):
            key = self.order[index]
            if key not in self.settled and not self.is_done(key):
                return int(index)
        return None

    @property
    def left(self) -> int:
        """How many are still to be done."""
        return sum(not self.is_done(key) for key in self.order)

    @property
    def finished(self) -> int:
        """How many the user has done; who was taken away, or called by others, is not among them."""
        return sum(key in self.own and self.is_done(key) for key in self.order)
