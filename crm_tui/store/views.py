"""Saved views as rows: those that a user sees are one's own, and those that others share, as they may share now."""

from __future__ import annotations

from dataclasses import dataclass

from crm_tui.store.database import Database


@dataclass(frozen=True)
class ViewRow:
    """A saved view: filter, columns and sort as they are typed, "" for the list's own."""

    id: int
    name: str
    user_id: int
    owner: str
    shared: str
    letter: str
    filter: str
    columns: str
    sort: str


_COLUMNS = 'v.id, v.name, v.user_id, u.login, v.shared, v.letter, v.filter, v."columns", v.sort'

# As `people.led_teams`: the teams that name the user, where none does a lead's own if it names nobody.
_LEADS = (
    "EXISTS (SELECT 1 FROM team t WHERE t.id = :team AND (t.lead_id = u.id OR (u.role = 'lead' AND t.id = u.team_id"
    " AND t.lead_id IS NULL AND NOT EXISTS (SELECT 1 FROM team o WHERE o.lead_id = u.id))))"
)


def seen(database: Database, user_id: int, team_id: int | None) -> list[ViewRow]:
    """The user's own views, then those that are shared with that team's members or with everyone; by name.

    What was shared by somebody who could not share it so any more is not among them.
    """
    rows = database.rows(
        f"SELECT {_COLUMNS} FROM saved_view v JOIN user u ON u.id = v.user_id WHERE v.user_id = :user"
        " OR (u.state <> 'left' AND ((v.shared = 'everyone' AND u.role = 'admin')"
        f" OR (v.shared = 'team' AND u.role IN ('lead', 'admin') AND {_LEADS})))"
        " ORDER BY v.user_id <> :user, v.name, v.id",
        {"user": user_id, "team": team_id},
    )
    return [ViewRow(*row) for row in rows]
