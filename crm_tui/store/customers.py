"""Customers as they are read: what the verbs decide by, what a list shows, and all that a card holds.

Nothing is returned of a customer outside the `Sight` that is given; what one may not see is simply not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from crm_tui.domain.people import Sight
from crm_tui.store.database import Database


class Facts(Struct, frozen=True):
    """A customer's row. Times are stored stamps (UTC), days ISO dates."""

    id: int
    version: int
    name: str
    kind: str
    stage: str
    stage_since: str
    scheme: str
    tier: str | None
    tier_rank: int | None
    owner_id: int | None
    pool_id: int | None
    blocked: int
    next_on: str | None
    next_at: str | None
    last_contact: str | None
    last_touch: str | None
    held_since: str | None
    stale_on: str | None
    created_at: str
    archived_at: str | None
    suggested: str | None = None
    merged_into: int | None = None


_FACTS = ", ".join(f"c.{name}" for name in Facts.__struct_fields__)


def seen_by(sight: Sight) -> str:
    """The SQL condition (on the alias `c`) of what is seen; here and in `part_of` alone do rights become SQL."""
    if sight.everything:
        return "1"
    return "(" + " OR ".join(part_of(sight, part) for part in parts(sight)) + ")"


EVERYTHING, OWN, POOL, BLOCKED = "everything", "own", "pool", "blocked"
"""The parts of what one sees, no customer in two of them: everything; or what one works, the pools, the blocked."""


def parts(sight: Sight) -> tuple[str, ...]:
    """The parts that make up what is seen."""
    if sight.everything:
        return (EVERYTHING,)
    return (POOL, OWN, BLOCKED) if sight.blocked else (POOL, OWN)


def part_of(sight: Sight, part: str) -> str:
    """The SQL condition (on the alias `c`) of one part of what is seen."""
    if part == EVERYTHING:
        return "1"
    if part == BLOCKED:
        return "c.blocked <> 0"
    if part == POOL:
        return "c.pool_id IS NOT NULL" if sight.pools is None else f"c.pool_id IN ({_ids(sight.pools)})"
    own = f"c.owner_id = {int(sight.owners[0])}" if len(sight.owners) == 1 else f"c.owner_id IN ({_ids(sight.owners)})"
    return f"({own} OR (c.owner_id IS NOT NULL AND c.id IN ({_ids(sight.shared)})))" if sight.shared else own


def _ids(ids: Iterable[int]) -> str:
    return ", ".join(str(int(key)) for key in ids)


def facts(database: Database, sight: Sight, ids: Iterable[int]) -> dict[int, Facts]:
    """The customers of these ids that are seen, by id, in the order asked for."""
    wanted = list(dict.fromkeys(ids))
    rows = database.rows(
        f"SELECT {_FACTS} FROM json_each(?) wanted CROSS JOIN customer c ON c.id = wanted.value WHERE {seen_by(sight)}",
        (json.dumps(wanted),),
    )
    return {row[0]: Facts(*row) for row in rows}


# What a list shows of a customer, in this order; `phone` and `email` fall back on the first contact that has one.
LISTED = (
    "id", "name", "kind", "stage", "tier", "scheme", "owner", "pool", "phone", "email", "region", "industry", "source",
    "next_on", "next_at", "last_contact", "created_at", "owner_id", "archived_at", "stage_since", "tags", "wechat",
    "last_touch", "recycle_on", "suggested",
)  # fmt: skip

_REACH = (
    "coalesce(c.{column}, (SELECT k.{column} FROM contact k WHERE k.customer_id = c.id AND k.archived_at IS NULL"
    " AND k.{column} IS NOT NULL ORDER BY k.is_primary DESC, k.id LIMIT 1))"
)


def reach(column: str) -> str:
    """The SQL of a customer's own phone, mail or WeChat, or else that of its first contact that has one."""
    return _REACH.format(column=column)


def reach_seen(column: str, sight: Sight) -> str:
    """As `reach`, but NULL where it is masked: for a rep in the public pool (DOMAIN §4 P15)."""
    found = reach(column)
    return f"CASE WHEN c.owner_id IS NOT NULL THEN {found} END" if sight.masked else found


_PRIMARY = ("c.tier, c.scheme", "c.suggested")
"""The SQL of tier and scheme, and of what is proposed instead, as the customer's own row has them; and `_UNDER` those
of the scheme `?2`, whose row is `g`.
"""
_UNDER = ("g.tier, ?2", "CASE WHEN g.computed IS NOT g.tier THEN g.computed END")


def listed_columns(sight: Sight, tiers: tuple[str, str] = _PRIMARY) -> str:
    """The SELECT list for `LISTED`, over `customer c`, `user u` and `pool p`."""
    return (
        f"c.id, c.name, c.kind, c.stage, {tiers[0]}, u.login, p.name,"
        f" {reach_seen('phone', sight)}, {reach_seen('email', sight)},"
        " c.region, c.industry, c.source, c.next_on, c.next_at, c.last_contact, c.created_at, c.owner_id,"
        " c.archived_at, c.stage_since, (SELECT group_concat(t.name, ' ') FROM tag t WHERE t.customer_id = c.id),"
        f" {reach_seen('wechat', sight)}, c.last_touch,"
        f" (SELECT w.due_on FROM recycle_warning w WHERE w.customer_id = c.id), {tiers[1]}"
    )


def listed(database: Database, sight: Sight, ids: Sequence[int], scheme: str = "") -> dict[int, tuple[Any, ...]]:
    """The `LISTED` values of these customers, by id; those not seen are left out. Tiers are those under the scheme, ""
    for the primary one of each.
    """
    graded = "LEFT JOIN customer_tier g ON g.customer_id = c.id AND g.scheme = ?2" if scheme else ""
    rows = database.rows(
        f"SELECT {listed_columns(sight, _UNDER if scheme else _PRIMARY)}"
        f" FROM json_each(?1) wanted CROSS JOIN customer c ON c.id = wanted.value {graded}"
        f" LEFT JOIN user u ON u.id = c.owner_id LEFT JOIN pool p ON p.id = c.pool_id WHERE {seen_by(sight)}",
        (json.dumps(list(ids)), *([scheme] if scheme else [])),
    )
    return {row[0]: row for row in rows}


def stage_counts(database: Database, sight: Sight, *, own: bool = False) -> dict[str, int]:
    """Unarchived customers by stage, from the kept counts; `own` for those one holds oneself."""
    if sight.everything and not own:
        return dict(database.rows("SELECT stage, sum(customers) FROM stage_count GROUP BY stage"))
    holders = [sight.user_id] if own else list(sight.owners)
    wanted = [f"u{key}" for key in holders]
    if not own:
        pools = sight.pools if sight.pools is not None else [row[0] for row in database.rows("SELECT id FROM pool")]
        wanted += [f"p{key}" for key in pools] + (["b"] if sight.blocked else [])
    counts = dict(
        database.rows(
            "SELECT stage, sum(customers) FROM stage_count WHERE holder IN (SELECT value FROM json_each(?))"
            " GROUP BY stage",
            (json.dumps(wanted),),
        )
    )
    for stage, n in _shared_counts(database, sight) if not own and sight.shared else ():
        counts[stage] = counts.get(stage, 0) + n
    return counts


def stage_sums(database: Database, sight: Sight, *, own: bool = False) -> dict[str, int]:
    """What the open deals of unarchived customers may bring, by stage, in minor units, from the kept sums; `own` for
    those of the customers that one holds oneself. What lies in a pool tells a rep nothing of money.
    """
    if sight.everything and not own:
        return dict(database.rows("SELECT stage, sum(amount) FROM stage_count GROUP BY stage"))
    wanted = [f"u{key}" for key in ([sight.user_id] if own else sight.owners)]
    if not own and not sight.masked:
        pools = sight.pools if sight.pools is not None else [row[0] for row in database.rows("SELECT id FROM pool")]
        wanted += [f"p{key}" for key in pools] + (["b"] if sight.blocked else [])
    sums = dict(
        database.rows(
            "SELECT stage, sum(amount) FROM stage_count WHERE holder IN (SELECT value FROM json_each(?))"
            " GROUP BY stage",
            (json.dumps(wanted),),
        )
    )
    shared = database.rows(
        "SELECT c.stage, sum(d.amount) FROM customer c JOIN deal d ON d.customer_id = c.id AND d.result = 'open'"
        f" WHERE c.id IN ({_ids(sight.shared)}) AND c.archived_at IS NULL AND c.owner_id NOT IN ({_ids(sight.owners)})"
        " GROUP BY 1"
    ) if not own and sight.shared else []
    for stage, amount in shared:
        sums[stage] = sums.get(stage, 0) + (amount or 0)
    return sums


def _shared_counts(database: Database, sight: Sight) -> list[tuple[str, int]]:
    return database.rows(
        f"SELECT c.stage, count(*) FROM customer c WHERE c.id IN ({_ids(sight.shared)}) AND c.archived_at IS NULL"
        f" AND c.owner_id NOT IN ({_ids(sight.owners)}) GROUP BY 1"
    )


def values(database: Database, customer_id: int) -> tuple[dict[str, Any], dict[str, str]]:
    """All columns of the row together with the fields of its profile, and the day on which each was verified."""
    [row] = database.records(
        f"SELECT {', '.join(f'c.{name}' for name in column_names())},"
        " p.fields AS profile_fields, p.verified AS profile_verified"
        " FROM customer c LEFT JOIN profile p ON p.id = c.id WHERE c.id = ?",
        (customer_id,),
    )
    profile = json.loads(row.pop("profile_fields") or "{}")
    verified = json.loads(row.pop("profile_verified") or "{}")
    return {**row, **profile}, verified


def column_names() -> tuple[str, ...]:
    """The columns of a customer's row: what in `values` is no field of the profile."""
    from crm_tui.store.models import columns
    from crm_tui.store.models.customers import Customer  # no list needs the models

    return columns(Customer)


def judged(database: Database, customer_id: int) -> tuple[int | None, int | None]:
    """Its influence and how likely it is to close, 1 to 5, as far as anybody has judged them."""
    row = database.row("SELECT influence, closing FROM customer WHERE id = ?", (customer_id,))
    return (row[0], row[1]) if row else (None, None)


def with_profile(database: Database) -> list[int]:
    """The ids of all customers that have a profile."""
    return [row[0] for row in database.rows("SELECT id FROM profile")]


def regions(database: Database, ids: Iterable[int]) -> dict[int, str | None]:
    """The regions of the customers, by id."""
    return dict(
        database.rows(
            "SELECT id, region FROM customer WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
        )
    )


def held_by(database: Database, user_id: int) -> int:
    """How many customers of the stages that the holding cap counts the user holds (DOMAIN §4 P5)."""
    found = database.value(
        "SELECT coalesce(sum(customers), 0) FROM stage_count"
        " WHERE holder = ? AND stage IN ('potential', 'target', 'intent')",
        (f"u{user_id}",),
    )
    return int(found)
