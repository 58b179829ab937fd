"""The next thing promised to a customer: one is open at most, and nothing ever clears a promised date in silence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from crm_tui.domain.clock import stamp
from crm_tui.domain.language import _
from crm_tui.domain.text import clean
from crm_tui.domain.when import When, describe
from crm_tui.services import notices
from crm_tui.services.session import Outcome, Refusal, Session, done, named
from crm_tui.store.customers import Facts

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

Closing = Literal["done", "replaced", "dropped"]


class Open(Struct, frozen=True):
    """An open follow-up; `due_at` is a stored stamp where a time was promised."""

    id: int
    customer_id: int
    kind: str
    purpose: str
    due_on: str
    due_at: str | None
    original_on: str


def opened(session: Session, ids: Iterable[int]) -> dict[int, Open]:
    """The open follow-ups of the customers, by customer."""
    rows = session.database.rows(
        "SELECT id, customer_id, kind, purpose, due_on, due_at, original_on FROM follow_up"
        " WHERE closed_at IS NULL AND customer_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return {row[1]: Open(*row) for row in rows}


def is_later(session: Session, facts: Facts, when: When) -> bool:
    """Whether the customer's open follow-up is due after `when`; a whole day ends with it."""
    if facts.next_on is None or facts.next_on != when.on.isoformat():
        return facts.next_on is not None and facts.next_on > when.on.isoformat()
    at = due_at(session, when)
    return facts.next_at is not None and at is not None and facts.next_at > at


def due_at(session: Session, when: When) -> str | None:
    """The stored stamp of a promised time; None for a whole day."""
    return stamp(datetime.combine(when.on, when.at, session.person.zone)) if when.at else None


def promise(
    session: Session, change: Change, whens: Mapping[int, When], *, purpose: str = "", kind: str = "promise",
    closing: Closing = "replaced",
) -> None:
    """Give each customer its next date; the open one, if any, is closed and stays in the history."""
    close(session, change, whens, closing, clear=False)
    now = session.stamp
    rows = [
        {
            "customer_id": key, "user_id": session.person.id, "kind": kind, "purpose": purpose,
            "due_on": when.on.isoformat(), "due_at": due_at(session, when), "original_on": when.on.isoformat(),
            "created_at": now,
        }
        for key, when in whens.items()
    ]  # fmt: skip
    change.insert("follow_up", rows)
    _mirror(session, change, whens)


def close(session: Session, change: Change, ids: Iterable[int], closing: Closing, *, clear: bool = True) -> None:
    """Close the open follow-ups of the customers; with `clear`, their rows show no next date any more."""
    ids = list(ids)
    change.update(
        "follow_up", [f.id for f in opened(session, ids).values()], closed_at=session.stamp, closed_as=closing
    )
    if clear:
        change.update("customer", ids, next_on=None, next_at=None)


def postpone(session: Session, change: Change, whens: Mapping[int, When], purpose: str) -> None:
    """Move the open follow-ups, their first date kept; who has none gets one with this purpose."""
    current = opened(session, whens)
    change.update_each(
        "follow_up",
        {
            current[key].id: {"due_on": when.on.isoformat(), "due_at": due_at(session, when)}
            for key, when in whens.items()
            if key in current
        },
    )
    promise(session, change, {k: w for k, w in whens.items() if k not in current}, purpose=purpose)
    _mirror(session, change, {k: w for k, w in whens.items() if k in current})


def _mirror(session: Session, change: Change, whens: Mapping[int, When]) -> None:
    change.update_each(
        "customer",
        {key: {"next_on": when.on.isoformat(), "next_at": due_at(session, when)} for key, when in whens.items()},
    )


def set_next(session: Session, ids: Sequence[int], when: When, purpose: str = "") -> Outcome:
    """Promise the customers the date, instead of what was promised before."""
    with session.changing() as change:
        taken, refused = session.take(ids)
        before = opened(session, [f.id for f in taken])
        kept = clean(purpose, limit=500)
        promise(session, change, {f.id: when for f in taken}, purpose=kept)
        notices.worked(session, change, [f.id for f in taken])
        message = _("{who}: next {when}").format(who=named(taken), when=_said(session, when))
        replaced = [f for f in taken if f.id in before]
        if len(taken) == 1 and replaced:
            message += _(" instead of {day}").format(day=before[taken[0].id].due_on)
        return done(change, message if taken else _("nothing was changed"), [f.id for f in taken], refused)


def snooze(session: Session, ids: Sequence[int], when: When | None = None) -> Outcome:
    """Put the customers off, till tomorrow unless told otherwise; lateness still counts from the first date."""
    until = when or When(session.today + timedelta(days=1))
    with session.changing() as change:
        taken, refused = session.take(ids)
        later = [f for f in taken if is_later(session, f, until)]
        refused += [Refusal(f.id, f.name, _("it is put off till {day} already").format(day=f.next_on)) for f in later]
        taken = [f for f in taken if f not in later]
        postpone(session, change, {f.id: until for f in taken}, _("snoozed"))
        message = _("{who}: snoozed till {when}").format(who=named(taken), when=_said(session, until))
        return done(change, message if taken else _("nothing was changed"), [f.id for f in taken], refused)


def first_contact(session: Session, change: Change, ids: Sequence[int]) -> None:
    """Whoever receives customers gets a first contact for the next working day (DOMAIN §4 P17)."""
    day = session.settings.workdays.next_workday(session.today)
    promise(session, change, dict.fromkeys(ids, When(day)), kind="first_contact")


def begin(
    session: Session, change: Change, user_id: int, firsts: Mapping[int, When], promised: Mapping[int, Open]
) -> None:
    """A first contact on that day for each customer, for the user who receives them (DOMAIN §4 P17).

    What was `promised` for later gives way to it, and is said in its purpose. The customers' rows are the caller's.
    """
    current = [promised[key] for key in firsts if key in promised]
    change.update("follow_up", [f.id for f in current], closed_at=session.stamp, closed_as="replaced")
    now = session.stamp
    rows = [
        {
            "customer_id": key, "user_id": user_id, "kind": "first_contact",
            "purpose": _instead(promised[key]) if key in promised else "", "due_on": when.on.isoformat(),
            "due_at": None, "original_on": when.on.isoformat(), "created_at": now,
        }
        for key, when in firsts.items()
    ]  # fmt: skip
    change.insert("follow_up", rows)


def _instead(promised: Open) -> str:
    if promised.kind == "first_contact":
        return promised.purpose
    return _("promised for {day}: {what}").format(day=promised.due_on, what=promised.purpose or _("no purpose given"))


def finish(session: Session, change: Change, taken: Sequence[Facts]) -> list[Refusal]:
    """Mark the open follow-ups as done; a refusal for every customer that has none."""
    current = opened(session, [f.id for f in taken])
    close(session, change, list(current), "done")
    return [Refusal(f.id, f.name, _("nothing is promised to it")) for f in taken if f.id not in current]


def _said(session: Session, when: When) -> str:
    return describe(when, session.today)
