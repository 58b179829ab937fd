"""What of the tiers' playbooks was done: marks by customer, and since when a customer has its tier."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from crm_tui.store.database import Database


class Marked(NamedTuple):
    """A thing that was done for a customer: in which period, on which day (ISO), by whom (login)."""

    id: int
    customer_id: int
    item: str
    period: str
    done_on: str
    note: str
    by: str


def of(database: Database, ids: Iterable[int], since: str) -> list[Marked]:
    """What was done for these customers on the day `since` or later, by customer, the earliest first."""
    rows = database.rows(
        "SELECT t.id, t.customer_id, t.item, t.period, t.done_on, t.note, u.login FROM json_each(?) w"
        " CROSS JOIN playbook_mark t ON t.customer_id = w.value JOIN user u ON u.id = t.user_id"
        " WHERE t.done_on >= ? ORDER BY t.customer_id, t.done_on, t.id",
        (json.dumps(list(ids)), since),
    )
    return [Marked(*row) for row in rows]


def known(database: Database, ids: Iterable[int], item: str, period: str) -> dict[int, Marked]:
    """The marks of the thing in that period, by customer."""
    rows = database.rows(
        "SELECT t.id, t.customer_id, t.item, t.period, t.done_on, t.note, u.login FROM json_each(?) w"
        " CROSS JOIN playbook_mark t ON t.customer_id = w.value JOIN user u ON u.id = t.user_id"
        " WHERE t.item = ? AND t.period = ?",
        (json.dumps(list(ids)), item, period),
    )
    return {row[1]: Marked(*row) for row in rows}


def graded_at(database: Database, customer_id: int, scheme: str) -> str | None:
    """The stored moment at which the customer got the tier that it has under the scheme."""
    found: str | None = database.value(
        "SELECT at FROM tier_change WHERE customer_id = ? AND scheme = ? ORDER BY id DESC LIMIT 1",
        (customer_id, scheme),
    )
    return found
