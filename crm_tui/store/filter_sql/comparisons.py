"""A stored value compared with what a term wants, as SQL; where there is no value the comparison is NULL or false."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime

from crm_tui.domain.clock import stamp
from crm_tui.domain.filters.nodes import Operator, Point, Span, Term, Value
from crm_tui.domain.filters.values import Form
from crm_tui.domain.text import fold
from crm_tui.store.database import Database
from crm_tui.store.filter_sql.scope import Scope

SPELLINGS = 2_000
"""Columns with more different values than this are compared row by row instead."""

_BOUND = 500
"""More values are bound as one: SQLite takes 32,766 at most."""

_FORMED = {
    Form.STORED: "{}", Form.TEXT: "folded({})", Form.DIGITS: "digits({})", Form.WHOLE: "whole({})",
    Form.NUMBER: "number({})", Form.MONEY: "units({})", Form.DAY: "day({})", Form.MOMENT: "{}",
}  # fmt: skip
"""How a stored value is brought into a form, by the functions of `domain.filters.values`."""


def compared(value: str, term: Term, form: Form, scope: Scope) -> str:
    """The value of one row (an SQL expression) compared with the term's; "missing" is not for one row to tell."""
    if term.operator is Operator.PRESENT:
        return f"{value} <> ''"
    if term.operator is Operator.WITHIN:
        spans = [one for one in term.values if isinstance(one, Span)]
        return " OR ".join(within(_FORMED[_compared_as(span, form)].format(value), span, scope) for span in spans)
    formed = _FORMED[form].format(value)
    given = [one for one in term.values if one is not None]
    if term.operator is Operator.IS:
        return f"{formed} {_among(given, scope)}" if given else "0"
    if term.operator is Operator.STARTS:
        return " OR ".join(f"substr({formed}, 1, {len(str(one))}) = {scope.bind(one)}" for one in given)
    return " OR ".join(f"instr({formed}, {scope.bind(one)})" for one in given)


def _compared_as(span: Span, form: Form) -> Form:
    """A text lies within the span as a number or as a day, whichever the ends of the span are."""
    if form is not Form.TEXT:
        return form
    return Form.NUMBER if isinstance(span.high if span.low is None else span.low, int | float) else Form.DAY


def _among(given: Sequence[Value], scope: Scope) -> str:
    if len(given) == 1:
        return f"= {scope.bind(given[0])}"
    if len(given) > _BOUND:
        return f"IN (SELECT value FROM json_each({scope.bind(json.dumps(list(given)))}))"
    return f"IN ({', '.join(scope.bind(value) for value in given)})"


def equal(column: str, term: Term, scope: Scope) -> str:
    """A column that is as it is stored: one of the values, present, or missing."""
    if term.operator is Operator.PRESENT:
        return f"{column} IS NOT NULL"
    given = [value for value in term.values if value is not None]
    parts = [f"{column} {_among(given, scope)}"] if given else []
    if None in term.values:
        parts.append(f"{column} IS NULL")
    return " OR ".join(parts) or "0"


def within(value: str, span: Span, scope: Scope) -> str:
    """A number, a day or a moment that lies in the span."""
    bounds = [f"{value} IS NOT NULL"]
    if span.low is not None:
        bounds.append(f"{value} >= {scope.bind(_point(span.low))}")
    if span.high is not None:
        bounds.append(f"{value} < {scope.bind(_point(span.high))}")
    return f"({' AND '.join(bounds)})"


def _point(point: Point) -> int | float | str:
    if isinstance(point, datetime):
        return stamp(point)
    return point.isoformat() if isinstance(point, date) else point


def spelt(expression: str, term: Term, scope: Scope, *, table: str, column: str) -> str:
    """Equality without case: the spellings that are there are looked up first, so that the index answers."""
    if term.operator is Operator.PRESENT:
        return f"{expression} IS NOT NULL"
    wanted = [str(value) for value in term.values if value is not None]
    missing = [f"{expression} IS NULL"] if None in term.values else []
    known = spellings(scope.database, table, column)
    if known is None:
        return " OR ".join([*(_folded(expression, value, term, scope) for value in wanted), *missing]) or "0"
    found = [text for text in known if _fits(text, term, wanted)]
    return " OR ".join([*([f"{expression} {_among(found, scope)}"] if found else []), *missing]) or "0"


def _fits(text: str, term: Term, wanted: list[str]) -> bool:
    folded = fold(text)
    return folded in wanted if term.operator is Operator.IS else folded.startswith(tuple(wanted))


def _folded(expression: str, value: str, term: Term, scope: Scope) -> str:
    if term.operator is Operator.IS:
        return f"folded({expression}) = {scope.bind(value)}"
    return f"substr(folded({expression}), 1, {len(value)}) = {scope.bind(value)}"


def spellings(database: Database, table: str, column: str) -> list[str] | None:
    """The different values of an indexed column, by jumping from one to the next; None when they are too many."""
    rows = database.rows(
        f"WITH RECURSIVE step (value) AS (SELECT min({column}) FROM {table} UNION ALL SELECT"
        f" (SELECT min({column}) FROM {table} WHERE {column} > step.value) FROM step WHERE step.value IS NOT NULL)"
        " SELECT value FROM step WHERE value IS NOT NULL LIMIT ?",
        (SPELLINGS + 1,),
    )
    return [row[0] for row in rows] if len(rows) <= SPELLINGS else None
