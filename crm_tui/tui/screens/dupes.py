"""The customers that may be one: the pairs left to look at, and under them the two that the cursor is on, side by side.

Enter goes on to merging them field by field; a pair of which somebody says that it is two does not come again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

from textual.app import ComposeResult
from textual.timer import Timer

from crm_tui.commands.dispatch import Targets
from crm_tui.commands.keymap import Place as Keys
from crm_tui.commands.language import Call
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.services import comparison, likeness
from crm_tui.services.likeness import Alike
from crm_tui.services.session import Outcome, Session
from crm_tui.tui.desk import Desk, Stopped
from crm_tui.tui.screens.merge import MergeScreen, PlaceOfAlikes, side_by_side
from crm_tui.tui.screens.place import Hint
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import Line, RecordTable, TableHeading
from crm_tui.tui.widgets.text_pane import TextPane

MOST = 500
"""Pairs that are listed at a time: who has done with these comes back for more."""
PAUSE = 0.12
"""Seconds that the keys must rest until the two are shown."""


def columns() -> tuple[Column, ...]:
    """The columns of the pairs."""
    return (
        Column("score", _("%"), 4, align="right"),
        Column("name", _("customer"), 14, flex=2),
        Column("other", _("may be"), 14, flex=2),
        Column("why", _("why"), 18, flex=2),
    )


class PairLines:
    """The pairs as a table shows them; the key of each is its place."""

    def __init__(self, pairs: Sequence[Alike]) -> None:
        self.pairs = list(pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def key(self, index: int) -> int | None:
        return index if 0 <= index < len(self.pairs) else None

    def line(self, index: int) -> Line | None:
        pair = self.pairs[index]
        mine, theirs = (f"{key} {name}" for key, name in zip(pair.pair, pair.names, strict=True))
        return Line(index, (str(pair.likeness.score), mine, theirs, pair.likeness.words))


class DupesScreen(PlaceOfAlikes):
    """The pairs that are left."""

    keys: ClassVar[Keys] = "dupes"
    lies_over: ClassVar[bool] = True
    hints: ClassVar[tuple[Hint, ...]] = (
        ("merge here", N_("side by side"), 8), ("distinct here", N_("not one"), 7), ("dupes --scan", N_("look"), 4),
        ("back", N_("back"), 6), ("keys", N_("keys"), 9),
    )  # fmt: skip

    def __init__(self, desk: Desk, session: Session, text: str = "", *, scan: bool = False) -> None:
        super().__init__(desk, session)
        self._text, self._scan = text, scan
        self._timer: Timer | None = None

    def contents(self) -> ComposeResult:
        """How many, the pairs, the two under the cursor."""
        yield PlainLine(id="head")
        yield TableHeading(columns(), id="heading")
        yield RecordTable(columns(), id="table")
        below = TextPane(id="below")
        below.styles.height = "50%"
        yield below

    @cached_property
    def head(self) -> PlainLine:
        """How many pairs, and when somebody looked."""
        return self.query_one("#head", PlainLine)

    @cached_property
    def below(self) -> TextPane:
        """The two under the cursor."""
        return self.query_one("#below", TextPane)

    def hints_here(self) -> Sequence[Hint]:
        """Where there is no pair, how to look for some."""
        return self.hints if not self.is_mounted or len(self.table.lines) else self.hints[2:]

    @property
    def pair(self) -> Alike | None:
        """The pair under the cursor."""
        lines = self.table.lines
        return lines.pairs[self.table.cursor] if isinstance(lines, PairLines) and len(lines) else None

    async def entered(self) -> None:
        """Read the pairs; look through all customers first where nobody has, or where that was asked for."""
        if self._scan or await self.desk.run(likeness.last_look, self.session) is None:
            await self._look()
        await self._load()

    async def _look(self) -> None:
        loop, told = asyncio.get_running_loop(), -1

        def progress(done: int, most: int) -> None:
            nonlocal told
            percent = 100 * done // max(most, 1)
            if percent != told:
                told = percent
                text = _("looking through all customers, {percent} %  Esc stops").format(percent=percent)
                loop.call_soon_threadsafe(self.say, text)

        self._scan = False
        self.say(_("looking through all customers …  Esc stops"))
        try:
            await self.desk.read("dupes", likeness.look, self.session, progress)
        except Stopped:
            self.say(_("stopped: what was found before stays"))
        else:
            self.say("")

    async def dupes(self, *given: object) -> None:
        """Look through all customers again, or keep to those of another filter."""
        self._text = next((str(one) for one in given if isinstance(one, str)), self._text)
        self._scan = True in given
        await self.entered()

    async def _load(self) -> None:
        found, looked = await self.desk.read("list", _found, self.session, self._text)
        self.table.empty = _("Nothing: no two of those that you see look like one.")
        self.table.show(PairLines(found), min(self.table.cursor, max(0, len(found) - 1)))
        n = len(found)
        text = ngettext("{n} pair that may be one", "{n} pairs that may be one", n)
        parts = [text.format(n=f"{n:,}" + ("+" if n == MOST else "")), looked, self._text]
        self.head.say("  ·  ".join(part for part in parts if part))
        self.hint()
        await self._show_two()

    async def changed(self, ids: Sequence[int]) -> None:
        """What is left by now."""
        await self._load()

    async def others_changed(self, ids: object = None) -> None:
        """Others' work is seen when one comes again: no pair moves from under the cursor."""

    async def returned(self) -> None:
        """Two may have been merged there."""
        await self._load()

    # -- the two under the cursor

    def on_record_table_cursor_moved(self) -> None:
        """The two follow once the keys pause."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE, lambda: self.background("preview", self._show_two))

    def on_resize(self) -> None:
        """As wide as there is room."""
        self.on_record_table_cursor_moved()

    async def _show_two(self) -> None:
        pair = self.pair
        lines: list[str] = []
        if pair is not None:
            try:
                sheet = await self.desk.read("preview", comparison.sheet, self.session, pair.pair)
            except (CrmError, Stopped):
                return
            lines = side_by_side(sheet, self.size.width)
        if self.pair == pair:
            self.below.show(lines)

    # -- acting

    def targets(self) -> Targets:
        """The two."""
        return Targets(self.pair.pair) if self.pair is not None else Targets()

    async def merge_here(self) -> None:
        """Side by side, field by field."""
        if self.pair is None:
            raise CrmError(_("there is no pair here"))
        ids = await self.desk.run(comparison.best, self.session, self.pair.pair)
        await self.crm.cover(MergeScreen(self.desk, self.session, ids))

    async def distinct_here(self) -> None:
        """These are two."""
        if self.pair is None:
            raise CrmError(_("there is no pair here"))
        await self.crm.obey("distinct {} {}".format(*self.pair.pair))

    async def done(self, call: Call, outcome: Outcome) -> None:
        """A pair less, or after `u` one more."""
        await super().done(call, outcome)
        if not outcome.changed:
            await self._load()


def _found(session: Session, text: str) -> tuple[list[Alike], str]:
    """The pairs, and when somebody looked; runs on the desk."""
    return likeness.pairs(session, text, MOST), likeness.looked(session)
