"""The public pools themselves: making and changing them, what lies in them, who held a customer when (DOMAIN §4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.domain.clock import moment
from crm_tui.domain.errors import UsageError
from crm_tui.domain.filters import Term
from crm_tui.domain.filters.nodes import terms
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.domain.pools import Against
from crm_tui.domain.text import clean
from crm_tui.services import lists, teams
from crm_tui.services.pools import claim_check, holding
from crm_tui.services.session import Outcome, Session
from crm_tui.store import people, pools

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

KINDS = {
    "make": N_("made"), "claim": N_("claimed"), "release": N_("released"), "assign": N_("assigned"),
    "transfer": N_("transferred"), "recycle": N_("recycled"), "hand_over": N_("handed over"), "move": N_("moved"),
    "block": N_("blocked"), "unblock": N_("unblocked"), "undo": N_("undone"), "redo": N_("done again"),
    "delete": N_("unmade"),
}  # fmt: skip
"""What a change of hands is called, as people read it."""

_OF_PLACES = ("owner", "pool", "claimable")
"""Filter fields about where a customer is."""


def overview(session: Session) -> Outcome:
    """The pools that one sees: members, rules of their own, how many customers; and what one holds oneself."""
    found = rows(session)
    lines = [holding(session)]
    for row in found:
        own = ", ".join(f"{name} {_('off') if value is None else value}" for name, value in row["rules"].items())
        who = ", ".join(row["members"]) if row["members"] else _("everybody")
        size = ngettext("{n} customer", "{n} customers", row["customers"]).format(n=f"{row['customers']:,}")
        parts = [row["pool"], size, who, row["route"], own]
        lines.append("  ".join(part for part in parts if part))
    message = ngettext("{n} pool", "{n} pools", len(found)).format(n=len(found))
    return Outcome(message, lines=tuple(lines), data=tuple(found))


def rows(session: Session) -> list[dict[str, Any]]:
    """A record for each pool that one sees: id, pool, customers, members (logins), route, rules of its own."""
    members = pools.members(session.database)
    sizes = pools.sizes(session.database)
    logins = {key: login for login, key in people.logins(session.database).items()}
    return [
        {
            "id": pool.id, "pool": pool.name, "customers": sizes.get(pool.id, 0),
            "members": [logins[key] for key in members.get(pool.id, ())], "route": pool.routing,
            "rules": dict(session.settings.pools[pool.id].changed) if pool.id in session.settings.pools else {},
        }
        for pool in pools.every(session.database, session.sight)
    ]  # fmt: skip


def add(session: Session, name: str, members: str | None, route: str | None) -> Outcome:
    """Make a pool; without members it is everybody's. Administrators only. UsageError as for `edit`."""
    teams.administrators_only(session)
    name = _name(name)
    with session.changing() as change:
        _unused(session, name)
        [key] = change.insert("pool", [{"name": name, "routing": _route(session, route or "")}])
        _members(session, change, key, members)
        message = _("pool {name} made").format(name=name)
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id, data=({"id": key, "pool": name},))


def edit(session: Session, pool: str, name: str | None, members: str | None, route: str | None) -> Outcome:
    """Change a pool's name, members (`all` for everybody) or routing. Administrators only.

    UsageError for members who hold no customers, for a route that asks where a customer is (a new one is nowhere), and
    for one of the default pool, which takes what fits no other.
    """
    teams.administrators_only(session)
    with session.changing() as change:
        found = pools.find(session.database, pool)
        if name is not None and _name(name).casefold() != found.name.casefold():
            _unused(session, _name(name))
        if name is not None:
            change.update("pool", [found.id], name=_name(name))
        if route is not None:
            if found.id == pools.DEFAULT and route.strip():
                raise UsageError(_("{pool} takes what fits no other pool: no route").format(pool=found.name), route, 0)
            change.update("pool", [found.id], routing=_route(session, route))
        _members(session, change, found.id, members)
        if change.is_empty():
            return Outcome(_("pool {name}: nothing was changed").format(name=found.name))
        message = _("pool {name} changed").format(name=found.name)
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id)


def _name(name: str) -> str:
    name = clean(name, limit=60)
    if not name or name.casefold() in ("any", "none", "all"):
        raise UsageError(_('"{name}" cannot name a pool').format(name=name), name, 0)
    return name


def _unused(session: Session, name: str) -> None:
    if any(pool.name.casefold() == name.casefold() for pool in pools.every(session.database)):
        raise UsageError(_('there is a pool "{name}" already').format(name=name), name, 0)


def _route(session: Session, text: str) -> str:
    for leaf in terms(lists.read(session, text)):
        if isinstance(leaf, Term) and leaf.field in _OF_PLACES:
            message = _("a route asks what a new customer is, not where: no {field}:").format(field=leaf.field)
            raise UsageError(message, text, max(text.find(f"{leaf.field}:"), 0))
    return text.strip()


def _members(session: Session, change: Change, pool_id: int, members: str | None) -> None:
    if members is None:
        return
    words = [part.strip() for part in members.replace("，", ",").split(",") if part.strip()]
    named = [] if words in ([], ["all"]) else [teams.find(session, login) for login in words]
    for user in named:
        if user.role == "service":
            message = _("{login}: service holds no customers and belongs to no pool").format(login=user.login)
            raise UsageError(message, members, max(members.find(user.login), 0))
    wanted = {user.id for user in named}
    there = pools.member_rows(session.database, pool_id)
    change.delete("pool_member", [row for user, row in there.items() if user not in wanted])
    change.insert("pool_member", [{"pool_id": pool_id, "user_id": user} for user in sorted(wanted - set(there))])


def holders(session: Session, customer_id: int) -> Outcome:
    """Who held the customer, since when, and why it changed hands: the ownership log, newest first."""
    facts = session.one(customer_id)
    found = pools.history(session.database, customer_id)
    zone = session.person.zone
    lines = []
    for row in found:
        at = moment(row["at"]).astimezone(zone).strftime("%Y-%m-%d %H:%M")
        to = row["to_owner"] or (f"({row['to_pool']})" if row["to_pool"] else f"({_('nobody')})")
        undone = f"  [{_('undone')}]" if row["undone"] and row["kind"] not in ("undo", "redo") else ""
        actor = f"  {_('by {actor}').format(actor=row['actor'])}" if row["actor"] else ""
        lines.append(f"{at}  {_(KINDS.get(row['kind'], row['kind']))}: {to}{actor}  {row['reason']}{undone}".rstrip())
    data = tuple(
        {"id": customer_id, **row, "at": f"{row['at'].replace(' ', 'T')}Z", "undone": bool(row["undone"])}
        for row in found
    )
    return Outcome(_("{name}: who held it").format(name=facts.name), lines=tuple(lines), data=data)


def claimable(session: Session, ids: Sequence[int]) -> dict[int, Against | None]:
    """Why each of these customers cannot be claimed by oneself now; None for those that can."""
    seen, __ = session.see(ids)
    check, counts = claim_check(session, seen)
    return {facts.id: check(facts, counts[facts.pool_id or 0]) for facts in seen}


