"""Where a macro plays that has no screen: the same places with the same rows, cursor and marks, and nothing to look at.

A method here carries the name of a view of the catalogue, as those of the screens do; what only a screen has is missing
and is refused before anything is done. A macro begins in the pipeline, which shows everything that one may see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from crm_tui.commands.dispatch import Targets
from crm_tui.commands.headless.card import Card
from crm_tui.commands.headless.due import DueQueue
from crm_tui.commands.headless.pipeline import Pipeline
from crm_tui.commands.headless.place import Ids, Place, Values
from crm_tui.commands.headless.pools import PoolList, Pools
from crm_tui.commands.registry import Command
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.services.lists import Query

if TYPE_CHECKING:
    from crm_tui.commands.language import Call
    from crm_tui.services.session import Outcome, Session
    from crm_tui.services.views import View

PLACES = ("pipeline", "due", "pools")
"""The names of the screens that there are without one."""


class Headless:
    """All places, and where one is. `marked` are the customers that are marked in the pipeline at first."""

    def __init__(self, session: Session, marked: Iterable[int] = ()) -> None:
        self.session = session
        self._places: dict[str, Place] = {"pipeline": Pipeline(self, Query())}
        self._place = self._places["pipeline"]
        self._place.marked = set(marked)
        self._covers: list[Place] = []

    @property
    def here(self) -> Place:
        """Where one is: what was laid over a place last, else the place."""
        return self._covers[-1] if self._covers else self._place

    # -- what a player asks

    def targets_of(self, command: Command) -> Targets:
        """What the command acts on here: one that shows a customer takes the one under the cursor."""
        shows = command.target == "one" and not command.changes
        return self.here.under_cursor() if shows else self.here.targets()

    def completed(self, call: Call) -> Call:
        """The call with what it takes from where one is."""
        here = self.here
        return here.completed(call) if isinstance(here, Pipeline) else call

    def settle(self) -> None:
        """Something is going to be changed."""
        self.here.settle()

    def show(self, command: Command, values: Values, ids: Ids) -> None:
        """Run a view here; CrmError where there is no such thing."""
        view: Callable[[Values, Ids], None] | None = getattr(self.here, command.view, None)
        if view is None:
            raise CrmError(_("{command} is for another screen").format(command=command.name))
        view(values, ids)

    def done(self, call: Call, outcome: Outcome) -> None:
        """A command was carried out: the place one is in takes note, a list whose rows changed keeps its order;
        what is to be acted on next is laid over it as a list.
        """
        self.here.done(call, outcome)
        if outcome.these:
            self.cover(Pipeline(self, Query(these=tuple(key for key, __ in outcome.these))))

    # -- going elsewhere

    def go(self, name: str) -> None:
        """To the place of that name; marks are left with the place, and stay where one is there already."""
        if name not in PLACES:
            raise CrmError(_("{name} needs a screen").format(name=name))
        is_here = name == self._place.name and not self._covers
        if not is_here:
            for place in (*self._covers, self._place):
                place.marked = set()
        self._covers.clear()
        if name not in self._places:
            self._places[name] = DueQueue(self) if name == "due" else Pools(self)
        self._place = self._places[name]
        if is_here and isinstance(self._place, Pipeline):
            self._place.leave_view()
        self._place.entered()

    def open_view(self, view: View) -> None:
        """Show the pipeline as the view says; CrmError, and nothing changes, where the user cannot read it."""
        from crm_tui.services import views

        query, columns = views.opened(self.session, view)
        pipeline = self._places["pipeline"]
        assert isinstance(pipeline, Pipeline)
        self.here.marked = set()
        self.go("pipeline")
        pipeline.load(query)
        pipeline.columns, pipeline.is_view = columns, True

    def open_card(self, customer_id: int) -> None:
        """Lay the card of a customer over where one is; CrmError, and nothing changes, for one that is not seen."""
        self.session.one(customer_id)
        self.cover(Card(self, customer_id))

    def cover(self, place: Place) -> None:
        """Lay a place over the one where one is."""
        self._covers.append(place)

    def uncover(self) -> None:
        """Leave what lies over a place."""
        self._covers.pop()
        self.here.returned()

    def go_back(self) -> None:
        """Back to where one came from; CrmError where one is at the beginning."""
        if self._covers:
            self.uncover()
        elif self._place.name != "pipeline":
            self.go("pipeline")
        else:
            raise CrmError(_("there is nothing to go back to"))


_KINDS = (Pipeline, PoolList, DueQueue, Pools, Card)


def impossible(command: Command) -> str | None:
    """Why the command cannot be played without a screen; None for one that can."""
    if command.view in ("", "import_file") or any(callable(getattr(kind, command.view, None)) for kind in _KINDS):
        return None
    return _("{command} needs a screen").format(command=command.name)
