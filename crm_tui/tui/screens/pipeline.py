"""The pipeline: stage tabs with counts, and under them the customers as a list or a board."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer

from crm_tui.commands.keymap import Place as Keys
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.services import lists
from crm_tui.services.lists import Order, Query
from crm_tui.services.session import Session
from crm_tui.tui.desk import Desk, Stopped
from crm_tui.tui.home import Home, first_filter
from crm_tui.tui.rows import CustomerLines, Draw, Read, first_page
from crm_tui.tui.screens.holding import HoldingPlace
from crm_tui.tui.screens.listing import Counts, StageTabs, columns, counted, drawer, lanes, preview
from crm_tui.tui.widgets.board import Board, Lane
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.record_table import RecordTable, TableHeading
from crm_tui.tui.widgets.text_pane import TextPane, wrap

if TYPE_CHECKING:
    from crm_tui.commands.dispatch import Targets
    from crm_tui.services.news import Changed

PAUSE = 0.12
"""Seconds that the keys must rest until the preview follows the cursor."""

PREVIEW_FROM = 120
"""Columns from which on a preview of the row is beside the list."""
PREVIEW_WIDTH = 44
PATIENCE = 2.0
"""Seconds that marking all rows waits for those that are still being read."""
SHOWN = 0.1
"""Seconds after which it is said that a list is being read."""


class PipelineScreen(HoldingPlace):
    """All customers that one may see."""

    keys: ClassVar[Keys] = "pipeline"
    hints: ClassVar[tuple[tuple[str, int], ...]] = (
        ("/ filter", 7), ("t tier", 5), ("s stage", 5), ("f log", 6), ("b board", 3), ("g d due", 4), ("? keys", 9),
    )  # fmt: skip

    def __init__(self, desk: Desk, session: Session, home: Home | None = None) -> None:
        super().__init__(desk, session, home)
        self.query_now = Query(first_filter(session))
        self.counts: Counts | None = None
        self.on_board = False
        self._told = ""
        """What the status line said of the list, to be said anew when the list is another one."""
        self._preview_timer: Timer | None = None

    # -- what lists of customers show in their own way

    nobody = N_("No customer here. o makes one; / then Enter clears the filter.")

    @property
    def reader(self) -> Read:
        """What reads its rows."""
        return lists.rows

    @property
    def teller(self) -> Callable[[Session, int], list[str]]:
        """What tells the preview of a customer."""
        return preview

    def columns(self) -> tuple[Column, ...]:
        """The columns of the list."""
        return columns()

    def drawer(self) -> Draw:
        """Draws its rows."""
        return drawer(self.session)

    def contents(self) -> ComposeResult:
        """Tabs, headings, the list (or the board), the preview."""
        yield StageTabs(id="tabs")
        yield TableHeading(self.columns(), id="heading")
        with Horizontal(id="body"):
            yield RecordTable(self.columns(), id="table", empty=_(self.nobody))
            yield Board(id="board")
            yield TextPane(id="preview", edge="│ ")

    def on_mount(self) -> None:
        """Show the first page, read before the screen opened; when it is entered later, it reads its own."""
        self.preview.styles.width = PREVIEW_WIDTH
        self.table.styles.width = "1fr"
        self.query_one("#board").display = False
        self._fit(self.app.size.width)
        self.lines = self._lines_for(self.query_now)
        self.table.empty = ""
        if self.home is not None and self.home.page is not None:
            self._show(self.query_now, self.home.page, self.home.rows, self.home.counts)

    def on_resize(self, event: events.Resize) -> None:
        """The preview comes and goes with the width."""
        self._fit(event.size.width)
        self._preview_soon()

    def _fit(self, width: int) -> None:
        preview = self.preview
        preview.display = width >= PREVIEW_FROM and not self.on_board
        heading = self.query_one("#heading", TableHeading)
        heading.styles.width = width - PREVIEW_WIDTH if preview.display else "100%"
        heading.display = not self.on_board

    # -- reading

    @cached_property
    def tabs(self) -> StageTabs:
        """The stages, above the list."""
        return self.query_one(StageTabs)

    @cached_property
    def preview(self) -> TextPane:
        """The pane beside the list."""
        return self.query_one("#preview", TextPane)

    def _lines_for(self, query: Query) -> CustomerLines:
        return CustomerLines(self.desk, self.session, query, self.drawer(), self._rows_came, self.reader)

    def _rows_came(self) -> None:
        self.table.refresh_lines()
        self._preview_soon()
        self._tell_tabs()

    async def load(self, query: Query, cursor: int | None = None) -> None:
        """Show another list, the cursor on the customer `cursor` if it has it; Stopped when a newer one overtook it.

        Its first page is there at once, counts and the rest of its ids follow.
        """
        waiting = self.set_timer(SHOWN, lambda: self.say(_("reading …  Esc stops")))
        before = self.status.text
        try:
            page, rows, counts = await self.desk.read("list", _first, self.session, query, self.reader)
        finally:
            waiting.stop()
            if self.status.text == _("reading …  Esc stops"):
                self.say(before)
        self._show(query, page, rows, counts, cursor)
        if self.on_board:
            await self._load_board()

    def _show(
        self, query: Query, page: lists.Page, rows: dict[int, dict[str, Any]], counts: Counts | None,
        cursor: int | None = None,
    ) -> None:  # fmt: skip
        lines = self._lines_for(query)
        lines.begin(page, rows)
        self.lines, self.query_now, self.counts = lines, query, counts
        at = lines.index(cursor) if cursor is not None else None
        self.table.empty = _(self.nobody)
        self.table.show(lines, at or 0)
        self._tell_tabs()
        self._tell()
        self._preview_soon()
        self.background("rest", self._read_rest, lines)

    async def _read_rest(self, lines: CustomerLines, recount: bool = False) -> None:
        try:
            await lines.read_on()
            if self.counts is not None and not recount:
                return
            counts = await self.desk.later("counts", counted, self.session, lines.query)
        except (CrmError, Stopped):
            return
        if lines is self.lines:
            self.counts = counts
            self._tell_tabs()

    def _tell_tabs(self) -> None:
        self.tabs.show(self.query_now.stage, self.counts)

    @property
    def found(self) -> str:
        """How many customers the list has, as far as it was read."""
        n, more = len(self.lines), "" if self.lines.complete else "+"
        if self.counts is not None:
            stage = self.query_now.stage
            n, more = self.counts.get(stage, 0) if stage else sum(self.counts.values()), ""
        return ngettext("{n} customer", "{n} customers", n).format(n=f"{n:,}{more}")

    def _tell(self) -> None:
        text, order = self.query_now.filter, self.query_now.order
        parts = [f"/{text}", self.found] if text else [self.found]
        if order:
            parts.append(_("sorted by {field}").format(field=f"{'-' if order.descending else ''}{order.sort}"))
        self._told = "  ·  ".join(parts)
        self.say(self._told)
        self.hold()

    async def entered(self) -> None:
        """Read the list anew, the cursor on the same customer."""
        await self.load(self.query_now, self.table.cursor_key)

    async def changed(self, ids: Sequence[int]) -> None:
        """Show these customers as they are now; counts too."""
        await self.lines.refresh(ids)
        await self._recount()
        if self.on_board:
            await self._load_board()
        self._preview_soon()

    async def _recount(self) -> None:
        """The kept counts at once, counted ones in the background; those that were stay until then."""
        lines = self.lines
        self.hold()
        counts = await self.desk.run(lists.stage_counts, self.session, lines.query.filter, lines.query.within)
        if lines is not self.lines:
            return
        if counts is None:
            self.background("rest", self._read_rest, lines, True)
            return
        self.counts = counts
        self._tell_tabs()

    async def made(self, ids: Sequence[int]) -> None:
        """Go to a new customer, where the filter shows it."""
        await self.load(self.query_now, ids[0] if ids else None)

    async def others_changed(self, ids: Changed = None) -> None:
        """Show the rows on the screen as they are now, the others when they are seen; who is new, at the end."""
        await self.lines.follow(ids, self.on_screen())
        await self._recount()
        if self.status.text == self._told:
            self._tell()
        if self.on_board:
            self._show_board(await self.desk.run(lanes, self.session, self.query_now, self._kept))
        self._preview_soon()

    # -- what is shown

    @property
    def filter_text(self) -> str:
        """The filter."""
        return self.query_now.filter

    async def tab(self, stage: str = "") -> None:
        """Another stage."""
        await self.load(replace(self.query_now, stage=stage))

    async def filter(self, text: str = "") -> None:
        """Another filter; nothing shows all."""
        await self.load(self.query_now.with_filter(text))

    async def sort(self, order: Order | None = None) -> None:
        """Another order; nothing for the list's own."""
        await self.load(replace(self.query_now, order=order), self.table.cursor_key)

    def find(self) -> None:
        """Filter as one types."""
        from crm_tui.tui.screens.asked import AskedFilter

        asked = AskedFilter(self)
        self.ask(asked, "/", asked.begun, history=self.crm.filters, limit=2_000)

    def order(self) -> Sequence[int]:
        """The customers of the list, as far as it was read."""
        return self.lines.ids

    async def whole_order(self) -> Sequence[int]:
        """The customers of the list; refused while they are still being read."""
        if self.on_board:
            raise CrmError(_("marks are for the list: b goes there"))
        if not await self.lines.whole(PATIENCE):
            raise CrmError(_("the list is still being read ({n} so far): try again").format(n=f"{len(self.lines):,}"))
        return self.lines.ids

    def row(self) -> dict[str, Any] | None:
        """What the list shows of the customer under the cursor."""
        ids = self.under_cursor().ids
        return self.lines.row(ids[0]) if ids else None

    # -- the preview

    def on_record_table_cursor_moved(self) -> None:
        """The preview follows once the keys pause."""
        self._preview_soon()

    def _preview_soon(self) -> None:
        if self._preview_timer is not None:
            self._preview_timer.stop()
            self._preview_timer = None
        if self.preview.display:
            self._preview_timer = self.set_timer(PAUSE, self._preview)

    def _preview(self) -> None:
        self._preview_timer = None
        self.background("preview", self._show_preview, self.table.cursor_key)

    async def _show_preview(self, key: int | None) -> None:
        pane = self.preview
        lines: list[str] = []
        if key is not None:
            try:
                told = await self.desk.read("preview", self.teller, self.session, key)
            except (CrmError, Stopped):
                return
            lines = [part for line in told for part in wrap(line, PREVIEW_WIDTH - 3)[:4]]
        if self.table.cursor_key == key:
            pane.show(lines)

    # -- the board

    async def board(self) -> None:
        """From the list to the board, or back."""
        self.on_board = not self.on_board
        board = self.query_one(Board)
        if self.on_board:
            self.table.set_marks(frozenset())
            await self._load_board()
        board.display, self.table.display = self.on_board, not self.on_board
        self._fit(self.size.width)
        self.set_focus(board if self.on_board else self.table, scroll_visible=False)
        self._preview_soon()

    async def _load_board(self) -> None:
        self._show_board(await self.desk.read("board", lanes, self.session, self.query_now, self._kept))

    @property
    def _kept(self) -> int | None:
        """Who stays under the cursor of the board when it is shown anew."""
        return self.query_one(Board).cursor_key or self.table.cursor_key

    def _show_board(self, shown: Sequence[Lane]) -> None:
        self.query_one(Board).show(shown, self._kept)

    def targets(self) -> Targets:
        """On the board the card under its cursor."""
        if not self.on_board:
            return super().targets()
        key = self.query_one(Board).cursor_key
        from crm_tui.commands.dispatch import Targets

        return Targets((key,) if key is not None else ())

    async def mark(self, what: str | None = None) -> None:
        """Marks are for the list."""
        if self.on_board:
            raise CrmError(_("marks are for the list: b goes there"))
        await super().mark(what)

    def _move(self, lanes: int, rows: int) -> bool:
        if self.on_board:
            self.query_one(Board).move(lanes, rows)
        return self.on_board

    def down(self) -> None:
        if not self._move(0, 1):
            super().down()

    def up(self) -> None:
        if not self._move(0, -1):
            super().up()

    def left(self) -> None:
        self._move(-1, 0)

    def right(self) -> None:
        self._move(1, 0)

    def page_down(self) -> None:
        if not self._move(0, self.size.height):
            super().page_down()

    def page_up(self) -> None:
        if not self._move(0, -self.size.height):
            super().page_up()

    def top(self) -> None:
        if not self._move(0, -len(self.lines) - 1):
            super().top()

    async def bottom(self) -> None:  # type: ignore[override]
        """To the last row; of a long list the ids are read first."""
        if self._move(0, len(self.lines) + 1):
            return
        if not await self.lines.whole(PATIENCE):
            self.say(_("the list is still being read ({n} so far): try again").format(n=f"{len(self.lines):,}"))
        super().bottom()


_First = tuple[lists.Page, dict[int, dict[str, Any]], "Counts | None"]


def _first(session: Session, query: Query, read: Read) -> _First:
    """The first page, and the counts where they are kept; runs on the desk."""
    page, rows = first_page(session, query, read)
    return page, rows, lists.stage_counts(session, query.filter, query.within)
