"""What the bottom line says of what a command did, and the list of what it left out where that says more.

What was done, and that `u` undoes it, is never pushed off the line by reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from crm_tui.domain.language import _
from crm_tui.services.session import Outcome, Refusal

MANY = 8
"""From so many rows left out on the list begins with how many there are for each reason."""
_SIGN = 2
"""Cells that the sign of an alert takes."""


@dataclass(frozen=True)
class Told:
    """A sentence, and where one is not enough the lines of the list of what was left out."""

    text: str
    left_out: tuple[str, ...] = ()


def told(outcome: Outcome, width: int, beside: int = 0) -> Told:
    """What to say of it in a line of so many cells, of which `beside` are taken unless nothing was done."""
    parts = [outcome.message, outcome.proposal[1]] if outcome.proposal else [outcome.message]
    refused = outcome.refused
    if not refused:
        return Told(_joined(parts))
    if len(refused) == 1:
        text = _alone(refused[0], width) if not outcome.changed else _joined([*parts, _left(_named(refused[0]))])
        if not outcome.changed or cell_len(text) <= width - beside:
            return Told(text)
    return Told(_joined([*parts, _("{n} left out").format(n=f"{len(refused):,}")]), tuple(_lines(refused)))


def _joined(parts: Sequence[str]) -> str:
    return " · ".join(parts)


def _left(text: str) -> str:
    return _("left out: {text}").format(text=text)


def _alone(refusal: Refusal, width: int) -> str:
    """Why the one row was refused: the reason goes before the name where there is no room for both."""
    text = _named(refusal) if refusal.name else refusal.reason
    return text if cell_len(text) + _SIGN <= width else refusal.reason


def _named(refusal: Refusal) -> str:
    return f"{refusal.name or f'#{refusal.id}'}: {refusal.reason}"


def _lines(refused: Sequence[Refusal]) -> list[str]:
    """`name: reason`, those of a reason together; of many first how many there are of each."""
    by: dict[str, list[Refusal]] = {}
    for refusal in refused:
        by.setdefault(refusal.reason, []).append(refusal)
    groups = sorted(by.items(), key=lambda group: -len(group[1]))
    counted = [f"{len(rows):,}  {reason}" for reason, rows in groups if len(rows) > 1 and len(refused) >= MANY]
    return [*counted, *(_named(refusal) for __, rows in groups for refusal in rows)]
