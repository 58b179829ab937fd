from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.holding import Period, Step, periods

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(days: int) -> datetime:
    return START + timedelta(days=days)


def test_each_change_of_hands_ends_one_period_and_may_begin_another() -> None:
    steps = [
        Step("make", None, "", at(0)),
        Step("claim", 1, "", at(1)),
        Step("transfer", 2, "moves house", at(5)),
        Step("release", None, "no need now", at(9)),
        Step("assign", 1, "", at(20)),
    ]
    assert periods(steps) == (
        Period(1, at(1), "claim", at(5), "transfer", "moves house"),
        Period(2, at(5), "transfer", at(9), "release", "no need now"),
        Period(1, at(20), "assign"),
    )


def test_a_step_that_leaves_the_owner_be_ends_nothing() -> None:
    assert periods([Step("make", 1, "", at(0)), Step("move", 1, "", at(3))]) == (Period(1, at(0), "make"),)
    assert periods([Step("make", None, "", at(0)), Step("move", None, "", at(3))]) == ()


def test_a_clock_set_back_makes_no_time_negative() -> None:
    [period] = periods([Step("make", 1, "", at(3)), Step("release", None, "", at(2))])
    assert period.lasted(at(9)) == timedelta(0)


@given(st.lists(st.tuples(st.one_of(st.none(), st.integers(1, 3)), st.integers(0, 9)), max_size=20))
def test_periods_cover_just_the_time_held_and_never_overlap(moves: list[tuple[int | None, int]]) -> None:
    now, held, before, steps = at(0), timedelta(0), None, []
    for owner, days in moves:
        steps.append(Step("move", owner, "", now))
        before = owner
        now += timedelta(days=days)
        held += timedelta(days=days) if owner is not None else timedelta(0)
    found = periods(steps)
    assert sum((period.lasted(now) for period in found), timedelta(0)) == held
    assert all(a.until is not None and a.until <= b.since for a, b in pairwise(found))
    assert [p.user_id for p in found if p.until is None] == ([before] if before is not None else [])
