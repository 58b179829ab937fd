"""The tiers of customers under every scheme, and what lists repeat of them on the customer's own row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from crm_tui.domain.people import Sight
from crm_tui.store.customers import seen_by
from crm_tui.store.database import Database


class Standing(NamedTuple):
    """A customer's row under a scheme: `tier` is in force, `computed` what the rule said last; see `CustomerTier`."""

    id: int
    customer_id: int
    scheme: str
    tier: str | None
    reason: str
    by_hand: int
    until_on: str | None
    computed: str | None
    computed_from: str | None
    computed_to: str | None


class Badge(NamedTuple):
    """What a customer's own row repeats of its primary tier, and the stage that says which one that is."""

    id: int
    stage: str
    scheme: str
    tier: str | None
    tier_rank: int | None
    suggested: str | None
    suggested_rank: int | None


_STANDING = ", ".join(f"t.{name}" for name in Standing._fields)
_BADGE = ", ".join(f"c.{name}" for name in Badge._fields)
_AMONG = "IN (SELECT value FROM json_each(?))"


def standing(database: Database, ids: Iterable[int], scheme: str) -> dict[int, Standing]:
    """The rows of these customers under the scheme, by customer."""
    rows = database.rows(
        f"SELECT {_STANDING} FROM json_each(?) w"
        " CROSS JOIN customer_tier t ON t.customer_id = w.value AND t.scheme = ?",
        (json.dumps(list(ids)), scheme),
    )
    return {row[1]: Standing(*row) for row in rows}


def under(database: Database, sight: Sight, scheme: str) -> dict[int, Standing]:
    """The rows under the scheme of all unarchived customers that are seen, by customer."""
    rows = database.rows(
        f"SELECT {_STANDING} FROM customer_tier t JOIN customer c ON c.id = t.customer_id"
        f" WHERE t.scheme = ? AND c.archived_at IS NULL AND {seen_by(sight)}",
        (scheme,),
    )
    return {row[1]: Standing(*row) for row in rows}


def of(database: Database, customer_id: int) -> dict[str, Standing]:
    """All rows of a customer, by scheme."""
    rows = database.rows(f"SELECT {_STANDING} FROM customer_tier t WHERE t.customer_id = ?", (customer_id,))
    return {row[2]: Standing(*row) for row in rows}


def ended(database: Database, today: str) -> list[Standing]:
    """The tiers given by hand whose last day is before today."""
    rows = database.rows(f"SELECT {_STANDING} FROM customer_tier t WHERE t.until_on < ? ORDER BY t.id", (today,))
    return [Standing(*row) for row in rows]


def badges(database: Database, ids: Sequence[int]) -> list[Badge]:
    """What the rows of these customers repeat."""
    rows = database.rows(f"SELECT {_BADGE} FROM customer c WHERE c.id {_AMONG}", (json.dumps(ids),))
    return [Badge(*row) for row in rows]


def graded(database: Database, ids: Sequence[int]) -> dict[int, dict[str, tuple[str | None, str | None]]]:
    """Tier and computed tier of these customers under each scheme: customer → scheme → the two."""
    found: dict[int, dict[str, tuple[str | None, str | None]]] = {}
    for key, scheme, tier, computed in database.rows(
        f"SELECT customer_id, scheme, tier, computed FROM customer_tier WHERE customer_id {_AMONG}", (json.dumps(ids),)
    ):
        found.setdefault(key, {})[scheme] = (tier, computed)
    return found


def every(database: Database, after: int, limit: int) -> list[int]:
    """The ids of the next customers."""
    rows = database.rows("SELECT id FROM customer WHERE id > ? ORDER BY id LIMIT ?", (after, limit))
    return [row[0] for row in rows]


def in_use(database: Database) -> list[str]:
    """The schemes that have graded anybody."""
    found: list[str] = []
    last = ""
    while True:  # by jumping from one to the next: there are few schemes and many rows
        last = database.value("SELECT scheme FROM customer_tier WHERE scheme > ? ORDER BY scheme LIMIT 1", (last,))
        if last is None:
            return found
        found.append(last)


_FACTS = {
    "owner_id": "c.owner_id", "region": "c.region", "industry": "c.industry", "source": "c.source", "stage": "c.stage",
    "business_role": "c.business_role", "influence": "c.influence", "closing": "c.closing",
    "headcount": "(SELECT p.fields ->> '$.headcount' FROM profile p WHERE p.id = c.id)",
    "tier": "(SELECT t.tier FROM customer_tier t WHERE t.customer_id = c.id AND t.scheme = 'abcd')",
}  # fmt: skip
FACTS = frozenset(_FACTS) - {"owner_id"}
"""What a rule may look at that is no sum of facts: columns of the customer's row and of its profile."""


def facts(database: Database, ids: Sequence[int] | None, names: Sequence[str]) -> dict[int, dict[str, Any]]:
    """These of the `FACTS` by customer, and `owner_id`; of all customers without ids."""
    names = ("owner_id", *names)
    columns = "".join(f", {_FACTS[name]}" for name in names)
    if ids is None:
        rows = database.rows(f"SELECT c.id{columns} FROM customer c")
    else:
        rows = database.rows(f"SELECT c.id{columns} FROM customer c WHERE c.id {_AMONG}", (json.dumps(ids),))
    found = {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
    if "headcount" in names:
        for known in found.values():
            known["headcount"] = _whole(known["headcount"])
    return found


def _whole(text: Any) -> int | None:
    try:
        return None if text is None else int(float(str(text).replace(",", "")))
    except ValueError:
        return None


def names(database: Database, ids: Sequence[int]) -> dict[int, tuple[str, int | None]]:
    """Name and holder of these customers."""
    rows = database.rows(f"SELECT id, name, owner_id FROM customer WHERE id {_AMONG}", (json.dumps(ids),))
    return {row[0]: (row[1], row[2]) for row in rows}


def history(database: Database, customer_id: int) -> list[tuple[Any, ...]]:
    """The tiers that a customer was given and lost, newest first: (scheme, from, to, at, login, reason, source)."""
    return database.rows(
        "SELECT t.scheme, t.from_tier, t.to_tier, t.at, u.login, t.reason, e.source FROM tier_change t"
        " JOIN user u ON u.id = t.user_id JOIN journal_entry e ON e.id = t.entry_id"
        " WHERE t.customer_id = ? ORDER BY t.id DESC",
        (customer_id,),
    )


def computed_at(database: Database, row_id: int) -> tuple[str, str] | None:
    """When and by whom the row's computed tier was written last; None where nothing in the journal says."""
    row = database.row(
        "SELECT e.at, u.login FROM journal_change c JOIN journal_entry e ON e.id = c.entry_id"
        " JOIN user u ON u.id = e.user_id WHERE c.record = 'customer_tier' AND c.record_id = ?"
        " AND (c.action = 'insert' OR (c.action = 'update' AND json_type(c.after, '$.computed_to') IS NOT NULL"
        "  AND (c.before ->> 'computed_to' IS NOT c.after ->> 'computed_to'"
        "   OR c.before ->> 'computed' IS NOT c.after ->> 'computed'))) ORDER BY c.id DESC LIMIT 1",
        (row_id,),
    )
    return (row[0], row[1]) if row else None
