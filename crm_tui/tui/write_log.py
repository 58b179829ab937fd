"""The file that every writer of the database appends to, looked at from outside: whether it was written to.

A look is one `stat`: no query, no lock, no other thread. SQLite keeps the log for as long as anybody has the database
open, and whoever looks has.
"""

from __future__ import annotations

import os
from pathlib import Path


class WriteLog:
    """The write-ahead log of a database file."""

    def __init__(self, database: Path) -> None:
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

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
