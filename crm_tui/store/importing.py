"""What a bulk of new customers asks of the database: who is there already, and room to work in.

All of it runs inside the one transaction of the import; twins found there include what earlier batches have added.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from crm_tui.domain.people import Sight
from crm_tui.store.customers import reach, seen_by
from crm_tui.store.database import Database

# In KiB. Every row goes into a score of indexes, whose pages would else be written and read again and again.
_CACHE = 64_000


Twin = tuple[int, str | None, str | None, str | None]
"""A customer's id, phone, mail and tax number."""


def twins(database: Database, name_keys: Iterable[str]) -> dict[tuple[str, str], list[Twin]]:
    """Of all customers with these normalised names, in the order of ids: (name_key, kind) → what tells them apart.

    Phone and mail are the first contact's where the customer has none of its own.
    """
    found: dict[tuple[str, str], list[Twin]] = {}
    for name_key, kind, *twin in database.rows(
        f"SELECT c.name_key, c.kind, c.id, {reach('phone')}, {reach('email')}, c.tax_number"
        " FROM json_each(?) wanted CROSS JOIN customer c ON c.name_key = wanted.value ORDER BY c.id",
        (json.dumps(list(name_keys)),),
    ):
        found.setdefault((name_key, kind), []).append((twin[0], twin[1], twin[2], twin[3]))
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
    """A larger page cache for the time of a bulk."""
    before = database.pragma("cache_size")
    database.connection.pragma("cache_size", -_CACHE)
    try:
        yield
    finally:
        database.connection.pragma("cache_size", before)


@contextmanager
def trial(database: Database) -> Iterator[None]:
    """Take back at the end whatever was written within; inside an open transaction only."""
    database.execute("SAVEPOINT trial")
    try:
        yield
    finally:
        database.execute("ROLLBACK TO trial")
        database.execute("RELEASE trial")


def custom_fields(database: Database, sight: Sight, ids: Iterable[int], known: Iterable[str]) -> set[str]:
    """The names in the profiles of these customers that are not among the `known` fields; of those seen only."""
    return {
        row[0]
        for row in database.rows(
            "SELECT DISTINCT f.key FROM json_each(?1) wanted CROSS JOIN customer c ON c.id = wanted.value"
            f" JOIN profile p ON p.id = c.id, json_each(p.fields) f WHERE {seen_by(sight)}"
            " AND f.key NOT IN (SELECT value FROM json_each(?2))",
            (json.dumps(list(ids)), json.dumps(list(known))),
        )
    }


def exported(database: Database, sight: Sight, ids: Iterable[int], columns: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Rows of the customers that are seen, in the order asked for: those columns of theirs, and
    `owner` (login), `pool` (name), `tags`, `fields` (JSON), and of the first contact what begins with `contact`.
    """
    contact = ("name", "role", "title", "phone", "email", "wechat")
    cursor = database.connection.execute(
        f"SELECT {', '.join(f'c.{name} AS {name}' for name in columns)}, c.owner_id AS owner_id, u.login AS owner,"
        " p.name AS pool, (SELECT group_concat(t.name, ' ') FROM tag t WHERE t.customer_id = c.id) AS tags,"
        f" {', '.join(f'k.{name} AS contact_{name}' for name in contact)}, f.fields AS fields"
        " FROM json_each(?) wanted CROSS JOIN customer c ON c.id = wanted.value"
        " LEFT JOIN user u ON u.id = c.owner_id LEFT JOIN pool p ON p.id = c.pool_id LEFT JOIN profile f ON f.id = c.id"
        " LEFT JOIN contact k ON k.id = (SELECT o.id FROM contact o WHERE o.customer_id = c.id"
        "  AND o.archived_at IS NULL ORDER BY o.is_primary DESC, o.id LIMIT 1)"
        f" WHERE {seen_by(sight)}",
        (json.dumps(list(ids)),),
    )
    names: list[str] | None = None
    for row in cursor:
        names = names or [column[0] for column in cursor.description]
        yield dict(zip(names, row, strict=True))
