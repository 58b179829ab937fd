"""The team's figures: counted for all at once, and equal to counting by hand."""

from __future__ import annotations

import pytest

from crm_tui.domain.errors import NotAllowed
from crm_tui.services import comments, customers, followups, history, interactions, rules, stages, sweep, teams
from crm_tui.services import team as figures_of
from crm_tui.services.interactions import Note
from crm_tui.services.session import Session
from crm_tui.services.team import Rep
from tests.factories import Team, in_days, make


def of(session: Session, login: str) -> Rep:
    return next(rep for rep in figures_of.figures(session) if rep.login == login)


def test_what_is_promised_missed_untouched_and_logged_is_counted_for_each_rep(team: Team) -> None:
    mine = [make(team.li, f"L{n}") for n in range(6)]
    make(team.wang, "W")
    followups.set_next(team.li, mine[:2], in_days(0))
    followups.set_next(team.li, mine[2:3], in_days(1))
    followups.set_next(team.li, mine[3:], in_days(40))
    interactions.log(team.li, mine[:1], Note("spoke", next=in_days(0)))
    interactions.no_answer(team.li, mine[1:2])
    assert [getattr(of(team.lead, "li"), name) for name in ("customers", "counted", "cap", "untouched", "logged")] == [
        6, 6, 100, 4, 2,
    ]  # fmt: skip
    assert (of(team.lead, "li").promised, of(team.lead, "li").missed) == (2, 0)
    team.clock.forward(days=1)
    assert (of(team.lead, "li").promised, of(team.lead, "li").missed) == (1, 2)
    customers.archive(team.li, mine[2:4])
    assert (of(team.lead, "li").promised, of(team.lead, "li").untouched) == (0, 2)
    assert of(team.lead, "wang").untouched == 1


def test_a_week_begins_on_monday(team: Team) -> None:
    key = make(team.li)
    interactions.log(team.li, [key], Note("Wednesday"))
    team.clock.forward(days=4)
    assert of(team.lead, "li").logged == 1
    team.clock.forward(days=1)
    assert of(team.lead, "li").logged == 0
    assert "0 interactions" in team_log(team.lead)[0]


def team_log(session: Session) -> list[str]:
    found = figures_of.log(session, "li")
    return [found.message, *found.lines]


def test_steps_forward_are_counted_without_those_taken_back_to_lost_or_long_ago(team: Team) -> None:
    keys = [make(team.li, f"L{n}") for n in range(4)]
    stages.move(team.li, keys[:1], "intent", "")
    team.clock.forward(days=31)
    stages.move(team.li, keys[:1], "actual", "")
    stages.move(team.li, keys[1:3], "target", "")
    stages.move(team.li, keys[3:], "lost", "price")
    assert (of(team.lead, "li").advanced, of(team.lead, "li").won) == (3, 1)
    history.undo(team.li)
    history.undo(team.li)
    assert (of(team.lead, "li").advanced, of(team.lead, "li").won) == (1, 1)
    history.redo(team.li)
    assert of(team.lead, "li").advanced == 3


def test_who_is_warned_is_counted(team: Team) -> None:
    key = make(team.li, "Acme", tier="A")
    rules.set_rule(team.admin, "pool.recycle.contact.A", "7")
    team.clock.forward(days=6)
    sweep.sweep(team.lead)
    assert of(team.lead, "li").warned == 1
    interactions.log(team.li, [key], Note("spoke"))
    assert of(team.lead, "li").warned == 0


def test_leads_see_their_team_administrators_all_and_nobody_else_any(team: Team) -> None:
    teams.add(team.admin, "chen", role="rep")
    teams.add_team(team.admin, "south", None, ["chen"])
    teams.edit_team(team.admin, "default", None, "zhao", ())
    assert {rep.login for rep in figures_of.figures(team.lead)} == {"zhao", "li", "wang", "root"}
    assert {rep.login for rep in figures_of.figures(team.admin)} == {"zhao", "li", "wang", "root", "chen"}
    for session in (team.li, team.service):
        with pytest.raises(NotAllowed):
            figures_of.figures(session)
    with pytest.raises(NotAllowed, match="not of your team"):
        figures_of.log(team.lead, "chen")


def test_the_state_says_who_is_away_or_leaving(team: Team) -> None:
    make(team.wang)
    teams.away(team.lead, "li", None, None, None)
    teams.leave(team.lead, "wang")
    assert (of(team.lead, "li").state, of(team.lead, "wang").state) == ("away", "leaving")


def test_the_log_of_the_week_has_what_was_said_of_it(team: Team) -> None:
    key = make(team.li, "宏达科技")
    interactions.log(team.li, [key], Note("谈了价格"))
    comments.comment(team.lead, key, "再压一压")
    team.clock.forward(hours=1)
    interactions.no_answer(team.li, [key])
    found = figures_of.log(team.lead, "li")
    assert found.message == "li: 2 interactions this week"
    assert [line.split("  ", 1)[1].strip() for line in found.lines] == [
        "宏达科技  no answer", "宏达科技  call: 谈了价格", "> zhao: 再压一压",
    ]  # fmt: skip
    assert [row["id"] for row in found.data] == [key] * 3
