"""What a watch tells: every change that one may see, once, with what is true now; and nothing of what one may not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_tui.domain.errors import CrmError, DatabaseUnusable, NotAllowed, SignedOut, UsageError
from crm_tui.domain.schemes import shipped
from crm_tui.services import (
    collaborations,
    disclosures,
    followups,
    history,
    pools,
    profiles,
    rules,
    runs,
    tags,
    teams,
    tiers,
    watching,
)
from crm_tui.services.lists import Query
from crm_tui.services.session import Session
from crm_tui.services.teams import Given
from crm_tui.services.watching import KEYS, Event, Since, Watch
from crm_tui.store.database import Database
from tests.factories import Clock, Team, in_days, make
from tests.services.holding import pooled


@pytest.fixture
def other(team: Team, clock: Clock) -> Iterator[Team]:
    """The same team on a connection of its own, as in another process: a watch sees what others commit."""
    database = Database(team.database.path)
    yield Team(database, clock)
    database.close()


def watched(session: Session, text: str = "", since: Since | None = None) -> Watch:
    watch = Watch(session, Query(text), since)
    if since is None:
        assert list(watch.look()) == []
    return watch


def told(watch: Watch) -> list[tuple[str, int]]:
    """What the next look tells, and of whom."""
    return [(event["what"], event["id"]) for event in watch.look()]


def grade(session: Session, key: int, tier: str) -> None:
    tiers.assign(session, [key], tier, shipped()["abcd"], "so it is")


def test_who_passes_the_filter_now_entered_who_does_no_more_left(team: Team, other: Team) -> None:
    acme, beta = make(team.li, "Acme"), make(team.li, "Beta")
    watch = watched(team.li, "tier:A")
    assert len(watch) == 0
    grade(other.li, acme, "A")
    tags.tag(other.li, [beta], ["vip"])
    assert told(watch) == [("entered", acme)]
    tags.tag(other.li, [acme], ["vip"])
    assert told(watch) == [("changed", acme)]
    grade(other.li, acme, "B")
    assert told(watch) == [("left", acme)]
    tags.tag(other.li, [acme], ["old"])
    assert told(watch) == []


def test_an_event_says_who_did_what_when_and_what_is_true_now(team: Team, other: Team) -> None:
    key = make(team.li, "Acme", region="north")
    watch = watched(team.li)
    other.lead.command = "edit"
    profiles.edit(other.lead, [key], {"region": "south"})
    [event] = watch.look()
    assert tuple(event) == KEYS
    entry = history.entries(team.admin, limit=1)[0]["id"]
    assert event | {"record": None} == {
        "at": "2026-11-18T02:00:00Z", "what": "changed", "id": key, "name": "Acme", "by": "zhao", "source": "test",
        "command": "edit", "summary": "Acme: region changed", "entry": entry, "run": None, "record": None,
    }  # fmt: skip
    assert (event["record"]["region"], event["record"]["owner"]) == ("south", "li")


def test_an_undo_and_a_redo_are_changes_too(team: Team, other: Team) -> None:
    key = make(team.li, "Acme")
    watch = watched(team.li, "tag:vip")
    tags.tag(other.li, [key], ["vip"])
    assert told(watch) == [("entered", key)]
    history.undo(other.li)
    assert told(watch) == [("left", key)]
    history.redo(other.li)
    assert told(watch) == [("entered", key)]


def test_a_customer_that_is_there_no_more_left_without_a_word(team: Team, other: Team) -> None:
    watch = watched(team.li)
    key = make(other.li, "Acme")
    assert told(watch) == [("entered", key)]
    history.undo(other.li)
    [event] = watch.look()
    assert {name: event[name] for name in ("what", "id", "name", "by", "summary", "record")} == {
        "what": "left", "id": key, "name": None, "by": None, "summary": None, "record": None,
    }  # fmt: skip


def test_each_entry_is_told_once_for_each_customer_in_the_order_in_which_it_was_done(team: Team, other: Team) -> None:
    acme, beta = make(team.li, "Acme"), make(team.li, "Beta")
    watch = watched(team.li)
    tags.tag(other.li, [acme, beta], ["a", "b", "c"])
    profiles.edit(other.li, [acme], {"region": "north"})
    tags.tag(other.li, [beta], ["d"])
    events = list(watch.look())
    assert [event["id"] for event in events] == [acme, beta, acme, beta]
    assert [event["entry"] for event in events] == sorted(event["entry"] for event in events)
    assert list(watch.look()) == []


@pytest.mark.parametrize("at_once", [1, 2, 3, 7, 1_000])
def test_nothing_is_lost_nor_told_twice_however_much_is_looked_at_together(
    team: Team, other: Team, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(watching, "_AT_ONCE", at_once)
    monkeypatch.setattr(disclosures, "FEW", 1_000)
    ids = [make(team.li, f"Firma {n}") for n in range(5)]
    watch = watched(team.li)
    for tag in ("a", "b"):
        tags.tag(other.li, ids, [tag, tag * 2])
    followups.set_next(other.li, ids[1:2], in_days(3), "offer")
    made = make(other.li, "Neu", contact={"name": "Wu"})
    history.undo(other.li)
    history.redo(other.li)
    found = [(event["entry"], event["id"]) for event in watch.look()]
    assert len(found) == len(set(found))
    wanted = team.database.rows(
        "SELECT DISTINCT entry_id, customer_id FROM journal_change WHERE entry_id >"
        " (SELECT max(entry_id) FROM journal_change j JOIN customer c ON c.id = j.customer_id"
        "  WHERE c.name = 'Firma 4' AND j.record = 'customer' AND j.action = 'insert') AND customer_id IS NOT NULL"
    )
    if at_once > 100:  # in one look only what is true at its end is known of the new one
        assert sorted(found) == sorted(wanted)
    assert {pair for pair in wanted if pair[1] != made} == {pair for pair in found if pair[1] != made}


def test_what_one_may_not_see_does_not_exist(team: Team, other: Team) -> None:
    theirs = make(team.wang, "Secret")
    watch = watched(team.li)
    tags.tag(other.wang, [theirs], ["vip"])
    make(other.wang, "More")
    assert list(watch.look()) == []


def test_who_loses_sight_of_a_customer_is_told_that_it_left_and_nothing_else(team: Team, other: Team) -> None:
    key = make(team.li, "Acme", phone="13812345678")
    watch = watched(team.li)
    pools.assign(other.lead, [key], "wang", "moved on")
    [event] = watch.look()
    assert {name for name, value in event.items() if value is not None} == {"at", "what", "id", "entry"}
    assert (event["what"], event["id"]) == ("left", key)
    tags.tag(other.wang, [key], ["vip"])
    assert list(watch.look()) == []
    collaborations.share(other.wang, [key], "li")
    assert told(watch) == [("entered", key)]
    collaborations.unshare(other.wang, [key], "li")
    assert told(watch) == [("left", key)]


def test_the_phone_of_the_pool_is_masked_and_what_others_do_there_is_told_without_names(
    team: Team, other: Team
) -> None:
    [key] = pooled(team, phone="13812345678")
    watch = watched(team.li, "pool:default")
    other.lead.command = "edit phone=13999999999"
    profiles.edit(other.lead, [key], {"phone": "13999999999"})
    [event] = watch.look()
    assert event["record"]["phone"] is None
    assert [event[name] for name in ("by", "source", "command", "summary")] == [None] * 4
    assert "13999999999" not in str(event)


def test_what_is_said_of_others_customers_in_the_same_entry_is_not_told(team: Team, other: Team) -> None:
    mine, theirs = make(team.li, "Mine"), make(team.wang, "Secret")
    watch = watched(team.li)
    other.lead.command = "tag x Secret"
    tags.tag(other.lead, [mine, theirs], ["x"])
    [event] = watch.look()
    assert (event["id"], event["by"], event["command"], event["summary"]) == (mine, "zhao", "", "")


def test_other_rights_let_customers_enter_and_leave(team: Team, other: Team) -> None:
    key = make(team.wang, "Acme")
    watch = watched(team.li)
    teams.edit(other.admin, "li", Given(role="admin"))
    [event] = watch.look()
    assert (event["what"], event["id"], event["entry"], event["by"]) == ("entered", key, None, None)
    teams.edit(other.admin, "li", Given(role="rep"))
    assert told(watch) == [("left", key)]


def test_a_new_day_is_a_change(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    followups.set_next(team.li, [key], in_days(1), "offer")
    watch = watched(team.li, "due:<=today")
    clock.forward(hours=13)
    assert told(watch) == []
    clock.forward(hours=2)
    assert told(watch) == [("entered", key)]
    assert told(watch) == []


def test_while_nobody_writes_nothing_is_read(team: Team, other: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    make(team.li, "Acme")
    watch = watched(team.li)
    assert [list(watch.look()) for _ in range(2)] == [[], []]

    def never(*given: object) -> None:
        raise AssertionError("asked the database")

    monkeypatch.setattr(team.database, "rows", never)
    monkeypatch.setattr(team.database, "data_version", never)
    assert list(watch.look()) == []


def test_nothing_is_open_between_two_events(team: Team, other: Team) -> None:
    ids = [make(team.li, f"Firma {n}") for n in range(3)]
    watch = watched(team.li)
    tags.tag(other.li, ids, ["vip"])
    for _ in watch.look():
        assert not team.database.connection.in_transaction


def test_who_has_left_is_out(team: Team, other: Team) -> None:
    watch = watched(team.wang)
    teams.leave(other.lead, "wang")
    with pytest.raises(SignedOut):
        list(watch.look())


def test_a_busy_database_is_asked_again_and_nothing_is_lost(
    team: Team, other: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make(team.li, "Acme")
    watch = watched(team.li)
    tags.tag(other.li, [key], ["vip"])
    real = watching.lists.rows
    failing = [1, 1]

    def busy(*given: object) -> object:
        if failing:
            failing.pop()
            raise DatabaseUnusable("busy")
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(watching.lists, "rows", busy)
    for _ in range(2):
        with pytest.raises(DatabaseUnusable):
            list(watch.look())
    assert told(watch) == [("changed", key)]


def test_a_backup_that_was_brought_back_into_its_place_is_told(team: Team, other: Team, tmp_path: Path) -> None:
    team.database.backup(tmp_path / "old.db")
    watch = watched(team.li)
    make(other.li, "Acme")
    list(watch.look())
    old = Database(tmp_path / "old.db")
    with other.database.connection.backup("main", old.connection, "main") as restoring:
        restoring.step(-1)
    old.close()
    with pytest.raises(CrmError, match="another database"):
        list(watch.look())


@pytest.mark.parametrize("text", ["tier:", "foo:1", "(", "stage:intend"])
def test_a_filter_that_cannot_be_read_is_refused_at_once(team: Team, text: str) -> None:
    with pytest.raises(UsageError):
        Watch(team.li, Query(text))


# -- since an entry


def test_what_was_done_since_an_entry_is_told_first(team: Team, other: Team) -> None:
    acme, beta, cora = (make(team.li, name) for name in ("Acme", "Beta", "Cora"))
    begun = history.entries(team.admin, limit=1)[0]["id"]
    grade(team.li, acme, "A")
    tags.tag(team.li, [acme], ["vip"])
    new = make(team.li, "Neu", tier="A")
    tags.tag(team.li, [beta], ["vip"])
    watch = watched(team.li, "tier:A", Since(begun))
    # Whether Beta passed before is not known: that it does not now is what counts.
    assert told(watch) == [("changed", acme), ("changed", acme), ("entered", new), ("left", beta)]
    grade(other.li, cora, "A")
    assert told(watch) == [("entered", cora)]


def test_what_one_has_lost_sight_of_since_left_and_what_one_never_saw_is_not_there(team: Team) -> None:
    mine, theirs, shared = make(team.li, "Mine"), make(team.wang, "Theirs"), make(team.wang, "Shared")
    collaborations.share(team.wang, [shared], "li")
    [in_pool] = pooled(team)
    begun = history.entries(team.admin, limit=1)[0]["id"]
    tags.tag(team.wang, [theirs], ["vip"])
    pools.assign(team.lead, [mine], "wang", "moved on")
    pools.claim(team.wang, [in_pool])
    collaborations.unshare(team.wang, [shared], "li")
    make(team.wang, "Never seen")
    watch = watched(team.li, "", Since(begun))
    events = list(watch.look())
    assert {(event["what"], event["id"]) for event in events} == {("left", mine), ("left", in_pool), ("left", shared)}
    assert {event["name"] for event in events} == {None}


def test_it_goes_on_after_any_event_without_losing_or_repeating_one(team: Team) -> None:
    ids = [make(team.li, f"Firma {n}") for n in range(4)]
    begun = history.entries(team.admin, limit=1)[0]["id"]
    tags.tag(team.li, ids, ["a", "b"])
    tags.tag(team.li, ids[::-1], ["c"])

    def events(since: Since) -> list[Event]:
        return list(watched(team.li, "", since).look())

    whole = [(event["entry"], event["id"]) for event in events(Since(begun))]
    assert len(whole) == 8
    for place, (entry, key) in enumerate(whole, 1):
        rest = [(event["entry"], event["id"]) for event in events(Since(entry, key))]
        assert rest == whole[place:]


def test_an_entry_that_is_yet_to_come_is_an_error(team: Team) -> None:
    with pytest.raises(CrmError, match="no entry 999"):
        Watch(team.li, Query(), Since(999))


# -- data taken out


def kept(team: Team) -> list[tuple[str, int, int]]:
    return team.database.rows("SELECT kind, user_id, customers FROM disclosure ORDER BY id")


def test_more_than_a_few_customers_a_day_are_counted_each_once(
    team: Team, other: Team, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disclosures, "FEW", 3)
    ids = [make(team.li, f"Firma {n}") for n in range(9)]
    watch = watched(team.li, "owner:me")
    for tag in ("a", "b", "c"):
        tags.tag(other.li, ids[:3], [tag])
        assert len(told(watch)) == 3
    assert kept(team) == []
    li = team.li.person.id
    tags.tag(other.li, ids[:4], ["d"])
    assert len(told(watch)) == 4
    assert kept(team) == [("list", li, 4)]
    for key in ids[4:7]:
        tags.tag(other.li, [key], ["d"])
        assert len(told(watch)) == 1
    assert kept(team) == [("list", li, 4), ("list", li, 3)], "three at a time, not one each"
    clock.forward(days=1)
    tags.tag(other.li, ids[:3], ["e"])
    told(watch)
    assert len(kept(team)) == 2


def test_beyond_the_days_cap_nothing_is_told(team: Team, other: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disclosures, "FEW", 3)
    rules.set_rule(team.admin, "export.daily_cap", "5")
    ids = [make(team.li, f"Firma {n}") for n in range(7)]
    watch = watched(team.li, "owner:me")
    tags.tag(other.li, ids[:5], ["a"])
    assert len(told(watch)) == 5
    tags.tag(other.li, ids[5:], ["a"])
    with pytest.raises(NotAllowed, match="day's 5"):
        next(watch.look())


@pytest.mark.parametrize("who", ["service", "denied"])
def test_who_takes_nothing_out_is_told_of_a_few(
    team: Team, other: Team, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disclosures, "FEW", 2)
    ids = [make(team.li, f"Firma {n}") for n in range(3)]
    if who == "denied":
        teams.edit(team.admin, "li", Given(export=False))
    watch = watched(team.service if who == "service" else team.li)
    tags.tag(other.li, ids[:2], ["a"])
    assert len(told(watch)) == 2
    tags.tag(other.li, ids[2:], ["a"])
    with pytest.raises(NotAllowed, match="a watch tells of 2 customers a day"):
        next(watch.look())
    assert kept(team) == []


def test_a_bulk_of_others_customers_is_not_told_to_a_rep(
    team: Team, other: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disclosures, "FEW", 1)
    monkeypatch.setattr(disclosures, "BULK", 3)
    ids = pooled(team, 4)
    watch, lead = watched(team.li), watched(team.lead)
    tags.tag(other.lead, ids, ["a"])
    with pytest.raises(NotAllowed, match="owner:me"):
        next(watch.look())
    assert len(told(lead)) == 4


# -- several entries for a customer in one look


@pytest.mark.parametrize(
    ("before", "inside", "seen", "whats"),
    [
        (False, True, True, ["entered", "changed", "changed"]), (True, True, True, ["changed", "changed", "changed"]),
        (True, False, True, ["changed", "changed", "left"]), (True, False, False, ["", "", "left"]),
        (False, False, True, ["", "", ""]), (False, False, False, ["", "", ""]),
    ],
)  # fmt: skip
def test_of_several_entries_the_first_lets_in_and_the_last_lets_out(
    before: bool, inside: bool, seen: bool, whats: list[str]
) -> None:
    pairs = [(entry, 7) for entry in (1, 2, 3)]
    assert list(watching._whats(pairs, {7: before}, {7: inside}, {7: {}} if seen else {})) == whats


def test_the_steps_of_a_run_are_told_with_the_run_that_an_undo_takes_back(team: Team, other: Team) -> None:
    key = make(team.li, "Acme")
    watch = watched(team.li)
    with runs.running(other.li, "play monday"):
        grade(other.li, key, "A")
        tags.tag(other.li, [key], ["vip"])
    events = list(watch.look())
    [run] = {event["run"] for event in events}
    assert [event["summary"] for event in events] == ["Acme → 意A", "Acme: +vip"]
    assert run == history.entries(team.li, limit=1)[0]["id"]
    history.undo(other.li)
    assert told(watch) == [("changed", key)]
