"""What the demo's customers bought, owe and paid, what may be sold to them, and how they are graded by it.

The facts are rows like all others of the demo, drawn with dice of their own. The grading goes through the services, as
the lead's entry of this morning, so that badges, histories and stale profiles agree with it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from crm_tui.domain.cadence import DEFAULTS
from crm_tui.domain.language import _
from crm_tui.domain.names import name_key
from crm_tui.domain.periods import default
from crm_tui.services.demo_people import LEAD
from crm_tui.services.demo_plan import HORIZON, YEAR, pick

if TYPE_CHECKING:
    from datetime import datetime

    from crm_tui.services.demo_life import Calendar, Life, Rows
    from crm_tui.services.tiers import Row
    from crm_tui.store.database import Database

PRODUCTS = (
    ("轴承 6204", "bearings", 120, 74), ("轴承 NU310", "bearings", 860, 560),
    ("直线导轨 HG20", "bearings", 1_450, 900),
    ("PLC X40", "controls", 3_200, 1_700), ("Servo drive S2", "controls", 4_800, 2_900),
    ("HMI panel 10", "controls", 2_600, 1_750),
    ("Sensor P12", "sensors", 340, 150), ("激光测距 L80", "sensors", 1_900, 1_050),
    ("Flow meter F3", "sensors", 2_750, 1_980),
    ("润滑脂 20kg", "supplies", 980, 820), ("Seal kit K1", "supplies", 210, 95),
    ("切削液 200L", "supplies", 2_300, 1_900),
)  # fmt: skip
"""Name, category, price and cost in whole units."""
CATEGORIES = tuple(dict.fromkeys(category for __, category, *___ in PRODUCTS))
COMPETITORS = ("恒力", "Northgear", "鼎源", "Siltech", "华控")
MOST = 6
"""Customers of a holder whose tier brings them into the queue."""
_DAYS_BACK = 900
_RANKINGS = (
    "supplier,price,partner", "price,supplier", "price,supplier,partner", "partner,supplier,price", "supplier,partner",
)  # fmt: skip
_EVIDENCE = ("问过我们的客户案例", "asked for the price first, twice", "每年重新招标", "wants the pilot line seen", "")


@dataclass(frozen=True)
class _Trader:
    """How a customer buys: days between orders, the size of one in whole units, which way that goes over the years."""

    interval: int
    size: int
    trend: str


def products(rows: Rows) -> None:
    """What is sold."""
    for name, category, price, cost in PRODUCTS:
        rows.add("product", name, name_key(name), category, price * 100, cost * 100)


class Trade:
    """The facts of a block of customers; `rows` receives them."""

    def __init__(self, seed: int, calendar: Calendar, rows: Rows) -> None:
        self.dice, self.rows = Random(seed), rows
        self.period = default(calendar.days.today)
        today = calendar.days.today
        self.days = [(today - timedelta(days=age)).isoformat() for age in range(_DAYS_BACK + 60)]
        self.ahead = [(today + timedelta(days=n)).isoformat() for n in range(120)]
        self.told = {row[3] for row in rows.waiting["notice"]}
        self.owing: set[int] = set()
        """The holders one of whose customers has not paid for long."""

    def write(self, lives: Sequence[Life]) -> None:
        """Make the facts of these customers, which are the newest."""
        customers = self.rows.waiting["customer"]
        for life in lives:
            if life.holder is None or life.plan.archived:
                continue
            stage = life.plan.stage
            if stage == "actual":
                self._bought(life)
            if stage in ("target", "intent", "lost") and self.dice.random() < {"intent": 0.7}.get(stage, 0.25):
                self._deal(life)
            if stage in ("actual", "intent") and self.dice.random() < 0.3:
                self._factors(life)
            if stage in ("actual", "intent", "target") and self.dice.random() < 0.5:
                place = life.key - customers[0][0]
                judged = (1 + int(self.dice.random() * 5), 1 + int(self.dice.random() * 5))
                customers[place] = (*customers[place][:-2], *judged)

    def _bought(self, life: Life) -> None:
        trader = self._trader(life)
        ages = list(self._ages(trader))
        own = pick(self.dice, CATEGORIES)
        mine = [n for n, one in enumerate(PRODUCTS, 1) if one[1] == own]
        terms = pick(self.dice, (30, 30, 45, 60))
        quiet = life.plan.quiet and life.plan.next is None and life.key not in self.told
        owes = quiet and life.holder not in self.owing and len(ages) > 3
        if owes and life.holder is not None:
            self.owing.add(life.holder)
        late = self.dice.random() < 0.25
        ours = 0
        for age in ages:
            amount = self._order(life, trader, age, mine, terms, late=late, unpaid=owes and 100 < age - terms < 400)
            if self.period.first.isoformat() <= self.days[age] <= self.period.last.isoformat():
                ours += amount
        if ours and self.dice.random() < 0.5:
            self._wallet(life, own, ours)

    def _trader(self, life: Life) -> _Trader:
        """Whom we speak to often buys the more, as it should be."""
        age, dice = life.plan.contact or 30, self.dice
        trend = pick(dice, ("growing", "growing", "steady", "steady", "falling", "silent", "new"))
        if age <= 5:
            trend = "growing" if trend in ("silent", "new") else trend
            return _Trader(75, 75_000 + int(dice.random() * 240_000), trend)
        if age <= 12:
            return _Trader(135, 18_000 + int(dice.random() * 60_000), trend)
        return _Trader(220, 2_500 + int(dice.random() * 20_000), trend)

    def _ages(self, trader: _Trader) -> Iterator[int]:
        """The ages of the days on which it ordered, the oldest first."""
        age = _DAYS_BACK if trader.trend != "new" else 200
        last = max(200, 5 * trader.interval // 2) if trader.trend == "silent" else 3
        age -= int(self.dice.random() * min(trader.interval, 150))
        while age > last:
            yield age
            age -= int(trader.interval * (0.7 + 0.6 * self.dice.random()))

    def _order(
        self, life: Life, trader: _Trader, age: int, mine: Sequence[int], terms: int, *, late: bool, unpaid: bool
    ) -> int:
        """An order with what is due for it and what was paid; its amount in minor units."""
        dice, add, key = self.dice, self.rows.add, life.key
        number = self.rows.last["sales_order"] + 1
        order = add("sales_order", key, life.holder, f"S{number:05}", self.days[age])
        growth = {"growing": 1.35, "new": 1.2, "falling": 0.65}.get(trader.trend, 1.0) ** ((450 - age) / 365)
        total = 0
        for __ in range(2 if dice.random() < 0.3 else 1):
            product = pick(dice, mine) if dice.random() < 0.8 else 1 + int(dice.random() * len(PRODUCTS))
            price, cost = PRODUCTS[product - 1][2:]
            quantity = max(1, round(trader.size * growth * (0.6 + 0.8 * dice.random()) / price))
            amount = quantity * price * (100 - pick(dice, (0, 0, 3, 5, 10)))
            add("order_line", order, key, product, quantity, amount // quantity, amount, quantity * cost * 100)
            total += amount
        self._paid(life, order, age - terms, total, late=late, unpaid=unpaid)
        return total

    def _paid(self, life: Life, order: int, due: int, amount: int, *, late: bool, unpaid: bool) -> None:
        """What is due at that age (below 0: it is to come), and the payment where there was one."""
        dice, add = self.dice, self.rows.add
        day = self.days[due] if due >= 0 else self.ahead[-due]
        receivable = add("receivable", life.key, order, f"R{order:05}", day, amount)
        if due <= 0 or unpaid:
            return
        paid = due - int(dice.random() * 30) if late else due + int(dice.random() * 6)
        payment = add("payment", life.key, self.days[max(1, paid)], amount)
        add("allocation", life.key, payment, receivable, amount)

    def _wallet(self, life: Life, category: str, ours: int) -> None:
        """What it buys of the category in all; the rest goes to one or two competitors."""
        total = int(ours / (0.2 + 0.75 * self.dice.random()))
        rest, first = total - ours, pick(self.dice, COMPETITORS)
        parts = {first: rest // 2, pick(self.dice, COMPETITORS): rest // 3}
        source, confidence = pick(self.dice, (("采购经理", "high"), ("annual report", "middle"), ("our guess", "low")))
        days = (self.period.first.isoformat(), self.period.last.isoformat())
        self.rows.add(
            "wallet", life.key, life.holder, category, *days, total, source, confidence,
            json.dumps(parts, ensure_ascii=False, sort_keys=True),
        )  # fmt: skip

    def _deal(self, life: Life) -> None:
        """An open deal; a lost one of a customer that was lost."""
        dice, product = self.dice, 1 + int(self.dice.random() * len(PRODUCTS))
        amount = PRODUCTS[product - 1][2] * (5 + int(dice.random() * 60)) * 100
        age = max(1, life.plan.contact or 1)
        opened = min(age + int(dice.random() * 60), len(self.days) - 1)
        competitor = pick(dice, COMPETITORS) if dice.random() < 0.45 else ""
        lost = life.plan.stage == "lost"
        end = ("lost", pick(dice, ("price", "competitor", "no-need")), self.days[age]) if lost else ("open", "", None)
        number = f"D{self.rows.last['deal'] + 1:04}"
        self.rows.add(
            "deal", life.key, life.holder, product, number, amount, self.days[opened],
            None if lost else self.ahead[3 + int(dice.random() * 80)], competitor, *end,
        )  # fmt: skip

    def _factors(self, life: Life) -> None:
        dice = self.dice
        judged = self.days[max(1, life.plan.contact or 1)]
        ranking, evidence = pick(dice, _RANKINGS), pick(dice, _EVIDENCE)
        self.rows.add("purchase_factor", life.key, life.holder, "", ranking, evidence, judged)


# -- the grading


Quiet = tuple[int, int | None]
"""Days since the last contact, and the holder, of a customer of which nothing is due as planned."""


def quiet(lives: Iterable[Life]) -> dict[int, Quiet]:
    """Those of the customers that have bought and are in nobody's queue as planned."""
    return {
        life.key: (life.plan.contact or 0, life.holder) for life in lives
        if life.plan.quiet and life.plan.stage == "actual"
    }  # fmt: skip


def grade(database: Database, now: datetime, still: Mapping[int, Quiet]) -> None:
    """Grade by value, as the lead does in the morning, and tick off what of the playbooks was done.

    What the grading gives to a quiet customer is in force where the last contact suits it; else it is general, and the
    computed tier is proposed. Of all others the tier waits for the lead's word, as it does of those that would make a
    holder's queue longer than a day. Sales (`pareto`) are graded too.
    """
    from crm_tui.services import grading, people, tiers
    from crm_tui.store import worth

    period = default(now.date())
    worth.roll(database, period)
    lead = people.sign_in(database, "wang", source="demo", clock=lambda: now)
    schemes = lead.settings.schemes
    with lead.changing() as change:
        plan = grading.planned(lead, schemes["value"], period, "stage:actual")
        rows = _confirmed(plan.rows, still)
        computed = {key: str(period) for key, row in rows.items() if not row["by_hand"]}
        tiers.write(lead, change, "value", rows, plan.known, computed)
        plan = grading.planned(lead, schemes["pareto"], period, "stage:actual")
        tiers.write(lead, change, "pareto", plan.rows, plan.known, dict.fromkeys(plan.rows, str(period)))
        change.insert("playbook_mark", list(_marks(now, {key: row["tier"] for key, row in rows.items()})))
        change.summarize(f"value: {period}")


def _confirmed(rows: Mapping[int, Row], still: Mapping[int, Quiet]) -> dict[int, Row]:
    """The rows as `grade` makes them, changed to what its docstring says."""
    scheme, near = DEFAULTS.schemes["value"], Counter[int | None]()
    found: dict[int, Row] = {}
    for key, row in rows.items():
        age, holder = still.get(key, (0, None))
        tier = scheme.get(row["computed"] or "")
        days = tier.cadence_days or YEAR if tier else YEAR
        soon = age + HORIZON >= days
        if key not in still or (soon and near[holder] >= MOST and age < days):
            found[key] = {**row, "tier": None}
        elif age >= days:
            found[key] = {**row, "tier": "general", "by_hand": 1, "reason": _("served so till now")}
        else:
            near[holder] += soon
            found[key] = row
    return found


def _marks(now: datetime, tiers: dict[int, str | None]) -> Iterator[dict[str, Any]]:
    from crm_tui.domain.playbooks import is_periodic, span_of

    dice, today = Random(len(tiers)), now.date()
    scheme = DEFAULTS.schemes["value"]
    for key, tier in tiers.items():
        known = scheme.get(tier or "")
        for item in known.playbook.values() if known else ():
            if not is_periodic(item) or dice.random() < 0.45:
                continue
            span = span_of(item.every, today)
            ago = int(dice.random() * (today - span.days.first).days)
            yield {
                "customer_id": key, "user_id": LEAD, "item": item.name, "period": span.name,
                "done_on": (today - timedelta(days=ago)).isoformat(), "note": "",
            }  # fmt: skip

