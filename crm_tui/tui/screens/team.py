"""The team: what each rep holds, has to do, neglects and moves on; Enter shows the customers, H hands them over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any, ClassVar

from textual.app import ComposeResult

from crm_tui.commands.catalog.roles import lead
from crm_tui.commands.dispatch import Targets
from crm_tui.commands.keymap import Place as Keys
from crm_tui.commands.language import Call
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.services import team
from crm_tui.services.session import Outcome, Session
from crm_tui.services.team import Rep
from crm_tui.tui.screens.colours import LEAVING, late
from crm_tui.tui.screens.place import Hint
from crm_tui.tui.screens.unhurried import UnhurriedPlace
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import Line, RecordTable, TableHeading


def columns() -> tuple[Column, ...]:
    """The columns of the team."""
    return (
        Column("rep", _("rep"), 12, flex=2),
        Column("state", _("state"), 7, flex=1, drop=1),
        Column("holding", _("holding"), 7, align="right"),
        Column("promised", _("promised"), 8, align="right"),
        Column("missed", _("missed"), 6, align="right"),
        Column("untouched", _("untouched"), 9, align="right"),
        Column("leaving", _("warned"), 6, align="right"),
        Column("forward", _("steps"), 5, align="right"),
        Column("won", _("won"), 3, align="right"),
        Column("week", _("week"), 4, align="right"),
    )


class RepLines:
    """The people as a table shows them."""

    def __init__(self, reps: Sequence[Rep]) -> None:
        self.reps = list(reps)

    def __len__(self) -> int:
        return len(self.reps)

    def key(self, index: int) -> int | None:
        return self.reps[index].id if 0 <= index < len(self.reps) else None

    def line(self, index: int) -> Line | None:
        rep = self.reps[index]
        name = rep.login if rep.name == rep.login else f"{rep.login} {rep.name}"
        held = f"{rep.counted:,}" if rep.cap is None else f"{rep.counted:,}/{rep.cap:,}"
        numbers = (rep.untouched, rep.warned, rep.advanced, rep.won, rep.logged)
        flag = LEAVING if rep.warned else "!" if rep.missed else ""
        missed = late(f"{rep.missed:,}", rep.missed > 0)
        return Line(
            rep.id, (name, state(rep), held, f"{rep.promised:,}", missed, *(f"{n:,}" for n in numbers)), False, flag
        )

    def index(self, key: int | None) -> int:
        """Where somebody stands; 0 for who is not there any more."""
        return next((i for i, rep in enumerate(self.reps) if rep.id == key), 0)


def state(rep: Rep) -> str:
    """Whether somebody is away or leaving, else what they are if no rep; in a word."""
    from crm_tui.domain.people import STATES

    return _(STATES[rep.state]) if rep.state != "active" else {"lead": _("lead"), "admin": _("admin")}.get(rep.role, "")


class TeamScreen(UnhurriedPlace):
    """The people whom one leads."""

    keys: ClassVar[Keys] = "team"
    hints: ClassVar[tuple[Hint, ...]] = (
        ("choose", N_("customers"), 8), ("week here", N_("week's log"), 6), ("handover here", N_("hand over"), 5),
        ("sweep preview", N_("sweep"), 4), ("keys", N_("keys"), 9),
    )  # fmt: skip

    @staticmethod
    def closed_to(session: Session) -> str | None:
        """For leads and administrators."""
        return lead(session)

    def contents(self) -> ComposeResult:
        """The sums, the people."""
        yield PlainLine(id="head")
        yield TableHeading(columns(), id="heading")
        yield RecordTable(columns(), id="table", empty=_("You lead nobody: an administrator edits the teams."))

    @cached_property
    def head(self) -> PlainLine:
        """The sums."""
        return self.query_one("#head", PlainLine)

    async def entered(self) -> None:
        """Count anew, the cursor on the same person."""
        self._left = None
        self._show(await self.desk.read("list", team.figures, self.session))

    def _show(self, reps: Sequence[Rep]) -> None:
        key, lines = self.table.cursor_key, RepLines(reps)
        self.table.show(lines, lines.index(key))
        n, customers = len(reps), sum(rep.customers for rep in reps)
        parts = [
            ngettext("Team: {n} person", "Team: {n} people", n).format(n=n),
            ngettext("{n} customer", "{n} customers", customers).format(n=f"{customers:,}"),
            _("{n} promised").format(n=f"{sum(rep.promised for rep in reps):,}"),
            _("{n} missed").format(n=f"{sum(rep.missed for rep in reps):,}"),
            _("steps: {days} days").format(days=team.CONVERSIONS.days),
        ]
        self.head.say(" · ".join(parts))

    async def changed(self, ids: Sequence[int]) -> None:
        """The figures as they are now."""
        self._show(await self.desk.run(team.figures, self.session))

    async def again(self) -> None:
        """The figures as others have changed them."""
        self._show(await self.desk.later("team", team.figures, self.session))

    async def done(self, call: Call, outcome: Outcome) -> None:
        """Somebody may be away, or hold more."""
        await super().done(call, outcome)
        await self.changed(())

    def targets(self) -> Targets:
        """No customer is under the cursor here."""
        return Targets()

    async def mark(self, what: str | None = None) -> None:
        """What is marked are customers."""
        raise CrmError(_("there is nothing to mark here: {key} shows a rep's customers").format(key=self.key("choose")))

    # -- the rep under the cursor

    @property
    def rep(self) -> Rep:
        """Who is under the cursor; CrmError for nobody."""
        lines, at = self.table.lines, self.table.cursor
        if not isinstance(lines, RepLines) or at >= len(lines):
            raise CrmError(_("nobody is under the cursor"))
        return lines.reps[at]

    async def choose_here(self) -> None:
        """The rep's customers."""
        from crm_tui.services import pool_rows
        from crm_tui.tui.screens.pool import PoolScreen

        key = self.rep.id
        pools = await self.desk.run(pool_rows.private, self.session)
        pool = next((one for one in pools if one.within.id == key), None)
        if pool is None:
            raise CrmError(_("that is nobody of your team any more"))
        await self.crm.cover(PoolScreen(self.desk, self.session, pool, pools))

    _left: tuple[str, int] | None = None
    """Whose log was left for a card, and at which interaction."""

    async def week_here(self) -> None:
        """What the rep logged this week, with what was said of it; Enter opens the customer there, to be commented."""
        await self._week(self.rep.login)

    async def _week(self, login: str, interaction: int = 0) -> None:
        from crm_tui.tui.widgets.menu import Item

        found = await self.desk.read("log", team.log, self.session, login)
        if not found.lines:
            self.say(found.message)
            return
        items = [Item(str(number), line) for number, line in enumerate(found.lines)]
        at = next((number for number, row in enumerate(found.data) if row["interaction"] == interaction), 0)
        self.choose(found.message, items, partial(self._open_of, login, found.data), at=at)

    async def _open_of(self, login: str, rows: Sequence[Mapping[str, Any]], name: str) -> None:
        row = rows[int(name)]
        self._left = login, row["interaction"]
        await self.crm.open_card(row["id"], row["interaction"])

    async def returned(self) -> None:
        """Back from a card to the log from which it was opened, at its place."""
        left, self._left = self._left, None
        await super().returned()
        if left is not None:
            await self._week(*left)

    async def handover_here(self) -> None:
        """Hand over what the rep holds."""
        from crm_tui.tui.screens.handover import HandoverScreen

        await self.crm.cover(HandoverScreen(self.desk, self.session, self.rep.login))
