"""The way of the customers: how they move along the stages and the tiers, and where those of a tier come from.

What was undone is left out by whoever reads it (DOMAIN §9); nothing here knows a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, median
from typing import NamedTuple

from crm_tui.domain.analysis.report import Column, Report, Row, merged, share, term
from crm_tui.domain.charts import Bars, Shares
from crm_tui.domain.clock import moment
from crm_tui.domain.language import N_, _
from crm_tui.domain.periods import Period
from crm_tui.domain.schemes import Scheme, badge
from crm_tui.domain.stages import STAGES

SHOWN_PARTS = 6
"""Origins that a chart tells apart; the others are one."""


class Visit(NamedTuple):
    """A customer's stay in a stage: when it came (a stored stamp), where it went and when, None while it is there."""

    customer: int
    stage: str
    came: str
    next: str | None
    went: str | None


class Moved(NamedTuple):
    """A change of a customer's tier under a scheme, as far as it is in effect."""

    customer: int
    scheme: str
    before: str | None
    after: str | None


class Origin(NamedTuple):
    """Customers of one tier or stage and one origin together: how many, their sales, what was due and was paid.

    `kind` is a stage, or the identifier of a tier of `scheme` (None: ungraded).
    """

    scheme: str
    kind: str | None
    origin: str | None
    customers: int
    sales: int
    due: int
    collected: int


# -- the funnel

FUNNEL = (
    Column("stage", N_("stage"), "word"), Column("entered", N_("came")), Column("forward", N_("went on")),
    Column("conversion", N_("of them"), "percent"), Column("back", N_("back")), Column("lost", N_("lost")),
    Column("there", N_("still there")), Column("median_days", N_("median days"), "days"),
    Column("mean_days", N_("mean days"), "days"),
)  # fmt: skip


def funnel(visits: Iterable[Visit], period: Period) -> Report:
    """For each stage the customers that came into it within the period, and what became of them by now.

    Whoever came more than once counts as the last time. From `lost` going on is being won back. The days are those of
    whoever has gone on.
    """
    last: dict[tuple[str, int], Visit] = {(visit.stage, visit.customer): visit for visit in visits}
    by: dict[str, list[Visit]] = {stage.identifier: [] for stage in STAGES}
    for (stage, __), visit in last.items():
        by[stage].append(visit)
    rows = tuple(_passage(stage.identifier, by[stage.identifier]) for stage in STAGES)
    bars = tuple((_(stage.label), float(row.cells[1]), f"{row.cells[1]:,}")
                 for stage, row in zip(STAGES, rows, strict=True))  # fmt: skip
    return Report("funnel", _("Funnel"), period, FUNNEL, rows, Bars(bars))


def _passage(stage: str, visits: Sequence[Visit]) -> Row:
    ranks = {known.identifier: rank for rank, known in enumerate(STAGES)}
    ended: dict[str, list[Visit]] = {"forward": [], "back": [], "lost": []}
    for visit in visits:
        if visit.next is None:
            continue
        if stage != "lost" and visit.next == "lost":
            ended["lost"].append(visit)
        elif stage == "lost" and ranks[visit.next] >= ranks["target"]:
            ended["forward"].append(visit)
        else:
            ended["forward" if stage != "lost" and ranks[visit.next] > ranks[stage] else "back"].append(visit)
    days = [_days(visit) for visit in ended["forward"]]
    n, forward = len(visits), len(ended["forward"])
    there = n - sum(map(len, ended.values()))
    return Row(
        (
            stage, n, forward, share(forward, n), len(ended["back"]), len(ended["lost"]), there,
            round(median(days), 1) if days else None, round(fmean(days), 1) if days else None,
        ),
        ids=tuple(sorted(visit.customer for visit in visits)),
    )  # fmt: skip


def _days(visit: Visit) -> float:
    assert visit.went is not None
    return max(0.0, (moment(visit.went) - moment(visit.came)).total_seconds() / 86_400)  # a clock may be put back


# -- movers

MOVERS = (
    Column("scheme", N_("scheme"), "text"), Column("from", N_("from"), "text"), Column("to", N_("to"), "text"),
    Column("direction", N_("direction"), "word"), Column("customers", N_("customers")),
)  # fmt: skip
DIRECTIONS = {"up": N_("up"), "down": N_("down"), "new": N_("new"), "gone": N_("gone")}


def movers(changes: Iterable[Moved], period: Period, schemes: Mapping[str, Scheme]) -> Report:
    """Who stands elsewhere at the period's end than at its beginning, under each scheme: from what, to what.

    The changes stand in order; a customer that came back to where it was has not moved.
    """
    first: dict[tuple[str, int], str | None] = {}
    last: dict[tuple[str, int], str | None] = {}
    for change in changes:
        first.setdefault((change.scheme, change.customer), change.before)
        last[change.scheme, change.customer] = change.after
    groups: dict[tuple[str, str | None, str | None], list[int]] = {}
    for (scheme, customer), after in last.items():
        before = first[scheme, customer]
        if before != after:
            groups.setdefault((scheme, before, after), []).append(customer)
    rows = [
        Row((scheme, before, after, _direction(schemes.get(scheme), before, after), len(ids)), ids=tuple(sorted(ids)))
        for (scheme, before, after), ids in groups.items()
    ]
    order = list(DIRECTIONS)
    rows.sort(key=lambda row: (row.cells[0], order.index(row.cells[3]), -row.cells[4], str(row.cells[1:3])))
    counted = {name: sum(row.cells[4] for row in rows if row.cells[3] == name) for name in order}
    bars = tuple((_(label), float(counted[name]), f"{counted[name]:,}") for name, label in DIRECTIONS.items())
    return Report("movers", _("Movers between tiers"), period, MOVERS, tuple(rows), Bars(bars))


def _direction(scheme: Scheme | None, before: str | None, after: str | None) -> str:
    if before is None or after is None:
        return "new" if before is None else "gone"
    if scheme is None:
        return "up" if after < before else "down"
    return "up" if scheme.rank(after) < scheme.rank(before) else "down"


# -- tiers and stages by origin

_SUMS = (
    Column("customers", N_("customers")), Column("customers_share", N_("of all"), "percent"),
    Column("sales", N_("sales"), "money"), Column("sales_share", N_("of all"), "percent"),
    Column("due", N_("due"), "money"), Column("collection", N_("collected"), "percent"),
)  # fmt: skip
ORIGINS = {"source": N_("source"), "region": N_("region"), "industry": N_("industry"), "owner": N_("owner")}
"""What customers may be told apart by."""


def breakdown(
    origins: Iterable[Origin], by: str, period: Period, schemes: Mapping[str, Scheme], *, of: str, scheme: str = ""
) -> Report:
    """Tiers (`of` is "tiers"; under `scheme`, or "" for the badge) or stages by origin (a key of `ORIGINS`).

    Spellings that a filter takes for one are one row.
    """
    found = _together(origins)
    kinds = sorted({key[:2] for key in found}, key=lambda kind: _place(kind, schemes, of))
    totals = [sum(sums[i] for sums in found.values()) for i in range(4)]
    rows = []
    for kind in kinds:
        mine = [(origin, sums) for (*of_kind, origin), sums in found.items() if tuple(of_kind) == kind]
        for origin, sums in sorted(mine, key=lambda one: (-one[1][1], -one[1][0], one[0] is None, one[0] or "")):
            cells = (_named(kind, schemes, of), origin, *_figures(sums, totals))
            rows.append(Row(cells, filter=f"{_filter(kind, of, scheme)} {term(by, origin)}"))
    columns = (
        Column("tier", N_("tier"), "text") if of == "tiers" else Column("stage", N_("stage"), "word"),
        Column(by, ORIGINS[by], "text"), *_SUMS,
    )  # fmt: skip
    title = _("Tiers by {origin}") if of == "tiers" else _("Stages by {origin}")
    return Report(
        of, title.format(origin=_(ORIGINS[by])), period, columns, tuple(rows), _shares(found, kinds, schemes, of),
        total=("", None, *_figures(totals, totals)), about=_("scheme {scheme}").format(scheme=scheme) if scheme else "",
    )  # fmt: skip


_Kind = tuple[str, str | None]
_Found = dict[tuple[str, str | None, str | None], list[int]]


def _together(origins: Iterable[Origin]) -> _Found:
    rows = list(origins)
    spelt = merged(row.origin for row in rows)
    found: _Found = {}
    for row in rows:
        sums = found.setdefault((row.scheme if row.kind else "", row.kind, spelt[row.origin]), [0, 0, 0, 0])
        for i, value in enumerate(row[3:]):
            sums[i] += value
    return found


def _figures(sums: Sequence[int], totals: Sequence[int]) -> tuple[int | float | None, ...]:
    customers, sales, due, collected = sums
    return customers, share(customers, totals[0]), sales, share(sales, totals[1]), due, share(collected, due)


def _place(kind: _Kind, schemes: Mapping[str, Scheme], of: str) -> tuple[int, int, str]:
    scheme, name = kind
    if of == "stages":
        return 0, next((rank for rank, stage in enumerate(STAGES) if stage.identifier == name), len(STAGES)), ""
    if name is None:
        return len(schemes) + 1, 0, ""
    known = schemes.get(scheme)
    return (list(schemes).index(scheme) if known else len(schemes)), known.rank(name) if known else 0, name


def _named(kind: _Kind, schemes: Mapping[str, Scheme], of: str) -> str | None:
    """The stage; the badge of the tier."""
    scheme, name = kind
    if of == "stages" or name is None:
        return name
    return badge(schemes[scheme], name) if scheme in schemes else name


def _filter(kind: _Kind, of: str, scheme: str) -> str:
    own, name = kind
    if of == "stages":
        return f"stage:{name}"
    if scheme:
        return f"tier.{scheme}:{name or 'none'}"
    return f"scheme:{own} tier:{name}" if name else "no:tier"


def _shares(found: _Found, kinds: Sequence[_Kind], schemes: Mapping[str, Scheme], of: str) -> Shares:
    """A bar for each tier or stage, by the origins of its customers."""
    weights: dict[str | None, int] = {}
    for (*__, origin), sums in found.items():
        weights[origin] = weights.get(origin, 0) + sums[0]
    origins = sorted(weights, key=lambda origin: (-weights[origin], origin or ""))[:SHOWN_PARTS]
    labels = {stage.identifier: stage.label for stage in STAGES}
    items = []
    for kind in kinds:
        mine = {key[2]: sums[0] for key, sums in found.items() if key[:2] == kind}
        parts = [mine.get(origin, 0) for origin in origins]
        rest = sum(mine.values()) - sum(parts)
        name = _(labels[str(kind[1])]) if of == "stages" else _named(kind, schemes, of) or _("none")
        items.append((name, tuple(float(part) for part in (*parts, rest))))
    named = [origin or _("none") for origin in origins]
    if len(weights) <= len(origins):
        return Shares(tuple(named), tuple((name, parts[:-1]) for name, parts in items))
    return Shares((*named, _("others")), tuple(items))
