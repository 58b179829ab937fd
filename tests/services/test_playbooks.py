"""Playbooks at work: ticked off, shown on the card, told in the queue, taken back, and seen by whom it concerns."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.services import cards, due, history, playbooks, rules, tiers
from crm_tui.services.sections import Row
from tests.factories import Team, make


def graded(team: Team, tier: str = "strategic", name: str = "Acme") -> int:
    key = make(team.li, name, stage="actual")
    tiers.assign(team.lead, [key], tier, team.lead.settings.schemes["value"])
    return key


def rows(team: Team, key: int) -> dict[str, Row]:
    section = next((one for one in cards.card(team.li, key).sections if one.name == "playbook"), None)
    return {row.text: row for row in section.rows} if section else {}


def reasons(team: Team) -> list[str]:
    return [r.text for line in due.queue(team.li) for r in (line.reason, *line.others) if r.kind == "playbook"]


def in_days_to(team: Team, day: date) -> None:
    """Let the clock stand on that day."""
    team.clock.forward(days=(day - team.li.today).days)


def test_the_card_shows_what_is_owed_and_what_was_done(team: Team) -> None:
    key = graded(team)
    year = team.li.today.year
    assert rows(team, key)[f"yearly meeting {year}"] == Row(
        "[ ]", f"yearly meeting {year}", "executive · due by 31 Dec", "playbook done yearly_meeting"
    )
    told = playbooks.mark(team.li, [key], "yearly-meeting", note="plan for next year")
    assert told.message == f"Acme: yearly meeting {year} done"
    today = f"{team.li.today:%-d %b}"
    assert rows(team, key)[f"yearly meeting {year}"] == Row(
        "[x]", f"yearly meeting {year}", f"executive · done {today} · plan for next year"
    )
    assert rows(team, key)["regular contact"].note == "rep · every 10 days"
    history.undo(team.li)
    assert rows(team, key)[f"yearly meeting {year}"].label == "[ ]"


def test_marking_again_changes_the_day_and_nothing_where_it_is_the_same(team: Team) -> None:
    key = graded(team)
    assert playbooks.mark(team.li, [key], "gifts").changed == (key,)
    assert playbooks.mark(team.li, [key], "gifts").changed == ()
    assert playbooks.mark(team.li, [key], "gifts", team.li.today - timedelta(days=1)).changed == (key,)
    assert team.database.value("SELECT count(*) FROM playbook_mark") == 1


def test_another_tier_leaves_what_was_done(team: Team) -> None:
    key = graded(team)
    playbooks.mark(team.li, [key], "yearly_meeting")
    tiers.assign(team.lead, [key], "general", team.lead.settings.schemes["value"])
    year = team.li.today.year
    found = rows(team, key)
    assert found[f"yearly meeting {year}"].label == "[x]"
    assert f"senior visit {year}-H2" not in found
    assert f"greeting card {year}" in found


def test_the_queue_tells_what_is_due_soon_until_it_is_done(team: Team) -> None:
    key = graded(team)
    in_days_to(team, date(2026, 12, 16))
    assert reasons(team) == []
    in_days_to(team, date(2026, 12, 17))
    assert "senior visit due by 31 Dec (playbook 战)" in reasons(team)
    [line] = due.lines(team.li, [key]).values()
    assert "playbook" in [r.kind for r in (line.reason, *line.others)]
    assert any("senior visit due by 31 Dec" in text for text in due.why(team.li, key).lines)
    playbooks.mark(team.li, [key], "senior_visits")
    assert "senior visit due by 31 Dec (playbook 战)" not in reasons(team)
    rules.set_rule(team.admin, "playbook.ahead_days", "off")
    assert reasons(team) == []


def test_only_who_works_the_customer_is_told(team: Team) -> None:
    graded(team)
    in_days_to(team, date(2026, 12, 20))
    assert reasons(team)
    assert not [line for line in due.queue(team.wang) if line.reason.kind == "playbook"]


def test_a_lost_customer_is_owed_nothing_in_the_queue(team: Team) -> None:
    from crm_tui.services import stages

    key = graded(team)
    stages.move(team.li, [key], "lost", "price")
    in_days_to(team, date(2026, 12, 20))
    assert reasons(team) == []


@pytest.mark.parametrize(
    ("tier", "item", "said"),
    [
        ("general", "senior_visits", "the playbook of 普 has no senior visit"),
        ("strategic", "credit_terms", "credit terms holds always: there is nothing to tick off"),
    ],
)
def test_what_is_not_to_be_ticked_off_is_refused(team: Team, tier: str, item: str, said: str) -> None:
    key = graded(team, tier)
    assert [one.reason for one in playbooks.mark(team.li, [key], item).refused] == [said]


def test_a_day_to_come_and_other_words_are_refused(team: Team) -> None:
    key = graded(team)
    with pytest.raises(UsageError, match="yet to come"):
        playbooks.mark(team.li, [key], "gifts", team.li.today + timedelta(days=1))
    with pytest.raises(UsageError, match="in no playbook"):
        playbooks.mark(team.li, [key], "party")


def test_others_customers_have_no_playbook_for_one(team: Team) -> None:
    key = graded(team)
    assert [one.reason for one in playbooks.mark(team.wang, [key], "gifts").refused] == [f"there is no customer {key}"]
    with pytest.raises(CrmError):
        playbooks.show(team.wang, key)


def test_a_playbook_asks_for_more_of_the_profile(team: Team) -> None:
    key = graded(team)
    missing = {field.identifier for field in cards.card(team.li, key).completeness.missing}
    tiers.assign(team.lead, [key], "general", team.lead.settings.schemes["value"])
    assert {"attitude", "competitor_standing", "buys_when"} <= missing
