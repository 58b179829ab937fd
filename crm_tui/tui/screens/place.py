"""What all places share: a table, the status line, the overlays, and the view commands that move about.

A method here whose name a command of the catalogue carries in `view` is that command.
"""

from __future__ import annotations

import os
from collections.abc import Sequence, Set
from functools import cached_property, partial
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace
from rich.cells import cell_len
from textual.app import ComposeResult

from crm_tui.commands.keymap import Place as Keys
from crm_tui.commands.keymap import Resolver, shown
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import N_, _
from crm_tui.services.session import Outcome, Session
from crm_tui.tui.desk import Desk
from crm_tui.tui.home import Home
from crm_tui.tui.screens.asking import Gathered, Then
from crm_tui.tui.screens.filling import Filling
from crm_tui.tui.widgets.record_table import GUTTER, RecordTable
from crm_tui.tui.widgets.status_line import ESSENTIAL, GAP, Part, StatusLine

if TYPE_CHECKING:
    from crm_tui.commands.dispatch import Prepared, Targets
    from crm_tui.commands.language import Call
    from crm_tui.commands.registry import Command
    from crm_tui.services.news import Changed
    from crm_tui.services.views import View


Hint = tuple[str, str, int]
"""A command line whose keys are worth a hint, what it does in a word, and how important that is."""


class Place(Filling):
    """A screen of the program."""

    keys: ClassVar[Keys] = "any"
    marked_last = "on"
    """Whether the row that was marked last has its mark since, or lost it: `on` or `off`."""
    lies_over: ClassVar[bool] = False
    """Whether it is laid over the place where one was, instead of taking its place."""
    hints: ClassVar[tuple[Hint, ...]] = (("keys", N_("keys"), 9), ("line", N_("command"), 3))

    def __init__(self, desk: Desk, session: Session, home: Home | None = None) -> None:
        super().__init__()
        self.desk = desk
        self.session = session
        self.home = home
        self._told_keys = ""
        self._keys_said = ""

    def compose(self) -> ComposeResult:
        """What the place shows, and the overlays if they are there yet: the first frame does not wait for them."""
        yield from self.crm.overlays()
        yield from self.contents()
        status = StatusLine(id="status")
        status.parts = self._hints()
        yield status

    @property
    def is_furnished(self) -> bool:
        """Whether the overlays are there."""
        return bool(self.query("Form"))

    async def furnish(self) -> None:
        """Add the overlays to a place that was drawn before they were loaded."""
        if not self.is_furnished:
            await self.mount(*self.crm.overlays())

    def contents(self) -> ComposeResult:
        """What the place shows, above the status line."""
        yield RecordTable(id="table")

    @staticmethod
    def closed_to(session: Session) -> str | None:
        """Why the user cannot go there; None who can."""
        return None

    # -- what places do in their own way

    async def entered(self) -> None:
        """The place was entered by a command: show it anew."""

    async def returned(self) -> None:
        """What lay over the place was closed: rows may have changed there."""
        await self.others_changed()

    async def changed(self, ids: Sequence[int]) -> None:
        """Customers were changed by a command: show them as they are now."""

    async def made(self, ids: Sequence[int]) -> None:
        """Customers were made by a command: show them."""
        await self.changed(ids)

    async def others_changed(self, ids: Changed = None) -> None:
        """Others have changed these customers (None: whichever): show what is on the screen as it is now.

        Rows that are the same are not painted, none changes its place, and what lies over the place is left alone.
        """
        await self.changed(self.on_screen() if ids is None else self.shown(ids))

    def on_screen(self) -> list[int]:
        """The customers of the rows on the screen."""
        lines, top = self.table.lines, self.table.top
        rows = range(top, min(len(lines), top + self.table.size.height))
        return [key for index in rows if (key := lines.key(index)) is not None]

    async def reach(self) -> dict[str, Any]:
        """Name, phone and email of the customer under the cursor, read at this moment. CrmError for one that is not
        seen any more.
        """
        ids = self.under_cursor().ids
        return await self.desk.run(_reach, self.session, ids[0]) if ids else {}

    # -- saying

    # What a place consists of is looked up once: what is read for it may come when it is being taken down.
    @cached_property
    def status(self) -> StatusLine:
        """The line at the bottom."""
        return self.query_one("#status", StatusLine)

    @cached_property
    def table(self) -> RecordTable:
        """The table of the place."""
        return self.query_one("#table", RecordTable)

    def say(self, text: str, *, alert: bool = False, keys: str = "") -> None:
        """Say something in the status line; `keys` stay in sight however long the text is."""
        self.status.say(text, alert=alert)
        self._keys_said = keys
        self.hint()

    def hint(self) -> None:
        """Tell the keys for what is under the cursor by now; those that were said stay."""
        said = [Part(self._keys_said, ESSENTIAL)] if self._keys_said else []
        self.status.parts = [*said, *self._hints()]

    def on_screen_resume(self) -> None:
        """What goes on was not told here while another place was shown."""
        self.hint()

    def hints_here(self) -> Sequence[Hint]:
        """What is worth a hint where the cursor is; what has no key is not told."""
        return self.hints

    def key(self, line: str) -> str:
        """The keys of a command line here; of one that has none how it is typed."""
        return self.crm.keymap.key(line, self.keys, recording=self.crm.resolver.recording) or f":{line}"

    def _hints(self) -> list[Part]:
        n = len(self.table.marked) if self.is_mounted else 0
        marked = [Part(_("{n} marked").format(n=f"{n:,}"), 20)] if n else []
        live = self.crm.keymap
        told = ((live.key(line, self.keys), text, priority) for line, text, priority in self.hints_here())
        hints = (Part(f"{keys} {_(text)}", priority) for keys, text, priority in told if keys)
        return [*self.crm.standing(), *marked, *hints]

    def pending(self, resolver: Resolver) -> None:
        """Show the keys that wait for more, and what may follow."""
        if resolver.pending:
            follow = "  ".join(f"{key} {line}" for key, line in resolver.following(resolver.pending, self.keys))
            self._told_keys = f"{' '.join(resolver.pending)} …  {follow}"
            self.status.say(self._told_keys)
        elif self._told_keys:
            if self.status.text == self._told_keys:
                self.status.say("")
            self._told_keys = ""

    def went_on(self) -> None:
        """What goes on beside the keys, an import, has come on."""

    # -- what a command acts on

    def targets(self) -> Targets:
        """The marked rows in the order of the list, else the one under the cursor."""
        from crm_tui.commands.dispatch import Targets

        marked = self.table.marked
        if marked:
            shown = self.shown(marked)
            rest = sorted(marked.difference(shown))
            return Targets((*shown, *rest), len(rest))
        key = self.table.cursor_key
        return Targets((key,) if key is not None else ())

    def played_on(self) -> Sequence[int]:
        """The customers on which a macro is played from here."""
        return self.targets().ids

    def under_cursor(self) -> Targets:
        """The customer under the cursor, whatever is marked."""
        from crm_tui.commands.dispatch import Targets

        key = self.table.cursor_key
        return Targets((key,)) if self.table.marked and key is not None else self.targets()

    def targets_of(self, command: Command) -> Targets:
        """What the command acts on here: one that shows a customer takes the one under the cursor."""
        shows = command.target == "one" and not command.changes
        return self.under_cursor() if shows else self.targets()

    def shown(self, keys: Set[int]) -> list[int]:
        """Of these customers those in the list, in its order."""
        return [key for key in self.order() if key in keys]

    def order(self) -> Sequence[int]:
        """The customers of all rows."""
        lines = self.table.lines
        return [key for index in range(len(lines)) if (key := lines.key(index)) is not None]

    # -- macros

    @property
    def shows_later(self) -> bool:
        """Whether no step of a macro depends on what the place shows of whom the steps before it changed."""
        return False

    async def read_for(self, command: Command) -> None:
        """Wait for what a step of a macro needs of a list that is still being read."""

    async def record(self, name: str = "") -> None:
        """Begin to record a macro; without a name end it."""
        if name:
            await self.crm.recorder.begin(name)
        else:
            await self.crm.recorder.end()

    async def play(self, call: Call, key: str, gathered: Gathered, *, complete: bool) -> None:
        """Play a macro."""
        await self.crm.player.play(call, key, gathered, complete=complete)

    async def replay(self) -> None:
        """Play the macro again that was played last."""
        await self.crm.player.replay()

    # -- moving about

    def down(self) -> None:
        self.table.move(1)

    def up(self) -> None:
        self.table.move(-1)

    def left(self) -> None:
        """Nothing is to the left here."""

    def right(self) -> None:
        """Nothing is to the right here."""

    def page_down(self) -> None:
        self.table.page(1)

    def page_up(self) -> None:
        self.table.page(-1)

    def top(self) -> None:
        self.table.move_to(0)

    def bottom(self) -> None:
        self.table.move_to(len(self.table.lines) - 1)

    # -- marks

    async def mark(self, what: str | None = None) -> None:
        """Mark the row, or take its mark off (`on` and `off` whatever it was), and go down; or all shown, none, invert,
        or from the last mark to here.
        """
        table = self.table
        marked, key = set(table.marked), table.cursor_key
        if what == "none":
            marked = set()
        elif what in ("all", "invert"):
            every = set(await self.whole_order())
            marked = marked | every if what == "all" else marked ^ every
        elif what == "range":
            marked |= self._range(marked)
        elif key is not None:
            marked = marked ^ {key} if what in (None, "row") else marked | {key} if what == "on" else marked - {key}
            self.marked_last = "on" if key in marked else "off"
        table.set_marks(marked)
        if what in (None, "row", "on", "off"):
            table.move(1)
        self.status.parts = self._hints()

    async def whole_order(self) -> Sequence[int]:
        """The customers of all rows, also of those that are still being read."""
        return self.order()

    def _range(self, marked: Set[int]) -> set[int]:
        order, here = self.order(), self.table.cursor
        before = next((index for index in range(here, -1, -1) if order[index] in marked), here) if order else 0
        return set(order[before : here + 1])

    # -- going elsewhere

    async def go(self, name: str | View) -> None:
        """To another place, or a saved view; from one that only lies over this one back leads here again, to what is
        marked.
        """
        from crm_tui.tui.views import kind_of

        if not isinstance(name, str):
            await _showing().open_view(self, name)
            return
        if kind_of(name).lies_over:
            if self.keys == name:
                await self.entered()
            else:
                await self.crm.cover(kind_of(name)(self.desk, self.session))
            return
        await self.crm.go(name)

    async def open_lettered(self, letter: str) -> None:
        """To the saved view of that letter."""
        await _showing().open_lettered(self, letter)

    async def views(self) -> None:
        """The saved views; Enter opens the one under the cursor."""
        await _showing().menu(self)

    async def completed(self, call: Call) -> Call:
        """The call with what only the place knows: what a list shows, for a command that keeps or exports it."""
        if call.command.name != "export":
            return call
        from crm_tui.commands import exporting

        return exporting.of_these(call, self.listed())

    def listed(self) -> Sequence[int] | None:
        """The customers that are marked here, else those shown; None where the place is no list of customers."""
        return None

    async def open(self, ids: Sequence[int]) -> None:
        """The card of a customer."""
        await self.crm.open_card(ids[0])

    async def back(self) -> None:
        """Back to where one came from; on the first screen `q` asks to quit."""
        if self.crm.is_covered:
            await self.app.pop_screen()
            await self.crm.place.returned()
        elif self.crm.home.name != self.keys:
            await self.go(self.crm.home.name)
        elif self.crm.is_playing:
            return  # a macro that goes back too often asks nothing
        elif self.crm.pressed == "escape":
            self.say(_("{key} quits").format(key=self._way_out()))
        else:
            self.confirm(_("Quit?"), self._quit, key=self.crm.pressed)

    def _way_out(self) -> str:
        """The key other than Esc that leads back, and on the first screen out; ctrl+q where there is none."""
        live = self.crm.keymap.live(self.keys)
        return next((shown(keys) for keys, line in live.items() if line == "back" and keys != ("escape",)), "ctrl+q")

    async def _quit(self) -> None:
        self.quit()

    def quit(self) -> None:
        """Leave the program; what is typed into a form is kept."""
        self.keep_draft()
        self.app.exit(0)

    async def scheme(self, name: str | None = None) -> None:
        """Show lists under another scheme ("" for the primary ones); without a name under the next that has graded
        anybody.
        """
        if name is None:
            from crm_tui.commands.kinds import PRIMARY
            from crm_tui.services import tiers

            following = await self.desk.run(tiers.next_scheme, self.session)
            await self.crm.obey(f"scheme {following or PRIMARY}")
            return
        self.session.scheme = name
        await self.crm.learn_keys()
        await self.entered()
        known = self.session.settings.schemes.get(name)
        self.say(_("tiers under {scheme}").format(scheme=known.title if known else _("the primary scheme of each")))

    async def refresh_place(self) -> None:
        """Paint the screen and read the place again."""
        self.crm.refresh(layout=True)
        await self.entered()

    async def dupes(self, *given: object) -> None:
        """The customers that may be one; given are the filter, and True to look through all of them first."""
        from crm_tui.tui.screens.dupes import DupesScreen

        text = next((str(one) for one in given if isinstance(one, str)), "")
        await self.crm.cover(DupesScreen(self.desk, self.session, text, scan=True in given))

    async def sweep_preview(self) -> None:
        """What the next sweep would do."""
        from crm_tui.tui.screens.sweep import SweepScreen

        await self.crm.cover(SweepScreen(self.desk, self.session))

    async def macros_editor(self, name: str) -> None:
        """A macro in the user's own editor."""
        from crm_tui.tui.screens import macros

        await macros.open_editor(self, name)

    async def copy(self, what: str) -> None:
        """Send a phone, mail or name to the terminal's clipboard."""
        from crm_tui.tui.terminal.clipboard import osc52

        text = str((await self.reach()).get(what) or "")
        if not text:
            raise CrmError(_("there is no {what} to copy").format(what=_(what)))
        sequence = osc52(text, os.environ)
        if sequence is None or self.app._driver is None:
            raise CrmError(_("too long for the clipboard"))
        self.app._driver.write(sequence)
        self.say(_("sent to the terminal's clipboard: {text}").format(text=text))

    async def import_file(self, prepared: Prepared | None = None) -> None:
        """A table that is brought in, looked at first."""
        from crm_tui.tui.screens import importing

        await importing.begin(self, prepared)

    # -- menus

    def keys_menu(self) -> None:
        """The keys and commands here; Enter runs the one under the cursor."""
        from crm_tui.tui.screens import menus

        self.choose(_("Keys here"), menus.keys(self), partial(menus.run, self))

    async def palette(self) -> None:
        """Every command by name, and every macro."""
        from crm_tui.commands import macro_files
        from crm_tui.tui.screens import menus

        found = await self.desk.run(macro_files.every, self.session)
        self.choose(_("Commands"), [*menus.commands(self), *menus.macros(self, found)], partial(menus.start, self))

    def show_lines(self, title: str, lines: Sequence[str]) -> None:
        """Show an answer of several lines, what is too long for one in several."""
        from crm_tui.tui.widgets.menu import Item

        self.choose(title, [Item(str(number), line) for number, line in enumerate(self._wrapped(lines))])

    def _wrapped(self, lines: Sequence[str]) -> list[str]:
        from crm_tui.tui.widgets.text_pane import hanging

        width = self.size.width - GUTTER - 2
        return [part for line in lines for part in hanging(line, width)]

    async def help(self, topic: str | None = None) -> None:
        """A page of the manual; without a topic, what there is a page on: Enter opens it."""
        from crm_tui.commands import manual
        from crm_tui.tui.screens import menus
        from crm_tui.tui.widgets.text_pane import hanging

        if topic:
            width = self.size.width - GUTTER - 2
            page = manual.page(topic, self.crm.keymap)
            self.show_lines(topic, [part for line in page for part in hanging(line, width)])
        else:
            self.choose(_("help"), menus.topics(), self.help)

    async def keymap_page(self) -> None:
        """The keys here as their file says now, its faults first."""
        from crm_tui.commands import manual
        from crm_tui.tui.widgets.text_pane import hanging

        await self.crm.learn_keys()
        width = self.size.width - GUTTER - 2
        lines = manual.keymap_lines(self.crm.keymap, self.keys)
        self.show_lines(_("Keymap"), [part for line in lines for part in hanging(line, width)])

    async def agree(self) -> None:
        """Do what was proposed last; what is proposed of the customer here is done to the customer here."""
        from crm_tui.commands.catalog import CATALOG
        from crm_tui.commands.language import read

        line, self.crm.proposal = self.crm.proposal, ""
        if not line:
            raise CrmError(_("nothing is proposed"))
        call = read(line, CATALOG)
        await self.crm.execute(replace(call, ids=()) if call.ids == self.targets().ids else call)

    # -- asking

    def line(self, text: str = "") -> None:
        """Type a command."""
        from crm_tui.tui.screens.asked import AskedLine

        self.ask(AskedLine(self), ":", text, history=self.crm.lines)

    async def question(self, prepared: Prepared) -> Then | None:
        """What asks for what the call still needs; None when it needs nothing. NotAllowed where nothing comes of it."""
        found = await self._question(prepared)
        if found is not None:
            from crm_tui.commands.dispatch import check_target

            await self.desk.run(check_target, self.session, prepared)
        return found

    async def _question(self, prepared: Prepared) -> Then | None:
        from crm_tui.commands import forms
        from crm_tui.tui.screens.asked import AskedValue, ask_value

        command, call = prepared.call.command, prepared.call
        if command.name == "merge" and not call.values and len(prepared.ids) > 1:
            from crm_tui.tui.screens.merge import MergeScreen

            return partial(self.crm.cover, MergeScreen(self.desk, self.session, prepared.ids))
        if command.ask == "bare" and (not call.values or prepared.missing):
            return partial(self.open_form, call, prepared.ids)
        if prepared.missing and command.ask == "missing":
            return partial(_at_once, partial(ask_value, self, prepared))
        if not prepared.missing:
            wanted = await self.desk.run(forms.reason_wanted, self.session, prepared)
            if wanted is not None:
                asked = AskedValue(self, call, "reason", wanted.candidates)
                return partial(_at_once, partial(self.ask, asked, f"{wanted.question}: "))
        return None

    def confirm_bulk(self, prepared: Prepared, key: str, gathered: Gathered) -> None:
        """Ask before a bulk change, to be answered by another key than the one that started it."""
        yes = partial(self.crm.perform, prepared, gathered)
        self.confirm(prepared.question, yes, key=key, no=_("nothing was changed"))

    async def show_first(self, prepared: Prepared, gathered: Gathered) -> None:
        """Show what would be done; Enter goes on to the question whether to do it."""
        from crm_tui.commands.dispatch import perform

        trial = replace(prepared, call=replace(prepared.call, flags=prepared.call.flags | {"dry-run"}))
        told = await self.desk.run(perform, self.session, trial)
        if not told.data:
            self.show_lines(told.message, told.lines)
            return
        from crm_tui.tui.widgets.menu import Item

        async def ask(name: str) -> None:
            self.confirm_bulk(prepared, "enter", gathered)

        items = [Item(str(number), line) for number, line in enumerate(self._wrapped(told.lines))]
        self.choose(_("Enter goes on  ·  {message}").format(message=told.message), items, ask)

    # -- what was done

    async def done(self, call: Call, outcome: Outcome) -> None:
        """Show the rows as they are now, and say what was done and that `u` undoes it."""
        from crm_tui.tui.screens import telling

        if call.command.name in ("new", "paste"):
            await self.made(outcome.changed)
        elif outcome.changed and self.crm.is_playing and self.shows_later:
            await self.crm.player.show(self, outcome.changed)
        elif outcome.changed:
            await self.changed(outcome.changed)
        if outcome.these:
            from crm_tui.tui.screens.these import TheseScreen

            await self.crm.cover(TheseScreen(self.desk, self.session, outcome))
        if outcome.report is not None:
            from crm_tui.tui.screens.report import ReportScreen

            await self.crm.cover(ReportScreen(self.desk, self.session, outcome.report))
            return  # it tells of itself
        if self.crm.is_playing:
            return  # the run is told as a whole
        keys = ""
        if outcome.entry_id is not None:
            if call.command.name == "undo":
                keys = _("{key} redoes").format(key=self.key("redo"))
            else:
                keys = _("{key} undoes").format(key=self.key("undo"))
        self.crm.proposal = outcome.proposal[0] if outcome.proposal else ""
        if outcome.proposal:
            accepts = "tier accept" if self.crm.proposal == "tier accept" else "agree"
            keys = _("{key} accepts").format(key=self.key(accepts)) + "  " + keys
        here = self.crm.place  # the card of a customer that is not there any more has closed
        beside = [text for text, priority in (Part(keys, ESSENTIAL), *here._hints()) if priority >= ESSENTIAL]
        told = telling.told(outcome, self.size.width, sum(cell_len(text) + len(GAP) for text in beside))
        here.say(told.text, alert=bool(outcome.refused) and not outcome.changed, keys=keys)
        if (outcome.lines and not outcome.these) or told.left_out:
            here.show_lines(told.text if told.left_out else outcome.message, (*outcome.lines, *told.left_out))


def _showing() -> ModuleType:
    from crm_tui.tui.screens import showing  # no first frame waits for it

    return showing


def _reach(session: Session, key: int) -> dict[str, Any]:
    """What lists show of a customer; runs on the desk."""
    from crm_tui.services import lists

    facts = session.one(key)
    return lists.rows(session, [key]).get(facts.id, {})


async def _at_once(action: partial[None]) -> None:
    action()

