"""What every table is, whatever file it lies in: headings, and rows of text below them, read one at a time.

A file is read as it was meant or refused with one clear line, never read with losses. Cells come as they stand in the
file: `undefuse` and the cleaning of text are the reader's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol

from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _

#: The longest cell, in characters.
LONGEST_CELL = 1 << 20


class TableError(CrmError):
    """The file is no table that can be read. Its text names the file, where, and what to do."""


class Row(NamedTuple):
    """A record: the line of the file on which it begins (from 1; of a workbook the sheet's row, of cards and objects
    what their format counts by), and its cells, at least as many as headings.
    """

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """How a file is to be read; what is None is recognised.

    `sheet` is its name or its number, from 1; `format` a name or an ending that `recognition.named` knows.
    """

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    workbooks: bool = True
    """Whether workbooks are read: not where nothing may be executed, as their parser is a process of its own."""


class Table(Protocol):
    """An opened table. `rows` may be called again; each call reads the file from its start."""

    @property
    def path(self) -> Path: ...

    @property
    def headings(self) -> tuple[str, ...]: ...

    @property
    def reading(self) -> Reading:
        """How it was read: opening the file again so gives the same table."""

    @property
    def described(self) -> str:
        """The same in a few words, as in "utf-8, separated by ;"."""

    @property
    def defused(self) -> bool:
        """Whether cells may carry the `'` of `defuse`: a text table's do, a workbook's, card's or object's do not."""

    def rows(self) -> Iterator[Row]:
        """The records below the headings, as they are: empty ones left out, short ones padded with "". TableError."""

    def most_rows(self) -> int | None:
        """The most rows that there can be; None where that is not known before they are read."""


def open_table(path: Path, reading: Reading | None = None) -> Table:
    """The table in the file, of whatever format; what the reading leaves open is recognised, by the content first.

    TableError for what is no table; UsageError for a format that there is not.
    """
    from crm_tui.formats import recognition, text_files

    reading = reading or Reading()
    told = reading.format
    kind = recognition.named(told) if told else recognition.recognise(path, text_files.head_of(path))
    if kind == "vcard":
        from crm_tui.formats import cards

        return cards.open_table(path, reading)
    if kind == "jsonl":
        from crm_tui.formats import objects

        return objects.open_table(path, reading)
    if kind not in ("csv", "tsv"):
        from crm_tui.formats import workbooks

        return workbooks.open_table(path, reading)
    from crm_tui.formats import delimited

    tab = "\t" if kind == "tsv" else None
    return delimited.open_table(path, replace(reading, delimiter=reading.delimiter or tab))


def unreadable(path: Path, error: OSError) -> TableError:
    """The error for a file that the system does not let be read."""
    return TableError(_("{path}: cannot be read: {reason}").format(path=path, reason=error.strerror or error))


# What a spreadsheet may take for a formula, in ASCII and as an input method makes it.
_FORMULA = re.compile("'*[=+@|%\t\r\n\uff1d\uff0b\uff0d\uff20\uff5c\uff05-]")
_NUMBER = re.compile(r"[+-]?[0-9][0-9 ().,-]*%?(?: ext [0-9]+)?")


def defuse(cell: str) -> str:
    """The cell as it is exported: with a `'` before what a spreadsheet might run, plain and phone numbers excepted."""
    if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def undefuse(cell: str) -> str:
    """The cell that `defuse` was given, for every string; other cells stay as they are."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell
