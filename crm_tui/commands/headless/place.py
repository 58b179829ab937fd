"""What all places share that a macro is in without a screen: a cursor, marks, and the views that move about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.commands.dispatch import Targets

if TYPE_CHECKING:
    from crm_tui.commands.headless import Headless
    from crm_tui.commands.language import Call
    from crm_tui.services.session import Outcome

ROWS = 20
"""A page has so many rows without a screen."""

Values = Mapping[str, Any]
Ids = Sequence[int]


class Place:
    """What all places share: a cursor, marks, and the views that move about in them."""

    name = ""

    def __init__(self, around: Headless) -> None:
        self.around = around
        self.session = around.session
        self.cursor = 0
        self.marked: set[int] = set()

    # -- what places do in their own way

    def entered(self) -> None:
        """It was entered by a command: show it anew."""

    def returned(self) -> None:
        """What lay over it was left."""

    def done(self, call: Call, outcome: Outcome) -> None:
        """A command did this while one was here."""

    def key(self, index: int) -> int | None:
        """The customer of a row; None where there is none."""
        return None

    def reach(self, index: int) -> int:
        """That row, or the nearest that there is."""
        return 0

    def order(self) -> Sequence[int]:
        """The customers of all rows."""
        return ()

    def shown(self, keys: set[int]) -> list[int]:
        """Of these customers those of the list, in its order."""
        return [key for key in self.order() if key in keys]

    def settle(self) -> None:
        """Something is going to be changed: what of the list is near is read before that."""

    # -- what a command acts on

    def targets(self) -> Targets:
        """The marked rows in the order of the list, then those that it does not show; else the one under the cursor."""
        if self.marked:
            shown = self.shown(self.marked)
            rest = sorted(self.marked.difference(shown))
            return Targets((*shown, *rest), len(rest))
        return self.under_cursor()

    def under_cursor(self) -> Targets:
        """The customer under the cursor, whatever is marked."""
        key = self.key(self.cursor)
        return Targets() if key is None else Targets((key,))

    # -- views

    def scheme(self, values: Values, ids: Ids) -> None:
        """Another scheme's tiers: without a screen nothing shows them, but lists that are printed."""
        from crm_tui.services import tiers

        name = values.get("name")
        self.session.scheme = tiers.next_scheme(self.session) if name is None else name

    def down(self, values: Values, ids: Ids) -> None:
        self.cursor = self.reach(self.cursor + 1)

    def up(self, values: Values, ids: Ids) -> None:
        self.cursor = self.reach(self.cursor - 1)

    def page_down(self, values: Values, ids: Ids) -> None:
        self.cursor = self.reach(self.cursor + ROWS)

    def page_up(self, values: Values, ids: Ids) -> None:
        self.cursor = self.reach(self.cursor - ROWS)

    def top(self, values: Values, ids: Ids) -> None:
        self.cursor = 0

    def bottom(self, values: Values, ids: Ids) -> None:
        self.cursor = self.reach(len(self.order()) - 1)

    def left(self, values: Values, ids: Ids) -> None:
        """Nothing is to the left."""

    def right(self, values: Values, ids: Ids) -> None:
        """Nothing is to the right."""

    def mark(self, values: Values, ids: Ids) -> None:
        what, key = values.get("what", "row"), self.key(self.cursor)
        if what == "none":
            self.marked = set()
        elif what in ("all", "invert"):
            every = set(self.order())
            self.marked = self.marked | every if what == "all" else self.marked ^ every
        elif what == "range":
            self.marked |= self._range()
        elif key is not None:
            row = {key}
            self.marked = {"row": self.marked ^ row, "on": self.marked | row, "off": self.marked - row}[what]
        if what in ("row", "on", "off"):
            self.cursor = self.reach(self.cursor + 1)

    def _range(self) -> set[int]:
        """From the last marked row above the cursor to the cursor."""
        keys: list[int] = []
        for index in range(self.cursor, -1, -1):
            key = self.key(index)
            keys += [key] if key is not None else []
            if key in self.marked:
                return set(keys)
        return set(keys[:1])

    def open(self, values: Values, ids: Ids) -> None:
        self.around.open_card(ids[0])

    def back(self, values: Values, ids: Ids) -> None:
        self.around.go_back()

    def refresh_place(self, values: Values, ids: Ids) -> None:
        self.entered()

    def go(self, values: Values, ids: Ids) -> None:
        target = values["name"]
        if isinstance(target, str):
            self.around.go(target)
        else:
            self.around.open_view(target)

    def open_lettered(self, values: Values, ids: Ids) -> None:
        from crm_tui.services import views

        self.around.open_view(views.lettered(self.session, values["letter"]))
