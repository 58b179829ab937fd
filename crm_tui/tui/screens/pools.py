"""The public pools with their sizes and rules, and the private ones with what their holders hold: Enter goes inside."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.timer import Timer

from crm_tui.commands.dispatch import Targets
from crm_tui.commands.keymap import Place as Keys
from crm_tui.commands.language import Call
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.services import pool_rows
from crm_tui.services.pool_rows import PoolLine
from crm_tui.services.session import Outcome, Session
from crm_tui.tui.screens.holding import HoldingPlace
from crm_tui.tui.screens.place import Hint
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import Line, RecordTable, TableHeading
from crm_tui.tui.widgets.text_pane import TextPane, wrap

if TYPE_CHECKING:
    from crm_tui.services.news import Changed

DETAIL = 4
"""Lines on the pool under the cursor."""
PAUSE = 0.08
"""Seconds that the keys must rest until they follow it."""


def columns() -> tuple[Column, ...]:
    """The columns of the list of pools."""
    return (
        Column("name", _("pool"), 18, flex=2),
        Column("customers", _("customers"), 9, align="right"),
        Column("counted", _("holding"), 11, align="right"),
        Column("about", _("members"), 14, flex=3),
    )


class PoolLines:
    """The pools as a table shows them; a heading, which is no pool, stands before the private ones."""

    def __init__(self, public: Sequence[PoolLine], private: Sequence[PoolLine]) -> None:
        self.rows: list[PoolLine | None] = [*public, *([None] if private else []), *private]

    def __len__(self) -> int:
        return len(self.rows)

    def key(self, index: int) -> int | None:
        row = self.rows[index] if 0 <= index < len(self.rows) else None
        return None if row is None else row.within.id if row.within.kind == "pool" else -row.within.id

    def line(self, index: int) -> Line | None:
        row = self.rows[index]
        if row is None:
            return Line(0, (Text.assemble((_("private pools"), "bold")),))
        return Line(self.key(index) or 0, (row.name, f"{row.customers:,}", counted(row), row.about))

    def index(self, key: int | None) -> int:
        """Where the pool of that key stands; 0 where it is not any more."""
        return next((i for i in range(len(self.rows)) if key is not None and self.key(i) == key), 0)


def counted(row: PoolLine) -> str:
    """`37/100` of a private pool; `3/10 today` of a public one, of which one may claim only so many a day."""
    of = f"{row.counted:,}" if row.most is None else f"{row.counted:,}/{row.most:,}"
    if row.within.kind == "owner":
        return of
    return _("{n} today").format(n=of) if row.most is not None or row.counted else ""


class PoolsScreen(HoldingPlace):
    """All pools that one sees."""

    keys: ClassVar[Keys] = "pools"
    hints: ClassVar[tuple[Hint, ...]] = (("choose", N_("its customers"), 8), ("keys", N_("keys"), 9))

    _timer: Timer | None = None

    def contents(self) -> ComposeResult:
        """The head, the pools, lines on the one under the cursor."""
        yield PlainLine(id="head")
        yield TableHeading(columns(), id="heading")
        yield RecordTable(columns(), id="table", empty=_("There is no pool that you belong to."))
        detail = TextPane(id="detail")
        detail.styles.height = DETAIL
        yield detail

    @cached_property
    def head(self) -> PlainLine:
        """What the pools hold together."""
        return self.query_one("#head", PlainLine)

    @cached_property
    def detail(self) -> TextPane:
        """Members and rules of the pool under the cursor."""
        return self.query_one("#detail", TextPane)

    async def entered(self) -> None:
        """Read the pools, the cursor on the same one."""
        self._show(*await self.desk.read("list", _both, self.session))

    def _show(self, public: Sequence[PoolLine], private: Sequence[PoolLine]) -> None:
        key = self.table.cursor_key
        lines = PoolLines(public, private)
        self.table.show(lines, lines.index(key))
        n = len(public)
        text = ngettext("Pools: {n} public, {customers} customers", "Pools: {n} public, {customers} customers", n)
        self.head.say(text.format(n=n, customers=f"{sum(row.customers for row in public):,}"))
        self._follow()
        self.hold()

    async def changed(self, ids: Sequence[int]) -> None:
        """Customers have come or gone: the pools have other sizes."""
        self._show(*await self.desk.run(_both, self.session))

    async def others_changed(self, ids: Changed = None) -> None:
        """Whatever it was, the sizes and rules as they are now."""
        await self.changed(())

    async def done(self, call: Call, outcome: Outcome) -> None:
        """A pool may have another name, or other rules."""
        await super().done(call, outcome)
        await self.changed(())

    def targets(self) -> Targets:
        """No customer is under the cursor here."""
        return Targets()

    async def mark(self, what: str | None = None) -> None:
        """What is marked are customers."""
        text = _("there is nothing to mark here: {key} shows a pool's customers")
        raise CrmError(text.format(key=self.key("choose")))

    async def choose_here(self) -> None:
        """The customers of the pool under the cursor."""
        from crm_tui.tui.screens.pool import PoolScreen

        rows = self.table.lines.rows if isinstance(self.table.lines, PoolLines) else []
        row = rows[self.table.cursor] if self.table.cursor < len(rows) else None
        if row is None:
            raise CrmError(_("there is no pool under the cursor"))
        await self.crm.cover(PoolScreen(self.desk, self.session, row, [one for one in rows if one is not None]))

    # -- the row under the cursor

    def on_record_table_cursor_moved(self) -> None:
        """The detail follows once the keys pause."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE, self._follow)

    def _follow(self) -> None:
        self._timer = None
        lines, at = self.table.lines, self.table.cursor
        row = lines.rows[at] if isinstance(lines, PoolLines) and at < len(lines) else None
        told = [part for line in row.details for part in wrap(line, self.size.width - 4)] if row is not None else []
        self.detail.show([f"    {line}" for line in told[:DETAIL]])


def _both(session: Session) -> tuple[list[PoolLine], list[PoolLine]]:
    """The public and the private pools; runs on the desk."""
    return pool_rows.public(session), pool_rows.private(session)
