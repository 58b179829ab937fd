"""An import that may change customers: all rows are read and judged together before any is written, so that what comes
of a table depends neither on the order of its rows nor on how often it is brought in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from crm_tui.domain.errors import NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.names import name_key
from crm_tui.formats.headings import is_total_row
from crm_tui.formats.tables import Row, Table
from crm_tui.services.imports import values
from crm_tui.services.imports.changes import Changes
from crm_tui.services.imports.incoming import Incoming, fits, unpacked
from crm_tui.services.imports.known import Known
from crm_tui.services.imports.matching import Match, Matching
from crm_tui.services.imports.oddities import Oddities
from crm_tui.services.imports.outcomes import Difference, Mode
from crm_tui.services.imports.pace import Pace
from crm_tui.services.imports.places import Places
from crm_tui.services.imports.refusals import Refusals, is_maybe_total
from crm_tui.services.imports.rows import Reader
from crm_tui.services.imports.writer import Writer
from crm_tui.services.session import Session
from crm_tui.store import bulk, importing
from crm_tui.store import incoming as store

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

_NAMESAKES = 1_000
"""New customers of one name that are told apart at most, where some say more of themselves than others."""


class Merging:
    """A running import: reads, judges, writes, refuses, in this order."""

    def __init__(
        self, session: Session, change: Change, reader: Reader, matching: Matching, places: Places, known: Known,
        mode: Mode, number: int | None, *, names_only: bool = False,
    ) -> None:  # fmt: skip
        """With `names_only` whatever fits a row by its name is the same and no more is asked: rows only make new ones.
        """
        self._names_only = names_only
        self._database = session.database
        self._reader = reader
        self._matching = matching
        self._places = places
        self._known = known
        self._mode = mode
        self._number = number
        self._writer = Writer(session, change)
        self._changes = Changes(session, change, places)
        self._rows = self.totals = self.kept = 0
        self.odd = Oddities(reader)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """The first changes."""
        return tuple(self._changes.first)

    def counts(self) -> dict[str, int]:
        """How many rows are new, same, changed, conflict, refused."""
        return store.counts(self._database)

    # -- reading

    def read(self, table: Table, pace: Pace) -> None:
        """Keep all rows, those that cannot be taken in with the reason."""
        for batch in pace.batches(table):
            self._read(batch)

    def _read(self, batch: Sequence[Row]) -> None:
        read: list[tuple[int, Row, Incoming, dict[str, str]]] = []
        refused: list[tuple[int, int, None, str, str, str]] = []
        for ordinal, row in enumerate(batch, self._rows):
            if is_maybe_total(row.cells) and is_total_row(row.cells):
                self.totals += 1
                continue
            try:
                found = self._reader.read(row.cells)
            except (UsageError, NotAllowed) as error:
                refused.append((ordinal, row.line, None, "", "refused", str(error)))
                continue
            if found.kept:
                self.odd.look(row.line, found)
            number = row.cells[self._number] if self._number is not None else ""
            read.append((ordinal, row, found, self._matching.keys_of(found, number)))
        self._rows += len(batch)
        matches = self._matching.find([one[2:] for one in read])
        judged = [self._judged(*one, match) for one, match in zip(read, matches, strict=True)]
        store.add(self._database, [*refused, *(row for row, __ in judged)])
        store.add_keys(self._database, (key for __, keys in judged for key in keys))

    def _judged(
        self, ordinal: int, row: Row, found: Incoming, keys: Mapping[str, str], match: Match
    ) -> tuple[tuple[int, int, int | None, str, str, str], list[tuple[str, int, str]]]:
        """The row as it is kept, and the keys by which other rows may be of the same new customer."""
        reason, verdict = match.reason, "conflict" if match.conflict else "refused"
        customer = match.customer
        if self._names_only and match.twin:
            self._known.came_again(match.twin, found)
            return (ordinal, row.line, match.twin, "", "same", ""), []
        if not reason and customer is None:
            reason = self._nobody(found, keys)
        if not reason and customer is not None and customer.kind != found.kind and "kind" not in found.said:
            try:
                found = self._reader.read(row.cells, customer.kind)
            except (UsageError, NotAllowed) as error:
                reason = str(error)
        if reason:
            return (ordinal, row.line, None, "", verdict, reason), []
        if customer is not None:
            if not match.renames:
                found = found._replace(name="", key="")
            same = "same" if self._mode == "create" else ""
            return (ordinal, row.line, customer.id, found.packed(), same, ""), []
        own = [(f"{key}\n{value}", ordinal, _folded(found) if key == "name" else "")
               for key, value in keys.items()]  # fmt: skip
        return (ordinal, row.line, None, found.packed(), "", ""), own

    def _nobody(self, found: Incoming, keys: Mapping[str, str]) -> str:
        """Why a row of nobody is refused; "" where it makes a customer."""
        if self._mode == "update":
            said = ", ".join(f"{key} {found.name if key == 'name' else value}" for key, value in keys.items())
            return _("no customer with {what}; --mode upsert makes it").format(what=said)
        return "" if found.name else _("the name is missing")

    # -- judging

    def judge(self, pace: Pace) -> None:
        """Put rows of one customer together, and refuse those that contradict each other."""
        for key, rows in store.namesakes(self._database):
            self._part(key, rows)
            pace.tell()
        store.join(self._database)
        for some in store.several(self._database):
            self._merge([(row.ordinal, unpacked(row.payload)) for row in some])
            pace.tell()

    def _part(self, key: str, rows: Sequence[tuple[int, str]]) -> None:
        """Of new customers of one name those are the same of whom nothing differs; a row that fits two is refused."""
        by_ways: dict[str, list[int]] = {}
        for ordinal, ways in rows:
            by_ways.setdefault(ways, []).append(ordinal)
        known = {ways: json.loads(ways) for ways in by_ways}
        alike = {one: {one} for one in known}
        if len({tuple(ways) for ways in known.values()}) > 1:
            if len(known) > _NAMESAKES:
                reason = _("more than {n} rows have this name: say with --same by what they are told apart")
                self._refuse([ordinal for ordinal, __ in rows], reason.format(n=_NAMESAKES))
                return
            alike = {one: {o for o in known if fits(known[one], known[o])} for one in known}
        torn = {one for one, some in alike.items() if any(not some <= alike[other] for other in some)}
        self._refuse([ordinal for one in torn for ordinal in by_ways[one]],
                     _("it may be the same as several others of the table"))  # fmt: skip
        store.rename_key(self._database, key, (
            (f"{key}\n{min(alike[one] - torn)}", ordinal)
            for one in known if one not in torn for ordinal in by_ways[one]
        ))  # fmt: skip

    def _merge(self, rows: Sequence[tuple[int, Incoming]]) -> None:
        """Make one of what several rows say of a customer; all are refused where two say different things."""
        first, *others = sorted(rows, key=lambda row: row[1].packed())
        found = first[1]
        for __, other in others:
            merged = union(found, other)
            if isinstance(merged, str):
                message = _("the rows of this customer contradict each other: {field}")
                self._refuse([ordinal for ordinal, __ in rows], message.format(field=merged))
                return
            found = merged
        least = min(ordinal for ordinal, __ in rows)
        store.merged(self._database, least, found.packed())
        store.decided(self._database, [("joined", "", ordinal) for ordinal, __ in rows if ordinal != least])

    def _refuse(self, ordinals: Iterable[int], reason: str) -> None:
        store.decided(self._database, [("conflict", reason, ordinal) for ordinal in ordinals])

    # -- writing

    def write(self, pace: Pace) -> None:
        """Make the new customers, change the others."""
        upkeep = bulk.Upkeep(self._database, self._rows)
        for batch in store.still(self._database, new=True):
            upkeep.wrote(self._make([(row.ordinal, unpacked(row.payload)) for row in batch]), len(batch))
            pace.went_on(len(batch))
        with importing.watched(self._database, pace.tell):
            for __ in upkeep.make():
                pace.tell()
        for batch in store.still(self._database, new=False):
            found = [(row.line, row.customer_id or 0, unpacked(row.payload)) for row in batch]
            verdicts = self._changes.write(found)
            self._decide([row.ordinal for row in batch], verdicts)
            pace.went_on(len(batch))

    def _make(self, rows: Sequence[tuple[int, Incoming]]) -> int:
        """Make them, as far as they may be; how many."""
        wanted: list[tuple[int, Incoming]] = []
        verdicts: list[tuple[str, str, int]] = []
        read = [(Row(ordinal, ()), found) for ordinal, found in rows]
        for row, found, reason in self._known.new_ones(read):
            if reason:
                verdicts.append(("refused", reason, row.line))
            else:
                wanted.append((row.line, found))
        taken: list[Incoming] = []
        for (ordinal, __), where in zip(wanted, self._places.place([found for __, found in wanted]), strict=True):
            if isinstance(where, str):
                verdicts.append(("refused", where, ordinal))
            else:
                taken.append(where)
                verdicts.append(("new", "", ordinal))
        self._writer.write(taken)
        self.kept += sum(found.kept for found in taken)
        store.decided(self._database, verdicts)
        store.refuse_joined(self._database, verdicts)
        return len(taken)

    def _decide(self, ordinals: Sequence[int], verdicts: Sequence[tuple[str, str]]) -> None:
        told = [(*verdict, ordinal) for verdict, ordinal in zip(verdicts, ordinals, strict=True)]
        store.decided(self._database, told)
        store.refuse_joined(self._database, told)

    def refuse(self, table: Table, refusals: Refusals, pace: Pace) -> None:
        """Collect the rows that are not taken in, as they stand in the table."""
        refused = store.refusals(self._database)
        ordinal, reason = next(refused, (-1, ""))
        if ordinal < 0:
            return
        for number, row in enumerate(table.rows()):
            if number % 1_000 == 0:
                pace.tell()
            if number == ordinal:
                refusals.add(row, reason)
                ordinal, reason = next(refused, (-1, ""))
                if ordinal < 0:
                    return


def _folded(found: Incoming) -> str:
    return json.dumps({way: text.casefold() for way, text in found.apart.items()}, sort_keys=True)


def union(one: Incoming, other: Incoming) -> Incoming | str:
    """What two rows say together of a customer; the name of a field of which they say different things."""
    said: dict[str, dict[str, str]] = {}
    for name in ("columns", "profile", "said"):
        mine: dict[str, str] = dict(getattr(one, name))
        theirs: dict[str, str] = dict(getattr(other, name))
        for field in mine.keys() & theirs.keys():
            if mine[field] != theirs[field]:
                return field
        said[name] = mine | theirs
    if one.key and other.key and one.key != other.key:
        return "name"
    if "owner" in one.said and "owner" in other.said and one.owner != other.owner:
        return "owner"
    for field in ("pool", "next", "last_contact", "created"):
        if getattr(one, field) and getattr(other, field) and getattr(one, field) != getattr(other, field):
            return field
    contacts = _contacts(one, other)
    if isinstance(contacts, str):
        return contacts
    named = one if one.name and (one.name <= other.name or not other.name) else other
    stage = one.stage if "stage" in one.said else other.stage
    owner = (one if "owner" in one.said else other).owner
    return one._replace(
        name=named.name, key=named.key, kind=named.kind, stage=stage, owner=owner,
        tiers=values.tiers(said["said"].get("tier", ""), stage), pool=None if owner else one.pool or other.pool,
        columns=said["columns"], profile=said["profile"], said=said["said"],
        contact=contacts[0] if contacts else {}, others=tuple(contacts[1:]),
        tags=tuple(sorted({*one.tags, *other.tags})), next=one.next or other.next,
        last_contact=one.last_contact or other.last_contact, created=one.created or other.created,
        kept=one.kept + other.kept,
    )  # fmt: skip


def _contacts(one: Incoming, other: Incoming) -> list[dict[str, str]] | str:
    """The contacts of both, each once; a field of one of whom they say different things."""
    found: dict[str, dict[str, str]] = {}
    for contact in (one.contact, *one.others, other.contact, *other.others):
        if not contact:
            continue
        known = found.setdefault(name_key(contact["name"]), {})
        for field, text in contact.items():
            if field != "name" and known.get(field, text) != text:
                return f"contact {contact['name']} {field}"
            known[field] = min(known.get(field, text), text)
    return [found[key] for key in sorted(found)]
