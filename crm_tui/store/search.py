"""The search index: what is found by words. Kept in step with names, contacts, phones and mails by the journal.

Two FTS5 tables hold no text of their own: trigrams find any part of three or more characters, `search_gram` the one
and two characters of `domain.filters.search.grams`; that module says what a query finds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence

import apsw

from crm_tui.domain.filters.search import grams
from crm_tui.domain.names import heteronyms
from crm_tui.domain.searching import reach_text, search_text
from crm_tui.store.database import Database

_BATCH = 2_000


def index(database: Database, customer_ids: Iterable[int]) -> None:
    """Index the customers again; those that are gone leave the index."""
    _index(database.connection, customer_ids)


def index_heteronyms(connection: apsw.Connection) -> None:
    """Index those customers again that have a name (or a contact's) that is read in several ways, in a transaction that
    is open: for databases whose index was made when fewer readings were known.
    """
    several = re.compile(f"[{''.join(heteronyms())}]")
    named = connection.execute(
        "SELECT id, name FROM customer UNION ALL SELECT customer_id, name FROM contact WHERE archived_at IS NULL"
    )
    _index(connection, {key for key, name in named if not name.isascii() and several.search(name)})


def _index(connection: apsw.Connection, customer_ids: Iterable[int]) -> None:
    ids = sorted(set(customer_ids))
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        given = json.dumps(batch)
        for table in ("search_trigram", "search_gram"):
            connection.execute(f"DELETE FROM {table} WHERE rowid IN (SELECT value FROM json_each(?))", (given,))
        _add(connection, _texts(connection, batch))


def add(database: Database, found: Iterable[tuple[int, str, str]]) -> None:
    """Index customers that are not in the index yet: id, search text, ways to reach."""
    _add(database.connection, found)


def add_ready(database: Database, found: Sequence[tuple[int, str, str, str]]) -> None:
    """As `add`; the grams of the search text are found already, with blanks between them."""
    _put(database.connection, [row[:3] for row in found], [(row[0], row[3]) for row in found])


def _add(connection: apsw.Connection, found: Iterable[tuple[int, str, str]]) -> None:
    rows = list(found)
    _put(connection, rows, [(key, " ".join(grams(text))) for key, text, __ in rows])


def _put(connection: apsw.Connection, texts: list[tuple[int, str, str]], short: list[tuple[int, str]]) -> None:
    connection.executemany("INSERT INTO search_trigram (rowid, text, reach) VALUES (?, ?, ?)", texts)
    connection.executemany("INSERT INTO search_gram (rowid, grams) VALUES (?, ?)", short)


def texts(database: Database, ids: Iterable[int]) -> Iterator[tuple[int, str, str]]:
    """Each customer's id, search text and ways to reach it, its contacts' included."""
    return _texts(database.connection, ids)


def _texts(connection: apsw.Connection, ids: Iterable[int]) -> Iterator[tuple[int, str, str]]:
    given = json.dumps(list(ids))
    contacts: dict[int, list[tuple[str | None, ...]]] = {}
    for customer_id, *parts in connection.execute(
        "SELECT customer_id, name, phone, email, wechat FROM contact WHERE archived_at IS NULL"
        " AND customer_id IN (SELECT value FROM json_each(?)) ORDER BY customer_id, id",
        (given,),
    ):
        contacts.setdefault(customer_id, []).append(tuple(parts))
    for key, *own in connection.execute(
        "SELECT id, name, phone, email, wechat FROM customer WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (given,),
    ):
        everyone = [tuple(own), *contacts.get(key, ())]
        names = [person[0] for person in everyone if person[0]]
        phones = [person[1] for person in everyone if person[1]]
        others = [way for person in everyone for way in person[2:] if way]
        yield key, search_text(names), reach_text(phones, others)
