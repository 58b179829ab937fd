"""Looks out for what other processes do to the database, and has the place show it.

Once a second the file that every writer appends to is looked at from outside: two `stat`s, no query, no other thread.
Only if it was written to is the database asked whether by somebody else, and only then are rows read again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from crm_tui.domain.errors import CrmError, Displaced
from crm_tui.services import news
from crm_tui.services.news import LOOK
from crm_tui.tui.desk import Stopped

if TYPE_CHECKING:
    from textual.worker import WorkType

    from crm_tui.tui.app import CrmApp


class Lookout:
    """For one session: `seen` is how far what is shown at first was read."""

    def __init__(self, app: CrmApp, seen: news.Seen) -> None:
        self._app = app
        self._seen = seen
        self._log = news.WriteLog(app.session.database.path)
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
        except Displaced as error:
            if (place := app.shown) is not None:
                place.say(str(error), alert=True)
        except CrmError:
            return  # the next command says what is wrong with the database
        finally:
            self._looking = False
