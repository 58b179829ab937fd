"""Which customers belong into which public pool: the pools' filters, and those of some customers that pass one."""

from __future__ import annotations

from collections.abc import Sequence

from crm_tui.domain.filters.nodes import And, Node, Operator, Term
from crm_tui.domain.people import Sight
from crm_tui.store import lists
from crm_tui.store.database import Database
from crm_tui.store.lists import Order

_AT_ONCE = 1_000


def filters(database: Database) -> list[tuple[int, str]]:
    """The pools that have a filter, and its text, in the order in which they are asked."""
    return database.rows("SELECT id, routing FROM pool WHERE trim(routing) <> '' ORDER BY id")


def passing(database: Database, sight: Sight, node: Node, ids: Sequence[int]) -> set[int]:
    """Those of the customers that pass the filter, archived ones too."""
    found: set[int] = set()
    for start in range(0, len(ids), _AT_ONCE):
        some = tuple(ids[start : start + _AT_ONCE])
        condition = And((node, Term("id", Operator.IS, some)))
        found.update(lists.page(database, sight, condition, Order("id", True), limit=len(some)).ids)
    return found
