"""A file chosen by keys: folders and files, narrowed down by what is typed, which may be a path as well.

It reads folders in a thread, one at a time and in the order of the keys; the keys behind one that opens a folder wait.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from crm_tui.domain.language import _, ngettext
from crm_tui.domain.text import clean
from crm_tui.tui.widgets.cells import join
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.folder import Entry, Listing, fitting, listing, prefix
from crm_tui.tui.widgets.line_input import LineInput
from crm_tui.tui.widgets.overlay import Overlay
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import Line, RecordTable


class _Typed(LineInput):
    """What narrows the list down; on an empty line some keys are the list's."""

    def action_delete_left(self) -> None:
        """A character back; where there is none, the folder above."""
        if self.value:
            super().action_delete_left()
        else:
            self.post_message(FilePicker.Up())

    def action_cursor_left(self, select: bool = False) -> None:
        """As `action_delete_left`."""
        if self.value:
            super().action_cursor_left(select)
        else:
            self.post_message(FilePicker.Up())


class FilePicker(Overlay):
    """The list, the line below it. It closes on Esc, and when a file was chosen."""

    DEFAULT_CSS = """
    FilePicker { height: 100%; }
    FilePicker > #title { text-style: bold; }
    FilePicker > RecordTable, FilePicker:ansi > RecordTable { background: $surface; }
    FilePicker:ansi > RecordTable { background: ansi_default; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("up,ctrl+p", "move(-1)", show=False),
        Binding("down,ctrl+n", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("tab", "complete", show=False),
    ]

    class Up(Message):
        """The folder above is wanted."""

    class Chosen(Message):
        """A file was chosen; the picker is closed."""

        def __init__(self, picker: FilePicker, path: Path) -> None:
            super().__init__()
            self.picker = picker
            self.path = path

        @property
        def control(self) -> FilePicker:
            return self.picker

    class Cancelled(Message):
        """Esc was pressed; the picker is closed."""

        def __init__(self, picker: FilePicker) -> None:
            super().__init__()
            self.picker = picker

        @property
        def control(self) -> FilePicker:
            return self.picker

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.folder = Path()
        """The folder that is shown: the next time it is opened there."""
        self._title = ""
        self._endings: tuple[str, ...] = ()
        self._every = self._fenced = False
        self._listing = Listing(self.folder)
        self._shown: list[Entry] = []

    def compose(self) -> ComposeResult:
        yield PlainLine(id="title")
        table = RecordTable(_columns())
        table.can_focus = False
        yield table
        yield _Typed(limit=4_000)
        yield PlainLine(id="told")

    # -- what the owner says

    async def open(self, title: str, folder: Path, endings: Sequence[str], *, fenced: bool = False) -> None:
        """Offer the files with these endings, beginning in that folder; `fenced` is one that nobody leaves."""
        self._title, self._endings, self._every, self._fenced = title, tuple(endings), False, fenced
        self._line.put("")
        await self._read(folder)
        self.appear(self._line)

    # -- what is shown

    @property
    def _line(self) -> LineInput:
        return self.query_one(LineInput)

    @property
    def _table(self) -> RecordTable:
        return self.query_one(RecordTable)

    @property
    def shown(self) -> list[Entry]:
        """What fits what was typed."""
        return self._shown

    async def _read(self, folder: Path, at: str = "") -> None:
        """Show that folder, the cursor on the entry `at`."""
        self._listing = await asyncio.to_thread(
            listing, folder, self._endings, every=self._every, files_only=self._fenced
        )
        if not self._listing.error:
            self.folder = folder
        self._filter(at)

    def _filter(self, at: str = "") -> None:
        found = self._listing
        self._shown = fitting(found.entries, self._tail)
        where = next((n for n, one in enumerate(self._shown) if one.name == at), 0)
        self._table.empty = found.error or (
            _("nothing fits: take a letter back") if found.entries else _("no such files here: . shows all")
        )
        self._table.show(_Rows(self._shown), where)
        self._tell()

    def _tell(self, wrong: str = "") -> None:
        shown = clean(os.fsencode(str(self._listing.folder)).decode("utf-8", "replace"), 1_000)
        name = "" if self._fenced else shown
        self.query_one("#title", PlainLine).say("  ".join(filter(None, (self._title, name))))
        n = self._listing.others
        more = _("all files: . shows fewer") if self._every else ""
        if n:
            more = ngettext("{n} other file: . shows all", "{n} other files: . shows all", n).format(n=f"{n:,}")
        ways = () if self._fenced else (_("← up"), _("~ home"), _("Tab completes"))
        parts = [wrong and f"! {wrong}", _("Enter opens"), *ways, _("Esc closes"), more]
        self.query_one("#told", PlainLine).say(join(filter(None, parts), max(20, self.size.width or 80)))

    @property
    def _head(self) -> str:
        """The folder that stands in the line, with its slash."""
        value = self._line.value
        if self._fenced:
            return ""
        return "~/" if value == "~" else value[: value.rfind("/") + 1]

    @property
    def _tail(self) -> str:
        """What stands behind it."""
        value = self._line.value
        return value if self._fenced else "" if value == "~" else value[value.rfind("/") + 1 :]

    def _meant(self, head: str) -> Path:
        """The folder that a text means, from the one that is shown."""
        return self.folder / os.path.expanduser(head) if head else self.folder

    # -- what the user does

    async def on_input_changed(self, event: Input.Changed) -> None:
        """Show what fits; the folder of a path that is typed."""
        event.stop()
        if not self.is_open:
            return
        if event.value in (".", "。"):
            self._every = not self._every
            self._line.put("")
            await self._read(self.folder)
            return
        wanted = self._meant(self._head)
        if wanted != self._listing.folder:
            self._listing = await asyncio.to_thread(
                listing, wanted, self._endings, every=self._every, files_only=self._fenced
            )
        self._filter()

    async def on_input_submitted(self, event: Input.Submitted) -> None:
        """Open the row under the cursor, or what was typed where that is there."""
        event.stop()
        if not self.is_open:
            return
        typed = self._line.value
        if typed and not self._fenced:
            path = self._meant(typed)
            if typed.endswith("/") or typed == "~" or (await asyncio.to_thread(path.is_dir) and "/" in typed):
                await self._into(path)
                return
            if "/" in typed and await asyncio.to_thread(path.is_file):
                self._choose(path)
                return
        if not self._shown:
            self._tell(self._listing.error or _("there is no such file"))
            return
        entry = self._shown[self._table.cursor]
        path = self._listing.folder / entry.name
        if entry.is_folder:
            await self._into(path)
        else:
            self._choose(path)

    async def _into(self, folder: Path, at: str = "") -> None:
        folder = Path(os.path.normpath(folder))
        self._line.put("")
        await self._read(folder, at)
        if error := self._listing.error:
            await self._read(self.folder, folder.name)
            self._tell(f"{clean(folder.name)}: {error}")

    def _choose(self, path: Path) -> None:
        self.folder = Path(os.path.normpath(path.parent)) if not self._fenced else self.folder
        self.close()
        self.post_message(self.Chosen(self, Path(os.path.normpath(path))))

    async def on_file_picker_up(self, event: Up) -> None:
        """The folder above."""
        event.stop()
        if not self._fenced and self.folder.parent != self.folder:
            await self._into(self.folder.parent, self.folder.name)

    def action_complete(self) -> None:
        """Complete what was typed, as far as the names agree; where one is left, all of it."""
        found = [one for one in self._shown if one.name.casefold().startswith(self._tail.casefold())]
        names = [f"{one.name}/" if one.is_folder else one.name for one in found]
        if len(names) == 0 and self._shown:
            one = self._shown[self._table.cursor]
            names = [f"{one.name}/" if one.is_folder else one.name]
        text = prefix(names)
        if len(text) > len(self._tail) or len(names) == 1:
            self._line.value = self._head + text
            self._line.cursor_position = len(self._line.value)
        elif names:
            self.action_move(1)

    def on_record_table_cursor_moved(self, event: RecordTable.CursorMoved) -> None:
        """The list's own affair."""
        event.stop()

    def on_line_input_refused(self, event: LineInput.Refused) -> None:
        """Say that the paste was too long."""
        event.stop()
        self._tell(event.text)

    def action_move(self, delta: int) -> None:
        """The row above or below."""
        self._table.move(delta)

    def action_page(self, pages: int) -> None:
        """A page up or down."""
        self._table.page(pages)

    def action_cancel(self) -> None:
        """Close without a choice."""
        self.close()
        self.post_message(self.Cancelled(self))


def _columns() -> tuple[Column, ...]:
    return (
        Column("name", "", 20, flex=1),
        Column("size", "", 8, align="right", drop=1),
        Column("date", "", 16, drop=2),
    )


class _Rows:
    """The entries as lines of a table."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries

    def __len__(self) -> int:
        return len(self._entries)

    def key(self, index: int) -> int | None:
        return index

    def line(self, index: int) -> Line | None:
        entry = self._entries[index]
        return Line(index, (entry.shown, entry.measured, entry.dated))
