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
from crm_tui.store import obstacles
from crm_tui.store.database import Database
from crm_tui.store.journal import SEARCHED, Change
from crm_tui.store.obstacles import AMONG, CHANGES, OF_A_HOLDING


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
    kept = obstacles.changed_since(database, entries) | set(keep)
    kept |= obstacles.stuck(database, entries, records(database, entries))
    together = obstacles.merged_together(database, entries)
    whole = obstacles.kept_whole(database, entries, together, kept)
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


def _pending(database: Database, entries: Sequence[int]) -> list[_Row]:
    """What is in effect of what the entries changed, newest first: the last link of each chain of an odd number."""
    rows = database.rows(
        "SELECT coalesce(c.reverts_id, c.id) AS first_id, max(c.id) AS last_id, c.record, c.record_id, c.customer_id,"
        f" c.action, c.before FROM {CHANGES} GROUP BY first_id HAVING count(*) % 2 = 1 ORDER BY last_id DESC",
        (json.dumps(entries),),
    )
    return [
        _Row(first_id, record_id, customer_id, before, (table, action, _names(action, before)))
        for first_id, _last_id, table, record_id, customer_id, action, before in rows
    ]


def _names(action: str, before: str | None) -> tuple[str, ...]:
    return tuple(json.loads(before)) if action == "update" and before else ()


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
        if head[0] in obstacles.ALIKE:  # a letter goes before it comes
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
    rows = database.rows(f"SELECT DISTINCT c.record FROM {CHANGES}", (json.dumps(entries),))
    return {row[0] for row in rows}


def customers(database: Database, entries: Sequence[int]) -> list[int]:
    """The customers of the rows that they changed."""
    rows = database.rows(
        f"SELECT DISTINCT c.customer_id FROM {CHANGES} WHERE c.customer_id IS NOT NULL ORDER BY 1",
        (json.dumps(entries),),
    )
    return [row[0] for row in rows]


def users(database: Database, entries: Sequence[int]) -> dict[int, set[str]]:
    """The users whose own rows they changed, with the names of the columns; of a row that was made, `login`."""
    found: dict[int, set[str]] = {}
    for user_id, before in database.rows(
        f"SELECT c.record_id, coalesce(c.before, '{{\"login\": null}}') FROM {CHANGES} WHERE +c.record = 'user'",
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
            f"SELECT 1 FROM journal_change WHERE record = 'user' AND record_id = ?2 AND +entry_id NOT {AMONG}"
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
        f"SELECT DISTINCT c.customer_id FROM {CHANGES} JOIN customer n ON n.id = c.customer_id"
        " JOIN ownership_log l ON l.id = (SELECT max(id) FROM ownership_log WHERE customer_id = c.customer_id"
        "  AND (entry_id IS NULL OR entry_id <= c.entry_id))"
        " LEFT JOIN ownership_log g ON g.id = (SELECT min(id) FROM ownership_log WHERE customer_id = c.customer_id"
        f"  AND +entry_id > c.entry_id AND +entry_id {AMONG})"
        f" WHERE +c.record IN {OF_A_HOLDING} AND CASE WHEN g.id IS NULL"
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


def merged_since(database: Database, entries: Sequence[int]) -> list[tuple[int, int]]:
    """The customers into which the entries merged others, and that something else merged in turn: (id, into whom)."""
    groups = obstacles.merged_together(database, entries)
    found: list[tuple[int, int]] = []
    for group in groups:
        found += database.rows(
            "SELECT id, merged_into FROM customer WHERE id IN (SELECT value FROM json_each(?1))"
            " AND merged_into NOT IN (SELECT value FROM json_each(?1))",
            (json.dumps(sorted(group)),),
        )
    return found


def names(database: Database, condition: str, ids: Iterable[int]) -> dict[int, str]:
    """The names of those of the customers that fulfil the condition (on the alias `c`), by id."""
    rows = database.rows(
        f"SELECT c.id, c.name FROM customer c WHERE c.id IN (SELECT value FROM json_each(?)) AND {condition}",
        (json.dumps(list(ids)),),
    )
    return dict(rows)
