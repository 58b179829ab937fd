"""From a call to its effect: whom it acts on, what is asked first, where errors point, what the journal says."""

from __future__ import annotations

import pytest

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import BULK, Prepared, Targets, check_target, perform, prepare
from crm_tui.commands.language import read
from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.services import collaborations
from crm_tui.services.session import Outcome, Session
from tests.factories import Team, column, make


def prepared(session: Session, line: str, targets: Targets | None = None) -> Prepared:
    return prepare(session, read(line, CATALOG), targets)


def run(session: Session, line: str, *ids: int) -> Outcome:
    return perform(session, prepared(session, line, Targets(ids)))


def last_command(team: Team) -> str:
    return str(team.database.value("SELECT command FROM journal_entry ORDER BY id DESC LIMIT 1"))


def test_a_command_acts_on_ids_else_on_a_filter_else_on_what_is_marked(team: Team) -> None:
    keys = [make(team.li, f"Firma {n}", region="north" if n else "south") for n in range(3)]
    marked = Targets((keys[2],))
    assert prepared(team.li, f"tag x {keys[0]} {keys[0]}", marked).ids == (keys[0],)
    assert set(prepared(team.li, "tag x --on region:north", marked).ids) == set(keys[1:])
    assert prepared(team.li, "tag x", marked).ids == (keys[2],)
    assert prepared(team.li, "undo", marked).ids == ()


@pytest.mark.parametrize(
    ("line", "targets", "code"),
    [
        ("tag x", None, 2), ("tag x", Targets(), 1), ("tag x 1 --on id:1", None, 2), ("tag x --on name:none", None, 1),
        ("show 1 2", None, 2), ("tag x --on foo:1", None, 2),
    ],
)  # fmt: skip
def test_without_anything_to_act_on_it_says_so(team: Team, line: str, targets: Targets | None, code: int) -> None:
    make(team.li)
    with pytest.raises(CrmError) as error:
        prepared(team.li, line, targets)
    assert error.value.exit_code == code


def test_a_bulk_change_is_asked_about_with_its_number_and_what_is_hidden(team: Team) -> None:
    many = tuple(range(1, 1_235))
    asked = prepared(team.li, 'next "next mon"', Targets(many, hidden=1_100))
    assert asked.is_bulk
    assert asked.question == 'next "next mon": 1,234 customers (1,100 hidden by the filter)'
    assert not prepared(team.li, "next fri", Targets(many[:BULK])).is_bulk
    assert prepared(team.li, "next fri", Targets(many[: BULK + 1])).is_bulk
    assert not prepared(team.li, "undo", Targets(many)).is_bulk


def test_a_dry_run_counts_and_changes_nothing(team: Team) -> None:
    mine, other = make(team.li, "Acme"), make(team.wang, "Bolt")
    before = team.database.value("SELECT count(*) FROM journal_entry")
    outcome = run(team.li, "tier A --dry-run", mine, other)
    assert (outcome.changed, len(outcome.refused), outcome.entry_id) == ((mine,), 1, None)
    assert "nothing was changed" in outcome.message
    assert column(team.database, "tier", mine) == "D"
    assert team.database.value("SELECT count(*) FROM journal_entry") == before
    run(team.admin, "config set pool.holding_cap 5 --dry-run")
    assert team.admin.settings["pool.holding_cap"] == 100
    assert run(team.li, "tier A", mine, other).changed == outcome.changed


@pytest.mark.parametrize(
    ("line", "under"),
    [
        ("next fryday", "fryday"), ('next "fri 25:00"', "25:00"), ("stage moon", "moon"), ("tier E", "E"),
        ("tier E --scheme label", "E"),
        ("log x --next fryday", "fryday"), ("log x --channel pigeon", "pigeon"), ("edit region=n emial=x", "emial"),
        ("edit nothing", "nothing"), ("edit region=n email=nobody", "nobody"), ("tag x --on 'tier:A regio:n'", "regio"),
        ("undo first", "first"), ("tier A --scheme none", "none"), ("new Neu --owner nobody", "nobody"),
    ],
)  # fmt: skip
def test_an_error_points_at_what_was_typed(team: Team, line: str, under: str) -> None:
    key = make(team.li)
    with pytest.raises(UsageError) as error:
        run(team.lead, line, key)
    assert error.value.text == line
    assert error.value.position is not None
    assert line[error.value.position :].startswith(under)


def test_what_is_missing_is_named(team: Team) -> None:
    key = make(team.li)
    asked = prepared(team.li, "tier", Targets((key,)))
    assert asked.missing == ("tier",)
    with pytest.raises(UsageError, match="TIER is missing"):
        perform(team.li, asked)


@pytest.mark.parametrize(
    ("line", "journaled"),
    [
        ("tier a", "tier a {id}"), ("tier A {id} --yes --json", "tier A {id}"), ('log "he said: 5" --next fri', None),
        ("log 'note' --attempt --purpose x", "log note {id} --purpose x --attempt"),
        ("tag x --on id:{id}", "tag x --on id:{id}"),
        ('done "42"', 'done "42" {id}'), ("done -- --no", "done -- --no {id}"), ("edit region=北 {id}", None),
    ],
)  # fmt: skip
def test_the_journal_keeps_a_line_that_does_the_same_again(team: Team, line: str, journaled: str | None) -> None:
    key = make(team.li)
    call = read(line.format(id=key), CATALOG)
    perform(team.li, prepare(team.li, call, Targets((key,))))
    assert journaled is None or last_command(team) == journaled.format(id=key)
    again = read(last_command(team), CATALOG)
    assert again.values == call.values
    assert (again.ids == (key,)) != (again.on is not None)


def test_the_ids_of_a_bulk_change_are_not_in_its_line(team: Team) -> None:
    keys = [make(team.admin, f"Firma {n}") for n in range(BULK + 1)]
    run(team.admin, "tag x", *keys)
    assert last_command(team) == "tag x"


def test_the_command_of_the_session_is_given_back(team: Team) -> None:
    key = make(team.li)
    team.li.command = "outer"
    run(team.li, "tag x", key)
    with pytest.raises(UsageError):
        run(team.li, "tier E", key)
    assert team.li.command == "outer"
    assert team.li.change is None


def test_who_may_not_run_a_command_is_told_before_anything_is_read(team: Team) -> None:
    with pytest.raises(NotAllowed):
        prepared(team.lead, "config set nonsense nonsense")


@pytest.mark.parametrize(
    ("line", "query", "expected"),
    [
        ("new Neu --kind person --stage intent --owner li --contact Wu",
         "SELECT kind, stage, owner_id, (SELECT name FROM contact) FROM customer WHERE name = 'Neu'", ("person",
         "intent", 3, "Wu")),
        ("new Neu --owner pool", "SELECT owner_id, pool_id FROM customer WHERE name = 'Neu'", (None, 1)),
        ("new Acme region=x --anyway", "SELECT count(*) FROM customer", (2,)),
        ("done well", "SELECT count(*) FROM follow_up WHERE closed_at IS NULL", (0,)),
        ("log well", "SELECT count(*) FROM follow_up WHERE closed_at IS NULL", (1,)),
        ("log well --done", "SELECT count(*) FROM follow_up WHERE closed_at IS NULL", (0,)),
        ("log x --attempt --at yesterday", "SELECT connected, at < '2026-11-18' FROM interaction", (0, 1)),
        ("no-answer engaged", "SELECT connected, note FROM interaction", (0, "engaged")),
        ("next fri --purpose offer", "SELECT due_on, original_on, purpose FROM follow_up WHERE closed_at IS NULL",
         ("2026-11-20", "2026-11-20", "offer")),
        ("snooze +9d", "SELECT due_on, original_on FROM follow_up WHERE closed_at IS NULL", ("2026-11-27",
        "2026-11-19")),
        ("stage lost --reason price", "SELECT stage, (SELECT reason FROM stage_change ORDER BY id DESC) FROM customer",
         ("lost", "price")),
        ("advance", "SELECT stage FROM customer", ("target",)),
        ("retreat --reason 'no need'", "SELECT stage FROM customer", ("non_customer",)),
        ("tier high --scheme label", "SELECT tier FROM customer_tier WHERE scheme = 'label'", ("high",)),
        ("archive", "SELECT archived_at IS NULL FROM customer", (0,)),
    ],
)  # fmt: skip
def test_every_argument_reaches_its_service(team: Team, line: str, query: str, expected: tuple[object, ...]) -> None:
    key = make(team.admin, "Acme")
    perform(team.admin, prepared(team.admin, line, Targets((key,))))
    assert team.database.row(query) == expected


def test_a_day_that_has_passed_is_no_next_date(team: Team) -> None:
    key = make(team.li)
    for line in (f"next yesterday {key}", f"snooze yesterday {key}", f"log hi {key} --next yesterday"):
        with pytest.raises(UsageError, match="has passed: name a day to come"):
            prepared(team.li, line)
    assert prepared(team.li, f"next today {key}").ids == (key,)


def test_a_day_that_has_passed_is_told_without_its_distance(team: Team) -> None:
    with pytest.raises(UsageError, match=r"^Wed 1 Jan 2020 has passed: name a day to come$"):
        prepared(team.li, f"next 2020-01-01 {make(team.li)}")


def test_what_is_refused_for_want_of_a_right_ends_with_3_and_an_unknown_id_with_1(team: Team) -> None:
    pooled, own = make(team.admin, owner="pool"), make(team.li, "Beta")
    assert run(team.li, f"tag x {pooled}").exit_code == 3
    assert run(team.service, f"tag x {own}").exit_code == 3
    assert run(team.li, "tag x 999").exit_code == 1
    assert run(team.li, f"tag x {pooled} {own}").exit_code == 4


def test_a_hand_over_is_bulk_by_what_the_leaver_holds(team: Team) -> None:
    for n in range(BULK + 1):
        make(team.li, f"Firma {n}")
    asked = prepared(team.lead, "handover li --by rr:wang")
    assert asked.is_bulk
    assert asked.question == "handover li --by rr:wang: 21 customers"
    assert not prepared(team.lead, "handover li").is_bulk, "it only shows"
    for flag in ("--yes", "--dry-run"):
        assert not prepared(team.lead, f"handover li --by rr:wang {flag}").is_to_be_asked
    with pytest.raises(NotAllowed):
        prepared(team.wang, "handover li --by rr:wang")


def test_a_sweep_is_asked_about_on_the_screens_and_never_by_cron(team: Team) -> None:
    asked = prepared(team.lead, "sweep")
    assert asked.is_to_be_asked
    assert not asked.is_bulk
    assert "u does not take it back" in asked.question
    assert not prepared(team.lead, "sweep --dry-run").is_to_be_asked


@pytest.mark.parametrize("line", ["assign rr:li,wnag", "handover li --by tier:A=wang,wnag"])
def test_a_misspelt_name_is_pointed_at_before_anything_is_asked(team: Team, line: str) -> None:
    with pytest.raises(UsageError) as error:
        prepared(team.lead, line, Targets((make(team.li),)))
    assert error.value.text == line
    assert line[error.value.position or 0 :].startswith("wnag")


@pytest.mark.parametrize("name", [name for name, command in CATALOG.items() if command.changes and command.ask])
def test_what_the_verb_would_refuse_is_refused_before_it_is_asked(team: Team, name: str) -> None:
    command = CATALOG[name]
    if command.target == "none" or name == "unshare":
        return
    key = make(team.wang)
    collaborations.share(team.wang, [key], "li")
    asked = prepared(team.li, name, Targets((key,))) if command.refusal(team.li) is None else None
    if asked is not None:
        with pytest.raises(NotAllowed, match="Acme: it is somebody else's"):
            check_target(team.li, asked)
        collaborations.share(team.wang, [key], "li", access="edit")
        if command.needs == "change":
            check_target(team.li, asked)
    check_target(team.lead, prepared(team.lead, name, Targets((key,))))
