"""Undo and the history pass through the rights as all else: what is no more in one's hands stays (DOMAIN §8, §9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crm_tui.domain.errors import CrmError, SignedOut
from crm_tui.services import (
    collaborations,
    contacts,
    handover,
    history,
    interactions,
    lists,
    offers,
    pool_lists,
    pools,
    profiles,
    protections,
    tags,
    teams,
)
from crm_tui.services.interactions import Note
from crm_tui.services.lists import Query
from crm_tui.store.database import Database
from tests.factories import Team, make
from tests.services.holding import holder, pooled, ruled
from tests.store.present import check, present


def unshared(team: Team, key: int) -> int | None:
    collaborations.share(team.li, [key], "zhao", access="edit")
    return collaborations.unshare(team.li, [key], "zhao").entry_id


def withdrawn(team: Team, key: int) -> int | None:
    offers.transfer(team.li, [key], "zhao")
    return offers.withdraw(team.li, [key]).entry_id


def unprotected(team: Team, key: int) -> int | None:
    protections.protect(team.li, [key], "deal")
    return protections.unprotect(team.li, [key]).entry_id


DONE_BY_LI: dict[str, Callable[[Team, int], int | None]] = {
    "tag": lambda team, key: tags.tag(team.li, [key], ["vip"]).entry_id,
    "contact": lambda team, key: contacts.add(team.li, key, {"name": "Bob Roe"}).entry_id,
    "interaction": lambda team, key: interactions.log(team.li, [key], Note("spoke")).entry_id,
    "profile": lambda team, key: profiles.edit(team.li, [key], {"x.fair": "2026"}).entry_id,
    "unshare": unshared,
    "withdraw": withdrawn,
    "unprotect": unprotected,
}


@pytest.mark.parametrize("what", [name for name in DONE_BY_LI if name not in ("interaction", "unprotect")])
def test_what_one_did_to_a_customer_that_somebody_else_holds_by_now_stays(team: Team, what: str) -> None:
    key = make(team.li, "Acme")
    entry = DONE_BY_LI[what](team, key)
    pools.assign(team.lead, [key], "wang")
    before = present(team.database)
    with pytest.raises(CrmError, match=r"not yours any more|changed since"):
        history.undo(team.li, entry)
    assert present(team.database) == before
    check(team.database)


@pytest.mark.parametrize("what", [name for name in DONE_BY_LI if name != "interaction"])
def test_nor_is_it_taken_back_from_a_customer_that_lies_in_the_pool(team: Team, what: str) -> None:
    key = make(team.li, "Acme")
    entry = DONE_BY_LI[what](team, key)
    pools.release(team.li, [key], "no-need")
    before = present(team.database)
    with pytest.raises(CrmError):
        history.undo(team.li, entry)
    assert present(team.database) == before


@pytest.mark.parametrize("what", list(DONE_BY_LI))
def test_it_is_taken_back_once_the_customer_is_back_in_ones_hands(team: Team, what: str) -> None:
    key = make(team.li, "Acme")
    before = DONE_BY_LI[what](team, key)
    then = present(team.database)
    pools.release(team.li, [key], "no-need")
    history.undo(team.li)
    assert present(team.database) == then
    assert history.undo(team.li, before).exit_code == 0
    check(team.database)


def test_a_lead_does_not_bring_an_offer_back_into_another_holding(team: Team) -> None:
    key = make(team.li, "Acme")
    offers.transfer(team.li, [key], "zhao")
    entry = offers.withdraw(team.lead, [key]).entry_id
    pools.assign(team.lead, [key], "wang")
    with pytest.raises(CrmError):
        history.undo(team.lead, entry)
    check(team.database)


def test_who_works_it_beside_its_holder_no_more_takes_nothing_back(team: Team) -> None:
    key = make(team.wang, "Acme")
    collaborations.share(team.wang, [key], "li", access="edit")
    tags.tag(team.li, [key], ["vip"])
    collaborations.unshare(team.wang, [key], "li")
    before = present(team.database)
    with pytest.raises(CrmError):
        history.undo(team.li)
    assert present(team.database) == before


def test_who_declined_an_offer_does_not_take_that_back_behind_the_holder(team: Team) -> None:
    key = make(team.wang, "Acme")
    offers.transfer(team.wang, [key], "li")
    offers.decline(team.li, [key])
    with pytest.raises(CrmError):
        history.undo(team.li)
    assert lists.count(team.li, Query()) == 0


def test_what_stays_is_not_named_to_who_does_not_see_it(team: Team) -> None:
    mine, gone = make(team.li, "Mine"), make(team.li, "Acme")
    tags.tag(team.li, [mine, gone], ["vip"])
    pools.assign(team.lead, [gone], "wang")
    profiles.edit(team.wang, [gone], {"name": "Secret Ltd"})
    tags.tag(team.wang, [gone], ["vip"], remove=True)
    outcome = history.undo(team.li)
    assert outcome.changed == (mine,)
    assert [(r.id, r.name) for r in outcome.refused] == [(gone, "")]


def test_what_one_gave_away_comes_back_as_long_as_nobody_touched_it(team: Team) -> None:
    given, released = make(team.li, "Given"), make(team.li, "Released")
    offers.transfer(team.li, [given], "wang")
    offers.accept(team.wang, [given])
    pools.release(team.li, [released], "no-need")
    assert history.undo(team.li).changed == (released,)
    assert history.undo(team.wang).changed == (given,)
    assert [holder(team.database, key) for key in (given, released)] == ["li", "li"]


def test_who_has_left_takes_nothing_back(team: Team, database: Database) -> None:
    running = Team(Database(database.path), team.clock).li
    key = make(running, "Acme")
    tags.tag(running, [key], ["vip"])
    pools.assign(team.lead, [key], "wang")
    teams.leave(team.lead, "li")
    before = present(team.database)
    for act in (history.undo, history.redo):
        with pytest.raises(SignedOut):
            act(running)
        assert present(team.database) == before


def test_a_lead_reads_nothing_of_another_team_in_what_a_member_did_there(team: Team) -> None:
    """An administrator, or somebody who came from there, is a member of the team and worked elsewhere."""
    teams.add(team.admin, "qian", role="lead")
    teams.add_team(team.admin, "south", "qian", ["qian"])
    teams.add(team.admin, "amy", role="rep", team="south")
    key = make(team.sign_in("amy"), "Secret Ltd")
    tags.tag(team.admin, [key], ["vip"])
    tags.tag(team.admin, [make(team.li, "Acme")], ["vip"])
    told = [entry["summary"] for entry in history.entries(team.lead)]
    assert [text for text in told if "Acme" in text]
    assert not [text for text in told if "Secret" in text]


def test_p7_a_claim_that_was_taken_back_makes_it_no_newer_for_the_filter_either(team: Team) -> None:
    [key] = pooled(team)
    ruled(team, freeze_days=2)
    team.clock.forward(days=3)
    pools.claim(team.li, [key])
    history.undo(team.li)
    assert lists.page(team.li, Query("claimable:yes")).ids == [key]


BEGUN: dict[str, Callable[[Team, int], Any]] = {
    "an offer": lambda team, key: offers.transfer(team.wang, [key], "li"),
    "a share with who held it": lambda team, key: collaborations.share(team.wang, [key], "li"),
    "a protection": lambda team, key: protections.protect(team.wang, [key], "deal"),
}


@pytest.mark.parametrize("what", list(BEGUN))
def test_a_move_stays_when_the_new_holder_has_begun_something_that_hangs_on_it(team: Team, what: str) -> None:
    key = make(team.li, "Acme")
    pools.assign(team.lead, [key], "wang")
    BEGUN[what](team, key)
    before = present(team.database)
    with pytest.raises(CrmError):
        history.undo(team.lead)
    assert present(team.database) == before
    check(team.database)


def test_a_hand_over_comes_back_to_who_was_leaving_before_and_not_to_who_leaves_since(team: Team) -> None:
    key, other = make(team.li, "Acme"), make(team.li, "Basic")
    teams.leave(team.lead, "li")
    handover.hand_over(team.lead, "li", "wang")
    history.undo(team.lead)
    assert holder(team.database, key) == holder(team.database, other) == "li"
    check(team.database)
    teams.edit(team.admin, "li", teams.Given(state="active"))
    given = pools.assign(team.lead, [key], "wang").entry_id
    teams.leave(team.lead, "li")
    with pytest.raises(CrmError, match="can hold nothing any more"):
        history.undo(team.lead, given)


def test_a_claim_is_not_done_again_from_a_pool_that_one_is_no_member_of_any_more(team: Team) -> None:
    [key] = pooled(team)
    claimed = pools.claim(team.li, [key]).entry_id
    history.undo(team.li)
    pool_lists.edit(team.admin, "default", None, "wang", None)
    with pytest.raises(CrmError):
        history.redo(team.li, claimed)
    assert holder(team.database, key) == "(default)"


def test_a_slip_is_taken_back_the_same_day_though_one_is_no_member_and_later_only_by_a_member(team: Team) -> None:
    first, second = make(team.li, "First"), make(team.li, "Second")
    pool_lists.edit(team.admin, "default", None, "wang", None)
    late = pools.release(team.li, [first], "no-need").entry_id
    pools.release(team.li, [second], "no-need")
    history.undo(team.li)
    assert holder(team.database, second) == "li"
    team.clock.forward(days=2)
    with pytest.raises(CrmError):
        history.undo(team.li, late)
