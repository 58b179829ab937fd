"""What the command of a leaver's hand-over calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session


def handover(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import handover as services

    if not values.get("by"):
        return services.show(session, values["user"])
    return services.hand_over(session, values["user"], values["by"], values.get("reason", ""))


def affected(session: Session, values: Values) -> int:
    """How many customers it would hand over; 0 where it only shows them."""
    from crm_tui.services import handover as services

    return services.preview(session, values["user"], values["by"]).customers if values.get("by") else 0
