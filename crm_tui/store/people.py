"""Users, teams and absences as they are read: who someone is, and whom a sight is made of (DOMAIN §8).

Days are ISO dates; an absence without an end lasts until further notice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from crm_tui.domain.people import Colleagues
from crm_tui.store.database import Database
from crm_tui.store.pools import counted

HOLDERS = "('rep', 'lead', 'admin')"
"""The roles that may hold customers, as SQL."""


class UserRow(Struct, frozen=True):
    """A user's row; `zone` is the name of the time zone, "" for the database's."""

    id: int
    login: str
    name: str
    role: str
    state: str
    time_zone: str
    team_id: int | None
    capacity: int | None
    may_export: int


_USER = ", ".join(UserRow.__struct_fields__)
AWAY = "a.from_on <= :today AND (a.until_on IS NULL OR a.until_on >= :today)"
"""Whether the absence `a` is on the day `:today`."""


def by_login(database: Database, login: str) -> UserRow | None:
    """The user of that login."""
    row = database.row(f"SELECT {_USER} FROM user WHERE login = ?", (login,))
    return UserRow(*row) if row else None


def by_id(database: Database, user_id: int) -> UserRow | None:
    """The user of that id."""
    row = database.row(f"SELECT {_USER} FROM user WHERE id = ?", (user_id,))
    return UserRow(*row) if row else None


def logins(database: Database) -> dict[str, int]:
    """Every user's id by login."""
    return dict(database.rows("SELECT login, id FROM user"))


def names(database: Database) -> dict[str, str]:
    """The full name of every user who has not left, by login."""
    return dict(database.rows("SELECT login, name FROM user WHERE state <> 'left' ORDER BY login"))


def is_anybody(database: Database) -> bool:
    """Whether there is a user yet."""
    return bool(database.value("SELECT 1 FROM user LIMIT 1"))


def make_first(database: Database, login: str, at: str) -> None:
    """The first user of a new database, its administrator; call it inside `writing()`."""
    database.execute(
        "INSERT INTO user (login, name, role, created_at, team_id) VALUES (?, ?, 'admin', ?, 1)", (login, login, at)
    )


def of_ids(database: Database, ids: Iterable[int]) -> dict[int, UserRow]:
    """The users of these ids."""
    rows = database.rows(f"SELECT {_USER} FROM user WHERE id IN (SELECT value FROM json_each(?))", (_list(ids),))
    return {row[0]: UserRow(*row) for row in rows}


def rules(database: Database) -> dict[str, tuple[str, str | None, str | None]]:
    """The changed business rules: name → (value, value before, day of the change), values as JSON."""
    rows = database.rows("SELECT name, value, previous, changed_on FROM setting")
    return {name: (value, previous, day) for name, value, previous, day in rows}


def pool_rules(database: Database) -> dict[int, dict[str, tuple[str, str | None, str | None]]]:
    """As `rules`, those that hold for one pool only, by pool."""
    found: dict[int, dict[str, tuple[str, str | None, str | None]]] = {}
    for pool_id, name, *values in database.rows("SELECT pool_id, name, value, previous, changed_on FROM pool_rule"):
        found.setdefault(pool_id, {})[name] = (values[0], values[1], values[2])
    return found


def schemes(database: Database) -> dict[str, str]:
    """The TOML texts of the firm's own schemes, by identifier."""
    return dict(database.rows("SELECT identifier, text FROM scheme"))


def led_teams(database: Database, user: UserRow) -> tuple[int, ...]:
    """The teams that the user leads: those that name the user; where none does, a lead's own if it names nobody."""
    own = user.team_id if user.role == "lead" else None
    rows = database.rows(
        "SELECT id FROM team WHERE lead_id = :user OR (id = :own AND lead_id IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM team WHERE lead_id = :user)) ORDER BY id",
        {"user": user.id, "own": own},
    )
    return tuple(row[0] for row in rows)


def colleagues(database: Database, user: UserRow, today: str) -> Colleagues:
    """Whom the user works with on that day, and what was shared with the user."""
    led = all_led = None
    if user.role == "lead":
        led = _members(database, led_teams(database, user))
        all_led = not database.value(
            f"SELECT 1 FROM user WHERE role IN {HOLDERS} AND state <> 'left' AND role <> 'admin'"
            " AND id NOT IN (SELECT value FROM json_each(?)) LIMIT 1",
            (_list(led),),
        )
    return Colleagues(
        led or (), bool(all_led), *_away(database, user.id, today), _pools(database, user, led or ()),
        _member_of(database, (user.id,)), _shared(database, user.id, today),
    )  # fmt: skip


def _list(ids: Iterable[int]) -> str:
    return json.dumps(list(ids))


def _members(database: Database, teams: Iterable[int]) -> tuple[int, ...]:
    rows = database.rows(
        "SELECT id FROM user WHERE team_id IN (SELECT value FROM json_each(?)) ORDER BY id", (_list(teams),)
    )
    return tuple(row[0] for row in rows)


def _away(database: Database, user_id: int, today: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Of those who are away: who named the user as stand-in, and for whom else the user stands in by office."""
    rows = database.rows(
        "SELECT a.user_id, a.stand_in_id FROM absence a JOIN user u ON u.id = a.user_id"
        f" WHERE {AWAY} AND u.state <> 'left' ORDER BY a.user_id",
        {"today": today},
    )
    mine = tuple(dict.fromkeys(away for away, stand_in in rows if stand_in == user_id and away != user_id))
    nobody = dict.fromkeys(away for away, stand_in in rows if stand_in is None)
    return mine, tuple(away for away in nobody if deputy(database, away, today) == user_id)


def deputy(database: Database, user_id: int, today: str) -> int | None:
    """Who stands in for a user who is away on that day and named nobody: the team's lead, else another lead in the
    team, else an administrator; of those who are there that day. None where there is nobody.
    """
    row = database.row(
        "SELECT d.id FROM user u JOIN user d ON d.id <> u.id AND d.state = 'active' AND d.role IN ('lead', 'admin')"
        " LEFT JOIN team t ON t.id = u.team_id"
        " WHERE u.id = :user AND (d.id = t.lead_id OR d.role = 'admin' OR d.team_id = u.team_id)"
        f" AND NOT EXISTS (SELECT 1 FROM absence a WHERE a.user_id = d.id AND {AWAY})"
        " ORDER BY d.id IS NOT t.lead_id, d.role = 'admin', d.id LIMIT 1",
        {"user": user_id, "today": today},
    )
    return row[0] if row else None


def away(database: Database, today: str) -> set[int]:
    """Who is away on that day."""
    return {row[0] for row in database.rows(f"SELECT a.user_id FROM absence a WHERE {AWAY}", {"today": today})}


def away_until(database: Database, today: str) -> dict[int, tuple[str | None, str | None]]:
    """Who is away on that day: the last day (None until further notice) and the stand-in's login."""
    rows = database.rows(
        "SELECT a.user_id, a.until_on, s.login FROM absence a LEFT JOIN user s ON s.id = a.stand_in_id"
        f" WHERE {AWAY} ORDER BY a.id",
        {"today": today},
    )
    return {user_id: (until, stand_in) for user_id, until, stand_in in rows}


def _pools(database: Database, user: UserRow, led: tuple[int, ...]) -> tuple[int, ...] | None:
    return None if user.role in ("admin", "service") else _member_of(database, (user.id, *led))


def _member_of(database: Database, users: Iterable[int]) -> tuple[int, ...] | None:
    """The pools that one of the users belongs to; None for all there are."""
    if not database.value("SELECT 1 FROM pool_member LIMIT 1"):
        return None
    rows = database.rows(
        "SELECT p.id FROM pool p WHERE NOT EXISTS (SELECT 1 FROM pool_member m WHERE m.pool_id = p.id)"
        " OR EXISTS (SELECT 1 FROM pool_member m WHERE m.pool_id = p.id"
        "  AND m.user_id IN (SELECT value FROM json_each(?))) ORDER BY p.id",
        (_list(users),),
    )
    return tuple(row[0] for row in rows)


def _shared(database: Database, user_id: int, today: str) -> dict[int, bool]:
    """What collaborations of that day, and open offers, let the user see; of what somebody holds only."""
    rows = database.rows(
        "SELECT s.customer_id, max(s.edit) FROM ("
        " SELECT customer_id, access = 'edit' AS edit FROM collaborator"
        "  WHERE user_id = :user AND (until_on IS NULL OR until_on >= :today)"
        " UNION ALL SELECT customer_id, 0 FROM transfer WHERE to_id = :user AND closed_at IS NULL"
        ") s JOIN customer c ON c.id = s.customer_id WHERE c.owner_id IS NOT NULL GROUP BY 1 ORDER BY 1",
        {"user": user_id, "today": today},
    )
    return {customer_id: bool(edit) for customer_id, edit in rows}


def everybody(database: Database) -> list[dict[str, Any]]:
    """All users in the order of their logins, with team, how many unarchived customers they hold, and how many that
    the holding cap counts, archived ones too.
    """
    names = (
        "id", "login", "name", "role", "state", "team_id", "team", "capacity", "may_export", "customers", "counted",
    )  # fmt: skip
    rows = database.rows(
        "SELECT u.id, u.login, u.name, u.role, u.state, u.team_id, t.name, u.capacity, u.may_export,"
        f" (SELECT coalesce(sum(customers), 0) FROM stage_count WHERE holder = 'u' || u.id), {counted('u.id')}"
        " FROM user u LEFT JOIN team t ON t.id = u.team_id ORDER BY u.login"
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def holders(database: Database) -> list[int]:
    """The users who may hold customers."""
    return [row[0] for row in database.rows(f"SELECT id FROM user WHERE role IN {HOLDERS} ORDER BY id")]


def administrators(database: Database) -> list[int]:
    """The users who administer and have not left."""
    return [row[0] for row in database.rows("SELECT id FROM user WHERE role = 'admin' AND state <> 'left' ORDER BY id")]


def absences_from(database: Database, user_id: int, day: str) -> list[tuple[int, str]]:
    """The user's absences that last until that day or longer: (row, first day)."""
    return database.rows(
        "SELECT id, from_on FROM absence WHERE user_id = ? AND (until_on IS NULL OR until_on >= ?)", (user_id, day)
    )


def teams(database: Database) -> list[dict[str, Any]]:
    """All teams: id, name, lead (login) and members (logins)."""
    members: dict[int, list[str]] = {}
    for team_id, login in database.rows("SELECT team_id, login FROM user WHERE state <> 'left' ORDER BY login"):
        members.setdefault(team_id, []).append(login)
    rows = database.rows("SELECT t.id, t.name, u.login FROM team t LEFT JOIN user u ON u.id = t.lead_id ORDER BY t.id")
    return [{"id": key, "name": name, "lead": lead, "members": members.get(key, [])} for key, name, lead in rows]
