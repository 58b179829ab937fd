"""The process that parses a workbook: under limits of memory and time, it writes rows of text and can do nothing else.

It is given a file by name, an open file for the rows, and a pipe for messages; each message is a length of four bytes
and a marshalled tuple: ("head", facts), ("rows", count, start, length), ("end",) or ("unfit", why, facts).
"""

from __future__ import annotations

import contextlib
import marshal
import os
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_tui.formats import cells
from crm_tui.formats.containers import Unfit, kind_of
from crm_tui.formats.ods_spans import spans_of

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

#: Bytes of address space that the process may have.
MOST_MEMORY = 1_500_000_000
#: Bytes of rows that it may write.
MOST_WRITTEN = 8_000_000_000
#: Rows that are sent with the head, by which the headings are found.
FIRST_ROWS = 30

#: The rows that a sheet can have, by kind: one that has them all goes on in "NAME 2", if there is one.
FULL = {"xlsx": 1 << 20, "xlsb": 1 << 20, "ods": 1 << 20, "xls": 1 << 16}

_BATCH = 1_000
_SPANS = 1_000
_LONGEST = 1 << 20

Batch = tuple[list[int], list[tuple[str, ...]]]
"""Lines of the sheet (from 1) and their cells."""


def read(path: str, sheet: str | None) -> Iterator[dict[str, Any] | Batch]:
    """The facts of the sheet first, then its rows that are not empty, in batches. Unfit for what cannot be read.

    `sheet` is a name or a number from 1; None takes the first that holds a table.
    """
    import python_calamine

    with open(path, "rb") as file:
        kind, _size = kind_of(file)
    book = _book(path, kind)
    known = [found for found in book.sheets_metadata if found.typ == python_calamine.SheetTypeEnum.WorkSheet]
    if not known:
        raise Unfit("sheetless")
    names = [found.name for found in known]
    hidden = [found.name for found in known if found.visible != python_calamine.SheetVisibleEnum.Visible]
    found = _told(book, names, sheet) if sheet is not None else _chosen(book, names, hidden)
    name, left = found.name, (found.start or (0, 0))[1]
    height = found.end[0] + 1 if found.end else 0
    more = _continued(names, name) if height >= FULL[kind] else []
    first = next(([*zip(*batch, strict=True)][:FIRST_ROWS] for batch in _rows(found, kind)), [])
    last = first[-1][0] if first else 0
    merged = spans_of(path, name, last) if kind == "ods" else found.merged_cell_ranges or ()
    spans = [(a[0] + 1, a[1] - left, b[0] + 1, b[1] - left) for a, b in merged if a[0] < last][:_SPANS]
    yield {"kind": kind, "sheet": name, "sheets": names, "hidden": hidden, "more": more, "first": first, "spans": spans,
           "rows": height}  # fmt: skip
    yield from _rows(found, kind)
    del found  # two sheets of a million rows are too much at a time
    for number, name in enumerate(more, 1):
        yield from _going_on(_opened(book, name), kind, number * FULL[kind], first, name)


def _continued(names: list[str], name: str) -> list[str]:
    """The sheets that go on where this one is full: "NAME 2", "NAME 3" …"""
    more: list[str] = []
    while f"{name} {len(more) + 2}" in names:
        more.append(f"{name} {len(more) + 2}")
    return more


def _going_on(sheet: CalamineSheet, kind: str, above: int, first: list[Any], name: str) -> Iterator[Batch]:
    """The rows of a sheet that goes on, below the same headings; their lines are counted on."""
    headings = first[0][1] if first else ()
    for number, (lines, batch) in enumerate(_rows(sheet, kind)):
        if not number:
            if batch[0] != headings:
                raise Unfit("continued", name)
            del lines[0], batch[0]
        yield [above + line for line in lines], batch


def _book(path: str, kind: str) -> CalamineWorkbook:
    import python_calamine

    try:
        if Path(path).suffix.lower() == f".{kind}":
            return python_calamine.CalamineWorkbook.from_path(path)
        with open(path, "rb") as file:  # by its content: the name says another kind
            return python_calamine.CalamineWorkbook.from_filelike(file)
    except python_calamine.PasswordError as error:
        raise Unfit("encrypted") from error
    except python_calamine.CalamineError as error:
        raise Unfit("encrypted" if "assword" in str(error) else "damaged", str(error)) from error


def _opened(book: CalamineWorkbook, name: str) -> CalamineSheet:
    import python_calamine

    try:
        return book.get_sheet_by_name(name)
    except python_calamine.CalamineError as error:
        raise Unfit("damaged", str(error)) from error


def _told(book: CalamineWorkbook, names: list[str], sheet: str) -> CalamineSheet:
    wanted = sheet.strip().casefold()
    for name in names:
        if name.strip().casefold() == wanted:
            return _opened(book, name)
    if wanted.isascii() and wanted.isdigit() and 0 < int(wanted[:9]) <= len(names):
        return _opened(book, names[int(wanted[:9]) - 1])
    raise Unfit("sheet", names)


def _chosen(book: CalamineWorkbook, names: list[str], hidden: list[str]) -> CalamineSheet:
    """The first sheet with a row below another and two columns; else the first with rows, with anything, at all."""
    best: tuple[int, CalamineSheet] | None = None
    for name in sorted(names, key=hidden.__contains__):
        sheet = _opened(book, name)
        lines: list[int] = []
        for found, _cells in _rows(sheet, ""):
            lines += found
            break
        worth = (0 if not lines else 1 if len(lines) == 1 else 2 if sheet.width < 2 else 3) * 2 - (name in hidden)
        if best is None or worth > best[0]:
            best = worth, sheet
        if best[0] == 6:
            break
    assert best is not None
    if best[0] <= 0:
        raise Unfit("empty")
    return best[1]


def _rows(sheet: CalamineSheet, kind: str) -> Iterator[Batch]:
    """The rows that are not empty, in batches."""
    lines: list[int] = []
    batch: list[tuple[str, ...]] = []
    text = cells.texts
    for line, values in enumerate(sheet.iter_rows(), 1):
        row = text(values)
        if not (row and (row[0].strip() or any(map(str.strip, row)))):
            continue
        if kind == "xls":
            row = tuple([cell.replace("\0", "") for cell in row])
        lines.append(line)
        batch.append(row)
        if len(lines) == _BATCH:
            yield lines, batch
            lines, batch = [], []
    if lines:
        yield lines, batch


def main() -> None:
    """Read as the arguments say: the file, the sheet after "=" or "", the numbers of the pipe and of the file."""
    path, sheet, pipe, spool = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    try:
        _limit(path)
        for said in read(path, sheet[1:] if sheet else None):
            _send(pipe, ("head", said) if isinstance(said, dict) else _kept(spool, said))
        _send(pipe, ("end",))
    except Unfit as error:
        _send(pipe, ("unfit", *error.args))
    except MemoryError:
        _send(pipe, ("unfit", "memory"))
    except BrokenPipeError:
        os._exit(0)
    except OSError as error:
        _send(pipe, ("unfit", "system", os.strerror(error.errno or 0)))
    except BaseException as error:  # a panic of the parser is none of Exception's
        _send(pipe, ("unfit", "damaged", f"{type(error).__name__}: {error}"))
    os._exit(0)  # gigabytes of cells need no tidying up


def _limit(path: str) -> None:
    import importlib
    import resource

    from crm_tui import confinement

    importlib.import_module("python_calamine")  # while it may still be mapped as code
    with open(path, "rb") as file, contextlib.suppress(Unfit):
        _limited(resource.RLIMIT_AS, MOST_MEMORY)
        _limited(resource.RLIMIT_CORE, 0)
        _limited(resource.RLIMIT_FSIZE, MOST_WRITTEN)
        _limited(resource.RLIMIT_CPU, 60)
        _limited(resource.RLIMIT_CPU, 60 + kind_of(file)[1] // 2_000_000)
    with contextlib.suppress(OSError, AttributeError):
        confinement.confine([])


def _limited(what: int, most: int) -> None:
    import resource

    hard = resource.getrlimit(what)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _kept(spool: int, batch: Batch) -> tuple[Any, ...]:
    """The batch, written into the file of rows: where it lies there."""
    data = marshal.dumps(batch)
    if len(data) > _LONGEST:
        for line, row in zip(*batch, strict=True):
            if any(len(cell) > _LONGEST for cell in row):
                raise Unfit("cell", line)
    data = zlib.compress(data, 1)
    start = os.lseek(spool, 0, os.SEEK_CUR)
    left = memoryview(data)
    while left:
        left = left[os.write(spool, left) :]
    return ("rows", len(batch[0]), start, len(data))


def _send(pipe: int, message: tuple[Any, ...]) -> None:
    data = marshal.dumps(message)
    left = memoryview(struct.pack("<I", len(data)) + data)
    while left:
        left = left[os.write(pipe, left) :]
