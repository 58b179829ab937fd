"""Collaborators: who lets whom in, what that opens, and when it ends (DOMAIN §8)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.services import (
    cards,
    collaborations,
    contacts,
    customers,
    followups,
    history,
    interactions,
    lists,
    notices,
    pools,
    profiles,
    stages,
    tags,
)
from crm_tui.services.interactions import Note
from crm_tui.services.lists import Query
from crm_tui.services.session import Session
from tests.factories import TODAY, Clock, Team, column, in_days, make
from tests.store.present import present


def sees(session: Session, key: int) -> bool:
    return bool(session.see([key])[0])


def test_what_is_shared_is_seen_and_listed_and_what_is_not_is_not_there(team: Team) -> None:
    key, other = make(team.li, "Acme", phone="13812345678"), make(team.li, "Beta")
    assert not sees(team.wang, key)
    outcome = collaborations.share(team.li, [key], "wang", function="engineer", until=in_days(10).on)
    assert outcome.message == "Acme: shared with wang to read as engineer until 2026-11-28"
    assert [row["name"] for row in lists.rows(team.wang, [key, other]).values()] == ["Acme"]
    assert lists.page(team.wang, Query("owner:li")).ids == [key]
    assert cards.card(team.wang, key).shared == ("wang: read as engineer until 2026-11-28",)


READER_MAY_NOT: list[Any] = [
    lambda s, key: profiles.edit(s, [key], {"region": "north"}),
    lambda s, key: interactions.log(s, [key], Note("spoke")),
    lambda s, key: followups.set_next(s, [key], in_days(2)),
    lambda s, key: stages.move(s, [key], "target"),
]


@pytest.mark.parametrize("verb", READER_MAY_NOT)
def test_a_reader_changes_nothing_and_an_editor_does(team: Team, verb: Any) -> None:
    key = make(team.li, "Acme")
    collaborations.share(team.li, [key], "wang")
    before = present(team.database)
    assert [(r.name, r.forbidden) for r in verb(team.wang, key).refused] == [("Acme", True)]
    assert present(team.database) == before
    collaborations.share(team.li, [key], "wang", access="edit")
    assert verb(team.wang, key).changed == (key,)


def test_an_editor_describes_the_customer_and_its_people(team: Team) -> None:
    key = make(team.li, "Acme")
    collaborations.share(team.li, [key], "wang", access="edit")
    assert contacts.add(team.wang, key, {"name": "张伟"}).changed == (key,)
    assert tags.tag(team.wang, [key], ["vip"]).changed == (key,)


def test_an_editor_lets_nobody_in_and_takes_nothing_out_of_sight(team: Team) -> None:
    key = make(team.li, "Acme")
    collaborations.share(team.li, [key], "wang", access="edit")
    before = present(team.database)
    for verb in (
        lambda: collaborations.share(team.wang, [key], "zhao"),
        lambda: collaborations.unshare(team.wang, [key], "zhao"),
        lambda: customers.archive(team.wang, [key]),
    ):
        assert [r.forbidden for r in verb().refused] == [True]
    assert present(team.database) == before


def test_a_collaboration_ends_with_its_last_day(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    collaborations.share(team.li, [key], "wang", access="edit", until=TODAY)
    assert interactions.log(team.wang, [key], Note("spoke")).changed == (key,)
    assert cards.card(team.li, key).shared == ("wang: edit until 2026-11-18",)
    clock.forward(days=1)
    assert not sees(team.wang, key)
    assert cards.card(team.li, key).shared == ()
    collaborations.share(team.li, [key], "wang", until=in_days(5).on)
    assert sees(team.wang, key)


def test_sharing_again_changes_how_and_says_nothing_when_it_is_so(team: Team) -> None:
    key = make(team.li, "Acme")
    collaborations.share(team.li, [key], "wang")
    again = collaborations.share(team.li, [key], "wang", access="edit", function="service")
    assert again.changed == (key,)
    assert [collaborations.told(one) for one in collaborations.of(team.li, key)] == ["wang: edit as service"]
    assert [n.text for n in notices.standing(team.wang)] == ["edit as service"]
    assert collaborations.share(team.li, [key], "wang", access="edit", function="service").changed == ()


@pytest.mark.parametrize(
    ("login", "access", "told"),
    [
        ("nobody", "read", 'there is no user "nobody"'),
        ("sun", "edit", "sun is service, who changes no customers: share to read"),
        ("chen", "read", "chen is leaving or has left"),
    ],
)
def test_nobody_is_let_in_who_cannot_work_it(team: Team, login: str, access: str, told: str) -> None:
    key = make(team.li, "Acme")
    team.database.execute(
        "INSERT INTO user (login, name, role, state, created_at) VALUES ('chen', 'chen', 'rep', 'left', '')"
    )
    with pytest.raises(UsageError, match=told):
        collaborations.share(team.li, [key], login, access=access)


def test_of_many_customers_only_those_that_one_holds_are_shared(team: Team) -> None:
    mine, theirs, free = make(team.li, "Acme"), make(team.wang, "Beta"), make(team.admin, "Free", owner="pool")
    outcome = collaborations.share(team.li, [mine, theirs, free, 999], "wang")
    assert outcome.changed == (mine,)
    reasons = {r.id: r.reason for r in outcome.refused}
    assert reasons[theirs] == f"there is no customer {theirs}"
    assert reasons[999] == "there is no customer 999"
    assert free in reasons


def test_a_lead_shares_what_the_team_holds_but_not_with_its_holder_nor_out_of_a_pool(team: Team) -> None:
    key, free = make(team.li, "Acme"), make(team.admin, "Free", owner="pool")
    assert [r.reason for r in collaborations.share(team.lead, [key], "li").refused] == ["li holds it"]
    assert [r.reason for r in collaborations.share(team.lead, [free], "li").refused] == [
        "nobody holds it: what is in a pool is not shared"
    ]
    assert collaborations.share(team.lead, [key], "wang").changed == (key,)


def test_unsharing_ends_it_and_so_does_the_collaborator(team: Team) -> None:
    keys = [make(team.li, name) for name in ("Acme", "Beta")]
    collaborations.share(team.li, keys, "wang", access="edit")
    assert collaborations.unshare(team.li, keys[:1], "wang").message == "Acme: shared with wang no more"
    assert not sees(team.wang, keys[0])
    assert collaborations.unshare(team.wang, [keys[1]], "me").changed == (keys[1],)
    assert not sees(team.wang, keys[1])
    assert [r.reason for r in collaborations.unshare(team.li, keys[:1], "wang").refused] == ["wang does not work it"]
    assert notices.standing(team.wang) == []


def test_a_collaboration_of_which_nobody_is_left_out_survives_the_move_of_its_customer(team: Team) -> None:
    key = make(team.li, "Acme")
    collaborations.share(team.li, [key], "wang")
    collaborations.share(team.li, [key], "sun")
    from crm_tui.services import moves

    wang = team.wang.person.id
    with team.admin.changing() as change:
        moves.give(team.admin, change, [team.admin.one(key)], wang, "assign")
    assert column(team.database, "owner_id", key) == wang
    assert [one.login for one in collaborations.of(team.wang, key)] == ["sun"]


def test_a_lead_of_another_team_works_what_is_shared_as_anybody_else_would(team: Team) -> None:
    from crm_tui.domain.errors import NotAllowed
    from crm_tui.services import credit

    team.database.execute("INSERT INTO team (name) VALUES ('south')")
    team.database.execute("UPDATE user SET team_id = (SELECT max(id) FROM team) WHERE login = 'li'")
    key = make(team.li, "Acme")
    assert not sees(team.lead, key)
    collaborations.share(team.li, [key], "zhao", function="executive")
    assert [r.forbidden for r in interactions.log(team.lead, [key], Note("x")).refused] == [True]
    collaborations.share(team.li, [key], "zhao", access="edit")
    assert interactions.log(team.lead, [key], Note("x")).changed == (key,)
    assert [r.forbidden for r in collaborations.share(team.lead, [key], "wang").refused] == [True]
    with pytest.raises(NotAllowed):
        credit.fix(team.lead, key, [("zhao", "100")])


# asking


def test_a_request_for_what_one_reads_waits_for_the_holder_who_answers_by_sharing(team: Team) -> None:
    key = make(team.li, "Acme")
    collaborations.share(team.li, [key], "wang")
    notices.noted(team.wang, [key])
    assert collaborations.ask(team.wang, str(key), function="engineer", why="the pump").message == (
        "Acme; asked to work it together"
    )
    assert [(n.kind, n.sender, n.name, n.text) for n in notices.standing(team.li)] == [
        ("request", "wang", "Acme", "as engineer: the pump")
    ]
    assert collaborations.ask(team.wang, str(key)).message == "Acme: asked already"
    collaborations.share(team.li, [key], "wang", access="edit", function="engineer")
    assert notices.standing(team.li) == []
    assert [(n.kind, n.text) for n in notices.standing(team.wang)] == [("shared", "edit as engineer")]


def test_one_answer_settles_a_request_even_if_nothing_changes(team: Team) -> None:
    key = make(team.li, "Acme")
    collaborations.share(team.li, [key], "wang")
    collaborations.ask(team.wang, str(key))
    assert collaborations.share(team.li, [key], "wang").changed == (key,)
    assert notices.standing(team.li) == []


def test_p22_whoever_may_not_see_a_customer_may_ask_for_it_by_its_exact_name(team: Team) -> None:
    key = make(team.li, "华为技术有限公司")
    outcome = collaborations.ask(team.wang, " 华为技术 ")
    assert "li" in outcome.message
    assert "asked to work it together" in outcome.message
    assert [(n.kind, n.sender, n.customer_id) for n in notices.standing(team.li)] == [("request", "wang", key)]
    assert team.database.value("SELECT count(*) FROM disclosure WHERE kind = 'collision'") == 1
    assert collaborations.ask(team.wang, "华为技术").message == "华为技术: asked already"


@pytest.mark.parametrize("asked", ["华为", "华为技术2", "Nobody Inc", "", "。", "有限公司"])
def test_p22_a_name_that_is_not_exact_is_answered_as_one_that_nobody_has(team: Team, asked: str) -> None:
    make(team.li, "华为技术有限公司")
    before = present(team.database)
    with pytest.raises(CrmError, match=r'^there is no customer "'):
        collaborations.ask(team.wang, asked)
    assert present(team.database) == before
    assert team.database.value("SELECT count(*) FROM disclosure") == 0


def test_p22_a_number_that_one_does_not_see_is_answered_as_one_that_is_not_there(team: Team) -> None:
    key = make(team.li, "Acme")
    for asked in (key, 999):
        with pytest.raises(CrmError, match=f"^there is no customer {asked}$"):
            collaborations.ask(team.wang, str(asked))


def test_one_does_not_ask_for_what_one_holds_or_nobody_does(team: Team) -> None:
    make(team.li, "Acme")
    free = make(team.admin, "Free", owner="pool")
    with pytest.raises(CrmError, match="is yours"):
        collaborations.ask(team.li, "acme")
    with pytest.raises(CrmError, match="held by nobody: claim it"):
        collaborations.ask(team.li, str(free))


def test_what_was_shared_is_taken_back_by_undo(team: Team) -> None:
    from crm_tui.services import history

    key = make(team.li, "Acme")
    before = present(team.database)
    collaborations.share(team.li, [key], "wang", until=date(2027, 1, 1))
    history.undo(team.li)
    assert present(team.database) == before
    assert not sees(team.wang, key)


def test_a_share_ends_where_nobody_holds_the_customer_and_comes_back_with_the_undo(team: Team) -> None:
    key = make(team.li, "Acme")
    collaborations.share(team.li, [key], "wang", access="edit")
    pools.release(team.li, [key], "no-need")
    pools.assign(team.lead, [key], "zhao")
    assert team.wang.see([key])[0] == []
    history.undo(team.lead)
    history.undo(team.li)
    assert [facts.id for facts in team.wang.see([key])[0]] == [key]
