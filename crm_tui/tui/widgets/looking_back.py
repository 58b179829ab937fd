"""A search among earlier lines, from the newest back: those that have every word of what is looked for."""

from __future__ import annotations

from collections.abc import Sequence

SHOWN = 20
"""Lines that are found at a time."""


class LookingBack:
    """`before` is what stood in the line when it began."""

    def __init__(self, lines: Sequence[str], before: str) -> None:
        self.before = before
        self._lines = [(line.casefold(), line) for line in reversed(lines)]
        self._fitting = [line for __, line in self._lines]
        self._at = 0

    @property
    def found(self) -> list[str]:
        """The line that one is at, and those before it; empty when none fits."""
        return self._fitting[self._at : self._at + SHOWN]

    def look(self, text: str) -> None:
        """From the newest on for the words of `text`, without case."""
        words = text.casefold().split()
        self._fitting = [line for folded, line in self._lines if all(word in folded for word in words)]
        self._at = 0

    def step(self, count: int) -> None:
        """To an older line, or a newer one for less than 0; stays at the last that there is."""
        self._at = max(0, min(self._at + count, len(self._fitting) - 1))
