"""All that is known of one customer, as the card and `crm-tui show` tell it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm_tui.domain.clock import iso, moment
from crm_tui.domain.people import is_masked
from crm_tui.domain.phone_display import display_phone
from crm_tui.domain.profile import Completeness, fields, format_value
from crm_tui.domain.profile_fields import SECTIONS
from crm_tui.services import collaborations, due, lists, profiles, work
from crm_tui.services import facts as facts_of
from crm_tui.services.sections import Row as Row
from crm_tui.services.sections import Section as Section
from crm_tui.services.session import Session
from crm_tui.store import customers, histories, sales
from crm_tui.store.customers import Facts

_REACH = ("phone", "email", "wechat")
MASK = "•••"


@dataclass(frozen=True)
class Item:
    """A field of the profile as it is shown; `verified` is the day it was last verified."""

    field: str
    label: str
    value: str
    section: str
    verified: date | None


@dataclass(frozen=True)
class Person:
    """A contact."""

    id: int
    name: str
    role: str | None
    title: str | None
    phone: str | None
    email: str | None
    wechat: str | None
    is_primary: bool
    version: int


@dataclass(frozen=True)
class Event:
    """Something that happened: `what` is interaction, attempt, stage, tier, follow_up, comment, order, payment or deal.
    `at` is in the user's zone; of what was sold and paid, only the day.

    `id` is the interaction's, for interactions and attempts.
    """

    at: str
    what: str
    who: str
    text: str
    more: str
    id: int | None = None
    utc: str = ""
    """The same moment as scripts read it."""


@dataclass(frozen=True)
class Card:
    """The customer, its profile, people, timeline, and why it is due.

    `shared` says who works it beside its holder, and how; `worked` who worked it and what they did: (login, a line).
    """

    facts: Facts
    owner: str | None
    pool: str | None
    tags: tuple[str, ...]
    note: str
    items: tuple[Item, ...]
    completeness: Completeness
    contacts: tuple[Person, ...]
    events: tuple[Event, ...]
    reasons: tuple[str, ...]
    shared: tuple[str, ...] = ()
    worked: tuple[tuple[str, str], ...] = ()
    sections: tuple[Section, ...] = ()
    merged: str = ""
    """Into whom it was merged; "" for one that was not."""


def record(session: Session, card: Card) -> dict[str, Any]:
    """The card as `show --json` prints it: the keys of a list, then what only a card has."""
    key = card.facts.id
    events = ({**vars(event), "at": event.utc} for event in card.events)
    return {
        **lists.record(session, lists.rows(session, [key])[key]),
        "version": card.facts.version,
        "completeness": card.completeness.percent,
        "missing": [field.identifier for field in card.completeness.missing],
        "note": card.note,
        "profile": {item.field: item.value for item in card.items},
        "contacts": [vars(person) for person in card.contacts],
        "collaborators": list(card.shared),
        "worked": [{"user": who, "text": how} for who, how in card.worked],
        "sections": {section.name: list(section.records) for section in card.sections},
        "merged": card.merged,
        "timeline": [{name: value for name, value in event.items() if name != "utc"} for event in events],
    }


def card(session: Session, customer_id: int, *, events: int = 300) -> Card:
    """The card of a customer that the user sees; CrmError otherwise."""
    facts = session.one(customer_id)
    values, verified = customers.values(session.database, customer_id)
    masked = is_masked(session.sight, facts.owner_id)
    row = customers.listed(session.database, session.sight, [customer_id])[customer_id]
    listed = dict(zip(customers.LISTED, row, strict=True))
    is_merged = facts.merged_into is not None  # nobody is to do anything about it any more
    return Card(
        facts,
        None if is_merged else listed["owner"],
        None if is_merged else listed["pool"],
        tuple((listed["tags"] or "").split()),
        "" if masked else values.get("note") or "",
        _items(facts, values, verified, masked, session.person.role != "service"),
        profiles.complete(session, facts, values),
        _contacts(session, customer_id, masked),
        _events(session, customer_id, events, masked),
        () if is_merged else due.why(session, customer_id).lines,
        tuple(collaborations.told(one) for one in collaborations.of(session, customer_id)),
        tuple((worker.who, work.told(session, worker)) for worker in work.worked(session, customer_id)),
        () if is_merged else _sections(session, facts),
        _merged(session, facts),
    )


def _merged(session: Session, facts: Facts) -> str:
    if facts.merged_into is None:
        return ""
    from crm_tui.services import merges  # few are

    return merges.told(session, facts)


def _sections(session: Session, facts: Facts) -> tuple[Section, ...]:
    """What other services have to say of the customer, in the order of the card; those with nothing are left out.

    To add one: a line here, and a function `section(session, facts) -> Section | None` in its service.
    """
    from crm_tui.services import (
        deals,
        factors,
        orders,
        payments,
        playbooks,
        ratings,
        recommend,
        tiers,
        wallets,
        worth,
    )

    made: tuple[Callable[[Session, Facts], Section | None], ...] = (tiers.section,)
    if not is_masked(session.sight, facts.owner_id):  # nothing of money is shown on what lies in a pool
        made += (worth.section, deals.section, orders.section, payments.section, wallets.section, ratings.section)
        made += (factors.section, playbooks.section, recommend.section)
    return tuple(section for make in made if (section := make(session, facts)) is not None)


def _items(
    facts: Facts, values: dict[str, Any], verified: dict[str, str], masked: bool, personal: bool
) -> tuple[Item, ...]:
    items: list[Item] = []
    known = fields(facts.kind)
    for field in known:
        stored = values.get(field.identifier)
        if field.identifier in ("influence", "closing"):
            continue  # a section of their own
        if stored in (None, "") or (field.sensitive and (masked or not personal)):
            continue
        shown = display_phone(str(stored)) if field.identifier == "phone" else format_value(field, str(stored))
        if masked and field.identifier in _REACH:
            shown = MASK
        day = _day(verified, field.identifier)
        items.append(Item(field.identifier, field.title, shown, SECTIONS[field.section], day))
    names = {field.identifier for field in known} | set(customers.column_names())
    for name, stored in values.items():
        # A field of one's own may hold a second number as well as anything else.
        if name not in names and stored not in (None, "") and not masked:
            items.append(Item(name, name, str(stored), "", _day(verified, name)))
    return tuple(items)


def _day(verified: dict[str, str], name: str) -> date | None:
    return date.fromisoformat(verified[name]) if name in verified else None


def _contacts(session: Session, customer_id: int, masked: bool) -> tuple[Person, ...]:
    rows = session.database.rows(
        "SELECT id, name, role, title, phone, email, wechat, is_primary, version FROM contact"
        " WHERE customer_id = ? AND archived_at IS NULL ORDER BY is_primary DESC, id",
        (customer_id,),
    )
    people = []
    for key, name, role, title, phone, email, wechat, primary, version in rows:
        reach = [MASK if masked and value else value for value in (phone and display_phone(phone), email, wechat)]
        people.append(Person(key, name, role, title, reach[0], reach[1], reach[2], bool(primary), version))
    return tuple(people)


def _events(session: Session, customer_id: int, limit: int, masked: bool) -> tuple[Event, ...]:
    """What happened, the newest first; what was sold and paid stands at the end of its day."""
    zone = session.person.zone
    told = [
        Event(moment(at).astimezone(zone).strftime("%Y-%m-%d %H:%M"), what, who, text or "", more or "", key, iso(at))
        for at, what, who, text, more, key in histories.timeline(session.database, customer_id, limit)
    ]
    sold = [] if masked else sales.events(session.database, customer_id, limit)
    for day, what, who, number, text, amount in reversed(sold):
        words = "  ".join(part for part in (number, text) if part)
        event = Event(day, what, who, words, facts_of.money(session, amount) if amount is not None else "", None, day)
        # A comment stays under what it is on.
        place = next((n for n, one in enumerate(told) if one.what != "comment" and one.at[:10] <= day), len(told))
        told.insert(place, event)
    return tuple(told[:limit])
