"""Who may take back what: undo and redo go by the rights of the moment, not by those under which something was done,
and are judged once for all the `entries` of a run.

A customer that one has lost stays as it is, and what one could not receive now is not received by way of undo either
(DOMAIN §4 P2, P5, P13, §8, §9).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from crm_tui.domain.clock import moment
from crm_tui.domain.errors import CrmError, NotAllowed
from crm_tui.domain.language import _
from crm_tui.domain.people import Sight, refusal
from crm_tui.services.session import Session
from crm_tui.store import people, pools, reverts
from crm_tui.store.customers import Facts
from crm_tui.store.reverts import Moved

FRESH = timedelta(days=1)
"""For so long what one has given away oneself, and nobody has taken since, comes back whoever belongs to the pool."""

_OF_ADMINISTRATORS = {"team", "setting", "pool", "pool_member", "pool_rule"}
_OF_USERS = {"user", "ssh_key"}
_OF_LEADS = {"product"}


def check_entries(session: Session, entries: Sequence[int]) -> None:
    """NotAllowed unless one could change now what belongs to no customer of what the entries changed."""
    person, records = session.person, reverts.records(session.database, entries)
    if person.role == "admin":
        return
    if records & _OF_ADMINISTRATORS:
        raise NotAllowed(_("only administrators take that back"))
    if records & _OF_LEADS and person.role != "lead" and not reverts.customers(session.database, entries):
        raise NotAllowed(_("only leads and administrators take that back"))
    if "scheme" in records and person.role != "lead":
        raise NotAllowed(_("only leads and administrators take that back"))
    if records & _OF_USERS:
        sight = session.sight
        touched = reverts.users(session.database, entries)
        led = person.role == "lead" and all(key in sight.led and key != person.id for key in touched)
        if not led or any(columns != {"state"} for columns in touched.values()):
            raise NotAllowed(_("only administrators take that back"))


def forbidden(session: Session, entries: Sequence[int], *, redo: bool) -> dict[int, str]:
    """The customers of the entries that one may not take back now, each with the reason."""
    database, sight = session.database, session.sight
    moved = reverts.moved(database, entries)
    if moved and session.person.state == "leaving":
        raise NotAllowed(_("you are leaving: nothing changes hands by you any more"))
    ids = reverts.customers(database, entries)
    seen, __ = session.see(ids)
    there = {facts.id: facts for facts in seen}
    elsewhere = _("changed since, it is in other hands: it stays as it is")
    found = dict.fromkeys(reverts.outlived(database, entries), elsewhere)
    for key in ids:
        if key in found:
            continue
        if key in moved:
            reason = _unmoved(session, sight, moved[key]) if moved[key].newest else None
        else:
            reason = _unchanged(sight, there.get(key))
        if reason is not None:
            found[key] = reason
    returning = [key for key in ids if key in moved and key not in found and _returns(moved[key], session.person.id)]
    return found | _not_received(session, returning, there, moved, redo=redo)


def _unchanged(sight: Sight, facts: Facts | None) -> str | None:
    """Why one may not write into the customer any more; one that is not seen is not there."""
    if facts is None:
        return _("it is not yours any more: it stays as it is")
    return refusal(sight, facts.id, facts.owner_id)


def _is_fresh(session: Session, move: Moved) -> bool:
    """Whether it was done within a day: a slip is taken back wherever it has put the customer."""
    return session.clock() - moment(move.at) <= FRESH


def _unmoved(session: Session, sight: Sight, move: Moved) -> str | None:
    """Why one may not take the change of hands back."""
    if sight.role == "admin" or (move.from_owner == sight.user_id and _is_fresh(session, move)):
        return None
    owners = [owner for owner in (move.from_owner, move.to_owner) if owner is not None]
    known = [pool for pool in (move.from_pool, move.to_pool) if pool is not None]
    seen = sight.pools is None or all(pool in sight.pools for pool in known)
    if sight.role == "lead":
        mine = sight.everything or all(owner in sight.owners for owner in owners)
    else:
        mine = sight.role == "rep" and (not owners or any(owner in sight.owners for owner in owners))
    return None if mine and seen else _("it is not yours any more: it stays as it is")


def _returns(move: Moved, user_id: int) -> bool:
    """Whether to take the move back brings the customer from a pool into the user's hands."""
    return move.to_pool is not None and move.from_owner == user_id


def _not_received(
    session: Session, ids: Iterable[int], there: dict[int, Facts], moved: dict[int, Moved], *, redo: bool
) -> dict[int, str]:
    """Of the customers that would come back to oneself out of a pool, those that one could not claim.

    To do a claim again is to claim. What one has released oneself, and nobody took since, one takes back without a
    quota or a cooldown, as a member of the pool that it lies in.
    """
    from crm_tui.services.pools import claim_check

    wanted = list(ids)
    facts = [there[key] for key in wanted if key in there]
    if not wanted or session.person.role == "admin":
        return {}
    check, counts = claim_check(session, facts)
    member_of = session.sight.claims.pools if session.sight.claims else ()
    unseen = [key for key in wanted if redo and key not in there]
    found = dict.fromkeys(unseen, _("it is in a pool that you are no member of"))
    for one in facts:
        if member_of is not None and moved[one.id].to_pool not in member_of and not _is_fresh(session, moved[one.id]):
            found[one.id] = _("it is in a pool that you are no member of")
        elif redo:
            reason = check(one, counts[one.pool_id or 0])
            if reason is not None:
                found[one.id] = reason
    return found


def protections(session: Session) -> dict[int, int]:
    """How many customers each user protects, for `check_protections` afterwards."""
    return reverts.protected(session.database, session.today.isoformat())


def check_protections(session: Session, before: dict[int, int]) -> None:
    """CrmError if a rep protects more than before and more than the limit (P13)."""
    limit = session.settings["pool.protection.per_rep"]
    after = protections(session)
    grown = [key for key, n in after.items() if limit is not None and n > max(limit, before.get(key, 0))]
    for user in people.of_ids(session.database, grown).values():
        if user.role == "rep":
            raise CrmError(
                _("{login} would protect {n} customers, {limit} is the limit: nothing was changed").format(
                    login=user.login, n=after[user.id], limit=limit
                )
            )


def check_receivers(session: Session, entry_id: int, taken_back: Sequence[int]) -> None:
    """CrmError if the entry gave a customer to somebody who may hold none: service, one who has left, and one who was
    told to leave after the first of those `taken_back`. Who was leaving before gets back what was handed over.
    """
    database = session.database
    gained = pools.received(database, entry_id)
    for user in people.of_ids(database, gained).values():
        leaves = user.state == "leaving" and reverts.told_to_leave(database, user.id, taken_back)
        if user.role == "service" or user.state == "left" or leaves:
            raise CrmError(
                _("{login} can hold nothing any more: nothing was changed; assign it instead").format(login=user.login)
            )
