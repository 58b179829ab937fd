"""Who works a customer beside its holder: let in by the holder or a lead, to read or to edit, until a day.

Editing is all that describes and logs: fields, contacts, tags, stage, tier, calls and promises. What gives the
customer into other hands, takes it out of sight or lets others in (release, transfer, assign, protect, archive, share)
stays with the holder and the leads (`people.moving_refusal`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from crm_tui.domain.collaboration import ACCESS, FUNCTIONS
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.names import name_key
from crm_tui.domain.text import ascii_twin, clean
from crm_tui.services import disclosures, notices, pools
from crm_tui.services.session import Outcome, Refusal, Session, done, named
from crm_tui.store import collaborations, people
from crm_tui.store.collaborations import Collaborator

if TYPE_CHECKING:
    from crm_tui.store.customers import Facts
    from crm_tui.store.journal import Change
    from crm_tui.store.people import UserRow


def share(
    session: Session, ids: Sequence[int], login: str, *, function: str = "", access: str = "read",
    until: date | None = None,
) -> Outcome:
    """Let a user work the customers, `access` read or edit, up to and including a day (None: until it is taken back).

    Once more changes how. Only who holds a customer and the leads share it; it answers the user's request.
    Raises UsageError for a user who is not there or cannot edit.
    """
    user = receiver_of(session, login, access)
    with session.changing() as change:
        pools.may_give(session)
        taken, refused = session.take_to_move(ids)
        fit = [f for f in taken if f.owner_id not in (None, user.id)]
        refused += [Refusal(f.id, f.name, _unfit(f, user.login)) for f in taken if f not in fit]
        how = {"function": function, "access": access, "until_on": until.isoformat() if until else None}
        before = collaborations.of_user(session.database, user.id, [f.id for f in fit])
        fresh = [{"customer_id": f.id, "user_id": user.id, **how} for f in fit if f.id not in before]
        change.insert("collaborator", fresh)
        changed = {*change.update_each("collaborator", {before[f.id].id: how for f in fit if f.id in before})}
        news = [f for f in fit if f.id not in before or before[f.id].id in changed]
        answered = notices.close(session, change, None, [f.id for f in fit], ("request",), from_id=user.id)
        _tell(session, change, user.id, news, f"{_how(function, access)}{_till(until)}")
        changed_ids = [f.id for f in fit if f in news or f.id in answered]
        message = _("{who}: shared with {login} to {how}{until}").format(
            who=named(fit), login=user.login, how=_how(function, access), until=_till(until)
        )
        return done(change, message if fit else _("nothing was shared"), changed_ids, refused)


def unshare(session: Session, ids: Sequence[int], login: str) -> Outcome:
    """End the user's collaboration on the customers; one's own one may always end."""
    user = _user(session, login)
    with session.changing() as change:
        taken, refused = session.see(ids) if user.id == session.person.id else session.take_to_move(ids)
        found = collaborations.of_user(session.database, user.id, [f.id for f in taken])
        shared = [f for f in taken if f.id in found]
        apart = _("{login} does not work it").format(login=user.login)
        refused += [Refusal(f.id, f.name, apart) for f in taken if f not in shared]
        change.delete("collaborator", [found[f.id].id for f in shared])
        notices.close(session, change, user.id, [f.id for f in shared], ("shared",))
        message = _("{who}: shared with {login} no more").format(who=named(shared), login=user.login)
        return done(change, message if shared else _("nothing was changed"), [f.id for f in shared], refused)


def of(session: Session, customer_id: int) -> list[Collaborator]:
    """Who works a customer that the user sees beside its holder, today."""
    return collaborations.of_customer(session.database, customer_id, session.today.isoformat())


def ask(session: Session, asked: str, *, function: str = "", why: str = "") -> Outcome:
    """Ask who holds a customer to work it together: one seen by its id, one not seen by its exact name (DOMAIN §4 P22).

    A name is compared as for duplicates; one that nobody's customer has is answered as an unknown customer is. That a
    name was right is told as a collision is: within the day's cap, and kept in the journal.
    """
    with session.changing() as change:
        customer_id, owner_id, name = _asked(session, asked)
        if notices.is_waiting(session, customer_id, "request", owner_id):
            return Outcome(_("{name}: asked already").format(name=name or clean(asked)))
        told = name or disclosures.tell_collision(session, change, customer_id).text
        as_what = _("as {function}").format(function=_function(function)) if function else ""
        text = ": ".join(part for part in (as_what, clean(why, limit=500)) if part)
        notices.send(session, change, "request", [(owner_id, customer_id, text)])
        message = _("{told}; asked to work it together").format(told=told)
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id)


def _asked(session: Session, asked: str) -> tuple[int, int, str | None]:
    """The customer that was meant, its owner, and its name if it is seen."""
    digits = ascii_twin(asked.strip())
    if digits.isascii() and digits.isdigit() and len(digits) < 19:
        facts = session.one(int(digits))
        return facts.id, _other_owner(session, facts), facts.name
    key = name_key(asked)
    held = collaborations.held_of_name(session.database, key) if key else []
    seen, __ = session.see([customer_id for customer_id, __ in held])
    for facts in seen:
        return facts.id, _other_owner(session, facts), facts.name
    if session.trial:
        raise CrmError(_("who holds it, if anybody does, only the command itself tells"))
    if not held:
        disclosures.check_told(session)
        raise CrmError(_('there is no customer "{name}"').format(name=clean(asked)))
    return (*held[0], None)


def _other_owner(session: Session, facts: Facts) -> int:
    if facts.owner_id is None:
        raise CrmError(_("{name} ({id}) is held by nobody: claim it").format(name=facts.name, id=facts.id))
    if facts.owner_id == session.person.id:
        raise CrmError(_("{name} ({id}) is yours").format(name=facts.name, id=facts.id))
    return facts.owner_id


def _user(session: Session, login: str) -> UserRow:
    name = session.person.login if login == "me" else login
    user = people.by_login(session.database, name)
    if user is None:
        raise UsageError(_('there is no user "{login}"').format(login=login), login, 0)
    return user


def receiver_of(session: Session, login: str, access: str) -> UserRow:
    """The user to whom one shares; UsageError for nobody, who leaves, and who may not have that access."""
    user = _user(session, login)
    if user.state in ("leaving", "left"):
        raise UsageError(_("{login} is leaving or has left").format(login=user.login), login, 0)
    if access == "edit" and user.role == "service":
        message = _("{login} is service, who changes no customers: share to read").format(login=user.login)
        raise UsageError(message, login, 0)
    return user


def _unfit(facts: Facts, login: str) -> str:
    if facts.owner_id is None:
        return _("nobody holds it: what is in a pool is not shared")
    return _("{login} holds it").format(login=login)


def _tell(session: Session, change: Change, user_id: int, shared: Sequence[Facts], how: str) -> None:
    if user_id != session.person.id:
        notices.close(session, change, user_id, [f.id for f in shared], ("shared",))
        notices.send(session, change, "shared", [(user_id, f.id, how) for f in shared])


def _how(function: str, access: str) -> str:
    what = next((c.title for c in ACCESS if c.identifier == access), access)
    return _("{access} as {function}").format(access=what, function=_function(function)) if function else what


def _function(identifier: str) -> str:
    return next((choice.title for choice in FUNCTIONS if choice.identifier == identifier), identifier)


def _till(until: date | None) -> str:
    return _(" until {day}").format(day=until.isoformat()) if until else ""


def told(collaborator: Collaborator) -> str:
    """How someone works a customer: `wang: edit as engineer until 2026-12-31`."""
    until = date.fromisoformat(collaborator.until_on) if collaborator.until_on else None
    return f"{collaborator.login}: {_how(collaborator.function, collaborator.access)}{_till(until)}"
