"""A place whose rows are dear to find out: what others do is shown as soon as that costs little of the time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.timer import Timer

from crm_tui.domain.errors import CrmError
from crm_tui.tui.desk import Stopped
from crm_tui.tui.screens.place import Place

if TYPE_CHECKING:
    from crm_tui.services.news import Changed

SHARE = 10
"""A reading that took so long is not begun anew before so many times as long have passed."""


class UnhurriedPlace(Place):
    """`again` reads and shows all of it; with a small team that takes milliseconds, and nothing ever waits."""

    _not_before = 0.0
    _waiting: Timer | None = None

    async def again(self) -> None:
        """Read everything when nobody waits for anything else, and show it."""
        raise NotImplementedError

    async def others_changed(self, ids: Changed = None) -> None:
        """Whatever it was, all as it is now."""
        wait = self._not_before - time.monotonic()
        if wait <= 0:
            await self._read_again()
        elif self._waiting is None:
            self._waiting = self.set_timer(wait, self._at_last)

    def _at_last(self) -> None:
        self._waiting = None
        self.background("again", self._read_again)

    async def _read_again(self) -> None:
        began = time.monotonic()
        try:
            await self.again()
        except (CrmError, Stopped):
            return
        self._not_before = time.monotonic() + SHARE * (time.monotonic() - began)
