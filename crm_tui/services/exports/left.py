"""What an export wrote, and what it left out of it."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from crm_tui.domain.language import ngettext


class Exported(Struct, frozen=True):
    """How many things were written (customers, or of a calendar follow-ups), and of how many something stayed behind.

    `masked` are customers whose ways to be reached are hidden, `sensitive` those that have such fields, `cut` texts
    that are longer than a cell of a workbook, `archived` and `others` were found by
    the filter and are not there: archived ones, and customers of others. `blocked` ones are there, and no file says so.
    """

    count: int
    masked: int = 0
    sensitive: int = 0
    cut: int = 0
    archived: int = 0
    others: int = 0
    blocked: int = 0

    @property
    def left_out(self) -> dict[str, int]:
        """The counts of what was left out, by name, those that are not 0."""
        names = ("others", "archived", "masked", "sensitive", "cut")
        return {name: n for name in names if (n := getattr(self, name))}

    def told(self) -> str:
        """What was left out, in words; "" for nothing."""
        return "; ".join(self._told())

    def _told(self) -> Iterator[str]:
        if n := self.others:
            yield ngettext("{n} of others left out", "{n} of others left out", n).format(n=f"{n:,}")
        if n := self.archived:
            text = ngettext("{n} archived left out (archived:any)", "{n} archived left out (archived:any)", n)
            yield text.format(n=f"{n:,}")
        if n := self.masked:
            yield ngettext(
                "phone and mail of {n} in the pool hidden", "phones and mails of {n} in the pool hidden", n
            ).format(n=f"{n:,}")
        if n := self.sensitive:
            text = ngettext("sensitive fields of {n} left out", "sensitive fields of {n} left out", n)
            yield text.format(n=f"{n:,}")
        if n := self.blocked:
            yield ngettext(
                "{n} is blocked, and an import lays it into the pool: -blocked:yes leaves it out",
                "{n} are blocked, and an import lays them into the pool: -blocked:yes leaves them out", n
            ).format(n=f"{n:,}")
        if n := self.cut:
            yield ngettext(
                "{n} text cut, longer than a cell may be", "{n} texts cut, longer than a cell may be", n
            ).format(n=f"{n:,}")
