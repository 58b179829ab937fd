"""What all places share: a table or text, the status line, the overlays, and the view commands that move about.

A method here whose name a command of the catalogue carries in `view` is that command.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.timer import Timer

from crm_tui.commands import forms, manual
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.completion import complete
from crm_tui.commands.dispatch import Prepared, Targets, prepare
from crm_tui.commands.forms import Sheet
from crm_tui.commands.keymap import Place as Keys
from crm_tui.commands.keymap import Resolver, bindings
from crm_tui.commands.language import Call, quote, read
from crm_tui.commands.registry import Command
from crm_tui.domain.clock import moment
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.services import drafts
from crm_tui.services.session import Outcome, Session
from crm_tui.tui.desk import Desk
from crm_tui.tui.home import Home
from crm_tui.tui.terminal.clipboard import osc52
from crm_tui.tui.widgets.confirm import Confirm
from crm_tui.tui.widgets.form import Field, Form
from crm_tui.tui.widgets.menu import Item, Menu
from crm_tui.tui.widgets.prompt import Prompt
from crm_tui.tui.widgets.quiet import QuietScreen
from crm_tui.tui.widgets.record_table import RecordTable
from crm_tui.tui.widgets.status_line import Part, StatusLine

if TYPE_CHECKING:
    from crm_tui.tui.app import CrmApp

DRAFT_AFTER = 0.5
"""Seconds after the first unsaved key until a form's draft is kept."""


class Place(QuietScreen[None]):
    """A screen of the program."""

    keys: ClassVar[Keys] = "any"
    hints: ClassVar[tuple[tuple[str, int], ...]] = (("? keys", 9), (": command", 3))

    def __init__(self, desk: Desk, session: Session, home: Home | None = None) -> None:
        super().__init__()
        self.desk = desk
        self.session = session
        self.home = home
        self._call: Call | None = None
        self._sheet: Sheet | None = None
        self._ids: tuple[int, ...] = ()
        self._confirmed: Prepared | None = None
        self._asking = ""
        self._draft_timer: Timer | None = None

    @property
    def crm(self) -> CrmApp:
        """The application."""
        return cast("CrmApp", self.app)

    def compose(self) -> ComposeResult:
        """The overlays; places add what they show."""
        yield Prompt()
        yield Menu()
        yield Confirm()
        yield Form()
        yield from self.contents()
        yield StatusLine(id="status")

    def contents(self) -> ComposeResult:
        """What the place shows, above the status line."""
        yield RecordTable()

    async def entered(self) -> None:
        """The place was entered by a command: show it anew."""

    async def changed(self, ids: Sequence[int]) -> None:
        """Customers were changed by a command: show them as they are now."""

    # -- saying

    @property
    def status(self) -> StatusLine:
        """The line at the bottom."""
        return self.query_one("#status", StatusLine)

    @property
    def table(self) -> RecordTable:
        """The table of the place."""
        return self.query_one("#table", RecordTable)

    def say(self, text: str, *, alert: bool = False) -> None:
        """Say something in the status line."""
        self.status.say(text, alert=alert)

    def pending(self, resolver: Resolver) -> None:
        """Show the keys that wait for more, and what may follow."""
        if resolver.pending:
            follow = "  ".join(f"{key} {line}" for key, line in resolver.following(resolver.pending, self.keys))
            self.say(f"{' '.join(resolver.pending)} …  {follow}")
            self._asking = "keys"
        elif self._asking == "keys":
            self._asking = ""
            self.say("")

    def on_mount(self) -> None:
        """Show the hints."""
        self.status.parts = [Part(_(text), priority) for text, priority in self.hints]

    # -- what a command acts on

    def targets(self) -> Targets:
        """The marked rows, else the one under the cursor."""
        marked = self.table.marked
        if marked:
            shown = self.shown(marked)
            return Targets(tuple(sorted(marked, key=lambda key: shown.get(key, 1 << 60))), len(marked) - len(shown))
        key = self.table.cursor_key
        return Targets((key,) if key is not None else ())

    def shown(self, keys: frozenset[int]) -> dict[int, int]:
        """Of these customers those in the list, with their row."""
        lines = self.table.lines
        return {key: index for index in range(len(lines)) if (key := lines.key(index)) in keys and key is not None}

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

    def mark(self, what: str = "row") -> None:
        """Mark the row and go down; or all shown, none, invert, or from the last mark to here."""
        table = self.table
        marked = set(table.marked)
        key = table.cursor_key
        if what == "row":
            if key is not None:
                marked ^= {key}
        elif what == "none":
            marked = set()
        elif what in ("all", "invert"):
            every = self.every_key()
            marked = marked | every if what == "all" else marked ^ every
        else:
            marked |= self._range(marked)
        table.set_marks(marked)
        if what == "row":
            table.move(1)
        self.tell_marks()

    def every_key(self) -> set[int]:
        """The customers of all rows of the list."""
        lines = self.table.lines
        return {key for index in range(len(lines)) if (key := lines.key(index)) is not None}

    def _range(self, marked: set[int]) -> set[int]:
        lines, here = self.table.lines, self.table.cursor
        before = [index for index in range(here + 1) if lines.key(index) in marked]
        start = before[-1] if before else here
        return {key for index in range(start, here + 1) if (key := lines.key(index)) is not None}

    def tell_marks(self) -> None:
        """Say how many are marked."""
        n = len(self.table.marked)
        parts = [Part(_(text), priority) for text, priority in self.hints]
        self.status.parts = [Part(_("{n} marked").format(n=f"{n:,}"), 20), *parts] if n else parts

    # -- going elsewhere

    async def go(self, name: str) -> None:
        """To another place."""
        self.table.set_marks(set())
        await self.crm.go(name)

    async def open(self, ids: Sequence[int]) -> None:
        """The card of a customer."""
        await self.crm.open_card(ids[0])

    async def back(self) -> None:
        """Back to where one came from; on the first screen, ask to quit."""
        if self.crm.is_covered:
            await self.app.pop_screen()
            await self.crm.place.returned()
        else:
            self._confirmed = None
            self._asking = "quit"
            self.query_one(Confirm).ask(_("Quit?"), started_by="q")

    async def returned(self) -> None:
        """What lay over the place was closed: rows may have changed there."""

    def quit(self) -> None:
        """Leave the program."""
        self.app.exit(0)

    async def refresh_place(self) -> None:
        """Read the place again."""
        self.crm.refresh(layout=True)
        await self.entered()

    def copy(self, what: str) -> None:
        """Send a phone, mail or name to the terminal's clipboard."""
        row = self.row()
        text = str((row or {}).get(what) or "")
        if not text:
            raise CrmError(_("there is no {what} to copy").format(what=what))
        sequence = osc52(text, os.environ)
        if sequence is None or self.app._driver is None:
            raise CrmError(_("too long for the clipboard"))
        self.app._driver.write(sequence)
        self.say(_("sent to the terminal's clipboard: {text}").format(text=text))

    def row(self) -> dict[str, Any] | None:
        """What is known of the customer under the cursor."""
        return None

    # -- menus

    def keys_menu(self) -> None:
        """The keys and commands here; Enter runs the one under the cursor."""
        items = [
            Item(line, line, keys, _help(line))
            for keys, line in bindings(self.keys).items()
        ]
        self._asking = "menu"
        self.query_one(Menu).open(_("Keys here"), items)

    def palette(self) -> None:
        """Every command by name."""
        here = {line: keys for keys, line in bindings(self.keys).items()}
        items = [
            Item(name, name, here.get(name, ""), command.summary, self._disabled(command))
            for name, command in CATALOG.items()
        ]
        self._asking = "menu"
        self.query_one(Menu).open(_("Commands"), items)

    def _disabled(self, command: Command) -> str:
        if command.view and not hasattr(self, command.view):
            return _("for the shell")
        return command.refusal(self.session) or ""

    async def on_menu_chosen(self, event: Menu.Chosen) -> None:
        """Run what was chosen; a command that needs more opens the line with it."""
        await self.crm.obey(event.name) if event.name not in CATALOG else await self._start(CATALOG[event.name])

    async def _start(self, command: Command) -> None:
        needs = any(argument.required for argument in command.arguments) and not command.ask
        if needs:
            self.line(f"{command.name} ")
        else:
            await self.crm.obey(command.name)

    # -- the ':' line

    def line(self, text: str = "") -> None:
        """Type a command."""
        self._asking = "line"
        self.query_one(Prompt).open(":", text, history=self.crm.lines, limit=10_000)
        self._offer_line(text)

    def _offer_line(self, text: str) -> None:
        self.run_worker(self._complete_line(text), exclusive=True, group="completion")

    async def _complete_line(self, text: str) -> None:
        offer = await self.desk.run(complete, self.session, text, CATALOG)
        prompt = self.query_one(Prompt)
        if prompt.is_open and prompt.value == text:
            prompt.offer(offer.texts, offer.start)
            prompt.hint(offer.hint)

    # -- asking for what is missing

    async def ask(self, prepared: Prepared, key: str) -> bool:
        """Open the prompt or form that the call still needs; False when it needs none."""
        command, call = prepared.call.command, prepared.call
        bare = not call.values
        if command.ask == "bare" and (bare or prepared.missing):
            await self.open_form(call, prepared.ids)
            return True
        if command.ask == "missing" and prepared.missing:
            self._ask_one(prepared)
            return True
        return False

    def _ask_one(self, prepared: Prepared) -> None:
        name = prepared.missing[0]
        argument = next(a for a in prepared.call.command.arguments if a.name == name)
        self._call, self._asking = prepared.call, f"argument {name}"
        value = "tomorrow" if prepared.call.command.name == "snooze" else ""
        prompt = self.query_one(Prompt)
        prompt.open(f"{prepared.call.command.name} {argument.title}: ", value)
        self._hint_argument(value)

    def _hint_argument(self, text: str) -> None:
        self.run_worker(self._complete_argument(text), exclusive=True, group="completion")

    async def _complete_argument(self, text: str) -> None:
        assert self._call is not None
        name = self._call.command.name
        offer = await self.desk.run(complete, self.session, f"{name} {_quoted(text)}", CATALOG)
        prompt = self.query_one(Prompt)
        if prompt.is_open and prompt.value == text:
            prompt.offer(offer.texts, 0)
            prompt.hint(offer.hint)

    async def open_form(self, call: Call, ids: Sequence[int]) -> None:
        """Open the form of a command, with what was typed into it before if it was left unsent."""
        sheet, draft = await self.desk.run(_sheet, self.session, call, ids)
        self._call, self._sheet, self._ids = call, sheet, tuple(ids)
        values = draft[0] if draft else {}
        fields = [
            Field(f.name, f.label, f.look, values.get(f.name, f.value), f.required, f.choices, f.limit)
            for f in sheet.fields
        ]
        form = self.query_one(Form)
        await form.open(sheet.title, fields, check=self._check_field, hint=self._hint_field, focus=self._first(sheet))
        if draft:
            when = moment(draft[1]).astimezone(self.session.person.zone)
            form.tell(_("what you typed at {time} is here again").format(time=when.strftime("%H:%M")))

    @staticmethod
    def _first(sheet: Sheet) -> str | None:
        names = [field.name for field in sheet.fields]
        return "note" if "note" in names else None

    def _check_field(self, name: str, value: str) -> str | None:
        assert self._call is not None
        assert self._sheet is not None
        return forms.check(self.session, self._call, self._sheet, name, value)

    def _hint_field(self, name: str, value: str) -> str | None:
        assert self._sheet is not None
        return forms.hint(self.session, self._sheet, name, value)

    def on_form_changed(self, event: Form.Changed) -> None:
        """Keep a draft soon after the first unsaved key."""
        if self._draft_timer is None:
            self._draft_timer = self.set_timer(DRAFT_AFTER, self.keep_draft)

    def keep_draft(self) -> None:
        """Keep what is typed into the open form."""
        self._draft_timer = None
        form = self.query_one(Form)
        if form.is_open and self._sheet is not None:
            self.desk.submit(drafts.save, self.session, self._sheet.key, form.values)

    async def on_form_submitted(self, event: Form.Submitted) -> None:
        """Run the command with what was filled in; what is wrong is said at its field."""
        assert self._call is not None
        assert self._sheet is not None
        call = forms.filled(self._call, self._sheet, event.values)
        if self._ids:
            call = _on(call, self._ids)
        try:
            prepared = await self.desk.run(_prepare, self.session, call)
        except CrmError as error:
            self._blame(event.form, error)
            return
        if prepared.is_bulk:
            event.form.close()
            self.confirm(prepared, "enter")
            return
        try:
            await self.crm.perform(prepared)
        except CrmError as error:
            self._blame(event.form, error)
            return
        self._sent(event.form)

    def _sent(self, form: Form) -> None:
        if self._draft_timer is not None:
            self._draft_timer.stop()
            self._draft_timer = None
        if self._sheet is not None:
            self.desk.submit(drafts.drop, self.session, self._sheet.key)
        form.close()

    def _blame(self, form: Form, error: CrmError) -> None:
        assert self._sheet is not None
        text = error.text if isinstance(error, UsageError) else ""
        for field in self._sheet.fields:
            if text and form.values.get(field.name) == text:
                form.set_error(field.name, str(error))
                return
        form.tell(f"! {error}")

    def on_form_cancelled(self, event: Form.Cancelled) -> None:
        """Esc keeps what was typed for the next time."""
        if self._draft_timer is not None and self._sheet is not None:
            self._draft_timer.stop()
            self._draft_timer = None
            self.desk.submit(drafts.save, self.session, self._sheet.key, event.values)
        self.say(_("not saved; what you typed is kept"))

    async def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Complete what is typed."""
        if self._asking == "line":
            self._offer_line(event.value)
        elif self._asking.startswith("argument"):
            self._hint_argument(event.value)

    async def on_prompt_submitted(self, event: Prompt.Submitted) -> None:
        """Run what was typed; what is wrong is said under the word."""
        try:
            if self._asking == "line":
                await self._run_line(event.prompt, event.value)
            elif self._asking.startswith("argument"):
                await self._run_argument(event.prompt, event.value)
        except UsageError as error:
            shift = 0 if self._asking == "line" else None
            event.prompt.error(str(error), error.position if shift is not None else None)
        except CrmError as error:
            event.prompt.error(str(error))

    async def _run_line(self, prompt: Prompt, text: str) -> None:
        if not text.strip():
            prompt.close()
            return
        call = read(text, CATALOG)
        if text not in self.crm.lines[-1:]:
            self.crm.lines.append(text)
        if call.command.view or call.command.ask:
            prompt.close()
        await self.crm.execute(call)
        prompt.close()

    async def _run_argument(self, prompt: Prompt, text: str) -> None:
        assert self._call is not None
        name = self._asking.split(" ", 1)[1]
        argument = next(a for a in self._call.command.arguments if a.name == name)
        value = tuple(text.split()) if argument.many else text
        call = Call(self._call.command, {**self._call.values, name: value}, self._call.ids, self._call.on, self._call.flags)
        await self.crm.execute(call)
        prompt.close()

    # -- confirming

    def confirm(self, prepared: Prepared, key: str) -> None:
        """Ask before a bulk change, to be answered by another key than the one that started it."""
        self._confirmed, self._asking = prepared, "confirm"
        self.query_one(Confirm).ask(prepared.question, started_by=key)

    async def on_confirm_confirmed(self, event: Confirm.Confirmed) -> None:
        """Do what was asked about."""
        prepared, self._confirmed = self._confirmed, None
        if prepared is None:
            self.quit()
            return
        try:
            await self.crm.perform(prepared)
        except CrmError as error:
            self.say(str(error), alert=True)

    def on_confirm_cancelled(self, event: Confirm.Cancelled) -> None:
        """Leave everything as it is."""
        if self._confirmed is not None:
            self.say(_("nothing was changed"))
        self._confirmed = None

    def on_confirm_dropped(self, event: Confirm.Dropped) -> None:
        """The question says it itself."""

    # -- what was done

    async def done(self, call: Call, outcome: Outcome) -> None:
        """Show the rows as they are now, and say what was done and that `u` undoes it."""
        await self.changed(outcome.changed)
        self.say(self._told(call, outcome), alert=bool(outcome.refused) and not outcome.changed)
        if outcome.lines:
            self.show_lines(outcome)

    def _told(self, call: Call, outcome: Outcome) -> str:
        parts = [outcome.message]
        if outcome.refused:
            first = outcome.refused[0]
            who = f"{first.name}: " if first.name else ""
            more = _(" and {n} more").format(n=len(outcome.refused) - 1) if len(outcome.refused) > 1 else ""
            parts.append(_("left out: {who}{reason}{more}").format(who=who, reason=first.reason, more=more))
        if outcome.proposal:
            parts.append(_("{words}: t t accepts").format(words=outcome.proposal[1]))
        if outcome.entry_id is not None:
            parts.append(_("ctrl+r redoes") if call.command.name == "undo" else _("u undoes"))
        return " · ".join(parts)

    def show_lines(self, outcome: Outcome) -> None:
        """Show an answer of several lines."""
        self._asking = "text"
        items = [Item(str(number), line) for number, line in enumerate(outcome.lines)]
        self.query_one(Menu).open(outcome.message, items)

    def help(self, topic: str = "") -> None:
        """A page of the manual."""
        lines = manual.page(topic)
        self._asking = "text"
        self.query_one(Menu).open(topic or _("help"), [Item(str(n), line) for n, line in enumerate(lines)])


def _quoted(text: str) -> str:
    return quote(text) if text else ""


def _on(call: Call, ids: Sequence[int]) -> Call:
    return replace(call, ids=tuple(ids)) if call.command.target != "none" else call


def _prepare(session: Session, call: Call) -> Prepared:
    return prepare(session, call)


def _sheet(session: Session, call: Call, ids: Sequence[int]) -> tuple[Sheet, tuple[dict[str, str], str] | None]:
    sheet = forms.sheet(session, call, ids)
    return sheet, drafts.load(session, sheet.key)


def _help(line: str) -> str:
    for length in (2, 1):
        name = " ".join(line.split(" ")[:length])
        if name in CATALOG:
            return CATALOG[name].summary
    return ""

