"""A list to choose from by typing a few letters of it: the commands of a place, the palette, any set of choices.

What cannot be chosen now is shown with the reason and says it again when it is tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from crm_tui.domain.language import _
from crm_tui.tui.widgets.cells import join
from crm_tui.tui.widgets.columns import GAP, Column
from crm_tui.tui.widgets.line_input import LineInput
from crm_tui.tui.widgets.overlay import Overlay
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import GUTTER, Line, RecordTable

CHROME = 2
"""Rows beside the list: the title, the filter."""


class Item(NamedTuple):
    """A row. `name` identifies it to the owner; `disabled` is the reason why it cannot be chosen, empty if it can.

    `words` are found by the filter but not shown; `keys` are all its sequences of keys, where it has more than `key`.
    """

    name: str
    label: str
    key: str = ""
    hint: str = ""
    disabled: str = ""
    words: str = ""
    keys: tuple[str, ...] = ()


class Menu(Overlay):
    """The list, its filter under it. It closes when something is chosen, and on Esc."""

    DEFAULT_CSS = """
    Menu > #title { text-style: bold; }
    Menu > RecordTable, Menu:ansi > RecordTable { background: $surface; }
    Menu:ansi > RecordTable { background: ansi_default; }
    Menu.-right { dock: right; width: 50%; min-width: 40; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("up,ctrl+p,shift+tab", "move(-1)", show=False),
        Binding("down,ctrl+n,tab", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
    ]

    class Chosen(Message):
        """An item was chosen; the menu is closed."""

        def __init__(self, menu: Menu, name: str) -> None:
            super().__init__()
            self.menu = menu
            self.name = name

        @property
        def control(self) -> Menu:
            return self.menu

    class Cancelled(Message):
        """Esc was pressed; the menu is closed."""

        def __init__(self, menu: Menu) -> None:
            super().__init__()
            self.menu = menu

        @property
        def control(self) -> Menu:
            return self.menu

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._items: tuple[Item, ...] = ()
        self._searched: tuple[str, ...] = ()
        self._shown: tuple[Item, ...] = ()
        self._title = ""

    def compose(self) -> ComposeResult:
        yield PlainLine(id="title")
        table = RecordTable(empty=_("nothing fits: take a letter back"))
        table.can_focus = False
        yield table
        yield LineInput(limit=200)

    @property
    def shown(self) -> tuple[Item, ...]:
        """The items that fit what was typed."""
        return self._shown

    def open(
        self, title: str, items: Sequence[Item], *, side: Literal["bottom", "right"] = "bottom", at: int = 0
    ) -> None:
        """Offer these items, in this order, the cursor on the one `at` that place."""
        self._title, self._items = title, tuple(items)
        self._searched = tuple(map(_searched, self._items))
        self.set_class(side == "right", "-right")
        rows = max(1, len(self._items)) + CHROME
        limit = self.room.height if side == "right" else max(CHROME + 1, self.room.height * 3 // 4)
        self.styles.height = min(rows, limit) if side == "bottom" else "100%"
        table = self.query_one(RecordTable)
        table.columns = self._columns()
        line = self.query_one(LineInput)
        line.put("")
        self._filter("")
        table.move_to(at)
        self.appear(line)

    def _columns(self) -> tuple[Column, ...]:
        def widest(texts: Sequence[str], most: int) -> int:
            return min(most, max(map(cell_len, texts), default=0))

        keys = widest([item.key for item in self._items], 12)
        hints = widest([item.disabled or item.hint for item in self._items], self.room.width)
        room = self.room.width - GUTTER - (keys + GAP if keys else 0)
        # one long label does not take the width from what is said of all
        most = max(room // 2, room - hints - GAP) if hints else room - GAP
        labels = widest([item.label for item in self._items], max(8, most))
        own = (Column("key", "", keys),) if keys else ()
        return (*own, Column("label", "", labels), Column("hint", "", 10, flex=1, drop=1))

    def _filter(self, text: str) -> None:
        typed = " ".join(text.split())
        if typed:
            words = [f" {word}" for word in typed.casefold().split(" ")]
            ranked = [(_rank(i, typed, words, found), i) for i, found in zip(self._items, self._searched, strict=True)]
            # among those of a rank the order is the owner's
            self._shown = tuple(i for rank, i in sorted(ranked, key=lambda pair: pair[0]) if rank < _UNFIT)
        else:
            self._shown = self._items
        self._head()
        self.query_one(RecordTable).show(_Rows(self._shown, with_key=any(item.key for item in self._items)))

    def _head(self, reason: str = "") -> None:
        parts = [self._title, reason or _("Enter chooses"), *(() if reason else (_("Esc closes"),))]
        self.query_one("#title", PlainLine).say(join(parts, 10_000))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what fits."""
        event.stop()
        if self.is_open:
            self._filter(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Choose the row under the cursor."""
        event.stop()
        table = self.query_one(RecordTable)
        if not self.is_open or not self._shown:
            return
        item = self._shown[table.cursor]
        if item.disabled:
            self._head(f"! {item.disabled}")
            return
        self.close()
        self.post_message(self.Chosen(self, item.name))

    def on_record_table_cursor_moved(self, event: RecordTable.CursorMoved) -> None:
        """The list's own affair."""
        event.stop()

    def on_line_input_refused(self, event: LineInput.Refused) -> None:
        """Say that the paste was too long."""
        event.stop()
        self._head(f"! {event.text}")

    def action_move(self, delta: int) -> None:
        """The row above or below."""
        self._head()
        self.query_one(RecordTable).move(delta)

    def action_page(self, pages: int) -> None:
        """A page up or down."""
        self._head()
        self.query_one(RecordTable).page(pages)

    def action_cancel(self) -> None:
        """Close without a choice."""
        self.close()
        self.post_message(self.Cancelled(self))


class _Rows:
    """The items as lines of a table."""

    def __init__(self, items: Sequence[Item], with_key: bool) -> None:
        self._items = items
        self._with_key = with_key

    def __len__(self) -> int:
        return len(self._items)

    def key(self, index: int) -> int | None:
        return index

    def line(self, index: int) -> Line | None:
        item = self._items[index]
        cells = (item.label, item.disabled or item.hint)
        return Line(index, (item.key, *cells) if self._with_key else cells, dim=bool(item.disabled))


def _searched(item: Item) -> str:
    """What the filter finds, each word after a blank."""
    return " ".join(("", item.key, item.label, item.hint, item.words, *item.keys)).casefold()


_UNFIT = 6


def _rank(item: Item, typed: str, words: Sequence[str], searched: str) -> int:
    """How well an item fits what was typed, 0 best: its keys, its label, keys without their blanks, the beginning of
    one of these, beginnings of words, letters inside them. `words` are those typed, casefolded, a blank before each.
    """
    keys = item.keys or ((item.key,) if item.key else ())
    if typed in keys:
        return 0
    folded, label = typed.casefold(), item.label.casefold()
    if label == folded:
        return 1
    if any("".join(key.split()) == typed for key in keys):
        return 2
    if label.startswith(folded) or any(key.casefold().startswith(folded) for key in keys):
        return 3
    if all(word in searched for word in words):
        return 4
    return 5 if all(word[1:] in searched for word in words) else _UNFIT
