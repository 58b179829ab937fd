"""What the commands of administrators call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session


def users_add(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import people

    return people.add(
        session, values["login"], name=values.get("name", ""), role=values.get("role", "rep"),
        time_zone=values.get("time_zone", ""),
    )  # fmt: skip


def config_set(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import people

    return people.set_rule(session, values["setting"], values["value"])
