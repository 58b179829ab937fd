from __future__ import annotations

import json
from typing import Any

import pytest

from crm_tui.domain.errors import Conflict, CrmError, NotAllowed
from crm_tui.domain.schemes import shipped
from crm_tui.domain.when import When
from crm_tui.services import (
    contacts,
    customers,
    followups,
    history,
    interactions,
    profiles,
    rules,
    stages,
    tags,
    teams,
    tiers,
)
from crm_tui.services.interactions import Note
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from crm_tui.store.journal import Change, recording
from tests.factories import TODAY, Team, column, in_days, make
from tests.store.present import check, present
from tests.work import Work, counted


def changes(database: Database, entry_id: int | None) -> list[tuple[Any, ...]]:
    """What an entry did to customers: action, before, after."""
    rows = database.rows(
        "SELECT action, before, after FROM journal_change WHERE entry_id = ? AND record = 'customer' ORDER BY id",
        (entry_id,),
    )
    return [(action, json.loads(before or "null"), json.loads(after or "null")) for action, before, after in rows]


def refused(session: Session, **given: int) -> str:
    with pytest.raises(Conflict) as caught:
        history.undo(session, **given)
    assert caught.value.exit_code == 4
    return str(caught.value)


def test_an_entry_says_who_when_by_which_command_and_what(team: Team) -> None:
    key = make(team.li, "Acme")
    team.lead.command = "archive 1"
    outcome = customers.archive(team.lead, [key])
    entry = team.database.row("SELECT at, user_id, source, command, summary, kind FROM journal_entry ORDER BY id DESC")
    assert entry == ("2026-11-18 02:00:00", team.lead.person.id, "test", "archive 1", "Acme: archived", "do")
    assert changes(team.database, outcome.entry_id) == [
        ("update", {"archived_at": None}, {"archived_at": "2026-11-18 02:00:00"})
    ]


def test_only_what_differs_is_kept(team: Team) -> None:
    north, south = make(team.li, "Acme", region="north"), make(team.li, "Beta", region="south")
    outcome = profiles.edit(team.li, [north, south], {"region": "south"})
    assert changes(team.database, outcome.entry_id) == [("update", {"region": "north"}, {"region": "south"})]


def test_an_entry_that_changed_nothing_is_not_kept(team: Team) -> None:
    key = make(team.li, "Acme")
    before = team.database.value("SELECT count(*) FROM journal_entry")
    tags.tag(team.li, [key], ["vip"], remove=True)
    stages.move(team.li, [key], "potential")
    customers.archive(team.wang, [key])
    assert team.database.value("SELECT count(*) FROM journal_entry") == before


def test_a_new_row_is_its_own_image_and_a_deleted_one_is_kept_whole(team: Team) -> None:
    key = make(team.li, "Acme")
    tags.tag(team.li, [key], ["vip"])
    tags.tag(team.li, [key], ["vip"], remove=True)
    made, gone = team.database.rows("SELECT before, after FROM journal_change WHERE record = 'tag' ORDER BY id")
    assert made == (None, None)
    assert json.loads(gone[0]) == {"id": 1, "version": 1, "customer_id": key, "name": "vip"}


def test_versions_only_grow(team: Team) -> None:
    key = make(team.li, "Acme")
    seen = [column(team.database, "version", key)]
    for act in (
        lambda: stages.move(team.li, [key], "target"),
        lambda: history.undo(team.li),
        lambda: history.redo(team.li),
    ):
        act()
        seen.append(column(team.database, "version", key))
    assert seen == sorted(set(seen))


def test_a_column_that_is_not_there_is_refused(team: Team) -> None:
    key = make(team.li, "Acme")
    with pytest.raises(KeyError), team.li.changing() as change:
        change.update("customer", [key], **{"name = 'x' --": 1})


@pytest.mark.parametrize(
    "act",
    [
        lambda s, key: profiles.edit(s, [key], {"region": "north", "x.fair": "2026"}),
        lambda s, key: stages.move(s, [key], "intent"),
        lambda s, key: stages.move(s, [key], "lost", "price"),
        lambda s, key: tiers.assign(s, [key], "A", shipped()["abcd"]),
        lambda s, key: tiers.assign(s, [key], "high", shipped()["label"]),
        lambda s, key: tags.tag(s, [key], ["vip", "expo"]),
        lambda s, key: tags.tag(s, [key], ["old"], remove=True),
        lambda s, key: interactions.log(s, [key], Note("spoke", next=in_days(2))),
        lambda s, key: interactions.no_answer(s, [key]),
        lambda s, key: followups.set_next(s, [key], in_days(3), "offer"),
        lambda s, key: followups.snooze(s, [key], in_days(4)),
        lambda s, key: contacts.add(s, key, {"name": "李娜", "phone": "13900000000"}),
        lambda s, key: customers.archive(s, [key]),
        lambda s, key: customers.new(s, customers.Draft({"name": "Beta"}, contact={"name": "王芳"})),
    ],
)
def test_every_verb_is_undone_and_done_again(team: Team, act: Any) -> None:
    key = make(team.li, "Acme", contact={"name": "张伟"})
    tags.tag(team.li, [key], ["old"])
    first = present(team.database)
    team.clock.forward(hours=1)
    act(team.li, key)
    last = present(team.database)
    assert last != first
    for _ in range(2):
        history.undo(team.li)
        assert present(team.database) == first
        check(team.database)
        history.redo(team.li)
        assert present(team.database) == last
        check(team.database)


def test_undo_takes_back_one_after_the_other_and_redo_comes_forward_again(team: Team) -> None:
    states = [present(team.database)]
    key = make(team.li, "Acme")
    states.append(present(team.database))
    for act in (lambda: stages.move(team.li, [key], "target"), lambda: tags.tag(team.li, [key], ["vip"])):
        act()
        states.append(present(team.database))
    for state in reversed(states[:-1]):
        history.undo(team.li)
        assert present(team.database) == state
    with pytest.raises(CrmError, match="nothing to undo"):
        history.undo(team.li)
    for state in states[1:]:
        history.redo(team.li)
        assert present(team.database) == state
    with pytest.raises(CrmError, match="nothing to redo"):
        history.redo(team.li)


def test_a_new_action_ends_what_can_be_done_again(team: Team) -> None:
    key = make(team.li, "Acme")
    tags.tag(team.li, [key], ["vip"])
    history.undo(team.li)
    tags.tag(team.li, [key], ["expo"])
    with pytest.raises(CrmError, match="nothing to redo"):
        history.redo(team.li)


def test_undo_reaches_across_a_restart(team: Team) -> None:
    key = make(team.li, "Acme")
    first = present(team.database)
    stages.move(team.li, [key], "target")
    last = present(team.database)
    team.database.close()
    again = Team(Database(team.database.path), team.clock)
    assert history.undo(again.li).message == "undone: Acme → target"
    assert present(again.database) == first
    again.database.close()
    third = Team(Database(team.database.path), team.clock)
    assert history.redo(third.li).message == "done again: Acme → target"
    assert present(third.database) == last
    third.database.close()


def test_each_takes_back_their_own(team: Team) -> None:
    mine, theirs = make(team.li, "Acme"), make(team.wang, "Beta")
    tags.tag(team.li, [mine], ["vip"])
    entry = tags.tag(team.wang, [theirs], ["vip"]).entry_id
    assert history.undo(team.li).changed == (mine,)
    with pytest.raises(NotAllowed):
        history.undo(team.li, entry)
    assert team.database.rows("SELECT customer_id FROM tag") == [(theirs,)]


def test_what_somebody_changed_since_stays_and_is_named(team: Team) -> None:
    acme, beta = make(team.li, "Acme"), make(team.li, "Beta")
    stages.move(team.li, [acme, beta], "target")
    stages.move(team.lead, [beta], "intent")
    outcome = history.undo(team.li)
    assert outcome.exit_code == 4
    assert outcome.changed == (acme,)
    assert [(r.id, r.name) for r in outcome.refused] == [(beta, "Beta")]
    assert [column(team.database, "stage", key) for key in (acme, beta)] == ["potential", "intent"]
    check(team.database)
    history.redo(team.li)
    assert [column(team.database, "stage", key) for key in (acme, beta)] == ["target", "intent"]
    check(team.database)


def test_when_all_was_changed_since_nothing_is_undone(team: Team) -> None:
    key = make(team.li, "Acme")
    stages.move(team.li, [key], "target")
    stages.move(team.lead, [key], "intent")
    before = present(team.database)
    assert "not undone, changed since: Acme" in refused(team.li)
    assert present(team.database) == before
    history.undo(team.lead)
    assert history.undo(team.li).changed == (key,)


def test_a_change_to_another_row_of_the_customer_is_in_nobodys_way(team: Team) -> None:
    key = make(team.li, "Acme")
    stages.move(team.li, [key], "target")
    tags.tag(team.lead, [key], ["vip"])
    assert history.undo(team.li).changed == (key,)


def test_a_customer_stays_once_somebody_else_has_logged_on_it(team: Team) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.lead, [key], Note("called the boss"))
    assert "not undone, changed since: Acme" in refused(team.li)
    history.undo(team.lead)
    assert history.undo(team.li).changed == (key,)
    assert present(team.database)["customer"] == []
    check(team.database)


def test_of_several_new_customers_only_that_stays_which_somebody_has_worked_on(team: Team) -> None:
    with team.li.changing():
        acme, beta = make(team.li, "Acme"), make(team.li, "Beta")
    tags.tag(team.lead, [beta], ["vip"])
    outcome = history.undo(team.li)
    assert (outcome.changed, [(r.id, r.name) for r in outcome.refused]) == ((acme,), [(beta, "Beta")])
    check(team.database)


def test_what_hangs_on_a_customer_that_is_gone_does_not_come_back(team: Team) -> None:
    acme, beta = make(team.li, "Acme"), make(team.li, "Beta")
    tags.tag(team.lead, [acme, beta], ["vip"])
    history.undo(team.lead)
    history.undo(team.li)
    outcome = history.redo(team.lead)
    assert (outcome.changed, [r.id for r in outcome.refused], outcome.exit_code) == ((acme,), [beta], 4)


def test_a_contact_that_was_spoken_to_stays(team: Team) -> None:
    key = make(team.li, "Acme")
    contacts.add(team.li, key, {"name": "张伟"})
    interactions.log(team.lead, [key], Note("spoke", contact_id=1))
    assert "not undone, changed since: Acme" in refused(team.li)


def test_a_user_who_has_worked_stays(team: Team) -> None:
    teams.add(team.admin, "chen")
    make(team.sign_in("chen"), "Acme")
    assert "not undone, changed since" in refused(team.admin)


def test_a_user_who_was_given_a_customer_stays(team: Team) -> None:
    teams.add(team.admin, "chen")
    make(team.lead, "Acme", owner="chen")
    assert "not undone, changed since" in refused(team.admin)


@pytest.mark.parametrize(
    "act",
    [
        lambda s, keys: tags.tag(s, keys, ["vip"]),
        lambda s, keys: tiers.assign(s, keys, "high", shipped()["label"]),
    ],
)
def test_what_somebody_has_made_again_is_not_made_twice(team: Team, act: Any) -> None:
    acme, beta = make(team.li, "Acme"), make(team.li, "Beta")
    act(team.li, [acme, beta])
    history.undo(team.li)
    act(team.lead, [beta])
    outcome = history.redo(team.li)
    assert (outcome.changed, [r.id for r in outcome.refused]) == ((acme,), [beta])
    check(team.database)


def test_what_was_changed_and_changed_back_may_be_undone(team: Team) -> None:
    key = make(team.li, "Acme", region="west")
    profiles.edit(team.li, [key], {"region": "north"})
    profiles.edit(team.lead, [key], {"region": "south"})
    history.undo(team.lead)
    history.undo(team.li)
    assert column(team.database, "region", key) == "west"


def test_what_was_done_again_by_another_counts_as_changed(team: Team) -> None:
    key = make(team.li, "Acme", region="west")
    profiles.edit(team.li, [key], {"region": "north"})
    profiles.edit(team.lead, [key], {"region": "south"})
    history.undo(team.lead)
    history.undo(team.li)
    with pytest.raises(Conflict):
        history.redo(team.lead)
    history.redo(team.li)
    history.redo(team.lead)
    assert column(team.database, "region", key) == "south"
    refused(team.li)
    check(team.database)


def test_a_note_stays_once_somebody_has_logged_after_it_in_the_same_second(team: Team) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.li, [key], Note("mine"))
    interactions.log(team.lead, [key], Note("theirs"))
    refused(team.li)
    check(team.database)


def test_a_field_changed_twice_in_one_entry_goes_back_to_its_first_value(team: Team) -> None:
    key = make(team.li, "Acme", region="west")
    with team.li.changing() as change:
        change.update("customer", [key], region="north")
        change.update("customer", [key], region="south")
    history.undo(team.li)
    assert column(team.database, "region", key) == "west"
    assert history.undo(team.li).changed == (key,)
    history.redo(team.li)
    history.redo(team.li)
    assert column(team.database, "region", key) == "south"


def test_what_was_made_and_changed_in_one_entry_is_undone_whole(team: Team) -> None:
    first = present(team.database)
    with team.li.changing():
        key = make(team.li, "Acme")
        tiers.assign(team.li, [key], "A", shipped()["abcd"])
        stages.move(team.li, [key], "intent")
        tags.tag(team.li, [key], ["vip"])
        tags.tag(team.li, [key], ["vip"], remove=True)
    last = present(team.database)
    history.undo(team.li)
    assert present(team.database) == first
    history.redo(team.li)
    assert present(team.database) == last
    check(team.database)


def test_an_action_that_fails_half_way_leaves_nothing(team: Team) -> None:
    before = present(team.database)
    entries = team.database.value("SELECT count(*) FROM journal_entry")

    def half() -> None:
        raise ZeroDivisionError(make(team.li, "Acme"))

    with pytest.raises(ZeroDivisionError), team.li.changing():
        half()
    assert team.li.change is None
    assert present(team.database) == before
    assert team.database.value("SELECT count(*) FROM journal_entry") == entries
    check(team.database)


def test_an_entry_is_undone_by_its_number_once(team: Team) -> None:
    acme, beta = make(team.li, "Acme"), make(team.li, "Beta")
    entry = tags.tag(team.li, [acme], ["vip"]).entry_id
    tags.tag(team.li, [beta], ["vip"])
    assert history.undo(team.li, entry).changed == (acme,)
    with pytest.raises(CrmError, match="undone already"):
        history.undo(team.li, entry)
    assert history.redo(team.li, entry).changed == (acme,)
    with pytest.raises(CrmError, match="in effect"):
        history.redo(team.li, entry)
    with pytest.raises(CrmError, match="no entry 999"):
        history.undo(team.li, 999)


def test_a_rule_that_was_set_is_undone_in_the_running_session_too(team: Team) -> None:
    rules.set_rule(team.admin, "pool.holding_cap", "5")
    history.undo(team.admin)
    assert team.admin.settings["pool.holding_cap"] == 100
    history.redo(team.admin)
    assert team.admin.settings["pool.holding_cap"] == 5


def test_a_deleted_row_comes_back_with_what_is_odd_in_it(team: Team) -> None:
    odd = '"\'; DROP TABLE customer; -- \\ \t 华为 😀 [/b] {"a": null}'
    key = make(team.li, "Acme", note=odd, contact={"name": odd})
    before = present(team.database)
    history.undo(team.li)
    history.redo(team.li)
    assert present(team.database) == before
    assert column(team.database, "note", key) == odd.replace("\t", " ")


def _customers(change: Change, count: int, at: str) -> list[int]:
    row = {
        "kind": "organization", "stage": "potential", "stage_since": at, "scheme": "abcd", "pool_id": 1,
        "created_at": at,
    }  # fmt: skip
    return change.insert("customer", [{**row, "name": f"n{i}", "name_key": f"n{i}"} for i in range(count)])


@pytest.mark.slow
def test_so_many_times_the_rows_are_so_many_times_the_work_to_change_and_to_undo(team: Team) -> None:
    works = [_changed_and_undone(team, 500), _changed_and_undone(team, 5_000)]
    assert [many.grew(few) < 12 for few, many in zip(*works, strict=True)] == [True, True], works


def _changed_and_undone(team: Team, count: int) -> list[Work]:
    """The work of changing so many customers, and of undoing that; all of it is gone afterwards."""
    session = team.admin
    with recording(team.database, user_id=session.person.id, at=session.stamp, source="test", command="") as change:
        ids = _customers(change, count, session.stamp)
    assert len(set(ids)) == count
    with counted(team.database) as written, session.changing() as change:
        changed = change.update_each(
            "customer", {key: {"owner_id": team.li.person.id, "pool_id": None, "region": f"r{key}"} for key in ids}
        )
    assert changed == ids
    with counted(team.database) as undone:
        outcome = history.undo(session)
    assert len(outcome.changed) == count
    assert outcome.message.endswith(f"({count:,} customers)")
    assert team.database.value("SELECT count(*) FROM customer WHERE pool_id = 1 AND region IS NULL") == count
    history.undo(session)
    return [written, undone]


def test_follow_ups_promised_for_the_same_day_by_two_are_not_confused(team: Team) -> None:
    key = make(team.li, "Acme")
    followups.set_next(team.li, [key], When(TODAY), "mine")
    followups.set_next(team.lead, [key], When(TODAY), "theirs")
    refused(team.li)
    history.undo(team.lead)
    history.undo(team.li)
    check(team.database)
