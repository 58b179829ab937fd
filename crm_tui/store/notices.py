"""What waits for people: the open notices, and of those about a customer only such as their reader sees."""

from __future__ import annotations

import json
from collections.abc import Iterable

from msgspec import Struct

from crm_tui.domain.people import Sight
from crm_tui.store.customers import seen_by
from crm_tui.store.database import Database


class Notice(Struct, frozen=True):
    """An open notice; `user` and `sender` are logins, `made_at` a stored stamp. Without a customer `name` is None."""

    id: int
    kind: str
    user: str
    sender: str | None
    customer_id: int | None
    name: str | None
    text: str
    made_at: str


def standing(database: Database, sight: Sight, user_ids: Iterable[int]) -> list[Notice]:
    """The open notices of these users, oldest first; those about a customer that is not seen are left out."""
    rows = database.rows(
        "SELECT n.id, n.kind, u.login, s.login, c.id, c.name, n.text, n.made_at FROM notice n"
        " JOIN user u ON u.id = n.user_id LEFT JOIN user s ON s.id = n.from_id"
        f" LEFT JOIN customer c ON c.id = n.customer_id AND {seen_by(sight)}"
        " WHERE n.closed_at IS NULL AND n.user_id IN (SELECT value FROM json_each(?))"
        " AND (n.customer_id IS NULL OR c.id IS NOT NULL) ORDER BY n.id",
        (json.dumps(list(user_ids)),),
    )
    return [Notice(*row) for row in rows]


def open_ids(
    database: Database, customer_ids: Iterable[int], kinds: Iterable[str], *,
    user_ids: Iterable[int] | None = None, from_id: int | None = None,
) -> dict[int, int]:
    """The customer of each open notice about these customers, of these kinds, by the notice's id.

    With `user_ids` those that wait for one of them, with `from_id` those that this user has sent.
    """
    rows = database.rows(
        "SELECT n.id, n.customer_id FROM json_each(:customers) w JOIN notice n ON n.customer_id = w.value"
        " WHERE n.closed_at IS NULL AND n.kind IN (SELECT value FROM json_each(:kinds))"
        " AND (:users IS NULL OR n.user_id IN (SELECT value FROM json_each(:users)))"
        " AND (:sender IS NULL OR n.from_id = :sender) ORDER BY n.id",
        {
            "customers": json.dumps(list(customer_ids)), "kinds": json.dumps(list(kinds)),
            "users": None if user_ids is None else json.dumps(list(user_ids)), "sender": from_id,
        },
    )  # fmt: skip
    return dict(rows)
