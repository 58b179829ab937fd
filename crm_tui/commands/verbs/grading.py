"""What the commands that grade customers by a rule call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session


def grade(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import grading

    return grading.grade(session, **_asked(session, values))


def preview(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import grading

    return grading.preview(session, **_asked(session, values))


def moving(session: Session, values: Values) -> int:
    from crm_tui.services import grading

    return grading.moving(session, **_asked(session, values))


def ahead(session: Session, values: Values) -> None:
    from crm_tui.services import grading

    grading.check(_asked(session, values)["scheme"])


def _asked(session: Session, values: Values) -> dict[str, Any]:
    from crm_tui.domain import periods

    period = periods.parse(values.get("from"), values.get("to"), session.today)
    return {"scheme": values["scheme"], "period": period, "on": values.get("on", "")}
