"""What the customers that one sees have bought, as far as a new product may be offered to them for it.

Only confirmed orders count, and only products whose lines are more than their corrections.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

from crm_tui.domain.people import Sight
from crm_tui.domain.recommend import OPT_OUT, Buyer, Pairing
from crm_tui.store.customers import seen_by
from crm_tui.store.database import Database

_SCHEME, _PROBLEM = "value", "problem"
"""The scheme and the tier of customers to whom nothing new is offered (DOMAIN §6)."""


@contextmanager
def bought(database: Database, sight: Sight) -> Iterator[None]:
    """Have what was bought at hand while it is asked for: by customer and product the sum.

    What is masked to the user (a rep's pool) is not in it.
    """
    hidden = "AND c.owner_id IS NOT NULL" if sight.masked else ""
    database.execute("DROP TABLE IF EXISTS temp.bought")
    database.execute(
        "CREATE TEMP TABLE bought (customer_id INTEGER, product_id INTEGER, amount INTEGER,"
        " PRIMARY KEY (customer_id, product_id)) WITHOUT ROWID"
    )
    # One walk through the one index that holds all of it: nothing is sorted, and few orders are no confirmed ones.
    database.execute(
        "INSERT INTO temp.bought SELECT l.customer_id, l.product_id, sum(l.amount)"
        " FROM order_line l INDEXED BY order_line_customer"
        " WHERE l.order_id NOT IN (SELECT id FROM sales_order WHERE state <> 'confirmed') AND l.customer_id IN"
        f" (SELECT c.id FROM customer c WHERE c.archived_at IS NULL AND {seen_by(sight)} {hidden})"
        " GROUP BY 1, 2 HAVING sum(l.quantity) > 0"
    )
    try:
        yield
    finally:
        database.execute("DROP TABLE temp.bought")


def buyers(
    database: Database, new: int, like: Sequence[int], categories: Iterable[str], besides: Iterable[str]
) -> list[Buyer]:
    """The customers that bought anything of these and not the product `new`: one that it is like, one of these
    categories, one named in `besides`; within `bought`.
    """
    given = {"new": new, "like": json.dumps(list(like)), "categories": json.dumps(list(categories)),
             "besides": json.dumps(list(besides))}  # fmt: skip
    others = "(SELECT id FROM product WHERE name IN (SELECT value FROM json_each(:besides)))"
    liked = "(SELECT value FROM json_each(:like))"
    related = (
        "(SELECT id FROM product WHERE category <> '' AND category IN (SELECT value FROM json_each(:categories)))"
    )
    rows = database.rows(
        f"SELECT b.customer_id, coalesce(sum(b.amount) FILTER (WHERE b.product_id IN {related}), 0) AS related,"
        f" sum(b.amount), group_concat(b.product_id) FILTER (WHERE b.product_id IN {others}) AS others"
        f" FROM temp.bought b GROUP BY b.customer_id HAVING sum(b.product_id = :new) = 0"
        f" AND (related <> 0 OR others IS NOT NULL OR sum(b.product_id IN {liked}) > 0)",
        given,
    )
    ordered = _ordered(database, like)
    names = {str(key): name for key, name in database.rows("SELECT id, name FROM product")}
    found = []
    for key, related, total, others in rows:
        name, orders, last_on = ordered.get(key, ("", 0, None))
        with_like = tuple(names[one] for one in others.split(",")) if others else ()
        found.append(Buyer(key, name, orders, last_on, related, total, with_like))
    return found


def _ordered(database: Database, like: Sequence[int]) -> dict[int, tuple[str, int, str]]:
    """By customer which of these products it ordered most, how often any of them, and the last time; within
    `bought`.
    """
    rows = database.rows(
        "SELECT b.customer_id, p.name, count(DISTINCT o.id) AS orders, max(o.ordered_on) AS last_on"
        " FROM temp.bought b CROSS JOIN product p ON p.id = b.product_id"
        " CROSS JOIN order_line l ON l.customer_id = b.customer_id AND l.product_id = b.product_id"
        " CROSS JOIN sales_order o ON o.id = l.order_id AND o.state = 'confirmed'"
        " WHERE b.product_id IN (SELECT value FROM json_each(?)) GROUP BY b.customer_id, b.product_id"
        " ORDER BY orders, last_on, b.product_id",
        (json.dumps(list(like)),),
    )
    found: dict[int, tuple[str, int, str]] = {}
    for key, name, orders, last_on in rows:  # the one that was ordered most comes last
        before = found.get(key)
        found[key] = name, orders + (before[1] if before else 0), max(last_on, before[2]) if before else last_on
    return found


def pairings(database: Database, like: Sequence[int]) -> list[Pairing]:
    """How often each product was bought together with each of the like ones; within `bought`."""
    given = {"like": json.dumps(list(like))}
    rows = database.rows(
        "SELECT b.product_id, l.product_id, count(*)"
        " FROM temp.bought l CROSS JOIN temp.bought b ON b.customer_id = l.customer_id"
        " WHERE l.product_id IN (SELECT value FROM json_each(:like))"
        "  AND b.product_id NOT IN (SELECT value FROM json_each(:like)) GROUP BY 1, 2",
        given,
    )
    # Counted here: SQLite would sort all of it for that.
    sizes = Counter(chain.from_iterable(database.rows("SELECT product_id FROM temp.bought")))
    customers = int(database.value("SELECT count(DISTINCT customer_id) FROM temp.bought"))
    names = dict(database.rows("SELECT id, name FROM product"))
    return [Pairing(names[one], names[two], both, sizes[one], sizes[two], customers) for one, two, both in rows]


def unwanted(database: Database, sight: Sight) -> dict[str, set[int]]:
    """The buyers to whom nothing is offered, by why: problem customers, blocked ones, those that want no offers."""
    asked = {
        "problem": "EXISTS (SELECT 1 FROM customer_tier t WHERE t.customer_id = c.id"
        f" AND t.scheme = '{_SCHEME}' AND coalesce(t.tier, t.computed) = '{_PROBLEM}')",
        "blocked": "c.blocked <> 0",
        "opted out": f"EXISTS (SELECT 1 FROM tag t WHERE t.customer_id = c.id AND lower(t.name) = '{OPT_OUT}')",
    }
    buyers = "SELECT c.id FROM customer c WHERE c.id IN (SELECT customer_id FROM temp.bought)"
    return {
        why: {row[0] for row in database.rows(f"{buyers} AND {seen_by(sight)} AND {condition}")}
        for why, condition in asked.items()
    }


def declined(database: Database, product: int) -> set[int]:
    """The customers that are not interested in the product."""
    rows = database.rows(
        "SELECT customer_id FROM product_push WHERE product_id = ? AND state = 'declined'", (product,)
    )
    return {row[0] for row in rows}


def pushes(database: Database, product: int, ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """How far the product has come with these customers: (row, state) by customer."""
    rows = database.rows(
        "SELECT customer_id, id, state FROM product_push WHERE product_id = ?"
        " AND customer_id IN (SELECT value FROM json_each(?))",
        (product, json.dumps(list(ids))),
    )
    return {key: (row, state) for key, row, state in rows}


def pushed(database: Database, sight: Sight, product: int) -> list[tuple[int, str, str, str, str]]:
    """The customers that one sees with which the product has come anywhere: id, name, state, day, note."""
    return database.rows(
        "SELECT c.id, c.name, t.state, t.changed_on, t.note FROM product_push t JOIN customer c ON c.id = t.customer_id"
        f" WHERE t.product_id = ? AND c.archived_at IS NULL AND {seen_by(sight)} ORDER BY t.changed_on DESC, c.id",
        (product,),
    )


def of_customer(database: Database, customer_id: int) -> list[tuple[str, str, str, str]]:
    """How far new products have come with the customer: product, state, day, note; the newest first."""
    return database.rows(
        "SELECT p.name, t.state, t.changed_on, t.note FROM product_push t JOIN product p ON p.id = t.product_id"
        " WHERE t.customer_id = ? ORDER BY t.changed_on DESC, t.id DESC",
        (customer_id,),
    )
