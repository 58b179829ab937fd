"""Text tables (CSV and its kin): a file is read as it was meant or refused with one clear line, never read with losses.

Reading holds one record at a time, whatever the size of the file.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import IO

from crm_tui.domain.language import _
from crm_tui.formats import text_files
from crm_tui.formats.encodings import HEAD
from crm_tui.formats.heading_rows import heading_row, named
from crm_tui.formats.recognition import WORKBOOKS, although
from crm_tui.formats.tables import LONGEST_CELL, Reading, Row, TableError, defuse, undefuse

#: A record of more physical lines than this has an unclosed quote.
LINES = 50

DELIMITERS = ",;\t|"

_SAMPLE_RECORDS = 30
_LONGEST_LINE = 1 << 24
"""Bytes: no line is held whose cells cannot be as long as cells may be, but for one with very many."""
_SEP = re.compile(r"\ufeff?sep=([,;\t|])\r?\n?", re.IGNORECASE)
_END = "\ue000end of the file\ue000"


@dataclass(frozen=True)
class Delimited:
    """A table of lines and delimiters (formats.tables.Table)."""

    path: Path
    encoding: str
    delimiter: str
    headings: tuple[str, ...]
    heading_line: int
    """The physical line on which the heading row begins: more than 1 below a title."""

    @property
    def reading(self) -> Reading:
        """Encoding and delimiter."""
        return Reading("csv", self.encoding, self.delimiter)

    @property
    def defused(self) -> bool:
        """Yes: what runs in a spreadsheet was exported with a `'` before it."""
        return True

    @property
    def described(self) -> str:
        """Encoding and delimiter, in words."""
        separator = {"\t": "tab"}.get(self.delimiter, self.delimiter)
        said = _("{encoding}, separated by {separator}").format(encoding=self.encoding, separator=separator)
        return said + although(self.path, "csv")

    def most_rows(self) -> int | None:
        """How many lines the file has, at least as many as records; None where no single byte ends a line."""
        if self.encoding.lower().startswith(("utf-16", "utf-32")):
            return None
        with self.path.open("rb") as file:
            lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
        return max(lines - self.heading_line, 1)

    def rows(self) -> Iterator[Row]:
        """The records below the headings; empty ones are left out, short ones padded with "".

        TableError for bytes that are not in the encoding, a NUL, an unclosed quote, and a cell of more than 1 MB.
        """
        width = len(self.headings)
        padding = ("",) * width
        make = Row
        for line, found in _records(self.path, self.encoding, self.delimiter):
            if line <= self.heading_line or not (found and (found[0].strip() or any(map(str.strip, found)))):
                continue
            cells = tuple(found)
            if len(cells) != width:
                cells = (cells + padding[len(cells) :]) if len(cells) < width else _trimmed(cells, width)
            yield make(line, cells)


def open_table(path: Path, reading: Reading) -> Delimited:
    """The table in the file, its encoding, delimiter and heading row recognised unless told.

    Title lines above the headings are passed over. TableError if it cannot be read, is empty, no text or not decodable.
    """
    encoding, delimiter = reading.encoding, reading.delimiter
    head = text_files.head_of(path)
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise TableError(_("{path}: the file is empty").format(path=path))
    told, encoding = encoding, text_files.encoding_of(head, encoding)
    try:
        text = text_files.decoded(path, head, encoding)
    except TableError as error:
        if told is None and text_files.is_binary(head):
            raise _no_text(path) from error
        raise
    controls = sum(ord(character) < 32 and character not in "\t\n\r\f\v\0\x1a" for character in text)
    if controls * 20 > len(text):
        raise _no_text(path)
    if not text.strip("\0\ufeff \t\r\n\x1a"):
        raise TableError(_("{path}: the file is empty").format(path=path))
    lines = list(io.StringIO(text, newline=""))
    if len(head) >= HEAD:
        lines = lines[:-1] or lines  # the last one may have been cut
    hint = _SEP.fullmatch(lines[0])
    delimiter = delimiter or (hint[1] if hint else _delimiter(lines))
    records = islice(_records(path, encoding, delimiter), bool(hint), _SAMPLE_RECORDS)
    first = [Row(line, tuple(cells)) for line, cells in records]
    place = heading_row(first)
    if place is None:
        raise TableError(_("{path}: the file is empty").format(path=path))
    headings = named([undefuse(cell) for cell in first[place].cells])
    return Delimited(path, encoding, delimiter, headings, first[place].line)


def _no_text(path: Path) -> TableError:
    if path.suffix.lstrip(".").lower() in WORKBOOKS:
        message = _("{path}: this is no workbook and no text: copy it once more, or open it and save it anew")
        return TableError(message.format(path=path))
    return TableError(_("{path}: this is no text; save the table as CSV and import that").format(path=path))


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter under which the first records have the most equal widths; a comma if none fits."""
    best, delimiter = 0.0, ","
    for candidate in DELIMITERS:
        records = csv.reader(islice(lines, 200), delimiter=candidate)
        try:
            widths = [len(record) for record in islice(records, _SAMPLE_RECORDS) if any(record)]
        except csv.Error:
            continue
        width, count = Counter(widths).most_common(1)[0] if widths else (0, 0)
        if width < 2:
            wider = Counter(found for found in widths if found > 1)
            width, count = wider.most_common(1)[0] if wider else (1, 0)
        share = count / len(widths) if widths else 0.0
        score = share * share * (width - 1) ** 0.5
        if score > best:
            best, delimiter = score, candidate
    return delimiter


def _trimmed(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    """The cells without empty ones beyond the headings: what stands there under no heading is kept."""
    end = len(cells)
    while end > width and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """All records, each with the physical line on which it begins."""
    csv.field_size_limit(LONGEST_CELL)
    with text_files.stream(path, encoding, _LONGEST_LINE) as stream:
        lines: Iterable[str] = chain(stream, (_END,))
        reader = csv.reader(lines, delimiter=delimiter)
        before = 0
        try:
            for cells in reader:
                line = reader.line_num
                if line - before > LINES:
                    raise _unclosed(path, before + 1)
                if cells and cells[-1].endswith(_END):
                    if len(cells) == 1 and cells[0] == _END:
                        return
                    raise _unclosed(path, before + 1)
                yield before + 1, cells
                before = line
        except UnicodeError as error:
            raise text_files.undecodable(path, encoding) from error
        except csv.Error as error:
            if reader.line_num - before > LINES:
                raise _unclosed(path, before + 1) from error
            message = _("{path}, line {line}: a cell is longer than 1 MB")
            raise TableError(message.format(path=path, line=before + 1)) from error


def _unclosed(path: Path, line: int) -> TableError:
    message = _("{path}, line {line}: a quote opens here and is not closed; close or remove it")
    return TableError(message.format(path=path, line=line))


def write_csv(stream: IO[str], headings: Sequence[str], rows: Iterable[Sequence[object]], *, bom: bool = False) -> int:
    """Write a table, defused, row by row; return the number of rows. None is an empty cell.

    `bom` begins the file with the mark by which Excel knows UTF-8. Open files with `newline=""`.
    """
    if bom:
        stream.write("\ufeff")
    # "\r\n": with it alone the writer quotes cells that hold a lone "\r".
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow([defuse(heading) for heading in headings])
    count = 0
    for row in rows:
        writer.writerow(["" if cell is None else defuse(str(cell)) for cell in row])
        count += 1
    return count
