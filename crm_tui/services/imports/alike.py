"""How a refused row counts once it is corrected: beside the rows of its table that it then equals, not as one of them.

A row without a number is told from others by its content and by how many of the same came before it. The error file
says of a refused row which rows it may turn out to equal, and how many of those were taken in: `CONTENT=N`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from crm_tui.domain.errors import UsageError
from crm_tui.formats.days import parse_day
from crm_tui.formats.tables import Row, Table, undefuse
from crm_tui.services.imports.fact_plans import DAYS, FactPlan
from crm_tui.services.imports.fact_values import Values
from crm_tui.services.imports.plans import ALIKE, REASON
from crm_tui.store import staging
from crm_tui.store.database import Database

_MOST = 50
_SIGNS = 12
_WITHOUT = ("note", "id")
"""Fields that say nothing about the content."""


class Alike:
    """Reads and writes the column `ALIKE` of the plan's table."""

    def __init__(self, plan: FactPlan, values: Values) -> None:
        self._read = plan.headings[:2] == (REASON, ALIKE)
        self._values = values
        self._fields = [place for place in dict.fromkeys(plan.places) if place and place not in _WITHOUT]
        self._counts = plan.kind not in ("products", "wallet", "interactions", "follow-ups")

    def base(self, row: Row, content: str) -> int:
        """How many rows of this content came in with the table of which the row was refused."""
        return self._said(row).get(content[:_SIGNS], 0) if self._read else 0

    def _said(self, row: Row) -> dict[str, int]:
        parts = (part.partition("=") for part in (row.cells[1] if self._read else "").split())
        return {sign: int(n) for sign, __, n in parts if n.isascii() and n.isdigit() and len(n) < 10}

    def of_refused(self, database: Database, table: Table) -> dict[int, str]:
        """What the column says of the refused rows, by ordinal: of those that differ in one field from one taken in."""
        refused = staging.refused_rows(database) if self._counts else set()
        if not refused:
            return {}
        wanted: dict[tuple[object, ...], list[int]] = {}
        told: dict[int, dict[str, int]] = {}
        for ordinal, row in enumerate(table.rows()):
            if ordinal in refused:
                told[ordinal] = self._said(row)
                for key in self._but_one(self._values.row(row.cells)):
                    wanted.setdefault(key, []).append(ordinal)
        twins: dict[int, set[int]] = {}
        for ordinal, row in enumerate(table.rows()):
            if ordinal not in refused:
                for key in self._but_one(self._values.row(row.cells)):
                    for one in wanted.get(key, ()):
                        if len(found := twins.setdefault(one, set())) < _MOST:
                            found.add(ordinal)
        known = staging.last_of(database, {one for some in twins.values() for one in some})
        for ordinal, some in twins.items():
            for content, nth in (known[one] for one in some if one in known):
                told[ordinal][content[:_SIGNS]] = max(nth, told[ordinal].get(content[:_SIGNS], 0))
        return {
            ordinal: " ".join(f"{sign}={n}" for sign, n in sorted(said.items()))
            for ordinal, said in told.items() if said
        }  # fmt: skip

    def _but_one(self, given: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
        cells = tuple(given.get(field, "") for field in self._fields)
        return ((place, *cells[:place], *cells[place + 1 :]) for place in range(len(cells)))


def dated(plan: FactPlan, row: Row) -> Row:
    """The row with its days as ISO days: what comes first in them the rest of a table does not show."""
    cells = list(row.cells)
    for place in DAYS[plan.kind]:
        if place in plan.places:
            column = plan.places.index(place)
            try:
                cells[column] = parse_day(undefuse(cells[column]).strip(), plan.orders.get(place, "dmy"))
            except UsageError:
                continue  # it is what is to be corrected, or there is none
    return Row(row.line, tuple(cells))
