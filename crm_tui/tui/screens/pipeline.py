"""The pipeline: stage tabs with counts, and under them the customers as a list or a board."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer

from crm_tui.commands.keymap import Place as Keys
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.services import lists
from crm_tui.services.columns import Chosen
from crm_tui.services.columns import rows as read_rows
from crm_tui.services.columns import together as chosen_together
from crm_tui.services.lists import Order, Query
from crm_tui.services.session import Session
from crm_tui.tui.desk import Desk, Stopped
from crm_tui.tui.home import Home
from crm_tui.tui.rows import AHEAD, CustomerLines, Draw, Read, first_page
from crm_tui.tui.screens.listing import Counts, StageTabs, Sums, columns, counted, drawer, preview, worth
from crm_tui.tui.screens.place import Hint
from crm_tui.tui.screens.showing import Shown, ShownPlace
from crm_tui.tui.widgets.board import Board
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.record_table import RecordTable, TableHeading
from crm_tui.tui.widgets.text_pane import TextPane, wrap

if TYPE_CHECKING:
    from crm_tui.commands.registry import Command
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


class PipelineScreen(ShownPlace):
    """All customers that one may see."""

    keys: ClassVar[Keys] = "pipeline"
    hints: ClassVar[tuple[Hint, ...]] = (
        ("find", N_("filter"), 7), ("tier", N_("tier"), 5), ("stage", N_("stage"), 5), ("log", N_("log"), 6),
        ("board", N_("board"), 3), ("view reports", N_("reports"), 1), ("view due", N_("due"), 4),
        ("keys", N_("keys"), 9),
    )  # fmt: skip

    def __init__(self, desk: Desk, session: Session, home: Home | None = None) -> None:
        super().__init__(desk, session, home)
        self.shown_now = Shown(Query(lists.first_filter(session)))
        self.counts: Counts | None = None
        self.sums: Sums = {}
        self._told = ""
        """What the status line said of the list, to be said anew when the list is another one."""
        self._preview_timer: Timer | None = None

    # -- what lists of customers show in their own way

    nobody = N_("No customer here. {new} makes one; {find} then Enter clears the filter.")

    @property
    def query_now(self) -> Query:
        """Which customers it lists."""
        return self.shown_now.query

    def reader(self, shown: Shown) -> Read:
        """What reads its rows."""
        return partial(read_rows, chosen=shown.columns) if shown.columns else lists.rows

    @property
    def teller(self) -> Callable[[Session, int], list[str]]:
        """What tells the preview of a customer."""
        return preview

    def _nobody(self) -> str:
        return _(self.nobody).format(new=self.key("new"), find=self.key("find"))

    def columns(self, shown: Shown) -> tuple[Column, ...]:
        """The columns of the list."""
        return columns(shown.columns)

    def drawer(self, shown: Shown) -> Draw:
        """Draws its rows."""
        return drawer(self.session, shown.columns)

    def contents(self) -> ComposeResult:
        """Tabs, headings, the list (or the board), the preview."""
        yield StageTabs(id="tabs")
        yield TableHeading(self.columns(self.shown_now), id="heading")
        with Horizontal(id="body"):
            yield RecordTable(self.columns(self.shown_now), id="table", empty=self._nobody())
            yield Board(id="board")
            yield TextPane(id="preview", edge="│ ")

    def on_mount(self) -> None:
        """Show the first page, read before the screen opened; when it is entered later, it reads its own."""
        self.preview.styles.width = PREVIEW_WIDTH
        self.table.styles.width = "1fr"
        self.query_one("#board").display = False
        self._fit(self.app.size.width)
        self.lines = self._lines_for(self.shown_now)
        self.table.empty = ""
        if self.home is not None and self.home.page is not None:
            self.sums = self.home.worth
            self._show(self.shown_now, self.home.page, self.home.rows, self.home.counts)

    def on_resize(self, event: events.Resize) -> None:
        """The preview comes and goes with the width."""
        self._fit(event.size.width)
        self._preview_soon()

    def board_changed(self) -> None:
        """The preview goes with the list."""
        self._fit(self.size.width)
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

    def _lines_for(self, shown: Shown) -> CustomerLines:
        draw, read = self.drawer(shown), self.reader(shown)
        return CustomerLines(self.desk, self.session, shown.query, draw, self._rows_came, read)

    def _rows_came(self) -> None:
        self.table.refresh_lines()
        self._preview_soon()
        self._tell_tabs()

    async def load(self, shown: Shown, cursor: int | None = None) -> None:
        """Show another list, the cursor on the customer `cursor` if it has it; Stopped when a newer one overtook it.

        Its first page is there at once, counts and the rest of its ids follow.
        """
        waiting = self.set_timer(SHOWN, lambda: self.say(_("reading …  Esc stops")))
        before = self.status.text
        try:
            found = await self.desk.read("list", _first, self.session, shown.query, self.reader(shown))
        finally:
            waiting.stop()
            if self.status.text == _("reading …  Esc stops"):
                self.say(before)
        page, rows, counts, self.sums = found
        self._show(shown, page, rows, counts, cursor)
        if self.on_board:
            await self._load_board()

    def _show(
        self, shown: Shown, page: lists.Page, rows: dict[int, dict[str, Any]], counts: Counts | None,
        cursor: int | None = None,
    ) -> None:  # fmt: skip
        lines = self._lines_for(shown)
        lines.begin(page, rows)
        self.lines, self.shown_now, self.counts = lines, shown.plain, counts
        at = lines.index(cursor) if cursor is not None else None
        self.table.empty = self._nobody()
        self.table.show(lines, at or 0)
        self._set_columns(self.columns(shown))
        self._tell_tabs()
        self._tell()
        self._preview_soon()
        self.background("rest", self._read_rest, lines)

    def _set_columns(self, columns: tuple[Column, ...]) -> None:
        if self.table.columns != columns:
            self.table.columns = self.query_one("#heading", TableHeading).columns = columns

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
        self.tabs.show(self.query_now.stage, self.counts, self.sums)

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
        parts = [self.shown_now.title, f"/{text}" if text else "", self.found]
        if order:
            parts.append(_("sorted by {field}").format(field=order))
        parts = [part for part in parts if part]
        self._told = "  ·  ".join(parts)
        self.say(self._told)
        self.hold()

    async def entered(self) -> None:
        """Read the list anew, the cursor on the same customer; another one where that is coming."""
        coming, self.coming = self.coming, None
        await self.load(coming or self.shown_now, None if coming else self.table.cursor_key)

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
        counts, sums = await self.desk.run(_counts, self.session, lines.query)
        if lines is not self.lines:
            return
        self.sums = sums
        if counts is None:
            self.background("rest", self._read_rest, lines, True)
            return
        self.counts = counts
        self._tell_tabs()

    async def made(self, ids: Sequence[int]) -> None:
        """Go to a new customer, where the filter shows it."""
        await self.load(self.shown_now, ids[0] if ids else None)

    async def others_changed(self, ids: Changed = None) -> None:
        """Show the rows on the screen as they are now, the others when they are seen; who is new, at the end."""
        await self.lines.follow(ids, self.on_screen())
        await self._recount()
        if self.status.text == self._told:
            self._tell()
        if self.on_board:
            await self.refresh_board()
        self._preview_soon()

    # -- what is shown

    async def tab(self, stage: str = "") -> None:
        """Another stage."""
        await self.load(self.shown_now.of(replace(self.query_now, stage=stage)))

    async def filter(self, text: str = "") -> None:
        """Another filter; nothing shows all."""
        await self.load(self.shown_now.of(self.query_now.with_filter(text)))

    async def sort(self, keys: Sequence[Order] = ()) -> None:
        """Another order; nothing for the list's own."""
        order = lists.together(keys) if keys else None
        await self.load(self.shown_now.of(replace(self.query_now, order=order)), self.table.cursor_key)

    async def choose_columns(self, words: Sequence[Sequence[Chosen]] = ()) -> None:
        """Other columns; nothing for the list's own."""
        await self.load(replace(self.shown_now, columns=chosen_together(words)), self.table.cursor_key)
        out = self.table.left_out if words else []
        if out:
            text = ngettext("{n} column does not fit: {names}", "{n} columns do not fit: {names}", len(out))
            self.say(text.format(n=len(out), names=" ".join(column.name for column in out)))

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
            raise CrmError(_("marks are for the list: {key} goes there").format(key=self.key("board")))
        if not await self._whole():
            raise CrmError(_("the list is still being read ({n} so far): try again").format(n=f"{len(self.lines):,}"))
        return self.lines.ids

    async def _whole(self) -> bool:
        """Wait until the list has been read; False when that takes too long, but a macro has time."""
        if not self.crm.is_playing:
            return await self.lines.whole(PATIENCE)
        await self.crm.player.waiting(self.lines.reach(sys.maxsize - 1))
        return True

    @property
    def shows_later(self) -> bool:
        """The order of a list never shifts, whatever its rows say."""
        return not self.on_board

    async def read_for(self, command: Command) -> None:
        """Rows that are not read yet are there all the same; and they are those from before the first change."""
        lines = self.lines
        if lines.complete or self.on_board:
            return
        if command.changes:
            await self.crm.player.waiting(lines.reach(AHEAD - 1))
        elif command.view in ("down", "page_down", "mark"):
            await self.crm.player.waiting(lines.reach(self.table.cursor + max(1, self.table.size.height)))

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

    # -- moving about

    def top(self) -> None:
        if not self._move(0, -len(self.lines) - 1):
            super().top()

    async def bottom(self) -> None:  # type: ignore[override]
        """To the last row; of a long list the ids are read first."""
        if self._move(0, len(self.lines) + 1):
            return
        if not await self._whole():
            self.say(_("the list is still being read ({n} so far): try again").format(n=f"{len(self.lines):,}"))
        super().bottom()


_First = tuple[lists.Page, dict[int, dict[str, Any]], "Counts | None", "Sums"]


def _first(session: Session, query: Query, read: Read) -> _First:
    """The first page, and the counts where they are kept; runs on the desk."""
    page, rows = first_page(session, query, read)
    return page, rows, *_counts(session, query)


def _counts(session: Session, query: Query) -> tuple[Counts | None, Sums]:
    """The counts where they are kept, and what the open deals may bring; runs on the desk."""
    return lists.stage_counts(session, query), worth(session, query)
