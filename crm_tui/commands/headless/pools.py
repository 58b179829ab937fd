"""The pools without a screen, and the list of one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_tui.commands.headless.pipeline import Pipeline
from crm_tui.commands.headless.place import Ids, Place, Values
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.services import pool_rows
from crm_tui.services.lists import Query

if TYPE_CHECKING:
    from crm_tui.commands.headless import Headless
    from crm_tui.commands.language import Call
    from crm_tui.services.pool_rows import PoolLine
    from crm_tui.services.session import Outcome


class Pools(Place):
    """The pools; a heading, which is none, stands before the private ones."""

    name = "pools"

    def __init__(self, around: Headless) -> None:
        super().__init__(around)
        self.rows: list[PoolLine | None] = []

    def entered(self) -> None:
        row = self._under
        public, private = pool_rows.public(self.session), pool_rows.private(self.session)
        self.rows = [*public, *([None] if private else []), *private]
        places = [one.within if one is not None else None for one in self.rows]
        self.cursor = places.index(row.within) if row is not None and row.within in places else 0

    @property
    def _under(self) -> PoolLine | None:
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def done(self, call: Call, outcome: Outcome) -> None:
        self.entered()

    def returned(self) -> None:
        self.entered()

    def reach(self, index: int) -> int:
        return max(0, min(index, len(self.rows) - 1))

    def bottom(self, values: Values, ids: Ids) -> None:
        self.cursor = self.reach(len(self.rows) - 1)

    def mark(self, values: Values, ids: Ids) -> None:
        raise CrmError(_("there is nothing to mark here: `choose` shows a pool's customers"))

    def choose_here(self, values: Values, ids: Ids) -> None:
        row = self._under
        if row is None:
            raise CrmError(_("there is no pool under the cursor"))
        self.around.cover(PoolList(self.around, row, [one for one in self.rows if one is not None]))


class PoolList(Pipeline):
    """The list of one pool, and the pools beside it."""

    name = "pool"

    def __init__(self, around: Headless, pool: PoolLine, beside: Sequence[PoolLine]) -> None:
        super().__init__(around, Query(within=pool.within))
        self.beside = [one.within for one in beside]
        self.own_columns = pool_rows.COLUMNS if pool.within.kind == "pool" else ""

    def left(self, values: Values, ids: Ids) -> None:
        self._go_beside(-1)

    def right(self, values: Values, ids: Ids) -> None:
        self._go_beside(1)

    def _go_beside(self, step: int) -> None:
        within = self.query.within
        at = self.beside.index(within) + step if within in self.beside else 0
        if 0 <= at < len(self.beside) and self.reach(self.cursor) >= 0:
            self.marked = set()
            self.load(Query(within=self.beside[at]))
