"""What is in a folder: names as the system has them, and as they may be shown. It is looked at once."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crm_tui.domain.text import clean, fold

_LONGEST = 250
_UNITS = ("B", "KB", "MB", "GB", "TB")


@dataclass(frozen=True)
class Entry:
    """A file or folder: `name` is the system's, `shown` the same without what would steer a terminal."""

    name: str
    is_folder: bool
    size: int = 0
    modified: float = 0.0

    @property
    def shown(self) -> str:
        """The name as it may be shown, with a slash behind that of a folder."""
        text = clean(os.fsencode(self.name).decode("utf-8", "replace"), _LONGEST) or "?"
        return f"{text}/" if self.is_folder else text

    @property
    def measured(self) -> str:
        """The size of a file for people."""
        return "" if self.is_folder else measured(self.size)

    @property
    def dated(self) -> str:
        """When it was changed last, by the clock on the wall."""
        try:
            return f"{datetime.fromtimestamp(self.modified):%Y-%m-%d %H:%M}" if self.modified else ""
        except (OverflowError, OSError, ValueError):
            return ""


@dataclass(frozen=True)
class Listing:
    """A folder as it was found: folders first, then files, by name; `error` where it could not be read."""

    folder: Path
    entries: tuple[Entry, ...] = ()
    error: str = ""
    others: int = 0
    """Files that are not listed, for their endings or because they are hidden."""


def listing(folder: Path, endings: Sequence[str] = (), *, every: bool = False, files_only: bool = False) -> Listing:
    """What is in the folder: of the files those with one of the endings (any for none), nothing hidden; all if `every`.

    With `files_only` there are no folders, nor anything that is reached through a link.
    """
    found: list[Entry] = []
    others = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                one = _entry(entry, files_only)
                if one is None:
                    continue
                if not every and (one.name.startswith(".") or not (one.is_folder or _fits(one.name, endings))):
                    others += not one.is_folder
                    continue
                found.append(one)
    except OSError as error:
        return Listing(folder, error=error.strerror or str(error))
    found.sort(key=lambda one: (not one.is_folder, one.name.casefold(), one.name))
    return Listing(folder, tuple(found), others=others)


def _entry(entry: os.DirEntry[str], files_only: bool) -> Entry | None:
    """The entry; None for what is neither a file nor a folder, or has gone meanwhile."""
    try:
        found = entry.stat(follow_symlinks=not files_only)
    except OSError:
        return None
    if stat.S_ISDIR(found.st_mode):
        return None if files_only else Entry(entry.name, True, 0, found.st_mtime)
    return Entry(entry.name, False, found.st_size, found.st_mtime) if stat.S_ISREG(found.st_mode) else None


def _fits(name: str, endings: Sequence[str]) -> bool:
    return not endings or name.casefold().endswith(tuple(endings))


def fitting(entries: Sequence[Entry], typed: str) -> list[Entry]:
    """Those with the letters that were typed in their names, first those that begin with them."""
    wanted = fold(typed)
    if not wanted:
        return list(entries)
    folded = [(fold(one.shown), one) for one in entries]
    first = [one for name, one in folded if name.startswith(wanted)]
    return first + [one for name, one in folded if wanted in name and not name.startswith(wanted)]


def prefix(names: Sequence[str]) -> str:
    """How all the names begin."""
    first, last = min(names, default=""), max(names, default="")
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:same]


def measured(size: int) -> str:
    """So many bytes, in a unit in which they are few."""
    number, unit = float(size), 0
    while number >= 999.5 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 or number >= 9.95 else f"{number:.1f} {_UNITS[unit]}"
