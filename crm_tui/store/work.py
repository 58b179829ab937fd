"""What was done for a customer and by whom, from what only grows: who held it, who spoke to it, who moved it on.

Undone steps are left out (DOMAIN §9); people who have left are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crm_tui.store.database import Database

IN_EFFECT = (
    "NOT EXISTS (SELECT 1 FROM journal_change j JOIN journal_undone n ON n.id = j.id WHERE j.entry_id = {entry}"
    " AND j.record = '{record}' AND j.customer_id = {customer})"
)
"""The SQL condition that what the entry did to the customer's rows of `record` is not taken back at present."""


Fixed = tuple[str, int, str, str, str]
"""A share that a lead has fixed: (login, per cent, reason, by whom, stored stamp)."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Someone's interactions with a customer on one channel, or their attempts (`channel` is ""); stored stamps."""

    login: str
    channel: str
    number: int
    first: str
    last: str


def steps(database: Database, customer_id: int) -> list[tuple[Any, ...]]:
    """The changes of hands in effect, in order: (kind, id of the new owner or None, reason, stored stamp)."""
    return database.rows(
        "SELECT kind, to_owner_id, reason, at FROM ownership WHERE customer_id = ? ORDER BY id", (customer_id,)
    )


def spoken(database: Database, customer_id: int) -> list[Spoken]:
    """Who spoke to the customer, by channel, the most used first."""
    rows = database.rows(
        "SELECT u.login, CASE i.connected WHEN 1 THEN i.channel ELSE '' END AS way, count(*) AS n, min(i.at), max(i.at)"
        " FROM interaction i JOIN user u ON u.id = i.user_id WHERE i.customer_id = ?"
        " GROUP BY u.login, way ORDER BY u.login, n DESC, way",
        (customer_id,),
    )
    return [Spoken(*row) for row in rows]


def stages(database: Database, customer_id: int) -> list[tuple[str, str | None, str]]:
    """The steps along the path in effect, in order: (login, from, to); from is None where the customer was made."""
    in_effect = IN_EFFECT.format(entry="s.entry_id", record="customer", customer="s.customer_id")
    return database.rows(
        "SELECT u.login, s.from_stage, s.to_stage FROM stage_change s JOIN user u ON u.id = s.user_id"
        f" JOIN journal_entry e ON e.id = s.entry_id AND e.kind = 'do' WHERE s.customer_id = ? AND {in_effect}"
        " ORDER BY s.id",
        (customer_id,),
    )


def fixed_credit(database: Database, customer_id: int) -> list[Fixed]:
    """The shares that a lead has fixed, the greatest first.

    They are fixed together: by whoever did so last, steps taken back left out.
    """
    return database.rows(
        "SELECT u.login, s.percent, s.reason, b.login, e.at FROM credit_share s JOIN user u ON u.id = s.user_id"
        " JOIN journal_entry e ON e.id = (SELECT max(j.entry_id) FROM journal_change j"
        "  WHERE j.record = 'credit_share' AND j.customer_id = s.customer_id AND j.reverts_id IS NULL"
        "  AND j.id NOT IN (SELECT id FROM journal_undone))"
        " JOIN user b ON b.id = e.user_id WHERE s.customer_id = ? ORDER BY s.percent DESC, u.login",
        (customer_id,),
    )


def fixed_rows(database: Database, customer_id: int) -> dict[int, int]:
    """The ids of the rows of the shares that are fixed, by user's id."""
    return dict(database.rows("SELECT user_id, id FROM credit_share WHERE customer_id = ?", (customer_id,)))
