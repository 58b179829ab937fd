"""Customers as they are taken out: all of a row, a batch at a time; nothing of a customer outside the `Sight`.

What is masked is for the caller to hide.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from crm_tui.domain.people import Sight
from crm_tui.store.customers import reach, seen_by
from crm_tui.store.database import Database

COLUMNS = (
    "id", "name", "kind", "stage", "tier", "phone", "email", "wechat", "region", "industry", "source", "address",
    "website", "tax_number", "business_role", "referred_by", "parent", "influence", "closing", "note", "next_on",
    "next_at", "last_contact", "created_at", "owner_id",
    "blocked",
)  # fmt: skip
"""Columns of the customer's own row."""
ROW = (*COLUMNS, "owner", "pool", "tags", "fields")
"""What `rows` returns of a customer: its columns, the holder's login, the pool's name, tags, and the profile's JSON."""
CONTACT = ("name", "role", "title", "phone", "email", "wechat", "note")
"""What `contacts` returns of a contact."""

_WANTED = "FROM json_each(?) wanted CROSS JOIN customer c ON c.id = wanted.value"


def rows(database: Database, sight: Sight, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """The customers that are seen, in the order asked for, as `ROW`."""
    return database.rows(
        f"SELECT {', '.join(f'c.{name}' for name in COLUMNS)}, u.login, p.name,"
        " (SELECT group_concat(t.name, ' ') FROM tag t WHERE t.customer_id = c.id), f.fields"
        f" {_WANTED}"
        " LEFT JOIN user u ON u.id = c.owner_id LEFT JOIN pool p ON p.id = c.pool_id LEFT JOIN profile f ON f.id = c.id"
        f" WHERE {seen_by(sight)}",
        (json.dumps(ids),),
    )


def contacts(database: Database, ids: Sequence[int]) -> dict[int, list[tuple[Any, ...]]]:
    """The contacts of each customer that has any, the primary one first, as (id, *CONTACT)."""
    found: dict[int, list[tuple[Any, ...]]] = {}
    for customer_id, *contact in database.rows(
        f"SELECT k.customer_id, k.id, {', '.join(f'k.{name}' for name in CONTACT)}"
        " FROM json_each(?) wanted CROSS JOIN contact k ON k.customer_id = wanted.value"
        " WHERE k.archived_at IS NULL ORDER BY k.customer_id, k.is_primary DESC, k.id",
        (json.dumps(ids),),
    ):
        found.setdefault(customer_id, []).append(tuple(contact))
    return found


def other_tiers(database: Database, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """The tiers that people gave beside the badge, of each customer that has any: scheme → tier."""
    found: dict[int, dict[str, str]] = {}
    for customer_id, scheme, tier in database.rows(
        "SELECT c.id, t.scheme, t.tier"
        f" {_WANTED} JOIN customer_tier t ON t.customer_id = c.id"
        " WHERE t.tier IS NOT NULL AND t.by_hand AND t.scheme <> c.scheme",
        (json.dumps(ids),),
    ):
        found.setdefault(customer_id, {})[scheme] = tier
    return found


def filled_fields(database: Database, sight: Sight, ids: Sequence[int]) -> set[str]:
    """The names of the fields in the profiles of these customers; of those seen only."""
    found = database.rows(
        f"SELECT DISTINCT f.key {_WANTED} JOIN profile p ON p.id = c.id, json_each(p.fields) f"
        f" WHERE {seen_by(sight)} AND p.fields <> '{{}}'",
        (json.dumps(ids),),
    )
    return {name for (name,) in found}


def most_contacts(database: Database, ids: Sequence[int]) -> int:
    """How many contacts the one of these customers has that has the most."""
    return int(database.value(
        "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n"
        " FROM json_each(?) wanted CROSS JOIN contact k ON k.customer_id = wanted.value"
        " WHERE k.archived_at IS NULL GROUP BY k.customer_id)",
        (json.dumps(ids),),
    ))  # fmt: skip


def have_contact_notes(database: Database, ids: Sequence[int]) -> bool:
    """Whether anything is noted of a contact of these customers."""
    return bool(database.value(
        "SELECT EXISTS (SELECT 1 FROM json_each(?) wanted CROSS JOIN contact k ON k.customer_id = wanted.value"
        " WHERE k.note IS NOT NULL AND k.note <> '' AND k.archived_at IS NULL)",
        (json.dumps(ids),),
    ))  # fmt: skip


def follow_ups(database: Database, sight: Sight, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    """The open follow-up of each of these customers that is seen and has one: id, customer, kind, purpose, due_on,
    due_at, created_at, and of the customer name, owner_id, phone (else the first contact's), stage, tier.
    """
    yield from database.rows(
        "SELECT f.id, c.id, f.kind, f.purpose, f.due_on, f.due_at, f.created_at, c.name, c.owner_id,"
        f" {reach('phone')}, c.stage, c.tier {_WANTED}"
        " JOIN follow_up f ON f.customer_id = c.id AND f.closed_at IS NULL"
        f" WHERE {seen_by(sight)}",
        (json.dumps(ids),),
    )
