"""Every change to a journaled row goes through `Change`: who, when, by which command, before and after.

The journal and the histories only grow. Taking an entry back is itself an entry that changes rows, so redo is the
taking back of an undo. `reverts_id` of a change that takes back or does again names the first change of that chain, and
`journal_undone` holds those first changes that are taken back at present: a first change not in it is in effect.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from crm_tui.domain.errors import Conflict
from crm_tui.domain.language import _
from crm_tui.store.database import Database
from crm_tui.store.models import JOURNALED, columns

# Which column of a row names the customer that it belongs to.
_CUSTOMER_OF = {"customer": "id", "profile": "id", "user": None, "setting": None, "pool": None}


def customer_column(table: str) -> str | None:
    """The column of `table` that holds the customer's id; None for rows that belong to no customer."""
    return _CUSTOMER_OF.get(table, "customer_id")


@dataclass(frozen=True)
class Reverted:
    """What taking an entry back did: the new entry, customers changed, and customers left alone (by id)."""

    entry_id: int
    changed: tuple[int, ...]
    kept: tuple[int, ...]


class Change:
    """The open journal entry of one user action: all writes of that action go through its methods."""

    def __init__(self, database: Database, entry_id: int) -> None:
        self.database = database
        self.entry_id = entry_id
        self.searchable: set[int] = set()
        """Customers whose searchable text may have changed; indexed again before the transaction ends."""

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Insert rows, all with the same columns; their new ids in order."""
        if not rows:
            return []
        names = [name for name in columns(JOURNALED[table]) if name in rows[0]]
        marks = ", ".join("?" * len(names))
        sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks}) RETURNING id"
        connection = self.database.connection
        ids = [row[0] for row in connection.executemany(sql, ([row[name] for name in names] for row in rows))]
        self._note_inserts(table, ids)
        return ids

    def _note_inserts(self, table: str, ids: list[int]) -> None:
        # The row is its own "after"; what later changes find in it they keep as their "before".
        owner = customer_column(table) or "NULL"
        self.database.execute(
            "INSERT INTO journal_change (entry_id, record, record_id, customer_id, action)"
            f" SELECT ?, ?, id, {owner}, 'insert' FROM {table} WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id",
            (self.entry_id, table, json.dumps(ids)),
        )

    def update(self, table: str, ids: Iterable[int], **values: Any) -> list[int]:
        """Set the same values on all the rows; the ids of those that were not so already."""
        return self.update_each(table, dict.fromkeys(ids, values))

    def update_each(
        self, table: str, rows: Mapping[int, Mapping[str, Any]], *, reverts: Mapping[int, int] | None = None
    ) -> list[int]:
        """Set each row's own values (all rows with the same columns); the ids of those that changed.

        `reverts` tells, for a row, the first change of the chain that this one continues.
        """
        if not rows:
            return []
        names = _known(table, next(iter(rows.values())))
        given = json.dumps([[key, values, (reverts or {}).get(key)] for key, values in rows.items()], default=str)
        new = {name: f"v.value -> 1 ->> '{name}'" for name in names}
        differs = " OR ".join(f"t.{name} IS NOT ({new[name]})" for name in names)
        before = ", ".join(f"'{name}', t.{name}" for name in names)
        after = ", ".join(f"'{name}', {new[name]}" for name in names)
        owner = f"t.{customer_column(table)}" if customer_column(table) else "NULL"
        changed = [
            row[0]
            for row in self.database.rows(
                "INSERT INTO journal_change (entry_id, record, record_id, customer_id, action, before, after, reverts_id)"
                f" SELECT ?, ?, t.id, {owner}, 'update', json_object({before}), json_object({after}), v.value ->> 2"
                f" FROM json_each(?) v JOIN {table} t ON t.id = v.value ->> 0 WHERE {differs} RETURNING record_id",
                (self.entry_id, table, given),
            )
        ]
        settings = ", ".join(f"{name} = {new[name]}" for name in names)
        self.database.execute(
            f"UPDATE {table} AS t SET version = version + 1, {settings} FROM json_each(?) v"
            f" WHERE t.id = v.value ->> 0 AND ({differs})",
            (given,),
        )
        return changed

    def delete(self, table: str, ids: Iterable[int], *, reverts: Mapping[int, int] | None = None) -> None:
        """Delete rows; the journal keeps all their columns."""
        names = columns(JOURNALED[table])
        whole = ", ".join(f"'{name}', t.{name}" for name in names)
        owner = f"t.{customer_column(table)}" if customer_column(table) else "NULL"
        given = json.dumps([[key, (reverts or {}).get(key)] for key in ids])
        self.database.execute(
            "INSERT INTO journal_change (entry_id, record, record_id, customer_id, action, before, reverts_id)"
            f" SELECT ?, ?, t.id, {owner}, 'delete', json_object({whole}), v.value ->> 1"
            f" FROM json_each(?) v JOIN {table} t ON t.id = v.value ->> 0",
            (self.entry_id, table, given),
        )
        self.database.execute(f"DELETE FROM {table} WHERE id IN (SELECT value ->> 0 FROM json_each(?))", (given,))

    def restore(self, table: str, wholes: Mapping[int, str], reverts: Mapping[int, int]) -> None:
        """Insert deleted rows again, with their ids, from the JSON that the journal kept."""
        names = columns(JOURNALED[table])
        parts = ", ".join(f"v.value -> 1 ->> '{name}'" for name in names)
        given = json.dumps([[key, json.loads(whole), reverts[key]] for key, whole in wholes.items()])
        self.database.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {parts} FROM json_each(?) v", (given,)
        )
        owner = f"t.{customer_column(table)}" if customer_column(table) else "NULL"
        self.database.execute(
            "INSERT INTO journal_change (entry_id, record, record_id, customer_id, action, reverts_id)"
            f" SELECT ?, ?, t.id, {owner}, 'insert', v.value ->> 2"
            f" FROM json_each(?) v JOIN {table} t ON t.id = v.value ->> 0",
            (self.entry_id, table, given),
        )

    def summarize(self, summary: str) -> None:
        """Say in words what the entry did."""
        self.database.execute("UPDATE journal_entry SET summary = ? WHERE id = ?", (summary, self.entry_id))

    def is_empty(self) -> bool:
        """Whether nothing has been changed yet."""
        return self.database.value("SELECT 1 FROM journal_change WHERE entry_id = ? LIMIT 1", (self.entry_id,)) is None


def _known(table: str, values: Mapping[str, Any]) -> list[str]:
    known = columns(JOURNALED[table])
    for name in values:
        if name not in known:
            raise KeyError(f"{table} has no column {name}")
    return list(values)


@contextmanager
def recording(
    database: Database, *, user_id: int, at: str, source: str, command: str, kind: str = "do",
    root_id: int | None = None, reverts_id: int | None = None,
) -> Iterator[Change]:
    """One transaction and one journal entry; an entry that changed nothing is not kept."""
    from crm_tui.store import search

    with database.writing():
        entry_id = database.value(
            "INSERT INTO journal_entry (at, user_id, source, command, kind, root_id, reverts_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (at, user_id, source, command, kind, root_id, reverts_id),
        )
        change = Change(database, entry_id)
        yield change
        if change.is_empty():
            database.execute("DELETE FROM journal_entry WHERE id = ?", (entry_id,))
        search.index(database, change.searchable)


def undoable(database: Database, user_id: int) -> tuple[int, int, str, str] | None:
    """The user's newest action that is in effect: (root entry, entry to revert, command, summary)."""
    return database.row(
        "SELECT e.id, coalesce(tail.id, e.id), e.command, e.summary FROM journal_entry e"
        " LEFT JOIN journal_entry tail ON tail.id = (SELECT max(id) FROM journal_entry WHERE root_id = e.id)"
        " WHERE e.user_id = ? AND e.kind = 'do' AND coalesce(tail.kind, 'redo') = 'redo' ORDER BY e.id DESC LIMIT 1",
        (user_id,),
    )


def redoable(database: Database, user_id: int) -> tuple[int, int, str, str] | None:
    """The action that the user took back last, unless something new was done since: as `undoable`."""
    return database.row(
        "SELECT e.id, tail.id, e.command, e.summary FROM journal_entry e"
        " JOIN journal_entry tail ON tail.id = (SELECT max(id) FROM journal_entry WHERE root_id = e.id)"
        " WHERE e.user_id = ?1 AND e.kind = 'do' AND tail.kind = 'undo'"
        " AND NOT EXISTS (SELECT 1 FROM journal_entry n WHERE n.user_id = ?1 AND n.kind = 'do' AND n.id > tail.id)"
        " ORDER BY tail.id DESC LIMIT 1",
        (user_id,),
    )


def revert(change: Change, entry_id: int) -> Reverted:
    """Take back all rows of `entry_id` that nobody changed since, within the open entry `change`.

    A customer of which any row was changed since stays as it is, whole. Raises Conflict when that is all of them.
    """
    database = change.database
    kept = _changed_since(database, entry_id)
    pending = _pending(database, entry_id, kept)
    if not pending and kept:
        raise Conflict(_("changed by someone else since; nothing was undone"))
    touched: set[int] = set()
    for (table, action, __), rows in _batches(pending):
        _take_back(change, table, action, rows)
        touched.update(row.customer_id for row in rows if row.customer_id)
        if table in ("customer", "contact"):
            change.searchable.update(row.customer_id for row in rows if row.customer_id)
    _toggle(database, change.entry_id)
    return Reverted(change.entry_id, tuple(sorted(touched)), tuple(sorted(kept)))


@dataclass(frozen=True)
class _Row:
    first_id: int
    table: str
    record_id: int
    customer_id: int | None
    action: str
    before: str | None


def _changed_since(database: Database, entry_id: int) -> set[int]:
    """Ids of the customers (or, for rows of none, minus the row's id) that a later change in effect has touched."""
    rows = database.rows(
        "SELECT DISTINCT coalesce(c.customer_id, -c.record_id) FROM journal_change c WHERE c.entry_id = ?1 AND ("
        " EXISTS (SELECT 1 FROM journal_change l WHERE l.record = c.record AND l.record_id = c.record_id"
        "   AND l.entry_id > ?1 AND l.reverts_id IS NULL AND NOT EXISTS (SELECT 1 FROM journal_undone n WHERE n.id = l.id))"
        # What was made by the entry cannot go while something else hangs on it.
        " OR (c.action = 'insert' AND c.record = 'customer' AND EXISTS (SELECT 1 FROM journal_change l"
        "   WHERE l.customer_id = c.customer_id AND l.entry_id > ?1"
        "   AND l.reverts_id IS NULL AND NOT EXISTS (SELECT 1 FROM journal_undone n WHERE n.id = l.id)))"
        ")",
        (entry_id,),
    )
    return {row[0] for row in rows}


def _pending(database: Database, entry_id: int, kept: set[int]) -> list[_Row]:
    rows = database.rows(
        "SELECT coalesce(reverts_id, id), record, record_id, customer_id, action, before FROM journal_change WHERE entry_id = ?"
        " ORDER BY id DESC",
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
    given = json.dumps([row[0] for row in database.rows(f"SELECT id FROM journal_undone WHERE id IN ({firsts})", (entry_id,))])
    database.execute(
        f"INSERT INTO journal_undone SELECT reverts_id FROM ({firsts}) WHERE reverts_id NOT IN (SELECT value FROM json_each(?2))",
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
        " SELECT c.entry_id, c.customer_id, coalesce(c.before ->> 'scheme', t.scheme),"
        " c.before ->> 'tier', coalesce(c.after ->> 'tier', CASE c.action WHEN 'insert' THEN t.tier END), ?2, ?3, ?4"
        " FROM journal_change c LEFT JOIN customer_tier t ON t.id = c.record_id"
        " WHERE c.entry_id = ?1 AND c.record = 'customer_tier' ORDER BY c.id",
        (change.entry_id, at, user_id, reason),
    )
