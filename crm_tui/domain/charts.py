"""Charts in plain characters: bars, stacked shares, a curve, a field of four quarters.

Nothing is told by colour. Every line fits the width in cells of the terminal, whatever the names. Without UTF-8 they
are drawn in ASCII; with it in Braille patterns, which unlike blocks and boxes are one cell wide everywhere. (plotext
was weighed for the curve: its import alone takes a fifth of the second in which a report must open.)
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

GAP = 2
_LABEL = 18
"""Cells of a label at most, where the bars want room too."""
_FULL, _HALF, _ASCII = "\u28ff", "\u2847", "#"
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of a Braille pattern, by row and column of its dots."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Bars(Struct, frozen=True):
    """A bar for each item: its label, its figure, and that in words."""

    items: tuple[tuple[str, float, str], ...]


class Shares(Struct, frozen=True):
    """A bar for each item, all of the same length, divided among the `parts` by their shares (fractions)."""

    parts: tuple[str, ...]
    items: tuple[tuple[str, tuple[float, ...]], ...]


class Curve(Struct, frozen=True):
    """A curve through points of fractions, from (0, 0) to (1, 1); `across` and `up` say what the axes are."""

    points: tuple[tuple[float, float], ...]
    across: str
    up: str


class Quarter(Struct, frozen=True):
    """A quarter of a field: its title, how many are in it, the names of the first."""

    title: str
    count: int
    names: tuple[str, ...]


class Quarters(Struct, frozen=True):
    """Four quarters: the upper left, the upper right, the lower left, the lower right; what the axes are."""

    quarters: tuple[Quarter, Quarter, Quarter, Quarter]
    across: str
    up: str


Chart = Bars | Shares | Curve | Quarters


def draw(chart: Chart, width: int, height: int, *, ascii_only: bool = False) -> list[str]:
    """The chart in at most `height` lines of at most `width` cells."""
    if width < 8 or height < 1:
        return []
    if isinstance(chart, Bars):
        lines = _bars(chart, width, height, ascii_only)
    elif isinstance(chart, Shares):
        lines = _shares(chart, width, height)
    elif isinstance(chart, Curve):
        lines = _curve(chart, width, height, ascii_only)
    else:
        lines = _quarters(chart, width, height)
    return [cut(line, width).rstrip() for line in lines[:height]]


def cut(text: str, width: int) -> str:
    """As much of the text as has room, marked where it was cut; no character of two cells is halved."""
    if cells(text) <= width:
        return text
    from rich.cells import set_cell_size

    return set_cell_size(text, max(0, width - 2)).rstrip() + ".."[: max(0, width)]


def padded(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly so many cells."""
    text = cut(text, width)
    blank = " " * (width - cells(text))
    return blank + text if right else text + blank


def cells(text: str) -> int:
    """How many cells of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # loaded by who draws

    return cell_len(text)


# -- bars


def _bars(chart: Bars, width: int, height: int, ascii_only: bool) -> list[str]:
    items = chart.items[:height]
    if not items:
        return []
    label = min(_LABEL, max(cells(name) for name, _value, _text in items), width // 3)
    words = max(cells(text) for _name, _value, text in items)
    room = width - label - words - 2 * GAP
    if room < 4:
        return [f"{padded(name, label)}{' ' * GAP}{text}" for name, _value, text in items]
    greatest = max((abs(value) for __, value, __ in items), default=0) or 1
    return [
        padded(name, label) + " " * GAP + padded(text, words, right=True) + " " * GAP
        + _bar(abs(value) / greatest, room, ascii_only)
        for name, value, text in items
    ]  # fmt: skip


def _bar(part: float, room: int, ascii_only: bool) -> str:
    """A bar of that part of the room; whatever is not nothing is seen."""
    if ascii_only:
        return _ASCII * max(round(part * room), int(part > 0))
    halves = max(round(part * room * 2), int(part > 0))
    return _FULL * (halves // 2) + _HALF * (halves % 2)


# -- shares


def _shares(chart: Shares, width: int, height: int) -> list[str]:
    letters = _LETTERS[: len(chart.parts)]
    legend = _flowed([f"{letter} {name}" for letter, name in zip(letters, chart.parts, strict=False)], width)
    legend = legend[: max(1, height - len(chart.items))]
    label = min(_LABEL, max((cells(name) for name, __ in chart.items), default=0), width // 3)
    room = width - label - GAP
    lines = [
        padded(name, label) + " " * GAP + _divided(parts, letters, room)
        for name, parts in chart.items[: max(1, height - len(legend))]
    ]
    return [*lines, *legend]


def _divided(parts: Sequence[float], letters: str, room: int) -> str:
    """The letters of the parts, each as often as its share; together the whole room, by the greatest remainders."""
    total = sum(max(part, 0) for part in parts)
    if not total:
        return "-"
    exact = [max(part, 0) / total * room for part in parts[: len(letters)]]
    counts = [int(part) for part in exact]
    left = room - sum(counts)
    order = sorted(range(len(exact)), key=lambda index: (counts[index] - exact[index], index))
    for index in order[: max(0, left)]:
        counts[index] += exact[index] > counts[index]
    return "".join(letter * count for letter, count in zip(letters, counts, strict=False))


def _flowed(words: Sequence[str], width: int) -> list[str]:
    """The words in lines of the width, none broken unless it is wider than a line."""
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]}  {word}" if lines else ""
        if lines and cells(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(cut(word, width))
    return lines


# -- a curve


def _curve(chart: Curve, width: int, height: int, ascii_only: bool) -> list[str]:
    """The plot with its axes: per cents at the left and below, what they are of beside them."""
    rows, columns = max(1, height - 2), width - 6
    if height < 4 or columns < 10:
        return [cut(f"{chart.up} / {chart.across}", width)]
    plot = _plotted(chart.points, columns, rows, ascii_only)
    lines = []
    for number, line in enumerate(plot):
        mark = "100%" if number == 0 else " 50%" if number == rows // 2 and rows > 3 else "    "
        lines.append(f"{mark} |{line}")
    title = cut(chart.up, columns)
    lines[0] = lines[0][:6] + _beneath(title, lines[0][6:])
    below = padded("0%", columns - 4) + "100%"
    middle = cut(chart.across, columns - 8)
    at = (columns - cells(middle)) // 2
    below = below[:at] + middle + below[at + cells(middle) :]
    return [*lines, "  0% +" + "-" * columns, " " * 6 + below]


def _beneath(title: str, line: str) -> str:
    """The title over the empty left of a line of the plot."""
    blank = len(line) - len(line.lstrip(" \u2800"))
    return title + line[cells(title) :] if cells(title) + 1 < blank else line


def _plotted(points: Sequence[tuple[float, float]], columns: int, rows: int, ascii_only: bool) -> list[str]:
    across, up = (1, 1) if ascii_only else (2, 4)
    wide, high = columns * across, rows * up
    dots: set[tuple[int, int]] = set()
    for (x, y), (to_x, to_y) in pairwise(points):
        steps = max(1, int(max(abs(to_x - x) * wide, abs(to_y - y) * high)) + 1)
        for step in range(steps + 1):
            part = step / steps
            at_x, at_y = x + (to_x - x) * part, y + (to_y - y) * part
            dots.add((min(wide - 1, int(at_x * wide)), min(high - 1, int((1 - at_y) * high))))
    if ascii_only:
        return ["".join("*" if (x, y) in dots else " " for x in range(columns)) for y in range(rows)]
    return ["".join(_cell(dots, x, y) for x in range(columns)) for y in range(rows)]


def _cell(dots: set[tuple[int, int]], x: int, y: int) -> str:
    bits = sum(
        bit
        for row, pair in enumerate(_DOTS)
        for column, bit in enumerate(pair)
        if (x * 2 + column, y * 4 + row) in dots
    )
    return chr(0x2800 + bits) if bits else " "


# -- four quarters


def _quarters(chart: Quarters, width: int, height: int) -> list[str]:
    half = (width - 3) // 2
    inside = max(1, (height - 2) // 2)
    boxes = [_box(quarter, half, inside) for quarter in chart.quarters]
    lines = [cut(f"^ {chart.up}   > {chart.across}", width)] if height > 2 * inside + 1 else []
    for left, right in (boxes[:2], boxes[2:]):
        lines += [f"{padded(a, half)} | {b}" for a, b in zip(left, right, strict=True)]
        if left is boxes[0]:
            lines.append("-" * (half + 1) + "+" + "-" * (half + 1))
    return lines


def _box(quarter: Quarter, width: int, height: int) -> list[str]:
    """The title with the number, then as many names as have room; the last line tells how many more there are."""
    lines = [cut(f"{quarter.title} {quarter.count:,}", width)]
    names = _flowed([cut(name, width) for name in quarter.names], width)
    lines += names[: height - 1]
    return [*lines, *[""] * (height - len(lines))][:height]
