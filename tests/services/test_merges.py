"""Merging customers: what moves, what is counted, who may, and one undo that brings all of it back."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_tui.domain.errors import Conflict, CrmError, NotAllowed
from crm_tui.services import (
    cards,
    collaborations,
    comments,
    comparison,
    contacts,
    customers,
    due,
    followups,
    history,
    interactions,
    likeness,
    lists,
    merges,
    offers,
    pools,
    profiles,
    protections,
    tags,
    tiers,
)
from crm_tui.services.interactions import Note
from crm_tui.services.session import Session
from crm_tui.store import merging
from crm_tui.store import pools as pools_store
from crm_tui.store.database import Database
from crm_tui.store.models import HISTORIES, JOURNALED, columns
from tests.factories import Clock, Team, column, follow_ups, in_days, make
from tests.store.present import check, present

DERIVED = {"worth", "worth_stale", "effort", "duplicate"}


def test_no_table_of_a_customer_is_forgotten(database: Database) -> None:
    """Every table that names a customer moves, or is kept where it is for a reason that is written down."""
    tables = [row[0] for row in database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
    naming = {t for t in tables if "customer_id" in {c[1] for c in database.rows(f"PRAGMA table_info({t})")}}
    naming |= {t for t in tables if "customer" in {c[2] for c in database.rows(f"PRAGMA foreign_key_list({t})")}}
    histories = {model._meta.table_name for model in HISTORIES}
    assert naming - histories - DERIVED == set(merging.moving()) | set(merging.OWN)
    assert set(comparison.TITLES) == set(merging.moving())


def test_all_that_must_be_unlike_is_known(database: Database) -> None:
    found: dict[str, tuple[str, ...]] = {}
    for table in merging.moving():
        for __, name, unique, ___, partial in database.rows(f"PRAGMA index_list({table})"):
            names = [row[2] for row in database.rows(f"PRAGMA index_info({name})")]
            if unique and not partial and "customer_id" in names:
                found[table] = tuple(sorted(set(names) - {"customer_id"}))
    assert found == {table: tuple(sorted(names)) for table, names in merging.UNLIKE.items()}


def rich(team: Team, session: Session, key: int, product: str = "X") -> None:
    """Something of everything under a customer."""
    contacts.add(session, key, {"name": f"Wu {key}", "phone": f"1390000{key:04}"})
    person = team.database.value("SELECT max(id) FROM contact")
    interactions.log(session, [key], Note("spoke", contact_id=person, next=in_days(key)))
    said = team.database.value("SELECT max(id) FROM interaction")
    comments.comment(team.lead, key, "why so?", said)
    tags.tag(session, [key], ["vip", f"own{key}"])
    collaborations.share(session, [key], "wang", function="engineer", access="read" if key % 2 else "edit")
    protections.protect(session, [key], "chance")
    order = team.order(key, "2026-11-01", 1_000 * key, product=product, number=f"O-{key}")
    due = team.due(key, "2026-11-10", 900, order=order)
    team.paid(key, "2026-11-11", 900, due)
    team.wallet(key, 10_000 * key)
    team.wallet(key, 500, f"only {key}")
    team.deal(key, 700, number=f"D-{key}")
    profiles.edit(session, [key], {"region": f"r{key}", "x.Route": str(key)})


@pytest.fixture
def two(team: Team) -> tuple[int, int]:
    a, b = make(team.li, "Acme", phone="13800000001"), make(team.li, "Acme Ltd", email="b@x.cn", anyway=True)
    for key in (a, b):
        rich(team, team.li, key)
    return a, b


def test_everything_moves_and_one_undo_brings_it_back(team: Team, two: tuple[int, int]) -> None:
    a, b = two
    before = present(team.database)
    outcome = merges.merge(team.li, [a, b])
    check(team.database)
    assert outcome.message == f"{b} Acme Ltd merged into {a} Acme"
    record = outcome.data[0]
    assert record["rows"]["interaction"] == 2
    assert record["rows"]["sales_order"] == 2
    assert record["dropped"] == {"tag": 1, "collaborator": 1, "wallet": 1}
    assert set(merging.counts(team.database, [b]).values()) == {0}
    assert column(team.database, "email", a) == "b@x.cn"
    assert team.database.rows("SELECT name FROM tag ORDER BY 1") == [(f"own{a}",), (f"own{b}",), ("vip",)]
    assert team.database.rows("SELECT access FROM collaborator") == [("edit",)]
    assert [row for row in follow_ups(team.database, a) if row[4] is None] == [
        ("promise", "", in_days(a).on.isoformat(), in_days(a).on.isoformat(), None)
    ]
    assert history.undo(team.li).exit_code == 0
    check(team.database)
    assert present(team.database) == before
    history.redo(team.li)
    check(team.database)
    assert column(team.database, "merged_into", b) == a
    history.undo(team.li)
    assert present(team.database) == before


def test_the_survivor_keeps_what_it_has_unless_told_otherwise(team: Team) -> None:
    a = make(team.li, "Acme", phone="13800000001", region="north")
    b = make(team.li, "Acme Ltd", phone="13800000001", region="south", industry="steel", anyway=True)
    profiles.edit(team.li, [b], {"headcount": "40"})
    merges.merge(team.li, [a, b], take={"region": b})
    values = cards.card(team.li, a)
    assert {item.field: item.value for item in values.items if item.field in ("region", "industry", "headcount")} == {
        "region": "south", "industry": "steel", "headcount": "40",
    }  # fmt: skip
    assert values.facts.name == "Acme"
    assert cards.card(team.li, b).merged == f"merged into {a} Acme"
    assert any(event.what == "merged" and event.text == f"{b} Acme Ltd" for event in values.events)


def test_into_names_the_survivor(team: Team) -> None:
    a, b = make(team.li, "Acme"), make(team.li, "Beta")
    merges.merge(team.li, [a, b], into=b)
    assert column(team.database, "merged_into", a) == b


def test_what_is_merged_counts_nowhere_and_is_worked_by_nobody(team: Team) -> None:
    a, b = make(team.li, "Acme"), make(team.li, "Beta")
    me = team.li.person.id
    merges.merge(team.li, [a, b])
    assert pools_store.held_now(team.database, [me]) == {me: (1, 1)}
    assert lists.count(team.li, lists.Query()) == 1
    [refused] = customers.archive(team.li, [b], back=True).refused
    assert refused.reason == f"it was merged into {a} Acme: that one is worked"
    assert followups.set_next(team.li, [b], in_days(1)).refused[0].reason.startswith("it was merged")
    assert make(team.li, "Beta", anyway=True)  # its name still means the survivor


def test_a_tier_that_the_survivor_lacks_is_taken(team: Team) -> None:
    a, b = make(team.li, "Acme", stage="actual"), make(team.li, "Beta", stage="actual")
    tiers.assign(team.lead, [b], "strategic", team.lead.settings.schemes["value"])
    before = present(team.database)
    merges.merge(team.lead, [a, b])
    check(team.database)
    assert (column(team.database, "scheme", a), column(team.database, "tier", a)) == ("value", "strategic")
    history.undo(team.lead)
    check(team.database)
    assert present(team.database) == before


WHO: list[tuple[str, Callable[[Team], tuple[int, int]], type[CrmError] | None]] = [
    ("li", lambda t: (make(t.li, "Acme"), make(t.li, "Beta")), None),
    ("lead", lambda t: (make(t.li, "Acme"), make(t.wang, "Beta")), None),
    ("lead", lambda t: (make(t.li, "Acme"), make(t.admin, "Beta", owner="pool")), None),
    ("li", lambda t: (make(t.li, "Acme"), make(t.admin, "Beta", owner="pool")), NotAllowed),
    ("li", lambda t: (make(t.li, "Acme"), make(t.wang, "Beta")), CrmError),
    ("service", lambda t: (make(t.li, "Acme"), make(t.li, "Beta")), NotAllowed),
]


@pytest.mark.parametrize(("who", "made", "error"), WHO)
def test_who_may_merge(
    team: Team, who: str, made: Callable[[Team], tuple[int, int]], error: type[CrmError] | None
) -> None:
    ids, before = made(team), present(team.database)
    if error is None:
        assert merges.merge(getattr(team, who), ids).exit_code == 0
    else:
        with pytest.raises(error):
            merges.merge(getattr(team, who), ids)
        assert present(team.database) == before


def test_of_several_those_that_one_may_not_merge_are_named(team: Team) -> None:
    a, b, c = make(team.li, "Acme"), make(team.li, "Beta"), make(team.admin, "Gamma", owner="pool")
    outcome = merges.merge(team.li, [a, b, c])
    assert [(one.id, one.forbidden) for one in outcome.refused] == [(c, True)]
    assert outcome.exit_code == 4


def test_kinds_and_blocks_are_not_merged(team: Team) -> None:
    a, b = make(team.lead, "Acme", owner="li"), make(team.lead, "张伟", owner="li")
    with pytest.raises(CrmError, match="another kind"):
        merges.merge(team.lead, [a, b])
    c = make(team.lead, "Blocked", owner="pool")
    pools.block(team.lead, [c], "fraud")
    with pytest.raises(CrmError, match="blocked"):
        merges.merge(team.lead, [a, c])


def test_an_offer_of_the_merged_one_ends(team: Team) -> None:
    a, b = make(team.li, "Acme"), make(team.li, "Beta")
    offers.transfer(team.li, [b], "wang")
    before = present(team.database)
    merges.merge(team.li, [a, b])
    check(team.database)
    assert team.database.rows("SELECT customer_id, closed_as FROM transfer") == [(a, "withdrawn")]
    history.undo(team.li)
    check(team.database)
    assert present(team.database) == before


def test_a_merge_that_was_worked_on_since_stays_and_is_named(team: Team, two: tuple[int, int]) -> None:
    a, b = two
    merges.merge(team.li, [a, b])
    entry = team.database.value("SELECT max(id) FROM journal_entry WHERE source = 'test'")
    after = present(team.database)
    interactions.log(team.lead, [a], Note("later"))
    worked = present(team.database)
    with pytest.raises(Conflict, match="Acme") as refused:
        history.undo(team.li, entry)
    assert refused.value.exit_code == 4
    assert present(team.database) == worked
    history.undo(team.lead)
    assert present(team.database) == after
    assert history.undo(team.li, entry).exit_code == 0


def test_a_chain_of_merges_is_taken_back_in_order(team: Team) -> None:
    ids = a, b, c = [make(team.li, name) for name in ("Acme", "Beta", "Gamma")]
    for key in ids:
        rich(team, team.li, key)
    states = [present(team.database)]
    merges.merge(team.li, [b, a])
    first = team.database.value("SELECT max(id) FROM journal_entry WHERE source = 'test'")
    states.append(present(team.database))
    merges.merge(team.li, [c, b])
    check(team.database)
    assert cards.card(team.li, a).merged == f"merged into {c} Gamma"
    with pytest.raises(Conflict):
        history.undo(team.li, first)
    for state in reversed(states):
        history.undo(team.li)
        check(team.database)
        assert present(team.database) == state


def test_a_merge_that_loses_a_row_is_not_done(
    team: Team, two: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = present(team.database)
    monkeypatch.setattr(merges.merging, "rows_of", _forgetful(merging.rows_of))
    with pytest.raises(CrmError, match="nothing was merged"):
        merges.merge(team.li, list(two))
    assert present(team.database) == before


def _forgetful(rows_of: Callable[..., list[int]]) -> Callable[..., list[int]]:
    return lambda database, table, ids: [] if table == "comment" else rows_of(database, table, ids)


# -- whatever lies under them


_DO: list[Callable[[Team, Session, int, random.Random], object]] = [
    lambda t, s, k, d: contacts.add(s, k, {"name": f"Wu {d.randrange(3)}"}),
    lambda t, s, k, d: interactions.log(s, [k], Note("hm", connected=d.random() < 0.5, next=in_days(d.randrange(9)))),
    lambda t, s, k, d: followups.set_next(s, [k], in_days(d.randrange(1, 9))),
    lambda t, s, k, d: tags.tag(s, [k], [d.choice(("vip", "expo", "x"))]),
    lambda t, s, k, d: collaborations.share(
        t.admin, [k], d.choice(("li", "wang", "zhao")), access=d.choice(("read", "edit"))
    ),
    lambda t, s, k, d: protections.protect(s, [k], "chance"),
    lambda t, s, k, d: offers.transfer(s, [k], "wang"),
    lambda t, s, k, d: t.order(k, "2026-10-01", d.randrange(100, 900)),
    lambda t, s, k, d: t.paid(k, "2026-11-11", 90, t.due(k, "2026-11-10", 90)),
    lambda t, s, k, d: t.wallet(k, d.randrange(1, 9) * 1000, d.choice(("", "gpu"))),
    lambda t, s, k, d: t.deal(k, d.randrange(100, 900)),
    lambda t, s, k, d: profiles.edit(s, [k], {d.choice(("region", "x.Route", "industry")): str(d.randrange(3))}),
    lambda t, s, k, d: tiers.assign(t.admin, [k], "strategic", t.admin.settings.schemes["value"]),
    lambda t, s, k, d: comments.comment(t.admin, k, "why?"),
    lambda t, s, k, d: pools.release(s, [k], "no-need"),
    lambda t, s, k, d: _apart(t, d),
]


def _apart(team: Team, dice: random.Random) -> None:
    from crm_tui.services import likeness

    likeness.distinct(team.admin, dice.sample([1, 2, 3, 4], 2))


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 10_000))
def test_one_undo_brings_all_of_them_back_whatever_lies_under_them(
    staffed: Path, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    path = tmp_path_factory.mktemp("merge") / "crm.db"
    shutil.copy(staffed, path)
    database = Database(path)
    try:
        _random_merges(Team(database, Clock()), random.Random(seed))
    finally:
        database.close()


def _random_merges(team: Team, dice: random.Random) -> None:
    ids = [make(team.li, name) for name in ("Acme", "Beta", "Gamma", "Delta")]
    for __ in range(dice.randrange(4, 16)):
        team.clock.forward(minutes=7)
        try:
            dice.choice(_DO)(team, team.admin, dice.choice(ids), dice)
        except CrmError:
            continue
    states: list[Any] = []
    order = dice.sample(ids, 4)
    for some in ([order[:2], order[1:]], [order[:3], [order[3], order[0]]], [order])[dice.randrange(3)]:
        before = present(team.database)
        try:
            merges.merge(team.admin, some)
        except CrmError:  # the second one names one that has gone into another, or a kind or a block keeps them apart
            assert present(team.database) == before
        else:
            states.append(before)
    check(team.database)
    done = len(states)
    after = present(team.database)
    while states:
        history.undo(team.admin)
        check(team.database)
        assert json.dumps(present(team.database)) == json.dumps(states.pop())
    for __ in range(done):
        history.redo(team.admin)
    check(team.database)
    assert present(team.database) == after


def test_the_models_name_the_customer_of_each_table_that_moves() -> None:
    assert all("customer_id" in columns(JOURNALED[table]) for table in merging.moving())


def test_what_was_changed_since_it_was_seen_is_not_merged(team: Team) -> None:
    a, b = make(team.li, "Acme"), make(team.li, "Beta")
    seen = {key: column(team.database, "version", key) for key in (a, b)}
    profiles.edit(team.li, [b], {"website": "acme.cn"})
    before = present(team.database)
    with pytest.raises(Conflict, match=f"{b} Beta was changed meanwhile"):
        merges.merge(team.li, [a, b], seen=seen)
    assert present(team.database) == before
    seen[b] = column(team.database, "version", b)
    assert merges.merge(team.li, [a, b], seen=seen).exit_code == 0


def test_a_merge_says_who_said_that_they_are_not_one(team: Team) -> None:
    a, b, c = make(team.li, "Acme"), make(team.li, "Beta"), make(team.li, "Gamma")
    likeness.distinct(team.li, [a, b])
    outcome = merges.merge(team.li, [a, b, c])
    assert outcome.lines[0] == f"{a} and {b} are not one, said li on {team.li.today}"
    assert sum("not one" in line for line in outcome.lines) == 1


def test_nothing_is_due_for_one_that_was_merged(team: Team) -> None:
    a, b = make(team.li, "Acme"), make(team.li, "Beta")
    merges.merge(team.li, [a, b])
    card = cards.card(team.li, b)
    assert (card.owner, card.pool, card.reasons, card.sections) == (None, None, (), ())
    assert due.why(team.li, b).lines == (card.merged,) == (f"merged into {a} Acme",)


def test_one_that_was_merged_stands_for_the_survivor_when_it_is_entered_anew(team: Team) -> None:
    a, b, c = make(team.li, "Acme"), make(team.li, "Beta", phone="13800000001"), make(team.li, "Gamma")
    merges.merge(team.li, [a, b])
    merges.merge(team.li, [c, a])
    with pytest.raises(CrmError, match=f"customer {c}"):
        make(team.li, "Beta", phone="13800000001")
    make(team.li, "Beta", phone="13900000002")


def test_what_was_merged_further_says_what_to_undo_first(team: Team) -> None:
    a, b, c = (make(team.li, "Chain", phone=f"1380000000{n}") for n in range(3))
    first = merges.merge(team.li, [b, c]).entry_id
    merges.merge(team.li, [a, b])
    with pytest.raises(Conflict) as refused:
        history.undo(team.li, first)
    assert f"{b} Chain, {c} Chain" in str(refused.value)
    assert str(refused.value).endswith(f"{b} was itself merged into {a} since: undo that first")
    history.undo(team.li)
    assert history.undo(team.li, first).exit_code == 0
