"""A table before it is brought in: which column fills which field, and what its first rows become; then a dry run, the
import, and what it did.

All that is chosen here is the command line that it shows: the import is that line, from here, a macro or a shell.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace
from textual import events
from textual.app import ComposeResult

from crm_tui.commands import importing
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import Prepared
from crm_tui.commands.importing import ENDINGS, Look
from crm_tui.commands.keymap import Place as Keys
from crm_tui.commands.language import Call
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.domain.text import clean
from crm_tui.services import history
from crm_tui.services.pools import may_add
from crm_tui.services.session import Outcome, Session
from crm_tui.tui.desk import Desk, Stopped
from crm_tui.tui.home import Home
from crm_tui.tui.screens import import_choices as asking
from crm_tui.tui.screens import import_lines as shown
from crm_tui.tui.screens.customerless import CustomerlessPlace
from crm_tui.tui.screens.place import Hint, Place
from crm_tui.tui.widgets.cells import cut
from crm_tui.tui.widgets.file_picker import FilePicker
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import NoLines, RecordTable, TableHeading
from crm_tui.tui.widgets.text_pane import TextPane, wrap

if TYPE_CHECKING:
    from crm_tui.services.imports import FactsImported, Imported
    from crm_tui.tui.importer import Importer

IMPORT = CATALOG["import"]
MOST = 1_000
"""Changes of an import among which the customers are looked for that are shown of it."""
_NARROW, _CHOICES = 9, 2
"""Lines of the pane below the columns on a screen of 24, and of the choices above them."""


async def begin(place: Place, prepared: Prepared | None) -> None:
    """From any place: look at a table, which is chosen where none is named; with `--yes`, or in a macro, bring it in.

    NotAllowed for who brings in nothing.
    """
    call = prepared.call if prepared is not None else Call(IMPORT)
    if place.crm.is_playing:
        if "file" not in call.values:
            raise CrmError(_("import asks for a file: name it"))
        await place.desk.run(importing.step, place.session, call)
        return
    await place.desk.run(may_add, place.session)
    screen = place.crm.place_named("importing")
    assert isinstance(screen, ImportScreen)
    screen.prepare(replace(call, flags=frozenset()), call.flags)
    if place is screen and "file" not in call.values:
        await screen.pick()
    elif place is screen:
        await screen.entered()
    else:
        await place.crm.go("importing")


class ImportScreen(CustomerlessPlace):
    """The table that is looked at, if there is one."""

    keys: ClassVar[Keys] = "importing"
    hints: ClassVar[tuple[Hint, ...]] = (
        ("choose", N_("field"), 6), ("column out", N_("leave out"), 5), ("table as", N_("what"), 4),
        ("dry-run here", N_("dry run"), 7), ("bring in", N_("import"), 8), ("table file", N_("file"), 3),
        ("back", N_("back"), 2), ("keys", N_("keys"), 9),
    )  # fmt: skip

    def __init__(self, desk: Desk, session: Session, home: Home | None = None) -> None:
        super().__init__(desk, session, home)
        self.call = Call(IMPORT)
        """What is chosen so far."""
        self.found: Look | None = None
        self._after: frozenset[str] = frozenset()
        self._told: Imported | FactsImported | None = None

    def contents(self) -> ComposeResult:
        """The file, the choices, its columns, and below what comes of them."""
        yield FilePicker()
        yield PlainLine(id="head")
        choices = TextPane(id="choices")
        choices.styles.height = _CHOICES
        yield choices
        yield TableHeading(shown.columns(), id="heading")
        yield RecordTable(shown.columns(), id="table")
        below = TextPane(id="below")
        below.styles.height = _NARROW
        yield below

    @cached_property
    def picker(self) -> FilePicker:
        """Where a file is chosen."""
        return self.query_one(FilePicker)

    @cached_property
    def head(self) -> PlainLine:
        """Which file it is, and how it is read."""
        return self.query_one("#head", PlainLine)

    @cached_property
    def below(self) -> TextPane:
        """The first rows, how far an import is, what it did; last the command line."""
        return self.query_one("#below", TextPane)

    @property
    def importer(self) -> Importer:
        """What looks at tables, and brings them in."""
        return self.crm.importer

    def hints_here(self) -> Sequence[Hint]:
        """Without a table only the way to one; once it was imported, to the customers."""
        if self._told is not None and self._told.entry_id is not None:
            return (("choose", N_("the customers"), 8), *self.hints[-3:])
        return self.hints if self.found is not None else self.hints[-3:]

    # -- coming

    def prepare(self, call: Call, flags: frozenset[str]) -> None:
        """Say which table is to be looked at when the place is entered, and what is to be done then."""
        if "file" in call.values:
            self.call, self._told, self._after = call, None, flags & {"yes", "dry-run"}

    async def entered(self) -> None:
        """Look at the table; without one, and once it was imported, choose a file."""
        is_done = self._told is not None and self._told.entry_id is not None
        if self.importer.running is not None:
            self._show()
        elif is_done or "file" not in self.call.values:
            self._show()
            await self.pick()
        elif self._after:
            await self._begin()
        else:
            self.look()

    async def _begin(self) -> None:
        """Bring it in at once, or try it: as it was seen, where it was looked at here."""
        after, self._after = self._after, frozenset()
        if (self.found is not None and self.found.call.values == self.call.values) or await self._look():
            self.importer.begin(self.looked_at(), dry_run="dry-run" in after)

    async def returned(self) -> None:
        """Nothing here depends on what lay over it."""

    async def back(self) -> None:
        """From what was tried back to the preview, then to where one came from."""
        if self.crm.pressed == "escape" and self._told is not None:
            self._told = None
            self._show()
        else:
            await super().back()

    # -- the file

    async def pick(self) -> None:
        """Choose a file, in the folder where the last one was."""
        spool = self.session.spool
        folder = spool or (self.picker.folder if self.picker.folder != Path() else Path.cwd())
        await self.picker.open(_("Import which file?"), folder, ENDINGS, fenced=spool is not None)

    def on_file_picker_chosen(self, event: FilePicker.Chosen) -> None:
        """Look at it, with nothing chosen yet."""
        name = event.path.name if self.session.spool is not None else str(event.path)
        self.crm.work(partial(self._chosen_file, name))

    async def _chosen_file(self, name: str) -> None:
        self.prepare(Call(IMPORT, {"file": name}), frozenset())
        self.look()

    def on_file_picker_cancelled(self, event: FilePicker.Cancelled) -> None:
        """Without a file there is nothing to do here."""
        if self.found is None:
            self.crm.work(self.back)

    # -- looking

    def choose_for(self, **values: Any) -> None:
        """Look at it with other choices; None takes one back."""
        self._refuse_while_running()
        merged = {**self.call.values, **values}
        self.call = replace(self.call, values={name: value for name, value in merged.items() if value is not None})
        self._told = None
        self.look()

    def look(self) -> None:
        """Look at the table as it is, beside the keys."""
        self._refuse_while_running()
        if self.found is None:
            self._show()
        self.background("import look", self._look_beside)

    async def _look_beside(self) -> None:
        await self._look()

    async def _look(self) -> bool:
        """Look; whether there is something to be seen."""
        wanted = self.call
        try:
            found = await self.importer.look(wanted)
        except Stopped:
            return False
        except CrmError as error:
            if wanted is self.call:  # back to what was there before
                self.call = self.found.call if self.found is not None else Call(IMPORT)
                self._show()
                self.say(importing.bare(self.session, str(error)), alert=True)
            return False
        if wanted is self.call:
            self.found, self.call = found, found.call
            self._show()
            self.say("; ".join(found.plan.warnings) if found.preview else found.note, alert=found.preview is None)
        return True

    def _refuse_while_running(self) -> None:
        if self.importer.running is not None:
            raise CrmError(_("an import goes on: Esc cancels it"))

    def looked_at(self) -> Look:
        """The table. CrmError where there is none yet."""
        if self.found is None:
            raise CrmError(_("there is no table yet: {key} chooses a file").format(key=self.key("table file")))
        return self.found

    async def seen(self) -> Look:
        """The table as it is chosen by now, also where that is still being looked at. CrmError where there is none."""
        is_behind = self.found is None or self.found.call is not self.call
        if is_behind and "file" in self.call.values:
            self.workers.cancel_group(self, "import look")  # it would overtake this one
            if not await self._look():
                raise Stopped  # it has been said
        return self.looked_at()

    # -- what is done here

    async def choose_here(self) -> None:
        """A field for the column under the cursor; once it was imported, the customers."""
        self._refuse_while_running()
        if self._told is not None and self._told.entry_id is not None:
            await self._show_these(self._told)
        else:
            asking.field(self, await self.seen(), self.table.cursor)

    async def _show_these(self, done: Imported | FactsImported) -> None:
        """The first customers that an import made or changed, as a list."""
        found = await self.desk.run(history.changes, self.session, done.entry_id or 0, MOST)
        ids = dict.fromkeys(one["customer"] for one in found if one["customer"])
        if not ids:
            raise CrmError(_("none of them is yours: {key} leads to the pools").format(key=self.key("view pools")))
        from crm_tui.tui.screens.these import TheseScreen

        outcome = Outcome(done.message, these=tuple((key, "") for key in ids))
        await self.crm.cover(TheseScreen(self.desk, self.session, outcome))

    async def column_here(self, what: str, name: str = "") -> None:
        """What becomes of the column under the cursor: a `field`, `own`, `out`, `auto`."""
        self._refuse_while_running()
        asking.column(self, await self.seen(), self.table.cursor, what, name)

    async def table_here(self, what: str, value: str = "") -> None:
        """A choice for the table as a whole; another `file`; the command `line`."""
        if what == "line":
            line = importing.written((await self.seen()).call)
            self.show_lines(_("The same in a shell, or after :"), [f"crm-tui {line}"])
            return
        self._refuse_while_running()
        if what == "file":
            await self.pick()
            return
        await self.seen()
        await asking.choice(self, what, value)

    async def dry_run_here(self) -> None:
        """Count what would come of it."""
        self._refuse_while_running()
        look = await self.seen()
        await self.desk.run(may_add, self.session)
        self._told = None
        self.importer.begin(look, dry_run=True)

    async def bring_in(self) -> None:
        """Import it, once another key has said so."""
        self._refuse_while_running()
        look = await self.seen()
        most = look.most
        rows = _("the rows") if most is None else ngettext("{n} row", "at most {n} rows", most).format(n=f"{most:,}")
        mode = look.call.values.get("mode", "create" if look.kind == importing.CUSTOMERS else "")
        text = _("import {rows} of {file} as {kind}{mode}?").format(
            rows=rows, file=look.plan.path.name, kind=_(look.kind), mode=f" ({mode})" if mode else ""
        )
        yes = partial(self.crm.execute, replace(look.call, flags=frozenset({"yes"})))
        self.confirm(text, yes, key=self.crm.pressed, no=_("nothing was imported"))

    # -- showing

    def went_on(self) -> None:
        """An import goes on, or is over."""
        ended = self.importer.ended
        if self.importer.running is None and ended is not None:
            self.importer.ended = None
            self._told = ended.done
        self._show()

    def on_resize(self, event: events.Resize) -> None:
        """The pane below takes a third of a high screen."""
        height = event.size.height
        self.below.styles.height = max(1, min(_NARROW if height < 30 else height // 3 + 1, height - 8))
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        look, width = self.found, max(10, self.size.width)
        if look is None:
            self.head.say(_("Import"))
            self.query_one("#choices", TextPane).show([])
            file = clean(Path(str(self.call.values.get("file", ""))).name, 80)
            self.table.empty = _("Looking at {file} …").format(file=file) if file else _(
                "No file yet: {key} chooses one.").format(key=self.key("table file"))  # fmt: skip
            self.table.show(NoLines(), 0)
            self.below.show(self._lines(width))
            self.hint()
            return
        most = look.most
        size = "" if most is None else f" · {ngettext('{n} row', 'at most {n} rows', most).format(n=f'{most:,}')}"
        self.head.say(_("Import {file}: {described}{size}").format(
            file=clean(look.plan.path.name, 80), described=look.plan.table.described, size=size
        ))  # fmt: skip
        keys = {name: self.key(f"table {name}") for name, __ in shown.CHOICES}
        keys = {name: key for name, key in keys.items() if not key.startswith(":")}
        lines = shown.choices(look, asking.options(look), keys, width - 2)
        self.query_one("#choices", TextPane).styles.height = max(1, min(len(lines), 3))
        self.query_one("#choices", TextPane).show([f"  {line}" for line in lines])
        self.table.show(shown.Columns(look), self.table.cursor)
        self.below.show(self._lines(width))
        self.hint()

    def _lines(self, width: int) -> list[str]:
        """What is below: how far it is, what it did or would do, else the preview; the command line last."""
        room = max(1, self.below.size.height or _NARROW)
        running, look = self.importer.running, self.found
        if running is not None:
            lines = ["", f"  {running.told(time.monotonic())}", "", _("  Esc cancels: nothing of it remains.")]
        elif self._told is not None:
            lines = [part for line in shown.done_lines(self._told) for part in wrap(line, width - 4)]
            lines = [importing.bare(self.session, f"  {line}") for line in lines]
        elif look is None:
            return []
        elif look.preview is None:
            lines = [f"! {part}" for part in wrap(look.note, width - 4)]
        else:
            lines = shown.preview_lines(look.preview, width)
        if look is None:
            return lines
        rest = [""] * (room - 1 - len(lines))
        return [*lines[: room - 1], *rest, cut(shown.line(look.call, width), width)]
