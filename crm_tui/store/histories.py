"""What only grows beside the journal: the steps of customers along the path, and the tiers they were given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.store.database import Database

if TYPE_CHECKING:
    from crm_tui.store.journal import Change


def add_stages(
    change: Change, *, at: str, user_id: int, rows: Sequence[tuple[int, str | None, str, str, float | None]]
) -> None:
    """Append steps: (customer, from, to, reason, days spent in `from`); from is None for a new customer."""
    change.database.connection.executemany(
        "INSERT INTO stage_change (entry_id, customer_id, from_stage, to_stage, reason, days, at, user_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ((change.entry_id, *row, at, user_id) for row in rows),
    )


def add_tiers(
    change: Change, *, at: str, user_id: int, rows: Sequence[tuple[int, str, str | None, str | None, str]]
) -> None:
    """Append tiers given: (customer, scheme, from, to, reason)."""
    change.database.connection.executemany(
        "INSERT INTO tier_change (entry_id, customer_id, scheme, from_tier, to_tier, reason, at, user_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        ((change.entry_id, *row, at, user_id) for row in rows),
    )


def begin(change: Change, ids: Sequence[int], *, at: str, user_id: int) -> None:
    """Append the first step and the first tier of new customers with ids in a row, and give each the tier of its badge;
    for those that have no other.
    """
    span = ids[0], ids[-1]
    change.database.execute(
        "INSERT INTO stage_change (entry_id, customer_id, to_stage, at, user_id)"
        " SELECT ?, id, stage, ?, ? FROM customer WHERE id BETWEEN ? AND ? ORDER BY id",
        (change.entry_id, at, user_id, *span),
    )
    change.draw(
        "customer_tier", ("customer_id", "scheme", "tier"),
        "SELECT id, scheme, tier FROM customer WHERE id BETWEEN ? AND ? ORDER BY id", span,
    )  # fmt: skip
    change.database.execute(
        "INSERT INTO tier_change (entry_id, customer_id, scheme, to_tier, at, user_id)"
        " SELECT ?, id, scheme, tier, ?, ? FROM customer WHERE id BETWEEN ? AND ? ORDER BY id",
        (change.entry_id, at, user_id, *span),
    )


def tiers(database: Database, ids: Sequence[int], scheme: str) -> dict[int, tuple[int, str]]:
    """The row id and the tier of these customers under the scheme, by customer."""
    rows = database.rows(
        "SELECT customer_id, id, tier FROM customer_tier WHERE scheme = ?"
        " AND customer_id IN (SELECT value FROM json_each(?))",
        (scheme, json.dumps(list(ids))),
    )
    return {customer_id: (key, tier) for customer_id, key, tier in rows}


OF = (
    "(WITH RECURSIVE merged (id) AS (SELECT ?1 UNION SELECT c.id FROM merged JOIN customer c"
    " ON c.merged_into = merged.id) SELECT id FROM merged)"
)
"""The SQL of the customer `?1` and all that were merged into it."""
_OTHER = "CASE WHEN {row}.customer_id <> ?1 THEN ' (' || {row}.customer_id || ')' ELSE '' END"
"""Whose step it was, of one that was merged into the customer."""


def timeline(database: Database, customer_id: int, limit: int = 500) -> list[tuple[Any, ...]]:
    """All that happened to a customer, newest first: (at, what, who, text, more, id).

    `what` is interaction, attempt, stage, tier, follow_up, merged or comment; a comment comes right after the
    interaction that it is of. `id` is that of the interaction, for interactions and attempts, else None.
    """
    return database.rows(
        "SELECT at, what, login, text, more, CASE WHEN what IN ('interaction', 'attempt') THEN id END FROM ("
        " SELECT i.at AS at, CASE i.connected WHEN 1 THEN 'interaction' ELSE 'attempt' END AS what, u.login AS login,"
        "  i.note AS text, trim(i.channel || ' ' || coalesce(k.name, '') || ' ' || i.outcome) AS more, i.id AS id,"
        "  i.at AS place, i.id AS under, 0 AS comment"
        "  FROM interaction i JOIN user u ON u.id = i.user_id LEFT JOIN contact k ON k.id = i.contact_id"
        "  WHERE i.customer_id = ?1"
        " UNION ALL SELECT s.at, 'stage', u.login, coalesce(s.from_stage, '') || ' → ' || s.to_stage,"
        f"  trim(s.reason || {_OTHER.format(row='s')}), s.id,"
        f"  s.at, s.id, 0 FROM stage_change s JOIN user u ON u.id = s.user_id WHERE s.customer_id IN {OF}"
        " UNION ALL SELECT t.at, 'tier', u.login, coalesce(t.from_tier, '–') || ' → ' || coalesce(t.to_tier, '–'),"
        f"  trim(t.reason || {_OTHER.format(row='t')}), t.id, t.at, t.id, 0"
        f"  FROM tier_change t JOIN user u ON u.id = t.user_id WHERE t.customer_id IN {OF}"
        " UNION ALL SELECT c.archived_at, 'merged', coalesce((SELECT u.login FROM journal_change j"
        "  JOIN journal_entry e ON e.id = j.entry_id JOIN user u ON u.id = e.user_id WHERE j.record = 'customer'"
        "  AND j.record_id = c.id AND j.after ->> 'merged_into' IS NOT NULL ORDER BY j.id DESC LIMIT 1), ''),"
        f"  c.id || ' ' || c.name, '', c.id, c.archived_at, c.id, 0 FROM customer c WHERE c.id IN {OF} AND c.id <> ?1"
        # A promise goes over to the next holder with the customer; whoever made it stays its author.
        " UNION ALL SELECT f.created_at, 'follow_up', coalesce(CASE f.kind WHEN 'promise' THEN (SELECT a.login"
        "  FROM journal_change j JOIN journal_entry e ON e.id = j.entry_id JOIN user a ON a.id = e.user_id"
        "  WHERE j.record = 'follow_up' AND j.record_id = f.id AND j.action = 'insert' ORDER BY j.id LIMIT 1) END,"
        "  u.login), coalesce(f.due_at, f.due_on),"
        "  trim(f.purpose || ' ' || coalesce(f.closed_as, '')), f.id, f.created_at, f.id, 0"
        "  FROM follow_up f JOIN user u ON u.id = f.user_id WHERE f.customer_id = ?1"
        " UNION ALL SELECT m.at, 'comment', u.login, m.text, '', m.id, coalesce(i.at, m.at), coalesce(i.id, m.id), m.id"
        "  FROM comment m JOIN user u ON u.id = m.user_id LEFT JOIN interaction i ON i.id = m.interaction_id"
        "  WHERE m.customer_id = ?1"
        ") ORDER BY place DESC, under DESC, CASE WHEN what IN ('interaction', 'attempt') THEN 0"
        " WHEN what = 'comment' THEN 1 ELSE 2 END, comment LIMIT ?2",
        (customer_id, limit),
    )
