"""What an import of facts will do before it does it: which column fills which field, and how its days are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.formats import days, fact_headings
from crm_tui.formats.days import Order, Seen
from crm_tui.formats.tables import Reading, Row, open_table
from crm_tui.services.imports.owners import WAYS
from crm_tui.services.imports.plans import ALIKE, REASON, Plan, column_of, long_rows, several

_ROWS = 5
DAYS: Mapping[str, tuple[str, ...]] = {
    "orders": ("date",), "payments": ("date",), "receivables": ("date",), "products": (), "wallet": ("from", "to"),
    "deals": ("opened", "closed", "expected"), "interactions": ("date",), "follow-ups": ("date",),
}  # fmt: skip
"""The fields of each kind that hold days."""

_NEEDED: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "orders": (WAYS, ("date",), ("product",), ("amount", "price")),
    "payments": (WAYS, ("date",), ("amount",)),
    "receivables": (WAYS, ("date",), ("amount",)),
    "products": (("product",),),
    "wallet": (WAYS, ("total",), ("period", "from")),
    "deals": (WAYS, ("stage",)),
    "interactions": (WAYS, ("date",)),
    "follow-ups": (WAYS, ("date",)),
}


@dataclass(frozen=True)
class FactPlan(Plan):
    """A table of facts that was looked at."""

    kind: str


def plan_facts(
    path: Path | str, kind: str, *, reading: Reading | None = None, mapping: Mapping[str, str] | None = None,
    fixed: Mapping[str, str] | None = None, dates: Order | None = None, assumed: Order = "dmy",
    insist: bool = True,
) -> FactPlan:  # fmt: skip
    """Look at the table of `kind` (one of fact_headings.KINDS): all of it, since one cell may decide a column's order.

    `dates` says what comes first in days like 03/04/2026; else each column shows it, or `assumed` goes, and is told.
    Without `insist` a field that no column fills is a warning: who looks at the plan may say yet which does.
    Raises TableError when the file cannot be read, UsageError for a heading or a field that there is not, a field that
    no column fills, and a column that writes its days in both orders.
    """
    table = open_table(Path(path), reading)
    places = _places(kind, table.headings, mapping or {})
    given = {_field(kind, name): text for name, text in (fixed or {}).items()}
    lacking = _lacking(kind, [*places, *given])
    if lacking and insist:
        raise UsageError(lacking)
    columns = [(places.index(field), Seen()) for field in DAYS[kind] if field in places]
    sample: list[Row] = []
    rows = table.rows()
    sample += islice(rows, _ROWS)
    for some in (sample, rows if columns else ()):
        for row in some:
            days.look_at(columns, row.line, row.cells)
    named = {table.headings[column]: seen for column, seen in columns}
    orders, said = days.settle(named, dates, assumed)
    by_place = {places[column]: orders[table.headings[column]] for column, __ in columns}
    left = [heading for heading, place in zip(table.headings, places, strict=True) if not place and heading != ALIKE]
    warnings = [*([lacking] if lacking else []), *said, *long_rows(table, sample)]
    if left:
        warnings.append(_("left out: {names}").format(names=several(left)))
    if not sample:
        warnings.append(_("there are no rows below the headings"))
    return FactPlan(
        table, places, given, tuple(row.cells for row in sample), tuple(warnings), by_place, kind
    )  # fmt: skip


def check_customers(headings: Sequence[str], name: str) -> None:
    """UsageError when the headings say clearly that the table holds no customers, but what another import takes."""
    kind = fact_headings.kind_of_table(headings)
    if kind is not None:
        message = _("these look like {kind}: import {file} --as {kind} (or --as customers)")
        raise UsageError(message.format(kind=kind, file=name))


def _places(kind: str, found: Sequence[str], mapping: Mapping[str, str]) -> tuple[str, ...]:
    """The place of each column: as told, else as its heading is understood, else "" for one that is left out."""
    told = {column_of(found, heading): _field(kind, name) if name else "" for heading, name in mapping.items()}
    taken = [name for name in told.values() if name]
    if len(set(taken)) < len(taken):
        raise UsageError(_("two columns are mapped to the same field"))
    if found[:1] == (REASON,):
        told.setdefault(0, "")
        if found[1:2] == (ALIKE,):
            told.setdefault(1, "")
    matched = fact_headings.match(kind, ["" if column in told else heading for column, heading in enumerate(found)])
    return tuple(told.get(column, "" if field in taken else field) for column, field in enumerate(matched))


def _field(kind: str, name: str) -> str:
    """The field that was typed: its name, or a heading that means it; UsageError for another."""
    wanted = name.strip()
    if wanted in fact_headings.FIELDS[kind]:
        return wanted
    if found := fact_headings.field_of(kind, wanted):
        return found
    known = fact_headings.FIELDS[kind]
    message = _('{kind} have no field "{name}"{hint}; they have {known}')
    raise UsageError(
        message.format(kind=kind, name=name, hint=nearest(wanted, known), known=", ".join(known)), name, 0
    )


def _lacking(kind: str, filled: Sequence[str]) -> str:
    """What is said of the first field that is needed and that nothing fills; "" when there is none."""
    for fields in _NEEDED[kind]:
        if not any(field in filled for field in fields):
            field = "customer" if "customer" in fields else fields[0]
            message = _("no column holds the {field}: say which with --map HEADING={field}")
            return message.format(field=field)
    return ""
