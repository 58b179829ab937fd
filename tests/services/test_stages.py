from __future__ import annotations

from typing import Any

import pytest

from crm_tui.domain.errors import UsageError
from crm_tui.services import stages, tiers
from tests.factories import Clock, Team, column, make


def chain(team: Team, key: int) -> list[tuple[Any, ...]]:
    """The customer's steps: from, to, reason, days."""
    return team.database.rows(
        "SELECT from_stage, to_stage, reason, days FROM stage_change WHERE customer_id = ? ORDER BY id", (key,)
    )


def test_every_step_is_kept_with_the_days_spent(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    clock.forward(days=2, hours=12)
    assert stages.move(team.li, [key], "intent").message == "Acme → intent"
    clock.forward(days=1)
    stages.move(team.lead, [key], "target", " budget cut ")
    assert chain(team, key) == [
        (None, "potential", "", None), ("potential", "intent", "", 2.5), ("intent", "target", "budget cut", 1.0),
    ]  # fmt: skip
    assert column(team.database, "stage_since", key) == "2026-11-21 14:00:00"


def test_going_back_needs_a_reason(team: Team) -> None:
    key = make(team.li, "Acme", stage="intent")
    with pytest.raises(UsageError, match="going back from intent to target needs a reason"):
        stages.move(team.li, [key], "target")
    with pytest.raises(UsageError, match="needs a reason"):
        stages.move(team.li, [key], "non_customer")
    assert len(chain(team, key)) == 1


@pytest.mark.parametrize("reason", ["", "bad luck", "other", "other:"])
def test_lost_needs_a_reason_from_the_list(team: Team, reason: str) -> None:
    key = make(team.li, "Acme")
    with pytest.raises(UsageError, match="competitor, price"):
        stages.move(team.li, [key], "lost", reason)
    assert column(team.database, "stage", key) == "potential"


@pytest.mark.parametrize(
    ("typed", "kept"), [("price", "price"), ("价格", "price"), ("other: moved\x1b abroad", "other: moved abroad")]
)
def test_the_reason_is_kept_by_its_key_and_without_what_steers_a_terminal(team: Team, typed: str, kept: str) -> None:
    key = make(team.li, "Acme")
    stages.move(team.li, [key], "lost", typed)
    assert chain(team, key)[-1][:3] == ("potential", "lost", kept)


def test_of_several_those_that_need_a_reason_are_refused_one_by_one(team: Team) -> None:
    back, on, there = make(team.li, "A", stage="intent"), make(team.li, "B"), make(team.li, "C", stage="target")
    outcome = stages.move(team.li, [back, on, there], "target")
    assert outcome.changed == (on,)
    assert [(r.id, r.reason) for r in outcome.refused] == [
        (back, 'going back from intent to target needs a reason: add --reason "…"')
    ]
    assert outcome.exit_code == 4
    assert stages.move(team.li, [back, on], "potential", "no budget").changed == (back, on)


def test_who_is_there_already_stays_and_nothing_is_kept(team: Team) -> None:
    key = make(team.li, "Acme")
    outcome = stages.move(team.li, [key], "potential")
    assert (outcome.message, outcome.changed, outcome.exit_code) == ("Acme: already there", (), 0)
    assert len(chain(team, key)) == 1


def test_one_step_on_never_leads_to_lost_and_one_back_ends_at_non_customer(team: Team) -> None:
    key = make(team.li, "Acme")
    for expected in ("target", "intent", "actual"):
        stages.step(team.li, [key], 1)
        assert column(team.database, "stage", key) == expected
    outcome = stages.step(team.li, [key], 1)
    assert [r.reason for r in outcome.refused] == ["there is no stage beyond actual"]
    with pytest.raises(UsageError):
        stages.step(team.li, [key], -1)
    for _ in range(4):
        stages.step(team.li, [key], -1, "test")
    assert column(team.database, "stage", key) == "non_customer"
    assert stages.step(team.li, [key], -1, "test").exit_code == 1


def test_each_of_several_goes_one_step_from_where_it_is(team: Team) -> None:
    keys = [make(team.li, "A"), make(team.li, "B", stage="target")]
    outcome = stages.step(team.li, keys, 1)
    assert outcome.message == "2 customers → the next stage"
    assert [column(team.database, "stage", key) for key in keys] == ["target", "intent"]


def test_a_win_back_is_told_as_one(team: Team) -> None:
    key = make(team.li, "Acme")
    stages.move(team.li, [key], "lost", "price")
    assert stages.move(team.li, [key], "target", "new buyer").message == "Acme → target, a win-back"


@pytest.mark.parametrize(
    ("stage", "tier", "proposed"),
    [("target", "D", "C"), ("intent", "D", "B"), ("intent", "A", None), ("intent", "B", None), ("actual", "D", None)],
)
def test_a_stage_proposes_its_letter_and_one_key_accepts(
    team: Team, stage: str, tier: str, proposed: str | None
) -> None:
    key = make(team.li, "Acme", tier=tier)
    outcome = stages.move(team.li, [key], stage)
    assert outcome.proposal == (("tier accept", f"tier {proposed} proposed") if proposed else None)
    accepted = tiers.accept(team.li, [key])
    assert accepted.changed == ((key,) if proposed else ())
    assert column(team.database, "tier", key) == (proposed or tier)


def test_nothing_that_was_promised_is_cleared_by_a_step(team: Team) -> None:
    key = make(team.li, "Acme")
    before = column(team.database, "next_on", key)
    stages.move(team.li, [key], "lost", "price")
    assert column(team.database, "next_on", key) == before
