"""Colour on rows: the tier's own, and red for what is late. Never the only sign: letters and `!` say it too."""

from __future__ import annotations

from rich.text import Text

from crm_tui.domain.schemes import badge, shipped

LATE = "red"
LEAVING = "<"
"""The flag of a customer that returns to the public pool soon, as its holder was warned."""


def tier_badge(scheme: str, tier: str | None) -> Text | str:
    """The badge of a tier (`意A`) in its colour; empty for none."""
    if not tier:
        return ""
    known = shipped()[scheme]
    found = known.get(tier)
    return Text.assemble((badge(known, tier), found.colour if found else ""))


def late(text: str, is_late: bool) -> Text | str:
    """The text of a date, in red when it has passed."""
    return Text.assemble((text, LATE)) if is_late and text else text
