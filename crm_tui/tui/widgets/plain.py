"""One line of plain text that costs its own line to change and nothing else: no markup, no layout."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from crm_tui.tui.widgets.cells import fit

REVERSE = Style(reverse=True)
BOLD = Style(bold=True)

Piece = tuple[str, Style | None]
"""A text and how it is set off, if it is; never with a colour of its own."""


class PlainLine(Widget, can_focus=False):
    """A line; `say` changes it."""

    DEFAULT_CSS = """
    PlainLine { height: 1; width: 100%; background: $background; color: $foreground; }
    PlainLine:ansi { background: ansi_default; color: ansi_default; }
    """

    def __init__(self, text: str = "", *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._text = text

    @property
    def text(self) -> str:
        """What the line says, uncut."""
        return self._text

    def say(self, text: str) -> None:
        """Show this instead."""
        if text != self._text:
            self._text = text
            self.refresh()

    def pieces(self, width: int) -> list[Piece]:
        """The line in `width` cells. Subclasses override this."""
        return [(fit(self._text, width), None)]

    def render_line(self, y: int) -> Strip:
        """The line, padded to the width of the widget."""
        width = self.size.width
        if y or not width:
            return Strip.blank(width, self.rich_style)
        segments = [Segment(text, style) for text, style in self.pieces(width) if text]
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style)
