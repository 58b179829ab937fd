"""What is derived beside the metrics and counts of `store.worth`: where it differs, and how it is computed anew.

The dates of the open follow-up and of the last interaction on a customer's row, what its name is compared by, the
search index, the set of changes that are taken back at present, the numbers up to which ids were given; and the
triggers and indexes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from crm_tui.domain.language import N_
from crm_tui.domain.names import name_key
from crm_tui.store import schema, search
from crm_tui.store.models import JOURNALED

if TYPE_CHECKING:
    from crm_tui.store.database import Database
    from crm_tui.store.journal import Change

DERIVED = {
    "next": N_("the next date is not that of the open follow-up"),
    "schema": N_("a trigger or an index is missing, is another one, or is none of ours"),
    "clock": N_("the last contact is newer than any interaction, and nothing says so"),
    "touch": N_("the last contact is older than an interaction says"),
    "names": N_("what a name is compared by is not that of the name"),
    "search": N_("the search index has not the rows of the customers"),
    "undone": N_("what is taken back is not what the journal says"),
    "ids": N_("ids could be given twice"),
}
"""What is said of what is derived and differs, by its name."""

_NEXT = (
    "SELECT c.id, f.due_on, f.due_at FROM customer c LEFT JOIN follow_up f ON f.customer_id = c.id"
    " AND f.closed_at IS NULL WHERE c.next_on IS NOT f.due_on OR c.next_at IS NOT f.due_at"
)
_MADE = (
    "coalesce((SELECT max(e.at) FROM journal_change j JOIN journal_entry e ON e.id = j.entry_id"
    " WHERE j.record = 'customer' AND j.record_id = c.id AND j.action = 'insert'), '')"
)
_CLOCKS = {
    column: f"(SELECT max(at) FROM interaction WHERE customer_id = c.id{which})"
    for column, which in (("last_contact", " AND connected"), ("last_touch", ""))
}
# What came with an import says nobody else, but it was over then; what was set later stands in the journal.
_DOUBTS = {
    column: f"SELECT c.id FROM customer c WHERE c.{column} > coalesce({newest}, '') AND c.{column} > {_MADE}"
    " AND NOT EXISTS (SELECT 1 FROM journal_change j WHERE j.record = 'customer' AND j.record_id = c.id"
    f" AND j.after ->> '{column}' = c.{column})"
    for column, newest in _CLOCKS.items()
}
_CLOCK = " UNION ".join(_DOUBTS.values())
_TRUE = {
    column: f"SELECT c.id, coalesce((SELECT j.after ->> '{column}' FROM journal_change j WHERE j.record = 'customer'"
    f" AND j.record_id = c.id AND json_type(j.after, '$.{column}') IS NOT NULL ORDER BY j.id DESC LIMIT 1), {newest})"
    f" FROM customer c WHERE c.id IN ({_DOUBTS[column]})"
    for column, newest in _CLOCKS.items()
}
"""What the journal, or else the interactions, say instead: never by what is in doubt."""
_TOUCH = (
    "SELECT c.id, max(coalesce(i.at, ''), coalesce(c.last_touch, ''), CASE WHEN c.id IN ({doubts}) THEN ''"
    " ELSE coalesce(c.last_contact, '') END) AS at FROM customer c"
    " LEFT JOIN (SELECT customer_id, max(at) AS at FROM interaction GROUP BY customer_id) i ON i.customer_id = c.id"
    " WHERE coalesce(c.last_touch, '') < coalesce(i.at, '')"
    " OR (coalesce(c.last_touch, '') < c.last_contact AND c.id NOT IN ({doubts}))"
).format(doubts=_DOUBTS["last_contact"])
_SEARCH = " UNION ".join(
    f"SELECT id FROM customer WHERE id NOT IN (SELECT rowid FROM {table})"
    f" UNION SELECT rowid FROM {table} WHERE rowid NOT IN (SELECT id FROM customer)"
    for table in ("search_trigram", "search_gram")
)
_TAKEN_BACK = (
    "SELECT reverts_id AS id FROM journal_change WHERE reverts_id IS NOT NULL GROUP BY reverts_id HAVING count(*) % 2"
)
_UNDONE = (
    f"SELECT id FROM (SELECT * FROM ({_TAKEN_BACK} EXCEPT SELECT id FROM journal_undone)"
    f" UNION ALL SELECT * FROM (SELECT id FROM journal_undone EXCEPT {_TAKEN_BACK}))"
)


def _given(database: Database) -> dict[str, int]:
    """The tables whose next id was given before, each with the greatest that was."""
    counted = dict(database.rows("SELECT name, seq FROM sqlite_sequence"))
    noted = dict(database.rows("SELECT record, max(record_id) FROM journal_change GROUP BY record"))
    names = database.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'")
    found = {}
    for (name,) in names:
        there = database.value(f'SELECT max(id) FROM "{name}"') or 0
        # What was only numbered in a transaction that was rolled back was never given.
        most = max(there, noted.get(name, 0)) if name in JOURNALED else there
        if most > counted.get(name, 0):
            found[name] = most
    return found


def _misnamed(database: Database) -> Iterator[int]:
    """The customers whose key is not that of their name."""
    for row in database.records("SELECT id, name, name_key AS key FROM customer"):
        if name_key(row["name"]) != row["key"]:
            yield row["id"]


def differing(database: Database, limit: int = -1) -> dict[str, list[str]]:
    """What is derived and differs: the first rows of each; ids of customers (`undone`: changes; `ids`: tables)."""
    queries = {"next": _NEXT, "clock": _CLOCK, "touch": _TOUCH, "search": _SEARCH, "undone": _UNDONE}
    found = {
        name: [str(row[0]) for row in database.rows(f"{sql} LIMIT {int(limit)}")] for name, sql in queries.items()
    }
    found["schema"] = schema.differing(database)
    found["names"] = [str(key) for key in islice(_misnamed(database), None if limit < 0 else limit)]
    found["ids"] = list(_given(database))
    return {name: rows for name, rows in found.items() if rows}


def mend(database: Database, change: Callable[[], Change]) -> dict[str, int]:
    """Compute it anew, in a transaction that is open; how many rows of each differed.

    What is a column of a customer is changed through the journal: `change` gives the entry.
    """
    differed = {name: len(rows) for name, rows in differing(database).items()}
    if "schema" in differed:  # by which the rest is kept
        differed["schema"] = schema.mend(database)
    rows: dict[int, dict[str, Any]] = {}
    if "next" in differed:
        rows = {key: {"next_on": on, "next_at": at} for key, on, at in database.rows(_NEXT)}
        change().update_each("customer", rows)
    if "clock" in differed:
        for column, sql in _TRUE.items():
            change().update_each("customer", {key: {column: at} for key, at in database.rows(sql)})
    if "names" in differed:
        wrong = list(_misnamed(database))
        named = database.rows("SELECT id, name FROM customer WHERE id IN (SELECT value FROM json_each(?))", (
            json.dumps(wrong),
        ))  # fmt: skip
        change().update_each("customer", {key: {"name_key": name_key(name)} for key, name in named})
    if "touch" in differed:
        change().update_each("customer", {key: {"last_touch": at} for key, at in database.rows(_TOUCH)})
    if "search" in differed:
        wrong = [row[0] for row in database.rows(_SEARCH)]
        search.index(database, wrong)
    if "undone" in differed:
        database.execute("DELETE FROM journal_undone")
        database.execute(f"INSERT INTO journal_undone (id) {_TAKEN_BACK}")
    for name, most in _given(database).items():
        database.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
        database.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, most))
    return differed
