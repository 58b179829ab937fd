"""One SQLite file, opened safely: WAL, full synchronisation, one writer at a time, a known schema or none.

A change is made only inside `Database.writing()`: the queue of writers (a file lock beside the database) is passed
first, then the transaction is immediate, and the schema's version is read again inside it, since a newer program may
have migrated the file meanwhile.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import apsw
import peewee
from playhouse.apsw_ext import APSWDatabase

from crm_tui.domain.clock import stamp
from crm_tui.domain.errors import DatabaseUnusable
from crm_tui.domain.language import _

APPLICATION_ID = 0x43524D54  # "CRMT"
SCHEMA_VERSION = 1
MIGRATIONS = Path(__file__).parent / "migrations"

# Every SQLite before 3.51.3 can corrupt a WAL database when a checkpoint resets the log (sqlite.org/wal.html).
OLDEST_SQLITE = (3, 51, 3)

_NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs"}

_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "trusted_schema": 0,
    "cache_size": -8_000,
    "temp_store": "memory",
}


class _Connection(APSWDatabase):  # type: ignore[misc]
    """peewee's database on an APSW connection that binds dates as the store writes them."""

    def _connect(self) -> apsw.Connection:
        connection = super()._connect()
        connection.convert_binding = _binding
        return connection


def _binding(_cursor: apsw.Cursor, _number: int, value: Any) -> str:
    if isinstance(value, datetime):
        return stamp(value) if value.tzinfo else stamp(value.replace(tzinfo=UTC))
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"cannot be stored: {value!r}")


class Database:
    """An open database file. One per process (and, on the screens, used by one thread only)."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open `path`; with `create`, a missing file becomes a new database.

        Raises DatabaseUnusable when the file is not ours, is of a newer program, or cannot be opened.
        """
        self.path = path
        self._lock_file: int | None = None
        self._depth = 0
        if self._version_now() < OLDEST_SQLITE:
            raise DatabaseUnusable(_("SQLite {version} is too old: reinstall apsw").format(version=apsw.sqlitelibversion()))
        existed = path.exists() and path.stat().st_size > 0
        if not existed and not create:
            raise DatabaseUnusable(
                _("{path}: there is no database: `crm-tui` makes one, or name another with --db").format(path=path)
            )
        self._refuse_network(path)
        self.peewee = _Connection(str(path), pragmas=_PRAGMAS, timeout=10, lock_type="IMMEDIATE")
        try:
            self._open(existed)
        except peewee.DatabaseError as error:
            self.peewee.close()
            raise DatabaseUnusable(_("{path}: {error}").format(path=path, error=error)) from error
        except DatabaseUnusable:
            self.peewee.close()
            raise

    # -- opening

    @staticmethod
    def _version_now() -> tuple[int, ...]:
        return tuple(int(part) for part in apsw.sqlitelibversion().split("."))

    @staticmethod
    def _refuse_network(path: Path) -> None:
        kind = _file_system(path.resolve().parent)
        if kind in _NETWORK_FILE_SYSTEMS:
            raise DatabaseUnusable(
                _("{path} lies on a network file system ({kind}), where SQLite loses data: use a local disk").format(
                    path=path, kind=kind
                )
            )

    def _open(self, existed: bool) -> None:
        if not existed:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.migrate()
        application, version = self.pragma("application_id"), self.pragma("user_version")
        if application != APPLICATION_ID:
            raise DatabaseUnusable(_("{path} is not a crm-tui database; it was left as it is").format(path=self.path))
        if version > SCHEMA_VERSION:
            raise DatabaseUnusable(self._from_the_future(version))
        if version < SCHEMA_VERSION:
            self.backup(self.path.with_name(f"{self.path.name}.v{version}-{datetime.now(UTC):%Y%m%dT%H%M%S}"))
            self.migrate()

    def _from_the_future(self, version: int) -> str:
        return _(
            "{path} has schema {version}, this program knows {known}: it was made by a newer crm-tui, upgrade to open it"
        ).format(path=self.path, version=version, known=SCHEMA_VERSION)

    def migrate(self) -> None:
        """Bring the schema to this program's version; all of it happens or nothing."""
        from playhouse.migrations import Runner

        with self._queue():
            Runner(self.peewee, str(MIGRATIONS)).up()

    def backup(self, target: Path) -> None:
        """Copy the database, online, into `target` with SQLite's backup interface."""
        copy = apsw.Connection(str(target))
        try:
            with copy.backup("main", self.connection, "main") as backup:
                backup.step(-1)
        finally:
            copy.close()

    def close(self) -> None:
        """Close the connection and leave the queue of writers."""
        self.peewee.close()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    # -- reading

    @property
    def connection(self) -> apsw.Connection:
        """The one APSW connection, opened when first used."""
        found: apsw.Connection = self.peewee.connection()
        return found

    def pragma(self, name: str) -> Any:
        """The value of a pragma."""
        return self.connection.pragma(name)

    def rows(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """All rows of a query, as tuples."""
        return self.connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Any = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        found: tuple[Any, ...] | None = self.connection.execute(sql, parameters).fetchone()
        return found

    def value(self, sql: str, parameters: Any = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, parameters)
        return found[0] if found else None

    def execute(self, sql: str, parameters: Any = ()) -> int:
        """Run one statement; how many rows it changed."""
        self.connection.execute(sql, parameters)
        return self.connection.changes()

    def data_version(self) -> int:
        """A number that changes when another process has committed."""
        return int(self.connection.pragma("data_version"))

    def interrupt(self) -> None:
        """Stop the query that runs now; may be called from another thread."""
        self.connection.interrupt()

    # -- writing

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of the block or nothing of it. Nested blocks join the outer one."""
        if self._depth:
            yield
            return
        with self._queue():
            self._depth = 1
            try:
                with self.peewee.atomic():
                    version = self.pragma("user_version")
                    if version != SCHEMA_VERSION:
                        raise DatabaseUnusable(self._from_the_future(version))
                    yield
            except (peewee.OperationalError, apsw.Error) as error:
                raise DatabaseUnusable(_explain(self.path, error)) from error
            finally:
                self._depth = 0

    @contextmanager
    def _queue(self) -> Iterator[None]:
        """Wait for one's turn: the kernel's queue for the lock is fair, SQLite's busy loop is not."""
        if self._lock_file is None:
            try:
                self._lock_file = os.open(f"{self.path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
            except OSError as error:
                raise DatabaseUnusable(_("{path} cannot be written: {error}").format(path=self.path, error=error.strerror)) from error
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if self._lock_file is not None:
                fcntl.flock(self._lock_file, fcntl.LOCK_UN)


def _explain(path: Path, error: Exception) -> str:
    cause = error.__cause__ if isinstance(error.__cause__, apsw.Error) else error
    if isinstance(cause, apsw.FullError):
        return _("{path}: the disk is full; nothing was changed: free some space and try again").format(path=path)
    if isinstance(cause, apsw.ReadOnlyError):
        return _("{path} is read-only; nothing was changed").format(path=path)
    if isinstance(cause, apsw.BusyError):
        return _("{path} is busy; nothing was changed: try again").format(path=path)
    return _("{path}: {error}; nothing was changed").format(path=path, error=cause)


def _file_system(folder: Path) -> str:
    """The kind of file system that holds `folder` (Linux's mountinfo; "" where it cannot be told)."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        left, __, right = line.partition(" - ")
        mount = left.split()[4]
        inside = str(folder) == mount or str(folder).startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, kind = mount, right.split()[0]
    return kind
