"""What an import did, in counts and in words, and how it is watched and stopped while it lasts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _, ngettext

Progress = Callable[[int, int | None], None]
"""Called with the rows done and the most that there can be (None where that is not known), five times a second or more
while work goes on; what it raises ends the import, of which nothing remains.
"""

Mode = Literal["create", "update", "upsert"]
MODES: tuple[Mode, ...] = ("create", "update", "upsert")


class Cancelled(CrmError):
    """Whoever watches an import has ended it: nothing remains of it."""

    def __init__(self) -> None:
        super().__init__(_("cancelled: nothing was imported"))


@dataclass(frozen=True)
class Difference:
    """What an import makes of a field of a customer: the line of the table, the customer's name, "" for no value."""

    line: int
    name: str
    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Imported:
    """What an import did, in rows: each is `new`, `joined` to another of the same customer, the `same`
    as what is there, `changed` it, stands in `conflicts` with
    another row or with several customers, is `refused`, or one of the `totals`.

    `kept` counts texts that did not fit their field and are kept beside it; `reasons` are the first of those that were
    not taken in as (line, name, reason); `errors` is the file of all of them, `unnamed` why it has not the name that it
    should have. `differences` are the first changes. `alike` is how many of the new ones resemble ones that were there.

    Where rows were shared out `assigned` says who got how many, `left` why how many went into a pool, and `told` of how
    many known ones the holders were told.
    """

    new: int
    same: int
    refused: int
    totals: int
    kept: int
    changed: int = 0
    conflicts: int = 0
    reasons: tuple[tuple[int, str, str], ...] = ()
    differences: tuple[Difference, ...] = ()
    errors: Path | None = None
    entry_id: int | None = None
    dry_run: bool = False
    assigned: Mapping[str, int] | None = None
    left: Mapping[str, int] = field(default_factory=dict)
    told: int = 0
    alike: int = 0
    unnamed: str = ""
    joined: int = 0
    undated: int = 0
    undated_first: tuple[tuple[int, str, str], ...] = ()
    """Next dates that cannot be read and are kept as texts: how many, and the first as (line, name, text)."""
    long: int = 0
    long_lines: tuple[int, ...] = ()
    """Rows with more cells than there are headings: how many, and the lines of the first."""

    @property
    def exit_code(self) -> int:
        """0 done, 1 all rows were refused, 4 some were (DESIGN §6)."""
        return exit_code(self.new + self.joined + self.same + self.changed, self.refused + self.conflicts)

    @property
    def message(self) -> str:
        """The counts as a sentence."""
        said = [*self._taken(), *self._shares()]
        if self.joined:
            text = ngettext("{n} row joined to another of its customer", "{n} rows joined to others of their customers",
                            self.joined)  # fmt: skip
            said.append(text.format(n=f"{self.joined:,}"))
        if self.same:
            text = ngettext("{n} was there already", "{n} were there already", self.same)
            said.append(text.format(n=f"{self.same:,}"))
        if self.conflicts:
            said.append(ngettext("{n} conflict", "{n} conflicts", self.conflicts).format(n=f"{self.conflicts:,}"))
        if self.refused:
            said.append(_("{n} refused").format(n=f"{self.refused:,}"))
        if self.totals:
            said.append(ngettext("{n} total row skipped", "{n} total rows skipped", self.totals).format(n=self.totals))
        if self.kept:
            text = ngettext(
                "{n} text fits no field and is kept beside it",
                "{n} texts fit no field and are kept beside it",
                self.kept,
            )
            said.append(text.format(n=f"{self.kept:,}"))
        if self.undated:
            text = ngettext("{n} next date cannot be read: see --dates", "{n} next dates cannot be read: see --dates",
                            self.undated)  # fmt: skip
            said.append(text.format(n=f"{self.undated:,}"))
        if self.long:
            text = ngettext("{n} row is longer than the headings: line {lines}",
                            "{n} rows are longer than the headings: lines {lines}", self.long)  # fmt: skip
            lines = ", ".join(map(str, self.long_lines[:5])) + (", …" if self.long > 5 else "")
            said.append(text.format(n=f"{self.long:,}", lines=lines))
        said += told_of(self.errors, self.unnamed)
        return "; ".join(said)

    def _taken(self) -> list[str]:
        """How many were made, and changed."""
        text = ngettext("{n} customer imported", "{n} customers imported", self.new)
        if self.dry_run:
            text = ngettext("{n} customer would be imported", "{n} customers would be imported", self.new)
        said = [text.format(n=f"{self.new:,}")] if self.new or not self.changed else []
        if self.alike:
            text = ngettext(
                "{n} of them resembles one that was there: crm-tui dupes",
                "{n} of them resemble ones that were there: crm-tui dupes", self.alike,
            )  # fmt: skip
            said.append(text.format(n=f"{self.alike:,}"))
        if self.changed:
            text = ngettext("{n} customer changed", "{n} customers changed", self.changed)
            if self.dry_run:
                text = ngettext("{n} customer would be changed", "{n} customers would be changed", self.changed)
            said.append(text.format(n=f"{self.changed:,}"))
        return said

    def _shares(self) -> list[str]:
        """Who got how many, and what went into a pool and why."""
        if self.assigned is None:
            return []
        said = [", ".join(f"{login} {n:,}" for login, n in self.assigned.items())]
        said += [_("the pool {n} ({reason})").format(n=f"{n:,}", reason=reason) for reason, n in self.left.items()]
        if self.told:
            message = ngettext("the holder of {n} known one told", "the holders of {n} known ones told", self.told)
            said.append(message.format(n=f"{self.told:,}"))
        return said

    @property
    def data(self) -> dict[str, Any]:
        """The counts as `--json` prints them."""
        names = (
            "new", "joined", "same", "changed", "conflicts", "refused", "totals", "kept", "undated", "long", "alike",
        )  # fmt: skip
        counts = {**{n: getattr(self, n) for n in names}, "errors": str(self.errors) if self.errors else None}
        if self.assigned is not None:
            counts |= {"assigned": dict(self.assigned), "pool": sum(self.left.values()), "told": self.told}
        return counts


def told_of(errors: Path | None, unnamed: str) -> list[str]:
    """Where the refused rows are, in words; none where there are none."""
    if errors is None:
        return []
    told = [_("refused rows with their reasons: {path}").format(path=errors)]
    if unnamed:
        told.append(_("rename that file: it could not be given its name ({reason})").format(reason=unnamed))
    return told


def exit_code(taken: int, refused: int) -> int:
    """Of an import, by its rows: 0 done, 1 all were refused, 4 some were (DESIGN §6)."""
    return 0 if not refused else 4 if taken else 1
