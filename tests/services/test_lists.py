from __future__ import annotations

import pytest

from crm_tui.domain.errors import UsageError
from crm_tui.services import followups, lists, stages
from crm_tui.services.lists import SORTS, Order, Query
from tests.factories import Team, in_days, make


def test_a_list_is_the_filter_within_the_stage_tab(team: Team) -> None:
    north, south, other = (
        make(team.li, name, region=r) for name, r in (("A", "north"), ("B", "south"), ("C", "north"))
    )
    stages.move(team.li, [north, south], "intent")
    query = Query(stage="intent")
    assert lists.page(team.li, query).ids == [south, north]
    assert lists.page(team.li, query.with_filter("region:north")).ids == [north]
    assert lists.page(team.li, Query("region:north or region:south", "intent")).ids == [south, north]
    assert lists.count(team.li, query) == 2
    assert lists.stage_counts(team.li, Query("owner:me")) == {"potential": 1, "intent": 2}
    assert lists.stage_counts(team.li, Query("region:north")) is None
    assert [other] == lists.page(team.li, Query("region:north", "potential")).ids


def test_all_ids_come_in_batches(team: Team) -> None:
    keys = [make(team.lead, f"C{number}") for number in range(7)]
    for query in (
        Query(order=Order("id", False)),
        Query(order=Order("due", False)),
        Query(order=Order("region", True)),
    ):
        batches = list(lists.every(team.lead, query, batch=3))
        assert [len(batch) for batch in batches] == [3, 3, 1]
        assert [key for batch in batches for key in batch] == keys
    assert list(lists.every(team.lead, Query("name:nothing"))) == []


def test_a_sort_is_named_and_turned_round_by_a_dash() -> None:
    assert lists.sort_order("due") == Order("due", False)
    assert lists.sort_order("-due") == Order("due", True)
    assert lists.sort_order("created") == Order("created", True)
    assert lists.sort_order("-created") == Order("created", False)
    for name in SORTS:
        assert lists.sort_order(name).sort == name
    with pytest.raises(UsageError, match='cannot sort by "naem"'):
        lists.sort_order("naem")
    with pytest.raises(UsageError):
        lists.sort_order("id; DROP TABLE customer")


@pytest.mark.parametrize(
    ("text", "position"), [("name,-duu", 5), ("tier -due nmae", 10), ("tier,,x", 6), ("", 0), ("-", 0), ("--due", 0)]
)
def test_a_wrong_key_among_several_is_pointed_at(text: str, position: int) -> None:
    with pytest.raises(UsageError) as caught:
        lists.sort_order(text)
    assert caught.value.position == position


def test_a_key_stands_once() -> None:
    for text in ("tier -tier", "name due name", "id,-id"):
        with pytest.raises(UsageError, match="twice"):
            lists.sort_order(text)


def test_what_an_input_method_types_is_read() -> None:
    assert lists.sort_order("tier，－due、name") == lists.sort_order("tier -due name")


@pytest.mark.parametrize("text", ["tier -due name", "-created", "owner -touched held", "id", "-id", "stage id name"])
def test_an_order_is_written_as_it_is_typed(text: str) -> None:
    order = lists.sort_order(text)
    assert str(order) == text
    assert lists.sort_order(text.replace(" ", ",")) == order
    assert lists.together([lists.sort_order(word) for word in text.split()]) == order


def test_several_keys_sort_what_those_before_leave_equal_and_nothing_comes_last(team: Team) -> None:
    places = [("north", "web"), ("south", "web"), ("north", "fair"), ("", "fair"), ("south", ""), ("", "")]
    keys = [make(team.li, f"C{n}", region=region, source=source) for n, (region, source) in enumerate(places)]

    def told(text: str) -> list[int]:
        query = Query("owner:me", order=lists.sort_order(text))
        return [keys.index(key) for batch in lists.every(team.li, query, batch=2) for key in batch]

    assert told("region source") == [2, 0, 1, 4, 3, 5]
    assert told("-region source") == [1, 4, 2, 0, 3, 5]
    assert told("region -source") == [0, 2, 1, 4, 3, 5]
    assert told("source id") == [3, 2, 1, 0, 5, 4], "the newest first, as of itself"
    assert told("owner -name") == [5, 4, 3, 2, 1, 0]


def test_an_error_in_a_filter_points_at_the_character(team: Team) -> None:
    with pytest.raises(UsageError) as caught:
        lists.page(team.li, Query("region:north stgae:intent"))
    assert caught.value.position == 13


def test_whether_a_pool_row_has_a_note_is_masked_as_the_note_is(team: Team) -> None:
    key = make(team.admin, "Acme", owner="pool", note="owes us money")
    for text in ("has:note", "no:note", "-has:note"):
        assert lists.page(team.li, Query(text)).ids == []
    assert lists.page(team.lead, Query("has:note")).ids == [key]


def test_a_row_is_printed_with_stable_keys(team: Team) -> None:
    key = make(team.li, "Acme", phone="13812345678", region="north")
    followups.set_next(team.li, [key], in_days(2))
    row = lists.record(team.li, lists.rows(team.li, [key])[key])
    assert row == {
        "id": key, "name": "Acme", "kind": "organization", "stage": "potential", "tier": "D", "scheme": "abcd",
        "owner": "li", "pool": None, "phone": "+8613812345678", "email": None, "region": "north", "industry": None,
        "source": None, "tags": [], "next_follow_up": "2026-11-20", "last_contact": None,
        "created": "2026-11-18T02:00:00Z", "archived": False, "returns": None, "suggested": None,
    }  # fmt: skip


def test_a_list_of_certain_customers_keeps_their_order_and_shows_what_one_sees(team: Team) -> None:
    keys = [make(team.li, f"C{n}") for n in range(7)]
    others = make(team.wang, "Theirs")
    these = (keys[5], others, keys[2], keys[6], 999_999, keys[0])
    query = Query(these=these)
    first = lists.page(team.li, query, limit=2)
    rest = lists.page(team.li, query, first.end, limit=9)
    assert (first.ids, rest.ids, rest.end) == ([keys[5], keys[2]], [keys[6], keys[0]], None)
    assert lists.count(team.li, query) == 4
    named = lists.page(team.li, Query("name:C2", these=these))
    assert named.ids == [keys[2]]
    assert lists.page(team.li, Query(these=(), filter="")).ids == []
    for session in (team.li, team.admin, team.service):
        assert lists.count(session, Query(these=())) == lists.count(session, Query("A", these=())) == 0
        assert lists.page(session, Query("stage:intent", these=(), order=lists.sort_order("name"))).ids == []
    in_order = lists.page(team.li, Query(these=these, order=lists.sort_order("name")))
    assert in_order.ids == sorted((keys[0], keys[2], keys[5], keys[6]))
