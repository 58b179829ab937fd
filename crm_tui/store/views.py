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


_SHARES = (
    "u.state <> 'left' AND ((v.shared = 'everyone' AND u.role = 'admin')"
    f" OR (v.shared = 'team' AND u.role IN ('lead', 'admin') AND {_LEADS}))"
)
"""The SQL of whether the view is shared with the team, by somebody who may."""


def seen(database: Database, user_id: int, team_id: int | None) -> list[ViewRow]:
    """The user's own views, then those that are shared with that team's members or with everyone; by name.

    What was shared by somebody who could not share it so any more is not among them.
    """
    rows = database.rows(
        f"SELECT {_COLUMNS} FROM saved_view v JOIN user u ON u.id = v.user_id WHERE v.user_id = :user"
        f" OR ({_SHARES})"
        " ORDER BY v.user_id <> :user, v.name, v.id",
        {"user": user_id, "team": team_id},
    )
    return [ViewRow(*row) for row in rows]


def lettered_before(database: Database, view_id: int, user_id: int, team_id: int | None) -> tuple[str, str, str] | None:
    """Name, owner and letter of what another shares under the letter of that shared view, and that goes before it.

    Of what is shared with a team only the user's own counts, unless the view is for everyone.
    """
    row = database.row(
        "SELECT v.name, u.login, v.letter FROM saved_view w JOIN saved_view v ON v.letter = w.letter AND v.id < w.id"
        " JOIN user u ON u.id = v.user_id WHERE w.id = :view AND w.shared <> '' AND w.letter <> ''"
        f" AND v.user_id <> :user AND v.shared <> '' AND (({_SHARES})"
        " OR (w.shared = 'everyone' AND u.state <> 'left' AND u.role IN ('lead', 'admin'))) ORDER BY v.id LIMIT 1",
        {"view": view_id, "user": user_id, "team": team_id},
    )
    return row and (row[0], row[1], row[2])
