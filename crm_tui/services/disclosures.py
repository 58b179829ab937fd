"""Data that is told or taken out: who may, how much a day, and that the journal keeps it (DOMAIN §8, §4 P22).

Nothing takes a disclosure back: what was read was read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time
from typing import TYPE_CHECKING

from msgspec import Struct

from crm_tui.domain.clock import local_date, stamp
from crm_tui.domain.errors import NotAllowed
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.services.session import Session
from crm_tui.store import disclosures, visits

if TYPE_CHECKING:
    from crm_tui.services.lists import Query
    from crm_tui.store.journal import Change

FEW = 20
"""A printed list of more rows than this is data taken out."""
BULK = 200
"""Of more rows than this a rep's printed list is of the rep's own customers only."""


class Told(Struct, frozen=True):
    """P22's answer in words, and whether anybody holds the customer, whom one could ask."""

    text: str
    held: bool


def tell_collision(session: Session, change: Change | None, customer_id: int) -> Told:
    """Who holds the customer that one's own is the same as, one that one may not see: P22's answer, no more.

    Kept in the journal: in the entry that is open (`change`), else in one of its own. NotAllowed beyond the day's cap.
    """
    if change is None:
        with session.changing(fixed=True) as own:
            own.summarize(_("told of a collision: customer {id}").format(id=customer_id))
            return tell_collision(session, own, customer_id)
    check_told(session)
    answer = _holder(session, customer_id)
    _note(session, change.entry_id, "collision", 1, answer.text, customer_id)
    return answer


def check_told(session: Session) -> None:
    """NotAllowed once one was told of collisions as often today as `collision.daily_cap` says.

    Ask before looking: beyond the cap the answer is the same, whether the customer is there or not.
    """
    left = told_left(session)
    if left is not None and left <= 0:
        raise NotAllowed(enough_told(session))


def told_left(session: Session) -> int | None:
    """How often one may still be told of a collision today; None where nothing caps it, or nothing is hidden."""
    cap = session.settings["collision.daily_cap"]
    if cap is None or session.sight.everything:
        return None
    return int(cap) - disclosures.told_since(session.database, session.person.id, _midnight(session))


def enough_told(session: Session) -> str:
    """What is said beyond the cap, whatever is asked."""
    text = _("you were told of others' customers {n} times today, that is the cap: go on tomorrow, or ask a lead")
    return text.format(n=session.settings["collision.daily_cap"])


def _holder(session: Session, customer_id: int) -> Told:
    found = disclosures.holder(session.database, customer_id)
    if found is None or found.holder is None:
        return Told(_("it is there already, and held by nobody: ask a lead"), held=False)
    last = local_date(found.last_contact, session.person.zone) if found.last_contact else None
    contact = _("last contact {day:%-d %b}").format(day=last) if last else _("no contact yet")
    text = _("held by {holder}, {stage}, {contact}").format(
        holder=found.holder, stage=BY_IDENTIFIER[found.stage].title, contact=contact
    )
    return Told(text, held=True)


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
    from crm_tui.services import lists

    text = query.filter.strip()
    lists.read(session, text)  # it is one filter by itself: no parenthesis of it closes ours
    return query.with_filter(f"owner:me ({text})" if text else "owner:me")


def check_export(session: Session, query: Query) -> int:
    """How many customers would be taken out; NotAllowed where that is more than is left of the day's cap."""
    from crm_tui.services import lists

    takes_out(session)
    n = lists.count(session, query)
    _check_cap(session, n)
    return n


def _check_cap(session: Session, customers: int) -> None:
    left = _left_of_cap(session)
    if left is not None and customers > left:
        cap = session.settings["export.daily_cap"]
        raise NotAllowed(
            _("{n} customers are more than is left of the day's {cap} ({taken} taken out): narrow the filter").format(
                n=f"{customers:,}", cap=f"{cap:,}", taken=f"{cap - left:,}"
            )
        )


def _left_of_cap(session: Session) -> int | None:
    """How many customers one may still take out today; None where nothing caps it."""
    cap = session.settings["export.daily_cap"] if session.person.role == "rep" else None
    if cap is None:
        return None
    return int(cap) - disclosures.taken_since(session.database, session.person.id, _midnight(session))


def note_export(session: Session, kind: str, customers: int, detail: str) -> None:
    """Keep in the journal that so many customers are taken out; call it before the first of them is.

    NotAllowed for who may not, or not so many any more: what others of one's sessions took meanwhile counts too.
    """
    with session.database.writing():
        takes_out(session)
        _check_cap(session, customers)
        text = ngettext("{n} customer taken out: {what}", "{n} customers taken out: {what}", customers)
        summary = text.format(n=f"{customers:,}", what=detail)
        _note(session, _entry(session, kind, summary), kind, customers, detail)


def note_file(session: Session, name: str) -> None:
    """Keep in the journal that a file is taken from the spool, whose customers were counted when it was written."""
    with session.database.writing():
        takes_out(session)
        entry_id = _entry(session, "spool get", _("file taken out: {name}").format(name=name))
        _note(session, entry_id, "export", 0, name)


def _entry(session: Session, command: str, summary: str) -> int:
    """A journal entry of what is only read; its id."""
    return visits.note(
        session.database, user_id=session.person.id, at=session.stamp, source=session.source,
        command=session.command or command, summary=summary,
    )  # fmt: skip


def check_list(session: Session, query: Query, limit: int | None, line: str = "") -> None:
    """Ask before a list is printed, at most `limit` rows of it: more than `FEW` of them are data taken out.

    They count, and who takes nothing out sees no more than `FEW`; NotAllowed, which names the `line` that takes a limit
    where the command itself takes none.
    """
    from crm_tui.services import lists

    if (limit is not None and limit <= FEW) or len(lists.page(session, query, limit=FEW + 1).ids) <= FEW:
        return
    total = lists.count(session, query)
    others = lambda: lists.count(session, own_only(session, query)) < total  # noqa: E731
    _list(session, total if limit is None else min(limit, total), query.filter, others, line)


def check_queue(session: Session, ids: Sequence[int], text: str, line: str = "") -> None:
    """As `check_list`, for the lines of these customers in a queue; `text` is the filter."""
    others = lambda: not disclosures.holds_all(session.database, session.person.id, ids)  # noqa: E731
    if len(ids) > FEW:
        _list(session, len(ids), text or _("due"), others, line)


def note_watched(session: Session, told: int, noted: int, ids: Sequence[int], text: str) -> int:
    """Ask before a watch tells of these customers too, beside `told` others of the day, of whom so many are `noted`.

    As `check_list`: more than `FEW` a day are data taken out; NotAllowed. They are noted `FEW` at a time, as far as the
    day's cap reaches, lest a busy day makes an entry a second. How many are noted now.
    """
    total = told + len(ids)
    if total <= max(noted, FEW):
        return noted
    others = lambda: not disclosures.holds_all(session.database, session.person.id, ids)  # noqa: E731
    _takes_out_more(session, total, others, _("a watch tells of {n} customers a day"))
    left = _left_of_cap(session)
    more = max(total - noted, FEW if left is None else min(FEW, left))
    note_export(session, "list", more, text or _("all"))
    return noted + more


def _list(session: Session, customers: int, text: str, has_others: Callable[[], bool], line: str = "") -> None:
    instead = _("{line} --limit {n} shows the first") if line else _("--limit {n} shows the first")
    _takes_out_more(session, customers, has_others, instead, line)
    note_export(session, "list", customers, text or _("all"))


def _takes_out_more(
    session: Session, customers: int, has_others: Callable[[], bool], instead: str, line: str = ""
) -> None:
    """NotAllowed for who may not have so many customers printed; `instead` says what is left to who takes nothing."""
    try:
        takes_out(session)
    except NotAllowed as error:
        raise NotAllowed(f"{error}; {instead.format(n=FEW, line=line)}") from None
    if customers > BULK and session.person.role == "rep" and has_others():
        text = _("a list of more than {n} is of one's own customers only: add owner:me, or --limit {n}")
        if line:
            text = _("a list of more than {n} is of one's own customers only: {line} owner:me, or {line} --limit {n}")
        raise NotAllowed(text.format(n=BULK, line=line))


def _note(
    session: Session, entry_id: int, kind: str, customers: int, detail: str, customer_id: int | None = None
) -> None:
    disclosures.add(
        session.database, entry_id, user_id=session.person.id, kind=kind, customer_id=customer_id,
        customers=customers, detail=detail, at=session.stamp,
    )  # fmt: skip


def _midnight(session: Session) -> str:
    return stamp(datetime.combine(session.today, time(), session.person.zone))
