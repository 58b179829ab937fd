"""Data that is told or taken out: who may, how much a day, and that the journal keeps it (DOMAIN §8, §4 P22).

Nothing takes a disclosure back: what was read was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from typing import TYPE_CHECKING, TypeVar

from crm_tui.domain.clock import local_date, stamp
from crm_tui.domain.errors import NotAllowed
from crm_tui.domain.language import _
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.services import lists
from crm_tui.services.lists import Query
from crm_tui.services.session import Session
from crm_tui.store import disclosures

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

BULK = 200
"""A printed list of more rows than this is data taken out."""

T = TypeVar("T")


def tell_collision(session: Session, change: Change | None, customer_id: int) -> str:
    """Who holds the customer that one's own is the same as, one that one may not see: P22's answer, no more.

    So often a day as `collision.daily_cap` says; beyond that only that it is there. Kept in the journal: in the entry
    that is open (`change`), else in one of its own.
    """
    if session.trial:
        return _("it is there already; who holds it, only the command itself tells")
    cap = session.settings["collision.daily_cap"]
    told = disclosures.told_since(session.database, session.person.id, _midnight(session))
    if cap is not None and told >= cap:
        return _("it is there already; you were told who holds others {n} times today, that is the cap").format(n=told)
    answer = _holder(session, customer_id)
    if change is None:
        with session.changing(fixed=True) as own:
            own.summarize(_("told of a collision: customer {id}").format(id=customer_id))
            _note(session, own, "collision", 1, answer, customer_id)
    else:
        _note(session, change, "collision", 1, answer, customer_id)
    return answer


def _holder(session: Session, customer_id: int) -> str:
    found = disclosures.holder(session.database, customer_id)
    if found is None or found.holder is None:
        return _("it is there already, held by nobody you may claim it from")
    last = local_date(found.last_contact, session.person.zone) if found.last_contact else None
    contact = _("last contact {day:%-d %b}").format(day=last) if last else _("no contact yet")
    return _("held by {holder}, {stage}, {contact}").format(
        holder=found.holder, stage=BY_IDENTIFIER[found.stage].title, contact=contact
    )


def takes_out(session: Session) -> None:
    """NotAllowed for whoever may take no data out: service, who is leaving, and who was denied it."""
    session.refresh()
    if session.person.role == "service":
        raise NotAllowed(_("service takes no data out"))
    if session.person.state == "leaving":
        raise NotAllowed(_("you are leaving: no data is taken out"))
    if not session.person.may_export:
        raise NotAllowed(_("you may take no data out: `users edit {login} --export yes` allows it").format(
            login=session.person.login
        ))  # fmt: skip


def own_only(session: Session, query: Query) -> Query:
    """The list as its reader may take it out: reps their own customers only."""
    if session.person.role != "rep":
        return query
    text = query.filter.strip()
    lists.read(session, text)  # it is one filter by itself: no parenthesis of it closes ours
    return query.with_filter(f"owner:me ({text})" if text else "owner:me")


def check_export(session: Session, query: Query) -> int:
    """How many customers would be taken out; NotAllowed where that is more than is left of the day's cap."""
    takes_out(session)
    n = lists.count(session, query)
    cap = session.settings["export.daily_cap"] if session.person.role == "rep" else None
    if cap is not None:
        taken = disclosures.taken_since(session.database, session.person.id, _midnight(session))
        if n + taken > cap:
            raise NotAllowed(
                _("{n} customers are more than is left of the day's {cap} ({taken} taken out): narrow the filter").format(
                    n=f"{n:,}", cap=f"{cap:,}", taken=f"{taken:,}"
                )
            )
    return n


def note_export(session: Session, kind: str, customers: int, detail: str) -> None:
    """Keep in the journal that so many customers are taken out; call it before the first of them is."""
    with session.changing(fixed=True) as change:
        change.summarize(_("{n} customers taken out: {what}").format(n=f"{customers:,}", what=detail))
        _note(session, change, kind, customers, detail)


def listed(session: Session, query: Query, rows: Iterator[T]) -> Iterator[T]:
    """The rows of a printed list; more than `BULK` of them are data taken out, with the rights and caps of that.

    What a rep takes out in bulk is the rep's own: of anything else there are no more than `BULK` rows in one list.
    """
    for number, row in enumerate(rows):
        if number == BULK:
            _bulk(session, query)
        yield row


def _bulk(session: Session, query: Query) -> None:
    takes_out(session)
    if session.person.role == "rep" and lists.count(session, own_only(session, query)) < lists.count(session, query):
        raise NotAllowed(_("a list of more than {n} is of one's own customers only: add owner:me, or --limit {n}").format(
            n=BULK
        ))  # fmt: skip
    note_export(session, "list", check_export(session, query), query.filter or _("all"))


def _note(
    session: Session, change: Change, kind: str, customers: int, detail: str, customer_id: int | None = None
) -> None:
    disclosures.add(
        change, user_id=session.person.id, kind=kind, customer_id=customer_id, customers=customers, detail=detail,
        at=session.stamp,
    )  # fmt: skip


def _midnight(session: Session) -> str:
    return stamp(datetime.combine(session.today, time(), session.person.zone))
