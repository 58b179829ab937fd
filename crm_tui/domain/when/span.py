"""Words that mean a week, a month, a quarter or a year: for filters, which ask what lies within one.

A promise needs one day, so `parse` reads the same words as the first of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from crm_tui.domain.when import words

_BY = r"(?:(?P<word>this|last|next)[\s_-]?|(?P<besides>下{1,3}|上{1,3}|本|这)个?)"


def span(text: str, today: date, *, past: bool = False) -> tuple[date, date] | None:
    """The first day and the day after the last of what `text` names (`this week`, `上个月`, `2026年`, `2026-05`); None
    for any other text. A month without a year is the current or next one, with `past` the current or last one.

    Raises ValueError or OverflowError for what lies outside the calendar.
    """
    read = " ".join(words.folded(text).split())
    for pattern, first in _SPANS:
        if found := re.fullmatch(pattern, read, re.ASCII):
            return first(found, today, past)
    return None


def _away(found: re.Match[str]) -> int:
    """How many of them from the current one."""
    return words.besides(found["word"] or found["besides"])


def _months(year: int, month: int, count: int) -> tuple[date, date]:
    """So many months from that one on, whose number may lie outside of its year."""
    first, after = (divmod(year * 12 + month - 1 + more, 12) for more in (0, count))
    return date(first[0], first[1] + 1, 1), date(after[0], after[1] + 1, 1)


def _week(found: re.Match[str], today: date, past: bool) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=_away(found))
    return monday, monday + timedelta(weeks=1)


def _month(found: re.Match[str], today: date, past: bool) -> tuple[date, date]:
    return _months(today.year, today.month + _away(found), 1)


def _quarter(found: re.Match[str], today: date, past: bool) -> tuple[date, date]:
    return _months(today.year, (today.month - 1) // 3 * 3 + 1 + 3 * _away(found), 3)


def _year(found: re.Match[str], today: date, past: bool) -> tuple[date, date]:
    return _months(today.year + _away(found), 1, 12)


def _named_year(found: re.Match[str], today: date, past: bool) -> tuple[date, date]:
    return _months(_number_of_year(found, today), 1, 12)


def _named_month(found: re.Match[str], today: date, past: bool) -> tuple[date, date]:
    month = words.number(found["month"])
    if not 1 <= month <= 12:
        raise ValueError(month)
    if found.groupdict().get("year"):
        return _months(_number_of_year(found, today), month, 1)
    away = -(month > today.month) if past else month < today.month
    return _months(today.year + away, month, 1)


def _number_of_year(found: re.Match[str], today: date) -> int:
    year = found["year"]
    return today.year + words.AGES[year] if year in words.AGES else words.number(year)


_SPANS: tuple[tuple[str, Callable[[re.Match[str], date, bool], tuple[date, date]]], ...] = (
    (rf"{_BY}(?:week|周|星期|礼拜)", _week),
    (rf"{_BY}(?:month|月份?)", _month),
    (rf"{_BY}(?:quarter|季度?)", _quarter),
    (rf"{_BY}(?:year|年)", _year),
    (words.YEAR, _named_year),
    (rf"(?:{words.YEAR} ?)?(?P<month>{words.N}) ?月份?", _named_month),
    (r"(?P<year>[0-9]{4})[-/.](?P<month>[0-9]{1,2})", _named_month),
)
