"""Numbers, days and ages as half-open spans: every comparison becomes low <= value < high.

Ages count in calendar days of the user's zone, as cadences and recycling do (DOMAIN §4 P9, §5): a contact
of thirty days ago is not "longer than 30 days ago" at any hour of today. Only hours are exact.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import inf, nextafter

from msgspec import Struct

from crm_tui.domain import when
from crm_tui.domain.errors import UsageError
from crm_tui.domain.expressions import expression
from crm_tui.domain.filters.nodes import Point, Span
from crm_tui.domain.language import _
from crm_tui.domain.money import exponent

LARGEST = 2**63 - 1
"""The largest whole number that a database keeps."""

_SIGNED = expression(r"([+-]?)([0-9]{1,18})(\.[0-9]{1,9})?(k|m|万|萬|亿|億)?", re.IGNORECASE)
_NUMBER = expression(r"([0-9]{1,18})(\.[0-9]{1,9})?(k|m|万|萬|亿|億)?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8}
_AGE = expression(r"([0-9]{1,6})([a-z]+|[天日周年月]|小时|小時|个月|個月|星期)", re.IGNORECASE)
_UNITS = {
    "hours": ("h", "hour", "hours", "小时", "小時"),
    "days": ("d", "day", "days", "天", "日"),
    "weeks": ("w", "week", "weeks", "周", "星期"),
    "months": ("m", "month", "months", "个月", "個月"),
    "years": ("y", "year", "years", "年"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_ISO = expression("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONG = 40
"""No name of a span has as many characters."""
_INSTANT = timedelta(seconds=1)  # moments are kept to the second
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Stretch(Struct, frozen=True):
    """What one typed value covers: from `start` up to, not including, `end`; `age` when more means earlier."""

    start: Point
    end: Point
    age: bool = False


def compare(operator: str, stretch: Stretch) -> Span:
    """The span of `<`, `<=`, `>`, `>=` or (for "") equality with the stretch."""
    if stretch.age:
        operator = _FLIPPED.get(operator, operator)
    return {
        "<": Span(None, stretch.start),
        "<=": Span(None, stretch.end),
        ">": Span(stretch.end, None),
        ">=": Span(stretch.start, None),
        "": Span(stretch.start, stretch.end),
    }[operator]


def between(low: Stretch | None, high: Stretch | None) -> Span:
    """The span of `low..high`, both ends included; one of the two may be open. UsageError when it runs backwards."""
    if low is None or high is None:
        return compare(">=", low) if low else compare("<=", high) if high else Span(None, None)
    if isinstance(low.start, int | float) is not isinstance(high.start, int | float):
        raise UsageError(_("the range goes from a number to a day: write two of one kind"))
    if low.age and high.age:
        low, high = sorted((low, high), key=lambda end: end.start)
    if low.start > high.start:  # type: ignore[operator]
        raise UsageError(_("the range runs backwards: write the smaller end first"))
    return Span(low.start, high.end)


def number(text: str) -> Stretch:
    """A whole number; k, m (million), 万 and 亿 multiply. UsageError for anything else."""
    found = _NUMBER.fullmatch(text)
    if not found:
        raise UsageError(_('"%(text)s" is not a number') % {"text": text}, text, 0)
    amount = Decimal(found[1] + (found[2] or "")) * _FACTORS[(found[3] or "").lower()]
    if amount != int(amount):
        raise UsageError(_('"%(text)s" is not a whole number') % {"text": text}, text, 0)
    if amount >= LARGEST:
        raise UsageError(_('"%(text)s" is too large') % {"text": text}, text, 0)
    return Stretch(int(amount), int(amount) + 1)


def day(text: str, now: datetime) -> Stretch:
    """A calendar day as `when.parse` reads it, forward from today, or a span of days. UsageError for anything else."""
    return _spanned(text, now) or _guarded(text, lambda: _days(when.parse(text, now).on))


def moment(text: str, now: datetime) -> Stretch:
    """An age, or a day, minute or span of days in the past, in UTC. UsageError when it is neither."""
    if found := _spanned(text, now, past=True):
        return Stretch(_midnight(found.start, now), _midnight(found.end, now))  # type: ignore[arg-type]
    age = _AGE.fullmatch(text)
    unit = _UNIT_OF.get(age[2].lower()) if age else None
    if age and unit:
        return _guarded(text, lambda: _ago(int(age[1]), unit, now))
    return _guarded(text, lambda: _at(when.parse(text, now, past=True), now))


def days_or_moment(text: str, now: datetime) -> Stretch:
    """As `moment`, but a number alone is an age in days."""
    return moment(text + "d" if text.isdecimal() else text, now)


def past_day(text: str, now: datetime) -> Stretch:
    """An age, or a day or span of days in the past, as whole days. UsageError when it is neither."""
    if found := _spanned(text, now, past=True):
        return found
    age = _AGE.fullmatch(text)
    unit = _UNIT_OF.get(age[2].lower()) if age else None
    if age and unit and unit != "hours":
        return _guarded(text, lambda: _days(_before(int(age[1]), unit, now), age=True))
    return _guarded(text, lambda: _days(when.parse(text, now, past=True).on))


def number_or_day(text: str) -> Stretch:
    """A number, with a sign and a fraction where it has them, or a day in full (`2026-05-17`). UsageError when it is
    neither.
    """
    if found := _SIGNED.fullmatch(text):
        amount = float(Decimal("".join(part or "" for part in found.groups()[:3])) * _FACTORS[(found[4] or "").lower()])
        return Stretch(amount, nextafter(amount, inf))
    if not _ISO.fullmatch(text):
        raise UsageError(_('"%(text)s" is neither a number nor a day such as 2026-05-17') % {"text": text}, text, 0)
    return _guarded(text, lambda: _days(date.fromisoformat(text)))


def money(text: str, currency: str) -> Stretch:
    """An amount in whole units of the currency, as minor units. UsageError for anything else."""
    amount = _decimal(text) * 10 ** exponent(currency)
    if amount != int(amount):
        raise UsageError(_('"%(text)s" has more decimals than the currency') % {"text": text}, text, 0)
    if abs(amount) >= LARGEST:
        raise UsageError(_('"%(text)s" is too large') % {"text": text}, text, 0)
    return Stretch(int(amount), int(amount) + 1)


def percent(text: str) -> Stretch:
    """A number of per cent, with or without its sign, as a fraction. UsageError for anything else."""
    amount = float(_decimal(text.removesuffix("%").removesuffix("％")) / 100)
    return Stretch(amount, nextafter(amount, inf))


def decimal(text: str) -> Stretch:
    """A number with a sign and a fraction where it has them. UsageError for anything else."""
    amount = float(_decimal(text))
    return Stretch(amount, nextafter(amount, inf))


def _decimal(text: str) -> Decimal:
    found = _SIGNED.fullmatch(text)
    if not found:
        raise UsageError(_('"%(text)s" is not a number') % {"text": text}, text, 0)
    return Decimal("".join(part or "" for part in found.groups()[:3])) * _FACTORS[(found[4] or "").lower()]


def hours(text: str) -> bool:
    """Whether the text is an age in hours, which has a before and an after but no duration."""
    age = _AGE.fullmatch(text)
    return bool(age and _UNIT_OF.get(age[2].lower()) == "hours")


def _spanned(text: str, now: datetime, *, past: bool = False) -> Stretch | None:
    """The days of a week, a month, a quarter or a year; None for other words."""
    try:
        found = when.span(text[:_LONG], now.date(), past=past)
    except (OverflowError, ValueError) as error:
        raise _outside(text) from error
    return Stretch(*found) if found else None


def _ago(count: int, unit: str, now: datetime) -> Stretch:
    if unit == "hours":
        instant = now.astimezone(UTC).replace(microsecond=0) - timedelta(hours=count)
        return Stretch(instant, instant + _INSTANT, age=True)
    on = _before(count, unit, now)
    return Stretch(_midnight(on, now), _midnight(on + timedelta(days=1), now), age=True)


def _before(count: int, unit: str, now: datetime) -> date:
    from dateutil.relativedelta import relativedelta  # few filters say how long ago

    return now.date() - relativedelta(**{unit: count})  # type: ignore[arg-type]


def _at(typed: when.When, now: datetime) -> Stretch:
    if typed.at is None:
        return Stretch(_midnight(typed.on, now), _midnight(typed.on + timedelta(days=1), now))
    minute = datetime.combine(typed.on, typed.at.replace(tzinfo=None), now.tzinfo).astimezone(UTC)
    return Stretch(minute, minute + timedelta(minutes=1))


def _days(on: date, *, age: bool = False) -> Stretch:
    return Stretch(on, on + timedelta(days=1), age)


def _midnight(on: date, now: datetime) -> datetime:
    return datetime.combine(on, time.min, now.tzinfo).astimezone(UTC)


def _guarded(text: str, read: Callable[[], Stretch]) -> Stretch:
    """The calendar ends at the years 1 and 9999: what lies beyond is an error of the one who typed it."""
    try:
        return read()
    except (OverflowError, ValueError) as error:
        raise _outside(text) from error


def _outside(text: str) -> UsageError:
    return UsageError(_('"%(text)s" is outside the calendar') % {"text": text}, text, 0)
