"""What customers owe: open receivables by the days that they are late, and what is done about whoever is late.

A receivable is late from the day after it was due. Days and steps: DOMAIN §6.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from crm_tui.domain.analysis.policies import DUNNING
from crm_tui.domain.analysis.report import Column, Report, Row, share
from crm_tui.domain.charts import Bars
from crm_tui.domain.language import N_, _
from crm_tui.domain.periods import Period

UNTIL = (0, 30, 60, 90)
"""The days up to which what is open stands in the first rows; 0 is not due yet."""
STEPS = {
    "reminder": N_("reminder"), "call": N_("call"), "letter": N_("letter"), "stop": N_("stop delivery"),
}  # fmt: skip
"""The steps of dunning, the mildest first."""
LISTED = 500
"""Customers that are listed one by one at most, the worst first."""


class Open(NamedTuple):
    """A receivable that is not covered: whose, the day on which it was due, what is still open of it."""

    customer: int
    due_on: str
    amount: int


class Debtor(NamedTuple):
    """What a list of debtors tells of a customer."""

    name: str
    owner: str | None
    tier: str
    """The badge, or the tier under `value` where that is a problem."""


AGEING = (
    Column("late", N_("days late"), "text"), Column("receivables", N_("receivables")),
    Column("customers", N_("customers")), Column("amount", N_("open"), "money"),
    Column("share", N_("of all"), "percent"),
)  # fmt: skip


def late(one: Open, as_of: date) -> int:
    """The days by which it is late; 0 and less for what is not due yet."""
    return (as_of - date.fromisoformat(one.due_on)).days


def ageing(receivables: Iterable[Open], as_of: date, period: Period) -> Report:
    """What is open by the days that it is late."""
    by: list[list[Open]] = [[] for __ in (*UNTIL, None)]
    for one in receivables:
        days = late(one, as_of)
        by[next((place for place, until in enumerate(UNTIL) if days <= until), len(UNTIL))].append(one)
    whole = sum(one.amount for found in by for one in found)
    rows = tuple(_aged(_bucket(place), found, whole) for place, found in enumerate(by))
    bars = tuple((row.cells[0], float(row.cells[3]), f"{row.cells[4] or 0:.0%}") for row in rows)
    every = _aged("", [one for found in by for one in found], whole).cells
    return Report(
        "ageing", _("Open receivables by age"), period, AGEING, rows, Bars(bars), total=every, about=_as_of(as_of)
    )


def _as_of(day: date) -> str:
    return _("as of {day}").format(day=day)


def _bucket(place: int) -> str:
    if place == 0:
        return _("not due")
    return f"{UNTIL[place - 1] + 1}-{UNTIL[place]}" if place < len(UNTIL) else f">{UNTIL[-1]}"


def _aged(name: str, found: Sequence[Open], whole: int) -> Row:
    amount = sum(one.amount for one in found)
    ids = tuple(sorted({one.customer for one in found}))
    return Row((name, len(found), len(ids), amount, share(amount, whole)), ids=ids)


PROBLEMS = (
    Column("customer", N_("customer"), "text"), Column("owner", N_("owner"), "text"),
    Column("tier", N_("tier"), "text"), Column("overdue", N_("overdue"), "money"), Column("days", N_("days late")),
    Column("step", N_("step"), "word"), Column("id", N_("no."), "number"),
)  # fmt: skip


def overdue(receivables: Iterable[Open], as_of: date) -> dict[int, tuple[int, int]]:
    """Who is late with how much, and by how many days with the oldest: amount and days by customer."""
    found: dict[int, tuple[int, int]] = {}
    for one in receivables:
        days = late(one, as_of)
        if days > 0:
            amount, oldest = found.get(one.customer, (0, 0))
            found[one.customer] = amount + one.amount, max(oldest, days)
    return found


def step(days: int, dunning: Mapping[str, int] = DUNNING) -> str | None:
    """The step of dunning for so many days late; None before the first."""
    return next((name for name in reversed(STEPS) if name in dunning and days >= dunning[name]), None)


def worst(found: Mapping[int, tuple[int, int]], problems: Collection[int]) -> list[int]:
    """Whoever is late or else a problem, the latest first, then the greatest amount."""
    keys = {*found, *problems}
    return sorted(keys, key=lambda key: (-found.get(key, (0, 0))[1], -found.get(key, (0, 0))[0], key))


def problems(
    found: Mapping[int, tuple[int, int]], order: Sequence[int], debtors: Mapping[int, Debtor], as_of: date,
    period: Period, dunning: Mapping[str, int] = DUNNING,
) -> Report:  # fmt: skip
    """Problem customers and whoever is overdue, each with the step of dunning that the days ask for.

    `order` are all of them; `debtors` are those that are listed.
    """
    rows, sums = [], dict.fromkeys(STEPS, 0)
    for key in order:
        amount, days = found.get(key, (0, 0))
        name = step(days, dunning)
        if name is not None:
            sums[name] += amount
        if key in debtors:
            who = debtors[key]
            rows.append(Row((who.name, who.owner, who.tier, amount, days, name, key), ids=(key,)))
    whole = sum(amount for amount, __ in found.values())
    bars = tuple((_(label), float(sums[name]), f"{share(sums[name], whole) or 0:.0%}") for name, label in STEPS.items())
    left = len(order) - len(rows)
    notes = (_("{n} more, less late: report ageing").format(n=f"{left:,}"),) if left else ()
    return Report(
        "problems", _("Problem customers"), period, PROBLEMS, tuple(rows), Bars(bars), notes, about=_as_of(as_of)
    )
