"""One SQLite file, opened safely: WAL, full synchronisation, one writer at a time, a known schema or none.

A change is made only inside `Database.writing()`: the queue of writers (a file lock beside the database) is passed
first, then the transaction is immediate, and inside it the schema's version is read again, since a newer program may
have migrated the file meanwhile, and whether the file still is the one of that name, since it may have been replaced.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from crm_tui.domain.clock import stamp
from crm_tui.domain.errors import DatabaseUnusable, Displaced
from crm_tui.domain.language import _
from crm_tui.store import mounts

if TYPE_CHECKING:
    from crm_tui.store.bridge import Bridge

APPLICATION_ID = 0x43524D54  # "CRMT"
SCHEMA_VERSION = 5
MIGRATIONS = Path(__file__).parent / "migrations"

# Every SQLite before 3.51.3 can corrupt a WAL database when a checkpoint resets the log (sqlite.org/wal.html).
OLDEST_SQLITE = (3, 51, 3)

_PRAGMAS = {
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


def connect(path: Path) -> apsw.Connection:
    """A connection as every one of ours is: pragmas, dates bound as the store writes them, the filters' functions."""
    connection = apsw.Connection(str(path))
    try:
        connection.set_busy_timeout(_PATIENCE)
        for name, value in _PRAGMAS.items():
            connection.pragma(name, value)
        connection.convert_binding = _binding
        # What the filter language means by equal (domain.filters), for the rare filters that no index answers.
        for name in ("folded", "digits", "whole", "number", "units", "day"):
            connection.create_scalar_function(name, _function(name), 1, deterministic=True)
    except BaseException:
        connection.close()
        raise
    return connection


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


class Database:
    """An open database file. One per process (and, on the screens, used by one thread only)."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open `path`; with `create`, a missing file becomes a new database.

        Raises DatabaseUnusable when the file is not ours, is of a newer program, or cannot be opened.
        """
        self.path = path
        self._lock_file: int | None = None
        self._depth = 0
        self.unsealed: int | None = None
        """An entry of the journal that several transactions write (seeding): nothing is sealed till it is whole."""
        self._place: tuple[int, int] | None = None
        if self._version_now() < OLDEST_SQLITE:
            version = apsw.sqlitelibversion()
            raise DatabaseUnusable(_("SQLite {version} is too old: reinstall apsw").format(version=version))
        self._connection: apsw.Connection | None = None
        try:
            self._open(create)
        except apsw.Error as error:
            self.close()
            raise DatabaseUnusable(_explain(path, error)) from error
        except OSError as error:
            self.close()
            raise DatabaseUnusable(_("{path}: {error}").format(path=path, error=error.strerror)) from error
        except DatabaseUnusable:
            self.close()
            raise

    # -- opening

    @classmethod
    def to_look_into(cls, path: Path) -> Database | None:
        """The database, opened so that nothing in it can be changed; None unless it is there, ours and up to date."""
        try:
            with path.open("rb") as file:
                header = file.read(_HEADER)
            found = (header[68:72], header[60:64])
            if found != tuple(number.to_bytes(4, "big") for number in (APPLICATION_ID, SCHEMA_VERSION)):
                return None
            database = cls(path)
        except (OSError, DatabaseUnusable):
            return None
        database.connection.pragma("query_only", 1)
        return database

    @staticmethod
    def _version_now() -> tuple[int, ...]:
        return tuple(int(part) for part in apsw.sqlitelibversion().split("."))

    @staticmethod
    def _refuse_network(path: Path) -> None:
        kind = mounts.remote(path.resolve().parent)
        if kind:
            raise DatabaseUnusable(
                _("{path} lies on a network file system ({kind}), where SQLite loses data: use a local disk").format(
                    path=path, kind=kind
                )
            )

    def _open(self, create: bool) -> None:
        self._refuse_network(self.path)
        if not self.path.exists():
            self._finish_restore()
        if not self.path.exists():
            if not create:
                raise DatabaseUnusable(
                    _("{path}: there is no database: `crm-tui` makes one, or name another with --db").format(
                        path=self.path
                    )
                )
            self._make()
        version = self._identify()
        if version > SCHEMA_VERSION:
            raise DatabaseUnusable(self._from_the_future(version))
        self._place = _place(self.path)
        self._connection = connect(self.path)
        self.check_place()
        if version < SCHEMA_VERSION:
            self._upgrade()

    def _finish_restore(self) -> None:
        """A restore goes on, or was interrupted just before its end (store.backups.swap): do what is left of it."""
        waiting = Path(f"{self.path}-restoring")
        if waiting.exists():
            with self._queue():
                if waiting.exists() and not self.path.exists():
                    waiting.rename(self.path)
                    _keep_name(self.path.parent)

    def _make(self) -> None:
        """Make a new database under another name and move it into place: whoever sees it sees the whole of it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._queue():
            if self.path.exists():
                return
            fresh = self.path.with_name(f"{self.path.name}-new")
            for end in ("", "-wal", "-shm", "-journal"):
                Path(f"{fresh}{end}").unlink(missing_ok=True)
            maker = connect(fresh)
            try:
                _migrate(maker)
            finally:
                maker.close()
            fresh.rename(self.path)
            _keep_name(self.path.parent)

    def _identify(self) -> int:
        """The version of the schema; DatabaseUnusable when the file is none of ours.

        Only reads: what the connection sets when it opens would already be a change to somebody else's file.
        """
        if self.path.stat().st_size == 0:
            raise DatabaseUnusable(
                _("{path} is empty: bring back a backup, or delete it to begin anew").format(path=self.path)
            )
        application, version = self._header() or self._probed()
        if application != APPLICATION_ID:
            raise DatabaseUnusable(_not_ours(self.path))
        return int(version)

    def _header(self) -> tuple[int, int] | None:
        """Application and version as the file's header has them; None where a log may hold others."""
        if any(Path(f"{self.path}{end}").exists() for end in ("-wal", "-journal")):
            return None
        with self.path.open("rb") as file:
            header = file.read(_HEADER)
        if not header.startswith(_MAGIC):
            raise DatabaseUnusable(_not_ours(self.path))
        return int.from_bytes(header[68:72], "big"), int.from_bytes(header[60:64], "big")

    def _probed(self) -> tuple[int, int]:
        probe = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            probe.set_busy_timeout(10_000)
            return probe.pragma("application_id"), probe.pragma("user_version")
        finally:
            probe.close()

    def _upgrade(self) -> None:
        """Back the file up, then bring its schema to this program's version; all of it happens or nothing."""
        with self._queue():
            version = self.pragma("user_version")
            if version < SCHEMA_VERSION:
                self.backup(self.path.with_name(f"{self.path.name}.v{version}-{datetime.now(UTC):%Y%m%dT%H%M%S}"))
                _migrate(self.connection)
                version = self.pragma("user_version")
            if version != SCHEMA_VERSION:
                raise DatabaseUnusable(self._from_the_future(version))

    def _from_the_future(self, version: int) -> str:
        return _(
            "the database has schema {version}, this program knows {known}: a newer crm-tui made it, upgrade to open it"
            " ({path})"
        ).format(path=self.path, version=version, known=SCHEMA_VERSION)

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
        if self._connection is not None:
            self._connection.close()
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    # -- reading

    @property
    def connection(self) -> apsw.Connection:
        """The one APSW connection."""
        assert self._connection is not None
        return self._connection

    @cached_property
    def peewee(self) -> Bridge:
        """peewee's database on that connection, for queries by the models; loaded by who asks for it."""
        from crm_tui.store.bridge import Bridge

        return Bridge(self.connection)

    def pragma(self, name: str) -> Any:
        """The value of a pragma."""
        with self._explained():
            return self.connection.pragma(name)

    def rows(self, sql: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        """All rows of a query, as tuples."""
        with self._explained():
            return self.connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Any = ()) -> tuple[Any, ...] | None:
        """The first row of a query, or None."""
        with self._explained():
            found: tuple[Any, ...] | None = self.connection.execute(sql, parameters).fetchone()
        return found

    def records(self, sql: str, parameters: Any = ()) -> Iterator[dict[str, Any]]:
        """The rows of a query as they come, by the names of its columns."""
        with self._explained():
            cursor = self.connection.execute(sql, parameters)
            names: list[str] = []
            for row in cursor:
                names = names or [column[0] for column in cursor.description]
                yield dict(zip(names, row, strict=True))

    def value(self, sql: str, parameters: Any = ()) -> Any:
        """The first column of the first row, or None."""
        found = self.row(sql, parameters)
        return found[0] if found else None

    def execute(self, sql: str, parameters: Any = ()) -> int:
        """Run one statement; how many rows it changed."""
        with self._explained():
            self.connection.execute(sql, parameters)
        return self.connection.changes()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (apsw.ConstraintError, apsw.InterruptError):
            raise
        except apsw.Error as error:
            raise DatabaseUnusable(_explain(self.path, error)) from error

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All that the block reads is of one moment. Keep it short: while it lasts the log of writes only grows."""
        with self._explained():
            self.connection.execute("BEGIN")
            try:
                version = self.pragma("user_version")
                if version != SCHEMA_VERSION:
                    raise DatabaseUnusable(self._from_the_future(version))
                yield
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")

    def data_version(self) -> int:
        """A number that changes when another process has committed."""
        return int(self.pragma("data_version"))

    def change_token(self) -> tuple[int, int]:
        """What is another one as soon as anything has been changed, by this connection or any other."""
        return int(self.pragma("data_version")), self.connection.total_changes()

    def check_place(self) -> None:
        """Displaced when the file that is open is no longer the one under its name: what is written into it is lost."""
        if _place(self.path) != self._place:
            raise Displaced(
                _(
                    "the database was replaced or removed meanwhile; nothing was changed: leave and start again ({path})"
                ).format(path=self.path)
            )

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
                with self._transaction():
                    version = self.pragma("user_version")
                    if version != SCHEMA_VERSION:
                        raise DatabaseUnusable(self._from_the_future(version))
                    self.check_place()
                    yield
                    self.check_place()
            except apsw.Error as error:
                raise DatabaseUnusable(_explain(self.path, error)) from error
            finally:
                self._depth = 0

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Inside `writing()`: all of the block or nothing of it, whatever becomes of the rest."""
        connection = self.connection
        connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK TO part")
                connection.execute("RELEASE part")
            raise
        connection.execute("RELEASE part")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        from crm_tui.store import chain  # what only reads does without

        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            before = chain.newest(connection)
            yield
            if self.unsealed is None and chain.newest(connection) > before and SCHEMA_VERSION >= chain.SINCE:
                chain.seal(connection, before)
            connection.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors (a full disk is one).
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _queue(self) -> Iterator[None]:
        """Wait for one's turn: the kernel's queue for the lock is fair, SQLite's busy loop is not."""
        if self._lock_file is None:
            try:
                self._lock_file = os.open(f"{self.path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
            except OSError as error:
                raise DatabaseUnusable(
                    _("{path} cannot be written: {error}").format(path=self.path, error=error.strerror)
                ) from error
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if self._lock_file is not None:
                fcntl.flock(self._lock_file, fcntl.LOCK_UN)


def _migrate(connection: apsw.Connection) -> None:
    from crm_tui.store.bridge import migrate  # most sessions open a file that is up to date

    migrate(connection, MIGRATIONS)


def _keep_name(folder: Path) -> None:
    """Have the name of a new file in the folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _not_ours(path: Path) -> str:
    return _("{path} is not a crm-tui database; it was left as it is").format(path=path)


def _explain(path: Path, error: Exception) -> str:
    """What is wrong before where: on a narrow screen the end is cut off."""
    if isinstance(error, apsw.NotADBError):
        return _not_ours(path)
    if isinstance(error, apsw.FullError):
        return _("the disk is full; nothing was changed: free some space and try again ({path})").format(path=path)
    if isinstance(error, apsw.ReadOnlyError):
        return _("the database is read-only; nothing was changed ({path})").format(path=path)
    if isinstance(error, apsw.BusyError):
        return _("the database is busy; nothing was changed: try again ({path})").format(path=path)
    if isinstance(error, apsw.CorruptError):
        return _(
            "the database is damaged; nothing was changed: `crm-tui restore` brings a backup back ({path}: {error})"
        ).format(path=path, error=error)
    return _("{error}; nothing was changed ({path})").format(path=path, error=error)


def _place(path: Path) -> tuple[int, int] | None:
    """What tells the file of that name from any other; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
