from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crm_tui.domain.errors import UsageError
from crm_tui.domain.when import When, canonical, describe, next_half_day, parse
from crm_tui.domain.workdays import Workdays

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2025, 11, 26, 10, 17, 45, tzinfo=SHANGHAI)  # a Wednesday; the calendar of 2026 is known
TODAY = NOW.date()
CHINA = Workdays()


def read(text: str, **settings: bool) -> str:
    return canonical(parse(text, NOW, workdays=CHINA, **settings))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # the forms of DOMAIN §5
        ("+3d", "2025-11-29"),
        ("2w", "2025-12-10"),
        ("fri", "2025-11-28"),
        ("fri 15:00", "2025-11-28 15:00"),
        ("next mon", "2025-12-01"),
        ("25", "2025-12-25"),
        ("12-01", "2025-12-01"),
        ("12月1日", "2025-12-01"),
        ("tomorrow", "2025-11-27"),
        ("明天下午3点", "2025-11-27 15:00"),
        ("后天", "2025-11-28"),
        ("大后天", "2025-11-29"),
        ("下周二", "2025-12-02"),
        ("下下周", "2025-12-08"),
        ("3天后", "2025-11-29"),
        ("月初", "2025-12-01"),
        ("月底", "2025-11-30"),
        ("年后", "2026-02-24"),
        ("节后", "2026-01-04"),
        # days near today
        ("today", "2025-11-26"),
        ("今天", "2025-11-26"),
        ("tmr", "2025-11-27"),
        ("day after tomorrow", "2025-11-28"),
        ("昨天", "2025-11-25"),
        ("yesterday 3pm", "2025-11-25 15:00"),
        ("前天", "2025-11-24"),
        ("大前天", "2025-11-23"),
        # so long from now
        ("3d", "2025-11-29"),
        ("-3d", "2025-11-23"),
        ("3d ago", "2025-11-23"),
        ("3天前", "2025-11-23"),
        ("in 3 days", "2025-11-29"),
        ("in two weeks", "2025-12-10"),
        ("a week ago", "2025-11-19"),
        ("两周后", "2025-12-10"),
        ("再过两周", "2025-12-10"),
        ("1m", "2025-12-26"),
        ("+1 month", "2025-12-26"),
        ("一个月后", "2025-12-26"),
        ("两个月前", "2025-09-26"),
        ("半个月后", "2025-12-11"),
        ("1y", "2026-11-26"),
        ("半年后", "2026-05-26"),
        ("两年半后", "2028-05-26"),
        ("十一天后", "2025-12-07"),
        ("一百零五天后", "2026-03-11"),
        ("+5wd", "2025-12-03"),
        ("3个工作日后", "2025-12-01"),
        ("0d", "2025-11-26"),
        ("+2h", "2025-11-26 12:17"),
        ("in 2 hours", "2025-11-26 12:17"),
        ("30min", "2025-11-26 10:47"),
        ("半小时后", "2025-11-26 10:47"),
        ("half an hour", "2025-11-26 10:47"),
        ("一个半小时后", "2025-11-26 11:47"),
        ("now", "2025-11-26 10:17"),
        ("+1d 9:30", "2025-11-27 09:30"),
        # days of the week
        ("wed", "2025-12-03"),
        ("thu", "2025-11-27"),
        ("tue", "2025-12-02"),
        ("monday", "2025-12-01"),
        ("this fri", "2025-11-28"),
        ("this mon", "2025-11-24"),
        ("next fri", "2025-12-05"),
        ("fri next week", "2025-12-05"),
        ("next week fri", "2025-12-05"),
        ("last fri", "2025-11-21"),
        ("next week", "2025-12-01"),
        ("周五", "2025-11-28"),
        ("星期五", "2025-11-28"),
        ("礼拜五", "2025-11-28"),
        ("周5", "2025-11-28"),
        ("本周五", "2025-11-28"),
        ("这周五", "2025-11-28"),
        ("这个星期天", "2025-11-30"),
        ("上周五", "2025-11-21"),
        ("下周末", "2025-12-06"),
        ("周末", "2025-11-29"),
        ("下周", "2025-12-01"),
        # dates
        ("2026-12-01", "2026-12-01"),
        ("2026/12/1", "2026-12-01"),
        ("2026.12.1", "2026-12-01"),
        ("20261201", "2026-12-01"),
        ("2026-12-01T15:00", "2026-12-01 15:00"),
        ("2026年12月1日", "2026-12-01"),
        ("二〇二六年十二月一日", "2026-12-01"),
        ("明年3月1日", "2026-03-01"),
        ("12/1", "2025-12-01"),
        ("11-26", "2025-11-26"),
        ("11-25", "2026-11-25"),
        ("2-29", "2028-02-29"),
        ("dec 1", "2025-12-01"),
        ("1 dec", "2025-12-01"),
        ("Dec 1st, 2027", "2027-12-01"),
        ("1st of december", "2025-12-01"),
        ("26", "2025-12-26"),
        ("27", "2025-11-27"),
        ("31", "2025-12-31"),
        ("the 5th", "2025-12-05"),
        ("二十五号", "2025-12-25"),
        ("12月4日 周四", "2025-12-04"),
        ("Fri 28 Nov 2025, 15:00", "2025-11-28 15:00"),
        # months, quarters, years
        ("下个月", "2025-12-01"),
        ("next month", "2025-12-01"),
        ("下个月5号", "2025-12-05"),
        ("next month 5", "2025-12-05"),
        ("next month 5 3pm", "2025-12-05 15:00"),
        ("上个月15号", "2025-10-15"),
        ("下月初", "2025-12-01"),
        ("下月底", "2025-12-31"),
        ("end of month", "2025-11-30"),
        ("end of next month", "2025-12-31"),
        ("eom", "2025-11-30"),
        ("12月", "2025-12-01"),
        ("2月底", "2026-02-28"),
        ("end of march", "2026-03-31"),
        ("季末", "2025-12-31"),
        ("年底", "2025-12-31"),
        ("next year", "2026-01-01"),
        # times
        ("15:00", "2025-11-26 15:00"),
        ("10:17", "2025-11-26 10:17"),
        ("10:16", "2025-11-27 10:16"),
        ("3pm", "2025-11-26 15:00"),
        ("12am", "2025-11-27 00:00"),
        ("12pm", "2025-11-26 12:00"),
        ("at 16", "2025-11-26 16:00"),
        ("noon", "2025-11-26 12:00"),
        ("中午", "2025-11-26 12:00"),
        ("上午10点", "2025-11-27 10:00"),
        ("晚上8点", "2025-11-26 20:00"),
        ("今晚", "2025-11-26 19:00"),
        ("tonight", "2025-11-26 19:00"),
        ("tonight at 8", "2025-11-26 20:00"),
        ("今晚8点", "2025-11-26 20:00"),
        ("明早9点", "2025-11-27 09:00"),
        ("凌晨12点", "2025-11-27 00:00"),
        ("今天9点", "2025-11-26 09:00"),
        ("fri 3pm", "2025-11-28 15:00"),
        ("3pm fri", "2025-11-28 15:00"),
        ("fri 15", "2025-11-28 15:00"),
        ("fri at 15", "2025-11-28 15:00"),
        ("25 15", "2025-12-25 15:00"),
        ("fri morning", "2025-11-28 09:00"),
        ("周五下午", "2025-11-28 14:00"),
        ("下周五下午三点半", "2025-12-05 15:30"),
        ("明天上午9点一刻", "2025-11-27 09:15"),
        ("周二二十点", "2025-12-02 20:00"),
        ("12月15日15:00", "2025-12-15 15:00"),
        # traditional characters, full-width digits and punctuation
        ("下週二", "2025-12-02"),
        ("後天", "2025-11-28"),
        ("星期五下午三點", "2025-11-28 15:00"),
        ("禮拜五", "2025-11-28"),
        ("兩個月後", "2026-01-26"),
        ("下個月五號", "2025-12-05"),
        ("節後", "2026-01-04"),
        ("１２月１日　１５：００", "2025-12-01 15:00"),
        ("＋３ｄ", "2025-11-29"),
        ("  FRI，15：00 ", "2025-11-28 15:00"),
    ],
)
def test_a_date_is_read_as_people_type_it(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fri", "2025-11-21"),
        ("wed", "2025-11-26"),
        ("26", "2025-11-26"),
        ("25", "2025-11-25"),
        ("27", "2025-10-27"),
        ("31", "2025-10-31"),
        ("11-26", "2025-11-26"),
        ("12-01", "2024-12-01"),
        ("2-29", "2024-02-29"),
        ("3月5日", "2025-03-05"),
        ("月初", "2025-11-01"),
        ("月底", "2025-10-31"),
        ("15:00", "2025-11-25 15:00"),
        ("9:00", "2025-11-26 09:00"),
        ("3d", "2025-11-23"),
        ("+3d", "2025-11-29"),
        ("2026-01-05", "2026-01-05"),
    ],
)
def test_with_past_what_is_left_open_is_the_last_one_up_to_today(text: str, expected: str) -> None:
    assert read(text, past=True) == expected


@pytest.mark.parametrize(
    ("today", "text", "country", "expected"),
    [
        (date(2026, 10, 3), "节后", "CN", date(2026, 10, 8)),  # running
        (date(2026, 9, 27), "节后", "CN", date(2026, 9, 28)),  # its last day
        (date(2026, 9, 28), "节后", "CN", date(2026, 10, 8)),
        (date(2026, 10, 3), "国庆节后", "CN", date(2026, 10, 8)),
        (date(2026, 2, 20), "年后", "CN", date(2026, 2, 24)),
        (date(2025, 2, 5), "年后", "CN", date(2026, 2, 24)),
        (date(2025, 2, 5), "after spring festival", "CN", date(2026, 2, 24)),
        (date(2025, 12, 1), "年前", "CN", date(2026, 2, 14)),  # a Saturday that is worked
        (date(2026, 2, 25), "节前", "CN", date(2026, 4, 3)),
        (date(2026, 5, 1), "节前", "CN", date(2026, 6, 18)),  # its first day
        (date(2026, 4, 1), "五一后", "CN", date(2026, 5, 6)),
        (date(2025, 12, 1), "年后", "US", date(2026, 2, 24)),
        (date(2025, 12, 1), "年后", "", date(2026, 2, 24)),
        (date(2025, 12, 1), "年后", "SG", date(2026, 2, 19)),
        (date(2026, 8, 1), "after the holidays", "US", date(2026, 9, 8)),
        (date(2026, 8, 1), "after labor day", "US", date(2026, 9, 8)),
    ],
)
def test_a_holiday_names_the_working_day_beside_it(today: date, text: str, country: str, expected: date) -> None:
    now = datetime.combine(today, time(10), SHANGHAI)
    assert parse(text, now, workdays=Workdays(country)) == When(expected)


@pytest.mark.parametrize(
    ("today", "text", "expected"),
    [
        (date(2026, 1, 31), "1m", date(2026, 2, 28)),
        (date(2026, 1, 31), "31", date(2026, 3, 31)),
        (date(2026, 1, 31), "30", date(2026, 3, 30)),
        (date(2026, 1, 31), "eom", date(2026, 1, 31)),
        (date(2026, 1, 31), "月初", date(2026, 2, 1)),
        (date(2026, 12, 31), "下个月", date(2027, 1, 1)),
        (date(2024, 2, 29), "1y", date(2025, 2, 28)),
        (date(2026, 11, 29), "next mon", date(2026, 11, 30)),  # from a Sunday
        (date(2026, 11, 29), "mon", date(2026, 11, 30)),
        (date(2026, 11, 30), "mon", date(2026, 12, 7)),
        (date(2097, 1, 1), "feb 29", date(2104, 2, 29)),
    ],
)
def test_ends_of_months_weeks_and_years_are_kept(today: date, text: str, expected: date) -> None:
    assert parse(text, datetime.combine(today, time(10), SHANGHAI)) == When(expected)


def test_hours_are_counted_as_they_pass_where_the_clock_is_turned_back() -> None:
    now = datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert parse("+3h", now) == When(date(2026, 10, 25), time(3, 30))


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ("", 0, "fri 15:00"),
        ("  ", 0, "fri 15:00"),
        ("hello", 0, '"hello"'),
        ("fri x", 4, '"x"'),
        ("明天下午3点x", 6, '"x"'),
        ("㍿ x", 0, '"㍿ x"'),
        ("12月1日 foo", 6, '"foo"'),
        ("fri\x1b[2J", 3, '"�[2J"'),
        ("x" * 50, 0, '"xxxxxxxxxxxxxxxxxxx…"'),
        ("fri fri", 4, "too many"),
        ("+2h 15:00", 4, "too many"),
        ("thu 28 nov 2025", 4, "2025-11-28 is a Fri"),
        ("fri 25:00", 4, "00:00 to 23:59"),
        ("fri 24", 4, "00:00 to 23:59"),
        ("明天晚上12点", 2, "00:00 to 23:59"),
        ("13-01", 0, "no month 13"),
        ("30 feb", 0, "no day 30"),
        ("6/31", 0, "no day 31"),
        ("2025-02-29", 0, "Feb 2025 has no day 29"),
        ("0", 0, "no day 0"),
        ("32", 0, "no day 32"),
        ("12/1/2026", 2, '"/1/2026"'),
        ("半天后", 0, "whole days"),
        ("1000wd", 0, "999 working days"),
        ("3000-01-01", 0, "1900 to 2999"),
        ("1899-12-31", 0, "1900 to 2999"),
        ("999999999d", 0, "1900 to 2999"),
        ("-999999999w", 0, "1900 to 2999"),
        ("999999999y", 0, "1900 to 2999"),
        ("999999999h", 0, "1900 to 2999"),
        ("1000年后", 0, "1900 to 2999"),
    ],
)
def test_what_is_no_date_is_pointed_at_with_a_remedy(text: str, position: int, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert (caught.value.text, caught.value.position) == (text, position)
    assert says in str(caught.value)


def test_without_holidays_a_holiday_asks_for_the_date() -> None:
    with pytest.raises(UsageError, match="type the date"):
        parse("节后", NOW, workdays=Workdays(""))


WORDS = """
    + - 3 12 25 31 99 999999999 2026 0 d w m y h wd min fri mon next last this week month ago in at am pm T : / .
    年 月 日 号 天 周 下 上 本 个 半 点 刻 分 前 后 之后 初 底 末 二 十 百 零 明 今 晚 下午 晚上 中午 小时 工作日 节
    春节 feb dec of end half an 週 後 點 １ ：
"""
PIECES = st.sampled_from([*WORDS.split(), " "])
MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2950, 1, 1)).map(lambda now: now.replace(tzinfo=SHANGHAI))


@given(st.one_of(st.text(max_size=30), st.lists(PIECES, max_size=8).map("".join)), MOMENTS, st.booleans())
@example("İ", NOW, False)
@example("in" + " " * 100_000, NOW, False)
@example("9" * 5000, NOW, False)
@example("一" * 5000 + "天后", NOW, False)
def test_any_text_is_a_date_of_the_calendar_or_a_usage_error(text: str, now: datetime, past: bool) -> None:
    try:
        when = parse(text, now, workdays=Workdays(""), past=past)
    except UsageError as error:
        refused = error
    else:
        assert 1900 <= when.on.year <= 2999
        assert parse(text, now, workdays=Workdays(""), past=past) == when
        return
    assert refused.text == text
    assert refused.position in range(len(text) + 1)


MINUTES = st.times().map(lambda at: at.replace(second=0, microsecond=0))
WHENS = st.builds(When, st.dates(date(1900, 1, 1), date(2999, 12, 31)), st.none() | MINUTES)


@given(WHENS, MOMENTS, st.booleans())
def test_the_canonical_form_reads_back_as_the_same(when: When, now: datetime, past: bool) -> None:
    assert parse(canonical(when), now, past=past) == when


@given(WHENS, MOMENTS)
def test_what_is_shown_can_be_typed(when: When, now: datetime) -> None:
    shown = describe(when, now.date()).partition(" · ")[0]
    assert parse(shown, now) == when


@given(MOMENTS, st.sampled_from(["mon", "周日", "25", "31号", "12-01", "feb 29", "3月底", "月底", "月中", "12:00"]))
def test_what_is_left_open_is_nearest_on_the_side_that_was_asked_for(now: datetime, text: str) -> None:
    ahead, back = parse(text, now).on, parse(text, now, past=True).on
    assert back <= now.date() <= ahead
    assert parse(text, now + (ahead - now.date()), past=True).on >= ahead - timedelta(days=text == "12:00")


@pytest.mark.parametrize(
    ("when", "shown"),
    [
        (When(date(2025, 12, 1), time(15)), "Mon 1 Dec 2025, 15:00 · in 5 days"),
        (When(date(2025, 11, 26)), "Wed 26 Nov 2025 · today"),
        (When(date(2025, 11, 27)), "Thu 27 Nov 2025 · tomorrow"),
        (When(date(2025, 11, 25)), "Tue 25 Nov 2025 · yesterday"),
        (When(date(2025, 11, 24)), "Mon 24 Nov 2025 · 2 days ago"),
        (When(date(2025, 11, 29)), "Sat 29 Nov 2025 · in 3 days · a weekend"),
        (When(date(2026, 10, 1), time(9, 5)), "Thu 1 Oct 2026, 09:05 · in 309 days · a holiday (National Day)"),
        (When(date(2026, 10, 10)), "Sat 10 Oct 2026 · in 318 days"),  # a Saturday that is worked
    ],
)
def test_a_date_is_shown_with_its_weekday_its_distance_and_a_warning(when: When, shown: str) -> None:
    assert describe(when, TODAY, CHINA) == shown


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2025, 11, 26, 0, 0, tzinfo=UTC), When(date(2025, 11, 26), time(14))),
        (datetime(2025, 11, 26, 11, 59, tzinfo=UTC), When(date(2025, 11, 26), time(14))),
        (datetime(2025, 11, 26, 12, 0, tzinfo=UTC), When(date(2025, 11, 27), time(9))),
        (datetime(2025, 11, 28, 16, 0, tzinfo=UTC), When(date(2025, 12, 1), time(9))),
        (datetime(2026, 9, 30, 16, 0, tzinfo=UTC), When(date(2026, 10, 8), time(9))),
    ],
)
def test_no_answer_comes_back_next_half_day(now: datetime, expected: When) -> None:
    assert next_half_day(now, CHINA) == expected


def test_plain_dates_load_no_calendar() -> None:
    code = (
        "import sys; from datetime import *; from crm_tui.domain.when import parse\n"
        "for text in ('fri 15:00', '+3d', '下周二', '12-01', '月底'): parse(text, datetime.now(UTC))\n"
        "sys.exit(bool({'holidays', 'chinese_calendar', 'dateutil'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
