from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.credit import Work, apportion, check, propose
from crm_tui.domain.errors import UsageError

LOGINS = st.sampled_from(["li", "wang", "chen", "zhao", "孙"])
WORKS = st.lists(st.builds(Work, LOGINS, st.integers(0, 4_000), st.integers(0, 300)), max_size=8)


def percents(*works: Work) -> dict[str, int]:
    return {share.login: share.percent for share in propose(works).shares}


@pytest.mark.parametrize(
    ("works", "expected"),
    [
        ([Work("li", 30, 3), Work("wang", 10, 1)], {"li": 75, "wang": 25}),
        ([Work("li", 30, 0), Work("wang", 0, 4)], {"li": 50, "wang": 50}),
        ([Work("li", 0, 0)], {}),
        ([], {}),
        ([Work("li", 5, 0), Work("wang", 15, 0)], {"wang": 75, "li": 25}),  # no contacts: the days decide alone
        ([Work("li", 0, 1), Work("wang", 0, 3)], {"wang": 75, "li": 25}),  # held for no whole day: the contacts do
        ([Work("li", 10, 2), Work("wang", 0, 0)], {"li": 100}),
        ([Work("a", 1), Work("b", 1), Work("c", 1)], {"a": 34, "b": 33, "c": 33}),
        ([Work("li", 999, 0), Work("wang", 1, 0)], {"li": 100, "wang": 0}),
        ([Work("li", 10, 0), Work("li", 20, 3), Work("wang", 10, 1)], {"li": 75, "wang": 25}),
    ],
)
def test_half_of_the_credit_goes_by_days_and_half_by_contacts(works: list[Work], expected: dict[str, int]) -> None:
    assert percents(*works) == expected


def test_the_arithmetic_is_told_with_what_was_counted() -> None:
    proposal = propose([Work("li", 30, 3), Work("wang", 10, 2)])
    assert [proposal.arithmetic(share) for share in proposal.shares] == [
        "50 × 30/40 days + 50 × 3/5 contacts = 67.5",
        "50 × 10/40 days + 50 × 2/5 contacts = 32.5",
    ]
    only = propose([Work("li", 0, 3), Work("wang", 0, 1)])
    assert only.arithmetic(only.shares[0]) == "100 × 3/4 contacts = 75.0"
    assert propose([Work("li", 2)]).arithmetic(propose([Work("li", 2)]).shares[0]) == "100 × 2/2 days = 100.0"


@given(WORKS)
def test_shares_sum_to_100_and_none_is_off_by_1(works: list[Work]) -> None:
    shares = propose(works).shares
    assert sum(share.percent for share in shares) == (100 if any(w.days or w.contacts for w in works) else 0)
    assert all(abs(share.percent - share.exact) < 1 and share.percent >= 0 for share in shares)
    assert sum(share.exact for share in shares) == (100 if shares else 0)


@given(WORKS, st.randoms(use_true_random=False))
def test_the_order_in_which_work_is_given_makes_no_difference(works: list[Work], random: object) -> None:
    shuffled = list(works)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert propose(shuffled) == propose(works)


@given(WORKS)
def test_who_has_the_greater_part_never_gets_less(works: list[Work]) -> None:
    shares = propose(works).shares
    for one in shares:
        for other in shares:
            assert one.exact <= other.exact or one.percent >= other.percent
            assert one.exact != other.exact or abs(one.percent - other.percent) <= 1


@given(st.dictionaries(LOGINS, st.integers(0, 10_000), min_size=1))
def test_apportioning_keeps_the_sum(parts: dict[str, int]) -> None:
    total = sum(parts.values())
    exact = {login: Fraction(100 * part, total or 1) for login, part in parts.items()}
    whole = apportion(exact)
    assert sum(whole.values()) == (100 if total else 0)
    assert all(abs(whole[login] - exact[login]) < 1 for login in exact)


def test_typed_shares_are_read_as_percentages() -> None:
    assert check([("li", "60%"), ("wang", " 40 "), ("chen", "0")]) == {"li": 60, "wang": 40}
    assert check([("li", "100％")]) == {"li": 100}


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ([("li", "60"), ("wang", "30")], r"60 \+ 30 = 90: the shares must sum to 100"),
        ([("li", "60"), ("wang", "50")], r"60 \+ 50 = 110"),
        ([("li", "half")], "li=half: a whole number"),
        ([("li", "-5"), ("wang", "105")], "li=-5"),
        ([("li", "101")], "li=101"),
        ([("li", "٥٠")], "a whole number"),
        ([("li", "9" * 5_000)], "a whole number"),
        ([("li", "50"), ("li", "50")], "li is named twice"),
        ([], "= 0: the shares must sum"),
    ],
)
def test_shares_that_do_not_make_a_hundred_are_refused(typed: list[tuple[str, str]], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        check(typed)
