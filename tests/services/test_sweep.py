"""DOMAIN §4 P8–P13, P18–P20 through the services, on a database: a sweep a day, and what it leaves behind."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import perform, prepare
from crm_tui.commands.language import read
from crm_tui.domain.errors import DatabaseUnusable, NotAllowed
from crm_tui.domain.schemes import shipped
from crm_tui.domain.when import When
from crm_tui.services import (
    collaborations,
    customers,
    due,
    followups,
    history,
    interactions,
    moves,
    pools,
    protections,
    recycling,
    rules,
    stages,
    sweep,
    tags,
    teams,
    tiers,
)
from crm_tui.services.interactions import Note
from crm_tui.services.session import Outcome, Session
from crm_tui.store import recycling as store
from crm_tui.store.database import Database
from tests.factories import TODAY, Clock, Team, column, make
from tests.store.present import check, present

Done = list[tuple[int, str]]


@pytest.fixture
def on(team: Team, clock: Clock) -> Team:
    """The team with the preset limits in force: A 7, B 15, C 30, D 60, and 90 days to win."""
    recycling.switch(team.admin, on=True)
    clock.forward(days=1)
    return team


def called(session: Session, name: str = "Acme", tier: str = "C", **given: Any) -> int:
    """A customer that was spoken to just now, to whom nothing is promised."""
    key = make(session, name, tier=tier, **given)
    interactions.log(session, [key], Note("spoke", done=True))
    return key


def swept(team: Team) -> Done:
    return [(row["id"], row["done"]) for row in sweep.sweep(team.admin).data]


def of(team: Team, key: int) -> list[tuple[str, str]]:
    """What the sweep does with one customer, and the day on which it returns."""
    return [(row["done"], row["due"]) for row in sweep.sweep(team.admin).data if row["id"] == key]


def warning(database: Database, key: int) -> tuple[Any, ...] | None:
    return database.row("SELECT rule, due_on, warned_on, days FROM recycle_warning WHERE customer_id = ?", (key,))


def each_day(team: Team, days: int) -> list[tuple[int, Done]]:
    """Sweep today and on each of the following days: what was done, by day."""
    found = []
    for day in range(days):
        if done := swept(team):
            found.append((day, done))
        team.clock.forward(days=1)
    return found


def until(team: Team, key: int, step: str, days: int = 200) -> date:
    """Sweep every day until that happens to the customer; the day."""
    for __ in range(days):
        if step in (done for done, ___ in of(team, key)):
            return team.admin.today
        team.clock.forward(days=1)
    raise AssertionError(f"{key} is never {step}")


# -- P9, P12: the life of a warning


def test_p9_p12_a_silent_customer_is_warned_of_escalated_and_returned(on: Team) -> None:
    key = called(on.li, tier="B")
    # Thu 19 Nov; 15 days later is Fri 4 Dec, seven working days before that Wed 25 Nov; the cadence is 7 days.
    assert each_day(on, 20) == [(6, [(key, "warned")]), (14, [(key, "escalated")]), (15, [(key, "recycled")])]
    assert (column(on.database, "owner_id", key), column(on.database, "pool_id", key)) == (None, 1)
    assert on.database.row(
        "SELECT kind, reason FROM ownership_log WHERE customer_id = ? ORDER BY id DESC LIMIT 1", (key,)
    ) == ("recycle", "last contact 19 Nov (call, li), intent B = 15 days")
    assert on.database.value("SELECT source FROM journal_entry ORDER BY id DESC LIMIT 1") == "sweep"
    check(on.database)


def test_p9_it_returns_to_the_pool_it_came_from_else_by_routing(on: Team) -> None:
    database = on.database
    with on.admin.changing() as change:
        new = [{"name": "north", "routing": ""}, {"name": "south", "routing": "region:south"}]
        [north, south] = change.insert("pool", new)
    came, routed, neither = (called(on.li, name, region="south") for name in ("came", "routed", "neither"))
    with on.admin.changing() as change:
        facts, __ = on.admin.see([came])
        moves.to_pool(on.admin, change, facts, {came: north}, "release", "x")
    pools.claim(on.li, [came])
    interactions.log(on.li, [came], Note("spoke", done=True))
    from crm_tui.services import profiles

    profiles.edit(on.li, [neither], {"region": "west"})
    until(on, neither, "recycled")
    assert [column(database, "pool_id", key) for key in (came, routed, neither)] == [north, south, 1]


def test_p9_a_pools_own_rules_hold_for_what_returns_to_it(team: Team, clock: Clock) -> None:
    with team.admin.changing() as change:
        change.insert("pool", [{"name": "north", "routing": "region:north"}])
    rules.set_rule(team.admin, "pool.recycle.contact.C", "10", pool="north")
    clock.forward(days=1)
    key, other = called(team.li, region="north"), called(team.li, "Other")
    assert until(team, key, "recycled") == TODAY + timedelta(days=11)
    assert not [row for row in each_day(team, 40) if (other, "warned") in row[1]]


def test_p9_nothing_happens_while_recycling_is_off(team: Team) -> None:
    called(team.li, tier="A")
    before = present(team.database)
    assert each_day(team, 120) == []
    assert present(team.database) == before
    assert not sweep.is_overdue(team.admin)


def test_p10_what_is_not_won_returns_unless_it_waits_for_its_chance(on: Team, clock: Clock) -> None:
    for letter in "ABCD":
        rules.set_rule(on.admin, f"pool.recycle.contact.{letter}", "off")
    lost, waits, won, promised = (called(on.li, name, tier="D") for name in ("lost", "waits", "won", "promised"))
    tags.tag(on.li, [waits], ["waiting"])
    stages.move(on.li, [won], "actual")
    clock.forward(days=80)
    followups.set_next(on.li, [promised], When(on.li.today + timedelta(days=20)), "offer")
    interactions.log(on.li, [lost], Note("spoke"))  # talking does not win it
    done = {key: steps for key, steps in _each(on, 60).items() if steps}
    assert done == {lost: ["warned", "recycled"], promised: ["warned", "recycled"]}


def _each(team: Team, days: int) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for __, rows in each_day(team, days):
        for key, done in rows:
            found.setdefault(key, []).extend([done] if done != "escalated" else [])
    return found


def test_p11_an_actual_customer_stays_half_a_year(on: Team, clock: Clock) -> None:
    key = called(on.li, tier="A")
    stages.move(on.li, [key], "actual")
    assert until(on, key, "recycled", 300) == TODAY + timedelta(days=1 + 181)


def test_p12_a_first_warning_that_comes_late_leaves_three_working_days(on: Team, clock: Clock) -> None:
    key = called(on.li)
    clock.forward(days=100)  # no sweep ran: Sat 27 Feb
    late = on.li.today
    assert of(on, key)[0] == ("warned", (late + timedelta(days=4)).isoformat())  # Sunday is off, Saturday not told
    assert until(on, key, "recycled") == late + timedelta(days=4)


@pytest.mark.parametrize(
    ("tier", "escalated", "recycled", "told"),
    [
        ("A", 6, 7, "second cadence missed: nothing since 19 Nov"),  # cadence 3 days, limit 7
        ("B", 14, 15, "second cadence missed: nothing since 19 Nov"),  # 7, 15
        ("C", 28, 30, "second cadence missed: nothing since 19 Nov"),  # 14, 30
        # 30, 60: Mon 18 Jan is both; the last warning is that of Friday.
        ("D", 57, 60, "second cadence missed on 18 Jan, when it returns to the pool: nothing since 19 Nov"),
    ],
)
def test_p12_the_lead_hears_once_of_a_second_missed_cadence_before_the_return(
    on: Team, tier: str, escalated: int, recycled: int, told: str
) -> None:
    key = called(on.li, tier=tier)
    steps = [(day, done) for day, rows in each_day(on, recycled + 5) for __, done in rows if done != "warned"]
    assert steps == [(escalated, "escalated"), (recycled, "recycled")]
    [line] = due.queue(on.lead)  # a return of the day after takes the news from nobody
    assert (line.id, line.reason.kind, line.reason.text) == (key, "escalation", told)


def test_p12_the_lead_hears_on_the_return_too(on: Team, clock: Clock) -> None:
    key = called(on.li, tier="A")
    until(on, key, "warned")
    clock.forward(days=14)
    assert swept(on) == [(key, "recycled"), (key, "escalated")]
    assert [(line.id, line.reason.kind) for line in due.queue(on.lead)] == [(key, "escalation")]


def test_p12_the_lead_reads_of_a_customer_once_however_many_held_it(on: Team, clock: Clock) -> None:
    key = called(on.li, tier="A")
    until(on, key, "recycled")
    pools.claim(on.wang, [key])
    clock.forward(days=12)
    assert (key, "escalated") in swept(on)
    [text] = on.database.rows("SELECT text FROM notice WHERE kind = 'escalation' AND closed_at IS NULL")
    assert text == ("second cadence missed: nothing since 26 Nov",)


def test_p12_an_escalation_stands_in_the_leads_queue_until_somebody_calls(on: Team, clock: Clock) -> None:
    rules.set_rule(on.admin, "pool.recycle.contact.C", "off")
    key = called(on.li, tier="C")
    clock.forward(days=29)
    assert swept(on) == [(key, "escalated")]
    [line] = due.queue(on.lead)
    assert (line.id, line.reason.kind, line.others) == (key, "escalation", ())
    assert line.reason.text == "second cadence missed: nothing since 19 Nov"
    interactions.log(on.li, [key], Note("spoke"))
    assert due.queue(on.lead) == []


def test_p12_the_holder_reads_the_warning_in_the_queue_and_on_the_list(on: Team) -> None:
    from crm_tui.services import lists

    key = called(on.li, tier="B")
    until(on, key, "warned")
    on.clock.forward(days=6)  # Tue 1 Dec
    [line] = due.queue(on.li)
    assert (line.reason.kind, line.part) == ("recycle", "overdue")
    text = "returns to the pool in 3 working days (Fri 4 Dec): last contact 19 Nov (call, li), intent B = 15 days"
    assert line.reason.text == text
    assert due.record(on.li, line)["returns"] == "2026-12-04"
    assert lists.rows(on.li, [key])[key]["recycle_on"] == "2026-12-04"
    assert text in due.why(on.li, key).lines[0]


def test_p12_the_former_holder_is_told(on: Team) -> None:
    key = called(on.li, tier="B")
    until(on, key, "recycled")
    [line] = due.queue(on.li)
    assert (line.id, line.reason.kind, line.part) == (key, "recycled", "today")
    assert line.phone is None


def test_p13_a_protected_customer_stays_until_the_protection_ends(on: Team, clock: Clock) -> None:
    key = called(on.li, tier="B")
    until(on, key, "warned")
    protections.protect(on.li, [key], "trade fair", on.li.today + timedelta(days=30))
    protected = on.li.today + timedelta(days=30)
    assert until(on, key, "recycled") > protected
    assert warning(on.database, key) is None


# -- P8: whose contacts count


@pytest.mark.parametrize(
    ("who", "counts"), [("owner", True), ("stand-in", True), ("collaborator", True), ("lead", False)]
)
def test_p8_a_contact_ends_the_warning_in_the_same_change(on: Team, who: str, counts: bool) -> None:
    key = called(on.li, tier="B")
    day = until(on, key, "warned")
    caller = {"owner": on.li, "lead": on.lead}.get(who, on.wang)
    if who == "stand-in":
        teams.away(on.lead, "li", day, day + timedelta(days=3), "wang")
    if who == "collaborator":
        collaborations.share(on.li, [key], "wang", access="edit")
    interactions.log(caller, [key], Note("spoke"))
    assert (warning(on.database, key) is None) is counts
    history.undo(caller)
    assert warning(on.database, key) is not None


@pytest.mark.parametrize("note", [Note("rang", connected=False), Note("spoke", at=When(TODAY - timedelta(days=9)))])
def test_p8_attempts_and_old_notes_end_no_warning(on: Team, note: Note) -> None:
    key = called(on.li, tier="B")
    until(on, key, "warned")
    interactions.log(on.li, [key], note)
    assert warning(on.database, key) is not None


def test_the_clock_stands_still_while_the_holder_is_away(on: Team, clock: Clock) -> None:
    key = called(on.li, tier="B")
    clock.forward(days=1)
    teams.away(on.lead, "li", on.li.today, on.li.today + timedelta(days=9), "wang")
    assert until(on, key, "recycled") == TODAY + timedelta(days=1 + 15 + 10)


# -- P18


def test_p18_a_second_sweep_changes_nothing(on: Team, clock: Clock) -> None:
    for n, tier in enumerate("ABCD" * 3):
        called((on.li, on.wang)[n % 2], f"c{n}", tier=tier)
    for days in (5, 10, 20, 30):
        clock.forward(days=days)
        assert swept(on)
        before, entries = present(on.database), on.database.value("SELECT count(*) FROM journal_entry")
        assert swept(on) == []
        assert present(on.database) == before
        assert on.database.value("SELECT count(*) FROM journal_entry") == entries
        check(on.database)


def test_p18_a_dry_run_prints_what_the_sweep_then_does_and_changes_nothing(on: Team, clock: Clock) -> None:
    for n, tier in enumerate("ABCD"):
        called(on.li, f"c{n}", tier=tier)
    clock.forward(days=20)
    swept(on)
    clock.forward(days=9)
    before = present(on.database)
    dry = line(on.admin, "sweep --dry-run")
    assert present(on.database) == before
    assert on.database.value("SELECT count(*) FROM sweep_run") == 1
    wet = line(on.admin, "sweep")
    assert dry.data == wet.data != ()
    assert dry.lines == wet.lines
    assert {row["done"] for row in wet.data} >= {"warned", "recycled", "escalated"}


def line(session: Session, text: str) -> Outcome:
    return perform(session, prepare(session, read(text, CATALOG)))


def test_p18_only_one_sweeps_at_a_time(on: Team, clock: Clock, database: Database) -> None:
    called(on.li)
    clock.forward(days=40)
    other = Database(database.path)
    try:
        with store.alone(other) as alone:
            assert alone
            before = present(on.database)
            assert sweep.sweep(on.admin).message == "another sweep is running: nothing was done"
            assert list(sweep.steps(on.li)) == []
            assert present(on.database) == before
    finally:
        other.close()
    assert swept(on) != []


def test_p18_a_lock_that_cannot_be_made_is_told(on: Team, database: Database) -> None:
    database.path.with_name(f"{database.path.name}-sweep").mkdir()
    with pytest.raises(DatabaseUnusable, match="cannot be written: Is a directory"):
        sweep.sweep(on.admin)


def test_p18_a_row_that_fails_is_told_and_the_others_go_on(
    on: Team, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, bad, last = (called(on.li, name) for name in ("first", "bad", "last"))
    clock.forward(days=40)
    swept(on)
    clock.forward(days=10)
    real = moves.to_pool

    def fails(session: Session, change: Any, taken: Any, into: Any, *rest: Any) -> None:
        real(session, change, taken, into, *rest)
        if bad in into:
            raise RuntimeError("broken")

    monkeypatch.setattr(moves, "to_pool", fails)
    outcome = sweep.sweep(on.admin)
    done = [(row["id"], row["done"]) for row in outcome.data]
    assert done == [(first, "recycled"), (bad, "failed"), (last, "recycled")]
    assert outcome.exit_code == 4
    assert [(refusal.id, refusal.reason) for refusal in outcome.refused] == [(bad, "broken")]
    assert column(on.database, "owner_id", bad) == on.li.person.id
    assert warning(on.database, bad) is not None
    check(on.database)
    monkeypatch.undo()
    assert swept(on) == [(bad, "recycled")]


def test_p18_row_by_row_comes_to_the_same_as_a_page_at_once(
    on: Team, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = []
    for n in range(3):
        keys.append(called(on.li, f"c{n}", tier="B"))
        clock.forward(days=1)
    clock.forward(days=7)
    swept(on)
    protections.protect(on.li, keys[:1], "trade fair", on.li.today + timedelta(days=30))
    called(on.li, "late", tier="A")
    clock.forward(days=7)
    real, moved = sweep._do, "SELECT customer_id, to_pool_id, reason FROM ownership_log WHERE kind = 'recycle'"
    sizes: list[int] = []

    def at_once(session: Session, change: Any, planned: Any, returning: Any) -> None:
        sizes.append(len(planned))
        real(session, change, planned, returning)

    def one_by_one(session: Session, change: Any, planned: Any, returning: Any) -> None:
        if len(planned) > 1:
            raise RuntimeError("one by one")
        at_once(session, change, planned, returning)

    done = []
    for way in (at_once, one_by_one):
        monkeypatch.setattr(sweep, "_do", way)
        rows = sweep.sweep(on.admin).data
        assert {row["done"] for row in rows} == {"warned", "escalated", "recycled"}
        done.append((rows, on.database.rows(f"{moved} ORDER BY id DESC LIMIT 2")))
        history.undo(on.admin, on.database.value("SELECT max(id) FROM journal_entry"))
        check(on.database)
    assert done[0] == done[1]
    assert [reason for __, ___, reason in done[0][1]] == [
        f"last contact {day} Nov (call, li), intent B = 15 days" for day in (21, 20)
    ]
    assert sizes == [len(rows), *[1] * len(rows)]


def test_p18_every_sweep_is_written_down_and_one_that_is_overdue_is_made_up_for(on: Team, clock: Clock) -> None:
    key = called(on.li, tier="B")
    clock.forward(days=10)
    assert sweep.is_overdue(on.li)
    assert sum(sweep.steps(on.li)) == 1
    assert warning(on.database, key) is not None
    assert not sweep.is_overdue(on.li)
    assert list(sweep.steps(on.li)) == []
    assert on.database.rows("SELECT user_id, swept_on, warned, recycled, escalated, failed FROM sweep_run") == [
        (on.li.person.id, on.li.today.isoformat(), 1, 0, 0, 0)
    ]
    clock.forward(days=1)
    assert sweep.is_overdue(on.li)


def test_p18_customers_are_taken_page_by_page(on: Team, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [called(on.li, f"c{n}") for n in range(7)]
    clock.forward(days=40)
    monkeypatch.setattr(sweep, "PAGE", 3)
    assert swept(on) == [(key, step) for key in keys for step in ("warned", "escalated")]
    assert on.database.value("SELECT count(*) FROM journal_entry WHERE source = 'sweep'") == 3
    clock.forward(days=10)
    assert swept(on) == [(key, "recycled") for key in keys]


def test_a_sweep_is_not_found_by_undo_and_taken_back_by_its_number(on: Team, clock: Clock) -> None:
    key = called(on.li, tier="B")
    until(on, key, "warned")
    clock.forward(days=9)
    before = present(on.database)
    assert of(on, key)[0][0] == "recycled"
    entry = on.database.value("SELECT max(id) FROM journal_entry")
    history.undo(on.admin)  # takes back something older
    history.redo(on.admin)
    assert column(on.database, "owner_id", key) is None
    history.undo(on.admin, entry)
    assert present(on.database) == before


def test_undo_of_whoever_opened_the_screens_passes_over_the_sweep_and_only_leads_take_it_back_by_number(
    on: Team, clock: Clock
) -> None:
    key, other = called(on.li, tier="B"), called(on.li, "Other", tier="D")
    until(on, key, "warned")
    interactions.log(on.li, [other], Note("spoke"))
    clock.forward(days=9)
    assert sum(sweep.steps(on.li)) > 0
    entry = on.database.value("SELECT max(id) FROM journal_entry")
    assert on.database.row("SELECT source, user_id FROM journal_entry WHERE id = ?", (entry,)) == (
        "sweep", on.li.person.id,
    )  # fmt: skip
    swept_so = present(on.database)
    assert history.undo(on.li).changed == (other,)  # the call, older than the sweep
    history.redo(on.li)
    assert present(on.database) == swept_so
    for taken_back in (history.undo, history.redo):
        with pytest.raises(NotAllowed):
            taken_back(on.li, entry)
    with pytest.raises(NotAllowed):
        line(on.wang, f"undo {entry}")
    assert column(on.database, "owner_id", key) is None
    history.undo(on.lead, entry)
    assert column(on.database, "owner_id", key) == on.li.person.id


def test_nobody_hears_of_customers_that_they_may_not_see(on: Team, clock: Clock) -> None:
    mine, others = called(on.li), called(on.wang, "Other")
    clock.forward(days=40)
    assert {row.id for row in sweep.preview(on.li)} == {mine}
    assert {row.id for row in sweep.preview(on.lead)} == {mine, others}
    with pytest.raises(NotAllowed):
        line(on.li, "sweep")


# -- P19


def test_p19_a_changed_rule_bites_from_the_next_day(team: Team, clock: Clock) -> None:
    key = called(team.li, tier="D")
    clock.forward(days=40)
    recycling.switch(team.admin, on=True)
    rules.set_rule(team.admin, "pool.recycle.contact.D", "20")
    assert swept(team) == []
    clock.forward(days=1)
    assert ("warned", "2027-01-04") in of(team, key)  # Tue 29 Dec, and three working days: New Year is off
    recycling.switch(team.admin, on=False)
    assert swept(team) == []
    clock.forward(days=1)
    assert (warning(team.database, key), until(team, key, "ended", 1)) == (
        ("contact", "2027-01-04", "2026-12-29", 20), team.li.today,
    )  # fmt: skip


def test_p19_never_inside_the_last_three_days_of_a_warning(on: Team, clock: Clock) -> None:
    key = called(on.li, tier="B")
    reason = "last contact 19 Nov (call, li), intent B = 15 days"
    until(on, key, "warned")
    clock.forward(days=6)  # Tue 1 Dec; it returns on Fri 4 Dec
    recycling.switch(on.admin, on=False)
    tiers.assign(on.li, [key], "D", shipped()["abcd"])
    assert line(on.li, f"why recycle {key}").lines[0] == f"returns to the pool on 4 Dec: {reason}"
    assert until(on, key, "recycled", 5) == date(2026, 12, 4)
    assert on.database.value("SELECT reason FROM ownership_log ORDER BY id DESC LIMIT 1") == reason


# -- P20


def test_p20_why_says_when_and_by_which_rule(on: Team) -> None:
    key = called(on.li, tier="B")
    told = line(on.li, f"why recycle {key}")
    assert told.lines == ("returns to the pool on 4 Dec: last contact 19 Nov (call, li), intent B = 15 days",)
    assert told.data[0] | {"text": ""} == {
        "id": key, "reason": "recycle", "due": "2026-12-04", "rule": "contact", "warned": None, "text": "",
        "explanation": "last contact 19 Nov (call, li), intent B = 15 days",
    }  # fmt: skip
    until(on, key, "warned")
    assert line(on.li, f"why recycle {key}").lines[1] == "its holder was warned on 25 Nov"
    assert told.lines[0] in line(on.li, f"why {key}").lines


def test_p20_why_says_why_it_stays(team: Team) -> None:
    held, pooled = called(team.li), make(team.lead, "Pooled", owner="pool")
    assert line(team.li, f"why recycle {held}").lines == ("recycling is off",)
    assert "recycling is off" not in line(team.li, f"why {held}").lines
    assert line(team.li, f"why recycle {pooled}").lines == ("it is in the pool: nobody holds it",)


def test_p20_why_reckons_with_rules_that_begin_tomorrow(team: Team, clock: Clock) -> None:
    quiet, silent, archived = (called(team.li, name, tier="B") for name in ("Quiet", "Silent", "Archived"))
    customers.archive(team.li, [archived])
    clock.forward(days=40)  # Mon 28 Dec
    interactions.log(team.li, [quiet], Note("spoke", done=True))
    assert line(team.li, f"why recycle {quiet}").lines == ("recycling is off",)
    recycling.switch(team.admin, on=True)
    told = line(team.li, f"why recycle {quiet}")
    reason = "last contact 28 Dec (call, li), intent B = 15 days"
    assert told.lines == (f"from tomorrow: returns to the pool on 12 Jan: {reason}",)
    assert (told.data[0]["due"], told.data[0]["explanation"]) == ("2027-01-12", reason)
    assert told.lines[0] in line(team.li, f"why {quiet}").lines
    # Tomorrow it is warned of, and three working days later it returns, as the sweep then says.
    soon = line(team.li, f"why recycle {silent}").data[0]["due"]
    assert line(team.li, f"why recycle {archived}").lines == ("it is archived",)
    clock.forward(days=1)
    assert line(team.li, f"why recycle {quiet}").lines == (f"returns to the pool on 12 Jan: {reason}",)
    assert of(team, silent)[0] == ("warned", soon)


def test_p20_why_tells_beside_the_rules_of_today_what_changes_tomorrow(on: Team) -> None:
    key, other = called(on.li, tier="B"), called(on.li, "Other", tier="C")
    rules.set_rule(on.admin, "pool.recycle.contact.B", "20")
    reason = "last contact 19 Nov (call, li), intent B = {} days".format
    told = line(on.li, f"why recycle {key}")
    assert told.lines == (
        f"returns to the pool on 4 Dec: {reason(15)}", f"from tomorrow: returns to the pool on 9 Dec: {reason(20)}",
    )  # fmt: skip
    assert told.data[0]["due"] == "2026-12-04"
    assert len(line(on.li, f"why recycle {other}").lines) == 1
    recycling.switch(on.admin, on=False)
    assert line(on.li, f"why recycle {other}").lines[1] == "from tomorrow: recycling is off"


def test_p20_why_says_nothing_of_tomorrow_where_only_the_day_is_another(on: Team, clock: Clock) -> None:
    key = called(on.li, tier="C")
    clock.forward(days=60)  # nobody was warned: each day puts the return off by one
    rules.set_rule(on.admin, "pool.recycle.contact.B", "20")
    assert len(line(on.li, f"why recycle {key}").lines) == 1


def test_the_presets_are_switched_on_and_off_in_one_step(team: Team) -> None:
    before = present(team.database)
    outcome = line(team.admin, "config preset recycling")
    assert outcome.message == "recycling on from tomorrow: A 7, B 15, C 30, D 60, not won in 90 days"
    assert team.admin.settings["pool.recycle.contact.B"] == 15
    line(team.admin, "config preset recycling --off")
    assert team.admin.settings["pool.recycle.win_days"] is None
    history.undo(team.admin)
    history.undo(team.admin)
    assert present(team.database) == before


def test_a_lead_sweeps_for_everybody_and_hears_of_the_own_team(on: Team, clock: Clock) -> None:
    mine, others = called(on.li, tier="D"), called(on.wang, "Other", tier="D")
    teams.add_team(on.admin, "south", None, ["wang"])
    clock.forward(days=70)
    assert {row["id"] for row in sweep.sweep(on.lead).data} == {mine}
    assert warning(on.database, others) is not None


def test_a_call_that_comes_between_looking_and_doing_counts(
    on: Team, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = called(on.li, tier="B")
    clock.forward(days=10)
    real = recycling.contacts

    def answered(session: Session, ids: Any) -> dict[int, str]:
        monkeypatch.setattr(recycling, "contacts", real)
        interactions.log(on.li, [key], Note("spoke"))
        return real(session, ids)

    monkeypatch.setattr(recycling, "contacts", answered)
    assert swept(on) == []
    assert warning(on.database, key) is None
