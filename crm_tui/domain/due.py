"""Why a customer is in the due queue, and where in it: every reason, the most urgent first.

A promised date is never silenced, whatever else holds; nor is what somebody wants one to know. DOMAIN §5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from crm_tui.domain.cadence import DEFAULTS, DueSettings, cadence_due, cadence_interval, rotting_due, rotting_limit
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.domain.stages import BY_IDENTIFIER

__all__ = [
    "KINDS", "NOTICES", "SECTIONS", "DueInput", "DueSettings", "Leaving", "Overdue", "Owing", "Reason", "Waiting",
    "order_key", "reasons", "section", "why",
]  # fmt: skip

NoticeKind = Literal["offer", "request", "escalation", "comment", "shared", "known", "recycled"]
Kind = (
    Literal["recycle", "promise", "first_contact", "payment", "cadence", "playbook", "rotting", "stale_profile"]
    | NoticeKind
)
NextKind = Literal["promise", "first_contact"]
Section = Literal["overdue", "today", "soon", "later"]

NOTICES: Mapping[NoticeKind, str] = {
    "offer": N_("offered to you by {sender}: accept or decline"),
    "request": N_("{sender} asks to work it with you"),
    "escalation": N_("for the lead"),
    "comment": N_("{sender} comments"),
    "shared": N_("{sender} shares it with you"),
    "known": N_("came in again"),
    "recycled": N_("went back to the pool"),
}
"""What somebody, or the sweep, wants one to know, as the row says it; the notice's own text follows."""
KINDS: tuple[Kind, ...] = (  # most urgent first: who is about to be lost, who waits, what is late, what is to be known
    "recycle", "promise", "first_contact", "offer", "request", "payment", "cadence", "escalation", "comment", "shared",
    "known", "recycled", "playbook", "rotting", "stale_profile",
)  # fmt: skip
_PLACES: Mapping[Kind, int] = {kind: place for place, kind in enumerate(KINDS)}
_PATIENT: frozenset[Kind] = frozenset({"comment", "shared", "known", "recycled", "stale_profile"})
"""Kinds that keep nobody waiting, so that they are never overdue."""
SECTIONS: Mapping[Section, str] = {
    "overdue": N_("overdue"),
    "today": N_("today"),
    "soon": N_("next 7 days"),
    "later": N_("later"),
}


@dataclass(frozen=True)
class Leaving:
    """A warning: the customer returns to the public pool on the day `on`, as its holder was told on `warned_on`.

    `text` is how it reads today.
    """

    on: date
    warned_on: date
    text: str


@dataclass(frozen=True)
class Waiting:
    """A notice that waits for the reader since `made_on`; `sender` is the name of who caused it."""

    kind: NoticeKind
    made_on: date
    sender: str = ""
    text: str = ""


@dataclass(frozen=True)
class Overdue:
    """What the customer has not paid: the oldest of it was due on the day `since`; `amount` as it is read."""

    since: date
    amount: str


@dataclass(frozen=True)
class Owing:
    """What a tier's playbook asks for by the day `due_on`, and nobody has done; `badge` is the tier's."""

    what: str
    due_on: date
    badge: str


@dataclass(frozen=True)
class DueInput:
    """What is known of a customer that decides when it is due. Dates are the user's, stages and tiers identifiers.

    `next_on`: the day of the open follow-up, None without one; `next_at` its time where it has one, aware and in the
    user's zone; `next_original_on` the day first promised, where it was snoozed since.
    `last_contact`: the last contact that came about; `last_touch`: the last interaction, attempts too.
    `stale`: the day on which the profile becomes stale (`profile.stale_on`).
    `leaving`: its recycle warning; `notices`: what waits for the reader about it, oldest first; `overdue`: what it has
    not paid in time; `owing`: what its playbook asks for soon, the nearest end first.
    """

    stage: str
    tier: str | None
    scheme: str
    held_since: date
    stage_since: date
    next_on: date | None = None
    next_at: datetime | None = None
    next_kind: NextKind = "promise"
    next_purpose: str = ""
    next_original_on: date | None = None
    last_contact: date | None = None
    last_touch: date | None = None
    stale: date | None = None
    leaving: Leaving | None = None
    notices: tuple[Waiting, ...] = ()
    overdue: Overdue | None = None
    owing: tuple[Owing, ...] = ()


@dataclass(frozen=True)
class Reason:
    """One reason to turn to a customer. `text` is for the row, `explanation` for `why`, both as the reader reads.

    `late_days` is 0 or more; it counts from the day first promised, also while a snooze holds the reason back.
    `at` is the time of day of a timed promise. `until` is the day of the return for a recycle warning, whose `due_on`
    is that of the warning.
    """

    kind: Kind
    due_on: date
    late_days: int
    text: str
    explanation: str
    at: datetime | None = None
    until: date | None = None


def earliest(facts: DueInput, settings: DueSettings = DEFAULTS) -> date | None:
    """The first day on which anything speaks for the customer, as `reasons` would find; None for never."""
    days = [facts.next_on, facts.leaving.warned_on if facts.leaving else None, *(n.made_on for n in facts.notices)]
    if facts.overdue is not None:
        days.append(facts.overdue.since + timedelta(days=1))
    if not _silenced(facts, settings):
        days.append(_cadence_due(facts, settings))
    if not BY_IDENTIFIER[facts.stage].closed:
        days += [rotting_due(facts.stage, facts.stage_since, facts.last_touch, settings), facts.stale]
        days += [owing.due_on for owing in facts.owing]
    return min((day for day in days if day is not None), default=None)


def reasons(facts: DueInput, today: date, settings: DueSettings = DEFAULTS) -> tuple[Reason, ...]:
    """Every reason that speaks for the customer, past and to come, the most urgent first; the row shows that one.

    What is due already goes before what is to come; among what is due, people who wait go before records that age.
    An open promise that is not later than the cadence's date silences the cadence, one of the next days what is not
    paid; a closed stage has only promises, warnings, notices and what is not paid.
    """
    found = [_leaving(facts, today), _promise(facts, today), *(_notice(waiting, today) for waiting in facts.notices)]
    if not _dunned(facts, today, settings):
        found.append(_payment(facts, today))
    if not _silenced(facts, settings):
        found.append(_cadence(facts, today, settings))
    found += [_rotting(facts, today, settings), _stale(facts, today)]
    if not BY_IDENTIFIER[facts.stage].closed:
        found += [_owed(owing) for owing in facts.owing]
    return tuple(sorted((r for r in found if r), key=lambda reason: _urgency(reason, today)))


def section(reason: Reason, today: date, settings: DueSettings = DEFAULTS) -> Section:
    """The part of the queue in which the reason stands.

    What was snoozed to today without a time is overdue again, from its first date; with a time it waits for it.
    A stale profile keeps nobody waiting, so it is never overdue, nor is what one only has to know. Who is about to be
    lost stands among the overdue from the first day.
    """
    if reason.due_on > today:
        if reason.kind == "playbook":  # only what is near enough to be told is given
            return "soon"
        return "soon" if (reason.due_on - today).days <= settings.horizon_days else "later"
    if reason.kind in _PATIENT:
        return "today"
    if reason.kind == "recycle":
        return "overdue"
    snoozed_to_a_time = reason.due_on == today and reason.at is not None
    return "overdue" if reason.late_days and not snoozed_to_a_time else "today"


def order_key(tier_rank: int, reason: Reason, today: date, settings: DueSettings = DEFAULTS) -> tuple[float, ...]:
    """What sorts the queue: overdue by tier, then lateness; today the timed first, by time; then day by day.

    `tier_rank` is `Scheme.rank`: 0 for the best. All keys compare; add the customer's id behind for a fixed order.
    """
    part = section(reason, today, settings)
    kind = KINDS.index(reason.kind)
    time = (0.0, reason.at.timestamp()) if reason.at else (1.0, 0.0)
    if part == "overdue":
        return (0, tier_rank, -reason.late_days, *time, kind)
    if part == "today":
        stale = float(reason.kind == "stale_profile")
        return (1, stale, *time, tier_rank, -reason.late_days, kind)
    return (2, reason.due_on.toordinal(), *time, tier_rank, -reason.late_days, kind)


def why(facts: DueInput, today: date, settings: DueSettings = DEFAULTS) -> tuple[str, ...]:
    """A line for each reason, the most urgent first, then for what is silent and what silences it. Never empty."""
    lines = [f"{reason.due_on}: {reason.explanation}" for reason in reasons(facts, today, settings)]
    if BY_IDENTIFIER[facts.stage].closed:
        lines.append(
            _("stage %(stage)s: no cadence, no rotting, no stale profile")
            % {"stage": BY_IDENTIFIER[facts.stage].title}
        )
    elif settings.tier(facts.scheme, facts.tier) is None:
        lines.append(_("no tier, so no cadence"))
    elif _silenced(facts, settings):
        quiet = _cadence(facts, today, settings)
        assert quiet is not None
        names = {"due": quiet.due_on, "explanation": quiet.explanation, "promised": facts.next_on}
        lines.append(
            _("%(due)s: %(explanation)s; silenced by the follow-up on %(promised)s, done closes both") % names
        )
    unpaid = _payment(facts, today)
    if unpaid is not None and _dunned(facts, today, settings):
        lines.append(_("%(explanation)s; the follow-up on %(promised)s is for that too") % {
            "explanation": unpaid.explanation, "promised": facts.next_on,
        })  # fmt: skip
    return tuple(lines) or (_("nothing is due: no follow-up, no cadence, no rotting"),)


def _urgency(reason: Reason, today: date) -> tuple[int, int, int]:
    kind = _PLACES[reason.kind]
    if reason.due_on <= today:
        return (0, kind, 0)
    return (1, reason.due_on.toordinal(), kind)


def _late(due: date, today: date) -> int:
    return max(0, (today - due).days)


def _silenced(facts: DueInput, settings: DueSettings) -> bool:
    due = _cadence_due(facts, settings)
    return due is not None and facts.next_on is not None and facts.next_on <= due


def _dunned(facts: DueInput, today: date, settings: DueSettings) -> bool:
    """Whether one is to turn to the customer soon in any case, so that what is not paid need not be said every day."""
    return facts.next_on is not None and today <= facts.next_on <= today + timedelta(days=settings.horizon_days)


def _payment(facts: DueInput, today: date) -> Reason | None:
    if facts.overdue is None or facts.overdue.since >= today:
        return None
    since, amount = facts.overdue.since, facts.overdue.amount
    text = _("payment overdue: %(amount)s since %(day)s") % {"amount": amount, "day": since}
    return Reason("payment", since, _late(since, today), text, text)


def _cadence_due(facts: DueInput, settings: DueSettings) -> date | None:
    return cadence_due(facts.tier, facts.scheme, facts.stage, facts.last_contact, facts.held_since, settings)


def _leaving(facts: DueInput, today: date) -> Reason | None:
    leaving = facts.leaving
    if leaving is None:
        return None
    late = _late(leaving.warned_on, today)
    return Reason("recycle", min(leaving.warned_on, today), late, leaving.text, leaving.text, until=leaving.on)


def _notice(waiting: Waiting, today: date) -> Reason:
    text = _(NOTICES[waiting.kind]).format(sender=waiting.sender)
    if waiting.text:
        text = _("{what}: {text}").format(what=text, text=" ".join(waiting.text.split()))
    if waiting.kind == "escalation" and waiting.text:
        text = waiting.text
    return Reason(waiting.kind, min(waiting.made_on, today), _late(waiting.made_on, today), text, text)


def _promise(facts: DueInput, today: date) -> Reason | None:
    if facts.next_on is None:
        return None
    first = min(facts.next_original_on or facts.next_on, facts.next_on)
    if facts.next_kind == "first_contact":
        text = _("first contact: %s") % facts.next_purpose if facts.next_purpose else _("first contact")
    else:
        text = _("promised: %s") % facts.next_purpose if facts.next_purpose else _("promised")
    explanation = text
    if facts.next_at is not None:
        explanation = _("%(reason)s, at %(time)s") % {"reason": explanation, "time": f"{facts.next_at:%H:%M}"}
    if first != facts.next_on:
        explanation = _("%(reason)s; snoozed, first due %(day)s") % {"reason": explanation, "day": first}
    return Reason(facts.next_kind, facts.next_on, _late(first, today), text, explanation, facts.next_at)


def _cadence(facts: DueInput, today: date, settings: DueSettings) -> Reason | None:
    due = _cadence_due(facts, settings)
    days = cadence_interval(facts.tier, facts.scheme, facts.stage, settings)
    if due is None or days is None:
        return None
    scheme = settings.schemes[facts.scheme]
    rule = ngettext("%(scheme)s %(tier)s = %(days)d day", "%(scheme)s %(tier)s = %(days)d days", days) % {
        "scheme": scheme.title,
        "tier": facts.tier,
        "days": days,
    }
    contacted = facts.last_contact is not None and facts.last_contact >= facts.held_since
    counted = max(facts.last_contact or facts.held_since, facts.held_since)
    since = _("last contact %s") if contacted else _("no contact since held, %s")
    silent = _late(counted, today)
    text = ngettext("no contact for %(days)d day, %(rule)s", "no contact for %(days)d days, %(rule)s", silent)
    explanation = _("cadence: %(since)s, %(rule)s") % {"since": since % counted, "rule": rule}
    return Reason("cadence", due, _late(due, today), text % {"days": silent, "rule": rule}, explanation)


def _rotting(facts: DueInput, today: date, settings: DueSettings) -> Reason | None:
    due = rotting_due(facts.stage, facts.stage_since, facts.last_touch, settings)
    limit = rotting_limit(facts.stage, settings)
    if due is None or limit is None:
        return None
    since = due - timedelta(days=limit)
    quiet = _late(since, today)
    names = {"stage": BY_IDENTIFIER[facts.stage].title, "days": quiet, "limit": limit, "since": since}
    text = ngettext(
        "%(stage)s: nothing for %(days)d day, limit %(limit)d",
        "%(stage)s: nothing for %(days)d days, limit %(limit)d",
        quiet,
    )
    explanation = ngettext(
        "rotting: %(stage)s with no change or interaction since %(since)s, limit %(limit)d day",
        "rotting: %(stage)s with no change or interaction since %(since)s, limit %(limit)d days",
        limit,
    )
    return Reason("rotting", due, _late(due, today), text % names, explanation % names)


def _owed(owing: Owing) -> Reason:
    told = {"what": owing.what, "day": owing.due_on, "tier": owing.badge}
    text = _("{what} due by {day:%-d %b} (playbook {tier})").format(**told)
    return Reason("playbook", owing.due_on, 0, text, text)


def _stale(facts: DueInput, today: date) -> Reason | None:
    if facts.stale is None or BY_IDENTIFIER[facts.stage].closed:
        return None
    late = _late(facts.stale, today)
    text = _("profile stale since %s") if facts.stale <= today else _("profile stale on %s")
    explanation = _("profile: the oldest of its required fields is to be verified again")
    return Reason("stale_profile", facts.stale, late, text % facts.stale, explanation)
