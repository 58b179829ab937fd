from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crm_tui.domain.errors import NotAllowed, UsageError
from crm_tui.services import history, people, rules, teams
from crm_tui.store.database import Database
from tests.factories import SHANGHAI, Clock, Team, column, day, in_days, make


def test_the_first_user_of_a_new_database_is_its_administrator(blank: Path, tmp_path: Path) -> None:
    database = Database(Path(shutil.copy(blank, tmp_path / "crm.db")))
    assert people.sign_in(database, "ann", source="test").person.role == "admin"
    assert people.sign_in(database, "ann", source="test").person.role == "admin"
    with pytest.raises(NotAllowed, match=r'"bob" is no user of .*`crm-tui users add bob`') as caught:
        people.sign_in(database, "bob", source="test")
    assert caught.value.exit_code == 3
    database.close()


def test_who_has_left_does_not_come_in(team: Team) -> None:
    team.database.execute("UPDATE user SET state = 'left' WHERE login = 'li'")
    with pytest.raises(NotAllowed, match="li has left"):
        team.sign_in("li")


def test_only_administrators_add_users_and_set_rules(team: Team) -> None:
    for session in (team.lead, team.li, team.service):
        with pytest.raises(NotAllowed, match="only administrators"):
            teams.add(session, "chen")
        with pytest.raises(NotAllowed):
            rules.set_rule(session, "currency", "USD")


def test_a_user_is_added_with_role_and_zone(team: Team) -> None:
    outcome = teams.add(team.admin, "chen", name="陈\x1b静", role="lead", time_zone="America/New_York")
    assert outcome.data[0]["login"] == "chen"
    chen = team.sign_in("chen")
    assert (chen.person.name, chen.person.role, str(chen.person.zone)) == ("陈静", "lead", "America/New_York")
    assert (str(chen.today), str(team.li.today)) == ("2026-11-17", "2026-11-18")


@pytest.mark.parametrize(
    ("login", "given"),
    [
        ("", {}), ("a b", {}), ("1st", {}), ("x;y", {}), ("li", {}), ("chen", {"role": "boss"}),
        ("chen", {"time_zone": "Mars"}),
    ],
)  # fmt: skip
def test_a_user_that_cannot_be_is_refused(team: Team, login: str, given: dict[str, str]) -> None:
    before = people.logins(team.database)
    with pytest.raises(UsageError):
        teams.add(team.admin, login, **given)
    assert people.logins(team.database) == before


def test_a_user_without_a_zone_has_that_of_the_setting(team: Team) -> None:
    rules.set_rule(team.admin, "time_zone", "Asia/Shanghai")
    teams.add(team.admin, "chen")
    assert str(team.sign_in("chen").person.zone) == str(SHANGHAI)


def test_a_rule_is_set_journaled_and_in_force_at_once(team: Team) -> None:
    assert rules.set_rule(team.admin, "cadence.abcd.A", "5").message == "cadence.abcd.A = 5"
    assert rules.set_rule(team.admin, "cadence.abcd.A", "off").message == "cadence.abcd.A = off"
    assert team.admin.settings["cadence.abcd.A"] is None
    assert team.sign_in("li").settings["cadence.abcd.A"] is None
    journaled = "SELECT before ->> 'value', after ->> 'value' FROM journal_change WHERE record = 'setting' ORDER BY id"
    assert team.database.rows(journaled) == [(None, None), ("5", "null")]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("pool.holding_capp", "5", "pool.holding_cap"),
        ("pool.holding_cap", "0", "not between 1 and"),
        ("pool.holding_cap", "many", "not a whole number"),
        ("currency", "yuan", "not a code of 3 letters"),
        ("time_zone", "Mars/Base", "not known"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(team: Team, name: str, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        rules.set_rule(team.admin, name, text)
    assert team.database.value("SELECT count(*) FROM setting") == 0


def test_a_rep_is_not_told_how_many_the_others_hold(team: Team, clock: Clock) -> None:
    make(team.li, "Acme")
    make(team.wang, "Beta")
    held = {user["login"]: user["customers"] for user in people.everyone(team.li)}
    assert held == {"li": 1, "root": None, "sun": None, "wang": None, "zhao": None}
    assert {u["login"]: u["customers"] for u in people.everyone(team.lead)}["wang"] == 1


def test_another_limit_for_stale_profiles_holds_for_those_that_are_there_and_is_undone_with_them(team: Team) -> None:
    key = make(team.admin, "Acme", region="north")
    before = column(team.database, "stale_on", key)
    rules.set_rule(team.admin, "profile.stale_days", "1")
    assert column(team.database, "stale_on", key) == day(1)
    rules.set_rule(team.admin, "profile.stale_days", "off")
    assert column(team.database, "stale_on", key) is None
    history.undo(team.admin)
    history.undo(team.admin)
    assert column(team.database, "stale_on", key) == before


def test_who_is_away_today_is_listed_as_away_with_the_stand_in(team: Team) -> None:
    teams.away(team.lead, "li", None, in_days(2).on, "wang")
    listed = {user["login"]: user for user in people.everyone(team.admin)}
    assert [listed["li"][name] for name in ("state", "until", "stand_in")] == ["away", day(2), "wang"]
    assert listed["wang"]["state"] == "active"
    team.clock.forward(days=3)
    assert {user["login"]: user["state"] for user in people.everyone(team.admin)}["li"] == "active"
