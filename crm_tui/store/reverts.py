"""Taking entries of the journal back, and what they have touched, as the right to do so is judged by (DOMAIN §8, §9).

The entries are one action, all that is in effect of it: a single entry, or all the steps of a run. What one of them
changed after another is no change since. A customer of which any row was changed since stays as it is, whole.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import apsw

from crm_tui.domain.errors import Conflict
from crm_tui.domain.language import _
from crm_tui.store.database import Database
from crm_tui.store.journal import SEARCHED, Change, customer_column


@dataclass(frozen=True)
class Reverted:
    """What taking an entry back did: the new entry, customers changed, and customers left alone (by id); of those that
    were changed, how many have another holder again.
    """

    entry_id: int
    changed: tuple[int, ...]
    kept: tuple[int, ...]
    moved: int = 0


def revert(change: Change, entries: Sequence[int], keep: Iterable[int] = ()) -> Reverted:
    """Take back all rows of the entries that nobody changed since, within the open entry `change`.

    A customer of which any row was changed since stays as it is, whole, and is among the `kept`; so are those to
    `keep` in any case.
    """
    database = change.database
    pending = _pending(database, entries)
    kept = _changed_since(database, entries) | _stuck(database, entries) | set(keep)
    together = merged_together(database, entries)
    whole = _kept_whole(database, entries, together, kept)
    kept &= {row.key for row in pending}  # the rest was taken back within the run
    kept |= whole
    touched: set[int] = set()
    moved: set[int | None] = set()
    try:
        left = [row for row in pending if row.key not in kept]
        for (table, action, names), rows in _batches(left, {key: min(group) for group in together for key in group}):
            _take_back(change, table, action, rows)
            touched.update(row.customer_id for row in rows if row.customer_id)
            if table == "customer" and "owner_id" in names:
                moved.update(row.customer_id for row in rows)
            if table in ("customer", "contact") and (action != "update" or SEARCHED.intersection(names)):
                change.searchable.update(row.customer_id for row in rows if row.customer_id)
        for group in together:
            if not group & kept:
                change.searchable |= group
                touched |= group
    except apsw.ConstraintError as error:
        raise Conflict(_("something else depends on it by now; nothing was undone")) from error
    _toggle(database, change.entry_id)
    return Reverted(change.entry_id, tuple(sorted(touched)), tuple(sorted(kept)), len(moved))


_Head = tuple[str, str, tuple[str, ...]]
"""Table, action, and the names of the columns that were changed."""


@dataclass(frozen=True, slots=True)
class _Row:
    first_id: int
    record_id: int
    customer_id: int | None
    before: str | None
    head: _Head

    @property
    def key(self) -> int:
        """The customer that it belongs to; minus the row's own id where it belongs to none."""
        return self.customer_id or -self.record_id


_AMONG = "IN (SELECT value FROM json_each(?1))"
"""The SQL of being one of the entries; a `+` before the column keeps its index out of what looks from another side."""
_CHANGES = "json_each(?1) w CROSS JOIN journal_change c ON c.entry_id = w.value"
"""The SQL of the changes that the entries made."""

# A chain is a change with all that took it back and did it again since: an odd number of them makes a difference.
_SINCE = (
    f"EXISTS (SELECT 1 FROM journal_change l WHERE {{which}} AND +l.entry_id > c.entry_id AND +l.entry_id NOT {_AMONG}"
    " GROUP BY coalesce(l.reverts_id, l.id) HAVING count(*) % 2 = 1)"
)


# What a customer's row repeats of its tiers and its profile is written anew after undo: nothing stands against it.
_DERIVED = (
    "({row}.record = 'customer' AND {row}.action = 'update' AND NOT EXISTS (SELECT 1 FROM json_each({row}.after) k"
    " WHERE k.key NOT IN ('scheme', 'tier', 'tier_rank', 'suggested', 'suggested_rank', 'stale_on')))"
)

_OF_A_HOLDING = "('transfer', 'protection', 'collaborator', 'recycle_warning')"
"""The tables of what ends with a holding, as SQL."""


def _changed_since(database: Database, entries: Sequence[int]) -> set[int]:
    """Ids of the customers (or, for rows of none, minus the row's id) that something else has changed since."""
    same = _SINCE.format(which="l.record = c.record AND l.record_id = c.record_id AND NOT " + _DERIVED.format(row="l"))
    own = _DERIVED.format(row="c")
    # What was made by the entries cannot go while something else hangs on it.
    hanging = _SINCE.format(which="l.customer_id = c.customer_id")
    # The customer's row repeats its newest interaction and its open follow-up: each depends on those before it.
    series = _SINCE.format(which="l.customer_id = c.customer_id AND l.record = c.record")
    # What the holder has begun belongs to that holding, and goes before it.
    begun = _SINCE.format(which=f"l.customer_id = c.customer_id AND l.record IN {_OF_A_HOLDING}")
    # A line was added to the order as it stood: a correction is none of a draft.
    lines = _SINCE.format(
        which="l.record = 'order_line' AND l.record_id IN (SELECT id FROM order_line WHERE order_id = c.record_id)"
    )
    moved = "c.record = 'customer' AND c.before ->> 'owner_id' IS NOT c.after ->> 'owner_id'"
    rows = database.rows(
        f"SELECT DISTINCT coalesce(c.customer_id, -c.record_id) FROM {_CHANGES}"
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


def _stuck(database: Database, entries: Sequence[int]) -> set[int]:
    """As `_changed_since`, the rows that cannot be given back as the tables stand: the row is gone, its like or the
    customer was made or unmade meanwhile, or something that is no part of the entries points to it.
    """
    found: set[int] = set()
    given = json.dumps(entries)
    for table in records(database, entries):
        gone = f"c.action <> 'delete' AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = c.record_id)"
        like = " AND ".join(f"t.{name} = c.before ->> '{name}'" for name in _UNIQUE.get(table, ("id",)))
        # Its like that the entries made, or made alike, goes before it comes back.
        own = _OWN.format(table=table)
        taken = (
            f"c.action = 'delete' AND EXISTS (SELECT 1 FROM {table} t"
            f" WHERE t.id = c.record_id OR ({like} AND NOT {own}))"
        )
        conditions = [gone, taken, *_pointed_at(table), *_ALIKE.get(table, ()), *_numbered(table)]
        if customer_column(table) not in (None, "id") or table == "profile":
            conditions.append(
                "c.action = 'delete' AND NOT EXISTS (SELECT 1 FROM customer t WHERE t.id = c.customer_id)"
                " AND NOT EXISTS (SELECT 1 FROM journal_change d WHERE d.record = 'customer'"
                f" AND d.record_id = c.customer_id AND +d.entry_id {_AMONG} AND d.action = 'delete')"
            )
        rows = database.rows(
            "SELECT DISTINCT coalesce(c.customer_id, -c.record_id) FROM journal_change c WHERE c.id IN"
            f" (SELECT max(c.id) FROM {_CHANGES} WHERE +c.record = ?2 GROUP BY c.record_id)"
            f" AND ({' OR '.join(f'({condition})' for condition in conditions)})",
            (given, table),
        )
        found.update(row[0] for row in rows)
    return found


_OWN = (
    f"EXISTS (SELECT 1 FROM journal_change i WHERE i.record = '{{table}}' AND i.record_id = t.id"
    f" AND +i.entry_id {_AMONG})"
)
"""The SQL of whether the entries changed the row `t`."""

# Names and letters of views are unlike within each user's own; also what is only renamed comes to stand beside them.
_ALIKE = {"saved_view": (
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
        f"c.action <> 'delete' AND EXISTS (SELECT 1 FROM journal_change i WHERE +i.entry_id {_AMONG} AND i.record = ?2"
        f" AND i.record_id = c.record_id AND i.action = 'insert') AND EXISTS (SELECT 1 FROM {other} t"
        f" WHERE t.{column} = c.record_id AND NOT {_OWN.format(table=other)})"
        for other, column in _POINTING.get(table, ())
    ]


def _pending(database: Database, entries: Sequence[int]) -> list[_Row]:
    """What is in effect of what the entries changed, newest first: the last link of each chain of an odd number."""
    rows = database.rows(
        "SELECT coalesce(c.reverts_id, c.id) AS first_id, max(c.id) AS last_id, c.record, c.record_id, c.customer_id,"
        f" c.action, c.before FROM {_CHANGES} GROUP BY first_id HAVING count(*) % 2 = 1 ORDER BY last_id DESC",
        (json.dumps(entries),),
    )
    return [
        _Row(first_id, record_id, customer_id, before, (table, action, _names(action, before)))
        for first_id, _last_id, table, record_id, customer_id, action, before in rows
    ]


def _names(action: str, before: str | None) -> tuple[str, ...]:
    return tuple(json.loads(before)) if action == "update" and before else ()


def merged_together(database: Database, entries: Sequence[int]) -> list[set[int]]:
    """The customers that the entries merged, or took apart again: each survivor with all that went into it."""
    rows = database.rows(
        "SELECT c.record_id, coalesce(c.after ->> 'merged_into', c.before ->> 'merged_into') AS survivor"
        f" FROM {_CHANGES}"
        " WHERE +c.record = 'customer' AND c.action = 'update' AND survivor IS NOT NULL",
        (json.dumps(entries),),
    )
    groups: list[set[int]] = []
    for pair in rows:
        joined = set(pair).union(*(group for group in groups if group & set(pair)))
        groups = [group for group in groups if not group & joined] + [joined]
    return groups


def _kept_whole(
    database: Database, entries: Sequence[int], groups: Iterable[set[int]], kept: set[int]
) -> set[int]:
    """Those of the customers that were merged who stay so: a merge is taken back whole or not at all, and not once
    anything of any of them was changed.
    """
    which = f"l.customer_id IN (SELECT value FROM json_each(?2)) AND NOT {_DERIVED.format(row='l')}"
    found: set[int] = set()
    for group in groups:
        since = database.value(
            f"SELECT EXISTS (SELECT 1 FROM {_CHANGES} WHERE c.customer_id IN (SELECT value FROM json_each(?2))"
            f" AND {_SINCE.format(which=which)})",
            (json.dumps(entries), json.dumps(sorted(group))),
        )
        if since or group & kept:
            found |= group
    return found


def _batches(rows: Iterable[_Row], group_of: Mapping[int, int]) -> Iterator[tuple[_Head, list[_Row]]]:
    """The rows, newest first, in batches of the same table, action and columns; a row twice is in two of them.

    Nothing of one customer hangs on another's, but where they were merged: of each (or of each such group, by
    `group_of`) they keep their order, and are gathered across customers. On rows of no customer (a pool, a user)
    anything may hang, so that all before them goes before.
    """
    for of_customers, part in groupby(rows, key=lambda row: row.customer_id is not None):
        queues: dict[int | None, deque[_Row]] = {}
        for row in part:
            key = row.customer_id or 0
            queues.setdefault(group_of.get(key, key) if of_customers else None, deque()).append(row)
        yield from _gathered(queues.values())


def _gathered(queues: Iterable[deque[_Row]]) -> Iterator[tuple[_Head, list[_Row]]]:
    waiting: dict[_Head, list[deque[_Row]]] = {}
    for queue in queues:
        waiting.setdefault(queue[0].head, []).append(queue)
    while waiting:
        head = max(waiting, key=lambda head: len(waiting[head]))
        batch: list[_Row] = []
        for queue in waiting.pop(head):
            batch += _leading(queue, head)
            if queue:
                waiting.setdefault(queue[0].head, []).append(queue)
        yield head, batch


def _leading(queue: deque[_Row], head: _Head) -> Iterator[_Row]:
    """Take the rows of the same kind off the queue, up to the first that comes a second time."""
    seen: set[int] = set()
    while queue and queue[0].head == head and queue[0].record_id not in seen:
        seen.add(queue[0].record_id)
        yield queue.popleft()
        if head[0] in _ALIKE:  # a letter goes before it comes
            return


def _take_back(change: Change, table: str, action: str, rows: list[_Row]) -> None:
    reverts = {row.record_id: row.first_id for row in rows}
    if action == "update":
        values = {row.record_id: json.loads(row.before or "{}") for row in rows}
        change.update_each(table, values, reverts=reverts)
    elif action == "insert":
        change.delete(table, reverts, reverts=reverts)
    else:
        change.restore(table, {row.record_id: row.before or "{}" for row in rows}, reverts)


def _toggle(database: Database, entry_id: int) -> None:
    """What the entry has taken back is undone now; what it has done again is in effect again."""
    firsts = "SELECT reverts_id FROM journal_change WHERE entry_id = ?1 AND reverts_id IS NOT NULL"
    undone = database.rows(f"SELECT id FROM journal_undone WHERE id IN ({firsts})", (entry_id,))
    given = json.dumps([row[0] for row in undone])
    database.execute(
        f"INSERT INTO journal_undone SELECT reverts_id FROM ({firsts})"
        " WHERE reverts_id NOT IN (SELECT value FROM json_each(?2))",
        (entry_id, given),
    )
    database.execute("DELETE FROM journal_undone WHERE id IN (SELECT value FROM json_each(?))", (given,))


def append_histories(change: Change, *, at: str, user_id: int, reason: str) -> None:
    """Write what the open entry has reverted into the histories of stages and tiers: they only grow."""
    change.database.execute(
        "INSERT INTO stage_change (entry_id, customer_id, from_stage, to_stage, at, user_id, reason)"
        " SELECT entry_id, customer_id, before ->> 'stage', after ->> 'stage', ?2, ?3, ?4 FROM journal_change"
        " WHERE entry_id = ?1 AND record = 'customer' AND action = 'update'"
        " AND before ->> 'stage' <> after ->> 'stage' ORDER BY id",
        (change.entry_id, at, user_id, reason),
    )
    change.database.execute(
        "INSERT INTO tier_change (entry_id, customer_id, scheme, from_tier, to_tier, at, user_id, reason)"
        # The row may have been changed, or be gone again, within the entry; and of a row other things may have changed.
        " SELECT * FROM (SELECT c.entry_id, c.customer_id,"
        "  coalesce(c.before ->> 'scheme', t.scheme, (SELECT d.before ->> 'scheme'"
        "   FROM journal_change d WHERE d.record = c.record AND d.record_id = c.record_id AND d.action = 'delete'"
        "   ORDER BY d.id DESC LIMIT 1)),"
        " c.before ->> 'tier' AS lost, CASE c.action WHEN 'insert' THEN CASE WHEN u.id IS NULL THEN t.tier"
        " ELSE u.before ->> 'tier' END ELSE c.after ->> 'tier' END AS got, ?2, ?3, ?4"
        " FROM journal_change c LEFT JOIN customer_tier t ON t.id = c.record_id"
        " LEFT JOIN journal_change u ON c.action = 'insert' AND u.id = (SELECT min(n.id) FROM journal_change n"
        "  WHERE +n.entry_id = c.entry_id AND n.record = c.record AND n.record_id = c.record_id AND n.id > c.id)"
        " WHERE c.entry_id = ?1 AND c.record = 'customer_tier' ORDER BY c.id) WHERE lost IS NOT got",
        (change.entry_id, at, user_id, reason),
    )


def restaled(database: Database, entry_id: int) -> list[int]:
    """The customers that have another day on which their profile becomes stale by the entry."""
    rows = database.rows(
        "SELECT DISTINCT record_id FROM journal_change WHERE entry_id = ? AND record = 'customer' AND action = 'update'"
        " AND json_type(after, '$.stale_on') IS NOT NULL ORDER BY 1",
        (entry_id,),
    )
    return [row[0] for row in rows]


# What the right to take it back hangs on


@dataclass(frozen=True)
class Moved:
    """A change of hands by the entry (`at` a stored stamp); `newest` where nothing has moved the customer since."""

    kind: str
    from_owner: int | None
    from_pool: int | None
    to_owner: int | None
    to_pool: int | None
    at: str
    newest: bool


def records(database: Database, entries: Sequence[int]) -> set[str]:
    """The tables whose rows they changed."""
    rows = database.rows(f"SELECT DISTINCT c.record FROM {_CHANGES}", (json.dumps(entries),))
    return {row[0] for row in rows}


def customers(database: Database, entries: Sequence[int]) -> list[int]:
    """The customers of the rows that they changed."""
    rows = database.rows(
        f"SELECT DISTINCT c.customer_id FROM {_CHANGES} WHERE c.customer_id IS NOT NULL ORDER BY 1",
        (json.dumps(entries),),
    )
    return [row[0] for row in rows]


def users(database: Database, entries: Sequence[int]) -> dict[int, set[str]]:
    """The users whose own rows they changed, with the names of the columns; of a row that was made, `login`."""
    found: dict[int, set[str]] = {}
    for user_id, before in database.rows(
        f"SELECT c.record_id, coalesce(c.before, '{{\"login\": null}}') FROM {_CHANGES} WHERE +c.record = 'user'",
        (json.dumps(entries),),
    ):
        found.setdefault(user_id, set()).update(json.loads(before))
    return found


def moved(database: Database, entries: Sequence[int]) -> dict[int, Moved]:
    """The customers that they moved, by id; of several moves of one the last counts, from where the first began."""
    found: dict[int, Moved] = {}
    for customer_id, kind, from_owner, from_pool, to_owner, to_pool, at, newest in database.rows(
        "SELECT l.customer_id, l.kind, l.from_owner_id, l.from_pool_id, l.to_owner_id, l.to_pool_id, l.at,"
        " l.id = (SELECT max(id) FROM ownership_log WHERE customer_id = l.customer_id)"
        " FROM json_each(?) w CROSS JOIN ownership_log l ON l.entry_id = w.value ORDER BY l.id",
        (json.dumps(entries),),
    ):
        first = found.get(customer_id)
        if first is not None:
            from_owner, from_pool = first.from_owner, first.from_pool
        found[customer_id] = Moved(kind, from_owner, from_pool, to_owner, to_pool, at, bool(newest))
    return found


def told_to_leave(database: Database, user_id: int, entries: Sequence[int]) -> bool:
    """Whether the user became one who leaves after the first of the entries, by none of them, nor by the open one."""
    return bool(
        database.value(
            f"SELECT 1 FROM journal_change WHERE record = 'user' AND record_id = ?2 AND +entry_id NOT {_AMONG}"
            " AND +entry_id > ?3 AND +entry_id < (SELECT max(id) FROM journal_entry)"
            " AND after ->> 'state' = 'leaving' LIMIT 1",
            (json.dumps(entries), user_id, entries[0]),
        )
    )


def outlived(database: Database, entries: Sequence[int]) -> set[int]:
    """The customers of which they changed what belongs to a holding (offers, protections, shares, warnings), and that
    came into other hands since: they are there now, or were there when the entries moved them themselves.
    """
    rows = database.rows(
        f"SELECT DISTINCT c.customer_id FROM {_CHANGES} JOIN customer n ON n.id = c.customer_id"
        " JOIN ownership_log l ON l.id = (SELECT max(id) FROM ownership_log WHERE customer_id = c.customer_id"
        "  AND (entry_id IS NULL OR entry_id <= c.entry_id))"
        " LEFT JOIN ownership_log g ON g.id = (SELECT min(id) FROM ownership_log WHERE customer_id = c.customer_id"
        f"  AND +entry_id > c.entry_id AND +entry_id {_AMONG})"
        f" WHERE +c.record IN {_OF_A_HOLDING} AND CASE WHEN g.id IS NULL"
        " THEN n.owner_id IS NOT l.to_owner_id OR n.pool_id IS NOT l.to_pool_id"
        " ELSE g.from_owner_id IS NOT l.to_owner_id OR g.from_pool_id IS NOT l.to_pool_id END",
        (json.dumps(entries),),
    )
    return {row[0] for row in rows}


def protected(database: Database, today: str) -> dict[int, int]:
    """How many customers each user protects on that day or later."""
    rows = database.rows(
        "SELECT user_id, count(DISTINCT customer_id) FROM protection"
        " WHERE ended_on IS NULL AND until_on >= ? GROUP BY 1",
        (today,),
    )
    return dict(rows)


def names(database: Database, condition: str, ids: Iterable[int]) -> dict[int, str]:
    """The names of those of the customers that fulfil the condition (on the alias `c`), by id."""
    rows = database.rows(
        f"SELECT c.id, c.name FROM customer c WHERE c.id IN (SELECT value FROM json_each(?)) AND {condition}",
        (json.dumps(list(ids)),),
    )
    return dict(rows)
