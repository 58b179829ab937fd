"""The sweep: who is warned, what returns to the pool, of whom the lead hears (DOMAIN §4 P9–P12, P18, P19).

It may be run as often as one likes: what was done is not done again. Only one runs at a time. A page of one holder's
customers is one transaction and one entry of the journal, so that nobody waits long for it, and each row is on its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from crm_tui.domain.errors import DatabaseUnusable
from crm_tui.domain.language import _
from crm_tui.domain.recycling import (
    SCHEME,
    WAITING,
    Absence,
    Decision,
    Holding,
    Rules,
    because,
    decide,
    lead_hears_on,
    said,
    second_missed,
)
from crm_tui.services import backups, recycling, sweep_lines, tiers, worth
from crm_tui.services.session import Outcome, Session
from crm_tui.services.sweep_lines import DONE, Done
from crm_tui.store import customers
from crm_tui.store import recycling as store
from crm_tui.store.customers import Facts
from crm_tui.store.recycling import Held

if TYPE_CHECKING:
    from crm_tui.domain.workdays import Workdays
    from crm_tui.store.journal import Change

SOURCE = "sweep"
"""What the journal says of where these changes come from; plain undo passes them over."""
PAGE = 100
"""Customers in a transaction."""


@dataclass(frozen=True)
class Row:
    """What a sweep does with one customer, or would: `due` is the day of its return where there is one.

    `owner_id` is who holds it, or did. A customer that is warned of and escalated has two rows.
    """

    id: int
    name: str
    owner_id: int
    done: Done
    reason: str
    due: date | None = None


@dataclass
class _Frame:
    """What holds for all customers of a sweep."""

    session: Session
    rules: recycling.InForce
    workdays: Workdays
    cadences: dict[str, int]
    leads: dict[int, int]
    absences: dict[int, tuple[Absence, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session) -> _Frame:
        return cls(
            session, recycling.in_force(session), session.settings.workdays, recycling.cadences(session),
            store.leads(session.database),
        )  # fmt: skip

    def absences_of(self, user_id: int) -> tuple[Absence, ...]:
        if user_id not in self.absences:
            self.absences[user_id] = store.absences(self.session.database, user_id)
        return self.absences[user_id]

    @cached_property
    def bounds(self) -> tuple[dict[str, str], str]:
        """Before which moments a customer's clock must stand for anything to happen: by tier, and that of holding."""
        if not self.rules.is_on:
            return {}, ""
        today, session = self.rules.today, self.session
        first = max(rules.steps[0] for rules in self.rules.every)
        # The last day that is no more than so many working days off.
        horizon = self.workdays.add(today, first + 1) - timedelta(days=1)
        days = {name: today - timedelta(days=2 * each) for name, each in self.cadences.items()}
        for rules in self.rules.every:
            for letter, limit in rules.contact_days.items():
                name = f"{SCHEME}.{letter}"
                if limit is not None:
                    days[name] = max(days.get(name, date.min), horizon - timedelta(days=limit))
        wins = [rules.win_days for rules in self.rules.every if rules.win_days is not None]
        held = recycling.midnight_after(session, horizon - timedelta(days=min(wins))) if wins else ""
        return {name: recycling.midnight_after(session, day) for name, day in days.items()}, held


@dataclass(frozen=True)
class _Planned:
    """A row to come, with what it takes to do it; `pool_id` is where it returns to."""

    row: Row
    held: Held
    decision: Decision
    told: int = 0
    """Who hears of it: the lead, or the former holder."""


def sweep(session: Session) -> Outcome:
    """Sweep all customers; the rows that the user may see are told, one record each: id, name, done, reason, due.

    While another sweep runs it says so and does nothing. DatabaseUnusable for a file that is damaged: what a sweep did
    and noted of it would pass for sound.
    """
    from crm_tui.store import checks

    checks.look(session.database)
    worth.keep_current(session)
    with store.alone(session.database) as alone:
        if not alone:
            return Outcome(_("another sweep is running: nothing was done"))
        seen = _seen(session)
        rows = [row for page in _pages(session) for row in page if seen(row.owner_id)]
    return sweep_lines.told(rows, backups.after_sweep(session))


def preview(session: Session) -> list[Row]:
    """What a sweep would do now, with what the user may see; nothing is changed, nobody waits."""
    system = session.as_system(SOURCE)
    system.refresh()
    seen = _seen(session)
    frame = _Frame.of(system)
    ended = [
        Row(key, name, owner_id or 0, "regraded", text)
        for key, name, owner_id, text in tiers.ending(system)
        if seen(owner_id or 0)
    ]
    return ended + [
        planned.row
        for owner_id in _holders(frame)
        if seen(owner_id)
        for page in _held_pages(frame, owner_id)
        for planned in _plan(frame, page)
    ]


def previewed(session: Session) -> Outcome:
    """As `sweep`, but only what it would do."""
    outcome = sweep_lines.told(preview(session))
    message = _("{message} (dry run: nothing was changed)").format(message=outcome.message)
    return Outcome(message, data=outcome.data, lines=outcome.lines)


def is_overdue(session: Session) -> bool:
    """Whether there is something to sweep, and nobody has swept today."""
    session.refresh()
    if tiers.any_ended(session):
        return True
    if not recycling.in_force(session).is_on and not store.warned_holders(session.database):
        return False
    return (store.last_swept(session.database) or "") < session.today.isoformat()


def steps(session: Session) -> Generator[int, None, None]:
    """A sweep in small steps, when one is overdue: how many customers each has changed. Nobody waits for all of it.

    The first of them turns the month of what is kept of the customers' worth.
    """
    if worth.keep_current(session):
        yield 0
    if not is_overdue(session):
        return
    with store.alone(session.database) as alone:
        if alone and is_overdue(session):  # by now somebody else may have done it
            yield from (len(page) for page in _pages(session))


def _pages(session: Session) -> Iterator[list[Row]]:
    """Do it, page by page, and at the end write down that it was done."""
    system = session.as_system(SOURCE)
    system.command = SOURCE
    system.refresh()
    frame = _Frame.of(system)
    counts: Counter[str] = Counter()
    if ended := tiers.end_overrides(system):
        yield [Row(key, name, owner_id or 0, "regraded", text) for key, name, owner_id, text in ended]
    for owner_id in _holders(frame):
        for page in _held_pages(frame, owner_id):
            rows = _swept(frame, owner_id, page)
            counts.update(row.done for row in rows)
            yield rows
    store.note_run(
        system.database, user_id=system.person.id, at=system.stamp, swept_on=system.today.isoformat(), counts=counts
    )
    backups.note_sweep(session)


def _holders(frame: _Frame) -> list[int]:
    """Whose customers are looked at; while all rules are off only those of which one is warned."""
    database = frame.session.database
    return store.holders(database) if frame.rules.is_on else store.warned_holders(database)


def _held_pages(frame: _Frame, owner_id: int) -> Iterator[list[Held]]:
    quiet, held = frame.bounds
    last = 0
    while True:
        page = store.page(frame.session.database, owner_id, quiet, held, WAITING, after=last, limit=PAGE)
        if page:
            yield page
        if len(page) < PAGE:
            return
        last = page[-1].id


def _plan(frame: _Frame, page: Sequence[Held]) -> list[_Planned]:
    """What happens to the customers of a page."""
    homes: Mapping[int, int] = {}
    if frame.rules.pools:
        from crm_tui.services.pools import home_pools

        homes = home_pools(frame.session, [held.id for held in page])
    found: list[tuple[Held, Holding, Decision, str]] = []
    for held in page:
        assert held.owner_id is not None
        holding = recycling.holding_of(frame.session, held, frame.absences_of(held.owner_id))
        rules = frame.rules.of(homes.get(held.id))
        decision = decide(holding, recycling.told_of(held), rules, frame.rules.today, frame.workdays)
        missed = _missed(frame, rules, held, holding, decision)
        if decision.step != "nothing" or missed:
            found.append((held, holding, decision, missed))
    contacts = recycling.contacts(frame.session, [held.id for held, *__ in found])
    return [planned for each in found for planned in _rows(frame, *each, contacts.get(each[0].id, ""))]


def _missed(frame: _Frame, rules: Rules, held: Held, holding: Holding, decision: Decision) -> str:
    """What the lead has to hear of a second missed cadence; "" where that is nothing, or was told already."""
    if frame.leads.get(held.owner_id or 0) in (None, held.owner_id) or holding.archived or not rules.is_on:
        return ""
    if (held.escalated_at or "") >= max(held.last_contact or held.held_since, held.held_since):
        return ""
    day, today = second_missed(holding, recycling.cadence(frame.cadences, held)), frame.rules.today
    if day is None or today < lead_hears_on(day, decision.on, rules, frame.workdays):
        return ""
    text = _("second cadence missed: nothing since {since}")
    if today < day:
        text = _("second cadence missed on {day}, when it returns to the pool: nothing since {since}")
    return text.format(day=said(day), since=said(holding.counted_from))


def _rows(
    frame: _Frame, held: Held, holding: Holding, decision: Decision, missed: str, contact: str
) -> Iterator[_Planned]:
    owner_id = held.owner_id or 0
    reason = because(decision.returns, holding, contact) if decision.returns is not None else ""
    done: Done | None = _DONE_BY.get(decision.step)
    if done is not None:
        due = decision.on if done != "ended" else None
        text = reason if done != "ended" else _("not to be recycled any more")
        yield _Planned(Row(held.id, held.name, owner_id, done, text, due), held, decision, owner_id)
    if missed:
        yield _Planned(Row(held.id, held.name, owner_id, "escalated", missed), held, decision, frame.leads[owner_id])


_DONE_BY: Mapping[str, Done] = {"warn": "warned", "move": "warned", "end": "ended", "recycle": "recycled"}


def _swept(frame: _Frame, owner_id: int, page: Sequence[Held]) -> list[Row]:
    """Do what is planned for a page, in one transaction; nothing is opened where nothing is planned."""
    planned = _plan(frame, page)
    if not planned:
        return []
    session = frame.session
    with session.changing() as change:
        # Somebody may have called since: what is decided by is read again where nobody else writes.
        again = {held.id: held for held in _again(frame, owner_id, page)}
        planned = _plan(frame, [again[key] for key in dict.fromkeys(p.held.id for p in planned) if key in again])
        returning = _returning(session, [p.held.id for p in planned if p.row.done == "recycled"])
        rows = _done(session, change, planned, returning)
        change.summarize(sweep_lines.summary(rows))
        return rows


def _again(frame: _Frame, owner_id: int, page: Sequence[Held]) -> list[Held]:
    quiet, held = frame.bounds
    database = frame.session.database
    return store.page(database, owner_id, quiet, held, WAITING, after=page[0].id - 1, limit=len(page))


Returning = Mapping[int, tuple[Facts, int]]
"""Customers that return, by id: their row, and the pool that they return to."""


def _returning(session: Session, ids: Sequence[int]) -> Returning:
    if not ids:
        return {}
    from crm_tui.services.pools import home_pools

    homes = home_pools(session, ids)
    return {key: (facts, homes[key]) for key, facts in customers.facts(session.database, session.sight, ids).items()}


def _done(session: Session, change: Change, planned: Sequence[_Planned], returning: Returning) -> list[Row]:
    """Do a page at once, since that is several times as fast; if that fails, each row on its own."""
    try:
        with store.apart(session.database):
            _do(session, change, planned, returning)
    except DatabaseUnusable:
        raise
    except Exception:  # whose fault it is shows row by row
        return [_apart(session, change, one, returning) for one in planned]
    return [one.row for one in planned]


def _apart(session: Session, change: Change, planned: _Planned, returning: Returning) -> Row:
    """Do one row; whatever is wrong with it is told of it, and the others go on."""
    row = planned.row
    try:
        with store.apart(session.database):
            _do(session, change, [planned], returning)
    except DatabaseUnusable:
        raise
    except Exception as error:  # a fault of one row is no reason to leave all others unwarned
        return Row(row.id, row.name, row.owner_id, "failed", str(error) or type(error).__name__, row.due)
    return row


def _do(session: Session, change: Change, planned: Iterable[_Planned], returning: Returning) -> None:
    from crm_tui.services import moves, notices

    by: dict[Done, list[_Planned]] = {done: [] for done in DONE}
    for one in planned:
        by[one.row.done].append(one)
    if back := by["recycled"]:
        taken = [returning[one.row.id] for one in back]
        into = {facts.id: pool_id for facts, pool_id in taken}
        reasons = {one.row.id: one.row.reason for one in back}
        moves.to_pool(session, change, [facts for facts, __ in taken], into, "recycle", reasons)
        notices.send(session, change, "recycled", [(one.told, one.row.id, one.row.reason) for one in back])
    if ended := by["ended"]:
        change.delete("recycle_warning", [one.held.warning_id or 0 for one in ended])
    _warn(session, change, by["warned"])
    if told := by["escalated"]:
        notices.close(session, change, None, [one.row.id for one in told], ("escalation",))
        notices.send(session, change, "escalation", [(one.told, one.row.id, one.row.reason) for one in told])


def _warn(session: Session, change: Change, planned: Sequence[_Planned]) -> None:
    """Store what their holders are told, and when those were told first who have not been yet."""
    today = session.today.isoformat()
    known = {one.held.warning_id: _warning(one) for one in planned if one.held.warning_id is not None}
    change.update_each("recycle_warning", known)
    first = [one for one in planned if one.held.warning_id is None]
    new = [{"customer_id": one.row.id, "warned_on": today, **_warning(one)} for one in first]
    change.insert("recycle_warning", new)


def _warning(planned: _Planned) -> dict[str, Any]:
    found, on = planned.decision.returns, planned.decision.on
    assert found is not None
    assert on is not None
    return {
        "rule": found.rule, "due_on": on.isoformat(), "days": found.days, "tier": found.tier,
        "reason": planned.row.reason,
    }  # fmt: skip


def _seen(session: Session) -> Callable[[int], bool]:
    """Whose customers the user may hear of."""
    sight = session.sight
    return lambda owner_id: sight.everything or owner_id in sight.owners
