"""Lists of customers: ids in order, a page at a time from where the last one ended, and how many there are.

Rows without a value of the sort column come last, in either direction and by id; equal values are in the order of ids,
which turns round with the direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm_tui.domain.filters.nodes import And, Node, Operator, Span, Term
from crm_tui.domain.people import Sight
from crm_tui.store.customers import EVERYTHING, POOL, parts
from crm_tui.store.database import Database
from crm_tui.store.filter_sql import Compiled, compile_filter, pool_has_dates

SORTS: dict[str, tuple[str, bool]] = {
    "id": ("id", True),
    "name": ("name_key", False),
    "tier": ("tier_rank", False),
    "stage": ("stage_rank", False),
    "due": ("next_on", False),
    "last": ("last_contact", False),
    "created": ("created_at", True),
    "since": ("stage_since", False),
    "region": ("region", False),
    "industry": ("industry", False),
    "source": ("source", False),
}
"""What a list may be sorted by: the column, and whether the greatest comes first."""


@dataclass(frozen=True)
class Order:
    """A sort (a key of `SORTS`) and its direction."""

    sort: str
    descending: bool


@dataclass(frozen=True)
class Position:
    """Where a page ended: the sort value (None among the rows without one) and the id."""

    value: Any
    id: int


@dataclass(frozen=True)
class Page:
    """Ids in order, and where to go on; `end` None when there is nothing more."""

    ids: list[int]
    end: Position | None


_DATES = ("due", "last", "created", "since")


def default_order(node: Node) -> Order:
    """The newest first; a filter that compares dates sorts by the first of them, as its question suggests."""
    parts = node.parts if isinstance(node, And) else (node,)
    for part in parts:
        if isinstance(part, Term) and part.operator is Operator.WITHIN and part.field in _DATES:
            span = part.values[0]
            recent = isinstance(span, Span) and span.high is None
            return Order(part.field, recent and part.field != "due")
    return Order("id", True)


def page(
    database: Database, sight: Sight, node: Node, order: Order, after: Position | None = None, limit: int = 200
) -> Page:
    """The next `limit` ids of the filter (defaults applied) in this order, after the position."""
    asked = _Asked(database, sight, node, order, after, limit)
    rows: list[_Row] = []
    for part in _parts(database, sight):
        found = asked.by_id(part, rows) if SORTS[order.sort][0] == "id" else asked.by_value(part)
        rows = _merged(rows, found, order)[:limit]
    end = Position(rows[-1][1], rows[-1][0]) if len(rows) == limit else None
    return Page([row[0] for row in rows], end)


def count(database: Database, sight: Sight, node: Node) -> int:
    """How many customers the filter (defaults applied) finds."""
    found = 0
    for part in _parts(database, sight):
        compiled = compile_filter(node, sight, database, part)
        found += database.value(
            f"SELECT count(*) FROM {compiled.source} WHERE {compiled.condition}", compiled.parameters
        )
    return found


_Row = tuple[int, Any]
"""An id and the value of the sort column (0 where the list is sorted by id)."""


def _parts(database: Database, sight: Sight) -> tuple[str, ...]:
    """The parts of what one sees; the pools only where they hold anybody."""
    pooled = database.value("SELECT 1 FROM customer INDEXED BY customer_pool WHERE pool_id IS NOT NULL LIMIT 1")
    return tuple(part for part in parts(sight) if pooled or part != POOL)


def _merged(rows: list[_Row], more: list[_Row], order: Order) -> list[_Row]:
    """Both in order. Those without a value come last, by id."""
    if not rows or not more:
        return rows or more
    valued = [row for row in (*rows, *more) if row[1] is not None]
    valued.sort(key=lambda row: (row[1], row[0]), reverse=order.descending)
    return [*valued, *sorted(row for row in (*rows, *more) if row[1] is None)]


@dataclass(frozen=True)
class _Asked:
    """One page that is asked for."""

    database: Database
    sight: Sight
    node: Node
    order: Order
    after: Position | None
    limit: int

    @property
    def way(self) -> tuple[str, str]:
        """The comparison that leads on, and the direction."""
        return ("<", "DESC") if self.order.descending else (">", "ASC")

    def by_id(self, part: str, known: list[_Row]) -> list[_Row]:
        """The part's rows in the order of ids; where `known` rows fill the page already, only what comes before."""
        sign, way = self.way
        bounds = [f"rowid {sign} {int(self.after.id)}"] if self.after else []
        if len(known) == self.limit:
            bounds.append(f"rowid {'>' if sign == '<' else '<'} {known[-1][0]}")
        compiled = self._compiled(part, " AND ".join(bounds))
        beyond = "".join(f" AND {bound.replace('rowid', compiled.key)}" for bound in bounds)
        # The plus keeps SQLite from walking all ids in order where a few rows are to be sorted.
        key = compiled.key if compiled.by_id else f"+{compiled.key}"
        return self._rows(
            f"SELECT c.id, 0 FROM {compiled.source} WHERE {compiled.condition}{beyond} ORDER BY {key} {way}",
            compiled.parameters,
        )

    def _compiled(self, part: str, bounds: str) -> Compiled:
        compiled = compile_filter(self.node, self.sight, self.database, part, bounds=bounds)
        if compiled.by_id or part not in (EVERYTHING, POOL) or compiled.is_narrow(self.database):
            return compiled
        return compile_filter(self.node, self.sight, self.database, part, driven=False)

    def by_value(self, part: str) -> list[_Row]:
        """The part's rows in the order of the sort column."""
        column = SORTS[self.order.sort][0]
        compiled = compile_filter(self.node, self.sight, self.database, part)
        walked = compiled.by == column or not compiled.driving
        if not walked and part in (EVERYTHING, POOL) and not compiled.is_narrow(self.database):
            compiled, walked = compile_filter(self.node, self.sight, self.database, part, driven=False), True
        name = f"c.{column}" if walked else f"+c.{column}"
        rows: list[_Row] = []
        empty = part == POOL and column == "next_on" and not pool_has_dates(self.database)
        if not empty and (self.after is None or self.after.value is not None):
            rows = self._valued(compiled, name)
        if len(rows) < self.limit and compiled.by != column:
            rows += self._unvalued(compiled, name)
        return rows[: self.limit]

    def _valued(self, compiled: Compiled, name: str) -> list[_Row]:
        sign, way = self.way
        beyond, more = "", []
        if self.after is not None:
            beyond, more = f" AND ({name}, c.id) {sign} (?, ?)", [self.after.value, self.after.id]
        return self._rows(
            f"SELECT c.id, {name} FROM {compiled.source} WHERE {compiled.condition}"
            f" AND {name} IS NOT NULL{beyond} ORDER BY {name} {way}, c.id {way}",
            [*compiled.parameters, *more],
        )

    def _unvalued(self, compiled: Compiled, name: str) -> list[_Row]:
        after = self.after
        beyond = f" AND c.id > {int(after.id)}" if after is not None and after.value is None else ""
        return self._rows(
            f"SELECT c.id, NULL FROM {compiled.source} WHERE {compiled.condition} AND {name} IS NULL{beyond}"
            " ORDER BY c.id",
            compiled.parameters,
        )

    def _rows(self, sql: str, parameters: Sequence[Any]) -> list[_Row]:
        return [(row[0], row[1]) for row in self.database.rows(f"{sql} LIMIT {self.limit}", tuple(parameters))]
