"""The reports that ask of all customers together: figures, a chart, and the customers behind each figure.

Everything is computed over what the reader works (a rep's own and shared customers, a lead's team, all for who sees
all), archived customers left out unless a filter asks for them; so no total says anything of anybody else's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cached_property
from typing import Any

from crm_tui.domain.analysis import ABOUT, care, debts, path, policies, sales
from crm_tui.domain.analysis.report import Column, Kind, Report, Row, ids_filter
from crm_tui.domain.charts import Quarters, cells, draw, padded
from crm_tui.domain.clock import stamp
from crm_tui.domain.errors import DatabaseUnusable, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.money import exponent, format_amount
from crm_tui.domain.nearest import nearest
from crm_tui.domain.periods import default, parse
from crm_tui.domain.schemes import badge, calibrate
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.services import lists
from crm_tui.services.lists import Query, Within
from crm_tui.services.session import Outcome, Session
from crm_tui.store import analysis as store
from crm_tui.store import worth

NOTHING = "-"
"""What stands where nothing can be told."""
WIDTH, HEIGHT = 76, 16
"""Cells and lines of a chart that is printed."""
PRINTED = 5
"""Names of a quarter of a chart that are printed: no more are told than without taking data out."""
_TELLING = ("churn", "problems")
"""The reports whose rows are single customers."""


@dataclass(frozen=True)
class Asked:
    """Which report: its name, the ends of the period as typed, the scheme, the origin, a filter for the customers."""

    name: str
    first: str = ""
    last: str = ""
    scheme: str = ""
    by: str = "source"
    on: str = ""
    limit: int | None = None


# -- making them


class _Making:
    """What a report is made of, read when it is asked for."""

    def __init__(self, session: Session, asked: Asked) -> None:
        session.refresh()
        self.session = session
        self.asked = asked
        self.period = parse(asked.first, asked.last, session.today)
        self.schemes = session.settings.schemes

    @cached_property
    def who(self) -> store.Seen:
        return store.seen(self.session.database, self.session.sight, lists.node(self.session, Query(self.asked.on)))

    @cached_property
    def table(self) -> str:
        """Where the worth of the customers stands."""
        database, usual = self.session.database, default(self.session.today)
        if self.period == usual and worth.period(database) != usual:
            with suppress(DatabaseUnusable):  # a month has turned; where nothing can be written it is computed
                worth.roll(database, usual)
        return store.worth_of(database, self.period)

    @property
    def is_of_now(self) -> bool:
        """Whether no end was named: what is open or silent is so today."""
        return not self.asked.last

    @property
    def as_of(self) -> date:
        return self.session.today if self.is_of_now else self.period.as_of

    @cached_property
    def moments(self) -> tuple[str, str]:
        """The first moment of the period and the first after it, by the user's clock."""
        zone = self.session.person.zone
        first, after = (stamp(datetime.combine(day, time(), zone)) for day in (self.period.first, self.period.as_of))
        return first, after


def _funnel(made: _Making) -> Report:
    return path.funnel(store.visits(made.who, *made.moments), made.period)


def _breakdown(made: _Making) -> Report:
    of, by, scheme = made.asked.name, made.asked.by, made.asked.scheme
    scheme = scheme if of == "tiers" else ""
    found = store.origins(made.who, made.table, by, of=of, scheme=scheme)
    return path.breakdown(found, by, made.period, made.schemes, of=of, scheme=scheme)


def _pareto(made: _Making) -> Report:
    return sales.pareto(store.sales(made.who, made.table), store.number(made.who), made.period)


def _matrix(made: _Making) -> Report:
    found = store.bought(made.who, made.table)
    scheme = made.schemes.get("matrix")
    cuts: Mapping[str, float] = {}
    if scheme is not None:
        known = {one.customer: one for one in found if one.wallet}
        inputs = {
            key: {"share": (one.ours or 0) / one.wallet, "potential": one.wallet, "wallet": one.wallet}
            for key, one in known.items()
            if one.wallet
        }
        cuts = dict(calibrate(scheme, inputs).axes)
    threshold = cuts.get("potential", cuts.get("wallet"))
    return sales.matrix(found, made.period, threshold=threshold, good=cuts.get("share", sales.GOOD_SHARE))


def _products(made: _Making) -> Report:
    customers, products = _classes(made)
    sold = [sales.Sold(*row) for row in store.sold(made.who, customers, products)]
    settings = made.session.settings
    texts = {cell: settings[f"policy.{cell}"] or "" for cell in policies.POLICIES}
    return sales.products(sold, texts, made.period)


def _classes(made: _Making) -> tuple[dict[int, int], dict[int, int]]:
    """The classes of customers and of products, by profit."""
    store.gather_sold(made.who, made.period)
    customers = sales.ranked(store.profits(made.who, "customer"), sales.CLASS_SHARES)
    return customers, sales.ranked(store.profits(made.who, "product"), sales.CLASS_SHARES)


def _growth(made: _Making) -> Report:
    return sales.growths(store.bought(made.who, made.table), made.period)


def _movers(made: _Making) -> Report:
    changes = store.moved(made.who, *made.moments, made.asked.scheme)
    return path.movers(changes, made.period, made.schemes)


def _activity(made: _Making) -> Report:
    held = store.holdings(made.who, made.period)
    return care.activity(held, made.period, made.session.today, made.session.settings.due)


def _ageing(made: _Making) -> Report:
    return debts.ageing(_open(made), made.as_of, made.period)


def _open(made: _Making) -> list[debts.Open]:
    paid_until = made.session.today if made.is_of_now else made.period.last
    return store.receivables(made.who, paid_until.isoformat())


def _effort(made: _Making) -> Report:
    settings, scheme = made.session.settings, made.asked.scheme
    unit = 10 ** exponent(settings["currency"])
    contact, visit = (unit * (settings[name] or 0) for name in ("cost.contact", "cost.visit"))
    found = store.spent(made.who, made.table, made.period, scheme)
    return care.effort(found, made.period, made.schemes, contact=contact, visit=visit, scheme=scheme)


def _referrals(made: _Making) -> Report:
    found = store.referred(made.who, made.table)
    return care.referrals(found, store.named(made.who, {one.by for one in found}), made.period)


def _churn(made: _Making) -> Report:
    last = "newest_order" if made.is_of_now else "last_order"
    found = store.silent(made.who, made.table, last, made.as_of.isoformat(), care.SILENCE)
    return care.churn(found, made.as_of, made.period)


def _problems(made: _Making) -> Report:
    found = debts.overdue(_open(made), made.as_of)
    problems = store.graded(made.who, "value", "problem")
    order = debts.worst(found, problems)
    settings = made.session.settings
    dunning = {step: settings[f"dunning.{step}"] for step in debts.STEPS if settings[f"dunning.{step}"]}
    debtors = {
        row[0]: debts.Debtor(row[1], row[2], _badge(made, *row[3:]))
        for row in store.debtors(made.who, order[: debts.LISTED])
    }
    value = made.schemes.get("value")
    for key in set(problems) & debtors.keys():
        tier = badge(value, "problem") if value is not None else "problem"
        debtors[key] = debtors[key]._replace(tier=tier)
    return debts.problems(found, order, debtors, made.as_of, made.period, dunning)


def _badge(made: _Making, scheme: str, tier: str | None) -> str:
    known = made.schemes.get(scheme)
    return (badge(known, tier) if known else tier) if tier else ""


def _factors(made: _Making) -> Report:
    from crm_tui.domain.factors import against  # of this report alone

    rankings: dict[int, tuple[str, ...]] = {}
    general: set[int] = set()
    for customer, occasion, text in store.rankings(made.who):
        if customer not in general or not occasion:
            rankings[customer] = tuple(text.split(","))
        if not occasion:
            general.add(customer)
    said = store.words(made.who, rankings, *made.moments, made.period)
    pitches = [care.Pitch(key, rankings[key][0], against(text, rankings[key]) is not None) for key, text in said]
    return care.factors({key: ranking[0] for key, ranking in rankings.items()}, pitches, made.period)


_MAKERS: Mapping[str, Callable[[_Making], Report]] = {
    "funnel": _funnel, "tiers": _breakdown, "stages": _breakdown, "pareto": _pareto, "matrix": _matrix,
    "products": _products, "growth": _growth, "movers": _movers, "activity": _activity, "ageing": _ageing,
    "effort": _effort, "referrals": _referrals, "churn": _churn, "problems": _problems, "factors": _factors,
}  # fmt: skip


def make(session: Session, asked: Asked) -> Report:
    """The report; all of it is of one moment. UsageError for a name, a period, a filter or an origin that is none."""
    if asked.name not in ABOUT:
        hint = nearest(asked.name, ABOUT)
        message = _('there is no report "{name}"{hint}; {names}')
        raise UsageError(message.format(name=asked.name, hint=hint, names=", ".join(ABOUT)), asked.name, 0)
    if asked.by not in path.ORIGINS:
        message = _('"{by}" is not one of {names}').format(by=asked.by, names=", ".join(path.ORIGINS))
        raise UsageError(message, asked.by, 0)
    if asked.scheme and asked.scheme not in session.settings.schemes:
        names = ", ".join(session.settings.schemes)
        message = _('there is no scheme "{text}": {names}').format(text=asked.scheme, names=names)
        raise UsageError(message, asked.scheme, 0)
    report = _MAKERS[asked.name](_Making(session, asked))
    return replace(report, rows=report.rows[: asked.limit]) if asked.limit is not None else report


def behind(session: Session, asked: Asked, row: Row) -> Query:
    """The list of the customers behind a row, and of no others."""
    if row.filter is not None:
        return Query(_narrowed(session, asked.on, row.filter))
    ids = row.ids if row.ids is not None else tuple(_keyed(_Making(session, asked), row.key))
    text = ids_filter(ids)
    if text is not None and len(text) <= 200:
        return Query(_joined(session, asked.on, text))
    return Query(asked.on, within=Within("among", ids=ids))


def _keyed(made: _Making, key: Sequence[str]) -> list[int]:
    if made.asked.name == "pareto":
        return store.without_sales(made.who, made.table)
    letter, number = key
    customers, products = _classes(made)
    i, j = policies.CUSTOMERS.index(letter), policies.PRODUCTS.index(number)
    mine = [key for key, found in customers.items() if found == i]
    return store.buyers(made.who, mine, [key for key, found in products.items() if found == j])


def _narrowed(session: Session, on: str, text: str) -> str:
    """The filter of a row with what all rows of a report have in common."""
    held = "" if session.sight.everything or "owner:" in text else " owner:any"
    return _joined(session, on, text + held)


def _joined(session: Session, on: str, text: str) -> str:
    from crm_tui.domain.filters import Or

    on = on.strip()
    if on and isinstance(lists.read(session, on), Or):
        on = f"({on})"
    return f"{on} {text}".strip()


# -- showing them


def heading(report: Report, asked: Asked) -> str:
    """The title with the period, and what else holds for all of it."""
    return " · ".join(part for part in (report.title, str(report.period), report.about, asked.on.strip()) if part)


def shown(value: Any, kind: Kind, currency: str) -> str:
    """A cell as people read it."""
    if value is None or value == () or value == "":
        return NOTHING if kind not in ("names", "word") and value != "" else ""
    if kind == "money":
        return format_amount(value, currency)
    if kind == "percent":
        return f"{value * 100:,.1f} %"
    if kind == "count":
        return f"{value:,}"
    if kind == "days":
        return f"{value:,.1f}"
    if kind == "names":
        return ", ".join(value)
    return _word(str(value)) if kind == "word" else str(value)


def _word(value: str) -> str:
    if value in BY_IDENTIFIER:
        return BY_IDENTIFIER[value].title
    known = {**path.DIRECTIONS, **debts.STEPS, **sales.GROWING, **sales.QUADRANTS, **care.BUYING}
    return _(known.get(value, value))


def is_left(column: Column) -> bool:
    """Whether the column is read from the left: words are, figures are not."""
    return column.kind in ("text", "word", "names")


def texts(report: Report, currency: str) -> list[list[str]]:
    """All rows as people read them, the one of all together last."""
    rows = [*(row.cells for row in report.rows), *([report.total] if report.total else [])]
    found = [
        [shown(value, column.kind, currency) for column, value in zip(report.columns, row, strict=True)] for row in rows
    ]
    if report.total:
        found[-1][0] = _("all")
    return found


def table_lines(report: Report, currency: str) -> list[str]:
    """The headings and the rows in columns."""
    rows = [[_(column.heading) for column in report.columns], *texts(report, currency)]
    widths = [min(40, max(cells(row[i]) for row in rows)) for i in range(len(report.columns))]
    lines = []
    for row in rows:
        parts = [
            text if last and is_left(column) else padded(text, width, right=not is_left(column))
            for text, width, column, last in zip(row, widths, report.columns, _lasts(len(row)), strict=True)
        ]
        lines.append("  ".join(parts).rstrip())
    return lines


def _lasts(number: int) -> list[bool]:
    return [place == number - 1 for place in range(number)]


def records(session: Session, asked: Asked, report: Report) -> tuple[dict[str, Any], ...]:
    """The rows as `--json` prints them: money in minor units, shares as fractions; `filter` finds the customers behind
    a row, null where no filter does.
    """
    names = [column.name for column in report.columns]
    found = []
    for row in report.rows:
        text = row.filter if row.filter is not None else ids_filter(row.ids or ())
        if text is not None:
            text = _narrowed(session, asked.on, text) if row.filter is not None else _joined(session, asked.on, text)
        values = (round(value, 4) if isinstance(value, float) else value for value in row.cells)
        found.append({**dict(zip(names, values, strict=True)), "filter": text})
    return tuple(found)


def report(session: Session, asked: Asked, *, ascii_only: bool = False) -> Outcome:
    """The report as a command tells it: heading, table and chart; as records for scripts."""
    made = make(session, asked)
    if asked.name in _TELLING and session.source != "screen":
        from crm_tui.services import disclosures

        ids = [row.ids[0] for row in made.rows if row.ids]
        disclosures.check_queue(session, ids, asked.on or asked.name, f"report {asked.name}")
    chart = made.chart
    if isinstance(chart, Quarters):
        first = [replace(quarter, names=quarter.names[:PRINTED]) for quarter in chart.quarters]
        chart = Quarters((first[0], first[1], first[2], first[3]), chart.across, chart.up)
    drawn = draw(chart, WIDTH, HEIGHT, ascii_only=ascii_only) if chart is not None else []
    told = heading(made, asked)
    lines = (told, "", *table_lines(made, session.settings["currency"]), *made.notes, *([""] if drawn else []), *drawn)
    columns = (*(column.name for column in made.columns), "filter")
    return Outcome(told, lines=lines, data=records(session, asked, made), columns=columns)


def listing() -> Outcome:
    """The reports there are, and what each answers."""
    width = max(map(len, ABOUT))
    lines = (*(f"{name:<{width}}  {_(about)}" for name, about in ABOUT.items()),
             f"{'day, week':<{width}}  {_('drafted from the log: what somebody did, what is due next')}")  # fmt: skip
    data = tuple({"name": name, "about": _(about)} for name, about in ABOUT.items())
    return Outcome(_("reports: report NAME"), lines=lines, data=data)
