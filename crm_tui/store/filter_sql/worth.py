"""Terms about what a customer is worth, as SQL over the kept metrics: the formulas of `domain.metrics`, once more.

A customer without facts has no row: it has sold, ordered and owed nothing, and everything else of it is not known.
"""

from __future__ import annotations

from crm_tui.domain.filters.fields import Field
from crm_tui.domain.filters.nodes import Operator, Span, Term
from crm_tui.store.filter_sql.comparisons import within
from crm_tui.store.filter_sql.scope import Scope

_GROWTH = "CASE WHEN w.sales_before > 0 THEN 1.0 * (w.sales - w.sales_before) / w.sales_before END"
_OWN_GROWTH = "CASE WHEN w.wallet_before > 0 THEN 1.0 * (w.wallet - w.wallet_before) / w.wallet_before END"
_SHARE = "CASE WHEN w.wallet > 0 THEN 1.0 * w.wallet_ours / w.wallet END"
_SHARE_BEFORE = "CASE WHEN w.wallet_before > 0 THEN 1.0 * w.wallet_ours_before / w.wallet_before END"
_SILENT = "julianday((SELECT until_on FROM worth_period)) + 1 - julianday(w.last_order)"
_INTERVAL = "((julianday(w.last_order) - julianday(w.first_order)) / (w.order_days - 1))"

FORMULAS = {
    "sales": "w.sales", "orders": "w.orders", "lifetime": "w.lifetime", "overdue": "w.overdue",
    "margin": "CASE WHEN w.costed > 0 THEN 1.0 * w.profit / w.costed END",
    "collection": "CASE WHEN w.due > 0 THEN 1.0 * w.collected / w.due END",
    "timeliness": "CASE WHEN w.due > 0 THEN 1.0 * w.on_time / w.due END",
    "growth": _GROWTH, "share": _SHARE, "wallet": "w.wallet", "ordered": "w.newest_order",
    "silence": f"CASE WHEN w.order_days > 1 THEN ({_SILENT}) / {_INTERVAL} END",
    "lagging": f"{_GROWTH} < {_OWN_GROWTH}", "falling": f"{_SHARE} < {_SHARE_BEFORE}",
}  # fmt: skip
ZERO = frozenset(("sales", "orders", "lifetime", "overdue"))
"""What is 0, and not unknown, of a customer without facts."""

_INDEXED = {"sales": ("customer_id", "worth"), "influence": ("id", "customer")}
"""The fields that have an index of their own, with the table of it and the column of the customer in that."""
_ROW = "FROM worth w WHERE w.customer_id = c.id"


def condition(known: Field, term: Term, scope: Scope) -> str:
    """The condition of a term about a metric."""
    value = FORMULAS[known.column]
    if term.operator is Operator.PRESENT:
        return "1" if known.column in ZERO else f"(SELECT {value} {_ROW}) IS NOT NULL"
    if term.operator is Operator.WITHIN:
        spans = [span for span in term.values if isinstance(span, Span)]
        lies = " OR ".join(within(value, span, scope) for span in spans) or "0"
        found = f"(SELECT {lies} {_ROW})"
        return f"coalesce({found}, {int(any(map(_holds_zero, spans)))})" if known.column in ZERO else found
    parts = [f"(SELECT {FORMULAS[str(word)]} {_ROW})" for word in term.values if word is not None]
    if None in term.values:
        parts.append("0" if known.column in ZERO else f"(SELECT {value} {_ROW}) IS NULL")
    return " OR ".join(parts) or "0"


def _holds_zero(span: Span) -> bool:
    return (span.low is None or span.low <= 0) and (span.high is None or span.high > 0)  # type: ignore[operator]


def listed(term: Term) -> str:
    """The query for the ids of those of which the term holds, from an index; "" where those without facts may be among
    them, or no index answers it.
    """
    spans = [span for span in term.values if isinstance(span, Span)]
    if term.field not in _INDEXED or term.operator is not Operator.WITHIN or any(map(_holds_zero, spans)):
        return ""
    key, table = _INDEXED[term.field]
    bounds = (
        [f"{term.field} {sign} {int(end)}" for sign, end in ((">=", span.low), ("<", span.high)) if end is not None]  # type: ignore[arg-type]
        for span in spans
    )
    return " UNION ALL ".join(f"SELECT {key} FROM {table} WHERE {' AND '.join(one)}" for one in bounds)
