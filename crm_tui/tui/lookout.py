"""Looks out for what other processes do to the database, and has the place show it.

Once a second the file that every writer appends to is looked at from outside: one `stat`, no query, no other thread.
Only if it was written to is the database asked whether by somebody else, and only then are rows read again.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

from crm_tui.domain.errors import CrmError
from crm_tui.services import news
from crm_tui.tui.desk import Stopped

if TYPE_CHECKING:
    from textual.worker import WorkType

    from crm_tui.tui.app import CrmApp

LOOK = 1.0
"""Seconds between two looks at the file."""


class WriteLog:
    """The write-ahead log of a database file; SQLite keeps it for as long as anybody has the database open."""

    def __init__(self, database: Path) -> None:
        self._path = f"{os.path.realpath(database)}-wal"
        self._before = self._state()
        self._unsure = False

    def was_written(self) -> bool:
        """Whether it was written to since this was asked last.

        True once more after each time: two writes within one tick of the file system's clock look like one.
        """
        before, self._before = self._before, self._state()
        changed = before != self._before
        told, self._unsure = changed or self._unsure, changed
        return told

    def doubt(self) -> None:
        """Say the next time that it was written to."""
        self._unsure = True

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


class Lookout:
    """For one session: `seen` is how far what is shown at first was read."""

    def __init__(self, app: CrmApp, seen: news.Seen) -> None:
        self._app = app
        self._seen = seen
        self._log = WriteLog(app.session.database.path)
        self._looking = False
        self._next: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Look from now on, once a second."""
        self._log.doubt()
        self._glance()

    def end(self) -> None:
        """Look no more."""
        if self._next is not None:
            self._next.cancel()

    def _glance(self) -> None:
        self._next = asyncio.get_running_loop().call_later(LOOK, self._glance)
        if not self._looking and self._log.was_written():
            self.look()

    def look(self) -> None:
        """See whether others have changed something, and show what they changed."""
        if not self._looking:
            self._looking = True
            work: WorkType[None] = self._look
            self._app.run_worker(work, group="look")

    async def _look(self) -> None:
        app = self._app
        try:
            seen, changed = await app.desk.later("look", news.since, app.session, self._seen)
            place = app.shown
            if changed != frozenset() and place is not None:
                await place.others_changed(changed)
            self._seen = seen
        except Stopped:
            self._log.doubt()
        except CrmError:
            return  # the next command says what is wrong with the database
        finally:
            self._looking = False
