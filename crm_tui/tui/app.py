"""The application: where one is, and the keys, which become command lines.

Keys are taken one after the other, each when the one before has had its effect, so that however fast they come they
are obeyed in order; while an overlay is open they are its. They are taken beside the message pump, which therefore
goes on painting while a query runs, and an Esc can stop it. Everything that touches the database runs on the desk.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections import deque
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.filter import LineFilter, Monochrome

from crm_tui.commands.keymap import Keymap, Resolver, Source, key_name, shipping, under
from crm_tui.config import Config
from crm_tui.domain.errors import CrmError, NotAllowed, SignedOut
from crm_tui.domain.language import _, ngettext
from crm_tui.services.session import Session
from crm_tui.tui.desk import Desk, Stopped
from crm_tui.tui.home import Home
from crm_tui.tui.lookout import Lookout
from crm_tui.tui.obeying import Obeying
from crm_tui.tui.recall import recalls
from crm_tui.tui.screens.place import Place
from crm_tui.tui.terminal import profile
from crm_tui.tui.terminal.driver import SafeDriver
from crm_tui.tui.terminal.sanitize import Sanitize
from crm_tui.tui.views import kind_of
from crm_tui.tui.widgets.cells import cut
from crm_tui.tui.widgets.overlay import Overlay, holder, settle

_THEMES = {"dark": "textual-dark", "light": "textual-light", "ansi": "ansi-dark", "none": "ansi-dark"}
_WATCHDOG = 2.0
_GARBAGE = (700, 10, 10)
"""Python's own thresholds, for as long as the screens are open."""
HOME = 2
"""Screens on the stack where nothing lies over a place: Textual's own blank one, and the place."""

Typed = events.Key | events.Paste

LATER = (
    "crm_tui.commands.forms", "crm_tui.services.interactions", "crm_tui.tui.screens.asked", "crm_tui.tui.screens.menus",
    "crm_tui.tui.widgets.confirm", "crm_tui.tui.widgets.form",
)  # fmt: skip
"""What the first frame does without, and the first key may need."""


class CrmApp(Obeying):
    """The screens of one session."""

    def __init__(self, desk: Desk, session: Session, home: Home, settings: Config) -> None:
        super().__init__(driver_class=SafeDriver)
        self.desk = desk
        desk.failed = self._failed
        self.session = session
        self.home = home
        self.keys = Source(settings.keymap, settings.home)
        self.keymap = shipping() if self.keys.is_plain else Keymap({})
        """The keys in force; none are told before one's own have been read."""
        self.resolver = Resolver(self.keymap)
        self.lines, self.filters = recalls(settings.home, session.spool is not None, desk.submit)
        self.pressed = ""
        """The key that is being obeyed."""
        self.proposal = ""
        """The line that was proposed last, for `agree`."""
        self.rested = asyncio.Event()
        """Set while no key waits and none is being obeyed."""
        self._gate = Sanitize()
        self._places: dict[str, Place] = {}
        self._typed: deque[Typed] = deque()
        self._work: deque[Callable[[], Awaitable[object]]] = deque()
        self._something = asyncio.Event()
        self._attending: asyncio.Task[None] | None = None
        self._loaded = False
        self.lookout = Lookout(self, home.seen)
        theme = settings.theme or ("none" if profile.colourless(os.environ) else "dark")
        self.theme, self.without_colours = _THEMES[theme], theme == "none"

    # -- places

    def place_named(self, name: str) -> Place:
        """The place of that name; made when it is first entered."""
        if name not in self._places:
            home = self.home if self.home.name == name else None
            place = self._places[name] = kind_of(name)(self.desk, self.session, home)
            self.install_screen(place, name)
        return self._places[name]

    @property
    def shown(self) -> Place | None:
        """The place on the screen; None while the program opens or closes."""
        screen = self.screen_stack[-1] if self.screen_stack else None
        return screen if isinstance(screen, Place) and screen.is_mounted else None

    @property
    def is_covered(self) -> bool:
        """Whether a card lies over the place."""
        return len(self.screen_stack) > HOME

    def get_line_filters(self) -> list[LineFilter]:
        """The last gate: no control character of any data reaches the terminal.

        Without colours nothing is coloured to begin with: Textual's own filter for that would make greys of it.
        """
        return [*(found for found in super().get_line_filters() if not isinstance(found, Monochrome)), self._gate]

    async def open_card(self, customer_id: int, interaction: int | None = None) -> None:
        """Put a customer's card over the place, with the cursor on an `interaction`. CrmError, and the place stays, for
        one that the user does not see.
        """
        from crm_tui.services import cards
        from crm_tui.tui.screens.card import CardScreen

        card = await self.desk.run(cards.card, self.session, customer_id)
        await self.push_screen(CardScreen(self.desk, self.session, card, interaction))

    async def cover(self, place: Place) -> None:
        """Put a place over the one where one is."""
        await self.push_screen(place)
        await place.entered()

    async def go(self, name: str) -> None:
        """Change the place; whatever lies over it is closed. NotAllowed for a place that is closed to the user."""
        closed = kind_of(name).closed_to(self.session)
        if closed is not None:
            raise NotAllowed(closed)
        target = self.place_named(name)
        for left in self.screen_stack:  # marks go with the place, also with one that a card lies over
            if isinstance(left, Place) and self.screen is not target:
                left.table.set_marks(frozenset())
        while len(self.screen_stack) > HOME:
            await self.pop_screen()
        if self.screen is not target:
            await self.switch_screen(target)
        await target.entered()

    # -- keys

    async def on_event(self, event: events.Event) -> None:
        """Put what is typed in its queue; an Esc while one waits for a reading stops that, and what was typed since."""
        if not isinstance(event, Typed) or event.is_forwarded:
            await super().on_event(event)
            return
        is_free = self.is_playing or holder(self.focused) is None  # Esc closes what covers the place first
        if isinstance(event, events.Key) and event.key == "escape" and is_free and self.stop_playing():
            return
        if isinstance(event, events.Key) and event.key == "escape" and not self.rested.is_set() and self.desk.stop():
            count = len(self._typed)
            self._typed.clear()
            text = ngettext("stopped; {n} key after it was dropped", "stopped; {n} keys after it were dropped", count)
            self.place.say(text.format(n=count) if count else _("stopped"))
            return
        self._typed.append(event)
        self._wake()

    def work(self, job: Callable[[], Awaitable[object]]) -> None:
        """Do this before the next key is taken; what is wrong is said."""
        self._work.append(job)
        self._wake()

    def _wake(self) -> None:
        self.rested.clear()
        self._something.set()

    def _fatal_error(self) -> None:
        """Leave with the traceback, without the values in it: they are customers' data, and take long to draw."""
        from rich.segment import Segments
        from rich.traceback import Traceback

        traceback = Traceback(width=None, show_locals=False)
        self._exit_renderables.append(Segments(self.console.render(traceback, self.console.options)))
        self._close_messages_no_wait()

    async def _attend(self) -> None:
        """Take what comes, one after the other, for as long as the program runs."""
        await self._furnish()
        while True:
            await self._something.wait()
            self._something.clear()
            try:
                while self._work or self._typed:
                    await self._next()
            except Exception as error:
                self._handle_exception(error)
                return
            self.rested.set()

    async def _next(self) -> None:
        if self._work:
            await self._say_errors(self._work.popleft())
        else:
            await self._take(self._typed.popleft())

    async def until(self, answer: asyncio.Future[bool]) -> None:
        """Within what is being obeyed, take keys until a question is answered."""
        while not answer.done():
            if self._work or self._typed:
                await self._next()
                continue
            self.rested.set()
            await self._something.wait()
            self._something.clear()

    async def _take(self, event: Typed) -> None:
        """One key, or one paste."""
        focused = self.focused
        covering = holder(focused)
        if isinstance(event, events.Key) and event.key in ("ctrl+c", "ctrl+q", "ctrl+x") and covering is not None:
            await self._in_overlay(event.key)
        elif covering is not None or self.shown is None:
            await super().on_event(event)
            await settle(focused)
        elif isinstance(event, events.Key):
            self.pressed = key_name(event.key, event.character)
            await self._say_errors(self._key)
        else:
            place = self.place
            text = _("a paste is for a form or a line: {key} takes one as a new customer")
            place.say(text.format(key=place.key("paste")), alert=True)

    async def _in_overlay(self, key: str) -> None:
        """The keys that overlays do not have for themselves."""
        place = self.place
        if key == "ctrl+q":
            place.quit()
        elif key == "ctrl+x" and place.form.is_open:
            await place.clear_form()
        elif key == "ctrl+c":
            text = _("Esc closes this; ctrl+q quits")
            place.form.tell(text)
            if place.prompt.is_open:
                place.prompt.hint(text)

    async def _key(self) -> None:
        """One key where no overlay is open."""
        place, key = self.place, self.pressed
        if key == "ctrl+c":
            place.say(_("ctrl+q quits"))
            return
        what, text = self.resolver.feed(key, place.keys)
        place.pending(self.resolver)
        if what == "line":
            await self.obey(text, key)
        elif what == "unknown":
            told = _('no command for "{keys}"; {key} shows the keys').format(keys=text, key=place.key("keys"))
            place.say(told, alert=True)

    async def learn_keys(self) -> None:
        """Read the keymap anew."""
        found = await self.desk.run(self.keys.load)
        scheme = self.session.settings.schemes.get(self.session.scheme)
        self.keymap = self.resolver.keymap = under(found, scheme)
        if (place := self.shown) is not None:
            place.hint()

    def _tell_faults(self) -> None:
        faults = self.keymap.faults
        if faults and (place := self.shown) is not None:
            more = _("{fault} · {n} more: :keymap") if faults[1:] else _("{fault} · :keymap")
            beside = cell_len(more.format(fault="! ", n=len(faults) - 1))
            fault = cut(str(faults[0]), max(0, self.size.width - beside))  # how to see it all is in sight in any case
            place.say(more.format(fault=fault, n=len(faults) - 1), alert=True)

    async def _say_errors(self, job: Callable[[], Awaitable[object]]) -> None:
        try:
            await job()
        except CrmError as error:
            self.place.say(str(error), alert=True)
        except Stopped:
            pass  # whoever stopped it has said so

    # -- coming and leaving

    async def on_mount(self) -> None:
        """Go home, and take the keys. From now on a hang-up saves what was typed and leaves."""
        home = self.place_named(self.home.name)
        await self.push_screen(home)
        home.call_after_refresh(self._begin)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self.terminal_gone, number)
            except (ValueError, RuntimeError, NotImplementedError):  # not the main thread: a test's pilot
                return

    def _begin(self) -> None:
        """The first frame is on the screen: take the keys."""
        gc.freeze()
        gc.set_threshold(*_GARBAGE)
        self._attending = asyncio.get_running_loop().create_task(self._attend())
        self.lookout.begin()

    async def _furnish(self) -> None:
        """Load what the first frame did without, before the first key is obeyed."""
        await self.desk.run(_load)
        for recall in (self.lines, self.filters):
            await self.desk.run(recall.read)
        self._loaded = True
        if (place := self.shown) is not None:
            await place.furnish()
        if not self.keymap.table:
            await self.learn_keys()
            self._tell_faults()
        if not self._typed and not self._work:
            self.rested.set()
        self.run_worker(self._make_up(), group="sweep")

    async def _make_up(self) -> None:
        """Sweep and back up where nobody has done it today, and show what the sweep changed."""
        from crm_tui.tui.overdue import back_up, sweep

        if await sweep(self.desk, self.session) and (place := self.shown) is not None:
            await place.others_changed(None)
        try:
            await back_up(self.desk, self.session)
        except CrmError as error:
            if (place := self.shown) is not None:
                place.say(str(error), alert=True)
        except Stopped:
            pass  # the session ends

    def overlays(self) -> list[Overlay]:
        """What may lie over a place; nothing until it is loaded."""
        if not self._loaded:
            return []
        from crm_tui.tui.widgets.confirm import Confirm
        from crm_tui.tui.widgets.form import Form
        from crm_tui.tui.widgets.menu import Menu
        from crm_tui.tui.widgets.prompt import Prompt

        return [Prompt(), Menu(), Confirm(), Form()]

    async def on_unmount(self) -> None:
        """Take no more keys."""
        self.lookout.end()
        if "importer" in vars(self):
            self.importer.close()
        if self._attending is not None:
            self._attending.cancel()

    def _failed(self, error: BaseException) -> None:
        """A job of the desk failed, in the desk's thread: who has left the team is out, whatever they were doing."""
        if isinstance(error, SignedOut) and self._loop is not None:
            self._loop.call_soon_threadsafe(self.work, lambda: self._leave(error))

    async def _leave(self, error: CrmError) -> None:
        """Close, once the key that is being obeyed has been, and say why."""
        if self.is_running and not self.return_code:
            self.exit(None, error.exit_code, Text(str(error)))

    def exit(self, *given: Any, **named: Any) -> None:
        """Leave; what plays ends, and what was recorded so far is kept."""
        self.stop_playing()
        self.recorder.keep()
        super().exit(*given, **named)

    def terminal_gone(self, number: int = signal.SIGHUP) -> None:
        """The line was dropped, or that signal came: keep the drafts, then go, at the latest after two seconds."""
        signal.setitimer(signal.ITIMER_REAL, _WATCHDOG)
        if (place := self.shown) is not None:
            place.keep_draft()
        self.exit(None, 128 + number)


def _load() -> None:
    for name in LATER:
        import_module(name)
