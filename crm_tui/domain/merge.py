"""A record that two have changed: what it was, what it is by now, and what one wants, side by side, field by field.

Whoever compares first and writes then overwrites nothing that was not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

State = Literal["unchanged", "mine", "theirs", "same", "both"]


class Difference(Struct, frozen=True):
    """The three values of a field; "" for none, `before` None where nobody can tell any more."""

    field: str
    before: str | None
    theirs: str
    mine: str

    @property
    def state(self) -> State:
        """Who changed it: nobody, I alone, they alone, both to the same value, both to different ones.

        Where the value before is not known, both are taken to have changed what differs.
        """
        if self.mine == self.theirs:
            return "unchanged" if self.before in (None, self.mine) else "same"
        if self.mine == self.before:
            return "theirs"
        return "mine" if self.theirs == self.before else "both"

    @property
    def must_be_seen(self) -> bool:
        """Whether writing mine would overwrite theirs, or leave it beside mine, unseen."""
        return self.state in ("theirs", "both")


def merge(
    before: Mapping[str, str] | None, theirs: Mapping[str, str], given: Mapping[str, str]
) -> tuple[Difference, ...]:
    """Every field of the three, in their order; `given` are the fields that I set, the others are mine as they were.

    A field that is left out has no value. `before` None: nobody can tell.
    """
    mine = {**(theirs if before is None else before), **given}
    names = dict.fromkeys((*theirs, *(before or ()), *given))
    return tuple(
        Difference(name, None if before is None else before.get(name, ""), theirs.get(name, ""), mine.get(name, ""))
        for name in names
    )
