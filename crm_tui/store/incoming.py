"""The rows of an import that may change customers, while it is judged what becomes of each: in temporary tables on the
disk, so that their number is not bound by memory, and looked at all together, so that their order does not matter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from crm_tui.store.database import Database

_TABLES = """
CREATE TEMP TABLE incoming (
    ordinal INTEGER PRIMARY KEY, line INTEGER, customer_id INTEGER, label INTEGER, payload TEXT,
    verdict TEXT DEFAULT '', reason TEXT DEFAULT ''
);
CREATE TEMP TABLE incoming_key (key TEXT, ordinal INTEGER, ways TEXT);
"""
_BATCH = 1_000


class Waiting(NamedTuple):
    """A row that was neither refused nor decided yet; `label` is the first row of the same customer."""

    ordinal: int
    line: int
    customer_id: int | None
    label: int
    payload: str


@contextmanager
def waiting(database: Database) -> Iterator[None]:
    """Room for the rows, inside an open transaction."""
    _drop(database)
    database.execute(_TABLES)
    try:
        yield
    finally:
        _drop(database)


def _drop(database: Database) -> None:
    for table in ("incoming", "incoming_key", "known_value"):
        database.execute(f"DROP TABLE IF EXISTS temp.{table}")


def add(database: Database, rows: Iterable[tuple[int, int, int | None, str, str, str]]) -> None:
    """Keep rows: (ordinal, line, customer, payload, verdict, reason)."""
    database.connection.executemany(
        "INSERT INTO temp.incoming (ordinal, line, customer_id, payload, verdict, reason, label)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?1)",
        rows,
    )


def add_keys(database: Database, keys: Iterable[tuple[str, int, str]]) -> None:
    """Keep by what the rows of new customers are told apart: (key, ordinal, ways as JSON where it is a name)."""
    database.connection.executemany("INSERT INTO temp.incoming_key (key, ordinal, ways) VALUES (?, ?, ?)", keys)


def namesakes(database: Database, *, least: int = 2) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """The names that several rows have: the key, and of each row its ordinal and its ways."""
    database.execute("CREATE INDEX temp.incoming_key_key ON incoming_key (key)")
    after = ""
    while found := database.row(
        "SELECT key FROM temp.incoming_key WHERE key > ? AND ways <> '' GROUP BY key HAVING count(*) >= ?"
        " ORDER BY key LIMIT 1",
        (after, least),
    ):
        after = found[0]
        yield after, database.rows("SELECT ordinal, ways FROM temp.incoming_key WHERE key = ?", (after,))


def rename_key(database: Database, key: str, renamed: Iterable[tuple[str, int]]) -> None:
    """Give rows of that key keys of their own, under which they are no namesakes any more: (new key, ordinal)."""
    database.connection.executemany(
        "UPDATE temp.incoming_key SET key = ?, ways = '' WHERE key = ? AND ordinal = ?",
        [(new, key, ordinal) for new, ordinal in renamed],
    )


def join(database: Database) -> None:
    """Find out which rows are of the same customer: those of one that is there, and those that share a key."""
    database.execute("CREATE INDEX temp.incoming_customer ON incoming (customer_id) WHERE customer_id IS NOT NULL")
    database.execute(
        "UPDATE temp.incoming SET label = f.first FROM (SELECT customer_id, min(ordinal) AS first FROM temp.incoming"
        "  WHERE customer_id IS NOT NULL AND verdict = '' GROUP BY customer_id HAVING count(*) > 1) f"
        " WHERE temp.incoming.customer_id = f.customer_id AND verdict = ''"
    )
    shared = (
        "UPDATE temp.incoming SET label = s.least FROM (SELECT k.ordinal AS o, min(m.least) AS least"
        " FROM temp.incoming_key k JOIN (SELECT key, min(i.label) AS least, max(i.label) AS most FROM temp.incoming_key"
        "  JOIN temp.incoming i USING (ordinal) WHERE i.verdict = '' GROUP BY key HAVING count(*) > 1) m"
        " ON m.key = k.key AND m.least < m.most GROUP BY k.ordinal) s"
        " WHERE temp.incoming.ordinal = s.o AND s.least < label AND verdict = ''"
    )
    while database.execute(shared):
        pass
    database.execute("CREATE INDEX temp.incoming_label ON incoming (label, ordinal)")


def several(database: Database) -> Iterator[list[Waiting]]:
    """The rows that others are of the same customer as, a customer at a time."""
    after = -1
    while found := database.row(
        "SELECT label FROM temp.incoming WHERE label > ? AND verdict = '' GROUP BY label HAVING count(*) > 1"
        " ORDER BY label LIMIT 1",
        (after,),
    ):
        after = found[0]
        yield _rows(database, "label = ? ORDER BY ordinal", (after,))


def still(database: Database, *, new: bool) -> Iterator[list[Waiting]]:
    """The rows that wait, one a customer, in batches: of customers that are there, or of `new` ones."""
    after = -1
    which = f"customer_id IS {'' if new else 'NOT '}NULL AND ordinal > ? ORDER BY ordinal LIMIT {_BATCH}"
    while batch := _rows(database, which, (after,)):
        yield batch
        after = batch[-1].ordinal


def _rows(database: Database, which: str, parameters: tuple[Any, ...]) -> list[Waiting]:
    rows = database.rows(
        f"SELECT ordinal, line, customer_id, label, payload FROM temp.incoming WHERE verdict = '' AND {which}",
        parameters,
    )
    return [Waiting._make(row) for row in rows]


def merged(database: Database, ordinal: int, payload: str) -> None:
    """Put what several rows say together into the first of them."""
    database.execute("UPDATE temp.incoming SET payload = ? WHERE ordinal = ?", (payload, ordinal))


def decided(database: Database, verdicts: Sequence[tuple[str, str, int]]) -> None:
    """Keep what becomes of rows: (verdict, reason, ordinal)."""
    database.connection.executemany("UPDATE temp.incoming SET verdict = ?, reason = ? WHERE ordinal = ?", verdicts)


def refuse_joined(database: Database, verdicts: Iterable[tuple[str, str, int]]) -> None:
    """With a row that is refused, those that were put together with it: (verdict, reason, ordinal) as in `decided`."""
    database.connection.executemany(
        "UPDATE temp.incoming SET verdict = 'refused', reason = ? WHERE label = ? AND verdict = 'joined'",
        [(reason, ordinal) for verdict, reason, ordinal in verdicts if verdict == "refused"],
    )


def counts(database: Database) -> dict[str, int]:
    """How many rows have each verdict."""
    return dict(database.rows("SELECT verdict, count(*) FROM temp.incoming GROUP BY verdict"))


def refusals(database: Database) -> Iterator[tuple[int, str]]:
    """The rows that are not taken in, each with the reason, in the order of the table."""
    after = -1
    while rows := database.rows(
        "SELECT ordinal, reason FROM temp.incoming WHERE reason <> '' AND ordinal > ? ORDER BY ordinal LIMIT ?",
        (after, _BATCH),
    ):
        yield from rows
        after = rows[-1][0]


# -- which customers rows may mean


def by_phone(database: Database, wanted: Iterable[str]) -> dict[str, set[int]]:
    """The customers by phone, their own or a contact's, as it is kept."""
    rows = database.rows(
        "SELECT w.value, c.id FROM json_each(?1) w CROSS JOIN customer c ON c.phone = w.value"
        " UNION SELECT w.value, k.customer_id FROM json_each(?1) w CROSS JOIN contact k ON k.phone = w.value"
        " WHERE k.archived_at IS NULL",
        (json.dumps(list(wanted)),),
    )
    return _by_value(rows)


_KNOWN = {
    "email": (
        "SELECT 'email', lower(email), id FROM customer WHERE email IS NOT NULL UNION ALL SELECT 'email', lower(email),"
        " customer_id FROM contact WHERE email IS NOT NULL AND archived_at IS NULL"
    ),
    "tax_number": (
        "SELECT 'tax_number', upper(replace(tax_number, ' ', '')), id FROM customer WHERE tax_number IS NOT NULL"
    ),
}


def know_values(database: Database, fields: Sequence[str]) -> None:
    """Read once, for `by_value`, mails (in small letters), tax numbers (in capitals), and fields of the profiles."""
    database.execute("CREATE TEMP TABLE known_value (field TEXT, value TEXT, customer_id INTEGER)")
    for field in _KNOWN.keys() & set(fields):
        database.execute(f"INSERT INTO temp.known_value {_KNOWN[field]}")
    own = [field for field in fields if field not in _KNOWN]
    if own:
        database.execute(
            "INSERT INTO temp.known_value SELECT f.key, f.value, p.id FROM profile p, json_each(p.fields) f"
            " WHERE f.key IN (SELECT value FROM json_each(?))",
            (json.dumps(own),),
        )
    database.execute("CREATE INDEX temp.known_value_value ON known_value (field, value)")


def by_value(database: Database, field: str, wanted: Iterable[str]) -> dict[str, set[int]]:
    """The customers by the value of a field that was read before."""
    rows = database.rows(
        "SELECT w.value, k.customer_id FROM json_each(?) w CROSS JOIN temp.known_value k"
        " ON k.field = ? AND k.value = w.value",
        (json.dumps(list(wanted)), field),
    )
    return _by_value(rows)


def _by_value(rows: Iterable[tuple[str, int]]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for value, key in rows:
        found.setdefault(str(value), set()).add(key)
    return found


# -- what they are like now


def texts(database: Database, ids: Iterable[int], columns: Sequence[str]) -> dict[int, dict[str, str | None]]:
    """Those columns of the customers."""
    rows = database.rows(
        f"SELECT c.id, {', '.join('c.' + name for name in columns)} FROM json_each(?) w"
        " CROSS JOIN customer c ON c.id = w.value",
        (json.dumps(list(ids)),),
    )
    return {row[0]: dict(zip(columns, row[1:], strict=True)) for row in rows}


def profiles(database: Database, ids: Iterable[int]) -> dict[int, tuple[dict[str, str], dict[str, str]]]:
    """The profiles of the customers: the fields, and when each was verified."""
    rows = database.rows(
        "SELECT p.id, p.fields, p.verified FROM json_each(?) w CROSS JOIN profile p ON p.id = w.value",
        (json.dumps(list(ids)),),
    )
    return {key: (json.loads(fields), json.loads(verified)) for key, fields, verified in rows}


def contacts(database: Database, ids: Iterable[int], columns: Sequence[str]) -> dict[int, dict[int, dict[str, Any]]]:
    """The contacts of the customers, by customer and id: those columns."""
    found: dict[int, dict[int, dict[str, Any]]] = {}
    for customer, key, *values in database.rows(
        f"SELECT k.customer_id, k.id, {', '.join('k.' + name for name in columns)} FROM json_each(?) w"
        " CROSS JOIN contact k ON k.customer_id = w.value WHERE k.archived_at IS NULL ORDER BY k.id",
        (json.dumps(list(ids)),),
    ):
        found.setdefault(customer, {})[key] = dict(zip(columns, values, strict=True))
    return found


def tags(database: Database, ids: Iterable[int]) -> set[tuple[int, str]]:
    """The tags on the customers."""
    rows = database.rows(
        "SELECT t.customer_id, t.name FROM json_each(?) w CROSS JOIN tag t ON t.customer_id = w.value",
        (json.dumps(list(ids)),),
    )
    return set(rows)


def tiers(database: Database, ids: Iterable[int]) -> dict[tuple[int, str], str | None]:
    """The tiers of the customers in force: (customer, scheme) → tier."""
    rows = database.rows(
        "SELECT t.customer_id, t.scheme, t.tier FROM json_each(?) w CROSS JOIN customer_tier t"
        " ON t.customer_id = w.value",
        (json.dumps(list(ids)),),
    )
    return {(row[0], row[1]): row[2] for row in rows}
