"""Users, teams, absences, leaving; and that a change of any of them bites at once (DOMAIN §8, §4 P16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crm_tui.domain.errors import CrmError, NotAllowed, SignedOut, UsageError
from crm_tui.services import (
    disclosures,
    due,
    followups,
    handover,
    history,
    lists,
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
from crm_tui.store.database import Database
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
    assert lists.stage_counts(south, "") == {"potential": 1}
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
    assert "li is leaving and holds 1 customers" in outcome.message
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
    assert "the lead stands in" in teams.away(team.lead, "li", None, None, None).message
    assert [line.id for line in due.queue(team.lead)] == [key]
    assert teams.back(team.lead, "li").message == "li is back"
    assert due.queue(team.lead) == []
    assert teams.back(team.lead, "li").message == "li is not away"


def test_an_absence_takes_the_place_of_the_one_before_and_is_taken_back(team: Team) -> None:
    before = present(team.database)
    teams.away(team.li, "me", TODAY, None, "wang")
    first = present(team.database)
    teams.away(team.li, "me", TODAY + timedelta(days=2), TODAY + timedelta(days=4), None)
    rows = team.database.rows("SELECT from_on, until_on FROM absence ORDER BY id")
    assert rows == [("2026-11-18", "2026-11-19"), ("2026-11-20", "2026-11-22")]
    history.undo(team.li)
    assert present(team.database) == first
    history.undo(team.li)
    assert present(team.database) == before


@pytest.mark.parametrize("stand_in", ["li", "sun", "nobody"])
def test_who_cannot_stand_in_is_refused(team: Team, stand_in: str) -> None:
    with pytest.raises(UsageError):
        teams.away(team.li, "me", None, None, stand_in)


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
