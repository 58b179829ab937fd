"""The journal: who did what, newest first; what one did oneself is taken back and done again from here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult

from crm_tui.commands.dispatch import Targets
from crm_tui.commands.keymap import Place as Keys
from crm_tui.commands.language import Call
from crm_tui.domain.clock import moment
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.services import history
from crm_tui.services.session import Outcome
from crm_tui.tui.screens.asked import AskedFilter
from crm_tui.tui.screens.place import Hint, Place
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import Line, RecordTable

if TYPE_CHECKING:
    from crm_tui.services.news import Changed

COLUMNS = (
    Column("at", "", 11),
    Column("user", "", 8),
    Column("what", "", 24, flex=1),
    Column("source", "", 7, drop=1),
    Column("state", "", 7),
)


class Entries:
    """Entries as a table shows them."""

    def __init__(self, entries: Sequence[dict[str, Any]], zone: Any) -> None:
        self.entries = list(entries)
        self._zone = zone

    def __len__(self) -> int:
        return len(self.entries)

    def key(self, index: int) -> int | None:
        return int(self.entries[index]["id"]) if index < len(self.entries) else None

    def line(self, index: int) -> Line | None:
        entry = self.entries[index]
        at = moment(entry["at"]).astimezone(self._zone).strftime("%m-%d %H:%M")
        state = _("undone") if entry["undone"] else "" if entry["kind"] == "do" else _(entry["kind"])
        text = entry["summary"] or entry["command"]
        return Line(entry["id"], (at, entry["user"], text, entry["source"], state), entry["undone"])


class HistoryScreen(Place):
    """What was done."""

    keys: ClassVar[Keys] = "history"
    hints: ClassVar[tuple[Hint, ...]] = (
        ("changes", N_("changes"), 5), ("undo here", N_("undo this"), 6), ("redo here", N_("redo this"), 6),
        ("find", N_("filter"), 4), ("keys", N_("keys"), 9),
    )  # fmt: skip

    filter_text = ""
    found = ""

    def contents(self) -> ComposeResult:
        """The head, the entries."""
        yield PlainLine(id="head")
        yield RecordTable(COLUMNS, id="table", empty=_("Nothing was done yet."))

    async def entered(self) -> None:
        """Read the journal; the cursor goes to the newest entry."""
        await self._load(self.filter_text)

    async def _load(self, text: str, key: int | None = None) -> None:
        self._show(await self.desk.read("list", history.entries, self.session, words=text), text, key)

    def _show(self, entries: Sequence[dict[str, Any]], text: str, key: int | None) -> None:
        self.filter_text = text
        self.found = ngettext("{n} entry", "{n} entries", len(entries)).format(n=len(entries))
        at = next((index for index, entry in enumerate(entries) if entry["id"] == key), 0)
        self.table.show(Entries(entries, self.session.person.zone), at)
        before = f"/{text}  ·  " if text else ""
        self.query_one("#head", PlainLine).say(before + _("History: {found}").format(found=self.found))

    async def changed(self, ids: Sequence[int]) -> None:
        """A new entry is there; the cursor stays with its own."""
        await self._load(self.filter_text, self.table.cursor_key)

    async def others_changed(self, ids: Changed = None) -> None:
        """Somebody else did something; the cursor stays with its entry."""
        text = self.filter_text
        entries = await self.desk.run(history.entries, self.session, words=text)
        if text == self.filter_text:  # else what is being typed shows other ones by now
            self._show(entries, text, self.table.cursor_key)

    async def done(self, call: Call, outcome: Outcome) -> None:
        """There is a new entry whatever was done, also if no customer was changed."""
        await super().done(call, outcome)
        await self.changed(())

    async def filter(self, text: str = "") -> None:
        """Only entries with these words; nothing for all."""
        await self._load(text)

    def find(self) -> None:
        """Filter as one types."""
        self.ask(AskedWords(self), "/", self.filter_text)

    def targets(self) -> Targets:
        """No customer is under the cursor here."""
        return Targets()

    async def mark(self, what: str | None = None) -> None:
        """Entries are undone one by one."""
        raise CrmError(_("there is nothing to mark here"))

    async def undo_here(self) -> None:
        """Take back the entry under the cursor."""
        await self.crm.obey(f"undo {self._entry()}")

    async def redo_here(self) -> None:
        """Do it again."""
        await self.crm.obey(f"redo {self._entry()}")

    async def changes_here(self) -> None:
        """Show what the entry changed, a line for each customer."""
        from crm_tui.services import entry_lines

        key = self._entry()
        lines = await self.desk.run(entry_lines.lines, self.session, key)
        self.show_lines(_("entry {id}").format(id=key), lines or [_("nothing of yours to see")])

    def _entry(self) -> int:
        key = self.table.cursor_key
        if key is None:
            raise CrmError(_("there is no entry under the cursor"))
        return key


class AskedWords(AskedFilter):
    """A filter of the journal: plain words, nothing to complete."""

    async def _show(self, text: str) -> None:
        await self.list.filter(text)
        if self.place.prompt.is_open:
            self.place.prompt.hint(self.list.found)
