"""The changed business rules as they are kept: those of everybody in `setting`, those of one pool in `pool_rule`."""

from __future__ import annotations

from dataclasses import dataclass

from crm_tui.store.database import Database


@dataclass(frozen=True)
class Kept:
    """A changed rule: values as JSON texts, `previous` None for the default, the day as ISO date."""

    id: int
    value: str
    previous: str | None
    changed_on: str | None


def kept(database: Database, name: str, pool_id: int | None) -> Kept | None:
    """The rule as it was changed for everybody (pool None) or for the pool; None where it was not."""
    if pool_id is None:
        row = database.row("SELECT id, value, previous, changed_on FROM setting WHERE name = ?", (name,))
    else:
        row = database.row(
            "SELECT id, value, previous, changed_on FROM pool_rule WHERE pool_id = ? AND name = ?", (pool_id, name)
        )
    return Kept(*row) if row else None
