"""A grade in words: each input with its value, weight and points, what was missing, and what would reach more."""

from __future__ import annotations

from crm_tui.domain.language import _, ngettext
from crm_tui.domain.metrics import METRICS
from crm_tui.domain.money import format_amount
from crm_tui.domain.schemes.calibration import just_above
from crm_tui.domain.schemes.model import Band, Cut, Grade, Scheme, Step, Value
from crm_tui.domain.schemes.reaching import NextUp


def words(scheme: Scheme, grade: Grade, currency: str) -> list[str]:
    """The lines that tell how the grade came about; amounts in `currency`."""
    if scheme.rule is None:
        return [_("{scheme} is given by hand").format(scheme=scheme.title)]
    lines = [_headline(scheme, grade)]
    lines += [_line(scheme, step, currency) for step in grade.steps]
    return lines


def next_words(scheme: Scheme, found: NextUp | None, currency: str) -> list[str]:
    """The lines that tell what would reach the next tier up; none where there is none."""
    if found is None:
        return []
    tier = scheme.get(found.tier)
    title = tier.title if tier else found.tier
    if found.score is None:
        head = _("next tier up: {tier}").format(tier=title)
    else:
        head = _("next tier up: {tier}, from {score:g} on").format(tier=title, score=found.score)
    if not found.ways:
        return [head, _("no single input does it")]
    lines = [head]
    for metric, value, upwards in found.ways:
        text = value_in_words(metric, value, currency)
        if upwards and METRICS[metric].unit == "money" and value == just_above(metric, 0):
            lines.append(_("any {metric} above 0 would do").format(metric=METRICS[metric].title))
            continue
        told = _("{metric} of {value} would do") if upwards else _("{metric} down to {value} would do")
        lines.append(told.format(metric=METRICS[metric].title, value=text))
    return lines


def value_in_words(metric: str, value: Value, currency: str) -> str:
    """The value with its unit: `1,200,000.00`, `42.5 %`, `12 days`; what is not known says so."""
    if value is None:
        return _("not known")
    if isinstance(value, str):
        return value
    unit = METRICS[metric].unit
    if unit == "money":
        return f"{format_amount(round(value), currency)} {currency}"
    if unit == "percent":
        return f"{round(value * 100, 2):g} %"
    number = f"{round(value, 2):,g}" if abs(value) < 1e6 else f"{value:,.0f}"
    if unit == "days":
        return ngettext("{n} day", "{n} days", int(value)).format(n=number)
    if unit == "months":
        return ngettext("{n} month", "{n} months", int(value)).format(n=number)
    if unit == "years":
        return ngettext("{n} year", "{n} years", int(value)).format(n=number)
    return number


def _headline(scheme: Scheme, grade: Grade) -> str:
    tier = scheme.get(grade.tier) if grade.tier else None
    if tier is None:
        return _not_graded(scheme, grade)
    part = grade.steps[0].part if grade.steps else "metric"
    if part == "veto":
        return _("{tier}: a veto, whatever the score").format(tier=tier.title)
    if part == "class":
        return _("{tier}: {metrics} = {n:g}").format(tier=tier.title, metrics=_product(grade), n=grade.score)
    if grade.score is not None:
        start = next((cut.value for name, cut in _thresholds(scheme) if name == tier.identifier), None)
        return _("{tier}: score {score:g}, from {start:g} on").format(
            tier=tier.title, score=round(grade.score, 2), start=start
        )
    return tier.title


def _thresholds(scheme: Scheme) -> tuple[tuple[str, Cut], ...]:
    return scheme.rule.thresholds if scheme.rule else ()


def _product(grade: Grade) -> str:
    return " × ".join(METRICS[step.metric].title for step in grade.steps if step.points is not None or step.missing)


def _not_graded(scheme: Scheme, grade: Grade) -> str:
    needed = [METRICS[step.metric].title for step in grade.steps if step.missing == "needed"]
    if needed:
        return _("not graded: {metrics} not known").format(metrics=", ".join(needed))
    if scheme.rule is not None and scheme.rule.kind == "score" and grade.known < scheme.rule.least_known:
        known, least = round(grade.known * 100), round(scheme.rule.least_known * 100)
        return _("not graded: {known} % of the weight is known, {least} % is needed").format(known=known, least=least)
    return _("not graded: below every threshold")


def _line(scheme: Scheme, step: Step, currency: str) -> str:
    name = METRICS[step.metric].title
    value = value_in_words(step.metric, step.value, currency)
    if step.part == "metric":
        return _scored(scheme, step, name, value, currency)
    if step.part == "class" and step.value is None and not step.missing:
        return _("has never bought")
    if step.missing:
        return _("{metric}: not known, and nothing can be said without it").format(metric=name)
    limits = _range(step, currency) if step.band is not None else ""
    return f"{name}: {value} ({limits})" if limits else f"{name}: {value}"


def _scored(scheme: Scheme, step: Step, name: str, value: str, currency: str) -> str:
    if step.points is None:
        share = next((m.weight for m in scheme.rule.measures if m.metric == step.metric), 0.0) if scheme.rule else 0.0
        told = _("{metric}: not known, left out; its {share:g} % go to the rest")
        return told.format(metric=name, share=round(share * 100, 2))
    told = _("{metric}: {value} = {points:g} points × {weight:g} % = {part:g}").format(
        metric=name, value=value, points=round(step.points, 2), weight=round(step.weight * 100, 2),
        part=round(step.points * step.weight, 2),
    )  # fmt: skip
    if step.missing:
        return _("{told} (counted so where it is not known)").format(told=told)
    limits = _range(step, currency)
    return f"{told} ({limits})" if limits else told


def _range(step: Step, currency: str) -> str:
    if not isinstance(step.band, Band):
        return step.band or ""
    start, end = (None if one is None else value_in_words(step.metric, one, currency) for one in step.band)
    if start is not None and end is not None:
        return _("from {start} to below {end}").format(start=start, end=end)
    if start is not None:
        return _("from {start}").format(start=start)
    return _("below {end}").format(end=end) if end is not None else ""


