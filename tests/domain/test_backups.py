"""Which backups are kept: of the last days, weeks and months the newest each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.backups import Keep, Name, name, of, parse, rotation

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HASH = "0123456789abcdef" * 4


def named(at: datetime, stem: str = "crm", length: int = 7) -> str:
    return name(stem, ".db", at, length, HASH)


def test_a_name_says_when_how_long_and_where_the_chain_ended() -> None:
    text = named(NOW)
    assert text == "crm-20261122T120000Z-7-0123456789abcdef.db"
    assert parse(text) == Name(text, "crm", NOW, 7, "0123456789abcdef")


@pytest.mark.parametrize(
    "text",
    [
        "crm.db", "crm-20261122T120000Z-7.db", "crm-20261322T120000Z-7-0123456789abcdef.db",
        "crm-20261122T120000Z-7-0123456789abcdef.db.part", ".crm.db.daily.part", "my crm-20261122.db",
        "crm-20261122T120000Z-seven-0123456789abcdef.db",
    ],
)  # fmt: skip
def test_other_names_are_no_backups(text: str) -> None:
    assert parse(text) is None


def test_of_a_year_of_days_seven_days_four_weeks_and_twelve_months_are_kept() -> None:
    names = [named(NOW - timedelta(days=days)) for days in range(400)]
    left = sorted(set(names) - set(rotation(names, NOW, Keep(), "crm")))
    days = [parse(text).at.date().isoformat() for text in left]  # type: ignore[union-attr]
    assert days == [
        "2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30", "2026-07-31",
        "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-01", "2026-11-08", "2026-11-15", "2026-11-16",
        "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22",
    ][-len(days) :]  # fmt: skip
    assert len(days) == 21


def test_day_after_day_the_same_are_left_as_of_all_at_once() -> None:
    """What is deleted on one day is missed on no later one."""
    names: list[str] = []
    every = [NOW - timedelta(days=days) for days in reversed(range(400))]
    for at in every:
        names.append(named(at))
        for text in rotation(names, at, Keep(), "crm"):
            names.remove(text)
    whole = [named(at) for at in every]
    assert names == sorted(set(whole) - set(rotation(whole, NOW, Keep(), "crm")))


def test_where_nothing_is_to_be_kept_nothing_is_deleted() -> None:
    names = [named(NOW - timedelta(days=days)) for days in range(40)]
    assert rotation(names, NOW, Keep(0, 0, 0), "crm") == []


MOMENTS = st.integers(-10 * 24, 900 * 24).map(lambda hours: NOW - timedelta(hours=hours))
OTHERS = st.sampled_from(["crm.db", "notes.txt", "other-20261122T120000Z-7-0123456789abcdef.db", ".lock", "crm-1.db"])
KEEPS = st.builds(Keep, *(st.integers(0, 9) for __ in range(3)))


@given(moments=st.lists(MOMENTS, max_size=40), others=st.lists(OTHERS, max_size=4), keep=KEEPS)
def test_the_newest_stays_and_nothing_that_is_not_ours_goes(
    moments: list[datetime], others: list[str], keep: Keep
) -> None:
    names = list(dict.fromkeys([*map(named, moments), *others]))
    gone = rotation(names, NOW, keep, "crm")
    left = [text for text in names if text not in gone]
    assert not set(gone) & set(others)
    past = [one for one in of("crm", names) if one.at <= NOW]
    assert not past or past[0].text in left
    assert not {one.text for one in of("crm", names) if one.at > NOW} & set(gone)
    assert rotation(left, NOW, keep, "crm") == [], "once is enough"
    if keep.daily or keep.weekly or keep.monthly:
        kept = [one for one in of("crm", left) if one.at <= NOW]
        assert len(kept) <= max(1, keep.daily + keep.weekly + keep.monthly)
        for one in past[: keep.daily]:
            day = [each for each in past if each.at.date() == one.at.date()]
            assert day[0].text in left
