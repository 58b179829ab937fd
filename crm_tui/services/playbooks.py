"""Playbooks: what a customer is owed by its primary tier, ticked off as it is done (DOMAIN §1, §3).

A mark belongs to the customer, not to its tier: another tier changes what is still to come, never what was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from crm_tui.domain.cadence import cadence_interval
from crm_tui.domain.clock import local_date
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.people import is_masked
from crm_tui.domain.playbooks import (
    Item,
    Line,
    Mark,
    Owed,
    Playbook,
    Span,
    checklist,
    is_periodic,
    named_thing,
    nearing,
    owed,
    required,
    span_of,
    title_of,
)
from crm_tui.domain.schemes import badge
from crm_tui.domain.schemes.playbook import NOTHING
from crm_tui.domain.text import clean
from crm_tui.services.session import Outcome, Refusal, Session, done, named
from crm_tui.store import playbooks as store
from crm_tui.store.playbooks import Marked

if TYPE_CHECKING:
    from crm_tui.services.sections import Section
    from crm_tui.store.customers import Facts
    from crm_tui.store.due import Candidate

_BOXES: Mapping[str, str] = {"done": "[x]", "open": "[ ]", "overdue": "[!]", "standing": " · "}
AHEAD = "playbook.ahead_days"


def playbook_of(session: Session, scheme: str, tier: str | None) -> Playbook:
    """What the tier is owed; nothing without one, or where the scheme has it no more."""
    known = session.settings.due.tier(scheme, tier)
    return known.playbook if known is not None else NOTHING


def lines(session: Session, customer: Facts) -> tuple[Line, ...]:
    """The checklist of the customer as it stands today."""
    playbook = playbook_of(session, customer.scheme, customer.tier)
    first = date(session.today.year - 1, 1, 1).isoformat()  # no span before a present one begins earlier
    marks = [_mark(one) for one in store.of(session.database, [customer.id], first)]
    at = store.graded_at(session.database, customer.id, customer.scheme) if playbook else None
    since = local_date(at, session.person.zone) if at else None
    if since is not None and customer.held_since and customer.owner_id is not None:
        since = max(since, local_date(customer.held_since, session.person.zone))
    return checklist(playbook, marks, session.today, since)


def show(session: Session, customer_id: int) -> Outcome:
    """The checklist of a customer that the user sees."""
    facts = session.one(customer_id)
    told = () if is_masked(session.sight, facts.owner_id) else lines(session, facts)
    if not told:
        return Outcome(_("{who}: its tier has no playbook").format(who=facts.name))
    message = _("{who}: playbook of {tier}").format(who=facts.name, tier=_badge(session, facts) or _("no tier"))
    shown = tuple(
        "  ".join(part for part in (_BOXES[line.state], _what(line), _told(session, facts, line)) if part)
        for line in told
    )
    return Outcome(message, lines=shown, data=tuple(_record(facts, line) for line in told))


def mark(session: Session, ids: Sequence[int], item: str, on: date | None = None, note: str = "") -> Outcome:
    """Take down that the thing was done for the customers on that day (today); it counts for the span of the calendar
    in which the day lies. Who is not owed it is refused.

    UsageError for what is no thing of a playbook, or for a day to come.
    """
    name, day = named_thing(item), on or session.today
    if day > session.today:
        raise UsageError(_("{day} is yet to come: name a day gone by").format(day=day), str(day), 0)
    note = clean(note, limit=500)
    with session.changing() as change:
        taken, refused = session.take(ids)
        by_period: dict[str, list[Facts]] = {}
        for facts in taken:
            found = playbook_of(session, facts.scheme, facts.tier).get(name)
            if found is None or not is_periodic(found):
                reason = _refusal(session, facts, name, standing=found is not None)
                refused.append(Refusal(facts.id, facts.name, reason))
            else:
                by_period.setdefault(span_of(found.every, day).name, []).append(facts)
        row = {"user_id": session.person.id, "done_on": day.isoformat(), "note": note}
        for period, some in by_period.items():
            known = store.known(session.database, [facts.id for facts in some], name, period)
            new = [facts.id for facts in some if facts.id not in known]
            change.insert(
                "playbook_mark", [{"customer_id": key, "item": name, "period": period, **row} for key in new]
            )
            other = [one.id for one in known.values() if (one.done_on, one.note) != (day.isoformat(), note)]
            change.update_each("playbook_mark", dict.fromkeys(other, row))
        moved = [facts for some in by_period.values() for facts in some]
        message = _("nothing was marked")
        if moved:
            message = _("{who}: {what} {periods} done").format(
                who=named(moved), what=title_of(name), periods=", ".join(by_period)
            )
        return done(change, message, [facts.id for facts in moved], refused)


def _refusal(session: Session, facts: Facts, item: str, *, standing: bool) -> str:
    if standing:
        return _("{what} holds always: there is nothing to tick off").format(what=title_of(item))
    tier = _badge(session, facts)
    if not tier:
        return _("it has no tier, so it is owed nothing")
    return _("the playbook of {tier} has no {what}").format(tier=tier, what=title_of(item))


# -- the card


def section(session: Session, customer: Facts) -> Section | None:
    """The checklist on the card."""
    from crm_tui.services.sections import Row, Section  # the queue shows no card

    told = lines(session, customer)
    if not told:
        return None
    title = _("playbook {tier}").format(tier=_badge(session, customer)).rstrip()
    rows = tuple(Row(_BOXES[line.state], _what(line), _told(session, customer, line), _edit(line)) for line in told)
    return Section("playbook", title, rows, tuple(_record(customer, line) for line in told))


def _edit(line: Line) -> str:
    return f"playbook done {line.item}" if line.state == "open" else ""


def _what(line: Line) -> str:
    return f"{line.title} {line.period}".rstrip()


def _told(session: Session, customer: Facts, line: Line) -> str:
    """`executive · done 3 Nov`, `lead · due by 31 Dec`, `rep · every 7 days`."""
    parts = [line.who]
    if line.state == "done" and line.done_on is not None:
        parts.append(_("done {day:%-d %b}").format(day=line.done_on))
        parts.append(line.note)
    elif line.due_on is not None:
        told = _("due by {day:%-d %b}") if line.state == "open" else _("was due by {day:%-d %b}")
        parts.append(told.format(day=line.due_on))
    elif line.item == "cadence":
        days = cadence_interval(customer.tier, customer.scheme, customer.stage, session.settings.due)
        if days is not None:
            parts.append(ngettext("every {n} day", "every {n} days", days).format(n=days))
    elif line.item == "profile_required":
        parts.append(_fields(session, customer))
    return " · ".join(part for part in parts if part)


def _fields(session: Session, customer: Facts) -> str:
    from crm_tui.domain.profile_fields import FIELD

    names = required(playbook_of(session, customer.scheme, customer.tier))
    return ", ".join(FIELD[name].title for name in names if customer.kind in FIELD[name].kinds)


def _badge(session: Session, customer: Facts) -> str:
    known = session.settings.schemes.get(customer.scheme)
    return badge(known, customer.tier) if known is not None and customer.tier else ""


def _mark(one: Marked) -> Mark:
    return Mark(one.item, one.period, date.fromisoformat(one.done_on), one.note, one.by)


def _record(customer: Facts, line: Line) -> dict[str, Any]:
    return {
        "id": customer.id, "item": line.item, "title": line.title, "who": line.who or None, "every": line.every,
        "period": line.period or None, "state": line.state, "due": line.due_on.isoformat() if line.due_on else None,
        "done": line.done_on.isoformat() if line.done_on else None, "note": line.note or None, "by": line.by or None,
    }  # fmt: skip


# -- the due queue


Near = tuple[tuple[Item, Span], ...]
"""Things of a playbook whose span ends soon."""


def nearing_of(session: Session, candidates: Iterable[Candidate]) -> dict[int, tuple[Owed, ...]]:
    """What is to be done soon for these customers and is not done yet, by customer: one query over those to whose tier
    something is owed by a day within `playbook.ahead_days`; none where there is no such tier.
    """
    ahead = session.settings[AHEAD]
    if ahead is None:
        return {}
    today = session.today
    near: dict[tuple[str, str | None], Near] = {}
    wanted: dict[int, Near] = {}
    for one in candidates:
        key = (one.scheme, one.tier)
        if key not in near:
            near[key] = nearing(playbook_of(session, *key), today, ahead)
        if near[key]:
            wanted[one.id] = near[key]
    if not wanted:
        return {}
    first = min(span.days.first for spans in near.values() for __, span in spans).isoformat()
    marks: dict[int, list[Mark]] = {}
    for marked in store.of(session.database, wanted, first):
        marks.setdefault(marked.customer_id, []).append(_mark(marked))
    bare = {spans: owed(spans, ()) for spans in near.values()}  # most have no marks, and share what they are owed
    found = {key: owed(spans, marks[key]) if key in marks else bare[spans] for key, spans in wanted.items()}
    return {key: things for key, things in found.items() if things}
