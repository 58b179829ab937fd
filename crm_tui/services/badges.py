"""The badge that every list shows: a customer's own row repeats its tier under the primary scheme, and what is proposed
in the place of that (DOMAIN §3).

Whoever changes a stage, a tier or what is primary calls `mirror` within the same entry; nothing else writes these
columns of a customer that is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from crm_tui.services import profiles
from crm_tui.services.session import Session
from crm_tui.store import tiers as store
from crm_tui.store.tiers import Badge

if TYPE_CHECKING:
    from crm_tui.domain.settings import Settings
    from crm_tui.store.journal import Change

_BATCH = 20_000
_COLUMNS = ("scheme", "tier", "tier_rank", "suggested", "suggested_rank")
Graded = Mapping[str, tuple[str | None, str | None]]
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


def differing(session: Session, limit: int) -> list[int]:
    """The first customers whose rows are not in step with their tiers."""
    last, found = 0, list[int]()
    while len(found) < limit and (ids := store.every(session.database, last, _BATCH)):
        found += _out_of_step(session, ids)
        last = ids[-1]
    return found[:limit]


def _mirrored(session: Session, change: Change, ids: list[int]) -> list[int]:
    rows = _out_of_step(session, ids)
    ranks = {row.id: row.tier_rank for row in store.badges(session.database, list(rows))}
    better = [key for key, shown in rows.items() if shown["tier_rank"] != ranks[key]]
    change.update_each("customer", rows)
    profiles.refresh_staleness(session, change, better)
    return list(rows)


def _out_of_step(session: Session, ids: list[int]) -> dict[int, dict[str, Any]]:
    """Of these customers the rows that do not repeat their tiers, with what they should say."""
    graded = store.graded(session.database, ids)
    rows: dict[int, dict[str, Any]] = {}
    for row in store.badges(session.database, ids):
        shown = _shown(session, row, graded.get(row.id, {}))
        if shown != row[2:]:
            rows[row.id] = dict(zip(_COLUMNS, shown, strict=True))
    return rows


def proposing(settings: Settings, stage: str, graded: Graded) -> str:
    """The scheme whose proposal the badge shows: the one that is the stage's own, if it proposes a first tier that
    somebody has to confirm; else the primary one. `graded` are the customer's (tier, computed) by scheme.
    """
    named = settings.primary(stage, settings.schemes)
    tier, computed = graded.get(named, _NOTHING)
    return named if tier is None and computed is not None else _primary(settings, stage, graded)


def _primary(settings: Settings, stage: str, graded: Graded) -> str:
    return settings.primary(stage, [name for name, (tier, __) in graded.items() if tier is not None])


def _shown(
    session: Session, row: Badge, graded: Graded
) -> tuple[str, str | None, int | None, str | None, int | None]:
    """What the row has to repeat: scheme, tier, its place, what is proposed instead, and the place of that."""
    settings = session.settings
    scheme = _primary(settings, row.stage, graded)
    known = settings.schemes[scheme]
    tier, computed = graded.get(scheme, _NOTHING)
    suggested = computed if computed != tier else None
    named = proposing(settings, row.stage, graded)
    if named != scheme:  # between the tiers of two schemes none is the better
        return scheme, tier, known.rank(tier) if tier is not None else None, graded[named][1], None
    return (
        scheme, tier, known.rank(tier) if tier is not None else None,
        suggested, known.rank(suggested) if suggested is not None else None,
    )  # fmt: skip
