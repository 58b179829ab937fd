"""Text tables (CSV and its kin): a file is read as it was meant or refused with one clear line, never read with losses.

Reading holds one record at a time, whatever the size of the file.
"""

from __future__ import annotations

import codecs
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
from crm_tui.domain.text import clean
from crm_tui.formats.encodings import HEAD, detect_encoding, sample
from crm_tui.formats.tables import LONGEST_CELL, Reading, Row, TableError, defuse, undefuse, unreadable

#: A record of more physical lines than this has an unclosed quote.
LINES = 50

DELIMITERS = ",;\t|"

_BUFFER = 1 << 18
_SAMPLE_RECORDS = 30
_TITLES = 10
_SEP = re.compile(r"\ufeff?sep=([,;\t|])\r?\n?", re.IGNORECASE)
_END = "\ue000end of the file\ue000"
_BINARY = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a compressed file",
    b"SQLite format 3": "a database",
}


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
    def described(self) -> str:
        """Encoding and delimiter, in words."""
        separator = {"\t": "tab"}.get(self.delimiter, self.delimiter)
        return _("{encoding}, separated by {separator}").format(encoding=self.encoding, separator=separator)

    def most_rows(self) -> int | None:
        """How many lines the file has, at least as many as records; None where no single byte ends a line."""
        if self.encoding.lower().startswith(("utf-16", "utf-32")):
            return None
        with self.path.open("rb") as file:
            lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
        return max(lines - self.heading_line, 1)

    def rows(self) -> Iterator[Row]:
        """The records below the headings; empty ones are left out, short ones padded with "".

        TableError for bytes that are not in the encoding, an unclosed quote, and a cell of more than 1 MB.
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

    Title lines above the headings are passed over. TableError if it cannot be read, is empty, binary or not decodable.
    """
    encoding, delimiter = reading.encoding, reading.delimiter
    head = _head(path)
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise TableError(_("{path}: the file is empty").format(path=path))
    for magic, what in _BINARY.items():
        if head.startswith(magic):
            message = _("{path}: this is {what}; save the sheet as CSV and import that")
            raise TableError(message.format(path=path, what=what))
    marked = head.startswith(codecs.BOM_UTF8) and encoding in ("utf-8", "utf8")
    encoding = "utf-8-sig" if marked else encoding or detect_encoding(head)
    text = _decoded(path, head, encoding)
    controls = sum(ord(character) < 32 and character not in "\t\n\r\f\v\0\x1a" for character in text)
    if controls * 8 > len(text):
        raise TableError(_("{path}: this is no text; save the table as CSV and import that").format(path=path))
    lines = list(io.StringIO(text.replace("\0", ""), newline=""))
    if len(head) >= HEAD:
        lines = lines[:-1] or lines  # the last one may have been cut
    hint = _SEP.fullmatch(lines[0])
    delimiter = delimiter or (hint[1] if hint else _delimiter(lines))
    first = list(islice(_records(path, encoding, delimiter), _SAMPLE_RECORDS))
    line, headings = _heading_row(first[1:] if hint else first, path)
    return Delimited(path, encoding, delimiter, headings, line)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return sample(file)
    except OSError as error:
        raise unreadable(path, error) from error


def _decoded(path: Path, head: bytes, encoding: str) -> str:
    """The head as text, without a character that its end cuts in two."""
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(head, final=len(head) < HEAD)
    except LookupError as error:
        raise TableError(_('unknown encoding "{name}"').format(name=encoding)) from error
    except UnicodeError as error:
        raise _undecodable(path, encoding) from error


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


def _heading_row(first: Sequence[tuple[int, list[str]]], path: Path) -> tuple[int, tuple[str, ...]]:
    """The line and the cells of the heading row: the first of ten that is more than half as full as the fullest."""
    filled = [sum(1 for cell in cells if cell.strip()) for _line, cells in first]
    if not any(filled):
        raise TableError(_("{path}: the file is empty").format(path=path))
    for (line, cells), count in islice(zip(first, filled, strict=True), _TITLES):
        if count * 2 > max(filled):
            return line, _named(cells)
    line, cells = first[filled.index(max(filled))]
    return line, _named(cells)


def _named(cells: Sequence[str]) -> tuple[str, ...]:
    """The headings, cleaned; columns at the end without a heading are left off."""
    headings = [clean(undefuse(cell), 200) for cell in cells]
    while headings and not headings[-1]:
        headings.pop()
    return tuple(headings)


def _trimmed(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    """The cells without empty ones beyond the headings: what stands there under no heading is kept."""
    end = len(cells)
    while end > width and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """All records, each with the physical line on which it begins."""
    csv.field_size_limit(LONGEST_CELL)
    with _stream(path, encoding) as stream:
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
            raise _undecodable(path, encoding) from error
        except csv.Error as error:
            if reader.line_num - before > LINES:
                raise _unclosed(path, before + 1) from error
            message = _("{path}, line {line}: a cell is longer than 1 MB")
            raise TableError(message.format(path=path, line=before + 1)) from error


def _stream(path: Path, encoding: str) -> IO[str]:
    """The file as text with its line ends as they are, NULs left out."""
    try:
        raw: io.RawIOBase = io.FileIO(path)
    except OSError as error:
        raise unreadable(path, error) from error
    wide = encoding.lower().replace("_", "-").startswith(("utf-16", "utf-32"))
    if not wide:
        raw = _WithoutNuls(raw)
    return io.TextIOWrapper(io.BufferedReader(raw, _BUFFER), encoding, newline="")


class _WithoutNuls(io.RawIOBase):
    """A file without its NUL bytes."""

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while block := self._raw.read(len(buffer)):
            if kept := block.replace(b"\0", b""):
                buffer[: len(kept)] = kept
                return len(kept)
        return 0

    def close(self) -> None:
        self._raw.close()
        super().close()


def _unclosed(path: Path, line: int) -> TableError:
    message = _("{path}, line {line}: a quote opens here and is not closed; close or remove it")
    return TableError(message.format(path=path, line=line))


def _undecodable(path: Path, encoding: str) -> TableError:
    """The error for bytes that are not in the encoding, with the line of the first."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode(encoding)
            except UnicodeError:
                message = _("{path}, line {line}: not {encoding}; name the encoding of the file")
                return TableError(message.format(path=path, line=number, encoding=encoding))
    return TableError(_("{path}: not {encoding}; name the encoding of the file").format(path=path, encoding=encoding))


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
