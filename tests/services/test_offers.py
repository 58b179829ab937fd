"""A transfer is offered, and takes effect when it is accepted (DOMAIN §1, §4 P5, P16, P17)."""

from __future__ import annotations

from typing import Any

import pytest

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.services import (
    collaborations,
    customers,
    followups,
    history,
    lists,
    notices,
    offers,
    pools,
    profiles,
    teams,
)
from crm_tui.services.lists import Query
from tests.factories import Team, column, follow_ups, in_days, make
from tests.services.holding import holder, log, pooled, reasons, ruled
from tests.store.present import check, present


def waiting(team: Team, session: Any) -> list[tuple[str, str]]:
    """The open notices of a user: kind and text."""
    return team.database.rows(
        "SELECT kind, text FROM notice WHERE user_id = ? AND closed_at IS NULL ORDER BY id", (session.person.id,)
    )


def test_it_stays_where_it_is_until_it_is_accepted(team: Team) -> None:
    key = make(team.li, "Acme", phone="13812345678")
    outcome = offers.transfer(team.li, [key], "wang", "my holidays")
    assert (outcome.message, outcome.changed) == ("Acme offered to wang", (key,))
    assert holder(team.database, key) == "li"
    assert waiting(team, team.wang) == [("offer", "my holidays")]
    assert team.wang.one(key).name == "Acme", "one reads what one is offered"
    assert profiles.edit(team.wang, [key], {"region": "x"}).changed == ()
    taken = offers.accept(team.wang, [key])
    assert (taken.message, taken.changed) == ("Acme accepted", (key,))
    assert log(team.database, key) == [("make", "", "li"), ("transfer", "li", "wang")]
    assert follow_ups(team.database, key)[-1][0] == "first_contact"
    assert waiting(team, team.wang) == []
    assert reasons(profiles.edit(team.li, [key], {"region": "x"})) == [f"there is no customer {key}"]
    check(team.database)


def test_what_is_declined_or_withdrawn_stays_and_is_seen_no_more(team: Team) -> None:
    one, two = make(team.li, "One"), make(team.li, "Two")
    offers.transfer(team.li, [one, two], "wang")
    assert offers.decline(team.wang, [one]).message == "One declined"
    assert offers.withdraw(team.li, [two]).message == "Two: offer withdrawn"
    assert [holder(team.database, key) for key in (one, two)] == ["li", "li"]
    assert lists.count(team.wang, Query()) == 0
    assert waiting(team, team.wang) == []
    assert reasons(offers.accept(team.wang, [one, two])) == [f"there is no customer {key}" for key in (one, two)]
    assert [row[0] for row in team.database.rows("SELECT closed_as FROM transfer ORDER BY id")] == [
        "declined", "withdrawn",
    ]  # fmt: skip
    assert offers.transfer(team.li, [one], "wang").changed == (one,), "it may be offered again"


def test_one_accepts_as_far_as_ones_cap_goes(team: Team) -> None:
    keys = [make(team.li, f"C{n}") for n in range(3)]
    bought = make(team.li, "Old", stage="actual")
    ruled(team, holding_cap=2)
    offers.transfer(team.li, [*keys, bought], "wang")
    outcome = offers.accept(team.wang, [*keys, bought])
    assert outcome.changed == (*keys[:2], bought)
    assert reasons(outcome) == ["the holding cap of 2 is reached"]
    assert holder(team.database, keys[2]) == "li"
    assert waiting(team, team.wang)[0][0] == "offer", "what was not accepted is offered still"


@pytest.mark.parametrize("verb", [offers.accept, offers.decline])
def test_only_the_one_it_was_offered_to_answers(team: Team, verb: Any) -> None:
    key = make(team.li, "Acme")
    offers.transfer(team.li, [key], "wang")
    assert reasons(verb(team.lead, [key])) == ["it is not offered to you"]
    assert reasons(verb(team.li, [key])) == ["it is not offered to you"]
    assert holder(team.database, key) == "li"


def test_only_what_one_holds_is_offered_and_once(team: Team) -> None:
    key, theirs, [free] = make(team.li, "Acme"), make(team.wang, "Theirs"), pooled(team)
    offers.transfer(team.li, [key], "wang")
    again = offers.transfer(team.li, [key, theirs, free], "wang")
    assert reasons(again) == [
        f"there is no customer {theirs}", "it is in the public pool: claim it first",
        "it is offered already: `withdraw` takes that back",
    ]  # fmt: skip
    assert reasons(offers.transfer(team.lead, [theirs, free], "wang")) == ["that is who holds it", "nobody holds it"]


def test_a_collaborator_gives_nothing_away(team: Team) -> None:
    key = make(team.li, "Acme")
    collaborations.share(team.li, [key], "wang", access="edit")
    assert reasons(offers.transfer(team.wang, [key], "zhao")) == [
        "it is somebody else's: only who holds it, or a lead, gives it away"
    ]


@pytest.mark.parametrize("to", ["nobody", "sun"])
def test_it_is_offered_to_who_can_hold_it(team: Team, to: str) -> None:
    with pytest.raises(UsageError):
        offers.transfer(team.li, [make(team.li, "Acme")], to)


def test_p16_who_is_leaving_offers_and_accepts_nothing(team: Team) -> None:
    mine, theirs = make(team.li, "Mine"), make(team.wang, "Theirs")
    offers.transfer(team.wang, [theirs], "li")
    teams.leave(team.lead, "li")
    with pytest.raises(NotAllowed, match="you are leaving"):
        offers.transfer(team.li, [mine], "wang")
    with pytest.raises(NotAllowed, match="you are leaving"):
        offers.accept(team.li, [theirs])
    with pytest.raises(UsageError, match="nothing is offered to li: is leaving"):
        offers.transfer(team.wang, [theirs], "li")


def test_who_may_receive_nothing_is_refused_with_the_reason(team: Team) -> None:
    key = make(team.li, "Acme")
    teams.away(team.lead, "wang", None, None, None)
    teams.add(team.admin, "chen", role="rep")
    teams.leave(team.lead, "chen")
    for login, reason in (("wang", "is away"), ("chen", "has left"), ("sun", "service holds no customers")):
        with pytest.raises(UsageError, match=f"nothing is offered to {login}: {reason}"):
            offers.transfer(team.li, [key], login)


def test_p16_what_a_leaver_offered_or_was_offered_is_offered_no_more(team: Team) -> None:
    mine, theirs = make(team.li, "Mine"), make(team.wang, "Theirs")
    offers.transfer(team.wang, [theirs], "li")
    offers.transfer(team.li, [mine], "wang")
    before = present(team.database)
    teams.leave(team.lead, "li")
    assert team.database.rows("SELECT DISTINCT closed_as FROM transfer") == [("withdrawn",)]
    assert (waiting(team, team.wang), waiting(team, team.li)) == ([], [])
    assert reasons(offers.accept(team.wang, [mine])) == [f"there is no customer {mine}"]
    history.undo(team.lead)
    assert present(team.database) == before


def test_who_was_only_offered_something_is_gone_at_once(team: Team) -> None:
    offers.transfer(team.li, [make(team.li, "Acme")], "wang")
    assert teams.leave(team.lead, "wang").message == "wang has left"


def test_a_stand_in_gives_nothing_away_and_keeps_nothing(team: Team) -> None:
    key = make(team.li, "Acme")
    teams.away(team.lead, "li", None, None, "wang")
    before = present(team.database)
    why = ["it is somebody else's: only who holds it, or a lead, gives it away"]
    for act in (
        lambda: offers.transfer(team.wang, [key], "wang"), lambda: offers.transfer(team.wang, [key], "zhao"),
        lambda: pools.release(team.wang, [key], "no-need"), lambda: collaborations.share(team.wang, [key], "zhao"),
        lambda: customers.archive(team.wang, [key]),
    ):  # fmt: skip
        assert reasons(act()) == why
    assert present(team.database) == before
    assert pools.assign(team.lead, [key], "zhao").changed == (key,), "whom one leads is another matter"


def test_who_is_offered_something_becomes_no_service(team: Team) -> None:
    key = make(team.li, "Acme")
    offers.transfer(team.li, [key], "wang")
    with pytest.raises(CrmError, match="service holds none"):
        teams.edit(team.admin, "wang", teams.Given(role="service"))


def test_an_offer_ends_when_the_customer_goes_another_way(team: Team) -> None:
    keys = [make(team.li, f"C{n}") for n in range(3)]
    offers.transfer(team.li, keys, "wang")
    pools.release(team.li, keys[:1], "no-need")
    pools.assign(team.lead, keys[1:2], "zhao")
    pools.block(team.lead, keys[2:], "rude")
    assert team.database.rows("SELECT DISTINCT closed_as FROM transfer") == [("withdrawn",)]
    assert waiting(team, team.wang) == []
    assert offers.accept(team.wang, keys).changed == ()
    check(team.database)


@pytest.mark.parametrize("verb", ["transfer", "accept", "withdraw"])
def test_each_is_taken_back_and_done_again(team: Team, verb: str) -> None:
    key = make(team.li, "Acme")
    followups.set_next(team.li, [key], in_days(2), "offer")
    collaborations.share(team.li, [key], "wang", access="edit")
    if verb != "transfer":
        offers.transfer(team.li, [key], "wang")
    before = present(team.database)
    session = team.wang if verb == "accept" else team.li
    act = {
        "transfer": lambda: offers.transfer(team.li, [key], "wang"),
        "accept": lambda: offers.accept(team.wang, [key]),
        "withdraw": lambda: offers.withdraw(team.li, [key]),
    }[verb]
    assert act().changed == (key,)
    after = present(team.database)
    assert history.undo(session).exit_code == 0
    assert present(team.database) == before
    check(team.database)
    assert history.redo(session).exit_code == 0
    assert present(team.database) == after
    check(team.database)


def test_an_acceptance_that_is_taken_back_would_break_no_cap(team: Team) -> None:
    key = make(team.li, "Acme")
    ruled(team, holding_cap=1)
    offers.transfer(team.li, [key], "wang")
    offers.accept(team.wang, [key])
    make(team.li, "New")
    with pytest.raises(CrmError, match="li would hold 2 customers"):
        history.undo(team.wang)
    assert holder(team.database, key) == "wang"


def test_what_waited_for_the_old_holder_waits_for_the_new_one(team: Team) -> None:
    key = make(team.li, "Acme")
    with team.lead.changing() as change:
        notices.send(team.lead, change, "comment", [(team.li.person.id, key, "call them")])
    offers.transfer(team.li, [key], "wang")
    offers.accept(team.wang, [key])
    assert waiting(team, team.wang) == [("comment", "call them")]
    assert waiting(team, team.li) == []
    assert column(team.database, "owner_id", key) == team.wang.person.id
