"""A filter as SQL: what `domain.filters.match` says of one customer, asked of all of them (a property test compares).

SQL's unknown is the filter's unknown: what is hidden compares as NULL. One term at most drives the query through its
index; all others only test the rows that it yields, so that the plan never depends on statistics. What a rep sees is
asked for in two parts, own customers and the pools', since no one index leads to both.
"""

from __future__ import annotations

from crm_tui.store.filter_sql.compiling import compile_filter
from crm_tui.store.filter_sql.scope import FEW, Compiled, pool_has_dates

__all__ = ["FEW", "Compiled", "compile_filter", "pool_has_dates"]
