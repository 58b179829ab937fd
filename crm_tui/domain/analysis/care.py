"""What we do for customers and what comes of it: contacts against cadence, effort against worth, who goes silent, who
brings whom, and how we sell against how they buy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from crm_tui.domain.analysis.report import Column, Report, Row, merged, share, term
from crm_tui.domain.cadence import DueSettings, cadence_interval
from crm_tui.domain.charts import Bars, Shares
from crm_tui.domain.language import N_, _
from crm_tui.domain.periods import Period
from crm_tui.domain.schemes import Scheme, badge

# -- activity


class Holding(NamedTuple):
    """Customers that someone holds, alike in tier, stage, the day since when they are held (that of the beginning of
    the period, where it is later) and the day of their last contact with anybody (or of being received); the contacts
    are those that the holder made.
    """

    owner: str
    scheme: str
    tier: str | None
    stage: str
    since: str
    last: str
    customers: int
    contacts: int
    visits: int


ACTIVITY = (
    Column("rep", N_("rep"), "text"), Column("customers", N_("held now")), Column("contacts", N_("own contacts")),
    Column("visits", N_("visits")), Column("asked", N_("cadence asks")),
    Column("done", N_("of that"), "percent"), Column("in_rhythm", N_("in rhythm")),
    Column("in_rhythm_share", N_("of those"), "percent"),
)  # fmt: skip


def activity(holdings: Iterable[Holding], period: Period, today: date, settings: DueSettings) -> Report:
    """For each rep the contacts that it made with the customers that it holds, against what their cadence asks for.

    Both count from the day since when a customer is held, within the period and up to `today`: the cadence asks for
    these days divided by its interval. In rhythm is who was heard from within the interval by `today`, by anybody.
    """
    end = min(period.as_of, today + timedelta(days=1))
    by: dict[str, list[Holding]] = {}
    for holding in holdings:
        by.setdefault(holding.owner, []).append(holding)
    rows = []
    for owner, held in sorted(by.items()):
        asked = rhythm = cadenced = 0.0
        for one in held:
            interval = cadence_interval(one.tier, one.scheme, one.stage, settings)
            if interval is not None:
                asked += one.customers * max(0, (end - date.fromisoformat(one.since)).days) / interval
                cadenced += one.customers
                rhythm += one.customers * (one.last >= (today - timedelta(days=interval)).isoformat())
        customers, contacts, visits = (sum(sums) for sums in zip(*(one[6:] for one in held), strict=True))
        cells = (
            owner, customers, contacts, visits, round(asked), share(contacts, asked if round(asked) else None),
            round(rhythm), share(rhythm, cadenced),
        )  # fmt: skip
        rows.append(Row(cells, filter=term("owner", owner)))
    bars = tuple((row.cells[0], row.cells[5] or 0.0, f"{row.cells[2]:,}/{row.cells[4]:,}") for row in rows)
    about = _("in rhythm as of {day}").format(day=today)
    return Report("activity", _("Contacts against cadence"), period, ACTIVITY, tuple(rows), Bars(bars), about=about)


# -- effort against worth


class Spent(NamedTuple):
    """What the customers of a tier bring and what they take; money in minor units."""

    scheme: str
    tier: str | None
    customers: int
    sales: int
    costed: int
    profit: int
    contacts: int
    visits: int


EFFORT = (
    Column("tier", N_("tier"), "text"), Column("customers", N_("customers")),
    Column("customers_share", N_("of all"), "percent"), Column("sales", N_("sales"), "money"),
    Column("sales_share", N_("of sales"), "percent", 1), Column("profit", N_("profit"), "money"),
    Column("profit_share", N_("of profit"), "percent", 4), Column("margin", N_("margin"), "percent"),
    Column("contacts", N_("contacts"), "count", 5), Column("contacts_share", N_("of contacts"), "percent"),
    Column("visits", N_("visits"), "count", 6), Column("visits_share", N_("of visits"), "percent"),
    Column("cost", N_("cost to serve"), "money", 2), Column("cost_share", N_("of cost"), "percent", 3),
)  # fmt: skip
_COMPARED = {
    N_("customers"): 2, N_("sales"): 4, N_("profit"): 6, N_("contacts"): 9, N_("visits"): 11, N_("cost to serve"): 13,
}  # fmt: skip
"""The shares that stand one below the other, and the cells that they are in."""


def effort(
    spent: Iterable[Spent], period: Period, schemes: Mapping[str, Scheme], *, contact: int, visit: int,
    scheme: str = "",
) -> Report:  # fmt: skip
    """Per tier what its customers bring against what they take.

    The cost to serve is that of the contacts, and of visits among them beside it (minor units). DOMAIN §6.
    """
    found = sorted(spent, key=lambda one: _place(one, schemes))
    totals = tuple(map(sum, zip(*(one[2:] for one in found), strict=True))) or (0,) * 6
    costs = [one.contacts * contact + one.visits * visit for one in found]
    rows = tuple(
        Row((_tier(one, schemes), *_shared(one[2:], cost, totals, sum(costs))), filter=_of_tier(one, scheme))
        for one, cost in zip(found, costs, strict=True)
    )
    items = tuple((_(label), tuple(row.cells[at] or 0.0 for row in rows)) for label, at in _COMPARED.items())
    parts = tuple(str(row.cells[0] or _("none")) for row in rows)
    total = ("", *_shared(totals, sum(costs), totals, sum(costs)))
    about = _("scheme {scheme}").format(scheme=scheme) if scheme else ""
    return Report(
        "effort", _("Effort against worth"), period, EFFORT, rows, Shares(parts, items), total=total, about=about
    )


def _shared(sums: Sequence[int], cost: int, totals: Sequence[int], costs: int) -> tuple[int | float | None, ...]:
    customers, sales, costed, profit, contacts, visits = sums
    return (
        customers, share(customers, totals[0]), sales, share(sales, totals[1]), profit, share(profit, totals[3]),
        share(profit, costed), contacts, share(contacts, totals[4]), visits, share(visits, totals[5]),
        cost, share(cost, costs),
    )  # fmt: skip


def _place(one: Spent, schemes: Mapping[str, Scheme]) -> tuple[bool, int, int, str]:
    known = schemes.get(one.scheme)
    order = list(schemes).index(one.scheme) if known else len(schemes)
    return one.tier is None, order, known.rank(one.tier) if known and one.tier else 0, one.tier or ""


def _tier(one: Spent, schemes: Mapping[str, Scheme]) -> str | None:
    return badge(schemes[one.scheme], one.tier) if one.tier and one.scheme in schemes else one.tier


def _of_tier(one: Spent, scheme: str) -> str:
    if scheme:
        return f"tier.{scheme}:{one.tier or 'none'}"
    return f"scheme:{one.scheme} tier:{one.tier}" if one.tier else "no:tier"


# -- silence


class Silent(NamedTuple):
    """A customer that has been silent; days are counted up to the day as of which the report holds."""

    customer: int
    name: str
    owner: str | None
    last_order: str
    silent: int
    interval: float
    sales: int
    lifetime: int


CHURN = (
    Column("customer", N_("customer"), "text"), Column("owner", N_("owner"), "text"),
    Column("last_order", N_("last order"), "text"), Column("silent", N_("days silent")),
    Column("interval", N_("usually"), "days"), Column("times", N_("times"), "number"),
    Column("sales", N_("sales"), "money"), Column("lifetime", N_("ever"), "money"), Column("id", N_("no."), "number"),
)  # fmt: skip
SILENCE = 2.0
"""So many of its own order intervals without an order are a warning. DOMAIN §2."""
_BANDS = ((3.0, "2-3 ×"), (5.0, "3-5 ×"), (float("inf"), "> 5 ×"))
LISTED = 500
"""Customers that are listed one by one at most, those who bought most first."""


def churn(silent: Iterable[Silent], as_of: date, period: Period) -> Report:
    """Who has been silent for more than twice the own order interval, those who bought most first."""
    found = [one for one in silent if one.interval > 0 and one.silent > SILENCE * one.interval]
    found.sort(key=lambda one: (-one.lifetime, one.customer))
    rows = tuple(
        Row(
            (
                one.name, one.owner, one.last_order, one.silent, round(one.interval, 1),
                round(one.silent / one.interval, 1), one.sales, one.lifetime, one.customer,
            ),
            ids=(one.customer,),
        )
        for one in found[:LISTED]
    )  # fmt: skip
    counts = dict.fromkeys((name for __, name in _BANDS), 0)
    for one in found:
        counts[next(name for until, name in _BANDS if one.silent <= until * one.interval)] += 1
    bars = tuple((name, float(n), f"{n:,}") for name, n in counts.items())
    left = len(found) - len(rows)
    notes = (_("{n} more that bought less").format(n=f"{left:,}"),) if left else ()
    about = _("as of {day}").format(day=as_of)
    return Report("churn", _("Churn warnings"), period, CHURN, rows, Bars(bars), notes, about=about)


# -- referrals


class Referred(NamedTuple):
    """A customer that somebody referred: by whom, as it was written down; its sales in the period and ever."""

    customer: int
    by: str
    sales: int
    lifetime: int


REFERRALS = (
    Column("referrer", N_("referred by"), "text"), Column("customers", N_("customers")),
    Column("bought", N_("bought")), Column("conversion", N_("of them"), "percent"),
    Column("sales", N_("sales"), "money"), Column("lifetime", N_("ever"), "money"),
    Column("referrer_id", N_("no."), "number"),
)  # fmt: skip


def referrals(referred: Iterable[Referred], known: Mapping[str, int], period: Period) -> Report:
    """Who refers whom, and what came of it. `known` are the numbers of the referrers that are customers, by name."""
    found = list(referred)
    spelt = merged(one.by for one in found)
    by: dict[str, list[Referred]] = {}
    for one in found:
        by.setdefault(spelt[one.by] or one.by, []).append(one)
    rows = []
    for name, members in by.items():
        bought = sum(one.lifetime > 0 for one in members)
        cells = (
            name, len(members), bought, share(bought, len(members)), sum(one.sales for one in members),
            sum(one.lifetime for one in members), known.get(name),
        )  # fmt: skip
        rows.append(Row(cells, ids=tuple(sorted(one.customer for one in members))))
    rows.sort(key=lambda row: (-row.cells[4], -row.cells[1], row.cells[0]))
    bars = tuple((row.cells[0], float(row.cells[1]), f"{row.cells[1]:,}") for row in rows)
    return Report("referrals", _("Who refers whom"), period, REFERRALS, tuple(rows), Bars(bars))


# -- how we sell against how they buy


class Pitch(NamedTuple):
    """What was said or offered to a customer, and whether it goes against why that buys (None: nobody can tell)."""

    customer: int
    factor: str
    against: bool


FACTORS = (
    Column("factor", N_("they buy for"), "word"), Column("customers", N_("customers")),
    Column("notes", N_("notes and offers")), Column("against", N_("against it")),
    Column("against_share", N_("of them"), "percent"), Column("customers_against", N_("to customers")),
)  # fmt: skip


BUYING = {
    "supplier": N_("a trusted supplier"), "price": N_("price"), "partner": N_("an innovating partner"),
}  # fmt: skip
"""Why customers buy. DOMAIN §1."""


def factors(first: Mapping[int, str], pitches: Iterable[Pitch], period: Period) -> Report:
    """How we sell against how they buy: by the weightiest purchase factor, what was said that goes against it.

    `first` is that factor by customer. Behind a row are all customers that buy for it.
    """
    by: dict[str, list[int]] = {factor: [] for factor in BUYING}
    for customer, factor in first.items():
        by.setdefault(factor, []).append(customer)
    said = list(pitches)
    rows = []
    for factor, customers in by.items():
        mine = [pitch for pitch in said if pitch.factor == factor]
        wrong = {pitch.customer for pitch in mine if pitch.against}
        n = sum(pitch.against for pitch in mine)
        cells = (factor, len(customers), len(mine), n, share(n, len(mine)), len(wrong))
        rows.append(Row(cells, ids=tuple(sorted(customers))))
    bars = tuple(
        (_(BUYING.get(row.cells[0], row.cells[0])), float(row.cells[4] or 0), f"{row.cells[3]:,}/{row.cells[2]:,}")
        for row in rows
    )
    return Report("factors", _("How we sell, how they buy"), period, FACTORS, tuple(rows), Bars(bars))
