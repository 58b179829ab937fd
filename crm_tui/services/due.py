"""The due queue: who is due, why, and what was said last (DOMAIN §5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace

from crm_tui.domain.clock import local_date, local_dates, moment
from crm_tui.domain.due import (
    NOTICES,
    DueInput,
    DueSettings,
    Leaving,
    NoticeKind,
    Overdue,
    Owing,
    Reason,
    Waiting,
    near,
    order_key,
    reasons,
    section,
)
from crm_tui.domain.due import why as explain
from crm_tui.domain.language import _
from crm_tui.domain.people import Sight
from crm_tui.domain.schemes import badge
from crm_tui.services.session import Outcome, Session
from crm_tui.store import due, entries, notices, sales
from crm_tui.store.due import Candidate

LIMIT = 2_000
"""Lines of a queue; whoever holds more that is due sees the most urgent of them."""

Waits = dict[int, tuple[Waiting, ...]]
"""What waits for the reader, by customer."""


class Line(Struct, frozen=True):
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
    suggested: str | None = None
    """The tier that is proposed in place of `tier`."""


def queue(session: Session) -> list[Line]:
    """Whose customers one works (oneself, and who one stands in for), those that one edits as a collaborator, and those
    of which something waits for one: as far as they are due, overdue or in the next seven days, the most urgent first.
    """
    sight = session.sight
    today, settings = session.today, session.settings.due
    horizon = today + timedelta(days=settings.horizon_days)
    waiting = _waiting(session)
    unpaid = _unpaid(session)
    found: list[tuple[tuple[float, ...], int, Candidate, Sequence[Reason]]] = []
    every = list(_candidates(session, horizon, waiting))
    owing, day = _owing(session, every), local_dates(session.person.zone)
    for candidate in every:
        facts = _facts(session, candidate, waiting.get(candidate.id, ()), unpaid, owing, day)
        told = _own(near(facts, today, settings), candidate, sight)
        if told:
            place = order_key(_rank(candidate), told[0], today, settings)
            found.append((place, candidate.id, candidate, told))
    found.sort(key=lambda one: one[:2])
    phones = due.phones(session.database, sight, [key for _place, key, *_rest in found[:LIMIT]])
    made = [_line(one, told, today, settings, phones[key]) for _place, key, one, told in found[:LIMIT]]
    return _under(session, made)


def _under(session: Session, lines: list[Line]) -> list[Line]:
    """The lines with the tiers under the session's scheme; the order is that of the primary ones all the same."""
    if not session.scheme:
        return lines
    from crm_tui.store import tiers  # only who looks at another scheme

    known = tiers.standing(session.database, [line.id for line in lines], session.scheme)
    return [
        replace(
            line, scheme=session.scheme, tier=row.tier if row else None,
            suggested=row.computed if row and row.computed != row.tier else None,
        )
        for line, row in ((line, known.get(line.id)) for line in lines)
    ]  # fmt: skip


def settled(session: Session, ids: Sequence[int]) -> set[int]:
    """Those of the customers that were changed last by the user, in whatever session."""
    authors = entries.last_authors(session.database, ids) if ids else {}
    return {key for key, author in authors.items() if author == session.person.id}


def _candidates(session: Session, horizon: date, waiting: Waits) -> Iterator[Candidate]:
    """Who may be due, each once."""
    sight, seen = session.sight, set[int]()
    for user_id in sight.queue:
        for candidate in due.candidates(session.database, user_id, horizon.isoformat(), LIMIT):
            seen.add(candidate.id)
            yield candidate
    shared = [key for key, may_edit in sight.shared.items() if may_edit]
    others = [key for key in dict.fromkeys((*shared, *waiting)) if key not in seen]
    if others:
        yield from due.of(session.database, sight, others)


def _own(every: Sequence[Reason], candidate: Candidate, sight: Sight) -> Sequence[Reason]:
    """The reasons that are one's own: of a customer that one does not work (any more), only what waits for one.

    `sight` is the session's: to ask for it again for each row is to look at the database again.
    """
    works = candidate.owner_id in sight.queue or sight.shared.get(candidate.id)
    if works and candidate.archived_at is None:
        return every
    return [reason for reason in every if reason.kind in NOTICES]


def _waiting(session: Session) -> Waits:
    zone = session.person.zone
    found: Waits = {}
    for notice in notices.standing(session.database, session.sight, session.sight.queue or (session.person.id,)):
        if notice.customer_id is not None and notice.kind in NOTICES:
            made = local_date(notice.made_at, zone)
            one = Waiting(cast(NoticeKind, notice.kind), made, notice.sender or "", notice.text)
            found[notice.customer_id] = (*found.get(notice.customer_id, ()), one)
    return found


def lines(session: Session, ids: Sequence[int]) -> dict[int, Line]:
    """The lines of these customers as they stand now, due or not, by id; those with no reason at all are left out."""
    today, sight, rules = session.today, session.sight, session.settings.due
    result: dict[int, Line] = {}
    waiting, unpaid = _waiting(session), _unpaid(session, ids)
    found = due.of(session.database, sight, ids)
    owing, day = _owing(session, found), local_dates(session.person.zone)
    for candidate in found:
        facts = _facts(session, candidate, waiting.get(candidate.id, ()), unpaid, owing, day)
        told = _own(near(facts, today, rules), candidate, sight)  # as the queue tells them
        told = told or _own(reasons(facts, today, rules), candidate, sight)
        if told:
            result[candidate.id] = _line(candidate, told, today, rules, candidate.phone)
    return {line.id: line for line in _under(session, list(result.values()))}


def why(session: Session, customer_id: int) -> Outcome:
    """Every reason for which the customer is or will be due, and what silences what."""
    from crm_tui.services import merges  # few are

    facts = session.one(customer_id)
    title = _("{name}: why due").format(name=facts.name)
    if facts.merged_into is not None:
        return Outcome(title, lines=(merges.told(session, facts),), data=({"id": facts.id},))
    if facts.owner_id is None:
        return Outcome(title, lines=(_("nobody holds it: it stands in nobody's queue"),), data=({"id": facts.id},))
    [candidate] = due.of(session.database, session.sight, [customer_id])
    unpaid = _unpaid(session, [customer_id])
    owing = _owing(session, [candidate])
    day = local_dates(session.person.zone)
    known = _facts(session, candidate, _waiting(session).get(customer_id, ()), unpaid, owing, day)
    told = explain(known, session.today, session.settings.due)
    every = reasons(known, session.today, session.settings.due)
    data = tuple(
        {"id": facts.id, "reason": r.kind, "due": r.due_on.isoformat(), "late_days": r.late_days, "text": r.text}
        for r in every
    )
    return Outcome(title, lines=told, data=data or ({"id": facts.id},))


def record(session: Session, line: Line) -> dict[str, Any]:
    """A line of the queue as `--json` prints it."""
    return {
        "id": line.id, "name": line.name, "stage": line.stage, "tier": line.tier, "phone": line.phone,
        "section": line.part, "reason": line.reason.kind, "text": line.reason.text,
        "due": line.reason.due_on.isoformat(),
        "time": line.reason.at.strftime("%H:%M") if line.reason.at else None,
        "late_days": line.reason.late_days, "other_reasons": [r.kind for r in line.others],
        "returns": _returns(line), "suggested": line.suggested,
    }  # fmt: skip


def _line(one: Candidate, told: Sequence[Reason], today: date, settings: DueSettings, phone: str | None) -> Line:
    return Line(
        one.id, one.name, one.stage, one.scheme, one.tier, phone, section(told[0], today, settings), told[0],
        tuple(told[1:]), one.suggested,
    )  # fmt: skip


def _rank(candidate: Candidate) -> int:
    return candidate.tier_rank if candidate.tier_rank is not None else 99


def _returns(line: Line) -> str | None:
    """The day on which the customer returns to the pool, where its holder was warned."""
    return next((r.until.isoformat() for r in (line.reason, *line.others) if r.until is not None), None)


def _leaving(session: Session, c: Candidate) -> Leaving | None:
    """The recycle warning as it reads today."""
    if c.leaves_on is None or c.warned_on is None:
        return None
    from crm_tui.domain.recycling import announced  # most queues have no warning

    on = date.fromisoformat(c.leaves_on)
    text = announced(on, c.leaves_because or "", session.today, session.settings.workdays)
    return Leaving(on, date.fromisoformat(c.warned_on), text)


Unpaid = dict[int, tuple[str, int]]
"""Since when (an ISO day) and how much (minor units) is overdue, by customer."""


def _unpaid(session: Session, ids: Sequence[int] | None = None) -> Unpaid:
    """What these customers have not paid in time; else all of whom one's queue is made, shared ones too."""
    database, sight, today = session.database, session.sight, session.today.isoformat()
    if ids is not None:
        return sales.overdue(database, today, ids=ids)
    found = sales.overdue(database, today, ids=sight.shared) if sight.shared else {}
    for user_id in sight.queue:
        found.update(sales.overdue(database, today, user_id=user_id))
    return found


def _overdue(session: Session, c: Candidate, unpaid: Unpaid) -> Overdue | None:
    if c.id not in unpaid:
        return None
    from crm_tui.domain.money import format_amount  # most queues have nothing that is not paid

    since, amount = unpaid[c.id]
    return Overdue(date.fromisoformat(since), format_amount(amount, session.settings["currency"]))


Asked = dict[int, tuple[Owing, ...]]
"""What playbooks ask for soon, by customer."""


def _owing(session: Session, candidates: Sequence[Candidate]) -> Asked:
    """What the playbooks of these customers' tiers ask for soon and nobody has done."""
    from crm_tui.services import playbooks

    known = playbooks.nearing_of(session, candidates)
    told: dict[tuple[Any, ...], tuple[Owing, ...]] = {}
    found: Asked = {}
    for one in candidates if known else ():
        if one.id not in known:
            continue
        key = (one.scheme, one.tier, known[one.id])
        if key not in told:
            label = _badge(session, one)
            told[key] = tuple(Owing(thing.title, thing.due_on, label) for thing in known[one.id])
        found[one.id] = told[key]
    return found


def _badge(session: Session, c: Candidate) -> str:
    return badge(session.settings.schemes[c.scheme], c.tier or "")


def _facts(
    session: Session, c: Candidate, waiting: Iterable[Waiting], unpaid: Unpaid, owing: Asked, day: Callable[[str], date]
) -> DueInput:
    """What decides when the customer is due; `day` are the `local_dates` of the user's zone."""
    return DueInput(
        stage=c.stage,
        tier=c.tier,
        scheme=c.scheme,
        held_since=day(c.held_since or c.created_at),
        stage_since=day(c.stage_since),
        next_on=date.fromisoformat(c.next_on) if c.next_on else None,
        next_at=moment(c.next_at).astimezone(session.person.zone) if c.next_at else None,
        next_kind="first_contact" if c.next_kind == "first_contact" else "promise",
        next_purpose=c.next_purpose or "",
        next_original_on=date.fromisoformat(c.next_original_on) if c.next_original_on else None,
        last_contact=day(c.last_contact) if c.last_contact else None,
        last_touch=day(c.last_touch) if c.last_touch else None,
        stale=date.fromisoformat(c.stale_on) if c.stale_on else None,
        leaving=_leaving(session, c),
        notices=tuple(waiting),
        overdue=_overdue(session, c, unpaid),
        owing=owing.get(c.id, ()),
    )
