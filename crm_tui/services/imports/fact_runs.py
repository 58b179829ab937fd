"""An import of facts: every row is read once, judged with all others, and what is new is written, all or nothing.

What comes of a table depends neither on the order of its rows nor on how often it is brought in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.formats.headings import is_total_row
from crm_tui.formats.tables import Row, Table
from crm_tui.services.imports.alike import Alike, dated
from crm_tui.services.imports.fact_plans import FactPlan
from crm_tui.services.imports.fact_values import Fact, Kind, Values
from crm_tui.services.imports.outcomes import Progress, exit_code, told_of
from crm_tui.services.imports.owners import Owners, Several
from crm_tui.services.imports.pace import Pace
from crm_tui.services.imports.refusals import Refusals, is_maybe_total
from crm_tui.services.pools import may_add
from crm_tui.services.session import Session
from crm_tui.store import importing, staging

if TYPE_CHECKING:
    from crm_tui.store.journal import Change


_MADE: Mapping[str, str] = {
    "orders": N_("{n} orders"), "products": N_("{n} products made"), "users": N_("{n} users made"),
    "filled": N_("{n} products filled in"), "allocations": N_("{n} allocations"),
    "moved": N_("{n} customers moved on"), "assigned": N_("{n} customers assigned"),
    "kept": N_("{n} customers stay with their holders: the cap is reached, or nobody may assign them"),
    "newcomers": N_("{n} customers bought for the first time: stage actual is proposed for them"),
    "odd": N_("{n} amounts are not quantity × price: the amounts count"),
}  # fmt: skip


_TORN: Mapping[str, str] = {
    "wallet": N_("the rows of this customer, category and period contradict each other"),
    "interactions": N_("the rows of this interaction contradict each other"),
    "follow-ups": N_("the rows of this customer promise different things: one is open at most"),
}
_OF_CUSTOMER = frozenset(_TORN)
"""Kinds without numbers of their own: rows are told apart within a customer by what they say."""


@dataclass(frozen=True)
class FactsImported:
    """What an import of facts did, in rows; `made` is what came about beside them. Otherwise as `Imported`."""

    kind: str
    new: int
    same: int
    refused: int
    totals: int
    made: Mapping[str, int] = field(default_factory=dict)
    reasons: tuple[tuple[int, str, str], ...] = ()
    errors: Path | None = None
    entry_id: int | None = None
    dry_run: bool = False
    unnamed: str = ""
    conflicts: int = 0

    @property
    def exit_code(self) -> int:
        """0 done, 1 all rows were refused, 4 some were (DESIGN §6)."""
        return exit_code(self.new + self.same, self.refused + self.conflicts)

    @property
    def message(self) -> str:
        """The counts as a sentence."""
        text = ngettext("{kind}: {n} row imported", "{kind}: {n} rows imported", self.new)
        if self.dry_run:
            text = ngettext("{kind}: {n} row would be imported", "{kind}: {n} rows would be imported", self.new)
        said = [text.format(kind=_(self.kind), n=f"{self.new:,}")]
        said += [_(_MADE[name]).format(n=f"{n:,}") for name, n in self.made.items() if n]
        if self.same:
            text = ngettext("{n} was there already", "{n} were there already", self.same)
            said.append(text.format(n=f"{self.same:,}"))
        if self.conflicts:
            said.append(ngettext("{n} conflict", "{n} conflicts", self.conflicts).format(n=f"{self.conflicts:,}"))
        if self.refused:
            said.append(_("{n} refused").format(n=f"{self.refused:,}"))
        if self.totals:
            said.append(ngettext("{n} total row skipped", "{n} total rows skipped", self.totals).format(n=self.totals))
        said += told_of(self.errors, self.unnamed)
        return "; ".join(said)

    @property
    def data(self) -> dict[str, Any]:
        """The counts as `--json` prints them."""
        counts = {name: getattr(self, name) for name in ("kind", "new", "same", "conflicts", "refused", "totals")}
        made = {name: self.made.get(name, 0) for name in ("products", "users")}
        return {**counts, **made, **self.made, "errors": str(self.errors) if self.errors else None}


def run_facts(
    session: Session, plan: FactPlan, *, dry_run: bool = False, errors: Path | None = None,
    progress: Progress | None = None, keep_owners: bool = False,
) -> FactsImported:  # fmt: skip
    """Import the table by the plan; `keep_owners` leaves the holders of customers as they are when deals come in.

    Refused rows are written to `errors`, by default NAME.errors.csv beside the table. `progress` is called with the
    rows done and (where it can be told beforehand) the most that there can be. A dry run changes nothing and writes no
    file. Whatever is raised, nothing remains.
    """
    table = plan.opened()
    refusals = Refusals(plan, errors, "product" if plan.kind == "products" else "customer")
    database = session.database
    trial = importing.trial(database) if dry_run else nullcontext()
    try:
        with importing.room(database), session.changing() as change, trial, staging.staging(database):
            may_add(session)
            running = _Import(session, plan, kind_of(session, change, plan, keep_owners), refusals)
            pace = Pace(progress, phases=3)
            running.read(table, pace)
            with importing.watched(database, pace.tell):
                running.judge(pace)
            running.write(pace)
            running.refuse(table)
            found = running.imported(change, dry_run=dry_run)
            if not change.is_empty():
                change.summarize(found.message)
        return refusals.named(found)
    except BaseException:
        refusals.drop()
        raise
    finally:
        refusals.close()


def kind_of(session: Session, change: Change, plan: FactPlan, keep_owners: bool) -> Kind:
    """What reads and writes the rows of this plan."""
    from crm_tui.services.imports import fact_deals, fact_money, fact_orders, fact_products

    values = Values(session, plan)
    if plan.kind in ("interactions", "follow-ups"):
        from crm_tui.services.imports import fact_contacts

        of = fact_contacts.Interactions if plan.kind == "interactions" else fact_contacts.FollowUps
        return of(session, change, values)
    if plan.kind == "deals":
        return fact_deals.Deals(session, change, values, keep_owners=keep_owners)
    made: dict[str, Callable[[Session, Change, Values], Kind]] = {
        "orders": fact_orders.Orders, "payments": fact_money.Payments, "receivables": fact_money.Receivables,
        "products": fact_products.Products, "wallet": fact_money.Wallets,
    }  # fmt: skip
    return made[plan.kind](session, change, values)


class _Import:
    """A running import: reads, judges, writes, refuses, in this order."""

    def __init__(self, session: Session, plan: FactPlan, kind: Kind, refusals: Refusals) -> None:
        self._database = session.database
        self._plan = plan
        self._kind = kind
        self._refusals = refusals
        self._values = Values(session, plan)
        self._alike = Alike(plan, self._values)
        self._owners = None if plan.kind == "products" else Owners(session)
        self._totals = self._rows = 0
        self._new = self._same = self._refused = self._conflicts = 0

    def read(self, table: Table, pace: Pace) -> None:
        """Stage all rows, those that cannot be read with the reason."""
        for batch in pace.batches(table):
            self._stage(batch)

    def _stage(self, batch: Sequence[Row]) -> None:
        read: list[tuple[Row, int, dict[str, str], Fact | str]] = []
        for ordinal, row in enumerate(batch, self._rows):
            if is_maybe_total(row.cells) and is_total_row(row.cells):
                self._totals += 1
                continue
            given = self._values.row(row.cells)
            try:
                read.append((row, ordinal, given, self._kind.read(given)))
            except UsageError as error:
                read.append((row, ordinal, given, str(error)))
        self._rows += len(batch)
        found: Sequence[int | str | None] = [None] * len(read)
        if self._owners is not None:
            found = self._owners.find([one[2] for one in read])
        staging.add(self._database, map(self._staged, read, found))

    def _staged(
        self, read: tuple[Row, int, dict[str, str], Fact | str], customer: int | str | None
    ) -> tuple[Any, ...]:
        row, ordinal, given, fact = read
        if isinstance(fact, str) or isinstance(customer, str):
            reason = customer if isinstance(customer, str) else fact
            number = " ".join(given.get("number", "").split()).lstrip("#").lstrip()
            several = isinstance(customer, Several)
            return ordinal, row.line, None, "", number, "", "", "[]", reason, 0, several
        number = f"{customer}: {fact.number}" if self._plan.kind in _OF_CUSTOMER else fact.number
        head = _json([customer, *fact.head])
        content = _hash([customer, number, *fact.content])
        base = self._alike.base(row, content)
        return ordinal, row.line, customer, fact.day, number, head, content, _json(fact.payload), "", base, False

    def judge(self, pace: Pace) -> None:
        """Decide of every row whether it is new, there already, or refused."""
        database = self._database
        torn = _(_TORN.get(self._plan.kind, N_("the rows with the number {number} contradict each other")))
        staging.refuse_torn(database, torn)
        staging.number_rows(database)
        if not self._kind.many:
            staging.repeat(database)
        for batch in staging.open_rows(database):
            staging.judged(database, self._kind.known(batch))
            pace.went_on(len(batch))
        if self._kind.many:
            staging.refuse_rest(database, _("line {line} has the same number {number} and is refused"))
        self._new, self._same, self._refused, self._conflicts = staging.counts(database)

    def write(self, pace: Pace) -> None:
        """Write what is new."""
        for batch in staging.new_rows(self._database):
            self._kind.write(batch)
            pace.went_on(len(batch))
        self._kind.finish()

    def refuse(self, table: Table) -> None:
        """Collect the refused rows, as they stand in the table."""
        alike = self._alike.of_refused(self._database, table)
        self._refusals.tells_alike = bool(alike)
        refused = staging.refusals(self._database)
        ordinal, reason = next(refused, (-1, ""))
        if ordinal < 0:
            return
        for number, row in enumerate(table.rows()):
            if number == ordinal:
                self._refusals.add(dated(self._plan, row), reason, alike.get(ordinal, ""))
                ordinal, reason = next(refused, (-1, ""))
                if ordinal < 0:
                    return

    def imported(self, change: Change, *, dry_run: bool) -> FactsImported:
        """The counts; writes the error file, unless it is a dry run."""
        refusals = self._refusals
        errors = refusals.write() if refusals.count and not dry_run else None
        made = {name: n for name, n in self._kind.made.items() if n}
        return FactsImported(
            self._plan.kind, self._new, self._same, self._refused, self._totals, made, tuple(refusals.first), errors,
            change.entry_id if self._new and not dry_run else None, dry_run, conflicts=self._conflicts,
        )  # fmt: skip


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _hash(value: Any) -> str:
    return blake2b(_json(value).encode("utf-8"), digest_size=16).hexdigest()
