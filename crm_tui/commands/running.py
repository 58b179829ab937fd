"""A macro played without a screen: read and checked whole, then step by step, then what each line did to how many.

Each step is a transaction of its own, as on the screens. A dry run is the same on a copy of the database, so that
nobody waits for it and nothing of it stays.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from crm_tui.commands import headless, macro_files, playing
from crm_tui.commands.confirming import can_ask, confirm
from crm_tui.commands.dispatch import BULK, Targets, perform, prepare
from crm_tui.commands.headless import Headless
from crm_tui.commands.language import Call, write
from crm_tui.commands.macros import Macro, Step
from crm_tui.commands.playing import Answer, Asks, Did, Do, Playing, Program, Report, Rows, Sure
from crm_tui.commands.run_records import LeftOut, Ran, tell
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.services import runs

if TYPE_CHECKING:
    from crm_tui.commands.printing import Printer
    from crm_tui.services.session import Outcome, Session

Values = Mapping[str, Any]


def run(session: Session, call: Call, values: Values, printer: Printer) -> int:
    """`run FILE`: play it on the customers that `ids` or `on` mark at first; the exit code."""
    return _play(session, call, _macro(session, str(call.values["file"])), _marked(session, values), printer)


def play(session: Session, call: Call, values: Values, printer: Printer) -> int:
    """`play NAME`: play the macro of that name; the exit code."""
    return _play(session, call, macro_files.find(session, values["name"]), (), printer)


def check(session: Session, call: Call, marked: Sequence[int]) -> None:
    """Whether `rehearsed` can begin: UsageError and NotAllowed for what is wrong in the macro."""
    _program(session, call, macro_files.find(session, str(call.values["name"])), marked)


def rehearsed(session: Session, call: Call, marked: Sequence[int], came: list[int]) -> Outcome:
    """What `play NAME` would do with these customers marked at first, in lines; all of it is done to a copy.

    Of the session only the values are read, so that any thread may do it. A number in `came` ends it after the step.
    """
    from crm_tui.services import copies
    from crm_tui.services.session import Outcome

    with copies.copied(session) as copy:
        program = _program(copy, call, macro_files.find(copy, str(call.values["name"])), marked)
        player = _Player(copy, Headless(copy, marked), Playing(program), _Signals(came), None, sure=True)
        player.play(_written(call))
    ran = Ran(program, player.report, player.left_out, None, dry=True, exit_code=player.exit_code)
    return Outcome(ran.message, lines=tuple(ran.lines()))


def _macro(session: Session, name: str) -> Macro:
    """The macro of a file, of standard input, or of that name. At the door there are no files but one's macros."""
    if name == "-":
        if sys.stdin is None or sys.stdin.isatty():
            raise UsageError(_("run - reads standard input: send it a macro, as in crm-tui run - < monday.macro"))
        return macro_files.decoded(sys.stdin.buffer.read(macro_files.LARGEST + 1), "-", "-")
    path = os.path.expanduser(name)
    if session.spool is None and os.path.exists(path) and not os.path.isdir(path):
        return macro_files.load(Path(path))
    known = name.removesuffix(macro_files.ENDING)
    if session.spool is None and known not in macro_files.names(session):
        raise UsageError(_('there is no file "{name}", and no macro of that name').format(name=name), name, 0)
    return macro_files.find(session, known)


def _marked(session: Session, values: Values) -> tuple[int, ...]:
    from crm_tui.services import lists

    ids, on = values.get("ids", ()), values.get("on")
    if on is not None and ids:
        raise UsageError(_("give ids or --on FILTER, not both"))
    if on is not None:
        found = tuple(key for batch in lists.every(session, lists.Query(on)) for key in batch)
        if not found:
            raise CrmError(_("the filter finds no customer"))
        return found
    missing = session.see(ids)[1] if ids else []
    if missing:
        raise CrmError(missing[0].reason)
    return tuple(ids)


def _play(session: Session, call: Call, macro: Macro, marked: Sequence[int], printer: Printer) -> int:
    program = _program(session, call, macro, marked)
    dry = "dry-run" in call.flags
    with _listening() as signals, _stage(session, dry) as stage:
        player = _Player(stage, Headless(stage, marked), Playing(program), signals, printer, given=frozenset(marked))
        player.sure = "yes" in call.flags
        player.goes_on = dry
        entry = player.play(_written(call))
        signals.over = True
    ran = Ran(program, player.report, player.left_out, None if dry else entry, dry, player.exit_code, player.unsure)
    tell(printer, ran)
    return ran.exit_code


def _stage(session: Session, dry: bool) -> AbstractContextManager[Session]:
    """Where it is played: a dry run on a copy."""
    if not dry:
        return nullcontext(session)
    from crm_tui.services import copies

    return copies.copied(session)


def _written(call: Call) -> str:
    """The line as the journal keeps it: with the marked customers while they are few, as of other commands; a file's
    name that is no text cannot be kept as it is.
    """
    ids = call.values.get("ids")
    if isinstance(ids, tuple) and len(ids) > BULK:
        call = replace(call, values={name: value for name, value in call.values.items() if name != "ids"})
    return write(replace(call, flags=frozenset())).encode("utf-8", "replace").decode()


def _program(session: Session, call: Call, macro: Macro, marked: Sequence[int]) -> Program:
    """The macro read, and checked before anything is done: UsageError and NotAllowed name file, line and column."""
    from crm_tui.commands.catalog import CATALOG, VIEWS

    __, times, given = playing.asked(call.values)
    program = playing.program(macro, CATALOG, lambda name: macro_files.find(session, name), given, times)
    if program.each and not marked:
        message = _("{macro} plays once for each marked customer: which ones? run FILE --on FILTER, or their ids")
        raise UsageError(message.format(macro=macro.name))
    for step in program.all_steps():
        name = str(step.call.values.get("name", "")).strip().casefold()
        if step.call.command.name == "view" and name in set(VIEWS).difference(headless.PLACES):
            raise step.fault(_("{command} needs a screen").format(command=f"view {name}"))
    playing.check(session, program, headless.impossible)
    return program


@dataclass
class _Signals:
    """The signals that came: the first asks for the end after the step (`asking` something, at once), the next ends it.
    Once it is `over` none does more: what was laid out for it is cleared away.
    """

    came: list[int] = field(default_factory=list)
    asking: bool = False
    over: bool = False

    def note(self, number: int, frame: object) -> None:
        """One came."""
        if self.over:
            return
        if self.came or self.asking:
            self.over = True
            raise KeyboardInterrupt
        self.came.append(number)


@contextmanager
def _listening() -> Iterator[_Signals]:
    signals = _Signals()
    before: dict[signal.Signals, Any] = {}
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
            continue  # nohup: it is to go on
        try:
            before[number] = signal.signal(number, signals.note)
        except ValueError:  # not the main thread: nobody sends it any
            continue
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class _Player:
    """Answers what `Playing` asks. `sure` is whether changes of many were confirmed."""

    session: Session
    place: Headless
    playing: Playing
    signals: _Signals
    printer: Printer | None
    """Where the lines of commands that only read go; None: nowhere."""
    sure: bool = False
    given: frozenset[int] = frozenset()
    """The customers that were marked for it: some step must be about one of them."""
    goes_on: bool = False
    """Whether it goes on unasked, a dry run, and notes in `unsure` which steps want a yes that nobody can be asked for.
    """
    unsure: set[Step] = field(default_factory=set)
    left_out: list[LeftOut] = field(default_factory=list)
    unasked: UsageError | None = None
    """Why nobody could be asked whether it may begin, where that ended it."""
    _unsure_all: bool = False

    def __post_init__(self) -> None:
        self._unused = bool(self.given)

    @property
    def report(self) -> Report:
        """What was done."""
        return self.playing.report

    @property
    def exit_code(self) -> int:
        """That of the report; of what nobody could be asked about, 2; of what a signal ended, 128 and that."""
        if self.signals.came:
            return 128 + self.signals.came[0]
        if self.unasked is not None and not self.report.customers:
            return self.unasked.exit_code
        return self.report.exit_code

    def play(self, command: str) -> int | None:
        """Play it to the end, or until it is stopped; the journal entry, None where nothing was changed."""
        entry: int | None = None
        runs.begin(self.session, command)
        try:
            self._converse()
        except CrmError as error:  # the session or the database has failed: no step can follow
            self.report.ended = str(error)
        finally:
            try:
                entry = runs.finish(self.session, f"{self.playing.program.name}: {self.report.message}")
            except CrmError:  # what was done stands in the journal as it was told step by step
                self.session.run = None
        return entry

    def _converse(self) -> None:
        talk = self.playing.steps()
        said: Answer | None = None
        while not self.signals.came:
            try:
                said = self._answer(talk.send(said))
            except StopIteration:
                if self.unasked is not None:
                    self.report.ended = str(self.unasked)
                elif self._unused and not self.report.ended:
                    self.report.ended = _("no step was about the customers that it was given")
                return
        talk.close()
        n = self.report.steps
        self.report.ended = ngettext("stopped after {n} step", "stopped after {n} steps", n).format(n=f"{n:,}")

    def _answer(self, asked: Asks) -> Answer:
        if isinstance(asked, Rows):
            return self._used(self.place.here.targets().ids)
        if isinstance(asked, Sure):
            return self._is_sure(asked)
        try:
            return Did(self._obey(asked))
        except CrmError as error:
            self.session.forget()
            self.left_out.append(LeftOut(asked.step, asked.row, str(error)))
            return Did(error=error)

    def _obey(self, do: Do) -> Outcome | None:
        call = self.place.completed(do.step.call)
        command, targets = call.command, Targets()
        if command.target != "none":
            targets = Targets((do.row,)) if do.row is not None else self.place.targets_of(command)
        prepared = prepare(self.session, call, targets)
        if command.view == "import_file":
            from crm_tui.commands import importing

            importing.step(self.session, call)
            return None
        if command.view:
            self.place.show(command, prepared.values, prepared.ids)
            return None
        self._used(prepared.ids)
        if prepared.is_bulk and not call.flags & {"yes", "dry-run"}:
            self._confirm(prepared.question, do.step)
        elif self._unsure_all and command.changes:
            self.unsure.add(do.step)
        if command.changes:
            self.place.settle()
        outcome = perform(self.session, prepared)
        for refusal in outcome.refused:
            reason = f"{refusal.name}: {refusal.reason}" if refusal.name else refusal.reason
            self.left_out.append(LeftOut(do.step, refusal.id, reason))
        self.place.done(call, outcome)
        if self.printer is not None and self.printer.for_people and not self.printer.quiet:
            self.printer.lines(outcome.lines)
        return outcome

    def _used(self, ids: tuple[int, ...]) -> tuple[int, ...]:
        if self._unused and not self.given.isdisjoint(ids):
            self._unused = False
        return ids

    def _is_sure(self, asked: Sure) -> bool:
        try:
            if asked.rows > BULK:
                self._confirm(_("{line}: {n} customers").format(line=asked.name, n=f"{asked.rows:,}"))
        except UsageError as error:
            self.unasked = error
            return False
        except CrmError:
            return False
        return True

    def _confirm(self, question: str, step: Step | None = None) -> None:
        """Ask, once a run; of all that an `on each` macro does, where no step is named. UsageError where nobody can be
        asked, CrmError for a no.
        """
        if self.sure:
            return
        if self.goes_on:
            if can_ask():
                return
            self._unsure_all = self._unsure_all or step is None
            self.unsure.update([step] if step is not None else ())
            return
        self.signals.asking = True
        try:
            confirm(question)
        finally:
            self.signals.asking = False
        self.sure = True
