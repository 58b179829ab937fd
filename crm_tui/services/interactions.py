"""Logging what happened with a customer, and in the same stroke the next date (DOMAIN §5, P8)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct, field

from crm_tui.domain.cadence import cadence_interval
from crm_tui.domain.clock import stamp
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.profile_fields import CHANNELS
from crm_tui.domain.recycling import moves_clock
from crm_tui.domain.stages import choose
from crm_tui.domain.text import clean
from crm_tui.domain.when import When, describe, next_half_day
from crm_tui.services import followups, notices, recycling
from crm_tui.services.session import Outcome, Session, done, named
from crm_tui.store.customers import Facts

if TYPE_CHECKING:
    from crm_tui.store.journal import Change


class Note(Struct, frozen=True):
    """An interaction as it is logged: `connected` for a contact that came about, `at` None for now.

    `next` is the next date, with its `purpose`; `done` marks the open follow-up as done even without a next one.
    """

    text: str = ""
    channel: str = "call"
    connected: bool = True
    contact_id: int | None = None
    outcome: str = ""
    at: When | None = None
    next: When | None = None
    purpose: str = ""
    done: bool = field(default=False)


def log(session: Session, ids: Sequence[int], note: Note) -> Outcome:
    """Log the interaction on each customer.

    A next date takes the place of the open follow-up; without one that stays open unless `done`. Raises UsageError for
    an unknown channel, a date to come, or a contact of another customer.
    """
    with session.changing() as change:
        taken, refused = session.take(ids)
        happened = _happened(session, note.at)
        _write(session, change, taken, note, happened)
        if note.next is not None:
            closing: followups.Closing = "done" if note.connected or note.done else "replaced"
            promised = dict.fromkeys((f.id for f in taken), note.next)
            followups.promise(session, change, promised, purpose=clean(note.purpose, limit=500), closing=closing)
        elif note.done:
            followups.finish(session, change, taken)
        if note.connected or note.next is not None or note.done:  # an attempt alone settles nothing
            notices.worked(session, change, [f.id for f in taken])
        from crm_tui.services import factors  # who only looks does without

        told = _told(session, taken, note)
        warned = factors.warning(session, [f.id for f in taken], note.text)
        return done(change, f"{told}; {warned}" if warned else told, [f.id for f in taken], refused)


def no_answer(session: Session, ids: Sequence[int], text: str = "") -> Outcome:
    """Log an attempt on each customer; its follow-up comes back next half-day, its first date kept.

    What was promised to it for later than that stands as it is.
    """
    with session.changing() as change:
        taken, refused = session.take(ids)
        _write(session, change, taken, Note(text=text, connected=False), session.now)
        back = next_half_day(session.now, session.settings.workdays)
        promised = followups.opened(session, [f.id for f in taken])
        standing = [
            f for f in taken
            if f.id in promised and promised[f.id].kind == "promise" and followups.is_later(session, f, back)
        ]  # fmt: skip
        moved = [f.id for f in taken if f not in standing]
        followups.postpone(session, change, dict.fromkeys(moved, back), _("call again"))
        message = _("{who}: no answer, back {when}").format(who=named(taken), when=describe(back, session.today))
        if standing and not moved:
            message = _("{who}: no answer, what is promised stands").format(who=named(taken))
        return done(change, message if taken else _("nothing was logged"), [f.id for f in taken], refused)


def proposed_next(session: Session, facts: Facts) -> When | None:
    """The next date that the customer's cadence gives, counted from today; None where it has none."""
    days = cadence_interval(facts.tier, facts.scheme, facts.stage, session.settings.due)
    return When(session.today + timedelta(days=days)) if days else None


def last_contacted(session: Session, customer_id: int) -> int | None:
    """The contact that was spoken to last, else the first one; None where there is none."""
    found = session.database.value(
        "SELECT k.id FROM contact k LEFT JOIN interaction i ON i.contact_id = k.id"
        " WHERE k.customer_id = ? AND k.archived_at IS NULL"
        " GROUP BY k.id ORDER BY max(i.at) DESC NULLS LAST, k.is_primary DESC, k.id LIMIT 1",
        (customer_id,),
    )
    return int(found) if found is not None else None


def _happened(session: Session, at: When | None) -> datetime:
    if at is None:
        return session.now
    noon = time(12) if at.on < session.today else min(time(12), session.now.time())
    happened = datetime.combine(at.on, at.at or noon, session.person.zone)
    if happened > session.now:
        raise UsageError(_("{when} is yet to come: log what has happened").format(when=describe(at, session.today)))
    return happened


def _write(session: Session, change: Change, taken: Sequence[Facts], note: Note, happened: datetime) -> None:
    channel = choose(note.channel, CHANNELS)
    if channel is None:
        names = ", ".join(choice.identifier for choice in CHANNELS)
        message = _('channel "{text}" is not one of {names}').format(text=note.channel, names=names)
        raise UsageError(message, note.channel, 0)
    _check_contact(session, taken, note.contact_id)
    at = stamp(happened)
    text = clean(note.text, multiline=True, limit=100_000)
    change.insert(
        "interaction",
        [
            {
                "customer_id": f.id, "contact_id": note.contact_id, "user_id": session.person.id, "at": at,
                "channel": channel.identifier, "connected": note.connected, "note": text,
                "outcome": clean(note.outcome, limit=500),
            }
            for f in taken
        ],
    )  # fmt: skip
    change.update_each("customer", {f.id: {"last_touch": max(f.last_touch or at, at)} for f in taken})
    if note.connected:
        _move_clocks(session, change, taken, happened)


def _move_clocks(session: Session, change: Change, taken: Sequence[Facts], happened: datetime) -> None:
    """What others say to a customer does not free its holder from calling (P8)."""
    sight, today, at = session.sight, session.today, stamp(happened)
    moved = [f for f in taken if moves_clock(sight, f.id, f.owner_id, happened.date(), today)]
    change.update_each("customer", {f.id: {"last_contact": max(f.last_contact or at, at)} for f in moved})
    recycling.contacted(session, change, [f.id for f in moved])


def _check_contact(session: Session, taken: Sequence[Facts], contact_id: int | None) -> None:
    if contact_id is None:
        return
    owner = session.database.value("SELECT customer_id FROM contact WHERE id = ?", (contact_id,))
    if any(f.id != owner for f in taken):
        raise UsageError(_("contact {id} does not belong to the customer").format(id=contact_id))


def _told(session: Session, taken: Sequence[Facts], note: Note) -> str:
    if not taken:
        return _("nothing was logged")
    what = choose(note.channel, CHANNELS)
    message = _("{who}: {what} logged").format(who=named(taken), what=what.title if what else note.channel)
    if not note.connected:
        message = _("{who}: attempt logged").format(who=named(taken))
    if note.next is not None:
        return _("{message}, next {when}").format(message=message, when=describe(note.next, session.today))
    return _("{message}, done").format(message=message) if note.done else message


def last_words(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, str, str, str]]:
    """The newest interaction of each customer: (stored stamp, channel or `attempt`, note, who logged it)."""
    rows = session.database.rows(
        "SELECT i.customer_id, i.at, CASE i.connected WHEN 1 THEN i.channel ELSE 'attempt' END, i.note, u.login"
        " FROM json_each(?) wanted JOIN interaction i ON i.id = (SELECT id FROM interaction"
        "  WHERE customer_id = wanted.value ORDER BY at DESC, id DESC LIMIT 1) JOIN user u ON u.id = i.user_id",
        (json.dumps(list(ids)),),
    )
    return {customer_id: (at, channel, note, who) for customer_id, at, channel, note, who in rows}
