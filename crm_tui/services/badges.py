"""The badge that every list shows: a customer's own row repeats its tier under the primary scheme, and what is proposed
in the place of that (DOMAIN §3).

Whoever changes a stage, a tier or what is primary calls `mirror` within the same entry; nothing else writes these
columns of a customer that is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from crm_tui.services import profiles
from crm_tui.services.session import Session
from crm_tui.store import tiers as store
from crm_tui.store.tiers import Badge

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

_BATCH = 20_000
_COLUMNS = ("scheme", "tier", "tier_rank", "suggested", "suggested_rank")
_NOTHING: tuple[str | None, str | None] = (None, None)


def mirror(session: Session, change: Change, ids: Iterable[int]) -> list[int]:
    """Bring the rows of these customers in step with their tiers; the ids of those that were not."""
    wanted = list(dict.fromkeys(ids))
    changed: list[int] = []
    for start in range(0, len(wanted), _BATCH):
        changed += _mirrored(session, change, wanted[start : start + _BATCH])
    return changed


def mirror_all(session: Session, change: Change) -> int:
    """As `mirror` all customers there are: another scheme is primary. How many were not in step."""
    last, count = 0, 0
    while ids := store.every(session.database, last, _BATCH):
        count += len(_mirrored(session, change, ids))
        last = ids[-1]
    return count


def _mirrored(session: Session, change: Change, ids: list[int]) -> list[int]:
    graded = store.graded(session.database, ids)
    rows: dict[int, dict[str, Any]] = {}
    better: list[int] = []
    for row in store.badges(session.database, ids):
        shown = _shown(session, row, graded.get(row.id, {}))
        if shown != row[2:]:
            rows[row.id] = dict(zip(_COLUMNS, shown, strict=True))
        if shown[2] != row.tier_rank:
            better.append(row.id)
    change.update_each("customer", rows)
    profiles.refresh_staleness(session, change, better)
    return list(rows)


def _shown(
    session: Session, row: Badge, graded: dict[str, tuple[str | None, str | None]]
) -> tuple[str, str | None, int | None, str | None, int | None]:
    """What the row has to repeat: scheme, tier, its place, what is proposed instead, and the place of that."""
    settings = session.settings
    scheme = settings.primary(row.stage, [name for name, (tier, __) in graded.items() if tier is not None])
    known = settings.schemes[scheme]
    tier, computed = graded.get(scheme, _NOTHING)
    suggested = computed if computed != tier else None
    return (
        scheme, tier, known.rank(tier) if tier is not None else None,
        suggested, known.rank(suggested) if suggested is not None else None,
    )  # fmt: skip
