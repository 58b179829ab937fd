"""The filter language: one text for the filter bar, saved views, macros, `--on` and `crm-tui list`.

`parse` makes a tree of it, `to_text` gives it back, `match` asks it of one customer; the store compiles it to SQL.
"""

from __future__ import annotations

from crm_tui.domain.filters.completion import Completion, complete
from crm_tui.domain.filters.match import FilterRecord, evaluate, match
from crm_tui.domain.filters.nodes import (
    EVERYTHING,
    And,
    FilterContext,
    Node,
    Not,
    Operator,
    Or,
    Span,
    Term,
    Words,
    mentions,
    with_defaults,
)
from crm_tui.domain.filters.search import Search, grams, search
from crm_tui.domain.filters.syntax import parse, to_text

__all__ = [
    "EVERYTHING",
    "And",
    "Completion",
    "FilterContext",
    "FilterRecord",
    "Node",
    "Not",
    "Operator",
    "Or",
    "Search",
    "Span",
    "Term",
    "Words",
    "complete",
    "evaluate",
    "grams",
    "match",
    "mentions",
    "parse",
    "search",
    "to_text",
    "with_defaults",
]
