"""JSON as a table: an object a line, one after another, or all in one array; the keys of all of them are the headings.

One object is held at a time. What an object has in a list of objects stays as it was written, no key is dropped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO, Any

from crm_tui.domain.language import _
from crm_tui.domain.text import clean
from crm_tui.formats import cells, text_files
from crm_tui.formats.recognition import NAMES, although
from crm_tui.formats.tables import LONGEST_CELL, Reading, Row, TableError

#: The most keys of all objects together.
MOST_KEYS = 2_000

_LARGEST = 1 << 24
"""Characters of one object."""
_BLOCK = 1 << 18
_LONG = re.compile(f'[^"]{{{LONGEST_CELL + 1}}}')
_DEEPEST = 20
_BETWEEN = " \t\r\n,\ufeff"


@dataclass(frozen=True)
class Objects:
    """A table of JSON objects (formats.tables.Table)."""

    path: Path
    encoding: str
    keys: tuple[str, ...]
    """The keys, those inside an object within joined to its own by a space."""
    count: int

    @property
    def headings(self) -> tuple[str, ...]:
        """The keys, cleaned."""
        return tuple(clean(key, 200) for key in self.keys)

    @property
    def reading(self) -> Reading:
        """Format and encoding."""
        return Reading("jsonl", self.encoding)

    @property
    def defused(self) -> bool:
        """No: nothing of an object is a formula."""
        return False

    @property
    def described(self) -> str:
        """Format and encoding, in words."""
        return f"{NAMES['jsonl']}, {self.encoding}" + although(self.path, "jsonl")

    def most_rows(self) -> int:
        """How many objects there are."""
        return self.count

    def rows(self) -> Iterator[Row]:
        """The objects, each with the line on which it begins. TableError for what is none, with its line."""
        keys, make = self.keys, Row
        for line, found in _objects(self.path, self.encoding):
            flat = _flat(self.path, line, found)
            row = tuple([flat.get(key, "") for key in keys])
            if any(row):
                yield make(line, row)


def open_table(path: Path, reading: Reading) -> Objects:
    """The table in the file; it is read once for the keys. TableError for what is no object, with its line."""
    head = text_files.head_of(path)
    encoding = text_files.encoding_of(head, reading.encoding)
    text_files.decoded(path, head, encoding)
    keys: dict[str, None] = {}
    count = 0
    for line, found in _objects(path, encoding):
        count += 1
        if not found.keys() <= keys.keys() or any(type(value) is dict for value in found.values()):
            keys |= dict.fromkeys(_flat(path, line, found))
            if len(keys) > MOST_KEYS:
                message = _("{path}, line {line}: more than {n} different keys: this is no table")
                raise TableError(message.format(path=path, line=line, n=f"{MOST_KEYS:,}"))
    if not keys:
        raise TableError(_("{path}: the file is empty").format(path=path))
    return Objects(path, encoding, tuple(keys), count)


def _flat(path: Path, line: int, found: dict[str, Any]) -> dict[str, str]:
    """The object as texts; what lies in objects within it has the keys joined by a space."""
    flat: dict[str, str] = {}
    for key, value in found.items():
        if type(value) is str:
            flat[key] = value
        elif type(value) is dict and value:
            _deeper(flat, key, value, _DEEPEST)
        else:
            flat[key] = _text(value)
    if any(len(text) > LONGEST_CELL for text in flat.values()):
        raise TableError(_("{path}, line {line}: a cell is longer than 1 MB").format(path=path, line=line))
    return flat


def _deeper(flat: dict[str, str], before: str, found: dict[str, Any], left: int) -> None:
    for key, value in found.items():
        if type(value) is dict and value and left:
            _deeper(flat, f"{before} {key}", value, left - 1)
        else:
            flat[f"{before} {key}"] = _text(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if type(value) is bool:
        return "true" if value else "false"
    if value in ({}, []):
        return ""
    if type(value) is list and not any(type(one) in (list, dict) for one in value):
        return ", ".join(filter(None, map(_text, value)))
    return value if type(value) is str else json.dumps(value, ensure_ascii=False)


def _figure(text: str) -> str:
    """A number with a point or an exponent as it would be typed: 1e5 is 100000, 1.50 stays."""
    if "e" not in text and "E" not in text and not text.endswith(".0"):
        return text
    return cells.number(float(text))


_DECODER = json.JSONDecoder(parse_float=_figure, parse_int=str, parse_constant=lambda _text: "")


def _objects(path: Path, encoding: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each object and the line on which it begins."""
    try:
        with text_files.stream(path, encoding) as stream:
            number, line = 0, "\n"
            while line and not line.strip(_BETWEEN):
                number, line = number + 1, stream.readline(_BLOCK)
            first = None
            if line.lstrip("\ufeff \t").startswith("{"):
                if not line.endswith(("\n", "\r")):
                    line += stream.readline(_LARGEST)
                first = _decoded(line.strip(_BETWEEN))
            found = _scattered(path, stream, number, line) if first is None else _lines(path, stream, number, first)
            yield from found
    except UnicodeError as error:
        raise text_files.undecodable(path, encoding) from error


def _decoded(text: str) -> dict[str, Any] | None:
    """The object that the text is; None if it is none."""
    try:
        found = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _lines(path: Path, stream: IO[str], number: int, first: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """An object a line, the first of which is read already."""
    yield number, first
    while line := stream.readline(_LARGEST):
        number += 1
        if text := line.strip(_BETWEEN):
            found = _decoded(text)
            if found is None:
                raise _too_large(path, number, line) if len(line) == _LARGEST else _broken(path, number)
            yield number, found


def _scattered(path: Path, stream: IO[str], number: int, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Objects one after another over the lines, within one array or none; `text` begins on line `number`."""
    array = ended = False
    buffer = ""
    for block in chain((text,), iter(lambda: stream.read(_BLOCK), ""), ("",)):
        buffer, place = buffer + block, 0
        while (after := _passed(buffer, place)) < len(buffer):
            number += buffer.count("\n", place, after)
            place, sign = after, buffer[after]
            if not ended and sign == ("]" if array else "["):
                array, ended, place = True, array, place + 1
                continue
            if sign != "{" or ended:
                raise _broken(path, number)
            try:
                found, end = _DECODER.raw_decode(buffer, place)
            except (ValueError, RecursionError) as error:
                if len(buffer) - place >= _LARGEST:
                    raise _too_large(path, number, buffer) from error
                if not block:
                    raise _broken(path, number) from error
                break  # the rest of it comes with the next block
            yield number, found
            number += buffer.count("\n", place, end)
            place = end
        else:
            number += buffer.count("\n", place)
            place = len(buffer)
        buffer = buffer[place:]
    if array and not ended:
        raise TableError(_("{path}: the file is cut off: its array has no end; copy it once more").format(path=path))


def _passed(text: str, place: int) -> int:
    """The place after what stands between objects."""
    while place < len(text) and text[place] in _BETWEEN:
        place += 1
    return place


def _broken(path: Path, line: int) -> TableError:
    message = _("{path}, line {line}: this is no JSON object; correct the line or take it out")
    return TableError(message.format(path=path, line=line))


def _too_large(path: Path, line: int, text: str) -> TableError:
    if _LONG.search(text):
        return TableError(_("{path}, line {line}: a cell is longer than 1 MB").format(path=path, line=line))
    message = _("{path}, line {line}: this object is longer than 16 MB; take it out")
    return TableError(message.format(path=path, line=line))
