"""A hand-over before it is done: what the leaver holds, by tier, who would get how much of it, what exceeds the caps.

The rule is edited at a prompt, and what comes of it is shown while it is typed. Nothing is changed before it is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual.app import ComposeResult
from textual.timer import Timer

from crm_tui.commands.completion import assignees
from crm_tui.commands.dispatch import Targets
from crm_tui.commands.keymap import Place as Keys
from crm_tui.commands.language import Call, quote
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.services import handover
from crm_tui.services.handover import Preview
from crm_tui.services.session import Outcome, Session
from crm_tui.tui.desk import Desk, Stopped
from crm_tui.tui.screens.place import Hint, Place
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import Line, RecordTable, TableHeading
from crm_tui.tui.widgets.text_pane import TextPane, wrap

if TYPE_CHECKING:
    from crm_tui.services.news import Changed

PAUSE = 0.12
"""Seconds that the keys must rest until a rule that is typed is tried."""
BELOW = 5
"""Lines for what goes along, what exceeds the caps, and the rule."""


class ShareLines:
    """What there is and who gets what, as a table shows it: a row for the leaver, one for each who receives."""

    def __init__(self, found: Preview) -> None:
        self.tiers = sorted(found.tiers)
        over = sum(found.overflow.values())
        self.rows: list[tuple[str, int, Mapping[str, int]]] = [
            (_("{login} holds").format(login=found.leaver), found.customers, found.tiers)
        ]
        self.rows += [
            (_("to {login}").format(login=login), sum(tiers.values()), tiers) for login, tiers in found.shares.items()
        ]
        if over:
            given = {tier: sum(tiers.get(tier, 0) for tiers in found.shares.values()) for tier in found.tiers}
            rest = {tier: n - given[tier] for tier, n in found.tiers.items()}
            self.rows.append((_("over the caps, to {login}").format(login=found.rest), over, rest))

    def __len__(self) -> int:
        return len(self.rows)

    def key(self, index: int) -> int | None:
        return index if 0 <= index < len(self.rows) else None

    def line(self, index: int) -> Line | None:
        who, n, tiers = self.rows[index]
        return Line(index, (who, f"{n:,}", *(f"{tiers[t]:,}" if tiers.get(t) else "" for t in self.tiers)))

    def columns(self) -> tuple[Column, ...]:
        """Who, all, and a column for each tier there is."""
        graded = (Column(tier, tier or _("none"), 9, align="right", drop=1) for tier in self.tiers)
        return (Column("who", "", 24, flex=1), Column("all", _("customers"), 9, align="right"), *graded)


class HandoverScreen(Place):
    """What somebody who leaves holds, and where it goes."""

    keys: ClassVar[Keys] = "handover"
    hints: ClassVar[tuple[Hint, ...]] = (
        ("handover now", N_("hands over"), 8), ("rule", N_("rule"), 7), ("back", N_("back"), 6),
        ("keys", N_("keys"), 9),
    )  # fmt: skip

    def __init__(self, desk: Desk, session: Session, login: str) -> None:
        super().__init__(desk, session)
        self.login = login
        self.rule = ""
        self.found: Preview | None = None

    def contents(self) -> ComposeResult:
        """The head, who gets what, what goes along, the rule."""
        yield PlainLine(id="head")
        yield TableHeading((), id="heading")
        yield RecordTable((), id="table")
        below = TextPane(id="below")
        below.styles.height = BELOW
        yield below

    @cached_property
    def head(self) -> PlainLine:
        """Whose hand-over it is."""
        return self.query_one("#head", PlainLine)

    @cached_property
    def below(self) -> TextPane:
        """What goes along, what exceeds the caps, the rule."""
        return self.query_one("#below", TextPane)

    def hints_here(self) -> Sequence[Hint]:
        """Where nothing is left to hand over, only the way back."""
        left = self.found is None or set(self.found.holds) - {"teams led"}
        return self.hints if left else self.hints[2:]

    async def entered(self) -> None:
        """Read what there is, and share it out by the rule, at first by the one that is proposed."""
        if not self.rule:
            self.rule = await self.desk.run(handover.proposal, self.session, self.login)
        await self.attempt(self.rule)

    async def attempt(self, rule: str) -> None:
        """Show what comes of this rule. UsageError that points at what is wrong with it."""
        found = await self.desk.read("handover", handover.preview, self.session, self.login, rule)
        self._show(found, rule)

    def _show(self, found: Preview, rule: str) -> None:
        self.found = found
        lines = ShareLines(found)
        if self.table.columns != lines.columns():
            self.table.columns = self.query_one("#heading", TableHeading).columns = lines.columns()
        self.table.show(lines, self.table.cursor)
        n = found.customers
        text = ngettext("Hand-over of {login}: {n} customer", "Hand-over of {login}: {n} customers", n)
        self.head.say(text.format(login=self.login, n=f"{n:,}"))
        self.hint()
        told = [f"    {part}" for line in _told(found) for part in wrap(line, self.size.width - 6)]
        self.below.show([*told[: BELOW - 1], _("  rule: {rule}").format(rule=rule)])

    async def changed(self, ids: Sequence[int]) -> None:
        """What there is by now; a rule that names somebody who cannot receive any more is said to be wrong."""
        try:
            await self.attempt(self.rule)
        except UsageError as error:
            self._show(await self.desk.run(handover.preview, self.session, self.login), self.rule)
            self.say(str(error), alert=True)

    async def others_changed(self, ids: Changed = None) -> None:
        """As it is now; not while a rule is typed, which shows its own."""
        if not (self.is_furnished and self.prompt.is_open):
            await self.changed(())

    async def done(self, call: Call, outcome: Outcome) -> None:
        """What was done is on the screen: no lines are laid over it."""
        await super().done(call, replace(outcome, lines=()) if call.command.name == "handover" else outcome)
        if not outcome.changed:
            await self.changed(())

    def targets(self) -> Targets:
        """No customer is under the cursor here."""
        return Targets()

    async def mark(self, what: str | None = None) -> None:
        """All of it is handed over."""
        raise CrmError(_("there is nothing to mark here"))

    def rule_here(self) -> None:
        """Edit the rule."""
        self.ask(AskedRule(self), _("to: "), self.rule)

    def handover_now(self) -> None:
        """Do it, once another key has said so."""
        if self.found is not None:
            self._ask(self.found)

    def _ask(self, found: Preview, before: str = "") -> None:
        n = found.customers
        question = ngettext(
            "hand over {n} customer of {login}: {rule}?", "hand over {n} customers of {login}: {rule}?", n
        )
        text = before + question.format(n=f"{n:,}", login=self.login, rule=self.rule)
        self.confirm(text, partial(self._obeyed, found, self.rule), key="enter", no=_("nothing was changed"))

    async def _obeyed(self, asked: Preview, rule: str) -> None:
        """Do what was asked about; where something else would come of it by now, show that and ask again."""
        found = await self.desk.run(handover.preview, self.session, self.login, rule)
        if (found.tiers, found.shares, found.overflow) != (asked.tiers, asked.shares, asked.overflow):
            self._show(found, rule)
            n = found.customers
            more = _("it is {n} by now: ") if n != asked.customers else _("shared otherwise by now: ")
            self._ask(found, more.format(n=f"{n:,}"))
            return
        await self.crm.obey(f"handover {quote(self.login)} --by {quote(rule)} --yes")


class AskedRule:
    """The rule of a hand-over, tried while it is typed; Esc brings back the one before."""

    def __init__(self, place: HandoverScreen) -> None:
        self.place = place
        self._timer: Timer | None = None

    def typed(self, text: str) -> None:
        """Try it once the keys rest."""
        self._rest()
        self._timer = self.place.set_timer(PAUSE, partial(self.place.background, "find", self._try, text))

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self.place.workers.cancel_group(self.place, "find")

    async def _try(self, text: str) -> None:
        place, prompt = self.place, self.place.prompt
        offer = await place.desk.run(assignees, place.session, text)
        if not (prompt.is_open and prompt.value == text):
            return
        prompt.offer(offer.texts, offer.start)
        try:
            await place.attempt(text)
        except Stopped:
            return
        except CrmError as error:
            if prompt.is_open and prompt.value == text:
                prompt.error(str(error), error.position if isinstance(error, UsageError) else None)
            return
        if prompt.is_open and prompt.value == text:
            prompt.hint(offer.hint)

    async def sent(self, text: str) -> None:
        """Keep it."""
        self._rest()
        await self.place.attempt(text.strip())
        self.place.rule = text.strip()
        self.place.prompt.close()

    async def dropped(self, text: str) -> None:
        """Back to the one before."""
        self._rest()
        await self.place.changed(())


def _told(found: Preview) -> list[str]:
    """What goes along, and what exceeds the caps."""
    others = [handover.counted(name, n) for name, n in found.holds.items() if name != "customers"]
    lines = [", ".join(others)] if others else []
    if n := found.not_on_wecom:
        text = ngettext("{n} customer not yet on WeCom", "{n} customers not yet on WeCom", n)
        lines.append(text.format(n=f"{n:,}"))
    lines += [f"{n:,}: {reason}" for reason, n in found.overflow.items()]
    return lines
