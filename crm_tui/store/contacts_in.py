"""What an import of interactions and follow-ups asks of the database: what was said with customers, and promised."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from crm_tui.store.database import Database


def interactions(database: Database, ids: Iterable[int]) -> list[tuple[Any, ...]]:
    """The interactions of the customers: customer, stamp, author, channel, note."""
    return database.rows(
        "SELECT i.customer_id, i.at, i.user_id, i.channel, i.note FROM json_each(?) w"
        " CROSS JOIN interaction i ON i.customer_id = w.value",
        (json.dumps(list(ids)),),
    )


def people(database: Database, ids: Iterable[int]) -> dict[tuple[int, str], int]:
    """The contacts of the customers: (customer, normalised name) → id."""
    from crm_tui.domain.names import name_key

    rows = database.rows(
        "SELECT k.customer_id, k.name, k.id FROM json_each(?) w CROSS JOIN contact k ON k.customer_id = w.value"
        " WHERE k.archived_at IS NULL ORDER BY k.id DESC",
        (json.dumps(list(ids)),),
    )
    return {(customer, name_key(name)): key for customer, name, key in rows}


def touched(database: Database, ids: Iterable[int]) -> dict[int, str | None]:
    """When each of the customers had an interaction last."""
    return dict(database.rows(
        "SELECT c.id, c.last_touch FROM json_each(?) w CROSS JOIN customer c ON c.id = w.value",
        (json.dumps(list(ids)),),
    ))  # fmt: skip


def promises(database: Database, ids: Iterable[int]) -> dict[int, list[tuple[str, str | None, str, str, bool]]]:
    """All that was ever promised to the customers, by customer: day, stamp, purpose, kind, whether it is open."""
    found: dict[int, list[tuple[str, str | None, str, str, bool]]] = {}
    for customer, *promise in database.rows(
        "SELECT f.customer_id, f.original_on, f.due_at, f.purpose, f.kind, f.closed_at IS NULL FROM json_each(?) w"
        " CROSS JOIN follow_up f ON f.customer_id = w.value",
        (json.dumps(list(ids)),),
    ):
        found.setdefault(customer, []).append((promise[0], promise[1], promise[2], promise[3], bool(promise[4])))
    return found


def open_ids(database: Database, ids: Iterable[int]) -> list[int]:
    """The open follow-ups of the customers."""
    rows = database.rows(
        "SELECT f.id FROM json_each(?) w CROSS JOIN follow_up f ON f.customer_id = w.value WHERE f.closed_at IS NULL",
        (json.dumps(list(ids)),),
    )
    return [row[0] for row in rows]
