"""Who worked a customer, when and how: periods of holding, contacts by channel, steps along the path."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

from crm_tui.domain.clock import local_date, moment
from crm_tui.domain.holding import Period, Step, move_title, periods
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.profile_fields import CHANNELS
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.services.session import Session
from crm_tui.store import people, work

_TITLES = {channel.identifier: channel for channel in CHANNELS}


@dataclass
class Worker:
    """What one person did for the customer.

    `contacts` counts those that came about, by channel; `first` and `last` are the days of the first and the last
    interaction, attempts too; `stages` are the steps (from, to) that the person made.
    """

    who: str
    periods: list[Period] = field(default_factory=list)
    contacts: Counter[str] = field(default_factory=Counter)
    attempts: int = 0
    first: date | None = None
    last: date | None = None
    stages: list[tuple[str | None, str]] = field(default_factory=list)

    def days(self, session: Session) -> int:
        """Whole days held, of 24 hours each."""
        return sum((p.lasted(session.clock()) for p in self.periods), timedelta(0)) // timedelta(days=1)


def worked(session: Session, customer_id: int) -> list[Worker]:
    """Everybody who held the customer, spoke to it or moved it: holders in the order of time, then the others.

    The customer is one that the user sees.
    """
    found: dict[str, Worker] = {}
    held = _periods(session, customer_id)
    names = people.of_ids(session.database, {period.user_id for period in held})
    for period in held:
        login = names[period.user_id].login
        found.setdefault(login, Worker(login)).periods.append(period)
    for row in work.spoken(session.database, customer_id):
        worker = found.setdefault(row.login, Worker(row.login))
        if row.channel:
            worker.contacts[row.channel] += row.number
        else:
            worker.attempts += row.number
        first, last = (local_date(stored, session.person.zone) for stored in (row.first, row.last))
        worker.first = min(worker.first or first, first)
        worker.last = max(worker.last or last, last)
    for login, frm, to in work.stages(session.database, customer_id):
        if frm is not None:
            found.setdefault(login, Worker(login)).stages.append((frm, to))
    return list(found.values())


def _periods(session: Session, customer_id: int) -> tuple[Period, ...]:
    rows = work.steps(session.database, customer_id)
    return periods(Step(kind, owner, reason, moment(at)) for kind, owner, reason, at in rows)


def told(session: Session, worker: Worker) -> str:
    """One line of prose: `held 2026-01-03 (claimed) to 2026-04-05 (released: no need); 3 calls, 1 visit …`."""
    parts = [_held(session, period) for period in worker.periods]
    spoken = [f"{number} {_channel(channel)}" for channel, number in worker.contacts.most_common()]
    if worker.attempts:
        spoken.append(ngettext("{n} attempt", "{n} attempts", worker.attempts).format(n=worker.attempts))
    if spoken:
        span = str(worker.first) if worker.first == worker.last else f"{worker.first} … {worker.last}"
        parts.append(f"{', '.join(spoken)} ({span})")
    if worker.stages:
        parts.append(_path(worker.stages))
    return "; ".join(parts)


def _held(session: Session, period: Period) -> str:
    since = period.since.astimezone(session.person.zone).date()
    if period.until is None:
        return _("holds it since {day} ({came})").format(day=since, came=move_title(period.came))
    went = f"{move_title(period.went)}: {period.reason}" if period.reason else move_title(period.went)
    until = period.until.astimezone(session.person.zone).date()
    return _("held {since} ({came}) to {until} ({went})").format(
        since=since, came=move_title(period.came), until=until, went=went
    )


def _channel(channel: str) -> str:
    return _TITLES[channel].title if channel in _TITLES else channel


def _path(steps: list[tuple[str | None, str]]) -> str:
    """The steps as one path; a step that begins elsewhere begins anew: `potential → target → intent, lost → target`."""
    told = ""
    before = None
    for frm, to in steps:
        begin = f"{', ' if told else ''}{_stage(frm)}" if frm != before else ""
        told += f"{begin} → {_stage(to)}"
        before = to
    return told


def _stage(identifier: str | None) -> str:
    known = BY_IDENTIFIER.get(identifier or "")
    return known.title if known else str(identifier)
