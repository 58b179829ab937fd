from __future__ import annotations

from datetime import time

from crm_tui.domain.when import When
from crm_tui.services import due, followups, interactions
from crm_tui.services.interactions import Note
from tests.factories import TODAY, Clock, Team, column, day, follow_ups, in_days, make


def test_a_new_date_takes_the_place_of_the_old_one_which_stays_in_the_history(team: Team) -> None:
    key = make(team.li, "Acme")
    outcome = followups.set_next(team.li, [key], in_days(2), " send\x1b the offer ")
    assert outcome.message == f"Acme: next Fri 20 Nov 2026 · in 2 days instead of {day(1)}"
    assert follow_ups(team.database, key) == [
        ("first_contact", "", day(1), day(1), "replaced"),
        ("promise", "send the offer", day(2), day(2), None),
    ]
    assert column(team.database, "next_on", key) == day(2)


def test_a_time_is_kept_in_universal_time_and_the_day_as_the_user_said_it(team: Team) -> None:
    key = make(team.li, "Acme")
    followups.set_next(team.li, [key], When(TODAY, time(7, 30)))
    assert column(team.database, "next_on", key) == "2026-11-18"
    assert column(team.database, "next_at", key) == "2026-11-17 23:30:00"
    followups.set_next(team.li, [key], in_days(1))
    assert column(team.database, "next_at", key) is None


def test_several_customers_are_promised_the_same_day(team: Team) -> None:
    keys = [make(team.li, name) for name in ("A", "B", "C")]
    outcome = followups.set_next(team.li, keys, in_days(5))
    assert outcome.message == "3 customers: next Mon 23 Nov 2026 · in 5 days"
    assert [column(team.database, "next_on", key) for key in keys] == [day(5)] * 3


def test_a_snooze_keeps_the_first_date_and_the_purpose_and_lateness_counts_from_it(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    followups.set_next(team.li, [key], in_days(0), "offer")
    clock.forward(days=3)
    followups.snooze(team.li, [key])
    assert follow_ups(team.database, key)[1:] == [("promise", "offer", day(4), day(0), None)]
    clock.forward(days=1)
    [line] = due.queue(team.li)
    assert (line.part, line.reason.late_days) == ("overdue", 4)


def test_a_snooze_brings_nothing_forward(team: Team) -> None:
    key = make(team.li, "Acme")
    followups.set_next(team.li, [key], in_days(5), "offer")
    outcome = followups.snooze(team.li, [key])
    assert (outcome.changed, outcome.exit_code) == ((), 1)
    assert outcome.refused[0].reason == f"it is put off till {day(5)} already"
    assert column(team.database, "next_on", key) == day(5)


def test_a_snooze_to_the_same_day_is_no_change_to_take_back(team: Team) -> None:
    key = make(team.li, "Acme")
    followups.snooze(team.li, [key], in_days(4))
    outcome = followups.snooze(team.li, [key], in_days(4))
    assert (outcome.changed, outcome.entry_id) == ((), None)


def test_a_customer_without_a_promise_is_snoozed_by_making_one(team: Team) -> None:
    key = make(team.admin, "Acme", owner="pool")
    followups.snooze(team.lead, [key], in_days(2))
    assert follow_ups(team.database, key) == [("promise", "snoozed", day(2), day(2), None)]


def test_one_is_open_at_most(team: Team) -> None:
    key = make(team.li, "Acme")
    for days in (1, 2, 2, 3):
        followups.set_next(team.li, [key], in_days(days))
        interactions.log(team.lead, [key], Note("x", next=in_days(days)))
        interactions.no_answer(team.li, [key])
        followups.snooze(team.lead, [key], in_days(days))
        assert len([row for row in follow_ups(team.database, key) if row[4] is None]) == 1
