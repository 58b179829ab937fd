"""Pairs that may be one: found in blocks, told to whoever sees both, and never again once they are said to be two."""

from __future__ import annotations

import random

import pytest

from crm_tui.domain.alike import alike
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.services import contacts, customers, history, likeness, merges
from crm_tui.services.customers import Draft
from crm_tui.services.session import Session
from crm_tui.store import duplicates as store
from tests.factories import Team, make
from tests.store.present import present


def pairs(session: Session, text: str = "", limit: int | None = None) -> set[tuple[int, int]]:
    likeness.look(session)
    return {pair.pair for pair in likeness.pairs(session, text, limit)}


def test_pairs_are_found_by_name_phone_mail_tax_number_and_a_contacts_ways(team: Team) -> None:
    made = {name: make(team.li, name, **given) for name, given in {
        "Acme": {"phone": "13800000001"}, "华为技术": {"phone": "13800000001"}, "Betaworks": {"email": "A@x.cn"},
        "Gammasoft": {"tax_number": "T1"}, "Deltachem": {"tax_number": "t1"}, "北京华信科技": {}, "华信科技": {},
        "Brightfield Trading": {}, "Brigthfield Trading": {}, "上海大龙机械": {},
    }.items()}  # fmt: skip
    silent = make(team.li, "Epsilon Metals")
    contacts.add(team.li, silent, {"name": "Wu", "email": "a@x.cn"})
    expected = [
        ("Acme", "华为技术"), ("Gammasoft", "Deltachem"), ("北京华信科技", "华信科技"),
        ("Brightfield Trading", "Brigthfield Trading"),
    ]  # fmt: skip
    wanted = {(made[a], made[b]) for a, b in expected} | {(made["Betaworks"], silent)}
    assert pairs(team.li) == wanted
    assert pairs(team.li, f"id:{silent}") == {(made["Betaworks"], silent)}
    assert len(pairs(team.li, limit=2)) == 2


def test_the_blocks_find_nearly_all_that_comparing_all_with_all_finds(team: Team) -> None:
    dice = random.Random(3)
    words = ["bright", "field", "stone", "bridge", "river", "works"]
    for __ in range(60):
        name = "".join(dice.sample(words, 3)).capitalize()
        if dice.random() < 0.4:
            at = dice.randrange(len(name) - 1)
            name = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
        phone = f"1380000000{dice.randrange(8)}" if dice.random() < 0.3 else ""
        make(team.admin, name, phone=phone, anyway=True, owner="pool")
    known = store.known(team.database, range(1, 61))
    every = {(a, b) for a in known for b in known if a < b and alike(known[a], known[b]).is_candidate}
    found = pairs(team.admin)
    assert len(every) > 20
    assert found <= every
    assert len(found) >= 0.9 * len(every)


def test_an_edit_is_seen_and_archived_ones_are_not(team: Team) -> None:
    a, b = make(team.li, "Acme"), make(team.li, "Acme", anyway=True)
    assert pairs(team.li) == {(a, b)}
    customers.archive(team.li, [b])
    assert not likeness.pairs(team.li)


def test_both_sides_are_seen_or_nothing_is_told(team: Team) -> None:
    a, b = make(team.li, "Acme"), make(team.wang, "Acme", anyway=True)
    assert pairs(team.lead) == {(a, b)}
    assert not likeness.pairs(team.li)
    assert not likeness.pairs(team.wang)


def test_a_masked_phone_is_not_given_away(team: Team) -> None:
    """That two have the same phone tells the one of which it is hidden."""
    mine = make(team.li, "Acme", phone="13800000001")
    pooled = make(team.admin, "Betaworks", phone="13800000001", owner="pool")
    twin = make(team.admin, "Acme Ltd", phone="13800000001", owner="pool", anyway=True)
    assert (mine, pooled) in pairs(team.lead)
    [found] = likeness.pairs(team.li)
    assert found.pair == (mine, twin)
    assert found.likeness.words == "same name"
    told = merges.sheet(team.li, [mine, twin])
    assert next(c for c in told.choices if c.field == "phone").values == {mine: "+8613800000001", twin: "•••"}


def test_two_that_are_two_do_not_come_again_until_that_is_taken_back(team: Team) -> None:
    a, b = make(team.li, "Acme"), make(team.li, "Acme", anyway=True)
    before = present(team.database)
    assert likeness.distinct(team.li, [b, a]).changed == (a, b)
    assert not pairs(team.li)
    assert likeness.distinct(team.li, [a, b]).changed == ()
    history.undo(team.li)
    assert present(team.database) == before
    assert pairs(team.li) == {(a, b)}
    with pytest.raises(UsageError):
        likeness.distinct(team.li, [a])
    assert likeness.distinct(team.service, [a, b]).exit_code == 3


def test_new_says_whom_it_resembles_and_offers_to_merge(team: Team) -> None:
    known = make(team.li, "Brightfield Trading", phone="13800000001")
    outcome = customers.new(team.li, Draft({"name": "Brigthfield Trading", "phone": "13800000001"}))
    told = f"resembles {known} Brightfield Trading (100 %): names alike 94 %, same phone 138 0000 0001"
    assert told in outcome.message
    assert outcome.proposal is not None
    assert outcome.proposal[0] == f"merge {known} {outcome.changed[0]}"


def test_new_never_names_what_one_may_not_see(team: Team) -> None:
    make(team.wang, "Brightfield Trading", phone="13800000001")
    make(team.admin, "Betaworks", phone="13800000001", owner="pool")
    outcome = customers.new(team.li, Draft({"name": "Brigthfield Trading", "phone": "13800000001"}))
    assert "resembles" not in outcome.message
    assert outcome.proposal is None


def test_how_many_of_those_that_came_resemble_earlier_ones(team: Team) -> None:
    make(team.li, "Acme", phone="13800000001", email="a@x.cn")
    first = make(team.li, "Betaworks", phone="13800000001")
    make(team.li, "Gammasoft", phone="13800000002")
    last = make(team.li, "Deltachem", contact={"name": "Wu", "email": "a@x.cn"})
    assert store.resembling(team.database, first, last) == 2


def test_a_look_that_is_stopped_leaves_what_was_found_before(team: Team) -> None:
    a, b = make(team.li, "Acme"), make(team.li, "Acme", anyway=True)
    assert pairs(team.li) == {(a, b)}
    make(team.li, "Acme", anyway=True)
    with pytest.raises(CrmError, match="enough"):
        likeness.look(team.li, _stop)
    assert [pair.pair for pair in likeness.pairs(team.li)] == [(a, b)]
    assert "others have come since" in likeness.looked(team.li)


def _stop(done: int, most: int) -> None:
    raise CrmError("enough")
