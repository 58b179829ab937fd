"""Text measured as the terminal measures it, in cells: what fits stays, what does not is cut with a mark.

A wide character is never cut in half, and nothing here looks at the characters as markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from rich.cells import cell_len, set_cell_size
from rich.text import Text

Align = Literal["left", "right"]

CUT = "…"
"""What stands where a text was cut; one cell."""


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells; with the mark at its end when something is missing."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + CUT if width > 0 else ""


def fit(text: str, width: int, align: Align = "left") -> str:
    """`text` in exactly `width` cells: cut, or filled with blanks."""
    text = cut(text, width)
    blanks = " " * (width - cell_len(text))
    return blanks + text if align == "right" else text + blanks


def fit_text(text: Text, width: int, align: Align = "left") -> Text:
    """Like `fit`, keeping the styles."""
    shown = text.copy()
    shown.end = ""
    short = cut(shown.plain, width)
    if short != shown.plain:
        shown.right_crop(len(shown.plain) - len(short) + 1) if short else shown.right_crop(len(shown.plain))
        shown.append(short[-1:])
    blanks = width - shown.cell_len
    if align == "right":
        shown.pad_left(blanks)
    else:
        shown.pad_right(blanks)
    return shown


def join(texts: Iterable[str], width: int, gap: str = "  ") -> str:
    """As many of the texts, in their order, as fit into `width` cells whole; the first in any case, cut."""
    line = ""
    for text in texts:
        longer = line + gap + text if line else text
        if line and cell_len(longer) > width:
            break
        line = longer
    return cut(line, width)
