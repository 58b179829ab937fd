"""The rows that an import refused, as a table that can be corrected and imported again: the reason comes first.

Until the import is about to succeed they are in a file without a name, so that one that is killed leaves none.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import IO

from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.formats.tables import Row, defuse, undefuse
from crm_tui.services.imports.plans import ALIKE, REASON, Plan

SHOWN = 20
"""How many refusals are remembered for the screen."""

_TOTAL = re.compile("[计計共總总汇匯Ｔｔ]|total", re.IGNORECASE)


class Refusals:
    """Refused rows: `count` of them, and the `first` ones as (line, name, reason); the place `named` has their name."""

    def __init__(self, plan: Plan, target: Path | None, named: str = "name") -> None:
        self.count = 0
        self.first: list[tuple[int, str, str]] = []
        self._plan = plan
        self._target = target
        self._named = named
        self._bare = undefuse if plan.table.defused else str
        again = plan.headings[:1] == (REASON,) and not plan.places[0]
        self._left_out = {0, *([1] if plan.headings[1:2] == (ALIKE,) else [])} if again else set()
        self.tells_alike = False
        """Whether the file has that column: to be said before the first row is added."""
        self._spool: IO[str] | None = None
        self._written: Path | None = None

    def add(self, row: Row, reason: str, alike: str = "") -> None:
        """One more; `alike` is what the column `ALIKE` holds."""
        self.count += 1
        if len(self.first) < SHOWN:
            places = self._plan.places
            name = row.cells[places.index(self._named)] if self._named in places else ""
            self.first.append((row.line, self._bare(name).strip(), reason))
        if self._spool is None:
            self._spool = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 (closed by `close`)
            self._spool.write("\ufeff")
            self._put(REASON, self._plan.headings, ALIKE)
        self._put(reason, row.cells, alike)

    def _put(self, first: str, row: Sequence[str], alike: str) -> None:
        assert self._spool is not None
        kept = [*([alike] if self.tells_alike else []),
                *(cell for column, cell in enumerate(row) if column not in self._left_out)]  # fmt: skip
        cells = (defuse(self._bare(cell)) for cell in kept)
        csv.writer(self._spool, lineterminator="\r\n").writerow([defuse(first), *cells])

    def write(self) -> Path:
        """Give the file its name: the one asked for or NAME.errors.csv, with a number where that exists."""
        assert self._spool is not None
        source = self._plan.path
        wanted = self._target or source.with_name(f"{source.stem.removesuffix('.errors')}.errors.csv")
        for number in count(1):
            path = wanted if number == 1 else wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
            try:
                with path.open("x", encoding="utf-8", newline="") as file:
                    self._written = path
                    self._spool.seek(0)
                    shutil.copyfileobj(self._spool, file)
                    file.flush()
                    os.fsync(file.fileno())
                return path
            except FileExistsError:
                continue
            except OSError as error:
                message = _("{path} cannot be written: {reason}; name another file with --errors")
                raise CrmError(message.format(path=path, reason=error.strerror)) from error
        raise AssertionError

    def drop(self) -> None:
        """Take the file away again."""
        if self._written is not None:
            self._written.unlink(missing_ok=True)
            self._written = None

    def close(self) -> None:
        """Forget the rows."""
        if self._spool is not None:
            self._spool.close()


def is_maybe_total(cells: Sequence[str]) -> bool:
    """Whether the row's first filled cell has a word of total rows in it: asked of every row, so it is quick."""
    for text in cells:
        if text and not text.isspace():
            return _TOTAL.search(text) is not None
    return False
