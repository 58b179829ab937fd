"""How a macro is played, whoever plays it: a program made before anything runs, and the order of its steps.

`program` reads the macro and all that it plays, so that a fault anywhere is told before anything is done. `Playing`
is a generator that says what is to be done next and is told how that went; it does nothing itself, so that the
screens, which wait for each step, and a shell, which does not, play alike.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crm_tui.commands.language import commands_of, read
from crm_tui.commands.macros import Macro, MacroError, OnError, Step
from crm_tui.commands.registry import Command
from crm_tui.domain.errors import CrmError, DatabaseUnusable, NotAllowed, SignedOut, UsageError
from crm_tui.domain.language import _, ngettext

if TYPE_CHECKING:
    from crm_tui.services.session import Outcome, Session

DEPTH = 20
"""So deep may macros play each other (DESIGN §2)."""
TIMES = 1_000
"""So often is a macro repeated by one `play` (DESIGN §2)."""
ALL_TIMES = 10_000
"""So often is a step repeated by all the `play`s around it together."""

NOT_IN_MACROS = ("record", "run", "demo", "watch", "line", "find", "palette", "keys", "agree")
"""Commands that ask something, or go on for ever, or would record themselves."""

Load = Callable[[str], Macro]


@dataclass(frozen=True)
class Program:
    """A macro that can be played: its steps, those that play another macro with the program of that."""

    name: str
    steps: tuple[tuple[Step, Program | None], ...]
    each: bool
    on_error: OnError
    times: int = 1

    @property
    def changes(self) -> bool:
        """Whether any of its commands changes data."""
        return any(inner.changes if inner else step.call.command.changes for step, inner in self.steps)

    def all_steps(self) -> list[Step]:
        """Its steps and those of the macros that it plays, in order, each once."""
        found: dict[Step, None] = {}
        for step, inner in self.steps:
            found.update(dict.fromkeys(inner.all_steps() if inner else (step,)))
        return list(found)


def program(
    macro: Macro, catalog: Mapping[str, Command], load: Load, values: Mapping[str, str] | None = None, times: int = 1
) -> Program:
    """The macro and all that it plays, read. UsageError that names file, line and column for what cannot be played."""
    return _Reader(catalog, load).program(macro, values or {}, times, (), 1)


def of_line(line: str, catalog: Mapping[str, Command], load: Load) -> Program:
    """The commands of one line, as a program of the line's name. UsageError that points into the line."""
    reader, steps = _Reader(catalog, load), list[tuple[Step, Program | None]]()
    for part in commands_of(line):
        columns = tuple(range(part.start, part.start + len(part.text) + 1))
        try:
            call = read(part.text, catalog)
        except UsageError as error:
            raise UsageError(str(error), line, part.start + (error.position or 0)) from error
        step = Step("", 1, line, part.text, columns, call)
        steps.append((step, reader.inner(step, (), 1)))
    return Program(line, tuple(steps), each=False, on_error="stop")


@dataclass
class _Reader:
    catalog: Mapping[str, Command]
    load: Load

    def program(
        self, macro: Macro, values: Mapping[str, str], times: int, around: tuple[str, ...], repeated: int
    ) -> Program:
        if not 1 <= times <= TIMES:
            raise UsageError(_("a macro is played once to {n} times").format(n=f"{TIMES:,}"))
        if repeated * times > ALL_TIMES:
            message = _("that would repeat {macro} {n} times")
            raise UsageError(message.format(macro=macro.name, n=f"{repeated * times:,}"))
        within = (*around, macro.name)
        steps = [
            (step, self.inner(step, within, repeated * times)) for step in macro.steps(self.catalog, values)
        ]
        return Program(macro.name, tuple(steps), macro.each, macro.on_error, times)

    def inner(self, step: Step, within: tuple[str, ...], repeated: int) -> Program | None:
        name = step.call.command.name
        if name in NOT_IN_MACROS or name == "replay":
            raise step.fault(_("{command} has no place in a macro").format(command=name))
        if name != "play":
            return None
        try:
            played, times, values = asked(step.call.values)
        except UsageError as error:
            raise step.fault(str(error)) from error
        if played in within:
            raise step.fault(_("{path}: a macro cannot play itself").format(path=" → ".join((*within, played))))
        if len(within) >= DEPTH:
            raise step.fault(_("macros play each other more than {n} deep").format(n=DEPTH))
        try:
            return self.program(self.load(played), values, times, within, repeated)
        except MacroError:
            raise  # it names a place of its own
        except CrmError as error:
            raise step.fault(str(error)) from error


def asked(values: Mapping[str, object]) -> tuple[str, int, dict[str, str]]:
    """What a `play` asks for, as typed: the macro's name, how often, and the values of its parameters. UsageError."""
    times = str(values.get("times", "1"))
    if not (times.isascii() and times.isdigit() and len(times) < 10):
        raise UsageError(_('"{text}" is not a number').format(text=times), times, 0)
    given = values.get("set", ())
    pairs = [str(text).partition("=") for text in (given if isinstance(given, tuple) else (given,))]
    for name, equals, value in pairs:
        if not equals:
            raise UsageError(_('"{text}" is not name=value').format(text=name + value), name, 0)
    return str(values.get("name", "")), int(times), {name: value for name, __, value in pairs}


def check(session: Session, played: Program, impossible: Callable[[Command], str | None]) -> None:
    """Find out before anything is done whether every step can be: its values, its arguments, the user's role.

    `impossible` says of a command why it cannot be played there. UsageError and NotAllowed name file, line and column.
    Values are read ahead until a step makes names that later ones may use: a user, a pool, a view.
    """
    from crm_tui.commands import dispatch

    may_be_made = False
    for step in played.all_steps():
        command = step.call.command
        try:
            reason = impossible(command)
            if reason:
                raise UsageError(reason)
            dispatch.check(session, step.call, values=not may_be_made)
        except UsageError as error:
            raise step.fault(str(error), error.position or 0) from error
        except NotAllowed as error:
            raise NotAllowed(str(step.fault(str(error))) if step.source else f"{step.where}: {error}") from error
        may_be_made = may_be_made or (command.changes and command.target == "none" and not command.view)


# -- what a player is asked, and what it answers


@dataclass(frozen=True)
class Do:
    """Run this step, on this row where one is named, else on what is under the cursor or marked. Answer: a `Did`."""

    step: Step
    row: int | None = None


@dataclass(frozen=True)
class Rows:
    """Which rows are marked, else the one under the cursor, in order? Answer: their ids."""


@dataclass(frozen=True)
class Sure:
    """`each` row of so many is going to be changed: may they be? Answer: whether."""

    name: str
    rows: int


@dataclass(frozen=True)
class Did:
    """How a step went: its outcome (None for one that only moves about), or what was wrong."""

    outcome: Outcome | None = None
    error: CrmError | None = None

    @property
    def failed(self) -> bool:
        """Whether nothing of it was done."""
        refused = self.outcome is not None and bool(self.outcome.refused) and not self.outcome.changed
        return self.error is not None or refused

    @property
    def reason(self) -> str:
        """Why it failed."""
        if self.error is not None:
            return str(self.error)
        return self.outcome.refused[0].reason if self.outcome is not None and self.outcome.refused else ""

    @property
    def code(self) -> int:
        """The exit code of the step alone."""
        if self.error is not None:
            return self.error.exit_code
        return self.outcome.exit_code if self.outcome is not None else 0


Asks = Do | Rows | Sure
Answer = Did | tuple[int, ...] | bool
Conversation = Generator[Asks, "Answer | None", None]


@dataclass
class Tally:
    """What a step has done so far: how often it ran, the customers changed and refused, how often it failed, and how
    often of these for an error: where all rows were refused, they tell it.
    """

    step: Step
    times: int = 0
    changed: int = 0
    refused: int = 0
    failed: int = 0
    errors: int = 0
    message: str = ""


@dataclass(frozen=True)
class Failure:
    """A step that failed: on which row of an `on each` run (None elsewhere), and why."""

    step: Step
    row: int | None
    reason: str
    code: int

    def __str__(self) -> str:
        row = f" [{self.row}]" if self.row is not None else ""
        return f"{self.step.where}{row}: {self.reason}"


@dataclass
class Report:
    """What a run has done: by step, in the order of the program; its failures; how it ended."""

    tallies: dict[Step, Tally] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    steps: int = 0
    """Steps that ran."""
    customers: set[int] = field(default_factory=set)
    """The customers that it changed."""
    ended: str = ""
    """Why it ended before its last step; "" where it did not."""

    @property
    def refused(self) -> int:
        """Rows that steps left out."""
        return sum(tally.refused for tally in self.tallies.values())

    @property
    def exit_code(self) -> int:
        """0 done, 4 partly; where nothing was changed the code of the first failure (DESIGN §6)."""
        if not (self.failures or self.refused or self.ended):
            return 0
        if self.customers or any(tally.changed for tally in self.tallies.values()):
            return 4
        return self.failures[0].code if self.failures else 1

    @property
    def message(self) -> str:
        """The whole in a sentence."""
        n, m = self.steps, len(self.customers)
        text = ngettext("{n} step", "{n} steps", n).format(n=f"{n:,}")
        text += ngettext(", {n} customer changed", ", {n} customers changed", m).format(n=f"{m:,}")
        if self.refused:
            text += _(", {n} left out").format(n=f"{self.refused:,}")
        if k := sum(tally.errors for tally in self.tallies.values()):  # who was left out is told already
            text += ngettext(", {n} failure", ", {n} failures", k).format(n=f"{k:,}")
        return f"{text}; {self.ended}" if self.ended else text

    def take(self, do: Do, did: Did) -> None:
        """Count what a step did."""
        tally = self.tallies.setdefault(do.step, Tally(do.step))
        tally.times += 1
        self.steps += 1
        if did.outcome is not None:
            tally.changed += len(did.outcome.changed)
            tally.refused += len(did.outcome.refused)
            tally.message = did.outcome.message
            self.customers.update(did.outcome.changed)
        if did.failed:
            tally.failed += 1
            tally.errors += did.error is not None
            self.failures.append(Failure(do.step, do.row, did.reason, did.code or 1))


class _Ends(Exception):
    """A failure that ends the macro it is in."""


@dataclass
class Playing:
    """One run. `steps()` is the conversation; `report` fills meanwhile, and holds however it ends."""

    program: Program
    report: Report = field(default_factory=Report)

    def steps(self) -> Conversation:
        """What is to be done, one after the other."""
        try:
            yield from self._played(self.program, None)
        except _Ends:
            self.report.ended = _("stopped at {where}").format(where=self.report.failures[-1].step.where)
        except _Refused as refused:
            self.report.ended = str(refused)

    def _played(self, played: Program, row: int | None) -> Conversation:
        for __ in range(played.times):
            if not played.each:
                yield from self._once(played, row)
                continue
            rows = (row,) if row is not None else (yield Rows())
            assert isinstance(rows, tuple)
            if not rows:
                raise _Refused(_("there is no customer to play {macro} on").format(macro=played.name))
            if played.changes and not (yield Sure(played.name, len(rows))):
                raise _Refused(_("nothing was changed"))
            for one in rows:
                assert isinstance(one, int)
                yield from self._on_row(played, one)

    def _on_row(self, played: Program, row: int) -> Conversation:
        """All steps on one row; where one fails, the rest of that row is left."""
        try:
            yield from self._in_order(played, row, go_on=False)
        except _Ends:
            if played.on_error == "stop":
                raise

    def _once(self, played: Program, row: int | None) -> Conversation:
        yield from self._in_order(played, row, go_on=played.on_error == "next")

    def _in_order(self, played: Program, row: int | None, *, go_on: bool) -> Conversation:
        left = 0  # a line in which something failed: the rest of it was meant to follow that
        for step, inner in played.steps:
            if step.number == left:
                continue
            try:
                if inner is not None:
                    yield from self._played(inner, row)
                else:
                    yield from self._step(Do(step, row))
            except _Ends:
                if not go_on:
                    raise
                left = step.number

    def _step(self, do: Do) -> Conversation:
        did = yield do
        assert isinstance(did, Did)
        self.report.take(do, did)
        if isinstance(did.error, (SignedOut, DatabaseUnusable)):
            raise did.error
        if did.failed:
            raise _Ends


class _Refused(Exception):
    """There is nothing to play it on, or the user did not want it."""
