"""Daily and weekly reports drafted from the log, for oneself and by leads for their team."""

from __future__ import annotations

import pytest

from crm_tui.domain.errors import NotAllowed, UsageError
from crm_tui.domain.schemes import shipped
from crm_tui.services import collaborations, followups, history, interactions, moves, reports, stages, tiers
from crm_tui.services.interactions import Note
from crm_tui.services.session import Session
from tests.factories import TODAY, Clock, Team, in_days, make


def given(by: Session, key: int, to: Session, kind: str, reason: str = "") -> None:
    with by.changing() as change:
        moves.give(by, change, [by.one(key)], to.person.id, kind, reason)


def freed(by: Session, key: int, kind: str, reason: str = "") -> None:
    with by.changing() as change:
        moves.to_pool(by, change, [by.one(key)], {key: 1}, kind, reason)


def busy_day(team: Team) -> dict[str, int]:
    """A day of li's, on Wednesday 18 November 2026."""
    keys = {name: make(team.li, name) for name in ("华为", "Acme", "Gone")}
    keys["Pool"] = make(team.admin, "Pool", owner="pool")
    interactions.log(team.li, [keys["华为"]], Note("要报价\n下周", channel="visit", next=in_days(2), purpose="报价"))
    interactions.log(team.li, [keys["Acme"]], Note("spoke"))
    interactions.log(team.li, [keys["Acme"]], Note("spoke again", done=True))
    interactions.no_answer(team.li, [keys["Gone"]])
    stages.move(team.li, [keys["华为"]], "intent")
    tiers.assign(team.li, [keys["华为"]], "B", shipped()["abcd"])
    given(team.li, keys["Pool"], team.li, "claim")
    freed(team.li, keys["Gone"], "release", "no need now")
    return keys


def test_a_day_is_told_in_lines_that_can_be_pasted(team: Team) -> None:
    busy_day(team)
    assert reports.report(team.li).lines == (
        "li · daily report · Wed 2026-11-18",
        "3 contacts (call 2, visit 1) with 2 customers, 1 attempt.",
        "- 华为, visit: 要报价 下周",
        "- Acme, call: spoke",
        "- Acme, call: spoke again",
        "Moved: 华为 potential → intent.",
        "Graded: 华为 意D → 意B.",
        "Follow-ups: 2 done, 1 promised.",
        "New: 华为; Acme; Gone.",
        "Claimed: Pool.",
        "Released: Gone (no need now).",
        "Next:",
        "- Thu 2026-11-19: Pool",
    )


def test_the_record_of_a_report_has_stable_keys(team: Team) -> None:
    keys = busy_day(team)
    [record] = reports.report(team.li).data
    assert {name: record[name] for name in ("user", "period", "from", "to", "contacts", "attempts", "customers")} == {
        "user": "li", "period": "day", "from": "2026-11-18", "to": "2026-11-18", "contacts": {"visit": 1, "call": 2},
        "attempts": 1, "customers": 2,
    }  # fmt: skip
    assert (record["promised"], record["done"], record["overdue"]) == (1, 2, 0)
    assert record["hands"][-1] == {
        "id": keys["Gone"], "name": "Gone", "what": "released", "kind": "release", "reason": "no need now",
    }  # fmt: skip
    assert [row["due"] for row in record["next"]] == ["2026-11-19"]


def test_undone_steps_are_left_out(team: Team) -> None:
    key = make(team.li, "Acme")
    for step in (
        lambda: interactions.log(team.li, [key], Note("x", next=in_days(3))),
        lambda: stages.move(team.li, [key], "target"),
        lambda: tiers.assign(team.li, [key], "A", shipped()["abcd"]),
        lambda: freed(team.li, key, "release", "oops"),
    ):
        before = reports.report(team.li).lines
        step()
        assert reports.report(team.li).lines != before
        history.undo(team.li)
        assert reports.report(team.li).lines == before
    stages.move(team.li, [key], "target")
    history.undo(team.li)
    history.redo(team.li)
    assert "Moved: Acme potential → target." in reports.report(team.li).lines


def test_a_week_begins_on_monday_in_the_users_own_zone(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    clock.forward(days=-2, hours=-9)  # Monday 01:00 in Shanghai is Sunday in UTC
    interactions.log(team.li, [key], Note("monday", at=None))
    clock.forward(hours=-2)  # Sunday 23:00
    interactions.log(team.li, [key], Note("sunday"))
    clock.forward(days=4)
    lines = reports.report(team.li, "week").lines
    assert lines[0] == "li · weekly report · Mon 2026-11-16 to Sun 2026-11-22"
    assert [line for line in lines if line.startswith("- ") and "2026" not in line] == ["- Acme, call: monday"]
    last = reports.report(team.li, "week", on=in_days(-4).on).lines
    assert "- Acme, call: sunday" in last
    assert reports.report(team.li, "day", on=in_days(-10).on).lines[:2] == (
        "li · daily report · Sun 2026-11-08", "Nothing was logged.",
    )  # fmt: skip


def test_what_is_overdue_stands_under_today(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    followups.set_next(team.li, [key], in_days(1), "offer")
    clock.forward(days=6)
    lines = reports.report(team.li).lines
    assert lines[1:] == ("Follow-ups: 1 overdue.", "Next:", "- Tue 2026-11-24: Acme (offer)")


def test_a_rep_reads_the_own_report_only(team: Team) -> None:
    for asked in ({"login": "wang"}, {"team": True}):
        with pytest.raises(NotAllowed):
            reports.report(team.li, **asked)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match='no user "nobody"'):
        reports.report(team.li, login="nobody")
    with pytest.raises(NotAllowed):
        reports.report(team.service, login="li")
    assert reports.report(team.li, login="me").data[0]["user"] == "li"


def test_a_lead_reads_everybodys_of_the_team(team: Team) -> None:
    busy_day(team)
    assert reports.report(team.lead, login="li").data == reports.report(team.li).data
    outcome = reports.report(team.lead, team=True)
    assert {"li", "wang", "zhao"} <= {record["user"] for record in outcome.data}
    assert "wang · daily report · Wed 2026-11-18" in outcome.lines
    team.database.execute("INSERT INTO team (name) VALUES ('south')")
    south = team.database.value("SELECT max(id) FROM team")
    team.database.execute("UPDATE user SET team_id = ? WHERE login = 'wang'", (south,))
    with pytest.raises(NotAllowed):
        reports.report(team.lead, login="wang")
    assert "wang" not in {record["user"] for record in reports.report(team.lead, team=True).data}


def test_a_customer_that_the_reader_does_not_see_is_counted_and_not_named(team: Team) -> None:
    key, kept = make(team.li, "秘密客户"), make(team.li, "Acme")
    collaborations.share(team.li, [key], "wang", access="edit")
    interactions.log(team.wang, [key], Note("the recipe"))
    collaborations.unshare(team.li, [key], "wang")
    interactions.log(team.li, [key, kept], Note("about the recipe"))
    stages.move(team.li, [key, kept], "target")
    given(team.lead, key, team.wang, "assign")
    outcome = reports.report(team.li)
    told = "\n".join(outcome.lines) + str(outcome.data)
    assert "秘密客户" not in told
    assert "2 contacts (call 2) with 2 customers." in outcome.lines
    assert "Moved: Acme potential → target; 1 more." in outcome.lines
    assert "Given away: 1 more." in outcome.lines
    assert "- and 1 more" in outcome.lines


def test_who_receives_and_who_gives_are_told_apart(team: Team) -> None:
    key = make(team.li, "Acme")
    given(team.lead, key, team.wang, "transfer", "moves house")
    assert "Received: Acme (transferred: moves house)." in reports.report(team.wang).lines
    assert "Given away: Acme (transferred: moves house)." in reports.report(team.lead, login="li").lines
    freed(team.lead, key, "recycle")
    assert "Back to the pool: Acme." in reports.report(team.wang).lines
    assert not [line for line in reports.report(team.lead, on=TODAY).lines if "Acme" in line]
