"""The program on a pilot: a session on a database of its own, keys that are all obeyed before one looks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import events

from crm_tui.config import Config
from crm_tui.services import people
from crm_tui.tui.app import CrmApp
from crm_tui.tui.desk import Desk
from crm_tui.tui.home import first
from crm_tui.tui.screens.place import Place
from tests.factories import Clock

if TYPE_CHECKING:
    from textual.pilot import Pilot

LONG = 60.0
"""Seconds after which what has not come will not come, on the busiest machine."""

NAMES = {
    "<enter>": ("enter", "\r"), "<esc>": ("escape", None), "<tab>": ("tab", "\t"), "<up>": ("up", None),
    "<down>": ("down", None), "<left>": ("left", None), "<right>": ("right", None), "<bs>": ("backspace", "\x7f"),
    "<s-tab>": ("shift+tab", None), "<pgdn>": ("pagedown", None), "<pgup>": ("pageup", None),
    "<home>": ("home", None), "<end>": ("end", None), "<space>": ("space", " "),
}  # fmt: skip


def keys_of(text: str) -> Iterator[events.Key]:
    """The keys that `ta<enter>` or `<c-r>` are."""
    while text:
        if text.startswith("<c-") and text[4:5] == ">":
            yield events.Key(f"ctrl+{text[3]}", None)
            text = text[5:]
            continue
        name = next((name for name in NAMES if text.startswith(name)), None)
        if name is not None:
            yield events.Key(*NAMES[name])
            text = text[len(name) :]
        else:
            yield events.Key("space" if text[0] == " " else text[0], text[0])
            text = text[1:]


async def until(is_so: Callable[[], object], what: str = "") -> None:
    """Wait until something is so."""
    end = time.monotonic() + LONG
    while not is_so():
        assert time.monotonic() < end, what or "it never was so"
        await asyncio.sleep(0.01)


class Room:
    """A running program."""

    def __init__(self, app: CrmApp, pilot: Pilot[Any], desk: Desk) -> None:
        self.app = app
        self.pilot = pilot
        self.desk = desk

    @property
    def place(self) -> Place:
        return self.app.place

    async def press(self, *texts: str) -> None:
        """Type all of a text at once, wait until it is obeyed and the screen rests; then the next text."""
        for text in texts:
            for key in keys_of(text):
                self.app.post_message(key)
            await self.rest()

    async def rest(self, timeout: float = LONG) -> None:
        """Wait until nothing is going on."""
        app, end = self.app, time.monotonic() + timeout
        await self.pilot.pause()
        while app.is_running and time.monotonic() < end:
            await asyncio.wait_for(app.rested.wait(), timeout)
            if not self._is_drawing() and all(worker.is_finished for worker in app.workers):
                break
            await asyncio.sleep(0.003)
        await self.pilot.pause()

    def _is_drawing(self) -> bool:
        """Whether the screen shows in a moment what it does not show yet."""
        return self.app.screen._update_timer._active.is_set()

    async def later(self) -> None:
        """Wait also for what is done once the keys have rested for a while."""
        await self.rest()
        while self._puts_off():
            await until(lambda: not self._puts_off())
            await self.rest()

    def _puts_off(self) -> bool:
        """Whether a timer runs that does something once."""
        nodes = (self.app, *self.app.screen.walk_children(with_self=True))
        timers = [timer for node in nodes for timer in node._timers if timer._repeat == 0]
        return any(timer._task is not None and not timer._task.done() for timer in timers)

    def rows(self) -> list[str]:
        """What the screen shows."""
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]

    def text(self) -> str:
        """What the screen shows, as one text."""
        return "\n".join(self.rows())

    @property
    def said(self) -> str:
        """What the status line says."""
        return self.place.status.text

    @property
    def under(self) -> str:
        """The row under the cursor."""
        return next(row for row in self.rows() if row.startswith("›"))

    def ask(self, job: Any, *args: Any, **kwargs: Any) -> Any:
        """Run something on the desk: the connection is its."""
        return self.desk.submit(job, *args, **kwargs).result(LONG)

    def value(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """The first column of the first row."""
        return self.ask(self.app.session.database.value, sql, parameters)

    def values(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows."""
        found: list[tuple[Any, ...]] = self.ask(self.app.session.database.rows, sql, parameters)
        return found


@contextmanager
def desk_on(path: Path, login: str, clock: Clock) -> Iterator[tuple[Desk, Any, Any]]:
    """A desk with a signed-in session, and its home."""
    desk = Desk()

    def opening() -> tuple[Any, Any]:
        session = people.open_session(path, login, create=True, source="screen", clock=clock)
        desk.interrupt = session.database.connection.interrupt
        return session, first(session)

    session, home = desk.submit(opening).result(LONG)
    try:
        yield desk, session, home
    finally:
        desk.submit(session.database.close).result(LONG)
        desk.close()


@asynccontextmanager
async def entered(
    path: Path, login: str = "li", clock: Clock | None = None, size: tuple[int, int] = (80, 24), theme: str = "",
    keymap: str = "default", home: Path | None = None,
) -> AsyncIterator[Room]:  # fmt: skip
    """The program, opened by this user, whose own files lie in the folder `home`."""
    with desk_on(path, login, clock or Clock()) as (desk, session, first_screen):
        app = CrmApp(desk, session, first_screen, Config(theme=theme, keymap=keymap, home=home or Path()))
        async with app.run_test(size=size) as pilot:
            room = Room(app, pilot, desk)
            await room.rest()
            yield room

