"""Who works a customer beside its holder, and what leads have said of its interactions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from crm_tui.store.database import Database


@dataclass(frozen=True, slots=True)
class Collaborator:
    """A collaboration; `until_on` is its last day (ISO), None without an end."""

    id: int
    customer_id: int
    user_id: int
    login: str
    function: str
    access: str
    until_on: str | None


_COLLABORATOR = (
    "SELECT b.id, b.customer_id, b.user_id, u.login, b.function, b.access, b.until_on"
    " FROM collaborator b JOIN user u ON u.id = b.user_id"
)


def of_customer(database: Database, customer_id: int, today: str) -> list[Collaborator]:
    """The collaborations of a customer that have not ended by the day `today`, in the order of the logins."""
    rows = database.rows(
        f"{_COLLABORATOR} WHERE b.customer_id = ? AND (b.until_on IS NULL OR b.until_on >= ?) ORDER BY u.login",
        (customer_id, today),
    )
    return [Collaborator(*row) for row in rows]


def of_user(database: Database, user_id: int, customer_ids: Iterable[int]) -> dict[int, Collaborator]:
    """The user's collaborations on these customers, ended ones too, by customer."""
    rows = database.rows(
        f"{_COLLABORATOR} WHERE b.user_id = ? AND b.customer_id IN (SELECT value FROM json_each(?))",
        (user_id, json.dumps(list(customer_ids))),
    )
    return {row[1]: Collaborator(*row) for row in rows}


def held_of_name(database: Database, key: str) -> list[tuple[int, int]]:
    """The unarchived customers that somebody holds and whose normalised name is `key`: (id, owner's id)."""
    return database.rows(
        "SELECT id, owner_id FROM customer WHERE name_key = ? AND owner_id IS NOT NULL AND archived_at IS NULL"
        " ORDER BY id",
        (key,),
    )


def interaction(database: Database, customer_id: int, interaction_id: int | None) -> tuple[int, int] | None:
    """The customer's interaction of that id, or else its newest one: (id, author's user id); None if there is none."""
    return database.row(
        "SELECT id, user_id FROM interaction WHERE customer_id = ?1 AND (?2 IS NULL OR id = ?2)"
        " ORDER BY at DESC, id DESC LIMIT 1",
        (customer_id, interaction_id),
    )
