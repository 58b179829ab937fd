"""The journal entries of what only reads: a session at the door begins, a list is printed. They change nothing, and
nothing takes them back.

What only reads does without the journal's machinery, so these are written without it.
"""

from __future__ import annotations

from crm_tui.store.database import Database


def note(database: Database, *, user_id: int, at: str, source: str, command: str, summary: str) -> int:
    """Append the entry; its id. Call it inside `writing()`."""
    database.execute(
        "INSERT INTO journal_entry (at, user_id, source, command, summary, kind, fixed)"
        " VALUES (?, ?, ?, ?, ?, 'do', 1)",
        (at, user_id, source, command, summary),
    )
    return int(database.value("SELECT last_insert_rowid()"))
