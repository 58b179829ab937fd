"""Periods of whole days, both ends included."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain import periods
from crm_tui.domain.errors import UsageError
from crm_tui.domain.periods import Period

TODAY = date(2026, 11, 22)


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("today", "first", "last"),
    [
        ("2026-11-22", "2025-11-01", "2026-10-31"),
        ("2026-11-01", "2025-11-01", "2026-10-31"),
        ("2027-01-01", "2026-01-01", "2026-12-31"),
        ("2024-03-31", "2023-03-01", "2024-02-29"),
        ("2024-02-29", "2023-02-01", "2024-01-31"),
    ],
)
def test_the_default_is_the_twelve_full_months_before_this_one(today: str, first: str, last: str) -> None:
    assert periods.default(day(today)) == Period(day(first), day(last))


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (("2025-11-01", "2026-10-31"), ("2024-11-01", "2025-10-31")),
        (("2024-03-01", "2024-03-31"), ("2024-02-01", "2024-02-29")),
        (("2026-01-01", "2026-03-31"), ("2025-10-01", "2025-12-31")),
        (("2024-03-01", "2024-03-30"), ("2024-01-31", "2024-02-29")),
        (("2026-05-05", "2026-05-05"), ("2026-05-04", "2026-05-04")),
    ],
)
def test_before_a_period_lies_one_of_as_many_months_or_days(period: tuple[str, str], before: tuple[str, str]) -> None:
    assert periods.before(Period(*map(day, period))) == Period(*map(day, before))


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(0, 800))
def test_the_one_before_ends_the_day_before_and_is_as_long(first: date, length: int) -> None:
    period = Period(first, first + timedelta(days=length))
    before = periods.before(period)
    assert before.as_of == period.first
    if not period.is_of_months:
        assert before.last - before.first == period.last - period.first
    else:
        assert len(before.months) == len(period.months)


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (None, None, ("2025-11-01", "2026-10-31")),
        ("2026", "2026", ("2026-01-01", "2026-12-31")),
        ("2026-02", "2026-Q2", ("2026-02-01", "2026-06-30")),
        ("2024-02-29", "2024-02-29", ("2024-02-29", "2024-02-29")),
        ("2026-06-15", None, ("2026-06-15", "2026-10-31")),
        ("2026-11-05", None, ("2026-11-05", "2026-11-22")),
        (None, "2026-03", ("2025-04-01", "2026-03-31")),
        ("9999", "9999", ("9999-01-01", "9999-12-31")),
    ],
)
def test_days_months_quarters_and_years_are_read(first: str | None, last: str | None, found: tuple[str, str]) -> None:
    assert periods.parse(first, last, TODAY) == Period(*map(day, found))


@pytest.mark.parametrize(
    ("first", "last"), [("soon", None), ("2026-13", None), ("2026-02-30", None), ("2026", "2025"), ("0000", None),
                        (None, "0001")]
)  # fmt: skip
def test_everything_else_is_refused(first: str | None, last: str | None) -> None:
    with pytest.raises(UsageError):
        periods.parse(first, last, TODAY)


def test_it_is_printed_with_both_its_ends() -> None:
    assert str(periods.default(TODAY)) == "2025-11-01 to 2026-10-31"
    assert periods.default(TODAY).as_of == date(2026, 11, 1)
