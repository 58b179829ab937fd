"""The rows that an import refused, as a table that can be corrected and imported again: the reason comes first.

Until the import is about to succeed they are in a file without a name; then, on the disk, under a passing one, and once
all is committed under their own: whoever finds that file finds what it was refused by.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.formats import leftovers
from crm_tui.formats.tables import Row, defuse, undefuse
from crm_tui.services.imports.plans import ALIKE, REASON, Plan

if TYPE_CHECKING:
    from crm_tui.services.imports.fact_runs import FactsImported
    from crm_tui.services.imports.outcomes import Imported

Found = TypeVar("Found", "Imported", "FactsImported")

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
        self._file: IO[str] | None = None
        self._beside: Path | None = None
        self._wanted = Path()

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
        self._put(reason, [self._bare(cell) for cell in row.cells], alike)

    def _put(self, first: str, row: Sequence[str], alike: str) -> None:
        assert self._spool is not None
        kept = [*([alike] if self.tells_alike else []),
                *(cell for column, cell in enumerate(row) if column not in self._left_out)]  # fmt: skip
        csv.writer(self._spool, lineterminator="\r\n").writerow([defuse(cell) for cell in (first, *kept)])

    def write(self) -> Path:
        """Have the rows on the disk; the name that their file is to get: the one asked for or NAME.errors.csv, with a
        number where that exists.
        """
        assert self._spool is not None
        source = self._plan.path
        self._wanted = self._target or source.with_name(f"{source.stem.removesuffix('.errors')}.errors.csv")
        beside = leftovers.beside(self._wanted)
        try:
            self._file = beside.open("x", encoding="utf-8", newline="")
            self._beside = beside
            leftovers.hold(self._file.fileno())
            self._spool.seek(0)
            shutil.copyfileobj(self._spool, self._file)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            message = _("{path} cannot be written: {reason}; name another file with --errors")
            raise CrmError(message.format(path=self._wanted, reason=error.strerror)) from error
        return next(path for path in self._names() if not os.path.lexists(path))

    def _names(self) -> Iterator[Path]:
        wanted = self._wanted
        return (wanted if n == 1 else wanted.with_name(f"{wanted.stem}-{n}{wanted.suffix}") for n in count(1))

    def named(self, found: Found) -> Found:
        """What an import did that is committed, once the file of its refused rows has its name: with the file as it is
        called now, which is its passing name, and why, where it can have no other.
        """
        beside, self._beside = self._beside, None  # from here on nothing takes it away
        if beside is None:
            return found
        for path in self._names():
            try:
                _rename(beside, path)
            except FileExistsError:
                continue
            except OSError as error:
                return replace(found, errors=beside, unnamed=error.strerror or str(error))
            return replace(found, errors=path)
        raise AssertionError

    def drop(self) -> None:
        """Take the file away again, of an import that is undone."""
        if self._beside is not None:
            self._beside.unlink(missing_ok=True)
            self._beside = None

    def close(self) -> None:
        """Forget the rows."""
        for file in (self._spool, self._file):
            if file is not None:
                with suppress(OSError):
                    file.close()


def _rename(beside: Path, path: Path) -> None:
    """Give the file that name; FileExistsError where it is taken, OSError."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:  # not every file system has links
        if os.path.lexists(path):
            raise FileExistsError from None
        beside.rename(path)
    else:
        beside.unlink()


def is_maybe_total(cells: Sequence[str]) -> bool:
    """Whether the row's first filled cell has a word of total rows in it: asked of every row, so it is quick."""
    for text in cells:
        if text and not text.isspace():
            return _TOTAL.search(text) is not None
    return False
