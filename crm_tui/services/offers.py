"""A transfer is from rep to rep: offered by the customer's holder, in effect when the other accepts (DOMAIN §1, §4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.pools import COUNTED, cap_refusal
from crm_tui.domain.text import clean
from crm_tui.services import moves, notices
from crm_tui.services.pools import cap_of, may_give, may_receive, no_receiver
from crm_tui.services.session import Outcome, Refusal, Session, done, named
from crm_tui.store import people, pools

if TYPE_CHECKING:
    from crm_tui.store.customers import Facts


def transfer(session: Session, ids: Sequence[int], to: str, reason: str = "") -> Outcome:
    """Offer customers to a colleague, who finds them in the queue; they stay where they are until that is accepted."""
    said = clean(reason, limit=500)
    with session.changing() as change:
        may_give(session)
        receiver = receiver_of(session, to)
        taken, refused = session.take_to_move(ids)
        offered = pools.open_offers(session.database, [f.id for f in taken])
        good: list[Facts] = []
        for facts in taken:
            why = _not_offered(facts, receiver, facts.id in offered)
            if why is None:
                good.append(facts)
            else:
                refused.append(Refusal(facts.id, facts.name, why))
        change.insert(
            "transfer",
            [
                {
                    "customer_id": f.id, "from_id": f.owner_id, "to_id": receiver, "reason": said,
                    "made_at": session.stamp,
                }
                for f in good
            ],
        )  # fmt: skip
        text = said or _("accept or decline")
        notices.send(session, change, "offer", [(receiver, f.id, text) for f in good])
        message = _("{who} offered to {to}") if good else _("nothing was offered")
        return done(change, message.format(who=named(good), to=to), [f.id for f in good], refused)


def receiver_of(session: Session, login: str) -> int:
    """The id of the user to whom one offers; UsageError for nobody, and for who receives nothing."""
    found = people.by_login(session.database, login)
    if found is None:
        raise UsageError(_('there is no user "{login}"').format(login=login), login, 0)
    reason = no_receiver(found.role, found.state, found.id in people.away(session.database, session.today.isoformat()))
    if reason:
        raise UsageError(_("nothing is offered to {login}: {reason}").format(login=login, reason=reason), login, 0)
    return found.id


def _not_offered(facts: Facts, receiver: int, offered: bool) -> str | None:
    if facts.owner_id is None:
        return _("nobody holds it")
    if facts.owner_id == receiver:
        return _("that is who holds it")
    return _("it is offered already: `withdraw` takes that back") if offered else None


def accept(session: Session, ids: Sequence[int]) -> Outcome:
    """Accept what was offered to one, as far as one's holding cap goes."""
    with session.changing() as change:
        may_receive(session)
        seen, refused = session.see(ids)
        offers = pools.open_offers(session.database, [f.id for f in seen])
        [(held, __)] = pools.held_now(session.database, [session.person.id]).values()
        cap = cap_of(session, session.person.role, session.person.capacity)
        good: list[Facts] = []
        for facts in seen:
            offer = offers.get(facts.id)
            why = _("it is not offered to you") if offer is None or offer[2] != session.person.id else None
            why = why or _moved(facts, offer[1] if offer else None) or cap_refusal(facts.stage, held, cap)
            if why is not None:
                refused.append(Refusal(facts.id, facts.name, why))
                continue
            good.append(facts)
            held += facts.stage in COUNTED
        _close(session, [offers[f.id][0] for f in good], "accepted")
        for sender in {f.owner_id for f in good}:
            moves.give(session, change, [f for f in good if f.owner_id == sender], session.person.id, "transfer")
        _forget(session, [f.id for f in good])
        message = _("{who} accepted") if good else _("nothing was accepted")
        return done(change, message.format(who=named(good)), [f.id for f in good], refused)


def _moved(facts: Facts, sender: int | None) -> str | None:
    return None if facts.owner_id == sender else _("who offered it does not hold it any more")


def decline(session: Session, ids: Sequence[int]) -> Outcome:
    """Decline what was offered to one; it stays where it is."""
    with session.changing():
        seen, refused = session.see(ids)
        offers = pools.open_offers(session.database, [f.id for f in seen])
        mine = [f for f in seen if f.id in offers and offers[f.id][2] == session.person.id]
        refused += [Refusal(f.id, f.name, _("it is not offered to you")) for f in seen if f not in mine]
        return _end(session, mine, "declined", refused, _("{who} declined"))


def withdraw(session: Session, ids: Sequence[int]) -> Outcome:
    """Take offers back, of customers that one may give away."""
    with session.changing():
        taken, refused = session.take_to_move(ids)
        offers = pools.open_offers(session.database, [f.id for f in taken])
        refused += [Refusal(f.id, f.name, _("it is not offered to anybody")) for f in taken if f.id not in offers]
        return _end(session, [f for f in taken if f.id in offers], "withdrawn", refused, _("{who}: offer withdrawn"))


def withdraw_all(session: Session, user_id: int) -> None:
    """Take back all offers that the user made or was made: one who leaves gives and receives no more."""
    from crm_tui.store import handover

    with session.changing() as change:
        rows = handover.rows_of(session.database, "offers", user_id, session.today.isoformat())
        offered = pools.offered(session.database, rows)
        change.update("transfer", rows, closed_at=session.stamp, closed_as="withdrawn")
        _forget(session, offered)


def _end(session: Session, good: Sequence[Facts], closed_as: str, refused: list[Refusal], message: str) -> Outcome:
    """Close the open offers of these customers, and the notices that told of them."""
    with session.changing() as change:
        offers = pools.open_offers(session.database, [f.id for f in good])
        _close(session, [offers[f.id][0] for f in good], closed_as)
        _forget(session, [f.id for f in good])
        text = message.format(who=named(good)) if good else _("nothing was changed")
        return done(change, text, [f.id for f in good], refused)


def _close(session: Session, rows: Sequence[int], closed_as: str) -> None:
    with session.changing() as change:
        change.update("transfer", rows, closed_at=session.stamp, closed_as=closed_as)


def _forget(session: Session, ids: Sequence[int]) -> None:
    """Close the notices of the offers."""
    from crm_tui.store import notices as store

    with session.changing() as change:
        change.update("notice", list(store.open_ids(session.database, ids, ("offer",))), closed_at=session.stamp)
