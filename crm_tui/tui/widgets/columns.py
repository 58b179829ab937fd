"""How columns share the width of a table: a pure function of the columns and the width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from crm_tui.tui.widgets.cells import Align

GAP = 1
"""Blank cells between two columns."""


class Column(Struct, frozen=True):
    """A column of a table.

    `width` is its width in cells, for one that grows (`flex` > 0) its least width; what is left over is shared
    in proportion to `flex`. One with a `least` shrinks down to that where it would leave room for no other. When the
    table is too narrow the column with the highest `drop` leaves first; one with `drop` 0 stays.
    """

    name: str
    heading: str
    width: int
    flex: int = 0
    align: Align = "left"
    drop: int = 0
    least: int = 0


class Place(NamedTuple):
    """Where a column is: the index of its cell in the row, its width in cells."""

    cell: int
    width: int
    align: Align


def places(columns: Sequence[Column], width: int) -> tuple[Place, ...]:
    """The columns that are shown in `width` cells, from the left; together never wider than that.

    Columns that stay although there is no room are cut from the right.
    """
    columns = _shrunk(columns, width)
    shown = list(range(len(columns)))
    while _needed(columns, shown) > width and any(columns[index].drop for index in shown):
        shown.remove(max(shown, key=lambda index: (columns[index].drop, index)))
    extra = _share(max(0, width - _needed(columns, shown)), [columns[index].flex for index in shown])
    result: list[Place] = []
    left = width
    for index, more in zip(shown, extra, strict=True):
        size = min(columns[index].width + more, left)
        if size <= 0:
            break
        result.append(Place(index, size, columns[index].align))
        left -= size + GAP
    return tuple(result)


def left_out(columns: Sequence[Column], width: int) -> list[Column]:
    """The columns that have no room in `width` cells."""
    shown = {place.cell for place in places(columns, width)}
    return [column for index, column in enumerate(columns) if index not in shown]


def _shrunk(columns: Sequence[Column], width: int) -> Sequence[Column]:
    """The columns, of which the two that stay longest have room beside each other as far as they may shrink."""
    if sum(column.least > 0 for column in columns) == 0 or len(columns) < 2:
        return columns
    one, two = sorted(range(len(columns)), key=lambda index: (columns[index].drop, index))[:2]
    room, result = width - GAP, list(columns)
    for index, other in ((one, two), (two, one)):
        column, beside = result[index], result[other]
        if column.least and column.width + beside.width > room:
            kept = min(beside.width, room // 2) if beside.least and index == one else beside.width
            result[index] = replace(column, width=max(min(column.least, column.width), min(column.width, room - kept)))
    return result


def _needed(columns: Sequence[Column], shown: Sequence[int]) -> int:
    return sum(columns[index].width for index in shown) + GAP * max(0, len(shown) - 1)


def _share(cells: int, weights: Sequence[int]) -> list[int]:
    """Whole cells in proportion to the weights; the rounding never loses one."""
    result: list[int] = []
    left, weight = cells, sum(weights)
    for own in weights:
        part = left * own // weight if weight else 0
        result.append(part)
        left, weight = left - part, weight - own
    return result
