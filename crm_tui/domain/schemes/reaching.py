"""What would bring a customer to the next tier up: for each single input the nearest value that alone would do.

Every answer was tried: the inputs with that value in place are graded by the function that grades all. DOMAIN §3.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import NamedTuple

from crm_tui.domain.metrics import METRICS
from crm_tui.domain.schemes.calibration import ANY_WORD, WHOLE, Calibrated, Scale, just_above
from crm_tui.domain.schemes.grading import grade as grade_of
from crm_tui.domain.schemes.grading import group_of
from crm_tui.domain.schemes.model import Grade, Inputs, Value

_HIGHEST = {"influence": 5, "closing": 5, "chance": 25, "collection": 1, "timeliness": 1, "margin": 1, "share": 1}
"""What no customer's metric goes beyond."""


class Way(NamedTuple):
    """An input and the nearest value that alone would do. `upwards`: whether that is more than it is now."""

    metric: str
    value: float | str
    upwards: bool


class NextUp(NamedTuple):
    """The next tier up, the score (or product) from which on it is given where there is one, and the ways to it; no way
    where no single input does.
    """

    tier: str
    score: float | None
    ways: tuple[Way, ...]


def next_up(calibrated: Calibrated, inputs: Inputs, grade: Grade) -> NextUp | None:
    """What would reach the next tier, the other customers standing as they do; None for the best and the ungraded."""
    rule = calibrated.scheme.rule
    if rule is None or grade.tier is None:
        return None
    tier, score, reached = _aim(calibrated, inputs, grade)
    if not reached:
        return None
    ways = (_way(calibrated, inputs, metric, reached) for metric in rule.metrics)
    return NextUp(tier, score, tuple(way for way in ways if way is not None))


def _aim(
    calibrated: Calibrated, inputs: Inputs, grade: Grade
) -> tuple[str, float | None, Collection[str]]:
    """The next tier, its score, and all tiers that count as having come so far; none where there is none above."""
    rule = calibrated.scheme.rule
    assert rule is not None
    part = grade.steps[0].part if grade.steps else "metric"
    if rule.kind == "matrix":
        ladder = sorted(dict.fromkeys(rule.quadrants), key=calibrated.scheme.rank)
    else:
        ladder = [tier for tier, _cut in rule.thresholds] + ([rule.rest] if rule.rest else [])
    scores = {tier: cut.value for tier, cut in rule.thresholds} if rule.kind == "score" else {}
    if part == "veto":
        return ladder[-1], None, [tier for tier in ladder if tier != grade.tier]
    if part == "class":
        group = group_of(calibrated, inputs)
        found = group.thresholds if group else ()
        ladder, scores = [tier for tier, _start in found], dict(found)
    place = ladder.index(grade.tier) if grade.tier in ladder else 0
    better = ladder[:place]
    return (better[-1], scores.get(better[-1]), better) if better else ("", None, [])


def _way(calibrated: Calibrated, inputs: Inputs, metric: str, reached: Collection[str]) -> Way | None:
    """The nearest value of the metric that leads to one of the tiers: upwards where both ways do and more is better."""
    now = inputs.get(metric)
    tried = (value for value in _candidates(calibrated, inputs, metric) if value != now)
    does = [value for value in tried if grade_of(calibrated, {**inputs, metric: value}).tier in reached]
    words = [value for value in does if isinstance(value, str)]
    if words:
        return Way(metric, words[0], True)
    numbers = [value for value in does if not isinstance(value, str)]
    more = [value for value in numbers if not isinstance(now, (int, float)) or value > now]
    less = [value for value in numbers if isinstance(now, (int, float)) and value < now]
    if isinstance(now, (int, float)) and less and (not more or METRICS[metric].better == "down"):
        return Way(metric, max(less), False)
    if not isinstance(now, (int, float)) and more and METRICS[metric].better == "down":
        return Way(metric, max(more), False)
    return Way(metric, min(more), True) if more else None


def _candidates(calibrated: Calibrated, inputs: Inputs, metric: str) -> Iterator[float | str]:
    """Every value at which the outcome may change, and the nearest below it; for texts the words that have points."""
    if METRICS[metric].unit == "text":
        scales = (scale for scale in calibrated.scales if scale.metric == metric and scale.words)
        yield from _words(scales)
        return
    whole, highest = METRICS[metric].unit in WHOLE, _HIGHEST.get(metric, math.inf)
    least = 1 if METRICS[metric].unit == "points" else -math.inf
    for cut in {*_cuts(calibrated, inputs, metric)}:
        if not math.isfinite(cut):
            continue
        at = math.ceil(cut) if whole else cut
        under = at - 1 if whole else math.nextafter(cut, -math.inf)
        yield from (value for value in (at, under) if least <= value <= highest)


def _words(scales: Iterator[Scale]) -> Iterator[str]:
    """The words, best first."""
    for scale in scales:
        listed = scale.words.listed.values() if scale.words is not None else ()
        yield from (word for _points, word in sorted(listed, key=lambda one: -one[0]) if word != ANY_WORD)


def _cuts(calibrated: Calibrated, inputs: Inputs, metric: str) -> Iterator[float]:
    rule = calibrated.scheme.rule
    assert rule is not None
    for scale in calibrated.scales:
        if scale.metric == metric:
            yield from scale.starts
    tests = [test for _tier, tests in calibrated.vetoes for test in tests]
    tests += [test for group in calibrated.groups for test in group.tests]
    for test in tests:
        if test.metric == metric:
            yield test.value
            yield just_above(metric, test.value) if math.isfinite(test.value) else test.value
    for group in calibrated.groups:
        if metric in group.product:
            others = _product(inputs, [name for name in group.product if name != metric])
            yield from (start / others for _tier, start in group.thresholds if others)
    if rule.kind in ("bands", "pareto") and rule.axes[0][0] == metric:
        yield from (start for _tier, start in calibrated.lines)
    yield from (start for name, start in calibrated.axes if name == metric)


def _product(inputs: Inputs, metrics: Collection[str]) -> float:
    product = 1.0
    for metric in metrics:
        value: Value = inputs.get(metric)
        product *= value if isinstance(value, (int, float)) else 0
    return product
