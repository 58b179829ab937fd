"""The application: keys become command lines, lines become calls, calls go through the one dispatch.

Keys are taken one after the other, each when the one before has had its effect, so that however fast they come they
are obeyed in order; while an overlay is open they are its. Everything that touches the database runs on the desk.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
from collections.abc import Mapping
from typing import Any, ClassVar

from textual import events
from textual.app import App
from textual.filter import LineFilter

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import Prepared, Targets, perform, prepare
from crm_tui.commands.keymap import Resolver, key_name
from crm_tui.commands.language import Call, read
from crm_tui.config import Config
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.services.session import Outcome, Session
from crm_tui.tui.desk import Desk
from crm_tui.tui.home import Home
from crm_tui.tui.screens.card import CardScreen
from crm_tui.tui.screens.due import DueScreen
from crm_tui.tui.screens.history import HistoryScreen
from crm_tui.tui.screens.pipeline import PipelineScreen
from crm_tui.tui.screens.place import Place
from crm_tui.tui.terminal import profile
from crm_tui.tui.terminal.driver import SafeDriver
from crm_tui.tui.terminal.sanitize import Sanitize
from crm_tui.tui.widgets.overlay import holder, settle

_THEMES = {"dark": "textual-dark", "light": "textual-light", "ansi": "ansi-dark", "none": "ansi-dark"}
_WATCHDOG = 2.0
HOME = 2
"""Screens on the stack where nothing lies over a place: Textual's own blank one, and the place."""


class CrmApp(App[int]):
    """The screens of one session."""

    ENABLE_COMMAND_PALETTE = False
    CSS_PATH: ClassVar[list[str]] = []
    HORIZONTAL_BREAKPOINTS: ClassVar[list[tuple[int, str]]] = []

    def __init__(self, desk: Desk, session: Session, home: Home, settings: Config) -> None:
        super().__init__(driver_class=SafeDriver)
        self.desk = desk
        self.session = session
        self.home = home
        self.resolver = Resolver()
        self._gate = Sanitize()
        self._places: dict[str, Place] = {}
        self.lines: list[str] = []
        """Lines typed after `:`, the newest last."""
        self.filters: list[str] = []
        self.theme = _THEMES[settings.theme or ("none" if profile.colourless(os.environ) else "dark")]

    # -- places

    def place_named(self, name: str) -> Place:
        """The place of that name; made when it is first entered."""
        if name not in self._places:
            make = {"due": DueScreen, "pipeline": PipelineScreen, "history": HistoryScreen}[name]
            home = self.home if self.home.name == name else None
            self._places[name] = make(self.desk, self.session, home)
            self.install_screen(self._places[name], name)
        return self._places[name]

    @property
    def place(self) -> Place:
        """Where one is."""
        assert isinstance(self.screen, Place)
        return self.screen

    @property
    def is_covered(self) -> bool:
        """Whether a card lies over the place."""
        return len(self.screen_stack) > HOME

    def get_line_filters(self) -> list[LineFilter]:
        """The last gate: no control character of any data reaches the terminal."""
        return [*super().get_line_filters(), self._gate]

    # -- keys

    async def on_event(self, event: events.Event) -> None:
        """Take keys before Textual does; an open overlay has them first."""
        if not isinstance(event, events.Key) or event.is_forwarded or not isinstance(self.screen, Place):
            await super().on_event(event)
            return
        focused = self.focused
        if holder(focused) is not None:
            await super().on_event(event)
            await settle(focused)
            return
        await self.key(key_name(event.key, event.character))

    async def key(self, key: str) -> None:
        """One key where no overlay is open."""
        place = self.place
        if key == "ctrl+c":
            place.say(_("ctrl+q quits"))
            return
        what, text = self.resolver.feed(key, place.keys)
        place.pending(self.resolver)
        if what == "line":
            await self.obey(text, key)
        elif what == "unknown":
            place.say(_('no command for "{keys}"; ? shows the keys').format(keys=text), alert=True)

    async def obey(self, line: str, key: str = "") -> None:
        """Run a command line; errors are said, never raised."""
        try:
            await self.execute(read(line, CATALOG), key)
        except CrmError as error:
            self.place.say(str(error), alert=True)

    # -- commands

    async def execute(self, call: Call, key: str = "", *, confirmed: bool = False) -> Outcome | None:
        """Run a call, or ask for what it needs first. Raises CrmError."""
        command, place = call.command, self.place
        if command.view:
            await self._view(call, place)
            return None
        targets = place.targets() if command.target != "none" else Targets()
        prepared = await self.desk.run(prepare, self.session, call, targets)
        if await place.ask(prepared, key):
            return None
        if prepared.is_bulk and not confirmed and "yes" not in call.flags:
            place.confirm(prepared, key)
            return None
        return await self.perform(prepared)

    async def perform(self, prepared: Prepared) -> Outcome:
        """Do it, and show what was done."""
        place = self.place
        outcome = await self.desk.run(perform, self.session, prepared)
        await place.done(prepared.call, outcome)
        return outcome

    async def _view(self, call: Call, place: Place) -> None:
        command = call.command
        method = getattr(place, command.view, None)
        if method is None:
            raise CrmError(_("{command} is for the shell: crm-tui {command}").format(command=command.name))
        values: Mapping[str, Any] = {}
        if command.arguments or command.target != "none":
            targets = place.targets() if command.target != "none" else None
            prepared = await self.desk.run(prepare, self.session, call, targets)
            if await place.ask(prepared, ""):
                return
            if prepared.missing:
                raise UsageError(_("{usage}: something is missing").format(usage=command.usage))
            values = prepared.values
            if command.target != "none":
                values = {"ids": prepared.ids}
        found = method(*(values[name] for name in values))
        if inspect.isawaitable(found):
            await found

    # -- leaving

    async def on_mount(self) -> None:
        """Go home. From now on a hang-up saves what was typed and leaves."""
        await self.push_screen(self.place_named(self.home.name))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self.terminal_gone)
            except (ValueError, RuntimeError, NotImplementedError):  # not the main thread: a test's pilot
                return

    def terminal_gone(self) -> None:
        """The line was dropped: keep the drafts, then go, at the latest after two seconds."""
        signal.setitimer(signal.ITIMER_REAL, _WATCHDOG)
        place = self.screen
        if isinstance(place, Place):
            place.keep_draft()
        self.exit(0)

    async def open_card(self, customer_id: int) -> None:
        """Put a customer's card over the place."""
        await self.push_screen(CardScreen(self.desk, self.session, customer_id))

    async def go(self, name: str) -> None:
        """Change the place; whatever lies over it is closed."""
        while len(self.screen_stack) > HOME:
            await self.pop_screen()
        target = self.place_named(name)
        if self.screen is not target:
            await self.switch_screen(target)
        await target.entered()
