"""Plays macros, and lines of several commands, on the screens: step by step, each after the one before had its effect.

The order of the steps is that of `commands.playing`; here is what the screens add. Keys wait for the end of a run, but
for Esc, which ends it after the step. Nothing is asked but once whether so many rows may be changed. What the steps
change is painted a few times a second, however many there are, while each of them finds what those before it did.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from crm_tui.commands.dispatch import BULK, Prepared, Targets, perform, prepare
from crm_tui.commands.language import Call, write
from crm_tui.commands.macros import Step
from crm_tui.commands.playing import Answer, Asks, Conversation, Did, Do, Playing, Program, Report, Rows
from crm_tui.domain.errors import CrmError, NotAllowed
from crm_tui.domain.language import _, ngettext
from crm_tui.services import runs
from crm_tui.tui import strides, summary
from crm_tui.tui.consent import Consent, Declined
from crm_tui.tui.desk import Stopped
from crm_tui.tui.pictures import PAUSE, REST, Pictures
from crm_tui.tui.screens.asking import Gathered
from crm_tui.tui.views import has_view, no_view
from crm_tui.tui.widgets.overlay import Overlay, holder
from crm_tui.tui.widgets.status_line import ESSENTIAL, Part

if TYPE_CHECKING:
    from crm_tui.commands.registry import Command
    from crm_tui.services.session import Outcome
    from crm_tui.tui.app import CrmApp
    from crm_tui.tui.screens.place import Place


_PLAYS = ("play", "replay", "record")
"""Views that no step has, nor may lead to."""


class Player:
    """Plays one program at a time. `is_on` while it does."""

    def __init__(self, app: CrmApp) -> None:
        self._app = app
        self._playing: Playing | None = None
        self._last: Call | None = None
        self._stopped = asyncio.Event()
        self._cancelled = False
        self._slow = False
        self._pictures = Pictures(app, self._tell_progress)
        self._consent = Consent(app, self._pictures, self._catch_up)
        self._all: int | None = None
        self._changed: dict[int, None] = {}
        self._changed_in: Place | None = None
        self._show_at = 0.0
        self._answer: Outcome | None = None
        self._within: dict[Step, Call] = {}
        self._taken: Call | None = None

    @property
    def is_on(self) -> bool:
        """Whether something is being played."""
        return self._playing is not None

    # -- what is played

    async def play(
        self, call: Call, key: str = "", gathered: Gathered | None = None, *, complete: bool = False
    ) -> None:
        """Play the macro that a call names; its parameters are asked for first, unless they are given or it is
        `complete`. CrmError for what is wrong in it, before anything is done.
        """
        app, gathered = self._app, gathered or Gathered()
        self._refuse_another()
        if "dry-run" in call.flags:
            await app.rehearsal.begin(call, gathered)
            return
        found = await app.desk.run(strides.macro, app.session, call, complete)
        if found is None:
            gathered.close()
            await app.place.open_form(call, ())
            return
        gathered.finish()
        self._last = call
        report = await self._run(found, write(replace(call, flags=frozenset())), key, sure="yes" in call.flags)
        if report.steps > len(report.failures) and not self._cancelled:
            app.recorder.played(call)

    async def replay(self) -> None:
        """Play again what was played last."""
        if self._last is None:
            text = _("nothing was played yet: {key} and a letter plays")
            raise CrmError(text.format(key=self._app.place.key("play")))
        await self.play(self._last, self._app.pressed, complete=True)

    async def line(self, text: str, key: str = "", gathered: Gathered | None = None) -> None:
        """Run the commands of a line, one after the other up to the first that fails. CrmError before anything is done
        for one that cannot be run.
        """
        self._refuse_another()
        found = await self._app.desk.run(strides.line, self._app.session, text)
        if gathered is not None:
            gathered.finish()
        await self._run(found, text, key)

    def _refuse_another(self) -> None:
        if self.is_on:
            raise CrmError(_("a macro is playing"))

    # -- while it plays

    def stop(self) -> bool:
        """Esc: end the run after the step; whether there is one that it ends."""
        if self._playing is None or self._consent.is_asked:
            return False
        self._stopped.set()
        self._insist()
        return True

    def _insist(self) -> None:
        """A reading that takes long is given up, as soon as it is known to."""
        if self.is_on and self._stopped.is_set():
            self._app.desk.stop()
            asyncio.get_running_loop().call_later(PAUSE / 2, self._insist)

    @property
    def parts(self) -> list[Part]:
        """What the status line says of a run that takes its time."""
        if self._playing is None or not self._slow:
            return []
        steps, name = self._playing.report.steps, self._playing.program.name
        done = f"{steps:,}/{self._all:,}" if self._all is not None else f"{steps:,}"
        name = "" if self._is_line else f"@{name}"
        return [Part(_("{name} {done}  Esc stops").format(name=name, done=done).strip(), ESSENTIAL)]

    def _tell_progress(self) -> None:
        self._slow = True
        if (place := self._app.shown) is not None:
            place.hint()

    async def waiting(self, reading: Coroutine[Any, Any, None]) -> None:
        """Wait for this, however long that takes; Stopped when the user ends the run first."""
        task = asyncio.ensure_future(reading)
        stop = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise Stopped
            task.result()
        finally:
            task.cancel()
            stop.cancel()

    async def show(self, place: Place, ids: tuple[int, ...]) -> None:
        """Show these customers as they are now, soon."""
        if place is not self._changed_in:  # whoever comes back to the other place reads it anew
            self._changed, self._changed_in = {}, place
        self._changed.update(dict.fromkeys(ids))

    async def _catch_up(self) -> None:
        changed, self._changed = self._changed, {}
        place = self._app.shown
        if changed and place is self._changed_in and place is not None:
            await place.changed(tuple(changed))

    # -- a run

    async def _run(self, played: Program, line: str, key: str, *, sure: bool = False) -> Report:
        """Play it, and say what was done. A failure of the session or the database ends it, and is raised."""
        app = self._app
        playing = self._playing = Playing(played)
        self._slow, self._answer, self._taken = False, None, None
        self._consent.begin(key, given=sure)
        self._all = summary.steps(played, 1) if not summary.has_each(played) else None
        self._within = {inner: step.call for step, top in played.steps if top for inner in top.all_steps()}
        self._cancelled = False
        self._stopped.clear()
        await app.desk.run(runs.begin, app.session, line)
        self._pictures.begin()
        try:
            await self._converse(playing)
            await self._catch_up()
        finally:
            self._playing = None
            self._pictures.end()
            # Handed in at once, also when the program ends here: the desk does it before it closes.
            ended = app.desk.submit(runs.finish, app.session, f"{played.name}: {playing.report.message}")
        entry = await asyncio.wrap_future(ended)
        self._tell(playing, entry)
        return playing.report

    async def _converse(self, playing: Playing) -> None:
        talk = playing.steps()
        try:
            await self._play(talk)
        except (Stopped, Declined) as ended:
            playing.report.ended = self._where() if isinstance(ended, Stopped) else summary.declined(playing.report)
            self._cancelled = True
            talk.close()

    async def _play(self, talk: Conversation) -> None:
        asks, must_ask = strides.proceed(talk, None), False
        self._show_at = time.monotonic() + PAUSE
        while asks is not None:
            if self._stopped.is_set():
                raise Stopped
            if strides.is_alone(asks) and self._app.place.shows_later and not must_ask:
                asks, must_ask = await self._stride(talk, asks)
            else:
                asks, must_ask = strides.proceed(talk, await self._answered(asks)), False
            if time.monotonic() >= self._show_at:
                await self._catch_up()
                self._show_at = time.monotonic() + REST
            await asyncio.sleep(0)  # keys come in, Esc above all

    async def _stride(self, talk: Conversation, asks: Asks) -> tuple[Asks | None, bool]:
        """Several steps at once, on a place where none changes what the next one acts on; what comes after them, and
        whether that is to be asked about first.
        """
        place = self._app.place
        assert isinstance(asks, Do)
        await place.read_for(asks.step.call.command)
        known: dict[str, Targets] = {}  # nothing moves the cursor or a mark meanwhile

        def here(command: Command) -> Targets:
            if command.name not in known:
                known[command.name] = place.targets_of(command)
            return known[command.name]

        stride = strides.Stride(talk, asks, here, self._consent.is_given, self._stopped.is_set)
        try:
            await self._app.desk.run(stride.take, self._app.session)
        finally:
            for do, did in stride.done:
                if did.outcome is not None:
                    await self._did(do.step, did.outcome)
                    await place.done(do.step.call, did.outcome)
        return stride.asks, stride.must_ask

    async def _did(self, step: Step, outcome: Outcome | None) -> None:
        """A step was carried out."""
        if outcome is not None:
            self._answer = outcome
        if self._is_line:
            self._take(step, outcome)

    @property
    def _is_line(self) -> bool:
        return self._playing is not None and summary.is_typed(self._playing.program)

    def _where(self) -> str:
        """After which step the run was stopped."""
        n = self._playing.report.steps if self._playing is not None else 0
        if self._all is not None:
            return _("stopped after step {n} of {all}").format(n=f"{n:,}", all=f"{self._all:,}")
        return ngettext("stopped after {n} step", "stopped after {n} steps", n).format(n=f"{n:,}")

    async def _answered(self, asks: Asks) -> Answer:
        match asks:
            case Do(step, row):
                try:
                    outcome = await self.obey(step.call, row)
                except CrmError as error:
                    return Did(error=error)
                await self._did(step, outcome)
                return Did(outcome)
            case Rows():
                targets = self._app.place.targets()
                assert self._playing is not None
                if self._playing.program.each:
                    self._all = summary.steps(self._playing.program, len(targets.ids))
                return targets.ids
        targets = self._app.place.targets()
        question = _("play {name} on {n} customers").format(name=asks.name, n=f"{asks.rows:,}")
        if targets.hidden:
            question = _("{text} ({hidden} hidden by the filter)").format(text=question, hidden=f"{targets.hidden:,}")
        if asks.rows > BULK:
            await self._consent.ask(question)
        return True

    def _take(self, step: Step, outcome: Outcome | None) -> None:
        """The commands of a line that was typed are steps of their own of what is recorded; of a macro among them it is
        the call.
        """
        recorder, call = self._app.recorder, self._within.get(step)
        if call is None and outcome is not None:
            recorder.did(step.call, outcome)
        elif call is None:
            recorder.take(step.call)
        elif call is not self._taken:
            recorder.played(call)
        self._taken = call

    # -- a step

    async def obey(self, call: Call, row: int | None = None) -> Outcome | None:
        """Carry a command out without asking for anything, on this row, else on what is under the cursor or marked.

        Its outcome; None of one that only moves about. CrmError for what it lacks, or may not do.
        """
        place, command = self._app.place, call.command
        if command.view in _PLAYS:  # what a view such as `choose` leads to
            self._refuse_another()
        if command.view and not has_view(type(place), command):
            raise CrmError(no_view(command))
        refusal = command.refusal(self._app.session) if command.view else None
        if refusal is not None:
            raise NotAllowed(refusal)
        call = await place.completed(call)
        await place.read_for(command)
        targets = Targets()
        if command.target != "none":
            targets = Targets((row,)) if row is not None else place.targets_of(command)
        if command.view:
            await self._move(call, targets)
            return None
        done = await self._app.desk.run(strides.carried_out, self._app.session, call, targets, self._consent.is_given)
        if isinstance(done, Prepared):
            await self._consent.ask(done.question)
            done = await self._app.desk.run(perform, self._app.session, done)
        await place.done(call, done)
        return done

    async def _move(self, call: Call, targets: Targets) -> None:
        app, command = self._app, call.command
        before = app.screen
        if command.target == "none" and not call.values:
            await app.go_view(command)
        else:
            await app.view(await app.desk.run(prepare, app.session, call, targets), Gathered())
        if command.view == "quit":
            raise Stopped
        if holder(app.focused) is not None:
            for overlay in app.place.query(Overlay):
                overlay.close()
            text = _("{command} asks or shows something: it has no place in a macro")
            raise CrmError(text.format(command=command.name))
        if app.screen is not before and not app.place.table.size.height:
            await self._laid_out()

    async def _laid_out(self) -> None:
        """Wait until a place that was not seen before knows its size: pages depend on it."""
        laid_out = asyncio.Event()
        self._pictures.expose()
        self._app.place.call_after_refresh(laid_out.set)
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await laid_out.wait()

    # -- what is seen of it

    def _tell(self, playing: Playing, entry: int | None) -> None:
        """What was done, failures first, and that `u` undoes it; several failures in a list."""
        place = self._app.shown
        if place is None:
            return
        report, failures = playing.report, playing.report.failures
        text = summary.told(playing)
        keys = _("{key} undoes").format(key=place.key("undo")) if entry is not None else ""
        place.say(text, alert=bool(failures) and entry is None, keys=keys)
        if len(failures) > 1:
            place.show_lines(text, [str(failure) for failure in failures])
        elif not failures and not report.ended and self._answer is not None and self._answer.lines:
            place.show_lines(self._answer.message, self._answer.lines)
