"""Customers as they are read: what the verbs decide by, what a list shows, and all that a card holds.

Nothing is returned of a customer outside the `Sight` that is given; what one may not see is simply not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from crm_tui.domain.people import Sight
from crm_tui.store.database import Database


@dataclass(frozen=True, slots=True)
class Facts:
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


_FACTS = ", ".join(f"c.{field.name}" for field in fields(Facts))


def seen_by(sight: Sight) -> str:
    """The SQL condition (on the alias `c`) of what is seen; the one place where rights become SQL."""
    if sight.everything:
        return "1"
    return f"(c.owner_id = {int(sight.user_id)} OR c.pool_id IS NOT NULL)"


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
    "last_touch",
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
    return found if sight.everything else f"CASE WHEN c.owner_id IS NOT NULL THEN {found} END"


def listed_columns(sight: Sight) -> str:
    """The SELECT list for `LISTED`, over `customer c`, `user u` and `pool p`."""
    return (
        "c.id, c.name, c.kind, c.stage, c.tier, c.scheme, u.login, p.name,"
        f" {reach_seen('phone', sight)}, {reach_seen('email', sight)},"
        " c.region, c.industry, c.source, c.next_on, c.next_at, c.last_contact, c.created_at, c.owner_id,"
        " c.archived_at, c.stage_since, (SELECT group_concat(t.name, ' ') FROM tag t WHERE t.customer_id = c.id),"
        f" {reach_seen('wechat', sight)}, c.last_touch"
    )


def listed(database: Database, sight: Sight, ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """The `LISTED` values of these customers, by id; those not seen are left out."""
    rows = database.rows(
        f"SELECT {listed_columns(sight)} FROM json_each(?) wanted CROSS JOIN customer c ON c.id = wanted.value"
        f" LEFT JOIN user u ON u.id = c.owner_id LEFT JOIN pool p ON p.id = c.pool_id WHERE {seen_by(sight)}",
        (json.dumps(list(ids)),),
    )
    return {row[0]: row for row in rows}


def stage_counts(database: Database, sight: Sight, *, own: bool = False) -> dict[str, int]:
    """Unarchived customers by stage, from the kept counts; `own` for those one holds."""
    if own or not sight.everything:
        holders = "holder = ?" if own else "(holder = ? OR holder LIKE 'p%')"
        rows = database.rows(
            f"SELECT stage, sum(customers) FROM stage_count WHERE {holders} GROUP BY stage", (f"u{sight.user_id}",)
        )
    else:
        rows = database.rows("SELECT stage, sum(customers) FROM stage_count GROUP BY stage")
    return dict(rows)


def values(database: Database, customer_id: int) -> tuple[dict[str, Any], dict[str, str]]:
    """All columns of the row together with the fields of its profile, and the day on which each was verified."""
    cursor = database.connection.execute(
        f"SELECT {', '.join(f'c.{name}' for name in column_names())},"
        " p.fields AS profile_fields, p.verified AS profile_verified"
        " FROM customer c LEFT JOIN profile p ON p.id = c.id WHERE c.id = ?",
        (customer_id,),
    )
    names = [column[0] for column in cursor.description]
    row = dict(zip(names, next(cursor), strict=True))
    profile = json.loads(row.pop("profile_fields") or "{}")
    verified = json.loads(row.pop("profile_verified") or "{}")
    return {**row, **profile}, verified


def column_names() -> tuple[str, ...]:
    """The columns of a customer's row: what in `values` is no field of the profile."""
    from crm_tui.store.models import Customer, columns  # no list needs the models

    return columns(Customer)


def held_by(database: Database, user_id: int) -> int:
    """How many customers of the stages that the holding cap counts the user holds (DOMAIN §4 P5)."""
    found = database.value(
        "SELECT coalesce(sum(customers), 0) FROM stage_count"
        " WHERE holder = ? AND stage IN ('potential', 'target', 'intent')",
        (f"u{user_id}",),
    )
    return int(found)
