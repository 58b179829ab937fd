"""Several lines of text to fill in. Textual's text area is the largest of its widgets, and few forms have one: it is
imported where a form does.
"""

from __future__ import annotations

from textual import events
from textual.widgets import TextArea

from crm_tui.tui.widgets.controls import Finished, Left, Refused
from crm_tui.tui.widgets.line_input import LIMIT, WIDE_BLANK, place_cursor, too_long
from crm_tui.tui.widgets.overlay import take_key


class TextBox(TextArea):
    """Several lines of text. Enter finishes, Ctrl+J begins a new line."""

    DEFAULT_CSS = """
    TextBox, TextBox:focus, TextBox:ansi, TextBox:ansi:focus {
        border: none; padding: 0; width: 1fr; height: 4; background-tint: transparent 0%;
        scrollbar-size: 0 0; background: $surface; color: $foreground;
    }
    TextBox:ansi, TextBox:ansi:focus { background: ansi_default; color: ansi_default; }
    TextBox > .text-area--cursor, TextBox > .text-area--selection,
    TextBox:dark > .text-area--cursor, TextBox:light > .text-area--cursor {
        background: $surface; color: $foreground; text-style: reverse;
    }
    TextBox:ansi > .text-area--cursor, TextBox:ansi > .text-area--selection {
        background: ansi_default; color: ansi_default; text-style: reverse;
    }
    """

    def __init__(self, value: str = "", *, limit: int = LIMIT, id: str | None = None) -> None:  # noqa: A002
        super().__init__(value, id=id, compact=True, highlight_cursor_line=False)
        self._limit = limit
        self.cursor_blink = False
        self.move_cursor(self.document.end)

    @property
    def value(self) -> str:
        """The text, its lines ended by `\\n`."""
        return "\n".join(self.text.splitlines())

    def on_mount(self) -> None:
        """Be followed by the terminal's cursor."""
        place_cursor(self)

    async def _on_key(self, event: events.Key) -> None:
        row, last = self.cursor_location[0], self.document.line_count - 1
        if event.key == "enter":
            self.post_message(Finished())
        elif event.key == "ctrl+j":
            self._insert("\n")
        elif (event.key == "up" and row == 0) or (event.key == "down" and row == last):
            self.post_message(Left(-1 if event.key == "up" else 1))
        elif event.character == WIDE_BLANK:
            if len(self.text) - len(self.selected_text) < self._limit:
                self._insert(WIDE_BLANK)
        elif not event.is_printable:
            await take_key(self, event)
            return
        elif len(self.text) < self._limit:
            return
        event.stop()
        event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        over = len(self.text) - len(self.selected_text) + len(event.text) - self._limit
        if over > 0:
            self.post_message(Refused(self, too_long(self._limit, over)))
        else:
            self._insert(event.text)

    def _insert(self, text: str) -> None:
        text = text[: max(0, self._limit - len(self.text) + len(self.selected_text))]
        self.replace(text, *self.selection, maintain_selection_offset=False)
