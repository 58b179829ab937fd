"""Grading: one function computes a tier and tells how it came about, so that the two cannot differ. DOMAIN §3.

A metric with no data is left out and the rest weighed anew, or the customer is not graded: it never counts as zero.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from math import inf

from crm_tui.domain.schemes.calibration import Bound, Calibrated, Group, Scale
from crm_tui.domain.schemes.model import BOUGHT, Band, Grade, Inputs, Step, Value

UNGRADED = Grade(None, None, (), 0.0)
"""What a scheme without a rule computes."""

DECIMALS = 6
"""To which scores are rounded, so that the order of a sum decides no tier."""


def grade(calibrated: Calibrated, inputs: Inputs) -> Grade:
    """The customer's tier (None where it cannot be told), its score (0 to 100, or the product of a class) and each
    input's part in it: a veto before a class, a class before the rule.
    """
    rule = calibrated.scheme.rule
    if rule is None:
        return UNGRADED
    for tier, tests in calibrated.vetoes:
        if _meets(tests, inputs):
            return Grade(tier, None, tuple(Step("veto", t.metric, inputs[t.metric], band=t.band) for t in tests))
    if calibrated.groups and (group := group_of(calibrated, inputs)):
        return _of_class(group, inputs)
    return _KINDS[rule.kind](calibrated, inputs)


def group_of(calibrated: Calibrated, inputs: Inputs) -> Group | None:
    """The class that the customer is in, the first that fits; None where it is in none."""
    for group in calibrated.groups:
        if not has_bought(inputs) if group.never_bought else _meets(group.tests, inputs):
            return group
    return None


def has_bought(inputs: Inputs) -> bool:
    """Whether the customer had ordered anything by the end of the period."""
    order, *sums = BOUGHT
    return inputs.get(order) is not None or any(inputs.get(name) for name in sums)


def _meets(tests: tuple[Bound, ...], inputs: Inputs) -> bool:
    for metric, comparison, cut, _band in tests:
        value = inputs.get(metric)
        if value is None or isinstance(value, str):
            return False
        if comparison == "above":
            met = value > cut
        elif comparison == "below":
            met = value < cut
        else:
            met = value >= cut if comparison == "at_least" else value <= cut
        if not met:
            return False
    return True


def _of_class(group: Group, inputs: Inputs) -> Grade:
    steps = [Step("class", test.metric, inputs[test.metric], band=test.band) for test in group.tests]
    steps += [Step("class", BOUGHT[0], None)] if group.never_bought else []
    product, known = 1.0, 0
    for metric in group.product:
        value = inputs.get(metric)
        if isinstance(value, (int, float)):
            product, known = product * value, known + 1
            steps.append(Step("class", metric, value, 1.0, value))
        else:
            steps.append(Step("class", metric, None, missing="needed"))
    share = known / len(group.product)
    if share < 1:
        return Grade(None, None, tuple(steps), share)
    tier = next((tier for tier, start in group.thresholds if product >= start), None)
    return Grade(tier, product, tuple(steps))


def _scored(calibrated: Calibrated, inputs: Inputs) -> Grade:
    rule = calibrated.scheme.rule
    assert rule is not None
    found: list[tuple[Scale, Value, float | None, Band | str | None, str]] = []
    total = known = summed = 0.0
    is_thinned = False
    for scale in calibrated.scales:
        metric, weight, starts, points, bands, words, missing = scale
        value = inputs.get(metric)
        if value is None or value == "":
            if missing is None:
                found.append((scale, None, None, None, "left out"))
                is_thinned = True
                continue
            got = missing
            found.append((scale, None, got, None, "filled"))
        elif words is None:
            place = bisect_right(starts, value)
            got = points[place]
            known += weight
            found.append((scale, value, got, bands[place], ""))
        else:
            got, word = words[str(value)]
            known += weight
            found.append((scale, value, got, word, ""))
        total += weight
        summed += weight * got
    whole = total if is_thinned and total else 1.0
    steps = tuple(
        Step("metric", scale[0], value, 0.0 if got is None else scale[1] / whole, got, band, missing)
        for scale, value, got, band, missing in found
    )
    known = round(known, DECIMALS)
    if not total or known < rule.least_known:
        return Grade(None, None, steps, known)
    score = round(summed / whole, DECIMALS)
    return Grade(next((tier for tier, start in calibrated.lines if score >= start), None), score, steps, known)


def _on_a_line(calibrated: Calibrated, inputs: Inputs) -> Grade:
    rule = calibrated.scheme.rule
    assert rule is not None
    metric = rule.axes[0][0]
    value = inputs.get(metric)
    if not isinstance(value, (int, float)):
        return Grade(None, None, (Step("line", metric, None, missing="needed"),), 0.0)
    end: float | None = None
    for tier, start in calibrated.lines:
        if value >= start:
            return Grade(tier, None, (Step("line", metric, value, band=Band(start, end)),))
        end = None if start == inf else start
    return Grade(rule.rest or None, None, (Step("line", metric, value, band=Band(None, end)),))


def _in_a_quadrant(calibrated: Calibrated, inputs: Inputs) -> Grade:
    rule = calibrated.scheme.rule
    assert rule is not None
    steps: list[Step] = []
    good: list[bool] = []
    for metric, start in calibrated.axes:
        value = inputs.get(metric)
        if isinstance(value, (int, float)):
            good.append(value >= start)
            edge = None if start in (inf, -inf) else start
            steps.append(Step("axis", metric, value, band=Band(edge, None) if good[-1] else Band(None, edge)))
        else:
            steps.append(Step("axis", metric, None, missing="needed"))
    if len(good) < len(calibrated.axes):
        return Grade(None, None, tuple(steps), len(good) / len(calibrated.axes))
    first, second = good
    return Grade(rule.quadrants[(not second) * 2 + (not first)], None, tuple(steps))


_KINDS: dict[str, Callable[[Calibrated, Inputs], Grade]] = {
    "score": _scored, "pareto": _on_a_line, "bands": _on_a_line, "matrix": _in_a_quadrant,
}  # fmt: skip
