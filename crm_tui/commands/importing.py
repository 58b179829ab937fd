"""An import as its command line says it, wherever that was typed: looked at, tried, carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_tui.commands import transfer
from crm_tui.commands.language import Call, write
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _

if TYPE_CHECKING:
    from crm_tui.services.imports import FactsImported, Imported, Plan
    from crm_tui.services.imports.previews import Preview
    from crm_tui.services.session import Session

ENDINGS = (
    ".csv", ".tsv", ".txt", ".tab", ".xlsx", ".xlsm", ".xls", ".ods", ".vcf", ".vcard", ".jsonl", ".ndjson", ".json",
)  # fmt: skip
"""How the names of files end that may be tables."""

CUSTOMERS = "customers"
_OF_CUSTOMERS = ("owner", "assign", "no_dedupe", "mode", "same")
_OF_FACTS = ("dates", "keep_owners")

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Look:
    """A table that was looked at: how it is understood, what its first rows become, or why that cannot be told."""

    call: Call
    plan: Plan
    preview: Preview | None
    note: str = ""
    most: int | None = None
    """The most rows that there can be."""

    @property
    def kind(self) -> str:
        """What the table is taken to hold."""
        return kind_of(self.call)


def kind_of(call: Call) -> str:
    """What the table of an import is said to hold."""
    return str(call.values.get("as", CUSTOMERS))


def fitting(call: Call) -> Call:
    """The call without the options that what it brings in does not have."""
    unfit = _OF_FACTS if kind_of(call) == CUSTOMERS else _OF_CUSTOMERS
    return replace(call, values={name: value for name, value in call.values.items() if name not in unfit})


def looked(session: Session, call: Call) -> Look:
    """Look at the table of an import whose call may be half-done: what it holds is recognised where it is not said.

    Raises what `prepare` does, TableError for a file that cannot be read, UsageError for what is wrong with a choice.
    """
    from crm_tui.commands.dispatch import prepare
    from crm_tui.formats import fact_headings
    from crm_tui.services.imports import previews

    call = fitting(call)
    values = prepare(session, call).values
    plan = planned(values, session, insist=False)
    if "as" not in values and (kind := fact_headings.kind_of_table(plan.headings)):
        return looked(session, replace(call, values={**call.values, "as": kind}))
    most = plan.table.most_rows()
    try:
        return Look(call, plan, previews.preview(session, plan, values.get("owner", "pool")), most=most)
    except CrmError as error:
        return Look(call, plan, None, str(error), most)


def planned(values: Mapping[str, Any], session: Session, *, insist: bool = True) -> Plan:
    """The plan of an import with these values; without `insist` also one that lacks a field yet."""
    from crm_tui.services import imports

    reading = transfer.reading(session, values)
    mapping, fixed = dict(values.get("map", ())), dict(values.get("set", ()))
    kind, path = values.get("as", CUSTOMERS), Path(values["file"])
    if kind == CUSTOMERS:
        return imports.plan(session, path, reading=reading, mapping=mapping, fixed=fixed)
    return imports.plan_facts(
        path, kind, reading=reading, mapping=mapping, fixed=fixed, dates=values.get("dates"),
        assumed=transfer.usual_dates(), insist=insist,
    )  # fmt: skip


def brought_in(
    session: Session, call: Call, seen: Plan | None = None, *, dry_run: bool = False, progress: Progress | None = None
) -> Imported | FactsImported:
    """Carry a call out, or try it: see `imported`. CrmError where its table is not the one any more that was `seen`."""
    from crm_tui.commands.dispatch import prepare

    values, before = prepare(session, call).values, session.command
    session.command = written(call)
    try:
        return imported(session, values, seen, dry_run=dry_run, progress=progress)
    finally:
        session.command = before


def imported(
    session: Session, values: Mapping[str, Any], seen: Plan | None = None, *, dry_run: bool = False,
    progress: Progress | None = None,
) -> Imported | FactsImported:  # fmt: skip
    """Carry an import with these values out, or try it; what `progress` raises ends it, and nothing remains."""
    from crm_tui.services import imports
    from crm_tui.services.imports import FactPlan

    if "owner" in values and "assign" in values:
        raise UsageError(_("--owner or --assign, not both"))
    plan = planned(values, session)
    if seen is not None and (plan.headings, plan.places, plan.sample) != (seen.headings, seen.places, seen.sample):
        raise CrmError(_("{path} has changed meanwhile: look at it again").format(path=plan.path))
    errors = Path(values["errors"]) if "errors" in values else None
    if isinstance(plan, FactPlan):
        return imports.run_facts(
            session, plan, dry_run=dry_run, keep_owners=bool(values.get("keep_owners")), errors=errors,
            progress=progress,
        )  # fmt: skip
    return imports.run(
        session, plan, mode=values.get("mode", "create"), same=transfer.same_by(values),
        owner=values.get("owner", "pool"), assign=values.get("assign"), dedupe=not values.get("no_dedupe"),
        dry_run=dry_run, errors=errors, progress=progress,
    )  # fmt: skip


def step(session: Session, call: Call) -> None:
    """Carry a call out as a step of a macro. CrmError when every row was refused."""
    done = brought_in(session, call)
    if done.exit_code == 1:
        raise CrmError(bare(session, done.message))


def written(call: Call) -> str:
    """The line of an import as the journal keeps it."""
    return write(replace(call, flags=frozenset())).encode("utf-8", "replace").decode()


def refusals(done: Imported | FactsImported) -> list[str]:
    """The first rows that were refused, and why."""
    return [
        _("line {line}, {name}: {reason}").format(line=line, name=name, reason=reason)
        for line, name, reason in done.reasons
    ]


def bare(session: Session, text: str) -> str:
    """The text without the folders of a spool, which nobody at the door can name."""
    return transfer.bare(session, text)
