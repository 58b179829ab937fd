"""Workbooks out: typed cells below headings that stay in sight, a row at a time, in as many sheets as it takes.

Text is text, whatever it looks like: no cell is a formula, no number that is a phone loses a digit.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain, islice
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

from crm_tui.formats.tables import defuse

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

ROWS = 1_048_576
"""The rows of a sheet, the headings among them."""
LONGEST = 32_767
"""The characters of a cell."""
_SEEN = 500
"""Rows by which the width of a column is found."""
_NARROWEST, _WIDEST = 6, 50


def write_workbook(
    stream: IO[bytes], title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]], *, most: int = ROWS,
    folder: str | None = None,
) -> int:  # fmt: skip
    """Write the rows into sheets of at most `most` rows, called by the title; how many texts were cut to `LONGEST`.

    Cells are None, text, numbers, bools, dates and naive datetimes. Sheets are put together in a folder within
    `folder`, gone at the end.
    """
    from xlsxwriter import Workbook

    with TemporaryDirectory(prefix=".crm-tui-", dir=folder) as room:
        book = Workbook(stream, {"constant_memory": True, "tmpdir": room, "use_zip64": True})
        sheets = _Sheets(book, title, headings)
        left: Iterator[Sequence[Any]] = iter(rows)
        while True:
            some = islice(left, most - 1)
            first = next(some, None)
            if first is not None or not sheets.count:
                sheets.write(chain([first] if first is not None else [], some))
            if first is None:
                break
        book.close()
        return sheets.cut


class _Sheets:
    """The sheets of a workbook."""

    def __init__(self, book: Workbook, title: str, headings: Sequence[str]) -> None:
        self._book = book
        self._title = title
        self._headings = headings
        self._heading = book.add_format({"bold": True, "num_format": "@"})
        self._text = book.add_format({"num_format": "@"})
        # What looks like a formula stays text when somebody edits the cell.
        self._quoted = book.add_format({"num_format": "@", "quote_prefix": True})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._time = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self.count = 0
        self.cut = 0

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """A sheet of these rows."""
        self.count += 1
        sheet = self._book.add_worksheet(self._title if self.count == 1 else f"{self._title} {self.count}")
        sheet.freeze_panes(1, 0)
        widths = [_width(heading) + 2 for heading in self._headings]  # room for the filter's arrow
        for column, heading in enumerate(self._headings):
            self._string(sheet, 0, column, heading, self._heading)
        last = 0
        for last, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                if value is not None:
                    self._cell(sheet, last, column, value)
                    if last <= _SEEN:
                        widths[column] = max(widths[column], _width(value))
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(max(width + 1, _NARROWEST), _WIDEST))
        if self._headings:
            sheet.autofilter(0, 0, last, len(self._headings) - 1)

    def _cell(self, sheet: Worksheet, row: int, column: int, value: Any) -> None:
        if isinstance(value, str):
            self._string(sheet, row, column, value, self._quoted if defuse(value) != value else self._text)
        elif isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, (int, float)):
            sheet.write_number(row, column, value)
        elif isinstance(value, (datetime, date)):
            sheet.write_datetime(row, column, value, self._time if isinstance(value, datetime) else self._day)
        else:
            raise TypeError(type(value))

    def _string(self, sheet: Worksheet, row: int, column: int, text: str, how: Format) -> None:
        # Excel counts characters beyond the first plane twice.
        if len(text) > LONGEST // 2 and len(text.encode("utf-16-le")) > 2 * LONGEST:
            text = text.encode("utf-16-le")[: 2 * LONGEST].decode("utf-16-le", errors="ignore")
            self.cut += 1
        sheet.write_string(row, column, text, how)


def _width(value: Any) -> int:
    """How many cells of a terminal the first line of a value takes; a spreadsheet's are much the same."""
    if isinstance(value, (bool, int, float)):
        return len(str(value))
    if not isinstance(value, str):
        return 16 if isinstance(value, datetime) else 10
    line = value.partition("\n")[0][:_WIDEST]
    return len(line) if line.isascii() else sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line)
