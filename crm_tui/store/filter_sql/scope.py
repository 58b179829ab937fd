"""A filter half-way to SQL: the parts of the query so far, and where in the tree a term stands.

SQL's unknown is the filter's unknown: what is hidden compares as NULL. Values are bound, never written into the text.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from crm_tui.domain.filters.fields import MASKED, Field
from crm_tui.domain.filters.nodes import Node
from crm_tui.domain.people import Sight
from crm_tui.store.customers import POOL
from crm_tui.store.database import Database

FEW = 2_000
"""So many rows are sorted or looked through at once; more of them are met in the order of the list instead."""


class Compiled(Struct):
    """A filter as the parts of a query over `customer c`: tables before it, the condition, its parameters.

    Rows come in the order of `key` (their id) when `by_id`, or in that of the column `by`. `driving` selects the rows
    that the driver yields ("" for no driver); its parameters are the first `driven_by`.
    """

    source: str = "customer c"
    condition: str = "1"
    parameters: list[Any] = field(default_factory=list)
    key: str = "c.id"
    by: str = ""
    by_id: bool = True
    driving: str = ""
    driven_by: int = 0

    def is_narrow(self, database: Database) -> bool:
        """Whether the driver yields few rows; found out by reading them up to that number."""
        if not self.driving:
            return False
        limited = f"SELECT count(*) FROM ({self.driving} LIMIT {FEW + 1})"
        return int(database.value(limited, self.parameters[: self.driven_by])) <= FEW


class Scope(Struct):
    """What a term is compiled for: `driver` is the term that may use its index.

    `bounds` narrows the ids that words are looked up for, where more is known of the page that is wanted.
    """

    database: Database
    sight: Sight
    part: str
    driver: Node | None
    parameters: list[Any]
    bounds: str = ""

    def bind(self, value: Any) -> str:
        self.parameters.append(value)
        return "?"

    def hides(self, known: Field | None) -> bool:
        """Whether the field is hidden; in one's own customers only what is sensitive may be."""
        if known is None or not known.hidden:
            return False
        return self.is_masked or (known.hidden != MASKED and self.sight.role == "service")

    @property
    def is_masked(self) -> bool:
        """Whether ways to reach the customers of this part are hidden."""
        return self.part == POOL and self.sight.masked


def pool_has_dates(database: Database) -> bool:
    """Whether anything in the pools has a next date, which a release drops: usually not, and then none need be read."""
    return bool(
        database.value(
            "SELECT 1 FROM customer INDEXED BY customer_pool_next"
            " WHERE pool_id IS NOT NULL AND next_on IS NOT NULL LIMIT 1"
        )
    )
