"""What a lead wants to know of each rep, counted for all of them at once: one query a figure, each through an index.

All take the ids of the users and return their figures by user; who has none is left out. Days are ISO dates, moments
stored stamps.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from crm_tui.domain.people import Sight
from crm_tui.store.customers import seen_by
from crm_tui.store.database import Database

_WANTED = "json_each(:users) w"


def promises(database: Database, users: Iterable[int], today: str) -> dict[int, tuple[int, int]]:
    """(promised for today, promised earlier and still open) of their customers, archived ones left out."""
    rows = database.rows(
        "SELECT w.value, sum(c.next_on = :today), sum(c.next_on < :today)"
        f" FROM {_WANTED} CROSS JOIN customer c INDEXED BY customer_owner_next ON c.owner_id = w.value"
        " AND c.next_on <= :today WHERE c.archived_at IS NULL GROUP BY 1",
        {"users": _list(users), "today": today},
    )
    return {user: (now, late) for user, now, late in rows}


def untouched(database: Database, users: Iterable[int]) -> dict[int, int]:
    """How many of their customers nobody has turned to, not even in vain, since they were given to them."""
    return dict(
        database.rows(
            f"SELECT w.value, count(*) FROM {_WANTED} CROSS JOIN customer c INDEXED BY customer_untouched"
            " ON c.owner_id = w.value WHERE c.owner_id IS NOT NULL AND c.archived_at IS NULL"
            " AND (c.last_touch IS NULL OR c.last_touch < c.held_since) GROUP BY 1",
            {"users": _list(users)},
        )
    )


def warned(database: Database, users: Iterable[int]) -> dict[int, int]:
    """How many of their customers they have been warned of: those return to the pool soon."""
    return dict(
        database.rows(
            "SELECT c.owner_id, count(*) FROM recycle_warning r CROSS JOIN customer c ON c.id = r.customer_id"
            " WHERE +c.owner_id IN (SELECT value FROM json_each(:users)) GROUP BY 1",
            {"users": _list(users)},
        )
    )


def logged(database: Database, users: Iterable[int], since: str) -> dict[int, int]:
    """How many interactions they have logged since that moment, attempts included."""
    return dict(
        database.rows(
            f"SELECT w.value, count(*) FROM {_WANTED} CROSS JOIN interaction i INDEXED BY interaction_user"
            " ON i.user_id = w.value AND i.at >= :since GROUP BY 1",
            {"users": _list(users), "since": since},
        )
    )


# Entries that were taken back are few: only their rows are looked up one by one.
_IN_EFFECT = (
    "(s.entry_id NOT IN (SELECT j.entry_id FROM journal_undone n CROSS JOIN journal_change j ON j.id = n.id)"
    " OR NOT EXISTS (SELECT 1 FROM journal_change j CROSS JOIN journal_undone n ON n.id = j.id"
    " WHERE j.record = 'customer' AND j.record_id = s.customer_id AND +j.entry_id = s.entry_id))"
)


def steps(database: Database, users: Iterable[int], since: str) -> list[tuple[int, str, str, int]]:
    """The steps along the path that they made since that moment, undone ones left out: (user, from, to, how many)."""
    rows: list[tuple[int, str, str, int]] = database.rows(
        f"SELECT w.value, s.from_stage, s.to_stage, count(*) FROM {_WANTED}"
        " CROSS JOIN stage_change s INDEXED BY stage_change_user ON s.user_id = w.value AND s.at >= :since"
        " CROSS JOIN journal_entry e ON e.id = s.entry_id AND e.kind = 'do'"
        f" WHERE s.from_stage IS NOT NULL AND {_IN_EFFECT} GROUP BY 1, 2, 3",
        {"users": _list(users), "since": since},
    )
    return rows


@dataclass(frozen=True, slots=True)
class Logged:
    """An interaction, and what was said of it: (login, text) of each comment, the oldest first."""

    id: int
    customer_id: int
    name: str
    at: str
    channel: str
    connected: int
    note: str
    comments: tuple[tuple[str, str], ...] = ()


def log(database: Database, sight: Sight, user_id: int, since: str, limit: int) -> list[Logged]:
    """The user's interactions since that moment with customers that are seen, the newest first."""
    rows: list[Any] = database.rows(
        "SELECT i.id, c.id, c.name, i.at, i.channel, i.connected, i.note FROM interaction i"
        f" JOIN customer c ON c.id = i.customer_id WHERE i.user_id = ? AND i.at >= ? AND {seen_by(sight)}"
        " ORDER BY i.at DESC, i.id DESC LIMIT ?",
        (user_id, since, limit),
    )
    said = _comments(database, [row[0] for row in rows])
    return [Logged(*(*row, said.get(row[0], ()))) for row in rows]


def _comments(database: Database, ids: list[int]) -> dict[int, tuple[tuple[str, str], ...]]:
    found: dict[int, tuple[tuple[str, str], ...]] = {}
    rows: list[Any] = database.rows(
        "SELECT k.interaction_id, u.login, k.text FROM json_each(?) w CROSS JOIN comment k"
        " ON k.interaction_id = w.value JOIN user u ON u.id = k.user_id ORDER BY k.id",
        (json.dumps(ids),),
    )
    for interaction_id, login, text in rows:
        found[interaction_id] = (*found.get(interaction_id, ()), (login, text))
    return found


def _list(users: Iterable[int]) -> str:
    return json.dumps(list(users))
