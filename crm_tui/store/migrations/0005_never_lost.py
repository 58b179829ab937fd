"""Customers that are one: which may be, which are not, and into whom a customer was merged. The journal's chain."""

from typing import Any

from crm_tui.store import chain

DUPLICATES = """
-- The survivor that a customer was merged into; such a one is archived.
ALTER TABLE customer ADD COLUMN merged_into INTEGER REFERENCES customer (id);
CREATE INDEX customer_merged ON customer (merged_into) WHERE merged_into IS NOT NULL;

-- Two customers of which somebody said that they are two.
CREATE TABLE distinct_pair (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    other_id INTEGER NOT NULL REFERENCES customer (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    at TEXT NOT NULL,
    UNIQUE (customer_id, other_id),
    CHECK (customer_id < other_id)
);
CREATE INDEX distinct_pair_other ON distinct_pair (other_id);

-- Two customers that may be one, as the last look through all of them found: derived, not journaled.
CREATE TABLE duplicate (
    customer_id INTEGER NOT NULL,
    other_id INTEGER NOT NULL,
    score INTEGER NOT NULL,
    PRIMARY KEY (customer_id, other_id),
    CHECK (customer_id < other_id)
) WITHOUT ROWID;
CREATE INDEX duplicate_other ON duplicate (other_id);
CREATE INDEX duplicate_score ON duplicate (score DESC, customer_id, other_id);
-- The last look: when, up to which customer, how many pairs it found.
CREATE TABLE duplicate_look (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at TEXT NOT NULL,
    last_id INTEGER NOT NULL,
    pairs INTEGER NOT NULL
);
CREATE INDEX customer_tax ON customer (tax_number) WHERE tax_number IS NOT NULL;
"""

# DOMAIN §9: the journal is append-only. `hash` seals an entry (store.chain); NULL while its transaction goes on.
CHAIN = """
ALTER TABLE journal_entry ADD COLUMN is_run INTEGER NOT NULL DEFAULT 0;
ALTER TABLE journal_entry ADD COLUMN hash BLOB;
UPDATE journal_entry SET is_run = 1 WHERE id IN (SELECT run_id FROM journal_entry WHERE run_id IS NOT NULL);
"""
_SEALED = (
    "id, at, user_id, source, command, kind, root_id, reverts_id, move, move_reason, fixed, run_id, is_run, hash"
)
_GROWS = ("journal_change", "stage_change", "tier_change", "disclosure", "sweep_run")
KEEPERS = (
    f"CREATE TRIGGER journal_entry_keeps BEFORE UPDATE OF {_SEALED} ON journal_entry WHEN OLD.hash IS NOT NULL BEGIN"
    " SELECT raise(ABORT, 'the journal only grows'); END",
    # A run is told anew with each of its steps.
    "CREATE TRIGGER journal_entry_told BEFORE UPDATE OF summary ON journal_entry"
    " WHEN OLD.hash IS NOT NULL AND NOT OLD.is_run BEGIN SELECT raise(ABORT, 'the journal only grows'); END",
    "CREATE TRIGGER journal_entry_stays BEFORE DELETE ON journal_entry BEGIN"
    " SELECT raise(ABORT, 'the journal only grows'); END",
    *(
        f"CREATE TRIGGER {table}_{name} BEFORE {what} ON {table} BEGIN"
        f" SELECT raise(ABORT, '{table} only grows'); END"
        for table in _GROWS
        for name, what in (("keeps", "UPDATE"), ("stays", "DELETE"))
    ),
    # INSERT OR REPLACE deletes what was there, and fires no trigger of DELETE (sqlite.org/lang_conflict.html).
    *(
        f"CREATE TRIGGER {table}_once BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id)"
        f" BEGIN SELECT raise(ABORT, '{what} only grows'); END"
        for table, what in (
            ("journal_entry", "the journal"), ("ownership_log", "the ownership log"), *zip(_GROWS, _GROWS, strict=True),
        )
    ),
)  # fmt: skip


def up(migrator: Any, db: Any) -> None:
    db.connection().execute(DUPLICATES)
    db.connection().execute(CHAIN)
    chain.seal(db.connection())
    for trigger in KEEPERS:
        db.connection().execute(trigger)
    db.connection().execute("PRAGMA user_version = 5")
