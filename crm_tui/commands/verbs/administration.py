"""What the commands of administrators call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session
    from crm_tui.services.teams import Given


def users_add(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import teams

    return teams.add(session, values["login"], _given(values))


def _given(values: Values) -> Given:
    from crm_tui.services.teams import Given

    export = values.get("export")
    return Given(
        values.get("name"), values.get("role"), values.get("time_zone"), values.get("team"), values.get("capacity"),
        None if export is None else export == "yes", values.get("state"),
    )  # fmt: skip


def users_edit(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import teams

    return teams.edit(session, values["login"], _given(values))


def users_away(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import teams

    since, until = values.get("since"), values.get("until")
    return teams.away(
        session, values["login"], since.on if since else None, until.on if until else None, values.get("stand_in")
    )


def users_back(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import teams

    return teams.back(session, values["login"])


def users_leave(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import teams

    return teams.leave(session, values["login"])


def teams_add(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import teams

    return teams.add_team(session, values["name"], values.get("lead"), _several(values.get("members")))


def teams_edit(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import teams

    members = _several(values.get("members"))
    return teams.edit_team(session, values["team"], values.get("name"), values.get("lead"), members)


def teams_list(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import teams

    return teams.list_teams(session)


def _several(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").replace("，", ",").split(",") if part.strip()]


def config_set(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import rules

    return rules.set_rule(session, values["setting"], values["value"], values.get("pool"))
