from __future__ import annotations

from datetime import time

import pytest

from crm_tui.domain.errors import UsageError
from crm_tui.domain.when import When
from crm_tui.services import contacts, customers, followups, interactions, stages
from crm_tui.services.interactions import Note
from tests.factories import TODAY, Clock, Team, column, day, follow_ups, in_days, make

NOW = "2026-11-18 02:00:00"


def clocks(team: Team, key: int) -> tuple[str | None, str | None]:
    """The last contact and the last interaction at all."""
    row = team.database.row("SELECT last_contact, last_touch FROM customer WHERE id = ?", (key,))
    assert row is not None
    return row[0], row[1]


def test_a_call_is_logged_with_the_next_date_and_closes_the_old_one_as_done(team: Team) -> None:
    key = make(team.li, "Acme")
    outcome = interactions.log(team.li, [key], Note("wants\nprices", next=in_days(2), purpose="offer"))
    assert outcome.message == "Acme: call logged, next Fri 20 Nov 2026 · in 2 days"
    assert follow_ups(team.database, key) == [
        ("first_contact", "", day(1), day(1), "done"),
        ("promise", "offer", day(2), day(2), None),
    ]
    assert clocks(team, key) == (NOW, NOW)
    assert interactions.last_words(team.li, [key]) == {key: (NOW, "call", "wants\nprices", "li")}


def test_an_attempt_with_a_next_date_does_not_close_the_old_one_as_done(team: Team) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.li, [key], Note("engaged", connected=False, next=in_days(2)))
    assert follow_ups(team.database, key)[0][4] == "replaced"


def test_without_a_date_the_old_follow_up_stays_open(team: Team) -> None:
    key = make(team.li, "Acme")
    assert interactions.log(team.li, [key], Note("hello")).message == "Acme: call logged"
    assert follow_ups(team.database, key) == [("first_contact", "", day(1), day(1), None)]
    assert column(team.database, "next_on", key) == day(1)


def test_done_without_a_date_closes_it(team: Team) -> None:
    key = make(team.li, "Acme")
    assert interactions.log(team.li, [key], Note("hello", done=True)).message == "Acme: call logged, done"
    assert follow_ups(team.database, key) == [("first_contact", "", day(1), day(1), "done")]
    assert column(team.database, "next_on", key) is None
    assert interactions.log(team.li, [key], Note("again", done=True)).changed == (key,)


def test_an_attempt_moves_the_last_touch_and_not_the_last_contact(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.li, [key], Note("spoke"))
    clock.forward(days=1)
    interactions.log(team.li, [key], Note("engaged", connected=False))
    assert clocks(team, key) == (NOW, "2026-11-19 02:00:00")
    assert interactions.last_words(team.li, [key])[key][1] == "attempt"


@pytest.mark.parametrize(("back", "counts"), [(0, True), (1, True), (3, True), (4, False), (30, False)])
def test_a_note_dated_more_than_three_days_back_moves_no_contact_clock(team: Team, back: int, counts: bool) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.li, [key], Note("fair", at=in_days(-back)))
    last_contact, last_touch = clocks(team, key)
    assert (last_contact is not None) == counts
    assert last_touch is not None


def test_an_older_note_moves_no_clock_back(team: Team) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.li, [key], Note("spoke"))
    interactions.log(team.li, [key], Note("forgotten", at=in_days(-2)))
    assert clocks(team, key) == (NOW, NOW)
    assert interactions.last_words(team.li, [key])[key][2] == "spoke"


@pytest.mark.parametrize("at", [in_days(1), When(TODAY, time(10, 1))])
def test_what_is_yet_to_come_is_not_logged(team: Team, at: When) -> None:
    key = make(team.li, "Acme")
    with pytest.raises(UsageError, match="yet to come"):
        interactions.log(team.li, [key], Note("x", at=at))


def test_a_day_without_a_time_is_noon_or_now(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    clock.forward(hours=-4)
    interactions.log(team.li, [key], Note("early", at=in_days(0)))
    interactions.log(team.li, [key], Note("before", at=in_days(-1)))
    assert team.database.rows("SELECT at FROM interaction ORDER BY id") == [
        ("2026-11-17 22:00:00",), ("2026-11-17 04:00:00",),
    ]  # fmt: skip


def test_no_answer_brings_the_follow_up_back_next_half_day_with_its_first_date_kept(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    outcome = interactions.no_answer(team.li, [key])
    assert outcome.message == "Acme: no answer, back Wed 18 Nov 2026, 14:00 · today"
    assert follow_ups(team.database, key) == [("first_contact", "", day(0), day(1), None)]
    assert column(team.database, "next_at", key) == "2026-11-18 06:00:00"
    clock.forward(hours=5)
    interactions.no_answer(team.li, [key], "engaged")
    assert follow_ups(team.database, key) == [("first_contact", "", day(1), day(1), None)]
    assert column(team.database, "next_at", key) == "2026-11-19 01:00:00"
    assert clocks(team, key) == (None, "2026-11-18 07:00:00")
    assert team.database.rows("SELECT connected, note FROM interaction ORDER BY id") == [(0, ""), (0, "engaged")]


def test_no_answer_where_nothing_was_promised_promises_to_call_again(team: Team) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.li, [key], Note("x", done=True))
    interactions.no_answer(team.li, [key])
    assert follow_ups(team.database, key)[1:] == [("promise", "call again", day(0), day(0), None)]


@pytest.mark.parametrize(
    ("typed", "kept"), [("visit", "visit"), ("微信", "wechat"), ("e-mail", "mail"), ("MEET", "meeting")]
)
def test_the_channel_is_understood_as_people_write_it(team: Team, typed: str, kept: str) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.li, [key], Note("x", channel=typed))
    assert team.database.value("SELECT channel FROM interaction") == kept


def test_an_unknown_channel_and_a_strange_contact_are_refused_whole(team: Team) -> None:
    acme = make(team.li, "Acme", contact={"name": "张伟"})
    beta = make(team.li, "Beta")
    with pytest.raises(UsageError, match='channel "pigeon" is not one of call, visit'):
        interactions.log(team.li, [acme], Note("x", channel="pigeon"))
    for contact_id in (1, 99):
        with pytest.raises(UsageError, match="does not belong to the customer"):
            interactions.log(team.li, [beta], Note("x", contact_id=contact_id))
    assert team.database.value("SELECT count(*) FROM interaction") == 0


def test_hostile_words_are_cleaned(team: Team) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.li, [key], Note("a\x1b[31m\r\nb", outcome="o\x07k\nx", next=in_days(1), purpose="p\x9bq"))
    assert team.database.row("SELECT note, outcome FROM interaction") == ("a[31m\nb", "ok x")
    assert follow_ups(team.database, key)[1][1] == "pq"


def test_the_form_offers_the_contact_called_last_and_the_date_of_the_cadence(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme", tier="B", contact={"name": "张伟"})
    contacts.add(team.li, key, {"name": "李娜"})
    assert interactions.last_contacted(team.li, key) == 1
    interactions.log(team.li, [key], Note("x", contact_id=2))
    assert interactions.last_contacted(team.li, key) == 2
    assert interactions.proposed_next(team.li, team.li.one(key)) == in_days(7)
    stages.move(team.li, [key], "lost", "price")
    assert interactions.proposed_next(team.li, team.li.one(key)) is None
    assert interactions.last_contacted(team.li, make(team.li, "Beta")) is None


def test_one_note_may_go_to_several_customers(team: Team) -> None:
    keys = [make(team.li, name) for name in "AB"]
    customers.archive(team.li, keys[:1])
    outcome = interactions.log(team.li, keys, Note("newsletter", channel="mail", next=in_days(9)))
    assert (outcome.changed, outcome.exit_code) == ((keys[1],), 4)


def test_only_the_owners_contact_moves_the_clock(team: Team) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.lead, [key], Note("the lead called"))
    last_contact, last_touch = clocks(team, key)
    assert (last_contact, last_touch is None) == (None, False)
    interactions.log(team.li, [key], Note("the owner called"))
    assert clocks(team, key)[0] is not None


def test_an_attempt_leaves_a_promise_for_later_as_it_is(team: Team) -> None:
    key = make(team.li, "Acme")
    followups.set_next(team.li, [key], in_days(20), "offer")
    outcome = interactions.no_answer(team.li, [key])
    assert outcome.message == "Acme: no answer, what is promised stands"
    assert column(team.database, "next_on", key) == day(20)
