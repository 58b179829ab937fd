"""Whether somebody may claim, and for how long a customer may be protected: the rules alone (DOMAIN §4)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.errors import UsageError
from crm_tui.domain.pools import (
    COUNTED,
    Against,
    Claimant,
    PoolRules,
    Shield,
    Wanted,
    cap_refusal,
    claim_refusal,
    in_a_row,
    protection_refusal,
    release_reason,
    smallest,
)
from crm_tui.domain.stages import STAGES

TODAY = date(2026, 11, 18)


def days(n: int) -> date:
    return TODAY + timedelta(days=n)


AGAINST: list[tuple[str, dict[str, Any]]] = [
    ("it is blocked: we do not sell to it", {"blocked": True}),
    ("Wang holds it", {"holder": "Wang"}),
    ("it is in a pool that you are no member of", {"member": False}),
    ("new to the pool: claimable from 2026-11-20", {"entered_on": days(-1)}),
    ("you held it until 2026-11-16: claimable from 2026-11-23", {"left_on": days(-2)}),
    ("the holding cap of 2 is reached", {"held": 2}),
    ("1 customer claimed from this pool today: that is the quota", {"claimed_today": 1}),
]
"""The reasons in the order of P2, each with what brings it about."""

RULES = PoolRules(quota=1, cap=2, cooldown_days=7, freeze_days=3)


def refused(**given: Any) -> Against | None:
    of_claimant = {name: given.pop(name) for name in ("held", "claimed_today") if name in given}
    return claim_refusal(Wanted("potential", **given), Claimant(**of_claimant), RULES, TODAY)


@pytest.mark.parametrize("number", range(len(AGAINST)))
def test_p2_a_claim_is_checked_in_the_order_of_the_rule(number: int) -> None:
    """Whatever else speaks against it as well, the first of the reasons is said."""
    rest = {name: value for __, given in AGAINST[number:] for name, value in given.items()}
    assert refused(**rest) == AGAINST[number][0]


@pytest.mark.parametrize(
    ("number", "word"),
    list(enumerate(("blocked", "taken", "no member", "until 11-20", "until 11-23", "cap", "quota"))),
)
def test_p2_each_reason_has_a_word_for_a_narrow_column(number: int, word: str) -> None:
    against = refused(**AGAINST[number][1])
    assert against is not None
    assert against.word == word
    assert len(word) <= 11


def test_p2_nothing_against_it_is_none() -> None:
    assert refused() is None


@given(st.sets(st.integers(0, len(AGAINST) - 1)))
def test_p2_the_reason_said_is_the_first_of_those_there_are(which: set[int]) -> None:
    given = {name: value for number in which for name, value in AGAINST[number][1].items()}
    assert refused(**given) == (AGAINST[min(which)][0] if which else None)


@pytest.mark.parametrize("stage", [stage.identifier for stage in STAGES])
def test_p5_the_cap_counts_potential_target_and_intent(stage: str) -> None:
    assert (stage in COUNTED) == (stage in ("potential", "target", "intent"))
    assert (cap_refusal(stage, 5, 5) is None) == (stage not in COUNTED)
    assert cap_refusal(stage, 4, 5) is None
    assert cap_refusal(stage, 10**6, None) is None


def test_p5_the_smallest_of_the_caps_that_apply() -> None:
    assert smallest(100, 3, None) == 3
    assert smallest(None, None) is None
    assert smallest(0, 100) == 0


@pytest.mark.parametrize(("left", "free"), [(-6, False), (-7, True), (0, False), (-400, True)])
def test_p6_the_cooldown_is_over_after_so_many_days(left: int, free: bool) -> None:
    assert (refused(left_on=days(left)) is None) == free


@pytest.mark.parametrize(("entered", "free"), [(-2, False), (-3, True), (0, False)])
def test_p7_the_freeze_is_over_after_so_many_days(entered: int, free: bool) -> None:
    assert (refused(entered_on=days(entered)) is None) == free


def test_a_rule_that_is_off_refuses_nothing() -> None:
    claimant, wanted = Claimant(10**6, 10**6), Wanted("intent", entered_on=TODAY, left_on=TODAY)
    assert claim_refusal(wanted, claimant, PoolRules(), TODAY) is None


SOME = st.lists(st.sampled_from([stage.identifier for stage in STAGES]), max_size=20)


@given(stages=SOME, cap=st.integers(0, 5), quota=st.integers(0, 5))
def test_p4_p5_a_batch_never_goes_beyond_quota_or_cap(stages: list[str], cap: int, quota: int) -> None:
    claimant, taken = Claimant(), []
    for stage in stages:
        if claim_refusal(Wanted(stage), claimant, PoolRules(quota, cap), TODAY) is None:
            taken.append(stage)
            claimant = claimant.after(Wanted(stage))
    assert len(taken) <= quota
    assert sum(stage in COUNTED for stage in taken) <= cap
    assert claimant == Claimant(sum(stage in COUNTED for stage in taken), len(taken))
    if len(taken) < len(stages) and len(taken) < quota:
        assert claimant.held == cap, "nothing is refused without a rule"


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("unreachable", "unreachable"), ("bad-data", "bad-data"), ("no-need", "no-need"), ("wrong-fit", "wrong-fit"),
        ("competitor", "competitor"), ("联系不上", "unreachable"), ("other: moved away", "other: moved away"),
    ],
)  # fmt: skip
def test_p14_a_release_reason_is_one_of_the_list(text: str, stored: str) -> None:
    assert release_reason(text) == stored


@pytest.mark.parametrize("text", ["", "  ", "other", "other:", "because"])
def test_p14_no_reason_and_an_unlisted_one_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="reason"):
        release_reason(text)


def span(first: date, last: date) -> set[date]:
    return {first + timedelta(days=n) for n in range((last - first).days + 1)}


SPANS = st.tuples(st.integers(-60, 30), st.integers(0, 40)).map(lambda s: Shield(days(s[0]), days(s[0] + s[1])))


@given(st.lists(SPANS, max_size=6), st.integers(0, 60))
def test_p13_days_in_a_row_are_counted_over_touching_protections(shields: list[Shield], length: int) -> None:
    new = Shield(TODAY, days(length))
    first, last = in_a_row(tuple(shields), new)
    covered = {day for shield in (*shields, new) for day in span(shield.since, shield.until)}
    assert span(first, last) <= covered
    assert first - timedelta(days=1) not in covered
    assert last + timedelta(days=1) not in covered


@pytest.mark.parametrize(
    ("shields", "until", "held", "reason"),
    [
        ((), 29, 4, None),
        ((), 29, 5, "5 customers are protected by you: that is the limit"),
        ((), -1, 0, "the protection ends before it begins"),
        ((), 89, 0, None),
        ((), 90, 0, "that would be 91 days in a row, 90 at most"),
        ((Shield(days(-30), days(-1)),), 59, 0, None),
        ((Shield(days(-30), days(-1)),), 60, 0, "that would be 91 days in a row, 90 at most"),
        ((Shield(days(-30), days(-2)),), 89, 0, None),
        ((Shield(days(-60), days(-31)), Shield(days(-30), days(10))), 30, 0,
         "that would be 91 days in a row, 90 at most"),
    ],
)  # fmt: skip
def test_p13_so_many_at_once_and_so_long_in_a_row(
    shields: tuple[Shield, ...], until: int, held: int, reason: str | None
) -> None:
    assert protection_refusal(shields, TODAY, days(until), held=held, per_rep=5, most_days=90) == reason
