"""A database's file: found or made, identified and brought to the schema that this program knows, and connected to.

A file that is none of ours is only read. A new one, and one that a restore brings back, has its name once it is whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import apsw

from crm_tui.domain.clock import stamp
from crm_tui.domain.errors import DatabaseUnusable
from crm_tui.domain.language import _
from crm_tui.store import explaining, mounts

APPLICATION_ID = 0x43524D54  # "CRMT"
SCHEMA_VERSION = 5
MIGRATIONS = Path(__file__).parent / "migrations"

# Every SQLite before 3.51.3 can corrupt a WAL database when a checkpoint resets the log (sqlite.org/wal.html).
OLDEST_SQLITE = (3, 51, 3)

PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "trusted_schema": 0,
    "cache_size": -2_000,
    "temp_store": "memory",
}
_MAGIC = b"SQLite format 3\0"
_HEADER = 100
"""Bytes at the beginning of a file that say what it is (sqlite.org/fileformat.html)."""

_PATIENCE = 10_000
"""Milliseconds to wait for a reader of another program that holds the file."""

Queue = Callable[[], AbstractContextManager[None]]
"""Waits for one's turn among those who write the file, and holds it."""


def check_sqlite() -> None:
    """DatabaseUnusable where SQLite is too old to be trusted with the file."""
    version = apsw.sqlitelibversion()
    if tuple(int(part) for part in version.split(".")) < OLDEST_SQLITE:
        raise DatabaseUnusable(_("SQLite {version} is too old: reinstall apsw").format(version=version))


def identified(path: Path, queue: Queue, *, create: bool) -> int:
    """The version of the file's schema, ours or an older one; with `create`, a missing file is made.

    DatabaseUnusable where there is none, or it is none of ours, of a newer program, or on a network.
    """
    if kind := mounts.remote(path.resolve().parent):
        raise DatabaseUnusable(explaining.remote(path, kind))
    if not path.exists():
        _finish_restore(path, queue)
    if not path.exists():
        if not create:
            raise DatabaseUnusable(explaining.missing(path))
        _make(path, queue)
    # Only reads: what the connection sets when it opens would already be a change to somebody else's file.
    if path.stat().st_size == 0:
        raise DatabaseUnusable(explaining.empty(path))
    application, version = _undisturbed(path) or _probed(path)
    if application != APPLICATION_ID:
        raise DatabaseUnusable(explaining.not_ours(path))
    if version > SCHEMA_VERSION:
        raise DatabaseUnusable(explaining.from_the_future(path, version, SCHEMA_VERSION))
    return version


def is_current(path: Path) -> bool:
    """Whether the file's header, which a log may be ahead of, is that of a database of ours that is up to date."""
    return _header(path) == (APPLICATION_ID, SCHEMA_VERSION)


def check_version(path: Path, version: int) -> None:
    """DatabaseUnusable for another schema than ours: a newer program has migrated the file meanwhile."""
    if version != SCHEMA_VERSION:
        raise DatabaseUnusable(explaining.from_the_future(path, version, SCHEMA_VERSION))


def upgrade(connection: apsw.Connection, path: Path, queue: Queue) -> None:
    """Back the file up, then bring its schema to this program's version; all of it happens or nothing."""
    with queue():
        version = connection.pragma("user_version")
        if version < SCHEMA_VERSION:
            copy(connection, path.with_name(f"{path.name}.v{version}-{datetime.now(UTC):%Y%m%dT%H%M%S}"))
            _migrate(connection)
            version = connection.pragma("user_version")
        check_version(path, version)


def copy(connection: apsw.Connection, target: Path) -> None:
    """Copy the database, online, into `target` with SQLite's backup interface."""
    made = apsw.Connection(str(target))
    try:
        with made.backup("main", connection, "main") as backup:
            backup.step(-1)
    finally:
        made.close()


def place(path: Path) -> tuple[int, int] | None:
    """What tells the file of that name from any other; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _header(path: Path) -> tuple[int, int] | None:
    """Application and version as the file's header has them; None for a file that is no database."""
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if not header.startswith(_MAGIC):
        return None
    return int.from_bytes(header[68:72], "big"), int.from_bytes(header[60:64], "big")


def _undisturbed(path: Path) -> tuple[int, int] | None:
    """As `_header`; None where a log may hold others. DatabaseUnusable for a file that is no database."""
    if has_log(path) or Path(f"{path}-journal").exists():
        return None
    found = _header(path)
    if found is None:
        raise DatabaseUnusable(explaining.not_ours(path))
    return found


def has_log(path: Path) -> bool:
    """Whether what was written last may lie beside the file."""
    try:
        return Path(f"{path}-wal").stat().st_size > 0
    except FileNotFoundError:
        return False


def _probed(path: Path) -> tuple[int, int]:
    probe = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        probe.set_busy_timeout(_PATIENCE)
        return int(probe.pragma("application_id")), int(probe.pragma("user_version"))
    finally:
        probe.close()


def _finish_restore(path: Path, queue: Queue) -> None:
    """A restore goes on, or was interrupted just before its end (store.backups.swap): do what is left of it."""
    waiting = Path(f"{path}-restoring")
    if waiting.exists():
        with queue():
            if waiting.exists() and not path.exists():
                waiting.rename(path)
                synchronise(path.parent)


def _make(path: Path, queue: Queue) -> None:
    """Make a new database under another name and move it into place: whoever sees it sees the whole of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with queue():
        if path.exists():
            return
        fresh = path.with_name(f"{path.name}-new")
        for end in ("", "-wal", "-shm", "-journal"):
            Path(f"{fresh}{end}").unlink(missing_ok=True)
        maker = connect(fresh)
        try:
            _migrate(maker)
        finally:
            maker.close()
        fresh.rename(path)
        synchronise(path.parent)


def _migrate(connection: apsw.Connection) -> None:
    from crm_tui.store.bridge import migrate  # most sessions open a file that is up to date

    migrate(connection, MIGRATIONS)


def synchronise(path: Path) -> None:
    """Have what a file holds, or the names in a folder, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# -- the connection


def connect(path: Path) -> apsw.Connection:
    """A connection as every one of ours is: pragmas, dates bound as the store writes them, the filters' functions.

    On a disk that nobody can write to, it only reads.
    """
    connection = reachable(path)
    try:
        connection.set_busy_timeout(_PATIENCE)
        for name, value in PRAGMAS.items():
            if name != "journal_mode" or not connection.readonly("main"):
                connection.pragma(name, value)
        connection.convert_binding = _binding
        # What the filter language means by equal (domain.filters), for the rare filters that no index answers.
        for name in ("folded", "digits", "whole", "number", "units", "day"):
            connection.create_scalar_function(name, _function(name), 1, deterministic=True)
    except BaseException:
        connection.close()
        raise
    return connection


def reachable(path: Path) -> apsw.Connection:
    """A connection to the file; where nobody can write to it, or put anything beside it, one that only reads.

    A file of which a part lies in its log, or that somebody has open, is not taken for one that stays as it is.
    """
    if is_read_only(path) and not has_log(path) and not Path(f"{path}-shm").exists():
        from urllib.parse import quote

        uri = f"file:{quote(str(path.absolute()))}?immutable=1"
        return apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    return apsw.Connection(str(path))


def is_read_only(path: Path) -> bool:
    """Whether the file lies on a file system that is mounted for reading only."""
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _function(name: str) -> Callable[..., str | int | float | None]:
    """How the values of a field are compared, as SQL may call it; the filters are loaded when it first does."""
    known: Callable[[str], str | int | float | None] | None = None

    def called(*given: Any) -> str | int | float | None:
        nonlocal known
        if given[0] is None:
            return None
        if known is None:
            from crm_tui.domain.filters.values import FUNCTIONS

            known = FUNCTIONS[name]
        return known(str(given[0]))

    return called


def _binding(_cursor: apsw.Cursor, _number: int, value: Any) -> str:
    if isinstance(value, datetime):
        return stamp(value) if value.tzinfo else stamp(value.replace(tzinfo=UTC))
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"cannot be stored: {value!r}")
