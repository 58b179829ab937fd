"""The due queue without a screen: done means the next line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_tui.commands.headless.place import Ids, Place, Values
from crm_tui.commands.rounds import Round
from crm_tui.services import due, lists

if TYPE_CHECKING:
    from crm_tui.commands.headless import Headless
    from crm_tui.commands.language import Call
    from crm_tui.services.due import Line
    from crm_tui.services.session import Outcome


class DueQueue(Place):
    """The due queue."""

    name = "due"
    text = ""

    def __init__(self, around: Headless) -> None:
        super().__init__(around)
        self.round = Round(())

    def entered(self) -> None:
        self._show(self.text)

    def _show(self, text: str) -> None:
        self.round, self.text, self.cursor = Round(self._queue(text)), text, 0

    def _queue(self, text: str) -> list[Line]:
        queue = due.queue(self.session)
        if not text.strip():
            return queue
        found = lists.among(self.session, lists.Query(text), [line.id for line in queue])
        return [line for line in queue if line.id in found]

    def returned(self) -> None:
        self._update(self.round.order)
        self.round.add(self._queue(self.text))

    def _update(self, ids: Ids) -> None:
        self.round.update(due.lines(self.session, list(ids)), ids)

    def done(self, call: Call, outcome: Outcome) -> None:
        name = call.command.name
        goes_on = self.round.settle(name, outcome.changed)
        if name in ("new", "paste"):
            self.round.add(list(due.lines(self.session, list(outcome.changed)).values()))
        if outcome.changed:
            self._update(outcome.changed)
        index = self.round.next_open(self.cursor) if goes_on and not self.marked else None
        if index is not None:
            self.cursor = index

    def key(self, index: int) -> int | None:
        return self.round.key(index)

    def reach(self, index: int) -> int:
        return max(0, min(index, len(self.round) - 1))

    def order(self) -> Sequence[int]:
        return self.round.order

    def filter(self, values: Values, ids: Ids) -> None:
        self._show(values.get("filter", ""))
