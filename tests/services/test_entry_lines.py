"""What an entry changed is told a line for each customer, by name, without what only keeps the books."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crm_tui.domain.errors import CrmError
from crm_tui.domain.schemes import shipped
from crm_tui.services import (
    comments,
    customers,
    entry_lines,
    followups,
    handover,
    history,
    interactions,
    offers,
    pools,
    profiles,
    rules,
    stages,
    tiers,
)
from crm_tui.services.interactions import Note
from crm_tui.services.session import Session
from tests.factories import Team, in_days, make

DEEDS: list[tuple[Callable[[Team, int], object], str]] = [
    (lambda team, key: tiers.assign(team.li, [key], "B", shipped()["abcd"]), "tier D → B"),
    (lambda team, key: tiers.assign(team.li, [key], "high", shipped()["label"]), "graded"),
    (lambda team, key: stages.move(team.li, [key], "intent", ""), "potential → intent"),
    (lambda team, key: followups.set_next(team.li, [key], in_days(13)), "next 2026-12-01"),
    (lambda team, key: interactions.log(team.li, [key], Note("spoke", next=in_days(13))), "next 2026-12-01, logged"),
    (lambda team, key: pools.release(team.li, [key], "no-need"), "li → (default), next –"),
    (lambda team, key: offers.transfer(team.li, [key], "wang", "busy"), "offered"),
    (lambda team, key: comments.comment(team.lead, key, "why"), "commented"),
    (lambda team, key: customers.archive(team.li, [key]), "archived"),
    (lambda team, key: profiles.edit(team.li, [key], {"region": "north", "founded": "1999"}),
     "region north, founded 1999"),
]  # fmt: skip


def told(session: Session) -> list[str]:
    return entry_lines.lines(session, history.entries(session, limit=1)[0]["id"])


@pytest.mark.parametrize(("deed", "line"), DEEDS)
def test_a_change_is_told_in_a_line(team: Team, deed: Callable[[Team, int], object], line: str) -> None:
    key = make(team.li, "Ashbury")
    deed(team, key)
    assert told(team.admin) == [f"Ashbury: {line}"]


def test_who_made_claimed_and_unmade_a_customer_reads_its_name(team: Team) -> None:
    key = make(team.lead, "Ashbury", owner="pool")
    assert told(team.lead) == ["Ashbury: made"]
    pools.claim(team.li, [key])
    assert told(team.li) == ["Ashbury: (default) → li, next 2026-11-19"]
    make(team.li, "Beta")
    history.undo(team.li)
    assert told(team.li) == ["Beta: unmade"]


def test_a_hand_over_has_a_line_for_each_customer_and_one_for_the_leaver(team: Team) -> None:
    for name in ("Ashbury", "Beta"):
        make(team.li, name)
    handover.hand_over(team.lead, "li", "rr:wang")
    assert told(team.lead) == ["Ashbury: li → wang", "Beta: li → wang", "user li: state active → leaving"]


def test_a_long_entry_says_how_much_more_there_is(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entry_lines, "MOST", 2)
    keys = [make(team.li, f"C{n}") for n in range(5)]
    tiers.assign(team.li, keys, "A", shipped()["abcd"])
    assert told(team.li) == ["C0: tier D → A", "C1: tier D → A", "and 3 more"]


def test_what_one_does_not_see_is_not_told(team: Team) -> None:
    make(team.wang, "Secret")
    entry = history.entries(team.wang, limit=1)[0]["id"]
    with pytest.raises(CrmError, match="there is no entry"):
        entry_lines.lines(team.li, entry)


def test_a_rule_has_a_line_of_its_own(team: Team) -> None:
    rules.set_rule(team.admin, "pool.daily_quota", "5")
    assert told(team.admin) == ["setting #1: added"]
