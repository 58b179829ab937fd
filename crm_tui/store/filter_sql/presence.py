"""What a customer has or lacks, as SQL: `has:`, `no:`, and the `any` and `empty` of fields that no one row tells."""

from __future__ import annotations

from crm_tui.domain.filters.fields import FIELDS
from crm_tui.domain.filters.nodes import Operator, Term
from crm_tui.store.customers import EVERYTHING, OWN, POOL
from crm_tui.store.filter_sql.scope import Scope, pool_has_dates

CONTACTS = "SELECT 1 FROM contact k WHERE k.customer_id = c.id AND k.archived_at IS NULL"

THINGS = {
    "phone": f"(c.phone IS NOT NULL OR EXISTS ({CONTACTS} AND k.phone IS NOT NULL))",
    "email": f"(c.email IS NOT NULL OR EXISTS ({CONTACTS} AND k.email IS NOT NULL))",
    "wechat": f"(c.wechat IS NOT NULL OR EXISTS ({CONTACTS} AND k.wechat IS NOT NULL))",
    "next": "c.next_on IS NOT NULL",
    "owner": "c.owner_id IS NOT NULL",
    "contact": f"EXISTS ({CONTACTS})",
    "tag": "EXISTS (SELECT 1 FROM tag t WHERE t.customer_id = c.id)",
    "note": "c.note IS NOT NULL",
    "tier": "c.tier IS NOT NULL",
    "last": "c.last_contact IS NOT NULL",
}
_OF_CONTACTS = "SELECT customer_id FROM contact WHERE archived_at IS NULL"
WHO_HAS = {
    **{
        way: f"SELECT id FROM customer WHERE {way} IS NOT NULL UNION ALL {_OF_CONTACTS} AND {way} IS NOT NULL"
        for way in ("phone", "email", "wechat")
    },
    "next": "SELECT id FROM customer WHERE next_on IS NOT NULL",
    "owner": "SELECT id FROM customer WHERE owner_id IS NOT NULL",
    "contact": _OF_CONTACTS,
    "tag": "SELECT customer_id FROM tag",
    "note": "SELECT id FROM customer WHERE note IS NOT NULL",
    "tier": "SELECT id FROM customer WHERE tier IS NOT NULL",
    "last": "SELECT id FROM customer WHERE last_contact IS NOT NULL",
}
"""The ids of all that have the thing, each from an index."""


def has(term: Term, scope: Scope) -> str:
    """Whether any of the things that the term names is there, or (for `no:`) is not."""
    parts: list[str] = []
    for thing in term.values:
        condition = _known(str(thing), scope) or THINGS[str(thing)]
        if term.field == "no":
            condition = f"NOT ({condition})"
        parts.append("NULL" if scope.hides(FIELDS.get(str(thing))) else f"({condition})")
    return " OR ".join(parts)


def _known(thing: str, scope: Scope) -> str:
    """What the part of one's sight says by itself; "" for nothing."""
    if thing == "owner" and scope.part != EVERYTHING:
        return str(int(scope.part == OWN))  # the pools' and the blocked have none
    if thing == "next" and scope.part == POOL and not pool_has_dates(scope.database):
        return "0"
    return ""


def asked(thing: str, term: Term, scope: Scope) -> list[str]:
    """Whether the thing is there at all, or is missing, as conditions; none where the term asks neither."""
    condition = _known(thing, scope) or THINGS[thing]
    if term.operator is Operator.PRESENT:
        return [condition]
    return [f"NOT ({condition})"] if None in term.values else []
