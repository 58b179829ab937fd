"""Deals, orders, receivables, payments and wallets, as they are read: by number, by customer, and of all that one sees.

Amounts are minor units, days ISO texts. What lies in a pool tells whose phone is masked nothing of money.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from msgspec import Struct

from crm_tui.domain.people import Sight
from crm_tui.store.customers import seen_by
from crm_tui.store.database import Database

Table = Literal["deal", "sales_order", "receivable", "payment"]


class Deal(Struct, frozen=True):
    """A deal; `result` is open, won or lost, `owner` the login of whose it is."""

    id: int
    customer_id: int
    customer: str
    owner: str
    number: str
    product_id: int | None
    product: str
    amount: int | None
    opened_on: str
    expected_on: str | None
    competitor: str
    result: str
    reason: str
    closed_on: str | None
    note: str
    version: int


class Order(Struct, frozen=True):
    """An order; `amount` and `cost` are the sums of its lines (`cost` None where that of a line is unknown), `products`
    their names; `state` is draft, confirmed or cancelled.
    """

    id: int
    customer_id: int
    customer: str
    number: str
    ordered_on: str
    state: str
    deal: str
    note: str
    amount: int
    cost: int | None
    products: str
    lines: int


class Receivable(Struct, frozen=True):
    """What is due, and how much of it is `open`; `order` is the order's number."""

    id: int
    customer_id: int
    customer: str
    number: str
    due_on: str
    amount: int
    open: int
    order: str
    note: str


class Payment(Struct, frozen=True):
    """What was paid, and how much of it is not allocated."""

    id: int
    customer_id: int
    number: str
    paid_on: str
    amount: int
    rest: int
    note: str


class Wallet(Struct, frozen=True):
    """All that a customer buys of a category within the days, by somebody's estimate; `ours` is what we sold of it."""

    id: int
    customer_id: int
    category: str
    from_on: str
    until_on: str
    total: int
    source: str
    confidence: str
    competitors: str
    ours: int


_DEAL = (
    "SELECT t.id, t.customer_id, c.name, u.login, t.number, t.product_id, coalesce(p.name, ''), t.amount, t.opened_on,"
    " t.expected_on, t.competitor, t.result, t.reason, t.closed_on, t.note, t.version"
    " FROM deal t JOIN customer c ON c.id = t.customer_id JOIN user u ON u.id = t.user_id"
    " LEFT JOIN product p ON p.id = t.product_id"
)
_LINES = "FROM order_line l WHERE l.order_id = t.id"
_ORDER = (
    "SELECT t.id, t.customer_id, c.name, t.number, t.ordered_on, t.state,"
    " coalesce((SELECT d.number FROM deal d WHERE d.id = t.deal_id), ''), t.note,"
    f" coalesce((SELECT sum(l.amount) {_LINES}), 0),"
    f" (SELECT CASE WHEN count(*) = count(l.cost) THEN sum(l.cost) END {_LINES}),"
    " coalesce((SELECT group_concat(name, ', ') FROM (SELECT DISTINCT p.name AS name FROM order_line l"
    "  JOIN product p ON p.id = l.product_id WHERE l.order_id = t.id ORDER BY l.id)), ''),"
    f" (SELECT count(*) {_LINES})"
    " FROM sales_order t JOIN customer c ON c.id = t.customer_id"
)
OPEN = "(r.amount - coalesce((SELECT sum(a.amount) FROM allocation a WHERE a.receivable_id = r.id), 0))"
"""The SQL of what is not paid yet of the receivable `r`."""
_RECEIVABLE = (
    f"SELECT t.id, t.customer_id, c.name, t.number, t.due_on, t.amount, {OPEN.replace('r.', 't.')} AS still,"
    " coalesce((SELECT o.number FROM sales_order o WHERE o.id = t.order_id), ''), t.note"
    " FROM receivable t JOIN customer c ON c.id = t.customer_id"
)
_PAYMENT = (
    "SELECT t.id, t.customer_id, t.number, t.paid_on, t.amount,"
    " t.amount - coalesce((SELECT sum(a.amount) FROM allocation a WHERE a.payment_id = t.id), 0), t.note FROM payment t"
)


def told_by(sight: Sight) -> str:
    """The SQL condition (on the alias `c`) of the customers whose money is told: those seen, without a rep's pools."""
    return f"{seen_by(sight)} AND c.owner_id IS NOT NULL" if sight.masked else seen_by(sight)


def id_of(database: Database, table: Table, number: str) -> int | None:
    """The row of that number."""
    return None if not number else database.value(f"SELECT id FROM {table} WHERE number = ?", (number,))


def free_number(database: Database, table: Table, letter: str) -> str:
    """A number for the next row of the table: a letter and the row's id, and more where somebody has taken that."""
    following = int(database.value("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)) or 0) + 1
    number, again = f"{letter}-{following}", 1
    while id_of(database, table, number) is not None:
        again += 1
        number = f"{letter}-{following}-{again}"
    return number


def deal(database: Database, sight: Sight, deal_id: int) -> Deal | None:
    """The deal, where it is told."""
    row = database.row(f"{_DEAL} WHERE t.id = ? AND {told_by(sight)}", (deal_id,))
    return Deal(*row) if row else None


def order(database: Database, sight: Sight, order_id: int) -> Order | None:
    """The order, where it is told."""
    row = database.row(f"{_ORDER} WHERE t.id = ? AND {told_by(sight)}", (order_id,))
    return Order(*row) if row else None


def receivable(database: Database, sight: Sight, receivable_id: int) -> Receivable | None:
    """The receivable, where it is told."""
    row = database.row(f"{_RECEIVABLE} WHERE t.id = ? AND {told_by(sight)}", (receivable_id,))
    return Receivable(*row) if row else None


def deals_of(database: Database, customer_id: int, limit: int = 1_000) -> list[Deal]:
    """The customer's deals: open ones by the day they are expected, then the others, the latest first."""
    rows = database.rows(
        f"{_DEAL} WHERE t.customer_id = ? ORDER BY t.result <> 'open', t.closed_on DESC, t.expected_on IS NULL,"
        " t.expected_on, t.id LIMIT ?",
        (customer_id, limit),
    )
    return [Deal(*row) for row in rows]


def open_deals(database: Database, ids: Iterable[int]) -> list[int]:
    """The open deals of these customers, by id."""
    rows = database.rows(
        "SELECT d.id FROM json_each(?) w CROSS JOIN deal d ON d.customer_id = w.value WHERE d.result = 'open'",
        (json.dumps(list(ids)),),
    )
    return [row[0] for row in rows]


def order_of_deal(database: Database, deal_id: int) -> str | None:
    """The number (or #id) of the deal's order that is not cancelled; None for none. Whoever may see it."""
    found: str | None = database.value(
        "SELECT CASE number WHEN '' THEN '#' || id ELSE number END FROM sales_order"
        " WHERE deal_id = ? AND state <> 'cancelled' ORDER BY id LIMIT 1",
        (deal_id,),
    )
    return found


def due_of_order(database: Database, order_id: int) -> list[str]:
    """The numbers (or #id) of what is due for the order and not paid."""
    rows = database.rows(
        f"SELECT CASE r.number WHEN '' THEN '#' || r.id ELSE r.number END FROM receivable r"
        f" WHERE r.order_id = ? AND {OPEN} > 0 ORDER BY r.due_on, r.id",
        (order_id,),
    )
    return [row[0] for row in rows]


def orders_of(database: Database, customer_id: int, limit: int = 1_000) -> list[Order]:
    """The customer's orders, the newest first."""
    rows = database.rows(f"{_ORDER} WHERE t.customer_id = ? ORDER BY t.ordered_on DESC, t.id DESC LIMIT ?",
                         (customer_id, limit))  # fmt: skip
    return [Order(*row) for row in rows]


def ordered(database: Database, customer_id: int) -> tuple[int, int, int]:
    """How many orders the customer has, how many of them are confirmed, and the sum of these."""
    row = database.row(
        "SELECT (SELECT count(*) FROM sales_order WHERE customer_id = ?1),"
        " (SELECT count(*) FROM sales_order WHERE customer_id = ?1 AND state = 'confirmed'),"
        " (SELECT coalesce(sum(l.amount), 0)"
        "  FROM sales_order o JOIN order_line l ON l.order_id = o.id"
        "  WHERE o.customer_id = ?1 AND o.state = 'confirmed')",
        (customer_id,),
    )
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


def receivables_of(database: Database, customer_id: int) -> list[Receivable]:
    """What the customer still owes, the oldest first."""
    rows = database.rows(
        f"{_RECEIVABLE} WHERE t.customer_id = ? AND still > 0 ORDER BY t.due_on, t.id", (customer_id,)
    )
    return [Receivable(*row) for row in rows]


def payments_of(database: Database, customer_id: int, limit: int = 1_000) -> list[Payment]:
    """What the customer paid, the latest first."""
    rows = database.rows(
        f"{_PAYMENT} WHERE t.customer_id = ? ORDER BY t.paid_on DESC, t.id DESC LIMIT ?", (customer_id, limit)
    )
    return [Payment(*row) for row in rows]


def unallocated(database: Database, customer_id: int) -> list[Payment]:
    """The payments of which something is not allocated, the oldest first."""
    return [payment for payment in reversed(payments_of(database, customer_id)) if payment.rest > 0]


def wallets_of(database: Database, customer_id: int) -> list[Wallet]:
    """The estimates of the customer: by category, of each the newest first."""
    rows = database.rows(
        "SELECT t.id, t.customer_id, t.category, t.from_on, t.until_on, t.total, t.source, t.confidence, t.competitors,"
        " coalesce((SELECT sum(l.amount) FROM sales_order o JOIN order_line l ON l.order_id = o.id"
        "  JOIN product p ON p.id = l.product_id WHERE o.customer_id = t.customer_id AND o.state = 'confirmed'"
        "  AND o.ordered_on BETWEEN t.from_on AND t.until_on AND (t.category = '' OR p.category = t.category)), 0)"
        " FROM wallet t WHERE t.customer_id = ? ORDER BY t.category, t.from_on DESC, t.id DESC",
        (customer_id,),
    )
    return [Wallet(*row) for row in rows]


_READ = {"deal": (_DEAL, Deal), "sales_order": (_ORDER, Order), "receivable": (_RECEIVABLE, Receivable)}
_FIRST = {
    "deal": "t.expected_on IS NULL, t.expected_on, t.id", "sales_order": "t.ordered_on DESC, t.id DESC",
    "receivable": "t.due_on, t.id",
}  # fmt: skip


_WHICH: Mapping[Table, Mapping[str, str]] = {
    "deal": {name: f"t.result = '{name}'" for name in ("open", "won", "lost")},
    "sales_order": {
        **{name: f"t.state = '{name}'" for name in ("draft", "confirmed", "cancelled")},
        "standing": "t.state <> 'cancelled'",
    },
    "receivable": {"open": f"{OPEN.replace('r.', 't.')} > 0"},
}
"""Which rows of a table may be asked for by name, beside `any`."""


def _which(table: Table, name: str) -> str:
    return "1" if name == "any" else _WHICH[table][name]


def every(
    database: Database, sight: Sight, table: Table, which: str = "any", ids: Iterable[int] | None = None,
    limit: int = 200,
) -> list[Any]:  # fmt: skip
    """The rows (Deal, Order or Receivable) that are told, `which` of them by name: `any`, or as in `_WHICH`; of these
    customers alone, where any are given.
    """
    select, made = _READ[table]
    among = "1" if ids is None else "t.customer_id IN (SELECT value FROM json_each(?))"
    rows = database.rows(
        f"{select} WHERE {told_by(sight)} AND c.archived_at IS NULL AND {_which(table, which)} AND {among}"
        f" ORDER BY {_FIRST[table]} LIMIT ?",
        (*(() if ids is None else (json.dumps(list(ids)),)), limit),
    )
    return [made(*row) for row in rows]


def numbers(
    database: Database, sight: Sight, table: Table, which: str = "any", limit: int = 50
) -> list[tuple[Any, ...]]:
    """Numbers that may be typed, the newest first: (number or #id, customer); `which` as for `every`."""
    return database.rows(
        f"SELECT CASE t.number WHEN '' THEN '#' || t.id ELSE t.number END, c.name FROM {table} t"
        f" JOIN customer c ON c.id = t.customer_id WHERE {told_by(sight)} AND {_which(table, which)}"
        " ORDER BY t.id DESC LIMIT ?",
        (limit,),
    )


def lines_of(database: Database, order_id: int) -> list[tuple[Any, ...]]:
    """The lines of an order: (product, quantity, price, amount, cost, note), amounts in minor units."""
    return database.rows(
        "SELECT p.name, l.quantity, l.price, l.amount, l.cost, l.note FROM order_line l"
        " JOIN product p ON p.id = l.product_id WHERE l.order_id = ? ORDER BY l.id",
        (order_id,),
    )


def covered_by(database: Database, payment_id: int) -> dict[int, tuple[int, int]]:
    """What a payment covers: (row of the allocation, amount) by receivable."""
    rows = database.rows("SELECT receivable_id, id, amount FROM allocation WHERE payment_id = ?", (payment_id,))
    return {receivable: (key, amount) for receivable, key, amount in rows}


def wallet_of(database: Database, customer_id: int, category: str, frm: str, until: str) -> int | None:
    """The estimate of that category for just these days."""
    found: int | None = database.value(
        "SELECT id FROM wallet WHERE customer_id = ? AND category = ? AND from_on = ? AND until_on = ?",
        (customer_id, category, frm, until),
    )
    return found


def events(database: Database, customer_id: int, limit: int) -> list[tuple[Any, ...]]:
    """What was ordered and paid, and which deals were closed, the latest first: (day, what, who, number, text, amount).

    `what` is order, payment or deal; `text` the products, the note, the result; `who` a login, "" where nobody is said.
    """
    return database.rows(
        "SELECT day, what, who, number, text, amount FROM ("
        " SELECT o.ordered_on AS day, 'order' AS what, coalesce(u.login, '') AS who, o.number AS number,"
        "  coalesce((SELECT group_concat(name, ', ') FROM (SELECT DISTINCT p.name AS name FROM order_line l"
        "   JOIN product p ON p.id = l.product_id WHERE l.order_id = o.id)), '') AS text,"
        "  (SELECT sum(l.amount) FROM order_line l WHERE l.order_id = o.id) AS amount, 1 AS kind, o.id AS id"
        "  FROM sales_order o LEFT JOIN user u ON u.id = o.user_id WHERE o.customer_id = ?1 AND o.state = 'confirmed'"
        " UNION ALL SELECT m.paid_on, 'payment', '', m.number, m.note, m.amount, 3, m.id FROM payment m"
        "  WHERE m.customer_id = ?1"
        " UNION ALL SELECT d.closed_on, 'deal', u.login, d.number, d.result || CASE d.reason WHEN '' THEN '' ELSE ': '"
        "  || d.reason END, d.amount, 2, d.id FROM deal d JOIN user u ON u.id = d.user_id"
        "  WHERE d.customer_id = ?1 AND d.result <> 'open'"
        ") ORDER BY day DESC, kind DESC, id DESC LIMIT ?2",
        (customer_id, limit),
    )


def overdue(
    database: Database, today: str, *, user_id: int | None = None, ids: Iterable[int] = ()
) -> dict[int, tuple[str, int]]:
    """Since when and how much is overdue, by customer: of the customers that the user holds, or of these."""
    which = "c.owner_id = ?2" if user_id is not None else "c.id IN (SELECT value FROM json_each(?2))"
    rows = database.rows(
        "SELECT customer_id, min(due_on), sum(still) FROM (SELECT r.customer_id, r.due_on,"
        f" {OPEN} AS still FROM customer c CROSS JOIN receivable r ON r.customer_id = c.id AND r.due_on < ?1"
        f" WHERE {which} AND c.archived_at IS NULL AND EXISTS (SELECT 1 FROM receivable))"  # most teams bill elsewhere
        " WHERE still > 0 GROUP BY customer_id",
        (today, user_id if user_id is not None else json.dumps(list(ids))),
    )
    return {key: (since, amount) for key, since, amount in rows}
