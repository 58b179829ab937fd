"""Where the headings of a table stand: below titles, in one row or in several of which the upper ones span columns.

Rules on the first rows alone; a column's heading is the shortest text that tells what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from crm_tui.domain.text import clean
from crm_tui.formats import headings as meanings
from crm_tui.formats.tables import Row

_TITLES = 10
_LONGEST = 200


class Span(NamedTuple):
    """Merged cells: first and last line (from 1) and first and last column (from 0)."""

    top: int
    left: int
    bottom: int
    right: int


def heading_row(first: Sequence[Row]) -> int | None:
    """Which of the first rows has the headings: the first of ten that is more than half as full as the fullest,
    or one above it of which every cell is a known heading while nothing of that one is: rows may be longer than theirs.

    None where all are empty.
    """
    filled = [sum(1 for cell in row.cells if cell.strip()) for row in first]
    if not any(filled):
        return None
    fullest = filled.index(max(filled))
    place = next((n for n, count in islice(enumerate(filled), _TITLES) if count * 2 > max(filled)), fullest)
    return next((n for n in range(min(place, _TITLES)) if _is_rather(first[n], first[place])), place)


def _is_rather(row: Row, other: Row) -> bool:
    """Whether the row is sure to be headings, each of which is known, and the other one is not."""
    texts = [cell.strip() for cell in row.cells if cell.strip()]
    return len(texts) > 1 and _known(texts) == len(texts) and not _known([cell.strip() for cell in other.cells])


def _known(texts: Sequence[str]) -> int:
    """How many of the headings are known, of customers or of the facts for which most are."""
    from crm_tui.formats import fact_headings

    told = [field for field in meanings.match(texts).fields if field]
    return max(len(told), *(len([name for name in fact_headings.match(kind, texts) if name])
                            for kind in fact_headings.KINDS))  # fmt: skip


def named(cells: Sequence[str]) -> tuple[str, ...]:
    """The headings, cleaned; columns at the end without a heading are left off."""
    found = [clean(cell, _LONGEST) for cell in cells]
    while found and not found[-1]:
        found.pop()
    return tuple(found)


def headings_of(first: Sequence[Row], spans: Sequence[Span]) -> tuple[int, tuple[str, ...]]:
    """The last line of the headings and the headings themselves, of a sheet whose merged cells are known.

    "Contact" merged over "Name" and "Phone" gives "Contact Name" and "Contact Phone". (0, ()) for an empty sheet.
    """
    place = heading_row(first)
    if place is None:
        return 0, ()
    last = last_before = -1
    top = bottom = place
    while (top, bottom) != (last_before, last):
        last_before, last = top, bottom
        top, bottom = _grown(first, spans, top, bottom)
    lines = [row.line for row in first[top : bottom + 1]]
    width = max(len(row.cells) for row in first[top : bottom + 1])
    columns = [_column(first[top : bottom + 1], spans, column) for column in range(width)]
    lowest = [texts[-1] if texts else "" for texts in columns]
    return lines[-1], named([_said(texts, lowest) for texts in columns])


def _grown(first: Sequence[Row], spans: Sequence[Span], top: int, bottom: int) -> tuple[int, int]:
    """The rows of the headings with one more above or below, where merged cells tie it to them."""
    if bottom + 1 < len(first):
        line, below = first[bottom].line, first[bottom + 1]
        for span in spans:
            across = span.top <= line == span.bottom and span.left < span.right and not _is_title(first, span)
            under = below.cells[span.left : span.right + 1]
            down = first[top].line <= span.top <= line < span.bottom
            if down or (across and below.line == line + 1 and sum(map(bool, under)) > 1 and not _figures(below.cells)):
                return top, bottom + 1
    if top:
        line = first[top - 1].line
        if line + 1 == first[top].line and any(
            span.top <= line <= span.bottom and span.left < span.right and not _is_title(first, span) for span in spans
        ):
            return top - 1, bottom
    return top, bottom


def _is_title(first: Sequence[Row], span: Span) -> bool:
    """Whether nothing stands beside the merged cells and they span most of the table: they are its title."""
    cells = next((row.cells for row in first if row.line == span.top), ())
    beside = any(cell.strip() for column, cell in enumerate(cells) if not span.left <= column <= span.right)
    width = max(sum(1 for cell in row.cells if cell.strip()) for row in first)
    return not beside and (span.right - span.left + 1) * 2 > width


def _figures(cells: Sequence[str]) -> bool:
    """Whether a row of data is seen by its figures."""
    return any(cell[:1].isdigit() and not any(map(str.isalpha, cell)) for cell in cells)


def _column(rows: Sequence[Row], spans: Sequence[Span], column: int) -> list[str]:
    """What stands over the column, from above, merged cells counted for all columns that they span."""
    texts: list[str] = []
    for row in rows:
        text = row.cells[column] if column < len(row.cells) else ""
        for span in spans:
            if span.top == row.line and span.left < column <= span.right and span.left < len(row.cells):
                text = row.cells[span.left]
        text = clean(text, _LONGEST)
        if text and text not in texts[-1:]:
            texts.append(text)
    return texts


def _said(texts: Sequence[str], lowest: Sequence[str]) -> str:
    """One heading of several above each other: the lowest alone where that is understood and no other column's."""
    if len(texts) < 2:
        return "".join(texts)
    whole = texts[0]
    for text in texts[1:]:
        gap = "" if whole[-1] > "\u2e80" and text[0] > "\u2e80" else " "
        whole = text if text.casefold().startswith(whole.casefold()) else whole + gap + text
    understood = [meanings.match([text]).fields[0] is not None for text in (whole, texts[-1])]
    alone = understood[1] and not understood[0] and list(lowest).count(texts[-1]) == 1
    return texts[-1] if alone else whole
