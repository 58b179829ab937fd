"""A clock that is put back: the journal keeps its order, nothing is refused for it, nothing lasts less than nothing.

What happened is ordered by id, never by the time that was on the clock.
"""

from __future__ import annotations

import pytest

from crm_tui.services import (
    checks,
    followups,
    history,
    interactions,
    pools,
    rules,
    stages,
    sweep,
    tags,
    tiers,
)
from crm_tui.services.interactions import Note
from tests.factories import Team, column, in_days, make
from tests.store.present import check, present

pytestmark = pytest.mark.parametrize("hours", [-1, -24, -24 * 180], ids=["an hour", "a day", "half a year"])


def worked(team: Team) -> int:
    """A customer with a day behind it."""
    key = make(team.li, "Acme", stage="target")
    interactions.log(team.li, [key], Note("first", next=in_days(2)))
    stages.move(team.li, [key], "intent")
    team.clock.forward(hours=2)
    tags.tag(team.li, [key], ["vip"])
    return key


def sound(team: Team) -> None:
    check(team.database)
    assert [fault.what for fault in checks.check(team.admin) if not fault.warning] == []


def test_the_journal_keeps_its_order_and_undo_takes_back_what_was_done_last(team: Team, hours: int) -> None:
    key = worked(team)
    before = present(team.database)
    team.clock.forward(hours=hours)
    tags.tag(team.li, [key], ["late"])
    listed = [(entry["id"], entry["summary"]) for entry in history.entries(team.li, limit=3)]
    assert listed[0][1] == "Acme: +late"
    assert [number for number, __ in listed] == sorted((number for number, __ in listed), reverse=True)
    assert history.undo(team.li).message.startswith("undone: Acme: +late")
    assert present(team.database) == before
    assert history.undo(team.li).message.startswith("undone: Acme: +vip")
    assert history.redo(team.li).message.startswith("done again: Acme: +vip")
    sound(team)


def test_a_stage_lasts_no_days_where_the_clock_says_fewer(team: Team, hours: int) -> None:
    key = worked(team)
    team.clock.forward(hours=hours)
    stages.move(team.li, [key], "actual")
    stages.move(team.li, [key], "intent", "came back")
    days = [row[0] for row in team.database.rows("SELECT days FROM stage_change WHERE customer_id = ?", (key,))]
    assert all(one is None or one >= 0 for one in days)
    steps = team.database.rows("SELECT to_stage FROM stage_change WHERE customer_id = ? ORDER BY id", (key,))
    assert [step for (step,) in steps] == ["target", "intent", "actual", "intent"]
    sound(team)


def test_contacts_and_dates_are_kept_as_they_are_said(team: Team, hours: int) -> None:
    key = worked(team)
    touched = column(team.database, "last_touch", key)
    team.clock.forward(hours=hours)
    interactions.log(team.li, [key], Note("second"))
    assert column(team.database, "last_touch", key) >= touched, "the last touch never goes back"
    followups.set_next(team.li, [key], in_days(5))
    followups.snooze(team.li, [key])
    tiers.assign(team.li, [key], "A", team.li.settings.schemes["abcd"], "hot")
    assert column(team.database, "tier", key) == "A"
    sound(team)


def test_claims_count_and_what_is_released_can_be_claimed(team: Team, hours: int) -> None:
    rules.set_rule(team.admin, "pool.daily_quota", "2")
    ids = [make(team.admin, f"Firm {n}", owner="pool") for n in range(4)]
    pools.claim(team.li, ids[:1])
    pools.release(team.li, ids[:1], "no-need")
    team.clock.forward(hours=hours)
    assert pools.claim(team.wang, ids[:2]).changed
    assert pools.claim(team.li, ids[2:]).changed
    pools.release(team.wang, ids[1:2], "no-need")
    sound(team)


def test_the_sweep_takes_nobody_s_customer_for_it(team: Team, hours: int) -> None:
    key = worked(team)
    sweep.sweep(team.admin)
    team.clock.forward(hours=hours)
    sweep.sweep(team.admin)
    assert sweep.preview(team.admin) == []
    assert column(team.database, "owner_id", key) == team.li.person.id
    team.clock.forward(hours=-hours)
    sweep.sweep(team.admin)
    assert column(team.database, "owner_id", key) == team.li.person.id
    sound(team)
