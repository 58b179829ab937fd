"""Recycling as the database stands: the rules in force, a customer as they see it, and why it returns (DOMAIN §4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct

from crm_tui.domain.clock import local_date, stamp
from crm_tui.domain.language import _
from crm_tui.domain.profile_fields import CHANNELS
from crm_tui.domain.recycling import WAITING, Decision, Holding, RuleName, Rules, Told, because, decide, rules_of, said
from crm_tui.domain.recycling import why as explain
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.services.session import Outcome, Session
from crm_tui.store import recycling
from crm_tui.store.recycling import Held

if TYPE_CHECKING:
    from crm_tui.domain.settings import Settings
    from crm_tui.store.customers import Facts
    from crm_tui.store.journal import Change


class InForce(Struct, frozen=True, dict=True):
    """The recycling rules of a day: `general`, and those of the pools that have rules of their own."""

    today: date
    general: Rules
    pools: dict[int, Rules]

    def of(self, pool_id: int | None) -> Rules:
        """The rules for a customer that would return to that pool."""
        return self.pools.get(pool_id, self.general) if pool_id is not None else self.general

    @cached_property
    def every(self) -> tuple[Rules, ...]:
        """The general rules and those of each pool."""
        return (self.general, *self.pools.values())

    @property
    def is_on(self) -> bool:
        """Whether anything is recycled anywhere."""
        return any(rules.is_on for rules in self.every)


def in_force(session: Session, on: date | None = None) -> InForce:
    """The rules that hold today, or that day: a change of `pool.recycle.*` bites from the next day (P19)."""
    day = on or session.today
    settings = session.settings.recycling(day.isoformat())
    return InForce(day, rules_of(settings), {key: rules_of(settings.of_pool(key)) for key in _own(settings)})


def is_on(session: Session) -> bool:
    """Whether anything is recycled anywhere, or will be from tomorrow."""
    return any(in_force(session, day).is_on for day in (session.today, session.today + timedelta(days=1)))


def _own(settings: Settings) -> list[int]:
    """The pools with a recycling rule of their own."""
    names = ("pool.recycle.", "pool.warn_days")
    return [key for key, own in settings.pools.items() if any(name.startswith(names) for name in own.changed)]


def holding_of(session: Session, row: Held, absences: tuple[tuple[date, date | None], ...]) -> Holding:
    """The customer as the rules see it, its days those of the session's zone."""
    zone = session.person.zone
    return Holding(
        stage=row.stage,
        scheme=row.scheme,
        tier=row.tier,
        held_since=local_date(row.held_since, zone),
        stage_since=local_date(row.stage_since, zone),
        last_contact=local_date(row.last_contact, zone) if row.last_contact else None,
        next_on=_day(row.next_on),
        protected_until=_day(row.protected_until),
        waiting=bool(row.waiting),
        absences=absences,
        archived=row.archived_at is not None,
        last_order=_day(row.last_order),
        open_business=(_("a receivable"),) if row.owes else (),
    )


def told_of(row: Held) -> Told | None:
    """The warning that is stored of it."""
    if row.rule is None or row.due_on is None or row.warned_on is None:
        return None
    due, warned = date.fromisoformat(row.due_on), date.fromisoformat(row.warned_on)
    return Told(cast(RuleName, row.rule), due, warned, row.days or 0, row.told_tier)


def contacts(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """How the last contact with each customer came about, and by whom: `call, Li`."""
    titles = {channel.identifier: channel.title for channel in CHANNELS}
    found = recycling.last_contacts(session.database, ids)
    return {key: f"{titles.get(channel, channel)}, {name}" for key, (channel, name) in found.items()}


def midnight_after(session: Session, day: date) -> str:
    """The stamp before which everything lies that happened on that day or earlier."""
    return stamp(datetime.combine(day + timedelta(days=1), time(), session.person.zone))


def why(session: Session, customer_id: int) -> Outcome:
    """When and why the customer returns to the pool, or why it does not (P20); CrmError for one that is not seen."""
    facts = session.one(customer_id)
    row = recycling.one(session.database, customer_id, WAITING)
    assert row is not None
    record: dict[str, Any] = {"id": facts.id, "reason": "recycle", "due": None, "rule": None, "warned": row.warned_on}
    if row.owner_id is None:
        text = _("it is in the pool: nobody holds it") if row.pool_id else _("it is blocked: nobody holds it")
        return Outcome(_asked(facts), lines=(text,), data=({**record, "text": text},))
    holding = holding_of(session, row, recycling.absences(session.database, row.owner_id))
    contact = contacts(session, [facts.id]).get(facts.id, "")
    lines, found = _explained(session, row, holding, contact)
    record |= found
    record["text"] = lines[0]
    if row.warned_on is not None:
        warned = said(date.fromisoformat(row.warned_on))
        lines.append(_("its holder was warned on {day}").format(day=warned))
    return Outcome(_asked(facts), lines=tuple(lines), data=(record,))


def _explained(session: Session, row: Held, holding: Holding, contact: str) -> tuple[list[str], dict[str, Any]]:
    """The answer in lines, the first of which says most, and as a record: due, rule, explanation.

    What changes tomorrow is told too, and instead where nothing returns by the rules of today.
    """
    today, tomorrow = session.today, session.today + timedelta(days=1)
    now, then = _rules(session, row, today, tomorrow)
    told, workdays = told_of(row), session.settings.workdays
    text = explain(holding, told, now, today, workdays, contact)
    lines, record = [text], _recorded(holding, decide(holding, told, now, today, workdays), contact)
    changed = explain(holding, told, then, tomorrow, workdays, contact)
    if changed != explain(holding, told, now, tomorrow, workdays, contact):
        said_then = _("from tomorrow: {text}").format(text=changed)
        lines = [*lines, said_then] if record else [said_then]
        record = record or _recorded(holding, decide(holding, told, then, tomorrow, workdays), contact)
    return lines, record


def _recorded(holding: Holding, decided: Decision, contact: str) -> dict[str, Any]:
    """What a record says of a return; {} where there is none."""
    if decided.returns is None:
        return {}
    on = max(decided.returns.on, decided.on or decided.returns.on)
    reason = because(decided.returns, holding, contact)
    return {"due": on.isoformat(), "rule": decided.returns.rule, "explanation": reason}


def _asked(facts: Facts) -> str:
    return _("{name}: why it returns").format(name=facts.name)


def _rules(session: Session, row: Held, *days: date) -> list[Rules]:
    """The rules for the customer on each of the days."""
    rules = [in_force(session, day) for day in days]
    home = None
    if any(each.pools for each in rules):
        from crm_tui.services.pools import home_pools

        home = home_pools(session, [row.id])[row.id]
    return [each.of(home) for each in rules]


def contacted(session: Session, change: Change, ids: Iterable[int]) -> None:
    """A contact has moved the clock of these customers: what warned of their silence ends with it, in the same change.

    A warning that a customer is not won in time stays: talking does not win it.
    """
    from crm_tui.services import notices

    ids = list(ids)
    change.delete("recycle_warning", recycling.warnings(session.database, ids, "contact"))
    notices.close(session, change, None, ids, ("escalation",))


def switch(session: Session, *, on: bool, pool: str | None = None) -> Outcome:
    """Set all limits of recycling to their presets, or off, for everybody or for one pool. Administrators only.

    As every change of these rules it bites from the next day.
    """
    from crm_tui.domain.settings import RECYCLE_PRESET, WIN_PRESET
    from crm_tui.services.rules import set_rule

    values = {f"pool.recycle.contact.{tier}": days for tier, days in RECYCLE_PRESET.items()}
    values["pool.recycle.win_days"] = WIN_PRESET
    with session.changing() as change:
        for name, days in values.items():
            set_rule(session, name, str(days) if on else "off", pool)
        limits = ", ".join(f"{tier} {days}" for tier, days in RECYCLE_PRESET.items())
        text = _("recycling on from tomorrow: {limits}, not won in {days} days")
        message = text.format(limits=limits, days=WIN_PRESET) if on else _("recycling off from tomorrow")
        change.summarize(message)
        entry = None if change.is_empty() else change.entry_id
    return Outcome(message, entry_id=entry)


def cadences(session: Session) -> dict[str, int]:
    """Days between contacts by `SCHEME.TIER`, where there is a cadence."""
    settings = session.settings.due
    found = {}
    for scheme in session.settings.schemes.values():
        for tier in scheme.tiers:
            days = settings.cadence_days.get(f"{scheme.identifier}.{tier.identifier}", tier.cadence_days)
            if days is not None:
                found[f"{scheme.identifier}.{tier.identifier}"] = days
    return found


def cadence(found: dict[str, int], row: Held) -> int | None:
    """The cadence that holds for a customer; a closed stage has none."""
    return None if BY_IDENTIFIER[row.stage].closed else found.get(f"{row.scheme}.{row.tier}")


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
