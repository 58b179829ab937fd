"""How much was done, whatever else the machine was doing meanwhile: calls of functions, instructions of SQLite.

What takes time in the square of how much there is makes more than twice as many of them for twice as much. Time itself
is for the benchmarks: on a machine that is busy it says nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_tui.store.database import Database

_EACH = 100


@dataclass
class Work:
    """`calls` of functions, Python's and C's, and `steps` of SQLite's machine, counted by the hundred."""

    calls: int = 0
    steps: int = 0

    def grew(self, before: Work) -> float:
        """By how much more was done than in `before`, whichever of the two grew more."""
        return max(self.calls / max(1, before.calls), self.steps / max(_EACH, before.steps))


@contextmanager
def counted(database: Database | None = None) -> Iterator[Work]:
    """What is done within, on this thread and on that connection."""
    work = Work()

    def called(frame: FrameType, event: str, of: Any) -> None:
        work.calls += event in ("call", "c_call")

    def stepped() -> bool:
        work.steps += _EACH
        return False

    if database is not None:
        database.connection.set_progress_handler(stepped, _EACH)
    sys.setprofile(called)
    try:
        yield work
    finally:
        sys.setprofile(None)
        if database is not None:
            database.connection.set_progress_handler(None)
