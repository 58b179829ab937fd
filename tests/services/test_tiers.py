from __future__ import annotations

import pytest

from crm_tui.domain.errors import UsageError
from crm_tui.domain.schemes import shipped
from crm_tui.services import profiles, rules, stages, tier_reasons, tiers
from tests.factories import Clock, Team, column, make

ABCD, LABEL = shipped()["abcd"], shipped()["label"]


def test_a_tier_of_the_primary_scheme_is_the_badge(team: Team) -> None:
    key = make(team.li, "Acme")
    outcome = tiers.assign(team.li, [key], "a", ABCD, " asked\x07 for terms ")
    assert outcome.message == "Acme → 意A"
    assert team.database.row("SELECT scheme, tier, tier_rank FROM customer") == ("abcd", "A", 0)
    assert team.database.rows("SELECT scheme, from_tier, to_tier, reason FROM tier_change ORDER BY id") == [
        ("abcd", None, "D", ""), ("abcd", "D", "A", "asked for terms"),
    ]  # fmt: skip


def test_a_tier_of_another_scheme_stands_beside_the_badge(team: Team) -> None:
    key = make(team.li, "Acme")
    tiers.assign(team.li, [key], "高", LABEL)
    tiers.assign(team.li, [key], "low", LABEL)
    assert team.database.row("SELECT scheme, tier FROM customer") == ("abcd", "D")
    assert team.database.rows("SELECT scheme, tier FROM customer_tier ORDER BY id") == [("abcd", "D"), ("label", "low")]
    assert team.database.rows("SELECT from_tier, to_tier FROM tier_change WHERE scheme = 'label' ORDER BY id") == [
        (None, "high"), ("high", "low"),
    ]  # fmt: skip


def test_an_unknown_tier_is_refused_with_those_that_there_are(team: Team) -> None:
    key = make(team.li, "Acme")
    with pytest.raises(UsageError, match=r'tier "E" is not in scheme abcd \(A, B, C, D\)'):
        tiers.assign(team.li, [key], "E", ABCD)


def test_the_same_tier_again_is_no_change(team: Team) -> None:
    key = make(team.li, "Acme")
    outcome = tiers.assign(team.li, [key], "D", ABCD)
    assert (outcome.message, outcome.changed, outcome.entry_id) == ("Acme: already 意D", (), None)
    assert team.database.value("SELECT count(*) FROM tier_change") == 1


def test_accepting_gives_each_the_letter_of_its_stage(team: Team) -> None:
    target, intent, none = (
        make(team.li, name, stage=s) for name, s in (("A", "target"), ("B", "intent"), ("C", "actual"))
    )
    outcome = tiers.accept(team.li, [target, intent, none])
    assert outcome.message == "2 customers → 意B/意C"
    assert [column(team.database, "tier", key) for key in (target, intent, none)] == ["C", "B", "D"]
    assert [(r.id, r.reason) for r in outcome.refused] == [(none, "nothing is proposed for it")]


def test_a_better_tier_asks_for_more_and_the_profile_may_be_stale_earlier(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme", region="north", phone="13812345678")
    clock.forward(days=100)
    profiles.edit(team.li, [key], {"name": "Acme", "phone": "13812345678"})
    assert column(team.database, "stale_on", key) == "2027-08-25"
    tiers.assign(team.li, [key], "C", ABCD)
    assert column(team.database, "stale_on", key) == "2027-05-17"


def test_why_names_who_gave_it_when_and_what_it_was_before(team: Team, clock: Clock) -> None:
    key = make(team.li, "Acme")
    clock.forward(hours=16)
    tiers.assign(team.lead, [key], "C", ABCD, "met at the fair")
    stages.move(team.li, [key], "intent")
    told = tier_reasons.why(team.li, key)
    assert told.lines == (
        "intent 意C (the badge): by zhao on 2026-11-19, met at the fair; was 意D",
        "cadence: a contact every 14 days",
        "stage intent proposes B: `t t` accepts",
    )
    assert told.data[0]["proposed"] == "B"


def test_why_tells_the_cadence_that_is_set(team: Team) -> None:

    rules.set_rule(team.admin, "cadence.abcd.D", "60")
    li = team.sign_in("li")
    key = make(li, "Acme")
    assert "cadence: a contact every 60 days" in tier_reasons.why(li, key).lines
    rules.set_rule(team.admin, "cadence.abcd.D", "off")
    assert not any("cadence" in line for line in tier_reasons.why(team.sign_in("li"), key).lines)
