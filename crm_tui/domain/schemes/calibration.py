"""A rule made ready for grading: what depends on all customers (percentiles, the lines of a Pareto) is known by now.

The order of the customers does not matter, and equal values stay on the same side of every line. DOMAIN §3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from crm_tui.domain.metrics import METRICS
from crm_tui.domain.schemes.model import Band, Condition, Cut, Inputs, Measure, Scheme
from crm_tui.domain.stages import fold

ANY_WORD = "*"
_PARTS = 10**6
WHOLE = frozenset({"money", "days", "count", "months", "years", "points"})
"""Units in which there is nothing between 1 and 2."""


class Bound(NamedTuple):
    """A condition with its cut as a value, and the range of values that meet it."""

    metric: str
    comparison: str
    value: float
    band: Band


class Words(dict[str, tuple[float, str]]):
    """The points of a text, and the word that fitted; any text may be asked for, and is remembered."""

    def __init__(self, listed: Sequence[tuple[str, float]]) -> None:
        super().__init__()
        self.listed = {fold(word): (points, word) for word, points in listed}

    def __missing__(self, text: str) -> tuple[float, str]:
        found = self.listed.get(fold(text)) or self.listed.get(ANY_WORD) or (0.0, "")
        self[text] = found
        return found


class Scale(NamedTuple):
    """A measure with its cuts as values: `points[n]` and `bands[n]` belong to a value that has reached n `starts`."""

    metric: str
    weight: float
    starts: tuple[float, ...]
    points: tuple[float, ...]
    bands: tuple[Band, ...]
    words: Words | None
    missing: float | None


class Group(NamedTuple):
    """A class with its cuts as values."""

    never_bought: bool
    tests: tuple[Bound, ...]
    product: tuple[str, ...]
    thresholds: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Calibrated:
    """A scheme as it grades a particular population. `lines`: from which value (or score) on each tier is given, best
    first; `axes`: the metrics of a matrix, and from which value on each is good.
    """

    scheme: Scheme
    vetoes: tuple[tuple[str, tuple[Bound, ...]], ...] = ()
    groups: tuple[Group, ...] = ()
    scales: tuple[Scale, ...] = ()
    lines: tuple[tuple[str, float], ...] = ()
    axes: tuple[tuple[str, float], ...] = ()


def calibrate(scheme: Scheme, population: Mapping[int, Inputs]) -> Calibrated:
    """The scheme made ready to grade by the inputs of all customers of its population, by id."""
    rule = scheme.rule
    if rule is None:
        return Calibrated(scheme)
    at = _resolver(population)
    lines: Sequence[tuple[str, float]]
    if rule.kind == "pareto":
        shares = [(tier, cut.value or 0.0) for tier, cut in rule.thresholds]
        metric = rule.axes[0][0]
        lines = pareto_lines(shares, (inputs.get(metric) for inputs in population.values()))
        if all(math.isinf(line) for _tier, line in lines):  # nobody has any: whoever had, had all of it
            lines = [(tier, just_above(metric, 0) if share > 0 else math.inf) for tier, share in shares]
    else:
        metric = rule.axes[0][0] if rule.kind == "bands" else ""
        lines = [(tier, at(metric, cut)) for tier, cut in rule.thresholds]
    return Calibrated(
        scheme,
        tuple((veto.tier, tuple(_test(one, at) for one in veto.when)) for veto in rule.vetoes),
        tuple(
            Group(one.never_bought, tuple(_test(test, at) for test in one.when), one.product, one.thresholds)
            for one in rule.classes
        ),
        tuple(_scale(measure, at) for measure in rule.measures),
        tuple(lines),
        tuple((metric, at(metric, cut)) for metric, cut in rule.axes) if rule.kind == "matrix" else (),
    )


def pareto_lines(shares: Sequence[tuple[str, float]], values: Iterable[object]) -> list[tuple[str, float]]:
    """From which value on each tier is given, so that it and those above it make its share (0 to 1) of the sum.

    Whoever crosses a line is above it, and so is whoever has as much; what is not above 0 is above no line.
    """
    ranked = sorted((v for v in values if isinstance(v, (int, float)) and v > 0), reverse=True)
    total = sum(ranked)
    limits = [round(share * _PARTS) * total for _tier, share in shares]  # whole numbers: no line moves by rounding
    lines = [math.inf] * len(shares)
    above: float = 0  # the sum of all that is more
    place = 0
    while place < len(ranked):
        value, end = ranked[place], place
        while end < len(ranked) and ranked[end] == value:
            end += 1
        for n, limit in enumerate(limits):
            if above * _PARTS < limit:
                lines[n] = value
        above += value * (end - place)
        place = end
    return [(tier, line) for (tier, _share), line in zip(shares, lines, strict=True)]


_At = Callable[[str, Cut], float]


def _resolver(population: Mapping[int, Inputs]) -> _At:
    """The value of a metric from which on a cut is reached."""
    ranked: dict[str, list[float]] = {}

    def at(metric: str, cut: Cut) -> float:
        if cut.percentile is None:
            assert cut.value is not None
            return cut.value
        if cut.percentile <= 0:
            return -math.inf
        if metric not in ranked:
            known = (inputs.get(metric) for inputs in population.values())
            ranked[metric] = sorted(v for v in known if isinstance(v, (int, float)) and v)
        if not ranked[metric]:
            return math.inf
        place = -(-round(cut.percentile * _PARTS) * len(ranked[metric]) // (100 * _PARTS))
        return ranked[metric][place - 1]

    return at


def _test(condition: Condition, at: _At) -> Bound:
    value = at(condition.metric, condition.cut)
    if math.isinf(value):  # a percentile of nobody, or of everybody: nothing is met by it, above or below
        return Bound(condition.metric, condition.comparison, math.nan, Band(None, None))
    edge = just_above(condition.metric, value) if condition.comparison in ("above", "at_most") else value
    upwards = condition.comparison in ("above", "at_least")
    return Bound(condition.metric, condition.comparison, value, Band(edge, None) if upwards else Band(None, edge))


def just_above(metric: str, value: float) -> float:
    """The least value of the metric that is more."""
    return math.floor(value) + 1 if METRICS[metric].unit in WHOLE else math.nextafter(value, math.inf)


def _scale(measure: Measure, at: _At) -> Scale:
    if measure.words:
        return Scale(measure.metric, measure.weight, (), (), (), Words(measure.words), measure.missing)
    starts = tuple(at(measure.metric, cut) for cut, _points in measure.bands)
    points = (0.0, *(points for _cut, points in measure.bands))
    limits = (None, *(None if math.isinf(start) else start for start in starts), None)
    bands = tuple(Band(limits[n], limits[n + 1]) for n in range(len(starts) + 1))
    return Scale(measure.metric, measure.weight, starts, points, bands, None, measure.missing)
