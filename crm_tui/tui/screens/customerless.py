"""A place that tells of no customer: nothing that happens to one changes it, and none is under the cursor or marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_tui.commands.dispatch import Targets
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.tui.screens.place import Place

if TYPE_CHECKING:
    from crm_tui.services.news import Changed


class CustomerlessPlace(Place):
    """What customers are is no matter here."""

    async def changed(self, ids: Sequence[int]) -> None:
        """Nothing here tells of customers."""

    async def others_changed(self, ids: Changed = None) -> None:
        """Nor of what others make of them."""

    def targets(self) -> Targets:
        """No customer is under the cursor here."""
        return Targets()

    async def mark(self, what: str | None = None) -> None:
        """What is marked are customers."""
        raise CrmError(_("there is nothing to mark here"))
