"""Pools as screens show them: sizes, what is held, who held a customer before, and whether one may claim it."""

from __future__ import annotations

import pytest

from crm_tui.commands.completion import assignees
from crm_tui.domain.errors import CrmError
from crm_tui.domain.schemes import shipped
from crm_tui.services import history, lists, pool_lists, pool_rows, pools, rules, tiers
from crm_tui.services.lists import Query, Within
from crm_tui.services.session import Session
from tests.factories import Team, make

PUBLIC = Within("pool", 1)


def only(session: Session, key: int) -> dict[str, object]:
    return pool_rows.rows(session, [key])[key]


def test_a_pool_row_says_since_when_who_held_it_and_why_not_any_more(team: Team) -> None:
    fresh, back = make(team.lead, "Fresh", owner="pool"), make(team.wang, "Back")
    team.clock.forward(days=3)
    pools.release(team.wang, [back], "no-need")
    team.clock.forward(days=2)
    rows = pool_rows.rows(team.li, [fresh, back])
    assert [(row["before"], (team.li.today - row["since"]).days) for row in rows.values()] == [
        ("", 5), ("wang: no need now", 2),
    ]  # fmt: skip
    assert {row["masked"] for row in rows.values()} == {True}
    assert not only(team.lead, back)["masked"]


def test_what_was_undone_left_no_trace(team: Team) -> None:
    key = make(team.lead, "Acme", owner="pool")
    before = only(team.li, key)
    team.clock.forward(days=1)
    pools.claim(team.wang, [key])
    pools.release(team.wang, [key], "other: 太远")
    assert only(team.li, key)["before"] == "wang: 太远"
    history.undo(team.wang)
    history.undo(team.wang)
    assert only(team.li, key)["before"] == before["before"] == ""
    assert only(team.li, key)["since"] == before["since"]


def test_a_row_says_why_it_cannot_be_claimed(team: Team) -> None:
    mine, free = make(team.li, "Mine"), make(team.lead, "Free", owner="pool")
    pools.release(team.li, [mine], "unreachable")
    found = pool_rows.rows(team.li, [mine, free])
    assert "you held it until" in found[mine]["refusal"]
    assert found[free]["refusal"] == ""
    make(team.li, "Other")
    rules.set_rule(team.admin, "pool.holding_cap", "1")
    assert "holding cap" in str(only(team.li, free)["refusal"])
    assert pool_rows.why(team.li, free)[0].startswith("not to be claimed: the holding cap")
    assert pool_rows.why(team.wang, make(team.wang)) == []


def test_the_pools_tell_what_is_held_of_how_much(team: Team) -> None:
    pool_lists.add(team.admin, "东区", "wang", "region:east")
    for n in range(3):
        make(team.li, f"L{n}")
    make(team.lead, "Eastern", owner="pool", region="east")
    make(team.lead, "Elsewhere", owner="pool")
    pools.claim(team.li, [lists.page(team.li, Query(within=PUBLIC)).ids[0]])
    told = [(line.name, line.customers, line.counted, line.most) for line in pool_rows.every(team.li)]
    assert told == [("default", 0, 1, 10), ("li", 4, 4, 100)]
    told = [(line.name, line.customers, line.counted, line.most) for line in pool_rows.every(team.lead)]
    assert told[:2] == [("default", 0, 0, None), ("东区", 1, 0, None)]
    assert ("li", 4, 4, 100) in told
    assert "region:east" in pool_rows.public(team.lead)[1].about
    assert pool_rows.private(team.service)
    assert [line.name for line in pool_rows.private(team.service)].count("sun") == 0


@pytest.mark.parametrize("text", ["", "tier:A", "tier:A or owner:any", "owner:wang or pool:any", "Acme"])
def test_a_list_within_a_pool_or_an_owner_holds_nothing_else(team: Team, text: str) -> None:
    pool_lists.add(team.admin, "east", None, "region:east")
    made = {
        ("pool", 1): [make(team.lead, f"Acme {n}", owner="pool") for n in range(3)],
        ("pool", 2): [make(team.lead, f"Acme E{n}", owner="pool", region="east") for n in range(2)],
        ("owner", team.li.person.id): [make(team.li, f"Acme L{n}") for n in range(2)],
        ("owner", team.wang.person.id): [make(team.wang, "Acme W")],
    }
    tiers.assign(team.lead, [ids[0] for ids in made.values()], "A", shipped()["abcd"])
    for session in (team.lead, team.li):
        for (kind, key), ids in made.items():
            within = Within(kind, key)  # type: ignore[arg-type]
            found = lists.page(session, Query(text, within=within)).ids
            seen = session is team.lead or key != team.wang.person.id or kind == "pool"
            assert set(found) <= set(ids if seen else ())
            if text in ("", "Acme"):
                assert sorted(found) == (ids if seen else [])
            counts = lists.stage_counts(session, Query(text, within=within))
            assert counts is None if text else sum(counts.values()) == len(found)  # type: ignore[union-attr]
            assert lists.count(session, Query(text, within=within)) == len(found)


def test_a_pool_that_one_is_no_member_of_has_no_list(team: Team) -> None:
    pool_lists.add(team.admin, "east", "wang", None)
    make(team.admin, "Acme", owner="pool")
    with pytest.raises(CrmError, match="not yours to see"):
        lists.page(team.li, Query(within=Within("pool", 2)))
    assert lists.stage_counts(team.li, Query(within=Within("pool", 2))) == {}


@pytest.mark.parametrize(
    ("text", "start", "texts"),
    [
        ("l", 0, ("li", "least:")), ("rr:", 3, ("li", "root", "wang", "zhao")), ("rr:li,", 6, ("root", "wang", "zhao")),
        ("rr:li,w", 6, ("wang",)), ("tier:", 5, ("A=", "B=", "C=", "D=")), ("tier:A=w", 7, ("wang",)),
        ("tier:A=li,", 10, ("root", "wang", "zhao", "rr:", "least:", "tier:", "region:")), ("rr：li，w", 6, ("wang",)),
        ("", 0, ("li", "root", "wang", "zhao", "rr:", "least:", "tier:", "region:")), ("region:", 7, ()),
    ],
)  # fmt: skip
def test_who_may_be_given_to_is_completed_name_by_name(
    team: Team, text: str, start: int, texts: tuple[str, ...]
) -> None:
    offer = assignees(team.admin, text)
    assert (offer.start, offer.texts) == (start, texts)
    assert "holding 0/100" in assignees(team.admin, "rr:li,w").hint
