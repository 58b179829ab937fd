"""When a customer must hear from us again: the cadence of its tier, and the age at which its stage rots.

All in calendar days, and only for stages that are not closed. DOMAIN §2, §5.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from msgspec import Struct, field

from crm_tui.domain.schemes import Scheme, Tier, shipped
from crm_tui.domain.stages import BY_IDENTIFIER


class DueSettings(Struct, frozen=True):
    """What decides when a customer is due, as configured.

    `schemes`: every scheme in use, by identifier. `cadence_days`: days by `SCHEME.TIER` (`abcd.A`) that differ from
    the scheme's own, None for no cadence. `rotting_days`: days by stage that differ from the shipped, None for never.
    `horizon_days`: how many days the queue looks ahead.
    """

    schemes: Mapping[str, Scheme] = field(default_factory=shipped)
    cadence_days: Mapping[str, int | None] = field(default_factory=dict)
    rotting_days: Mapping[str, int | None] = field(default_factory=dict)
    horizon_days: int = 7

    def tier(self, scheme: str, tier: str | None) -> Tier | None:
        """The tier of these identifiers; None when ungraded or when the scheme has it no more."""
        known = self.schemes.get(scheme)
        return known.get(tier) if known and tier else None


DEFAULTS = DueSettings()


def cadence_interval(tier: str | None, scheme: str, stage: str, settings: DueSettings = DEFAULTS) -> int | None:
    """Days between contacts that the tier asks for; None without a tier or a cadence, and in a closed stage."""
    known = settings.tier(scheme, tier)
    if known is None or BY_IDENTIFIER[stage].closed:
        return None
    return settings.cadence_days.get(f"{scheme}.{known.identifier}", known.cadence_days)


def cadence_due(
    tier: str | None,
    scheme: str,
    stage: str,
    last_contact: date | None,
    held_since: date,
    settings: DueSettings = DEFAULTS,
) -> date | None:
    """The day by which the customer must have been contacted, counted from the later of the last contact and the
    start of holding, so that a customer newly claimed is not late at once. None where there is no cadence.
    """
    days = cadence_interval(tier, scheme, stage, settings)
    return None if days is None else _after(max(last_contact or held_since, held_since), days)


def rotting_limit(stage: str, settings: DueSettings = DEFAULTS) -> int | None:
    """Days without a change or an interaction after which the stage rots; None for never."""
    known = BY_IDENTIFIER[stage]
    return None if known.closed else settings.rotting_days.get(stage, known.rotting_days)


def rotting_due(
    stage: str, stage_since: date, last_touch: date | None, settings: DueSettings = DEFAULTS
) -> date | None:
    """The day on which the stage rots, counted from its start or the last interaction (attempts too), the later."""
    days = rotting_limit(stage, settings)
    return None if days is None else _after(max(last_touch or stage_since, stage_since), days)


def _after(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max
