"""Routing: into which public pool a customer belongs that nobody holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.domain.errors import UsageError
from crm_tui.services import customers, pool_lists, routing, tags
from crm_tui.services.routing import Coming
from tests.factories import Team, column, make


@pytest.fixture
def team(team: Team) -> Team:
    """The team with three more pools, the second of which has a filter that cannot be read."""
    with team.admin.changing() as change:
        change.insert("pool", [
            {"name": "north", "routing": "region:north* -tag:export"}, {"name": "broken", "routing": "owner:gone"},
            {"name": "expo", "routing": "source:expo or 广交"},
        ])  # fmt: skip
    return team


NORTH, EXPO, DEFAULT = 2, 4, 1
CASES = [
    ({"region": "North-East"}, NORTH),
    ({"region": "north", "source": "expo"}, NORTH),
    ({"source": "Expo"}, EXPO),
    ({"name": "广交会一号"}, EXPO),
    ({"region": "south"}, DEFAULT),
    ({}, DEFAULT),
]


@pytest.mark.parametrize(("fields", "pool"), CASES)
def test_a_new_customer_goes_into_the_first_pool_whose_filter_it_passes(
    team: Team, fields: dict[str, str], pool: int
) -> None:
    given = {"name": "Acme", **fields}
    key = make(team.li, owner="pool", **given)
    assert column(team.database, "pool_id", key) == pool
    log = team.database.rows("SELECT kind, to_pool_id FROM ownership_log WHERE customer_id = ?", (key,))
    assert log == [("make", pool)], "made there, not moved there"


@pytest.mark.parametrize(("fields", "pool"), CASES)
def test_one_that_is_there_already_is_routed_the_same_way_whoever_holds_it(
    team: Team, fields: dict[str, str], pool: int
) -> None:
    given = {"name": "Acme", **fields}
    key = make(team.wang, **given)
    assert routing.routed(team.li, [key]) == {key: pool}


@pytest.mark.parametrize("route", ["owner:me", "region:north -owner:none", "pool:default", "claimable:yes or tag:a"])
def test_a_route_asks_what_a_customer_is_and_not_where(team: Team, route: str) -> None:
    with pytest.raises(UsageError, match="not where") as caught:
        pool_lists.add(team.admin, "west", None, route)
    assert route[caught.value.position or 0 :].startswith(("owner:", "pool:", "claimable:"))
    with pytest.raises(UsageError, match="not where"):
        pool_lists.edit(team.admin, "north", None, None, route)


def test_the_default_pool_has_no_route(team: Team) -> None:
    with pytest.raises(UsageError, match="default takes what fits no other pool"):
        pool_lists.edit(team.admin, "default", None, None, "region:north")
    assert "nothing was changed" in pool_lists.edit(team.admin, "default", None, None, "").message


def test_service_belongs_to_no_pool(team: Team) -> None:
    for act in (
        lambda: pool_lists.add(team.admin, "west", "li,sun", None),
        lambda: pool_lists.edit(team.admin, "north", None, "sun", None),
    ):
        with pytest.raises(UsageError, match="sun: service holds no customers"):
            act()


def test_what_is_known_later_counts_later(team: Team) -> None:
    key = make(team.li, "Acme", region="north")
    tags.tag(team.li, [key], ["export"])
    assert routing.routed(team.li, [key]) == {key: DEFAULT}


def test_archived_ones_are_routed_too(team: Team) -> None:
    key = make(team.li, "Acme", region="north")
    customers.archive(team.li, [key])
    assert routing.routed(team.li, [key]) == {key: NORTH}


def test_many_are_routed_at_once_in_the_order_asked_for(team: Team) -> None:
    keys = [make(team.li, f"C{number}", region="north" if number % 2 else "south") for number in range(6)]
    assert list(routing.routed(team.li, keys[::-1]).items()) == [
        (key, NORTH if number % 2 else DEFAULT) for number, key in list(enumerate(keys))[::-1]
    ]


@given(
    st.sampled_from(["north", "Northern", "south", ""]), st.sampled_from(["expo", "web", ""]),
    st.sampled_from(["Acme", "广交会", "north"]), st.lists(st.sampled_from(["export", "vip"]), unique=True, max_size=2),
)  # fmt: skip
def test_before_and_after_it_is_made_a_customer_belongs_into_the_same_pool(
    region: str, source: str, name: str, words: list[str]
) -> None:
    """The Python twin against SQL: the same four fields through both."""
    team = _team
    with team.database.writing():
        fields = {key: value for key, value in (("region", region), ("source", source)) if value}
        key = make(team.admin, name, anyway=True, **fields)
        if words:
            tags.tag(team.admin, [key], words)
        coming = Coming(name, "organization", "potential", "D", fields, {}, tuple(words))
        assert routing.route(team.admin, coming) == routing.routed(team.admin, [key])[key]


_team: Team


@pytest.fixture(autouse=True)
def _shared(team: Team) -> None:
    global _team  # hypothesis asks the same database all its questions
    _team = team
