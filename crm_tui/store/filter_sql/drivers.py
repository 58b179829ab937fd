"""Which term of a filter drives its query through an index: one at most, the others only test the rows it yields."""

from __future__ import annotations

from crm_tui.domain.filters.fields import TIER
from crm_tui.domain.filters.nodes import And, Node, Operator, Term, Words
from crm_tui.store.database import Database
from crm_tui.store.filter_sql import worth
from crm_tui.store.filter_sql.columns import SUGGESTED
from crm_tui.store.filter_sql.presence import WHO_HAS
from crm_tui.store.filter_sql.scope import FEW
from crm_tui.store.filter_sql.words import part as searchable

# The most selective first; what is not here never drives.
_DRIVERS = (
    "id", "owner", "words", "name", "contact", "phone", "contact.phone", "email", "contact.email", "wechat",
    "contact.wechat", "tag", "region", "source", "industry", "due", "last", "created", "since", "pool", "tier.", "tier",
    "stage", "suggest", "kind", "archived", "blocked", "has", "log.by", "sales", "influence",
)  # fmt: skip

UNORDERED = {"owner", "blocked", "pool"}
"""Fields whose indexes hold something else between the value and the id."""

_LOGGED_BY = "SELECT customer_id FROM interaction WHERE user_id = {user}"


def driver(node: Node, database: Database) -> Node | None:
    """The part of the filter that drives; None where none has an index that answers it well."""
    parts = node.parts if isinstance(node, And) else (node,)
    ranked = [(_DRIVERS.index(name), i, part) for i, part in enumerate(parts) if (name := _drives(part)) in _DRIVERS]
    found = min(ranked)[2] if ranked else None
    rows = listed(found) if isinstance(found, Term) else ""
    # No index holds these in order; it pays only where what is asked for is rare.
    if rows and int(database.value(f"SELECT count(*) FROM ({rows} LIMIT {FEW + 1})")) > FEW:
        return None
    return found


def listed(term: Term) -> str:
    """The query for the ids that the term yields in no order; "" for a term that is no such driver."""
    if term.field == "suggest":
        which = [SUGGESTED[str(value)] for value in term.values if value is not None] or ["c.suggested IS NOT NULL"]
        return f"SELECT c.id FROM customer c WHERE c.suggested IS NOT NULL AND (({') OR ('.join(which)}))"
    if term.field == "has":
        return WHO_HAS[str(term.values[0])]
    if term.field in ("sales", "influence"):
        return worth.listed(term)
    return _LOGGED_BY.format(user=int(str(term.values[0]))) if term.field == "log.by" else ""


def _drives(part: Node) -> str:
    """The name under which it may drive; "" for what has no index that answers it."""
    if isinstance(part, Words):
        return "words"
    if isinstance(part, Term) and part.field == "suggest":
        return "" if None in part.values else "suggest"
    if not isinstance(part, Term) or part.operator is Operator.PRESENT or not part.values:
        return ""
    if part.field.startswith(TIER):
        return TIER if len(part.values) == 1 and part.values[0] is not None else ""
    single = len(part.values) == 1 and part.values[0] is not None
    if part.operator in (Operator.CONTAINS, Operator.STARTS):
        return part.field if single and searchable(part.field, str(part.values[0])) else ""
    if part.field in ("sales", "influence"):
        return part.field if worth.listed(part) else ""
    if part.field in ("has", "tag", "log.by"):
        return part.field if single and part.operator is Operator.IS else ""
    if part.field in ("archived", "blocked"):
        return part.field if part.values == (True,) else ""
    if part.operator is Operator.IS and (None in part.values or len(part.values) > 1):
        # Several values make a sort of what one value yields in order; worth it only where few rows remain.
        return part.field if part.field in ("id", "owner") and None not in part.values else ""
    return part.field


def without(node: Node, driving: Node | None) -> Node:
    """The filter without the part that drives."""
    if driving is None:
        return node
    if isinstance(node, And):
        return And(tuple(part for part in node.parts if part is not driving))
    return And(())
