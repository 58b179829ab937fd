"""What was done since: whether the file was written to, how far the journal goes, and whose customers were changed."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import NamedTuple

from crm_tui.domain.people import Sight
from crm_tui.store.database import Database


class WriteLog:
    """The write-ahead log of a database file; SQLite keeps it for as long as anybody has the database open.

    A database that was replaced, or removed, counts as written to.
    """

    def __init__(self, database: Path) -> None:
        self._database = os.path.abspath(database)
        self._path = f"{os.path.realpath(database)}-wal"
        self._before = self._state()
        self._unsure = False

    def was_written(self) -> bool:
        """Whether it was written to since this was asked last.

        True once more after each time: two writes within one tick of the file system's clock look like one.
        """
        before, self._before = self._before, self._state()
        changed = before != self._before
        told, self._unsure = changed or self._unsure, changed
        return told

    def doubt(self) -> None:
        """Say the next time that it was written to."""
        self._unsure = True

    def _state(self) -> tuple[object, object]:
        return _state(self._database)[2:], _state(self._path)


def _state(path: str) -> tuple[int, ...]:
    """When the file was written to, its size, its place; nothing where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_dev, found.st_ino


class Step(NamedTuple):
    """One changed row of the journal; the customer is None for a row that belongs to none."""

    id: int
    entry_id: int
    customer_id: int | None
    record: str
    action: str

    @property
    def makes(self) -> bool:
        """Whether it made the customer."""
        return self.record == "customer" and self.action == "insert"


def newest(database: Database) -> int:
    """The id of the newest entry of the journal; 0 when there is none."""
    return int(database.value("SELECT coalesce(max(id), 0) FROM journal_entry"))


def changed(database: Database, after: int, to: int, limit: int) -> set[int | None]:
    """The customers that the entries after one and up to another changed, None for rows that belong to no customer;
    of more than `limit` of them one more than `limit`.
    """
    rows = database.rows(
        "SELECT DISTINCT customer_id FROM journal_change WHERE entry_id > ? AND entry_id <= ? LIMIT ?",
        (after, to, limit + 1),
    )
    return {row[0] for row in rows}


def steps(database: Database, after: int, limit: int) -> list[Step]:
    """The changed rows after that one, in order: those of an entry stand together."""
    rows = database.rows(
        "SELECT id, entry_id, customer_id, record, action FROM journal_change WHERE id > ? ORDER BY id LIMIT ?",
        (after, limit),
    )
    return [Step(*row) for row in rows]


def last_step(database: Database, entry_id: int | None = None) -> int:
    """The id of the last changed row of all, or of those up to the end of that entry; 0 when there is none."""
    if entry_id is None:
        return int(database.value("SELECT coalesce(max(id), 0) FROM journal_change"))
    sql = "SELECT id FROM journal_change WHERE entry_id <= ? ORDER BY entry_id DESC, id DESC LIMIT 1"
    return int(database.value(sql, (entry_id,)) or 0)


def first_step(database: Database, entry_id: int, customer_id: int) -> int | None:
    """The id of the first row of the customer that the entry changed; None where it changed none."""
    sql = "SELECT min(id) FROM journal_change WHERE entry_id = ? AND customer_id = ?"
    found: int | None = database.value(sql, (entry_id, customer_id))
    return found


def customers_until(database: Database, entry_id: int, step: int) -> set[int]:
    """The customers that the entry changed up to that row."""
    sql = "SELECT DISTINCT customer_id FROM journal_change WHERE entry_id = ? AND id <= ? AND customer_id IS NOT NULL"
    return {row[0] for row in database.rows(sql, (entry_id, step))}


def made_after(database: Database, ids: Iterable[int], entry_id: int) -> set[int]:
    """Those of the customers that were made after that entry."""
    rows = database.rows(
        "SELECT j.customer_id FROM json_each(?) w CROSS JOIN journal_change j ON j.record = 'customer'"
        " AND j.record_id = w.value WHERE j.action = 'insert' AND j.entry_id > ?",
        (json.dumps(list(ids)), entry_id),
    )
    return {row[0] for row in rows}


def seen_after(database: Database, sight: Sight, ids: Collection[int], entry_id: int) -> set[int]:
    """Those of the customers that lay in what is seen when that entry had been made, as far as who held them, and who
    was let work them, tells.
    """
    rows = database.rows(
        "SELECT o.customer_id, o.from_owner_id, o.from_pool_id, o.kind FROM ownership_log o WHERE o.id IN"
        " (SELECT min(l.id) FROM json_each(?) w CROSS JOIN ownership_log l ON l.customer_id = w.value"
        "  WHERE l.entry_id > ? GROUP BY l.customer_id)",
        (json.dumps(list(ids)), entry_id),
    )
    found = {key for key, owner, pool, kind in rows if kind != "make" and _lay_in(sight, owner, pool)}
    shared = database.rows(
        "SELECT DISTINCT j.customer_id FROM json_each(?) w CROSS JOIN journal_change j ON j.customer_id = w.value"
        " WHERE j.entry_id > ? AND j.record = 'collaborator' AND j.before ->> 'user_id' = ?",
        (json.dumps(list(ids)), entry_id, sight.user_id),
    )
    return found | {row[0] for row in shared}


def _lay_in(sight: Sight, owner_id: int | None, pool_id: int | None) -> bool:
    if sight.everything or owner_id in sight.owners:
        return True
    if pool_id is None:
        return owner_id is None and sight.blocked
    return sight.pools is None or pool_id in sight.pools
