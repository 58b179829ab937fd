"""Grading customers by a scheme's rule: first who would move, then one entry that moves them (DOMAIN §3).

Whom the rule grades is the scheme's population as far as the user sees it; percentiles and Pareto lines are drawn from
all of it, whoever grades and however few: the same facts give the same tier. A tier that a person gave is never
replaced, only proposed against.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from crm_tui.domain.errors import DatabaseUnusable, UsageError
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.domain.metrics import METRICS, Kept
from crm_tui.domain.people import is_masked, refusal
from crm_tui.domain.periods import Period, default
from crm_tui.domain.schemes import Inputs, Rule, Scheme, badge
from crm_tui.domain.schemes.calibration import Calibrated, calibrate
from crm_tui.domain.schemes.grading import grade as graded
from crm_tui.services import lists, tiers
from crm_tui.services.lists import Order, Query
from crm_tui.services.session import Outcome, Session, done
from crm_tui.services.worth import keep_current
from crm_tui.store import tiers as store
from crm_tui.store import worth
from crm_tui.store.customers import Facts
from crm_tui.store.tiers import Standing

Effect = Literal["moved", "suggested", "settled"]
"""A tier that changes; one that is only proposed; one that was proposed and is so no more."""
EFFECTS: Mapping[Effect, str] = {"moved": N_("moved"), "suggested": N_("suggested"), "settled": N_("as computed again")}
Direction = Literal["up", "down", "new", "gone", "other", "same"]
_SIGNS: Mapping[Direction, str] = {"up": "▲", "down": "▼", "new": "+", "gone": "–", "other": "~", "same": "="}
_NAMED = 8
"""Customers of a move that are named in its line."""
_MISSING = 4
"""Metrics that are named as not known."""
_SOME = 5_000
"""Of so many customers at most what is known is read one by one."""


class Mover(NamedTuple):
    """A customer whose row changes: `before` is the tier in force, `after` what is in force or proposed then."""

    id: int
    before: str | None
    after: str | None
    effect: Effect
    direction: Direction
    score: float | None


@dataclass(frozen=True)
class Population:
    """What is known of the customers that a scheme grades and one sees, and its rule made ready by all of them."""

    calibrated: Calibrated
    inputs: Mapping[int, Inputs]
    owners: Mapping[int, int | None]


@dataclass(frozen=True)
class Plan:
    """What grading would do: the movers, and the rows that say so. `looked_at` counts who was graded, `ungraded` those
    of them whose tier cannot be told.
    """

    scheme: Scheme
    period: Period
    movers: tuple[Mover, ...]
    rows: Mapping[int, tiers.Row]
    known: Mapping[int, Standing]
    looked_at: int
    ungraded: int
    missing: Mapping[str, int] = field(default_factory=dict)
    """Of how many of the ungraded each metric is not known."""

    @cached_property
    def counts(self) -> Counter[tuple[Effect, Direction]]:
        """How many of each kind."""
        return Counter((mover.effect, mover.direction) for mover in self.movers)


def grade(session: Session, scheme: Scheme, period: Period | None = None, on: str = "") -> Outcome:
    """Grade the customers that the filter `on` finds ("" for all) by the facts of the period (None: the default one),
    as one entry: `data` has a record for each customer that moves, `lines` from what to what.

    Whoever is no lead only proposes under the schemes that a lead confirms. UsageError for a scheme without a rule.
    """
    wanted = period or default(session.today)
    check(scheme)
    with session.changing() as change:
        if wanted == default(session.today):
            worth.roll(session.database, wanted)
        plan = planned(session, scheme, wanted, on)
        reason = str(wanted)
        tiers.write(session, change, scheme.identifier, plan.rows, plan.known, dict.fromkeys(plan.rows, reason))
        told = _told(session, plan)
        return done(change, told.message, list(plan.rows), lines=told.lines, data=told.data)


def preview(session: Session, scheme: Scheme, period: Period | None = None, on: str = "") -> Outcome:
    """As `grade`, but only who would move; nothing is changed, and nobody waits."""
    check(scheme)
    told = _told(session, planned(session, scheme, period or _current(session), on))
    message = _("{message} (dry run: nothing was changed)").format(message=told.message)
    return Outcome(message, lines=told.lines, data=told.data)


def moving(session: Session, scheme: Scheme, period: Period | None = None, on: str = "") -> int:
    """How many customers grading would change."""
    check(scheme)
    return len(planned(session, scheme, period or _current(session), on).rows)


def _current(session: Session) -> Period:
    """The default period; the month may have turned since its metrics were kept."""
    with suppress(DatabaseUnusable):  # where nothing can be written they are computed
        keep_current(session)
    return default(session.today)


def check(scheme: Scheme) -> None:
    """UsageError for a scheme that has no rule."""
    if scheme.rule is None:
        message = _("{scheme} has no rule: it is graded by hand, with `tier`")
        raise UsageError(message.format(scheme=scheme.identifier), scheme.identifier, 0)


# -- whom, and by what


def population(session: Session, scheme: Scheme, period: Period, ids: Collection[int] | None = None) -> Population:
    """The customers that the scheme grades as far as the user sees them (with `ids` of those only), what its rule looks
    at of each, and the rule made ready by all that it grades: of those that are not seen only the lines are told.
    """
    if ids is None:
        found: Sequence[int] = _every(session, scheme)
    else:
        found = sorted(lists.among(session, Query(scheme.population), list(ids)))
    inputs, owners = _known(session, scheme, period, found)
    if scheme.rule is None or not is_relative(scheme.rule):
        return Population(calibrate(scheme, inputs), inputs, owners)
    system = session.as_system(session.source)
    every = _every(system, scheme)
    whole = inputs if len(every) == len(inputs) else _known(system, scheme, period, every)[0]
    return Population(calibrate(scheme, whole), inputs, owners)


def _every(session: Session, scheme: Scheme) -> Sequence[int]:
    return lists.page(session, Query(scheme.population, order=Order("id", descending=False)), limit=1 << 40).ids


def graded_rows(session: Session, scheme: Scheme, ids: Collection[int]) -> dict[int, tiers.Row]:
    """What the rows of these customers say once the rule has graded them for the default period, whoever asks."""
    period = default(session.today)
    found = population(session.as_system(session.source), scheme, period, ids)
    first, last = period.first.isoformat(), period.last.isoformat()
    rows: dict[int, tiers.Row] = {}
    for key in ids:
        tier = graded(found.calibrated, found.inputs[key]).tier if key in found.inputs else None
        rows[key] = tiers.computed_row(None, tier) | (
            {"computed_from": first, "computed_to": last} if tier is not None else {}
        )
    return rows


def is_relative(rule: Rule) -> bool:
    """Whether a customer's tier depends on the other customers: a Pareto, percentiles."""
    cuts = [cut for __, cut in (*rule.thresholds, *rule.axes)]
    cuts += [cut for measure in rule.measures for cut, __ in measure.bands]
    cuts += [test.cut for veto in rule.vetoes for test in veto.when]
    cuts += [test.cut for one in rule.classes for test in one.when]
    return rule.kind == "pareto" or any(cut.percentile is not None for cut in cuts)


def _known(
    session: Session, scheme: Scheme, period: Period, ids: Sequence[int]
) -> tuple[dict[int, Inputs], dict[int, int | None]]:
    """Inputs and holders; of what is masked nothing is known (DOMAIN §4 P15)."""
    names = scheme.rule.metrics if scheme.rule else ()
    which = ids if len(ids) <= _SOME else None
    kept = worth.metrics(session.database, period, which)
    facts = store.facts(session.database, which, sorted(_needed(names)))
    nothing = Kept(as_of=period.as_of.isoformat())
    masked, ways = session.sight.masked, [(name, METRICS[name].of) for name in names]
    inputs: dict[int, Inputs] = {}
    owners: dict[int, int | None] = {}
    for key in ids:
        own = facts.get(key)
        if own is None or (masked and own["owner_id"] is None):
            continue
        sums = kept.get(key, nothing)
        inputs[key] = {name: of(sums, own) for name, of in ways}
        owners[key] = own["owner_id"]
    return inputs, owners


def _needed(names: Iterable[str]) -> set[str]:
    """What has to be read of the customers' own rows for these metrics."""
    found = {name for name in names if name in store.FACTS}
    return found | {"influence", "closing"} if "chance" in names else found


def is_hidden(session: Session, facts: Facts) -> bool:
    """Whether what the customer is worth is nothing for the user to know."""
    return is_masked(session.sight, facts.owner_id)


# -- who would move


def planned(session: Session, scheme: Scheme, period: Period, on: str = "") -> Plan:
    """Compare what the rule says with what stands."""
    sight = session.sight
    whole = population(session, scheme, period)
    standing = store.under(session.database, sight, scheme.identifier)
    wanted = _wanted(session, on)
    frame = _Frame(
        scheme, period, tiers.awaits_lead(session, scheme.identifier), session.today.isoformat(),
        {tier.identifier: place for place, tier in enumerate(scheme.tiers)},
    )  # fmt: skip
    movers: list[Mover] = []
    rows: dict[int, tiers.Row] = {}
    looked_at = ungraded = 0
    missing: Counter[str] = Counter()
    for key, inputs in whole.inputs.items():
        if wanted is not None and key not in wanted:
            continue
        found = graded(whole.calibrated, inputs)
        looked_at += 1
        if found.tier is None:
            ungraded += 1
            missing.update({step.metric for step in found.steps if step.missing})
        row = frame.row(standing.get(key), found.tier)
        if row is not None and refusal(sight, key, whole.owners[key]) is None:
            rows[key] = row
            movers.append(frame.mover(key, standing.get(key), row, found.score))
    left = {key: row for key, row in standing.items() if key not in whole.inputs and row.computed is not None}
    owners = store.facts(session.database, list(left), ()) if left else {}
    for key, known in left.items():  # whoever the scheme graded and grades no more
        if (wanted is None or key in wanted) and refusal(sight, key, owners[key]["owner_id"]) is None:
            row = frame.row(known, None)
            if row is not None:
                rows[key] = row
                movers.append(frame.mover(key, known, row, None))
    return Plan(scheme, period, tuple(movers), rows, standing, looked_at, ungraded, missing)


def _wanted(session: Session, on: str) -> set[int] | None:
    if not on.strip():
        return None
    return {key for batch in lists.every(session, Query(on)) for key in batch}


@dataclass(frozen=True)
class _Frame:
    """What holds for all customers of one grading. `awaits`: what it computes is proposed only."""

    scheme: Scheme
    period: Period
    awaits: bool
    today: str
    places: Mapping[str, int]

    def row(self, known: Standing | None, computed: str | None) -> tiers.Row | None:
        """What a customer's row says from now on; None where it says so already."""
        in_force = known.tier if known else None
        held = known is not None and known.by_hand and (known.until_on is None or known.until_on >= self.today)
        stays = bool(held) or self.awaits or self.scheme.by_hand
        tier = in_force if stays else computed
        if stays and computed is None and known is not None and not known.by_hand and not self.scheme.by_hand:
            tier = None  # what was computed and cannot be told any more goes, whoever is to confirm the next
        by_hand = known.by_hand if stays and known is not None and tier is not None else 0
        if known is None:
            if tier is None and computed is None:
                return None
        elif (known.tier, known.computed, known.by_hand) == (tier, computed, by_hand):
            return None
        kept = known if by_hand else None
        return {
            "tier": tier, "reason": kept.reason if kept else "", "by_hand": by_hand,
            "until_on": kept.until_on if kept else None, "computed": computed,
            "computed_from": self.period.first.isoformat() if computed else None,
            "computed_to": self.period.last.isoformat() if computed else None,
        }  # fmt: skip

    def mover(self, key: int, known: Standing | None, row: tiers.Row, score: float | None) -> Mover:
        before = known.tier if known else None
        if row["tier"] != before:
            return Mover(key, before, row["tier"], "moved", self._direction(before, row["tier"]), score)
        if row["computed"] is not None and row["computed"] != before:
            after = row["computed"]
            return Mover(key, before, after, "suggested", self._direction(before, after), score)
        return Mover(key, before, before, "settled", "same", score)

    def _direction(self, before: str | None, after: str | None) -> Direction:
        if before is None or after is None:
            return "new" if before is None else "gone"
        if before not in self.places or after not in self.places:
            return "other"  # the scheme has that tier no more
        return "up" if self.places[after] < self.places[before] else "down"


# -- telling of it


def _told(session: Session, plan: Plan) -> Outcome:
    known = store.names(session.database, [mover.id for mover in plan.movers])
    data = tuple(_record(plan, mover, known[mover.id][0]) for mover in plan.movers)
    graded_ones = plan.looked_at - plan.ungraded
    lines = [_("{n} graded by {scheme} for {period}").format(
        n=f"{graded_ones:,}", scheme=plan.scheme.identifier, period=plan.period
    )]  # fmt: skip
    if plan.ungraded:
        lines.append(_ungraded(plan))
    if others := sum(_is_of_another(plan, mover.id) for mover in plan.movers):
        text = ngettext(
            "{n} of those that change was graded for another period",
            "{n} of those that change were graded for another period", others,
        )  # fmt: skip
        lines.append(text.format(n=f"{others:,}"))
    lines += _moves(plan, {key: name for key, (name, __) in known.items()})
    return Outcome(_message(plan), lines=tuple(lines), data=data)


def _is_of_another(plan: Plan, key: int) -> bool:
    """Whether what stands was computed for another period than this one."""
    row = plan.known.get(key)
    first, last = plan.period.first.isoformat(), plan.period.last.isoformat()
    return row is not None and bool(row.computed_to) and (row.computed_from, row.computed_to) != (first, last)


def _ungraded(plan: Plan) -> str:
    """`86 not graded; not known: timeliness (86), margin (80)`: what is missing most often first."""
    text = _("{n} not graded").format(n=f"{plan.ungraded:,}")
    often = sorted(plan.missing.items(), key=lambda one: -one[1])[:_MISSING]
    if not often:
        return text
    names = ", ".join(f"{METRICS[name].title} ({n:,})" for name, n in often)
    return _("{text}; not known: {names}").format(text=text, names=names)


def _message(plan: Plan) -> str:
    """`value: 12 up, 30 down, 4 new, 20 suggested`."""
    moved: Counter[str] = Counter()
    for (effect, direction), count in plan.counts.items():
        moved[direction if effect == "moved" else effect] += count
    words: Sequence[tuple[str, str]] = (
        ("up", _("up")), ("down", _("down")), ("new", _("new")), ("gone", _("ungraded")),
        ("other", _("other")),
        ("suggested", _("suggested")), ("settled", _("no longer suggested")),
    )  # fmt: skip
    told = ", ".join(f"{moved[name]:,} {word}" for name, word in words if moved[name])
    if not told:
        told = _("nobody moves")
        if plan.ungraded:
            n = f"{plan.looked_at - plan.ungraded:,}"
            told = _("{told}: {n} graded, {ungraded}").format(told=told, n=n, ungraded=_ungraded(plan))
    return _("{scheme} for {period}: {told}").format(scheme=plan.scheme.identifier, period=plan.period, told=told)


def _moves(plan: Plan, names: Mapping[int, str]) -> Iterable[str]:
    """A line for each move, the most numerous first, with the first customers by name."""
    groups: dict[tuple[Effect, Direction, str | None, str | None], list[int]] = {}
    for mover in plan.movers:
        groups.setdefault((mover.effect, mover.direction, mover.before, mover.after), []).append(mover.id)
    for (effect, direction, before, after), ids in sorted(groups.items(), key=lambda one: (one[0][0], -len(one[1]))):
        named = ", ".join(names[key] for key in ids[:_NAMED])
        if len(ids) > _NAMED:
            named = _("{names} and {n} more").format(names=named, n=f"{len(ids) - _NAMED:,}")
        tier = [badge(plan.scheme, one) if one else _("none") for one in (before, after)]
        count = ngettext("{n} customer", "{n} customers", len(ids)).format(n=f"{len(ids):,}")
        yield f"{_SIGNS[direction]} {tier[0]} → {tier[1]}  {_(EFFECTS[effect])}: {count}: {named}"


def _record(plan: Plan, mover: Mover, name: str) -> dict[str, Any]:
    """A mover as `grade --json` prints it."""
    return {
        "id": mover.id, "name": name, "scheme": plan.scheme.identifier, "from": mover.before, "to": mover.after,
        "effect": mover.effect, "direction": mover.direction, "score": mover.score,
        "period": f"{plan.period.first}/{plan.period.last}",
    }  # fmt: skip
