"""The journal entry with which a session at the door begins: it changes nothing, and nothing takes it back.

A session that then only reads does without the journal's machinery, so this is written without it.
"""

from __future__ import annotations

from crm_tui.store.database import Database


def note(database: Database, *, user_id: int, at: str, source: str, command: str, summary: str) -> None:
    """Append the entry; call it inside `writing()`."""
    database.execute(
        "INSERT INTO journal_entry (at, user_id, source, command, summary, kind, fixed)"
        " VALUES (?, ?, ?, ?, ?, 'do', 1)",
        (at, user_id, source, command, summary),
    )
