"""A row of the table: ours against what it is measured by, in the same run, and whether that is within the budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """`ours` and `theirs` in `unit` (ms, s, bytes, KiB, % of a core); the budget bounds their ratio, or ours alone.

    `theirs` is what `named` took, None where the budget is a plain figure. `note` instead of figures: why it was
    not measured.
    """

    name: str
    ours: float = 0.0
    unit: str = "ms"
    named: str = ""
    theirs: float | None = None
    budget: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours over theirs, or over the budget where there is nothing to compare with."""
        below = self.theirs if self.theirs is not None else self.budget
        return self.ours / below if below else None

    @property
    def verdict(self) -> str:
        """`ok` or `over`; `–` for what has no budget or was not measured."""
        if self.note or self.budget is None:
            return "–"
        measured = self.ratio if self.theirs is not None else self.ours
        return "ok" if measured is not None and measured <= self.budget else "over"

    def cells(self) -> tuple[str, ...]:
        """As it is printed."""
        if self.note:
            return self.name, "", self.note, "", "", self.verdict
        theirs = f"{self.named} {figure(self.theirs, self.unit)}" if self.theirs is not None else self.named
        ratio = f"{self.ratio:.2f}" if self.ratio is not None and self.theirs is not None else ""
        budget = "" if self.budget is None else f"{self.budget:g} ×" if self.theirs is not None else figure(
            self.budget, self.unit
        )
        return self.name, figure(self.ours, self.unit), theirs, ratio, budget, self.verdict


_LONG = 0.1

HEADINGS = ("name", "ours", "against", "ratio", "budget", "")


def figure(value: float, unit: str) -> str:
    """`12.3 ms`, `4,000 bytes`."""
    digits = 0 if unit in ("bytes", "KiB") else 3 if unit == "% of a core" or abs(value) < 1 else 2
    return f"{value:,.{digits}f} {unit}"


def printed(rows: Iterable[Row]) -> str:
    """The table as text."""
    cells = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS))]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)
    return "\n".join(line.rstrip() for line in padded)


def bests(one: Callable[[], object], other: Callable[[], object], *, runs: int = 25) -> tuple[float, float]:
    """The milliseconds of the quickest of several runs of each, taken in turn, after one that is not counted.

    The quickest is what the job takes; whatever a run takes longer, something else on the machine took. What takes
    longer than `_LONG` even once its pages are in memory is run once more only.
    """
    for job in (one, other):
        job()
    found = [_seconds(one), _seconds(other)]
    until = time.perf_counter() + _LONG
    for count in range(runs if max(found) < _LONG else 0):
        found = [min(found[0], _seconds(one)), min(found[1], _seconds(other))]
        if count >= 4 and time.perf_counter() > until:
            break
    return found[0] * 1_000, found[1] * 1_000


def _seconds(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start
