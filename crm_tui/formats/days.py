"""The days of a column as a table writes them: one order of day and month for the whole column, never one per cell.

A year has four digits: what "01-02-03" means is asked, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.text import ascii_twin

Order = Literal["dmy", "mdy"]

_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_TIME = r"(?:[T\s]+[0-9]{1,2}[:点时].*)?"
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_YEAR_FIRST = re.compile(rf"([0-9]{{4}})\s*[-/.年\s]\s*([0-9]{{1,2}})\s*[-/.月\s]\s*([0-9]{{1,2}})\s*日?{_TIME}")
_YEAR_LAST = re.compile(rf"([0-9]{{1,2}})\s*[-/.\s]\s*([0-9]{{1,2}})\s*[-/.\s]\s*([0-9]{{4}}){_TIME}")
_CLOCK = re.compile(r"[T\s]([0-9]{1,2}):([0-5][0-9])(?::[0-9]{2})?\s*(pm|PM)?")
_COMPACT = re.compile(r"((?:19|20|21)[0-9]{2})([0-9]{2})([0-9]{2})")
_SHORT = re.compile(rf"[0-9]{{1,2}}\s*[-/.\s]\s*[0-9]{{1,2}}\s*[-/.\s]\s*[0-9]{{2}}{_TIME}")
_SERIAL = re.compile(r"([1-9][0-9]{4})(?:[.][0-9]+)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(rf"([0-9]{{1,2}})(?:st|nd|rd|th)?[-/.,\s]+([a-z]{{3,9}})[-/.,\s]+([0-9]{{4}}){_TIME}")
_NAME_FIRST = re.compile(rf"([a-z]{{3,9}})[-/.,\s]+([0-9]{{1,2}})(?:st|nd|rd|th)?[-/.,\s]+([0-9]{{4}}){_TIME}")
_FULL_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
# The day that spreadsheets count from, as theirs have a 29th of February 1900.
_EPOCH = date(1899, 12, 30)


@dataclass
class Seen:
    """What a column shows of its order: the first cells (line, text) with more than 12 in first and in second place,
    and the first that could be either.
    """

    day_first: tuple[int, str] | None = None
    month_first: tuple[int, str] | None = None
    either: tuple[int, str] | None = None

    def look(self, line: int, text: str) -> None:
        """Take one more cell in."""
        if _ISO.match(text):
            return
        found = _YEAR_LAST.fullmatch(ascii_twin(text.strip()))
        if found is None:
            return
        first, second = int(found[1]), int(found[2])
        if first > 12 >= second:
            self.day_first = self.day_first or (line, text.strip())
        elif second > 12 >= first:
            self.month_first = self.month_first or (line, text.strip())
        elif first != second:
            self.either = self.either or (line, text.strip())

    @property
    def order(self) -> Order | None:
        """The order that the cells show; None where they show none, or both."""
        if self.day_first and not self.month_first:
            return "dmy"
        return "mdy" if self.month_first and not self.day_first else None

    @property
    def torn(self) -> bool:
        """Whether some cells have the day first and some the month."""
        return self.day_first is not None and self.month_first is not None


def settle(columns: dict[str, Seen], given: Order | None, assumed: Order) -> tuple[dict[str, Order], tuple[str, ...]]:
    """The order of each column (by heading), and what is to be said of those for which it was assumed.

    What one column shows goes for those that show nothing. UsageError that names two rows where a column has both
    orders and none is `given`.
    """
    if given:
        return dict.fromkeys(columns, given), ()
    for heading, seen in columns.items():
        if seen.torn:
            raise _torn(heading, seen)
    shown = {seen.order for seen in columns.values()} - {None}
    common: Order | None = shown.pop() if len(shown) == 1 else None
    said: list[str] = []
    orders: dict[str, Order] = {}
    for heading, seen in columns.items():
        orders[heading] = seen.order or common or assumed
        if seen.either and not seen.order and not common:
            message = _("{heading}: {text} is taken for {day}; --dates {other} says otherwise")
            day = parse_day(seen.either[1], assumed)
            other = "mdy" if assumed == "dmy" else "dmy"
            said.append(message.format(heading=heading, text=seen.either[1], day=day, other=other))
    return orders, tuple(said)


def _torn(heading: str, seen: Seen) -> UsageError:
    assert seen.day_first is not None
    assert seen.month_first is not None
    message = _(
        "{heading}: line {line} has the day first ({text}) and line {line2} the month ({text2}): correct one, or say"
        " which with --dates dmy or --dates mdy"
    )
    (line, text), (line2, text2) = seen.day_first, seen.month_first
    return UsageError(message.format(heading=heading, line=line, text=text, line2=line2, text2=text2))


def parse_day(text: str, order: Order) -> str:
    """The ISO day that the text means; UsageError for a text that is no day.

    2026-03-01, 2026/3/1, 20260301, 2026年3月1日, 1-Mar-2026, March 1, 2026, in `order` 01/03/2026, and the numbers of
    days by which spreadsheets keep dates. A time of day after it is left off.
    """
    plain = text.strip()
    found = _ISO.fullmatch(plain) or _YEAR_FIRST.fullmatch(plain := ascii_twin(plain)) or _COMPACT.fullmatch(plain)
    if found:
        return _day(text, found[1], found[2], found[3])
    if found := _YEAR_LAST.fullmatch(plain):
        day, month = (found[1], found[2]) if order == "dmy" else (found[2], found[1])
        return _day(text, found[3], month, day)
    if found := _SERIAL.fullmatch(plain):
        return (_EPOCH + timedelta(days=int(found[1]))).isoformat()
    lower = plain.casefold()
    if found := _NAMED.fullmatch(lower):
        return _day(text, found[3], _month(text, found[2]), found[1])
    if found := _NAME_FIRST.fullmatch(lower):
        return _day(text, found[3], _month(text, found[1]), found[2])
    if _SHORT.fullmatch(plain):
        raise UsageError(_('date "{text}": write the year with four digits').format(text=text.strip()), text, 0)
    raise _unreadable(text)


def moment(text: str, order: Order) -> tuple[str, str] | None:
    """The ISO day, and the time of day (HH:MM, "" for none), of a text with the year last or of a spreadsheet's number;
    None for one that is neither. UsageError for a day that there is not.
    """
    plain = ascii_twin(text.strip())
    if found := _SERIAL.fullmatch(plain):
        minutes = round(float(plain) % 1 * 24 * 60)
        return parse_day(plain, order), f"{minutes // 60 % 24:02}:{minutes % 60:02}" if minutes else ""
    if not _YEAR_LAST.fullmatch(plain):
        return None
    found = _CLOCK.search(plain)
    if found is None:
        return parse_day(plain, order), ""
    hour = int(found[1]) + (12 if found[3] and int(found[1]) < 12 else 0)
    if hour > 23:
        raise _unreadable(text)
    return parse_day(plain, order), f"{hour:02}:{found[2]}"


def looks_last(text: str) -> bool:
    """Whether the year comes last, and the order of day and month is asked."""
    return _YEAR_LAST.fullmatch(ascii_twin(text.strip())) is not None


def _month(text: str, word: str) -> int:
    for number, (short, whole) in enumerate(zip(_MONTHS, _FULL_MONTHS, strict=True), 1):
        if word in (short, whole, "sept" if number == 9 else short):
            return number
    raise _unreadable(text)


def _day(text: str, year: str | int, month: str | int, day: str | int) -> str:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError as error:
        raise UsageError(_('there is no day "{text}"').format(text=text.strip()), text, 0) from error
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise UsageError(_('there is no day "{text}"').format(text=text.strip()), text, 0)
    return found.isoformat()


def _unreadable(text: str) -> UsageError:
    return UsageError(_('cannot read the date "{text}": write it like 2026-03-01').format(text=text.strip()), text, 0)


def look_at(columns: Iterable[tuple[int, Seen]], line: int, cells: tuple[str, ...]) -> None:
    """Take one more row in: of each column (number, what it shows so far) its cell."""
    for column, seen in columns:
        if text := cells[column]:
            seen.look(line, text)
