"""What an entry of the journal has touched, as the right to take it back is judged by (DOMAIN §8, §9)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from crm_tui.store.database import Database


@dataclass(frozen=True)
class Moved:
    """A change of hands by the entry; `newest` where nothing has moved the customer since."""

    kind: str
    from_owner: int | None
    from_pool: int | None
    to_owner: int | None
    to_pool: int | None
    newest: bool


def records(database: Database, entry_id: int) -> set[str]:
    """The tables whose rows it changed."""
    rows = database.rows("SELECT DISTINCT record FROM journal_change WHERE entry_id = ?", (entry_id,))
    return {row[0] for row in rows}


def customers(database: Database, entry_id: int) -> list[int]:
    """The customers of the rows that it changed."""
    rows = database.rows(
        "SELECT DISTINCT customer_id FROM journal_change WHERE entry_id = ? AND customer_id IS NOT NULL ORDER BY 1",
        (entry_id,),
    )
    return [row[0] for row in rows]


def users(database: Database, entry_id: int) -> dict[int, set[str]]:
    """The users whose own rows it changed, with the names of the columns; of a row that was made, `login`."""
    found: dict[int, set[str]] = {}
    for user_id, before in database.rows(
        "SELECT record_id, coalesce(before, '{\"login\": null}') FROM journal_change"
        " WHERE entry_id = ? AND record = 'user'",
        (entry_id,),
    ):
        found.setdefault(user_id, set()).update(json.loads(before))
    return found


def moved(database: Database, entry_id: int) -> dict[int, Moved]:
    """The customers that it moved, by id; of several moves of one the last counts, from where the first began."""
    found: dict[int, Moved] = {}
    for customer_id, kind, from_owner, from_pool, to_owner, to_pool, newest in database.rows(
        "SELECT l.customer_id, l.kind, l.from_owner_id, l.from_pool_id, l.to_owner_id, l.to_pool_id,"
        " l.id = (SELECT max(id) FROM ownership_log WHERE customer_id = l.customer_id)"
        " FROM ownership_log l WHERE l.entry_id = ? ORDER BY l.id",
        (entry_id,),
    ):
        first = found.get(customer_id)
        if first is not None:
            from_owner, from_pool = first.from_owner, first.from_pool
        found[customer_id] = Moved(kind, from_owner, from_pool, to_owner, to_pool, bool(newest))
    return found


def outlived(database: Database, entry_id: int) -> set[int]:
    """The customers of which it changed what belongs to a holding (offers, protections, shares, warnings), and that are
    in other hands by now.
    """
    rows = database.rows(
        "SELECT DISTINCT c.customer_id FROM journal_change c JOIN customer n ON n.id = c.customer_id"
        " JOIN ownership_log l ON l.id = (SELECT max(id) FROM ownership_log WHERE customer_id = c.customer_id"
        "  AND (entry_id IS NULL OR entry_id <= ?1)) WHERE c.entry_id = ?1"
        " AND c.record IN ('transfer', 'protection', 'collaborator', 'recycle_warning')"
        " AND (n.owner_id IS NOT l.to_owner_id OR n.pool_id IS NOT l.to_pool_id)",
        (entry_id,),
    )
    return {row[0] for row in rows}


def protected(database: Database, today: str) -> dict[int, int]:
    """How many customers each user protects on that day or later."""
    rows = database.rows(
        "SELECT user_id, count(DISTINCT customer_id) FROM protection"
        " WHERE ended_on IS NULL AND until_on >= ? GROUP BY 1",
        (today,),
    )
    return dict(rows)


def names(database: Database, condition: str, ids: Iterable[int]) -> dict[int, str]:
    """The names of those of the customers that fulfil the condition (on the alias `c`), by id."""
    rows = database.rows(
        f"SELECT c.id, c.name FROM customer c WHERE c.id IN (SELECT value FROM json_each(?)) AND {condition}",
        (json.dumps(list(ids)),),
    )
    return dict(rows)
