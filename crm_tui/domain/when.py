"""Dates and times as people type them, in English and Chinese (DOMAIN §5): a text and a clock give one `When`.

Nothing is guessed in silence. A text is read from left to right, at each place by the rule that takes the longest
piece of it; what no rule takes, and what would be said twice, is a `UsageError` that points at the character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from crm_tui.domain.errors import UsageError
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


@dataclass(frozen=True)
class When:
    """A day and, where one was given, a time of day: both the user's local ones, the time naive."""

    on: date
    at: time | None = None


def parse(text: str, now: datetime, *, workdays: Workdays | None = None, past: bool = False) -> When:
    """The day (and time) that `text` means at `now`, which is aware and in the user's zone.

    Forms that leave the year, month or week open mean the next such day after today, or with `past` the last one up
    to today. `workdays` is asked only by forms that name a holiday or working days. Raises UsageError for any text
    that is no date between 1900 and 2999 (DOMAIN §5).
    """
    asked = _Asked(text, now, workdays or Workdays(), past)
    said = _Said(asked)
    place = asked.skip(0)
    if place == len(asked.read):
        raise UsageError(_("no date is given: type one such as fri 15:00, +3d or 12-01"), text, 0)
    if len(text) > LONGEST:
        raise asked.wrong(0, _(_UNREADABLE))
    while place < len(asked.read):
        rule, match = asked.longest(place)
        said.add(rule(asked, match), match)
        place = asked.skip(match.end())
    return said.when()


def canonical(when: When) -> str:
    """`2026-11-27` or `2026-11-27 15:00`, which `parse` reads back as the same `When`."""
    return when.on.isoformat() if when.at is None else f"{when.on} {when.at:%H:%M}"


def describe(when: When, today: date, workdays: Workdays | None = None) -> str:
    """What is shown before Enter: weekday, date, time, the distance from today, and a warning on a day off.

    For instance `Fri 27 Nov 2026, 15:00 · in 5 days`. Without `workdays` only weekends are warned of.
    """
    day = _("{weekday} {day} {month} {year}").format(
        weekday=_(WEEKDAYS[when.on.weekday()]), day=when.on.day, month=_(MONTHS[when.on.month - 1]), year=when.on.year
    )
    if when.at is not None:
        day = _("{date}, {time}").format(date=day, time=f"{when.at:%H:%M}")
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


# What was typed, and what has been understood of it so far.


class _Weekday(int):
    """A day of the week (0 is Monday) in a week that other words, or today, decide."""


class _Number(int):
    """A lone number: a day of the month, or behind a date the hour."""


_Meaning = date | time | When | _Weekday | _Number


class _Asked:
    """The question: the text as typed and as read, where each character read stood, the clock, the calendar."""

    def __init__(self, text: str, now: datetime, workdays: Workdays, past: bool) -> None:
        read = [(c, place) for place, typed in enumerate(text) for c in _folded(typed)]
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
        found = _pattern(_SKIPPED).match(self.read, place)
        return found.end() if found else place

    def longest(self, place: int) -> tuple[_Rule, re.Match[str]]:
        """The rule that reads most at `place`, the earlier one where two read the same."""
        found = [(rule, match) for pattern, rule in _RULES if (match := _pattern(pattern).match(self.read, place))]
        if not found:
            raise self.wrong(place, _(_UNREADABLE))
        return max(found, key=lambda one: one[1].end())

    def wrong(self, place: int, message: str) -> UsageError:
        """An error at a place of the text read, with what was typed from there on filled in for {text}."""
        at = self.places[place] if place < len(self.places) else len(self.text)
        rest = self.text[at:]
        shown = "".join(c if c.isprintable() else "�" for c in (rest if len(rest) <= 20 else f"{rest[:19]}…"))
        return UsageError(message.replace("{text}", shown), self.text, at)

    def moved(self, place: int, *, days: int = 0, months: int = 0) -> date:
        """Today moved by months, then days; the 31st becomes the last day of a shorter month."""
        try:
            year, month = _month(self.today, months)
            return date(year, month, min(self.today.day, _length(year, month))) + timedelta(days=days)
        except (OverflowError, ValueError):
            raise self.wrong(place, _(_OUT_OF_YEARS)) from None

    def day(self, place: int, year: int, month: int, day: int) -> date:
        """That very day, which may be LAST."""
        if year not in YEARS:
            raise self.wrong(place, _(_OUT_OF_YEARS))
        if not 1 <= month <= 12:
            raise self.wrong(place, _("there is no month {n}: the month comes first, as in 12-25").format(n=month))
        last = _length(year, month)
        if day != LAST and not 1 <= day <= last:
            message = _("{month} {year} has no day {n}: type 1 to {last}")
            raise self.wrong(place, message.format(month=_(MONTHS[month - 1]), year=year, n=day, last=last))
        return date(year, month, last if day == LAST else day)

    def yearly(self, place: int, month: int, day: int) -> date:
        """The next such day, today included (with `past` the last one), in a year that has it."""
        for years in range(9):
            year = self.today.year + (-years if self.past else years)
            if (month, day) == (2, 29) and _length(year, 2) == 28:
                continue
            found = self.day(place, year, month, day)
            if found <= self.today if self.past else found >= self.today:
                return found
        raise self.wrong(place, _(_OUT_OF_YEARS))

    def monthly(self, place: int, day: int) -> date:
        """The next such day after today (with `past` the last one up to today), in a month that has it."""
        if day != LAST and not 1 <= day <= 31:
            raise self.wrong(place, _("there is no day {n}: type 1 to 31, or a date such as 12-01").format(n=day))
        # the end of the month is still ahead on its last day, while the 25th on a 25th is next month's
        open_from = self.today if day == LAST else self.today + timedelta(days=1)
        for months in range(4):
            year, month = _month(self.today, -months if self.past else months)
            if day <= _length(year, month):
                found = self.day(place, year, month, day)
                if found <= self.today if self.past else found >= open_from:
                    return found
        raise self.wrong(place, _(_OUT_OF_YEARS))


class _Said:
    """What the words read so far have said: at most one date, one weekday that must fit it, and one time."""

    def __init__(self, asked: _Asked) -> None:
        self.asked = asked
        self.day: date | None = None
        self.weekday: int | None = None
        self.at: time | None = None
        self.first = 0

    def add(self, meaning: _Meaning, match: re.Match[str]) -> None:
        """Take in what `match` means. Raises UsageError where it was said before or does not fit."""
        place = match.start()
        dated = self.day is not None or self.weekday is not None
        if isinstance(meaning, _Number):
            meaning = _clock(self.asked, place, meaning) if dated else self.asked.monthly(place, meaning)
        if isinstance(meaning, When) and not dated and self.at is None:
            self.day, self.at = meaning.on, meaning.at
        elif isinstance(meaning, time) and self.at is None:
            self.at = meaning
        elif isinstance(meaning, _Weekday) and self.weekday is None:
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
            raise asked.wrong(self.first, _(_OUT_OF_YEARS))
        return When(day, self.at)


# The words. Patterns are compiled when first used: start-up does not wait for them.

_UNREADABLE = N_('cannot read "{text}" as a date: try fri 15:00, +3d, 12-01 or 2026-12-01')
_OUT_OF_YEARS = N_("the date lies outside the years 1900 to 2999: type one such as 2026-12-01")
_SIMPLIFIED = str.maketrans(
    "後週點兩個號禮時鐘鍾這節過現剛間國慶勞動裡−–—",
    "后周点两个号礼时钟钟这节过现刚间国庆劳动里---",
)
_SKIPPED = r"(?:[\s,、。的()]|(?:on|by)(?![a-z]))*"
_WHOLE = r"(?:(?<![0-9])|(?![0-9]))(?:(?<![a-z])|(?![a-z]))"  # ends neither inside a number nor inside a word

_HAN = "零〇一二两三四五六七八九十百"
_N = rf"(?:[0-9]{{1,9}}|[{_HAN}]{{1,9}})"
_COUNTS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COUNT = rf"(?:[0-9]{{1,9}}\s*|(?:half\s+an?|an?|{'|'.join(_COUNTS[1:])})\s+)"
_WEEKDAY = (
    "mon(?:day)?|tue(?:s(?:day)?)?|wed(?:s|nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?|weekend"
)
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)
_NTH = "(?:st|nd|rd|th)"
_WEEK = "个?(?:周|星期|礼拜)"
_BESIDES = "下{1,3}|上{1,3}|本|这"
_YEAR = rf"(?P<year>[0-9]{{4}}|[{_HAN}]{{4}}|[今明后去前])年"
_DAY = rf"(?P<day>{_N}[日号]|{_N}(?![0-9{_HAN}:点时天])|[初中底末])"
_PLACE = "start|beginning|mid|middle|end"
_BEHIND = r"(?:\s*(?P<dir>[之以]?[后前]))"
_AGES = {"今": 0, "明": 1, "后": 2, "去": -1, "前": -2, "this": 0, "next": 1, "last": -1, "本": 0, "这": 0}
_PLACES = {"初": 1, "start": 1, "beginning": 1, "中": 15, "mid": 15, "middle": 15, "底": LAST, "末": LAST, "end": LAST}

_UNITS: tuple[tuple[str, str, str, int, tuple[str, int] | None], ...] = (
    # English, Chinese, what it counts, how many, and what half of one is
    (r"min(?:ute)?s?", "分钟", "minutes", 1, None),
    (r"h(?:(?:ou)?rs?)?", "小时|钟头", "minutes", 60, ("minutes", 30)),
    (r"d(?:ays?)?", "天|日", "days", 1, None),
    (r"w(?:(?:ee)?ks?)?", "周|星期|礼拜", "days", 7, None),
    (r"m(?:o(?:nth)?s?)?", "月", "months", 1, ("days", 15)),
    (r"y(?:(?:ea)?rs?)?", "年", "months", 12, ("months", 6)),
    (r"wd|(?:work(?:ing)?|business)\s*days?", "工作日", "workdays", 1, None),
)
_UNIT = "|".join(english for english, *_rest in _UNITS)

_EARLY = {**{h: h for h in range(12)}, 12: 0}
_LATE = {**{h: h + 12 for h in range(1, 12)}, **{h: h for h in range(12, 24)}}
_EVENING = {hour: clock for hour, clock in _LATE.items() if clock >= 17}
_PARTS: tuple[tuple[str, dict[int, int], time | None], ...] = (  # words, hour said → hour meant, what they mean alone
    ("凌晨|am|a.m.", _EARLY, None),
    ("pm|p.m.", _LATE, None),
    ("清晨|早上|早晨|早|上午|morning", {h: h for h in range(13)}, MORNING_CALL),
    ("中午|正午|noon", {11: 11, 12: 12, 1: 13, 2: 14}, NOON),
    ("下午|午后|afternoon", _LATE, AFTERNOON_CALL),
    ("傍晚|晚上|晚间|夜里|晚|evening|night", _EVENING, EVENING_CALL),
)
_ALONE = "|".join(words for words, _hours, alone in _PARTS if alone)
_PART = rf"(?:at\s+|@\s*)?(?:(?P<part>凌晨|{_ALONE})\s*)?"
_AM_PM = r"(?P<half>am|pm|a\.m\.|p\.m\.)"

_FEASTS = {  # as typed: parts of the names that the calendars give it
    "元旦|(?:the )?new year(?:'s day)?": ("new year's day",),
    "年|春|spring festival|(?:chinese|lunar) new year|cny": ("spring festival", "chinese new year", "lunar new year"),
    "清明|qingming|tomb-sweeping day": ("tomb-sweeping",),
    "五一|劳动|may day|labou?r day": ("labour day", "labor day"),
    "端午|dragon boat(?: festival)?": ("dragon boat",),
    "中秋|mid-autumn(?: festival)?": ("mid-autumn",),
    "国庆|十一|national day": ("national day",),
    "假期?|长假|节|the holidays?|holidays?": (),
}
_FEAST = "|".join(_FEASTS)


@lru_cache(maxsize=128)
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(f"(?:{pattern}){_WHOLE}", re.ASCII)


def _folded(typed: str) -> str:
    return unicodedata.normalize("NFKC", typed).lower().translate(_SIMPLIFIED)


def _number(word: str) -> int:
    """The number that is written: 15, two, 十五, 二〇二六."""
    if word.isascii():
        return int(word) if word.isdigit() else _COUNTS.index(word) if word in _COUNTS else 1
    digits = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
    if not {"十", "百"} & set(word):
        return int("".join(str(digits[c]) for c in word))
    total, digit = 0, 0
    for c in word:
        if c in digits:
            digit = digits[c]
        else:
            total, digit = total + (digit or 1) * (100 if c == "百" else 10), 0
    return total + digit


def _length(year: int, month: int) -> int:
    """How many days the month has."""
    return (date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day


def _month(today: date, months: int) -> tuple[int, int]:
    """Year and month that many months from today's."""
    years, month = divmod(today.month - 1 + months, 12)
    return today.year + years, month + 1


def _besides(word: str) -> int:
    """How many weeks, months or years from this one: 0 for 本, 2 for 下下, -1 for last."""
    first = word[0]
    return {"下": 1, "上": -1}[first] * word.count(first) if first in "下上" else _AGES[word.removesuffix("个")]


# The rules: what a piece of text means.


def _clock(asked: _Asked, place: int, hour: int, minute: int = 0, part: str | None = None) -> time:
    hours = next((hours for words, hours, _alone in _PARTS if part in words.split("|")), {h: h for h in range(24)})
    if hour not in hours or minute > 59:
        raise asked.wrong(place, _('"{text}" is no time of day: type one from 00:00 to 23:59'))
    return time(hours[hour], minute)


def _at(asked: _Asked, m: re.Match[str]) -> time:
    said = m.groupdict()
    part = said.get("half") or said.get("part")
    if not said.get("hour"):
        return next(alone for words, _hours, alone in _PARTS if alone and part in words.split("|"))
    word = said.get("minute") or "0"
    minute = 30 if word == "半" else _number(word[0]) * 15 if word[-1] == "刻" else _number(word.removesuffix("分"))
    return _clock(asked, m.start(), _number(said["hour"]), minute, part)


def _later(asked: _Asked, m: re.Match[str]) -> date | When:
    said = m.groupdict()
    _en, _zh, kind, size, half = next(u for u in _UNITS if _pattern(f"{u[0]}|{u[1]}").fullmatch(said["unit"]))
    word = said["count"].strip()
    halved = word.startswith(("半", "half"))
    move = {"minutes": 0, "days": 0, "months": 0, "workdays": 0}
    move[kind] += 0 if halved else _number(word) * size
    if halved or said.get("half"):
        if half is None:
            raise asked.wrong(m.start(), _('cannot halve "{text}": type whole days, such as 3d'))
        move[half[0]] += half[1]
    open_ended = not (said.get("sign") or said.get("dir") or said.get("ahead"))
    back = said.get("sign") == "-" or (said.get("dir") or "").endswith(("ago", "前")) or (asked.past and open_ended)
    move = {kind: -n if back else n for kind, n in move.items()}
    if kind == "minutes":
        return _moment(asked, m.start(), move["minutes"])
    if abs(move["workdays"]) > 999:
        raise asked.wrong(m.start(), _("that is too far: type up to 999 working days"))
    day = asked.moved(m.start(), days=move["days"], months=move["months"])
    return asked.workdays.add(day, move["workdays"]) if move["workdays"] else day


def _moment(asked: _Asked, place: int, minutes: int) -> When:
    """So many minutes from now as they pass, also where the clocks change meanwhile."""
    try:
        moment = (asked.now.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(asked.now.tzinfo)
    except (OverflowError, ValueError):
        raise asked.wrong(place, _(_OUT_OF_YEARS)) from None
    return When(moment.date(), time(moment.hour, moment.minute))


def _in_week(asked: _Asked, m: re.Match[str]) -> _Weekday | date:
    word, week = m["day"] or "mon", m.groupdict().get("week")
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", *"一二三四五六日1234567")
    number = names.index({"weekend": "sat", "末": "sat", "天": "sun"}.get(word, word[:3])) % 7
    if week is None:
        return _Weekday(number)
    return asked.moved(m.start(), days=7 * _besides(week) + number - asked.today.weekday())


def _of_month(asked: _Asked, m: re.Match[str]) -> date:
    said = m.groupdict()
    word = (said.get("day") or "1").rstrip("日号")
    day = _PLACES[word] if word in _PLACES else _number(word)
    if besides := said.get("besides"):
        return asked.day(m.start(), *_month(asked.today, _besides(besides)), day)
    if name := said.get("name"):
        month = [name.lower() for name in MONTHS].index(name[:3]) + 1
    elif said.get("month"):
        month = _number(said["month"])
    else:
        return asked.monthly(m.start(), day)
    return _of_year(asked, m.start(), said.get("year"), month, day)


def _of_year(asked: _Asked, place: int, year: str | None, month: int, day: int) -> date:
    if year is None:
        return asked.yearly(place, month, day)
    return asked.day(place, asked.today.year + _AGES[year] if year in _AGES else _number(year), month, day)


def _end_of_year(asked: _Asked, m: re.Match[str]) -> date:
    return _of_year(asked, m.start(), m.groupdict().get("year"), 12, 31)


def _start_of_year(asked: _Asked, m: re.Match[str]) -> date:
    return _of_year(asked, m.start(), m.groupdict().get("year"), 1, 1)


def _end_of_quarter(asked: _Asked, m: re.Match[str]) -> date:
    return asked.day(m.start(), asked.today.year, (asked.today.month + 2) // 3 * 3, LAST)


def _around_feast(asked: _Asked, m: re.Match[str]) -> date:
    """The working day after (before) a holiday; one without a name counts from three days off in a row.

    Holidays that the user's calendar does not have, as the Spring Festival abroad, are China's.
    """
    names = next(names for words, names in _FEASTS.items() if re.fullmatch(words, m["feast"]))
    before = m["side"].endswith(("前", "before"))
    for calendar in (asked.workdays, *([Workdays("CN")] if names else [])):
        found = calendar.holiday(asked.today, names, 1 if names else 3)
        if found and before and found[0] <= asked.today:
            found = calendar.holiday(found[1] + timedelta(days=1), names, 1 if names else 3)
        if found:
            return asked.workdays.add(found[0], -1) if before else asked.workdays.add(found[1], 1)
    raise asked.wrong(m.start(), _("the calendar has no such holiday ahead: type the date, such as 12-01"))


_Rule = Callable[[_Asked, re.Match[str]], _Meaning]


def _days(days: int) -> _Rule:
    return lambda asked, m: asked.moved(m.start(), days=days)


_RULES: tuple[tuple[str, _Rule], ...] = (
    (r"today|今[天日]|今(?=[早晚])", _days(0)),
    (r"tomorrow|tmrw?|明[天日]|明(?=[早晚])", _days(1)),
    (r"(?:the\s+)?day\s+after\s+tomorrow|后天", _days(2)),
    (r"大后天", _days(3)),
    (r"yesterday|昨[天日]|昨(?=晚)", _days(-1)),
    (r"(?:the\s+)?day\s+before\s+yesterday|前天", _days(-2)),
    (r"大前天", _days(-3)),
    (r"now|现在|刚[才刚]", lambda asked, m: _moment(asked, m.start(), 0)),
    (r"(?P<n>[0-9]{1,2})", lambda _asked, m: _Number(int(m["n"]))),
    # times
    (rf"{_PART}(?P<hour>[0-9]{{1,2}}):(?P<minute>[0-9]{{2}})(?::00)?(?:\s*{_AM_PM})?", _at),
    (rf"{_PART}(?P<hour>[0-9]{{1,2}})\s*{_AM_PM}", _at),
    (rf"{_PART}(?P<hour>{_N})\s*[点时](?:[钟整]|(?P<minute>半|[1一3三]刻|{_N}分?(?![{_HAN}钟])))?", _at),
    (r"(?:at\s+|@\s*)(?P<hour>[0-9]{1,2})", _at),
    (rf"(?:at\s+|in\s+the\s+)?(?P<part>{_ALONE})", _at),
    (rf"to(?P<part>night)(?:\s+(?:at\s+)?(?P<hour>[0-9]{{1,2}})(?::(?P<minute>[0-9]{{2}}))?(?:\s*{_AM_PM})?)?",
     lambda asked, m: When(asked.today, _at(asked, m))),
    # so long from now
    (rf"(?:(?P<ahead>in)\s+)?(?P<sign>[+-])?\s*(?P<count>{_COUNT})(?P<unit>{_UNIT})"
     r"(?:\s+(?P<dir>ago|later|from\s+now))?", _later),
    (rf"(?P<ahead>再?过)?(?P<sign>[+-])?\s*(?P<count>{_N}|半)\s*个?(?P<half>半)?"
     rf"(?P<unit>分钟|小时|钟头|天|周|星期|礼拜|工作日|(?<=[个半])月){_BEHIND}?", _later),
    (rf"(?P<sign>[+-])?(?P<count>{_N}|半)\s*(?P<unit>[年日])(?P<half>半)?{_BEHIND}", _later),
    # weeks
    (rf"(?P<week>{_BESIDES})?{_WEEK}(?P<day>[一二三四五六日天末]|[1-7](?![0-9:点时天]))", _in_week),
    (rf"(?P<week>下{{1,3}}|上{{1,3}}){_WEEK}(?P<day>)", _in_week),
    (rf"(?P<day>{_WEEKDAY})", _in_week),
    (rf"(?P<week>next|last|this)\s+(?P<day>{_WEEKDAY})", _in_week),
    (rf"(?P<day>{_WEEKDAY})\s+(?P<week>next|last|this)\s+week", _in_week),
    (rf"(?P<week>next|last)\s+week(?:\s+(?:on\s+)?(?P<day>{_WEEKDAY}))?", _in_week),
    # months
    (r"(?P<year>[0-9]{4})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})(?:t(?=[0-9]))?", _of_month),
    (r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})", _of_month),
    (r"(?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})(?![-/.][0-9])", _of_month),
    (rf"(?:{_YEAR}\s*)?(?P<month>{_N})\s*月份?(?:\s*{_DAY})?", _of_month),
    (rf"(?P<besides>(?:{_BESIDES})个?)月份?(?:\s*{_DAY})?", _of_month),
    (r"月(?P<day>[初中底末])", _of_month),
    (rf"(?P<day>{_N}[日号])", _of_month),
    (rf"(?:the\s+)?(?P<day>[0-9]{{1,2}}){_NTH}", lambda asked, m: asked.monthly(m.start(), int(m["day"]))),
    (rf"(?P<name>{_MONTH})\.?\s*(?P<day>[0-9]{{1,2}}){_NTH}?(?:,?\s*(?P<year>[0-9]{{4}}))?", _of_month),
    (rf"(?P<day>[0-9]{{1,2}})(?:{_NTH}\s+of|{_NTH})?\s*(?P<name>{_MONTH})\.?(?:,?\s*(?P<year>[0-9]{{4}}))?", _of_month),
    (rf"(?P<day>{_PLACE})\s+of\s+(?P<name>{_MONTH})\.?(?:\s+(?P<year>[0-9]{{4}}))?", _of_month),
    (rf"(?:(?P<day>{_PLACE})\s+of\s+)?(?P<besides>next|last|this)\s+month", _of_month),
    (r"(?P<besides>next|last|this)\s+month\s+(?:on\s+)?(?:the\s+)?"
     rf"(?P<day>[0-9]{{1,2}})(?:{_NTH}|(?![:0-9a-z]|\s*[ap]\.?m))", _of_month),
    (rf"(?P<day>{_PLACE})\s+of\s+(?:the\s+)?month", _of_month),
    (r"eom", lambda asked, m: asked.monthly(m.start(), LAST)),
    # quarters and years
    (r"eoq|end\s+of\s+(?:the\s+)?quarter|季度?[末底]", _end_of_quarter),
    (rf"{_YEAR}初?", _start_of_year),
    (r"年初|(?P<year>next|last)\s+year", _start_of_year),
    (rf"{_YEAR}[底末]", _end_of_year),
    (r"年[底末]|eoy|end\s+of\s+(?:the\s+year|year|(?P<year>this|next|last)\s+year)", _end_of_year),
    # holidays
    (rf"(?P<feast>{_FEAST})节?(?:假期?|长假)?(?P<side>[之以]?[后前])", _around_feast),
    (rf"(?P<side>after|before)\s+(?P<feast>{_FEAST})", _around_feast),
    (r"(?P<side>过完)(?P<feast>[年节])", _around_feast),
)
