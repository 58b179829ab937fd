"""Where in a TOML text a key stands: what `tomllib` does not tell, and a faulty file's reader wants to know."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crm_tui.domain.expressions import expression

Path = tuple[str | int, ...]
"""From the outermost table inwards: names, and the places (from 1) of tables and of the parts of a list."""

_TABLE = expression(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_NAME = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_KEY = expression(rf"\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=")
_QUOTES = ('"""', "'''", '"', "'")


def places(text: str) -> Mapping[Path, int]:
    """The line (from 1) of each table, key and part of a list in a text that `tomllib` reads."""
    found: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number]
        if heading := _TABLE.match(line):
            table = _opened(_names(heading[2]), counts, many=heading[1] == "[[")
            found.setdefault(table, number + 1)
        elif key := _KEY.match(line):
            path = (*table, *_names(key[1]))
            found[path] = number + 1
            number = _value(lines, number, key.end(), path, found)
        number += 1
    return found


def line_of(found: Mapping[Path, int], path: Path) -> int | None:
    """The line of the path, or where what is in it begins; else of the nearest that holds it. None where none does."""
    for n in range(len(path), 0, -1):
        within = [line for other, line in found.items() if other[:n] == path[:n]]
        if within:
            return min(within)
    return None


def key_at(text: str, number: int) -> str:
    """The key whose value ends in that line (from 1), or the table that it opens; empty for none."""
    lines = text.splitlines()
    for line in reversed(lines[:number]):
        if found := _KEY.match(line):
            return found[1]
        if heading := _TABLE.match(line):
            return heading[2]
    return ""


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, text))


def _opened(names: tuple[str, ...], counts: dict[Path, int], *, many: bool) -> Path:
    """The path of a table, each list of tables on it at its newest."""
    path: Path = ()
    for place, name in enumerate(names, 1):
        path = (*path, name)
        if many and place == len(names):
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _value(lines: list[str], number: int, at: int, path: Path, found: dict[Path, int]) -> int:
    """The line in which the value ends that begins in `lines[number]` at `at`; notes the parts of lists in it."""
    depth, parts, quote, fresh = 0, 0, "", False
    while number < len(lines):
        line = lines[number]
        while at < len(line):
            if quote:
                if line.startswith(quote, at) and not (quote[0] == '"' and _is_escaped(line, at)):
                    at, quote = at + len(quote), ""
                else:
                    at += 1
                continue
            mark = line[at]
            if mark == "#":
                break
            if fresh and not mark.isspace() and mark != "]":
                parts, fresh = parts + 1, False
                found[(*path, parts)] = number + 1
            quote = next((q for q in _QUOTES if line.startswith(q, at)), "")
            at += len(quote) or 1
            depth += (mark in "[{") - (mark in "]}")
            fresh = fresh or (depth == 1 and mark in "[,")
        if depth <= 0 and len(quote) != 3:
            return number
        number, at = number + 1, 0
    return number


def _is_escaped(line: str, at: int) -> bool:
    before = line[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1
