"""Who is told what a customer is worth, where, and what follows from it."""

from __future__ import annotations

import pytest

from crm_tui.domain.errors import CrmError
from crm_tui.domain.periods import Period, parse
from crm_tui.services import cards, columns, lists, recycling, rules, stages, worth
from crm_tui.services.lists import Query
from tests.factories import Team, make


def test_the_metrics_of_a_customer_have_their_units_and_their_period(team: Team) -> None:
    key = make(team.li)
    team.order(key, "2026-03-05", 100_000, 60_000)
    team.order(key, "2026-11-05", 7)
    outcome = worth.metrics(team.li, key)
    assert outcome.lines[0] == "2025-11-01 to 2026-10-31"
    record = outcome.data[0]
    assert (record["sales"], record["margin"], record["collection"]) == ("1000.00", 0.4, None)
    period = parse("2026-11", "2026-11", team.li.today)
    assert worth.metrics(team.li, key, period).data[0]["sales"] == "0.07"


def test_figures_are_told_only_to_those_who_see_the_customer(team: Team) -> None:
    wangs, pooled = make(team.wang, "Wangs"), make(team.admin, "Pooled", owner="pool")
    for key in (wangs, pooled):
        team.order(key, "2026-03-05", 100_000)
    assert worth.worth(team.li, [wangs, pooled]) == {}
    with pytest.raises(CrmError, match="there is no customer"):
        worth.metrics(team.li, wangs)
    with pytest.raises(CrmError, match="hidden"):
        worth.metrics(team.li, pooled)
    assert set(worth.worth(team.lead, [wangs, pooled])) == {wangs, pooled}
    assert lists.page(team.li, Query("sales:>0")).ids == []
    assert lists.count(team.li, Query("-sales:>0")) == 0


def test_a_list_shows_figures_and_hides_those_of_the_pool(team: Team) -> None:
    mine, pooled = make(team.li, "Mine"), make(team.admin, "Pooled", owner="pool")
    for key in (mine, pooled):
        team.order(key, "2026-03-05", 123_456)
    chosen = columns.read("sales,last_order,growth")
    found = columns.rows(team.li, [mine, pooled], chosen)
    shown = {key: columns.values(team.li, row, chosen) for key, row in found.items()}
    assert shown[mine] == {"sales": "1234.56", "last_order": "2026-03-05", "growth": None}
    assert set(shown[pooled].values()) == {None}


def test_the_greatest_sales_come_first_and_who_has_no_figures_last(team: Team) -> None:
    none, small, great = (make(team.li, name) for name in ("None", "Small", "Great"))
    team.order(small, "2026-03-05", 1)
    team.order(great, "2026-03-05", 500)
    for session in (team.li, team.admin):
        for sort, ids in (("sales", [great, small, none]), ("-sales", [small, great, none])):
            assert lists.page(session, Query(order=lists.sort_order(sort))).ids == ids


def test_the_card_tells_the_worth_and_asks_of_whom_it_has_not_heard_for_long(team: Team) -> None:
    key = make(team.li)
    assert "worth" not in {section.name for section in cards.card(team.li, key).sections}
    for on in ("2026-06-01", "2026-06-11", "2026-06-21"):
        team.order(key, on, 100)
    stages.move(team.li, [key], "actual")
    [section] = [one for one in cards.card(team.li, key).sections if one.name == "worth"]
    assert section.records[0]["sales"] == "3.00"
    assert section.rows[-1].edit == f"stage lost {key}"
    team.order(key, "2026-11-17", 100)
    [section] = [one for one in cards.card(team.li, key).sections if one.name == "worth"]
    assert not any(row.edit for row in section.rows)


def test_p11_an_actual_customer_stays_after_its_last_order_and_while_it_owes(team: Team) -> None:
    key = make(team.li)
    stages.move(team.li, [key], "actual")
    for name, limit in (("pool.recycle.contact.D", "5"), ("pool.recycle.actual_days", "10")):
        rules.set_rule(team.admin, name, limit)
    team.clock.forward(days=1)
    assert "28 Nov" in recycling.why(team.li, key).lines[0]
    team.order(key, "2026-11-19", 100)
    assert "30 Nov" in recycling.why(team.li, key).lines[0]
    claim = team.due(key, "2026-12-01", 100)
    assert "receivable" in recycling.why(team.li, key).lines[0]
    team.paid(key, "2026-11-19", 100, claim)
    assert "receivable" not in recycling.why(team.li, key).lines[0]


def test_a_period_may_be_any(team: Team) -> None:
    key = make(team.li)
    team.order(key, "2026-03-05", 100)
    found = worth.worth(team.li, [key], Period(*(team.li.today.replace(month=3, day=n) for n in (5, 5))))
    assert found[key]["sales"] == 100
