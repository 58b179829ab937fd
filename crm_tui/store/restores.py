"""A backup in the place of the database: what would be lost by it, and the swap of the files.

The swap happens under the writers' lock. Whoever has the old file open notices by its place (Database.check_place);
what an interruption can leave is the old file under its other name and the new one as `NAME-restoring`, which the next
opening puts in place.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import apsw

from crm_tui.domain.errors import DatabaseUnusable
from crm_tui.domain.language import _
from crm_tui.store import anchors, backups, chain
from crm_tui.store.anchors import Anchor

_PATIENCE = 10_000


class Comparison(NamedTuple):
    """Two journals: how many entries the database's has, and the backup's, up to which entry they are one, the newest
    entry of the database (stored stamp, who, what), and the role of the user who asks.

    `unreadable` says why the database cannot be looked at; "" where it can, or there is none. In both cases `newest` is
    None, and what is noted of its journal outside stands in for it: `last` is the longest that it is known to have
    been, `odd` are the notes that the backup does not fit though it is as long.
    """

    entries: int
    brought: int
    common: int
    newest: tuple[str, str, str] | None
    role: str | None
    unreadable: str = ""
    last: Anchor | None = None
    odd: tuple[Anchor, ...] = ()


def compare(path: Path, backup: Path, login: str) -> Comparison:
    """What the database has that the backup has not. Who may restore is asked of the database, and of the backup only
    where that cannot answer.
    """
    with backups.opened(backup) as other:
        brought = chain.newest(other)
        if not path.exists() or not path.stat().st_size:
            return _by_notes(path, backup, other, login)
        try:
            with _looking(path) as mine:
                wrong = mine.execute("PRAGMA quick_check(1)").fetchall()
                if wrong != [("ok",)]:
                    raise apsw.CorruptError(str(wrong[0][0]))
                return Comparison(
                    chain.newest(mine), brought, parting(mine, other), _newest(mine), _role(mine, login)
                )  # fmt: skip
        except apsw.Error as error:
            return _by_notes(path, backup, other, login, str(error))


def _by_notes(path: Path, backup: Path, other: apsw.Connection, login: str, error: str = "") -> Comparison:
    """The comparison with a database that nobody can look at: the notes that fit hold on, also after the restore."""
    brought = chain.newest(other)
    known = [one for one in anchors.known(path) if one.where != backup.name]  # it does not bear witness of itself
    within = [one for one in known if one.length <= brought]
    # What was not sealed when it was copied is when it is opened, and shows then whether it fits.
    odd = tuple(anchors.misfits(other, within)) if _is_sealed(other) else ()
    common = max((one.length for one in within if one not in odd), default=0) if odd else brought
    last = max(known, key=lambda one: one.length, default=None)
    return Comparison(
        last.length if last else 0, brought, common, None, _role(other, login), error, last, odd
    )  # fmt: skip


@contextmanager
def _looking(path: Path) -> Iterator[apsw.Connection]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        connection.set_busy_timeout(_PATIENCE)
        connection.pragma("query_only", 1)
        yield connection
    finally:
        connection.close()


def parting(mine: apsw.Connection, other: apsw.Connection) -> int:
    """Up to which entry two journals are one: the length that they have in common."""
    low, high = 0, min(chain.newest(mine), chain.newest(other))
    while low < high:
        middle = (low + high + 1) // 2
        same = _mark(mine, middle) == _mark(other, middle)
        low, high = (middle, high) if same else (low, middle - 1)
    return low


def _mark(connection: apsw.Connection, entry_id: int) -> object:
    """What tells the chain up to there from any other; before there was a chain, what tells the entry."""
    sql = "SELECT at, user_id, command, summary FROM journal_entry WHERE id = ?"
    plain = connection.execute(sql, (entry_id,)).fetchone()
    return (chain.hash_of(connection, entry_id) if _is_sealed(connection) else None), plain


def _is_sealed(connection: apsw.Connection) -> bool:
    return bool(connection.execute("SELECT 1 FROM pragma_table_info('journal_entry') WHERE name = 'hash'").fetchall())


def _newest(connection: apsw.Connection) -> tuple[str, str, str] | None:
    """When and by whom the newest entry of a journal was written, and what it says."""
    found: tuple[str, str, str] | None = connection.execute(
        "SELECT e.at, u.name, CASE WHEN e.summary <> '' THEN e.summary ELSE e.command END FROM journal_entry e"
        " JOIN user u ON u.id = e.user_id ORDER BY e.id DESC LIMIT 1"
    ).fetchone()
    return found


def _role(connection: apsw.Connection, login: str) -> str | None:
    """The role that a user has in a database; None for nobody, or one who has left."""
    row = connection.execute("SELECT role FROM user WHERE login = ? AND state <> 'left'", (login,)).fetchone()
    return str(row[0]) if row else None



def swap(path: Path, fresh: Path, old: Path) -> None:
    """Put `fresh`, which lies beside, in the place of the database, whose file is kept as `old`; nobody writes then.

    DatabaseUnusable, and nothing changed, while somebody reads for so long that the log cannot be emptied.
    """
    waiting = Path(f"{path}-restoring")
    with _writers_lock(path):
        if path.exists():
            _empty_log(path)
        fresh.rename(waiting)
        if path.exists():
            path.rename(old)
        for end in ("-wal", "-shm"):  # those of the new one are its own
            with suppress(FileNotFoundError):
                Path(f"{path}{end}").rename(f"{old}{end}")
        backups.keep(waiting, path)


def _empty_log(path: Path) -> None:
    """Have all that was committed in the file itself; what is no sound database is left as it is."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    except apsw.Error:
        return
    try:
        connection.set_busy_timeout(_PATIENCE)
        busy, *__ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0]
    except apsw.BusyError:
        busy = 1
    except apsw.Error:
        return
    finally:
        connection.close()
    if busy:
        raise DatabaseUnusable(_("{path} is being read for long; nothing was changed: try again").format(path=path))


@contextmanager
def _writers_lock(path: Path) -> Iterator[None]:
    """Nobody writes into the database while the block runs."""
    handle = os.open(f"{path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
