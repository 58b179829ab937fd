"""The completions of what is being typed, in a row: the chosen one is always in sight, whatever the width."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from crm_tui.tui.widgets.cells import cut
from crm_tui.tui.widgets.plain import REVERSE, Piece, PlainLine

GAP = "  "


class Candidates(PlainLine):
    """The completions in a row, the chosen one in reverse video and always in sight."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: tuple[str, ...] = ()
        self._chosen = -1

    def offer(self, texts: Sequence[str], chosen: int = -1) -> None:
        """Show these; `chosen` is the index of the one that stands in the line, -1 for none."""
        if (tuple(texts), chosen) != (self._texts, self._chosen):
            self._texts, self._chosen = tuple(texts), chosen
            self.refresh()
        self.display = bool(self._texts)

    def pieces(self, width: int) -> list[Piece]:
        """From the first, or from where the chosen one still fits."""
        first = 0
        while first < self._chosen and self._extent(first, self._chosen) > width:
            first += 1
        pieces: list[Piece] = []
        left = width
        for index in range(first, len(self._texts)):
            text = cut(self._texts[index], left)
            pieces += [(text, REVERSE if index == self._chosen else None), (GAP, None)]
            left -= cell_len(text) + len(GAP)
            if left <= 0:
                break
        return pieces

    def _extent(self, first: int, last: int) -> int:
        return sum(cell_len(text) + len(GAP) for text in self._texts[first : last + 1]) - len(GAP)
