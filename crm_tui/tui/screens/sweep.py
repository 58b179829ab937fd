"""What the next sweep would do: of whom it warns, who returns to the pool, of whom the lead hears; S does it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property, partial
from typing import ClassVar

from textual.app import ComposeResult

from crm_tui.commands.catalog.roles import lead
from crm_tui.commands.keymap import Place as Keys
from crm_tui.commands.language import Call
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import N_, _
from crm_tui.services import people, sweep
from crm_tui.services.session import Outcome, Session
from crm_tui.services.sweep import Row
from crm_tui.services.sweep_lines import DONE
from crm_tui.tui.screens.place import Hint
from crm_tui.tui.screens.unhurried import UnhurriedPlace
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import Line, RecordTable, TableHeading

Found = tuple[list[Row], dict[int, str]]
"""The rows of a sweep, and the logins of those who hold the customers."""


def columns() -> tuple[Column, ...]:
    """The columns of the preview."""
    return (
        Column("done", _("what"), 9),
        Column("due", _("on"), 10),
        Column("name", _("name"), 16, flex=2),
        Column("owner", _("holder"), 8, drop=1),
        Column("reason", _("reason"), 20, flex=5),
    )


class SweepLines:
    """The rows as a table shows them."""

    def __init__(self, found: Found) -> None:
        self.rows, self._logins = found

    def __len__(self) -> int:
        return len(self.rows)

    def key(self, index: int) -> int | None:
        return self.rows[index].id if 0 <= index < len(self.rows) else None

    def line(self, index: int) -> Line | None:
        row = self.rows[index]
        due = row.due.isoformat() if row.due else ""
        flag = "!" if row.done == "recycled" else ""
        cells = (_(DONE[row.done]), due, row.name, self._logins.get(row.owner_id, ""), row.reason)
        return Line(row.id, cells, False, flag)

    def index(self, key: int | None) -> int:
        """Where a customer stands; 0 where it is not any more."""
        return next((i for i, row in enumerate(self.rows) if row.id == key), 0)


class SweepScreen(UnhurriedPlace):
    """The sweep to come."""

    keys: ClassVar[Keys] = "sweep"
    hints: ClassVar[tuple[Hint, ...]] = (
        ("sweep now", N_("do it"), 8), ("open", N_("card"), 6), ("protect", N_("protect"), 5),
        ("assign", N_("assign"), 4), ("back", N_("back"), 7), ("keys", N_("keys"), 9),
    )  # fmt: skip

    def hints_here(self) -> Sequence[Hint]:
        """Where there is nothing to do, only the way back."""
        return self.hints if not self.is_mounted or len(self.table.lines) else self.hints[-2:]

    @staticmethod
    def closed_to(session: Session) -> str | None:
        """For leads and administrators."""
        return lead(session)

    def contents(self) -> ComposeResult:
        """How many, and the rows."""
        yield PlainLine(id="head")
        yield TableHeading(columns(), id="heading")
        yield RecordTable(columns(), id="table")

    @cached_property
    def head(self) -> PlainLine:
        """How many of what."""
        return self.query_one("#head", PlainLine)

    async def entered(self) -> None:
        """Find out what a sweep would do."""
        self.say(_("reading …  Esc stops"))
        self._show(await self.desk.read("list", _found, self.session))
        self.say("")

    def _show(self, found: Found) -> None:
        key, lines = self.table.cursor_key, SweepLines(found)
        self.table.empty = _("Nothing: nobody is to be warned of, and nothing returns.")
        self.table.show(lines, lines.index(key))
        counts = Counter(row.done for row in found[0])
        told = " · ".join(f"{_(text)} {counts[done]:,}" for done, text in DONE.items() if counts[done])
        self.head.say(_("The next sweep: {told}").format(told=told or _("nothing to do")))
        self.hint()

    async def changed(self, ids: Sequence[int]) -> None:
        """What it would do by now."""
        self._show(await self.desk.run(_found, self.session))

    async def again(self) -> None:
        """What it would do by now."""
        self._show(await self.desk.later("sweep", _found, self.session))

    async def done(self, call: Call, outcome: Outcome) -> None:
        """A sweep's rows were on the screen: they are not laid over it once more."""
        if call.command.name == "sweep":
            await self.changed(())
            self.say(outcome.message)
            return
        await super().done(call, outcome)

    def sweep_now(self) -> None:
        """Do it, once another key has said so."""
        if not len(self.table.lines):
            raise CrmError(_("there is nothing to do"))
        text = _("{told}: do it? {key} does not take it back").format(told=self.head.text, key=self.key("undo"))
        self.confirm(text, partial(self.crm.obey, "sweep --yes"), key="S")


def _found(session: Session) -> Found:
    """The rows, and who holds them; runs on the desk."""
    logins = {key: login for login, key in people.logins(session.database).items()}
    return sweep.preview(session), logins
