"""Dates and times as people type them, in English and Chinese (DOMAIN §5): a text and a clock give one `When`.

Nothing is guessed in silence. A text is read from left to right, at each place by the rule that takes the longest
piece of it; what no rule takes, and what would be said twice, is a `UsageError` that points at the character.
"""

from __future__ import annotations

import re
from datetime import datetime

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.when.day import LONGEST, MONTHS, WEEKDAYS, When, canonical, describe, next_half_day
from crm_tui.domain.when.question import Asked, Said
from crm_tui.domain.when.rules import RULES, Rule
from crm_tui.domain.when.span import span
from crm_tui.domain.when.words import UNREADABLE
from crm_tui.domain.when.words import pattern as compiled
from crm_tui.domain.workdays import Workdays

__all__ = ["MONTHS", "WEEKDAYS", "When", "canonical", "describe", "next_half_day", "parse", "span"]


def parse(text: str, now: datetime, *, workdays: Workdays | None = None, past: bool = False) -> When:
    """The day (and time) that `text` means at `now`, which is aware and in the user's zone.

    Forms that leave the year, month or week open mean the next such day after today, or with `past` the last one up
    to today. `workdays` is asked only by forms that name a holiday or working days. Raises UsageError for any text
    that is no date between 1900 and 2999 (DOMAIN §5).
    """
    asked = Asked(text, now, workdays or Workdays(), past)
    said = Said(asked)
    place = asked.skip(0)
    if place == len(asked.read):
        raise UsageError(_("no date is given: type one such as fri 15:00, +3d or 12-01"), text, 0)
    if len(text) > LONGEST:
        raise asked.wrong(0, _(UNREADABLE))
    while place < len(asked.read):
        rule, match = _longest(asked, place)
        said.add(rule(asked, match), match)
        place = asked.skip(match.end())
    return said.when()


def _longest(asked: Asked, place: int) -> tuple[Rule, re.Match[str]]:
    """The rule that reads most at `place`, the earlier one where two read the same."""
    found = [(rule, match) for pattern, rule in RULES if (match := compiled(pattern).match(asked.read, place))]
    if not found:
        raise asked.wrong(place, _(UNREADABLE))
    return max(found, key=lambda one: one[1].end())
