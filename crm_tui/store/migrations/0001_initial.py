"""The first schema: customers and all that is kept of them, the journal, the search indexes, kept counts."""

from typing import Any

APPLICATION_ID = 0x43524D54

TABLES = """
CREATE TABLE user (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('rep', 'lead', 'service', 'admin')),
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'away', 'leaving', 'left')),
    time_zone TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL
);
CREATE TABLE setting (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    name TEXT NOT NULL UNIQUE,
    value TEXT NOT NULL
);
CREATE TABLE pool (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    name TEXT NOT NULL UNIQUE
);
INSERT INTO pool (id, name) VALUES (1, 'default');

CREATE TABLE customer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    kind TEXT NOT NULL CHECK (kind IN ('organization', 'person')),
    name TEXT NOT NULL CHECK (name <> ''),
    name_key TEXT NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('non_customer', 'potential', 'target', 'intent', 'actual', 'lost')),
    stage_since TEXT NOT NULL,
    scheme TEXT NOT NULL DEFAULT 'abcd',
    tier TEXT,
    tier_rank INTEGER,
    owner_id INTEGER REFERENCES user (id),
    pool_id INTEGER REFERENCES pool (id),
    blocked INTEGER NOT NULL DEFAULT 0,
    phone TEXT, email TEXT, wechat TEXT,
    region TEXT, industry TEXT, source TEXT,
    address TEXT, website TEXT, tax_number TEXT, business_role TEXT, referred_by TEXT, parent TEXT,
    note TEXT,
    next_on TEXT, next_at TEXT,
    last_contact TEXT, last_touch TEXT,
    held_since TEXT,
    stale_on TEXT,
    created_at TEXT NOT NULL,
    created_by INTEGER REFERENCES user (id),
    archived_at TEXT,
    -- DOMAIN §2: where on the path it is, for lists in its order.
    stage_rank INTEGER GENERATED ALWAYS AS (
        CASE stage WHEN 'non_customer' THEN 0 WHEN 'potential' THEN 1 WHEN 'target' THEN 2 WHEN 'intent' THEN 3
        WHEN 'actual' THEN 4 ELSE 5 END
    ) VIRTUAL,
    -- DOMAIN §4: an owner, or exactly one public pool, or blocked: one of the three.
    CHECK ((owner_id IS NOT NULL) + (pool_id IS NOT NULL) + (blocked <> 0) = 1)
);
CREATE TABLE profile (
    id INTEGER PRIMARY KEY REFERENCES customer (id),
    version INTEGER NOT NULL DEFAULT 1,
    fields TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(fields)),
    verified TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(verified))
);
CREATE TABLE contact (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    name TEXT NOT NULL CHECK (name <> ''),
    role TEXT, title TEXT,
    phone TEXT, email TEXT, wechat TEXT,
    is_primary INTEGER NOT NULL DEFAULT 0,
    note TEXT,
    archived_at TEXT
);
CREATE TABLE interaction (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    contact_id INTEGER REFERENCES contact (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    at TEXT NOT NULL,
    channel TEXT NOT NULL,
    connected INTEGER NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    outcome TEXT NOT NULL DEFAULT ''
);
CREATE TABLE follow_up (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    kind TEXT NOT NULL CHECK (kind IN ('promise', 'first_contact')),
    purpose TEXT NOT NULL DEFAULT '',
    due_on TEXT NOT NULL,
    due_at TEXT,
    original_on TEXT NOT NULL,
    created_at TEXT NOT NULL,
    closed_at TEXT,
    closed_as TEXT CHECK (closed_as IN ('done', 'replaced', 'dropped'))
);
CREATE TABLE tag (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    name TEXT NOT NULL,
    UNIQUE (name, customer_id)
);
CREATE TABLE customer_tier (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    scheme TEXT NOT NULL,
    tier TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    UNIQUE (customer_id, scheme)
);

CREATE TABLE journal_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES user (id),
    source TEXT NOT NULL,
    command TEXT NOT NULL,
    summary TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL CHECK (kind IN ('do', 'undo', 'redo')),
    root_id INTEGER,
    reverts_id INTEGER REFERENCES journal_entry (id)
);
CREATE TABLE journal_change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    entry_id INTEGER NOT NULL REFERENCES journal_entry (id),
    record TEXT NOT NULL,
    record_id INTEGER NOT NULL,
    customer_id INTEGER,
    action TEXT NOT NULL CHECK (action IN ('insert', 'update', 'delete')),
    before TEXT,
    after TEXT,
    reverts_id INTEGER
);
CREATE TABLE journal_undone (id INTEGER PRIMARY KEY REFERENCES journal_change (id));
CREATE TABLE stage_change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    entry_id INTEGER NOT NULL REFERENCES journal_entry (id),
    customer_id INTEGER NOT NULL,
    from_stage TEXT,
    to_stage TEXT NOT NULL,
    at TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES user (id),
    reason TEXT NOT NULL DEFAULT '',
    days REAL
);
CREATE TABLE tier_change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    entry_id INTEGER NOT NULL REFERENCES journal_entry (id),
    customer_id INTEGER NOT NULL,
    scheme TEXT NOT NULL,
    from_tier TEXT,
    to_tier TEXT,
    at TEXT NOT NULL,
    user_id INTEGER NOT NULL REFERENCES user (id),
    reason TEXT NOT NULL DEFAULT ''
);
CREATE TABLE draft (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES user (id),
    form TEXT NOT NULL,
    content TEXT NOT NULL,
    saved_at TEXT NOT NULL,
    UNIQUE (user_id, form)
);
CREATE TABLE stage_count (
    holder TEXT NOT NULL,
    stage TEXT NOT NULL,
    customers INTEGER NOT NULL,
    PRIMARY KEY (holder, stage)
) WITHOUT ROWID;
"""

# Every list is ordered by id unless asked otherwise; an index on one column holds the ids in order behind each value.
INDEXES = """
CREATE INDEX customer_stage ON customer (stage);
CREATE INDEX customer_stage_rank ON customer (stage_rank);
CREATE INDEX customer_owner ON customer (owner_id, stage);
CREATE INDEX customer_owner_next ON customer (owner_id, next_on);
CREATE INDEX customer_pool ON customer (pool_id, stage) WHERE pool_id IS NOT NULL;
CREATE INDEX customer_tier_rank ON customer (tier_rank);
CREATE INDEX customer_tier_name ON customer (tier);
CREATE INDEX customer_region ON customer (region);
CREATE INDEX customer_industry ON customer (industry);
CREATE INDEX customer_source ON customer (source);
CREATE INDEX customer_next ON customer (next_on);
CREATE INDEX customer_last ON customer (last_contact);
CREATE INDEX customer_created ON customer (created_at);
CREATE INDEX customer_since ON customer (stage_since);
CREATE INDEX customer_name ON customer (name_key, kind);
CREATE INDEX customer_phone ON customer (phone) WHERE phone IS NOT NULL;
CREATE INDEX customer_email ON customer (email) WHERE email IS NOT NULL;
CREATE INDEX customer_wechat ON customer (wechat) WHERE wechat IS NOT NULL;
CREATE INDEX customer_archived ON customer (id) WHERE archived_at IS NOT NULL;
CREATE INDEX customer_kind ON customer (kind);
CREATE INDEX customer_blocked ON customer (blocked) WHERE blocked <> 0;
CREATE INDEX customer_note ON customer (stage) WHERE note IS NOT NULL;
CREATE INDEX customer_pool_next ON customer (next_on) WHERE pool_id IS NOT NULL AND next_on IS NOT NULL;
CREATE INDEX contact_customer ON contact (customer_id);
CREATE INDEX contact_phone ON contact (phone) WHERE phone IS NOT NULL;
CREATE INDEX contact_email ON contact (email) WHERE email IS NOT NULL;
CREATE INDEX contact_wechat ON contact (wechat) WHERE wechat IS NOT NULL;
CREATE INDEX interaction_customer ON interaction (customer_id, at);
CREATE INDEX interaction_contact ON interaction (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX follow_up_customer ON follow_up (customer_id);
CREATE UNIQUE INDEX follow_up_open ON follow_up (customer_id) WHERE closed_at IS NULL;
CREATE INDEX tag_customer ON tag (customer_id);
CREATE INDEX journal_entry_user ON journal_entry (user_id);
CREATE INDEX journal_entry_root ON journal_entry (root_id) WHERE root_id IS NOT NULL;
CREATE INDEX journal_change_entry ON journal_change (entry_id);
CREATE INDEX journal_change_record ON journal_change (record, record_id);
CREATE INDEX journal_change_customer ON journal_change (customer_id);
CREATE INDEX stage_change_customer ON stage_change (customer_id);
CREATE INDEX tier_change_customer ON tier_change (customer_id);
"""

SEARCH = """
CREATE VIRTUAL TABLE search_trigram USING fts5 (
    text, reach, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
);
CREATE VIRTUAL TABLE search_gram USING fts5 (
    grams, content = '', contentless_delete = 1, detail = none,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* P* S* Co'"
);
"""

# Kept counts: customers by holder ('u7', 'p1', 'b' for blocked) and stage, archived ones left out.
_HOLDER = "coalesce('u' || {row}.owner_id, 'p' || {row}.pool_id, 'b')"


def _count(row: str, step: int) -> str:
    return f"""
    INSERT INTO stage_count (holder, stage, customers)
    SELECT {_HOLDER.format(row=row)}, {row}.stage, {step} WHERE {row}.archived_at IS NULL
    ON CONFLICT (holder, stage) DO UPDATE SET customers = customers + {step};
    """


TRIGGERS = (
    f"CREATE TRIGGER customer_count_insert AFTER INSERT ON customer BEGIN {_count('NEW', 1)} END",
    f"CREATE TRIGGER customer_count_delete AFTER DELETE ON customer BEGIN {_count('OLD', -1)} END",
    "CREATE TRIGGER customer_count_update AFTER UPDATE OF stage, owner_id, pool_id, blocked, archived_at ON customer"
    f" BEGIN {_count('OLD', -1)} {_count('NEW', 1)} END",
)


def up(migrator: Any, db: Any) -> None:
    for script in (TABLES, INDEXES, SEARCH):
        db.connection().execute(script)
    for trigger in TRIGGERS:
        db.connection().execute(trigger)
    db.connection().execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.connection().execute("PRAGMA user_version = 1")
