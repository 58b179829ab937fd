"""An import as its command line says it, wherever that was typed: looked at, tried, carried out.

What its options mean to the services is said here alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgspec.structs import replace

from crm_tui.commands.language import Call, write
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _

if TYPE_CHECKING:
    from crm_tui.formats.tables import Reading
    from crm_tui.services.imports import FactsImported, Imported, Plan
    from crm_tui.services.imports.previews import Preview
    from crm_tui.services.session import Session

ENDINGS = (
    ".csv", ".tsv", ".txt", ".tab", ".xlsx", ".xlsm", ".xls", ".ods", ".vcf", ".vcard", ".jsonl", ".ndjson", ".json",
)  # fmt: skip
"""How the names of files end that may be tables."""

CUSTOMERS = "customers"
_OF_CUSTOMERS = ("owner", "assign", "no_dedupe", "mode", "same")
_OF_FACTS = ("keep_owners",)

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


def check(call: Call, values: Mapping[str, Any]) -> None:
    """UsageError, which points at it, for an option that what comes in does not have, and for two that exclude each
    other.
    """
    kind = kind_of(call)
    message = _("--{name} is for facts: give --as too") if kind == CUSTOMERS else _(
        "--{name} is for customers, not for {kind}")  # fmt: skip
    for name in _OF_FACTS if kind == CUSTOMERS else _OF_CUSTOMERS:
        if values.get(name):
            said = message.format(name=name.replace("_", "-"), kind=kind)
            raise UsageError(said, call.line, call.positions.get(name))
    if values.get("no_dedupe") and ("same" in values or values.get("mode", "create") != "create"):
        raise UsageError(_("--no-dedupe asks nobody what is the same: leave it, or --mode and --same"), call.line,
                         call.positions.get("no_dedupe"))  # fmt: skip
    if "assign" in values and "owner" in values:
        raise UsageError(_("--owner or --assign, not both"), call.line, call.positions.get("assign"))


def planned(values: Mapping[str, Any], session: Session, *, path: Path | None = None, insist: bool = True) -> Plan:
    """The plan of an import with these values, of the file that they name or of that `path`; without `insist` also one
    that lacks a field yet, or may hold something else.
    """
    from crm_tui.services import imports

    read = reading(session, values)
    mapping, fixed = dict(values.get("map", ())), dict(values.get("set", ()))
    kind, path = values.get("as", CUSTOMERS), path or Path(values["file"])
    if kind == CUSTOMERS:
        plan = imports.plan(
            session, path, reading=read, mapping=mapping, fixed=fixed, dates=values.get("dates"),
            assumed=_usual_dates(), keys=_same_by(values),
        )  # fmt: skip
        if insist and "as" not in values and "map" not in values:
            imports.check_customers(plan.headings, values["file"])
        return plan
    return imports.plan_facts(
        path, kind, reading=read, mapping=mapping, fixed=fixed, dates=values.get("dates"), assumed=_usual_dates(),
        insist=insist,
    )  # fmt: skip


def reading(session: Session, values: Mapping[str, Any]) -> Reading:
    """How the file is to be read, as far as that was typed: no workbooks at the door, where nothing is executed."""
    from crm_tui.formats.tables import Reading

    return Reading(
        format=values.get("format"), encoding=values.get("encoding"), delimiter=_separator(values.get("separator")),
        sheet=values.get("sheet"), workbooks=session.spool is None,
    )


def _separator(text: str | None) -> str | None:
    """The separator as typed: a character, or `tab`."""
    if text is None:
        return None
    found = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(found) != 1:
        raise UsageError(_('separator "{text}" is not one character, or tab').format(text=text), text, 0)
    return found


def _usual_dates() -> Literal["dmy", "mdy"]:
    """What comes first in 03/04/2026 where the reader's locale is from; for files that do not show it."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_TIME", "LANG"))
    return "mdy" if next((name for name in names if name), "").startswith(("en_US", "en_PH", "es_US")) else "dmy"


def _same_by(values: Mapping[str, Any]) -> tuple[str, ...]:
    """By what customers are the same, as typed: names separated by commas."""
    names = (name.strip() for name in re.split("[,，、]", values.get("same", "name")))
    return tuple(name for name in names if name)


def brought_in(
    session: Session, call: Call, seen: Plan | None = None, *, dry_run: bool = False, progress: Progress | None = None
) -> Imported | FactsImported:
    """Carry a call out, or try it: see `imported`. CrmError where its table is not the one any more that was `seen`."""
    from crm_tui.commands.dispatch import prepare

    values = prepare(session, call).values
    check(call, values)
    plan = planned(values, session)
    if seen is not None and (plan.headings, plan.places, plan.sample) != (seen.headings, seen.places, seen.sample):
        raise CrmError(_("{path} has changed meanwhile: look at it again").format(path=plan.path))
    return imported(session, call, values, plan, dry_run=dry_run, progress=progress)


def imported(
    session: Session, call: Call, values: Mapping[str, Any], plan: Plan, *, dry_run: bool = False,
    progress: Progress | None = None,
) -> Imported | FactsImported:  # fmt: skip
    """Carry a call with these values out, or try it; what `progress` raises ends it, and nothing remains."""
    from crm_tui.services import imports, targets

    errors = Path(values["errors"]) if "errors" in values else None
    if errors is not None and session.spool is None:
        targets.check(session, errors)
    before, session.command = session.command, written(call)
    try:
        if isinstance(plan, imports.FactPlan):
            return imports.run_facts(
                session, plan, dry_run=dry_run, keep_owners=bool(values.get("keep_owners")), errors=errors,
                progress=progress,
            )  # fmt: skip
        return imports.run(
            session, plan, mode=values.get("mode", "create"), same=_same_by(values),
            owner=values.get("owner", "pool"), assign=values.get("assign"), dedupe=not values.get("no_dedupe"),
            dry_run=dry_run, errors=errors, progress=progress,
        )  # fmt: skip
    finally:
        session.command = before


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
    ] + [
        _('line {line}, {name}: the next date "{text}" cannot be read; it is kept as text').format(
            line=line, name=name, text=text)
        for line, name, text in getattr(done, "undated_first", ())
    ]


def bare(session: Session, text: str) -> str:
    """The text without the folders of the spool, which nobody at the door can name."""
    return text if session.spool is None else re.sub(re.escape(f"{session.spool}/") + r"(?:[^/\s]*/)*", "", text)
