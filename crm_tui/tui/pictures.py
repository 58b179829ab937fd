"""A few pictures a second of what goes on, however much of it there is: between two of them nothing is painted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from crm_tui.tui.screens.place import Place

if TYPE_CHECKING:
    from crm_tui.tui.app import CrmApp
    from crm_tui.tui.widgets.record_table import RecordTable

PAUSE = 0.1
"""Seconds before the first picture."""
REST = 0.2
"""Seconds between two pictures."""
EXPOSURE = 0.02
"""Seconds in which one is painted."""


class Pictures:
    """For as long as `begin` and `end` say. `due` is called before each picture."""

    def __init__(self, app: CrmApp, due: Callable[[], None]) -> None:
        self._app = app
        self._due = due
        self._task: asyncio.Task[None] | None = None
        self._held = False
        self._still: list[RecordTable] = []
        self.is_live = False
        """Whether everything is painted as it comes, for somebody who is to see it."""

    def begin(self) -> None:
        """Take pictures from here on; the first after a pause."""
        self._hold(True)
        self._task = asyncio.get_running_loop().create_task(self._take())

    def end(self) -> None:
        """Paint everything again."""
        if self._task is not None:
            self._task.cancel()
        self._hold(False)

    def expose(self) -> None:
        """Paint what there is, until the next pause."""
        self._hold(False)

    async def _take(self) -> None:
        pause = PAUSE
        while True:
            await asyncio.sleep(pause)
            self._due()
            self._hold(False)
            await asyncio.sleep(EXPOSURE)
            self._hold(not self.is_live)
            pause = REST

    def _hold(self, held: bool) -> None:
        if held == self._held:
            return
        self._held = held
        if held:
            self._app._begin_batch()
            self._still = [s.table for s in self._app.screen_stack if isinstance(s, Place) and s.is_mounted]
        for table in self._still:
            table.keep_still(held)
        if not held:
            self._app._end_batch()
