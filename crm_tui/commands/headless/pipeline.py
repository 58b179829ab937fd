"""The pipeline without a screen: a list of customers under a filter, in an order that never shifts."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from crm_tui.commands.headless.place import Ids, Place, Values
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.services import lists
from crm_tui.services.lists import Query

if TYPE_CHECKING:
    from crm_tui.commands.headless import Headless
    from crm_tui.commands.language import Call
    from crm_tui.services.columns import Chosen
    from crm_tui.services.lists import Position
    from crm_tui.services.session import Outcome, Session

_FIRST, _BATCH, _AHEAD = 100, 5_000, 20_000
"""Ids that a list reads at first, at a time, and before anything is changed: as the screens do."""


class Listing:
    """The ids of a list in its order, which never shifts; read as far as they are asked for."""

    def __init__(self, session: Session, query: Query) -> None:
        self.session = session
        self.query = query
        page = lists.page(session, query, limit=_FIRST)
        self.ids: array[int] = array("q", page.ids)
        self._end: Position | None = page.end

    def read_to(self, count: int) -> None:
        """Read so many, if there are so many."""
        while self._end is not None and len(self.ids) < count:
            page = lists.page(self.session, self.query, self._end, _BATCH)
            self.ids.extend(page.ids)
            self._end = page.end

    def read_all(self) -> array[int]:
        """All of them."""
        while self._end is not None:
            self.read_to(len(self.ids) + _BATCH)
        return self.ids

    def ordered(self, keys: set[int]) -> list[int]:
        """Of these customers those that are in it, in order."""
        found: list[int] = []
        seen = 0
        while True:
            found += [key for key in self.ids[seen:] if key in keys]
            seen = len(self.ids)
            if len(found) >= len(keys) or self._end is None:
                return found
            self.read_to(seen + _BATCH)


class Pipeline(Place):
    """A list of customers: the pipeline, or a pool's."""

    name = "pipeline"

    def __init__(self, around: Headless, query: Query) -> None:
        super().__init__(around)
        self.columns: tuple[Chosen, ...] = ()
        self.own_columns = ""
        """Those that a view keeps where none are chosen."""
        self.is_view = False
        """Whether a saved view is open."""
        self.on_board = False
        self.listing = Listing(self.session, query)

    @property
    def query(self) -> Query:
        """Which customers it lists."""
        return self.listing.query

    def load(self, query: Query, cursor: int | None = None) -> None:
        """Show another list, the cursor on the customer `cursor` if that is among its first ones."""
        self.listing = Listing(self.session, query)
        self.is_view = self.is_view and bool(query.filter or query.order or self.columns)
        ids = self.listing.ids
        self.cursor = ids.index(cursor) if cursor is not None and cursor in ids else 0

    def leave_view(self) -> None:
        """Back from a saved view to what a pipeline shows at first; where none is open, nothing changes."""
        if self.is_view:
            self.marked, self.columns, self.is_view = set(), (), False
            self.load(Query(lists.first_filter(self.session)))

    def entered(self) -> None:
        self.load(self.query, self.key(self.cursor))

    def done(self, call: Call, outcome: Outcome) -> None:
        if call.command.name in ("new", "paste"):
            self.load(self.query, outcome.changed[0] if outcome.changed else None)

    def key(self, index: int) -> int | None:
        ids = self.listing.ids
        return ids[index] if 0 <= index < len(ids) else None

    def reach(self, index: int) -> int:
        if self.on_board:
            raise CrmError(_("on the board nothing moves without a screen: `board` goes back to the list"))
        self.listing.read_to(index + 1)
        return max(0, min(index, len(self.listing.ids) - 1))

    def order(self) -> Sequence[int]:
        return self.listing.read_all()

    def shown(self, keys: set[int]) -> list[int]:
        return self.listing.ordered(keys)

    def settle(self) -> None:
        if len(self.listing.ids) < self.cursor + _AHEAD // 2:
            self.listing.read_to(self.cursor + _AHEAD)

    def completed(self, call: Call) -> Call:
        """With what the list shows, for a command that keeps it."""
        if call.command.name == "export":
            from crm_tui.commands import exporting
            from crm_tui.services.views import within

            return exporting.of_list(
                call, lambda: within(self.session, self.query), self.targets().ids if self.marked else ()
            )
        if call.command.name != "views save":
            return call
        from crm_tui.services import columns, views

        told = {
            "filter": views.within(self.session, self.query),
            "columns": columns.written(self.columns) or self.own_columns,
            "sort": str(self.query.order or ""),
        }  # fmt: skip
        return replace(call, values={**told, **call.values})

    # -- views

    def filter(self, values: Values, ids: Ids) -> None:
        self.load(self.query.with_filter(values.get("filter", "")))

    def tab(self, values: Values, ids: Ids) -> None:
        self.load(replace(self.query, stage=values.get("stage", "")))

    def sort(self, values: Values, ids: Ids) -> None:
        keys = values.get("key")
        order = lists.together(keys) if keys else None
        self.load(replace(self.query, order=order), self.key(self.cursor))

    def choose_columns(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import columns

        self.columns = columns.together(values.get("column", ()))
        self.entered()

    def board(self, values: Values, ids: Ids) -> None:
        """The board shows lanes, which are nowhere without a screen: only the row under the cursor is on it."""
        self.on_board = not self.on_board
        self.marked = set()

    def mark(self, values: Values, ids: Ids) -> None:
        if self.on_board:
            raise CrmError(_("marks are for the list: `board` goes there"))
        super().mark(values, ids)

    def top(self, values: Values, ids: Ids) -> None:
        self.cursor = self.reach(0)
