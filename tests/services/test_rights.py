"""Who may do what to which customer: the same answer from every verb."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from crm_tui.domain.errors import CrmError, NotAllowed
from crm_tui.domain.schemes import shipped
from crm_tui.services import (
    cards,
    contacts,
    customers,
    due,
    followups,
    history,
    interactions,
    lists,
    profiles,
    stages,
    tags,
    tier_reasons,
    tiers,
)
from crm_tui.services.interactions import Note
from crm_tui.services.lists import Query
from crm_tui.services.session import Outcome, Session
from tests.factories import Team, in_days, make
from tests.store.present import present

Verb = Callable[[Session, int], Outcome]

BULK: list[Verb] = [
    lambda s, key: profiles.edit(s, [key], {"region": "north"}),
    lambda s, key: stages.move(s, [key], "target"),
    lambda s, key: stages.step(s, [key], 1),
    lambda s, key: tiers.assign(s, [key], "A", shipped()["abcd"]),
    lambda s, key: tiers.accept(s, [key]),
    lambda s, key: tags.tag(s, [key], ["vip"]),
    lambda s, key: interactions.log(s, [key], Note("spoke")),
    lambda s, key: interactions.no_answer(s, [key]),
    lambda s, key: followups.set_next(s, [key], in_days(3)),
    lambda s, key: followups.snooze(s, [key]),
    lambda s, key: customers.archive(s, [key]),
]
SINGLE: list[Verb] = [
    lambda s, key: contacts.add(s, key, {"name": "张伟"}),
]
READ: list[Verb] = [
    lambda s, key: due.why(s, key),
    lambda s, key: tier_reasons.why(s, key),
]


@pytest.mark.parametrize("verb", BULK)
def test_somebody_elses_customer_is_as_if_it_did_not_exist(team: Team, verb: Verb) -> None:
    key = make(team.li, "Acme")
    before = present(team.database)
    outcome = verb(team.wang, key)
    assert outcome.changed == ()
    assert [(r.id, r.name, r.reason) for r in outcome.refused] == [(key, "", f"there is no customer {key}")]
    assert outcome.exit_code == 1
    assert outcome.message == verb(team.wang, 999).message
    assert present(team.database) == before


@pytest.mark.parametrize("verb", SINGLE + READ)
def test_the_error_is_that_of_an_unknown_customer(team: Team, verb: Verb) -> None:
    key = make(team.li, "Acme")
    for asked in (key, 999):
        with pytest.raises(CrmError, match=f"^there is no customer {asked}$"):
            verb(team.wang, asked)


@pytest.mark.parametrize("verb", BULK)
def test_a_customer_of_the_pool_is_read_and_not_changed_by_a_rep(team: Team, verb: Verb) -> None:
    key = make(team.admin, "Acme", owner="pool")
    before = present(team.database)
    outcome = verb(team.li, key)
    assert [(r.name, r.reason) for r in outcome.refused] == [("Acme", "it is in the public pool: claim it first")]
    assert present(team.database) == before


def test_a_lead_changes_customers_of_the_pool_and_of_everybody(team: Team) -> None:
    keys = [make(team.admin, "Acme", owner="pool"), make(team.li, "Beta")]
    assert stages.move(team.lead, keys, "intent").changed == tuple(keys)
    assert tiers.accept(team.lead, keys).changed == tuple(keys)


@pytest.mark.parametrize("verb", BULK)
def test_service_reads_all_and_changes_nothing(team: Team, verb: Verb) -> None:
    key = make(team.li, "Acme")
    outcome = verb(team.service, key)
    assert [(r.name, r.reason) for r in outcome.refused] == [("Acme", "service reads customers and changes none")]
    assert team.service.one(key).name == "Acme"


@pytest.mark.parametrize("owner", ["me", "pool", "li"])
def test_service_makes_no_customers(team: Team, owner: str) -> None:
    with pytest.raises(NotAllowed):
        make(team.service, "Acme", owner=owner)


@pytest.mark.parametrize("verb", BULK[:-1])
def test_an_archived_customer_is_brought_back_before_it_is_changed(team: Team, verb: Verb) -> None:
    key = make(team.li, "Acme")
    customers.archive(team.li, [key])
    assert [r.reason for r in verb(team.li, key).refused] == ["it is archived: unarchive it first"]


@pytest.mark.parametrize(
    "verb",
    [
        lambda s, keys: profiles.edit(s, keys, {"region": "north"}),
        lambda s, keys: stages.move(s, keys, "intent"),
        lambda s, keys: stages.step(s, keys, 1),
        lambda s, keys: tiers.assign(s, keys, "A", shipped()["abcd"]),
        lambda s, keys: tags.tag(s, keys, ["vip"]),
        lambda s, keys: interactions.log(s, keys, Note("spoke")),
        lambda s, keys: interactions.no_answer(s, keys),
        lambda s, keys: followups.set_next(s, keys, in_days(3)),
        lambda s, keys: followups.snooze(s, keys, in_days(3)),
        lambda s, keys: customers.archive(s, keys),
    ],
)
def test_of_several_customers_those_that_one_may_not_change_are_left_out_one_by_one(team: Team, verb: Any) -> None:
    mine, other = make(team.li, "Acme"), make(team.wang, "Beta")
    outcome = verb(team.li, [mine, other, 999])
    assert outcome.changed == (mine,)
    assert [r.id for r in outcome.refused] == [other, 999]
    assert outcome.exit_code == 4


def test_a_pool_row_is_listed_with_phone_and_mail_masked(team: Team) -> None:
    key = make(team.admin, "Acme", owner="pool", phone="13812345678", email="a@b.cn", wechat="acme")
    for session, phone, email, wechat in (
        (team.li, None, None, None), (team.lead, "+8613812345678", "a@b.cn", "acme"),
    ):  # fmt: skip
        row = lists.rows(session, [key])[key]
        assert (row["name"], row["pool"], row["phone"], row["email"], row["wechat"]) == (
            "Acme", "default", phone, email, wechat,
        )  # fmt: skip
        assert due.lines(session, [key]) == {}, "what lies in a pool is in nobody's queue"


def test_counts_and_lists_tell_a_rep_of_own_customers_and_the_pool_only(team: Team) -> None:
    mine, pool = make(team.li, "Acme"), make(team.admin, "Beta", owner="pool")
    make(team.wang, "Gamma")
    assert lists.page(team.li, Query()).ids == [pool, mine]
    assert lists.count(team.li, Query()) == 2
    assert lists.count(team.li, Query("owner:me")) == 1
    assert lists.count(team.li, Query("owner:wang")) == 0
    assert lists.stage_counts(team.li, Query()) == {"potential": 2}
    assert lists.stage_counts(team.lead, Query()) == {"potential": 3}
    assert lists.rows(team.li, [1, 2, 3]).keys() == {mine, pool}


def test_a_rep_sees_in_the_journal_what_became_of_own_customers_and_nothing_else(team: Team) -> None:
    mine, other = make(team.li, "Acme"), make(team.wang, "Beta")
    entry = profiles.edit(team.lead, [mine, other], {"region": "north"}).entry_id
    assert entry is not None
    assert [e["user"] for e in history.entries(team.li)] == ["li"]
    assert [e["user"] for e in history.entries(team.li, customer_id=mine)] == ["zhao", "li"]
    assert {c["customer"] for c in history.changes(team.li, entry)} == {mine}
    assert {c["customer"] for c in history.changes(team.lead, entry)} == {mine, other}
    with pytest.raises(CrmError, match="there is no customer"):
        history.entries(team.li, customer_id=other)
    theirs = tags.tag(team.wang, [other], ["vip"]).entry_id
    assert theirs is not None
    for asked in (theirs, 999):
        with pytest.raises(CrmError, match=f"there is no entry {asked} "):
            history.changes(team.li, asked)


def test_a_masked_customer_hides_what_may_hold_a_number_and_what_is_sensitive(team: Team) -> None:
    given = {"x.mobile 2": "13712345678", "religion": "none of yours", "note": "call 13612345678"}
    pooled = make(team.admin, "王小明", kind="person", owner="pool", **given)
    shown = cards.card(team.li, pooled)
    assert {item.field for item in shown.items} == {"name"}
    assert shown.note == ""
    seen = cards.card(team.lead, pooled)
    assert {item.field for item in seen.items} == {"name", "mobile 2", "religion"}
    assert "religion" not in {item.field for item in cards.card(team.service, pooled).items}
