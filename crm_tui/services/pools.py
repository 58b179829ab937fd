"""Customers change hands: claimed, released, assigned, moved, blocked (DOMAIN §4 P1–P7, P14, P21, P23).

Every verb does what it can and says row by row why the rest stays; all of one call is one entry of the journal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from crm_tui.domain.clock import local_date, moment, stamp
from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.people import ROLES
from crm_tui.domain.pools import (
    COUNTED,
    Against,
    Claimant,
    PoolRules,
    Wanted,
    cap_refusal,
    claim_refusal,
    release_reason,
    smallest,
)
from crm_tui.domain.text import clean
from crm_tui.services import moves
from crm_tui.services.session import Outcome, Refusal, Session, done, named
from crm_tui.store import customers, importing, people, pools

if TYPE_CHECKING:
    from crm_tui.domain.distribution import Distribution, Room
    from crm_tui.store.customers import Facts

FIRST_IS_TOLD = timedelta(days=1)
"""For so long a claim that comes too late is told who was first."""

Check = Callable[["Facts", Claimant], Against | None]


def claim(session: Session, ids: Sequence[int], *, all_or_nothing: bool = False) -> Outcome:
    """Claim customers from their pools, in order, as far as the rules allow.

    With `all_or_nothing` none is claimed unless all can be. Refusals say which rule speaks against it; who comes too
    late is told who was first.
    """
    with session.changing() as change:
        may_receive(session)
        seen, missing = session.see(ids)
        refused = _late(session, missing)
        taken = _claimable(session, seen, refused)
        if all_or_nothing and refused:
            refused += [Refusal(f.id, f.name, _("not claimed: all or nothing")) for f in taken]
            return done(change, _("nothing was claimed"), [], refused)
        moves.give(session, change, taken, session.person.id, "claim")
        message = _("{who} claimed, {holding}") if taken else _("nothing was claimed, {holding}")
        said = message.format(who=named(taken), holding=holding(session))
        return done(change, said, [f.id for f in taken], refused)


def may_add(session: Session) -> None:
    """NotAllowed for whoever brings in and receives no customers, for themselves or others: service, who is leaving."""
    if session.person.role == "service":
        raise NotAllowed(_("service holds no customers"))
    if session.person.state == "leaving":
        raise NotAllowed(_("you are leaving: nothing can be added"))


def may_receive(session: Session) -> None:
    """As `may_add`, and NotAllowed for who is away: nobody lays in customers whose clocks stand still."""
    may_add(session)
    if session.person.id in people.away(session.database, session.today.isoformat()):
        raise NotAllowed(_("you are away: `users back me` first"))


def may_give(session: Session) -> None:
    """NotAllowed for who is leaving: nothing of the own goes but by hand-over, and nothing of others by them (P16)."""
    if session.person.state == "leaving":
        raise NotAllowed(_("you are leaving: what you hold is handed over"))


def _claimable(session: Session, seen: Sequence[Facts], refused: list[Refusal]) -> list[Facts]:
    """Those that may be claimed one after the other; the others are added to the refused."""
    check, counts = claim_check(session, seen)
    taken: list[Facts] = []
    for facts in seen:
        counted = counts[facts.pool_id or 0]
        reason = check(facts, counted)
        if reason is not None:
            refused.append(Refusal(facts.id, facts.name, reason))
            continue
        taken.append(facts)
        after = counted.after(Wanted(facts.stage))
        counts = {pool: Claimant(after.held, n.claimed_today) for pool, n in counts.items()}
        counts[facts.pool_id or 0] = after
    return taken


def claim_check(session: Session, seen: Sequence[Facts]) -> tuple[Check, dict[int, Claimant]]:
    """What tells of each of these customers why the user may not claim it, and the user's counts by pool."""
    database, person, today, zone = session.database, session.person, session.today, session.person.zone
    ids = [facts.id for facts in seen]
    everyone = pools.members(database)
    midnight = stamp(datetime.combine(today, time(), zone))
    claimed = pools.claimed_since(database, person.id, midnight)
    [(held, __)] = pools.held_now(database, [person.id]).values()
    left = pools.left_at(database, person.id, ids)
    rules = {pool_id: rules_for(session, pool_id) for pool_id in {f.pool_id for f in seen if f.pool_id}}
    frozen = any(rule.freeze_days for rule in rules.values())
    entered = pools.entered_at(database, ids) if frozen else {}
    holders = people.of_ids(database, {f.owner_id for f in seen if f.owner_id})

    def check(facts: Facts, counted: Claimant) -> Against | None:
        if facts.merged_into is not None:
            return Against(_("it was merged into another customer"), _("merged"))
        if facts.archived_at:
            return Against(_("it is archived: unarchive it first"), _("archived"))
        if facts.owner_id == person.id:
            return Against(_("you hold it already"), _("yours"))
        holder = holders[facts.owner_id].name if facts.owner_id else ""
        members = everyone.get(facts.pool_id or 0)
        wanted = Wanted(
            facts.stage, bool(facts.blocked), holder, members is None or person.id in members,
            local_date(entered[facts.id], zone) if facts.id in entered else None,
            local_date(left[facts.id], zone) if facts.id in left else None,
        )  # fmt: skip
        return claim_refusal(wanted, counted, rules.get(facts.pool_id or 0, PoolRules()), today)

    counts = {key: Claimant(held, claimed.get(key, 0)) for key in (*rules, 0)}
    return check, counts


def rules_for(session: Session, pool_id: int) -> PoolRules:
    """The rules of the pool for the user: cap and quota bind reps, cooldown and freeze everybody."""
    rules = session.settings.of_pool(pool_id)
    rep = session.person.role == "rep"
    return PoolRules(
        rules["pool.daily_quota"] if rep else None,
        cap_of(session, session.person.role, session.person.capacity, pool_id),
        rules["pool.cooldown_days"] or 0, rules["pool.freeze_days"] or 0,
    )  # fmt: skip


def _late(session: Session, missing: Sequence[Refusal]) -> list[Refusal]:
    """The refusals of what is not seen; one who claims what has just gone is told who was first (P1)."""
    since = stamp(session.clock() - FIRST_IS_TOLD)
    gone = pools.gone(session.database, [refusal.id for refusal in missing], since)
    sight, zone = session.sight, session.person.zone
    found: list[Refusal] = []
    for refusal in missing:
        first = gone.get(refusal.id)
        if first is not None and (sight.pools is None or first.pool_id in sight.pools):
            at = moment(first.at).astimezone(zone)
            text = _("{name} was first, at {time}").format(name=first.holder, time=f"{at:%H:%M}")
            refusal = Refusal(refusal.id, "", text)
        found.append(refusal)
    return found


def holding(session: Session) -> str:
    """What the user holds of what the holding cap counts: `holding 37/100`; in sight wherever one claims."""
    session.refresh()
    [(counted, __)] = pools.held_now(session.database, [session.person.id]).values()
    cap = cap_of(session, session.person.role, session.person.capacity)
    return _("holding {n}/{cap}").format(n=counted, cap=cap) if cap is not None else _("holding {n}").format(n=counted)


def cap_of(session: Session, role: str, capacity: int | None, pool_id: int | None = None) -> int | None:
    """How many customers that count somebody may hold to receive one, out of that pool (None: from elsewhere).

    None without a limit. The cap binds reps.
    """
    return smallest(session.settings.of_pool(pool_id)["pool.holding_cap"], capacity) if role == "rep" else None


def release(session: Session, ids: Sequence[int], reason: str) -> Outcome:
    """Give customers back: each to the pool it came from, else by routing. The next rep sees why (P14)."""
    stored = release_reason(clean(reason, limit=500))
    with session.changing() as change:
        may_give(session)
        taken, refused = _held(session, ids)
        moves.to_pool(session, change, taken, home_pools(session, [f.id for f in taken]), "release", stored)
        message = _("{who} released to the pool") if taken else _("nothing was released")
        return done(change, message.format(who=named(taken)), [f.id for f in taken], refused)


def home_pools(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """The pool that each customer goes to when nobody holds it: the one it came from, else by routing."""
    from crm_tui.services import routing

    found = pools.origins(session.database, ids)
    rest = [key for key in ids if key not in found]
    return {**found, **(routing.routed(session, rest) if rest else {})}


def _held(session: Session, ids: Sequence[int]) -> tuple[list[Facts], list[Refusal]]:
    """Those of the customers that somebody holds, and that the user may give away."""
    taken, refused = session.take_to_move(ids)
    held = [facts for facts in taken if facts.owner_id is not None]
    refused += [Refusal(f.id, f.name, _("nobody holds it")) for f in taken if f.owner_id is None]
    return held, refused


def assign(session: Session, ids: Sequence[int], to: str, reason: str = "") -> Outcome:
    """Give customers to a user, or share them out: `li`, `rr:li,wang` (in turn), `least:li,wang` (least busy).

    For leads. Who is away, leaving or at the cap is passed over; what nobody may take stays where it is (P21).
    """
    leads_only(session)
    from crm_tui.domain.distribution import Item, distribute, parse

    plan = parse(to)
    with session.changing() as change, importing.room(session.database):
        may_give(session)
        taken, refused = session.take_to_move(ids)
        refused += [Refusal(f.id, f.name, _("it is blocked: unblock it first")) for f in taken if f.blocked]
        free = [facts for facts in taken if not facts.blocked]
        regions = customers.regions(session.database, [f.id for f in free])
        items = [Item(f.id, f.tier or "", regions.get(f.id) or "", f.stage in COUNTED, f.pool_id) for f in free]
        share = distribute(plan, items, rooms(session))
        given = hand_out(session, free, share, "assign", clean(reason, limit=500), refused)
        return done(change, _shared_out(given), [key for ids in given.values() for key in ids], refused)


def hand_out(
    session: Session, customers: Sequence[Facts], share: Distribution, kind: str, reason: str, refused: list[Refusal]
) -> dict[str, list[int]]:
    """Give the customers to those who were found for them; the others are added to the refused. Login → customers."""
    logins = people.logins(session.database)
    by_login: dict[str, list[Facts]] = {}
    for facts in customers:
        login = share.given.get(facts.id)
        if login is None:
            refused.append(Refusal(facts.id, facts.name, share.left.get(facts.id, _("nobody may take it"))))
        elif facts.owner_id == logins[login]:
            refused.append(Refusal(facts.id, facts.name, _("{login} holds it already").format(login=login)))
        else:
            by_login.setdefault(login, []).append(facts)
    with session.changing() as change:
        for login, theirs in by_login.items():
            moves.give(session, change, theirs, logins[login], kind, reason)
    return {login: [facts.id for facts in theirs] for login, theirs in by_login.items()}


def rooms(session: Session) -> dict[str, Room]:
    """Everybody by login: what room they have under their caps, what they carry, and why they receive nothing.

    A lead gives to the people of the own teams only.
    """
    from crm_tui.domain.distribution import rank_weight

    sight, today = session.sight, session.today.isoformat()
    everybody = people.everybody(session.database)
    away = people.away(session.database, today)
    loads = pools.loads(session.database, [user["id"] for user in everybody])
    found: dict[str, Room] = {}
    for user in everybody:
        reason = no_receiver(user["role"], user["state"], user["id"] in away)
        if not reason and not sight.everything and user["id"] not in (sight.user_id, *sight.led):
            reason = _("not of your team")
        carried = sum(rank_weight(rank) * n for rank, n in loads.get(user["id"], ()))
        found[user["login"]] = replace(
            _room(session, user), load=carried, reason=reason,
            of_pool={pool_id: _room(session, user, pool_id) for pool_id in session.settings.pools},
        )  # fmt: skip
    return found


def _room(session: Session, user: Mapping[str, Any], pool_id: int | None = None) -> Room:
    """What room the user of that record has for customers out of the pool (None: from elsewhere)."""
    from crm_tui.domain.distribution import Room

    cap = cap_of(session, user["role"], user["capacity"], pool_id)
    room = None if cap is None else max(0, cap - user["counted"])
    return Room(user["id"], room, full=cap_refusal(COUNTED[0], cap or 0, cap) or "")


def no_receiver(role: str, state: str, away: bool) -> str:
    """Why somebody is given nothing, whoever gives; "" where they may receive (P21)."""
    if role == "service":
        return _("service holds no customers")
    if state == "left":
        return _("has left")
    if state == "leaving":
        return _("is leaving")
    return _("is away") if away else ""


def _shared_out(given: Mapping[str, Sequence[int]]) -> str:
    if not given:
        return _("nothing was assigned")
    parts = [_("{login} {n}").format(login=login, n=f"{len(ids):,}") for login, ids in given.items()]
    return _("assigned: {who}").format(who=", ".join(parts))


def leads_only(session: Session) -> None:
    """NotAllowed for all but leads and administrators, as the roles are now."""
    session.refresh()
    if session.person.role not in ("lead", "admin") and not session.system:
        raise NotAllowed(_("only team leads do that; you are {role}").format(role=_(ROLES[session.person.role])))


def move(session: Session, ids: Sequence[int], pool: str) -> Outcome:
    """Lay customers of the public pools into another one. For leads."""
    leads_only(session)
    target = pools.find(session.database, pool, session.sight)
    with session.changing() as change:
        may_give(session)
        taken, refused = session.take_to_move(ids)
        lying: list[Facts] = []
        for facts in taken:
            reason = None
            if facts.pool_id is None:
                reason = _("it is blocked") if facts.blocked else _("somebody holds it: release it first")
            elif facts.pool_id == target.id:
                reason = _("it is there already")
            if reason is None:
                lying.append(facts)
            else:
                refused.append(Refusal(facts.id, facts.name, reason))
        moves.to_pool(session, change, lying, {f.id: target.id for f in lying}, "move")
        message = _("{who} moved to the pool {pool}") if lying else _("nothing was moved")
        return done(change, message.format(who=named(lying), pool=target.name), [f.id for f in lying], refused)


def block(session: Session, ids: Sequence[int], reason: str) -> Outcome:
    """Take customers out of all pools and queues: we do not sell to them (P23). For leads; wants a reason."""
    leads_only(session)
    said = _wanted_reason(reason, _("blocking wants a reason"))
    with session.changing() as change:
        may_give(session)
        taken, refused = session.take_to_move(ids)
        refused += [Refusal(f.id, f.name, _("it is blocked already")) for f in taken if f.blocked]
        open_ones = [facts for facts in taken if not facts.blocked]
        moves.block(session, change, open_ones, said)
        message = _("{who} blocked") if open_ones else _("nothing was blocked")
        return done(change, message.format(who=named(open_ones)), [f.id for f in open_ones], refused)


def unblock(session: Session, ids: Sequence[int], reason: str) -> Outcome:
    """Lay blocked customers into the public pool again. For leads; wants a reason."""
    leads_only(session)
    said = _wanted_reason(reason, _("unblocking wants a reason"))
    with session.changing() as change:
        may_give(session)
        taken, refused = session.take_to_move(ids)
        refused += [Refusal(f.id, f.name, _("it is not blocked")) for f in taken if not f.blocked]
        blocked = [facts for facts in taken if facts.blocked]
        moves.to_pool(session, change, blocked, home_pools(session, [f.id for f in blocked]), "unblock", said)
        message = _("{who} back in the pool") if blocked else _("nothing was unblocked")
        return done(change, message.format(who=named(blocked)), [f.id for f in blocked], refused)


def _wanted_reason(reason: str, message: str) -> str:
    said = clean(reason, limit=500)
    if not said:
        raise UsageError(_('{message}: --reason "…"').format(message=message))
    return said


def check_caps(session: Session, before: Mapping[int, int], entries: Sequence[int]) -> None:
    """CrmError if a rep holds more of what counts than before and more than the cap: for what gives customers back.

    Whoever received nothing since the entries that are taken back has no more than was kept before them, and may (P5).
    """
    gained = pools.gained_since(session.database, entries)
    users = people.of_ids(session.database, [key for key in before if key in gained])
    sources = pools.taken_from(session.database)
    for key, (counted, __) in pools.held_now(session.database, users).items():
        caps = [cap_of(session, users[key].role, users[key].capacity, pool) for pool in sources.get(key, (None,))]
        cap = smallest(*caps)
        if cap is not None and counted > max(cap, before[key]):
            raise CrmError(
                _("{login} would hold {n} customers, the holding cap is {cap}: nothing was changed").format(
                    login=users[key].login, n=counted, cap=cap
                )
            )
