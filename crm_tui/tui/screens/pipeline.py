"""The pipeline: stage tabs with counts, and under them the customers as a list or a board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer

from crm_tui.commands.completion import complete_filter_text
from crm_tui.commands.keymap import Place as Keys
from crm_tui.commands.shell import card_lines
from crm_tui.domain.clock import local_date, moment
from crm_tui.domain.cadence import rotting_due
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.schemes import badge, shipped
from crm_tui.domain.stages import BY_IDENTIFIER, STAGES
from crm_tui.services import cards, lists
from crm_tui.services.lists import Order, Query
from crm_tui.services.session import Session
from crm_tui.tui.home import Home, first_filter
from crm_tui.tui.desk import Desk
from crm_tui.tui.rows import CustomerLines, first_page
from crm_tui.tui.screens.place import Place
from crm_tui.tui.widgets.board import Board, Lane
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine, REVERSE, Piece
from crm_tui.tui.widgets.prompt import Prompt
from crm_tui.tui.widgets.record_table import Line, RecordTable, TableHeading
from crm_tui.tui.widgets.text_pane import TextPane

PREVIEW_FROM = 120
"""Columns from which on a preview of the row is beside the list."""
PREVIEW_WIDTH = 44
PAUSE = 0.12
"""Seconds that the keys must rest until the preview follows the cursor, and the filter what is typed."""
LANE = 100
"""Customers in a column of the board."""


def columns() -> tuple[Column, ...]:
    """The columns of the list; the last ones leave first when the terminal is narrow."""
    return (
        Column("name", _("name"), 18, flex=4),
        Column("tier", _("tier"), 4),
        Column("stage", _("stage"), 12, drop=2),
        Column("next", _("next"), 10),
        Column("last", _("last"), 5, align="right", drop=1),
        Column("owner", _("owner"), 8, flex=1, drop=3),
        Column("region", _("region"), 8, flex=1, drop=4),
        Column("source", _("source"), 8, flex=1, drop=5),
    )


def drawer(session: Session):  # type: ignore[no-untyped-def]
    """Draws a row for the list, by the day on which the list was entered."""
    today, zone, due_settings = session.today, session.person.zone, session.settings.due

    def draw(row: dict[str, Any], outside: bool) -> Line:
        tier = badge(shipped()[row["scheme"]], row["tier"]) if row["tier"] else ""
        contacted = local_date(row["last_contact"], zone) if row["last_contact"] else None
        last = f"{(today - contacted).days}d" if contacted else "–"
        touched = local_date(row["last_touch"], zone) if row["last_touch"] else None
        rots = rotting_due(row["stage"], local_date(row["stage_since"], zone), touched, due_settings)
        late = row["next_on"] is not None and row["next_on"] < today.isoformat()
        flag = "!" if late else "~" if rots is not None and rots <= today else ""
        return Line(
            row["id"],
            (
                row["name"], tier, BY_IDENTIFIER[row["stage"]].title, next_text(row, today, zone), last,
                row["owner"] or f"({row['pool'] or _('blocked')})", row["region"] or "", row["source"] or "",
            ),
            outside,
            flag,
        )  # fmt: skip

    return draw


def next_text(row: dict[str, Any], today: date, zone: Any) -> str:
    """The next date: `today`, `Fri 27`, `2026-12-01`, with its time where it is near."""
    if row["next_on"] is None:
        return ""
    day = date.fromisoformat(row["next_on"])
    time = moment(row["next_at"]).astimezone(zone).strftime(" %H:%M") if row["next_at"] else ""
    if day == today:
        return (_("today") + time)[:11]
    if timedelta(0) < day - today < timedelta(days=7):
        return day.strftime("%a %d") + time
    return day.isoformat()


class StageTabs(PlainLine):
    """The stages with their counts; the one that is shown is in reverse video and in brackets."""

    stage = ""
    counts: dict[str, int] | None = None
    before = ""

    def show(self, stage: str, counts: dict[str, int] | None, before: str) -> None:
        """Show this stage as chosen; `counts` None while they are not known; `before` says whose they are."""
        if (stage, counts, before) != (self.stage, self.counts, self.before):
            self.stage, self.counts, self.before = stage, counts, before
            self.refresh()

    def pieces(self, width: int) -> list[Piece]:
        """All, then the six, shortened where there is no room."""
        total = sum(self.counts.values()) if self.counts is not None else None
        named = [("0", _("all"), total, "")]
        for number, stage in enumerate(STAGES, 1):
            n = self.counts.get(stage.identifier, 0) if self.counts is not None else None
            named.append((str(number), stage.title, n, stage.identifier))
        for length in (20, 9, 6, 4):
            pieces = self._labels(named, length)
            if sum(cell_len(text) for text, __ in pieces) <= width:
                break
        return pieces

    def _labels(self, named: Sequence[tuple[str, str, int | None, str]], length: int) -> list[Piece]:
        pieces: list[Piece] = []
        for key, title, n, identifier in named:
            chosen = identifier == self.stage
            count = "" if n is None else f" {short(n)}"
            text = f"{key} {title[:length]}{count}"
            pieces.append((f"[{text}]" if chosen else f" {text} ", REVERSE if chosen else None))
        return pieces


def short(n: int) -> str:
    """`85`, `12k`, `1.2m`."""
    if n < 10_000:
        return str(n)
    return f"{n / 1_000_000:.1f}m" if n >= 999_500 else f"{round(n / 1_000)}k"


class PipelineScreen(Place):
    """All customers that one may see."""

    keys: ClassVar[Keys] = "pipeline"
    hints: ClassVar[tuple[tuple[str, int], ...]] = (
        ("/ filter", 7), ("t tier", 5), ("s stage", 5), ("f log", 6), ("b board", 3), ("g d due", 4), ("? keys", 9),
    )  # fmt: skip

    def __init__(self, desk: Desk, session: Session, home: Home | None = None) -> None:
        super().__init__(desk, session, home)
        self.query_now = Query(first_filter(session))
        self._before_find = self.query_now
        self._preview_timer: Timer | None = None
        self._find_timer: Timer | None = None
        self._reading = 0
        self.on_board = False

    def contents(self) -> ComposeResult:
        """Tabs, headings, the list (or the board), the preview."""
        yield StageTabs(id="tabs")
        yield TableHeading(columns(), id="heading")
        with Horizontal(id="body"):
            yield RecordTable(columns(), id="table", empty=_("No customer here. o makes one; / then Enter clears the filter."))
            yield Board(id="board")
            yield TextPane(id="preview", edge="│ ")

    def on_mount(self) -> None:
        """Show the first page, read before the screen opened or now."""
        super().on_mount()
        self.query_one("#preview").styles.width = PREVIEW_WIDTH
        self.query_one("#board").display = False
        self._fit(self.app.size.width)
        self.lines = self._lines_for(self.query_now)
        if self.home is not None and self.home.page is not None:
            self.run_worker(self.load(self.query_now), group="load", exclusive=True)
        else:
            self.run_worker(self.load(self.query_now), group="load", exclusive=True)

    def on_resize(self, event: events.Resize) -> None:
        """The preview comes and goes with the width."""
        self._fit(event.size.width)

    def _fit(self, width: int) -> None:
        preview = self.query_one("#preview")
        preview.display = width >= PREVIEW_FROM and not self.on_board
        heading = self.query_one("#heading", TableHeading)
        heading.styles.width = width - PREVIEW_WIDTH if preview.display else "100%"
        heading.display = not self.on_board

    # -- reading

    def _lines_for(self, query: Query) -> CustomerLines:
        return CustomerLines(self.desk, self.session, query, drawer(self.session), self._rows_came)

    def _rows_came(self) -> None:
        self.table.refresh_lines()
        self._preview_soon()

    async def load(self, query: Query, cursor: int | None = None) -> None:
        """Show another list: its first page at once, then counts and the rest of its ids."""
        self._reading += 1
        mine = self._reading
        page, rows = await self.desk.run(first_page, self.session, query)
        if mine != self._reading:  # a newer request has overtaken this one
            return
        lines = self._lines_for(query)
        lines.begin(page, rows)
        self.lines, self.query_now = lines, query
        at = lines.index(cursor) if cursor is not None else None
        self.table.show(lines, at or 0)
        counts = await self.desk.run(lists.stage_counts, self.session, query.filter)
        if mine == self._reading:
            self._tell(counts)
        if self.on_board:
            await self._load_board()
        self.run_worker(self._read_rest(mine, counts), group="rest", exclusive=True)

    async def _read_rest(self, mine: int, counts: dict[str, int] | None) -> None:
        await self.lines.read_on()
        if counts is None and mine == self._reading:
            self._tell(None)

    def _tell(self, counts: dict[str, int] | None) -> None:
        self.query_one(StageTabs).show(self.query_now.stage, counts, self.query_now.filter)
        text = self.query_now.filter
        n = f"{len(self.lines):,}" + ("" if self.lines.complete else "+")
        order = self.query_now.order
        sort = f" · {_('sorted by')} {'-' if order.descending else ''}{order.sort}" if order else ""
        self.say((f"/{text}  ·  " if text else "") + _("{n} customers").format(n=n) + sort)

    async def entered(self) -> None:
        """Read the list anew, the cursor on the same customer."""
        if self.is_mounted:
            await self.load(self.query_now, self.table.cursor_key)

    async def returned(self) -> None:
        """Customers may have been changed on the card."""
        key = self.table.cursor_key
        if key is not None:
            await self.changed([key])

    async def changed(self, ids: Sequence[int]) -> None:
        """Show these customers as they are now; counts too."""
        await self.lines.refresh(ids)
        counts = await self.desk.run(lists.stage_counts, self.session, self.query_now.filter)
        self.query_one(StageTabs).show(self.query_now.stage, counts, self.query_now.filter)
        new = [key for key in ids if self.lines.row(key) is None]
        if new and len(ids) == 1:
            await self.load(self.query_now, ids[0])
        elif self.on_board:
            await self._load_board()
        self._preview_soon()

    # -- what is shown

    async def tab(self, stage: str = "") -> None:
        """Another stage."""
        self.table.set_marks(self.table.marked)
        await self.load(replace(self.query_now, stage=stage or ""))

    async def filter(self, text: str = "") -> None:
        """Another filter; nothing shows all."""
        if text and text not in self.crm.filters[-1:]:
            self.crm.filters.append(text)
        await self.load(self.query_now.with_filter(text or ""))

    async def sort(self, order: Order | None = None) -> None:
        """Another order; nothing for the list's own."""
        await self.load(replace(self.query_now, order=order or None), self.table.cursor_key)

    def find(self) -> None:
        """Filter as one types."""
        self._before_find = self.query_now
        self._asking = "find"
        self.query_one(Prompt).open("/", self.query_now.filter, history=self.crm.filters, limit=2_000)

    async def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """The list follows what is typed."""
        if self._asking != "find":
            await super().on_prompt_changed(event)
            return
        if self._find_timer is not None:
            self._find_timer.stop()
        self._find_timer = self.set_timer(PAUSE, lambda: self._find(event.value))

    def _find(self, text: str) -> None:
        self._find_timer = None
        self.run_worker(self._try_filter(text), group="find", exclusive=True)

    async def _try_filter(self, text: str) -> None:
        prompt = self.query_one(Prompt)
        offer = await self.desk.run(complete_filter_text, self.session, text)
        if prompt.is_open and prompt.value == text:
            prompt.offer(offer.texts, offer.start)
        try:
            await self.load(self.query_now.with_filter(text))
            hint = offer.hint
        except UsageError as error:
            if prompt.is_open and prompt.value == text:
                prompt.error(str(error), error.position)
            return
        if prompt.is_open and prompt.value == text:
            n = f"{len(self.lines):,}{'' if self.lines.complete else '+'}"
            prompt.hint(hint or _("{n} customers").format(n=n))

    async def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Keep the filter."""
        if self._asking != "find":
            await super().on_prompt_submitted(event)
            return
        if self._find_timer is not None:
            self._find_timer.stop()
            self._find_timer = None
        try:
            await self.filter(event.value)
        except UsageError as error:
            event.prompt.error(str(error), error.position)
            return
        event.prompt.close()

    async def on_prompt_cancelled(self, event: Prompt.Cancelled) -> None:
        """Back to what was shown before."""
        if self._asking == "find" and self.query_now != self._before_find:
            await self.load(self._before_find)

    def every_key(self) -> set[int]:
        """All customers of the list; refused while they are still being read."""
        if not self.lines.complete:
            raise CrmError(_("the list is still being read ({n} so far): try again").format(n=f"{len(self.lines):,}"))
        return set(self.lines.ids)

    def row(self) -> dict[str, Any] | None:
        """The customer under the cursor."""
        key = self.table.cursor_key
        return self.lines.row(key) if key is not None else None

    # -- the preview

    def on_record_table_cursor_moved(self) -> None:
        """The preview follows once the keys pause."""
        self._preview_soon()

    def _preview_soon(self) -> None:
        if not self.query_one("#preview").display:
            return
        if self._preview_timer is not None:
            self._preview_timer.stop()
        self._preview_timer = self.set_timer(PAUSE, self._preview)

    def _preview(self) -> None:
        self._preview_timer = None
        self.run_worker(self._show_preview(self.table.cursor_key), group="preview", exclusive=True)

    async def _show_preview(self, key: int | None) -> None:
        lines: list[str] = []
        if key is not None:
            try:
                card = await self.desk.run(cards.card, self.session, key, events=10)
            except CrmError:
                return
            lines = list(card_lines(card))
        if self.table.cursor_key == key:
            self.query_one("#preview", TextPane).show(lines)

    # -- the board

    async def board(self) -> None:
        """From the list to the board, or back."""
        self.on_board = not self.on_board
        board = self.query_one(Board)
        board.display, self.table.display = self.on_board, not self.on_board
        self._fit(self.size.width)
        if self.on_board:
            await self._load_board()
            board.focus()
        else:
            self.table.focus()

    async def _load_board(self) -> None:
        lanes = await self.desk.run(_lanes, self.session, self.query_now)
        self.query_one(Board).show(lanes)

    def targets(self):  # type: ignore[no-untyped-def]
        """On the board the card under its cursor."""
        if not self.on_board:
            return super().targets()
        from crm_tui.commands.dispatch import Targets

        key = self.query_one(Board).cursor_key
        return Targets((key,) if key is not None else ())

    def down(self) -> None:
        self.query_one(Board).move(0, 1) if self.on_board else super().down()

    def up(self) -> None:
        self.query_one(Board).move(0, -1) if self.on_board else super().up()

    def left(self) -> None:
        if self.on_board:
            self.query_one(Board).move(-1, 0)

    def right(self) -> None:
        if self.on_board:
            self.query_one(Board).move(1, 0)


def _lanes(session: Session, query: Query) -> list[Lane]:
    """The columns of the board, each with its first customers; runs on the desk."""
    counts = lists.stage_counts(session, query.filter) or {}
    result: list[Lane] = []
    for stage in STAGES:
        page = lists.page(session, replace(query, stage=stage.identifier), limit=LANE)
        rows = lists.rows(session, page.ids)
        cards_ = tuple(
            (key, f"{badge(shipped()[rows[key]['scheme']], rows[key]['tier'] or '')} {rows[key]['name']}".strip())
            for key in page.ids
            if key in rows
        )
        n = counts.get(stage.identifier, len(cards_))
        result.append(Lane(f"{stage.title} {short(n)}", cards_))
    return result
