"""What waits for people, and what settles it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm_tui.services import collaborations, comments, followups, interactions, notices
from crm_tui.services.interactions import Note
from crm_tui.services.session import Session
from tests.factories import Team, in_days, make


def send(session: Session, kind: str, to: Session, key: int | None, text: str = "look") -> None:
    with session.changing() as change:
        notices.send(session, change, kind, [(to.person.id, key, text)])


def kinds(session: Session) -> list[str]:
    return [notice.kind for notice in notices.standing(session)]


def test_a_notice_waits_for_its_reader_alone(team: Team) -> None:
    key = make(team.li, "Acme")
    send(team.lead, "comment", team.li, key, "call\nthem")
    listed = notices.listing(team.li)
    assert listed.message == "1 notice"
    assert listed.lines == (f"2026-11-18  {key} Acme  comment, zhao: call them",)
    assert listed.data[0]["kind"] == "comment"
    assert notices.listing(team.wang).message == "nothing waits for you"


WORK: list[Callable[[Session, int], object]] = [
    lambda s, key: interactions.log(s, [key], Note("spoke")),
    lambda s, key: interactions.log(s, [key], Note("engaged", connected=False, next=in_days(1))),
    lambda s, key: interactions.log(s, [key], Note(done=True)),
    lambda s, key: followups.set_next(s, [key], in_days(3)),
]


@pytest.mark.parametrize("work", WORK)
@pytest.mark.parametrize("kind", notices.WORKED)
def test_working_the_customer_settles_what_asked_for_work(
    team: Team, kind: str, work: Callable[[Session, int], object]
) -> None:
    key, other = make(team.li, "Acme"), make(team.li, "Beta")
    send(team.lead, kind, team.li, key)
    send(team.lead, kind, team.li, other)
    work(team.li, key)
    assert [n.customer_id for n in notices.standing(team.li)] == [other]


@pytest.mark.parametrize("kind", ["offer", "request"])
@pytest.mark.parametrize("work", WORK)
def test_what_wants_an_answer_is_not_settled_by_work(
    team: Team, kind: str, work: Callable[[Session, int], object]
) -> None:
    key = make(team.li, "Acme")
    send(team.wang, kind, team.li, key)
    work(team.li, key)
    assert kinds(team.li) == [kind]


def test_an_attempt_and_somebody_elses_work_settle_nothing(team: Team) -> None:
    key = make(team.li, "Acme")
    send(team.lead, "comment", team.li, key)
    interactions.no_answer(team.li, [key])
    interactions.log(team.li, [key], Note("engaged", connected=False))
    interactions.log(team.lead, [key], Note("I called myself"))
    assert kinds(team.li) == ["comment"]


def test_noted_closes_what_needs_no_work_and_undo_brings_it_back(team: Team) -> None:
    from crm_tui.services import history

    key, other = make(team.li, "Acme"), make(team.li, "Beta")
    send(team.lead, "comment", team.li, key)
    send(team.wang, "request", team.li, key)
    send(team.wang, "offer", team.li, other)
    outcome = notices.noted(team.li, [key, other, 999])
    assert (outcome.message, outcome.changed) == ("Acme: noted", (key,))
    assert [r.reason for r in outcome.refused] == [
        "there is no customer 999", "it is offered to you: accept or decline it",
    ]  # fmt: skip
    assert kinds(team.li) == ["offer"]
    history.undo(team.li)
    assert kinds(team.li) == ["comment", "request", "offer"]
    assert [r.reason for r in notices.noted(team.wang, [make(team.wang, "C")]).refused] == [
        "nothing waits for you there"
    ]


def test_what_is_about_a_customer_that_one_sees_no_more_is_not_there(team: Team) -> None:
    key = make(team.li, "Acme")
    collaborations.share(team.li, [key], "wang")
    send(team.lead, "comment", team.wang, key, "the secret of Acme")
    assert len(notices.standing(team.wang)) == 2
    team.database.execute("UPDATE collaborator SET until_on = '2000-01-01'")
    assert notices.listing(team.wang).lines == ()


def test_one_who_stands_in_reads_and_settles_what_waits(team: Team) -> None:
    key = make(team.li, "Acme")
    send(team.lead, "comment", team.li, key)
    team.database.execute(
        "INSERT INTO absence (user_id, stand_in_id, from_on) VALUES (?, ?, '2026-11-01')",
        (team.li.person.id, team.wang.person.id),
    )
    assert notices.listing(team.wang).lines == (f"2026-11-18  {key} Acme  comment, zhao (li): look",)
    interactions.log(team.wang, [key], Note("called for li"))
    assert kinds(team.li) == []


def test_closing_is_of_the_reader_the_customers_and_the_kinds_that_are_named(team: Team) -> None:
    key, other = make(team.li, "Acme"), make(team.li, "Beta")
    for about, kind in ((key, "comment"), (key, "offer"), (other, "comment")):
        send(team.lead, kind, team.li, about)
    with team.lead.changing() as change:
        assert notices.close(team.lead, change, team.wang.person.id, [key]) == []
        assert notices.close(team.lead, change, team.li.person.id, [key], ("offer",)) == [key]
        assert notices.close(team.lead, change, None, [key, other], from_id=team.wang.person.id) == []
    assert kinds(team.li) == ["comment", "comment"]


# comments


def test_a_leads_comment_stands_under_its_interaction_and_waits_for_the_rep(team: Team) -> None:
    from crm_tui.services import cards

    key = make(team.li, "Acme")
    interactions.log(team.li, [key], Note("first", at=in_days(-2)))
    interactions.log(team.li, [key], Note("second", at=in_days(-1)))
    first = team.database.value("SELECT id FROM interaction WHERE note = 'first'")
    assert comments.comment(team.lead, key, "what price?", first).message == "Acme: commented"
    comments.comment(team.lead, key, "well done")
    events = [(e.what, e.who, e.text) for e in cards.card(team.li, key).events if e.what in ("interaction", "comment")]
    assert events == [
        ("interaction", "li", "second"), ("comment", "zhao", "well done"),
        ("interaction", "li", "first"), ("comment", "zhao", "what price?"),
    ]  # fmt: skip
    assert [(n.kind, n.sender, n.text) for n in notices.standing(team.li)] == [
        ("comment", "zhao", "what price?"), ("comment", "zhao", "well done"),
    ]  # fmt: skip


def test_a_comment_waits_for_who_logged_it_while_they_work_the_customer(team: Team) -> None:
    key = make(team.li, "Acme")
    collaborations.share(team.li, [key], "wang", access="edit")
    interactions.log(team.wang, [key], Note("measured"))
    notices.noted(team.wang, [key])
    comments.comment(team.lead, key, "send the figures")
    assert (kinds(team.wang), kinds(team.li)) == (["comment"], [])
    collaborations.unshare(team.li, [key], "wang")
    comments.comment(team.lead, key, "and now?")
    assert [n.text for n in notices.standing(team.li)] == ["and now?"]


def test_a_comment_without_an_interaction_is_of_the_customer(team: Team) -> None:
    from crm_tui.services import cards

    key, free = make(team.li, "Acme"), make(team.admin, "Free", owner="pool")
    comments.comment(team.lead, key, "why silent?")
    assert kinds(team.li) == ["comment"]
    comments.comment(team.lead, free, "who takes it?")
    assert [e.text for e in cards.card(team.li, free).events if e.what == "comment"] == ["who takes it?"]


def test_comments_are_for_leads_and_say_something_about_what_is_there(team: Team) -> None:
    from crm_tui.domain.errors import CrmError, NotAllowed, UsageError

    key, other = make(team.li, "Acme"), make(team.li, "Beta")
    interactions.log(team.li, [other], Note("x"))
    with pytest.raises(NotAllowed):
        comments.comment(team.li, key, "hm")
    with pytest.raises(UsageError):
        comments.comment(team.lead, key, " \x1b ")
    for wrong in (team.database.value("SELECT id FROM interaction"), 999):
        with pytest.raises(CrmError, match=f"Acme has no interaction {wrong}"):
            comments.comment(team.lead, key, "hm", wrong)
    assert team.database.value("SELECT count(*) FROM comment") == 0


def test_a_lead_who_logged_it_gets_no_notice_of_the_own_comment(team: Team) -> None:
    key = make(team.lead, "Acme", owner="me")
    interactions.log(team.lead, [key], Note("x"))
    comments.comment(team.lead, key, "note to self")
    assert kinds(team.lead) == []
