"""What was done since: how far the journal goes, and whose customers the entries after another one changed."""

from __future__ import annotations

from crm_tui.store.database import Database


def newest(database: Database) -> int:
    """The id of the newest entry of the journal; 0 when there is none."""
    return int(database.value("SELECT coalesce(max(id), 0) FROM journal_entry"))


def changed(database: Database, after: int, to: int, limit: int) -> set[int | None]:
    """The customers that the entries after one and up to another changed, None for rows that belong to no customer;
    of more than `limit` of them one more than `limit`.
    """
    rows = database.rows(
        "SELECT DISTINCT customer_id FROM journal_change WHERE entry_id > ? AND entry_id <= ? LIMIT ?",
        (after, to, limit + 1),
    )
    return {row[0] for row in rows}
