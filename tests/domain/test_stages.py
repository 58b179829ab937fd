from __future__ import annotations

import pytest

from crm_tui.domain.errors import UsageError
from crm_tui.domain.stages import (
    LOST_REASONS,
    STAGES,
    check_move,
    is_win_back,
    lost_reason,
    lost_reason_key,
    move,
    neighbour,
    stage,
)

IDENTIFIERS = [s.identifier for s in STAGES]


def test_the_path_has_six_stages_in_order_with_their_keys() -> None:
    assert IDENTIFIERS == ["non_customer", "potential", "target", "intent", "actual", "lost"]
    assert "".join(s.key for s in STAGES) == "nptial"
    assert [s.rotting_days for s in STAGES] == [None, 30, 21, 14, 90, None]
    assert [s.proposes for s in STAGES] == ["D", "D", "C", "B", None, None]
    assert [s.identifier for s in STAGES if s.closed] == ["non_customer", "lost"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("intent", "intent"),
        ("INTENT", "intent"),
        ("i", "intent"),
        ("int", "intent"),
        ("non-customer", "non_customer"),
        ("Non Customer", "non_customer"),
        ("意向客户", "intent"),
        ("意向客戶", "intent"),
        ("潜在", "potential"),
        ("非客", "non_customer"),
        ("现实客户", "actual"),
        ("流失", "lost"),
        ("成交", "actual"),
        ("签约", "actual"),
        ("老客户", "actual"),
        (" t ", "target"),
        ("ｔａｒｇｅｔ", "target"),
    ],
)
def test_a_stage_is_found_by_any_of_its_names(typed: str, meant: str) -> None:
    assert stage(typed).identifier == meant


@pytest.mark.parametrize("typed", ["", "  ", "x", "intents", "客户", "%"])
def test_what_is_no_stage_is_refused_with_the_list(typed: str) -> None:
    with pytest.raises(UsageError) as caught:
        stage(typed)
    assert str(caught.value) == (
        f'stage "{typed}" is not one of non_customer, potential, target, intent, actual, lost'
    )
    assert caught.value.text == typed


@pytest.mark.parametrize("frm", IDENTIFIERS)
@pytest.mark.parametrize("to", IDENTIFIERS)
def test_only_going_back_to_non_customer_and_to_lost_need_a_reason(frm: str, to: str) -> None:
    ahead = IDENTIFIERS.index(to) - IDENTIFIERS.index(frm)
    made = move(frm, to)
    assert made.direction == ("forward" if ahead > 0 else "back" if ahead < 0 else "same")
    assert made.needs_reason == (ahead < 0 or (to == "lost" and ahead != 0))
    if made.needs_reason:
        with pytest.raises(UsageError, match="needs a reason"):
            check_move(frm, to)
        assert check_move(frm, to, " price ").reason == "price"
    else:
        assert check_move(frm, to).to.identifier == to


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("price", "price"),
        ("credit terms", "credit_terms"),
        ("Credit-Terms", "credit_terms"),
        ("账期", "credit_terms"),
        ("compet", "competitor"),
        ("other: moved abroad", "other: moved abroad"),
        ("其他：搬走了", "other: 搬走了"),
        ("price: 20 % above Y: too much", "price: 20 % above Y: too much"),
        ("price:", "price"),
    ],
)
def test_a_reason_for_lost_is_kept_by_its_identifier(typed: str, stored: str) -> None:
    assert lost_reason(typed) == stored
    assert lost_reason(stored) == stored
    assert lost_reason_key(stored) in {c.identifier for c in LOST_REASONS}


@pytest.mark.parametrize("typed", ["bored", "other", "other:  ", "c", ":", "moved: abroad"])
def test_a_reason_for_lost_off_the_list_is_refused_with_the_list(typed: str) -> None:
    with pytest.raises(UsageError, match=r"is not one of competitor, price, .*dropped_by_us, \"other: …\""):
        check_move("intent", "lost", typed)


def test_any_reason_will_do_for_going_back() -> None:
    assert check_move("intent", "potential", "they wait for the budget").reason == "they wait for the budget"


def test_win_backs_are_from_lost_to_target_or_intent_only() -> None:
    pairs = [(frm, to) for frm in IDENTIFIERS for to in IDENTIFIERS if is_win_back(frm, to)]
    assert pairs == [("lost", "target"), ("lost", "intent")]
    assert check_move("lost", "target", "new buyer").win_back


def test_going_on_never_reaches_lost_and_ends_return_none() -> None:
    on = [found.identifier if (found := neighbour(s, 1)) else None for s in IDENTIFIERS]
    back = [found.identifier if (found := neighbour(s, -1)) else None for s in IDENTIFIERS]
    assert on == ["potential", "target", "intent", "actual", None, None]
    assert back == [None, "non_customer", "potential", "target", "intent", "actual"]


def test_closed_stages_offer_release_when_they_are_entered() -> None:
    assert [s for s in IDENTIFIERS if move("potential", s).offers_release] == ["non_customer", "lost"]
    assert not move("lost", "lost").offers_release
