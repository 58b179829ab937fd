"""What the due queue is computed from: the rows that may be due for somebody, without deciding that they are."""

from __future__ import annotations

import json
from collections.abc import Iterable

from msgspec import Struct

from crm_tui.domain.people import Sight
from crm_tui.store.customers import reach_seen, seen_by
from crm_tui.store.database import Database


class Candidate(Struct, frozen=True):
    """A customer with its open follow-up and its recycle warning. Times are stored stamps, days ISO dates."""

    id: int
    name: str
    stage: str
    stage_since: str
    scheme: str
    tier: str | None
    tier_rank: int | None
    held_since: str | None
    created_at: str
    last_contact: str | None
    last_touch: str | None
    stale_on: str | None
    next_on: str | None
    next_at: str | None
    next_kind: str | None
    next_purpose: str | None
    next_original_on: str | None
    leaves_on: str | None
    warned_on: str | None
    leaves_because: str | None
    owner_id: int | None
    archived_at: str | None
    suggested: str | None
    phone: str | None


_OTHERS = {
    "next_kind": "f.kind", "next_purpose": "f.purpose", "next_original_on": "f.original_on",
    "leaves_on": "w.due_on", "warned_on": "w.warned_on", "leaves_because": "w.reason",
}  # fmt: skip


def _columns(phone: str) -> str:
    names = _OTHERS | {"phone": phone}
    return ", ".join(names.get(name, f"c.{name}") for name in Candidate.__struct_fields__)


_FROM = (
    "customer c LEFT JOIN follow_up f ON f.customer_id = c.id AND f.closed_at IS NULL"
    " LEFT JOIN recycle_warning w ON w.customer_id = c.id"
)


def candidates(database: Database, user_id: int, horizon: str, limit: int) -> list[Candidate]:
    """The user's unarchived customers: first those promised something up to the day `horizon`, then all others.

    When the promises alone fill the limit, the others wait: whoever is that far behind gets no further reasons. Phones
    are left out: most of these will turn out not to be due.
    """
    where = f"SELECT {_columns('NULL')} FROM {_FROM} WHERE c.owner_id = ? AND c.archived_at IS NULL"
    promised = database.rows(f"{where} AND c.next_on <= ? ORDER BY c.next_on LIMIT ?", (user_id, horizon, limit))
    if len(promised) >= limit:
        return [Candidate(*row) for row in promised]
    others = database.rows(
        f"{where} AND (c.next_on > ? OR c.next_on IS NULL) ORDER BY c.tier_rank, c.id LIMIT ?",
        (user_id, horizon, 10 * limit),
    )
    return [Candidate(*row) for row in (*promised, *others)]


def phones(database: Database, sight: Sight, ids: Iterable[int]) -> dict[int, str | None]:
    """The phone numbers of these customers, None where they are masked."""
    return dict(
        database.rows(
            f"SELECT c.id, {reach_seen('phone', sight)} FROM customer c"
            " WHERE c.id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
    )


def of(database: Database, sight: Sight, ids: Iterable[int]) -> list[Candidate]:
    """The customers of these ids that are seen; their phone only where that is not masked."""
    rows = database.rows(
        f"SELECT {_columns(reach_seen('phone', sight))} FROM {_FROM}"
        f" WHERE c.id IN (SELECT value FROM json_each(?)) AND {seen_by(sight)}",
        (json.dumps(list(ids)),),
    )
    return [Candidate(*row) for row in rows]
