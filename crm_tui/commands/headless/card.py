"""The card of a customer without a screen: what is done there is done to that customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.commands.headless.place import Ids, Place, Values
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _

if TYPE_CHECKING:
    from crm_tui.commands.headless import Headless
    from crm_tui.commands.language import Call
    from crm_tui.services.session import Outcome


class Card(Place):
    """The card of a customer, over the place from which it was opened."""

    name = "card"

    def __init__(self, around: Headless, customer_id: int) -> None:
        super().__init__(around)
        self.customer_id = customer_id

    def key(self, index: int) -> int | None:
        return self.customer_id

    def done(self, call: Call, outcome: Outcome) -> None:
        if outcome.changed:
            self.entered()

    def entered(self) -> None:
        """Left at once where the customer is not there any more, or was given to others."""
        if not self.session.see([self.customer_id])[0]:
            self.around.uncover()

    returned = entered

    def mark(self, values: Values, ids: Ids) -> None:
        raise CrmError(_("there is nothing to mark here"))

    def open(self, values: Values, ids: Ids) -> None:
        if ids[0] != self.customer_id:
            super().open(values, ids)
            return
        raise CrmError(_("the customer is open already: name what is to be done with it"))
