"""Customers that are one: which may be, which are not, and into whom a customer was merged."""

from typing import Any

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
    reasons TEXT NOT NULL,
    PRIMARY KEY (customer_id, other_id),
    CHECK (customer_id < other_id)
) WITHOUT ROWID;
CREATE INDEX duplicate_other ON duplicate (other_id);
CREATE INDEX duplicate_score ON duplicate (score);
"""


def up(migrator: Any, db: Any) -> None:
    db.connection().execute(DUPLICATES)
    db.connection().execute("PRAGMA user_version = 5")
