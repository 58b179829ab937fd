"""A day and perhaps a time, as they are shown: the weekday, the distance from today, a warning on a day off."""

from __future__ import annotations

from datetime import date, datetime, time

from msgspec import Struct

from crm_tui.domain.language import N_, _, ngettext
from crm_tui.domain.workdays import Workdays

YEARS = range(1900, 3000)
LAST = -1
"""The last day of a month, in place of its number."""
LONGEST = 200  # characters; beyond, matching would take longer than a key press
NOON = time(12)
MORNING_CALL, AFTERNOON_CALL, EVENING_CALL = time(9), time(14), time(19)
WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
MONTHS = (
    *(N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun")),
    *(N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"), N_("Dec")),
)


class When(Struct, frozen=True):
    """A day and, where one was given, a time of day: both the user's local ones, the time naive."""

    on: date
    at: time | None = None


def canonical(when: When) -> str:
    """`2026-11-27` or `2026-11-27 15:00`, which `parse` reads back as the same `When`."""
    return when.on.isoformat() if when.at is None else f"{when.on} {when.at:%H:%M}"


def describe(when: When, today: date | None = None, workdays: Workdays | None = None) -> str:
    """What is shown before Enter: weekday, date, time, the distance from today, and a warning on a day off.

    For instance `Fri 27 Nov 2026, 15:00 · in 5 days`. Without `workdays` only weekends are warned of; without `today`
    only the date and time are told.
    """
    day = _("{weekday} {day} {month} {year}").format(
        weekday=_(WEEKDAYS[when.on.weekday()]), day=when.on.day, month=_(MONTHS[when.on.month - 1]), year=when.on.year
    )
    if when.at is not None:
        day = _("{date}, {time}").format(date=day, time=f"{when.at:%H:%M}")
    if today is None:
        return day
    known = workdays or Workdays("")
    parts = [day, _distance((when.on - today).days)]
    if name := known.holiday_name(when.on):
        parts.append(_("a holiday ({name})").format(name=_(name)))
    elif not known.is_workday(when.on):
        parts.append(_("a weekend"))
    return " · ".join(parts)


def next_half_day(now: datetime, workdays: Workdays) -> When:
    """When to try again after no answer: today 14:00 before noon, else 09:00 on the next working day (DOMAIN §5)."""
    if now.time() < NOON:
        return When(now.date(), AFTERNOON_CALL)
    return When(workdays.next_workday(now.date()), MORNING_CALL)


def _distance(days: int) -> str:
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}
    if days in near:
        return near[days]
    if days < 0:
        return ngettext("{n} day ago", "{n} days ago", -days).format(n=-days)
    return ngettext("in {n} day", "in {n} days", days).format(n=days)
