from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.workdays import CHINESE_HOLIDAYS, Workdays

CHINA = Workdays()
WEEKENDS = Workdays("")
DAYS = st.dates(date(2020, 1, 1), date(2029, 12, 31))


@pytest.mark.parametrize(
    ("country", "day", "works", "name"),
    [
        ("CN", date(2026, 11, 27), True, None),
        ("CN", date(2026, 11, 28), False, None),
        ("CN", date(2026, 10, 1), False, "National Day"),
        ("CN", date(2026, 10, 10), True, None),  # a Saturday that is worked
        ("CN", date(2026, 2, 14), True, None),
        ("CN", date(2025, 10, 6), False, "Mid-autumn Festival"),
        ("CN", date(2035, 10, 1), False, "National Day"),
        ("CN", date(2035, 2, 8), False, "Spring Festival"),
        ("CN", date(2035, 5, 1), False, "Labour Day"),
        ("cn", date(2026, 10, 1), False, "National Day"),
        ("CN", date(2500, 10, 1), True, None),
        ("", date(2026, 10, 1), True, None),
        ("", date(2026, 10, 10), False, None),
        ("US", date(2026, 7, 3), False, "Independence Day"),
        ("US", date(2026, 10, 1), True, None),
        ("SA", date(2026, 11, 27), False, None),  # Friday is the weekend there
        ("SA", date(2026, 11, 29), True, None),
        ("ZZ", date(2026, 10, 1), True, None),
        ("ZZ", date(2026, 10, 3), False, None),
    ],
)
def test_a_day_is_worked_or_has_a_reason_not_to_be(country: str, day: date, works: bool, name: str | None) -> None:
    assert (Workdays(country).is_workday(day), Workdays(country).holiday_name(day)) == (works, name)


@pytest.mark.parametrize("year", [2019, 2026, 2035])
def test_every_chinese_holiday_has_a_name_of_the_catalogue(year: int) -> None:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(365))
    names = {CHINA.holiday_name(day) for day in days} - {None}
    assert names == set(CHINESE_HOLIDAYS)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (date(2026, 11, 27), date(2026, 11, 30)),
        (date(2026, 9, 30), date(2026, 10, 8)),
        (date(2026, 10, 9), date(2026, 10, 10)),
        (date(2026, 2, 13), date(2026, 2, 14)),
        (date(2026, 2, 14), date(2026, 2, 24)),
        (date(2025, 12, 31), date(2026, 1, 4)),
    ],
)
def test_the_next_workday_jumps_holidays_and_stops_at_made_up_days(after: date, expected: date) -> None:
    assert CHINA.next_workday(after) == expected


@pytest.mark.parametrize(
    ("country", "year", "missing"),
    [
        ("CN", 2026, False),
        ("CN", 2035, True),
        ("CN", 2500, True),
        ("US", 2035, False),
        ("ZZ", 2026, True),
        ("", 2500, False),
    ],
)
def test_a_calendar_says_which_years_it_lacks(country: str, year: int, missing: bool) -> None:
    assert Workdays(country).missing(year) is missing


@pytest.mark.parametrize(
    ("since", "names", "days", "expected"),
    [
        (date(2026, 9, 1), (), 3, (date(2026, 9, 25), date(2026, 9, 27))),
        (date(2026, 9, 27), (), 3, (date(2026, 9, 25), date(2026, 9, 27))),
        (date(2026, 9, 28), (), 3, (date(2026, 10, 1), date(2026, 10, 7))),
        (date(2026, 9, 1), (), 4, (date(2026, 10, 1), date(2026, 10, 7))),
        (date(2025, 2, 5), ("spring festival",), 1, (date(2026, 2, 15), date(2026, 2, 23))),
        (date(2026, 2, 24), ("Saint Nobody",), 1, None),
    ],
)
def test_a_holiday_is_found_with_the_weekend_around_it(
    since: date, names: tuple[str, ...], days: int, expected: tuple[date, date] | None
) -> None:
    assert CHINA.holiday(since, names, days) == expected


def test_without_a_country_there_is_no_holiday() -> None:
    assert WEEKENDS.holiday(date(2026, 1, 1)) is None


@given(DAYS, st.integers(-30, 30))
def test_working_days_added_are_the_working_days_between(day: date, n: int) -> None:
    start = day if CHINA.is_workday(day) else CHINA.next_workday(day)
    end = CHINA.add(start, n)
    assert CHINA.is_workday(end)
    assert CHINA.between(start, end) == n


@given(DAYS, DAYS, DAYS)
def test_working_days_between_add_up(a: date, b: date, c: date) -> None:
    assert WEEKENDS.between(a, b) + WEEKENDS.between(b, c) == WEEKENDS.between(a, c)


def test_importing_loads_no_calendar() -> None:
    code = "import sys, crm_tui.domain.workdays; sys.exit(bool({'holidays', 'chinese_calendar'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
