"""What is being recorded: the commands that were carried out since, in order, which become the lines of a macro.

A command is taken down when it was carried out and not when its key was pressed, so that what was cancelled, or
failed, is not in it; what a prompt or a form asked for is among its arguments, and what the cursor or the marks told
is not. What only asks (menus, the line, the filter as it is typed) is nothing that could be played.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from shutil import copyfile
from typing import TYPE_CHECKING

from msgspec.structs import replace

from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _, ngettext
from crm_tui.tui.widgets.status_line import ALWAYS, Part

if TYPE_CHECKING:
    from crm_tui.commands.language import Call
    from crm_tui.services.session import Outcome, Session
    from crm_tui.tui.app import CrmApp

_NEVER = frozenset({
    "record", "play", "replay", "keys", "palette", "line", "find", "help", "keymap", "quit", "macros", "agree",
    "import", "table", "column", "bring",
})  # fmt: skip
"""Commands that are no steps; the first word tells. A macro that is played is taken down by whoever plays it, a
table once it was brought in."""


class Recorder:
    """Takes down what is done, while a macro is recorded. `name` is that of the macro, empty while none is."""

    def __init__(self, app: CrmApp) -> None:
        self._app = app
        self.name = ""
        self._calls: list[Call] = []

    @property
    def is_on(self) -> bool:
        """Whether a macro is being recorded."""
        return bool(self.name)

    @property
    def parts(self) -> list[Part]:
        """What the status line says of it, always in sight."""
        text = _("REC {name} {n}").format(name=self.name, n=f"{len(self._calls):,}")
        return [Part(text, ALWAYS)] if self.name else []

    # -- from the first to the last

    async def begin(self, name: str) -> None:
        """Take down what is done from here on. CrmError where that cannot be."""
        from crm_tui.commands import macro_files

        app = self._app
        if self.name:
            message = _("{name} is being recorded: {key} ends that first")
            raise CrmError(message.format(name=self.name, key=app.place.key("record")))
        path = await app.desk.run(macro_files.own_path, app.session, name)
        self._start(name, [])
        text = _("recording {name}: {key} ends it").format(name=name, key=self._key())
        if await app.desk.run(path.exists):
            text = _("{text}; it takes the place of the one that is there").format(text=text)
        app.place.say(text)

    async def end(self) -> None:
        """Keep what was recorded, if it is anything. CrmError where it cannot be written."""
        app = self._app
        if not self.name:
            text = _("nothing is being recorded: {key} and a letter begins")
            raise CrmError(text.format(key=app.place.key("record")))
        name, calls = self._stop()
        if not calls:
            app.place.say(_("nothing was recorded: {name} is as it was").format(name=name))
            return
        try:
            __, before = await app.desk.run(_keep, app.session, name, calls)
        except CrmError:
            self._start(name, calls)  # nothing of it is lost: Q tries again
            raise
        n = len(calls)
        text = ngettext("{name} recorded, {n} step", "{name} recorded, {n} steps", n).format(name=name, n=f"{n:,}")
        if before is not None:
            text = _("{text}; the one before is {file}").format(text=text, file=before.name)
        key = app.keymap.key(f"play {name}", app.place.keys) or (f"@ {name}" if len(name) == 1 else f":play {name}")
        app.place.say(text, keys=_("{key} plays it").format(key=key))

    def keep(self) -> None:
        """The program ends: keep what was recorded so far, as far as that can be."""
        if self._calls:
            name, calls = self._stop()
            with suppress(CrmError):
                _keep(self._app.session, name, calls)

    def _start(self, name: str, calls: list[Call]) -> None:
        self.name, self._calls, self._app.resolver.recording = name, calls, True

    def _stop(self) -> tuple[str, list[Call]]:
        name, calls = self.name, self._calls
        self.name, self._calls, self._app.resolver.recording = "", [], False
        return name, calls

    def _key(self) -> str:
        app = self._app
        live = app.keymap.live(app.place.keys, recording=True)
        return next((" ".join(keys) for keys, line in live.items() if line == "record"), ":record")

    # -- what is taken down

    def did(self, call: Call, outcome: Outcome) -> None:
        """A command was carried out; one that was refused everything did nothing."""
        if outcome.changed or not outcome.refused:
            self.take(call)

    def take(self, call: Call) -> None:
        """Take a call down as the next step."""
        if not self.name or call.command.name.split()[0] in _NEVER or call.values.get("name") == "macros":
            return
        if self._app.place.keys == "importing":  # how a table is looked at is no step, only that it is brought in
            return
        if call.command.name == "mark" and call.values.get("what") in (None, "row"):
            # What it did, not that it changed it: played again on rows that are marked still it marks the same.
            call = replace(call, values={"what": self._app.place.marked_last})
        self._write(call)

    def played(self, call: Call) -> None:
        """A macro was played: its call is a step, what it did is none."""
        if self.name:
            self._write(call)

    def _write(self, call: Call) -> None:
        values = {name: value for name, value in call.values.items() if name != "version"}  # of a row as it was then
        self._calls.append(replace(call, values=values, settings={}, line="", positions={}))
        if (place := self._app.shown) is not None:
            place.hint()

    def take_named(self, name: str, values: Mapping[str, str]) -> None:
        """Take down the command of that name, with these arguments; what is empty was not given."""
        from crm_tui.commands.catalog import CATALOG
        from crm_tui.commands.language import Call

        self.take(Call(CATALOG[name], {key: value for key, value in values.items() if value}))


def _keep(session: Session, name: str, calls: list[Call]) -> tuple[Path, Path | None]:
    """Write the macro; its file, and the one that the macro of that name which was there before is in by now."""
    from crm_tui.commands import macro_files, macros

    about = _("{name}, recorded on {day}").format(name=name, day=session.today.isoformat())
    path = macro_files.own_path(session, name)
    aside, before = path.with_name(f"{path.name}.old"), False
    try:
        copyfile(path, aside)
        before = True
    except FileNotFoundError:
        pass
    except OSError as error:
        raise CrmError(_("{path} cannot be written: {reason}").format(path=aside, reason=error.strerror)) from error
    return macro_files.save(session, macros.recorded(name, calls, about)), aside if before else None
