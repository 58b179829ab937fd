"""What is told of rows that were taken in, but not as they were meant: next dates that could not be read, and cells
under no heading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.services.imports.incoming import Incoming
    from crm_tui.services.imports.rows import Reader

_FIRST, _LONGEST = 20, 60
"""Rows that are remembered, and characters of each text."""


class Oddities:
    """The next dates that could not be read: `undated` and the `first` as (line, name, text). The rows that have more
    cells than there are headings: `long` and the first `lines`.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.undated = self.long = 0
        self.first: list[tuple[int, str, str]] = []
        self.lines: list[int] = []

    def look(self, line: int, found: Incoming) -> None:
        """Look at one more row that kept a text."""
        if text := self._reader.undated(found):
            self.undated += 1
            if self.undated <= _FIRST:
                self.first.append((line, found.name, text[:_LONGEST]))
        if self._reader.is_long(found):
            self.long += 1
            if self.long <= _FIRST:
                self.lines.append(line)
