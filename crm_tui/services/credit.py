"""Whose work on a customer counts: proposed from the log with its arithmetic, fixed by a lead (DOMAIN §1, §8).

What people did counts wherever the customer is now, and whether they are still here or not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.domain import credit as rule
from crm_tui.domain.clock import local_date
from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.text import clean
from crm_tui.services import work
from crm_tui.services.session import Outcome, Session, done
from crm_tui.store import people
from crm_tui.store import work as kept

if TYPE_CHECKING:
    from crm_tui.store.customers import Facts
    from crm_tui.store.work import Fixed


def credit(session: Session, customer_id: int) -> Outcome:
    """The split that is fixed, and by whom, and the one that the log proposes, each share with its arithmetic."""
    facts = session.one(customer_id)
    proposal = propose(session, facts.id)
    fixed = kept.fixed_credit(session.database, facts.id)
    lines = [_fixed_line(session, *row) for row in fixed]
    how = _("{login} {n} %, proposed: {arithmetic}")
    for share in proposal.shares:
        lines.append(how.format(login=share.login, n=share.percent, arithmetic=proposal.arithmetic(share)))
    nothing = _("nobody has held it for a day or spoken to it yet")
    message = _("{name}: credit").format(name=facts.name)
    return Outcome(message, lines=tuple(lines) or (nothing,), data=tuple(_records(facts.id, fixed, proposal)))


def _fixed_line(session: Session, login: str, percent: int, reason: str, by: str, at: str) -> str:
    told = _("{login} {n} %, fixed by {by} on {day}")
    line = told.format(login=login, n=percent, by=by, day=local_date(at, session.person.zone))
    return f"{line}: {reason}" if reason else line


def _records(customer_id: int, fixed: Sequence[Fixed], proposal: rule.Proposal) -> Iterator[dict[str, Any]]:
    work_of = {share.login: share.work for share in proposal.shares}
    shares = [
        *((login, percent, by, reason) for login, percent, reason, by, __ in fixed),
        *((share.login, share.percent, None, proposal.arithmetic(share)) for share in proposal.shares),
    ]
    for login, percent, by, reason in shares:
        theirs = work_of.get(login, rule.Work(login))
        yield {
            "id": customer_id, "user": login, "percent": percent, "fixed_by": by, "reason": reason,
            "days": theirs.days, "contacts": theirs.contacts,
        }  # fmt: skip


def propose(session: Session, customer_id: int) -> rule.Proposal:
    """The split that the log suggests for a customer that the user sees."""
    return rule.propose(
        rule.Work(worker.who, worker.days(session), worker.contacts.total())
        for worker in work.worked(session, customer_id)
    )


def fix(session: Session, customer_id: int, shares: Sequence[tuple[str, str]], reason: str = "") -> Outcome:
    """Fix the split: (login, per cent as typed), summing to 100, in place of what was fixed before. Leads only."""
    percent = rule.check(shares)
    with session.changing() as change:
        if session.person.role not in ("lead", "admin"):
            raise NotAllowed(_("only team leads fix the credit"))
        facts = _led(session, customer_id)
        why = clean(reason, limit=500)
        wanted = {_user(session, login): {"percent": n, "reason": why} for login, n in percent.items()}
        before = kept.fixed_rows(session.database, facts.id)
        change.delete("credit_share", [row for user_id, row in before.items() if user_id not in wanted])
        change.update_each("credit_share", {before[key]: row for key, row in wanted.items() if key in before})
        fresh = [{"customer_id": facts.id, "user_id": key, **row} for key, row in wanted.items() if key not in before]
        change.insert("credit_share", fresh)
        told = ", ".join(f"{login} {n} %" for login, n in percent.items())
        return done(change, _("{who}: credit {shares}").format(who=facts.name, shares=told), [facts.id])


def _led(session: Session, customer_id: int) -> Facts:
    """The customer, which one may give away: what others let one work with them is not one's to judge."""
    taken, refused = session.take_to_move([customer_id])
    if not taken:
        raise (NotAllowed if refused[0].forbidden else CrmError)(refused[0].reason)
    return taken[0]


def _user(session: Session, login: str) -> int:
    user = people.by_login(session.database, login)
    if user is None:
        raise UsageError(_('there is no user "{login}"').format(login=login), login)
    return user.id
