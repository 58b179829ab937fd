"""Colour on rows: the tier's own, and red for what is late. Never the only sign: letters and `!` say it too."""

from __future__ import annotations

from collections.abc import Mapping

from rich.text import Text

from crm_tui.domain.schemes import Scheme
from crm_tui.services.column_table import graded

LATE = "red"
LEAVING = "<"
"""The flag of a customer that returns to the public pool soon, as its holder was warned."""


def tier_badge(
    schemes: Mapping[str, Scheme], scheme: str, tier: str | None, suggested: str | None = None
) -> Text | str:
    """The badge of a tier (`意A`) in its colour, with what is proposed in its place (`意B→A`); empty for neither."""
    known = schemes.get(scheme)
    text = graded(known, tier, suggested, schemes.values())
    found = known.get(tier) if known and tier else None
    return Text.assemble((text, found.colour)) if text and found else text


def late(text: str, is_late: bool) -> Text | str:
    """The text of a date, in red when it has passed."""
    return Text.assemble((text, LATE)) if is_late and text else text
