"""What a backup is called, and which of many are kept. A name says of which moment it is and where the journal's chain
ended then: `crm-20261122T100000Z-1234-0123456789abcdef.db`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

_SHORT = 16
"""Hexadecimal digits of the head's hash in a name."""
_NAME = re.compile(r"(?P<stem>.+)-(?P<at>\d{8}T\d{6}Z)-(?P<length>\d{1,18})-(?P<hash>[0-9a-f]{16})(?P<end>\.[^.]*)?")
_MOMENT = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Name:
    """What a backup's name says: when (aware), how many entries the journal had, how the hash of the last begins."""

    text: str
    stem: str
    at: datetime
    length: int
    hash: str


@dataclass(frozen=True)
class Keep:
    """Of how many of the last days, weeks and months the newest backup is kept; all 0 keeps every backup."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 12


def name(stem: str, end: str, at: datetime, length: int, head: str) -> str:
    """The name of a backup of the database `stem` + `end`."""
    return f"{stem}-{at.astimezone(UTC).strftime(_MOMENT)}-{length}-{_short(head)}{end}"


def _short(head: str) -> str:
    return (head + "0" * _SHORT)[:_SHORT]


def tells(text: str, length: int, head: str) -> bool:
    """Whether the name is that of a backup whose chain ends there, or no backup's, which tells nothing."""
    named = parse(text)
    return named is None or (named.length, named.hash) == (length, _short(head))


def parse(text: str) -> Name | None:
    """What a file's name says, None for one that is no backup's."""
    found = _NAME.fullmatch(text)
    if not found:
        return None
    try:
        at = datetime.strptime(found["at"], _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Name(text, found["stem"], at, int(found["length"]), found["hash"])


def of(stem: str, names: Iterable[str]) -> list[Name]:
    """Those of the names that are backups' of that database, the newest first."""
    parsed = (parse(text) for text in names)
    return sorted((one for one in parsed if one and one.stem == stem), key=lambda one: (one.at, one.text), reverse=True)


def rotation(names: Iterable[str], now: datetime, keep: Keep, stem: str) -> list[str]:
    """The names of the backups to delete, of the database `stem`: what is in no one's stead, as of `now` (its zone's
    days). The newest is never among them, nor what is of the future, nor what is not ours by name.
    """
    if not any((keep.daily, keep.weekly, keep.monthly)):
        return []
    ours = of(stem, names)
    past = [one for one in ours if one.at <= now]
    kept: set[str] = set()
    for count, period in ((keep.daily, _day), (keep.weekly, _week), (keep.monthly, _month)):
        kept |= _newest_of_each(past, count, period, now.tzinfo)
    return [one.text for one in past if one.text not in kept]


def _newest_of_each(
    past: list[Name], count: int, period: Callable[[datetime], object], zone: tzinfo | None
) -> set[str]:
    newest: dict[object, str] = {}
    for one in past:
        newest.setdefault(period(one.at.astimezone(zone)), one.text)
    return set(list(newest.values())[:count])


def _day(at: datetime) -> object:
    return at.date()


def _week(at: datetime) -> object:
    return at.isocalendar()[:2]


def _month(at: datetime) -> object:
    return at.year, at.month
