"""What a list shows at present: which customers, in which columns, under which name; how that is kept and opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from crm_tui.domain.language import _
from crm_tui.services.columns import Chosen, written
from crm_tui.services.lists import Query, first_filter
from crm_tui.services.session import Outcome, Session
from crm_tui.tui.screens.boarding import BoardPlace

if TYPE_CHECKING:
    from crm_tui.commands.language import Call
    from crm_tui.services.views import View
    from crm_tui.tui.screens.place import Place


class Shown(Struct, frozen=True):
    """A list, its columns (none: its own), and the saved view that it was opened as."""

    query: Query
    columns: tuple[Chosen, ...] = ()
    view: View | None = None
    kept: tuple[str, ...] = ()
    """What it showed when the view was opened, or saved; nothing where the view has been changed since."""

    def of(self, query: Query) -> Shown:
        """The same of other customers."""
        return replace(self, query=query)

    @property
    def title(self) -> str:
        """The name of the saved view, and whether it shows something else by now; "" for none."""
        view = self.view
        if view is None:
            return ""
        return view.name if self._now == self.kept else _("{view} (changed)").format(view=view.name)

    @property
    def _now(self) -> tuple[str, ...]:
        query = self.query
        return query.filter.strip(), query.stage, str(query.order or ""), written(self.columns)

    @property
    def plain(self) -> Shown:
        """The same; no saved view any more where filter, order and columns were all taken off it."""
        query = self.query
        is_bare = not (query.filter.strip() or query.order or self.columns)
        return replace(self, view=None) if is_bare and self._now != self.kept else self

    def named(self, view: View) -> Shown:
        """The same, which is what the view keeps."""
        return replace(self, view=view, kept=self._now)


class ShownPlace(BoardPlace):
    """A place whose list may be kept as a saved view, and be opened as one."""

    shown_now: Shown
    coming: Shown | None = None
    """What it shows when it is entered the next time, where that is something else."""

    @property
    def filter_text(self) -> str:
        """The filter."""
        return self.query_now.filter

    @property
    def columns_shown(self) -> str:
        """The columns as a view keeps them; "" for those of the pipeline."""
        return written(self.shown_now.columns)

    async def go(self, name: str | View) -> None:
        """To another place, or a saved view; here again leaves the view that is open, for the place's own list."""
        if name == self.keys and self.shown_now.view is not None:
            self.table.set_marks(frozenset())
            self.coming = Shown(Query(first_filter(self.session)))
        await super().go(name)

    def targets_marked(self) -> Sequence[int]:
        """The marked customers, those in the list in its order first."""
        return self.targets().ids if self.table.marked else ()

    async def completed(self, call: Call) -> Call:
        """The call with what the list shows in the place of what it does not say, where it keeps a list."""
        if call.command.name == "export":
            return await self.desk.run(_taken_out, self.session, call, self.query_now, self.targets_marked())
        if call.command.name != "views save":
            return call
        told = await self.desk.run(_kept_of, self.session, self.shown_now.query, self.columns_shown)
        return replace(call, values={**told, **call.values})

    async def done(self, call: Call, outcome: Outcome) -> None:
        """Also know the view that the list is by now."""
        if call.command.name.partition(" ")[0] in ("views", "undo", "redo"):
            name = str(call.values["name"]) if call.command.name == "views save" else ""
            self.shown_now = await self.desk.run(_known, self.session, self.shown_now, self.columns_shown, name)
        await super().done(call, outcome)


def _taken_out(session: Session, call: Call, query: Query, marked: Sequence[int]) -> Call:
    """The export of what the list shows; runs on the desk."""
    from crm_tui.commands import exporting
    from crm_tui.services import views

    return exporting.of_list(call, lambda: views.within(session, query), marked)


def _kept_of(session: Session, query: Query, columns: str) -> dict[str, str]:
    """What a view of the list keeps: the filter with stage and pool in it; runs on the desk."""
    from crm_tui.services import views

    return {"filter": views.within(session, query), "columns": columns, "sort": str(query.order or "")}


def _known(session: Session, shown: Shown, columns: str, name: str) -> Shown:
    """What is shown, with its view as that is kept now: the one that was saved as `name`, if that keeps just this, else
    the one that was open; runs on the desk.
    """
    from crm_tui.services import views

    if not name and shown.view is None:
        return shown
    now = _kept_of(session, shown.query, columns)
    every = views.seen(session)
    keeps = [view for view in every if now == {"filter": view.filter, "columns": view.columns, "sort": view.sort}]
    saved = next((view for view in keeps if view.mine and views.key(view.name) == views.key(name)), None)
    if saved is not None or shown.view is None:
        return shown if saved is None else shown.named(saved)
    before = shown.view
    view = next((view for view in every if view.id == before.id), None)
    if view is None:
        return replace(shown, view=None)
    if view in keeps:
        return shown.named(view)
    is_same = (view.filter, view.columns, view.sort) == (before.filter, before.columns, before.sort)
    return replace(shown, view=view, kept=shown.kept if is_same else ())


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
    pipeline.coming = Shown(query, columns).named(view)  # type: ignore[attr-defined]
    place.table.set_marks(frozenset())
    await place.crm.go("pipeline")
