"""What customers buy: who makes the sales, how much of their wallet that is, and of which products the profit comes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from statistics import median
from typing import NamedTuple, TypeVar

from crm_tui.domain.analysis.policies import CUSTOMERS, PRODUCTS
from crm_tui.domain.analysis.report import Column, Report, Row, growth, most, share
from crm_tui.domain.charts import Bars, Curve, Quarter, Quarters
from crm_tui.domain.language import N_, _
from crm_tui.domain.periods import Period

PARETO_SHARES = (80, 95)
"""The per cents of all sales at which A and B end. DOMAIN §3."""
CLASS_SHARES = (50, 80, 95)
"""The per cents of all profit at which the first three classes of customers, and of products, end."""
GOOD_SHARE = 0.50
"""The share of wallet from which on a relationship is good. DOMAIN §3."""
POINTS = 60
"""Points of a curve at most."""

K = TypeVar("K", bound=Hashable)


def lines(figures: Iterable[int], shares: Sequence[int]) -> tuple[int, ...]:
    """The least figure of each class but the last: those of the first together make the first of the per cents of the
    whole, and so on.

    The greatest come first; whoever crosses a line is above it, the same figure is the same class, and nothing or less
    is above no line. DOMAIN §3 `pareto`.
    """
    order = sorted((value for value in figures if value > 0), reverse=True)
    whole = sum(order)
    found: list[int] = []
    reached, before = 0, 1
    for value in order:
        if value != before:
            while len(found) < len(shares) and reached * 100 >= shares[len(found)] * whole:
                found.append(before)
            if len(found) == len(shares):
                break
            before = value
        reached += value
    return (*found, *[before] * (len(shares) - len(found)))


def ranked(figures: Mapping[K, int], shares: Sequence[int]) -> dict[K, int]:
    """The class of each by these `lines`, 0 for the first."""
    least = lines(figures.values(), shares)
    return {key: sum(value < line for line in least) for key, value in figures.items()}


# -- pareto

PARETO = (
    Column("class", N_("class"), "text"), Column("customers", N_("customers")),
    Column("customers_share", N_("of all"), "percent"), Column("sales", N_("sales"), "money"),
    Column("sales_share", N_("of all"), "percent"), Column("cumulative", N_("together"), "percent"),
    Column("least", N_("from"), "money"),
)  # fmt: skip


def pareto(sales: Mapping[int, int], customers: int, period: Period) -> Report:
    """The customers by the sales that they make: A the first 80 %, B the next 15 %, C the rest, and who bought nothing.

    `sales` are those of whoever bought; `customers` counts all that are seen.
    """
    buyers = {key: value for key, value in sales.items() if value > 0}
    whole = sum(buyers.values())
    classes = ranked(buyers, PARETO_SHARES)
    rows, reached = [], 0
    for place, name in enumerate("ABC"):
        ids = tuple(sorted(key for key, found in classes.items() if found == place))
        made = sum(buyers[key] for key in ids)
        reached += made
        least = min((buyers[key] for key in ids), default=None)
        cells = (name, len(ids), share(len(ids), customers), made, share(made, whole), share(reached, whole), least)
        rows.append(Row(cells, ids=ids))
    rest = customers - len(buyers)
    cells = (_("no sales"), rest, share(rest, customers), 0, share(0, whole), share(whole, whole), None)
    rows.append(Row(cells, key=("none",)))
    chart = Curve(_curve(sorted(buyers.values(), reverse=True)), _("share of the customers that bought"), _("of sales"))
    total = ("", customers, share(customers, customers), whole, share(whole, whole), None, None)
    return Report("pareto", _("Pareto"), period, PARETO, tuple(rows), chart, total=total)


def _curve(values: Sequence[int]) -> tuple[tuple[float, float], ...]:
    whole, reached = sum(values), 0
    points = [(0.0, 0.0)]
    step = max(1, len(values) // POINTS)
    for number, value in enumerate(values, 1):
        reached += value
        if number % step == 0 or number == len(values):
            points.append((number / len(values), reached / whole))
    return tuple(points)


# -- growth


class Bought(NamedTuple):
    """What a customer bought of us in the period and before, and of everybody as it was estimated."""

    customer: int
    name: str
    sales: int
    before: int
    wallet: int | None
    wallet_before: int | None
    ours: int | None
    ours_before: int | None


GROWTH = (
    Column("growing", N_("how"), "word"), Column("customers", N_("customers")),
    Column("sales_before", N_("before"), "money"), Column("sales", N_("sales"), "money"),
    Column("growth", N_("ours"), "percent"), Column("own_growth", N_("theirs"), "percent"),
    Column("competitors_growth", N_("competitors'"), "percent"), Column("names", N_("who"), "names"),
)  # fmt: skip
GROWING = {
    "lagging": N_("behind them"), "ahead": N_("with them or ahead"), "falling": N_("less, wallet unknown"),
    "rising": N_("more, wallet unknown"), "new": N_("new"),
}  # fmt: skip
"""How our sales to a customer go: against what it buys by itself where that is known. DOMAIN §6."""


def growing(bought: Bought) -> str:
    """A key of `GROWING`."""
    ours, theirs = growth(bought.sales, bought.before), growth(bought.wallet, bought.wallet_before)
    if ours is None:
        return "new"
    if theirs is not None:
        return "lagging" if ours < theirs else "ahead"
    return "falling" if ours < 0 else "rising"


def growths(customers: Iterable[Bought], period: Period) -> Report:
    """Our growth against the customers' own and the competitors', which is what they buy elsewhere."""
    by: dict[str, list[Bought]] = {name: [] for name in GROWING}
    for bought in customers:
        if bought.sales > 0 or bought.before > 0:
            by[growing(bought)].append(bought)
    rows = tuple(_grown(name, found) for name, found in by.items() if found)
    every = [bought for found in by.values() for bought in found]
    bars = tuple((_(GROWING[row.cells[0]]), float(row.cells[1]), f"{row.cells[1]:,}") for row in rows)
    total = ("", *_grown("", every).cells[1:-1], ()) if every else ()
    return Report("growth", _("Growth, ours against theirs"), period, GROWTH, rows, Bars(bars), total=total)


def _grown(name: str, found: Sequence[Bought]) -> Row:
    sales, before = sum(one.sales for one in found), sum(one.before for one in found)
    both = [one for one in found if one.wallet is not None and one.wallet_before is not None]
    now, then = sum(one.wallet or 0 for one in both), sum(one.wallet_before or 0 for one in both)
    ours, ours_before = sum(one.ours or 0 for one in both), sum(one.ours_before or 0 for one in both)
    names = most((max(one.sales, one.before), one.name) for one in found)
    return Row(
        (
            name, len(found), before, sales, growth(sales, before), growth(now, then) if both else None,
            growth(now - ours, then - ours_before) if both else None, names,
        ),
        ids=tuple(sorted(one.customer for one in found)),
    )  # fmt: skip


# -- relationship × potential

MATRIX = (
    Column("quadrant", N_("quadrant"), "word"), Column("customers", N_("customers")),
    Column("sales", N_("sales"), "money"), Column("potential", N_("potential"), "money"),
    Column("share", N_("our share"), "percent"), Column("names", N_("who"), "names"),
)  # fmt: skip
QUADRANTS = {
    "potential": N_("potential"), "key": N_("key"), "low_value": N_("low value"), "ordinary": N_("ordinary"),
    "unknown": N_("wallet unknown"),
}  # fmt: skip
"""Upper left, upper right, lower left, lower right, and whoever stands in none."""
NAMED = 40
"""Names of a quadrant at most."""


def quadrant(bought: Bought, threshold: float, good: float = GOOD_SHARE) -> str:
    """A key of `QUADRANTS`; whose wallet nobody knows is in none. DOMAIN §3 `matrix`."""
    ours = share(bought.ours, bought.wallet)
    if ours is None or bought.wallet is None:
        return "unknown"
    if bought.wallet >= threshold:
        return "key" if ours >= good else "potential"
    return "ordinary" if ours >= good else "low_value"


def matrix(
    customers: Iterable[Bought], period: Period, *, threshold: float | None = None, good: float = GOOD_SHARE
) -> Report:
    """Relationship × potential: the customers by our share of their wallet and by all that they buy.

    The potential is great from `threshold` (minor units) on, by default from the median of those that are known.
    """
    found = list(customers)
    known = [one.wallet for one in found if one.wallet]
    line = median(known) if threshold is None and known else threshold or 0
    by: dict[str, list[Bought]] = {name: [] for name in QUADRANTS}
    for bought in found:
        by[quadrant(bought, line, good)].append(bought)
    rows = tuple(_quarter(name, members) for name, members in by.items())
    quarters = tuple(
        Quarter(_(QUADRANTS[name]), len(by[name]), most(((one.wallet or 0, one.name) for one in by[name]), NAMED))
        for name in ("potential", "key", "low_value", "ordinary")
    )
    across = _("our share: left under {percent} %").format(percent=round(good * 100))
    chart = Quarters((quarters[0], quarters[1], quarters[2], quarters[3]), across, _("potential"))
    return Report("matrix", _("Relationship × potential"), period, MATRIX, rows, chart)


def _quarter(name: str, found: Sequence[Bought]) -> Row:
    wallet, ours = sum(one.wallet or 0 for one in found), sum(one.ours or 0 for one in found)
    names = most((one.wallet or one.sales, one.name) for one in found)
    potential = wallet if name != "unknown" else None
    cells = (name, len(found), sum(one.sales for one in found), potential, share(ours, potential), names)
    return Row(cells, ids=tuple(sorted(one.customer for one in found)))


# -- customers × products


class Sold(NamedTuple):
    """What the customers of a class (0 the best) bought of the products of a class."""

    customers: int
    products: int
    buyers: int
    sales: int
    profit: int


PRODUCT = (
    Column("cell", N_("cell"), "text"), Column("customers", N_("customers")), Column("sales", N_("sales"), "money"),
    Column("profit", N_("profit"), "money"), Column("profit_share", N_("of all"), "percent"),
    Column("policy", N_("how they are served"), "word"),
)  # fmt: skip


def products(sold: Iterable[Sold], policies: Mapping[str, str], period: Period) -> Report:
    """Customers A to D by profit against products 1 to 4 by profit; each cell with its service policy. DOMAIN §6."""
    by = {(one.customers, one.products): one for one in sold}
    whole = sum(one.profit for one in by.values())
    rows, bars = [], []
    for i, letter in enumerate(CUSTOMERS):
        for j, number in enumerate(PRODUCTS):
            one = by.get((i, j), Sold(i, j, 0, 0, 0))
            cell = letter + number
            cells = (cell, one.buyers, one.sales, one.profit, share(one.profit, whole), policies[cell])
            rows.append(Row(cells, key=(letter, number)))
        made = sum(by[i, j].profit for j in range(len(PRODUCTS)) if (i, j) in by)
        bars.append((_("customers {letter}").format(letter=letter), float(max(made, 0)), _percent(share(made, whole))))
    return Report("products", _("Customers × products"), period, PRODUCT, tuple(rows), Bars(tuple(bars)))


def _percent(part: float | None) -> str:
    return "" if part is None else f"{part:.0%}"
