"""What stands against taking entries of the journal back (DOMAIN §8, §9).

Only reads. An obstacle is named by the customer that it keeps as it is, whole; of a row that belongs to none, by minus
the row's id. What one of the entries changed after another is none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from crm_tui.store.database import Database
from crm_tui.store.journal import customer_column

AMONG = "IN (SELECT value FROM json_each(?1))"
"""The SQL of being one of the entries; a `+` before the column keeps its index out of what looks from another side."""
CHANGES = "json_each(?1) w CROSS JOIN journal_change c ON c.entry_id = w.value"
"""The SQL of the changes that the entries made."""

# A chain is a change with all that took it back and did it again since: an odd number of them makes a difference.
_SINCE = (
    f"EXISTS (SELECT 1 FROM journal_change l WHERE {{which}} AND +l.entry_id > c.entry_id AND +l.entry_id NOT {AMONG}"
    " GROUP BY coalesce(l.reverts_id, l.id) HAVING count(*) % 2 = 1)"
)

# What a customer's row repeats of its tiers and its profile is written anew after undo: nothing stands against it.
_DERIVED = (
    "({row}.record = 'customer' AND {row}.action = 'update' AND NOT EXISTS (SELECT 1 FROM json_each({row}.after) k"
    " WHERE k.key NOT IN ('scheme', 'tier', 'tier_rank', 'suggested', 'suggested_rank', 'stale_on')))"
)

OF_A_HOLDING = "('transfer', 'protection', 'collaborator', 'recycle_warning')"
"""The tables of what ends with a holding, as SQL."""


def changed_since(database: Database, entries: Sequence[int]) -> set[int]:
    """Ids of the customers (or, for rows of none, minus the row's id) that something else has changed since."""
    same = _SINCE.format(which="l.record = c.record AND l.record_id = c.record_id AND NOT " + _DERIVED.format(row="l"))
    own = _DERIVED.format(row="c")
    # What was made by the entries cannot go while something else hangs on it.
    hanging = _SINCE.format(which="l.customer_id = c.customer_id")
    # The customer's row repeats its newest interaction and its open follow-up: each depends on those before it.
    series = _SINCE.format(which="l.customer_id = c.customer_id AND l.record = c.record")
    # What the holder has begun belongs to that holding, and goes before it.
    begun = _SINCE.format(which=f"l.customer_id = c.customer_id AND l.record IN {OF_A_HOLDING}")
    # A line was added to the order as it stood: a correction is none of a draft.
    lines = _SINCE.format(
        which="l.record = 'order_line' AND l.record_id IN (SELECT id FROM order_line WHERE order_id = c.record_id)"
    )
    moved = "c.record = 'customer' AND c.before ->> 'owner_id' IS NOT c.after ->> 'owner_id'"
    rows = database.rows(
        f"SELECT DISTINCT coalesce(c.customer_id, -c.record_id) FROM {CHANGES}"
        f" WHERE (NOT {own} AND {same}) OR (c.record = 'customer' AND c.action <> 'update' AND {hanging})"
        f" OR ({moved} AND {begun})"
        f" OR (c.record IN ('interaction', 'follow_up') AND {series})"
        f" OR (c.record = 'sales_order' AND c.action = 'update' AND {lines})",
        (json.dumps(entries),),
    )
    return {row[0] for row in rows}


# What must be unlike in all rows of a table, and what points to its rows from elsewhere.
_UNIQUE = {
    "team": ("name",), "user": ("login",), "ssh_key": ("fingerprint",), "setting": ("name",), "pool": ("name",),
    "pool_member": ("pool_id", "user_id"), "pool_rule": ("pool_id", "name"), "tag": ("customer_id", "name"),
    "customer_tier": ("customer_id", "scheme"), "collaborator": ("customer_id", "user_id"),
    "credit_share": ("customer_id", "user_id"), "recycle_warning": ("customer_id",), "scheme": ("identifier",),
    "product": ("name_key",), "allocation": ("payment_id", "receivable_id"),
    "wallet": ("customer_id", "category", "from_on", "until_on"), "purchase_factor": ("customer_id", "occasion"),
    "playbook_mark": ("customer_id", "item", "period"), "product_push": ("customer_id", "product_id"),
    "distinct_pair": ("customer_id", "other_id"),
}  # fmt: skip
_POINTING = {
    "team": (("user", "team_id"),),
    "user": (("journal_entry", "user_id"), ("customer", "owner_id"), ("draft", "user_id"), ("ssh_key", "user_id"),
             ("pool_member", "user_id"), ("team", "lead_id"), ("absence", "user_id"), ("absence", "stand_in_id"),
             ("collaborator", "user_id"), ("notice", "user_id"), ("transfer", "to_id"), ("saved_view", "user_id"),
             ("deal", "user_id"), ("sales_order", "user_id"), ("wallet", "user_id"), ("purchase_factor", "user_id"),
             ("playbook_mark", "user_id"), ("product_push", "user_id")),
    "pool": (("customer", "pool_id"), ("pool_member", "pool_id"), ("pool_rule", "pool_id")),
    "contact": (("interaction", "contact_id"),),
    "interaction": (("comment", "interaction_id"),),
    "product": (("order_line", "product_id"), ("deal", "product_id"), ("product_push", "product_id")),
    "deal": (("sales_order", "deal_id"),),
    "sales_order": (("order_line", "order_id"), ("receivable", "order_id")),
    "receivable": (("allocation", "receivable_id"),),
    "payment": (("allocation", "payment_id"),),
}  # fmt: skip


def stuck(database: Database, entries: Sequence[int], tables: Iterable[str]) -> set[int]:
    """As `changed_since`, the rows of these tables that cannot be given back as they stand: the row is gone, its like
    or the customer was made or unmade meanwhile, or something that is no part of the entries points to it.
    """
    found: set[int] = set()
    given = json.dumps(entries)
    for table in tables:
        gone = f"c.action <> 'delete' AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = c.record_id)"
        like = " AND ".join(f"t.{name} = c.before ->> '{name}'" for name in _UNIQUE.get(table, ("id",)))
        # Its like that the entries made, or made alike, goes before it comes back.
        own = _OWN.format(table=table)
        taken = (
            f"c.action = 'delete' AND EXISTS (SELECT 1 FROM {table} t"
            f" WHERE t.id = c.record_id OR ({like} AND NOT {own}))"
        )
        conditions = [gone, taken, *_pointed_at(table), *ALIKE.get(table, ()), *_numbered(table)]
        if customer_column(table) not in (None, "id") or table == "profile":
            conditions.append(
                "c.action = 'delete' AND NOT EXISTS (SELECT 1 FROM customer t WHERE t.id = c.customer_id)"
                " AND NOT EXISTS (SELECT 1 FROM journal_change d WHERE d.record = 'customer'"
                f" AND d.record_id = c.customer_id AND +d.entry_id {AMONG} AND d.action = 'delete')"
            )
        rows = database.rows(
            "SELECT DISTINCT coalesce(c.customer_id, -c.record_id) FROM journal_change c WHERE c.id IN"
            f" (SELECT max(c.id) FROM {CHANGES} WHERE +c.record = ?2 GROUP BY c.record_id)"
            f" AND ({' OR '.join(f'({condition})' for condition in conditions)})",
            (given, table),
        )
        found.update(row[0] for row in rows)
    return found


_OWN = (
    f"EXISTS (SELECT 1 FROM journal_change i WHERE i.record = '{{table}}' AND i.record_id = t.id"
    f" AND +i.entry_id {AMONG})"
)
"""The SQL of whether the entries changed the row `t`."""

# Names and letters of views are unlike within each user's own; also what is only renamed comes to stand beside them.
ALIKE = {"saved_view": (
    "EXISTS (SELECT 1 FROM saved_view t LEFT JOIN saved_view o ON o.id = c.record_id WHERE t.id <> c.record_id"
    " AND t.user_id = coalesce(o.user_id, c.before ->> 'user_id') AND (t.name_key = c.before ->> 'name_key'"
    f" OR t.letter = nullif(c.before ->> 'letter', '')) AND NOT {_OWN.format(table='saved_view')})",
)}  # fmt: skip

_NUMBERED = {
    "deal": ("number",), "sales_order": ("number", "import_key"), "receivable": ("number", "import_key"),
    "payment": ("number", "import_key"),
}  # fmt: skip
"""What must be unlike in all rows of a table that have it."""


def _numbered(table: str) -> list[str]:
    """Conditions under which a row cannot come back, since another one has its number by now."""
    return [
        f"c.action = 'delete' AND EXISTS (SELECT 1 FROM {table} t WHERE t.{name} = nullif(c.before ->> '{name}', '')"
        f" AND t.{name} <> '' AND NOT {_OWN.format(table=table)})"
        for name in _NUMBERED.get(table, ())
    ]


def _pointed_at(table: str) -> list[str]:
    """Conditions under which a row that the entries made is pointed to by one that they did not make."""
    return [
        f"c.action <> 'delete' AND EXISTS (SELECT 1 FROM journal_change i WHERE +i.entry_id {AMONG} AND i.record = ?2"
        f" AND i.record_id = c.record_id AND i.action = 'insert') AND EXISTS (SELECT 1 FROM {other} t"
        f" WHERE t.{column} = c.record_id AND NOT {_OWN.format(table=other)})"
        for other, column in _POINTING.get(table, ())
    ]


def merged_together(database: Database, entries: Sequence[int]) -> list[set[int]]:
    """The customers that the entries merged, or took apart again: each survivor with all that went into it."""
    rows = database.rows(
        "SELECT c.record_id, coalesce(c.after ->> 'merged_into', c.before ->> 'merged_into') AS survivor"
        f" FROM {CHANGES}"
        " WHERE +c.record = 'customer' AND c.action = 'update' AND survivor IS NOT NULL",
        (json.dumps(entries),),
    )
    groups: list[set[int]] = []
    for pair in rows:
        joined = set(pair).union(*(group for group in groups if group & set(pair)))
        groups = [group for group in groups if not group & joined] + [joined]
    return groups


def kept_whole(database: Database, entries: Sequence[int], groups: Iterable[set[int]], kept: set[int]) -> set[int]:
    """Those of the customers that were merged who stay so: a merge is taken back whole or not at all, and not once
    anything of any of them was changed.
    """
    which = f"l.customer_id IN (SELECT value FROM json_each(?2)) AND NOT {_DERIVED.format(row='l')}"
    found: set[int] = set()
    for group in groups:
        since = database.value(
            f"SELECT EXISTS (SELECT 1 FROM {CHANGES} WHERE c.customer_id IN (SELECT value FROM json_each(?2))"
            f" AND {_SINCE.format(which=which)})",
            (json.dumps(entries), json.dumps(sorted(group))),
        )
        if since or group & kept:
            found |= group
    return found
