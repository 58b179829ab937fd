"""Terms about the customer's own row and what stands close to it (tags, ways to reach it), as SQL.

The unary plus keeps SQLite from choosing an index for a term that does not drive, so that the plan never depends on
statistics.
"""

from __future__ import annotations

from collections.abc import Callable

from crm_tui.domain.filters.nodes import Operator, Span, Term
from crm_tui.domain.filters.values import Form
from crm_tui.store import claimable
from crm_tui.store.customers import BLOCKED, EVERYTHING, OWN, POOL
from crm_tui.store.filter_sql.comparisons import compared, equal, spelt, within
from crm_tui.store.filter_sql.presence import CONTACTS, asked
from crm_tui.store.filter_sql.scope import Scope, pool_has_dates
from crm_tui.store.filter_sql.words import part

_PLAIN = {"stage": "stage", "tier": "tier", "owner": "owner_id", "id": "id", "kind": "kind"}
_SPELT = {"region": "region", "source": "source", "industry": "industry"}
RANGES = {"id": "id", "due": "next_on", "last": "last_contact", "created": "created_at", "since": "stage_since"}


def condition(term: Term, scope: Scope) -> str:
    """The condition of a term whose field has no table of its own."""
    known = _KNOWN.get((scope.part, term.field))
    return (known(term) if known else None) or _compiled(term, scope)


def _compiled(term: Term, scope: Scope) -> str:
    if term.field in RANGES and (term.operator is Operator.WITHIN or term.field != "id"):
        return _ranged(term, scope)
    if term.field in _PLAIN:
        return equal(_column(_PLAIN[term.field], term, scope), term, scope)
    if term.field in _SPELT:
        return spelt(_column(_SPELT[term.field], term, scope), term, scope, table="customer", column=_SPELT[term.field])
    return _OTHERS[term.field](term, scope)


def _column(name: str, term: Term, scope: Scope) -> str:
    return f"c.{name}" if term is scope.driver else f"+c.{name}"


def _ranged(term: Term, scope: Scope) -> str:
    dateless = term.field == "due" and scope.part == POOL and not pool_has_dates(scope.database)
    if dateless:
        return _missing(term)
    column = _column(RANGES[term.field], term, scope)
    if term.operator is not Operator.WITHIN:
        return equal(column, term, scope)
    return " OR ".join(within(column, span, scope) for span in term.values if isinstance(span, Span)) or "0"


def _missing(term: Term) -> str:
    """A field that nothing of this part has."""
    return str(int(term.operator is Operator.IS and None in term.values))


def _present(term: Term) -> str | None:
    """A field that everything of this part has."""
    if term.operator is Operator.PRESENT:
        return "1"
    return None if any(term.values) else "0"


_KNOWN: dict[tuple[str, str], Callable[[Term], str | None]] = {
    (OWN, "pool"): _missing,
    (POOL, "owner"): _missing,
    (POOL, "pool"): _present,
    (OWN, "blocked"): lambda term: str(int(False in term.values)),
    (POOL, "blocked"): lambda term: str(int(False in term.values)),
    (BLOCKED, "owner"): _missing,
    (BLOCKED, "pool"): _missing,
    (BLOCKED, "blocked"): lambda term: str(int(True in term.values)),
}
"""What a part says by itself: who holds a customer, DOMAIN §4's one of three."""


def _tag(term: Term, scope: Scope) -> str:
    parts = asked("tag", term, scope)
    if any(value is not None for value in term.values):
        same = spelt("t.name", term, scope, table="tag", column="name")
        parts.append(f"EXISTS (SELECT 1 FROM tag t WHERE t.customer_id = c.id AND ({same}))")
    return " OR ".join(parts) or "0"


def _pool(term: Term, scope: Scope) -> str:
    if term.operator is Operator.PRESENT:
        return "+c.pool_id IS NOT NULL"
    column = _column("pool_id", term, scope)
    names = [f"{column} = (SELECT id FROM pool WHERE name = {scope.bind(value)})" for value in term.values if value]
    if None in term.values:
        names.append("+c.pool_id IS NULL")
    return " OR ".join(names) or "0"


def _archived(term: Term, scope: Scope) -> str:
    if term.operator is Operator.PRESENT:
        return "1"
    if term is scope.driver:
        return "c.archived_at IS NOT NULL"
    return " OR ".join("+c.archived_at IS NOT NULL" if value else "+c.archived_at IS NULL" for value in term.values)


def _blocked(term: Term, scope: Scope) -> str:
    if term is scope.driver:
        return "c.blocked <> 0"
    return " OR ".join("+c.blocked <> 0" if value else "+c.blocked = 0" for value in term.values)


def _name(term: Term, scope: Scope) -> str:
    if term.operator is Operator.PRESENT:
        return "1"
    return f"{maybe(term, scope)}({compared('c.name', term, Form.TEXT, scope)})"


def _reached(term: Term, scope: Scope) -> str:
    parts = asked(term.field, term, scope)
    if any(value is not None for value in term.values):
        form = Form.DIGITS if term.field == "phone" else Form.TEXT
        likely = maybe(term, scope)
        own = compared(f"c.{term.field}", term, form, scope)
        theirs = compared(f"k.{term.field}", term, form, scope)
        parts.append(f"({likely}(({own}) IS TRUE OR EXISTS ({CONTACTS} AND ({theirs}))))")
    return " OR ".join(parts) or "0"


def maybe(term: Term, scope: Scope) -> str:
    """A condition that the search index answers and that holds wherever the exact one may, with an AND behind it; ""
    where it answers nothing, or would be asked for few rows.
    """
    given = [value for value in term.values if value is not None]
    found = [known for known in (part(term.field, str(value)) for value in given) if known is not None]
    if scope.driver is not None or scope.part in (OWN, BLOCKED) or len(found) < len(given):
        return ""
    likely = [f"c.id IN (SELECT rowid FROM {table} WHERE {table} MATCH {scope.bind(query)})" for table, query in found]
    return f"({' OR '.join(likely)}) AND "


def _claimable(term: Term, scope: Scope) -> str:
    may = claimable.condition(scope.sight) if scope.part in (EVERYTHING, POOL) else "0"
    return " OR ".join(f"({may})" if value else f"NOT ({may})" for value in term.values)


SUGGESTED = {
    "up": "c.suggested IS NOT NULL AND (c.tier_rank IS NULL OR coalesce(c.suggested_rank < c.tier_rank, 0))",
    "down": "c.suggested IS NOT NULL AND coalesce(c.suggested_rank >= c.tier_rank, 0)",
}
"""What is proposed in place of the tier, better or worse; the first tier of another scheme (no rank) is neither."""


def _suggest(term: Term, scope: Scope) -> str:
    if term.operator is Operator.PRESENT:
        return "+c.suggested IS NOT NULL"
    parts = [f"(+{SUGGESTED[str(value)]})" for value in term.values if value is not None]
    if None in term.values:
        parts.append("+c.suggested IS NULL")
    return " OR ".join(parts) or "0"


_OTHERS: dict[str, Callable[[Term, Scope], str]] = {
    "claimable": _claimable, "tag": _tag, "pool": _pool, "archived": _archived, "blocked": _blocked, "name": _name,
    "email": _reached, "phone": _reached, "wechat": _reached, "suggest": _suggest,
}  # fmt: skip
