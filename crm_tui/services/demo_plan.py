"""What the demo's customers are to be today: stage, tier, last contact, and what is promised; the past is made to fit.

A rep's plans are a working day's due queue with every reason in it, and customers that the queue does not show.
Days are told as ages where they are past (1 was yesterday), and as distances where they are to come (1 is tomorrow).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate
from random import Random
from typing import TypeVar

from crm_tui.domain.cadence import DEFAULTS
from crm_tui.domain.schemes import shipped
from crm_tui.domain.stages import STAGES
from crm_tui.domain.workdays import Workdays

Item = TypeVar("Item")

YEAR = 365
HORIZON = DEFAULTS.horizon_days
CADENCE = {tier.identifier: tier.cadence_days or YEAR for tier in shipped()["abcd"].tiers}
ROTTING = {stage.identifier: stage.rotting_days or YEAR for stage in STAGES}
CLOSED = frozenset(stage.identifier for stage in STAGES if stage.closed)


class Days:
    """The working days around `today`: ages of those behind it, newest first, and distances of those ahead."""

    def __init__(self, today: date, workdays: Workdays) -> None:
        self.today = today
        self.past = tuple(n for n in range(1, YEAR + 1) if workdays.is_workday(today - timedelta(days=n)))
        self.ahead = tuple(n for n in range(1, 61) if workdays.is_workday(today + timedelta(days=n)))
        self.soon = tuple(n for n in self.ahead if n <= HORIZON) or tuple(range(1, HORIZON + 1))
        self.gap = self.past[0]

    def ago(self, dice: Random, least: int, most: int) -> int:
        """The age of a working day between the two ages; where there is none, of the next older one."""
        low, high = bisect_left(self.past, least), bisect_right(self.past, most)
        if low >= high:
            return self.past[min(low, len(self.past) - 1)]
        return self.past[low + int(dice.random() * (high - low))]

    def later(self, dice: Random, least: int, most: int) -> int:
        """The distance of a working day between the two; `least` where there is none."""
        low, high = bisect_left(self.ahead, least), bisect_right(self.ahead, most)
        return self.ahead[low + int(dice.random() * (high - low))] if low < high else least


@dataclass(frozen=True, slots=True)
class Next:
    """An open follow-up, due in `days` (negative: days ago), at a minute of that day or at none.

    `first_days`: in how many days it was due before it was snoozed.
    """

    days: int
    minute: int | None = None
    kind: str = "promise"
    first_days: int | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A customer as it stands today. `contact`: age of the last contact that came about, None for none yet.

    `arrived`: age of the day on which it was made, where that matters. `stale_in`: days until its profile is stale
    (0 or less: it is), None for a profile verified not long ago. `tries`: attempts since the last contact.
    """

    stage: str
    tier: str
    contact: int | None
    next: Next | None = None
    arrived: int | None = None
    stale_in: int | None = None
    tries: int = 0
    archived: bool = False
    quiet: bool = False
    """Whether it is planned that nothing is due of it within the horizon."""


def pick(dice: Random, items: Sequence[Item]) -> Item:
    """One of the items (quicker than `Random.choice`)."""
    return items[int(dice.random() * len(items))]


class Weighted:
    """Names by weight: {"potential": 4, "target": 1} is potential four times out of five."""

    def __init__(self, weights: dict[str, float]) -> None:
        self.names = tuple(weights)
        self.sums = tuple(accumulate(weights.values()))

    def pick(self, dice: Random) -> str:
        """One of the names."""
        return self.names[bisect_right(self.sums, dice.random() * self.sums[-1])]


_STAGE_OF = {
    "A": Weighted({"intent": 8, "actual": 2}),
    "B": Weighted({"intent": 7, "target": 1, "actual": 2}),
    "C": Weighted({"target": 7, "potential": 1, "actual": 2}),
    "D": Weighted({"potential": 7, "target": 2, "actual": 1}),
}
_PROMISED = Weighted({"A": 25, "B": 40, "C": 25, "D": 10})
_QUIET = Weighted({"potential": 40, "target": 20, "intent": 8, "actual": 20, "lost": 8, "non_customer": 4})
_POOLED = Weighted({"potential": 55, "target": 10, "intent": 2, "lost": 16, "non_customer": 14})
_TIMES = (9 * 60 + 30, 10 * 60, 11 * 60, 14 * 60, 15 * 60 + 30, 16 * 60)


def queue(dice: Random, days: Days) -> list[Plan]:
    """Forty customers that are due: 8 overdue, 12 today, 20 within the horizon, in no order."""
    plans = [*_overdue(dice, days), *_today(dice, days), *_soon(dice, days)]
    dice.shuffle(plans)
    return plans


def _overdue(dice: Random, days: Days) -> Iterator[Plan]:
    for late in (2, 1, 4):
        age = days.ago(dice, late, late + 3)
        yield _promised(dice, days, Next(-age), tries=late % 2)
    yield _promised(dice, days, Next(0, first_days=-days.ago(dice, 2, 6)))
    yield _fresh(days, Next(-days.past[0], kind="first_contact"), days.past[1])
    for tier in ("A", "B"):
        yield Plan("intent", tier, days.ago(dice, CADENCE[tier] + 1, CADENCE[tier] + 4))
    yield Plan("intent", "D", days.ago(dice, ROTTING["intent"] + 1, ROTTING["intent"] + 8))


def _today(dice: Random, days: Days) -> Iterator[Plan]:
    for minute in (_TIMES[0], _TIMES[2], _TIMES[3], _TIMES[5]):
        yield _promised(dice, days, Next(0, minute))
    for tries in (0, 0, 1, 2):
        yield _promised(dice, days, Next(0), tries=tries)
    yield _fresh(days, Next(0, kind="first_contact"), days.gap)
    exact = [tier for tier, interval in CADENCE.items() if interval in days.past]
    yield _on_the_day(dice, days, exact)
    for late in (0, 9):
        yield replace(_quiet_open(dice, days), stale_in=-late)


def _on_the_day(dice: Random, days: Days, tiers: Sequence[str]) -> Plan:
    """A cadence that falls on today; a promise where no tier's interval leads back to a working day."""
    if not tiers:
        return _promised(dice, days, Next(0))
    tier = pick(dice, tiers)
    return _silent(dice, tier, CADENCE[tier])


def _soon(dice: Random, days: Days) -> Iterator[Plan]:
    for n in range(10):
        ahead = days.soon[n % len(days.soon)]
        yield _promised_soon(dice, days, Next(ahead, pick(dice, _TIMES) if n % 3 == 0 else None))
    for __ in range(2):
        yield _fresh(days, Next(days.soon[0], kind="first_contact"), days.gap)
    near = [(tier, age) for tier, interval in CADENCE.items() for age in days.past if 1 <= interval - age <= HORIZON]
    for __ in range(4):
        yield _silent(dice, *pick(dice, near))
    for stage in ("target", "intent"):
        yield Plan(stage, "D", days.ago(dice, max(ROTTING[stage] - HORIZON, days.gap), ROTTING[stage] - 1))
    for ahead in (1, 4):
        yield replace(_quiet_open(dice, days), stale_in=ahead)


def _promised(dice: Random, days: Days, promise: Next, *, tries: int = 0) -> Plan:
    """Promised for today or earlier: that speaks louder than anything else that is due."""
    tier = _PROMISED.pick(dice)
    made = max(1, -min(promise.days, promise.first_days or 0)) + 1
    return Plan(_STAGE_OF[tier].pick(dice), tier, days.ago(dice, made + tries, made + 8), promise, tries=tries)


def _promised_soon(dice: Random, days: Days, promise: Next) -> Plan:
    """Promised before the cadence of the tier asks, and before the stage rots."""
    tiers = [tier for tier, interval in CADENCE.items() if interval - promise.days >= days.gap]
    tier = pick(dice, tiers[:2]) if tiers else "D"
    stage = _STAGE_OF[tier].pick(dice)
    oldest = min(CADENCE[tier], ROTTING[stage]) - promise.days
    if oldest < days.gap:
        return _promised_soon(dice, days, promise)
    return Plan(stage, tier, days.ago(dice, days.gap, oldest), promise)


def _fresh(days: Days, promise: Next, arrived: int) -> Plan:
    return Plan("potential", "D", None, promise, arrived=arrived)


def _silent(dice: Random, tier: str, age: int) -> Plan:
    """Last spoken to so long ago, nothing promised; its stage does not rot before the cadence asks."""
    stage = {"A": "intent", "B": "intent", "C": "target", "D": "potential"}[tier]
    return Plan("actual" if dice.random() < 0.2 else stage, tier, age)


def quiet(dice: Random, days: Days) -> Plan:
    """A customer that somebody holds and that is not due within the horizon."""
    stage = _QUIET.pick(dice)
    if stage in CLOSED:
        return Plan(stage, "C" if dice.random() < 0.2 else "D", days.ago(dice, 8, 300), archived=dice.random() < 0.2)
    plan = replace(_quiet_open(dice, days, stage), quiet=True)
    if dice.random() < 0.35:
        return replace(plan, next=Next(days.later(dice, HORIZON + 1, 40)))
    return replace(plan, archived=dice.random() < 0.02)


def _quiet_open(dice: Random, days: Days, stage: str = "potential") -> Plan:
    """An open customer spoken to lately: neither cadence nor rotting within the horizon."""
    tier = "C" if stage == "intent" or (stage != "potential" and dice.random() < 0.3) else "D"
    oldest = min(CADENCE[tier], ROTTING[stage]) - HORIZON - 1
    if oldest < days.gap:
        return _quiet_open(dice, days)
    return Plan(stage, tier, days.ago(dice, days.gap, oldest))


def pooled(dice: Random, days: Days) -> Plan:
    """A customer in the public pool: nobody has spoken to it for weeks, or ever."""
    stage = _POOLED.pick(dice)
    tier = "C" if stage == "target" else "B" if stage == "intent" else "D"
    if stage == "potential" and dice.random() < 0.4:
        return Plan(stage, tier, None, arrived=days.ago(dice, 1, YEAR))
    return Plan(stage, tier, days.ago(dice, 20, 300), archived=dice.random() < 0.03)
