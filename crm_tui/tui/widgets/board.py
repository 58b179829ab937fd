"""A board: lanes side by side, a card a line; as many lanes as fit, the one with the cursor always among them.

Only lines that differ from what is on the screen are painted.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from textual.binding import BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from crm_tui.tui.widgets.cells import fit
from crm_tui.tui.widgets.plain import BOLD, REVERSE

LANE_WIDTH = 20
"""The least width of a lane; from 120 columns on six fit, below that three."""
FEW = 3


class Lane(NamedTuple):
    """A lane: its title and its cards, each a key and a text."""

    title: str
    cards: tuple[tuple[int, str], ...]


class Board(Widget, can_focus=True, inherit_bindings=False):
    """The lanes; `move` moves the cursor, which stays with its card when the lanes are shown anew."""

    BINDINGS: ClassVar[list[BindingType]] = []

    DEFAULT_CSS = """
    Board { height: 1fr; width: 1fr; background: $background; color: $foreground; }
    Board:ansi { background: ansi_default; color: ansi_default; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._lanes: tuple[Lane, ...] = ()
        self._lane = 0
        self._row = 0
        self._painted: list[Strip] = []

    @property
    def cursor_key(self) -> int | None:
        """The key of the card under the cursor."""
        if not self._lanes or not self._lanes[self._lane].cards:
            return None
        cards = self._lanes[self._lane].cards
        return cards[min(self._row, len(cards) - 1)][0]

    def show(self, lanes: Sequence[Lane], key: int | None = None) -> None:
        """Show these lanes, the cursor on the card `key`: else it follows its own into another lane."""
        key = self.cursor_key if key is None else key
        self._lanes = tuple(lanes)
        for number, lane in enumerate(self._lanes):
            for row, (own, __) in enumerate(lane.cards):
                if own == key:
                    self._lane, self._row = number, row
        self._lane = min(self._lane, max(0, len(self._lanes) - 1))
        self._paint()

    def move(self, lanes: int, rows: int) -> None:
        """Move the cursor by lanes and rows, as far as there are any."""
        if not self._lanes:
            return
        self._lane = max(0, min(self._lane + lanes, len(self._lanes) - 1))
        last = len(self._lanes[self._lane].cards) - 1
        self._row = max(0, min(self._row + rows, last))
        self._paint()

    def on_resize(self) -> None:
        """Everything anew, for the new size."""
        self._paint()

    def _paint(self) -> None:
        """Repaint the lines that are not what the screen shows."""
        before, self._painted = self._painted, [self._line(y) for y in range(self.size.height)]
        lines = enumerate(zip_longest(self._painted, before))
        regions = [Region(0, y, self.size.width, 1) for y, (now, was) in lines if now is not None and now != was]
        if regions:
            self.refresh(*regions)

    def _shown(self) -> range:
        n = len(self._lanes)
        fit_ = n if self.size.width >= LANE_WIDTH * n else min(FEW, n)
        first = max(0, min(self._lane - fit_ // 2, n - fit_))
        return range(first, first + fit_)

    def render_line(self, y: int) -> Strip:
        """Line `y` as it was last decided to be."""
        line = self._painted[y] if y < len(self._painted) else Strip([])
        return line.adjust_cell_length(self.size.width).apply_style(self.rich_style)

    def _line(self, y: int) -> Strip:
        """The titles in the first line, a card of each lane in the others."""
        width = self.size.width
        shown = self._shown()
        if not shown:
            return Strip([])
        lane_width = width // len(shown)
        top = max(0, self._row - (self.size.height - 2))
        segments: list[Segment] = []
        for number in shown:
            lane = self._lanes[number]
            here = number == self._lane
            if y == 0:
                segments.append(Segment(fit(f" {lane.title}", lane_width), BOLD))
                continue
            row = y - 1 + (top if here else 0)
            text = lane.cards[row][1] if row < len(lane.cards) else ""
            cursor = here and row == min(self._row, len(lane.cards) - 1)
            mark = "›" if cursor else " "
            segments.append(Segment(fit(mark + text, lane_width - 1), REVERSE if cursor else None))
            segments.append(Segment(" "))
        return Strip(segments).adjust_cell_length(width)
