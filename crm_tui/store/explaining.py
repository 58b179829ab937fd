"""What is wrong with a database's file, in a sentence: what before where, since a narrow screen cuts the end off."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import apsw

from crm_tui.domain.language import _


def explained(path: Path, error: Exception) -> str:
    """What SQLite found wrong when it read or wrote."""
    if isinstance(error, apsw.NotADBError):
        return not_ours(path)
    if isinstance(error, apsw.FullError):
        return full(path)
    if isinstance(error, (apsw.CantOpenError, apsw.IOError, apsw.ReadOnlyError)):
        if _is_on_a_read_only_disk(path):
            return _(
                "the disk is mounted for reading only, and what was written last lies in the database's log: copy"
                " {path} and {path}-wal to a disk that can be written, and open the copy"
            ).format(path=path)
        if _is_full(path):
            return full(path)
    if isinstance(error, apsw.ReadOnlyError):
        return _("the database is read-only; nothing was changed ({path})").format(path=path)
    if isinstance(error, apsw.BusyError):
        return _("the database is busy; nothing was changed: try again ({path})").format(path=path)
    if isinstance(error, apsw.CorruptError):
        return _(
            "the database is damaged; nothing was changed: `crm-tui restore` brings a backup back ({path}: {error})"
        ).format(path=path, error=error)
    return _("{error}; nothing was changed ({path})").format(path=path, error=error)


_ROOM = 64 * 1024
"""Bytes that SQLite needs beside the file even where one only reads."""


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _ROOM
    except OSError:
        return False


def _is_on_a_read_only_disk(path: Path) -> bool:
    try:
        return bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def full(path: Path) -> str:
    """There is no room on the disk of the file."""
    return _("the disk is full; nothing was changed: free some space and try again ({path})").format(path=path)


def not_ours(path: Path) -> str:
    """The file is something else."""
    return _("{path} is not a crm-tui database; it was left as it is").format(path=path)


def empty(path: Path) -> str:
    """The file has no bytes."""
    return _("{path} is empty: bring back a backup, or delete it to begin anew").format(path=path)


def missing(path: Path) -> str:
    """There is no file, and none is to be made."""
    if backup := _newest_backup(path):
        text = _("{path}: there is no database: `crm-tui restore {file}` brings its newest backup back")
        return text.format(path=path, file=backup)
    return _("{path}: there is no database: `crm-tui` makes one, or name another with --db").format(path=path)


def _newest_backup(path: Path) -> Path | None:
    """The backup that would be brought back: the newest that is not of the future, by its name."""
    from datetime import UTC, datetime

    from crm_tui.domain import backups
    from crm_tui.store import anchors

    try:
        found = backups.of(path.stem, (each.name for each in anchors.folder(path).iterdir()))
    except OSError:
        return None
    now = datetime.now(UTC)
    best = next((one for one in found if one.at <= now), None)
    return anchors.folder(path) / best.text if best else None


def remote(path: Path, kind: str) -> str:
    """The file lies on a network file system of that kind."""
    return _("{path} lies on a network file system ({kind}), where SQLite loses data: use a local disk").format(
        path=path, kind=kind
    )


def from_the_future(path: Path, version: int, known: int) -> str:
    """The schema is of a later version than the one that is known."""
    return _(
        "the database has schema {version}, this program knows {known}: a newer crm-tui made it, upgrade to open it"
        " ({path})"
    ).format(path=path, version=version, known=known)


def replaced(path: Path) -> str:
    """Another file has the name of the one that is open, or none."""
    return _(
        "the database was replaced or removed meanwhile; nothing was changed: leave and start again ({path})"
    ).format(path=path)


def not_writable(path: Path, error: OSError) -> str:
    """The queue of writers cannot be joined."""
    return _("{path} cannot be written: {error}").format(path=path, error=error.strerror)
