"""Public pools, who may claim from them, and what the ownership log says of claims, cooldowns, origins (DOMAIN §4)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.people import Sight
from crm_tui.domain.pools import COUNTED
from crm_tui.store.database import Database

DEFAULT = 1
"""The pool that always exists."""
_COUNTED = str(COUNTED)


class Pool(Struct, frozen=True):
    """A public pool; `routing` is the filter of what belongs into it ("" for nothing)."""

    id: int
    name: str
    routing: str


def every(database: Database, sight: Sight | None = None) -> list[Pool]:
    """The pools in order; only those that are seen, where a sight is given."""
    found = [Pool(*row) for row in database.rows("SELECT id, name, routing FROM pool ORDER BY id")]
    if sight is None or sight.pools is None:
        return found
    return [pool for pool in found if pool.id in sight.pools]


def find(database: Database, name: str, sight: Sight | None = None) -> Pool:
    """The pool of that name; UsageError that suggests the nearest of those that are seen."""
    pools = every(database, sight)
    for pool in pools:
        if pool.name.casefold() == name.strip().casefold():
            return pool
    hint = nearest(name, [pool.name for pool in pools])
    raise UsageError(_('there is no pool "{name}"{hint}').format(name=name, hint=hint), name, 0)


def members(database: Database) -> dict[int, list[int]]:
    """The users by pool; a pool that is not there is everybody's."""
    found: dict[int, list[int]] = {}
    for pool_id, user_id in database.rows("SELECT pool_id, user_id FROM pool_member ORDER BY pool_id, user_id"):
        found.setdefault(pool_id, []).append(user_id)
    return found


def member_rows(database: Database, pool_id: int) -> dict[int, int]:
    """The ids of a pool's member rows by user."""
    return dict(database.rows("SELECT user_id, id FROM pool_member WHERE pool_id = ?", (pool_id,)))


def sizes(database: Database) -> dict[int, int]:
    """How many unarchived customers lie in each pool."""
    rows = database.rows(
        "SELECT CAST(substr(holder, 2) AS INTEGER), sum(customers) FROM stage_count WHERE holder LIKE 'p%' GROUP BY 1"
    )
    return dict(rows)


def claimed_since(database: Database, user_id: int, since: str) -> dict[int, int]:
    """How many customers the user has claimed since that moment, by pool, those released or undone since included."""
    rows = database.rows(
        "SELECT from_pool_id, count(*) FROM ownership_log WHERE kind = 'claim' AND user_id = ? AND at >= ? GROUP BY 1",
        (user_id, since),
    )
    return dict(rows)


UNDONE_LATE = (
    "l.kind = 'undo' AND l.to_owner_id IS NULL AND julianday(l.at) - julianday((SELECT p.at FROM ownership_log p"
    " WHERE p.customer_id = l.customer_id AND p.id < l.id ORDER BY p.id DESC LIMIT 1)) > 1"
)
"""Whether the row `l` of the ownership log took back what had been held for longer than a day."""


def left_at(database: Database, user_id: int, ids: Iterable[int]) -> dict[int, str]:
    """When the user last ceased to hold each of the customers.

    Undone steps are left out, but for what was held longer than a day before it was undone: to hold, undo and claim
    again is no way around a cooldown.
    """
    rows = database.rows(
        "SELECT customer_id, max(at) FROM ("
        " SELECT o.customer_id, o.at FROM json_each(:ids) wanted CROSS JOIN ownership o ON o.customer_id = wanted.value"
        "  WHERE o.from_owner_id = :user AND o.to_owner_id IS NOT o.from_owner_id"
        " UNION ALL SELECT l.customer_id, l.at FROM json_each(:ids) wanted"
        "  CROSS JOIN ownership_log l ON l.customer_id = wanted.value"
        f"  WHERE l.from_owner_id = :user AND {UNDONE_LATE}"
        ") GROUP BY 1",
        {"ids": json.dumps(list(ids)), "user": user_id},
    )
    return dict(rows)


def entered_at(database: Database, ids: Iterable[int]) -> dict[int, str]:
    """When each of the customers came into where it is now, undone steps left out."""
    rows = database.rows(
        "SELECT wanted.value, (SELECT at FROM ownership l WHERE l.customer_id = wanted.value ORDER BY id DESC LIMIT 1)"
        " FROM json_each(?) wanted",
        (json.dumps(list(ids)),),
    )
    return {key: at for key, at in rows if at is not None}


def origins(database: Database, ids: Iterable[int]) -> dict[int, int]:
    """The pool that each of the customers came from last; those that never lay in one are left out."""
    rows = database.rows(
        "SELECT wanted.value, (SELECT from_pool_id FROM ownership o WHERE o.customer_id = wanted.value"
        "  AND o.from_pool_id IS NOT NULL ORDER BY o.id DESC LIMIT 1)"
        " FROM json_each(?) wanted",
        (json.dumps(list(ids)),),
    )
    return {key: pool_id for key, pool_id in rows if pool_id is not None}


class Gone(Struct, frozen=True):
    """How a customer left a pool: who holds it now, since when, and from which pool it came."""

    holder: str
    at: str
    pool_id: int


def gone(database: Database, ids: Iterable[int], since: str) -> dict[int, Gone]:
    """Those of the customers that somebody took out of a pool since that moment, and who was first."""
    rows = database.rows(
        "SELECT l.customer_id, u.name, l.at, l.from_pool_id FROM json_each(?) wanted"
        " JOIN ownership_log l ON l.id = (SELECT max(id) FROM ownership_log WHERE customer_id = wanted.value)"
        " JOIN user u ON u.id = l.to_owner_id"
        " WHERE l.from_pool_id IS NOT NULL AND l.kind IN ('claim', 'assign') AND l.at >= ?",
        (json.dumps(list(ids)), since),
    )
    return {key: Gone(holder, at, pool_id) for key, holder, at, pool_id in rows}


def counted(user: str) -> str:
    """SQL for how many customers the user of that id (SQL) holds that the holding cap counts, archived ones too."""
    return (
        f"((SELECT coalesce(sum(customers), 0) FROM stage_count WHERE holder = 'u' || {user} AND stage IN {_COUNTED})"
        f" + (SELECT count(*) FROM customer WHERE owner_id = {user} AND archived_at IS NOT NULL AND merged_into IS NULL"
        f"  AND stage IN {_COUNTED}))"
    )


def held_now(database: Database, user_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """By user: how many customers they hold that the holding cap counts, archived ones too; and how many unarchived
    ones at all.
    """
    rows = database.rows(
        f"SELECT u.value, {counted('u.value')},"
        " (SELECT coalesce(sum(s.customers), 0) FROM stage_count s WHERE s.holder = 'u' || u.value)"
        " FROM json_each(?) u",
        (json.dumps(list(user_ids)),),
    )
    return {key: (counted, held) for key, counted, held in rows}


def loads(database: Database, user_ids: Iterable[int]) -> dict[int, list[tuple[int | None, int]]]:
    """By user: (rank of the tier, how many customers of it they hold) for all tiers."""
    found: dict[int, list[tuple[int | None, int]]] = {}
    rows = database.rows(
        "SELECT c.owner_id, c.tier_rank, count(*) FROM json_each(?) wanted"
        " JOIN customer c ON c.owner_id = wanted.value WHERE c.archived_at IS NULL GROUP BY 1, 2",
        (json.dumps(list(user_ids)),),
    )
    for user_id, rank, n in rows:
        found.setdefault(user_id, []).append((rank, n))
    return found


def gained_since(database: Database, entries: Sequence[int]) -> set[int]:
    """Who received a customer after the first of the entries, by none of them; what the newest entry, the open one,
    does is left out.
    """
    rows = database.rows(
        "SELECT DISTINCT to_owner_id FROM ownership_log WHERE entry_id > ?"
        " AND entry_id < (SELECT max(id) FROM journal_entry) AND +entry_id NOT IN (SELECT value FROM json_each(?))"
        " AND to_owner_id IS NOT NULL AND to_owner_id IS NOT from_owner_id",
        (entries[0], json.dumps(entries)),
    )
    return {row[0] for row in rows}


# Of several changes of hands by one entry only whose the customer was before and whose it is after count.
_RECEIVED = (
    "ownership_log f JOIN ownership_log l ON l.id = (SELECT max(id) FROM ownership_log"
    "  WHERE customer_id = f.customer_id AND +entry_id = f.entry_id)"
    " WHERE f.entry_id = {entry} AND f.id = (SELECT min(id) FROM ownership_log"
    "  WHERE customer_id = f.customer_id AND +entry_id = f.entry_id)"
    " AND l.to_owner_id IS NOT NULL AND l.to_owner_id IS NOT f.from_owner_id"
)


def taken_from(database: Database) -> dict[int, set[int | None]]:
    """Who receives customers by the newest entry, the open one: from which pools, None for other hands."""
    found: dict[int, set[int | None]] = {}
    rows = database.rows(
        "SELECT DISTINCT l.to_owner_id, f.from_pool_id FROM "
        + _RECEIVED.format(entry="(SELECT max(id) FROM journal_entry)")
    )
    for user_id, pool_id in rows:
        found.setdefault(user_id, set()).add(pool_id)
    return found


def received(database: Database, entry_id: int) -> set[int]:
    """Who holds by the entry what they did not hold before."""
    rows = database.rows("SELECT DISTINCT l.to_owner_id FROM " + _RECEIVED.format(entry="?"), (entry_id,))
    return {row[0] for row in rows}


def shields(database: Database, ids: Iterable[int]) -> dict[int, list[tuple[int, int, str, str]]]:
    """The protections of the customers, ended ones with the day they ended on: (row, user, first day, last day)."""
    found: dict[int, list[tuple[int, int, str, str]]] = {}
    rows = database.rows(
        "SELECT customer_id, id, user_id, from_on, coalesce(ended_on, until_on) FROM protection"
        " WHERE customer_id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(list(ids)),),
    )
    for customer_id, *row in rows:
        found.setdefault(customer_id, []).append((row[0], row[1], row[2], row[3]))
    return found


def protected(database: Database, user_id: int, today: str) -> set[int]:
    """The customers that the user protects on that day or later."""
    rows = database.rows(
        "SELECT customer_id FROM protection WHERE user_id = ? AND until_on >= ? AND ended_on IS NULL",
        (user_id, today),
    )
    return {row[0] for row in rows}


def running_protections(database: Database, ids: Iterable[int], today: str) -> list[tuple[int, int]]:
    """The protections of the customers that have not ended: (row, customer)."""
    return database.rows(
        "SELECT id, customer_id FROM protection WHERE ended_on IS NULL AND until_on >= ?"
        " AND customer_id IN (SELECT value FROM json_each(?))",
        (today, json.dumps(list(ids))),
    )


class Came(Struct, frozen=True):
    """How a customer came to where it lies: since when (a stored stamp), and who held it last, why that ended.

    `before` is a login, None where nobody held it yet; `kind` is that of the ownership log, of the end of that holding.
    """

    at: str
    before: str | None = None
    kind: str = ""
    reason: str = ""


def came(database: Database, ids: Iterable[int]) -> dict[int, Came]:
    """How each of the customers came to where it lies, undone steps left out."""
    rows = database.rows(
        "SELECT w.value, o.at, u.login, coalesce(h.kind, ''), coalesce(h.reason, '') FROM json_each(?) w"
        " JOIN ownership o ON o.id = (SELECT max(x.id) FROM ownership x WHERE x.customer_id = w.value)"
        " LEFT JOIN ownership h ON h.id = (SELECT max(x.id) FROM ownership x"
        "  WHERE x.customer_id = w.value AND x.from_owner_id IS NOT NULL AND x.to_owner_id IS NOT x.from_owner_id)"
        " LEFT JOIN user u ON u.id = h.from_owner_id",
        (json.dumps(list(ids)),),
    )
    return {key: Came(*row) for key, *row in rows}


def open_offers(database: Database, ids: Iterable[int]) -> dict[int, tuple[int, int, int]]:
    """The open transfers of the customers: customer → (row, from, to)."""
    rows = database.rows(
        "SELECT customer_id, id, from_id, to_id FROM transfer WHERE closed_at IS NULL"
        " AND customer_id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    return {customer_id: (row, from_id, to_id) for customer_id, row, from_id, to_id in rows}


def offered(database: Database, rows: Iterable[int]) -> list[int]:
    """The customers of these transfers."""
    found = database.rows(
        "SELECT customer_id FROM transfer WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps(list(rows)),),
    )
    return [row[0] for row in found]


def rows_of(database: Database, table: str, ids: Iterable[int], user_id: int | None = None) -> list[int]:
    """The ids of the rows that `recycle_warning` or `collaborator` has for the customers (and the user)."""
    assert table in ("recycle_warning", "collaborator")
    mine = " AND user_id = :user" if user_id is not None else ""
    rows = database.rows(
        f"SELECT id FROM {table} WHERE customer_id IN (SELECT value FROM json_each(:ids)){mine}",
        {"ids": json.dumps(list(ids)), "user": user_id} if mine else {"ids": json.dumps(list(ids))},
    )
    return [row[0] for row in rows]


def history(database: Database, customer_id: int) -> list[dict[str, Any]]:
    """All that the ownership log has of a customer, newest first, undone steps too (`undone`)."""
    names = ("at", "kind", "from_owner", "from_pool", "to_owner", "to_pool", "actor", "reason", "undone")
    rows = database.rows(
        "SELECT l.at, l.kind, f.login, fp.name, t.login, tp.name, u.login, l.reason,"
        " NOT EXISTS (SELECT 1 FROM ownership o WHERE o.id = l.id) FROM ownership_log l"
        " LEFT JOIN user f ON f.id = l.from_owner_id LEFT JOIN pool fp ON fp.id = l.from_pool_id"
        " LEFT JOIN user t ON t.id = l.to_owner_id LEFT JOIN pool tp ON tp.id = l.to_pool_id"
        " LEFT JOIN user u ON u.id = l.user_id WHERE l.customer_id = ? ORDER BY l.id DESC",
        (customer_id,),
    )
    return [dict(zip(names, row, strict=True)) for row in rows]
