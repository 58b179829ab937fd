"""What waits for people: each notice stands in its reader's queue until it is closed, by a word or by the work it asks.

Whatever sends or closes one does so inside the change that it tells of, so that an undo takes it back too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from crm_tui.domain.clock import local_date
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.domain.text import clean
from crm_tui.services.session import Outcome, Refusal, Session, done, named
from crm_tui.store import notices
from crm_tui.store.notices import Notice

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

KINDS: Mapping[str, str] = {
    "comment": N_("comment"),
    "offer": N_("offered to you"),
    "request": N_("asks to work it with you"),
    "shared": N_("shared with you"),
    "known": N_("came in again"),
    "escalation": N_("missed again"),
    "recycled": N_("went back to the pool"),
}
"""What kinds there are, as people read them."""

WORKED = ("comment", "shared", "known", "escalation", "recycled")
"""What working the customer settles; an offer and a request want an answer."""

NOTED = (*WORKED, "request")
"""What a word settles; an offer is accepted or declined."""


def send(session: Session, change: Change, kind: str, told: Iterable[tuple[int, int | None, str]]) -> None:
    """Put notices of a kind in queues: (user, customer or None, text)."""
    assert kind in KINDS, kind
    change.insert(
        "notice",
        [
            {
                "user_id": user_id, "kind": kind, "customer_id": customer_id, "from_id": session.person.id,
                "text": cleaned(text), "made_at": session.stamp,
            }
            for user_id, customer_id, text in told
        ],
    )  # fmt: skip


def cleaned(text: str) -> str:
    """A notice's text as it is kept."""
    return clean(text, multiline=True, limit=2_000)


def close(
    session: Session, change: Change, user_id: int | None, customer_ids: Iterable[int],
    kinds: Collection[str] = tuple(KINDS), *, from_id: int | None = None,
) -> list[int]:
    """Close the user's (None: everybody's) open notices about the customers; the ids of those customers.

    With `from_id` only those which that user has sent.
    """
    users = None if user_id is None else (user_id,)
    found = notices.open_ids(session.database, customer_ids, kinds, user_ids=users, from_id=from_id)
    change.update("notice", found, closed_at=session.stamp)
    return list(dict.fromkeys(found.values()))


def is_waiting(session: Session, customer_id: int, kind: str, user_id: int) -> bool:
    """Whether one has sent the user a notice of that kind about the customer that is still open."""
    sent = notices.open_ids(
        session.database, [customer_id], (kind,), user_ids=(user_id,), from_id=session.person.id
    )
    return bool(sent)


def worked(session: Session, change: Change, customer_ids: Iterable[int]) -> None:
    """What waited to be worked closes, for oneself and whom one stands in for: one has logged or promised something."""
    found = notices.open_ids(session.database, customer_ids, WORKED, user_ids=_readers(session))
    change.update("notice", found, closed_at=session.stamp)


def standing(session: Session) -> list[Notice]:
    """What waits for oneself, and for those one stands in for, oldest first."""
    return notices.standing(session.database, session.sight, _readers(session))


def listing(session: Session) -> Outcome:
    """What waits for oneself: a line and a record each."""
    found = standing(session)
    n = len(found)
    message = ngettext("{n} notice", "{n} notices", n).format(n=n) if n else _("nothing waits for you")
    return Outcome(
        message,
        lines=tuple(_line(session, notice) for notice in found),
        data=tuple(
            {
                "notice": f.id, "kind": f.kind, "user": f.user, "from": f.sender, "id": f.customer_id, "name": f.name,
                "text": f.text, "at": f"{f.made_at.replace(' ', 'T')}Z",
            }
            for f in found
        ),
    )  # fmt: skip


def noted(session: Session, ids: Sequence[int]) -> Outcome:
    """Close what waits for oneself about the customers and needs no work; a request is thereby left without an answer.

    A customer of which nothing waits is refused, as is one of which only an offer does.
    """
    with session.changing() as change:
        seen, refused = session.see(ids)
        of = notices.open_ids(session.database, [f.id for f in seen], NOTED, user_ids=_readers(session))
        change.update("notice", of, closed_at=session.stamp)
        settled = [f for f in seen if f.id in of.values()]
        refused += [Refusal(f.id, f.name, _idle(session, f.id)) for f in seen if f not in settled]
        message = _("{who}: noted").format(who=named(settled)) if settled else _("nothing was noted")
        return done(change, message, [f.id for f in settled], refused)


def _idle(session: Session, customer_id: int) -> str:
    offered = notices.open_ids(session.database, [customer_id], ("offer",), user_ids=_readers(session))
    return _("it is offered to you: accept or decline it") if offered else _("nothing waits for you there")


def _readers(session: Session) -> tuple[int, ...]:
    return session.sight.queue or (session.person.id,)


def _line(session: Session, notice: Notice) -> str:
    day = local_date(notice.made_at, session.person.zone)
    who = f", {notice.sender}" if notice.sender else ""
    about = f"  {notice.customer_id} {notice.name}" if notice.customer_id else ""
    reader = f" ({notice.user})" if notice.user != session.person.login else ""
    return f"{day}{about}  {_(KINDS[notice.kind])}{who}{reader}: {' '.join(notice.text.split())}"
