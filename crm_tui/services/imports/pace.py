"""The pace of an import: rows in batches, and whoever watches is told often enough to stop it at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from crm_tui.formats.tables import Row, Table
from crm_tui.services.imports.outcomes import Progress

if TYPE_CHECKING:
    from crm_tui.services.imports.ahead import Read

BATCH = 2_000


class Pace:
    """How far an import has come. It goes through its rows in several `phases`, which count alike."""

    def __init__(self, progress: Progress | None, phases: int = 1) -> None:
        self._progress = progress
        self._phases = phases
        self._done = 0
        self._most: int | None = None

    def batches(self, table: Table, size: int | None = None) -> Iterator[list[Row]]:
        """The rows of the table, so many at a time; says when each batch is done."""
        self._most = table.most_rows() if self._progress else None
        rows = table.rows()
        while batch := list(islice(rows, size or BATCH)):
            yield batch
            self.went_on(len(batch))

    def read(self, table: Table, batches: Iterable[Read]) -> Iterator[Read]:
        """What is read of the table; says when each batch is done."""
        self._most = table.most_rows() if self._progress else None
        for batch in batches:
            yield batch
            self.went_on(batch.rows)

    def went_on(self, rows: int) -> None:
        """So many rows are through one more phase."""
        self._done += rows
        self.tell()

    def tell(self) -> None:
        """Say how far it is."""
        if self._progress is not None:
            done = self._done // self._phases
            self._progress(done, self._most if self._most is None else max(self._most, done))
