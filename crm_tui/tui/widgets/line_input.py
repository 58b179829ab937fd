"""Textual's one-line input as a terminal over a slow line wants it: no border, no tint, no blinking, one row.

The terminal's own cursor stays at the insertion point, where an input method opens its box.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events
from textual.geometry import Offset, Region
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input

from crm_tui.domain.language import ngettext
from crm_tui.tui.widgets.overlay import take_key

if TYPE_CHECKING:
    from textual.widgets import TextArea

LIMIT = 10_000
"""Characters that a line takes unless told otherwise."""
WIDE_BLANK = "\u3000"
"""The blank of Chinese input methods, which Python does not call printable."""


def too_long(limit: int, over: int) -> str:
    """Why a paste was not taken: a part of it might be taken for something else."""
    text = ngettext(
        "the paste is {over} character too long ({limit} at most): nothing was pasted",
        "the paste is {over} characters too long ({limit} at most): nothing was pasted",
        over,
    )
    return text.format(over=f"{over:,}", limit=f"{limit:,}")


def place_cursor(control: Input | TextArea) -> None:
    """Keep the terminal's cursor at the insertion point of `control` also when a layout moves it.

    Textual places it when the focus or the text changes, and that is before a new widget has its place.
    """

    def place(screen: Screen[object]) -> None:
        where = control.cursor_screen_offset
        if screen.focused is control and control.app.cursor_position != where:
            control.app.cursor_position = where
            control.refresh(Region(0, 0, 1, 1))  # the cursor moves with the next thing painted

    control.screen.screen_layout_refresh_signal.subscribe(control, place, immediate=True)


class LineInput(Input):
    """One row of text. A paste of several lines becomes one, the lines joined by blanks."""

    DEFAULT_CSS = """
    LineInput, LineInput:focus, LineInput:ansi, LineInput:ansi:focus {
        border: none; height: 1; padding: 0; width: 1fr; background-tint: transparent 0%;
    }
    LineInput { background: $surface; color: $foreground; }
    LineInput:ansi { background: ansi_default; color: ansi_default; }
    LineInput > .input--cursor, LineInput > .input--selection {
        background: $surface; color: $foreground; text-style: reverse;
    }
    LineInput:ansi > .input--cursor, LineInput:ansi > .input--selection {
        background: ansi_default; color: ansi_default; text-style: reverse;
    }
    """

    class Refused(Message):
        """A paste was not taken; `text` says why."""

        def __init__(self, line: LineInput, text: str) -> None:
            super().__init__()
            self.line = line
            self.text = text

        @property
        def control(self) -> LineInput:
            return self.line

    def __init__(
        self,
        value: str = "",
        *,
        limit: int = LIMIT,
        password: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(value, max_length=limit, password=password, select_on_focus=False, compact=True, id=id)
        self.cursor_blink = False
        self.beyond: Callable[[], bool] = lambda: False
        """Asked for what the right arrow does at the end; whether there was something."""

    def on_mount(self) -> None:
        """Be followed by the terminal's cursor."""
        place_cursor(self)

    def put(self, value: str) -> None:
        """Replace the value without telling anybody; the cursor goes to its end."""
        with self.prevent(Input.Changed):
            self.value = value
        self.cursor_position = len(value)

    def go(self, start: int, end: int) -> None:
        """Move the cursor behind what is between two characters, all of which is in sight from now on."""
        self.cursor_position = end
        first, last = self._position_to_cell(start), self._position_to_cell(end)
        first = 0 if last < self.size.width else first
        self.scroll_to_region(Region(first, 0, last - first + 1, 1), force=True, animate=False, immediate=True)

    def action_cursor_right(self, select: bool = False) -> None:
        """One character on."""
        if select or not self.cursor_at_end or not self.beyond():
            super().action_cursor_right(select)

    @property
    def cursor_screen_offset(self) -> Offset:
        """The cell of the screen at which the next character will stand (Textual is one off at the end)."""
        x, y, _width, _height = self.content_region
        return Offset(x + self.caret(self.cursor_position), y)

    def caret(self, position: int) -> int:
        """The cell of the widget at which character `position` of the value is shown."""
        return self._position_to_cell(min(position, len(self.value))) - int(self.scroll_offset.x)

    async def _on_key(self, event: events.Key) -> None:
        if event.character == WIDE_BLANK:
            event.stop()
            event.prevent_default()
            self.replace(WIDE_BLANK, *sorted(self.selection))
        elif not event.is_printable:
            await take_key(self, event)

    def restricted(self) -> None:
        """What is too long is left out; no bell."""

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        text = " ".join(line.strip() for line in event.text.splitlines() if line.strip())
        limit = self.max_length or LIMIT
        over = len(self.value) - len(self.selected_text) + len(text) - limit
        if over > 0:
            self.post_message(self.Refused(self, too_long(limit, over)))
        elif text:
            self.replace(text, *sorted(self.selection))
