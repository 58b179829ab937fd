"""Reading the rule of a scheme: `[rule]`, its metrics, thresholds, vetoes and classes. DOMAIN §3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast, get_args

from crm_tui.domain.language import _
from crm_tui.domain.metrics import METRICS
from crm_tui.domain.schemes.model import Class, Comparison, Condition, Cut, Kind, Measure, Rule, Veto
from crm_tui.domain.schemes.tables import Table

RULE_KEYS = ("rule", "metric", "thresholds", "veto", "class")
NEVER_BOUGHT = "never bought"

_KINDS = ("hand", *get_args(Kind))
_COMPARISONS: tuple[Comparison, ...] = get_args(Comparison)
_CORE = {
    "score": {"kind", "least_known"},
    "pareto": {"kind", "metric", "shares"},
    "bands": {"kind", "metric"},
    "matrix": {"kind", "relationship", "potential", "quadrants"},
    "hand": {"kind"},
}
_QUADRANTS = ("both", "potential", "relationship", "neither")
_LEAVE_OUT = "leave out"
_ENOUGH = 1e-9  # what weights may differ from 100 by, for thirds


def parse_rule(top: Table, tiers: Sequence[str]) -> Rule | None:
    """The rule of a scheme with these tiers (identifiers, best first); None for one that is graded by hand alone."""
    table = top.table("rule")
    kind = table.text("kind") if table else "hand"
    if table and kind not in _KINDS:
        names = ", ".join(_KINDS)
        raise table.wrong("kind", _('"{kind}" is not one of {names}').format(kind=kind, names=names))
    if table:
        table.only(_CORE[kind])
    _check_parts(top, kind)
    if table is None or kind == "hand":
        return None
    parts: dict[str, Any] = {
        "score": _score, "pareto": _pareto, "bands": _bands, "matrix": _matrix,
    }[kind](top, table, tiers)  # fmt: skip
    vetoes = tuple(_veto(one, tiers) for one in top.tables("veto"))
    classes = tuple(_class(one, tiers) for one in top.tables("class"))
    return Rule(cast(Kind, kind), vetoes=vetoes, classes=classes, **parts)


def _check_parts(top: Table, kind: str) -> None:
    """Refuse tables that a rule of that kind does not look at: they would be taken to count."""
    unread = {"score": set(), "bands": {"metric"}, "hand": {*RULE_KEYS} - {"rule"}}.get(kind, {"metric", "thresholds"})
    for key in unread & top.data.keys():
        raise top.wrong((key, 1) if key != "thresholds" else key, _("a rule of kind {kind} has none").format(kind=kind))


# -- the kinds


def _score(top: Table, table: Table, tiers: Sequence[str]) -> dict[str, Any]:
    measures: list[Measure] = []
    for one in top.tables("metric"):
        measure = _measure(one)
        if measure.metric in (earlier.metric for earlier in measures):
            raise one.wrong("name", _("{name} is there twice").format(name=measure.metric))
        measures.append(measure)
    if not measures:
        raise top.wrong("rule", _("a score needs at least one [[metric]]"))
    total = sum(measure.weight for measure in measures)
    if abs(total - 1) > _ENOUGH:
        raise top.wrong(("metric", 1, "weight"), _("the weights sum to {n:g} %, not 100").format(n=total * 100))
    least = table.number("least_known", table.data.get("least_known", 0.5), 0, 1)
    return {"measures": tuple(measures), "least_known": least, "thresholds": _thresholds(top, tiers, "")}


def _measure(table: Table) -> Measure:
    table.only({"name", "weight", "bands", "percentiles", "points", "missing"})
    metric = table.metric("name", table.data.get("name"), text=True)
    weight = table.number("weight", table.data.get("weight"), 0, 100) / 100
    if not weight:
        raise table.wrong("weight", _("must be more than 0"))
    ways = [key for key in ("bands", "percentiles", "points") if key in table.data]
    if len(ways) > 1:
        raise table.wrong(ways[-1], _("only one of bands, percentiles, points"))
    wanted = ("points",) if METRICS[metric].unit == "text" else ("bands", "percentiles")
    if not ways or ways[0] not in wanted:
        raise table.wrong(ways[0] if ways else "", _("{name} needs {keys}").format(
            name=metric, keys=_(" or ").join(wanted)))  # fmt: skip
    missing = table.data.get("missing", _LEAVE_OUT)
    filled = None if missing == _LEAVE_OUT else table.number("missing", missing, 0, 100)
    if ways[0] == "points":
        return Measure(metric, weight, words=_words(table), missing=filled)
    return Measure(metric, weight, bands=_ladder(table, ways[0], metric), missing=filled)


def _words(table: Table) -> tuple[tuple[str, float], ...]:
    points = table.table("points")
    if points is None or not points.data:
        raise table.wrong("points", _('must be a table of words, as in { north = 100, "*" = 50 }'))
    return tuple((word, points.number(word, value, 0, 100)) for word, value in points.data.items())


def _ladder(table: Table, key: str, metric: str) -> tuple[tuple[Cut, float], ...]:
    found: list[tuple[Cut, float]] = []
    for n, start, points in table.pairs(key):
        if key == "percentiles":
            cut = Cut(percentile=table.number((key, n), start, 0, 100))
        else:
            cut = table.cut((key, n), start, metric)
        if found and not _ascends(found[-1][0], cut):
            raise table.wrong((key, n), _("must begin above the one before it"))
        found.append((cut, table.number((key, n), points, 0, 100)))
    return tuple(found)


def _ascends(lower: Cut, upper: Cut) -> bool:
    """Whether the one is less than the other, or cannot be told before the customers are known."""
    if lower.value is not None and upper.value is not None:
        return lower.value < upper.value
    return lower.percentile is None or upper.percentile is None or lower.percentile < upper.percentile


def _pareto(top: Table, table: Table, tiers: Sequence[str]) -> dict[str, Any]:
    metric = table.metric("metric", table.data.get("metric", "sales"))
    shares = table.table("shares")
    if shares is None or not shares.data:
        raise table.wrong("shares", _("must be a table of tiers, as in { A = 80, B = 15 }"))
    _check_order(shares, list(shares.data), tiers)
    rest = [tier for tier in tiers if tier not in shares.data]
    if rest != [tiers[-1]]:
        raise shares.wrong("", _("must name every tier but the last, which gets the rest"))
    total, found = 0.0, []
    for tier, share in shares.data.items():
        total += shares.number(tier, share, 0, 100)
        if total > 100 + _ENOUGH:
            raise shares.wrong(tier, _("the shares sum to more than 100 %"))
        found.append((tier, Cut(total / 100)))
    return {"axes": ((metric, Cut()),), "thresholds": tuple(found), "rest": rest[0]}


def _bands(top: Table, table: Table, tiers: Sequence[str]) -> dict[str, Any]:
    metric = table.metric("metric", table.data.get("metric"))
    return {"axes": ((metric, Cut()),), "thresholds": _thresholds(top, tiers, metric)}


def _matrix(top: Table, table: Table, tiers: Sequence[str]) -> dict[str, Any]:
    axes: list[tuple[str, Cut]] = []
    for name, usual in (("relationship", "share"), ("potential", "potential")):
        axis = table.table(name)
        if axis is None:
            raise table.wrong(name, _('must be a table, as in {{ metric = "{metric}", good = "p80" }}').format(
                metric=usual))  # fmt: skip
        axis.only({"metric", "good"})
        metric = axis.metric("metric", axis.data.get("metric", usual))
        axes.append((metric, axis.cut("good", axis.data.get("good"), metric)))
    quadrants = table.table("quadrants")
    if quadrants is None:
        raise table.wrong("quadrants", _("must name a tier for each of {names}").format(names=", ".join(_QUADRANTS)))
    quadrants.only(_QUADRANTS)
    return {"axes": tuple(axes), "quadrants": tuple(_tier(quadrants, name, tiers) for name in _QUADRANTS)}


# -- thresholds, vetoes, classes


def _tier(table: Table, key: str, tiers: Sequence[str]) -> str:
    tier = table.text(key)
    if tier not in tiers:
        raise table.wrong(key, _no_tier(tier, tiers))
    return tier


def _no_tier(tier: str, tiers: Sequence[str]) -> str:
    return _('there is no tier "{tier}": {names}').format(tier=tier, names=", ".join(tiers))


def _check_order(table: Table, named: Sequence[str], tiers: Sequence[str]) -> None:
    """The keys of the table are tiers, best first."""
    for n, tier in enumerate(named):
        if tier not in tiers:
            raise table.wrong(tier, _no_tier(tier, tiers))
        if n and tiers.index(tier) < tiers.index(named[n - 1]):
            raise table.wrong(tier, _("is better than {tier}: the best comes first").format(tier=named[n - 1]))


def _thresholds(top: Table, tiers: Sequence[str], metric: str) -> tuple[tuple[str, Cut], ...]:
    """From which value of the metric on each tier is given, best first; of a score for no metric."""
    table = top.table("thresholds")
    if table is None or not table.data:
        message = _("needs [thresholds]: from which value on each tier is given")
        raise top.wrong("thresholds" if table else "rule", message)
    _check_order(table, list(table.data), tiers)
    found: list[tuple[str, Cut]] = []
    for tier, value in table.data.items():
        cut = table.cut(tier, value, metric) if metric else Cut(table.number(tier, value, 0, 100))
        if found and not _ascends(cut, found[-1][1]):
            raise table.wrong(tier, _("must be less than that of {tier}").format(tier=found[-1][0]))
        found.append((tier, cut))
    return tuple(found)


def _veto(table: Table, tiers: Sequence[str]) -> Veto:
    if "when" in table.data:
        table.only({"tier", "when"})
        return Veto(_tier(table, "tier", tiers), _conditions(table))
    table.only({"tier", "metric", *_COMPARISONS})
    return Veto(_tier(table, "tier", tiers), (_condition(table),))


def _class(table: Table, tiers: Sequence[str]) -> Class:
    table.only({"when", "product", "thresholds"})
    never = table.data.get("when") == NEVER_BOUGHT
    when = () if never else _conditions(table)
    product = table.data.get("product")
    if not isinstance(product, list) or not product:
        raise table.wrong("product", _('must be a list of metrics, as in ["influence", "closing"]'))
    names = tuple(table.metric("product", name) for name in product)
    thresholds = table.table("thresholds")
    if thresholds is None or not thresholds.data:
        raise table.wrong("thresholds", _("must say from which product on each tier is given"))
    _check_order(thresholds, list(thresholds.data), tiers)
    found: list[tuple[str, float]] = []
    for tier, value in thresholds.data.items():
        least = thresholds.number(tier, value, 0, 10**18)
        if found and least >= found[-1][1]:
            raise thresholds.wrong(tier, _("must be less than that of {tier}").format(tier=found[-1][0]))
        found.append((tier, least))
    return Class(never, when, names, tuple(found))


def _conditions(table: Table) -> tuple[Condition, ...]:
    when = table.data.get("when")
    if not isinstance(when, list) or not when:
        message = _('must be "{never}" or conditions, as in [{{ metric = "sales", below = "50k" }}]')
        raise table.wrong("when", message.format(never=NEVER_BOUGHT))
    found = []
    for one in table.tables("when"):
        one.only({"metric", *_COMPARISONS})
        found.append(_condition(one))
    return tuple(found)


def _condition(table: Table) -> Condition:
    metric = table.metric("metric", table.data.get("metric"))
    given = [name for name in _COMPARISONS if name in table.data]
    if len(given) != 1:
        raise table.wrong("metric", _("needs one of {names}").format(names=", ".join(_COMPARISONS)))
    return Condition(metric, given[0], table.cut(given[0], table.data[given[0]], metric))
