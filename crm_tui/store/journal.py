"""Every change to a journaled row goes through `Change`: who, when, by which command, before and after.

The journal and the histories only grow. Taking an entry back is itself an entry that changes rows, so redo is the
taking back of an undo. `reverts_id` of a change that takes back or does again names the first change of that chain, and
`journal_undone` holds those first changes that are taken back at present: a first change not in it is in effect.

A run is an entry that changes nothing itself: its steps, the entries that name it as `run_id`, are one action.

Entries are sealed when their transaction ends (`store.chain`); from then on only a run's own summary is told anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from crm_tui.domain.language import ngettext
from crm_tui.store.database import Database
from crm_tui.store.entries import IS_LEFT
from crm_tui.store.models import JOURNALED, columns

# Which column of a row names the customer that it belongs to.
_CUSTOMER_OF = {
    "customer": "id", "profile": "id",
    **dict.fromkeys(("team", "user", "absence", "ssh_key", "setting", "pool", "pool_member", "pool_rule",
                     "saved_view", "scheme", "product")),
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
        self._fresh: Sequence[int] = ()
        """The customers that were made last."""
        self.searchable: set[int] = set()
        """Customers whose searchable text may have changed; indexed again before the transaction ends."""

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Insert rows, all with the same columns; their new ids in order."""
        if not rows:
            return []
        names = [name for name in columns(JOURNALED[table]) if name in rows[0]]
        return list(self.pour(table, names, list(map(_several(names), rows))))

    def pour(self, table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Sequence[int]:
        """As `insert`, for very many: the values of each row in the order of the names, of which `id` is the first
        where the table does not number its rows itself.
        """
        if not rows:
            return []
        # Nobody else writes meanwhile, so the next ids are known, and a bulk need not ask for each of them.
        first = (self.database.value("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)) or 0) + 1
        ids = [row[0] for row in rows] if names[0] == "id" else range(first, first + len(rows))
        self.database.connection.executemany(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", rows
        )
        self._note_inserts(table, ids)
        return ids

    def draw(self, table: str, names: Sequence[str], rows: str, parameters: Sequence[Any]) -> None:
        """As `pour`, the rows being those of a query, into a table that numbers its rows itself."""
        sql = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        before = self.database.value(sql, (table,)) or 0
        self.database.execute(f"INSERT INTO {table} ({', '.join(names)}) {rows}", parameters)
        after = self.database.value(sql, (table,)) or 0
        if after > before:
            self._note_inserts(table, range(before + 1, after + 1))

    def _note_inserts(self, table: str, ids: Sequence[int]) -> None:
        # The row is its own "after"; what later changes find in it they keep as their "before".
        owner = customer_column(table) or "NULL"
        span = ids[-1] - ids[0] == len(ids) - 1 and list(ids) == list(range(ids[0], ids[-1] + 1))
        which = "BETWEEN ? AND ?" if span else "IN (SELECT value FROM json_each(?))"
        self.database.execute(
            "INSERT INTO journal_change (entry_id, record, record_id, customer_id, action)"
            f" SELECT ?, ?, id, {owner}, 'insert' FROM {table} WHERE id {which} ORDER BY id",
            (self.entry_id, table, *((ids[0], ids[-1]) if span else (json.dumps(list(ids)),))),
        )
        if table == "customer":
            self._fresh = ids
        elif table != "profile" or list(ids) != list(self._fresh):  # whom nobody has seen yet needs no new version
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
        if reverts and customer_column(table) == "customer_id":  # a chain stays with one customer where its row moves
            owner = f"coalesce((SELECT f.customer_id FROM journal_change f WHERE f.id = v.value ->> 2), {owner})"
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
        summarize(self.database, self.entry_id, summary)

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


@dataclass
class Run:
    """A run that goes on, and its entry: made with the first step that changes something, before that and in the same
    transaction, and told anew with each step, since nobody may be there to do so at the end.

    What comes after somebody has taken the run back from another session is one more run.
    """

    command: str
    depth: int = 1
    """How many runs within each other it stands for; all are one."""
    _entry: tuple[int, str, int, str] | None = field(default=None, repr=False)
    _steps: int = 0
    _customers: set[int] = field(default_factory=set, repr=False)
    _last: int | None = None

    def entry(self, database: Database) -> int | None:
        """Its entry; None while nothing was changed (what was rolled back since never was)."""
        if self._entry is None:
            return None
        entry_id, *known = self._entry
        found = database.row(
            "SELECT at, user_id, source FROM journal_entry"
            " WHERE id = ? AND command = ? AND kind = 'do' AND run_id IS NULL AND fixed = 0",
            (entry_id, self.command),
        )
        return entry_id if found == tuple(known) else None

    def standing(self, database: Database) -> int | None:
        """Its entry, unless it was taken back meanwhile: the next step belongs to it, undo reaches its steps."""
        found = self.entry(database)
        taken_back = "SELECT 1 FROM journal_entry WHERE root_id = ? LIMIT 1"
        return None if found is None or database.value(taken_back, (found,)) else found

    def opened(self, database: Database, *, user_id: int, at: str, source: str) -> int:
        """The entry that the next step belongs to; within the transaction of that step."""
        found = self.standing(database)
        if found is not None:
            return found
        made: int = database.value(
            "INSERT INTO journal_entry (at, user_id, source, command, kind, is_run) VALUES (?, ?, ?, ?, 'do', 1)"
            " RETURNING id",
            (at, user_id, source, self.command),
        )
        self._entry = (made, at, user_id, source)
        return made

    def add(self, database: Database, entry_id: int) -> None:
        """Count the step that was done by the entry."""
        assert self._entry is not None
        run_id = self._entry[0]
        sql = "SELECT max(id) FROM journal_entry WHERE run_id = ? AND id < ?"
        if database.value(sql, (run_id, entry_id)) == self._last and self._steps:
            self._steps += 1
            self._customers.update(_customers(database, entry_id))
        else:  # its first, or some were rolled back
            ids = steps(database, run_id)
            self._steps = len(ids)
            self._customers = {key for step in ids for key in _customers(database, step)}
        self._last = entry_id
        customers = len(self._customers)
        told = (
            ngettext("{n} step", "{n} steps", self._steps).format(n=f"{self._steps:,}"),
            ngettext("{n} customer", "{n} customers", customers).format(n=f"{customers:,}"),
        )
        summarize(database, run_id, f"{self.command}: {', '.join(told)}")

    def told(self, database: Database, summary: str = "") -> int | None:
        """Say in words what it did: in those, else in the words of its only step, else how much. Its entry."""
        run_id = self.entry(database)
        if run_id is None:
            return None
        if not summary:
            ids = steps(database, run_id)
            one = database.value("SELECT summary FROM journal_entry WHERE id = ?", (ids[0],)) if len(ids) == 1 else ""
            summary = str(one or "")
        if summary:
            summarize(database, run_id, summary)
        return run_id


def _customers(database: Database, entry_id: int) -> Iterator[int]:
    rows = database.rows("SELECT DISTINCT customer_id FROM journal_change WHERE entry_id = ?", (entry_id,))
    return (row[0] for row in rows if row[0] is not None)


def summarize(database: Database, entry_id: int, summary: str) -> None:
    """Say in words what the entry did."""
    database.execute("UPDATE journal_entry SET summary = ? WHERE id = ?", (summary, entry_id))


def steps(database: Database, entry_id: int) -> list[int]:
    """The entries of the steps, in order, what they took back themselves included; none where it is no run."""
    return [row[0] for row in database.rows("SELECT id FROM journal_entry WHERE run_id = ? ORDER BY id", (entry_id,))]


@contextmanager
def recording(
    database: Database, *, user_id: int, at: str, source: str, command: str, kind: str = "do",
    root_id: int | None = None, reverts_id: int | None = None, fixed: bool = False, run: Run | None = None,
) -> Iterator[Change]:
    """One transaction and one journal entry, a step of the run if there is one; an entry that changed nothing is not
    kept unless it is `fixed`, and such a one is no step.
    """
    from crm_tui.store import search, worth

    run = None if fixed else run
    with database.writing():
        database.execute("SAVEPOINT entry")
        run_id = run.opened(database, user_id=user_id, at=at, source=source) if run is not None else None
        entry_id = database.value(
            "INSERT INTO journal_entry (at, user_id, source, command, kind, root_id, reverts_id, fixed, run_id)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            (at, user_id, source, command, kind, root_id, reverts_id, fixed, run_id),
        )
        change = Change(database, entry_id)
        yield change
        if not fixed and change.is_empty():
            database.execute("ROLLBACK TO entry")
        elif run is not None:
            run.add(database, entry_id)
        database.execute("RELEASE entry")
        search.index(database, change.searchable)
        worth.refresh(database)


Found = tuple[int, int, str, str] | None


def undoable(database: Database, user_id: int, *, before: int | None = None, run: int | None = None) -> Found:
    """The user's newest action in effect, of those before an entry: (root entry, entry to revert, command, summary).

    Steps are no actions of their own, but within their `run`.
    """
    return database.row(
        "SELECT e.id, coalesce(tail.id, e.id), e.command, e.summary FROM journal_entry e"
        " LEFT JOIN journal_entry tail ON tail.id = (SELECT max(id) FROM journal_entry WHERE root_id = e.id)"
        " WHERE e.user_id = ?1 AND e.kind = 'do' AND e.fixed = 0 AND e.source <> 'sweep'"
        " AND e.run_id IS ?3 AND e.id > coalesce(?3, 0)"
        f" AND coalesce(tail.kind, 'redo') = 'redo' AND {IS_LEFT}"
        " AND (?2 IS NULL OR e.id < ?2) ORDER BY e.id DESC LIMIT 1",
        (user_id, before, run),
    )


def redoable(database: Database, user_id: int, *, run: int | None = None) -> Found:
    """The action that the user took back last, unless something new was done since: as `undoable`."""
    return database.row(
        "SELECT e.id, tail.id, e.command, e.summary FROM journal_entry e"
        " JOIN journal_entry tail ON tail.id = (SELECT max(id) FROM journal_entry WHERE root_id = e.id)"
        " WHERE e.user_id = ?1 AND e.kind = 'do' AND tail.kind = 'undo' AND e.run_id IS ?2 AND e.id > coalesce(?2, 0)"
        " AND NOT EXISTS (SELECT 1 FROM journal_entry n WHERE n.user_id = ?1 AND n.kind = 'do' AND n.id > tail.id"
        "  AND n.fixed = 0 AND n.source <> 'sweep' AND (?2 IS NULL OR n.run_id = ?2))"
        " ORDER BY tail.id DESC LIMIT 1",
        (user_id, run),
    )
