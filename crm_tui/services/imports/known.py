"""Which rows of an import are in the database already, and who learns of it (DOMAIN §9, §4 P22).

The whole database is looked through. Whoever may not see the customer that a row is the same as is told no more than
who holds it, so often a day; beyond that all rows are refused of which the importer sees no twin, whether there is one
or not. A dry run, which leaves no trace, compares only with what the importer sees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from crm_tui.domain.language import ngettext
from crm_tui.formats.tables import Row
from crm_tui.services import disclosures, duplicates
from crm_tui.services.imports.incoming import Incoming
from crm_tui.services.session import Session
from crm_tui.store import importing

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

_IN_BATCH = 0
"""Stands for the id of what the same batch brings in: what the import itself brought in is nobody's news."""


class Known:
    """Tells the rows that bring something new from the others. `same` counts those that are there for the importer.

    With `only_hidden` the rows were compared already with what the importer sees.
    """

    def __init__(self, session: Session, change: Change, *, dry_run: bool, only_hidden: bool = False) -> None:
        self._only_hidden = only_hidden
        self._session = session
        self._change = change
        self._dry_run = dry_run
        self.same = 0
        self.told: list[int] = []
        """The customers of which the importer was told who holds them."""
        self._left = disclosures.told_left(session)
        self._news: dict[int, str] = {}
        self._newest = importing.newest(session.database)

    def new_ones(self, read: Sequence[tuple[Row, Incoming]]) -> Iterator[tuple[Row, Incoming, str]]:
        """The rows of a batch that are new, each with "", and those that are refused, with the reason."""
        there = importing.twins(self._session.database, {found.key for __, found in read})
        ids = [twin[0] for twins in there.values() for twin in twins if twin[0] <= self._newest]
        seen = duplicates.seen(self._session, ids) if ids else {}
        for row, found in read:
            known = there.setdefault((found.key, found.kind), [])
            twin = self._twin(known, found, seen)
            shown = twin is not None and (twin == _IN_BATCH or twin in seen)
            if not shown and self._left is not None and self._left <= 0:
                yield row, found, disclosures.enough_told(self._session)
                continue
            if twin is not None and twin != _IN_BATCH:
                self._news.setdefault(twin, _card(found))
            if shown:
                self.same += 1
            elif twin is not None:
                yield row, found, self._told(twin)
            else:
                ways = found.ways
                known.append((_IN_BATCH, ways["phone"], ways["email"], ways["tax_number"]))
                yield row, found, ""

    def _twin(self, known: Sequence[importing.Twin], found: Incoming, seen: Mapping[int, bool]) -> int | None:
        """The id of the customer that the row is the same as: one that the importer sees or brings in, else another."""
        ways, hidden = found.ways, None
        for twin, *other in known:
            own = twin > self._newest or twin == _IN_BATCH
            if not own and twin not in seen:
                hidden = hidden or twin
                continue
            if self._only_hidden:
                continue
            masked = not own and not seen[twin]
            if masked or duplicates.same(ways, dict(zip(duplicates.COMPARED, other, strict=True))):
                return _IN_BATCH if own else twin
        return None if self._dry_run else hidden

    def _told(self, twin: int) -> str:
        self.told.append(twin)
        if self._left is not None:
            self._left -= 1
        return disclosures.tell_collision(self._session, self._change, twin).text

    def tell_again(self) -> None:
        """Keep in the journal what was told by an import that brought in nothing, of which no entry stays."""
        with self._session.changing(fixed=True) as change:
            change.summarize(ngettext("told of {n} collision", "told of {n} collisions", len(self.told)).format(
                n=len(self.told)))  # fmt: skip
            for twin in self.told:
                disclosures.tell_collision(self._session, change, twin)

    def tell_holders(self, where: str) -> int:
        """Tell whoever holds a customer that came in again, once each, what stood `where`; how many customers.

        What was told of a customer before, by the same words, is no news.
        """
        from crm_tui.services import notices

        holders = importing.holders(self._session.database, self._news, but=self._session.person.id)
        known = importing.told(self._session.database, holders)
        cards = {key: notices.cleaned(f"{where}: {self._news[key]}".rstrip(": ")) for key in holders}
        told = [(user_id, key, cards[key]) for key, user_id in holders.items() if (key, cards[key]) not in known]
        notices.send(self._session, self._change, "known", told)
        return len(told)


def _card(found: Incoming) -> str:
    """What a card says that its holder may not know yet."""
    texts = (
        found.columns.get("source"), found.contact.get("name"), found.contact.get("title"), found.ways["phone"],
        found.ways["email"], found.columns.get("note"),
    )  # fmt: skip
    return ", ".join(text for text in texts if text)
