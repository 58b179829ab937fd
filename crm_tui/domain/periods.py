"""Periods of whole days, both ends included: the twelve full months before the current one unless told otherwise.

DOMAIN §6: periods default so, and are always printed.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from msgspec import Struct

from crm_tui.domain.errors import UsageError
from crm_tui.domain.expressions import expression
from crm_tui.domain.language import _

_DAY = timedelta(days=1)
_FORMS = (
    expression(r"(?P<year>[0-9]{4})"),
    expression(r"(?P<year>[0-9]{4})-?[qQ](?P<quarter>[1-4])"),
    expression(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})"),
    expression(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"),
)


class Period(Struct, frozen=True, order=True):
    """All days from `first` to `last`, both included; `last` is never before `first`."""

    first: date
    last: date

    @property
    def as_of(self) -> date:
        """The day after it, from which one looks back."""
        return self.last + _DAY

    @property
    def is_of_months(self) -> bool:
        """Whether it is made of whole months."""
        return self.first.day == 1 and self.as_of.day == 1

    @property
    def months(self) -> tuple[str, ...]:
        """The months that it touches, as `2026-11`."""
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        return tuple(shifted(self.first.replace(day=1), n).isoformat()[:7] for n in range(count))

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return _("{first} to {last}").format(first=self.first, last=self.last)


def shifted(day: date, months: int) -> date:
    """The same day so many months later; the month's last where it has no such day."""
    month = day.year * 12 + day.month - 1 + months
    year, month = divmod(month, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def default(today: date) -> Period:
    """The twelve full months before the current one."""
    this = today.replace(day=1)
    return Period(shifted(this, -12), this - _DAY)


def before(period: Period) -> Period:
    """The period of equal length that ends the day before this one begins: of as many months, or else of as many days.

    One that begins where the calendar does has none before it, and gets itself.
    """
    try:
        if period.is_of_months:
            return Period(shifted(period.first, -len(period.months)), period.first - _DAY)
        return Period(period.first - (period.as_of - period.first), period.first - _DAY)
    except (OverflowError, ValueError):
        return period


def parse(first: str | None, last: str | None, today: date) -> Period:
    """The period that `--from` and `--to` name, each a day, a month (2026-03), a quarter (2026-Q1) or a year.

    Without a beginning it is the twelve months up to the end; without an end it goes on to the end of the default
    period, or to today where that is over before it begins; without both it is the default. UsageError for anything
    else.
    """
    usual = default(today)
    if not first and not last:
        return usual
    if not first:
        end = _stretch(last or "").last
        return Period(shifted(end + _DAY, -12), end)
    begin = _stretch(first).first
    end = _stretch(last).last if last else max(usual.last, begin, today if begin > usual.last else begin)
    if end < begin:
        message = _("the period ends on {last}, before it begins on {first}").format(first=begin, last=end)
        raise UsageError(message, last or first, 0)
    return Period(begin, end)


def _stretch(text: str) -> Period:
    """The days that the text covers."""
    for form in _FORMS:
        if found := form.fullmatch(text.strip()):
            parts = {name: int(value) for name, value in found.groupdict().items()}
            try:
                return _named(**parts)
            except (ValueError, OverflowError):
                break
    message = _('"{text}" is no day, month, quarter or year: write 2026-03-31, 2026-03, 2026-Q1 or 2026')
    raise UsageError(message.format(text=text), text, 0)


def _named(year: int, quarter: int = 0, month: int = 0, day: int = 0) -> Period:
    if year < 2:
        raise ValueError(year)
    if day:
        return Period(date(year, month, day), date(year, month, day))
    if month or not quarter:
        first, count = date(year, month or 1, 1), 1 if month else 12
    else:
        first, count = date(year, quarter * 3 - 2, 1), 3
    return Period(first, shifted(first, count) - _DAY if year < 9999 else date(year, first.month + count - 1, 31))
