"""Which rows of an import are in the database already, and who learns of it (DOMAIN §9, §4 P22).

The whole database is looked through. Whoever may not see the customer that a row is the same as is told no more than
who holds it, so often a day; beyond that all rows are refused of which the importer sees no twin, whether there is one
or not. A dry run, which leaves no trace, compares only with what the importer sees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from crm_tui.domain.language import ngettext
from crm_tui.formats.tables import Row
from crm_tui.services import disclosures, duplicates
from crm_tui.services.imports.incoming import Incoming, fits
from crm_tui.services.session import Session
from crm_tui.store import importing, merging

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

_IN_BATCH = 0
"""Stands for the id of what the same batch brings in: what the import itself brought in is nobody's news."""


class Repeated(Exception):
    """Several rows may be of one customer that the import itself brings in: they are to be judged together."""


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
        """The rows of a batch that are new, each with "", and those that are refused, with the reason.

        Raises Repeated where rows of the import may be of one new customer.
        """
        times = Counter([found.key for __, found in read])
        names = {found.key for __, found in read if self._newest or not found.first}
        there = importing.twins(self._session.database, names) if names else {}
        ids = [twin[0] for twins in there.values() for twin in twins if twin[0] <= self._newest]
        merged = merging.survivors(self._session.database, ids) if ids else {}  # who those are is what counts
        ids += merged.values()
        seen = duplicates.seen(self._session, ids) if ids else {}
        rows: dict[tuple[str, str], list[tuple[int, Mapping[str, str] | Incoming]]] = {}
        if there:
            apart = importing.apart(self._session.database, [twin[0] for twins in there.values() for twin in twins])
            for key, twins in there.items():
                rows[key] = [(merged.get(twin[0], twin[0]), apart[twin[0]]) for twin in twins]
        for row, found in read:
            if times[found.key] == 1 and (found.key, found.kind) not in rows and (self._left is None or self._left > 0):
                yield row, found, ""
                continue
            known = rows.setdefault((found.key, found.kind), [])
            twin = self._twin(known, found, seen) if known else None
            shown = twin in seen
            if not shown and self._left is not None and self._left <= 0:
                yield row, found, disclosures.enough_told(self._session)
                continue
            if twin is not None:
                self.came_again(twin, found)
            if shown:
                self.same += 1
            elif twin is not None:
                yield row, found, self._told(twin)
            else:
                known.append((_IN_BATCH, found.apart if known else found))
                yield row, found, ""

    def came_again(self, twin: int, found: Incoming) -> None:
        """A row is of a customer that is there: its holder may be told."""
        self._news.setdefault(twin, _card(found))

    def _twin(
        self, known: Sequence[tuple[int, Mapping[str, str] | Incoming]], found: Incoming, seen: Mapping[int, bool]
    ) -> int | None:
        """The id of the customer that the row is the same as: one that the importer sees, else another."""
        mine, hidden = found.apart, None
        for twin, other in known:
            own = twin > self._newest or twin == _IN_BATCH
            if not own and twin not in seen:
                hidden = hidden or twin
                continue
            if self._only_hidden:
                continue
            masked = not own and not seen[twin]
            if masked or fits(mine, other.apart if isinstance(other, Incoming) else other):
                if own:
                    raise Repeated
                return twin
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
