"""What belongs to a customer and moves when it is merged into another: found in the models, so that no new table can be
forgotten, and counted before and after.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crm_tui.store.database import Database
from crm_tui.store.models import JOURNALED, columns

OWN = {
    "customer": "it is what is merged",
    "profile": "its fields are taken over one by one",
    "customer_tier": "a tier stays with the one that was graded; the survivor gets what it has no tier of",
    "distinct_pair": "it names two customers",
}
"""Tables of a customer whose rows do not move, and why."""

UNLIKE = {
    "tag": ("name",), "collaborator": ("user_id",), "credit_share": ("user_id",), "recycle_warning": (),
    "wallet": ("category", "from_on", "until_on"), "purchase_factor": ("occasion",),
    "playbook_mark": ("item", "period"), "product_push": ("product_id",),
}  # fmt: skip
"""What must be unlike in all rows of one customer, by table: of two that are alike the survivor's stays."""

_AMONG = "customer_id IN (SELECT value FROM json_each(?))"


def moving() -> tuple[str, ...]:
    """The tables whose rows move."""
    return tuple(table for table, model in JOURNALED.items() if table not in OWN and "customer_id" in columns(model))


def counts(database: Database, ids: Iterable[int]) -> dict[str, int]:
    """How many rows the customers have together, by table."""
    given = json.dumps(list(ids))
    return {
        table: int(database.value(f"SELECT count(*) FROM {table} WHERE {_AMONG}", (given,))) for table in moving()
    }


def rows_of(database: Database, table: str, ids: Sequence[int]) -> list[int]:
    """The ids of the customers' rows, in order."""
    rows = database.rows(f"SELECT id FROM {table} WHERE {_AMONG} ORDER BY id", (json.dumps(list(ids)),))
    return [row[0] for row in rows]


def whole(database: Database, table: str, ids: Sequence[int], condition: str = "1") -> list[dict[str, Any]]:
    """The customers' rows with all their columns: those of the first customer first, in order."""
    names = columns(JOURNALED[table])
    rows = database.rows(
        f"SELECT {', '.join(f't.{name}' for name in names)} FROM json_each(?) w"
        f" CROSS JOIN {table} t ON t.customer_id = w.value WHERE {condition} ORDER BY w.key, t.id",
        (json.dumps(list(ids)),),
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def primary_contacts(database: Database, ids: Sequence[int]) -> list[int]:
    """The ids of their primary contacts: that of the first customer first, in order."""
    return [row["id"] for row in whole(database, "contact", ids, "t.is_primary AND t.archived_at IS NULL")]


def open_follow_ups(database: Database, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Their open follow-ups with all columns: those of the first customer first, in order."""
    return whole(database, "follow_up", ids, "t.closed_at IS NULL")


def twins(database: Database, table: str, ids: Sequence[int]) -> dict[int, int]:
    """The rows that cannot stand beside one of an earlier one of these customers: row → that one's row."""
    kept: dict[tuple[Any, ...], int] = {}
    found: dict[int, int] = {}
    for row in whole(database, table, ids):
        key = tuple(row[name] for name in UNLIKE[table])
        if key in kept:
            found[row["id"]] = kept[key]
        else:
            kept[key] = row["id"]
    return found


def pairs(database: Database, ids: Iterable[int]) -> list[tuple[int, int, int]]:
    """The rows that say of one of these customers that it is not another: (row, lower, higher)."""
    return database.rows(
        "SELECT id, customer_id, other_id FROM distinct_pair WHERE customer_id IN (SELECT value FROM json_each(?1))"
        " OR other_id IN (SELECT value FROM json_each(?1)) ORDER BY id",
        (json.dumps(list(ids)),),
    )


def told_apart(database: Database, ids: Iterable[int]) -> list[tuple[int, int, str, str]]:
    """Of which of these customers somebody said that they are two: (lower, higher, whose login, when)."""
    return database.rows(
        "SELECT d.customer_id, d.other_id, u.login, d.at FROM distinct_pair d JOIN user u ON u.id = d.user_id"
        " WHERE d.customer_id IN (SELECT value FROM json_each(?1)) AND d.other_id IN (SELECT value FROM json_each(?1))"
        " ORDER BY d.id",
        (json.dumps(list(ids)),),
    )


def rows(database: Database, ids: Iterable[int]) -> dict[int, Mapping[str, Any]]:
    """The customers' own rows with all their columns, by id."""
    from crm_tui.store.models.customers import Customer

    names = columns(Customer)
    found = database.rows(
        f"SELECT {', '.join(names)} FROM customer WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return {row[0]: dict(zip(names, row, strict=True)) for row in found}


def profiles(database: Database, ids: Iterable[int]) -> dict[int, tuple[dict[str, str], dict[str, str]]]:
    """Fields of the profile and days on which they were verified, by customer; who has none is left out."""
    found = database.rows(
        "SELECT id, fields, verified FROM profile WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return {key: (json.loads(fields), json.loads(verified)) for key, fields, verified in found}


def survivors(database: Database, ids: Iterable[int]) -> dict[int, int]:
    """Into whom those of the customers were merged in the end that were."""
    return dict(database.rows(
        "WITH RECURSIVE chain (id, into_id) AS (SELECT c.id, c.merged_into FROM json_each(?) w"
        " CROSS JOIN customer c ON c.id = w.value WHERE c.merged_into IS NOT NULL"
        " UNION SELECT chain.id, c.merged_into FROM chain JOIN customer c ON c.id = chain.into_id"
        "  WHERE c.merged_into IS NOT NULL)"
        " SELECT chain.id, c.id FROM chain JOIN customer c ON c.id = chain.into_id WHERE c.merged_into IS NULL",
        (json.dumps(list(ids)),),
    ))  # fmt: skip


def into(database: Database, customer_id: int) -> tuple[int, str] | None:
    """Into whom the customer was merged in the end: id and name; None for one that was not."""
    row = database.row(
        "WITH RECURSIVE chain (id, into_id) AS (SELECT id, merged_into FROM customer WHERE id = ?"
        " UNION SELECT c.id, c.merged_into FROM chain JOIN customer c ON c.id = chain.into_id)"
        " SELECT c.id, c.name FROM chain JOIN customer c ON c.id = chain.id WHERE chain.into_id IS NULL AND c.id <> ?",
        (customer_id, customer_id),
    )
    return (row[0], row[1]) if row else None
