"""The entries of the journal as they are read: who did what, newest first, and what each changed (DOMAIN §9). A run is
read as one entry: what its steps changed is told of it, the steps are not.

In the pool a customer's phone is masked, so that of what an entry changed only customers are shown that one works.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from crm_tui.domain.people import Sight
from crm_tui.store.customers import OWN, part_of, seen_by
from crm_tui.store.database import Database

NAMES = ("id", "at", "user", "source", "command", "summary", "kind", "undone", "customers")
CHANGED = ("record", "id", "customer", "action", "before", "after")

IS_LEFT = (
    "(NOT EXISTS (SELECT 1 FROM journal_entry s WHERE s.run_id = e.id)"
    " OR EXISTS (SELECT 1 FROM journal_entry s WHERE s.run_id = e.id AND s.kind = 'do' AND coalesce("
    "(SELECT t.kind FROM journal_entry t WHERE t.root_id = s.id ORDER BY t.id DESC LIMIT 1), 'do') <> 'undo'))"
)
"""Whether the entry `e` is no run, or one of which not every step was taken back within it."""


class Standing(Struct, frozen=True):
    """An action of the journal, and where its chain of undo and redo stands: its newest link and what that was."""

    root_id: int
    user_id: int
    command: str
    summary: str
    fixed: bool
    source: str
    tail_id: int
    tail_kind: str
    run_id: int | None
    """The run that it is a step of."""


class Entry(Struct, frozen=True):
    """One entry: when (a stored stamp), by whom, from where, what; `run_id` is the run's whose step it is."""

    id: int
    at: str
    user_id: int
    login: str
    source: str
    command: str
    summary: str
    run_id: int | None


def standing(database: Database, entry_id: int) -> Standing | None:
    """The action of that id; None where there is none, or it is itself an undo or a redo."""
    row = database.row(
        "SELECT e.id, e.user_id, e.command, e.summary, e.fixed, e.source, coalesce(t.id, e.id),"
        f" coalesce(t.kind, CASE WHEN {IS_LEFT} THEN 'do' ELSE 'undo' END), e.run_id FROM journal_entry e"
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

    `before` an entry, of one customer, with all the `words` in who, where and what; of a run each of them may be in
    another step. What others did to a customer that is not seen has no words.
    """
    conditions, parameters = ["e.run_id IS NULL"], dict[str, Any](limit=limit)
    if before is not None:
        conditions.append("e.id < :before")
        parameters["before"] = before
    if authors is not None:
        conditions.append("e.user_id IN (SELECT value FROM json_each(:authors))")
        parameters["authors"] = json.dumps(list(authors))
    if customer_id is not None:
        conditions.append(
            "e.id IN (SELECT coalesce(s.run_id, s.id) FROM journal_change c JOIN journal_entry s ON s.id = c.entry_id"
            " WHERE c.customer_id = :customer)"
        )
        parameters["customer"] = customer_id
    for number, word in enumerate(words.split()):
        conditions.append(_has(f":word{number}", sight))
        parameters[f"word{number}"] = word.lower()
    rows = database.rows(
        f"SELECT e.id, e.at, u.login, e.source, {_told('e.command', sight)}, {_told('e.summary', sight)}, e.kind,"
        " coalesce((SELECT t.kind FROM journal_entry t WHERE t.root_id = e.id ORDER BY t.id DESC LIMIT 1) = 'undo',"
        f" NOT {IS_LEFT}),"
        f" (SELECT count(DISTINCT h.customer_id) FROM {_CHANGES.format(entry='e.id')})"
        f" FROM journal_entry e JOIN user u ON u.id = e.user_id WHERE {' AND '.join(conditions)}"
        " ORDER BY e.id DESC LIMIT :limit",
        parameters,
    )
    return [dict(zip(NAMES, row, strict=True)) | {"undone": bool(row[7])} for row in rows]


_WORDS = "{entry}.command || ' ' || {entry}.summary"
"""The SQL of what is said of an entry."""
# An entry and, of a run, its steps; what they changed.
_OF = "(SELECT {entry} AS id UNION ALL SELECT id FROM journal_entry WHERE run_id = {entry})"
_CHANGES = f"{_OF} o CROSS JOIN journal_change h ON h.entry_id = o.id"


def told(database: Database, sight: Sight, ids: Iterable[int]) -> dict[int, Entry]:
    """The entries of these ids, by id; what others did to a customer that is not seen has no words."""
    rows = database.rows(
        f"SELECT e.id, e.at, e.user_id, u.login, e.source, {_told('e.command', sight)}, {_told('e.summary', sight)},"
        " e.run_id FROM json_each(?) w CROSS JOIN journal_entry e ON e.id = w.value JOIN user u ON u.id = e.user_id",
        (json.dumps(list(ids)),),
    )
    return {row[0]: Entry(*row) for row in rows}


def _told(text: str, sight: Sight, entry: str = "e") -> str:
    """The SQL of the words of an entry: none of what somebody else did to a customer that is not seen."""
    if sight.everything:
        return text
    return (
        f"CASE WHEN {entry}.user_id = {int(sight.user_id)} OR NOT EXISTS (SELECT 1"
        f" FROM {_CHANGES.format(entry=f'{entry}.id')}"
        " WHERE h.customer_id IS NOT NULL AND NOT EXISTS"
        f" (SELECT 1 FROM customer c WHERE c.id = h.customer_id AND {seen_by(sight)}))"
        f" THEN {text} ELSE '' END"
    )


def _has(word: str, sight: Sight) -> str:
    """The SQL of whether the entry, or a step of it, has the word."""
    own = f"u.login || ' ' || e.source || ' ' || {_told(_WORDS.format(entry='e'), sight)}"
    of_step = _told(_WORDS.format(entry="s"), sight, "s")
    return (
        f"(instr(lower({own}), {word}) OR EXISTS (SELECT 1 FROM journal_entry s"
        f" WHERE s.run_id = e.id AND instr(lower({of_step}), {word})))"
    )


def changes(
    database: Database, entry_id: int, sight: Sight | None, *, own: bool, limit: int
) -> list[dict[str, Any]]:
    """What the entry changed, with the keys `CHANGED` (before and after are JSON texts): all of it without a sight,
    else of the customers that one works, and of one's `own` entries also what belongs to no customer.
    """
    seen = "1"
    if sight is not None:
        seen = f"h.customer_id IN (SELECT c.id FROM customer c WHERE {part_of(sight, OWN)})"
        if own:
            seen += " OR h.customer_id IS NULL OR NOT EXISTS (SELECT 1 FROM customer c WHERE c.id = h.customer_id)"
    rows = database.rows(
        "SELECT h.record, h.record_id, h.customer_id, h.action, h.before, h.after"
        f" FROM {_CHANGES.format(entry='?1')} WHERE {seen} ORDER BY h.id LIMIT ?2",
        (entry_id, limit),
    )
    return [dict(zip(CHANGED, row, strict=True)) for row in rows]
