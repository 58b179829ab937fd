"""The rows of a table of facts while it is brought in: read once, judged together, then written in an order of their
own, so that neither the order of the rows nor their number changes what comes of them.

They lie in temporary tables of the one transaction of the import, and go with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from crm_tui.domain.people import Sight
from crm_tui.store.customers import seen_by
from crm_tui.store.database import Database
from crm_tui.store.sales import OPEN

_TABLE = """
CREATE TEMP TABLE staged (
    ordinal INTEGER PRIMARY KEY, line INTEGER, customer_id INTEGER, day TEXT, number TEXT, head TEXT, content TEXT,
    nth INTEGER, payload TEXT, base INTEGER, same INTEGER DEFAULT 0, reason TEXT DEFAULT '',
    conflict INTEGER DEFAULT 0
)
"""
_BATCH = 2_000


class Staged(NamedTuple):
    """A row of the table that can be taken in: the nth of those with the same content. `number` is "" for none."""

    ordinal: int
    line: int
    customer_id: int | None
    day: str
    number: str
    content: str
    nth: int
    payload: list[Any]

    @property
    def import_key(self) -> str | None:
        """What tells the row from all others where it has no number (None where it has one)."""
        return None if self.number else f"{self.content}-{self.nth}"


@contextmanager
def staging(database: Database) -> Iterator[None]:
    """Room for staged rows, inside an open transaction."""
    database.execute("DROP TABLE IF EXISTS temp.staged")
    database.execute("DROP TABLE IF EXISTS temp.known_code")
    database.execute(_TABLE)
    try:
        yield
    finally:
        database.execute("DROP TABLE IF EXISTS temp.staged")
        database.execute("DROP TABLE IF EXISTS temp.known_code")


def add(database: Database, rows: Iterable[tuple[Any, ...]]) -> None:
    """Stage rows: (ordinal, line, customer_id, day, number, head, content, payload as JSON, reason, base, conflict),
    where `base` is how many of the same content came in before, with the table of which this one is the rest, and
    `conflict` is 1 where it is refused because several customers are meant.
    """
    database.connection.executemany(
        "INSERT INTO temp.staged (ordinal, line, customer_id, day, number, head, content, payload, reason, base,"
        " conflict) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def number_rows(database: Database) -> None:
    """Count the rows of the same content; by all else that they hold, so that the table's order does not matter."""
    database.execute(
        "UPDATE temp.staged SET nth = n.nth FROM (SELECT ordinal AS o, row_number() OVER"
        " (PARTITION BY content ORDER BY payload, ordinal) + max(base) OVER (PARTITION BY content) AS nth"
        " FROM temp.staged WHERE reason = '') n"
        " WHERE ordinal = n.o"
    )


def refuse_torn(database: Database, reason: str) -> None:
    """Refuse all rows of a number whose rows have not the same head; `{number}` in the reason is theirs."""
    database.execute("CREATE INDEX temp.staged_number ON staged (number) WHERE number <> ''")
    database.execute(
        "UPDATE temp.staged SET conflict = 1, reason = replace(?, '{number}', number) WHERE reason = '' AND number IN"
        " (SELECT number FROM temp.staged WHERE number <> '' AND reason = '' GROUP BY number"
        "  HAVING min(head) <> max(head))",
        (reason,),
    )


def refuse_rest(database: Database, reason: str) -> None:
    """Refuse what is new of a number of which a row is refused; `{number}` and `{line}` of that row in the reason."""
    database.execute(
        "UPDATE temp.staged SET reason = replace(replace(?, '{number}', staged.number), '{line}', f.line)"
        " FROM (SELECT number, min(line) AS line FROM temp.staged WHERE number <> '' AND reason <> '' GROUP BY number)"
        " f WHERE staged.number = f.number AND staged.reason = '' AND staged.same = 0",
        (reason,),
    )


def repeat(database: Database) -> None:
    """Of equal rows of a number only the first is new: the others are the same thing."""
    database.execute("UPDATE temp.staged SET same = 1 WHERE number <> '' AND nth > 1 AND reason = ''")


def judged(database: Database, verdicts: Mapping[int, str]) -> None:
    """Keep what is known of rows, by ordinal: "" for one that is there already, else why it is refused."""
    database.connection.executemany(
        "UPDATE temp.staged SET same = ?, reason = ? WHERE ordinal = ?",
        ((not reason, reason, ordinal) for ordinal, reason in verdicts.items()),
    )


def open_rows(database: Database, *, size: int = _BATCH) -> Iterator[list[Staged]]:
    """The rows that are neither refused nor there already, in batches, in the order of the table."""
    after = -1
    while batch := _batch(database, "ordinal > ?1 ORDER BY ordinal LIMIT ?2", (after, size)):
        yield batch
        after = batch[-1].ordinal


def new_rows(database: Database, *, size: int = _BATCH) -> Iterator[list[Staged]]:
    """As `open_rows`, once nothing is judged any more: by day, number and content, whatever the table's order."""
    database.execute("CREATE INDEX temp.staged_order ON staged (day, number, content, nth)")
    where: tuple[Any, ...] = ("", "", "", 0)
    while batch := _batch(
        database, "(day, number, content, nth) > (?1, ?2, ?3, ?4) ORDER BY day, number, content, nth LIMIT ?5",
        (*where, size),
    ):  # fmt: skip
        yield batch
        last = batch[-1]
        where = (last.day, last.number, last.content, last.nth)


def _batch(database: Database, which: str, parameters: tuple[Any, ...]) -> list[Staged]:
    rows = database.rows(
        "SELECT ordinal, line, customer_id, day, number, content, nth, payload FROM temp.staged"
        f" WHERE reason = '' AND same = 0 AND {which}",
        parameters,
    )
    return [Staged._make((*row[:-1], json.loads(row[-1]))) for row in rows]


def counts(database: Database) -> tuple[int, int, int, int]:
    """How many rows are new, there already, refused, in conflict with others."""
    row = database.row(
        "SELECT coalesce(sum(reason = '' AND same = 0), 0), coalesce(sum(reason = '' AND same), 0),"
        " coalesce(sum(reason <> '' AND NOT conflict), 0), coalesce(sum(reason <> '' AND conflict), 0)"
        " FROM temp.staged"
    )
    assert row is not None
    return row[0], row[1], row[2], row[3]


def refused_rows(database: Database) -> set[int]:
    """The ordinals of the refused rows that have no number."""
    return {row[0] for row in database.rows("SELECT ordinal FROM temp.staged WHERE reason <> '' AND number = ''")}


def last_of(database: Database, ordinals: Iterable[int]) -> dict[int, tuple[str, int]]:
    """The content of each of these rows that was taken in, and the last nth of all with that content."""
    rows = database.rows(
        "SELECT s.ordinal, s.content, n.nth FROM json_each(?) w CROSS JOIN temp.staged s ON s.ordinal = w.value"
        " JOIN (SELECT content, max(nth) AS nth FROM temp.staged WHERE reason = '' GROUP BY content) n"
        " ON n.content = s.content WHERE s.reason = ''",
        (json.dumps(list(ordinals)),),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def newcomers(database: Database, customers: Iterable[int]) -> list[int]:
    """Those of the customers that have no confirmed order yet, and are not at stage actual."""
    rows = database.rows(
        "SELECT c.id FROM json_each(?) w CROSS JOIN customer c ON c.id = w.value WHERE c.stage <> 'actual' AND NOT"
        " EXISTS (SELECT 1 FROM sales_order o WHERE o.customer_id = c.id AND o.state = 'confirmed')",
        (json.dumps(list(customers)),),
    )
    return [row[0] for row in rows]


def refusals(database: Database) -> Iterator[tuple[int, str]]:
    """The ordinals of the refused rows, each with the reason, in the order of the table."""
    after = -1
    while rows := database.rows(
        "SELECT ordinal, reason FROM temp.staged WHERE reason <> '' AND ordinal > ? ORDER BY ordinal LIMIT ?",
        (after, _BATCH),
    ):
        yield from rows
        after = rows[-1][0]


Candidate = tuple[str, int, int | None, bool]
"""What was looked for, and a customer that it may mean: id, owner's id, whether it is archived."""

_CANDIDATE = "w.value, c.id, c.owner_id, c.archived_at IS NOT NULL"


def by_name(database: Database, sight: Sight, keys: Iterable[str]) -> list[Candidate]:
    """The customers that one sees by the normalised name."""
    return _found(database, sight, keys, "customer c ON c.name_key = w.value")


def by_id(database: Database, sight: Sight, ids: Iterable[str]) -> list[Candidate]:
    """The customers that one sees by their ids, in digits."""
    return _found(database, sight, ids, "customer c ON c.id = CAST(w.value AS INTEGER)")


def by_phone(database: Database, sight: Sight, phones: Iterable[str]) -> list[Candidate]:
    """The customers that one sees by their own number or a contact's, in the form that is kept."""
    wanted = list(phones)
    own = _found(database, sight, wanted, "customer c ON c.phone = w.value")
    theirs = "contact k ON k.phone = w.value AND k.archived_at IS NULL CROSS JOIN customer c ON c.id = k.customer_id"
    return list(dict.fromkeys([*own, *_found(database, sight, wanted, theirs)]))


def by_code(database: Database, sight: Sight, codes: Iterable[str], fields: Iterable[str]) -> list[Candidate]:
    """The customers that one sees by their tax number, or what stands in one of these fields of their profiles.

    Both are compared without spaces, and without the case of ASCII letters. All profiles are read at the first call.
    """
    if not database.value("SELECT 1 FROM temp.sqlite_master WHERE name = 'known_code'"):
        _read_codes(database, list(fields))
    wanted = "temp.known_code k ON k.code = w.value CROSS JOIN customer c ON c.id = k.customer_id"
    return list(dict.fromkeys(_found(database, sight, codes, wanted)))


def codes_of(database: Database, ids: Iterable[int]) -> dict[int, list[str]]:
    """The codes of these customers, once `by_code` has read them."""
    found: dict[int, list[str]] = {}
    for key, code in database.rows(
        "SELECT customer_id, code FROM temp.known_code WHERE code <> ''"
        " AND customer_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    ):
        found.setdefault(key, []).append(code)
    return found


def _read_codes(database: Database, fields: Sequence[str]) -> None:
    database.execute("CREATE TEMP TABLE known_code (code TEXT, customer_id INTEGER)")
    database.execute(
        "INSERT INTO temp.known_code"
        " SELECT upper(replace(f.value, ' ', '')), p.id FROM profile p, json_each(p.fields) f"
        " WHERE f.key IN (SELECT value FROM json_each(?))"
        " UNION ALL SELECT upper(replace(tax_number, ' ', '')), id FROM customer WHERE tax_number IS NOT NULL",
        (json.dumps(fields),),
    )
    database.execute("CREATE INDEX temp.known_code_code ON known_code (code)")
    database.execute("CREATE INDEX temp.known_code_customer ON known_code (customer_id)")


def profile_fields(database: Database) -> list[str]:
    """The names of all fields that any profile has."""
    return [row[0] for row in database.rows("SELECT DISTINCT f.key FROM profile p, json_each(p.fields) f")]


def _found(database: Database, sight: Sight, wanted: Iterable[str], joined: str) -> list[Candidate]:
    return database.rows(
        f"SELECT {_CANDIDATE} FROM json_each(?) w CROSS JOIN {joined} WHERE {seen_by(sight)}",
        (json.dumps(list(wanted)),),
    )


def orders_by_number(database: Database, numbers: Iterable[str]) -> dict[str, tuple[int, int, str]]:
    """The orders of these numbers: id, customer, day; whoever may see them."""
    rows = database.rows(
        "SELECT number, id, customer_id, ordered_on FROM sales_order WHERE number IN (SELECT value FROM json_each(?))",
        (json.dumps(list(numbers)),),
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def orders_by_key(database: Database, keys: Iterable[str]) -> dict[str, int]:
    """The orders of these import keys."""
    return dict(database.rows(
        "SELECT import_key, id FROM sales_order WHERE import_key IN (SELECT value FROM json_each(?))",
        (json.dumps(list(keys)),),
    ))  # fmt: skip


Line = tuple[str, float, int, int | None]
"""A line of an order: the product's key, quantity, amount, cost."""


def lines_of(database: Database, orders: Iterable[int]) -> dict[int, list[Line]]:
    """The lines of these orders."""
    found: dict[int, list[Line]] = {}
    for order_id, *line in database.rows(
        "SELECT l.order_id, p.name_key, l.quantity, l.amount, l.cost FROM order_line l"
        " JOIN product p ON p.id = l.product_id WHERE l.order_id IN (SELECT value FROM json_each(?)) ORDER BY l.id",
        (json.dumps(list(orders)),),
    ):
        found.setdefault(order_id, []).append((line[0], line[1], line[2], line[3]))
    return found


def holders_of(database: Database, ids: Iterable[int]) -> dict[int, int | None]:
    """Who holds each of the customers, None for nobody."""
    return dict(database.rows(
        "SELECT c.id, c.owner_id FROM json_each(?) w CROSS JOIN customer c ON c.id = w.value", (json.dumps(list(ids)),)
    ))  # fmt: skip


def numbered(
    database: Database, table: str, columns: Sequence[str], rows: Iterable[Staged]
) -> dict[str, tuple[Any, ...]]:
    """What is there under the numbers and import keys of the rows, by either: those columns of the table."""
    wanted = [row.import_key or row.number for row in rows]
    names = ", ".join(columns)
    given = (json.dumps(wanted),)
    found = database.rows(f"SELECT number, {names} FROM {table} WHERE number <> '' AND number IN"
                          " (SELECT value FROM json_each(?))", given)  # fmt: skip
    found += database.rows(f"SELECT import_key, {names} FROM {table} WHERE import_key IN"
                           " (SELECT value FROM json_each(?))", given)  # fmt: skip
    return {row[0]: row[1:] for row in found}


def receivables_by_number(database: Database, numbers: Iterable[str]) -> dict[str, tuple[int, int]]:
    """The receivables of these numbers: id, customer; whoever may see them."""
    rows = database.rows(
        "SELECT number, id, customer_id FROM receivable WHERE number IN (SELECT value FROM json_each(?))",
        (json.dumps(list(numbers)),),
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def open_receivables(database: Database, customers: Iterable[int]) -> dict[int, dict[int, int]]:
    """What is open of each receivable of these customers, by customer, the one that is due the longest first."""
    found: dict[int, dict[int, int]] = {}
    for customer, key, still in database.rows(
        f"SELECT r.customer_id, r.id, {OPEN} AS still FROM json_each(?) w"
        " CROSS JOIN receivable r ON r.customer_id = w.value WHERE still > 0 ORDER BY r.customer_id, r.due_on, r.id",
        (json.dumps(list(customers)),),
    ):
        found.setdefault(customer, {})[key] = still
    return found


def free_payments(database: Database, customers: Iterable[int]) -> list[tuple[int, int, int]]:
    """The payments of these customers of which a part covers nothing yet, the oldest first: id, customer, that part."""
    return database.rows(
        "SELECT p.id, p.customer_id, p.amount - coalesce((SELECT sum(a.amount) FROM allocation a"
        " WHERE a.payment_id = p.id), 0) AS rest FROM json_each(?) w CROSS JOIN payment p ON p.customer_id = w.value"
        " WHERE rest > 0 ORDER BY p.paid_on, p.id",
        (json.dumps(list(customers)),),
    )


def met(database: Database, payments: Iterable[int]) -> dict[tuple[int, int], tuple[int, int]]:
    """What the payments cover already: (payment, receivable) → the allocation's id and amount."""
    rows = database.rows(
        "SELECT payment_id, receivable_id, id, amount FROM allocation"
        " WHERE payment_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(payments)),),
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


def wallets_of(database: Database, customers: Iterable[int]) -> dict[tuple[int, str, str, str], tuple[Any, ...]]:
    """The estimates of these customers: (customer, category, first day, last day) → total, source, confidence,
    competitors.
    """
    rows = database.rows(
        "SELECT customer_id, category, from_on, until_on, total, source, confidence, competitors FROM wallet"
        " WHERE customer_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(customers)),),
    )
    return {row[:4]: row[4:] for row in rows}


def agents(database: Database, customers: Iterable[int]) -> list[tuple[int, int]]:
    """Whose deals each of these customers has most of, of as many the newest: (customer, user)."""
    return database.rows(
        "SELECT customer_id, user_id FROM (SELECT customer_id, user_id, row_number() OVER (PARTITION BY customer_id"
        "  ORDER BY count(*) DESC, max(coalesce(closed_on, opened_on)) DESC, max(number) DESC, user_id) AS place"
        "  FROM deal WHERE customer_id IN (SELECT value FROM json_each(?)) GROUP BY customer_id, user_id)"
        " WHERE place = 1 ORDER BY customer_id",
        (json.dumps(list(customers)),),
    )


def open_deals(database: Database, customers: Iterable[int]) -> dict[int, int]:
    """Whose the deals of these customers are that go on: deal → user."""
    return dict(database.rows(
        "SELECT id, user_id FROM deal WHERE result = 'open' AND customer_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(customers)),),
    ))  # fmt: skip
