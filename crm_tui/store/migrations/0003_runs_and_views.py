"""Runs of macros, whose steps the journal keeps as one action, and saved views."""

from typing import Any

from crm_tui.store.search import index_heteronyms

SCRIPT = """
-- The run that a step belongs to: its own entry is the action, of the steps only their changes are told.
ALTER TABLE journal_entry ADD COLUMN run_id INTEGER REFERENCES journal_entry (id);
CREATE INDEX journal_entry_run ON journal_entry (run_id) WHERE run_id IS NOT NULL;

CREATE TABLE saved_view (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    name TEXT NOT NULL CHECK (name <> ''),
    name_key TEXT NOT NULL CHECK (name_key <> ''),
    user_id INTEGER NOT NULL REFERENCES user (id),
    shared TEXT NOT NULL DEFAULT '' CHECK (shared IN ('', 'team', 'everyone')),
    letter TEXT NOT NULL DEFAULT '',
    filter TEXT NOT NULL DEFAULT '',
    "columns" TEXT NOT NULL DEFAULT '',
    sort TEXT NOT NULL DEFAULT '',
    UNIQUE (user_id, name_key)
);
CREATE UNIQUE INDEX saved_view_letter ON saved_view (user_id, letter) WHERE letter <> '';
CREATE INDEX saved_view_shared ON saved_view (shared) WHERE shared <> '';
"""


def up(migrator: Any, db: Any) -> None:
    db.connection().execute(SCRIPT)
    # More readings of characters are known than when the index was made.
    index_heteronyms(db.connection())
    db.connection().execute("PRAGMA user_version = 3")
