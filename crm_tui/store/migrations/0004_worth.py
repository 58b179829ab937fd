"""What customers buy, owe and pay, what may be sold to them, how they are graded by it, and what a tier is owed."""

from typing import Any

# What a customer is graded under a scheme: the tier in force (NULL where a computed one only waits to be accepted), who
# gave it (a person's beats a computed one, up to and including a day), and what was computed last, for which period.
TIERS = """
CREATE TABLE graded (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    scheme TEXT NOT NULL,
    tier TEXT,
    reason TEXT NOT NULL DEFAULT '',
    by_hand INTEGER NOT NULL DEFAULT 1,
    until_on TEXT,
    computed TEXT,
    computed_from TEXT,
    computed_to TEXT,
    UNIQUE (customer_id, scheme),
    CHECK (tier IS NOT NULL OR computed IS NOT NULL)
);
INSERT INTO graded (id, version, customer_id, scheme, tier, reason)
    SELECT id, version, customer_id, scheme, tier, reason FROM customer_tier;
DELETE FROM sqlite_sequence WHERE name = 'graded';
INSERT INTO sqlite_sequence (name, seq) SELECT 'graded', seq FROM sqlite_sequence WHERE name = 'customer_tier';
DROP TABLE customer_tier;
ALTER TABLE graded RENAME TO customer_tier;
CREATE INDEX customer_tier_scheme ON customer_tier (scheme, tier, customer_id);
CREATE INDEX customer_tier_until ON customer_tier (until_on) WHERE until_on IS NOT NULL;

-- A way of grading that is not shipped, or stands in for one that is: the text of its TOML file.
CREATE TABLE scheme (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    identifier TEXT NOT NULL UNIQUE CHECK (identifier <> ''),
    text TEXT NOT NULL
);

-- What is proposed in place of the primary badge, as lists show and find it.
ALTER TABLE customer ADD COLUMN suggested TEXT;
ALTER TABLE customer ADD COLUMN suggested_rank INTEGER;
-- DOMAIN §3: judged by hand, 1 to 5.
ALTER TABLE customer ADD COLUMN influence INTEGER CHECK (influence BETWEEN 1 AND 5);
ALTER TABLE customer ADD COLUMN closing INTEGER CHECK (closing BETWEEN 1 AND 5);
CREATE INDEX customer_suggested ON customer (suggested_rank, tier_rank) WHERE suggested IS NOT NULL;
CREATE INDEX customer_influence ON customer (influence) WHERE influence IS NOT NULL;
"""

# Amounts are minor units of the database's currency. What belongs to a customer names it, down to the lines.
FACTS = """
CREATE TABLE product (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    name TEXT NOT NULL CHECK (name <> ''),
    name_key TEXT NOT NULL UNIQUE CHECK (name_key <> ''),
    category TEXT NOT NULL DEFAULT '',
    price INTEGER,
    cost INTEGER,
    archived_at TEXT
);
CREATE INDEX product_category ON product (category);

CREATE TABLE deal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    product_id INTEGER REFERENCES product (id),
    number TEXT NOT NULL DEFAULT '',
    import_key TEXT,
    amount INTEGER,
    opened_on TEXT NOT NULL,
    expected_on TEXT,
    competitor TEXT NOT NULL DEFAULT '',
    result TEXT NOT NULL DEFAULT 'open' CHECK (result IN ('open', 'won', 'lost')),
    reason TEXT NOT NULL DEFAULT '',
    closed_on TEXT,
    note TEXT NOT NULL DEFAULT '',
    CHECK ((closed_on IS NULL) = (result = 'open'))
);
CREATE UNIQUE INDEX deal_number ON deal (number) WHERE number <> '';
CREATE UNIQUE INDEX deal_import ON deal (import_key) WHERE import_key IS NOT NULL;
CREATE INDEX deal_customer ON deal (customer_id);
CREATE INDEX deal_open ON deal (customer_id, amount) WHERE result = 'open';
CREATE INDEX deal_user ON deal (user_id);
CREATE INDEX deal_product ON deal (product_id) WHERE product_id IS NOT NULL;

-- `import_key` tells a row of a file without order numbers from the others: the same file twice counts once.
CREATE TABLE sales_order (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    user_id INTEGER REFERENCES user (id),
    deal_id INTEGER REFERENCES deal (id),
    number TEXT NOT NULL DEFAULT '',
    import_key TEXT,
    ordered_on TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'confirmed' CHECK (state IN ('draft', 'confirmed', 'cancelled')),
    note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX sales_order_number ON sales_order (number) WHERE number <> '';
CREATE UNIQUE INDEX sales_order_import ON sales_order (import_key) WHERE import_key IS NOT NULL;
CREATE INDEX sales_order_customer ON sales_order (customer_id, ordered_on, state);
CREATE INDEX sales_order_on ON sales_order (ordered_on);
CREATE INDEX sales_order_deal ON sales_order (deal_id) WHERE deal_id IS NOT NULL;

-- `amount` and `cost` are those of the whole line; `price` that of one. An unknown cost is NULL, never 0.
CREATE TABLE order_line (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    order_id INTEGER NOT NULL REFERENCES sales_order (id),
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    product_id INTEGER NOT NULL REFERENCES product (id),
    quantity REAL NOT NULL DEFAULT 1,
    price INTEGER,
    amount INTEGER NOT NULL,
    cost INTEGER,
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX order_line_order ON order_line (order_id, amount, cost, product_id);
CREATE INDEX order_line_customer ON order_line (customer_id, product_id, order_id, quantity, amount);
CREATE INDEX order_line_product ON order_line (product_id);

CREATE TABLE receivable (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    order_id INTEGER REFERENCES sales_order (id),
    number TEXT NOT NULL DEFAULT '',
    import_key TEXT,
    due_on TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX receivable_number ON receivable (number) WHERE number <> '';
CREATE UNIQUE INDEX receivable_import ON receivable (import_key) WHERE import_key IS NOT NULL;
CREATE INDEX receivable_customer ON receivable (customer_id, due_on);
CREATE INDEX receivable_order ON receivable (order_id) WHERE order_id IS NOT NULL;

CREATE TABLE payment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    number TEXT NOT NULL DEFAULT '',
    import_key TEXT,
    paid_on TEXT NOT NULL,
    amount INTEGER NOT NULL,
    note TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX payment_number ON payment (number) WHERE number <> '';
CREATE UNIQUE INDEX payment_import ON payment (import_key) WHERE import_key IS NOT NULL;
CREATE INDEX payment_customer ON payment (customer_id, paid_on);

CREATE TABLE allocation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    payment_id INTEGER NOT NULL REFERENCES payment (id),
    receivable_id INTEGER NOT NULL REFERENCES receivable (id),
    amount INTEGER NOT NULL CHECK (amount > 0),
    UNIQUE (payment_id, receivable_id)
);
CREATE INDEX allocation_receivable ON allocation (receivable_id, amount, payment_id);
CREATE INDEX allocation_customer ON allocation (customer_id);

-- All that a customer buys of a category within a period (both days included), as somebody estimates it;
-- `competitors` is JSON of name → amount.
CREATE TABLE wallet (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    category TEXT NOT NULL DEFAULT '',
    from_on TEXT NOT NULL,
    until_on TEXT NOT NULL CHECK (until_on >= from_on),
    total INTEGER NOT NULL CHECK (total >= 0),
    source TEXT NOT NULL DEFAULT '',
    confidence TEXT NOT NULL DEFAULT 'middle' CHECK (confidence IN ('low', 'middle', 'high')),
    competitors TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(competitors)),
    UNIQUE (customer_id, category, from_on, until_on)
);
"""

PRACTICE = """
-- Why a customer buys on an occasion ("" for in general), the weightiest factor first: `supplier,price,partner`.
CREATE TABLE purchase_factor (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    occasion TEXT NOT NULL DEFAULT '',
    ranking TEXT NOT NULL CHECK (ranking <> ''),
    evidence TEXT NOT NULL DEFAULT '',
    judged_on TEXT NOT NULL,
    UNIQUE (customer_id, occasion)
);
-- A thing of the tier's playbook that was done in a period ("2026", "2026-Q4", "2026-11").
CREATE TABLE playbook_mark (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    item TEXT NOT NULL,
    period TEXT NOT NULL,
    done_on TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    UNIQUE (customer_id, item, period)
);
-- How far a new product has come with a customer.
CREATE TABLE product_push (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    version INTEGER NOT NULL DEFAULT 1,
    customer_id INTEGER NOT NULL REFERENCES customer (id),
    user_id INTEGER NOT NULL REFERENCES user (id),
    product_id INTEGER NOT NULL REFERENCES product (id),
    state TEXT NOT NULL CHECK (state IN ('pushed', 'interested', 'declined', 'offered', 'followed_up')),
    changed_on TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    UNIQUE (customer_id, product_id)
);
CREATE INDEX product_push_product ON product_push (product_id, state);
"""

# What is computed of the facts and kept: a row for each customer that has any, for the period in `worth_period`.
# `worth_stale` holds the customers whose facts have changed since; every transaction that writes computes those anew.
WORTH = """
CREATE TABLE worth_period (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    from_on TEXT NOT NULL,
    until_on TEXT NOT NULL
);
CREATE TABLE worth_stale (customer_id INTEGER PRIMARY KEY);
CREATE TABLE worth (
    customer_id INTEGER PRIMARY KEY,
    sales INTEGER NOT NULL,
    sales_before INTEGER NOT NULL,
    costed INTEGER NOT NULL,
    profit INTEGER NOT NULL,
    orders INTEGER NOT NULL,
    due INTEGER NOT NULL,
    collected INTEGER NOT NULL,
    on_time INTEGER NOT NULL,
    overdue INTEGER NOT NULL,
    overdue_days INTEGER NOT NULL,
    first_order TEXT,
    last_order TEXT,
    newest_order TEXT,
    order_days INTEGER NOT NULL,
    years INTEGER NOT NULL,
    lifetime INTEGER NOT NULL,
    lifetime_profit INTEGER NOT NULL,
    forecast INTEGER NOT NULL,
    wallet INTEGER,
    wallet_ours INTEGER,
    wallet_before INTEGER,
    wallet_ours_before INTEGER
);
CREATE INDEX worth_sales ON worth (sales);
-- Contacts that came about, and visits among them, by the month (UTC) in which they were.
CREATE TABLE effort (
    customer_id INTEGER NOT NULL,
    month TEXT NOT NULL,
    contacts INTEGER NOT NULL,
    visits INTEGER NOT NULL,
    PRIMARY KEY (customer_id, month)
) WITHOUT ROWID;
INSERT INTO effort (customer_id, month, contacts, visits)
    SELECT customer_id, substr(at, 1, 7), count(*), sum(channel = 'visit') FROM interaction
    WHERE connected GROUP BY 1, 2;

ALTER TABLE stage_count ADD COLUMN amount INTEGER NOT NULL DEFAULT 0;
"""

_FACTS_OF = ("sales_order", "order_line", "receivable", "payment", "allocation", "wallet")


def _stale(row: str) -> str:
    return f"INSERT INTO worth_stale VALUES ({row}.customer_id) ON CONFLICT DO NOTHING;"


def _effort(row: str, step: int) -> str:
    return f"""
    INSERT INTO effort (customer_id, month, contacts, visits)
    SELECT {row}.customer_id, substr({row}.at, 1, 7), {step}, {step} * ({row}.channel = 'visit') WHERE {row}.connected
    ON CONFLICT (customer_id, month) DO UPDATE SET contacts = contacts + {step}, visits = visits + excluded.visits;
    """


# Kept counts, as in the first schema, with the open amount of the customers' deals beside the number of customers.
_HOLDER = "coalesce('u' || {row}.owner_id, 'p' || {row}.pool_id, 'b')"


def _count(row: str, step: int) -> str:
    return f"""
    INSERT INTO stage_count (holder, stage, customers, amount)
    SELECT {_HOLDER.format(row=row)}, {row}.stage, {step},
     {step} * coalesce((SELECT sum(amount) FROM deal WHERE customer_id = {row}.id AND result = 'open'), 0)
    WHERE {row}.archived_at IS NULL
    ON CONFLICT (holder, stage) DO UPDATE
     SET customers = customers + excluded.customers, amount = amount + excluded.amount;
    """


def _open(row: str, sign: str) -> str:
    return f"""
    UPDATE stage_count SET amount = amount {sign} coalesce({row}.amount, 0)
    WHERE {row}.result = 'open' AND (holder, stage) IN (
     SELECT {_HOLDER.format(row="c")}, c.stage FROM customer c WHERE c.id = {row}.customer_id AND c.archived_at IS NULL
    );
    """


TRIGGERS = (
    "DROP TRIGGER customer_count_insert",
    "DROP TRIGGER customer_count_delete",
    "DROP TRIGGER customer_count_update",
    f"CREATE TRIGGER customer_count_insert AFTER INSERT ON customer BEGIN {_count('NEW', 1)} END",
    f"CREATE TRIGGER customer_count_delete AFTER DELETE ON customer BEGIN {_count('OLD', -1)} END",
    "CREATE TRIGGER customer_count_update AFTER UPDATE OF stage, owner_id, pool_id, blocked, archived_at ON customer"
    f" BEGIN {_count('OLD', -1)} {_count('NEW', 1)} END",
    f"CREATE TRIGGER deal_count_insert AFTER INSERT ON deal BEGIN {_open('NEW', '+')} END",
    f"CREATE TRIGGER deal_count_delete AFTER DELETE ON deal BEGIN {_open('OLD', '-')} END",
    "CREATE TRIGGER deal_count_update AFTER UPDATE OF customer_id, amount, result ON deal"
    f" BEGIN {_open('OLD', '-')} {_open('NEW', '+')} END",
    *(
        f"CREATE TRIGGER {table}_worth_{action.lower()} AFTER {action} ON {table}"
        f" BEGIN {''.join(_stale(row) for row in rows)} END"
        for table in _FACTS_OF
        for action, rows in (("INSERT", ("NEW",)), ("UPDATE", ("OLD", "NEW")), ("DELETE", ("OLD",)))
    ),
    # Our part of a wallet is what was sold of its category.
    "CREATE TRIGGER product_worth_update AFTER UPDATE OF category ON product WHEN OLD.category <> NEW.category BEGIN"
    " INSERT INTO worth_stale SELECT DISTINCT customer_id FROM order_line"
    " WHERE product_id = NEW.id AND customer_id IN (SELECT customer_id FROM wallet) ON CONFLICT DO NOTHING; END",
    f"CREATE TRIGGER interaction_effort_insert AFTER INSERT ON interaction BEGIN {_effort('NEW', 1)} END",
    f"CREATE TRIGGER interaction_effort_delete AFTER DELETE ON interaction BEGIN {_effort('OLD', -1)} END",
    "CREATE TRIGGER interaction_effort_update AFTER UPDATE OF customer_id, at, connected, channel ON interaction"
    f" BEGIN {_effort('OLD', -1)} {_effort('NEW', 1)} END",
)


def up(migrator: Any, db: Any) -> None:
    for script in (TIERS, FACTS, PRACTICE, WORTH):
        db.connection().execute(script)
    for trigger in TRIGGERS:
        db.connection().execute(trigger)
    db.connection().execute("PRAGMA user_version = 4")
