"""Where in a TOML text its keys stand: `tomllib`, which reads it, keeps no positions.

Only a text that `tomllib` has read comes here, so this has to find its way, not to judge.
"""

from __future__ import annotations

import tomllib
from typing import Any

Path = tuple[str, ...]

_DEPTH = 3
"""Names of a dotted key that are told apart."""

_CLOSING = {"[": "]", "{": "}"}


def positions(text: str) -> dict[Path, int]:
    """The line, from 1 on, of each key and each table that is written out, by its path."""
    return _Scan(text.replace("\r\n", "\n")).run()


def line_of(found: dict[Path, int], path: Path) -> int:
    """The line of a path, else of what it lies in; 0 where nothing is known."""
    return next((found[path[:n]] for n in range(len(path), 0, -1) if path[:n] in found), 0)


class _Scan:
    """A text, and how far it was gone through."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {}

    def run(self) -> dict[Path, int]:
        table: Path = ()
        while self.at < len(self.text):
            character = self.text[self.at]
            if character in " \t\n":
                self.at += 1
            elif character == "#":
                self._to_end_of_line()
            elif character == "[":
                table = self._header()
            else:
                self._entry(table)
        return self.found

    def _line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1

    def _to_end_of_line(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def _header(self) -> Path:
        start = self.at
        self.at += 2 if self.text.startswith("[[", start) else 1
        written = self._until("]")
        self._to_end_of_line()
        path = _path(written)
        self.found.setdefault(path, self._line(start))
        return path

    def _entry(self, table: Path) -> None:
        start = self.at
        path = _path(self._until("="))
        for length in range(1, min(len(path), _DEPTH) + 1):
            self.found.setdefault((*table, *path[:length]), self._line(start))
        self.at += 1
        self._value()

    def _until(self, stop: str) -> str:
        """What stands before the next `stop` that is in no quotes."""
        start = self.at
        while self.at < len(self.text) and self.text[self.at] != stop:
            self._step()
        return self.text[start : self.at]

    def _value(self) -> None:
        depth = 0
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == "\n" and depth <= 0:
                return
            if character == "#":
                self._to_end_of_line()
                continue
            depth += (character in _CLOSING) - (character in _CLOSING.values())
            self._step()

    def _step(self) -> None:
        """Over one character, or over a whole text in quotes."""
        quote = self.text[self.at]
        if quote not in "\"'":
            self.at += 1
            return
        mark = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(mark)
        while self.at < len(self.text) and not self.text.startswith(mark, self.at):
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += len(mark)
        while len(mark) == 3 and self.text.startswith(quote, self.at):  # a text may end in quotes of its own
            self.at += 1


def _path(written: str) -> Path:
    """A key as it is written, `a."b c"`, as the names that it consists of."""
    found: Any = tomllib.loads(f"{written} = 0")
    path: list[str] = []
    while isinstance(found, dict):
        name, found = next(iter(found.items()))
        path.append(name)
    return tuple(path)
