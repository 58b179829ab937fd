"""Where the head and length of the journal's chain are kept outside the database: a log beside it, and the names of its
backups. What the chain alone cannot show, a tail that was cut off or a chain made anew, no longer fits an anchor.

The log (`NAME.log`) has a line for each backup, sweep, check and restore: moment, what, length, hash, and words. It is
evidence, no more: who can write into it can rewrite that too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import apsw

from crm_tui.domain import backups
from crm_tui.domain.text import clean
from crm_tui.store import chain
from crm_tui.store.chain import Head

_LINE = re.compile(
    r"(?P<at>\S+) (?P<what>backup|sweep|check|restore) (?P<length>\d{1,18}) (?P<hash>[0-9a-f]{64}|-)"
    r"(?: since (?P<common>\d{1,18}))?(?: (?P<words>.*))?"
)


class Anchor(NamedTuple):
    """That the chain had that length, and its last hash began so, at that moment (aware), as is said at `where`."""

    at: datetime
    length: int
    hash: str
    where: str


def log_path(database: Path) -> Path:
    """The log of a database."""
    return database.with_name(f"{database.name}.log")


def folder(database: Path) -> Path:
    """Where the backups of a database lie unless told otherwise."""
    return database.with_name("backups")


def note(database: Path, at: datetime, what: str, head: Head, words: str = "", common: int | None = None) -> bool:
    """Append a line to the log; whether it could be written. `common` is for a restore: the length up to which the
    chain that it brought is that which was there.
    """
    since = "" if common is None else f" since {common}"
    moment = at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    line = f"{moment} {what} {head.length} {head.hash or '-'}{since} {' '.join(clean(words).split())}".rstrip()
    try:
        handle = os.open(log_path(database), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return False
    try:
        os.write(handle, f"{line}\n".encode())
        os.fsync(handle)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def known(database: Path) -> list[Anchor]:
    """All anchors that hold of the database, in the order of their moments: what a restore left behind does not."""
    found: list[Anchor] = []
    restores: list[tuple[datetime, int]] = []
    for anchor, what, common in _lines(log_path(database)):
        if what == "restore":
            left = anchor.length if common is None else common
            restores.append((anchor.at, left))
            found = [one for one in found if one.length <= left]
        found.append(anchor)
    for name in _names(database):
        if not any(name.at <= at and name.length > left for at, left in restores):
            found.append(Anchor(name.at, name.length, name.hash, name.text))
    return sorted((one for one in found if one.length and one.hash), key=lambda one: one.at)


def _lines(log: Path) -> Iterable[tuple[Anchor, str, int | None]]:
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for number, line in enumerate(text.splitlines(), 1):
        found = _LINE.fullmatch(line)
        if not found:
            continue
        with suppress(ValueError):
            at = datetime.fromisoformat(found["at"])
            common = None if found["common"] is None else int(found["common"])
            if at.tzinfo is not None:
                where = f"{log.name}:{number}"
                yield Anchor(at, int(found["length"]), found["hash"].strip("-"), where), found["what"], common


def _names(database: Path) -> list[backups.Name]:
    try:
        return backups.of(database.stem, os.listdir(folder(database)))
    except OSError:
        return []


def misfits(connection: apsw.Connection, anchors: Iterable[Anchor]) -> list[Anchor]:
    """The anchors that the chain does not fit: it is shorter, or has another entry there."""
    return [one for one in anchors if not fits(connection, one)]


def fits(connection: apsw.Connection, anchor: Anchor) -> bool:
    """Whether the chain has that length at least, and that hash there. What was not sealed yet fits anything."""
    if not anchor.hash.strip("0"):
        return chain.newest(connection) >= anchor.length
    found = chain.hash_of(connection, anchor.length)
    return found is not None and found.startswith(anchor.hash)
