"""Why customers buy, as it was judged: a ranking of factors for an occasion, or in general."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from crm_tui.domain.people import Sight
from crm_tui.store.customers import seen_by
from crm_tui.store.database import Database


class Judged(NamedTuple):
    """A ranking (`supplier,price,partner`) for an occasion ("" for in general), by whom (login) and when (ISO)."""

    id: int
    customer_id: int
    occasion: str
    ranking: str
    evidence: str
    judged_on: str
    by: str


def of(database: Database, ids: Iterable[int]) -> list[Judged]:
    """The rankings of these customers: the general one first, then the newest."""
    rows = database.rows(
        "SELECT t.id, t.customer_id, t.occasion, t.ranking, t.evidence, t.judged_on, u.login"
        " FROM purchase_factor t JOIN user u ON u.id = t.user_id"
        " WHERE t.customer_id IN (SELECT value FROM json_each(?))"
        " ORDER BY t.customer_id, t.occasion <> '', t.judged_on DESC, t.id DESC",
        (json.dumps(list(ids)),),
    )
    return [Judged(*row) for row in rows]


def by_tier(database: Database, sight: Sight) -> list[tuple[str, str, str]]:
    """The general rankings of the customers that one sees: (scheme, tier, ranking) of each that has a badge."""
    return database.rows(
        "SELECT c.scheme, c.tier, t.ranking FROM purchase_factor t JOIN customer c ON c.id = t.customer_id"
        f" WHERE t.occasion = '' AND c.tier IS NOT NULL AND c.archived_at IS NULL AND {seen_by(sight)}"
        + (" AND c.owner_id IS NOT NULL" if sight.masked else "")
        + " ORDER BY c.scheme, c.tier_rank, c.id"
    )
