"""The firm's own schemes as they are kept: a row each, with the text of its file."""

from __future__ import annotations

from crm_tui.store.database import Database


def kept(database: Database, identifier: str) -> tuple[int, str] | None:
    """The id and the text of the scheme of one's own with that identifier; None where there is none."""
    row = database.row("SELECT id, text FROM scheme WHERE identifier = ?", (identifier,))
    return (row[0], row[1]) if row else None


def names(database: Database) -> dict[int, str]:
    """The identifiers of all schemes of one's own, by id."""
    return dict(database.rows("SELECT id, identifier FROM scheme"))
