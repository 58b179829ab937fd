"""The part of the application that obeys: lines become calls, calls go through the one dispatch.

Each command that was carried out is told to the recorder, whatever it came from; while a macro plays, nothing asks.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.tui.recording import Recorder
from crm_tui.tui.screens.asking import Gathered
from crm_tui.tui.screens.place import Place
from crm_tui.tui.terminal.sealed import Sealed
from crm_tui.tui.views import has_view, no_view
from crm_tui.tui.widgets.overlay import holder
from crm_tui.tui.widgets.status_line import Part

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from crm_tui.commands.dispatch import Prepared
    from crm_tui.commands.language import Call
    from crm_tui.commands.registry import Command
    from crm_tui.services.session import Session
    from crm_tui.tui.app import CrmApp
    from crm_tui.tui.desk import Desk
    from crm_tui.tui.importer import Importer
    from crm_tui.tui.playing import Player
    from crm_tui.tui.rehearsing import Rehearsal


class Obeying(Sealed):
    """The application as commands see it."""

    desk: Desk
    session: Session
    _obeyed = 0
    """Calls that were obeyed."""

    @property
    def place(self) -> Place:
        """Where one is."""
        assert isinstance(self.screen, Place)
        return self.screen

    @cached_property
    def recorder(self) -> Recorder:
        """Takes down what is done, while a macro is recorded."""
        return Recorder(cast("CrmApp", self))

    @cached_property
    def player(self) -> Player:
        """Plays macros, and lines of several commands."""
        from crm_tui.tui.playing import Player  # nobody who plays nothing needs it

        return Player(cast("CrmApp", self))

    @cached_property
    def rehearsal(self) -> Rehearsal:
        """Plays macros on a copy."""
        from crm_tui.tui.rehearsing import Rehearsal

        return Rehearsal(cast("CrmApp", self))

    @cached_property
    def importer(self) -> Importer:
        """Looks at tables, and brings them in."""
        from crm_tui.tui.importer import Importer

        return Importer(cast("CrmApp", self))

    def stop_playing(self) -> bool:
        """End what plays after its step, else an import, else a dry run; whether there was one."""
        if self.is_playing:
            return self.player.stop()
        if "importer" in vars(self) and self.importer.stop():
            return True
        return "rehearsal" in vars(self) and self.rehearsal.stop()

    @property
    def is_playing(self) -> bool:
        """Whether a macro is being played."""
        return "player" in vars(self) and self.player.is_on

    def standing(self) -> list[Part]:
        """What the status line of every place says for as long as it lasts: a recording, a run."""
        rehearsed = self.rehearsal.parts if "rehearsal" in vars(self) else ()
        imported = self.importer.parts if "importer" in vars(self) else ()
        played = self.player.parts if self.is_playing else ()
        return [*self._shown_scheme, *self.recorder.parts, *played, *rehearsed, *imported]

    @property
    def _shown_scheme(self) -> list[Part]:
        """Under which scheme lists show tiers, where that is another than the primary ones."""
        scheme = self.session.settings.schemes.get(self.session.scheme)
        return [Part(scheme.title, 30)] if scheme is not None else []

    async def obey(self, line: str, key: str = "", gathered: Gathered | None = None) -> None:
        """Run a line of one command or several, in order, up to the first that fails; what is wrong with it is raised
        as CrmError. `key` is the one that it comes from, `gathered` the overlay.
        """
        from crm_tui.commands.catalog import CATALOG
        from crm_tui.commands.language import SEPARATORS, commands_of, read

        parts = commands_of(line) if any(sign in line for sign in SEPARATORS) else []
        if len(parts) > 1:
            await self.player.line(line, key, gathered)
        else:
            await self.execute(read(parts[0].text if parts else line, CATALOG), key, gathered)

    async def execute(
        self, call: Call, key: str = "", gathered: Gathered | None = None, *, complete: bool = False
    ) -> None:
        """Run a call, or ask for what it needs first (not if it is `complete`). Raises CrmError.

        `gathered` is the overlay that the call comes from: open until nothing more can be wrong with what is in it.
        """
        from crm_tui.commands.dispatch import Targets, prepare

        self._obeyed += 1
        if self.is_playing:  # a step that leads to another command
            await self.player.obey(call)
            return
        gathered = gathered or Gathered()
        command, place = call.command, self.place
        if command.view and not has_view(type(place), command):
            raise CrmError(no_view(command))
        refusal = command.refusal(self.session) if command.view else None
        if refusal is not None:
            raise NotAllowed(refusal)
        if command.view and command.target == "none" and not (command.ask or call.values or gathered != Gathered()):
            await self._look(call, self.go_view(command))
            return  # nothing to read or ask: a cursor that moves does not wait for the desk
        call = await place.completed(call)
        targets = place.targets_of(command) if command.target != "none" else Targets()
        prepared = await self.desk.run(prepare, self.session, call, targets)
        question = None if complete else await place.question(prepared)
        if question is not None:
            gathered.close()
            await question()
        elif command.view == "play":
            await place.play(call, key, gathered, complete=complete)
        elif command.view:
            await self._look(call, self.view(prepared, gathered))
        elif command.shows_first and command.preview is not None and not call.flags & {"yes", "dry-run"}:
            gathered.close()
            await place.show_first(prepared, gathered)
        elif prepared.is_to_be_asked:
            gathered.close()
            place.confirm_bulk(prepared, key, gathered)
        else:
            await self.perform(prepared, gathered)

    async def perform(self, prepared: Prepared, gathered: Gathered | None = None) -> None:
        """Do it, and show what was done."""
        from crm_tui.commands.dispatch import perform

        place, call = self.place, prepared.call
        outcome = await self.desk.run(perform, self.session, prepared)
        if gathered is not None:
            nothing = outcome.refused and not outcome.changed
            (gathered.close if nothing else gathered.finish)()  # what was typed for nothing is kept
        self.recorder.did(call if gathered is None else gathered.said(call), outcome)
        await place.done(call, outcome)

    async def _look(self, call: Call, going: Awaitable[None]) -> None:
        """Move about; what only asks for something, or goes on to another command, is nothing to be recorded."""
        before, obeyed = self.screen, self._obeyed
        await going
        led_back = call.command.view != "back" or self.screen is not before
        if self._obeyed == obeyed and holder(self.focused) is None and led_back:
            self.recorder.take(call)

    async def view(self, prepared: Prepared, gathered: Gathered) -> None:
        """Call the view of a command with the values of its arguments."""
        command = prepared.call.command
        if command.view == "import_file":  # without a file it asks for one; its options have names
            gathered.finish()
            await self.place.import_file(prepared)
            return
        if prepared.missing:
            raise UsageError(_("{usage}: something is missing").format(usage=command.usage))
        values: Mapping[str, Any] = prepared.values
        given = [prepared.ids] if command.target != "none" else [values.get(a.name) for a in command.arguments]
        from crm_tui.commands.dispatch import pointing

        place = self.place
        gathered.finish()
        try:
            with pointing(prepared.call):
                await self.go_view(command, *(value for value in given if value is not None))
        except UsageError:
            if self.place is place:  # what was typed is not lost, and the word is marked
                gathered.back()
            raise

    async def go_view(self, command: Command, *given: object) -> None:
        """Call the view of a command."""
        found = getattr(self.place, command.view)(*given)
        if inspect.isawaitable(found):
            await found
