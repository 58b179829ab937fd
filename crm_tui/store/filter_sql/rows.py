"""Terms about the tables that hold what belongs to a customer: contacts, interactions, follow-ups, the profile.

Each row is found by its customer, whose own index every one of these tables has; a term asks whether any row fits.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from crm_tui.domain.filters.fields import Field
from crm_tui.domain.filters.nodes import Operator, Term
from crm_tui.domain.filters.values import Form
from crm_tui.domain.text import fold
from crm_tui.store.database import Database
from crm_tui.store.filter_sql import worth
from crm_tui.store.filter_sql.columns import maybe
from crm_tui.store.filter_sql.comparisons import compared
from crm_tui.store.filter_sql.scope import Scope
from crm_tui.store.sales import OPEN

_ROWS = {
    "contact": "contact r WHERE r.customer_id = c.id AND r.archived_at IS NULL",
    "interaction": "interaction r WHERE r.customer_id = c.id",
    "follow_up": "follow_up r WHERE r.customer_id = c.id AND r.closed_at IS NULL",
    "closed": "follow_up r WHERE r.customer_id = c.id AND r.closed_at IS NOT NULL",
    "comment": "comment r WHERE r.customer_id = c.id",
    "warning": "recycle_warning r WHERE r.customer_id = c.id",
    "deal": "deal r WHERE r.customer_id = c.id",
    "ordered": (
        "order_line r JOIN sales_order o ON o.id = r.order_id AND o.state = 'confirmed' WHERE r.customer_id = c.id"
    ),
    "order": "sales_order r WHERE r.customer_id = c.id",
    "push": "product_push r WHERE r.customer_id = c.id",
    "receivable": f"receivable r WHERE r.customer_id = c.id AND {OPEN} > 0",
}
_PRODUCT = "(SELECT p.name FROM product p WHERE p.id = r.product_id)"
_ELSEWHERE = {
    ("interaction", "contact"): "(SELECT k.name FROM contact k WHERE k.id = r.contact_id)",
    ("deal", "product"): f"coalesce({_PRODUCT}, r.number)",
    ("ordered", "product"): _PRODUCT,
    ("push", "product"): _PRODUCT,
}
"""Columns that other tables hold."""

_OWN = "profile p, json_each(p.fields) r WHERE p.id = c.id AND folded(r.key) = {name}"


def condition(known: Field, term: Term, scope: Scope) -> str:
    """The condition of a term whose field has a table."""
    if known.table == "worth":
        return worth.condition(known, term, scope)
    if known.table == "customer":
        return _of_one(f"c.{known.column}", known, term, scope)
    if known.table == "profile":
        value = f"(SELECT p.fields ->> '$.{known.column}' FROM profile p WHERE p.id = c.id)"
        return _of_one(value, known, term, scope)
    if known.table == "tier":
        return _of_a_scheme(known, term, scope)
    if known.table == "suggest":
        return _proposed(known, term, scope)
    return _of_several(known, term, scope)


def _of_a_scheme(known: Field, term: Term, scope: Scope) -> str:
    """The tier under one scheme; whoever has no row under it, or none in force, has none."""
    tier = "(SELECT r.tier FROM customer_tier r WHERE r.customer_id = c.id AND r.scheme = {scheme})"
    if term.operator is Operator.PRESENT:
        return f"{tier.format(scheme=scope.bind(known.column))} IS NOT NULL"
    parts: list[str] = []
    if any(one is not None for one in term.values):
        value = tier.format(scheme=scope.bind(known.column))
        parts.append(compared(value, term, known.form, scope))
    if None in term.values:
        parts.append(f"{tier.format(scheme=scope.bind(known.column))} IS NULL")
    return " OR ".join(parts) or "0"


def _proposed(known: Field, term: Term, scope: Scope) -> str:
    """What is proposed under one scheme in place of the tier: anything, better or worse. The places of the tiers are
    those of the scheme as it is now.
    """
    parts: list[str] = []
    for direction in ("any",) if term.operator is Operator.PRESENT else term.values:
        found = (
            "EXISTS (SELECT 1 FROM customer_tier r WHERE r.customer_id = c.id"
            f" AND r.scheme = {scope.bind(known.column)} AND r.computed IS NOT NULL AND r.computed IS NOT r.tier"
        )
        if direction in ("up", "down"):
            tiers = _tiers_of(scope.database, known.column)
            computed, tier = (_place(name, tiers, scope) for name in ("r.computed", "r.tier"))
            found += f" AND (r.tier IS NULL OR {computed} < {tier})" if direction == "up" else (
                f" AND r.tier IS NOT NULL AND {computed} >= {tier}"
            )
        parts.append(f"NOT {found})" if direction is None else f"{found})")
    return " OR ".join(parts) or "0"


def _place(name: str, tiers: Sequence[str], scope: Scope) -> str:
    return (
        f"coalesce((SELECT j.key FROM json_each({scope.bind(json.dumps(tiers))}) j WHERE j.value = {name}),"
        f" {len(tiers)})"
    )


def _tiers_of(database: Database, scheme: str) -> list[str]:
    from crm_tui.domain.settings import load  # nothing else of a filter needs it
    from crm_tui.store import people

    known = load(people.rules(database), None, people.schemes(database)).schemes.get(scheme)
    return [tier.identifier for tier in known.tiers] if known else []


def _of_one(value: str, known: Field, term: Term, scope: Scope) -> str:
    parts = [compared(value, term, known.form, scope)]
    if None in term.values:
        parts.append(f"coalesce({value}, '') = ''")
    return " OR ".join(parts)


def _of_several(known: Field, term: Term, scope: Scope) -> str:
    # The plus keeps to the index of the customer: that of a user who logs much holds far more rows.
    plain = f"{'+' if known.form is Form.STORED else ''}r.{known.column}"
    value = _ELSEWHERE.get((known.table, known.column), plain)
    if known.table == "own":
        value = "r.value"
    parts: list[str] = []
    if term.operator is Operator.PRESENT or any(one is not None for one in term.values):
        likely = maybe(term, scope) if term.operator is not Operator.PRESENT else ""
        rows = _rows(known, scope)
        parts.append(f"({likely}EXISTS (SELECT 1 FROM {rows} AND ({compared(value, term, known.form, scope)})))")
    if None in term.values:
        parts.append(f"NOT EXISTS (SELECT 1 FROM {_rows(known, scope)} AND {value} <> '')")
    return " OR ".join(parts) or "0"


def _rows(known: Field, scope: Scope) -> str:
    if known.table == "own":
        return _OWN.format(name=scope.bind(fold(known.column)))
    return _ROWS[known.table]
