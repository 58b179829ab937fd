"""Who held a customer when: the ownership log read as periods, in order, no two of which overlap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from crm_tui.domain.language import N_, _

MOVES: Mapping[str, str] = {
    "make": N_("made"), "claim": N_("claimed"), "release": N_("released"), "assign": N_("assigned"),
    "transfer": N_("transferred"), "recycle": N_("recycled"), "hand_over": N_("handed over"), "move": N_("moved"),
    "block": N_("blocked"), "unblock": N_("unblocked"), "delete": N_("deleted"),
}  # fmt: skip
"""What a customer's change of hands is called (DOMAIN §1)."""


class Step(NamedTuple):
    """A row of the ownership log in effect: how the customer moved, to whom (None: a pool, or blocked), why, when."""

    kind: str
    to_owner: int | None
    reason: str
    at: datetime


@dataclass(frozen=True)
class Period:
    """Someone held the customer from `since` to `until` (None: still), and how it came and went."""

    user_id: int
    since: datetime
    came: str
    until: datetime | None = None
    went: str = ""
    reason: str = ""
    """Why it went."""

    def lasted(self, now: datetime) -> timedelta:
        """How long, as of `now`; a clock that was set back makes nothing negative."""
        return max(timedelta(0), (self.until or now) - self.since)


def periods(steps: Iterable[Step]) -> tuple[Period, ...]:
    """The periods of holding that the steps make, oldest first; a step that leaves the owner be makes none."""
    found: list[Period] = []
    held: tuple[int, Step] | None = None
    for step in steps:
        if held is not None and held[0] == step.to_owner:
            continue
        if held is not None:
            user_id, came = held
            found.append(Period(user_id, came.at, came.kind, step.at, step.kind, step.reason))
        held = (step.to_owner, step) if step.to_owner is not None else None
    if held is not None:
        found.append(Period(held[0], held[1].at, held[1].kind))
    return tuple(found)


def move_title(kind: str) -> str:
    """What the move is called, in the reader's language."""
    return _(MOVES.get(kind, kind))
