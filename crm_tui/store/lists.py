"""Lists of customers: ids in order, a page at a time from where the last one ended, and how many there are.

Rows without a value of a sort column come after those with one, in either direction. What the first column leaves
equal the next one sorts, in the end the id: in the last column's direction, upwards where that column is empty.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from operator import itemgetter
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from crm_tui.domain.filters.nodes import And, Node, Operator, Span, Term
from crm_tui.domain.people import Sight
from crm_tui.store.customers import EVERYTHING, POOL, parts
from crm_tui.store.database import Database
from crm_tui.store.filter_sql import Compiled, compile_filter, pool_has_dates
from crm_tui.store.filter_sql.worth import FORMULAS

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
    "kind": ("kind", False),
    "owner": ("owner_login", False),
    "touched": ("last_touch", False),
    "held": ("held_since", False),
    "sales": ("worth_sales", True),
}
"""What a list may be sorted by: the column, and whether the greatest comes first."""

# SQLite does not see by itself that an index is worth it where only the first of several keys is in its order.
_INDEXES = {
    "name_key": "customer_name", "tier_rank": "customer_tier_rank", "stage_rank": "customer_stage_rank",
    "next_on": "customer_next", "last_contact": "customer_last", "created_at": "customer_created",
    "stage_since": "customer_since", "region": "customer_region", "industry": "customer_industry",
    "source": "customer_source", "kind": "customer_kind",
}  # fmt: skip

_ELSEWHERE = {
    "owner_login": "(SELECT u.login FROM user u WHERE u.id = c.owner_id)",
    "worth_sales": "(SELECT w.sales FROM worth w WHERE w.customer_id = c.id)",
}
"""What is no column of the customer's row, as SQL."""

_HIDDEN = frozenset(("worth_sales",))

_LEADING = {
    "worth_sales": (
        "worth s INDEXED BY worth_sales CROSS JOIN customer c ON c.id = s.customer_id", "s.customer_id", "s.sales",
    ),
}
"""The tables whose index puts a column in order, the id in it, and that column, where it leads the list."""


class Order(Struct, frozen=True, dict=True):
    """A sort (a key of `SORTS`), its direction, and what sorts the rows that it leaves equal."""

    sort: str
    descending: bool
    then: tuple[Order, ...] = ()

    @cached_property
    def keys(self) -> tuple[Order, ...]:
        """All keys, the first first; none after the id, which leaves nothing equal."""
        keys = (self, *self.then)
        names = [key.sort for key in keys]
        return keys[: names.index("id") + 1] if "id" in names else keys

    def __str__(self) -> str:
        """As it is typed: `tier -due`."""
        return " ".join(("-" if key.descending != SORTS[key.sort][1] else "") + key.sort for key in (self, *self.then))


class Position(Struct, frozen=True):
    """Where a page ended: the values of the sort columns (None where the row has none) and the id."""

    values: tuple[Any, ...]
    id: int


class Page(Struct, frozen=True):
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
        of_part = asked.of(part)
        found = of_part.by_id(part, rows) if SORTS[order.sort][0] == "id" else of_part.by_value(part)
        rows = _merged(rows, found, order)[:limit]
    end = Position(rows[-1][1:], rows[-1][0]) if len(rows) == limit else None
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


_Row = tuple[Any, ...]
"""An id, and the values of the sort columns (none where the list is sorted by id)."""


def _parts(database: Database, sight: Sight) -> tuple[str, ...]:
    """The parts of what one sees; the pools only where they hold anybody."""
    pooled = database.value("SELECT 1 FROM customer INDEXED BY customer_pool WHERE pool_id IS NOT NULL LIMIT 1")
    return tuple(part for part in parts(sight) if pooled or part != POOL)


def _merged(rows: list[_Row], more: list[_Row], order: Order) -> list[_Row]:
    """Both in order."""
    if not rows or not more:
        return rows or more
    found = sorted((*rows, *more), key=itemgetter(0), reverse=order.sort == "id" and order.descending)
    if order.sort == "id":
        return found
    for place, key in reversed(list(enumerate(order.keys, 1))):
        valued = [row for row in found if row[place] is not None]
        if place == len(order.keys) and key.descending:
            valued.reverse()  # equal values are in the order of ids, which turns round with the direction
        valued.sort(key=itemgetter(place), reverse=key.descending)
        found = [*valued, *(row for row in found if row[place] is None)]
    return found


class _Asked(Struct, frozen=True):
    """One page that is asked for."""

    database: Database
    sight: Sight
    node: Node
    order: Order
    after: Position | None
    limit: int
    hidden: frozenset[str] = frozenset()
    """Columns that the user may not know of these rows: a list is sorted as if they had none."""

    def of(self, part: str) -> _Asked:
        """What is asked of that part of one's sight."""
        return replace(self, hidden=_HIDDEN) if part == POOL and self.sight.masked else self

    def _named(self, column: str) -> str:
        return "NULL" if column in self.hidden else _ELSEWHERE.get(column) or f"c.{column}"

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
            f"SELECT c.id FROM {compiled.source} WHERE {compiled.condition}{beyond} ORDER BY {key} {way}",
            compiled.parameters,
        )

    def _compiled(self, part: str, bounds: str) -> Compiled:
        compiled = compile_filter(self.node, self.sight, self.database, part, bounds=bounds)
        if compiled.by_id or part not in (EVERYTHING, POOL) or compiled.is_narrow(self.database):
            return compiled
        return compile_filter(self.node, self.sight, self.database, part, driven=False)

    def by_value(self, part: str) -> list[_Row]:
        """The part's rows in the order of the sort columns: the index of the first leads, the others sort behind it."""
        column = SORTS[self.order.sort][0]
        compiled = compile_filter(self.node, self.sight, self.database, part)
        walked = compiled.by == column or not compiled.driving
        if not walked and part in (EVERYTHING, POOL) and not compiled.is_narrow(self.database):
            compiled, walked = compile_filter(self.node, self.sight, self.database, part, driven=False), True
        name = self._named(column) if walked else f"+{self._named(column)}"
        if walked and self.order.then and column in _INDEXES and compiled.source == "customer c":
            compiled = replace(compiled, source=f"customer c INDEXED BY {_INDEXES[column]}")
        rows: list[_Row] = []
        empty = column in self.hidden or (part == POOL and column == "next_on" and not pool_has_dates(self.database))
        if not empty and (self.after is None or self.after.values[0] is not None):
            led = walked and compiled.source == "customer c" and column in _LEADING
            source, key, leading = _LEADING[column] if led else (compiled.source, compiled.key, name)
            rows = self._valued(replace(compiled, source=source, key=key), leading)
        if len(rows) < self.limit and compiled.by != column:
            rows += self._unvalued(compiled, name)
        return rows[: self.limit]

    def _valued(self, compiled: Compiled, name: str) -> list[_Row]:
        sign, way = self.way
        beyond, more = "", list[Any]()
        if self.after is not None and len(self.order.keys) == 1:
            beyond, more = f" AND ({name}, c.id) {sign} (?, ?)", [*self.after.values, self.after.id]
        elif self.after is not None:
            rest, more = self._beyond(name)
            beyond, more = f" AND {name} {sign}= ? AND {rest}", [self.after.values[0], *more]
        behind = self._behind() or f", {compiled.key} {way}"
        return self._rows(
            f"SELECT {self._selected(name)} FROM {compiled.source} WHERE {compiled.condition}"
            f" AND {name} IS NOT NULL{beyond} ORDER BY {name} {way}{behind}",
            [*compiled.parameters, *more],
        )

    def _unvalued(self, compiled: Compiled, name: str) -> list[_Row]:
        beyond, more = "", list[Any]()
        if self.after is not None and self.after.values[0] is None:
            rest, more = self._beyond(name)
            beyond = f" AND {rest}"
        order = self._behind().removeprefix(", ") or "c.id"
        return self._rows(
            f"SELECT {self._selected('NULL')} FROM {compiled.source} WHERE {compiled.condition} AND {name} IS NULL"
            f"{beyond} ORDER BY {order}",
            [*compiled.parameters, *more],
        )

    @property
    def _others(self) -> tuple[tuple[str, bool], ...]:
        """The columns behind the first, and whether each descends; none of them has its index used."""
        return tuple((f"+{self._named(SORTS[key.sort][0])}", key.descending) for key in self.order.keys[1:])

    def _selected(self, first: str) -> str:
        return ", ".join(("c.id", first, *(name for name, __ in self._others)))

    def _behind(self) -> str:
        """What sorts the rows that the first column leaves equal, with the comma before it; "" for the id alone."""
        terms = [f", {name} IS NULL, {name} {'DESC' if descending else 'ASC'}" for name, descending in self._others]
        if terms:
            name, descending = self._others[-1]
            terms.append(f", CASE WHEN {name} IS NULL THEN c.id ELSE -c.id END" if descending else ", c.id")
        return "".join(terms)

    def _beyond(self, first: str) -> tuple[str, list[Any]]:
        """The condition of what comes after the position, and its parameters."""
        assert self.after is not None
        names = ((first, self.order.descending), *self._others)
        last, descends = self.after.values[-1], names[-1][1]
        condition, parameters = f"c.id {'<' if descends and last is not None else '>'} ?", [self.after.id]
        for (name, descending), value in reversed(list(zip(names, self.after.values, strict=True))):
            if value is None:
                condition = f"({name} IS NULL AND {condition})"
                continue
            sign = "<" if descending else ">"
            condition = f"({name} {sign} ? OR {name} IS NULL OR ({name} = ? AND {condition}))"
            parameters = [value, value, *parameters]
        return condition, parameters

    def _rows(self, sql: str, parameters: Sequence[Any]) -> list[_Row]:
        return self.database.rows(f"{sql} LIMIT {self.limit}", tuple(parameters))


MORE: dict[str, str] = {
    **{name: f"c.{name}" for name in (
        "address", "website", "tax_number", "business_role", "referred_by", "parent", "note", "held_since",
    )},
    **{name: f"(SELECT {formula} FROM worth w WHERE w.customer_id = c.id)" for name, formula in FORMULAS.items()},
    "last_order": "(SELECT w.newest_order FROM worth w WHERE w.customer_id = c.id)",
    "purpose": "(SELECT f.purpose FROM follow_up f WHERE f.customer_id = c.id AND f.closed_at IS NULL)",
    "contact": "(SELECT k.name FROM contact k WHERE k.customer_id = c.id AND k.archived_at IS NULL"
    " ORDER BY k.is_primary DESC, k.id LIMIT 1)",
    "fields": "(SELECT p.fields FROM profile p WHERE p.id = c.id)",
}  # fmt: skip
"""What a list may show beside what all lists do, as SQL; `fields` is the JSON of the profile."""


def more(database: Database, ids: Sequence[int], names: Sequence[str]) -> dict[int, tuple[Any, ...]]:
    """The values of these names (keys of `MORE`) by customer. What is masked is for the caller to hide."""
    rows = database.rows(
        f"SELECT c.id, {', '.join(MORE[name] for name in names)}"
        " FROM json_each(?) wanted CROSS JOIN customer c ON c.id = wanted.value",
        (json.dumps(list(ids)),),
    )
    return {row[0]: row[1:] for row in rows}
