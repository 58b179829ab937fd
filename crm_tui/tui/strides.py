"""What a run does on the desk: macros read and checked before anything is done, steps carried out.

Steps that need nothing of the screen, since it is known what they act on, are done several at a stride: going to the
desk and back for each would take as long as the steps do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from crm_tui.commands import macro_files, playing
from crm_tui.commands.dispatch import Prepared, Targets, perform, prepare
from crm_tui.commands.language import Call
from crm_tui.commands.macros import Macro
from crm_tui.commands.playing import Answer, Asks, Conversation, Did, Do, Program
from crm_tui.commands.registry import Command
from crm_tui.domain.errors import CrmError
from crm_tui.services.session import Outcome, Session
from crm_tui.tui.views import no_view, on_screens

STRIDE = 0.03
"""Seconds that one stride takes at most, but for its last step."""


def macro(session: Session, call: Call, complete: bool) -> Program | None:
    """The macro that a call names, read and checked; None where its parameters are to be asked for first, which are
    not for one that is `complete`.
    """
    from crm_tui.commands.catalog import CATALOG

    name, times, values = playing.asked(call.values)
    found = _macro(session, name)
    if not complete and not values and found.parameters:
        found.steps(CATALOG, look=True)
        return None
    return _checked(session, playing.program(found, CATALOG, partial(_macro, session), values, times))


def line(session: Session, text: str) -> Program:
    """The commands of a line, read and checked."""
    from crm_tui.commands.catalog import CATALOG

    return _checked(session, playing.of_line(text, CATALOG, partial(_macro, session)))


def _macro(session: Session, name: str) -> Macro:
    """The macro of that name; errors call it by its file's name: the line has no room for folders."""
    path = macro_files.path_of(session, name)
    return macro_files.load(path, path.name)


def _checked(session: Session, played: Program) -> Program:
    playing.check(session, played, _impossible)
    return played


def _impossible(command: Command) -> str | None:
    return None if command.name in on_screens() else no_view(command)


def carried_out(session: Session, call: Call, targets: Targets, sure: bool) -> Outcome | Prepared:
    """Do it; or what is to be asked about first, as prepared."""
    prepared = prepare(session, call, targets)
    return prepared if prepared.is_to_be_asked and not sure else perform(session, prepared)


def proceed(talk: Conversation, said: Answer | None) -> Asks | None:
    """What is to be done next; None at the end."""
    try:
        return talk.send(said)
    except StopIteration:
        return None


def is_alone(asks: Asks) -> bool:
    """Whether it is a step that needs no more of the screen than which rows it acts on."""
    return isinstance(asks, Do) and not asks.step.call.command.view and asks.step.call.command.target != "none"


@dataclass
class Stride:
    """Some steps, one after the other. `done` fills; `asks` is what comes after them, None at the end."""

    talk: Conversation
    asks: Asks | None
    here: Callable[[Command], Targets]
    """What a command acts on that acts on no row of its own; it is the same before and after each of these steps."""
    sure: bool
    is_stopped: Callable[[], bool]
    done: list[tuple[Do, Did]] = field(default_factory=list)
    must_ask: bool = False
    """Whether what comes next is to be asked about first."""

    def take(self, session: Session) -> None:
        """Do as many as there is time for, at least one."""
        end = time.monotonic() + STRIDE
        while self.asks is not None and is_alone(self.asks) and not self.is_stopped():
            assert isinstance(self.asks, Do)
            did = self._do(session, self.asks)
            if did is None:
                self.must_ask = True
                return
            self.done.append((self.asks, did))
            self.asks = proceed(self.talk, did)
            if time.monotonic() >= end:
                return

    def _do(self, session: Session, do: Do) -> Did | None:
        call = do.step.call
        targets = Targets((do.row,)) if do.row is not None else self.here(call.command)
        try:
            outcome = carried_out(session, call, targets, self.sure)
        except CrmError as error:
            return Did(error=error)
        return None if isinstance(outcome, Prepared) else Did(outcome)
