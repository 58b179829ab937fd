"""Why a customer has the tiers that it has: who gave them or what they were computed from, and what would change them.

What explains is what grades: the same function, on the inputs of now, and of the period of then (DOMAIN §3).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from crm_tui.domain.cadence import cadence_interval
from crm_tui.domain.clock import iso, local_date
from crm_tui.domain.language import _
from crm_tui.domain.periods import Period, default
from crm_tui.domain.schemes import Inputs, Scheme, Step, badge, proposal
from crm_tui.domain.schemes.grading import grade as graded
from crm_tui.domain.schemes.reaching import NextUp, next_up
from crm_tui.domain.schemes.words import next_words, words
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.services import grading, tiers
from crm_tui.services.session import Outcome, Session
from crm_tui.store import tiers as store
from crm_tui.store.customers import Facts
from crm_tui.store.tiers import Standing

Given = tuple[Any, ...]
"""A row of `store.tiers.history`."""


def why(session: Session, customer_id: int, scheme: Scheme | None = None) -> Outcome:
    """Under every scheme that has graded the customer (or the one that is named): the tier in force, who gave it, when
    and why, up to when; what it is computed from, and what the next tier up takes; and what its stage proposes.

    `data` has a record for each scheme: scheme, tier, badge (whether it is that), before, by, at, reason, by_hand,
    until, computed, computed_from, computed_to, computed_at, suggested, now (what it would be computed as now, with
    period, score, inputs, next_up).
    """
    facts = session.one(customer_id)
    standing = store.of(session.database, customer_id)
    history = store.history(session.database, customer_id)
    asked = [scheme] if scheme else [s for s in session.settings.schemes.values() if s.identifier in standing]
    lines: list[str] = []
    data: list[dict[str, Any]] = []
    for one in asked:
        row = standing.get(one.identifier)
        told, record = _under(session, facts, one, row, [given for given in history if given[0] == one.identifier])
        lines += told
        data.append(record)
    letter = standing["abcd"].tier if "abcd" in standing else None
    offered = proposal(facts.stage, letter)
    if offered and scheme in (None, session.settings.schemes["abcd"]):
        stage = BY_IDENTIFIER[facts.stage]
        lines.append(_("stage {stage} proposes {tier}: `t t` accepts").format(stage=stage.title, tier=offered))
    return Outcome(
        _("{name}: why this tier").format(name=facts.name),
        lines=tuple(lines) or (_("no tier was given yet"),),
        data=tuple({"id": facts.id, "proposed": offered, **record} for record in (data or [{}])),
    )


def _under(
    session: Session, facts: Facts, scheme: Scheme, row: Standing | None, history: Sequence[Given]
) -> tuple[list[str], dict[str, Any]]:
    """What there is to say under one scheme, as lines and as a record."""
    lines = [*_in_force(session, facts, scheme, row, history)]
    given = history[0] if history else None
    record: dict[str, Any] = {
        "scheme": scheme.identifier, "tier": row.tier if row else None, "badge": facts.scheme == scheme.identifier,
        "before": given[1] if given else None, "by": given[4] if given else None,
        "at": iso(given[3]) if given else None, "reason": given[5] if given else "",
        "by_hand": bool(row.by_hand) if row else False, "until": row.until_on if row else None,
        "computed": row.computed if row else None, "computed_from": row.computed_from if row else None,
        "computed_to": row.computed_to if row else None, "computed_at": None, "now": None,
        "suggested": row.computed if row and row.computed != row.tier else None,
    }  # fmt: skip
    if row is not None:
        at = store.computed_at(session.database, row.id) if row.computed_to else None
        record["computed_at"] = iso(at[0]) if at else None
        lines += _computed(session, scheme, row, at)
    if scheme.rule is not None and not grading.is_hidden(session, facts):
        told, record["now"] = _now(session, facts, scheme, row)
        lines += told
    return lines, record


def _in_force(
    session: Session, facts: Facts, scheme: Scheme, row: Standing | None, history: Sequence[Given]
) -> Iterator[str]:
    """The tier in force, and who gave it."""
    if not history:
        tier = badge(scheme, row.tier) if row and row.tier else _("no tier")
        yield _("{scheme}: {tier}").format(scheme=scheme.title, tier=tier)
        return
    __, before, to, at, login, reason, source = history[0]
    is_badge = facts.scheme == scheme.identifier
    yield _("{scheme} {tier}{mark}: by {who} on {day}{reason}; was {before}").format(
        scheme=scheme.title,
        tier=badge(scheme, to) if to else _("none"),
        mark=_(" (the badge)") if is_badge else "",
        who=_("the system") if source == "sweep" else login,
        day=local_date(at, session.person.zone),
        reason=f", {reason}" if reason else "",
        before=badge(scheme, before) if before else _("none"),
    )
    if row is not None and row.by_hand and row.until_on:
        if scheme.rule is None:
            then, unknown = tiers.stood_before(row, facts.stage)["tier"], _("none")
        else:
            then, unknown = row.computed, _("what is computed then")
        after = badge(scheme, then) if then else unknown
        yield _("by hand until {day}, then {tier}").format(day=row.until_on, tier=after)
    elif row is not None and row.by_hand and scheme.rule is not None and row.tier:
        yield _("by hand: it stays until somebody changes it")
    days = cadence_interval(to, scheme.identifier, facts.stage, session.settings.due)
    if days and is_badge:
        yield _("cadence: a contact every {days} days").format(days=days)


def _computed(session: Session, scheme: Scheme, row: Standing, at: tuple[str, str] | None) -> Iterator[str]:
    """What was computed last, when and for which period, and what that proposes."""
    if row.computed_to and row.computed_from:
        tier = badge(scheme, row.computed) if row.computed else _("none")
        period = Period(date.fromisoformat(row.computed_from), date.fromisoformat(row.computed_to))
        text = _("computed: {tier}, unchanged since it was for {period}").format(tier=tier, period=period)
        if at is not None:
            day = local_date(at[0], session.person.zone)
            text = _("{text}, on {day} by {who}").format(text=text, day=day, who=at[1])
        yield text
    if row.computed is not None and row.computed != row.tier and scheme.identifier != "abcd":
        text = _("suggested: {before}→{after}; `tier accept --scheme {scheme}` takes it")
        before = badge(scheme, row.tier) if row.tier else "–"
        yield text.format(before=before, after=badge(scheme, row.computed), scheme=scheme.identifier)


def _now(session: Session, facts: Facts, scheme: Scheme, row: Standing | None) -> tuple[list[str], dict[str, Any]]:
    """What the rule says of the period that the computed tier is of, on what, and what would reach more; then what is
    different in the default period now.
    """
    current = default(session.today)
    then = current
    if row is not None and row.computed is not None and row.computed_from and row.computed_to:
        then = Period(date.fromisoformat(row.computed_from), date.fromisoformat(row.computed_to))
    lines, record, inputs = _of_period(session, facts, scheme, then, is_now=then == current)
    if then != current:
        told, record, now = _of_period(session, facts, scheme, current, is_now=True)
        if inputs is None or now is None:
            lines += told
        else:
            lines.append(_("now, for {period}: {tier}; what differs:").format(
                period=current, tier=badge(scheme, record["tier"]) if record["tier"] else _("none")
            ))  # fmt: skip
            lines += [f"  {line}" for line in _differences(session, inputs, now)]
    if row is not None and row.computed_to and record["tier"] != row.computed:
        text = _("computed anew it would be {tier}, not {before}: `grade {scheme}` takes that over")
        tier, before = (badge(scheme, one) if one else _("none") for one in (record["tier"], row.computed))
        lines.append("  " + text.format(tier=tier, before=before, scheme=scheme.identifier))
    return lines, record


def _of_period(
    session: Session, facts: Facts, scheme: Scheme, period: Period, *, is_now: bool
) -> tuple[list[str], dict[str, Any], Inputs | None]:
    """What the rule says of the period: lines, record, and on what it looked; None for no inputs where it grades it
    not.
    """
    currency = session.settings["currency"]
    population = grading.population(session, scheme, period, [facts.id])
    if facts.id not in population.inputs:
        text = _("it is none of those that {scheme} grades: {filter}")
        told = text.format(scheme=scheme.title, filter=scheme.population or _("all that are not archived"))
        return [told], {"period": str(period), "tier": None, "score": None, "inputs": [], "next_up": None}, None
    inputs = population.inputs[facts.id]
    grade = graded(population.calibrated, inputs)
    up = next_up(population.calibrated, inputs, grade)
    lines = [(_("now, for {period}:") if is_now else _("for {period}, as it is known now:")).format(period=period)]
    lines += [f"  {line}" for line in (*words(scheme, grade, currency), *next_words(scheme, up, currency))]
    if scheme.rule is not None and grading.is_relative(scheme.rule):
        lines.append("  " + _("the lines are drawn through all customers that the scheme grades"))
    record = {
        "period": f"{period.first}/{period.last}", "tier": grade.tier, "score": grade.score,
        "known": round(grade.known, 4), "inputs": [_step(step) for step in grade.steps], "next_up": _up(up),
    }  # fmt: skip
    return lines, record, inputs


def _differences(session: Session, before: Inputs, now: Inputs) -> Iterator[str]:
    """What another period changes of what the rule looks at."""
    from crm_tui.domain.metrics import METRICS
    from crm_tui.domain.schemes.words import value_in_words

    currency = session.settings["currency"]
    changed = [name for name, value in now.items() if before.get(name) != value]
    for name in changed:
        yield _("{metric}: {before} then, {now} now").format(
            metric=METRICS[name].title, before=value_in_words(name, before.get(name), currency),
            now=value_in_words(name, now[name], currency),
        )  # fmt: skip
    if not changed:
        yield _("nothing")


def _step(step: Step) -> dict[str, Any]:
    band = step.band if isinstance(step.band, str) or step.band is None else list(step.band)
    return {
        "part": step.part, "metric": step.metric, "value": step.value, "weight": step.weight, "points": step.points,
        "band": band, "missing": step.missing,
    }  # fmt: skip


def _up(up: NextUp | None) -> dict[str, Any] | None:
    if up is None:
        return None
    ways = [{"metric": way.metric, "value": way.value, "upwards": way.upwards} for way in up.ways]
    return {"tier": up.tier, "score": up.score, "ways": ways}

