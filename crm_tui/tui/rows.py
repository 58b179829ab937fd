"""The customers of a list, as a table shows them: an order of ids that never shifts, rows read when they are seen.

The first page is there at once; the rest of the ids follow in the background. A row that a command moves out of the
list stays, dimmed, until the list is entered again.
"""

from __future__ import annotations

import asyncio
import sys
from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from typing import Any

from crm_tui.domain.language import _
from crm_tui.services import lists
from crm_tui.services.lists import Page, Position, Query
from crm_tui.services.session import Session
from crm_tui.tui.desk import Desk, Stopped
from crm_tui.tui.home import PAGE
from crm_tui.tui.widgets.record_table import Line

BATCH = 5_000
"""Ids read at a time in the background."""
AHEAD = 20_000
"""Ids read without being asked for: nobody scrolls further, and each takes eight bytes."""
TURN = 0.002
"""Seconds between two looks at whether a row has been read that somebody waits for."""
KEPT = 4_000
"""Rows kept in memory; the ids are all kept, at eight bytes each."""

Draw = Callable[[dict[str, Any], bool], Line]
"""Draws a row; whether it is outside the list by now. One that was `gone` when it was read again says so."""
Read = Callable[[Session, Sequence[int]], dict[int, dict[str, Any]]]
"""What a list shows of customers, by id; runs on the desk."""


class CustomerLines:
    """What a list of customers shows. `changed` is called (on the event loop) when rows have come."""

    def __init__(
        self, desk: Desk, session: Session, query: Query, draw: Draw, changed: Callable[[], None],
        read: Read = lists.rows,
    ) -> None:  # fmt: skip
        self.desk = desk
        self.session = session
        self.query = query
        self.ids: array[int] = array("q")
        self.complete = False
        self._draw = draw
        self._changed = changed
        self._read_rows = read
        self._rows: dict[int, dict[str, Any] | None] = {}
        self._outside: set[int] = set()
        self._asked: set[int] = set()
        self._end: Position | None = None
        self._whole = asyncio.Event()
        self._limit = 0
        self._reading = False

    # what a table asks

    def __len__(self) -> int:
        return len(self.ids)

    def key(self, index: int) -> int | None:
        """The id of the customer in that row."""
        return self.ids[index] if 0 <= index < len(self.ids) else None

    def line(self, index: int) -> Line | None:
        """The row, None while it is being read."""
        key = self.ids[index]
        if index >= len(self.ids) - PAGE and not self.complete and not self._reading:
            self._task = asyncio.get_running_loop().create_task(self.read_on(len(self.ids) + AHEAD))
        if key not in self._rows:
            self._ask(index // PAGE)
            return None
        row = self._rows[key]
        if row is None:
            return Line(key, (_("not there any more"),), dim=True)
        return self._draw(row, key in self._outside)

    def row(self, key: int) -> dict[str, Any] | None:
        """What is known of a customer that was shown."""
        return self._rows.get(key)

    def index(self, key: int) -> int | None:
        """The row of a customer; None when it is not in the list as far as that was read."""
        try:
            return self.ids.index(key)
        except ValueError:
            return None

    # reading

    def begin(self, page: Page, rows: dict[int, dict[str, Any]]) -> None:
        """Take the first page, read by `first_page`."""
        self.ids = array("q", page.ids)
        self._rows.update(rows)
        self._went_on(page)

    async def read_on(self, limit: int = AHEAD) -> None:
        """Read more of the ids, up to `limit` of them, a batch at a time, while nobody waits for anything else."""
        self._limit = max(self._limit, limit)
        if self._reading:
            return
        self._reading = True
        # Behind the first of several keys every page is sorted anew: of those few.
        batch = AHEAD if self.query.order is not None and self.query.order.then else BATCH
        try:
            while not self.complete and len(self.ids) < self._limit:
                page = await self.desk.later("rest", lists.page, self.session, self.query, self._end, batch)
                self.ids.extend(page.ids)
                self._went_on(page)
                self._changed()
        finally:
            self._reading = False

    def _went_on(self, page: Page) -> None:
        self._end = page.end
        self.complete = page.end is None
        if self.complete:
            self._whole.set()

    async def whole(self, timeout: float) -> bool:
        """Wait until all ids have been read; False when that takes longer than `timeout` seconds."""
        self._task = asyncio.get_running_loop().create_task(self.read_on(sys.maxsize))
        try:
            async with asyncio.timeout(timeout):
                await self._whole.wait()
        except TimeoutError:
            return False
        return True

    async def reach(self, index: int) -> None:
        """Wait until that row has been read, or the last one, however long it takes. What the reading raises is raised
        here.
        """
        reading: asyncio.Task[None] | None = None
        while not self.complete and len(self.ids) <= index:
            if reading is not None and reading.done():
                with suppress(Stopped):  # one that was overtaken is begun anew
                    reading.result()
            if not self._reading:  # whoever was reading on may have been overtaken
                reading = self._task = asyncio.get_running_loop().create_task(self.read_on(index + 1))
            await asyncio.sleep(TURN)

    def _ask(self, page: int) -> None:
        if page not in self._asked:
            self._asked.add(page)
            self._task = asyncio.get_running_loop().create_task(self._read(page))

    async def _read(self, page: int) -> None:
        ids = list(self.ids[page * PAGE : (page + 1) * PAGE])
        found = await self.desk.run(self._read_rows, self.session, ids)
        if len(self._rows) > KEPT:  # far from here by now: they are read again when they are seen again
            self._rows.clear()
            self._asked = {page}
        self._asked.discard(page)
        for key in ids:
            self._rows[key] = found.get(key) or _gone(self._rows.get(key))
        self._changed()

    def forget(self, kept: Iterable[int]) -> None:
        """Read all rows but these again when they are seen again."""
        keep = set(kept)
        for key in [key for key in self._rows if key not in keep]:
            del self._rows[key]

    async def refresh(self, keys: Iterable[int]) -> None:
        """Read changed customers again; those that no longer belong here are dimmed."""
        wanted = [key for key in keys if key in self._rows]
        if not wanted:
            return
        found, outside = await self.desk.run(_again, self.session, self.query, wanted, self._read_rows)
        for key in wanted:
            self._rows[key] = found.get(key) or _gone(self._rows[key])
        self._outside.difference_update(wanted)
        self._outside.update(outside)
        self._changed()

    async def follow(self, ids: Collection[int] | None, shown: Sequence[int]) -> None:
        """Others have changed these customers (None: any): read those that are `shown` again, the others when seen.

        Who has come into the list stands at its end, as far as it was read whole; who has left it is dimmed.
        """
        if ids is None:
            self.forget(shown)
            await self.refresh(shown)
            return
        wanted = [key for key in shown if key in ids]
        found, outside = await self.desk.run(
            _again, self.session, self.query, wanted, self._read_rows, sorted(ids)
        )
        known = set(ids).intersection(self.ids)
        for key in known:
            before = self._rows.pop(key, None)
            if key in wanted:
                self._rows[key] = found.get(key) or _gone(before)
        self._outside -= known
        self._outside |= known & outside
        new = set(ids) - outside - known if self.complete else set()
        self.ids.extend(sorted(new))
        if known or new:
            self._changed()


def _gone(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """The row of a customer that one does not see any more: as one last saw it, and known to be `gone`."""
    return row if row is None else {**row, "gone": True}


def first_page(session: Session, query: Query, read: Read = lists.rows) -> tuple[Page, dict[int, dict[str, Any]]]:
    """The first ids of a list and their rows; runs on the desk."""
    page = lists.page(session, query, limit=PAGE)
    return page, read(session, page.ids)


def _again(
    session: Session, query: Query, keys: list[int], read: Read, ids: list[int] | None = None
) -> tuple[dict[int, dict[str, Any]], set[int]]:
    """The rows of `keys`, and those of `ids` that are not in the list; runs on the desk."""
    asked = keys if ids is None else ids
    return read(session, keys), set(asked) - lists.among(session, query, asked)
