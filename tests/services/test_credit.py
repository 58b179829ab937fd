"""Who worked a customer before, when and how; and whose work counts."""

from __future__ import annotations

import pytest

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.services import cards, collaborations, credit, history, interactions, moves, stages, work
from crm_tui.services.interactions import Note
from crm_tui.services.session import Session
from tests.factories import Clock, Team, make


def given(by: Session, key: int, to: Session, kind: str = "assign") -> None:
    with by.changing() as change:
        moves.give(by, change, [by.one(key)], to.person.id, kind)


def freed(by: Session, key: int, reason: str) -> None:
    with by.changing() as change:
        moves.to_pool(by, change, [by.one(key)], {key: 1}, "release", reason)


def split(session: Session, key: int) -> dict[str, int]:
    return {share.login: share.percent for share in credit.propose(session, key).shares}


def test_the_card_says_who_worked_it_before_when_and_how(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.li, [key], Note("spoke"))
    interactions.log(team.li, [key], Note("went there", channel="visit"))
    stages.move(team.li, [key], "target")
    clock.forward(days=30)
    interactions.no_answer(team.li, [key])
    stages.move(team.li, [key], "intent")
    stages.move(team.li, [key], "lost", "price")
    freed(team.li, key, "no need now")
    clock.forward(days=10)
    given(team.wang, key, team.wang, "claim")
    assert cards.card(team.wang, key).worked == (
        (
            "li",
            "held 2026-11-18 (made) to 2026-12-18 (released: no need now);"
            " 1 call, 1 visit, 1 attempt (2026-11-18 … 2026-12-18); potential → target → intent → lost",
        ),
        ("wang", "holds it since 2026-12-28 (claimed)"),
    )


def test_a_promise_stays_its_authors_whoever_holds_the_customer_since(team: Team) -> None:
    from crm_tui.services import followups
    from tests.factories import in_days

    key = make(team.li, "Acme")
    followups.set_next(team.li, [key], in_days(0), "samples")
    given(team.lead, key, team.wang)
    promised = [event.who for event in cards.card(team.wang, key).events if event.more.startswith("samples")]
    assert promised == ["li"]


def test_undone_holding_and_undone_steps_were_never_there(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    before = work.worked(team.li, key)
    given(team.lead, key, team.wang)
    clock.forward(days=5)
    stages.move(team.wang, [key], "target")
    history.undo(team.wang)
    history.undo(team.lead)
    assert work.worked(team.li, key) == before
    history.redo(team.lead)
    assert [worker.who for worker in work.worked(team.lead, key)] == ["li", "wang"]


def test_a_collaborator_who_spoke_to_it_worked_it_too(team: Team) -> None:
    key = make(team.li, "Acme")
    collaborations.share(team.li, [key], "wang", access="edit")
    interactions.log(team.wang, [key], Note("measured"))
    assert [(w.who, w.contacts.total(), len(w.periods)) for w in work.worked(team.li, key)] == [
        ("li", 0, 1), ("wang", 1, 0),
    ]  # fmt: skip


def test_credit_is_proposed_half_by_days_and_half_by_contacts(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    for __ in range(3):
        interactions.log(team.li, [key], Note("spoke"))
    clock.forward(days=30)
    given(team.lead, key, team.wang)
    interactions.log(team.wang, [key], Note("spoke"))
    interactions.log(team.wang, [key], Note("nobody there", connected=False))
    clock.forward(days=10)
    outcome = credit.credit(team.wang, key)
    assert outcome.message == "Acme: credit"
    assert outcome.lines == (
        "li 75 %, proposed: 50 × 30/40 days + 50 × 3/4 contacts = 75.0",
        "wang 25 %, proposed: 50 × 10/40 days + 50 × 1/4 contacts = 25.0",
    )
    assert [row["percent"] for row in outcome.data] == [75, 25]


def test_a_leaver_keeps_the_credit_and_undone_days_count_for_nobody(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    clock.forward(days=10)
    given(team.lead, key, team.wang, "hand_over")
    team.database.execute("UPDATE user SET state = 'left' WHERE login = 'li'")
    clock.forward(days=10)
    assert split(team.wang, key) == {"li": 50, "wang": 50}
    team.database.execute("UPDATE user SET state = 'active' WHERE login = 'li'")
    history.undo(team.lead)
    assert split(team.lead, key) == {"li": 100}


def test_nobody_has_credit_for_nothing(team: Team) -> None:
    key = make(team.li, "Acme")
    assert credit.credit(team.li, key).lines == ("nobody has held it for a day or spoken to it yet",)
    free = make(team.admin, "Free", owner="pool")
    assert split(team.li, free) == {}


def test_a_lead_fixes_the_split_and_it_is_shown_by_whom(team: Team) -> None:
    key = make(team.li, "Acme")
    outcome = credit.fix(team.lead, key, [("li", "60"), ("wang", "40%")], "wang opened the door")
    assert outcome.message == "Acme: credit li 60 %, wang 40 %"
    assert credit.credit(team.li, key).lines[:2] == (
        "li 60 %, fixed by zhao on 2026-11-18: wang opened the door",
        "wang 40 %, fixed by zhao on 2026-11-18: wang opened the door",
    )
    credit.fix(team.admin, key, [("wang", "100")])
    assert credit.credit(team.li, key).lines[0] == "wang 100 %, fixed by root on 2026-11-18"
    history.undo(team.admin)
    assert credit.credit(team.li, key).lines[0].startswith("li 60 %, fixed by zhao")


def test_only_leads_fix_credit_and_only_as_a_whole(team: Team) -> None:
    key = make(team.li, "Acme")
    with pytest.raises(NotAllowed):
        credit.fix(team.li, key, [("li", "100")])
    with pytest.raises(UsageError, match="sum to 100"):
        credit.fix(team.lead, key, [("li", "99")])
    with pytest.raises(UsageError, match='no user "nobody"'):
        credit.fix(team.lead, key, [("nobody", "100")])
    with pytest.raises(CrmError, match="there is no customer"):
        credit.credit(team.wang, key)
    assert team.database.value("SELECT count(*) FROM credit_share") == 0
