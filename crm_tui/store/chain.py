"""The chain of the journal: each entry carries the SHA-256 over the hash of the one before, its own columns and its
changes in order, so that whoever meddles with an entry would have to seal anew all that came after it.

Entries are sealed in the order of their ids when the transaction that wrote them ends (`Database.writing`). The summary
of a run is left out: it is told anew with each step. No chain shows that its tail was cut off, or that all of it was
made anew: its head and length are kept outside the database for that (see `store.anchors`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import apsw

SINCE = 5
"""The first schema whose entries are sealed."""

_FIRST = bytes(32)
_SLICE = 10_000
_ENTRY = (
    "CAST(json_array(id, at, user_id, source, command, CASE WHEN is_run THEN NULL ELSE summary END, kind, root_id,"
    " reverts_id, move, move_reason, fixed, run_id, is_run) AS BLOB)"
)
_CHANGE = "json_array(id, record, record_id, customer_id, action, before, after, reverts_id)"

Progress = Callable[[int, int], None]
"""Called now and then with how many entries are looked at, and how many there are."""


class Head(NamedTuple):
    """The newest entry: its number, which is the length of the chain, and its hash as hexadecimal digits."""

    length: int
    hash: str


class Break(NamedTuple):
    """The first entry that is not as it was sealed, and what is wrong with it."""

    entry_id: int
    missing: bool = False
    unsealed: bool = False


def newest(connection: apsw.Connection) -> int:
    """The number of the newest entry; 0 where there is none."""
    return int(_value(connection, "SELECT max(id) FROM journal_entry") or 0)


def head(connection: apsw.Connection) -> Head:
    """Where the chain ends; an empty hash where there is nothing, or nothing sealed."""
    row = connection.execute("SELECT id, hash FROM journal_entry ORDER BY id DESC LIMIT 1").fetchone()
    return Head(int(row[0]), row[1].hex() if row[1] else "") if row else Head(0, "")


def hash_of(connection: apsw.Connection, entry_id: int) -> str | None:
    """The hash of that entry as hexadecimal digits; None where there is no such entry, or it is not sealed."""
    found = _value(connection, "SELECT hash FROM journal_entry WHERE id = ?", (entry_id,))
    return found.hex() if isinstance(found, bytes) else None


def seal(connection: apsw.Connection, after: int = 0) -> None:
    """Seal all entries behind that one, in the transaction that is open."""
    sql = "SELECT hash FROM journal_entry WHERE id <= ? ORDER BY id DESC LIMIT 1"
    last = _value(connection, sql, (after,)) or _FIRST
    rows: list[Any] = connection.execute("SELECT id FROM journal_entry WHERE id > ? ORDER BY id", (after,)).fetchall()
    for (key,) in rows:
        last = _sealed(connection, last, key)
        connection.execute("UPDATE journal_entry SET hash = ? WHERE id = ?", (last, key))


def verify(connection: apsw.Connection, progress: Progress | None = None) -> Break | None:
    """The first entry that was edited, deleted, put in or put elsewhere since it was sealed; None for a sound chain.

    `progress` may raise what ends it.
    """
    last_id, last = 0, _FIRST
    try:
        for key, kept, wanted in _streamed(connection, progress):
            broken = _judged(last_id, key, kept, wanted)
            if broken:
                return broken
            last_id, last = key, kept
    except apsw.InterruptError:
        raise
    except apsw.Error:  # something that no journal holds stands in the next entry, or behind it: look at each alone
        return _slowly(connection, last_id, last)
    sql = "SELECT min(entry_id) FROM journal_change WHERE entry_id NOT IN (SELECT id FROM journal_entry)"
    orphan = _value(connection, sql)
    return None if orphan is None else Break(int(orphan), missing=True)


def _judged(last_id: int, key: int, kept: Any, wanted: bytes) -> Break | None:
    if kept is None:
        return Break(key, unsealed=True)
    if kept == wanted:
        return None
    return Break(last_id + 1, missing=True) if key > last_id + 1 else Break(key)


def _hashing(last: bytes) -> Any:
    from hashlib import sha256  # loads a library of megabytes, and who only reads seals nothing

    return sha256(last)


def _streamed(connection: apsw.Connection, progress: Progress | None) -> Iterator[tuple[int, Any, bytes]]:
    """Each entry in order: its number, the hash that it has, and the one that it should have, if those before do."""
    changes = connection.execute(f"SELECT entry_id, CAST({_CHANGE} AS BLOB) FROM journal_change ORDER BY entry_id, id")
    of, text = next(changes, (None, b""))
    last, total = _FIRST, newest(connection)
    for key, kept, own in connection.execute(f"SELECT id, hash, {_ENTRY} FROM journal_entry ORDER BY id"):
        found = _hashing(last)
        parts = [own, b""]
        while of is not None and of <= key:  # that of an entry which is not there spoils the next
            parts[-1:] = text, b""
            if len(parts) > _SLICE:
                found.update(b"\n".join(parts))
                parts = [b""]
            of, text = next(changes, (None, b""))
        found.update(b"\n".join(parts))
        if progress is not None and key % 1_000 == 0:
            progress(key, total)
        yield key, kept, found.digest()
        last = kept


def _slowly(connection: apsw.Connection, last_id: int, last: bytes) -> Break | None:
    sql = "SELECT id, hash FROM journal_entry WHERE id > ? ORDER BY id"
    rows: list[Any] = connection.execute(sql, (last_id,)).fetchall()
    for key, kept in rows:
        try:
            broken = _judged(last_id, key, kept, _sealed(connection, last, key))
        except apsw.Error:
            return Break(key)
        if broken:
            return broken
        last_id, last = key, kept
    return None


def _sealed(connection: apsw.Connection, last: bytes, entry_id: int) -> bytes:
    """The hash of an entry behind the one with that hash. A bulk has millions of changes: a slice at a time."""
    found = _hashing(last)
    found.update(_value(connection, f"SELECT {_ENTRY} FROM journal_entry WHERE id = ?", (entry_id,)))
    found.update(b"\n")
    at = 0
    while True:
        [(slice_end, text)] = connection.execute(
            "SELECT max(id), CAST(group_concat(text, char(10)) AS BLOB) FROM ("
            f"SELECT id, {_CHANGE} AS text FROM journal_change WHERE entry_id = ? AND id > ? ORDER BY id LIMIT ?)",
            (entry_id, at, _SLICE),
        )
        if slice_end is None:
            return bytes(found.digest())
        found.update(text)
        found.update(b"\n")
        at = slice_end


def _value(connection: apsw.Connection, sql: str, parameters: tuple[Any, ...] = ()) -> Any:
    row = connection.execute(sql, parameters).fetchone()
    return row[0] if row else None
