"""The one way from a call to its effect, for keys, `:` line, macros and shell alike.

`prepare` finds out what the call acts on and what is still to be asked; `perform` does it. Neither asks anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from crm_tui.commands.language import Call, place_of, write
from crm_tui.commands.registry import Argument
from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _

if TYPE_CHECKING:
    from crm_tui.services.session import Outcome, Session

BULK = 20
"""A change of more rows than this is asked about first (DESIGN §2)."""


class Targets(Struct, frozen=True):
    """The rows that a command without ids acts on: the marked ones, else the one under the cursor.

    `hidden` counts those among the marked that the filter does not show.
    """

    ids: tuple[int, ...] = ()
    hidden: int = 0


class Prepared(Struct, frozen=True):
    """A call that may run: its values read, its customers known. `missing` names the arguments still to be asked.

    `affected` is how many customers a command changes that has a `bulk` of its own.
    """

    call: Call
    values: Mapping[str, Any]
    ids: tuple[int, ...]
    hidden: int = 0
    missing: tuple[str, ...] = ()
    affected: int = 0

    @property
    def is_bulk(self) -> bool:
        """Whether it must be confirmed."""
        return self.call.command.changes and self._count > BULK

    @property
    def is_to_be_asked(self) -> bool:
        """Whether a screen asks before it is done: what is bulk, and what is to be done with caution."""
        return (self.is_bulk or bool(self.call.command.caution)) and not self.call.flags & {"yes", "dry-run"}

    @property
    def _count(self) -> int:
        return len(self.ids) if self.call.command.target == "rows" else self.affected

    @property
    def question(self) -> str:
        """What is asked before a bulk change: the line, how many, and how many of them one does not see."""
        if self.call.command.caution:
            return _(self.call.command.caution)
        text = _("{line}: {n} customers").format(line=write(replace(self.call, ids=())), n=f"{self._count:,}")
        if self.hidden:
            text = _("{text} ({hidden} hidden by the filter)").format(text=text, hidden=f"{self.hidden:,}")
        return text


def prepare(session: Session, call: Call, targets: Targets | None = None) -> Prepared:
    """Read the values and find the customers of a call. `targets` is None in a shell, where they must be named.

    Raises UsageError for values that cannot be read, NotAllowed for what the user may not do.
    """
    command = call.command
    _admitted(session, call)
    values = {a.name: _read(session, call, a) for a in command.arguments if a.name in call.values}
    if session.spool is not None:
        from crm_tui.commands import restricted

        values = restricted.spooled(session, call, values)
    missing = tuple(a.name for a in command.arguments if a.required and a.name not in values)
    ids, hidden = _targets(session, call, targets)
    return Prepared(call, values, ids, hidden, missing, 0 if missing else _affected(session, call, values))


def _admitted(session: Session, call: Call) -> None:
    """NotAllowed for what the user may not do, or not there."""
    session.refresh()  # what one may do is asked of who one is now
    if session.spool is not None:
        from crm_tui.commands import restricted

        restricted.admit(session, call)
    refusal = call.command.refusal(session)
    if refusal is not None:
        raise NotAllowed(refusal)


def check(session: Session, call: Call, *, values: bool = True) -> None:
    """Find out before anything is done what no choice of customers could cure: what `prepare` would refuse, and what
    is missing, a reason too. With `values` their texts are read, and looked at together. Raises as `prepare` does.
    """
    _admitted(session, call)
    missing = next((a for a in call.command.arguments if a.required and a.name not in call.values), None)
    if missing is not None:
        message = _("{name} is missing: {usage}").format(name=missing.name.upper(), usage=call.command.usage)
        raise UsageError(message, call.line, len(call.line))
    _check_reason(call)
    if not values:
        return
    read = {a.name: _read(session, call, a) for a in call.command.arguments if a.name in call.values}
    if call.on is not None:
        _read_filter(session, call, call.on)
    if call.command.ahead is not None:
        with pointing(call):
            call.command.ahead(session, read)


def _check_reason(call: Call) -> None:
    """UsageError where no customer could make up for the reason that is not there, or is none."""
    from crm_tui.commands import reasons

    to, reason = call.values.get("stage", ""), call.values.get("reason", "")
    try:
        with pointing(call):
            reasons.check(call.command.name, str(to), str(reason))
    except UsageError as error:
        if error.position is not None:
            raise
        raise UsageError(str(error), call.line, len(call.line)) from error


def check_target(session: Session, prepared: Prepared) -> None:
    """Find out before anything is asked whether the user may do that with the customer, where it is a single one.

    NotAllowed for want of a right, else CrmError.
    """
    command = prepared.call.command
    if not command.changes or not command.needs or len(prepared.ids) != 1:
        return
    taken, refused = (session.take_to_move if command.needs == "move" else session.take)(prepared.ids)
    if taken:
        return
    first = refused[0]
    raise (NotAllowed if first.forbidden else CrmError)(f"{first.name}: {first.reason}" if first.name else first.reason)


def _affected(session: Session, call: Call, values: Mapping[str, Any]) -> int:
    """How many customers are changed that are not the call's own; 0 where that is not to be asked about."""
    if call.command.bulk is None or call.flags & {"yes", "dry-run"}:
        return 0
    with pointing(call):
        return call.command.bulk(session, values)


def _read(session: Session, call: Call, argument: Argument) -> Any:
    given = call.values[argument.name]
    try:
        if isinstance(given, tuple):
            return tuple(_read_word(session, call, argument, number) for number in range(len(given)))
        return argument.kind.read(session, given) if isinstance(given, str) else given
    except _Placed:
        raise
    except UsageError as error:
        raise _placed(call, argument.name, error) from error


def _read_word(session: Session, call: Call, argument: Argument, number: int) -> Any:
    """One of several words of an argument; what is wrong with it points at it, and at no other."""
    given = call.values[argument.name]
    assert isinstance(given, tuple)
    try:
        return argument.kind.read(session, given[number])
    except UsageError as error:
        at = call.positions.get(place_of(argument.name, number))
        if at is None:
            raise
        placed = _placed_at(call, at, error)
        raise _Placed(str(placed), placed.text, placed.position) from error


class _Placed(UsageError):
    """An error that points into the line already."""


def _placed(call: Call, name: str, error: UsageError) -> UsageError:
    """The error, pointing into the line that was typed."""
    start = call.positions.get(name)
    if start is None:
        return error
    return _placed_at(call, start, error)


def _placed_at(call: Call, start: int, error: UsageError) -> UsageError:
    text = call.line[start:]
    if not error.text:
        return UsageError(str(error), call.line, start)
    inside = error.position or 0
    if text[:1] in ("\"'“") and not error.text.startswith(text[:1]):
        inside += 1
    at = _place_of(error.text, text)
    shift = max(at, 0) if at > inside else 0
    return UsageError(str(error), call.line, min(start + inside + shift, len(call.line)))


def _place_of(part: str, text: str) -> int:
    """Where a part of what was typed stands: as a word of its own, else anywhere; -1 for nowhere."""
    word = re.search(rf"(?<![^\s\"'“]){re.escape(part)}(?![^\s\"'”])", text)
    return word.start() if word else text.find(part)


def _read_filter(session: Session, call: Call, text: str) -> None:
    from crm_tui.services import lists

    try:
        lists.read(session, text)
    except UsageError as error:
        raise _placed(call, "on", error) from error


def _targets(session: Session, call: Call, targets: Targets | None) -> tuple[tuple[int, ...], int]:
    command = call.command
    if command.target == "none":
        return (), 0
    ids, hidden = call.ids, 0
    if call.on is not None:
        if call.ids:
            raise UsageError(_("give ids or --on FILTER, not both"), call.line, call.positions["on"])
        from crm_tui.services import lists

        _read_filter(session, call, call.on)
        ids = tuple(key for batch in lists.every(session, lists.Query(call.on)) for key in batch)
        if not ids:
            raise CrmError(_("the filter finds no customer"))
    elif not ids and targets is not None:
        ids, hidden = targets.ids, targets.hidden
        if not ids:
            raise CrmError(_("there is no customer under the cursor"))
    elif not ids:
        message = _("which customers? {usage}, or --on FILTER").format(usage=command.usage)
        raise UsageError(message, call.line, len(call.line))
    if command.target == "one" and len(ids) > 1:
        message = _("{command} takes one customer, not {n}").format(command=command.name, n=len(ids))
        raise UsageError(message, call.line, 0)
    return tuple(dict.fromkeys(ids)), hidden


class _DryRun(Exception):
    """Ends the transaction of a dry run."""


def perform(session: Session, prepared: Prepared) -> Outcome:
    """Run a command that changes or reads data, in one transaction and as one journal entry; not a `view`.

    With `--dry-run` everything is done and rolled back, so that the counts are the real ones.
    """
    call = prepared.call
    verb = call.command.verb
    assert verb is not None, call.command.name
    if prepared.missing:
        raise UsageError(
            _("{name} is missing: {usage}").format(name=prepared.missing[0].upper(), usage=call.command.usage),
            call.line,
            len(call.line),
        )
    before, run, trial = session.command, session.run, session.trial
    session.command = written(call, prepared.ids)
    try:
        if "dry-run" not in call.flags:
            return _run(session, prepared)
        if call.command.preview is not None:
            return call.command.preview(session, _given(prepared), prepared.ids)
        session.trial, session.run = True, None
        try:
            with session.database.writing(), session.database.savepoint():
                outcome = _run(session, prepared)
                raise _DryRun
        except _DryRun:
            session.forget()
            session.refresh()
            message = _("{message} (dry run: nothing was changed)").format(message=outcome.message)
            return replace(outcome, message=message, entry_id=None)
    finally:
        session.command, session.run, session.trial = before, run, trial


def _run(session: Session, prepared: Prepared) -> Outcome:
    verb = prepared.call.command.verb
    assert verb is not None
    with pointing(prepared.call):
        return verb(session, _given(prepared), prepared.ids)


def _given(prepared: Prepared) -> Mapping[str, Any]:
    """The values, and the flags for a command that minds them."""
    call = prepared.call
    return {**prepared.values, "flags": call.flags} if call.command.writes_file else prepared.values


@contextmanager
def pointing(call: Call) -> Iterator[None]:
    """A service may find a value wrong: point at the argument that it came from, of several words at the last that is
    it, since what is wrong with words together is wrong from there on.
    """
    try:
        yield
    except UsageError as error:
        for name, given in call.values.items():
            texts = given if isinstance(given, tuple) else (given,)
            if error.position is None and not error.text:
                continue
            found = [number for number, text in enumerate(texts) if _is_of(error.text, text, len(texts) > 1)]
            if found:
                at = call.positions.get(place_of(name, found[-1]), call.positions.get(name))
                raise (error if at is None else _placed_at(call, at, error)) from error
        raise


def _is_of(wrong: str, given: str | bool, several: bool) -> bool:
    """Whether this is what an error speaks of: a value, the name or value of a pair; of `several` words one that names
    it with what belongs to it, as in `-due` or `name:30,tier`.
    """
    if not isinstance(given, str):
        return False
    named = (part.strip().removeprefix("-").partition(":")[0] for part in given.split(",")) if several else ()
    return wrong in (given, *given.split("=", 1), *named) if wrong else not given


def written(call: Call, ids: Sequence[int]) -> str:
    """The command as the journal keeps it: its line, with the ids of what it acted on while they are few."""
    if call.command.target != "none" and not call.ids and call.on is None and len(ids) <= BULK:
        call = replace(call, ids=tuple(ids))
    return write(replace(call, flags=frozenset()))
