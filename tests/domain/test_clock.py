from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain import clock
from crm_tui.domain.clock import local_date, local_dates, stamp

ZONES = ("UTC", "Asia/Shanghai", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")


@given(st.sampled_from(ZONES), st.lists(st.datetimes(datetime(1960, 1, 1), datetime(2060, 1, 1)), max_size=5))
def test_the_days_of_many_stamps_are_those_of_each(zone: str, moments: list[datetime]) -> None:
    days = local_dates(ZoneInfo(zone))
    for moment in moments:
        stored = stamp(moment.replace(tzinfo=UTC))
        assert days(stored) == local_date(stored, ZoneInfo(zone))


@pytest.mark.parametrize("stored", ["2011-12-29 09:59:59", "2011-12-30 09:59:59", "2011-12-30 10:00:00"])
def test_a_day_that_a_zone_left_out_is_no_day(stored: str) -> None:
    assert local_dates(ZoneInfo("Pacific/Apia"))(stored) == local_date(stored, ZoneInfo("Pacific/Apia"))


@pytest.mark.parametrize("stored", ["0001-01-01 00:00:00", "9999-12-01 00:00:00"])
def test_the_first_month_there_is_and_the_last_have_days_too(stored: str) -> None:
    assert local_dates(UTC)(stored) == local_date(stored, UTC)


def test_a_zone_is_asked_about_a_month_and_not_about_each_stamp(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    exactly = clock._midnight
    monkeypatch.setattr(clock, "_midnight", lambda month, zone: asked.append(month) or exactly(month, zone))
    days = local_dates(ZoneInfo("Asia/Shanghai"))
    assert {str(days(f"2026-{month:02}-10 {hour:02}:00:00")) for month in (5, 6) for hour in (15, 16)} == {
        "2026-05-10", "2026-05-11", "2026-06-10", "2026-06-11",
    }  # fmt: skip
    assert asked == ["2026-05", "2026-06"]
