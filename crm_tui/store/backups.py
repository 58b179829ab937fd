"""Copies of a database that are whole: taken online at one moment, verified, and only then given their name.

A copy reads a snapshot, so that writers do not wait for it and it need not begin anew when they write (SQLite's backup
interface does, when the source changes between two steps: 24.8 s against 0.07 s for 24 MB under a writer).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from crm_tui.domain import backups as names
from crm_tui.domain.errors import CrmError, DatabaseUnusable
from crm_tui.domain.language import _
from crm_tui.store import chain
from crm_tui.store.chain import Head
from crm_tui.store.database import Database
from crm_tui.store.opening import APPLICATION_ID, SCHEMA_VERSION, reachable, synchronise

_PAGES = 1_024
"""Pages in a step: what others wait for where the disk is slow is a step, and this is some milliseconds."""
_PATIENCE = 10_000
_SPARE = 64_000_000

Progress = Callable[[str, int, int], None]
"""Called with what is being done ("copy", "check", "chain"), how much of it is, and of how much; may raise."""


class Damaged(CrmError):
    """A backup is no whole database of ours: why."""


@dataclass(frozen=True)
class Content:
    """What a database holds: where its chain ends, its schema, and how many rows each table has."""

    head: Head
    schema: int
    rows: Mapping[str, int]


def room_is_short(database: Path, folder: Path) -> int:
    """How many bytes are missing in the folder for a copy of the database; 0 where there is room."""
    size = sum(each.stat().st_size for end in ("", "-wal") if (each := Path(f"{database}{end}")).exists())
    return max(0, size + _SPARE - shutil.disk_usage(folder).free)


def take(
    source: Path, part: Path, target: Callable[[Content], Path], progress: Progress | None = None
) -> tuple[Path, Content]:
    """Copy the database, online, verify the copy, and give it the name that `target` gives to what it holds; both.

    It is there whole or not at all: written as `part`, in the same folder, synchronised, then renamed. CrmError for a
    disk without room, Damaged where the copy is not sound, whatever `progress` raises.
    """
    try:
        wanted = _copied(source, part, progress)
        if verify(part, progress) != wanted:
            raise Damaged(_("{path}: the copy has not the rows of the database").format(path=part))
        path = target(wanted)
        keep(part, path)
    except (apsw.FullError, apsw.IOError) as error:
        text = _("{path}: the disk is full, or fails; there is no backup")
        raise CrmError(text.format(path=part.parent)) from error
    except apsw.InterruptError:
        raise
    except apsw.Error as error:
        raise DatabaseUnusable(_("{path}: {error}; there is no backup").format(path=source, error=error)) from error
    except OSError as error:
        text = _("{path}: {error}; there is no backup")
        raise CrmError(text.format(path=part.parent, error=error.strerror)) from error
    finally:
        _remove(part)
    return path, wanted


def _remove(part: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            Path(f"{part}{end}").unlink(missing_ok=True)


def _copied(source: Path, part: Path, progress: Progress | None) -> Content:
    _remove(part)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    original = reachable(source)
    copy = apsw.Connection(str(part))
    try:
        original.set_busy_timeout(_PATIENCE)
        original.execute("BEGIN")
        found = content(original)
        copy.pragma("synchronous", "off")  # of a file that is not there before it is synchronised as a whole
        with copy.backup("main", original, "main") as backup:
            while not backup.done:
                backup.step(_PAGES)
                if progress is not None:
                    progress("copy", backup.page_count - backup.remaining, backup.page_count)
        original.execute("ROLLBACK")
        copy.pragma("journal_mode", "delete")  # one file by itself, that opens where nothing may be written too
    finally:
        copy.close()
        original.close()
    return found


def keep(part: Path, target: Path) -> None:
    """Give a file that is whole its name, so that it survives a power cut."""
    synchronise(part)
    part.rename(target)
    synchronise(target.parent)


def content(connection: apsw.Connection) -> Content:
    """What the database of an open connection holds."""
    schema = _schema(connection)
    tables: list[Any] = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    ).fetchall()
    rows = {name: _count(connection, name) for (name,) in tables}
    head = chain.head(connection) if schema >= chain.SINCE else Head(chain.newest(connection), "")
    return Content(head, schema, rows)


def _schema(connection: apsw.Connection) -> int:
    version: Any = connection.pragma("user_version")
    return int(version)


def _count(connection: apsw.Connection, table: str) -> int:
    [(found,)] = connection.execute(f'SELECT count(*) FROM "{table}"')
    return int(found)


def is_ours(path: Path) -> bool:
    """Whether the file is a database of ours or a backup of one, by its content; no where it cannot be read."""
    try:
        with path.open("rb") as file:
            return _is_ours(file.read(100))
    except OSError:
        return False


def _is_ours(header: bytes) -> bool:
    return len(header) >= 100 and int.from_bytes(header[68:72], "big") == APPLICATION_ID


@contextmanager
def opened(path: Path) -> Iterator[apsw.Connection]:
    """A connection to a backup that changes nothing, not even beside it.

    Damaged for what is none of ours, or of a newer program.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        raise Damaged(_("{path}: {error}").format(path=path, error=error.strerror)) from error
    if not _is_ours(header):
        raise Damaged(_("{path} is no crm-tui database").format(path=path))
    schema = int.from_bytes(header[60:64], "big")
    if schema > SCHEMA_VERSION:
        text = _("{path} has schema {version}, this program knows {known}: a newer crm-tui made it")
        raise Damaged(text.format(path=path, version=schema, known=SCHEMA_VERSION))
    uri = f"file:{_quoted(path)}?immutable=1"
    connection = apsw.Connection(uri, flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI)
    try:
        yield connection
    finally:
        connection.close()


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.absolute()))


def verify(path: Path, progress: Progress | None = None, *, quick: bool = True) -> Content:
    """What a backup holds, once all of it was looked at: SQLite's own check, the references, the journal's chain, and
    whether that ends where the file's name says, if it is a backup's.

    Damaged says what is wrong. A `quick` look compares no index with its table, which takes a quarter of the time.
    """
    wal = Path(f"{path}-wal")
    if wal.exists() and wal.stat().st_size:
        raise Damaged(_("{path} is open or was copied while it was: `crm-tui backup` makes a copy").format(path=path))
    try:
        with opened(path) as connection:
            _look(connection, path, progress, quick)
            found = content(connection)
    except apsw.InterruptError:
        raise
    except (apsw.CorruptError, apsw.NotADBError, apsw.SQLError, apsw.IOError) as error:
        raise Damaged(_("{path} is damaged: {error}").format(path=path, error=error)) from error
    if not names.tells(path.name, *found.head):
        text = _("{path}: its journal does not end where its name says: it was changed since, or renamed")
        raise Damaged(text.format(path=path))
    return found


def _look(connection: apsw.Connection, path: Path, progress: Progress | None, quick: bool) -> None:
    def tell(what: str, done: int, most: int) -> None:
        if progress is not None:
            progress(what, done, most)

    def stepped() -> bool:
        tell("check", 0, 0)
        return False

    tell("check", 0, 0)
    connection.set_progress_handler(stepped, 1_000_000)
    looking = f"PRAGMA {'quick' if quick else 'integrity'}_check(1)"
    wrong = [str(row[0]) for row in connection.execute(looking) if row[0] != "ok"]
    if wrong:
        raise Damaged(_("{path} is damaged: {error}").format(path=path, error=wrong[0]))
    if connection.execute("PRAGMA foreign_key_check").fetchall():
        raise Damaged(_("{path} is damaged: a row points at one that is not there").format(path=path))
    connection.set_progress_handler(None)
    if _schema(connection) >= chain.SINCE:
        broken = chain.verify(connection, lambda done, most: tell("chain", done, most))
        if broken:
            text = _("{path}: entry {id} of its journal was tampered with")
            raise Damaged(text.format(path=path, id=broken.entry_id))


def alone(folder: Path) -> AbstractContextManager[bool]:
    """Whether nobody else takes backups into the folder by itself; while the block runs nobody else begins to."""
    from crm_tui.store import locks

    return locks.alone(folder / ".lock", 0o600)


def is_made(database: Database) -> bool:
    """Whether it was made whole for a demo or a measurement: nobody misses that."""
    return database.value("SELECT source FROM journal_entry WHERE id = 1") in ("demo", "benchmark")


def began(database: Database) -> str | None:
    """When the first entry of the journal was written; None before there is any."""
    found: str | None = database.value("SELECT at FROM journal_entry ORDER BY id LIMIT 1")
    return found
