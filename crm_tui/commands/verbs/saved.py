"""What the commands about saved views call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.domain.errors import CrmError, UsageError

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session


def save(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import columns, views

    chosen, sort, shared = values.get("columns"), values.get("sort"), values.get("shared")
    return views.save(
        session, values["name"], filter=values.get("filter"),
        columns=None if chosen is None else columns.written(chosen), sort=None if sort is None else str(sort or ""),
        shared="" if shared == "own" else shared, letter=values.get("letter"),
    )  # fmt: skip


def rename(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import views

    return views.rename(session, values["name"], values["new"])


def remove(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import views

    return views.remove(session, values["name"])


def lettered(session: Session, values: Values) -> None:
    """UsageError where no view has the letter: nothing is asked of what is shown."""
    from crm_tui.services import views

    session.refresh()
    try:
        views.lettered(session, values["letter"])
    except CrmError as error:
        raise UsageError(str(error), values["letter"], 0) from error
