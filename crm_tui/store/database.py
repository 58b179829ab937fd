"""The connection to one SQLite file, and its transactions: one writer at a time, a known schema or none.

A change is made only inside `Database.writing()`: the queue of writers (a file lock beside the database) is passed
first, then the transaction is immediate, and inside it the schema's version is read again, since a newer program may
have migrated the file meanwhile, and whether the file still is the one of that name, since it may have been replaced.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from crm_tui.domain.errors import DatabaseUnusable, Displaced
from crm_tui.domain.language import _
from crm_tui.store import explaining, opening

if TYPE_CHECKING:
    from crm_tui.store.bridge import Bridge


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
        opening.check_sqlite()
        self._connection: apsw.Connection | None = None
        try:
            self._open(create)
        except apsw.Error as error:
            self.close()
            raise self._unusable(error) from error
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
            if not opening.is_current(path):
                return None
            database = cls(path)
        except (OSError, DatabaseUnusable):
            return None
        database.connection.pragma("query_only", 1)
        return database

    def _open(self, create: bool) -> None:
        version = opening.identified(self.path, self._queue, create=create)
        self._place = opening.place(self.path)
        self._connection = opening.connect(self.path)
        self.check_place()
        if version < opening.SCHEMA_VERSION:
            opening.upgrade(self.connection, self.path, self._queue)

    def backup(self, target: Path) -> None:
        """Copy the database, online, into `target` with SQLite's backup interface."""
        opening.copy(self.connection, target)

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

    def stream(self, sql: str, parameters: Any = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query as they come."""
        with self._explained():
            yield from self.connection.execute(sql, parameters)

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

    def _unusable(self, error: Exception) -> DatabaseUnusable:
        return DatabaseUnusable(explaining.explained(self.path, error))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (apsw.ConstraintError, apsw.InterruptError):
            raise
        except apsw.Error as error:
            raise self._unusable(error) from error

    @contextmanager
    def reading(self) -> Iterator[None]:
        """All that the block reads is of one moment. Keep it short: while it lasts the log of writes only grows."""
        with self._explained():
            self.connection.execute("BEGIN")
            try:
                self._check_version()
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

    def _check_version(self) -> None:
        opening.check_version(self.path, self.pragma("user_version"))

    def check_place(self) -> None:
        """Displaced when the file that is open is no longer the one under its name: what is written into it is lost."""
        if opening.place(self.path) != self._place:
            raise Displaced(explaining.replaced(self.path))

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
                    self._check_version()
                    self.check_place()
                    yield
                    self.check_place()
            except apsw.Error as error:
                raise self._unusable(error) from error
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
            if self.unsealed is None and chain.newest(connection) > before and opening.SCHEMA_VERSION >= chain.SINCE:
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
                raise DatabaseUnusable(explaining.not_writable(self.path, error)) from error
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if self._lock_file is not None:
                fcntl.flock(self._lock_file, fcntl.LOCK_UN)
