"""Pools as screens show them: a line for each public and private one, and what counts of a customer that lies in one.

What says whether a customer may be claimed is the rule of claiming itself, asked for the rows that are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from crm_tui.domain.clock import local_date, stamp
from crm_tui.domain.holding import move_title
from crm_tui.domain.language import _
from crm_tui.domain.pools import RELEASE_REASONS
from crm_tui.domain.settings import Settings
from crm_tui.services import lists, pool_lists
from crm_tui.services.pools import cap_of
from crm_tui.services.session import Session
from crm_tui.store import people, pools

COLUMNS = "name,tier,stage,region,source,phone,pool_since,held_before,claim"
"""What the list of a public pool shows unless other columns are chosen, by the names that they have in any list."""
_TITLES = {choice.identifier: choice for choice in RELEASE_REASONS}


@dataclass(frozen=True)
class PoolLine:
    """A pool: what it is called, how many customers, how many of those that count, out of how many at most.

    Of a public pool `counted` is what one has claimed from it today, `most` the daily quota; of a private one what the
    holding cap counts, and the cap. `most` None: without a limit. `id` is the pool's or the holder's.
    """

    within: lists.Within
    name: str
    customers: int
    counted: int
    most: int | None
    about: str
    details: tuple[str, ...] = ()


def public(session: Session) -> list[PoolLine]:
    """The public pools that one sees, with members and rules."""
    midnight = stamp(datetime.combine(session.today, time(), session.person.zone))
    claimed = pools.claimed_since(session.database, session.person.id, midnight)
    rep, found = session.person.role == "rep", []
    for row in pool_lists.rows(session):
        rules = session.settings.of_pool(row["id"])
        members = ", ".join(row["members"]) or _("everybody")
        details = [_("members: {who}").format(who=members), _rules(rules)]
        if row["route"]:
            details.append(_("takes new ones of: {filter}").format(filter=row["route"]))
        about = members + (f"  ← {row['route']}" if row["route"] else "")
        found.append(
            PoolLine(
                lists.Within("pool", row["id"]), row["pool"], row["customers"], claimed.get(row["id"], 0),
                rules["pool.daily_quota"] if rep else None, about, tuple(details),
            )
        )  # fmt: skip
    return found


def _rules(rules: Settings) -> str:
    """The rules that hold in a pool, in one line."""
    parts = [
        _("{n} claims a day").format(n=rules["pool.daily_quota"]) if rules["pool.daily_quota"] else "",
        _("cap {n}").format(n=rules["pool.holding_cap"]) if rules["pool.holding_cap"] else "",
        _("cooldown {n} days").format(n=rules["pool.cooldown_days"]) if rules["pool.cooldown_days"] else "",
        _("freeze {n} days").format(n=rules["pool.freeze_days"]) if rules["pool.freeze_days"] else "",
    ]
    limits = [(letter, rules[f"pool.recycle.contact.{letter}"]) for letter in "ABCD"]
    recycled = ", ".join(f"{letter} {days}" for letter, days in limits if days)
    if rules["pool.recycle.win_days"]:
        recycled += _(", not won {days}").format(days=rules["pool.recycle.win_days"])
    parts.append(_("recycling: {limits} days").format(limits=recycled.lstrip(", ")) if recycled else _("no recycling"))
    return " · ".join(part for part in parts if part)


def private(session: Session) -> list[PoolLine]:
    """The private pools: one's own, then those of everybody whose customers one works; a lead's those of the team."""
    sight = session.sight
    found: list[PoolLine] = []
    for user in people.everybody(session.database):
        seen = sight.everything or user["id"] in sight.owners
        if not seen or user["role"] == "service" or (user["state"] == "left" and not user["customers"]):
            continue
        cap = cap_of(session, user["role"], user["capacity"])
        about = _(people_state(user["state"]))
        found.append(
            PoolLine(
                lists.Within("owner", user["id"]), _named(user), user["customers"], user["counted"], cap, about,
                (_("{n} count towards the holding cap, archived ones too").format(n=user["counted"]),),
            )
        )  # fmt: skip
    found.sort(key=lambda line: line.within.id != session.person.id)
    return found


def people_state(state: str) -> str:
    """What is said of a user's state; nothing of one who is there."""
    from crm_tui.domain.people import STATES

    return "" if state == "active" else STATES[state]


def _named(user: dict[str, Any]) -> str:
    return str(user["login"]) if user["name"] == user["login"] else f"{user['login']} {user['name']}"


def every(session: Session) -> list[PoolLine]:
    """All pools that one sees, the public ones first."""
    return [*public(session), *private(session)]


def rows(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What a pool's list shows of these customers: as any list, and `since` (the day on which it came into the pool),
    `before` (who held it last, and why not any more), `refusal` (why one cannot claim it; "" where one can) and `claim`
    (that in a word or two).
    """
    found = lists.rows(session, ids)
    came = pools.came(session.database, found)
    refusals = pool_lists.claimable(session, list(found))
    for key, row in found.items():
        how = came.get(key)
        row["since"] = local_date(how.at, session.person.zone) if how else None
        row["before"] = before(how) if how else ""
        against = refusals.get(key)
        row["refusal"], row["claim"] = (str(against), against.word) if against is not None else ("", "")
        row["masked"] = session.sight.masked and row["owner_id"] is None
    return found


def before(how: pools.Came) -> str:
    """`li: no need now`, `li: recycled`; empty where nobody held it."""
    if how.before is None:
        return ""
    head, colon, rest = how.reason.partition(":")
    if how.kind == "release" and head in _TITLES:
        why = rest.strip() if colon and rest.strip() else _TITLES[head].title
    else:
        why = how.reason if how.kind == "release" and how.reason else move_title(how.kind)
    return f"{how.before}: {why}"


def why(session: Session, customer_id: int) -> list[str]:
    """What is to be known of a customer that lies in a pool before one claims it; nothing of any other."""
    facts = session.one(customer_id)
    if facts.pool_id is None:
        return []
    row = rows(session, [facts.id])[facts.id]
    lines = [_("in the pool {pool} since {day}").format(pool=row["pool"], day=row["since"])]
    if row["before"]:
        lines.append(_("held before by {who}").format(who=row["before"]))
    claim = _("not to be claimed: {why}").format(why=row["refusal"]) if row["refusal"] else _("it may be claimed")
    return [claim, *lines]


def receivers(session: Session) -> list[tuple[str, str]]:
    """To whom one may give customers: login, and what is said of it; quick, since it is asked while one types."""
    sight, found = session.sight, []
    for user in people.everybody(session.database):
        if user["role"] != "service" and user["state"] == "active" and (sight.everything or user["id"] in sight.owners):
            cap = cap_of(session, user["role"], user["capacity"])
            held = f"{user['counted']}/{cap}" if cap is not None else str(user["counted"])
            found.append((str(user["login"]), _("{name}, holding {held}").format(name=user["name"], held=held)))
    return found
