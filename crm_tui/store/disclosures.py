"""What was told or taken out, by whom and how much: a history that only grows (DOMAIN §8)."""

from __future__ import annotations

import json
from collections.abc import Iterable

from msgspec import Struct

from crm_tui.store.database import Database


class Holder(Struct, frozen=True):
    """Who holds a customer (the name; None for nobody), its stage and the stored stamp of its last contact."""

    holder: str | None
    stage: str
    last_contact: str | None


def holder(database: Database, customer_id: int) -> Holder | None:
    """What P22 lets anybody know of a customer."""
    row = database.row(
        "SELECT u.name, c.stage, c.last_contact FROM customer c LEFT JOIN user u ON u.id = c.owner_id WHERE c.id = ?",
        (customer_id,),
    )
    return Holder(*row) if row else None


def told_since(database: Database, user_id: int, since: str) -> int:
    """How often the user was told who holds something since that moment."""
    sql = "SELECT count(*) FROM disclosure WHERE user_id = ? AND at >= ? AND kind = 'collision'"
    return int(database.value(sql, (user_id, since)))


def taken_since(database: Database, user_id: int, since: str) -> int:
    """How many customers the user has taken out since that moment."""
    sql = "SELECT coalesce(sum(customers), 0) FROM disclosure WHERE user_id = ? AND at >= ? AND kind <> 'collision'"
    return int(database.value(sql, (user_id, since)))


def holds_all(database: Database, user_id: int, ids: Iterable[int]) -> bool:
    """Whether the user holds each of the customers."""
    return not database.value(
        "SELECT 1 FROM json_each(?) wanted CROSS JOIN customer c ON c.id = wanted.value"
        " WHERE c.owner_id IS NOT ? LIMIT 1",
        (json.dumps(list(ids)), user_id),
    )


def add(
    database: Database, entry_id: int, *, user_id: int, kind: str, customer_id: int | None, customers: int, detail: str,
    at: str,
) -> None:
    """Append a disclosure to that journal entry."""
    database.execute(
        "INSERT INTO disclosure (entry_id, user_id, kind, customer_id, customers, detail, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (entry_id, user_id, kind, customer_id, customers, detail, at),
    )
