"""The triggers and indexes that a database must have: those of a new one of this program's schema, by which what only
grows only grows, what is kept is kept, and what is one is one.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

from crm_tui.store import opening

if TYPE_CHECKING:
    from crm_tui.store.database import Database

_PARTS = (
    "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('trigger', 'index') AND sql IS NOT NULL ORDER BY rowid"
)


@cache
def _wanted() -> dict[tuple[str, str], str]:
    """The SQL of each, by type and name, in the order in which they are made."""
    from crm_tui.store.bridge import migrate

    fresh = opening.connect(Path(":memory:"))
    try:
        migrate(fresh, opening.MIGRATIONS)
        rows: list[Any] = fresh.execute(_PARTS).fetchall()
        return {(kind, name): sql for kind, name, sql in rows}
    finally:
        fresh.close()


def _found(database: Database) -> dict[tuple[str, str], str]:
    return {(kind, name): sql for kind, name, sql in database.rows(_PARTS)}


def differing(database: Database) -> list[str]:
    """The names of those that are missing or other, and of triggers and unique indexes that are none of ours: they can
    make of a change what they like, and refuse it. Any other index that somebody has made harms nobody.
    """
    wanted, found = _wanted(), _found(database)
    wrong = [key for key, sql in wanted.items() if found.get(key) != sql]
    return [name for __, name in [*wrong, *_strange(wanted, found)]]


def _strange(wanted: dict[tuple[str, str], str], found: dict[tuple[str, str], str]) -> list[tuple[str, str]]:
    return [
        (kind, name) for (kind, name), sql in found.items()
        if (kind, name) not in wanted and (kind == "trigger" or sql.upper().split()[1] == "UNIQUE")
    ]  # fmt: skip


def mend(database: Database) -> int:
    """Make those again that are missing or other, drop the strange ones, within a transaction; how many.

    A unique index that the rows do not allow is left out: the check goes on to tell of both.
    """
    wanted, found = _wanted(), _found(database)
    mended = 0
    for kind, name in _strange(wanted, found):
        database.execute(f'DROP {kind} "{name.replace(chr(34), chr(34) * 2)}"')
        mended += 1
    for (kind, name), sql in wanted.items():
        if found.get((kind, name)) == sql:
            continue
        with suppress(apsw.ConstraintError), database.savepoint():
            if (kind, name) in found:
                database.execute(f"DROP {kind} {name}")
            database.execute(sql)
            mended += 1
    return mended
