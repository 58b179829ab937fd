"""An import: all rows of a table in one transaction and one journal entry, a batch at a time, whatever their number.

A row becomes a customer, is the same as one that is there, or is refused; every row is one of the three, or a total.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from crm_tui.domain.errors import NotAllowed, UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.pools import COUNTED
from crm_tui.domain.profile import stale_on
from crm_tui.domain.searching import reach_text, search_text
from crm_tui.domain.when import When
from crm_tui.formats.headings import is_total_row
from crm_tui.formats.tables import Row, Table
from crm_tui.services import followups
from crm_tui.services.imports.known import Known
from crm_tui.services.imports.places import Places
from crm_tui.services.imports.plans import Plan
from crm_tui.services.imports.refusals import Refusals, is_maybe_total
from crm_tui.services.imports.rows import TEXTS, Incoming, Reader
from crm_tui.services.pools import may_add
from crm_tui.services.session import Session
from crm_tui.store import histories, importing, search
from crm_tui.store.journal import Change
from crm_tui.store.pools import DEFAULT

BATCH = 2_000
_CONTACT = ("name", "role", "title", "phone", "email", "wechat")

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Imported:
    """What an import did. `kept` counts texts that did not fit their field and are kept beside it; `reasons` are the
    first refusals as (line, name, reason); `errors` is the file of all of them.

    Where rows were shared out `assigned` says who got how many, `left` why how many went into a pool, and `told` of how
    many known ones the holders were told.
    """

    new: int
    same: int
    refused: int
    totals: int
    kept: int
    reasons: tuple[tuple[int, str, str], ...] = ()
    errors: Path | None = None
    entry_id: int | None = None
    dry_run: bool = False
    assigned: Mapping[str, int] | None = None
    left: Mapping[str, int] = field(default_factory=dict)
    told: int = 0

    @property
    def exit_code(self) -> int:
        """0 done, 1 all rows were refused, 4 some were (DESIGN §6)."""
        return exit_code(self.new + self.same, self.refused)

    @property
    def message(self) -> str:
        """The counts as a sentence."""
        said = [ngettext("{n} customer imported", "{n} customers imported", self.new).format(n=f"{self.new:,}")]
        if self.dry_run:
            said = [ngettext("{n} customer would be imported", "{n} customers would be imported", self.new).format(
                n=f"{self.new:,}")]  # fmt: skip
        said += self._shares()
        if self.same:
            text = ngettext("{n} was there already", "{n} were there already", self.same)
            said.append(text.format(n=f"{self.same:,}"))
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
        if self.errors:
            said.append(_("refused rows with their reasons: {path}").format(path=self.errors))
        return "; ".join(said)

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
        names = ("new", "same", "refused", "totals", "kept")
        counts = {**{n: getattr(self, n) for n in names}, "errors": str(self.errors) if self.errors else None}
        if self.assigned is not None:
            counts |= {"assigned": dict(self.assigned), "pool": sum(self.left.values()), "told": self.told}
        return counts


def run(
    session: Session, plan: Plan, *, owner: str = "pool", assign: str | None = None, dedupe: bool = True,
    dry_run: bool = False, errors: Path | None = None, progress: Progress | None = None,
) -> Imported:
    """Import the table by the plan; rows without an owner go to `owner` (a login, a name, `me`, `pool`).

    With `assign` (`rr:li,wang`) they are shared out instead, what exceeds the caps goes into the pools, and whoever
    holds one that is there already is told.

    Refused rows are written to `errors`, by default NAME.errors.csv beside the table. `progress` is called with the
    rows done and (where it can be told beforehand) the most that there can be. A dry run changes
    nothing and writes no file.
    Raises UsageError when no column holds the name or a fixed text does not fit; whatever is raised, nothing remains.
    """
    if "name" not in plan.places and not plan.fixed.get("name"):
        raise UsageError(_("no column holds the name: say which with --map HEADING=name"))
    table = plan.opened()
    refusals = Refusals(plan, errors)
    trial = importing.trial(session.database) if dry_run else nullcontext()
    try:
        with session.changing() as change, importing.room(session.database), trial:
            may_add(session)
            reader = Reader(session, plan, owner)
            reader.check_fixed()
            known = Known(session, change, dry_run=dry_run) if dedupe else None
            running = _Import(session, change, reader, refusals, known, Places(session, assign))
            running.all(table, progress)
            told = known.tell_holders(plan.path.name) if known and assign is not None else 0
            found = running.imported(dry_run=dry_run, shared=assign is not None, told=told)
            nothing = change.is_empty()
            if not nothing:
                change.summarize(found.message)
        if nothing and known and known.told:
            known.tell_again()
        return found
    except BaseException:
        refusals.drop()
        raise
    finally:
        refusals.close()


class _Import:
    """The counts of a running import, and what it has to remember from one batch to the next."""

    def __init__(
        self, session: Session, change: Change, reader: Reader, refusals: Refusals, known: Known | None, places: Places
    ) -> None:
        self._change = change
        self._reader = reader
        self._refusals = refusals
        self._known = known
        self._places = places
        self._new = self._totals = self._kept = 0
        self._writer = Writer(session, change)

    def all(self, table: Table, progress: Progress | None) -> None:
        """Take in all rows."""
        for batch in batches(table, progress):
            self._batch(batch)

    def imported(self, *, dry_run: bool, shared: bool, told: int) -> Imported:
        """The counts; writes the error file, unless it is a dry run."""
        refusals = self._refusals
        errors = refusals.write() if refusals.count and not dry_run else None
        return Imported(
            self._new, self._known.same if self._known else 0, refusals.count, self._totals, self._kept,
            tuple(refusals.first), errors, self._change.entry_id if self._new and not dry_run else None, dry_run,
            dict(self._places.assigned) if shared else None, dict(self._places.left), told,
        )  # fmt: skip

    def _batch(self, batch: Sequence[Row]) -> None:
        read: list[tuple[Row, Incoming]] = []
        for row in batch:
            if is_maybe_total(row.cells) and is_total_row(row.cells):
                self._totals += 1
                continue
            try:
                read.append((row, self._reader.read(row.cells)))
            except (UsageError, NotAllowed) as error:
                self._refusals.add(row, str(error))
        wanted = self._unknown(read) if self._known else read
        taken: list[Incoming] = []
        for (row, __), where in zip(wanted, self._places.place([found for __, found in wanted]), strict=True):
            if isinstance(where, str):
                self._refusals.add(row, where)
            else:
                taken.append(where)
        self._writer.write(taken)
        self._new += len(taken)
        self._kept += sum(found.kept for found in taken)

    def _unknown(self, read: Sequence[tuple[Row, Incoming]]) -> list[tuple[Row, Incoming]]:
        """The rows that no customer is the same as, in the database or earlier in the table."""
        assert self._known is not None
        new: list[tuple[Row, Incoming]] = []
        for row, found, reason in self._known.new_ones(read):
            if reason:
                self._refusals.add(row, reason)
            else:
                new.append((row, found))
        return new


class Writer:
    """Writes new customers with all that belongs to them, without reading anything back."""

    def __init__(self, session: Session, change: Change) -> None:
        self._session = session
        self._change = change
        self._now = session.stamp
        self._today = session.today
        self._workdays = session.settings.workdays
        self._spread: int | None = session.settings["pool.spread_per_day"]
        self._firsts: dict[int, tuple[When, int]] = {}
        self._stale_days: int | None = session.settings["profile.stale_days"]
        self._verified: dict[tuple[str, ...], str] = {}
        self._stale: dict[tuple[tuple[str, ...], str, int], str | None] = {}

    def write(self, found: Sequence[Incoming]) -> None:
        """Make the customers."""
        if not found:
            return
        change, session = self._change, self._session
        filled = [(*f.columns, *f.profile, "name") for f in found]
        following = [self._next(f) for f in found]
        ids = change.insert(
            "customer", [self._row(f, n, names) for f, n, names in zip(found, following, filled, strict=True)]
        )
        pairs = list(zip(ids, found, strict=True))
        change.insert(
            "profile",
            [
                {"id": key, "fields": _json(f.profile) if f.profile else "{}", "verified": self._verified_today(names)}
                for (key, f), names in zip(pairs, filled, strict=True)
            ],
        )
        change.insert(
            "contact",
            [
                {"customer_id": key, "is_primary": 1, **{name: f.contact.get(name) for name in _CONTACT}}
                for key, f in pairs
                if f.contact
            ],
        )
        change.insert("follow_up", [
            self._follow_up(key, f, *n) for (key, f), n in zip(pairs, following, strict=True) if n is not None
        ])  # fmt: skip
        change.insert("tag", [{"customer_id": key, "name": name} for key, f in pairs for name in f.tags])
        self._histories(pairs)
        search.add(session.database, (_searchable(key, f) for key, f in pairs))

    def _row(self, found: Incoming, following: tuple[When, str] | None, filled: tuple[str, ...]) -> dict[str, Any]:
        settings, graded = self._session.settings, dict(found.tiers)
        scheme = settings.primary(found.stage, graded)
        tier = graded[scheme]
        rank = settings.schemes[scheme].rank(tier)
        when = following[0] if following else None
        get = found.columns.get
        return {
            "kind": found.kind, "name": found.name, "name_key": found.key, "stage": found.stage,
            "stage_since": self._now, "scheme": scheme, "tier": tier, "tier_rank": rank, "owner_id": found.owner,
            "pool_id": None if found.owner else found.pool or DEFAULT, "held_since": self._now if found.owner else None,
            "created_at": found.created or self._now, "created_by": self._session.person.id,
            "next_on": when.on.isoformat() if when else None,
            "next_at": followups.due_at(self._session, when) if when else None,
            "last_contact": found.last_contact, "last_touch": found.last_contact,
            "stale_on": self._stale_on(filled, found.kind, rank),
            **{name: get(name) for name in TEXTS},
        }  # fmt: skip

    def _next(self, found: Incoming) -> tuple[When, str] | None:
        """The next date and its kind: what the table says, else the first contact of whoever receives a prospect."""
        if found.next:
            return found.next, "promise"
        if found.owner and found.stage in COUNTED:
            return self._first(found.owner), "first_contact"
        return None

    def _first(self, owner: int) -> When:
        """The day of the next first contact of that holder: the next working day, or so many a day (P17)."""
        day, given = self._firsts.get(owner) or (When(self._workdays.next_workday(self._today)), 0)
        if self._spread is not None and given >= self._spread:
            day, given = When(self._workdays.next_workday(day.on)), 0
        self._firsts[owner] = day, given + 1
        return day

    def _follow_up(self, key: int, found: Incoming, when: When, kind: str) -> dict[str, Any]:
        day = when.on.isoformat()
        return {
            "customer_id": key, "user_id": found.owner or self._session.person.id, "kind": kind, "purpose": "",
            "due_on": day, "due_at": followups.due_at(self._session, when), "original_on": day, "created_at": self._now,
        }  # fmt: skip

    def _histories(self, pairs: Sequence[tuple[int, Incoming]]) -> None:
        change, user_id = self._change, self._session.person.id
        histories.add_stages(
            change, at=self._now, user_id=user_id, rows=[(key, None, f.stage, "", None) for key, f in pairs]
        )
        tiers = [(key, scheme, tier) for key, f in pairs for scheme, tier in f.tiers]
        change.insert("customer_tier", [{"customer_id": k, "scheme": s, "tier": t} for k, s, t in tiers])
        histories.add_tiers(change, at=self._now, user_id=user_id, rows=[(k, s, None, t, "") for k, s, t in tiers])

    def _verified_today(self, filled: tuple[str, ...]) -> str:
        found = self._verified.get(filled)
        if found is None:
            found = _json(dict.fromkeys(filled, self._today.isoformat()))
            if len(self._verified) < BATCH:
                self._verified[filled] = found
        return found

    def _stale_on(self, filled: tuple[str, ...], kind: str, rank: int) -> str | None:
        if self._stale_days is None:
            return None
        asked = (filled, kind, rank)
        if asked in self._stale:
            return self._stale[asked]
        day: date | None = stale_on(dict.fromkeys(filled, self._today), kind, rank, self._stale_days)
        found = day.isoformat() if day else None
        if len(self._stale) < BATCH:
            self._stale[asked] = found
        return found


def _searchable(key: int, found: Incoming) -> tuple[int, str, str]:
    people: tuple[Mapping[str, str], ...] = (found.columns, found.contact) if found.contact else (found.columns,)
    names = [found.name, found.contact["name"]] if found.contact else [found.name]
    phones = [person["phone"] for person in people if "phone" in person]
    others = [person[way] for person in people for way in ("email", "wechat") if way in person]
    return key, search_text(names), reach_text(phones, others)


def _json(fields: Mapping[str, str]) -> str:
    return json.dumps(fields, ensure_ascii=False, sort_keys=True)


def exit_code(taken: int, refused: int) -> int:
    """Of an import, by its rows: 0 done, 1 all were refused, 4 some were (DESIGN §6)."""
    return 0 if not refused else 4 if taken else 1


def batches(table: Table, progress: Progress | None) -> Iterator[list[Row]]:
    """The rows, BATCH at a time; says how many are done, of at most how many, when each batch is."""
    most = table.most_rows() if progress else None
    done = 0
    rows = table.rows()
    while batch := list(islice(rows, BATCH)):
        yield batch
        done += len(batch)
        if progress:
            progress(done, most)
