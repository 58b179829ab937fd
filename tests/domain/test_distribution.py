"""Who gets which customer: what may be typed, and what holds of every distribution."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.distribution import Dealer, Distribution, Item, Room, distribute, parse, rank_weight, weight
from crm_tui.domain.errors import UsageError

LOGINS = ("li", "wang", "amy")


def people(**rooms: int | None) -> dict[str, Room]:
    return {login: Room(number, rooms.get(login)) for number, login in enumerate(LOGINS, 1)}


def items(n: int, tier: str = "D", *, counts: bool = True) -> list[Item]:
    return [Item(number, tier, "", counts) for number in range(1, n + 1)]


@pytest.mark.parametrize(
    ("text", "way", "rules", "names"),
    [
        ("li", "hand", [], ["li"]),
        ("rr:li,wang", "rr", [], ["li", "wang"]),
        ("RR: li , wang", "rr", [], ["li", "wang"]),
        ("least:li,wang", "least", [], ["li", "wang"]),
        ("rr：li、wang", "rr", [], ["li", "wang"]),
        ("tier:A=li", "", [("tier", "a", "li")], []),
        ("tier:a=li,wang", "hand", [("tier", "a", "li")], ["wang"]),
        (
            "tier:A=li,region:North=wang,rr:amy,tom", "rr",
            [("tier", "a", "li"), ("region", "north", "wang")], ["amy", "tom"],
        ),
        ("region:华南*=li，tier:none=wang", "", [("region", "华南*", "li"), ("tier", "none", "wang")], []),
    ],
)  # fmt: skip
def test_a_plan_is_read(text: str, way: str, rules: list[tuple[str, str, str]], names: list[str]) -> None:
    plan = parse(text)
    assert plan.way == way
    assert [(rule.field, rule.value, rule.to.login) for rule in plan.rules] == rules
    assert [named.login for named in plan.among] == names


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("", 0, "say who"),
        ("  ", 0, "say who"),
        ("rr:", 3, "needs names"),
        ("rr:li,,wang", 6, "no name"),
        ("rr:li,", 6, "no name"),
        ("li,wang", 3, "rr:li,wang"),
        ("rr:li,li", 6, "twice"),
        ("rr:li,least:wang", 6, "one way"),
        ("rr:li,tier:A=wang", 6, "rules come first"),
        ("team:li", 0, "tier:, region:, rr:, least:"),
        ("tier:=li", 5, "which"),
        ("tier:A", 6, "who gets tier:A"),
        ("tier:A=", 7, "who gets tier:A"),
        ("rr:amy,tier=li", 7, "no name"),
        ("rr:li,region:north=wang", 6, "rules come first"),
        ("tier:E=li", 5, '"E"'),
        ("tier:A=li, tier: X=wang", 17, '"X"'),
    ],
)
def test_what_is_wrong_is_pointed_at(text: str, position: int, said: str) -> None:
    with pytest.raises(UsageError, match=said) as error:
        parse(text)
    assert error.value.position == position


def test_an_unknown_name_is_pointed_at() -> None:
    with pytest.raises(UsageError, match='"tom"') as error:
        distribute(parse("tier:A=li,rr:wang,tom"), [], people())
    assert error.value.position == 18


def test_round_robin_takes_turns_in_the_order_given() -> None:
    found = distribute(parse("rr:li,wang"), items(5), people())
    assert found.given == {1: "li", 2: "wang", 3: "li", 4: "wang", 5: "li"}
    assert found.counts == {"li": 3, "wang": 2}


def test_who_is_full_is_passed_over_and_the_rest_is_left_with_the_reason() -> None:
    found = distribute(parse("rr:li,wang"), items(5), people(li=1, wang=2))
    assert found.given == {1: "li", 2: "wang", 3: "wang"}
    assert set(found.left) == {4, 5}
    assert found.left[4] == "li: the holding cap is reached; wang: the holding cap is reached"


def test_who_is_away_gets_nothing() -> None:
    found = distribute(parse("rr:li,wang"), items(2), {**people(), "li": Room(1, reason="away until 3 Dec")})
    assert found.given == {1: "wang", 2: "wang"}
    alone = distribute(parse("li"), items(1), {"li": Room(1, reason="leaving")})
    assert alone == Distribution({}, {1: "li: leaving"})


def test_what_counts_towards_no_cap_needs_no_room() -> None:
    assert distribute(parse("li"), items(2, counts=False), people(li=0)).given == {1: "li", 2: "li"}


def test_rules_come_before_the_rest_and_take_their_room_first() -> None:
    mixed = [Item(1, "D"), Item(2, "A"), Item(3, "D", "North"), Item(4, "A")]
    found = distribute(parse("tier:A=li,region:nor*=wang,rr:li,amy"), mixed, people(li=2))
    assert found.given == {2: "li", 4: "li", 3: "wang", 1: "amy"}


def test_a_rule_whose_person_has_no_room_passes_the_customer_on() -> None:
    mixed = [Item(1, "A", "north"), Item(2, "A")]
    found = distribute(parse("tier:A=li,region:north=wang"), mixed, people(li=0))
    assert found.given == {1: "wang"}
    assert found.left == {2: "li: the holding cap is reached"}


def test_a_customer_that_no_rule_speaks_of_is_left() -> None:
    found = distribute(parse("tier:A=li"), items(1, "B"), people())
    assert found.left == {1: "no rule gives it to anybody"}


def test_a_dealer_goes_on_where_it_stopped() -> None:
    dealer = Dealer(parse("rr:li,wang"), people(li=2))
    assert dealer.deal(items(1)).given == {1: "li"}
    assert dealer.deal(items(4)).given == {1: "wang", 2: "li", 3: "wang", 4: "wang"}


def test_least_busy_weighs_the_tiers() -> None:
    assert [weight(tier) for tier in ("A", "B", "C", "D", None, "")] == [4, 3, 2, 1, 1, 1]
    assert [rank_weight(rank) for rank in (0, 1, 2, 3, 6, None)] == [4, 3, 2, 1, 1, 1]
    loaded = {"li": Room(1, load=6), "wang": Room(2)}
    found = distribute(parse("least:li,wang"), [*items(3, "B")], loaded)
    assert found.given == {1: "wang", 2: "wang", 3: "li"}


LETTERS = st.sampled_from(["A", "B", "C", "D", ""])
ITEMS = st.lists(
    st.builds(Item, st.integers(1, 500), LETTERS, st.sampled_from(["north", "south", ""]), st.booleans()),
    unique_by=lambda item: item.id, max_size=40,
)  # fmt: skip
ROOMS = st.builds(
    Room, st.integers(1, 9), st.none() | st.integers(0, 12), st.integers(0, 30), st.sampled_from(["", "", "", "away"])
)
PEOPLE = st.fixed_dictionaries(dict.fromkeys(LOGINS, ROOMS))
PLANS = st.sampled_from(
    ["li", "rr:li,wang", "least:li,wang,amy", "tier:A=li,rr:wang,amy", "tier:A=li,region:north=wang,least:li,amy",
     "region:south=amy"]
).map(parse)  # fmt: skip


@given(PLANS, ITEMS, PEOPLE)
def test_everyone_is_given_or_left_and_nobody_gets_more_than_they_have_room_for(
    plan: object, customers: list[Item], team: dict[str, Room]
) -> None:
    found = distribute(plan, customers, team)  # type: ignore[arg-type]
    assert found.given.keys() | found.left.keys() == {item.id for item in customers}
    assert not found.given.keys() & found.left.keys()
    counting = Counter(found.given[item.id] for item in customers if item.counts and item.id in found.given)
    for login, room in team.items():
        if room.reason:
            assert login not in found.counts
        if room.room is not None:
            assert counting[login] <= room.room
    assert all(found.left.values())
    assert found == distribute(plan, customers, team)  # type: ignore[arg-type]


@given(ITEMS, PEOPLE)
def test_nothing_is_left_while_somebody_has_room(customers: list[Item], team: dict[str, Room]) -> None:
    found = distribute(parse("rr:li,wang,amy"), customers, team)
    willing = [room for room in team.values() if not room.reason]
    counting = sum(item.counts for item in customers)
    if willing and (any(room.room is None for room in willing) or sum(r.room or 0 for r in willing) >= counting):
        assert not found.left


@given(st.integers(0, 60), st.lists(st.integers(0, 20) | st.none(), min_size=3, max_size=3))
def test_round_robin_differs_by_one_at_most_where_there_is_room(n: int, rooms: list[int | None]) -> None:
    team = {login: Room(1, room) for login, room in zip(LOGINS, rooms, strict=True)}
    found = distribute(parse("rr:li,wang,amy"), items(n), team).counts
    got = {login: found.get(login, 0) for login in team}
    roomy = [got[login] for login, room in team.items() if room.room is None or got[login] < room.room]
    if roomy:
        assert max(roomy) - min(roomy) <= 1
        assert max(found.values(), default=0) <= max(roomy) + 1


@given(ITEMS, PEOPLE, st.randoms(use_true_random=False))
def test_least_busy_does_not_depend_on_the_order(customers: list[Item], team: dict[str, Room], random: object) -> None:
    plan = parse("tier:A=li,least:wang,amy,li")
    shuffled = list(customers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert distribute(plan, shuffled, team) == distribute(plan, customers, team)


@given(st.lists(LETTERS, max_size=40))
def test_least_busy_differs_by_one_customer_at_most(tiers: list[str]) -> None:
    customers = [Item(number, tier) for number, tier in enumerate(tiers, 1)]
    found = distribute(parse("least:li,wang"), customers, people())
    loads = Counter({"li": 0, "wang": 0})
    for item in customers:
        loads[found.given[item.id]] += weight(item.tier)
    assert abs(loads["li"] - loads["wang"]) <= max(map(weight, tiers), default=0)


@given(st.text(alphabet="rlwtiegonA:=,， *", max_size=30))
def test_whatever_is_typed_is_read_or_refused_with_a_place(text: str) -> None:
    position, plan = 0, None
    try:
        plan = parse(text)
    except UsageError as error:
        position = -1 if error.position is None else error.position
    assert 0 <= position <= len(text)
    if plan is not None:
        assert plan.logins
        assert all(text[n.position :].startswith(n.login) for n in plan.among)


def test_what_comes_out_of_a_pool_with_rules_of_its_own_finds_the_room_that_these_leave() -> None:
    someone = {"li": Room(1, 3, full="3 is the cap", of_pool={7: Room(1, 1, full="1 is the cap")})}
    found = distribute(parse("li"), [Item(1, pool=7), Item(2, pool=7), Item(3, pool=8), Item(4), Item(5)], someone)
    assert list(found.given) == [1, 3, 4]
    assert found.left == {2: "li: 1 is the cap", 5: "li: 3 is the cap"}
