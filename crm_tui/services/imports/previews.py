"""The first rows of a table as what they would become, before anything is imported: nothing is written.

What only all rows together can tell (what is there already, what contradicts itself, who is full) a dry run tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from crm_tui.domain.errors import NotAllowed, UsageError
from crm_tui.formats.headings import is_total_row
from crm_tui.services.imports.fact_plans import FactPlan
from crm_tui.services.imports.plans import Plan
from crm_tui.services.session import Session

if TYPE_CHECKING:
    from crm_tui.services.imports.incoming import Incoming
    from crm_tui.store.journal import Change

_SHOWN = ("stage", "tier", "phone", "contact", "owner", "email", "region", "kind", "next", "tags")
"""What a preview shows of a customer beside its name, as far as any of the rows has it."""
_FEW = 80
"""Characters of a cell that a preview shows."""


class Seen(NamedTuple):
    """A row of the sample: its cells in the order of the preview's headings, and why it is refused ("" if not)."""

    cells: tuple[str, ...]
    reason: str = ""


class Preview(NamedTuple):
    """The rows of a plan's sample as they would be taken in."""

    headings: tuple[str, ...]
    rows: tuple[Seen, ...]


def preview(session: Session, plan: Plan, owner: str = "pool") -> Preview:
    """The sample of a plan, read as the import would read it. UsageError or NotAllowed for a wrong `owner`."""
    return _of_facts(session, plan) if isinstance(plan, FactPlan) else _of_customers(session, plan, owner)


def _of_customers(session: Session, plan: Plan, owner: str) -> Preview:
    from crm_tui.services.imports.rows import Reader
    from crm_tui.store import people

    reader = Reader(session, plan, owner)
    logins = {key: login for login, key in people.logins(session.database).items()}
    found: list[tuple[dict[str, str], str]] = []
    for cells in plan.sample:
        if is_total_row(cells):
            continue
        try:
            found.append((_told(reader.read(cells), logins), ""))
        except (UsageError, NotAllowed) as error:
            found.append(({"name": _raw(plan, cells, "name")}, str(error)))
    return _lined_up(found, ("name", *_SHOWN))


def _told(customer: Incoming, logins: dict[int, str]) -> dict[str, str]:
    phone = customer.columns.get("phone") or customer.contact.get("phone", "")
    return {
        "name": customer.name, "kind": customer.kind, "stage": customer.stage, "tier": customer.tiers[0][1],
        "phone": phone, "email": customer.columns.get("email", ""),
        "region": customer.columns.get("region", ""), "owner": logins.get(customer.owner or 0, ""),
        "contact": customer.contact.get("name", ""),
        "next": customer.next.on.isoformat() if customer.next else "", "tags": " ".join(customer.tags),
    }  # fmt: skip


def _of_facts(session: Session, plan: FactPlan) -> Preview:
    from crm_tui.services.imports.fact_runs import kind_of
    from crm_tui.services.imports.fact_values import Values
    from crm_tui.services.imports.owners import Owners

    values = Values(session, plan)
    # it only reads here: the journal's entry is for who writes
    kind = kind_of(session, cast("Change", None), plan, keep_owners=True)
    given = [values.row(cells) for cells in plan.sample if not is_total_row(cells)]
    whose = [None] * len(given) if plan.kind == "products" else Owners(session).find(given)
    found: list[tuple[dict[str, str], str]] = []
    for row, owner in zip(given, whose, strict=True):
        reason = owner if isinstance(owner, str) else ""
        try:
            kind.read(row)
        except (UsageError, NotAllowed) as error:
            reason = reason or str(error)
        found.append((row, reason))
    return _lined_up(found, tuple(dict.fromkeys(place for place in (*plan.places, *plan.fixed) if place)))


def _lined_up(found: list[tuple[dict[str, str], str]], wanted: tuple[str, ...]) -> Preview:
    """The columns that any of the rows has something in, the first in any case."""
    headings = tuple(name for n, name in enumerate(wanted) if not n or any(row.get(name) for row, __ in found))
    return Preview(
        headings, tuple(Seen(tuple(row.get(name, "")[:_FEW] for name in headings), reason) for row, reason in found)
    )


def _raw(plan: Plan, cells: tuple[str, ...], place: str) -> str:
    """What stands in the column of that place."""
    return cells[plan.places.index(place)] if place in plan.places else next(filter(None, cells), "")


def fields(kind: str) -> tuple[str, ...]:
    """The places that a column of such a table may have, those first that headings are matched to."""
    from crm_tui.formats import fact_headings
    from crm_tui.services.imports.plans import places

    return fact_headings.FIELDS[kind] if kind in fact_headings.FIELDS else places()
