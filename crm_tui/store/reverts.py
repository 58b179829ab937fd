"""Taking an entry of the journal back, and what it has touched, as the right to do so is judged by (DOMAIN §8, §9).

A customer of which any row was changed since stays as it is, whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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


def revert(change: Change, entry_id: int, keep: Iterable[int] = ()) -> Reverted:
    """Take back all rows of `entry_id` that nobody changed since, within the open entry `change`.

    A customer of which any row was changed since stays as it is, whole, and is among the `kept`; so are those to
    `keep` in any case.
    """
    database = change.database
    kept = _changed_since(database, entry_id) | _stuck(database, entry_id) | set(keep)
    pending = _pending(database, entry_id, kept)
    touched: set[int] = set()
    moved: set[int | None] = set()
    try:
        for (table, action, names), rows in _batches(pending):
            _take_back(change, table, action, rows)
            touched.update(row.customer_id for row in rows if row.customer_id)
            if table == "customer" and "owner_id" in names:
                moved.update(row.customer_id for row in rows)
            if table in ("customer", "contact") and (action != "update" or SEARCHED.intersection(names)):
                change.searchable.update(row.customer_id for row in rows if row.customer_id)
    except apsw.ConstraintError as error:
        raise Conflict(_("something else depends on it by now; nothing was undone")) from error
    _toggle(database, change.entry_id)
    return Reverted(change.entry_id, tuple(sorted(touched)), tuple(sorted(kept)), len(moved))


@dataclass(frozen=True)
class _Row:
    first_id: int
    table: str
    record_id: int
    customer_id: int | None
    action: str
    before: str | None


# A chain is a change with all that took it back and did it again since: an odd number of them makes a difference.
_SINCE = (
    "EXISTS (SELECT 1 FROM journal_change l WHERE {which} AND l.entry_id > ?1"
    " GROUP BY coalesce(l.reverts_id, l.id) HAVING count(*) % 2 = 1)"
)


_OF_A_HOLDING = "('transfer', 'protection', 'collaborator', 'recycle_warning')"
"""The tables of what ends with a holding, as SQL."""


def _changed_since(database: Database, entry_id: int) -> set[int]:
    """Ids of the customers (or, for rows of none, minus the row's id) that something has changed since the entry."""
    same = _SINCE.format(which="l.record = c.record AND l.record_id = c.record_id")
    # What was made by the entry cannot go while something else hangs on it.
    hanging = _SINCE.format(which="l.customer_id = c.customer_id")
    # The customer's row repeats its newest interaction and its open follow-up: each depends on those before it.
    series = _SINCE.format(which="l.customer_id = c.customer_id AND l.record = c.record")
    # What the holder has begun belongs to that holding, and goes before it.
    begun = _SINCE.format(which=f"l.customer_id = c.customer_id AND l.record IN {_OF_A_HOLDING}")
    moved = "c.record = 'customer' AND c.before ->> 'owner_id' IS NOT c.after ->> 'owner_id'"
    rows = database.rows(
        "SELECT DISTINCT coalesce(c.customer_id, -c.record_id) FROM journal_change c"
        f" WHERE c.entry_id = ?1 AND ({same} OR (c.record = 'customer' AND c.action <> 'update' AND {hanging})"
        f" OR ({moved} AND {begun})"
        f" OR (c.record IN ('interaction', 'follow_up') AND {series}))",
        (entry_id,),
    )
    return {row[0] for row in rows}


# What must be unlike in all rows of a table, and what points to its rows from elsewhere.
_UNIQUE = {
    "team": ("name",), "user": ("login",), "ssh_key": ("fingerprint",), "setting": ("name",), "pool": ("name",),
    "pool_member": ("pool_id", "user_id"), "pool_rule": ("pool_id", "name"), "tag": ("customer_id", "name"),
    "customer_tier": ("customer_id", "scheme"), "collaborator": ("customer_id", "user_id"),
    "credit_share": ("customer_id", "user_id"), "recycle_warning": ("customer_id",),
    "saved_view": ("user_id", "name"),
}  # fmt: skip
_POINTING = {
    "team": (("user", "team_id"),),
    "user": (("journal_entry", "user_id"), ("customer", "owner_id"), ("draft", "user_id"), ("ssh_key", "user_id"),
             ("pool_member", "user_id"), ("team", "lead_id"), ("absence", "user_id"), ("absence", "stand_in_id"),
             ("collaborator", "user_id"), ("notice", "user_id"), ("transfer", "to_id"), ("saved_view", "user_id")),
    "pool": (("customer", "pool_id"), ("pool_member", "pool_id"), ("pool_rule", "pool_id")),
    "contact": (("interaction", "contact_id"),),
    "interaction": (("comment", "interaction_id"),),
}  # fmt: skip


def _stuck(database: Database, entry_id: int) -> set[int]:
    """As `_changed_since`, the rows that cannot be given back as the tables stand: the row is gone, its like or the
    customer was made or unmade meanwhile, or something that is no part of the entry points to it.
    """
    found: set[int] = set()
    for (table,) in database.rows("SELECT DISTINCT record FROM journal_change WHERE entry_id = ?", (entry_id,)):
        gone = f"c.action <> 'delete' AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = c.record_id)"
        like = " AND ".join(f"t.{name} = c.before ->> '{name}'" for name in _UNIQUE.get(table, ("id",)))
        taken = f"c.action = 'delete' AND EXISTS (SELECT 1 FROM {table} t WHERE t.id = c.record_id OR ({like}))"
        conditions = [gone, taken, *_pointed_at(table)]
        if customer_column(table) not in (None, "id") or table == "profile":
            conditions.append(
                "c.action = 'delete' AND NOT EXISTS (SELECT 1 FROM customer t WHERE t.id = c.customer_id)"
                " AND NOT EXISTS (SELECT 1 FROM journal_change d WHERE d.record = 'customer'"
                " AND d.record_id = c.customer_id AND d.entry_id = ?1 AND d.action = 'delete')"
            )
        rows = database.rows(
            "SELECT DISTINCT coalesce(c.customer_id, -c.record_id) FROM journal_change c WHERE c.id IN"
            " (SELECT max(id) FROM journal_change WHERE entry_id = ?1 AND record = ?2 GROUP BY record_id)"
            f" AND ({' OR '.join(f'({condition})' for condition in conditions)})",
            (entry_id, table),
        )
        found.update(row[0] for row in rows)
    return found


def _pointed_at(table: str) -> list[str]:
    """Conditions under which a row that the entry made is pointed to by one that the entry did not make."""
    return [
        f"c.action <> 'delete' AND EXISTS (SELECT 1 FROM journal_change i WHERE i.entry_id = ?1 AND i.record = ?2"
        f" AND i.record_id = c.record_id AND i.action = 'insert') AND EXISTS (SELECT 1 FROM {other} t"
        f" WHERE t.{column} = c.record_id AND NOT EXISTS (SELECT 1 FROM journal_change i WHERE i.record = '{other}'"
        " AND i.record_id = t.id AND i.entry_id = ?1))"
        for other, column in _POINTING.get(table, ())
    ]


def _pending(database: Database, entry_id: int, kept: set[int]) -> list[_Row]:
    rows = database.rows(
        "SELECT coalesce(reverts_id, id), record, record_id, customer_id, action, before FROM journal_change"
        " WHERE entry_id = ? ORDER BY id DESC",
        (entry_id,),
    )
    found = [_Row(*row) for row in rows]
    return [row for row in found if (row.customer_id or -row.record_id) not in kept]


def _batches(rows: list[_Row]) -> Iterator[tuple[tuple[str, str, tuple[str, ...]], list[_Row]]]:
    """Neighbouring rows of the same table, action and columns, newest first; a row twice begins a new batch."""
    batch: list[_Row] = []
    head: tuple[str, str, tuple[str, ...]] | None = None
    seen: set[int] = set()
    for row in rows:
        names = tuple(json.loads(row.before)) if row.action == "update" and row.before else ()
        key = (row.table, row.action, names)
        if head is not None and (key != head or row.record_id in seen):
            yield head, batch
            batch, seen = [], set()
        head = key
        batch.append(row)
        seen.add(row.record_id)
    if head is not None:
        yield head, batch


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
        # The row may have been changed, or be gone again, within the entry.
        " SELECT c.entry_id, c.customer_id, coalesce(c.before ->> 'scheme', t.scheme, (SELECT d.before ->> 'scheme'"
        "   FROM journal_change d WHERE d.record = c.record AND d.record_id = c.record_id AND d.action = 'delete'"
        "   ORDER BY d.id DESC LIMIT 1)),"
        " c.before ->> 'tier', coalesce(c.after ->> 'tier', CASE c.action WHEN 'insert' THEN coalesce("
        "   (SELECT u.before ->> 'tier' FROM journal_change u WHERE u.entry_id = c.entry_id AND u.record = c.record"
        "     AND u.record_id = c.record_id AND u.id > c.id ORDER BY u.id LIMIT 1), t.tier) END), ?2, ?3, ?4"
        " FROM journal_change c LEFT JOIN customer_tier t ON t.id = c.record_id"
        " WHERE c.entry_id = ?1 AND c.record = 'customer_tier' ORDER BY c.id",
        (change.entry_id, at, user_id, reason),
    )


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


def records(database: Database, entry_id: int) -> set[str]:
    """The tables whose rows it changed."""
    rows = database.rows("SELECT DISTINCT record FROM journal_change WHERE entry_id = ?", (entry_id,))
    return {row[0] for row in rows}


def customers(database: Database, entry_id: int) -> list[int]:
    """The customers of the rows that it changed."""
    rows = database.rows(
        "SELECT DISTINCT customer_id FROM journal_change WHERE entry_id = ? AND customer_id IS NOT NULL ORDER BY 1",
        (entry_id,),
    )
    return [row[0] for row in rows]


def users(database: Database, entry_id: int) -> dict[int, set[str]]:
    """The users whose own rows it changed, with the names of the columns; of a row that was made, `login`."""
    found: dict[int, set[str]] = {}
    for user_id, before in database.rows(
        "SELECT record_id, coalesce(before, '{\"login\": null}') FROM journal_change"
        " WHERE entry_id = ? AND record = 'user'",
        (entry_id,),
    ):
        found.setdefault(user_id, set()).update(json.loads(before))
    return found


def moved(database: Database, entry_id: int) -> dict[int, Moved]:
    """The customers that it moved, by id; of several moves of one the last counts, from where the first began."""
    found: dict[int, Moved] = {}
    for customer_id, kind, from_owner, from_pool, to_owner, to_pool, at, newest in database.rows(
        "SELECT l.customer_id, l.kind, l.from_owner_id, l.from_pool_id, l.to_owner_id, l.to_pool_id, l.at,"
        " l.id = (SELECT max(id) FROM ownership_log WHERE customer_id = l.customer_id)"
        " FROM ownership_log l WHERE l.entry_id = ? ORDER BY l.id",
        (entry_id,),
    ):
        first = found.get(customer_id)
        if first is not None:
            from_owner, from_pool = first.from_owner, first.from_pool
        found[customer_id] = Moved(kind, from_owner, from_pool, to_owner, to_pool, at, bool(newest))
    return found


def told_to_leave(database: Database, user_id: int, since: int) -> bool:
    """Whether the user became one who leaves after the entry."""
    return bool(
        database.value(
            "SELECT 1 FROM journal_change WHERE record = 'user' AND record_id = ? AND entry_id > ?"
            " AND after ->> 'state' = 'leaving' LIMIT 1",
            (user_id, since),
        )
    )


def outlived(database: Database, entry_id: int) -> set[int]:
    """The customers of which it changed what belongs to a holding (offers, protections, shares, warnings), and that are
    in other hands by now.
    """
    rows = database.rows(
        "SELECT DISTINCT c.customer_id FROM journal_change c JOIN customer n ON n.id = c.customer_id"
        " JOIN ownership_log l ON l.id = (SELECT max(id) FROM ownership_log WHERE customer_id = c.customer_id"
        "  AND (entry_id IS NULL OR entry_id <= ?1)) WHERE c.entry_id = ?1"
        f" AND c.record IN {_OF_A_HOLDING}"
        " AND (n.owner_id IS NOT l.to_owner_id OR n.pool_id IS NOT l.to_pool_id)",
        (entry_id,),
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
