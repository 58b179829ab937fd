"""The entries of the journal as they are read: who did what, newest first, and what each changed (DOMAIN §9).

In the pool a customer's phone is masked, so that of what an entry changed only customers are shown that one works.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm_tui.domain.people import Sight
from crm_tui.store.customers import OWN, part_of, seen_by
from crm_tui.store.database import Database

NAMES = ("id", "at", "user", "source", "command", "summary", "kind", "undone", "customers")
CHANGED = ("record", "id", "customer", "action", "before", "after")


@dataclass(frozen=True)
class Standing:
    """An action of the journal, and where its chain of undo and redo stands: its newest link and what that was."""

    root_id: int
    user_id: int
    command: str
    summary: str
    fixed: bool
    source: str
    tail_id: int
    tail_kind: str


def standing(database: Database, entry_id: int) -> Standing | None:
    """The action of that id; None where there is none, or it is itself an undo or a redo."""
    row = database.row(
        "SELECT e.id, e.user_id, e.command, e.summary, e.fixed, e.source, coalesce(t.id, e.id), coalesce(t.kind, 'do')"
        " FROM journal_entry e"
        " LEFT JOIN journal_entry t ON t.id = (SELECT max(id) FROM journal_entry WHERE root_id = e.id)"
        " WHERE e.id = ? AND e.kind = 'do'",
        (entry_id,),
    )
    return Standing(*row) if row else None


def author(database: Database, entry_id: int) -> int | None:
    """Who made the entry."""
    found: int | None = database.value("SELECT user_id FROM journal_entry WHERE id = ?", (entry_id,))
    return found


def last_authors(database: Database, ids: Sequence[int]) -> dict[int, int | None]:
    """Who made the newest entry that changed each of these customers; None for a sweep, or nobody."""
    return dict(
        database.rows(
            "SELECT w.value, (SELECT CASE e.source WHEN 'sweep' THEN NULL ELSE e.user_id END FROM journal_change j"
            " CROSS JOIN journal_entry e ON e.id = j.entry_id WHERE j.customer_id = w.value ORDER BY j.id DESC LIMIT 1)"
            " FROM json_each(?) w",
            (json.dumps(list(ids)),),
        )
    )


def entries(
    database: Database, sight: Sight, *, authors: Sequence[int] | None, limit: int, before: int | None = None,
    customer_id: int | None = None, words: str = "",
) -> list[dict[str, Any]]:
    """Entries of these authors (None: of everybody), newest first, with the keys `NAMES`.

    `before` an entry, of one customer, with all the `words` in who, where and what. What others did to a customer that
    is not seen has no words.
    """
    conditions, parameters = ["1"], dict[str, Any](limit=limit)
    if before is not None:
        conditions.append("e.id < :before")
        parameters["before"] = before
    if authors is not None:
        conditions.append("e.user_id IN (SELECT value FROM json_each(:authors))")
        parameters["authors"] = json.dumps(list(authors))
    if customer_id is not None:
        conditions.append("e.id IN (SELECT entry_id FROM journal_change WHERE customer_id = :customer)")
        parameters["customer"] = customer_id
    told = {column: _told(column, sight) for column in ("command", "summary")}
    for number, word in enumerate(words.split()):
        text = f"u.login || ' ' || e.source || ' ' || {told['command']} || ' ' || {told['summary']}"
        conditions.append(f"instr(lower({text}), :word{number})")
        parameters[f"word{number}"] = word.lower()
    rows = database.rows(
        f"SELECT e.id, e.at, u.login, e.source, {told['command']}, {told['summary']}, e.kind, coalesce("
        " (SELECT t.kind FROM journal_entry t WHERE t.root_id = e.id ORDER BY t.id DESC LIMIT 1) = 'undo', 0),"
        " (SELECT count(DISTINCT customer_id) FROM journal_change c WHERE c.entry_id = e.id)"
        f" FROM journal_entry e JOIN user u ON u.id = e.user_id WHERE {' AND '.join(conditions)}"
        " ORDER BY e.id DESC LIMIT :limit",
        parameters,
    )
    return [dict(zip(NAMES, row, strict=True)) | {"undone": bool(row[7])} for row in rows]


def _told(column: str, sight: Sight) -> str:
    """The SQL of the words of an entry: none of what somebody else did to a customer that is not seen."""
    if sight.everything:
        return f"e.{column}"
    return (
        f"CASE WHEN e.user_id = {int(sight.user_id)} OR NOT EXISTS (SELECT 1 FROM journal_change h"
        " WHERE h.entry_id = e.id AND h.customer_id IS NOT NULL AND NOT EXISTS"
        f" (SELECT 1 FROM customer c WHERE c.id = h.customer_id AND {seen_by(sight)}))"
        f" THEN e.{column} ELSE '' END"
    )


def changes(
    database: Database, entry_id: int, sight: Sight | None, *, own: bool, limit: int
) -> list[dict[str, Any]]:
    """What the entry changed, with the keys `CHANGED` (before and after are JSON texts): all of it without a sight,
    else of the customers that one works, and of one's `own` entries also what belongs to no customer.
    """
    seen = "1"
    if sight is not None:
        seen = f"customer_id IN (SELECT c.id FROM customer c WHERE {part_of(sight, OWN)})"
        if own:
            seen += " OR customer_id IS NULL OR NOT EXISTS (SELECT 1 FROM customer c WHERE c.id = customer_id)"
    rows = database.rows(
        "SELECT record, record_id, customer_id, action, before, after FROM journal_change"
        f" WHERE entry_id = ? AND ({seen}) ORDER BY id LIMIT ?",
        (entry_id, limit),
    )
    return [dict(zip(CHANGED, row, strict=True)) for row in rows]
