"""Lists of customers: ids in order, a page at a time from where the last one ended, and how many there are.

Rows without a value of the sort column come last, in either direction; equal values are in the order of ids.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crm_tui.domain.filters.nodes import And, Node, Operator, Span, Term
from crm_tui.domain.people import Sight
from crm_tui.store.customers import seen_by
from crm_tui.store.database import Database
from crm_tui.store.filter_sql import Compiled, compile_filter

SORTS: dict[str, tuple[str, bool]] = {
    "id": ("id", True),
    "name": ("name_key", False),
    "tier": ("tier_rank", False),
    "stage": ("stage", False),
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
    compiled = compile_filter(node, sight, database)
    column = SORTS[order.sort][0]
    if column == "id":
        rows = _by_id(database, sight, compiled, order, after, limit)
    else:
        rows = []
        if after is None or after.value is not None:
            rows = _by_value(database, sight, compiled, column, order, after, limit)
        if len(rows) < limit:
            rows += _without_value(database, sight, compiled, column, after, limit - len(rows))
    end = Position(rows[-1][1], rows[-1][0]) if len(rows) == limit else None
    return Page([row[0] for row in rows], end)


def _visible(database: Database, sight: Sight) -> str:
    """The rights as a condition that no index follows: when no pool holds anybody, one's own is all there is."""
    if not sight.everything and not database.value(
        "SELECT 1 FROM stage_count WHERE holder LIKE 'p%' AND customers > 0 LIMIT 1"
    ):
        return f"c.owner_id = {int(sight.user_id)}"
    return seen_by(sight)


def _by_id(
    database: Database, sight: Sight, compiled: Compiled, order: Order, after: Position | None, limit: int
) -> list[tuple[int, Any]]:
    keys = {"search_trigram": "s.rowid", "search_gram": "s.rowid", "tag": "d.customer_id"}
    key = keys.get(compiled.source.partition(" ")[0], "c.id")
    sign, way = ("<", "DESC") if order.descending else (">", "ASC")
    beyond = f" AND {key} {sign} {int(after.id)}" if after else ""
    found = database.rows(
        f"SELECT c.id, 0 FROM {compiled.source} WHERE {compiled.condition} AND {_visible(database, sight)}{beyond}"
        f" ORDER BY {key} {way} LIMIT ?",
        (*compiled.parameters, limit),
    )
    return [(row[0], 0) for row in found]


def _by_value(
    database: Database, sight: Sight, compiled: Compiled, column: str, order: Order, after: Position | None, limit: int
) -> list[tuple[int, Any]]:
    sign, way = ("<", "DESC") if order.descending else (">", "ASC")
    beyond, more = "", []
    if after is not None:
        beyond = f" AND (c.{column}, c.id) {sign} (?, ?)"
        more = [after.value, after.id]
    return [
        (row[0], row[1])
        for row in database.rows(
            f"SELECT c.id, c.{column} FROM {compiled.source} WHERE {compiled.condition}"
            f" AND {_visible(database, sight)} AND c.{column} IS NOT NULL{beyond}"
            f" ORDER BY c.{column} {way}, c.id {way} LIMIT ?",
            (*compiled.parameters, *more, limit),
        )
    ]


def _without_value(
    database: Database, sight: Sight, compiled: Compiled, column: str, after: Position | None, limit: int
) -> list[tuple[int, Any]]:
    beyond = f" AND c.id > {int(after.id)}" if after is not None and after.value is None else ""
    return [
        (row[0], None)
        for row in database.rows(
            f"SELECT c.id FROM {compiled.source} WHERE {compiled.condition}"
            f" AND {_visible(database, sight)} AND c.{column} IS NULL{beyond} ORDER BY c.id LIMIT ?",
            (*compiled.parameters, limit),
        )
    ]


def count(database: Database, sight: Sight, node: Node) -> int:
    """How many customers the filter (defaults applied) finds."""
    compiled = compile_filter(node, sight, database)
    return int(
        database.value(
            f"SELECT count(*) FROM {compiled.source} WHERE {compiled.condition} AND {_visible(database, sight)}",
            compiled.parameters,
        )
    )
