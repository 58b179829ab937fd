"""The rules: what a piece of text means, each with the pattern of what it takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, time, timedelta

from crm_tui.domain.language import _
from crm_tui.domain.when import words
from crm_tui.domain.when.day import LAST, MONTHS, When
from crm_tui.domain.when.question import Asked, Meaning, Number, Weekday, clock
from crm_tui.domain.when.words import (
    AGES,
    ALONE,
    AM_PM,
    BEHIND,
    BESIDES,
    COUNT,
    DAY,
    FEAST,
    FEASTS,
    HAN,
    MONTH,
    NTH,
    OUT_OF_YEARS,
    PART,
    PARTS,
    PLACE,
    PLACES,
    UNIT,
    UNITS,
    WEEK,
    WEEKDAY,
    YEAR,
    N,
)
from crm_tui.domain.workdays import Workdays


def _at(asked: Asked, m: re.Match[str]) -> time:
    said = m.groupdict()
    part = said.get("half") or said.get("part")
    if not said.get("hour"):
        return next(alone for names, _hours, alone in PARTS if alone and part in names.split("|"))
    word = said.get("minute") or "0"
    return clock(asked, m.start(), words.number(said["hour"]), _minute(word), part)


def _minute(word: str) -> int:
    if word == "半":
        return 30
    return words.number(word[0]) * 15 if word[-1] == "刻" else words.number(word.removesuffix("分"))


def _later(asked: Asked, m: re.Match[str]) -> date | When:
    said = m.groupdict()
    _en, _zh, kind, size, half = next(u for u in UNITS if words.pattern(f"{u[0]}|{u[1]}").fullmatch(said["unit"]))
    word = said["count"].strip()
    halved = word.startswith(("半", "half"))
    move = {"minutes": 0, "days": 0, "months": 0, "workdays": 0}
    move[kind] += 0 if halved else words.number(word) * size
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


def _moment(asked: Asked, place: int, minutes: int) -> When:
    """So many minutes from now as they pass, also where the clocks change meanwhile."""
    try:
        moment = (asked.now.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(asked.now.tzinfo)
    except (OverflowError, ValueError):
        raise asked.wrong(place, _(OUT_OF_YEARS)) from None
    return When(moment.date(), time(moment.hour, moment.minute))


def _in_week(asked: Asked, m: re.Match[str]) -> Weekday | date:
    word, week = m["day"] or "mon", m.groupdict().get("week")
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", *"一二三四五六日1234567")
    number = names.index({"weekend": "sat", "末": "sat", "天": "sun"}.get(word, word[:3])) % 7
    if week is None:
        return Weekday(number)
    return asked.moved(m.start(), days=7 * words.besides(week) + number - asked.today.weekday())


def _of_month(asked: Asked, m: re.Match[str]) -> date:
    said = m.groupdict()
    word = (said.get("day") or "1").rstrip("日号")
    day = PLACES[word] if word in PLACES else words.number(word)
    if besides := said.get("besides"):
        return asked.day(m.start(), *words.month(asked.today, words.besides(besides)), day)
    if name := said.get("name"):
        month = [name.lower() for name in MONTHS].index(name[:3]) + 1
    elif said.get("month"):
        month = words.number(said["month"])
    else:
        return asked.monthly(m.start(), day)
    return _of_year(asked, m.start(), said.get("year"), month, day)


def _of_year(asked: Asked, place: int, year: str | None, month: int, day: int) -> date:
    if year is None:
        return asked.yearly(place, month, day)
    return asked.day(place, asked.today.year + AGES[year] if year in AGES else words.number(year), month, day)


def _end_of_year(asked: Asked, m: re.Match[str]) -> date:
    return _of_year(asked, m.start(), m.groupdict().get("year"), 12, 31)


def _start_of_year(asked: Asked, m: re.Match[str]) -> date:
    return _of_year(asked, m.start(), m.groupdict().get("year"), 1, 1)


def _end_of_quarter(asked: Asked, m: re.Match[str]) -> date:
    return asked.day(m.start(), asked.today.year, (asked.today.month + 2) // 3 * 3, LAST)


def _around_feast(asked: Asked, m: re.Match[str]) -> date:
    """The working day after (before) a holiday; one without a name counts from three days off in a row.

    Holidays that the user's calendar does not have, as the Spring Festival abroad, are China's.
    """
    names = next(names for typed, names in FEASTS.items() if re.fullmatch(typed, m["feast"]))
    before = m["side"].endswith(("前", "before"))
    for calendar in (asked.workdays, *([Workdays("CN")] if names else [])):
        found = calendar.holiday(asked.today, names, 1 if names else 3)
        if found and before and found[0] <= asked.today:
            found = calendar.holiday(found[1] + timedelta(days=1), names, 1 if names else 3)
        if found:
            return asked.workdays.add(found[0], -1) if before else asked.workdays.add(found[1], 1)
    raise asked.wrong(m.start(), _("the calendar has no such holiday ahead: type the date, such as 12-01"))


Rule = Callable[[Asked, re.Match[str]], Meaning]


def _days(days: int) -> Rule:
    return lambda asked, m: asked.moved(m.start(), days=days)


RULES: tuple[tuple[str, Rule], ...] = (
    (r"today|今[天日]|今(?=[早晚])", _days(0)),
    (r"tomorrow|tmrw?|明[天日]|明(?=[早晚])", _days(1)),
    (r"(?:the\s+)?day\s+after\s+tomorrow|后天", _days(2)),
    (r"大后天", _days(3)),
    (r"yesterday|昨[天日]|昨(?=晚)", _days(-1)),
    (r"(?:the\s+)?day\s+before\s+yesterday|前天", _days(-2)),
    (r"大前天", _days(-3)),
    (r"now|现在|刚[才刚]", lambda asked, m: _moment(asked, m.start(), 0)),
    (r"(?P<n>[0-9]{1,2})", lambda _asked, m: Number(int(m["n"]))),
    # times
    (rf"{PART}(?P<hour>[0-9]{{1,2}}):(?P<minute>[0-9]{{2}})(?::00)?(?:\s*{AM_PM})?", _at),
    (rf"{PART}(?P<hour>[0-9]{{1,2}})\s*{AM_PM}", _at),
    (rf"{PART}(?P<hour>{N})\s*[点时](?:[钟整]|(?P<minute>半|[1一3三]刻|{N}分?(?![{HAN}钟])))?", _at),
    (r"(?:at\s+|@\s*)(?P<hour>[0-9]{1,2})", _at),
    (rf"(?:at\s+|in\s+the\s+)?(?P<part>{ALONE})", _at),
    (rf"to(?P<part>night)(?:\s+(?:at\s+)?(?P<hour>[0-9]{{1,2}})(?::(?P<minute>[0-9]{{2}}))?(?:\s*{AM_PM})?)?",
     lambda asked, m: When(asked.today, _at(asked, m))),
    # so long from now
    (rf"(?:(?P<ahead>in)\s+)?(?P<sign>[+-])?\s*(?P<count>{COUNT})(?P<unit>{UNIT})"
     r"(?:\s+(?P<dir>ago|later|from\s+now))?", _later),
    (rf"(?P<ahead>再?过)?(?P<sign>[+-])?\s*(?P<count>{N}|半)\s*个?(?P<half>半)?"
     rf"(?P<unit>分钟|小时|钟头|天|周|星期|礼拜|工作日|(?<=[个半])月){BEHIND}?", _later),
    (rf"(?P<sign>[+-])?(?P<count>{N}|半)\s*(?P<unit>[年日])(?P<half>半)?{BEHIND}", _later),
    # weeks
    (rf"(?P<week>{BESIDES})?{WEEK}(?P<day>[一二三四五六日天末]|[1-7](?![0-9:点时天]))", _in_week),
    (rf"(?P<week>下{{1,3}}|上{{1,3}}){WEEK}(?P<day>)", _in_week),
    (rf"(?P<day>{WEEKDAY})", _in_week),
    (rf"(?P<week>next|last|this)\s+(?P<day>{WEEKDAY})", _in_week),
    (rf"(?P<day>{WEEKDAY})\s+(?P<week>next|last|this)\s+week", _in_week),
    (rf"(?P<week>next|last)\s+week(?:\s+(?:on\s+)?(?P<day>{WEEKDAY}))?", _in_week),
    # months
    (r"(?P<year>[0-9]{4})(?P<mark>[-/.])(?P<month>[0-9]{1,2})(?P=mark)(?P<day>[0-9]{1,2})(?:t(?=[0-9]))?", _of_month),
    (r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})", _of_month),
    (r"(?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})(?![-/.][0-9])", _of_month),
    (rf"(?:{YEAR}\s*)?(?P<month>{N})\s*月份?(?:\s*{DAY})?", _of_month),
    (rf"(?P<besides>(?:{BESIDES})个?)月份?(?:\s*{DAY})?", _of_month),
    (r"月(?P<day>[初中底末])", _of_month),
    (rf"(?P<day>{N}[日号])", _of_month),
    (rf"(?:the\s+)?(?P<day>[0-9]{{1,2}}){NTH}", lambda asked, m: asked.monthly(m.start(), int(m["day"]))),
    (rf"(?P<name>{MONTH})\.?\s*(?P<day>[0-9]{{1,2}}){NTH}?(?:,?\s*(?P<year>[0-9]{{4}}))?", _of_month),
    (rf"(?P<day>[0-9]{{1,2}})(?:{NTH}\s+of|{NTH})?\s*(?P<name>{MONTH})\.?(?:,?\s*(?P<year>[0-9]{{4}}))?", _of_month),
    (rf"(?P<day>{PLACE})\s+of\s+(?P<name>{MONTH})\.?(?:\s+(?P<year>[0-9]{{4}}))?", _of_month),
    (rf"(?:(?P<day>{PLACE})\s+of\s+)?(?P<besides>next|last|this)\s+month", _of_month),
    (r"(?P<besides>next|last|this)\s+month\s+(?:on\s+)?(?:the\s+)?"
     rf"(?P<day>[0-9]{{1,2}})(?:{NTH}|(?![:0-9a-z]|\s*[ap]\.?m))", _of_month),
    (rf"(?P<day>{PLACE})\s+of\s+(?:the\s+)?month", _of_month),
    (r"eom", lambda asked, m: asked.monthly(m.start(), LAST)),
    # quarters and years
    (r"eoq|end\s+of\s+(?:the\s+)?quarter|季度?[末底]", _end_of_quarter),
    (rf"{YEAR}初?", _start_of_year),
    (r"年初|(?P<year>next|last)\s+year", _start_of_year),
    (rf"{YEAR}[底末]", _end_of_year),
    (r"年[底末]|eoy|end\s+of\s+(?:the\s+year|year|(?P<year>this|next|last)\s+year)", _end_of_year),
    # holidays
    (rf"(?P<feast>{FEAST})节?(?:假期?|长假)?(?P<side>[之以]?[后前])", _around_feast),
    (rf"(?P<side>after|before)\s+(?P<feast>{FEAST})", _around_feast),
    (r"(?P<side>过完)(?P<feast>[年节])", _around_feast),
)
