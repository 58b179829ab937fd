"""Why a customer is in the due queue, and where in it: every reason, the most urgent first.

A promised date is never silenced, whatever else holds; nor is what somebody wants one to know. DOMAIN §5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Literal

from msgspec import Struct

from crm_tui.domain.cadence import DEFAULTS, DueSettings, cadence_due, cadence_interval, rotting_due, rotting_limit
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.domain.stages import BY_IDENTIFIER

__all__ = [
    "KINDS", "NOTICES", "SECTIONS", "DueInput", "DueSettings", "Leaving", "Overdue", "Owing", "Reason", "Waiting",
    "near", "order_key", "reasons", "section", "why",
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


class Leaving(Struct, frozen=True):
    """A warning: the customer returns to the public pool on the day `on`, as its holder was told on `warned_on`.

    `text` is how it reads today.
    """

    on: date
    warned_on: date
    text: str


class Waiting(Struct, frozen=True):
    """A notice that waits for the reader since `made_on`; `sender` is the name of who caused it."""

    kind: NoticeKind
    made_on: date
    sender: str = ""
    text: str = ""


class Overdue(Struct, frozen=True):
    """What the customer has not paid: the oldest of it was due on the day `since`; `amount` as it is read."""

    since: date
    amount: str


class Owing(Struct, frozen=True):
    """What a tier's playbook asks for by the day `due_on`, and nobody has done; `badge` is the tier's."""

    what: str
    due_on: date
    badge: str


class DueInput(Struct, frozen=True):
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


class Reason(Struct, frozen=True):
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


def reasons(facts: DueInput, today: date, settings: DueSettings = DEFAULTS) -> tuple[Reason, ...]:
    """Every reason that speaks for the customer, past and to come, the most urgent first; the row shows that one.

    What is due already goes before what is to come; among what is due, people who wait go before records that age.
    An open promise that is not later than the cadence's date silences the cadence, one of the next days what is not
    paid; a closed stage has only promises, warnings, notices and what is not paid.
    """
    return tuple(_worded(one, facts, today, settings) for one in _by(date.max, facts, today, settings))


def near(facts: DueInput, today: date, settings: DueSettings = DEFAULTS) -> tuple[Reason, ...]:
    """Those of the `reasons` that are in a queue, whose section is not later.

    A row shows the first: only that one is sure to be in words, for words are most of what a long queue takes.
    """
    found = _by(today + timedelta(days=settings.horizon_days), facts, today, settings)
    if found:
        found[0] = _worded(found[0], facts, today, settings)
    return tuple(found)


def _by(last: date, facts: DueInput, today: date, settings: DueSettings) -> list[Reason]:
    """The reasons due by the day `last`, which is not before `today`, and whatever is asked for soon by a playbook;
    in order, but those of `_WORDS` not in words yet.
    """
    found = [_notice(waiting, today) for waiting in facts.notices]
    if facts.leaving is not None:
        found.append(_leaving(facts.leaving, today))
    if facts.next_on is not None and facts.next_on <= last:
        first = min(facts.next_original_on or facts.next_on, facts.next_on)
        found.append(Reason(facts.next_kind, facts.next_on, _late(first, today), "", "", facts.next_at))
    if facts.overdue is not None and facts.overdue.since < today and not _dunned(facts, today, settings):
        found.append(_bare("payment", facts.overdue.since, today))
    if not BY_IDENTIFIER[facts.stage].closed:
        cadence = _cadence_due(facts, settings)
        if cadence is not None and cadence <= last and not _silences(facts, cadence):
            found.append(_bare("cadence", cadence, today))
        rotting = rotting_due(facts.stage, facts.stage_since, facts.last_touch, settings)
        if rotting is not None and rotting <= last:
            found.append(_bare("rotting", rotting, today))
        if facts.stale is not None and facts.stale <= last:
            found.append(_bare("stale_profile", facts.stale, today))
        found += [_owed(owing) for owing in facts.owing]
    if len(found) > 1:
        found.sort(key=lambda reason: _urgency(reason, today))
    return found


def _bare(kind: Kind, due: date, today: date) -> Reason:
    return Reason(kind, due, _late(due, today), "", "")


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
        due = _cadence_due(facts, settings)
        assert due is not None
        names = {"due": due, "explanation": _cadence(facts, due, today, settings)[1], "promised": facts.next_on}
        lines.append(
            _("%(due)s: %(explanation)s; silenced by the follow-up on %(promised)s, done closes both") % names
        )
    if facts.overdue is not None and facts.overdue.since < today and _dunned(facts, today, settings):
        unpaid = _payment(facts, facts.overdue.since, today, settings)[1]
        names = {"explanation": unpaid, "promised": facts.next_on}
        lines.append(_("%(explanation)s; the follow-up on %(promised)s is for that too") % names)
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
    return due is not None and _silences(facts, due)


def _silences(facts: DueInput, cadence: date) -> bool:
    """Whether a promise silences the cadence that is due on that day."""
    return facts.next_on is not None and facts.next_on <= cadence


def _dunned(facts: DueInput, today: date, settings: DueSettings) -> bool:
    """Whether one is to turn to the customer soon in any case, so that what is not paid need not be said every day."""
    return facts.next_on is not None and today <= facts.next_on <= today + timedelta(days=settings.horizon_days)


def _cadence_due(facts: DueInput, settings: DueSettings) -> date | None:
    return cadence_due(facts.tier, facts.scheme, facts.stage, facts.last_contact, facts.held_since, settings)


def _leaving(leaving: Leaving, today: date) -> Reason:
    late = _late(leaving.warned_on, today)
    return Reason("recycle", min(leaving.warned_on, today), late, leaving.text, leaving.text, until=leaving.on)


def _notice(waiting: Waiting, today: date) -> Reason:
    text = _(NOTICES[waiting.kind]).format(sender=waiting.sender)
    if waiting.text:
        text = _("{what}: {text}").format(what=text, text=" ".join(waiting.text.split()))
    if waiting.kind == "escalation" and waiting.text:
        text = waiting.text
    return Reason(waiting.kind, min(waiting.made_on, today), _late(waiting.made_on, today), text, text)


def _owed(owing: Owing) -> Reason:
    told = {"what": owing.what, "day": owing.due_on, "tier": owing.badge}
    text = _("{what} due by {day:%-d %b} (playbook {tier})").format(**told)
    return Reason("playbook", owing.due_on, 0, text, text)


# -- in words: (facts, the day it is due, today, settings) → for the row, and for `why`

_Words = tuple[str, str]


def _worded(reason: Reason, facts: DueInput, today: date, settings: DueSettings) -> Reason:
    words = _WORDS.get(reason.kind)
    if words is None:
        return reason
    text, explanation = words(facts, reason.due_on, today, settings)
    return Reason(reason.kind, reason.due_on, reason.late_days, text, explanation, reason.at, reason.until)


def _promise(facts: DueInput, due: date, today: date, settings: DueSettings) -> _Words:
    if facts.next_kind == "first_contact":
        text = _("first contact: %s") % facts.next_purpose if facts.next_purpose else _("first contact")
    else:
        text = _("promised: %s") % facts.next_purpose if facts.next_purpose else _("promised")
    explanation = text
    if facts.next_at is not None:
        explanation = _("%(reason)s, at %(time)s") % {"reason": explanation, "time": f"{facts.next_at:%H:%M}"}
    if facts.next_original_on is not None and facts.next_original_on < due:
        first = facts.next_original_on
        explanation = _("%(reason)s; snoozed, first due %(day)s") % {"reason": explanation, "day": first}
    return text, explanation


def _payment(facts: DueInput, due: date, today: date, settings: DueSettings) -> _Words:
    assert facts.overdue is not None  # else nothing would be due
    text = _("payment overdue: %(amount)s since %(day)s") % {"amount": facts.overdue.amount, "day": due}
    return text, text


def _cadence(facts: DueInput, due: date, today: date, settings: DueSettings) -> _Words:
    days = cadence_interval(facts.tier, facts.scheme, facts.stage, settings)
    assert days is not None  # else it would not be due
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
    return text % {"days": silent, "rule": rule}, explanation


def _rotting(facts: DueInput, due: date, today: date, settings: DueSettings) -> _Words:
    limit = rotting_limit(facts.stage, settings)
    assert limit is not None  # else it would not be due
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
    return text % names, explanation % names


def _stale(facts: DueInput, due: date, today: date, settings: DueSettings) -> _Words:
    text = _("profile stale since %s") if due <= today else _("profile stale on %s")
    return text % due, _("profile: the oldest of its required fields is to be verified again")


_WORDS: Mapping[Kind, Callable[[DueInput, date, date, DueSettings], _Words]] = {
    "promise": _promise, "first_contact": _promise, "payment": _payment, "cadence": _cadence, "rotting": _rotting,
    "stale_profile": _stale,
}  # fmt: skip
