"""What was typed and when, and what of it has been understood so far: one date, one weekday, one time at most."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.when import words
from crm_tui.domain.when.day import LAST, MONTHS, WEEKDAYS, YEARS, When
from crm_tui.domain.workdays import Workdays


class Weekday(int):
    """A day of the week (0 is Monday) in a week that other words, or today, decide."""


class Number(int):
    """A lone number: a day of the month, or behind a date the hour."""


Meaning = date | time | When | Weekday | Number


class Asked:
    """The question: the text as typed and as read, where each character read stood, the clock, the calendar."""

    def __init__(self, text: str, now: datetime, workdays: Workdays, past: bool) -> None:
        read = [(c, place) for place, typed in enumerate(text) for c in words.folded(typed)]
        self.text = text
        self.read = "".join(c for c, _place in read)
        self.places = tuple(place for _c, place in read)
        self.now = now
        self.workdays = workdays
        self.past = past

    @property
    def today(self) -> date:
        return self.now.date()

    def skip(self, place: int) -> int:
        """The place after the blanks and small words at `place`."""
        found = words.pattern(words.SKIPPED).match(self.read, place)
        return found.end() if found else place

    def wrong(self, place: int, message: str) -> UsageError:
        """An error at a place of the text read, with what was typed from there on filled in for {text}."""
        at = self.places[place] if place < len(self.places) else len(self.text)
        rest = self.text[at:]
        shown = "".join(c if c.isprintable() else "�" for c in (rest if len(rest) <= 20 else f"{rest[:19]}…"))
        return UsageError(message.replace("{text}", shown), self.text, at)

    def moved(self, place: int, *, days: int = 0, months: int = 0) -> date:
        """Today moved by months, then days; the 31st becomes the last day of a shorter month."""
        try:
            year, month = words.month(self.today, months)
            return date(year, month, min(self.today.day, words.length(year, month))) + timedelta(days=days)
        except (OverflowError, ValueError):
            raise self.wrong(place, _(words.OUT_OF_YEARS)) from None

    def day(self, place: int, year: int, month: int, day: int) -> date:
        """That very day, which may be LAST."""
        if year not in YEARS:
            raise self.wrong(place, _(words.OUT_OF_YEARS))
        if not 1 <= month <= 12:
            raise self.wrong(place, _("there is no month {n}: the month comes first, as in 12-25").format(n=month))
        last = words.length(year, month)
        if day != LAST and not 1 <= day <= last:
            message = _("{month} {year} has no day {n}: type 1 to {last}")
            raise self.wrong(place, message.format(month=_(MONTHS[month - 1]), year=year, n=day, last=last))
        return date(year, month, last if day == LAST else day)

    def yearly(self, place: int, month: int, day: int) -> date:
        """The next such day, today included (with `past` the last one), in a year that has it."""
        for years in range(9):
            year = self.today.year + (-years if self.past else years)
            if (month, day) == (2, 29) and words.length(year, 2) == 28:
                continue
            found = self.day(place, year, month, day)
            if found <= self.today if self.past else found >= self.today:
                return found
        raise self.wrong(place, _(words.OUT_OF_YEARS))

    def monthly(self, place: int, day: int) -> date:
        """The next such day after today (with `past` the last one up to today), in a month that has it."""
        if day != LAST and not 1 <= day <= 31:
            raise self.wrong(place, _("there is no day {n}: type 1 to 31, or a date such as 12-01").format(n=day))
        # the end of the month is still ahead on its last day, while the 25th on a 25th is next month's
        open_from = self.today if day == LAST else self.today + timedelta(days=1)
        for months in range(4):
            year, month = words.month(self.today, -months if self.past else months)
            if day <= words.length(year, month):
                found = self.day(place, year, month, day)
                if found <= self.today if self.past else found >= open_from:
                    return found
        raise self.wrong(place, _(words.OUT_OF_YEARS))


def clock(asked: Asked, place: int, hour: int, minute: int = 0, part: str | None = None) -> time:
    hours = next((hours for names, hours, _alone in words.PARTS if part in names.split("|")), {h: h for h in range(24)})
    if hour not in hours or minute > 59:
        raise asked.wrong(place, _('"{text}" is no time of day: type one from 00:00 to 23:59'))
    return time(hours[hour], minute)


class Said:
    """What the words read so far have said: at most one date, one weekday that must fit it, and one time."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.day: date | None = None
        self.weekday: int | None = None
        self.at: time | None = None
        self.first = 0

    def add(self, meaning: Meaning, match: re.Match[str]) -> None:
        """Take in what `match` means. Raises UsageError where it was said before or does not fit."""
        place = match.start()
        dated = self.day is not None or self.weekday is not None
        if isinstance(meaning, Number):
            meaning = clock(self.asked, place, meaning) if dated else self.asked.monthly(place, meaning)
        if isinstance(meaning, When) and not dated and self.at is None:
            self.day, self.at = meaning.on, meaning.at
        elif isinstance(meaning, time) and self.at is None:
            self.at = meaning
        elif isinstance(meaning, Weekday) and self.weekday is None:
            self.weekday = meaning
        elif isinstance(meaning, date) and self.day is None:
            self.day, self.first = meaning, place
        else:
            raise self.asked.wrong(place, _('"{text}" is one date or time too many: leave it out'))
        if self.day is not None and self.weekday not in (None, self.day.weekday()):
            fits = _(WEEKDAYS[self.day.weekday()])
            raise self.asked.wrong(place, _("{date} is a {weekday}: leave one out").format(date=self.day, weekday=fits))

    def when(self) -> When:
        """All of it together; a weekday alone is the next one, a time alone the next or, with past, the last."""
        asked, day = self.asked, self.day
        if day is None and self.weekday is not None:
            ahead = (self.weekday - asked.today.weekday()) % 7 or 7
            day = asked.moved(0, days=(ahead - 7) if asked.past else ahead)
        elif day is None:
            this_minute = asked.now.time().replace(second=0, microsecond=0)
            assert self.at is not None  # every meaning sets a day, a weekday or a time
            gone = self.at > this_minute if asked.past else self.at < this_minute
            day = asked.moved(0, days=(-1 if asked.past else 1) * gone)
        if day.year not in YEARS:
            raise asked.wrong(self.first, _(words.OUT_OF_YEARS))
        return When(day, self.at)
