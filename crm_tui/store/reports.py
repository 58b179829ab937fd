"""What one user did within a span of time, read from the log; undone steps are left out (DOMAIN §9).

`since` and `before` are stored stamps. Ids grow with time, so each reading begins behind the newest row that is older.
"""

from __future__ import annotations

from typing import Any

from crm_tui.store.database import Database
from crm_tui.store.work import IN_EFFECT

Span = tuple[str, str]
"""(since, before): the first moment, and the first one after."""

_AFTER = "coalesce((SELECT id FROM {table} WHERE at < :since ORDER BY id DESC LIMIT 1), 0)"
_WITHIN = "{row}.id > " + _AFTER + " AND {row}.at >= :since AND {row}.at < :before"


def _within(table: str, row: str) -> str:
    return _WITHIN.format(table=table, row=row)


def contacts(database: Database, user_id: int, span: Span) -> dict[str, int]:
    """How many contacts came about by channel; attempts under ""."""
    rows = database.rows(
        "SELECT CASE connected WHEN 1 THEN channel ELSE '' END, count(*) FROM interaction"
        " WHERE user_id = ? AND at >= ? AND at < ? GROUP BY 1",
        (user_id, *span),
    )
    return dict(rows)


def spoken_to(database: Database, user_id: int, span: Span) -> int:
    """With how many customers a contact came about."""
    found = database.value(
        "SELECT count(DISTINCT customer_id) FROM interaction"
        " WHERE user_id = ? AND at >= ? AND at < ? AND connected = 1",
        (user_id, *span),
    )
    return int(found)


def said(database: Database, user_id: int, span: Span, limit: int) -> list[tuple[int, str, str]]:
    """The first contacts that came about, in order: (customer, channel, note)."""
    return database.rows(
        "SELECT customer_id, channel, note FROM interaction WHERE user_id = ? AND at >= ? AND at < ? AND connected = 1"
        " ORDER BY at, id LIMIT ?",
        (user_id, *span, limit),
    )


def moved(database: Database, user_id: int, span: Span) -> list[tuple[Any, ...]]:
    """Steps along the path, then tiers given, in order: (customer, scheme or "", before, after)."""
    found: list[tuple[Any, ...]] = []
    for table, record, columns in (
        ("stage_change", "customer", "'', h.from_stage, h.to_stage"),
        ("tier_change", "customer_tier", "h.scheme, h.from_tier, h.to_tier"),
    ):
        first = "h.from_stage IS NOT NULL" if table == "stage_change" else "h.from_tier IS NOT NULL"
        in_effect = IN_EFFECT.format(entry="h.entry_id", record=record, customer="h.customer_id")
        found += database.rows(
            f"SELECT h.customer_id, {columns} FROM {table} h JOIN journal_entry e ON e.id = h.entry_id"
            f" WHERE {_within(table, 'h')} AND h.user_id = :user AND e.kind = 'do' AND {first} AND {in_effect}"
            " ORDER BY h.id",
            _named(user_id, span),
        )
    return found


def hands(database: Database, user_id: int, span: Span) -> list[tuple[Any, ...]]:
    """Customers that came to the user or went, in order: (customer, kind, did it come, was it by the user, reason)."""
    return database.rows(
        "SELECT o.customer_id, o.kind, o.to_owner_id IS :user, o.user_id IS :user, o.reason FROM ownership o"
        f" WHERE {_within('ownership_log', 'o')} AND :user IN (o.to_owner_id, o.from_owner_id)"
        " AND o.to_owner_id IS NOT o.from_owner_id ORDER BY o.id",
        _named(user_id, span),
    )


def follow_ups(database: Database, user_id: int, span: Span) -> tuple[int, int]:
    """How many the user promised, and how many the user marked as done."""
    row = database.row(
        "SELECT coalesce(sum(c.action = 'insert' AND f.kind = 'promise'), 0),"
        " coalesce(sum(c.action = 'update' AND c.after ->> 'closed_as' = 'done'), 0)"
        # In this order: the entries of the span are few, the follow-ups that were ever changed are many.
        " FROM journal_entry e CROSS JOIN journal_change c ON c.entry_id = e.id AND c.record = 'follow_up'"
        f" CROSS JOIN follow_up f ON f.id = c.record_id WHERE e.user_id = :user AND {_within('journal_entry', 'e')}"
        " AND e.kind = 'do' AND c.id NOT IN (SELECT id FROM journal_undone)",
        _named(user_id, span),
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)


def coming(database: Database, user_id: int, until: str, limit: int) -> list[tuple[int, str, str | None, str]]:
    """What is promised to the customers that the user holds up to that day: (customer, day, stored stamp, purpose)."""
    return database.rows(
        "SELECT c.id, f.due_on, f.due_at, f.purpose FROM customer c"
        " JOIN follow_up f ON f.customer_id = c.id AND f.closed_at IS NULL"
        " WHERE c.owner_id = ? AND c.next_on <= ? AND c.archived_at IS NULL ORDER BY f.due_on, f.due_at, c.id LIMIT ?",
        (user_id, until, limit),
    )


def _named(user_id: int, span: Span) -> dict[str, int | str]:
    return {"user": user_id, "since": span[0], "before": span[1]}
