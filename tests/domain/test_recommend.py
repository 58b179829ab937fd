"""Who is offered a new product first, and how far it may come with them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.recommend import CATEGORY, LIKE, STATES, TOGETHER, Buyer, Pairing, recommend, step_refusal

PAIR = Pairing("cable", "router", both=6, one=10, other=12, customers=60)


def ranked(*buyers: Buyer, pairings: tuple[Pairing, ...] = (PAIR,), support: int = 3) -> list[int]:
    return [one.buyer.customer_id for one in recommend(buyers, pairings, "network", support)]


def test_who_bought_its_like_comes_before_who_only_buys_the_category_or_what_goes_with_it() -> None:
    buyers = (Buyer(1, with_like=("cable",)), Buyer(2, related=80, total=100), Buyer(3, "router", 3, "2026-10-02"))
    assert ranked(*buyers) == [3, 2, 1]


def test_who_has_bought_nothing_of_it_is_not_in_the_list() -> None:
    assert ranked(Buyer(1, total=500), Buyer(2, with_like=("paper",))) == []


def test_each_part_gives_its_points_and_no_more() -> None:
    best = Buyer(1, "router", 9, "2026-10-02", 100, 100, ("cable",))
    pair = Pairing("cable", "router", 30, 30, 30, 900)
    assert recommend([best], [pair], "network")[0].points == LIKE + CATEGORY + TOGETHER == 100


@pytest.mark.parametrize(("both", "support", "counts"), [(3, 3, True), (2, 3, False), (1, 1, False), (2, 1, True)])
def test_a_pairing_counts_from_its_support_and_never_from_one_customer(both: int, support: int, counts: bool) -> None:
    pair = Pairing("cable", "router", both, 3, 3, 100)
    assert bool(ranked(Buyer(1, with_like=("cable",)), pairings=(pair,), support=support)) is counts


def test_what_meets_no_more_often_than_by_chance_is_no_reason() -> None:
    assert ranked(Buyer(1, with_like=("cable",)), pairings=(Pairing("cable", "router", 10, 50, 20, 100),)) == []


def test_the_reasons_are_said_in_words() -> None:
    buyer = Buyer(1, "router", 3, "2026-10-02", 62, 100, ("cable",))
    assert recommend([buyer], [PAIR], "network")[0].reasons == (
        "bought router 3 times, last 2026-10-02",
        "62 % of its sales in network",
        "buys cable, which goes with router: lift 3.0 from 6 customers",
    )
    once = recommend([Buyer(1, "router", 1, "2026-10-02")], [], "network")[0]
    assert once.reasons == ("bought router once, 2026-10-02",)


buyers = st.builds(
    Buyer, st.integers(1, 99), st.just("router"), st.integers(0, 5), st.just("2026-10-02"), st.integers(0, 9),
    st.integers(0, 9), st.lists(st.sampled_from(["cable", "paper"]), max_size=2, unique=True).map(tuple),
)  # fmt: skip


@given(st.lists(buyers, max_size=8, unique_by=lambda buyer: buyer.customer_id), st.randoms())
def test_the_order_of_the_rows_does_not_matter(found: list[Buyer], dice: object) -> None:
    shuffled = list(found)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    assert recommend(found, [PAIR], "network") == recommend(shuffled, [PAIR], "network")


@given(buyers)
def test_one_order_more_of_its_like_never_lowers_the_points(buyer: Buyer) -> None:
    more = Buyer(buyer.customer_id, "router", buyer.orders + 1, "2026-10-02", buyer.related, buyer.total,
                 buyer.with_like)  # fmt: skip
    before = recommend([buyer], [PAIR], "network")
    assert recommend([more], [PAIR], "network")[0].points >= (before[0].points if before else 0)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("", "pushed", None),
        ("", "offered", "it was not pushed yet"),
        ("pushed", "interested", None),
        ("pushed", "offered", "from pushed it goes on to interested or not interested"),
        ("interested", "offered", None),
        ("offered", "followed_up", None),
        ("offered", "offered", None),
        ("declined", "pushed", None),
        ("followed_up", "pushed", "from followed up it goes on to not interested"),
    ],
)
def test_a_product_comes_on_step_by_step(before: str, after: str, why: str | None) -> None:
    assert step_refusal(before, after) == why


def test_every_state_but_the_first_is_reached_and_none_is_the_end() -> None:
    for before in STATES:
        assert any(step_refusal(before, after) is None for after in STATES if after != before)
