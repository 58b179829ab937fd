"""Words that mean a week, a month, a quarter or a year."""

from __future__ import annotations

from datetime import date

import pytest

from crm_tui.domain.filters import Span, Term, parse, spans
from crm_tui.domain.when import span
from tests.domain.filters.samples import CONTEXT, NOW

TODAY = NOW.date()  # Sunday, 22 November 2026


@pytest.mark.parametrize(
    ("texts", "first", "after"),
    [
        (("this week", "本周", "这周", "这个星期", "This-Week"), "2026-11-16", "2026-11-23"),
        (("next week", "下周", "下个礼拜"), "2026-11-23", "2026-11-30"),
        (("last week", "上周", "上週"), "2026-11-09", "2026-11-16"),
        (("上上周",), "2026-11-02", "2026-11-09"),
        (("this month", "本月", "这个月", "這個月", "11月", "2026年11月份", "2026-11"), "2026-11-01", "2026-12-01"),
        (("last month", "上月", "上个月", "last_month"), "2026-10-01", "2026-11-01"),
        (("next month", "下月", "下个月", "12月"), "2026-12-01", "2027-01-01"),
        (("5月", "二〇二七年五月"), "2027-05-01", "2027-06-01"),
        (("this quarter", "本季度"), "2026-10-01", "2027-01-01"),
        (("last quarter", "上季度", "上个季度"), "2026-07-01", "2026-10-01"),
        (("this year", "今年", "2026年"), "2026-01-01", "2027-01-01"),
        (("last year", "去年"), "2025-01-01", "2026-01-01"),
    ],
)  # fmt: skip
def test_a_span_has_a_first_day_and_one_after_its_last(texts: tuple[str, ...], first: str, after: str) -> None:
    for text in texts:
        assert span(text, TODAY) == (date.fromisoformat(first), date.fromisoformat(after)), text


def test_a_month_alone_is_the_last_one_in_the_past() -> None:
    assert span("12月", TODAY, past=True) == (date(2025, 12, 1), date(2026, 1, 1))
    assert span("11月", TODAY, past=True) == (date(2026, 11, 1), date(2026, 12, 1))


@pytest.mark.parametrize("text", ["", "today", "下周二", "fri", "5月1日", "2026-05-01", "last", "week", "3年", "1w"])
def test_other_words_are_no_span(text: str) -> None:
    assert span(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("due:下周", "2026-11-23", "2026-11-30"), ("due:<下周", None, "2026-11-23"),
        ("due:<=下周", None, "2026-11-30"), ("due:>下个月", "2027-01-01", None),
        ('due:>="next month"', "2026-12-01", None),
        ("due:本周..下周", "2026-11-16", "2026-11-30"), ("last_purchase:12月", "2025-12-01", "2026-01-01"),
        ("stale:今年", "2026-01-01", "2027-01-01"),
    ],
)  # fmt: skip
def test_filters_compare_with_the_whole_span(text: str, low: str | None, high: str | None) -> None:
    found = parse(text, CONTEXT)
    days = [date.fromisoformat(day) if day else None for day in (low, high)]
    assert isinstance(found, Term)
    assert found.values == (Span(*days),)


def test_moments_lie_in_the_span_in_the_users_zone() -> None:
    found = spans.moment("上月", NOW)
    assert [str(end) for end in (found.start, found.end)] == ["2026-09-30 16:00:00+00:00", "2026-10-31 16:00:00+00:00"]
