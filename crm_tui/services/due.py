"""The due queue: who is due, why, and what was said last (DOMAIN §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from crm_tui.domain.clock import local_date, moment
from crm_tui.domain.due import DueInput, Reason, earliest, order_key, reasons, section
from crm_tui.domain.due import why as explain
from crm_tui.domain.language import _
from crm_tui.services.session import Outcome, Session
from crm_tui.store import due
from crm_tui.store.due import Candidate

LIMIT = 2_000
"""Lines of a queue; whoever holds more that is due sees the most urgent of them."""


@dataclass(frozen=True)
class Line:
    """One customer of the queue, by its most urgent reason; `part` is overdue, today or soon."""

    id: int
    name: str
    stage: str
    scheme: str
    tier: str | None
    phone: str | None
    part: str
    reason: Reason
    others: tuple[Reason, ...]


def queue(session: Session) -> list[Line]:
    """The user's own customers that are due, overdue or in the next seven days, the most urgent first."""
    today, settings = session.today, session.settings.due
    horizon = today + timedelta(days=settings.horizon_days)
    found: list[tuple[tuple[float, ...], int, Candidate, list[Reason]]] = []
    for candidate in due.candidates(session.database, session.person.id, horizon.isoformat(), LIMIT):
        facts = _facts(session, candidate)
        first = earliest(facts, settings)
        if first is None or first > horizon:
            continue
        near = [r for r in reasons(facts, today, settings) if section(r, today, settings) != "later"]
        place = order_key(_rank(candidate), near[0], today, settings)
        found.append((place, candidate.id, candidate, near))
    found.sort(key=lambda one: one[:2])
    phones = due.phones(session.database, [key for _place, key, *_rest in found[:LIMIT]])
    return [
        _line(replace(candidate, phone=phones[key]), near, today, session)
        for _place, key, candidate, near in found[:LIMIT]
    ]


def lines(session: Session, ids: Sequence[int]) -> dict[int, Line]:
    """The lines of these customers as they stand now, due or not, by id; those with no reason at all are left out."""
    today = session.today
    result: dict[int, Line] = {}
    for candidate in due.of(session.database, session.sight, ids):
        every = reasons(_facts(session, candidate), today, session.settings.due)
        if every:
            result[candidate.id] = _line(candidate, every, today, session)
    return result


def why(session: Session, customer_id: int) -> Outcome:
    """Every reason for which the customer is or will be due, and what silences what."""
    facts = session.one(customer_id)
    [candidate] = due.of(session.database, session.sight, [customer_id])
    told = explain(_facts(session, candidate), session.today, session.settings.due)
    every = reasons(_facts(session, candidate), session.today, session.settings.due)
    data = tuple(
        {"id": facts.id, "reason": r.kind, "due": r.due_on.isoformat(), "late_days": r.late_days, "text": r.text}
        for r in every
    )
    return Outcome(_("{name}: why due").format(name=facts.name), lines=told, data=data or ({"id": facts.id},))


def record(session: Session, line: Line) -> dict[str, Any]:
    """A line of the queue as `--json` prints it."""
    return {
        "id": line.id, "name": line.name, "stage": line.stage, "tier": line.tier, "phone": line.phone,
        "section": line.part, "reason": line.reason.kind, "text": line.reason.text,
        "due": line.reason.due_on.isoformat(),
        "time": line.reason.at.strftime("%H:%M") if line.reason.at else None,
        "late_days": line.reason.late_days, "other_reasons": [r.kind for r in line.others],
    }  # fmt: skip


def _line(candidate: Candidate, near: Sequence[Reason], today: date, session: Session) -> Line:
    return Line(
        candidate.id, candidate.name, candidate.stage, candidate.scheme, candidate.tier, candidate.phone,
        section(near[0], today, session.settings.due), near[0], tuple(near[1:]),
    )  # fmt: skip


def _rank(candidate: Candidate) -> int:
    return candidate.tier_rank if candidate.tier_rank is not None else 99


def _facts(session: Session, c: Candidate) -> DueInput:
    zone = session.person.zone

    def day(stored: str | None) -> date | None:
        return local_date(stored, zone) if stored else None

    return DueInput(
        stage=c.stage,
        tier=c.tier,
        scheme=c.scheme,
        held_since=day(c.held_since) or local_date(c.created_at, zone),
        stage_since=local_date(c.stage_since, zone),
        next_on=date.fromisoformat(c.next_on) if c.next_on else None,
        next_at=moment(c.next_at).astimezone(zone) if c.next_at else None,
        next_kind="first_contact" if c.next_kind == "first_contact" else "promise",
        next_purpose=c.next_purpose or "",
        next_original_on=date.fromisoformat(c.next_original_on) if c.next_original_on else None,
        last_contact=day(c.last_contact),
        last_touch=day(c.last_touch),
        stale=date.fromisoformat(c.stale_on) if c.stale_on else None,
    )
