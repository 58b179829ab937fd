"""The customers of an export, a batch at a time: what one may not see is taken off where they are read, and counted."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.domain.people import is_masked
from crm_tui.services.exports.left import Exported
from crm_tui.services.exports.places import KNOWN, PLACES, SENSITIVE, Customer, Place, beside, check
from crm_tui.services.exports.values import Made
from crm_tui.store import exporting

if TYPE_CHECKING:
    from crm_tui.services.exports.places import Kind
    from crm_tui.services.session import Session

_BATCH = 1_000
MOST_CONTACTS = 20
"""Contacts of a customer that have columns."""

_HIDDEN = tuple(exporting.ROW.index(name) for name in ("phone", "email", "wechat", "note"))
_OWNER, _BLOCKED = exporting.ROW.index("owner_id"), exporting.ROW.index("blocked")
_REACH = frozenset(exporting.CONTACT.index(name) + 1 for name in ("phone", "email", "wechat", "note"))
_ID = exporting.ROW.index("id")


def batches(ids: array[int]) -> Iterator[list[int]]:
    """The ids, so many at a time."""
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH].tolist()


def places_of(session: Session, ids: array[int]) -> list[Place]:
    """The standard columns, of those of the profile the ones that are filled, and what these customers have beside."""
    contacts, filled, schemes, notes = 0, set[str](), set[str](), False
    for batch in batches(ids):
        filled |= exporting.filled_fields(session.database, session.sight, batch)
        contacts = max(contacts, exporting.most_contacts(session.database, batch))
        schemes.update(*map(dict.keys, exporting.other_tiers(session.database, batch).values()))
        notes = notes or exporting.have_contact_notes(session.database, batch)
    order = [scheme for scheme in session.settings.schemes if scheme in schemes]
    standard = [place for place in PLACES.values() if place.field is None or place.field in filled]
    return [*standard, *beside(min(contacts, MOST_CONTACTS), order, sorted(filled - KNOWN), notes=notes)]


class Customers:
    """The customers of these ids in these columns."""

    def __init__(self, session: Session, ids: array[int], places: Sequence[Place]) -> None:
        """UsageError for a column that is there twice."""
        check(places)
        self._session = session
        self._ids = ids
        self._places = places
        self._listed = [place.listed for place in places if place.listed is not None]
        self._count = self._masked = self._sensitive = self._blocked = 0
        headings = [place.heading for place in places]
        self._contacts = any(heading.startswith("contact") for heading in headings)
        self._tiers = any(heading.startswith("tier.") for heading in headings)

    @property
    def headings(self) -> list[str]:
        """The headings of the columns."""
        return [place.heading for place in self._places]

    def exported(self, cut: int = 0) -> Exported:
        """What was read, and what was taken off."""
        return Exported(self._count, self._masked, self._sensitive, cut, blocked=self._blocked)

    def rows(self, made: Mapping[Kind, Made]) -> Iterator[list[Any]]:
        """The values of each customer, made what the file has; None for none."""
        pairs = [(place.read, made[place.kind]) for place in self._places]
        for customer in self.read():
            yield [
                None if (value := read(customer)) is None or value == "" else make(value) for read, make in pairs
            ]  # fmt: skip

    def read(self) -> Iterator[Customer]:
        """Each customer, without what one may not see."""
        session, sight = self._session, self._session.sight
        for batch in batches(self._ids):
            rows = exporting.rows(session.database, sight, batch)
            contacts = exporting.contacts(session.database, batch) if self._contacts else {}
            tiers = exporting.other_tiers(session.database, batch) if self._tiers else {}
            listed = self._lists(batch) if self._listed else {}
            for row in rows:
                key = row[_ID]
                fields = self._without_sensitive(json.loads(row[-1])) if row[-1] and row[-1] != "{}" else {}
                theirs: Sequence[Sequence[Any]] = contacts.get(key, ())
                self._count += 1
                self._blocked += bool(row[_BLOCKED])
                if is_masked(sight, row[_OWNER]):
                    self._masked += 1
                    row, fields, theirs = _masked(row, fields, theirs)
                yield Customer(row, fields, theirs, tiers.get(key, {}), listed.get(key, {}))

    def _without_sensitive(self, fields: dict[str, str]) -> dict[str, str]:
        hidden = SENSITIVE & fields.keys()
        if not hidden:
            return fields
        self._sensitive += 1
        return {name: text for name, text in fields.items() if name not in hidden}

    def _lists(self, batch: list[int]) -> dict[int, dict[str, Any]]:
        """What lists show of these customers in the columns that only lists have."""
        from crm_tui.services import columns

        rows = columns.rows(self._session, batch, self._listed)
        return {key: columns.values(self._session, row, self._listed) for key, row in rows.items()}


def _masked(
    row: Sequence[Any], fields: Mapping[str, str], contacts: Sequence[Sequence[Any]]
) -> tuple[tuple[Any, ...], dict[str, str], Sequence[Sequence[Any]]]:
    """The customer without any way to reach it."""
    bare = tuple(None if at in _HIDDEN else value for at, value in enumerate(row))
    people = [[None if at in _REACH else part for at, part in enumerate(contact)] for contact in contacts]
    return bare, {name: text for name, text in fields.items() if name in KNOWN}, people
