"""What the reports are made of: sums over the customers that the reader sees, read at once and never one by one.

Nothing of a customer outside the `Seen` that is given is in any sum. Days are ISO text, moments stored stamps; steps
that were undone are left out (DOMAIN §9).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm_tui.domain.analysis.care import Holding, Referred, Silent, Spent
from crm_tui.domain.analysis.debts import Open
from crm_tui.domain.analysis.path import Moved, Origin, Visit
from crm_tui.domain.analysis.sales import Bought
from crm_tui.domain.filters.nodes import Node
from crm_tui.domain.metrics import Kept
from crm_tui.domain.people import Sight
from crm_tui.domain.periods import Period
from crm_tui.domain.stages import STAGES
from crm_tui.store import worth
from crm_tui.store.customers import EVERYTHING, OWN
from crm_tui.store.database import Database
from crm_tui.store.filter_sql import compile_filter

_WORTH = Kept._fields[: Kept._fields.index("contacts")]
# One number for entry and customer: of pairs SQLite would walk through all for each row, since one may be NULL.
_PAIR = "({0}.entry_id << 32) + {0}.customer_id"
_UNDONE = (
    f"SELECT {_PAIR.format('j')} FROM journal_undone n CROSS JOIN journal_change j ON j.id = n.id"
    " WHERE j.record = '{record}'"
)
_CLOSED = ", ".join(f"'{stage.identifier}'" for stage in STAGES if stage.closed)
_LOGIN = "(SELECT u.login FROM user u WHERE u.id = c.owner_id)"
_CLASSES = range(4)
"""The classes of products."""
_ORIGINS = {"source": "c.source", "region": "c.region", "industry": "c.industry", "owner": _LOGIN}


@dataclass(frozen=True)
class Seen:
    """The customers of a report: those that the reader works, of everybody for who sees all, that a filter finds.

    `condition` is on the alias `c`; its parameters come before all others.
    """

    database: Database
    condition: str
    parameters: tuple[Any, ...]

    @property
    def ids(self) -> str:
        """A common table `seen` of their ids, to stand at the head of a query."""
        return f"WITH seen (id) AS MATERIALIZED (SELECT c.id FROM customer c WHERE {self.condition})"

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query in which `{seen}` stands once for the condition, before all parameters."""
        return self.database.rows(sql, (*self.parameters, *parameters))


def seen(database: Database, sight: Sight, node: Node) -> Seen:
    """The customers that the filter (defaults applied) finds among those that one reports about."""
    compiled = compile_filter(node, sight, database, EVERYTHING if sight.everything else OWN, driven=False)
    return Seen(database, compiled.condition, tuple(compiled.parameters))


def worth_of(database: Database, period: Period) -> str:
    """The table that holds the worth of the customers for the period: the kept one, or else one of this connection."""
    stale = database.value("SELECT EXISTS (SELECT 1 FROM worth_stale)")
    if worth.period(database) == period and not stale:
        return "worth"
    found = worth.metrics(database, period)
    database.execute("DROP TABLE IF EXISTS temp.worth_asked")
    database.execute(f"CREATE TEMP TABLE worth_asked (customer_id INTEGER PRIMARY KEY, {', '.join(_WORTH)})")
    marks = ", ".join("?" * (len(_WORTH) + 1))
    rows = [(key, *kept[: len(_WORTH)]) for key, kept in found.items() if kept.newest_order or kept[: len(_WORTH)]]
    database.connection.executemany(f"INSERT INTO worth_asked VALUES ({marks})", rows)
    return "worth_asked"


def number(who: Seen) -> int:
    """How many they are."""
    return int(who.rows(f"SELECT count(*) FROM customer c WHERE {who.condition}")[0][0])


# -- tiers and stages


def origins(who: Seen, table: str, by: str, *, of: str, scheme: str = "") -> list[Origin]:
    """Their customers, sales, dues and collections by tier (under `scheme`, "" for the badge) or stage, and origin."""
    kind, join = ("'', c.stage", "") if of == "stages" else _tiers(scheme)
    rows = who.rows(
        f"SELECT {kind}, nullif({_ORIGINS[by]}, ''), count(*), total(w.sales), total(w.due), total(w.collected)"
        f" FROM customer c LEFT JOIN {table} w ON w.customer_id = c.id {join} WHERE {who.condition} GROUP BY 1, 2, 3"
    )
    return [Origin(*row[:4], *map(int, row[4:])) for row in rows]


def _tiers(scheme: str) -> tuple[str, str]:
    """The columns for scheme and tier, and the join that they need."""
    if not scheme:
        return "c.scheme, c.tier", ""
    name = scheme.replace("'", "''")
    return f"'{name}', t.tier", f"LEFT JOIN customer_tier t ON t.customer_id = c.id AND t.scheme = '{name}'"


def spent(who: Seen, table: str, period: Period, scheme: str = "") -> list[Spent]:
    """What the customers of each tier bring and take; contacts and visits are counted by the days of UTC."""
    kind, join = _tiers(scheme)
    efforts = _efforts(period)
    rows = who.rows(
        f"SELECT {kind}, count(*), total(w.sales), total(w.costed), total(w.profit), total(e.contacts), total(e.visits)"
        f" FROM customer c LEFT JOIN {table} w ON w.customer_id = c.id LEFT JOIN ({efforts}) e ON e.customer_id = c.id"
        f" {join} WHERE {who.condition} GROUP BY 1, 2"
    )
    found: dict[tuple[str, str | None], list[int]] = {}
    for own, tier, *sums in rows:
        key = (own if tier else "", tier)
        found[key] = [int(a + b) for a, b in zip(found.get(key, [0] * len(sums)), sums, strict=True)]
    return [Spent(*key, *sums) for key, sums in found.items()]


def _efforts(period: Period) -> str:
    """The query for contacts and visits by customer."""
    if period.is_of_months:
        return (
            "SELECT customer_id, sum(contacts) AS contacts, sum(visits) AS visits FROM effort"
            f" WHERE month BETWEEN '{period.months[0]}' AND '{period.months[-1]}' GROUP BY customer_id"
        )
    return (
        "SELECT customer_id, count(*) AS contacts, sum(channel = 'visit') AS visits FROM interaction"
        f" WHERE connected AND at >= '{period.first}' AND at < '{period.as_of}' GROUP BY customer_id"
    )


# -- sales


def sales(who: Seen, table: str) -> dict[int, int]:
    """The sales to whoever bought anything in the period."""
    return dict(
        who.rows(
            f"SELECT c.id, w.sales FROM {table} w CROSS JOIN customer c ON c.id = w.customer_id"
            f" WHERE {who.condition} AND w.sales > 0"
        )
    )


def without_sales(who: Seen, table: str) -> list[int]:
    """Whoever bought nothing."""
    return _ids(
        who.rows(
            f"SELECT c.id FROM customer c LEFT JOIN {table} w ON w.customer_id = c.id"
            f" WHERE {who.condition} AND coalesce(w.sales, 0) <= 0"
        )
    )


def bought(who: Seen, table: str) -> list[Bought]:
    """What customers with orders or estimates bought, of us and of everybody."""
    rows = who.rows(
        "SELECT c.id, c.name, w.sales, w.sales_before, w.wallet, w.wallet_before, w.wallet_ours, w.wallet_ours_before"
        f" FROM {table} w CROSS JOIN customer c ON c.id = w.customer_id WHERE {who.condition}"
        " AND (w.sales <> 0 OR w.sales_before <> 0 OR w.wallet IS NOT NULL)"
    )
    return [Bought(*row) for row in rows]


def gather_sold(who: Seen, period: Period) -> None:
    """Gather the lines that each customer ordered within the period, in a table of this connection that the functions
    below read: in the order of the customers, so that nothing sorts them by customer again.
    """
    database = who.database
    database.execute("DROP TABLE IF EXISTS temp.sold_asked")
    database.execute(
        "CREATE TEMP TABLE sold_asked (customer, line, product, amount, profit, PRIMARY KEY (customer, line))"
        " WITHOUT ROWID"
    )
    database.execute(
        f"INSERT INTO sold_asked {who.ids}"
        " SELECT o.customer_id, l.id, l.product_id, l.amount, coalesce(l.amount - l.cost, 0)"
        " FROM sales_order o INDEXED BY sales_order_customer CROSS JOIN order_line l ON l.order_id = o.id"
        " WHERE o.ordered_on BETWEEN ? AND ? AND o.state = 'confirmed' AND o.customer_id IN seen",
        (*who.parameters, str(period.first), str(period.last)),
    )


def profits_of_products(who: Seen) -> dict[int, int]:
    """The profit by product, of what was gathered."""
    return dict(who.database.rows("SELECT product, sum(profit) FROM sold_asked GROUP BY 1"))


def gather_buyers(who: Seen, products: Mapping[int, int]) -> None:
    """Gather what each customer bought of each class of products (0 to 3) in a row, of the lines that were gathered."""
    database = who.database
    database.execute("DROP TABLE IF EXISTS temp.class_of_product")
    database.execute("CREATE TEMP TABLE class_of_product (id INTEGER PRIMARY KEY, class INTEGER)")
    database.connection.executemany("INSERT INTO class_of_product VALUES (?, ?)", products.items())
    names = ", ".join(f"lines{n}, sales{n}, profit{n}" for n in _CLASSES)
    sums = ", ".join(
        f"{what} FILTER (WHERE p.class = {n})"
        for n in _CLASSES
        for what in ("count(*)", "sum(s.amount)", "sum(s.profit)")
    )
    database.execute("DROP TABLE IF EXISTS temp.buyer_asked")
    database.execute(f"CREATE TEMP TABLE buyer_asked (customer INTEGER PRIMARY KEY, profit, {names})")
    database.execute(
        f"INSERT INTO buyer_asked SELECT s.customer, sum(s.profit), {sums} FROM sold_asked s"
        " CROSS JOIN class_of_product p ON p.id = s.product GROUP BY s.customer"
    )


def profits_of_buyers(who: Seen) -> list[int]:
    """The profit of each customer, of what was gathered."""
    return _ids(who.database.rows("SELECT profit FROM buyer_asked"))


def sold(who: Seen, lines: Sequence[int]) -> list[tuple[int, int, int, int, int]]:
    """What was gathered by the classes of customers and products: (class, class, buyers, sales, profit).

    `lines` are the least profits of the classes of customers but the last.
    """
    sums = ", ".join(f"total(lines{n} > 0), total(sales{n}), total(profit{n})" for n in _CLASSES)
    rows = who.database.rows(f"SELECT {_below(lines)}, {sums} FROM buyer_asked GROUP BY 1", tuple(lines))
    cells = ((row[0], n, *map(int, row[1 + 3 * n : 4 + 3 * n])) for row in rows for n in _CLASSES)
    return [(int(cell[0]), cell[1], cell[2], cell[3], cell[4]) for cell in cells if cell[2]]


def buyers(who: Seen, lines: Sequence[int], customers: int, products: int) -> list[int]:
    """Which customers of the one class bought anything of the other, of what was gathered."""
    assert products in _CLASSES
    return _ids(
        who.database.rows(
            f"SELECT customer FROM buyer_asked WHERE {_below(lines)} = ? AND lines{products} > 0 ORDER BY 1",
            (*lines, customers),
        )
    )


def _below(lines: Sequence[int]) -> str:
    """The class of a customer: how many of the lines its profit is below."""
    return " + ".join(["(profit < ?)"] * len(lines))


# -- steps


def visits(who: Seen, since: str, before: str) -> list[Visit]:
    """Who came into which stage from one moment until another, and where each went from there, in order."""
    rows = who.rows(
        f"{who.ids}, steps AS (SELECT s.id, s.customer_id, s.to_stage, s.at FROM stage_change s"
        " JOIN journal_entry e ON e.id = s.entry_id WHERE s.at >= ? AND e.kind = 'do' AND s.customer_id IN seen"
        f" AND {_PAIR.format('s')} NOT IN ({_UNDONE.format(record='customer')}))"
        " SELECT * FROM (SELECT customer_id, to_stage, at, lead(to_stage) OVER way, lead(at) OVER way FROM steps"
        " WINDOW way AS (PARTITION BY customer_id ORDER BY id)) WHERE at < ?",
        (since, before),
    )
    return [Visit(*row) for row in rows]


def moved(who: Seen, since: str, before: str, scheme: str = "") -> list[Moved]:
    """The changes of tiers from one moment until another in order, under one scheme or all."""
    rows = who.rows(
        f"{who.ids} SELECT t.customer_id, t.scheme, t.from_tier, t.to_tier FROM tier_change t"
        " JOIN journal_entry e ON e.id = t.entry_id WHERE t.at >= ? AND t.at < ? AND ? IN ('', t.scheme)"
        " AND e.kind = 'do' AND t.customer_id IN seen"
        f" AND {_PAIR.format('t')} NOT IN ({_UNDONE.format(record='customer_tier')}) ORDER BY t.id",
        (since, before, scheme),
    )
    return [Moved(*row) for row in rows]


# -- care


def holdings(who: Seen, period: Period, since: str, before: str) -> list[Holding]:
    """The customers that are held, by owner and what their cadence hangs on, with the contacts that the owner made
    from one moment until another, since the customer is held.
    """
    made = (
        "SELECT i.customer_id, count(*) AS contacts, sum(i.channel = 'visit') AS visits FROM interaction i CROSS JOIN"
        " customer h ON h.id = i.customer_id AND h.owner_id = i.user_id AND i.at >= coalesce(h.held_since, '')"
        f" WHERE i.connected AND i.at >= '{since}' AND i.at < '{before}' GROUP BY 1"
    )
    rows = who.rows(
        f"SELECT {_LOGIN}, c.scheme, c.tier, c.stage,"
        f" max(substr(coalesce(c.held_since, ''), 1, 10), '{period.first}'),"
        " substr(max(coalesce(c.last_contact, ''), coalesce(c.held_since, '')), 1, 10), count(*),"
        f" total(e.contacts), total(e.visits) FROM customer c LEFT JOIN ({made}) e ON e.customer_id = c.id"
        f" WHERE {who.condition} AND c.owner_id IS NOT NULL GROUP BY c.owner_id, 2, 3, 4, 5, 6"
    )
    return [Holding._make((*row[:7], int(row[7]), int(row[8]))) for row in rows]


def silent(who: Seen, table: str, last: str, as_of: str, times: float) -> list[Silent]:
    """Who has been silent for more than so many own order intervals on that day; `last` is the column of the day of
    the last order that counts. Whoever is known to be gone, or never to buy, warns of nothing.
    """
    assert last in ("last_order", "newest_order")
    rows = who.rows(
        f"SELECT * FROM (SELECT c.id, c.name, {_LOGIN}, w.{last}, CAST(julianday(d.day) - julianday(w.{last}) AS INT)"
        "  AS days, (julianday(w.last_order) - julianday(w.first_order)) / (w.order_days - 1) AS every, w.sales,"
        f"  w.lifetime, d.times FROM {table} w CROSS JOIN customer c ON c.id = w.customer_id"
        f"  CROSS JOIN (SELECT '{as_of}' AS day, {times} AS times) d"
        f" WHERE {who.condition} AND w.order_days > 1 AND c.stage NOT IN ({_CLOSED}))"
        " WHERE days > times * every"
    )
    return [Silent(*row[:8]) for row in rows]


def referred(who: Seen, table: str) -> list[Referred]:
    """Whoever was referred by somebody, and what came of it."""
    rows = who.rows(
        "SELECT c.id, trim(c.referred_by), coalesce(w.sales, 0), coalesce(w.lifetime, 0) FROM customer c"
        f" LEFT JOIN {table} w ON w.customer_id = c.id WHERE {who.condition} AND trim(c.referred_by) <> ''"
    )
    return [Referred(*row) for row in rows]


def named(who: Seen, names: Iterable[str]) -> dict[str, int]:
    """Of these names those of customers, with the first's number."""
    rows = who.rows(
        f"SELECT c.name, min(c.id) FROM customer c WHERE {who.condition}"
        " AND c.name IN (SELECT value FROM json_each(?)) GROUP BY 1",
        (json.dumps(list(names)),),
    )
    return dict(rows)


# -- debts


def receivables(who: Seen, paid_until: str) -> list[Open]:
    """What is not covered by payments up to that day."""
    rows = who.rows(
        # All are walked through as they lie: to find them by their customers takes five times as long.
        f"{who.ids} SELECT * FROM (SELECT r.customer_id, r.due_on, r.amount - coalesce((SELECT sum(a.amount)"
        " FROM allocation a WHERE a.receivable_id = r.id"
        " AND a.payment_id NOT IN (SELECT id FROM payment WHERE paid_on > ?)), 0) AS open"
        " FROM receivable r NOT INDEXED WHERE r.customer_id IN seen) WHERE open > 0",
        (paid_until,),
    )
    return [Open(*row) for row in rows]


def graded(who: Seen, scheme: str, tier: str) -> list[int]:
    """Who is in that tier of the scheme, or was computed to be."""
    return _ids(
        who.rows(
            f"{who.ids} SELECT customer_id FROM customer_tier WHERE customer_id IN seen"
            " AND scheme = ? AND ? IN (tier, computed)",
            (scheme, tier),
        )
    )


def debtors(who: Seen, ids: Iterable[int]) -> list[tuple[int, str, str | None, str, str | None]]:
    """The customers with these ids: (id, name, login of the owner, scheme, tier)."""
    rows = who.rows(
        f"SELECT c.id, c.name, {_LOGIN}, c.scheme, c.tier FROM customer c WHERE {who.condition}"
        " AND c.id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return [(row[0], row[1], row[2], row[3], row[4]) for row in rows]


# -- why they buy


def rankings(who: Seen) -> list[tuple[int, str, str]]:
    """Why customers buy: (customer, occasion, ranking); the newest last."""
    rows = who.rows(
        f"{who.ids} SELECT customer_id, occasion, ranking FROM purchase_factor WHERE customer_id IN seen"
        " ORDER BY judged_on, id"
    )
    return [(row[0], row[1], row[2]) for row in rows]


def words(who: Seen, ids: Iterable[int], since: str, before: str, period: Period) -> list[tuple[int, str]]:
    """What was said to these customers in contacts, and written of offers to them, within the period."""
    wanted = json.dumps(list(ids))
    rows = who.rows(
        f"{who.ids} SELECT i.customer_id, i.note FROM json_each(?) wanted CROSS JOIN interaction i"
        " ON i.customer_id = wanted.value AND i.at >= ? AND i.at < ?"
        " WHERE i.connected AND i.note <> '' AND i.customer_id IN seen"
        " UNION ALL SELECT d.customer_id, d.note FROM json_each(?) wanted CROSS JOIN deal d"
        " ON d.customer_id = wanted.value AND d.opened_on BETWEEN ? AND ?"
        " WHERE d.note <> '' AND d.customer_id IN seen",
        (wanted, since, before, wanted, str(period.first), str(period.last)),
    )
    return [(row[0], row[1]) for row in rows]


def _ids(rows: Iterable[tuple[Any, ...]]) -> list[int]:
    return [row[0] for row in rows]
