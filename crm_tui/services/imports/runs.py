"""An import: all rows of a table in one transaction and one journal entry, a batch at a time, whatever their number.

A row becomes a customer, is the same as one that is there, changes it, or is refused; every row is one of these, or a
total.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, nullcontext, suppress
from dataclasses import replace
from pathlib import Path

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.formats.tables import Row, Table
from crm_tui.services import likeness
from crm_tui.services.imports import ahead
from crm_tui.services.imports.incoming import Incoming
from crm_tui.services.imports.known import Known, Repeated
from crm_tui.services.imports.oddities import Oddities
from crm_tui.services.imports.outcomes import Imported, Mode, Progress
from crm_tui.services.imports.pace import Pace
from crm_tui.services.imports.places import Places
from crm_tui.services.imports.plans import Plan
from crm_tui.services.imports.refusals import Refusals
from crm_tui.services.imports.rows import Reader
from crm_tui.services.imports.writer import Writer
from crm_tui.services.pools import may_add
from crm_tui.services.session import Session
from crm_tui.store import bulk, importing, incoming
from crm_tui.store.journal import Change


def run(
    session: Session, plan: Plan, *, mode: Mode = "create", same: Sequence[str] = ("name",), owner: str = "pool",
    assign: str | None = None, dedupe: bool = True, dry_run: bool = False, errors: Path | None = None,
    progress: Progress | None = None,
) -> Imported:  # fmt: skip
    """Import the table by the plan; rows without an owner go to `owner` (a login, a name, `me`, `pool`).

    `mode` says what becomes of rows: `create` makes those that are new, `update` changes those that are there, `upsert`
    does both. Two customers are the same by what `same` names (`matching.KEYS`, `x.NAME`): any of these that a row has
    must mean one and the same customer.

    With `assign` (`rr:li,wang`) they are shared out instead, what exceeds the caps goes into the pools, and whoever
    holds one that is there already is told.

    Refused rows are written to `errors`, by default NAME.errors.csv beside the table. `progress` is called with the
    rows done and (where it can be told beforehand) the most that there can be. A dry run changes
    nothing and writes no file.
    Raises UsageError when no column holds the name or a key, or a fixed text does not fit, and what `progress` raises
    (`Cancelled`); whatever is raised, nothing remains.
    """
    if (mode == "create" and tuple(same) == ("name",)) or not dedupe:
        within = session.database.savepoint() if session.change is not None else nullcontext()
        with suppress(Repeated), within:  # of a table without repeats each row is written as soon as it is read
            return _create(
                session, plan, owner, assign, dedupe=dedupe, dry_run=dry_run, errors=errors, progress=progress
            )
    return _merge(session, plan, mode, same, owner, assign, dry_run=dry_run, errors=errors, progress=progress)


def _check_named(plan: Plan) -> None:
    if "name" not in plan.places and not plan.fixed.get("name"):
        raise UsageError(_("no column holds the name: say which with --map HEADING=name"))


def _create(
    session: Session, plan: Plan, owner: str, assign: str | None, *, dedupe: bool, dry_run: bool, errors: Path | None,
    progress: Progress | None,
) -> Imported:  # fmt: skip
    """Only new customers, which are the same by their names: each batch is written as soon as it is read."""
    _check_named(plan)
    table = plan.opened()
    refusals = Refusals(plan, errors)
    trial = importing.trial(session.database) if dry_run else nullcontext()
    try:
        with importing.room(session.database), session.changing() as change, trial:
            may_add(session)
            reader = Reader(session, plan, owner)
            reader.check_fixed()
            newest = importing.newest(session.database)
            known = Known(session, change, dry_run=dry_run) if dedupe else None
            running = _Import(session, change, reader, refusals, known, Places(session, assign))
            pace = Pace(progress)
            running.all(table, pace, dry_run=dry_run)
            told = known.tell_holders(plan.path.name) if known and assign is not None else 0
            found = running.imported(dry_run=dry_run, shared=assign is not None, told=told)
            found = replace(found, alike=_alike(session, newest, pace))
            nothing = change.is_empty()
            if not nothing:
                change.summarize(found.message)
        if nothing and known and known.told:
            known.tell_again()
        return refusals.named(found)
    except BaseException:
        refusals.drop()
        raise
    finally:
        refusals.close()


def _merge(
    session: Session, plan: Plan, mode: Mode, same: Sequence[str], owner: str, assign: str | None, *, dry_run: bool,
    errors: Path | None, progress: Progress | None,
) -> Imported:  # fmt: skip
    """All rows are judged together before any is written: see `merging`."""
    from crm_tui.services.imports.matching import Matching
    from crm_tui.services.imports.merging import Merging

    if mode != "update":
        _check_named(plan)
    names_only = mode == "create" and tuple(same) == ("name",)
    table = plan.opened()
    refusals = Refusals(plan, errors)
    database = session.database
    trial = importing.trial(database) if dry_run else nullcontext()
    try:
        with importing.room(database), session.changing() as change, trial, incoming.waiting(database):
            if mode != "update":
                may_add(session)
            reader = Reader(session, plan, owner, changing=not names_only, saying=True)
            reader.check_fixed()
            known = Known(session, change, dry_run=dry_run, only_hidden=True)
            places, pace = Places(session, assign), Pace(progress, phases=2)
            number = plan.headings.index("id") if "id" in plan.headings else None
            running = Merging(
                session, change, reader, Matching(session, plan, same), places, known, mode, number,
                names_only=names_only,
            )
            running.read(table, pace)
            running.judge(pace)
            newest = importing.newest(database)
            running.write(pace)
            running.refuse(table, refusals, pace)
            told = known.tell_holders(plan.path.name) if assign is not None else 0
            counts = running.counts()
            path = refusals.write() if refusals.count and not dry_run else None
            done = counts.get("new", 0) + counts.get("changed", 0)
            found = Imported(
                counts.get("new", 0), counts.get("same", 0), counts.get("refused", 0), running.totals, running.kept,
                counts.get("changed", 0), counts.get("conflict", 0), tuple(refusals.first), running.differences, path,
                change.entry_id if done and not dry_run else None, dry_run,
                dict(places.assigned) if assign is not None else None, dict(places.left), told,
                _alike(session, newest, pace),
                joined=counts.get("joined", 0), undated=running.odd.undated,
                undated_first=tuple(running.odd.first), long=running.odd.long, long_lines=tuple(running.odd.lines),
            )  # fmt: skip
            nothing = change.is_empty()
            if not nothing:
                change.summarize(found.message)
        if nothing and known.told:
            known.tell_again()
        return refusals.named(found)
    except BaseException:
        refusals.drop()
        raise
    finally:
        refusals.close()


def _alike(session: Session, newest: int, pace: Pace) -> int:
    """How many of those made since the newest resemble ones that were there."""
    with importing.watched(session.database, pace.tell):
        return likeness.of_new(session, newest)


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
        self._odd = Oddities(reader)
        self._writer = Writer(session, change)

    def all(self, table: Table, pace: Pace, *, dry_run: bool) -> None:
        """Take in all rows."""
        upkeep = bulk.Upkeep(self._change.database, table.most_rows())
        with closing(ahead.batches(table, self._reader, self._writer.making)) as batches:
            for batch in pace.read(table, batches):
                before = self._new
                self._batch(batch)
                upkeep.wrote(self._new - before, batch.rows)
        with importing.watched(self._change.database, pace.tell):
            for __ in upkeep.make(all_of_them=not dry_run):  # in a dry run it is all taken back
                pace.tell()

    def imported(self, *, dry_run: bool, shared: bool, told: int) -> Imported:
        """The counts; writes the error file, unless it is a dry run."""
        refusals = self._refusals
        errors = refusals.write() if refusals.count and not dry_run else None
        return Imported(
            self._new, self._known.same if self._known else 0, refusals.count, self._totals, self._kept,
            reasons=tuple(refusals.first), errors=errors,
            entry_id=self._change.entry_id if self._new and not dry_run else None, dry_run=dry_run,
            assigned=dict(self._places.assigned) if shared else None, left=dict(self._places.left), told=told,
            undated=self._odd.undated, undated_first=tuple(self._odd.first), long=self._odd.long,
            long_lines=tuple(self._odd.lines),
        )  # fmt: skip

    def _batch(self, batch: ahead.Read) -> None:
        self._totals += batch.totals
        for refused, reason in batch.refused:
            self._refusals.add(refused, reason)
        wanted = self._unknown(batch.found) if self._known else batch.found
        taken: list[Incoming] = []
        for (row, __), where in zip(wanted, self._places.place([found for __, found in wanted]), strict=True):
            if isinstance(where, str):
                self._refusals.add(row, where)
            else:
                taken.append(where)
                if where.kept:
                    self._odd.look(row.line, where)
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
