"""The merged cells in the first rows of an ODS sheet, which the library that reads the cells does not tell."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from xml.parsers import expat

_BLOCK = 1 << 16
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "


class _Found(Exception):
    """Everything that was looked for has been seen."""


def spans_of(path: str, sheet: str, last: int) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """First and last cell, (row, column) from 0, of the merged cells that begin above row `last`."""
    reader = _Reader(sheet, last)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    try:
        with zipfile.ZipFile(path) as archive, archive.open("content.xml") as file:
            while block := file.read(_BLOCK):
                parser.Parse(block)
    except (_Found, expat.ExpatError, KeyError):
        pass
    return reader.spans


class _Reader:
    """Counts the rows and columns of one sheet."""

    def __init__(self, sheet: str, last: int) -> None:
        self.spans: list[tuple[tuple[int, int], tuple[int, int]]] = []
        self._sheet = sheet
        self._last = last
        self._inside = False
        self._row = self._column = self._after = 0

    def start(self, name: str, given: Mapping[str, str]) -> None:
        """An element begins."""
        name = name.removeprefix(_TABLE)
        if name == "table":
            self._inside = given.get(_TABLE + "name") == self._sheet
        elif self._inside and name == "table-row":
            self._row, self._column = self._after, 0
            self._after += _count(given, "number-rows-repeated")
            if self._row >= self._last:
                raise _Found
        elif self._inside and name in ("table-cell", "covered-table-cell"):
            down, across = _count(given, "number-rows-spanned"), _count(given, "number-columns-spanned")
            if down > 1 or across > 1:
                self.spans.append(((self._row, self._column), (self._row + down - 1, self._column + across - 1)))
            self._column += _count(given, "number-columns-repeated")

    def end(self, name: str) -> None:
        """An element ends."""
        if self._inside and name == _TABLE + "table":
            raise _Found


def _count(given: Mapping[str, str], name: str) -> int:
    text = given.get(_TABLE + name, "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1
