"""Every change to a journaled row goes through `Change`: who, when, by which command, before and after.

The journal and the histories only grow. Taking an entry back is itself an entry that changes rows, so redo is the
taking back of an undo. `reverts_id` of a change that takes back or does again names the first change of that chain, and
`journal_undone` holds those first changes that are taken back at present: a first change not in it is in effect.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from crm_tui.store.database import Database
from crm_tui.store.models import JOURNALED, columns

# Which column of a row names the customer that it belongs to.
_CUSTOMER_OF = {
    "customer": "id", "profile": "id",
    **dict.fromkeys(("team", "user", "absence", "ssh_key", "setting", "pool", "pool_member", "pool_rule",
                     "saved_view")),
}  # fmt: skip


def customer_column(table: str) -> str | None:
    """The column of `table` that holds the customer's id; None for rows that belong to no customer."""
    return _CUSTOMER_OF.get(table, "customer_id")


SEARCHED = frozenset({"name", "phone", "email", "wechat", "archived_at"})
"""The columns of customers and contacts that the search index is made of."""


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
        names = [name for name in columns(JOURNALED[table]) if name in rows[0] and name != "id"]
        # Nobody else writes meanwhile, so the next ids are known, and a bulk need not ask for each of them.
        first = (self.database.value("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)) or 0) + 1
        ids = [row["id"] for row in rows] if "id" in rows[0] else list(range(first, first + len(rows)))
        marks = ", ".join("?" * len(names))
        self.database.connection.executemany(
            f"INSERT INTO {table} (id, {', '.join(names)}) VALUES (?, {marks})",
            [(key, *values) for key, values in zip(ids, map(_several(names), rows), strict=True)],
        )
        self._note_inserts(table, ids)
        return ids

    def _note_inserts(self, table: str, ids: list[int]) -> None:
        # The row is its own "after"; what later changes find in it they keep as their "before".
        owner = customer_column(table) or "NULL"
        span = ids[-1] - ids[0] == len(ids) - 1 and ids == list(range(ids[0], ids[-1] + 1))
        which = "BETWEEN ? AND ?" if span else "IN (SELECT value FROM json_each(?))"
        self.database.execute(
            "INSERT INTO journal_change (entry_id, record, record_id, customer_id, action)"
            f" SELECT ?, ?, id, {owner}, 'insert' FROM {table} WHERE id {which} ORDER BY id",
            (self.entry_id, table, *((ids[0], ids[-1]) if span else (json.dumps(ids),))),
        )
        self._outdate(table, ids)

    def _outdate(self, table: str, ids: Iterable[int]) -> None:
        # One form shows both halves of a customer, and tells by the customer's version that either has changed.
        if table == "profile":
            sql = "UPDATE customer SET version = version + 1 WHERE id IN (SELECT value FROM json_each(?))"
            self.database.execute(sql, (json.dumps(list(ids)),))

    def update(self, table: str, ids: Iterable[int], **values: Any) -> list[int]:
        """Set the same values on all the rows; the ids of those that were not so already."""
        return self.update_each(table, dict.fromkeys(ids, values))

    def update_each(
        self, table: str, rows: Mapping[int, Mapping[str, Any]], *, reverts: Mapping[int, int] | None = None
    ) -> list[int]:
        """Set each row's own values (all rows with the same columns); the ids of those that changed.

        `reverts` tells, for a row, the first change of the chain that this one continues.
        """
        names = _known(table, next(iter(rows.values()))) if rows else []
        if not names:
            return []
        given = json.dumps([[key, values, (reverts or {}).get(key)] for key, values in rows.items()], default=str)
        new = {name: f"v.value ->> '$[1].{name}'" for name in names}
        differs = " OR ".join(f"t.{name} IS NOT ({new[name]})" for name in names)
        before = ", ".join(f"'{name}', t.{name}" for name in names)
        after = ", ".join(f"'{name}', {new[name]}" for name in names)
        owner = f"t.{customer_column(table)}" if customer_column(table) else "NULL"
        changed = [
            row[0]
            for row in self.database.rows(
                "INSERT INTO journal_change"
                " (entry_id, record, record_id, customer_id, action, before, after, reverts_id)"
                f" SELECT ?, ?, t.id, {owner}, 'update', json_object({before}), json_object({after}), v.value ->> 2"
                f" FROM json_each(?) v JOIN {table} t ON t.id = v.value ->> 0 WHERE {differs} RETURNING record_id",
                (self.entry_id, table, given),
            )
        ]
        settings = ", ".join(f"{name} = {new[name]}" for name in names)
        which = "" if len(changed) == len(rows) else f" AND ({differs})"  # mostly all differ: no need to look again
        self.database.execute(
            f"UPDATE {table} AS t SET version = version + 1, {settings} FROM json_each(?) v"
            f" WHERE t.id = v.value ->> 0{which}",
            (given,),
        )
        self._outdate(table, changed)
        return changed

    def delete(self, table: str, ids: Iterable[int], *, reverts: Mapping[int, int] | None = None) -> None:
        """Delete rows; the journal keeps all their columns."""
        ids = list(ids)
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
        self._outdate(table, ids)

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
        self._outdate(table, wholes)

    def summarize(self, summary: str) -> None:
        """Say in words what the entry did."""
        self.database.execute("UPDATE journal_entry SET summary = ? WHERE id = ?", (summary, self.entry_id))

    def moves(self, kind: str, reason: str = "") -> None:
        """Say what it is called when customers change hands from here on, and why; the ownership log takes it down."""
        self.database.execute(
            "UPDATE journal_entry SET move = ?, move_reason = ? WHERE id = ?", (kind, reason, self.entry_id)
        )

    def is_empty(self) -> bool:
        """Whether nothing has been changed yet."""
        return self.database.value("SELECT 1 FROM journal_change WHERE entry_id = ? LIMIT 1", (self.entry_id,)) is None


def _several(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    """What takes these values out of a row, in order."""
    return itemgetter(*names) if len(names) > 1 else lambda row: tuple(row[name] for name in names)


def _known(table: str, values: Mapping[str, Any]) -> list[str]:
    known = columns(JOURNALED[table])
    for name in values:
        if name not in known:
            raise KeyError(f"{table} has no column {name}")
    return list(values)


@contextmanager
def recording(
    database: Database, *, user_id: int, at: str, source: str, command: str, kind: str = "do",
    root_id: int | None = None, reverts_id: int | None = None, fixed: bool = False,
) -> Iterator[Change]:
    """One transaction and one journal entry; an entry that changed nothing is not kept unless it is `fixed`."""
    from crm_tui.store import search

    with database.writing():
        database.execute("SAVEPOINT entry")
        entry_id = database.value(
            "INSERT INTO journal_entry (at, user_id, source, command, kind, root_id, reverts_id, fixed)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (at, user_id, source, command, kind, root_id, reverts_id, fixed),
        )
        change = Change(database, entry_id)
        yield change
        if not fixed and change.is_empty():
            database.execute("ROLLBACK TO entry")
        database.execute("RELEASE entry")
        search.index(database, change.searchable)


def undoable(database: Database, user_id: int, *, before: int | None = None) -> tuple[int, int, str, str] | None:
    """The user's newest action in effect, of those before an entry: (root entry, entry to revert, command, summary)."""
    return database.row(
        "SELECT e.id, coalesce(tail.id, e.id), e.command, e.summary FROM journal_entry e"
        " LEFT JOIN journal_entry tail ON tail.id = (SELECT max(id) FROM journal_entry WHERE root_id = e.id)"
        " WHERE e.user_id = ? AND e.kind = 'do' AND e.fixed = 0 AND e.source <> 'sweep'"
        " AND coalesce(tail.kind, 'redo') = 'redo'"
        " AND (?2 IS NULL OR e.id < ?2) ORDER BY e.id DESC LIMIT 1",
        (user_id, before),
    )


def redoable(database: Database, user_id: int) -> tuple[int, int, str, str] | None:
    """The action that the user took back last, unless something new was done since: as `undoable`."""
    return database.row(
        "SELECT e.id, tail.id, e.command, e.summary FROM journal_entry e"
        " JOIN journal_entry tail ON tail.id = (SELECT max(id) FROM journal_entry WHERE root_id = e.id)"
        " WHERE e.user_id = ?1 AND e.kind = 'do' AND tail.kind = 'undo'"
        " AND NOT EXISTS (SELECT 1 FROM journal_entry n WHERE n.user_id = ?1 AND n.kind = 'do' AND n.id > tail.id"
        "  AND n.fixed = 0 AND n.source <> 'sweep')"
        " ORDER BY tail.id DESC LIMIT 1",
        (user_id,),
    )
