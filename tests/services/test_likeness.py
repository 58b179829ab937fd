"""Pairs that may be one: found in blocks, told to whoever sees both, and never again once they are said to be two."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from crm_tui.domain.alike import alike
from crm_tui.domain.errors import CrmError, DatabaseUnusable, UsageError
from crm_tui.services import comparison, contacts, customers, history, imports, likeness
from crm_tui.services.customers import Draft
from crm_tui.services.session import Session
from crm_tui.store import duplicates as store
from crm_tui.store.database import Database
from tests.factories import Team, make
from tests.store.present import present
from tests.work import Work, counted


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
    told = comparison.sheet(team.li, [mine, twin])
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


@pytest.mark.parametrize("few", [0, 5])
def test_how_many_of_those_that_came_resemble_earlier_ones(team: Team, few: int) -> None:
    """Whichever are fewer, those that came or those that were there."""
    for __ in range(few):
        make(team.li, "Earlier", anyway=True)
    make(team.li, "Acme", phone="13800000001", email="a@x.cn")
    first = make(team.li, "Betaworks", phone="13800000001")
    make(team.li, "Gammasoft", phone="13800000002")
    last = make(team.li, "Deltachem", contact={"name": "Wu", "email": "a@x.cn"})
    for session, count in ((team.li, 2), (team.admin, 2), (team.wang, 0)):
        assert store.resembling(team.database, session.sight, first, last) == count
        assert likeness.of_new(session, first - 1) == count
    assert likeness.of_new(team.li, last) == 0


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


def test_how_many_resemble_others_is_as_much_work_as_the_fewer_of_them(team: Team, tmp_path: Path) -> None:
    """Whether few came to many or many to few: the others are only looked into."""
    text = "name,phone,email,contact,contact_phone\n" + "".join(
        f"Firm {n},138{n % 1000:08},f{n % 1000}@x.cn,Wu,139{n % 1000:08}\n" for n in range(2_000)
    )
    (tmp_path / "many.csv").write_text(text)
    assert imports.run(team.admin, imports.plan(team.admin, tmp_path / "many.csv")).new == 2_000
    zero = int(team.database.value("SELECT min(id) FROM customer WHERE name LIKE 'Firm%'"))

    def looked(first: int, last: int, found: int) -> Work:
        with counted(team.database) as work:
            assert store.resembling(team.database, team.admin.sight, zero + first, zero + last - 1) == found
        return work

    few, more, among_more = looked(1_000, 1_200, 200), looked(1_000, 1_400, 400), looked(1_800, 2_000, 200)
    assert more.grew(few) < 2.5
    assert among_more.grew(few) < 1.3
    assert looked(400, 2_000, 400).grew(looked(200, 2_000, 200)) < 2.5


def test_all_that_bear_a_name_are_compared_with_those_of_one_alike(team: Team) -> None:
    a, b = make(team.li, "Brightfield Trading"), make(team.li, "Brightfield Trading", anyway=True)
    c = make(team.li, "Brigthfield Trading", anyway=True)
    likeness.look(team.li)
    assert {(a, c), (b, c)} <= {one.pair for one in likeness.pairs(team.li)}
    likeness.distinct(team.li, [a, c])
    customers.archive(team.li, [a])
    likeness.look(team.li)
    assert [one.pair for one in likeness.pairs(team.li)] == [(b, c)]


def test_archived_ones_fill_no_block(team: Team) -> None:
    gone = [make(team.li, f"Gone {n}", phone="13800000001", anyway=True) for n in range(20)]
    customers.archive(team.li, gone)
    a, b = (make(team.li, name, phone="13800000001", anyway=True) for name in ("Acme", "Beta Works"))
    likeness.look(team.li)
    assert [one.pair for one in likeness.pairs(team.li)] == [(a, b)]


def test_a_damaged_index_ends_a_look_with_a_sentence(team: Team) -> None:
    make(team.li, "Acme")
    page = team.database.value("SELECT rootpage FROM sqlite_schema WHERE name = 'customer_name'")
    size = team.database.pragma("page_size")
    team.database.execute("PRAGMA wal_checkpoint(truncate)")
    with team.database.path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    database = Database(team.database.path)
    try:
        with pytest.raises(DatabaseUnusable, match="damaged"):
            store.look(database, "2026-11-01")
    finally:
        database.close()
