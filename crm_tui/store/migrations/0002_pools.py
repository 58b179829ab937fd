"""Teams, pools with members and rules, the ownership log, and all that passes between people."""

from typing import Any

# A column with a reference can only be added empty; who is there already is put into the first team below.
COLUMNS = """
CREATE TABLE team (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    name TEXT NOT NULL UNIQUE,
    lead_id INTEGER REFERENCES user (id)
);
INSERT INTO team (id, name) VALUES (1, 'default');

ALTER TABLE user ADD COLUMN team_id INTEGER REFERENCES team (id);
ALTER TABLE user ADD COLUMN capacity INTEGER CHECK (capacity >= 0);
ALTER TABLE user ADD COLUMN may_export INTEGER NOT NULL DEFAULT 1;
UPDATE user SET team_id = 1;
ALTER TABLE pool ADD COLUMN routing TEXT NOT NULL DEFAULT '';
-- DOMAIN §4 P19: a changed recycling rule bites from the next day, so the value of the day before is kept.
ALTER TABLE setting ADD COLUMN previous TEXT;
ALTER TABLE setting ADD COLUMN changed_on TEXT;
-- What a change of hands within the entry is called, and why; the triggers of the ownership log read it.
ALTER TABLE journal_entry ADD COLUMN move TEXT NOT NULL DEFAULT '';
ALTER TABLE journal_entry ADD COLUMN move_reason TEXT NOT NULL DEFAULT '';
-- An entry that nothing takes back: data was shown or taken out, a session began.
ALTER TABLE journal_entry ADD COLUMN fixed INTEGER NOT NULL DEFAULT 0;
"""

TABLES = """
CREATE TABLE absence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    user_id INTEGER NOT NULL REFERENCES user (id),
    stand_in_id INTEGER REFERENCES user (id),
    from_on TEXT NOT NULL,
    until_on TEXT,
    CHECK (until_on IS NULL OR until_on >= from_on)
);
CREATE TABLE ssh_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    user_id INTEGER NOT NULL REFERENCES user (id),
    name TEXT NOT NULL DEFAULT '',
    type TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL UNIQUE,
    added_at TEXT NOT NULL
);
CREATE TABLE pool_member (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    pool_id INTEGER NOT NULL REFERENCES pool (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    UNIQUE (pool_id, user_id)
);
CREATE TABLE pool_rule (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    pool_id INTEGER NOT NULL REFERENCES pool (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    previous TEXT,
    changed_on TEXT,
    UNIQUE (pool_id, name)
);
CREATE TABLE protection (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    reason TEXT NOT NULL CHECK (reason <> ''),
    from_on TEXT NOT NULL,
    until_on TEXT NOT NULL CHECK (until_on >= from_on),
    ended_on TEXT
);
CREATE TABLE transfer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    from_id INTEGER NOT NULL REFERENCES user (id),
    to_id INTEGER NOT NULL REFERENCES user (id),
    reason TEXT NOT NULL DEFAULT '',
    made_at TEXT NOT NULL,
    closed_at TEXT,
    closed_as TEXT CHECK (closed_as IN ('accepted', 'declined', 'withdrawn'))
);
CREATE TABLE collaborator (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    "function" TEXT NOT NULL DEFAULT '',
    access TEXT NOT NULL CHECK (access IN ('read', 'edit')),
    until_on TEXT,
    UNIQUE (customer_id, user_id)
);
CREATE TABLE comment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    interaction_id INTEGER REFERENCES interaction (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    text TEXT NOT NULL CHECK (text <> ''),
    at TEXT NOT NULL
);
-- Something that waits for a person: it stands in that person's queue until it is closed.
CREATE TABLE notice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    user_id INTEGER NOT NULL REFERENCES user (id),
    kind TEXT NOT NULL CHECK (kind IN ('comment', 'offer', 'request', 'shared', 'known', 'escalation', 'recycled')),
    customer_id INTEGER REFERENCES customer (id),
    from_id INTEGER REFERENCES user (id),
    text TEXT NOT NULL DEFAULT '',
    made_at TEXT NOT NULL,
    closed_at TEXT
);
CREATE TABLE credit_share (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    percent INTEGER NOT NULL CHECK (percent BETWEEN 0 AND 100),
    reason TEXT NOT NULL DEFAULT '',
    UNIQUE (customer_id, user_id)
);
-- DOMAIN §4 P12: the due date that was told to the holder, when it was told first, and the limit (in days) it came by;
-- `tier` is the intent letter whose limit that is, if one is.
CREATE TABLE recycle_warning (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL UNIQUE REFERENCES customer (id),
    rule TEXT NOT NULL CHECK (rule IN ('contact', 'win')),
    due_on TEXT NOT NULL,
    warned_on TEXT NOT NULL,
    days INTEGER NOT NULL DEFAULT 0,
    tier TEXT,
    reason TEXT NOT NULL DEFAULT ''
);

-- What only grows.
CREATE TABLE ownership_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    entry_id INTEGER REFERENCES journal_entry (id),
    customer_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    from_owner_id INTEGER,
    from_pool_id INTEGER,
    to_owner_id INTEGER,
    to_pool_id INTEGER,
    user_id INTEGER REFERENCES user (id),
    reason TEXT NOT NULL DEFAULT '',
    at TEXT NOT NULL
);
CREATE TABLE disclosure (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    entry_id INTEGER NOT NULL REFERENCES journal_entry (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    kind TEXT NOT NULL CHECK (kind IN ('export', 'list', 'collision')),
    customer_id INTEGER,
    customers INTEGER NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    at TEXT NOT NULL
);
CREATE TABLE sweep_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES user (id),
    at TEXT NOT NULL,
    swept_on TEXT NOT NULL,
    warned INTEGER NOT NULL,
    recycled INTEGER NOT NULL,
    escalated INTEGER NOT NULL,
    failed INTEGER NOT NULL
);

-- DOMAIN §9: credit and cooldowns leave undone steps out.
CREATE VIEW ownership AS SELECT l.* FROM ownership_log l WHERE l.kind NOT IN ('undo', 'redo') AND NOT EXISTS (
    SELECT 1 FROM journal_change c JOIN journal_undone u ON u.id = c.id
    WHERE c.record = 'customer' AND c.record_id = l.customer_id AND c.entry_id = l.entry_id
);
"""

INDEXES = """
CREATE INDEX user_team ON user (team_id);
CREATE INDEX absence_user ON absence (user_id);
CREATE INDEX absence_stand_in ON absence (stand_in_id) WHERE stand_in_id IS NOT NULL;
CREATE INDEX ssh_key_user ON ssh_key (user_id);
CREATE INDEX pool_member_user ON pool_member (user_id);
CREATE INDEX protection_customer ON protection (customer_id);
CREATE INDEX protection_user ON protection (user_id, until_on);
CREATE UNIQUE INDEX transfer_open ON transfer (customer_id) WHERE closed_at IS NULL;
CREATE INDEX transfer_customer ON transfer (customer_id);
CREATE INDEX transfer_to ON transfer (to_id) WHERE closed_at IS NULL;
CREATE INDEX collaborator_user ON collaborator (user_id);
CREATE INDEX comment_customer ON comment (customer_id);
CREATE INDEX comment_interaction ON comment (interaction_id);
CREATE INDEX notice_open ON notice (user_id) WHERE closed_at IS NULL;
CREATE INDEX notice_customer ON notice (customer_id);
CREATE INDEX interaction_user ON interaction (user_id, at);
CREATE INDEX stage_change_user ON stage_change (user_id, at) WHERE from_stage IS NOT NULL;
-- Whom nobody has turned to since they were given to their holder: a team's screen counts them.
CREATE INDEX customer_untouched ON customer (owner_id)
    WHERE owner_id IS NOT NULL AND archived_at IS NULL AND (last_touch IS NULL OR last_touch < held_since);
-- What is archived counts towards its holder's cap still.
CREATE INDEX customer_owner_archived ON customer (owner_id, stage) WHERE archived_at IS NOT NULL;
CREATE INDEX ownership_log_customer ON ownership_log (customer_id);
CREATE INDEX ownership_log_claim ON ownership_log (user_id, at) WHERE kind = 'claim';
CREATE INDEX ownership_log_entry ON ownership_log (entry_id);
CREATE INDEX disclosure_user ON disclosure (user_id, at);
"""

# Every change of hands is written down where it happens: nothing can move a customer and forget to say so. The newest
# journal entry is the open one, since one process writes at a time and every change belongs to an entry.
_LOG = """
    INSERT INTO ownership_log
        (entry_id, customer_id, kind, from_owner_id, from_pool_id, to_owner_id, to_pool_id, user_id, reason, at)
    SELECT e.id, {row}.id, CASE WHEN e.kind <> 'do' THEN e.kind WHEN e.move <> '' THEN e.move ELSE '{kind}' END,
        {froms}, {tos}, e.user_id, e.move_reason, e.at
    FROM journal_entry e WHERE e.id = (SELECT max(id) FROM journal_entry);
"""
TRIGGERS = (
    "CREATE TRIGGER ownership_insert AFTER INSERT ON customer BEGIN"
    + _LOG.format(row="NEW", kind="make", froms="NULL, NULL", tos="NEW.owner_id, NEW.pool_id")
    + " END",
    "CREATE TRIGGER ownership_update AFTER UPDATE OF owner_id, pool_id, blocked ON customer"
    " WHEN OLD.owner_id IS NOT NEW.owner_id OR OLD.pool_id IS NOT NEW.pool_id OR OLD.blocked <> NEW.blocked BEGIN"
    + _LOG.format(
        row="NEW", kind="move", froms="OLD.owner_id, OLD.pool_id", tos="NEW.owner_id, NEW.pool_id"
    )
    + " END",
    "CREATE TRIGGER ownership_delete AFTER DELETE ON customer BEGIN"
    + _LOG.format(row="OLD", kind="delete", froms="OLD.owner_id, OLD.pool_id", tos="NULL, NULL")
    + " END",
    "CREATE TRIGGER ownership_log_keeps BEFORE UPDATE ON ownership_log BEGIN"
    " SELECT raise(ABORT, 'the ownership log only grows'); END",
    "CREATE TRIGGER ownership_log_stays BEFORE DELETE ON ownership_log BEGIN"
    " SELECT raise(ABORT, 'the ownership log only grows'); END",
)

# What was held before there was a log begins with its making, or with the day since which it is held.
HELD = """
INSERT INTO ownership_log (customer_id, kind, to_owner_id, to_pool_id, user_id, at)
SELECT id, 'make', owner_id, pool_id, created_by, coalesce(held_since, created_at) FROM customer ORDER BY id;
"""


def up(migrator: Any, db: Any) -> None:
    for script in (COLUMNS, TABLES, INDEXES, HELD):
        db.connection().execute(script)
    for trigger in TRIGGERS:
        db.connection().execute(trigger)
    db.connection().execute("PRAGMA user_version = 2")
