"""Rows by the thousand into a new database: prepared rows with their ids go in as they are, noted in one journal entry.

Only for data that is made whole elsewhere (the demo, benchmarks): nothing here checks that the rows agree with each
other. What the schema's triggers keep (the counts) is kept as ever, and the search index follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from crm_tui.store import chain, search
from crm_tui.store.database import Database
from crm_tui.store.journal import customer_column
from crm_tui.store.models import JOURNALED

Rows = Sequence[tuple[Any, ...]]


def is_new(database: Database) -> bool:
    """Whether nobody has worked on the database yet: no user, no customer."""
    return not database.value("SELECT EXISTS (SELECT 1 FROM user) OR EXISTS (SELECT 1 FROM customer)")


def begin(database: Database, *, at: str, user_id: int, source: str, summary: str) -> int:
    """The id of a journal entry that rows can be added under, in this transaction and others until `end`; call it
    inside `writing()`.
    """
    entry_id: int = database.value(
        "INSERT INTO journal_entry (at, user_id, source, command, summary, kind)"
        " VALUES (?, ?, ?, ?, ?, 'do') RETURNING id",
        (at, user_id, source, source, summary),
    )
    database.unsealed = entry_id
    return entry_id


def end(database: Database) -> None:
    """The entry is whole: seal it."""
    assert database.unsealed is not None
    before, database.unsealed = database.unsealed - 1, None
    with database.writing():
        chain.seal(database.connection, before)


def insert(database: Database, table: str, names: Sequence[str], rows: Rows) -> None:
    """Insert rows, each with a value for every column of `names`."""
    marks = ", ".join("?" * len(names))
    database.connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)


def add(database: Database, entry_id: int, table: str, names: Sequence[str], rows: Rows) -> None:
    """Insert rows under the entry: those of journaled tables are noted, histories name the entry themselves.

    Rows of journaled tables have their id first, without gaps and in order.
    """
    if not rows:
        return
    if table not in JOURNALED:
        insert(database, table, ("entry_id", *names), [(entry_id, *row) for row in rows])
        return
    insert(database, table, names, rows)
    owner = customer_column(table) or "NULL"
    database.execute(
        "INSERT INTO journal_change (entry_id, record, record_id, customer_id, action)"
        f" SELECT ?, ?, id, {owner}, 'insert' FROM {table} WHERE id BETWEEN ? AND ? ORDER BY id",
        (entry_id, table, rows[0][0], rows[-1][0]),
    )


def name_lead(database: Database, team_id: int, user_id: int) -> None:
    """Name the lead of a team that is there already."""
    database.execute("UPDATE team SET lead_id = ? WHERE id = ?", (user_id, team_id))


@contextmanager
def own_log(database: Database) -> Iterator[None]:
    """Within it the ownership log is not written by itself: the rows that are made whole have a past of their own."""
    [sql] = [row[0] for row in database.rows("SELECT sql FROM sqlite_master WHERE name = 'ownership_insert'")]
    database.execute("DROP TRIGGER ownership_insert")
    yield
    database.execute(sql)  # where it fails the whole transaction does, and the trigger is there as before


def make_searchable(database: Database, first: int, last: int) -> None:
    """Index the customers of these ids, which are not in the index yet."""
    search.add(database, search.texts(database, range(first, last + 1)))
