"""Rows as they were at an earlier version, told back from the journal: each version is one change in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm_tui.store.database import Database


@dataclass(frozen=True)
class Past:
    """Values by column or field of the profile, and the logins of those who changed the row since, the last first."""

    values: dict[str, Any]
    users: tuple[str, ...]


def customer(database: Database, customer_id: int, columns: Sequence[str], version: int) -> Past | None:
    """The columns of a customer and the fields of its profile at that version; None when that cannot be told.

    A customer's version counts the changes of both halves.
    """
    version_now, fields, *values = database.rows(
        f"SELECT c.version, coalesce(p.fields, '{{}}'), {', '.join(f'c.{name}' for name in columns)}"
        " FROM customer c LEFT JOIN profile p ON p.id = c.id WHERE c.id = ?",
        (customer_id,),
    )[0]
    state = {"customer": dict(zip(columns, values, strict=True)), "profile": {"fields": fields}}
    users = _walk_back(database, customer_id, state, version_now, version)
    if users is None:
        return None
    row = {name: state["customer"][name] for name in columns}
    return Past({**row, **json.loads(state["profile"]["fields"])}, users)


def contact(database: Database, contact_id: int, columns: Sequence[str], version: int) -> Past | None:
    """The columns of a contact at that version; None when that cannot be told."""
    return row(database, "contact", contact_id, columns, version)


def row(database: Database, table: str, key: int, columns: Sequence[str], version: int) -> Past | None:
    """The columns of a row at that version; None when that cannot be told."""
    version_now, *values = database.rows(f"SELECT version, {', '.join(columns)} FROM {table} WHERE id = ?", (key,))[0]
    state = {table: dict(zip(columns, values, strict=True))}
    users = _walk_back(database, key, state, version_now, version)
    return None if users is None else Past({name: state[table][name] for name in columns}, users)


def _walk_back(
    database: Database, key: int, state: dict[str, dict[str, Any]], now: int, version: int
) -> tuple[str, ...] | None:
    """Take the changes since that version back in `state`, by table; who made them. None where a row was made or
    deleted.
    """
    steps = now - version
    if steps < 0 or version < 1:
        return None
    which = " OR ".join("(c.record = ? AND c.record_id = ?)" for _table in state)
    rows = database.rows(
        "SELECT c.record, c.action, c.before, u.login FROM journal_change c JOIN journal_entry e ON e.id = c.entry_id"
        f" JOIN user u ON u.id = e.user_id WHERE {which} ORDER BY c.id DESC LIMIT ?",
        (*(part for table in state for part in (table, key)), steps),
    )
    if len(rows) < steps:
        return None
    for table, action, before, _login in rows:
        if action == "update":
            state[table].update(json.loads(before))
        elif (table, action) == ("profile", "insert"):
            state[table]["fields"] = "{}"
        else:
            return None
    return tuple(dict.fromkeys(row[3] for row in rows))
