"""Users, teams, absences, leaving; and that a change of any of them bites at once (DOMAIN §8, §4 P16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import prepare
from crm_tui.commands.language import read
from crm_tui.domain.errors import CrmError, NotAllowed, SignedOut, UsageError
from crm_tui.services import (
    collaborations,
    comments,
    credit,
    customers,
    disclosures,
    due,
    followups,
    handover,
    history,
    keys,
    lists,
    offers,
    people,
    pool_lists,
    pools,
    profiles,
    rules,
    teams,
)
from crm_tui.services.lists import Query
from crm_tui.services.session import Session
from crm_tui.services.teams import Given
from crm_tui.store import recycling
from crm_tui.store.database import Database
from tests.domain.test_ssh_keys import ED, FINGERPRINT
from tests.factories import TODAY, Team, in_days, make
from tests.services.holding import holder, pool, pooled, reasons, ruled
from tests.store.present import check, present


def state(team: Team, login: str) -> str:
    return str(team.database.value("SELECT state FROM user WHERE login = ?", (login,)))


@pytest.fixture
def south(team: Team) -> Session:
    """The lead of another team, in which `amy` works; `qian` leads nobody else."""
    teams.add(team.admin, "qian", role="lead")
    teams.add_team(team.admin, "south", "qian", ["qian"])
    teams.add(team.admin, "amy", role="rep", team="south", time_zone="Asia/Shanghai")
    return team.sign_in("qian")


# Teams


def test_a_lead_sees_and_changes_what_the_team_holds_and_nothing_of_another_team(team: Team, south: Session) -> None:
    acme, beta = make(team.li, "Acme"), make(team.sign_in("amy"), "Beta")
    assert lists.page(team.lead, Query()).ids == [acme]
    assert lists.page(south, Query()).ids == [beta]
    assert lists.stage_counts(south, Query()) == {"potential": 1}
    assert profiles.edit(south, [acme, beta], {"region": "x"}).changed == (beta,)
    assert pools.assign(south, [acme], "amy").changed == ()
    with pytest.raises(NotAllowed, match="not of your team"):
        make(south, "Gamma", owner="li")
    for act in (teams.leave, teams.back, lambda s, login: teams.away(s, login, None, None, None)):
        with pytest.raises(NotAllowed, match="not of your team"):
            act(south, "li")
    assert [(u["login"], u["customers"]) for u in people.everyone(south) if u["login"] in ("li", "amy")] == [
        ("amy", 1), ("li", None),
    ]  # fmt: skip


def test_who_changes_team_changes_leads_with_all_that_they_hold(team: Team, south: Session) -> None:
    key = make(team.li, "Acme")
    assert lists.count(south, Query()) == 0
    teams.edit_team(team.admin, "south", None, None, ["li"])
    assert lists.page(south, Query()).ids == [key]
    assert lists.count(team.lead, Query()) == 0


def test_a_lead_of_all_who_hold_sees_everything_and_still_leads_no_administrator(team: Team) -> None:
    key = make(team.admin, "Acme")
    teams.add(team.admin, "second", role="admin")
    assert team.lead.sight.everything
    assert team.lead.one(key).name == "Acme"
    for act in (teams.leave, lambda s, login: teams.away(s, login, None, None, None)):
        with pytest.raises(NotAllowed, match="not of your team"):
            act(team.lead, "second")


def test_a_lead_who_is_named_by_a_team_leads_no_other(team: Team) -> None:
    key = make(team.li, "Acme")
    assert team.lead.sight.led
    teams.add_team(team.admin, "south", "zhao", [])
    assert team.lead.sight.led == ()
    assert lists.count(team.lead, Query()) == 0
    assert recycling.leads(team.database)[team.li.person.id] == team.admin.person.id, "who hears of it sees it"
    teams.edit_team(team.admin, "south", None, "none", [])
    assert lists.page(team.lead, Query()).ids == [key]
    teams.edit_team(team.admin, "default", None, "root", [])
    assert lists.count(team.lead, Query()) == 0, "it names a lead"


def test_a_user_or_team_to_which_nothing_is_done_says_so(team: Team) -> None:
    before = present(team.database)
    for given in (Given(), Given(name=" "), Given(role="rep")):
        assert teams.edit(team.admin, "li", given).message == "user li: nothing was changed"
    assert teams.edit_team(team.admin, "default", "default", None, []).message == "team default: nothing was changed"
    assert present(team.database) == before


def test_what_was_changed_of_a_user_is_said_in_words(team: Team) -> None:
    given = Given(export=False, time_zone="UTC", capacity="7")
    assert teams.edit(team.admin, "li", given).message == "user li: time zone UTC, capacity 7, export no"
    assert teams.edit(team.admin, "li", Given(export=True)).message == "user li: export yes"


def test_two_teams_are_not_called_the_same(team: Team) -> None:
    teams.add_team(team.admin, "north", None, [])
    with pytest.raises(UsageError, match='there is a team "default" already'):
        teams.edit_team(team.admin, "north", "Default", None, [])
    assert teams.edit_team(team.admin, "north", "North", None, []).message == "team north changed"


@pytest.mark.parametrize(
    "login", ["me", "none", "any", "pool", "all", "off", "nobody", "None", "LI", "Root"]
)
def test_nobody_is_called_what_commands_mean_something_else_by(team: Team, login: str) -> None:
    before = present(team.database)
    with pytest.raises(UsageError, match="word of the commands" if login.lower() not in ("li", "root") else "already"):
        teams.add(team.admin, login)
    assert present(team.database) == before


def test_teams_are_made_changed_and_taken_back(team: Team) -> None:
    before = present(team.database)
    teams.add_team(team.admin, "north", "zhao", ["wang"])
    assert teams.list_teams(team.lead).lines == ("default  –  li, root, sun, zhao", "north  zhao  wang")
    teams.edit_team(team.admin, "north", "far north", "none", ["li"])
    assert teams.list_teams(team.lead).lines == ("default  –  root, sun, zhao", "far north  –  li, wang")
    history.undo(team.admin)
    history.undo(team.admin)
    assert present(team.database) == before


@pytest.mark.parametrize(
    "act",
    [
        lambda s: teams.add_team(s, "default", None, []), lambda s: teams.add_team(s, "", None, []),
        lambda s: teams.add_team(s, "x", "li", []), lambda s: teams.add_team(s, "x", None, ["nobody"]),
        lambda s: teams.edit_team(s, "nowhere", "y", None, []), lambda s: teams.edit(s, "li", Given(team="nowhere")),
        lambda s: teams.edit(s, "li", Given(capacity="many")), lambda s: teams.edit(s, "li", Given(capacity="-1")),
        lambda s: teams.edit(s, "li", Given(role="boss")), lambda s: teams.edit(s, "li", Given(state="left")),
        lambda s: teams.edit(s, "nobody", Given(role="rep")), lambda s: teams.add(s, "li"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_changes_nothing(team: Team, act: Any) -> None:
    before = present(team.database)
    with pytest.raises(UsageError):
        act(team.admin)
    assert present(team.database) == before


@pytest.mark.parametrize("login", ["zhao", "li", "sun"])
def test_only_administrators_change_users_teams_and_pools(team: Team, login: str) -> None:
    session = team.sign_in(login)
    for act in (
        lambda: teams.add(session, "chen"), lambda: teams.edit(session, login, Given(role="admin")),
        lambda: teams.add_team(session, "x", None, []), lambda: teams.edit_team(session, "default", "x", None, []),
        lambda: pool_lists.add(session, "x", None, None), lambda: pool_lists.edit(session, "default", None, "li", None),
        lambda: rules.set_rule(session, "pool.holding_cap", "9"),
    ):  # fmt: skip
        with pytest.raises(NotAllowed, match="only administrators"):
            act()


# A change of role, state or right bites at once, in running sessions too


def test_who_was_a_lead_is_none_at_once(team: Team, database: Database) -> None:
    key, running = make(team.li, "Acme"), Team(Database(database.path), team.clock).lead
    assert running.one(key).name == "Acme"
    teams.edit(team.admin, "zhao", Given(role="rep"))
    with pytest.raises(NotAllowed, match="only team leads"):
        pools.assign(running, [key], "wang")
    assert lists.count(running, Query()) == 0


def test_who_was_an_administrator_is_none_at_once(team: Team, database: Database) -> None:
    teams.add(team.admin, "second", role="admin")
    running = Team(Database(database.path), team.clock).sign_in("second")
    teams.edit(team.admin, "second", Given(role="rep"))
    with pytest.raises(NotAllowed, match="only administrators"):
        teams.edit(running, "second", Given(role="admin"))
    with pytest.raises(NotAllowed, match="only administrators"):
        rules.set_rule(running, "pool.holding_cap", "9")


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda s, key: keys.add(s, "li", f"ssh-ed25519 {ED}"), "only administrators"),
        (lambda s, key: keys.remove(s, "li", FINGERPRINT), "only administrators"),
        (lambda s, key: comments.comment(s, key, "call them"), "only team leads"),
        (lambda s, key: credit.fix(s, key, [("li", "100")]), "only team leads"),
        (lambda s, key: prepare(s, read("users add x", CATALOG)), "only administrators"),
    ],
)  # fmt: skip
def test_who_was_an_administrator_a_moment_ago_does_none_of_their_work(
    team: Team, database: Database, act: Any, said: str
) -> None:
    teams.add(team.admin, "second", role="admin")
    running = Team(Database(database.path), team.clock).sign_in("second")
    key = make(running, "Acme")
    teams.edit(team.admin, "second", Given(role="rep"))
    before = present(team.database)
    with pytest.raises(NotAllowed, match=said):
        act(running, key)
    assert present(team.database) == before


def test_who_may_take_nothing_out_takes_nothing_out_at_once(team: Team, database: Database) -> None:
    running = Team(Database(database.path), team.clock).li
    disclosures.takes_out(running)
    teams.edit(team.admin, "li", Given(export=False))
    with pytest.raises(NotAllowed, match="may take no data out"):
        disclosures.takes_out(running)


def test_who_has_left_is_out_at_once(team: Team, database: Database) -> None:
    running = Team(Database(database.path), team.clock).li
    assert lists.count(running, Query()) == 0
    teams.leave(team.lead, "li")
    assert state(team, "li") == "left"
    for act in (
        lambda: lists.count(running, Query()), lambda: make(running, "New"), lambda: pools.claim(running, [1]),
        lambda: due.queue(running), lambda: disclosures.takes_out(running), lambda: running.one(1),
    ):  # fmt: skip
        with pytest.raises((SignedOut, NotAllowed), match="has left"):
            act()
    with pytest.raises(NotAllowed, match="has left"):
        team.sign_in("li")


# Leaving


def test_p16_who_holds_something_is_leaving_until_it_is_handed_over(team: Team) -> None:
    key = make(team.li, "Acme")
    outcome = teams.leave(team.lead, "li")
    assert outcome.message == "li is leaving; holds 1 customer, 1 follow-up: `handover li` gives it to others"
    assert state(team, "li") == "leaving"
    assert team.li.one(key).name == "Acme", "what is held is worked until it is handed over"
    assert followups.set_next(team.li, [key], in_days(1)).changed == (key,)
    with pytest.raises(NotAllowed, match="you are leaving"):
        disclosures.takes_out(team.li)
    assert teams.leave(team.lead, "li").message.startswith("li is leaving")
    handover.hand_over(team.lead, "li", "wang")
    assert teams.leave(team.lead, "li").message == "li has left"
    assert holder(team.database, key) == "wang"
    check(team.database)


GIVING_AND_ADDING: list[Any] = [
    lambda s, key: make(s, "New"),
    lambda s, key: make(s, "New", owner="pool"),
    lambda s, key: customers.archive(s, [key]),
    lambda s, key: customers.archive(s, [key], back=True),
    lambda s, key: pools.claim(s, [key]),
    lambda s, key: pools.release(s, [key], "no-need"),
    lambda s, key: pools.assign(s, [key], "wang"),
    lambda s, key: pools.move(s, [key], "default"),
    lambda s, key: pools.block(s, [key], "rude"),
    lambda s, key: pools.unblock(s, [key], "nice"),
    lambda s, key: offers.transfer(s, [key], "wang"),
    lambda s, key: offers.accept(s, [key]),
    lambda s, key: collaborations.share(s, [key], "wang"),
    lambda s, key: handover.hand_over(s, "li", "wang"),
    lambda s, key: teams.leave(s, "li"),
]


@pytest.mark.parametrize("act", GIVING_AND_ADDING)
def test_p16_who_is_leaving_gives_nothing_away_and_adds_nothing(team: Team, act: Any) -> None:
    key = make(team.lead, "Acme")
    teams.leave(team.admin, "zhao")
    before = present(team.database)
    with pytest.raises(NotAllowed, match="you are leaving"):
        act(team.lead, key)
    assert present(team.database) == before


def test_a_leaving_administrator_does_not_take_that_back(team: Team) -> None:
    teams.add(team.admin, "second", role="admin")
    second = team.sign_in("second")
    make(second)
    teams.leave(team.admin, "second")
    with pytest.raises(NotAllowed, match="you are leaving"):
        teams.edit(second, "me", Given(state="active"))
    teams.edit(team.admin, "second", Given(state="active"))
    assert make(second, "New")


def test_who_only_leads_is_told_which_team_and_how_to_go_on(team: Team) -> None:
    key = make(team.li, "Acme")
    teams.add_team(team.admin, "far north", "zhao", [])
    said = "zhao is leaving; leads far north: `teams edit 'far north' --lead NAME` names another"
    assert teams.leave(team.admin, "zhao").message == said
    history.undo(team.admin)
    pools.assign(team.admin, [key], "zhao")
    assert teams.leave(team.admin, "zhao").message == (
        "zhao is leaving; holds 1 customer, 1 follow-up: `handover zhao` gives it to others; " + said.split("; ")[1]
    )


def test_a_pool_whose_only_member_leaves_does_not_become_everybodys(team: Team) -> None:
    [key] = pooled(team)
    pool(team, "north", "li")
    pools.move(team.lead, [key], "north")
    teams.leave(team.lead, "li")
    assert lists.count(team.wang, Query()) == 0
    assert pools.claim(team.wang, [key]).changed == ()


def test_leaving_is_taken_back_and_who_left_may_come_back(team: Team) -> None:
    before = present(team.database)
    teams.leave(team.lead, "li")
    assert history.undo(team.lead).exit_code == 0
    assert present(team.database) == before
    teams.leave(team.lead, "li")
    teams.edit(team.admin, "li", Given(state="active"))
    assert make(team.sign_in("li"), "New")


def test_nobody_dismisses_themselves_nor_the_only_administrator(team: Team) -> None:
    with pytest.raises(NotAllowed, match="nobody dismisses themselves"):
        teams.leave(team.admin, "root")
    with pytest.raises(CrmError, match="only administrator"):
        teams.edit(team.admin, "root", Given(role="rep"))
    with pytest.raises(NotAllowed):
        teams.leave(team.li, "wang")


def test_who_holds_customers_becomes_no_service(team: Team) -> None:
    make(team.li, "Acme")
    with pytest.raises(CrmError, match="service holds none"):
        teams.edit(team.admin, "li", Given(role="service"))


# Absences


def test_a_stand_in_works_the_queue_while_somebody_is_away(team: Team) -> None:
    key = make(team.li, "Acme", phone="13812345678")
    followups.set_next(team.li, [key], in_days(0))
    assert team.wang.see([key])[0] == []
    teams.away(team.li, "me", TODAY, TODAY + timedelta(days=1), "wang")
    assert [line.id for line in due.queue(team.wang)] == [key]
    assert followups.set_next(team.wang, [key], in_days(1)).changed == (key,)
    team.clock.forward(days=1)
    assert team.wang.one(key).id == key
    team.clock.forward(days=1)
    assert team.wang.see([key])[0] == [], "the last day is over"


def test_without_a_stand_in_the_lead_has_the_queue(team: Team) -> None:
    key = make(team.li, "Acme")
    followups.set_next(team.li, [key], in_days(0))
    assert due.queue(team.lead) == []
    assert "zhao (team lead) stands in" in teams.away(team.lead, "li", None, None, None).message
    assert [line.id for line in due.queue(team.lead)] == [key]
    assert teams.back(team.lead, "li").message == "li is back"
    assert due.queue(team.lead) == []
    assert teams.back(team.lead, "li").message == "li is not away"


def test_an_absence_takes_the_place_of_the_one_before_and_is_taken_back(team: Team) -> None:
    before = present(team.database)
    teams.away(team.li, "me", TODAY, in_days(9).on, "wang")
    first = present(team.database)
    teams.away(team.li, "me", TODAY + timedelta(days=2), TODAY + timedelta(days=4), None)
    rows = team.database.rows("SELECT from_on, until_on FROM absence ORDER BY id")
    assert rows == [("2026-11-18", "2026-11-19"), ("2026-11-20", "2026-11-22")]
    history.undo(team.li)
    assert present(team.database) == first
    history.undo(team.li)
    assert present(team.database) == before


@pytest.mark.parametrize(
    ("stand_in", "reason"),
    [
        ("li", "li cannot stand in: nobody stands in for themselves"), ("me", "li cannot stand in: nobody"),
        ("sun", "sun cannot stand in: service holds no customers"), ("wang", "wang cannot stand in: is leaving"),
        ("chen", "chen cannot stand in: has left"), ("nobody", "there is no user"),
    ],
)  # fmt: skip
def test_who_cannot_stand_in_is_refused_with_the_reason(team: Team, stand_in: str, reason: str) -> None:
    make(team.wang)
    teams.add(team.admin, "chen", role="rep")
    for login in ("wang", "chen"):
        teams.leave(team.lead, login)
    with pytest.raises(UsageError, match=reason):
        teams.away(team.li, "me", None, TODAY, stand_in)


def test_a_rep_says_until_when_and_a_lead_need_not(team: Team) -> None:
    with pytest.raises(UsageError, match="until when"):
        teams.away(team.li, "me", None, None, "wang")
    assert "until further notice" in teams.away(team.lead, "li", None, None, None).message
    assert "until further notice" in teams.away(team.lead, "me", None, None, None).message


def test_who_is_away_receives_nothing(team: Team) -> None:
    key = make(team.admin, "Acme", owner="pool")
    offered = make(team.wang, "Offered")
    offers.transfer(team.wang, [offered], "li")
    teams.away(team.lead, "li", None, None, None)
    for act in (lambda: pools.claim(team.li, [key]), lambda: make(team.li), lambda: offers.accept(team.li, [offered])):
        with pytest.raises(NotAllowed, match="you are away: `users back me` first"):
            act()
    with pytest.raises(UsageError, match="li receives no customers: is away"):
        make(team.lead, "Beta", owner="li")
    teams.back(team.li, "me")
    assert pools.claim(team.li, [key]).changed == (key,)


def test_with_the_lead_away_too_another_lead_stands_in_else_an_administrator(team: Team) -> None:
    key = make(team.li, "Acme")
    followups.set_next(team.li, [key], in_days(0))
    teams.add(team.admin, "qian", role="lead")
    said = [teams.away(team.admin, login, None, None, None).message for login in ("zhao", "li")]
    assert [text.partition("notice, ")[2] for text in said] == ["qian (team lead) stands in"] * 2
    assert [line.id for line in due.queue(team.sign_in("qian"))] == [key]
    assert due.queue(team.lead) == []
    assert "root (administrator) stands in" in teams.away(team.admin, "qian", None, None, None).message
    assert [line.id for line in due.queue(team.admin)] == [key]
    assert "nobody is there to stand in" in teams.away(team.admin, "root", None, None, None).message


def test_a_stand_in_is_in_charge_of_nobody(team: Team) -> None:
    teams.add_team(team.admin, "south", "zhao", ["zhao"])
    teams.add(team.admin, "qian", role="lead", team="south")
    assert teams.leave(team.lead, "qian").message == "qian has left"
    teams.add(team.admin, "wu", role="lead")
    teams.away(team.admin, "wu", None, None, "zhao")
    assert team.database.value("SELECT id FROM user WHERE login = 'wu'") in team.lead.sight.owners
    with pytest.raises(NotAllowed, match="not of your team"):
        teams.leave(team.lead, "wu")

def test_only_oneself_the_lead_and_administrators_say_that_somebody_is_away(team: Team) -> None:
    with pytest.raises(NotAllowed, match="not of your team"):
        teams.away(team.wang, "li", None, None, "wang")
    with pytest.raises(UsageError, match="before"):
        teams.away(team.li, "me", TODAY, TODAY - timedelta(days=1), None)


def test_ones_capacity_is_ones_cap_at_once(team: Team) -> None:
    keys = pooled(team, 2)
    teams.edit(team.admin, "li", Given(capacity="1"))
    ruled(team, holding_cap=50)
    assert reasons(pools.claim(team.li, keys)) == ["the holding cap of 1 is reached"]
    assert {u["login"]: u["capacity"] for u in people.everyone(team.lead)}["li"] == 1
