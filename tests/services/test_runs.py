"""A run is one action: one line in the history, one undo, whatever its steps did, and as far as it went."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from crm_tui.domain.errors import CrmError, NotAllowed
from crm_tui.domain.schemes import shipped
from crm_tui.services import (
    collaborations,
    contacts,
    customers,
    followups,
    history,
    interactions,
    offers,
    pools,
    profiles,
    protections,
    recycling,
    rules,
    runs,
    stages,
    sweep,
    tags,
    teams,
    tiers,
    visits,
)
from crm_tui.services.interactions import Note
from crm_tui.services.session import Outcome, Session
from crm_tui.store.database import Database
from tests.factories import Clock, Team, column, in_days, make
from tests.services.holding import pool
from tests.services.running import newest, ran
from tests.store.present import check, present
from tests.work import counted

Act = Callable[[Session, int], Any]


def steps(database: Database, run: int | None) -> list[tuple[str, str]]:
    """Kind and summary of the steps of a run."""
    return database.rows("SELECT kind, summary FROM journal_entry WHERE run_id = ? ORDER BY id", (run,))


@contextmanager
def taken_back_and_done_again(team: Team, session: Session) -> Iterator[None]:
    """What the block does comes back whole with one undo, and again with one redo, as often as one likes."""
    first = present(team.database)
    yield
    last = present(team.database)
    assert last != first
    for _ in range(2):
        assert history.undo(session).refused == ()
        assert present(team.database) == first
        check(team.database)
        assert history.redo(session).refused == ()
        assert present(team.database) == last
        check(team.database)


def test_each_step_is_an_entry_and_the_history_has_one_line_for_all(team: Team) -> None:
    acme, beta = make(team.li, "Acme"), make(team.li, "Beta")
    before = len(history.entries(team.li))
    team.li.command = "tag 1 --tag vip"
    with runs.running(team.li, "play monday --set days=7"):
        tags.tag(team.li, [acme], ["vip"])
        tags.tag(team.li, [acme, beta], ["expo"])
    found = history.entries(team.li)
    assert len(found) == before + 1
    assert found[0]["command"] == "play monday --set days=7"
    assert found[0]["summary"] == "play monday --set days=7: 2 steps, 2 customers"
    assert (found[0]["kind"], found[0]["undone"], found[0]["customers"]) == ("do", False, 2)
    assert len(steps(team.database, found[0]["id"])) == 2
    check(team.database)


def test_finish_says_what_was_done_and_which_entry_it_is(team: Team) -> None:
    key = make(team.li, "Acme")
    runs.begin(team.li, "play m")
    tags.tag(team.li, [key], ["vip"])
    entry = runs.finish(team.li, "m: all done")
    assert team.li.run is None
    assert (newest(team.li)["id"], newest(team.li)["summary"]) == (entry, "m: all done")
    assert history.undo(team.li).message == "undone: m: all done"


def test_a_run_of_one_step_is_told_in_the_words_of_that_step(team: Team) -> None:
    key = make(team.li, "Acme")
    ran(team.li, lambda: stages.move(team.li, [key], "target"), command="stage target; down")
    assert newest(team.li)["summary"] == "Acme → target"


def test_a_run_that_changed_nothing_leaves_no_trace(team: Team) -> None:
    key = make(team.li, "Acme")
    before = team.database.value("SELECT count(*) FROM journal_entry")
    assert ran(team.li, lambda: tags.tag(team.li, [key], ["vip"], remove=True)) is None
    assert ran(team.li) is None
    assert team.database.value("SELECT count(*) FROM journal_entry") == before


def test_a_run_within_a_run_is_part_of_it(team: Team) -> None:
    key = make(team.li, "Acme")
    first = present(team.database)
    with runs.running(team.li, "play outer"):
        tags.tag(team.li, [key], ["vip"])
        runs.begin(team.li, "play inner")
        tags.tag(team.li, [key], ["expo"])
        assert runs.finish(team.li, "inner: done") == newest(team.li)["id"]
        assert team.li.run is not None
        tags.tag(team.li, [key], ["new"])
    assert newest(team.li)["summary"] == "play outer: 3 steps, 1 customer"
    history.undo(team.li)
    assert present(team.database) == first


def test_what_a_run_had_done_when_it_failed_is_one_undo(team: Team) -> None:
    key = make(team.li, "Acme")
    first = present(team.database)

    def fails() -> None:
        with runs.running(team.li, "play m"):
            tags.tag(team.li, [key], ["vip"])
            stages.move(team.li, [key], "lost")

    with pytest.raises(CrmError):
        fails()
    assert team.li.run is None
    assert len(team.database.rows("SELECT * FROM tag")) == 1
    history.undo(team.li)
    assert present(team.database) == first


def test_a_step_that_fails_half_way_is_no_step(team: Team) -> None:
    def half() -> None:
        with team.li.changing():
            raise ZeroDivisionError(make(team.li, "Half"))

    runs.begin(team.li, "play m")
    with pytest.raises(ZeroDivisionError):
        half()
    key = make(team.li, "Acme")
    with pytest.raises(ZeroDivisionError):
        half()
    tags.tag(team.li, [key], ["vip"])
    runs.finish(team.li)
    assert newest(team.li)["summary"] == "play m: 2 steps, 1 customer"
    check(team.database)


def rolled_back(session: Session, act: Callable[[], Any]) -> None:
    """Do it, and take the transaction back."""
    with suppress(ZeroDivisionError), session.database.writing():
        act()
        raise ZeroDivisionError


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_step_that_was_only_tried_is_no_step(team: Team, at: int) -> None:
    """Its entry is rolled back from outside, and with it that of the run if it was the first; ids come again."""
    key = make(team.li, "Acme")
    first = present(team.database)
    runs.begin(team.li, "play m")
    for number, tag in enumerate(("vip", "expo", "new")):
        if number == at:
            rolled_back(team.li, lambda: make(team.li, "Tried"))
            tags.tag(team.wang, [make(team.wang, f"Other {number}")], ["vip"])
            history.undo(team.wang)
            history.undo(team.wang)
        tags.tag(team.li, [key], [tag])
    runs.finish(team.li)
    assert newest(team.li)["summary"] == "play m: 3 steps, 1 customer"
    check(team.database)
    history.undo(team.li)
    assert present(team.database) == first


def test_a_run_of_which_all_was_only_tried_leaves_no_trace(team: Team) -> None:
    """Another's run of the same macro has the ids that its entries had."""
    runs.begin(team.li, "play m")
    rolled_back(team.li, lambda: make(team.li, "Tried"))
    ran(team.wang, lambda: make(team.wang, "Acme"))
    assert runs.finish(team.li, "nothing") is None
    assert newest(team.wang)["summary"].startswith("Acme made")
    check(team.database)


def test_what_was_told_and_what_a_sweep_does_is_no_step(team: Team) -> None:
    recycling.switch(team.admin, on=True)
    key = make(team.lead, "Acme", owner="li", tier="A")
    team.clock.forward(days=20)
    runs.begin(team.lead, "play m")
    with team.lead.changing(fixed=True) as change:
        change.summarize("told of something")
    assert sweep.sweep(team.lead).data
    tags.tag(team.lead, [key], ["vip"])
    run = runs.finish(team.lead)
    rows = team.database.rows("SELECT source, fixed, run_id FROM journal_entry ORDER BY id DESC LIMIT 4")
    assert rows == [("test", 0, run), ("test", 0, None), ("sweep", 0, None), ("test", 1, None)]


EVERYTHING: dict[str, list[Act]] = {
    "the same field twice": [
        lambda s, key: profiles.edit(s, [key], {"region": "north", "x.fair": "2026"}),
        lambda s, key: profiles.edit(s, [key], {"region": "south", "name": "Acme East"}),
    ],
    "up and down the path": [
        lambda s, key: stages.move(s, [key], "target"),
        lambda s, key: tiers.assign(s, [key], "B", shipped()["abcd"]),
        lambda s, key: stages.move(s, [key], "lost", "price"),
        lambda s, key: stages.move(s, [key], "intent", "price"),
        lambda s, key: tiers.assign(s, [key], "A", shipped()["abcd"]),
    ],
    "a tag off and on again": [
        lambda s, key: tags.tag(s, [key], ["old"], remove=True),
        lambda s, key: tags.tag(s, [key], ["old", "vip"]),
        lambda s, key: tags.tag(s, [key], ["old"], remove=True),
    ],
    "logged and promised": [
        lambda s, key: interactions.log(s, [key], Note("spoke", next=in_days(2))),
        lambda s, key: interactions.no_answer(s, [key]),
        lambda s, key: followups.set_next(s, [key], in_days(3), "offer"),
        lambda s, key: followups.snooze(s, [key], in_days(4)),
    ],
    "a new contact that was spoken to": [
        lambda s, key: contacts.add(s, key, {"name": "李娜", "phone": "13900000000"}),
        lambda s, key: interactions.log(s, [key], Note("spoke", contact_id=contact_of(s, key))),
        lambda s, key: contacts.edit(s, contact_of(s, key), {"name": "赵敏"}),
    ],
    "from hand to hand": [
        lambda s, key: protections.protect(s, [key], "deal"),
        lambda s, key: collaborations.share(s, [key], "li"),
        lambda s, key: pools.release(s, [key], "no-need"),
        lambda s, key: pools.assign(s, [key], "wang"),
        lambda s, key: pools.assign(s, [key], "li"),
        lambda s, key: followups.set_next(s, [key], in_days(3), "offer"),
        lambda s, key: offers.transfer(s, [key], "wang"),
        lambda s, key: pools.block(s, [key], "bad debts"),
        lambda s, key: pools.unblock(s, [key], "paid"),
    ],
    "archived and back": [
        lambda s, key: customers.archive(s, [key]),
        lambda s, key: customers.archive(s, [key], back=True),
        lambda s, key: tags.tag(s, [key], ["back"]),
    ],
    "a customer made, worked, given away": [
        lambda s, key: make(s, "Beta", contact={"name": "王芳"}, tier="B"),
        lambda s, key: tags.tag(s, [key + 1], ["vip"]),
        lambda s, key: stages.move(s, [key + 1, key], "intent"),
        lambda s, key: pools.assign(s, [key + 1], "li"),
        lambda s, key: tags.tag(s, [key + 1], ["vip"], remove=True),
    ],
}


def contact_of(session: Session, key: int) -> int:
    return int(session.database.value("SELECT max(id) FROM contact WHERE customer_id = ?", (key,)))


@pytest.mark.parametrize("acts", EVERYTHING.values(), ids=EVERYTHING)
def test_one_undo_brings_back_the_exact_former_state_and_one_redo_the_later_one(team: Team, acts: list[Act]) -> None:
    key = make(team.lead, "Acme", contact={"name": "张伟"})
    tags.tag(team.lead, [key], ["old"])
    with taken_back_and_done_again(team, team.lead), runs.running(team.lead, "play m"):
        for act in acts:
            team.clock.forward(minutes=1)
            act(team.lead, key)


def test_who_was_made_goes_after_all_that_was_given_to_them(team: Team) -> None:
    key = make(team.admin, "Acme")
    with taken_back_and_done_again(team, team.admin), runs.running(team.admin, "play m"):
        teams.add(team.admin, "chen")
        pools.assign(team.admin, [key], "chen")
        for tag in ("vip", "expo"):
            tags.tag(team.admin, [key], [tag])
            stages.step(team.admin, [key], 1, "")


def test_of_what_belongs_to_no_customer_the_newest_goes_first(team: Team) -> None:
    with taken_back_and_done_again(team, team.admin), runs.running(team.admin, "play m"):
        pool(team, "north")
        teams.add(team.admin, "chen")
        pool(team, "south", "chen")
        for cap in ("7", "8", "9"):
            rules.set_rule(team.admin, "pool.holding_cap", cap)


def test_what_belongs_to_no_customer_goes_before_what_hangs_on_it(team: Team) -> None:
    """A user and a pool are made, and customers given to them; all of it goes, and comes again."""
    key, other = make(team.admin, "Acme"), make(team.admin, "Beta")
    with taken_back_and_done_again(team, team.admin), runs.running(team.admin, "play m"):
        teams.add(team.admin, "chen")
        pools.assign(team.admin, [key], "chen")
        pool(team, "north", "chen")
        pools.release(team.admin, [other], "no-need")
        pools.move(team.admin, [other], "north")
        pools.assign(team.admin, [other], "chen")
        rules.set_rule(team.admin, "pool.holding_cap", "7")
        rules.set_rule(team.admin, "pool.holding_cap", "8")
        teams.leave(team.admin, "chen")


def test_steps_of_many_customers_in_any_order_are_taken_back(team: Team) -> None:
    """What of each customer was done last goes first, whatever was done to others in between."""
    ids = [make(team.lead, f"Firm {n}", region="west") for n in range(12)]
    chance = random.Random(7)
    every = [act for name, acts in EVERYTHING.items() if "made" not in name and "contact" not in name for act in acts]
    with taken_back_and_done_again(team, team.lead), runs.running(team.lead, "play m"):
        for _ in range(150):
            try:
                chance.choice(every)(team.lead, chance.choice(ids))
            except CrmError:
                continue


@pytest.mark.slow
def test_a_thousand_customers_with_two_steps_each_come_back_with_the_work_of_a_bulk(team: Team) -> None:
    team.database.connection.pragma("synchronous", "off")
    with team.lead.changing():
        ids = [make(team.lead, f"Firm {n}", stage="actual") for n in range(1_000)]
    first = present(team.database)
    with runs.running(team.lead, "play each"):
        for key in ids:
            stages.move(team.lead, [key], "lost", "price")
            followups.set_next(team.lead, [key], in_days(2), "offer")
    assert newest(team.lead)["summary"] == "play each: 2,000 steps, 1,000 customers"
    with counted(team.database) as work:
        outcome = history.undo(team.lead)
    assert outcome.message.endswith("(1,000 customers)")
    assert present(team.database) == first
    stages.move(team.lead, ids, "lost", "price")
    with counted(team.database) as bulk:
        history.undo(team.lead)
    assert work.grew(bulk) < 5, "twice the steps, and a follow-up with each"


def test_a_step_is_not_undone_alone_but_the_run_by_its_number(team: Team) -> None:
    key = make(team.li, "Acme")
    run = ran(team.li, lambda: tags.tag(team.li, [key], ["vip"]), lambda: tags.tag(team.li, [key], ["expo"]))
    step = team.database.value("SELECT max(id) FROM journal_entry")
    make(team.li, "Beta")
    with pytest.raises(CrmError, match=f"entry {step} is a step of a run: `undo {run}`"):
        history.undo(team.li, step)
    with pytest.raises(NotAllowed):
        history.undo(team.wang, run)
    assert history.undo(team.li, run).changed == (key,)
    assert team.database.rows("SELECT * FROM tag") == []
    with pytest.raises(CrmError, match="undone already"):
        history.undo(team.li, run)
    with pytest.raises(CrmError, match=f"`redo {run}`"):
        history.redo(team.li, step)
    assert history.redo(team.li, run).changed == (key,)
    with pytest.raises(CrmError, match="in effect"):
        history.redo(team.li, run)


def test_undo_goes_on_to_what_came_before_the_run(team: Team) -> None:
    key = make(team.li, "Acme")
    ran(team.li, lambda: tags.tag(team.li, [key], ["vip"]), lambda: tags.tag(team.li, [key], ["expo"]))
    for _ in range(2):
        history.undo(team.li)
    assert present(team.database)["customer"] == []
    for _ in range(2):
        history.redo(team.li)
    assert team.database.rows("SELECT name FROM tag ORDER BY id") == [("vip",), ("expo",)]


def test_what_a_run_set_again_and_again_is_undone_each_time(team: Team) -> None:
    """Else it would stand in the way of what was set before."""
    for cap in ("6", "7"):
        rules.set_rule(team.admin, "pool.holding_cap", cap)
    ran(team.admin, *(lambda cap=cap: rules.set_rule(team.admin, "pool.holding_cap", cap) for cap in ("8", "9", "10")))
    for cap in (7, 6):
        history.undo(team.admin)
        assert team.admin.settings["pool.holding_cap"] == cap


def test_a_new_run_ends_what_can_be_done_again(team: Team) -> None:
    key = make(team.li, "Acme")
    tags.tag(team.li, [key], ["vip"])
    history.undo(team.li)
    ran(team.li, lambda: tags.tag(team.li, [key], ["expo"]))
    with pytest.raises(CrmError, match="nothing to redo"):
        history.redo(team.li)


def test_so_does_a_step_of_a_run_that_began_before(team: Team) -> None:
    key, elsewhere = make(team.li, "Acme"), team.sign_in("li")
    runs.begin(elsewhere, "play m")
    tags.tag(elsewhere, [key], ["vip"])
    tags.tag(team.li, [key], ["expo"])
    history.undo(team.li)
    tags.tag(elsewhere, [key], ["new"])
    with pytest.raises(CrmError, match="nothing to redo"):
        history.redo(team.li)


def test_all_customers_of_a_run_are_counted_not_only_those_that_changed_hands(team: Team) -> None:
    ids = [make(team.li, f"Firm {n}") for n in range(3)]
    ran(team.lead, lambda: pools.assign(team.lead, ids[:1], "wang"), lambda: tags.tag(team.lead, ids, ["vip"]))
    assert history.undo(team.lead).message.endswith("2 steps, 3 customers (3 customers)")


# Undo and redo within a run


def test_within_a_run_undo_and_redo_reach_its_own_steps_only(team: Team) -> None:
    key = make(team.li, "Acme")
    before = tags.tag(team.li, [key], ["old"]).entry_id
    runs.begin(team.li, "play m")
    for act in (history.undo, history.redo):
        with pytest.raises(CrmError, match="in this run"):
            act(team.li)
    tags.tag(team.li, [key], ["vip"])
    tags.tag(team.li, [key], ["expo"])
    history.undo(team.li)
    history.undo(team.li)
    with pytest.raises(CrmError, match="nothing to undo in this run"):
        history.undo(team.li)
    with pytest.raises(CrmError, match="no step of this run"):
        history.undo(team.li, before)
    history.redo(team.li)
    tags.tag(team.li, [key], ["new"])
    with pytest.raises(CrmError, match="nothing to redo in this run"):
        history.redo(team.li)
    run = runs.finish(team.li)
    assert team.database.rows("SELECT name FROM tag ORDER BY id") == [("old",), ("vip",), ("new",)]
    assert [kind for kind, _ in steps(team.database, run)] == ["do", "do", "undo", "undo", "redo", "do"]
    check(team.database)
    history.undo(team.li)
    assert team.database.rows("SELECT name FROM tag") == [("old",)]
    check(team.database)
    history.redo(team.li)
    assert team.database.rows("SELECT name FROM tag ORDER BY id") == [("old",), ("vip",), ("new",)]
    check(team.database)


def test_a_field_that_was_undone_and_done_again_within_the_run_goes_back_to_its_first_value(team: Team) -> None:
    key = make(team.li, "Acme", region="west")
    with taken_back_and_done_again(team, team.li), runs.running(team.li, "play m"):
        profiles.edit(team.li, [key], {"region": "north"})
        stages.move(team.li, [key], "target")
        profiles.edit(team.li, [key], {"region": "south"})
        history.undo(team.li)
        history.redo(team.li)
        profiles.edit(team.li, [key], {"region": "east"})


def test_a_run_that_took_all_of_it_back_itself_stands_in_nobodys_way(team: Team) -> None:
    key = make(team.li, "Acme")
    run = ran(team.li, lambda: tags.tag(team.li, [key], ["vip"]), lambda: history.undo(team.li))
    assert newest(team.li)["undone"] is True
    with pytest.raises(CrmError, match="undone already"):
        history.undo(team.li, run)
    with pytest.raises(CrmError, match="nothing of it is left"):
        history.redo(team.li, run)
    assert history.undo(team.li).message.startswith("undone: Acme made")
    check(team.database)


def test_what_a_run_took_back_itself_is_no_conflict_with_what_others_did_since(team: Team) -> None:
    acme, beta = make(team.li, "Acme", region="west"), make(team.li, "Beta")
    ran(
        team.li,
        lambda: profiles.edit(team.li, [acme], {"region": "north"}),
        lambda: history.undo(team.li),
        lambda: tags.tag(team.li, [beta], ["vip"]),
    )
    profiles.edit(team.lead, [acme], {"region": "east"})
    assert history.undo(team.li).refused == ()
    assert column(team.database, "region", acme) == "east"
    check(team.database)


def test_what_comes_after_somebody_took_the_run_back_elsewhere_is_a_run_of_its_own(team: Team) -> None:
    key = make(team.li, "Acme")
    elsewhere = team.sign_in("li")
    runs.begin(team.li, "play m")
    tags.tag(team.li, [key], ["vip"])
    history.undo(elsewhere)
    with pytest.raises(CrmError, match="in this run"):
        history.undo(team.li)
    tags.tag(team.li, [key], ["expo"])
    tags.tag(team.li, [key], ["new"])
    runs.finish(team.li)
    assert newest(team.li)["summary"] == "play m: 2 steps, 1 customer"
    assert [(e["kind"], e["undone"]) for e in history.entries(team.li)[:3]] == [
        ("do", False), ("undo", False), ("do", True)
    ]  # fmt: skip
    history.undo(team.li)
    assert team.database.rows("SELECT name FROM tag") == []
    check(team.database)


# How it is read


def test_the_changes_of_a_run_are_those_of_its_steps_in_order(team: Team) -> None:
    key = make(team.li, "Acme")
    run = ran(team.li, lambda: tags.tag(team.li, [key], ["vip"]), lambda: stages.move(team.li, [key], "target"))
    assert run is not None
    records = [row["record"] for row in history.changes(team.li, run)]
    assert records[0] == "tag"
    assert "customer" in records[1:]
    assert len(history.changes(team.li, run, limit=1)) == 1
    with pytest.raises(CrmError):
        history.changes(team.wang, run)


def test_the_history_of_a_customer_has_the_runs_that_touched_it(team: Team) -> None:
    acme, beta = make(team.li, "Acme"), make(team.li, "Beta")
    run = ran(team.li, lambda: tags.tag(team.li, [acme], ["vip"]), lambda: tags.tag(team.li, [acme], ["expo"]))
    assert [entry["id"] for entry in history.entries(team.li, customer_id=acme)][:-1] == [run]
    assert run not in [entry["id"] for entry in history.entries(team.li, customer_id=beta)]


@pytest.mark.parametrize(("words", "found"), [
    ("monday", True), ("offer", True), ("FRI offer", True), ("monday li vip", True), ("offer tuesday", False),
])  # fmt: skip
def test_words_find_a_run_by_its_steps_too(team: Team, words: str, found: bool) -> None:
    key = make(team.li, "Acme")

    def said(command: str, act: Callable[[], Outcome]) -> None:
        team.li.command = command
        act()

    run = ran(
        team.li,
        lambda: said("tag vip 1", lambda: tags.tag(team.li, [key], ["vip"])),
        lambda: said("next fri offer 1", lambda: followups.set_next(team.li, [key], in_days(2), "offer")),
        command="play monday",
    )
    assert (run in [entry["id"] for entry in history.entries(team.li, words=words)]) is found


def test_what_a_run_did_to_a_customer_that_is_not_seen_has_no_words(team: Team) -> None:
    teams.add(team.admin, "qian", role="lead")
    teams.add_team(team.admin, "south", "qian", ["qian"])
    teams.add(team.admin, "amy", role="rep", team="south")
    hidden, seen = make(team.sign_in("amy"), "Secret Ltd"), make(team.li, "Acme")
    ran(
        team.admin,
        lambda: tags.tag(team.admin, [seen], ["vip"]),
        lambda: tags.tag(team.admin, [hidden], ["vip"]),
        command="play secret",
    )
    for words in ("secret", "Secret", "tagged", "vip"):
        assert not [e for e in history.entries(team.lead, words=words) if "Secret" in e["summary"] + e["command"]]
    assert [e["id"] for e in history.entries(team.lead, words="secret")] == []


def test_a_session_at_the_door_may_run(team: Team) -> None:
    """What the door writes is no step."""
    runs.begin(team.li, "play m")
    visits.sign_in(visits.Guest("li", team.database.path), source="ssh", clock=team.clock).database.close()
    make(team.li, "Acme")
    run = runs.finish(team.li)
    assert team.database.rows("SELECT count(*) FROM journal_entry WHERE run_id = ?", (run,)) == [(1,)]


# A kill

PLAYER = """
import sys
from pathlib import Path
from crm_tui.services import people, runs, tags
from crm_tui.store.database import Database

session = people.sign_in(Database(Path(sys.argv[1])), "li", source="macro")
runs.begin(session, "play m")
for step in range(100_000):
    tags.tag(session, [step % 3 + 1], [f"t{step}"])
    print(step, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 7, 50])
def test_a_run_that_was_killed_is_taken_back_as_far_as_it_went(team: Team, after: int) -> None:
    for name in ("Acme", "Beta", "Gamma"):
        make(team.li, name)
    first = present(team.database)
    path = team.database.path
    command = [sys.executable, "-c", PLAYER, str(path)]
    player = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "CRM_TUI_USER": "li"})
    assert player.stdout is not None
    for _ in range(after):
        player.stdout.readline()
    player.send_signal(signal.SIGKILL)
    player.wait()
    database = Database(Path(path))
    again = Team(database, Clock(team.clock.now))
    done = database.value("SELECT count(*) FROM tag")
    assert done >= after
    entry = newest(again.li)
    assert entry["summary"].startswith(f"play m: {done} step")
    assert entry["customers"] == min(3, done)
    history.undo(again.li)
    assert present(database) == first
    check(database)
    history.redo(again.li)
    assert database.value("SELECT count(*) FROM tag") == done
    check(database)
    database.close()
