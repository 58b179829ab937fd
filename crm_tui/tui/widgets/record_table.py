"""A table of as many rows as there are, of which only the shown ones are ever asked for.

It paints what differs from what is on the screen: a cursor that moves costs the two gutters, a change in one
row that row. It has no keys of its own (keys are commands, elsewhere) and no scroll bar.

At an edge the table turns by half a page and not by a line: a terminal cannot be told by Textual to
scroll, so every turn repaints all rows, and a steady `j` repaints once in half a page this way.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import ClassVar, Protocol

from msgspec import Struct
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from crm_tui.tui.widgets.cells import fit, fit_text
from crm_tui.tui.widgets.columns import GAP, Column, Place, left_out, places
from crm_tui.tui.widgets.plain import Piece, PlainLine

CURSOR, MARK, STALE = "›", "*", "-"
GUTTER = 4
"""Cells before the first column: cursor, mark, flag, blank."""
WHEEL = 3
"""Rows for a click of the wheel."""
NOT_LOADED = "..."

_DIM = Style(dim=True)


class Line(Struct, frozen=True):
    """A row: its key, its cells in the order of the columns (a `str` is plain text, never markup).

    `flag` is a glyph of one cell; a `dim` row without one shows `-` in its place.
    """

    key: int
    cells: tuple[Text | str, ...]
    dim: bool = False
    flag: str = ""


class Lines(Protocol):
    """What a table shows. Both functions are called for shown rows only and must not wait for anything."""

    def __len__(self) -> int: ...

    def key(self, index: int) -> int | None:
        """The key of a row, None when it is not known yet."""

    def line(self, index: int) -> Line | None:
        """A row, None when it is not loaded yet; whoever loads it calls `RecordTable.refresh_lines`."""


class RecordTable(Widget, can_focus=True, inherit_bindings=False):
    """The table; see the module. `top` is the index of its first row on the screen."""

    BINDINGS: ClassVar[list[BindingType]] = []

    DEFAULT_CSS = """
    RecordTable { height: 1fr; width: 100%; background: $background; color: $foreground; overflow: hidden; }
    RecordTable:ansi { background: ansi_default; color: ansi_default; }
    """

    class CursorMoved(Message):
        """The cursor is on another row, or the row under it has another key (None: not known yet, no row)."""

        def __init__(self, table: RecordTable, index: int, key: int | None) -> None:
            super().__init__()
            self.table = table
            self.index = index
            self.key = key

        @property
        def control(self) -> RecordTable:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column] = (),
        *,
        empty: str = "",
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        """`empty` is what a table without rows says."""
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._places: tuple[Place, ...] = ()
        self._lines: Lines = NoLines()
        self._empty = empty
        self._marked: frozenset[int] = frozenset()
        self._cursor = 0
        self._announced: tuple[int, int | None] = (0, None)
        self._bodies: LRUCache[int, Strip] = LRUCache(1024)
        self._painted: list[tuple[str, Strip]] = []
        self.top = 0
        self._still = False
        self._behind = False

    # what is shown

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns."""
        return self._columns

    @columns.setter
    def columns(self, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)
        self._lay_out()

    @property
    def left_out(self) -> list[Column]:
        """The columns that have no room."""
        return left_out(self._columns, self.size.width - GUTTER)

    @property
    def empty(self) -> str:
        """What a table without rows says."""
        return self._empty

    @empty.setter
    def empty(self, text: str) -> None:
        self._empty = text
        self.refresh_lines()

    @property
    def lines(self) -> Lines:
        """What it shows."""
        return self._lines

    def show(self, lines: Lines, cursor: int = 0) -> None:
        """Show other lines, the cursor on row `cursor` (or the nearest that there is)."""
        self._lines = lines
        self._cursor = cursor
        self.refresh_lines()

    def refresh_lines(self) -> None:
        """Ask for the shown rows again: some may have changed, come or gone."""
        self._bodies.clear()
        self._cursor = self._clamp(self._cursor)
        self._bring_into_view()
        self._settle()

    def refresh_line(self, index: int) -> None:
        """Ask for one row again."""
        self._bodies.discard(index)
        self._settle()

    # marks

    @property
    def marked(self) -> frozenset[int]:
        """The keys of the marked rows."""
        return self._marked

    def set_marks(self, keys: Set[int]) -> None:
        """Mark the rows of these keys and no others."""
        self._marked = frozenset(keys)
        self._settle()

    # the cursor

    @property
    def cursor(self) -> int:
        """The index of the row under the cursor; 0 in an empty table."""
        return self._cursor

    @cursor.setter
    def cursor(self, index: int) -> None:
        self.move_to(index)

    @property
    def cursor_key(self) -> int | None:
        """The key of the row under the cursor; None when it is not known yet, or there is none."""
        return self._lines.key(self._cursor) if len(self._lines) else None

    def move(self, delta: int) -> None:
        """Move the cursor by so many rows, as far as there are rows."""
        self.move_to(self._cursor + delta)

    def move_to(self, index: int) -> None:
        """Put the cursor on this row, or the nearest that there is."""
        self._cursor = self._clamp(index)
        self._bring_into_view()
        self._settle()

    def page(self, pages: int) -> None:
        """Turn by pages; the cursor keeps its row on the screen."""
        delta = pages * max(1, self.size.height)
        self._cursor = self._clamp(self._cursor + delta)
        self.top = self._clamp_top(self.top + delta)
        self._bring_into_view()
        self._settle()

    def _clamp(self, index: int) -> int:
        return max(0, min(index, len(self._lines) - 1))

    def _clamp_top(self, top: int) -> int:
        return max(0, min(top, len(self._lines) - self.size.height))

    def _bring_into_view(self) -> None:
        height = self.size.height
        self.top = self._clamp_top(self.top)
        if height and not self.top <= self._cursor < self.top + height:
            self.top = self._clamp_top(self._cursor - height // 2)

    def keep_still(self, still: bool) -> None:
        """Paint nothing and say nothing of the cursor, whatever is done to it; then all at once."""
        self._still = still
        if self._behind and not still and self.is_attached:
            self._settle()

    def _settle(self) -> None:
        """Paint, and say where the cursor is now."""
        self._behind = self._still
        if self._still:
            return
        self._paint()
        now = (self._cursor, self.cursor_key)
        if now != self._announced:
            self._announced = now
            self.post_message(self.CursorMoved(self, *now))

    # painting

    def _lay_out(self) -> None:
        """Everything anew: another width, other columns."""
        self._places = places(self._columns, self.size.width - GUTTER)
        self._bodies.clear()
        self._bring_into_view()
        self._painted = [self._row(y) for y in range(self.size.height)]
        self.refresh()

    def _paint(self) -> None:
        """Repaint the rows that are not what the screen shows; where the gutter alone differs, the gutter."""
        width, height = self.size
        if len(self._painted) != height:  # not laid out yet: the resize is on its way
            return
        regions: list[Region] = []
        for y in range(height):
            gutter, body = self._row(y)
            old_gutter, old_body = self._painted[y]
            if body is not old_body and body != old_body:
                regions.append(Region(0, y, width, 1))
            elif gutter != old_gutter:
                regions.append(Region(0, y, _changed(old_gutter, gutter), 1))
            self._painted[y] = gutter, body
        if regions:
            self.refresh(*regions)

    def _row(self, y: int) -> tuple[str, Strip]:
        """Row `y` of the screen as it should be: the gutter, the rest."""
        index = self.top + y
        if index >= len(self._lines):
            text = self._empty if not len(self._lines) and y == 0 else ""
            return " " * GUTTER, self._strip([Segment(text)])
        line = self._lines.line(index)
        gutter = CURSOR if index == self._cursor else " "
        gutter += MARK if self._lines.key(index) in self._marked else " "
        if line is None:
            return gutter + "  ", self._strip([Segment(NOT_LOADED)])
        flag = line.flag or (STALE if line.dim else " ")
        return gutter + fit(flag, 1) + " ", self._body(index, line)

    def _body(self, index: int, line: Line) -> Strip:
        body = self._bodies.get(index)
        if body is None:
            body = self._bodies[index] = self._strip(self._segments(line))
        return body

    def _segments(self, line: Line) -> list[Segment]:
        base = _DIM if line.dim else None
        segments: list[Segment] = []
        for number, place in enumerate(self._places):
            if number:
                segments.append(Segment(" " * GAP, base))
            cell = line.cells[place.cell] if place.cell < len(line.cells) else ""
            if isinstance(cell, str):
                segments.append(Segment(fit(cell, place.width, place.align), base))
            else:
                shown = fit_text(cell, place.width, place.align).render(self.app.console)
                segments += Segment.apply_style(shown, base) if base else shown
        return segments

    def _strip(self, segments: list[Segment]) -> Strip:
        return Strip(segments).adjust_cell_length(max(0, self.size.width - GUTTER)).simplify()

    def render_line(self, y: int) -> Strip:
        """Row `y` as it was last decided to be."""
        width = self.size.width
        if y >= len(self._painted):
            return Strip.blank(width, self.rich_style)
        gutter, body = self._painted[y]
        row = Strip([Segment(gutter), *body]).adjust_cell_length(width)
        return row.apply_style(self.rich_style).simplify()

    # what happens to it

    def _on_focus(self, event: events.Focus) -> None:
        event.prevent_default()  # Textual would repaint all of it, and it looks the same
        self.has_focus = True

    def _on_blur(self, event: events.Blur) -> None:
        event.prevent_default()
        self.has_focus = False

    def on_resize(self) -> None:
        """Lay out for the new width, the cursor in view."""
        self._lay_out()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked."""
        event.stop()
        index = self.top + event.get_content_offset_capture(self).y
        if 0 <= index < len(self._lines):
            self.move_to(index)

    def _on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._scroll_by(WHEEL)

    def _on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._scroll_by(-WHEEL)

    def _scroll_by(self, rows: int) -> None:
        """Turn by rows; the cursor stays on its row, at most at the edge of the screen."""
        self.top = self._clamp_top(self.top + rows)
        self._cursor = self._clamp(max(self.top, min(self._cursor, self.top + self.size.height - 1)))
        self._settle()


class TableHeading(PlainLine):
    """The headings of a table, over its columns."""

    DEFAULT_CSS = """
    TableHeading { text-style: bold; }
    """

    def __init__(
        self,
        columns: Sequence[Column] = (),
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the table below."""
        return self._columns

    @columns.setter
    def columns(self, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)
        self.refresh()

    def pieces(self, width: int) -> list[Piece]:
        """The headings that have room."""
        shown = places(self._columns, width - GUTTER)
        headings = (fit(self._columns[place.cell].heading, place.width, place.align) for place in shown)
        return [(" " * GUTTER + (" " * GAP).join(headings), None)]


class NoLines:
    """No lines: there is nothing yet."""

    def __len__(self) -> int:
        return 0

    def key(self, index: int) -> int | None:
        return None

    def line(self, index: int) -> Line | None:
        return None


def _changed(old: str, new: str) -> int:
    """How many cells from the left have to be repainted."""
    return max(number for number, (a, b) in enumerate(zip(old, new, strict=True), 1) if a != b)
