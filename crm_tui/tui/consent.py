"""The one question of a run: whether so many rows may be changed. A yes holds until the run ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING

from crm_tui.tui.widgets.overlay import Overlay, settle

if TYPE_CHECKING:
    from crm_tui.tui.app import CrmApp
    from crm_tui.tui.pictures import Pictures
    from crm_tui.tui.screens.place import Place

_LOOK = 0.05
"""Seconds between two looks at whether a question is still on the screen."""


class Declined(Exception):
    """The user did not want it."""


class Consent:
    """What the user has said to the run that is on: `is_given` after a yes, `is_asked` while the question stands."""

    def __init__(self, app: CrmApp, pictures: Pictures, before: Callable[[], Awaitable[None]]) -> None:
        """`before` shows what the run has changed so far, which the question is judged by."""
        self._app, self._pictures, self._before = app, pictures, before
        self._key = ""
        self.is_given = False
        self.is_asked = False

    def begin(self, key: str, *, given: bool) -> None:
        """A run begins that `key` started: the question is answered by another; `given` where none is to be asked."""
        self._key, self.is_given = key, given

    async def ask(self, question: str) -> None:
        """Ask, once in a run; Declined for a no, and where the question goes with the place that it stands on."""
        if self.is_given:
            return
        app, place = self._app, self._app.place
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.is_asked = self._pictures.is_live = True
        try:
            await self._before()
            if app.place is not place:  # a card whose customer is another's by now
                raise Declined
            self._pictures.expose()
            yes, never = partial(_said, answer, True), partial(_said, answer, False)
            place.confirm(question, yes, key=self._key, never=never)
            gone = asyncio.ensure_future(self._gone(place, never))
            try:
                await app.until(answer)
            finally:
                gone.cancel()
        finally:
            self.is_asked = self._pictures.is_live = False
        if not answer.result():
            raise Declined
        self.is_given = True

    async def _gone(self, place: Place, never: Callable[[], Awaitable[None]]) -> None:
        """Do `never` once the question is gone from the place, or the place itself; an answer that closed it comes
        first.
        """
        question = place.query_one("Confirm", Overlay)
        while question.is_open and place in self._app.screen_stack:
            await asyncio.sleep(_LOOK)
        if place in self._app.screen_stack:
            await settle(question)
        self._app.work(never)


async def _said(answer: asyncio.Future[bool], yes: bool) -> None:
    if not answer.done():
        answer.set_result(yes)
