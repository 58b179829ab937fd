"""What is known of a customer's worth: what the store sums up of its facts, and every metric that follows from that.

A metric that cannot be told (nothing was due, no cost is known, there was one order only) is None, never 0. Formulas
are those of DOMAIN §6. Money is in minor units, a per cent figure a fraction (0.25 is 25 %), a day is ISO text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal, NamedTuple

from msgspec import Struct

from crm_tui.domain.language import N_, _

Unit = Literal["money", "percent", "days", "count", "months", "years", "points", "ratio", "text"]
Value = int | float | str | None
Facts = Mapping[str, Value]
"""What the customer's own row and profile say: influence, closing, headcount, region, industry, source, stage, tier
(the letter of abcd), business_role; what is missing may be left out.
"""


class Kept(NamedTuple):
    """What is summed up of a customer's facts for a period; without arguments that of a customer that has none.

    Only confirmed orders count, and only what is known by the period's end does, but for `newest_order` and for `ours`
    within the estimates' own periods. `costed` is the sales of lines whose cost is known, `profit` is of those;
    `collected` and `on_time` are parts of `due`; `years` counts unbroken twelve-month windows back from the end;
    `wallet` is all that it buys of what was estimated, `wallet_before` the same of the estimates before those.
    """

    sales: int = 0
    sales_before: int = 0
    costed: int = 0
    profit: int = 0
    orders: int = 0
    due: int = 0
    collected: int = 0
    on_time: int = 0
    overdue: int = 0
    overdue_days: int = 0
    first_order: str | None = None
    last_order: str | None = None
    newest_order: str | None = None
    order_days: int = 0
    years: int = 0
    lifetime: int = 0
    lifetime_profit: int = 0
    forecast: int = 0
    wallet: int | None = None
    wallet_ours: int | None = None
    wallet_before: int | None = None
    wallet_ours_before: int | None = None
    contacts: int = 0
    visits: int = 0
    as_of: str = ""

    @property
    def bought(self) -> bool:
        """Whether it had ordered anything by the period's end."""
        return self.first_order is not None


NOTHING = Kept()


class Metric(Struct, frozen=True):
    """A metric: its name, label, unit, and whether more of it is better (`up`) or worse (`down`)."""

    name: str
    label: str
    unit: Unit
    better: Literal["up", "down", ""]
    of: Callable[[Kept, Facts], Value]

    @property
    def title(self) -> str:
        """The label in the reader's language."""
        return _(self.label)


def _ratio(part: int | None, whole: int | None) -> float | None:
    return None if part is None or whole is None or whole <= 0 else part / whole


def _growth(now: int | None, then: int | None) -> float | None:
    return None if now is None or then is None or then <= 0 else (now - then) / then


def _days(kept: Kept) -> int | None:
    """Days from the last order to the day from which one looks back."""
    if kept.last_order is None:
        return None
    return (date.fromisoformat(kept.as_of) - date.fromisoformat(kept.last_order)).days


def _interval(kept: Kept) -> float | None:
    if kept.order_days < 2 or kept.first_order is None or kept.last_order is None:
        return None
    span = date.fromisoformat(kept.last_order) - date.fromisoformat(kept.first_order)
    return span.days / (kept.order_days - 1)


def _silence(kept: Kept) -> float | None:
    days, interval = _days(kept), _interval(kept)
    return None if days is None or interval is None else days / interval


def _tenure(kept: Kept) -> int | None:
    if kept.first_order is None:
        return None
    first, now = date.fromisoformat(kept.first_order), date.fromisoformat(kept.as_of)
    return (now.year - first.year) * 12 + now.month - first.month - (now.day < first.day)


def _profit(kept: Kept) -> int | None:
    return kept.profit if kept.costed or kept.profit else None


def _average(kept: Kept) -> int | None:
    return round(kept.sales / kept.orders) if kept.orders else None


def _chance(facts: Facts) -> int | None:
    influence, closing = facts.get("influence"), facts.get("closing")
    return influence * closing if isinstance(influence, int) and isinstance(closing, int) else None


def _fact(name: str, label: str, unit: Unit = "text") -> Metric:
    return Metric(name, label, unit, "up" if unit != "text" else "", lambda kept, facts: facts.get(name))


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("sales", N_("sales"), "money", "up", lambda kept, facts: kept.sales),
        Metric("margin", N_("gross margin"), "percent", "up", lambda kept, facts: _ratio(kept.profit, kept.costed)),
        Metric("profit", N_("gross profit"), "money", "up", lambda kept, facts: _profit(kept)),
        Metric("collection", N_("collection rate"), "percent", "up",
               lambda kept, facts: _ratio(kept.collected, kept.due)),
        Metric("timeliness", N_("paid on time"), "percent", "up", lambda kept, facts: _ratio(kept.on_time, kept.due)),
        Metric("growth", N_("sales growth"), "percent", "up",
               lambda kept, facts: _growth(kept.sales, kept.sales_before)),
        Metric("own_growth", N_("its own growth"), "percent", "up",
               lambda kept, facts: _growth(kept.wallet, kept.wallet_before)),
        Metric("share", N_("share of wallet"), "percent", "up",
               lambda kept, facts: _ratio(kept.wallet_ours, kept.wallet)),
        Metric("share_before", N_("share of wallet before"), "percent", "up",
               lambda kept, facts: _ratio(kept.wallet_ours_before, kept.wallet_before)),
        Metric("wallet", N_("wallet"), "money", "up", lambda kept, facts: kept.wallet),
        Metric("potential", N_("potential"), "money", "up", lambda kept, facts: kept.wallet),
        Metric("tenure", N_("customer for"), "months", "up", lambda kept, facts: _tenure(kept)),
        Metric("continuity", N_("years in a row"), "years", "up", lambda kept, facts: kept.years),
        Metric("lifetime", N_("lifetime sales"), "money", "up", lambda kept, facts: kept.lifetime),
        Metric("forecast", N_("this year's forecast"), "money", "up", lambda kept, facts: kept.forecast),
        Metric("orders", N_("orders"), "count", "up", lambda kept, facts: kept.orders),
        Metric("recency", N_("since the last order"), "days", "down", lambda kept, facts: _days(kept)),
        Metric("interval", N_("between orders"), "days", "down", lambda kept, facts: _interval(kept)),
        Metric("silence", N_("silence in order intervals"), "ratio", "down", lambda kept, facts: _silence(kept)),
        Metric("average_order", N_("average order"), "money", "up", lambda kept, facts: _average(kept)),
        Metric("contacts", N_("contacts"), "count", "", lambda kept, facts: kept.contacts),
        Metric("visits", N_("visits"), "count", "", lambda kept, facts: kept.visits),
        Metric("overdue", N_("overdue"), "money", "down", lambda kept, facts: kept.overdue),
        Metric("overdue_days", N_("overdue for"), "days", "down", lambda kept, facts: kept.overdue_days),
        _fact("influence", N_("influence"), "points"),
        _fact("closing", N_("closing potential"), "points"),
        Metric("chance", N_("influence × closing"), "points", "up", lambda kept, facts: _chance(facts)),
        _fact("headcount", N_("headcount"), "count"),
        _fact("region", N_("region")),
        _fact("industry", N_("industry")),
        _fact("source", N_("source")),
        _fact("stage", N_("stage")),
        _fact("tier", N_("intent letter")),
        _fact("business_role", N_("role in business")),
    )
}  # fmt: skip


def value(name: str, kept: Kept, facts: Facts | None = None) -> Value:
    """The metric of that name (a key of `METRICS`) in its unit; None where it cannot be told."""
    return METRICS[name].of(kept, facts or {})


SILENT = 2
"""So many of its own order intervals without an order say that a customer may be lost. DOMAIN §2."""


def silent_for(kept: Kept, today: date) -> float | None:
    """The time since the newest order in the customer's own order intervals, today; None where it has no interval."""
    interval = _interval(kept)
    if interval is None or kept.newest_order is None:
        return None
    return (today - date.fromisoformat(kept.newest_order)).days / interval


def is_lagging(kept: Kept) -> bool | None:
    """Whether our sales grow more slowly than what the customer buys; None where one of the two is not known."""
    ours, theirs = value("growth", kept), value("own_growth", kept)
    return None if ours is None or theirs is None else ours < theirs  # type: ignore[operator]


def is_falling(kept: Kept) -> bool | None:
    """Whether our share of its wallet is less than it was; None where one of the two is not known."""
    now, then = value("share", kept), value("share_before", kept)
    return None if now is None or then is None else now < then  # type: ignore[operator]
