"""Workbooks (XLSX, XLSB, XLS, ODS) as tables: a process of its own parses them, rows come through a file, in batches.

This process holds one batch, whatever the size of the sheet, and never parses a byte of the workbook. The file of rows
has no name: it is gone with the last table that reads it, and the parsing ends with it.
"""

from __future__ import annotations

import marshal
import os
import struct
import subprocess
import sys
import threading
import weakref
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from crm_tui.domain.language import _
from crm_tui.domain.text import clean
from crm_tui.formats.heading_rows import Span, headings_of
from crm_tui.formats.recognition import NAMES, although
from crm_tui.formats.tables import Reading, Row, TableError, unreadable

_CHILD = "import sys; sys.path[:] = sys.argv.pop(1).split(chr(10)); from crm_tui.formats.sheets import main; main()"


@dataclass(frozen=True)
class Workbook:
    """A sheet of a workbook (formats.tables.Table)."""

    path: Path
    headings: tuple[str, ...]
    heading_line: int
    """The sheet's row with the lowest of the headings."""
    sheet: str
    others: tuple[str, ...]
    """The sheets that are not read."""
    kind: str
    _parsed: Parsed = field(repr=False, compare=False)

    @property
    def reading(self) -> Reading:
        """Format and sheet."""
        return Reading(self.kind, sheet=self.sheet)

    @property
    def defused(self) -> bool:
        """No: a text cell is text to every spreadsheet, and its `'` is its own."""
        return False

    @property
    def described(self) -> str:
        """Format and sheet, in words."""
        sheets = ", ".join((self.sheet, *self._parsed.facts["more"]))
        said = _("{format}, sheet {sheet}").format(format=NAMES[self.kind], sheet=sheets)
        if self.others:
            message = _("{format}, sheet {sheet}, of {n}: {others}")
            others, n = ", ".join(self.others), len(self._parsed.facts["sheets"])
            said = message.format(format=NAMES[self.kind], sheet=sheets, n=n, others=others)
        return said + although(self.path, self.kind)

    def most_rows(self) -> int | None:
        """How many rows the sheet has below the headings, empty ones counted; None for one that goes on in others."""
        if self._parsed.facts["more"]:
            return None
        return max(int(self._parsed.facts["rows"]) - self.heading_line, 1)

    def rows(self) -> Iterator[Row]:
        """The sheet's rows that are not empty, each with its number. TableError when it cannot be read to the end."""
        width = len(self.headings)
        padding = ("",) * width
        make = Row
        for lines, batch in self._parsed.batches():
            for line, cells in zip(lines, batch, strict=True):
                if line > self.heading_line:
                    if len(cells) < width:
                        cells += padding[len(cells) :]
                    elif len(cells) > width and not any(cells[width:]):
                        cells = cells[:width]
                    yield make(line, cells)


def open_table(path: Path, reading: Reading) -> Workbook:
    """The table on the sheet that is told, else on the first that has one. TableError that says what is the matter."""
    if not reading.workbooks:
        raise _unfit(path, "forbidden")
    parsed = _parsed(path, reading.sheet)
    facts = parsed.facts
    first = [Row(line, cells) for line, cells in facts["first"]]
    line, headings = headings_of(first, [Span(*span) for span in facts["spans"]])
    if not headings:
        raise TableError(_("{path}, sheet {sheet}: the sheet is empty").format(path=path, sheet=facts["sheet"]))
    read = {facts["sheet"], *facts["more"]}
    others = tuple(name for name in facts["sheets"] if name not in read)
    return Workbook(path, headings, line, facts["sheet"], others, facts["kind"], parsed)


_Key = tuple[str, int, int, int, int, str | None]
_known: weakref.WeakValueDictionary[_Key, Parsed] = weakref.WeakValueDictionary()
_knowing = threading.Lock()


def _parsed(path: Path, sheet: str | None) -> Parsed:
    """The sheet as it is being parsed, or was for a table that is still there, if the file is the same."""
    try:
        found = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    key = (str(path.absolute()), found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, sheet)
    with _knowing:
        parsed = _known.get(key)
    if parsed is None:
        parsed = Parsed(path, sheet)
        with _knowing:
            _known[key] = _known[(*key[:-1], parsed.facts["sheet"])] = parsed
    return parsed


class Parsed:
    """The rows of a sheet as a process writes them into a file, for as many readers as there are, in any thread.

    `facts`: what `sheets.read` says first.
    """

    def __init__(self, path: Path, sheet: str | None) -> None:
        """Start the process and wait for the facts. TableError."""
        from tempfile import TemporaryFile

        self._path = path
        self._lock = threading.Lock()
        self._places: list[tuple[int, int]] = []
        self._ended = False
        self._error: TableError | None = None
        try:
            self._spool = TemporaryFile(buffering=0)  # noqa: SIM115 (it lasts as long as this)
            self._process, self._pipe = _started(path, sheet, self._spool.fileno())
        except PermissionError as error:
            raise _unfit(path, "forbidden") from error
        except OSError as error:
            raise unreadable(path, error) from error
        self._close = weakref.finalize(self, _end, self._process, self._pipe, self._spool)
        self.facts: dict[str, Any] = self._message()[1]

    def batches(self) -> Iterator[tuple[list[int], list[tuple[str, ...]]]]:
        """Lines and cells, from the first; waits for what is not parsed yet."""
        number = 0
        while number < len(self._places) or self._more(number):
            start, length = self._places[number]
            data = os.pread(self._spool.fileno(), length, start)
            yield marshal.loads(zlib.decompress(data))
            number += 1

    def _more(self, number: int) -> bool:
        """Whether there is a batch of that number."""
        with self._lock:
            while not self._ended and number >= len(self._places):
                message = self._message()
                if message[0] == "rows":
                    self._places.append((message[2], message[3]))
                else:
                    self._ended = True
                    self._process.wait()
            return number < len(self._places)

    def _message(self) -> tuple[Any, ...]:
        """What the process says next. TableError when it says what is the matter, or ended without a word."""
        if self._error is None:
            head = self._pipe.read(4)
            data = self._pipe.read(struct.unpack("<I", head)[0]) if len(head) == 4 else b""
            message: tuple[Any, ...] = marshal.loads(data) if data else ("died",)
            if message[0] not in ("died", "unfit"):
                return message
            why = message[1:] if data else (_cause(self._process.wait()),)
            self._error = _unfit(self._path, *why)
            self._close()
        raise self._error


def _started(path: Path, sheet: str | None, spool: int) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    reading, writing = os.pipe()
    told = "" if sheet is None else f"={sheet}"
    modules = "\n".join(map(os.path.abspath, sys.path))
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", _CHILD, modules, str(path.absolute()), told, str(writing), str(spool)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(writing, spool), start_new_session=True, cwd="/",
        )  # fmt: skip
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    return process, open(reading, "rb")


def _end(process: subprocess.Popen[bytes], *files: IO[bytes]) -> None:
    process.kill()
    process.wait()
    for file in files:
        file.close()


def _cause(code: int) -> str:
    """Why a parser ended without a word, from its exit code: its time or its memory was up."""
    import signal

    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return "time"
    return "memory" if code == -signal.SIGABRT else "damaged"


def _unfit(path: Path, why: str, *facts: Any) -> TableError:
    """What is the matter with the workbook and what to do, in one line."""
    told = {
        "damaged": _("{path}: the workbook is damaged or cut off: copy it once more, or open it and save it anew"),
        "encrypted": _("{path}: the workbook is protected by a password: save it without one"),
        "bomb": _("{path}: {packed} MB would become {total} MB: save the sheet as CSV and import that"),
        "memory": _("{path}: the sheet needs too much memory: delete what stands far below or to the right of the"
                    " table, or save it as CSV"),
        "time": _("{path}: reading the workbook takes too long: save the sheet as CSV and import that"),
        "forbidden": _("{path}: only text formats are read here: save the sheet as CSV and send that"),
        "sheetless": _("{path}: the workbook has no sheet with cells"),
        "empty": _("{path}: the workbook is empty"),
        "continued": _("{path}, sheet {name}: its headings are not those of the sheet that goes on in it; rename it"),
        "cell": _("{path}, row {line}: a cell is longer than 1 MB"),
        "sheet": _("{path}: no such sheet; there are: {sheets}"),
        "system": _("{path}: cannot be read: {reason}"),
        "word": _("{path}: this is a Word document: put its table into a workbook or a CSV file"),
        "presentation": _("{path}: this is a presentation: put its table into a workbook or a CSV file"),
        "numbers": _("{path}: this is a Numbers or Pages document: export it as Excel or CSV"),
        "message": _("{path}: this is an Outlook message: save the table that is attached to it"),
        "office": _("{path}: this is an office document, but no workbook: put its table into a workbook or a CSV file"),
        "archive": _("{path}: this is a zip archive: unpack it and import the table in it"),
        "text": _("{path}: this is no workbook"),
    }  # fmt: skip
    values: dict[str, Any] = {"path": path}
    if why == "bomb":
        values |= {"total": f"{facts[0] / 1e6:,.0f}", "packed": f"{facts[1] / 1e6:,.1f}"}
    elif why == "cell":
        values["line"] = facts[0]
    elif why == "sheet":
        values["sheets"] = ", ".join(clean(name, 100) for name in facts[0])
    elif why == "continued":
        values["name"] = facts[0]
    elif why == "system":
        values["reason"] = facts[0]
    return TableError(told[why].format(**values))
