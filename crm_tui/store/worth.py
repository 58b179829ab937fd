"""What customers are worth, summed up of their facts: kept for one period, computed for any other by the same SQL.

A customer that has an order, a receivable, a payment or an estimate has a row in `worth`; `worth_stale` names those
whose facts have changed since, and every journal entry computes these anew before it ends. Formulas: DOMAIN §6.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from crm_tui.domain.metrics import Kept, Value
from crm_tui.domain.periods import Period, before, default
from crm_tui.store.database import Database

_KEPT = Kept._fields[: Kept._fields.index("contacts")]
"""The columns of `worth` behind the customer's id."""
_COLUMNS = ", ".join(_KEPT)
_FACTS = ("influence", "closing", "headcount", "region", "industry", "source", "stage", "tier", "business_role")

_STALE = "SELECT customer_id FROM worth_stale"
_NAMED = "SELECT value FROM json_each(:ids)"
_TABLES = ("sales_order", "receivable", "payment", "wallet")
_ALL = " UNION ".join(f"SELECT customer_id FROM {table}" for table in _TABLES)

# Months count back from the day after the period by comparing texts: a 29 February stands for the day after the 28th
# in other years. `window` is 0 for the twelve months up to the end, 1 for those before …
_IN, _BEFORE, _KNOWN = (
    "o.ordered_on BETWEEN :first AND :last",
    "o.ordered_on BETWEEN :before_first AND :before_last",
    "o.ordered_on <= :last",
)
_WINDOW = "(substr(:as_of, 1, 4) - substr(o.ordered_on, 1, 4) - (substr(o.ordered_on, 6) >= substr(:as_of, 6)))"
_FORECAST = "(o.ordered_on BETWEEN :year AND :last OR o.ordered_on BETWEEN :ago AND :ago_end)"

# Everything of a customer is found by the index of its customer; nothing is sorted but the distinct days of one.
_SOLD = f"""
SELECT o.customer_id AS id,
 coalesce(sum(l.amount) FILTER (WHERE {_IN}), 0) AS sales,
 coalesce(sum(l.amount) FILTER (WHERE {_BEFORE}), 0) AS sales_before,
 coalesce(sum(l.amount) FILTER (WHERE {_IN} AND l.cost IS NOT NULL), 0) AS costed,
 coalesce(sum(l.amount - l.cost) FILTER (WHERE {_IN}), 0) AS profit,
 count(DISTINCT CASE WHEN {_IN} THEN o.id END) AS orders,
 min(o.ordered_on) FILTER (WHERE {_KNOWN}) AS first_order,
 max(o.ordered_on) FILTER (WHERE {_KNOWN}) AS last_order,
 max(o.ordered_on) AS newest_order,
 count(DISTINCT CASE WHEN {_KNOWN} THEN o.ordered_on END) AS order_days,
 coalesce(sum(DISTINCT CASE WHEN {_KNOWN} AND {_WINDOW} < 62 THEN 1 << {_WINDOW} END), 0) AS windows,
 coalesce(sum(l.amount) FILTER (WHERE {_KNOWN}), 0) AS lifetime,
 coalesce(sum(l.amount - l.cost) FILTER (WHERE {_KNOWN}), 0) AS lifetime_profit,
 coalesce(sum(l.amount) FILTER (WHERE {_FORECAST}), 0) AS forecast
FROM {{sales_order}} o LEFT JOIN order_line l ON l.order_id = o.id WHERE o.state = 'confirmed' GROUP BY o.customer_id
"""
_CLAIMED = """
SELECT r.customer_id AS id, r.due_on, r.amount,
 coalesce(sum(a.amount) FILTER (WHERE p.paid_on <= :last), 0) AS paid,
 coalesce(sum(a.amount) FILTER (WHERE p.paid_on <= r.due_on), 0) AS timely
FROM {receivable} r LEFT JOIN allocation a ON a.receivable_id = r.id
LEFT JOIN payment p ON p.id = a.payment_id WHERE r.due_on <= :last GROUP BY r.id
"""
_OWED = f"""
SELECT id,
 coalesce(sum(amount) FILTER (WHERE due_on >= :first), 0) AS due,
 coalesce(sum(min(amount, paid)) FILTER (WHERE due_on >= :first), 0) AS collected,
 coalesce(sum(min(amount, timely)) FILTER (WHERE due_on >= :first), 0) AS on_time,
 sum(max(amount - paid, 0)) AS overdue,
 min(due_on) FILTER (WHERE amount > paid) AS oldest
FROM ({_CLAIMED}) GROUP BY id
"""
_ESTIMATED = """
SELECT w.customer_id AS id, w.category, w.from_on, w.until_on, w.total,
 row_number() OVER (PARTITION BY w.customer_id, w.category ORDER BY w.from_on DESC, w.until_on DESC) AS nth,
 max(w.category <> '') OVER (PARTITION BY w.customer_id) AS by_category
FROM {wallet} w WHERE w.from_on <= :last
"""
_OURS = """
SELECT e.id, e.nth, e.total, (
 SELECT coalesce(sum(l.amount), 0) FROM sales_order o JOIN order_line l ON l.order_id = o.id
 WHERE o.customer_id = e.id AND o.state = 'confirmed' AND o.ordered_on BETWEEN e.from_on AND e.until_on
 AND (e.category = '' OR e.category = (SELECT category FROM product WHERE id = l.product_id))
) AS ours
FROM estimated e WHERE e.nth <= 2 AND (e.category <> '') = e.by_category
"""
_SHARED = f"""
SELECT id, sum(total) FILTER (WHERE nth = 1) AS wallet, sum(ours) FILTER (WHERE nth = 1) AS wallet_ours,
 sum(total) FILTER (WHERE nth = 2) AS wallet_before, sum(ours) FILTER (WHERE nth = 2) AS wallet_ours_before
FROM ({_OURS}) GROUP BY id
"""
# The lowest bit that is not set among the windows is that of the first without an order.
_OTHERS = {
    "overdue_days": "CAST(coalesce(julianday(:as_of) - julianday(oldest), 0) AS INTEGER)",
    "years": "CAST(log2(~coalesce(windows, 0) & (coalesce(windows, 0) + 1)) + 0.5 AS INTEGER)",
}
_MAY_BE_NULL = frozenset(("first_order", "last_order", "newest_order")) | {
    name for name in _KEPT if name.startswith("wallet")
}
_HAS_FACTS = " OR ".join(
    f"EXISTS (SELECT 1 FROM {table} f WHERE f.customer_id = who.id)" for table in _TABLES
)
_ANY_FACTS = f"SELECT {' OR '.join(f'EXISTS (SELECT 1 FROM {table})' for table in _TABLES)}"


def _computing(who: str) -> str:
    """The query for the columns of `worth` of those customers (a query for their ids), behind the id."""
    columns = (_OTHERS.get(name) or (name if name in _MAY_BE_NULL else f"coalesce({name}, 0)") for name in _KEPT)
    everyone = who is _ALL
    tables = {name: name if everyone else f"(SELECT t.* FROM who CROSS JOIN {name} t ON t.customer_id = who.id)"
              for name in ("sales_order", "receivable", "wallet")}  # fmt: skip
    parts = {"sold": _SOLD, "owed": _OWED, "estimated": _ESTIMATED, "shared": _SHARED}
    shown = ", ".join(f"{name} AS MATERIALIZED ({sql.format(**tables)})" for name, sql in parts.items())
    return (
        f"WITH who (id) AS MATERIALIZED ({who}), {shown} SELECT who.id, {', '.join(columns)} FROM who"
        " LEFT JOIN sold ON sold.id = who.id LEFT JOIN owed ON owed.id = who.id LEFT JOIN shared ON shared.id = who.id"
        + ("" if everyone else f" WHERE {_HAS_FACTS}")
    )


def _days(wanted: Period) -> dict[str, str]:
    """The days that the query compares with."""
    earlier, as_of = before(wanted), wanted.as_of.isoformat()
    year = f"{wanted.as_of.year - 1:04}"
    return {
        "first": wanted.first.isoformat(), "last": wanted.last.isoformat(), "as_of": as_of,
        "before_first": earlier.first.isoformat(), "before_last": earlier.last.isoformat(),
        "year": f"{as_of[:4]}-01-01", "ago": f"{year}{as_of[4:]}", "ago_end": f"{year}-12-31",
    }  # fmt: skip


def period(database: Database) -> Period | None:
    """The period that is kept; None before anything was."""
    row = database.row("SELECT from_on, until_on FROM worth_period")
    return Period(date.fromisoformat(row[0]), date.fromisoformat(row[1])) if row else None


def refresh(database: Database) -> None:
    """Compute the customers anew whose facts have changed; within a transaction. Cheap where there are none."""
    if not database.value("SELECT EXISTS (SELECT 1 FROM worth_stale)"):
        return
    kept = period(database)
    if kept is None:
        at = database.value("SELECT at FROM journal_entry ORDER BY id DESC LIMIT 1")
        kept = default(date.fromisoformat(at[:10]))
        _keep(database, kept)
    database.execute(f"DELETE FROM worth WHERE customer_id IN ({_STALE})")
    database.execute(f"INSERT INTO worth (customer_id, {_COLUMNS}) {_computing(_STALE)}", _days(kept))
    database.execute("DELETE FROM worth_stale")


def roll(database: Database, wanted: Period) -> bool:
    """Keep that period, if it ends later than the one that is kept; whether anything was computed anew for it.

    Nothing is kept, and nothing done, where no customer ever had any facts.
    """
    kept = period(database)
    if kept is not None and kept.last >= wanted.last:
        return False
    if kept is None and not database.value(_ANY_FACTS):
        return False
    with database.writing():
        kept = period(database)  # somebody may have been quicker
        if kept is not None and kept.last >= wanted.last:
            return False
        _keep(database, wanted)
        _replace(database, wanted)
    return True


def _keep(database: Database, wanted: Period) -> None:
    sql = "INSERT OR REPLACE INTO worth_period (id, from_on, until_on) VALUES (1, ?, ?)"
    database.execute(sql, (wanted.first.isoformat(), wanted.last.isoformat()))


def _replace(database: Database, wanted: Period) -> None:
    database.execute("DELETE FROM worth")
    database.execute(f"INSERT INTO worth (customer_id, {_COLUMNS}) {_computing(_ALL)}", _days(wanted))
    database.execute("DELETE FROM worth_stale")


_EFFORT = (
    "SELECT customer_id, substr(at, 1, 7), count(*), sum(channel = 'visit') FROM interaction WHERE connected"
    " GROUP BY 1, 2"
)
_HOLDER = "coalesce('u' || c.owner_id, 'p' || c.pool_id, 'b')"
_COUNTS = (
    f"SELECT {_HOLDER}, c.stage, count(*), coalesce(sum((SELECT sum(amount) FROM deal d WHERE d.customer_id = c.id"
    " AND d.result = 'open')), 0) FROM customer c WHERE c.archived_at IS NULL GROUP BY 1, 2"
)
_COUNTED = {
    "effort": ("customer_id, month, contacts, visits", _EFFORT, "contacts <> 0"),
    "stage_count": ("holder, stage, customers, amount", _COUNTS, "customers <> 0 OR amount <> 0"),
}
"""What triggers keep: the columns, the query for what they should hold, and which rows say anything."""


def differing(database: Database, limit: int = -1) -> dict[str, list[str]]:
    """Where what is kept is not what would be computed: the first such rows of each table, `worth` by customer."""
    kept = period(database)
    found: dict[str, list[str]] = {}
    if kept is not None or database.value(_ANY_FACTS):
        wanted = kept or default(date.today())  # without a period nothing is kept, and every row differs
        sql = _differences(f"SELECT customer_id, {_COLUMNS} FROM worth", _computing(_ALL))
        found["worth"] = [str(row[0]) for row in database.rows(f"{sql} LIMIT {int(limit)}", _days(wanted))]
    for table, (columns, query, says) in _COUNTED.items():
        sql = _differences(f"SELECT {columns} FROM {table} WHERE {says}", f"SELECT * FROM ({query})")
        found[table] = [str(row[0]) for row in database.rows(f"{sql} LIMIT {int(limit)}")]
    return {table: rows for table, rows in found.items() if rows}


def _differences(kept: str, computed: str) -> str:
    """The query for the first columns of all rows that only one of the two queries has."""
    return (
        f"WITH kept AS MATERIALIZED ({kept}), computed AS MATERIALIZED (SELECT * FROM ({computed}))"
        " SELECT * FROM (SELECT DISTINCT * FROM (SELECT * FROM (SELECT * FROM kept EXCEPT SELECT * FROM computed)"
        " UNION ALL SELECT * FROM (SELECT * FROM computed EXCEPT SELECT * FROM kept))) GROUP BY 1"
    )


def rebuild(database: Database, wanted: Period) -> dict[str, int]:
    """Compute everything anew that is kept, for that period; what differed till then: table → rows of it."""
    with database.writing():
        differed = {table: len(rows) for table, rows in differing(database).items()}
        _keep(database, wanted)
        _replace(database, wanted)
        for table, (columns, query, _says) in _COUNTED.items():
            database.execute(f"DELETE FROM {table}")
            database.execute(f"INSERT INTO {table} ({columns}) {query}")
    return differed


def metrics(database: Database, wanted: Period, ids: Sequence[int] | None = None) -> dict[int, Kept]:
    """What is known of each of these customers for the period; without ids of all that have facts or were contacted
    within it.

    What is kept is read, as long as it is of that period; other periods are computed.
    """
    days = _days(wanted)
    given = {"ids": json.dumps(list(ids))} if ids is not None else {}
    stale = database.value("SELECT EXISTS (SELECT 1 FROM worth_stale)")
    if period(database) == wanted and not stale:
        some = f" WHERE customer_id IN ({_NAMED})" if ids is not None else ""
        rows = database.rows(f"SELECT customer_id, {_COLUMNS} FROM worth{some}", given)
    else:
        rows = database.rows(_computing(_ALL if ids is None else _NAMED), {**days, **given})
    efforts = _efforts(database, wanted, given)
    as_of, none = wanted.as_of.isoformat(), (0, 0)
    found = {key: Kept._make((*values, *efforts.get(key, none), as_of)) for key, *values in rows}
    nothing = Kept(as_of=as_of)
    for key in ids if ids is not None else efforts:
        if key not in found:
            contacts, visits = efforts.get(key, none)
            found[key] = nothing._replace(contacts=contacts, visits=visits)
    return found


def _efforts(database: Database, wanted: Period, given: dict[str, str]) -> dict[int, tuple[int, int]]:
    """Contacts and visits within the period by customer; its months and days are those of UTC."""
    some = f" AND customer_id IN ({_NAMED})" if given else ""
    if wanted.is_of_months:
        sql = f"SELECT customer_id, sum(contacts), sum(visits) FROM effort WHERE month BETWEEN :from AND :to{some}"
        ends = {"from": wanted.first.isoformat()[:7], "to": wanted.last.isoformat()[:7]}
    else:
        sql = (
            "SELECT customer_id, count(*), sum(channel = 'visit') FROM interaction"
            f" WHERE connected AND at >= :from AND at < :to{some}"
        )
        ends = {"from": wanted.first.isoformat(), "to": wanted.as_of.isoformat()}
    rows = database.rows(f"{sql} GROUP BY customer_id", {**ends, **given})
    return {row[0]: (row[1], row[2]) for row in rows if row[1]}


def facts(database: Database, ids: Sequence[int] | None = None) -> dict[int, dict[str, Value]]:
    """What the customers' own rows and profiles say, as `domain.metrics.Facts`; without ids of all customers."""
    some = f" WHERE c.id IN ({_NAMED})" if ids is not None else ""
    given = {"ids": json.dumps(list(ids))} if ids is not None else {}
    rows = database.rows(
        "SELECT c.id, c.influence, c.closing, whole(p.fields ->> '$.headcount'), c.region, c.industry, c.source,"
        " c.stage, t.tier, c.business_role FROM customer c LEFT JOIN profile p ON p.id = c.id"
        f" LEFT JOIN customer_tier t ON t.customer_id = c.id AND t.scheme = 'abcd'{some}",
        given,
    )
    return {row[0]: dict(zip(_FACTS, row[1:], strict=True)) for row in rows}
