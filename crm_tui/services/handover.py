"""Somebody leaves: all that they hold goes to others in one step, by rules, and nothing is left behind (DOMAIN §4 P16).

Stages and tiers stay as they are, and so does the credit, which is computed from the ownership log. One call is one
entry of the journal, so that one undo brings all of it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from crm_tui.domain.distribution import Dealer, Distribution, Item, parse
from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.pools import COUNTED
from crm_tui.domain.text import clean
from crm_tui.services import moves, notices, pools, teams
from crm_tui.services.session import Outcome, Session
from crm_tui.store import handover, people
from crm_tui.store.people import UserRow

if TYPE_CHECKING:
    from crm_tui.store.customers import Facts
    from crm_tui.store.journal import Change

_BLOCKING = ("customers", "follow-ups", "deals", "protections", "offers", "collaborations", "stand-ins", "teams led")
"""What nobody may still hold who has left."""


@dataclass(frozen=True)
class Preview:
    """What a hand-over is about.

    `tiers`: how many customers of which tier ("" for none); `holds`: how many of each kind of thing, by name; `shares`:
    who would get how many of which tier; `overflow`: why how many customers go to `rest` instead.
    """

    leaver: str
    tiers: Mapping[str, int]
    holds: Mapping[str, int]
    not_on_wecom: int
    shares: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    overflow: Mapping[str, int] = field(default_factory=dict)
    rest: str = ""

    @property
    def customers(self) -> int:
        """How many customers there are."""
        return sum(self.tiers.values())


@dataclass(frozen=True)
class _Shares:
    """Who gets what: customers by login (the overflow with whoever takes that), collaborations (row → login)."""

    customers: Mapping[str, Sequence[int]]
    collaborations: Mapping[int, str]
    preview: Preview


def held_by(session: Session, user_id: int) -> dict[str, int]:
    """What the user still holds that somebody must take over, how many by name; empty for who may be gone."""
    found = handover.counts(session.database, user_id, session.today.isoformat())
    return {name: n for name, n in found.items() if name in _BLOCKING}


def counted(name: str, n: int) -> str:
    """`1 customer`, `3 follow-ups`: so many of what `held_by` names."""
    texts = {
        "customers": ngettext("{n} customer", "{n} customers", n),
        "contacts": ngettext("{n} contact", "{n} contacts", n),
        "follow-ups": ngettext("{n} follow-up", "{n} follow-ups", n),
        "deals": ngettext("{n} deal", "{n} deals", n),
        "receivables": ngettext("{n} receivable", "{n} receivables", n),
        "protections": ngettext("{n} protection", "{n} protections", n),
        "offers": ngettext("{n} offer", "{n} offers", n),
        "collaborations": ngettext("{n} collaboration", "{n} collaborations", n),
        "notices": ngettext("{n} notice", "{n} notices", n),
        "stand-ins": ngettext("{n} stand-in", "{n} stand-ins", n),
        "teams led": ngettext("{n} team led", "{n} teams led", n),
    }
    return texts[name].format(n=f"{n:,}")


def preview(session: Session, login: str, by: str = "") -> Preview:
    """What the user holds, and where `by` says how (`tier:A=li,rr:wang,amy`), who would get how many.

    For leads of the user's team, and administrators.
    """
    leaver = _leaver(session, login)
    if by:
        return _share(session, leaver, by).preview
    return _held(session, leaver, handover.customers(session.database, leaver.id))


def show(session: Session, login: str, by: str = "") -> Outcome:
    """The preview as lines and as one record."""
    found = preview(session, login, by)
    n = found.customers
    message = ngettext("{login} holds {n} customer", "{login} holds {n} customers", n)
    said = message.format(login=login, n=f"{n:,}")
    if not by:
        said += _("; to hand over say to whom: handover {login} --by {plan}").format(
            login=login, plan=proposal(session, login)
        )
    return Outcome(said, lines=lines(found), data=(record(found),))


def hand_over(session: Session, login: str, by: str, reason: str = "") -> Outcome:
    """Give all that the user holds to others as `by` says (`rr:wang,amy`), what exceeds their caps to the team's lead.

    Whoever receives a customer gets its first contact; the user is `leaving` from then on.
    For leads of the user's team, and administrators. UsageError where `by` cannot be read, or names nobody known.
    """
    with session.changing() as change:
        pools.may_give(session)
        leaver = _leaver(session, login)
        shares = _share(session, leaver, by)
        why = clean(reason, limit=500) or _("{login} leaves").format(login=leaver.login)
        logins = people.logins(session.database)
        taken = _taken(session, shares)
        for receiver, ids in shares.customers.items():
            moves.give(session, change, [taken[key] for key in ids], logins[receiver], "hand_over", why)
        _pass_on(session, change, leaver, {row: logins[to] for row, to in shares.collaborations.items()})
        if leaver.state not in ("leaving", "left"):
            change.update("user", [leaver.id], state="leaving")
        found = shares.preview
        message = _said(found)
        if change.is_empty():
            return Outcome(_("{login} holds nothing, and is leaving already").format(login=leaver.login))
        change.summarize(message)
        return Outcome(message, tuple(taken), (), change.entry_id, (record(found),), lines(found))


def proposal(session: Session, login: str) -> str:
    """How a hand-over may be shared out where nobody has said yet: among the reps of the team who are there."""
    leaver = teams.find(session, login)
    rooms = pools.rooms(session)
    team = [
        user["login"] for user in people.everybody(session.database)
        if user["team_id"] == leaver.team_id and user["role"] == "rep" and user["id"] != leaver.id
        and not rooms[user["login"]].reason
    ]  # fmt: skip
    return f"least:{','.join(team)}" if team else session.person.login


def _leaver(session: Session, login: str) -> UserRow:
    """The user whose things may be handed over; NotAllowed for all but leads of the team and administrators."""
    pools.leads_only(session)
    leaver = teams.find(session, login)
    teams.in_charge_of(session, leaver)
    if leaver.id == session.person.id:
        raise NotAllowed(_("nobody hands over their own: a lead or an administrator does"))
    if leaver.state == "left":
        raise CrmError(_("{login} has left and holds nothing").format(login=leaver.login))
    return leaver


def _held(session: Session, leaver: UserRow, customers: Sequence[handover.Held]) -> Preview:
    database = session.database
    return Preview(
        leaver.login, _by_tier(customers), handover.counts(database, leaver.id, session.today.isoformat()),
        handover.not_on_wecom(database, leaver.id),
    )  # fmt: skip


def _by_tier(customers: Sequence[handover.Held]) -> dict[str, int]:
    return dict(Counter(held.tier or "" for held in customers))


def _share(session: Session, leaver: UserRow, by: str) -> _Shares:
    """Find a receiver for everything."""
    rooms = pools.rooms(session)
    rooms[leaver.login] = replace(rooms[leaver.login], reason=_("is leaving"))
    plan = parse(by)
    dealer = Dealer(plan, rooms)
    customers = handover.customers(session.database, leaver.id)
    dealt = dealer.deal([
        Item(held.id, held.tier or "", held.region or "", held.stage in COUNTED)
        for held in customers
    ])  # fmt: skip
    if not any(not rooms[login].reason for login in plan.logins):
        raise UsageError(dealer.why(*plan.logins), by, 0)
    rest = _rest_to(session, leaver)
    by_login: dict[str, list[int]] = {}
    for held in customers:
        by_login.setdefault(dealt.given.get(held.id, rest), []).append(held.id)
    found = _previewed(_held(session, leaver, customers), dealt, customers, rest)
    return _Shares(by_login, _collaborations(session, leaver, dealer), found)


def _previewed(found: Preview, dealt: Distribution, customers: Sequence[handover.Held], rest: str) -> Preview:
    theirs: dict[str, list[handover.Held]] = {}
    for held in customers:
        if held.id in dealt.given:
            theirs.setdefault(dealt.given[held.id], []).append(held)
    shares = {login: _by_tier(some) for login, some in theirs.items()}
    return replace(found, shares=shares, overflow=dict(Counter(dealt.left.values())), rest=rest if dealt.left else "")


def _rest_to(session: Session, leaver: UserRow) -> str:
    """Who takes what exceeds the caps, which bind no lead: the team's lead, else whoever hands over."""
    found = handover.team_lead(session.database, leaver.team_id)
    if found is None or found == leaver.id:
        return session.person.login
    user = people.by_id(session.database, found)
    assert user is not None
    return user.login


def _collaborations(session: Session, leaver: UserRow, dealer: Dealer) -> dict[int, str]:
    """Who goes on with which of the leaver's collaborations; those are left out that come to an end.

    None is passed on of a customer that whoever hands over may not change, nor to somebody who works it already.
    """
    database = session.database
    rows = handover.shared(database, leaver.id)
    mine, __ = session.take([row.customer_id for row in rows])
    open_ones = {facts.id for facts in mine}
    running = [row for row in rows if row.customer_id in open_ones and _runs(session, row)]
    dealt = dealer.deal([Item(row.id, row.tier or "", row.region or "", counts=False) for row in running])
    logins = people.logins(database)
    at_work = {row.id: {row.owner_id, *row.partners} for row in running}
    return {row: login for row, login in dealt.given.items() if logins[login] not in at_work[row]}


def _runs(session: Session, row: handover.Shared) -> bool:
    return row.owner_id is not None and (row.until_on is None or row.until_on >= session.today.isoformat())


def _taken(session: Session, shares: _Shares) -> dict[int, Facts]:
    """The customers, to be changed; CrmError if any of them is out of reach, since nothing may be left behind."""
    ids = [key for theirs in shares.customers.values() for key in theirs]
    taken, refused = session.take(ids, archived=True)
    if refused:
        first = refused[0]
        message = _("not handed over: {n} of them are not yours to give ({reason})")
        raise CrmError(message.format(n=len(refused), reason=first.reason))
    return {facts.id: facts for facts in taken}


def _pass_on(session: Session, change: Change, leaver: UserRow, collaborations: Mapping[int, int]) -> None:
    """Everything beside the customers: what can be taken over goes to others, the rest ends."""
    database, today, key = session.database, session.today.isoformat(), leaver.id
    shared = {row.id: row.customer_id for row in handover.shared(database, key)}
    change.update_each("collaborator", {row: {"user_id": to} for row, to in collaborations.items()})
    change.delete("collaborator", [row for row in shared if row not in collaborations])
    text = _("in the place of {login}").format(login=leaver.login)
    notices.send(session, change, "shared", [(to, shared[row], text) for row, to in collaborations.items()])
    for table in ("follow_up", "protection", "deal"):  # those on customers of others, and on those in a pool
        owners = handover.owners_of(database, table, key, today)
        change.update_each(table, {row: {"user_id": owner or session.person.id} for row, owner in owners.items()})
    offers = handover.rows_of(database, "offers", key, today)
    change.update("transfer", offers, closed_at=session.stamp, closed_as="withdrawn")
    change.update("notice", handover.rows_of(database, "notices", key, today), closed_at=session.stamp)
    change.update("absence", handover.rows_of(database, "stand-ins", key, today), stand_in_id=None)


def _said(found: Preview) -> str:
    counts = Counter({login: sum(tiers.values()) for login, tiers in found.shares.items()})
    counts[found.rest] += sum(found.overflow.values())
    who = ", ".join(f"{login} {n:,}" for login, n in counts.items() if n) or _("no customers")
    message = _("{login} is handed over: {who}").format(login=found.leaver, who=who)
    return message + _("; leads a team still: name another lead") if "teams led" in found.holds else message


def lines(found: Preview) -> tuple[str, ...]:
    """A preview to be read."""
    told = [_("customers {n}: {tiers}").format(n=f"{found.customers:,}", tiers=_tiers(found.tiers))]
    others = {name: n for name, n in found.holds.items() if name != "customers"}
    if others:
        told.append(", ".join(counted(name, n) for name, n in others.items()))
    if found.not_on_wecom:
        told.append(_("not yet on WeCom: {n}").format(n=f"{found.not_on_wecom:,}"))
    for login, tiers in found.shares.items():
        told.append(_("to {login} {n}: {tiers}").format(login=login, n=f"{sum(tiers.values()):,}", tiers=_tiers(tiers)))
    for reason, n in found.overflow.items():
        told.append(_("to {login} {n}, over: {reason}").format(login=found.rest, n=f"{n:,}", reason=reason))
    return tuple(told)


def _tiers(tiers: Mapping[str, int]) -> str:
    return ", ".join(f"{tier or '–'} {n:,}" for tier, n in tiers.items()) or _("none")


def record(found: Preview) -> dict[str, Any]:
    """A preview as `--json` prints it."""
    return {
        "user": found.leaver, "customers": found.customers, "tiers": dict(found.tiers), "holds": dict(found.holds),
        "not_on_wecom": found.not_on_wecom, "shares": {login: dict(tiers) for login, tiers in found.shares.items()},
        "overflow": dict(found.overflow), "overflow_to": found.rest or None,
    }  # fmt: skip
