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
