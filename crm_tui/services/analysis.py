"""The reports that ask of all customers together: figures, a chart, and the customers behind each figure.

Everything is computed over what is the reader's (a rep's own and shared customers, a lead's team, all for who sees
all; not what one only stands in for), archived customers left out unless a filter asks for them; so no total says
anything of anybody else's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time
from functools import cached_property
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from crm_tui.domain.analysis import ABOUT, care, debts, path, policies, sales
from crm_tui.domain.analysis.report import SPELT_IDS, Report, Row, ids_filter, term
from crm_tui.domain.charts import Quarters, draw
from crm_tui.domain.clock import stamp
from crm_tui.domain.errors import DatabaseUnusable, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.money import exponent
from crm_tui.domain.nearest import nearest
from crm_tui.domain.people import Sight
from crm_tui.domain.periods import default, parse
from crm_tui.domain.schemes import badge
from crm_tui.domain.schemes.calibration import calibrate
from crm_tui.services import lists
from crm_tui.services.figures import table_lines
from crm_tui.services.lists import Query, Within
from crm_tui.services.session import Outcome, Session
from crm_tui.store import analysis as store
from crm_tui.store import worth
from crm_tui.store.people import logins

WIDTH, HEIGHT = 76, 16
"""Cells and lines of a chart that is printed."""
PRINTED = 5
"""Names of a quarter of a chart that are printed: no more are told than without taking data out."""
_TELLING = ("churn", "problems")
"""The reports whose rows are single customers."""


class Asked(Struct, frozen=True):
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
        node = lists.node(self.session, Query(self.asked.on))
        return store.seen(self.session.database, reported(self.session.sight), node)

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

    @cached_property
    def gathered(self) -> tuple[int, ...]:
        """Gather what each customer bought of each class of products; the least profit of each class of customers."""
        store.gather_sold(self.who, self.period)
        store.gather_buyers(self.who, sales.ranked(store.profits_of_products(self.who), sales.CLASS_SHARES))
        return sales.lines(store.profits_of_buyers(self.who), sales.CLASS_SHARES)


def reported(sight: Sight) -> Sight:
    """The sight without the customers of those whom one only stands in for: a report is about one's own."""
    owners = tuple(key for key in sight.owners if key == sight.user_id or key in sight.led)
    return sight if sight.everything else replace(sight, owners=owners)


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
    sold = [sales.Sold(*row) for row in store.sold(made.who, made.gathered)]
    settings = made.session.settings
    texts = {cell: settings[f"policy.{cell}"] or "" for cell in policies.POLICIES}
    return sales.products(sold, texts, made.period)


def _growth(made: _Making) -> Report:
    return sales.growths(store.bought(made.who, made.table), made.period)


def _movers(made: _Making) -> Report:
    changes = store.moved(made.who, *made.moments, made.asked.scheme)
    return path.movers(changes, made.period, made.schemes)


def _activity(made: _Making) -> Report:
    held = store.holdings(made.who, made.period, *made.moments)
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
    return _made(session, asked)[1]


def _made(session: Session, asked: Asked) -> tuple[_Making, Report]:
    making = _making(session, asked)
    found = _MAKERS[asked.name](making)
    return making, replace(found, rows=found.rows[: asked.limit]) if asked.limit is not None else found


def opened(session: Session, asked: Asked) -> Outcome:
    """The report for a place to open, where it is made. Raises what making it raises for what was asked."""
    _making(session, asked)
    lists.node(session, Query(asked.on))
    return Outcome(_(ABOUT[asked.name]), report=asked)


def _making(session: Session, asked: Asked) -> _Making:
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
    return _Making(session, asked)


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
    places = policies.CUSTOMERS.index(letter), policies.PRODUCTS.index(number)
    return store.buyers(made.who, made.gathered, *places)


def _narrowed(session: Session, on: str, text: str) -> str:
    """The filter of a row with what all rows of a report have in common."""
    if session.sight.everything:
        return _joined(session, on, text)
    held = "" if "owner:" in text else " owner:any"
    return _joined(session, on, f"{text}{held}{_but_stood_in_for(session)}")


def _but_stood_in_for(session: Session) -> str:
    """The filter text that leaves out what a list shows and no report is about."""
    sight = session.sight
    others = set(sight.owners) - set(reported(sight).owners)
    if not others:
        return ""
    without = " ".join(f"-{term('owner', login)}" for login, key in logins(session.database).items() if key in others)
    mine = ids_filter(sorted(sight.shared))
    return f" ({without} or {mine})" if mine else f" {without}"


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


def _records(made: _Making, report: Report) -> tuple[dict[str, Any], ...]:
    """The rows as `--json` prints them: money in minor units, shares as fractions; `filter` finds the customers behind
    a row, by their numbers where nothing else does; null where nobody is, and for too many to number.
    """
    session, asked = made.session, made.asked
    names = [column.name for column in report.columns]
    found = []
    for row in report.rows:
        text = row.filter if row.filter is not None else ids_filter(_numbered(made, report, row))
        if text is not None:
            text = _narrowed(session, asked.on, text) if row.filter is not None else _joined(session, asked.on, text)
        values = (round(value, 4) if isinstance(value, float) else value for value in row.cells)
        found.append({**dict(zip(names, values, strict=True)), "filter": text})
    return tuple(found)


def _numbered(made: _Making, report: Report, row: Row) -> Sequence[int]:
    """The customers behind a row without a filter; none where they are too many to be numbered."""
    if row.ids is not None:
        return row.ids
    place = next(i for i, column in enumerate(report.columns) if column.name == "customers")
    return _keyed(made, row.key) if 0 < row.cells[place] <= SPELT_IDS else ()


def report(session: Session, asked: Asked, *, ascii_only: bool = False) -> Outcome:
    """The report as a command tells it: heading, table and chart; as records for scripts."""
    making, made = _made(session, asked)
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
    return Outcome(told, lines=lines, data=_records(making, made), columns=columns)


def listing() -> Outcome:
    """The reports there are, and what each answers."""
    width = max(map(len, ABOUT))
    lines = (*(f"{name:<{width}}  {_(about)}" for name, about in ABOUT.items()),
             f"{'day, week':<{width}}  {_('drafted from the log: what somebody did, what is due next')}")  # fmt: skip
    data = tuple({"name": name, "about": _(about)} for name, about in ABOUT.items())
    return Outcome(_("reports: report NAME"), lines=lines, data=data)
