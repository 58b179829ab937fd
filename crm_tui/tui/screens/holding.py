"""What one holds of what the holding cap counts is in sight wherever one may take more: in the status line."""

from __future__ import annotations

from crm_tui.domain.errors import CrmError
from crm_tui.services.session import Session
from crm_tui.tui.desk import Stopped
from crm_tui.tui.screens.place import Place
from crm_tui.tui.widgets.status_line import ESSENTIAL, Part

UNCAPPED = 6
"""The priority of the part for whom no cap binds."""


class HoldingPlace(Place):
    """A place that tells it, read anew by `hold` whenever it may have changed; nothing waits for it."""

    holding = ""

    def hold(self) -> None:
        """Find out what it is now, and show it where it differs."""
        self.background("holding", self._read_holding)

    async def _read_holding(self) -> None:
        try:
            told = await self.desk.later("holding", _held, self.session)
        except (CrmError, Stopped):
            return
        before, self.holding = self.holding, told
        others = [part for part in self.status.parts if not before or part.text != before]
        self.status.parts = [*others, *self._part()]

    def _part(self) -> list[Part]:
        priority = ESSENTIAL if self.session.person.role == "rep" else UNCAPPED
        return [Part(self.holding, priority)] if self.holding else []

    def _hints(self) -> list[Part]:
        return [*super()._hints(), *self._part()]


def _held(session: Session) -> str:
    """What the user holds: `holding 37/100`; empty for who holds none. Runs on the desk."""
    if session.person.role == "service":
        return ""
    from crm_tui.services.pools import holding  # no first frame waits for it

    return holding(session)
