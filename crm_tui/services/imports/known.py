"""Which rows of an import are in the database already, and who learns of it (DOMAIN §9, §4 P22).

The whole database is looked through. Whoever may not see the customer that a row is the same as is told no more than
who holds it, so often a day; a dry run, which leaves no trace, tells nobody who holds what.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from crm_tui.domain.language import _, ngettext
from crm_tui.formats.tables import Row
from crm_tui.services import duplicates
from crm_tui.services.imports.rows import Incoming
from crm_tui.services.session import Session
from crm_tui.store import customers, importing

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

_IN_BATCH = 0
"""Stands for the id of what the same batch brings in: what the import itself brought in is nobody's news."""


class Known:
    """Tells the rows that bring something new from the others. `same` counts those that are there for the importer."""

    def __init__(self, session: Session, change: Change, *, dry_run: bool) -> None:
        self._session = session
        self._change = change
        self._dry_run = dry_run
        self.same = 0
        self.told: list[int] = []
        """The customers of which the importer was told who holds them."""
        self._news: dict[int, str] = {}
        self._newest = importing.newest(session.database)

    def new_ones(self, read: Sequence[tuple[Row, Incoming]]) -> Iterator[tuple[Row, Incoming, str]]:
        """The rows of a batch that are new, each with "", and those that are refused, with the reason."""
        there = importing.twins(self._session.database, {found.key for __, found in read})
        judged = [(row, found, self._twin(there, found)) for row, found in read]
        twins = {judgement[-1] for judgement in judged if judgement[-1]}
        seen = customers.facts(self._session.database, self._session.sight, twins) if twins else {}
        for row, found, twin in judged:
            if twin is None:
                yield row, found, ""
                continue
            if twin != _IN_BATCH:
                self._news.setdefault(twin, _card(found))
            if twin == _IN_BATCH or twin in seen:
                self.same += 1
            else:
                yield row, found, self._told(twin)

    def _twin(self, there: dict[tuple[str, str], list[importing.Twin]], found: Incoming) -> int | None:
        """The id of the customer that the row is the same as; the row itself is one from here on."""
        ways = found.ways
        known = there.setdefault((found.key, found.kind), [])
        for twin, *other in known:
            if duplicates.same(ways, dict(zip(duplicates.COMPARED, other, strict=True))):
                return twin if twin <= self._newest else _IN_BATCH
        known.append((_IN_BATCH, ways["phone"], ways["email"], ways["tax_number"]))
        return None

    def _told(self, twin: int) -> str:
        if self._dry_run:
            return _("it is there already, held by someone else; who, the import itself tells")
        from crm_tui.services import disclosures  # most imports meet nothing that is somebody else's

        self.told.append(twin)
        return disclosures.tell_collision(self._session, self._change, twin)

    def tell_again(self) -> None:
        """Keep in the journal what was told by an import that brought in nothing, of which no entry stays."""
        from crm_tui.services import disclosures

        with self._session.changing(fixed=True) as change:
            change.summarize(ngettext("told of {n} collision", "told of {n} collisions", len(self.told)).format(
                n=len(self.told)))  # fmt: skip
            for twin in self.told:
                disclosures.tell_collision(self._session, change, twin)

    def tell_holders(self, where: str) -> int:
        """Tell whoever holds a customer that came in again, once each, what stood `where`; how many customers."""
        from crm_tui.services import notices

        holders = importing.holders(self._session.database, self._news, but=self._session.person.id)
        told = [(user_id, key, f"{where}: {self._news[key]}".rstrip(": ")) for key, user_id in holders.items()]
        notices.send(self._session, self._change, "known", told)
        return len(told)


def _card(found: Incoming) -> str:
    """What a card says that its holder may not know yet."""
    texts = (
        found.columns.get("source"), found.contact.get("name"), found.contact.get("title"), found.ways["phone"],
        found.ways["email"], found.columns.get("note"),
    )  # fmt: skip
    return ", ".join(text for text in texts if text)
