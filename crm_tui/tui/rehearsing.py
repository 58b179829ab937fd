"""Dry runs of macros on the screens: played on a copy of the database in a thread of their own, while work goes on.

There is one at a time. Esc ends it after the step; what it would have done is shown when it is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from signal import SIGINT
from typing import TYPE_CHECKING

from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.tui.widgets.status_line import ESSENTIAL, Part

if TYPE_CHECKING:
    from crm_tui.commands.language import Call
    from crm_tui.services.session import Outcome
    from crm_tui.tui.app import CrmApp
    from crm_tui.tui.screens.asking import Gathered


class Rehearsal:
    """The dry run that goes on, if one does."""

    def __init__(self, app: CrmApp) -> None:
        self._app = app
        self._name: str | None = None
        self._came: list[int] = []

    async def begin(self, call: Call, gathered: Gathered) -> None:
        """Play what the call names, on whom it would be played on now. CrmError for what is wrong in it."""
        from crm_tui.commands import running

        app = self._app
        if self._name is not None:
            raise CrmError(_("a dry run goes on: Esc stops it"))
        marked = tuple(app.place.played_on())
        await app.desk.run(running.check, app.session, call, marked)
        gathered.finish()
        self._name, self._came = str(call.values["name"]), []
        self._tell()
        app.run_worker(self._play(call, marked), group="rehearsal", exit_on_error=False)

    def stop(self) -> bool:
        """Esc: end it after the step; whether there is one that it ends."""
        if self._name is None or self._came:
            return False
        self._came.append(SIGINT)
        return True

    @property
    def parts(self) -> list[Part]:
        """What the status line says of it."""
        if self._name is None:
            return []
        return [Part(_("dry run of {name}  Esc stops").format(name=self._name), ESSENTIAL)]

    async def _play(self, call: Call, marked: Sequence[int]) -> None:
        from crm_tui.commands import running

        app, came = self._app, self._came
        try:
            outcome = await asyncio.to_thread(running.rehearsed, app.session, call, marked, came)
        except CrmError as error:
            app.work(partial(_raise, error))
        else:
            app.work(partial(self._show, outcome))
        finally:
            came.append(SIGINT)  # the program closes: the thread goes on until then
            self._name = None
            self._tell()

    async def _show(self, outcome: Outcome) -> None:
        self._app.place.show_lines(outcome.message, outcome.lines)

    def _tell(self) -> None:
        if (place := self._app.shown) is not None:
            place.hint()


async def _raise(error: CrmError) -> None:
    """What is wrong is said by who does the work."""
    raise error
