"""A protection has a reason and an end; so many at once, so many days in a row (DOMAIN §4 P13)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_tui.domain.errors import UsageError
from crm_tui.services import collaborations, history, offers, pools, protections
from tests.factories import TODAY, Team, day, make
from tests.services.holding import pooled, reasons, ruled
from tests.store.present import check, present


def kept(team: Team) -> list[tuple[str, str, str, str | None]]:
    """All protections: who, from, until, ended on."""
    return team.database.rows(
        "SELECT u.login, p.from_on, p.until_on, p.ended_on FROM protection p JOIN user u ON u.id = p.user_id"
        " ORDER BY p.id"
    )


def test_p13_thirty_days_unless_told_otherwise_today_included(team: Team) -> None:
    key = make(team.li, "Acme")
    assert protections.protect(team.li, [key], "big deal").message == "Acme protected until 2026-12-17"
    assert kept(team) == [("li", day(0), day(29), None)]
    check(team.database)


@pytest.mark.parametrize("reason", ["", "  "])
def test_p13_it_wants_a_reason(team: Team, reason: str) -> None:
    with pytest.raises(UsageError, match="wants a reason"):
        protections.protect(team.li, [make(team.li)], reason)


def test_p13_five_per_rep_and_any_number_for_a_lead(team: Team) -> None:
    keys = [make(team.li, f"C{n}") for n in range(7)]
    outcome = protections.protect(team.li, keys, "big deal")
    assert outcome.changed == tuple(keys[:5])
    assert reasons(outcome) == ["5 customers are protected by you: that is the limit"] * 2
    assert protections.protect(team.li, keys[:1], "longer", TODAY + timedelta(days=40)).changed == (keys[0],)
    assert protections.unprotect(team.li, keys[:1]).message == "C0: protection ended"
    assert protections.protect(team.li, keys[5:], "big deal").changed == (keys[5],)
    assert protections.protect(team.lead, keys, "all of them").changed == tuple(keys)


def test_p13_those_that_have_run_out_count_no_more(team: Team) -> None:
    ruled(team, protection__per_rep=1, protection__days=3)
    one, two = make(team.li, "One"), make(team.li, "Two")
    protections.protect(team.li, [one], "big deal")
    team.clock.forward(days=2)
    assert protections.protect(team.li, [two], "big deal").changed == ()
    team.clock.forward(days=1)
    assert protections.protect(team.li, [two], "big deal").changed == (two,)


def test_p13_ninety_days_in_a_row_at_most(team: Team) -> None:
    key = make(team.li, "Acme")
    assert reasons(protections.protect(team.li, [key], "big", TODAY + timedelta(days=90))) == [
        "that would be 91 days in a row, 90 at most"
    ]
    assert protections.protect(team.li, [key], "big", TODAY + timedelta(days=59)).changed == (key,)
    team.clock.forward(days=60)
    ends = [TODAY + timedelta(days=n) for n in (90, 89)]
    assert protections.protect(team.li, [key], "bigger", ends[0]).changed == ()
    assert protections.protect(team.li, [key], "bigger", ends[1]).changed == (key,)
    team.clock.forward(days=31)
    assert protections.protect(team.li, [key], "anew", ends[1] + timedelta(days=90)).changed == (key,), "a day between"


def test_p13_only_what_is_held_and_by_its_holder_or_a_lead(team: Team) -> None:
    [free] = pooled(team)
    theirs = make(team.wang, "Theirs")
    collaborations.share(team.wang, [theirs], "li", access="edit")
    assert reasons(protections.protect(team.li, [free, theirs], "big")) == [
        "it is in the public pool: claim it first",
        "it is somebody else's: only who holds it, or a lead, gives it away",
    ]
    assert kept(team) == []
    assert reasons(protections.protect(team.lead, [free], "big")) == [
        "nobody holds it: there is nothing to protect it from"
    ]


def test_a_protection_goes_with_the_customer_and_ends_in_the_pool(team: Team) -> None:
    given, dropped = make(team.li, "Given"), make(team.li, "Dropped")
    protections.protect(team.li, [given, dropped], "big")
    offers.transfer(team.li, [given], "wang")
    offers.accept(team.wang, [given])
    pools.release(team.li, [dropped], "no-need")
    assert kept(team) == [("wang", day(0), day(29), None), ("li", day(0), day(29), day(0))]


def test_protecting_and_unprotecting_are_taken_back(team: Team) -> None:
    key = make(team.li, "Acme")
    first = present(team.database)
    protections.protect(team.li, [key], "big")
    second = present(team.database)
    protections.protect(team.li, [key], "bigger", TODAY + timedelta(days=50))
    protections.unprotect(team.li, [key])
    assert reasons(protections.unprotect(team.li, [key])) == ["it is not protected"]
    history.undo(team.li)
    history.undo(team.li)
    assert present(team.database) == second
    history.undo(team.li)
    assert present(team.database) == first
    check(team.database)
