"""Every metric of what is summed up of a customer's facts, and what cannot be told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from crm_tui.domain.metrics import METRICS, NOTHING, Kept, is_falling, is_lagging, silent_for, value

AS_OF = "2026-11-01"


@pytest.mark.parametrize(
    ("name", "kept", "expected"),
    [
        ("sales", {}, 0),
        ("sales", {"sales": 5}, 5),
        ("margin", {}, None),
        ("margin", {"sales": 100}, None),  # no cost is known
        ("margin", {"sales": 100, "costed": 80, "profit": 20}, 0.25),
        ("margin", {"costed": 80, "profit": -20}, -0.25),
        ("profit", {"sales": 100}, None),
        ("profit", {"costed": 80, "profit": 0}, 0),
        ("profit", {"costed": 0, "profit": -7}, -7),  # given away
        ("collection", {}, None),  # nothing was due
        ("collection", {"due": 100}, 0.0),
        ("collection", {"due": 100, "collected": 100}, 1.0),
        ("timeliness", {}, None),
        ("timeliness", {"due": 200, "on_time": 50}, 0.25),
        ("growth", {"sales": 100}, None),
        ("growth", {"sales": 0, "sales_before": 100}, -1.0),
        ("growth", {"sales": 150, "sales_before": 100}, 0.5),
        ("own_growth", {"wallet": 300, "wallet_before": 200}, 0.5),
        ("own_growth", {"wallet": 300}, None),
        ("share", {}, None),
        ("share", {"wallet": 0, "wallet_ours": 0}, None),
        ("share", {"wallet": 400, "wallet_ours": 100}, 0.25),
        ("share_before", {"wallet_before": 400, "wallet_ours_before": 0}, 0.0),
        ("wallet", {}, None),
        ("potential", {"wallet": 400}, 400),
        ("tenure", {}, None),
        ("tenure", {"first_order": "2026-10-31"}, 0),
        ("tenure", {"first_order": "2026-10-01"}, 1),
        ("tenure", {"first_order": "2024-02-29"}, 32),
        ("continuity", {"years": 3}, 3),
        ("orders", {"orders": 2}, 2),
        ("recency", {}, None),
        ("recency", {"last_order": "2026-10-31"}, 1),
        ("interval", {"first_order": "2026-01-01", "last_order": "2026-01-01", "order_days": 1}, None),
        ("interval", {"first_order": "2026-01-01", "last_order": "2026-01-12", "order_days": 3}, 5.5),
        ("interval", {"first_order": "2024-02-28", "last_order": "2024-03-01", "order_days": 2}, 2.0),
        ("silence", {"first_order": "2026-10-01", "last_order": "2026-10-01", "order_days": 1}, None),
        ("silence", {"first_order": "2026-10-02", "last_order": "2026-10-12", "order_days": 2}, 2.0),
        ("average_order", {"sales": 100}, None),
        ("average_order", {"sales": 100, "orders": 3}, 33),
        ("overdue_days", {}, 0),
        ("contacts", {"contacts": 4}, 4),
    ],
)
def test_a_metric_is_what_domain_6_says(name: str, kept: dict[str, Any], expected: object) -> None:
    assert value(name, Kept(**kept, as_of=AS_OF)) == expected


@pytest.mark.parametrize(
    ("facts", "chance"),
    [({}, None), ({"influence": 4}, None), ({"influence": 4, "closing": 3}, 12), ({"closing": 3}, None)],
)
def test_the_chance_is_influence_times_closing(facts: dict[str, int], chance: int | None) -> None:
    assert value("chance", NOTHING, facts) == chance


def test_who_never_bought_has_no_ratio_and_nothing_sold() -> None:
    told = {name: value(name, NOTHING) for name, metric in METRICS.items() if metric.unit == "percent"}
    assert set(told.values()) == {None}
    assert value("sales", NOTHING) == 0
    assert not NOTHING.bought
    assert Kept(first_order="2020-01-01").bought


def test_texts_come_from_what_the_customer_says_of_itself() -> None:
    facts = {"region": "north", "tier": "A", "headcount": 50}
    found = [value(name, NOTHING, facts) for name in ("region", "tier", "headcount", "source")]
    assert found == ["north", "A", 50, None]


@pytest.mark.parametrize(
    ("sales", "before", "wallet", "wallet_before", "lagging"),
    [(110, 100, 130, 100, True), (130, 100, 130, 100, False), (140, 100, 130, 100, False), (9, 0, 1, 1, None),
     (9, 9, None, 9, None)],
)  # fmt: skip
def test_we_lag_behind_whoever_grows_faster(
    sales: int, before: int, wallet: int | None, wallet_before: int, lagging: bool | None
) -> None:
    kept = Kept(sales=sales, sales_before=before, wallet=wallet, wallet_before=wallet_before)
    assert is_lagging(kept) is lagging


def test_a_share_falls_only_where_both_are_known() -> None:
    kept = Kept(wallet=100, wallet_ours=40, wallet_before=100, wallet_ours_before=50)
    assert is_falling(kept) is True
    assert is_falling(kept._replace(wallet_ours=50)) is False
    assert is_falling(kept._replace(wallet_before=None)) is None


def test_silence_of_today_counts_from_the_newest_order() -> None:
    kept = Kept(first_order="2026-08-01", last_order="2026-08-11", newest_order="2026-11-02", order_days=2)
    assert silent_for(kept, date(2026, 11, 22)) == 2.0
    assert silent_for(NOTHING, date(2026, 11, 22)) is None
