"""What a list shows at present: which customers, in which columns, under which name; how that is kept and opened."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from crm_tui.domain.language import _
from crm_tui.services.columns import Chosen, written
from crm_tui.services.lists import Query
from crm_tui.services.session import Session

if TYPE_CHECKING:
    from crm_tui.commands.language import Call
    from crm_tui.services.views import View
    from crm_tui.tui.screens.pipeline import PipelineScreen
    from crm_tui.tui.screens.place import Place


@dataclass(frozen=True)
class Shown:
    """A list, its columns (none: its own), and the saved view that it was opened as."""

    query: Query
    columns: tuple[Chosen, ...] = ()
    view: View | None = None

    def of(self, query: Query) -> Shown:
        """The same of other customers."""
        return replace(self, query=query)

    @property
    def title(self) -> str:
        """The name of the saved view, and whether it shows something else by now; "" for none."""
        view = self.view
        if view is None:
            return ""
        now = (self.query.filter.strip(), str(self.query.order or ""), written(self.columns))
        as_saved = now == (view.filter, view.sort, view.columns)
        return view.name if as_saved else _("{view} (changed)").format(view=view.name)


async def completed(place: PipelineScreen, call: Call, shown: Shown) -> Call:
    """The call with what the list shows in the place of what it does not say, where it keeps a list."""
    if call.command.name != "views save":
        return call
    text = await place.desk.run(_filter_of, place.session, shown.query)
    told = {"filter": text, "columns": written(shown.columns), "sort": str(shown.query.order or "")}
    return replace(call, values={**told, **call.values})


def _filter_of(session: Session, query: Query) -> str:
    """The filter with stage and pool in it; runs on the desk."""
    from crm_tui.services import views

    return views.within(session, query)


async def menu(place: Place) -> None:
    """The saved views, each with its filter; Enter opens the one under the cursor."""
    from crm_tui.commands.language import quote
    from crm_tui.services import views
    from crm_tui.tui.widgets.menu import Item

    found = await place.desk.run(views.seen, place.session)
    if not found:
        place.say(_("no saved views: `:views save NAME` keeps what the list shows"))
        return
    items = [Item(f"view {quote(view.name)}", view.name, view.letter, view.about) for view in found]
    place.choose(_("Saved views"), items, place.crm.obey)


async def open_lettered(place: Place, letter: str) -> None:
    """Open the view of that letter."""
    from crm_tui.services import views

    await open_view(place, await place.desk.run(views.lettered, place.session, letter))


async def open_view(place: Place, view: View) -> None:
    """Show the pipeline as the view says; CrmError, and nothing changes, where the user cannot read it."""
    from crm_tui.services import views

    query, columns = await place.desk.run(views.opened, place.session, view)
    pipeline = place.crm.place_named("pipeline")
    pipeline.coming = Shown(query, columns, view)  # type: ignore[attr-defined]
    place.table.set_marks(frozenset())
    await place.crm.go("pipeline")
