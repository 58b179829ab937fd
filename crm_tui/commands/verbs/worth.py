"""What the commands about the worth of customers call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session


def metrics(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.domain import periods
    from crm_tui.services import worth

    wanted = periods.parse(values.get("from"), values.get("to"), session.today)
    return worth.metrics(session, ids[0], wanted)


def rebuild(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import worth

    return worth.rebuild(session)
