"""Imports beside everything else: one at a time, on a thread and a connection of their own, so that keys are obeyed
and rows are read while it lasts.

Only writers wait for it, as they do for an import in a shell. Esc ends it, and nothing of it remains.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.tui.desk import Desk
from crm_tui.tui.widgets.status_line import ESSENTIAL, Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_tui.commands.importing import Look
    from crm_tui.commands.language import Call
    from crm_tui.services.imports import FactsImported, Imported
    from crm_tui.services.session import Session
    from crm_tui.tui.app import CrmApp

OFTEN = 0.25
"""Seconds between two looks at how far it is."""
GRACE = 1.0
"""Seconds that an import has to end by itself once it is cancelled; then what it asks of the database is stopped."""


@dataclass
class Running:
    """An import that goes on: rows `done` of at most `most`, since `began` on the monotonic clock."""

    call: Call
    dry_run: bool
    began: float
    done: int = 0
    most: int | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    cancelled_at: float = 0.0

    @property
    def title(self) -> str:
        """What goes on, in a word."""
        return _("dry run") if self.dry_run else _("import")

    def told(self, now: float) -> str:
        """How far it is, how fast, and how long it may last yet."""
        seconds = max(now - self.began, 0.001)
        rate, rows = self.done / seconds, f"{self.done:,}"
        if not self.done:
            return _("{title}: reading …").format(title=self.title)
        if self.most is None:
            text = _("{title}: {done} rows, {rate} a second")
            return text.format(title=self.title, done=rows, rate=f"{rate:,.0f}")
        if self.done >= self.most:
            return _("{title}: {done} rows read, writing …").format(title=self.title, done=rows)
        left = int((self.most - self.done) / rate)
        text = _("{title}: {done} of {most} rows, {rate} a second, {left} left")
        return text.format(
            title=self.title, done=rows, most=f"{self.most:,}", rate=f"{rate:,.0f}", left=f"{left // 60}:{left % 60:02}"
        )


@dataclass(frozen=True)
class Ended:
    """An import that is over: what it did, or why it did nothing."""

    call: Call
    dry_run: bool
    done: Imported | FactsImported | None
    error: str = ""


class Importer:
    """The import that goes on, if one does, and the last one."""

    def __init__(self, app: CrmApp) -> None:
        self._app = app
        self._desk = Desk()
        self.running: Running | None = None
        self.ended: Ended | None = None

    async def look(self, call: Call) -> Look:
        """Look at the table of a call; Stopped when a newer look has overtaken it, CrmError for what is wrong."""
        from crm_tui.commands import importing

        return await self._desk.read("look", self._apart, partial(importing.looked, call=call))

    def begin(self, look: Look, *, dry_run: bool) -> None:
        """Bring in what was looked at, or try it. CrmError while another one goes on."""
        if self.running is not None:
            raise CrmError(_("an import goes on: Esc cancels it"))
        self.running = Running(look.call, dry_run, time.monotonic())
        self._app.run_worker(self._run(self.running, look), group="import", exit_on_error=False)

    def stop(self) -> bool:
        """Esc: cancel it; whether there is one that was not yet."""
        running = self.running
        if running is None or running.cancelled.is_set():
            return False
        running.cancelled_at = time.monotonic()
        running.cancelled.set()
        self._tell()
        return True

    def close(self) -> None:
        """The program ends: so does what goes on."""
        self.stop()
        self._desk.interrupt()
        self._desk.close()

    @property
    def parts(self) -> list[Part]:
        """What the status line says of it."""
        if self.running is None:
            return []
        if self.running.cancelled.is_set():
            return [Part(_("cancelling …"), ESSENTIAL)]
        percent = ""
        if self.running.most:
            percent = f" {min(99, 100 * self.running.done // self.running.most)} %"
        return [Part(_("{title}{percent}  Esc cancels").format(title=self.running.title, percent=percent), ESSENTIAL)]

    # -- while it lasts

    async def _run(self, running: Running, look: Look) -> None:
        from crm_tui.commands import importing

        job = partial(
            importing.brought_in, call=running.call, seen=look.plan, dry_run=running.dry_run,
            progress=partial(_progress, running),
        )  # fmt: skip
        done, error = None, ""
        ticking = self._app.set_interval(OFTEN, self._tick)
        self._tell()
        try:
            done = await self._desk.run(self._apart, job)
        except Exception as failed:
            if not running.cancelled.is_set() and not isinstance(failed, CrmError):
                raise
            error = _("cancelled: nothing was imported") if running.cancelled.is_set() else str(failed)
        finally:
            ticking.stop()
            self.running = None
        self.ended = Ended(running.call, running.dry_run, done, error)
        self._app.work(partial(self._show, self.ended))

    def _apart(self, job: Callable[[Session], Any]) -> Any:
        with self._app.session.apart() as session:
            self._desk.interrupt = session.database.interrupt
            try:
                return job(session)
            finally:
                self._desk.interrupt = _nothing

    def _tick(self) -> None:
        running = self.running
        if running is not None and running.cancelled.is_set() and time.monotonic() > running.cancelled_at + GRACE:
            self._desk.interrupt()
        self._tell()

    def _tell(self) -> None:
        place = self._app.shown
        if place is not None:
            place.hint()
            place.went_on()

    # -- when it is over

    async def _show(self, ended: Ended) -> None:
        place = self._app.place
        self._tell()
        if ended.done is None:
            place.say(ended.error, alert=True)
        elif ended.dry_run:
            place.say(ended.done.message)
        else:
            if ended.done.entry_id is not None:
                self._app.recorder.played(ended.call)
                await place.others_changed()
            keys = _("{key} undoes").format(key=place.key("undo")) if ended.done.entry_id is not None else ""
            place.say(ended.done.message, alert=ended.done.exit_code == 1, keys=keys)


def _progress(running: Running, done: int, most: int | None) -> None:
    from crm_tui.services.imports import Cancelled

    running.done, running.most = done, most
    if running.cancelled.is_set():
        raise Cancelled


def _nothing() -> None:
    """Nothing runs that could be stopped."""
