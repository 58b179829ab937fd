"""What a bulk of new customers asks of the database: who is there already, and room to work in.

All of it runs inside the one transaction of the import; twins found there include what earlier batches have added.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic

from crm_tui.domain.names import name_key
from crm_tui.store.customers import reach
from crm_tui.store.database import Database

# In KiB. Every row goes into a score of indexes, whose pages would else be written and read again and again.
_CACHE = 64_000

_OFTEN = 0.1
_STEPS = 100_000
"""Seconds between two calls of who watches; instructions of SQLite between two looks at the clock."""


Twin = tuple[int, str | None, str | None, str | None]
"""A customer's id, phone, mail and tax number."""


def twins(database: Database, name_keys: Iterable[str]) -> dict[tuple[str, str], list[Twin]]:
    """Of all customers with these normalised names, in the order of ids: (name_key, kind) → what tells them apart.

    Phone and mail are the first contact's where the customer has none of its own.
    """
    found: dict[tuple[str, str], list[Twin]] = {}
    for named, kind, *twin in database.rows(
        f"SELECT c.name_key, c.kind, c.id, {reach('phone')}, {reach('email')}, c.tax_number"
        " FROM json_each(?) wanted CROSS JOIN customer c ON c.name_key = wanted.value ORDER BY c.id",
        (json.dumps(list(name_keys)),),
    ):
        found.setdefault((named, kind), []).append((twin[0], twin[1], twin[2], twin[3]))
    return found


def apart(database: Database, ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """What tells each of the customers apart from others of its name: its own phone, mail and tax number under these
    names, and under (name_key of a contact, line feed, `phone` or `email`) its contacts'.
    """
    wanted = json.dumps(list(ids))
    found: dict[int, dict[str, str]] = {}
    for key, *own in database.rows(
        "SELECT c.id, c.phone, c.email, c.tax_number FROM json_each(?) wanted CROSS JOIN customer c"
        " ON c.id = wanted.value",
        (wanted,),
    ):
        found[key] = {name: text for name, text in zip(("phone", "email", "tax_number"), own, strict=True) if text}
    for key, name, *ways in database.rows(
        "SELECT k.customer_id, k.name, k.phone, k.email FROM json_each(?) wanted CROSS JOIN contact k"
        " ON k.customer_id = wanted.value WHERE k.archived_at IS NULL ORDER BY k.id",
        (wanted,),
    ):
        for way, text in zip(("phone", "email"), ways, strict=True):
            if text:
                found[key].setdefault(f"{name_key(name)}\n{way}", text)
    return found


def newest(database: Database) -> int:
    """The greatest id of a customer; 0 where there is none."""
    return int(database.value("SELECT max(id) FROM customer") or 0)


def holders(database: Database, ids: Iterable[int], *, but: int) -> dict[int, int]:
    """Who holds each of the customers, by customer; those are left out that nobody holds, or that user."""
    rows = database.rows(
        "SELECT c.id, c.owner_id FROM json_each(?) wanted CROSS JOIN customer c ON c.id = wanted.value"
        " WHERE c.owner_id IS NOT NULL AND c.owner_id <> ?",
        (json.dumps(list(ids)), but),
    )
    return dict(rows)


def told(database: Database, ids: Iterable[int]) -> set[tuple[int, str]]:
    """What was told of each of the customers when it came in again, whether it still waits or not: (customer, text)."""
    rows = database.rows(
        "SELECT n.customer_id, n.text FROM json_each(?) wanted JOIN notice n ON n.customer_id = wanted.value"
        " WHERE n.kind = 'known'",
        (json.dumps(list(ids)),),
    )
    return set(rows)


def users(database: Database) -> list[tuple[int, str, str, str, str]]:
    """All users: id, login, name, role, state."""
    return database.rows("SELECT id, login, name, role, state FROM user ORDER BY id")


@contextmanager
def room(database: Database) -> Iterator[None]:
    """A larger page cache for the time of a bulk, and temporary tables on the disk, whatever their size."""
    connection = database.connection
    before = {name: database.pragma(name) for name in ("cache_size", "temp_store")}
    connection.pragma("cache_size", -_CACHE)
    alone = not connection.in_transaction  # only then is it settled where temporary tables lie
    if alone:
        connection.pragma("temp_store", "file")
    try:
        yield
    finally:
        connection.pragma("cache_size", before["cache_size"])
        if alone and not connection.in_transaction:
            connection.pragma("temp_store", before["temp_store"])


@contextmanager
def watched(database: Database, tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` ever so often while statements run, the longest too; what it raises ends the one that runs."""
    last = monotonic()

    def often() -> bool:
        nonlocal last
        if monotonic() - last > _OFTEN:
            last = monotonic()
            tell()
        return False

    database.connection.set_progress_handler(often, _STEPS)
    try:
        yield
    finally:
        database.connection.set_progress_handler(None)


@contextmanager
def trial(database: Database) -> Iterator[None]:
    """Take back at the end whatever was written within; inside an open transaction only."""
    database.execute("SAVEPOINT trial")
    try:
        yield
    finally:
        if database.connection.in_transaction:  # else SQLite has taken back more than that by itself
            database.execute("ROLLBACK TO trial")
            database.execute("RELEASE trial")
