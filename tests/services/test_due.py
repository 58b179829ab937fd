from __future__ import annotations

from datetime import time, timedelta

from crm_tui.domain.schemes import shipped
from crm_tui.domain.when import When
from crm_tui.services import (
    collaborations,
    comments,
    customers,
    due,
    followups,
    interactions,
    notices,
    offers,
    profiles,
    rules,
    stages,
    teams,
    tiers,
)
from crm_tui.services.interactions import Note
from crm_tui.services.session import Session
from crm_tui.store import sales
from tests.factories import TODAY, Clock, Team, in_days, make
from tests.work import counted

ABCD = shipped()["abcd"]


def shown(session: Session) -> list[tuple[str, str, str]]:
    return [(line.name, line.part, line.reason.kind) for line in due.queue(session)]


def quiet(session: Session, name: str, tier: str = "D", **given: str) -> int:
    """A customer just spoken to, to whom nothing is promised."""
    key = make(session, name, tier=tier, **given)
    interactions.log(session, [key], Note("spoke", done=True))
    return key


def test_overdue_comes_before_today_before_what_is_soon(team: Team, clock: Clock) -> None:
    keys = {name: quiet(team.li, name) for name in ("late", "later", "timed", "whole", "soon", "far", "gone", "none")}
    dates = {"late": -1, "later": -5, "whole": 0, "soon": 7, "far": 8, "gone": 0}
    for name, days in dates.items():
        followups.set_next(team.li, [keys[name]], in_days(days), "offer")
    followups.set_next(team.li, [keys["timed"]], When(TODAY, time(15)))
    customers.archive(team.li, [keys["gone"]])
    quiet(team.wang, "another's")
    assert shown(team.li) == [
        ("later", "overdue", "promise"), ("late", "overdue", "promise"), ("timed", "today", "promise"),
        ("whole", "today", "promise"), ("soon", "soon", "promise"),
    ]  # fmt: skip
    assert shown(team.lead) == []


def test_among_the_overdue_the_better_tier_comes_first_and_then_the_later_one(team: Team) -> None:
    for name, tier, days in (("d", "D", -9), ("a1", "A", -1), ("a2", "A", -2), ("b", "B", -9)):
        followups.set_next(team.li, [quiet(team.li, name, tier)], in_days(days))
    assert [line.name for line in due.queue(team.li)] == ["a2", "a1", "b", "d"]


def test_a_new_customer_is_due_for_its_first_contact(team: Team, clock: Clock) -> None:
    make(team.li, "Acme", tier="A")
    assert shown(team.li) == [("Acme", "soon", "first_contact")]
    clock.forward(days=1)
    assert shown(team.li) == [("Acme", "today", "first_contact")]
    clock.forward(days=1)
    assert shown(team.li) == [("Acme", "overdue", "first_contact")]


def test_silence_longer_than_the_cadence_is_a_reason(team: Team, clock: Clock) -> None:
    quiet(team.li, "Acme", "B")
    clock.forward(days=7)
    assert shown(team.li) == [("Acme", "today", "cadence")]
    clock.forward(days=2)
    [line] = due.queue(team.li)
    assert (line.part, line.reason.late_days) == ("overdue", 2)
    assert line.reason.text == "no contact for 9 days, intent B = 7 days"


def test_a_promise_inside_the_cadence_silences_it_and_attempts_do_not(team: Team, clock: Clock) -> None:
    key = quiet(team.li, "Acme", "B")
    followups.set_next(team.li, [key], in_days(6), "offer")
    clock.forward(days=8)
    [line] = due.queue(team.li)
    assert [line.reason.kind, *(r.kind for r in line.others)] == ["promise"]
    told = due.why(team.li, key).lines
    assert any("silenced by the follow-up on 2026-11-24" in text for text in told)
    interactions.no_answer(team.li, [key])
    interactions.log(team.li, [key], Note("", connected=False, done=True))
    assert shown(team.li) == [("Acme", "overdue", "cadence")]


def test_done_closes_the_promise_and_the_cadence(team: Team, clock: Clock) -> None:
    key = quiet(team.li, "Acme", "B")
    clock.forward(days=10)
    interactions.log(team.li, [key], Note("spoke", done=True))
    assert shown(team.li) == [("Acme", "soon", "cadence")]
    interactions.log(team.li, [key], Note("spoke", next=When(TODAY + timedelta(days=30))))
    tiers.assign(team.li, [key], "D", ABCD)
    assert shown(team.li) == []


def test_a_stage_rots_and_a_profile_gets_stale(team: Team, clock: Clock) -> None:
    rules.set_rule(team.admin, "cadence.abcd.D", "off")
    rules.set_rule(team.admin, "profile.stale_days", "25")
    li = team.sign_in("li")
    key = quiet(li, "Acme")
    stages.move(li, [key], "target")
    clock.forward(days=22)
    [line] = due.queue(li)
    assert (line.part, [line.reason.kind, *(r.kind for r in line.others)]) == ("overdue", ["rotting", "stale_profile"])
    interactions.log(li, [key], Note("", connected=False))
    assert shown(li) == [("Acme", "soon", "stale_profile")]
    clock.forward(days=4)
    assert shown(li) == [("Acme", "today", "stale_profile")]
    profiles.edit(li, [key], {"name": "Acme"})
    assert shown(li) == []


def test_a_closed_stage_keeps_its_promises_only(team: Team, clock: Clock) -> None:
    lost, promised = quiet(team.li, "lost", "A"), quiet(team.li, "promised", "A")
    followups.set_next(team.li, [promised], in_days(100), "ask again")
    stages.move(team.li, [lost, promised], "lost", "price")
    clock.forward(days=100)
    assert shown(team.li) == [("promised", "today", "promise")]


def test_one_line_per_customer_with_the_phone_and_every_reason(team: Team, clock: Clock) -> None:
    key = quiet(team.li, "Acme", "A", contact={"name": "张伟", "phone": "13812345678"})  # type: ignore[arg-type]
    followups.set_next(team.li, [key], in_days(20), "offer")
    clock.forward(days=20)
    [line] = due.queue(team.li)
    assert line.phone == "+8613812345678"
    assert [line.reason.kind, *(r.kind for r in line.others)] == ["promise", "cadence"]
    assert due.record(team.li, line) == {
        "id": key, "name": "Acme", "stage": "potential", "tier": "A", "phone": "+8613812345678", "section": "today",
        "reason": "promise", "text": "promised: offer", "due": "2026-12-08", "time": None, "late_days": 0,
        "other_reasons": ["cadence"], "returns": None, "suggested": None,
    }  # fmt: skip


def test_today_is_the_users(team: Team, clock: Clock) -> None:
    teams.add(team.admin, "ny", time_zone="America/New_York")
    ny = team.sign_in("ny")  # it is Tuesday evening there
    key = make(ny, "Acme")
    followups.set_next(ny, [key], When(TODAY, time(9)))
    [line] = due.queue(ny)
    assert (line.part, line.reason.at.strftime("%H:%M") if line.reason.at else "") == ("soon", "09:00")
    clock.forward(hours=4)
    assert due.queue(ny)[0].part == "today"


def test_the_line_of_a_customer_that_is_done_still_says_where_it_stands(team: Team) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.li, [key], Note("x", next=in_days(20)))
    line = due.lines(team.li, [key])[key]
    assert (line.reason.kind, line.part) == ("promise", "later")
    assert due.lines(team.wang, [key]) == {}


def test_why_is_never_empty(team: Team) -> None:
    key = make(team.li, "Acme")
    outcome = due.why(team.li, key)
    assert outcome.lines[0].startswith("2026-11-19: first contact")
    assert {row["reason"] for row in outcome.data} >= {"first_contact"}


def test_the_queue_of_who_is_away_is_the_stand_ins_and_without_one_the_leads(team: Team) -> None:
    make(team.li, "Acme", tier="A")
    teams.away(team.lead, "li", TODAY, TODAY + timedelta(days=3), "wang")
    assert (shown(team.wang), shown(team.lead)) == ([("Acme", "soon", "first_contact")], [])
    teams.back(team.lead, "li")
    teams.away(team.lead, "li", TODAY, None, None)
    assert (shown(team.wang), shown(team.lead)) == ([], [("Acme", "soon", "first_contact")])


def test_a_collaborator_who_edits_has_the_customer_in_the_queue_and_a_reader_only_what_is_told(team: Team) -> None:
    edits, reads = make(team.li, "Edits", tier="A"), make(team.li, "Reads", tier="A")
    collaborations.share(team.li, [edits], "wang", access="edit")
    collaborations.share(team.li, [reads], "wang", access="read")
    assert shown(team.wang) == [("Edits", "today", "shared"), ("Reads", "today", "shared")]
    assert [[r.kind for r in line.others] for line in due.queue(team.wang)] == [["first_contact"], []]
    notices.noted(team.wang, [edits, reads])
    assert shown(team.wang) == [("Edits", "soon", "first_contact")]


def test_a_leads_comment_and_an_offer_stand_in_the_queue_until_they_are_settled(team: Team) -> None:
    key = quiet(team.li, "Acme")
    comments.comment(team.lead, key, "why so cheap?")
    [line] = due.queue(team.li)
    assert (line.reason.kind, line.reason.text) == ("comment", "zhao comments: why so cheap?")
    interactions.log(team.li, [key], Note("dearer now", done=True))
    assert due.queue(team.li) == []
    offers.transfer(team.li, [key], "wang", "nearer to you")
    [line] = due.queue(team.wang)
    assert (line.reason.kind, line.others, due.record(team.wang, line)["reason"]) == ("offer", (), "offer")
    offers.accept(team.wang, [key])
    assert shown(team.wang) == [("Acme", "soon", "first_contact")]


def test_an_archived_customer_is_in_nobodys_queue(team: Team) -> None:
    key = make(team.li, "Acme", tier="A")
    collaborations.share(team.li, [key], "wang", access="edit")
    notices.noted(team.wang, [key])
    customers.archive(team.li, [key])
    assert (shown(team.li), shown(team.wang), due.lines(team.li, [key])) == ([], [], {})


def test_a_long_queue_asks_the_database_as_often_as_a_short_one(team: Team) -> None:
    def asked() -> int:
        told: list[str] = []
        team.database.connection.exec_trace = lambda cursor, sql, bindings: told.append(sql) or True
        try:
            due.queue(team.li)
        finally:
            team.database.connection.exec_trace = None
        return len(told)

    followups.set_next(team.li, [make(team.li, "one")], in_days(-1))
    due.queue(team.li)
    few = asked()
    followups.set_next(team.li, [make(team.li, f"{n}th", tier="A") for n in range(30)], in_days(-1))
    due.queue(team.li)
    assert asked() == few
    assert len(due.queue(team.li)) == 31


def test_where_nothing_is_billed_no_customer_is_looked_through_for_it(team: Team) -> None:
    for n in range(100):
        make(team.li, f"{n}th")
    with counted(team.database) as work:
        assert sales.overdue(team.database, TODAY.isoformat(), user_id=team.li.person.id) == {}
    assert work.steps <= 100
