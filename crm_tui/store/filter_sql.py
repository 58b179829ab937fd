"""A filter as SQL: what `domain.filters.match` says of one customer, asked of all of them (a property test compares).

SQL's unknown is the filter's unknown: what is masked compares as NULL. One term at most drives the query through its
index; all others only test the rows that it yields, so that the plan never depends on statistics.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from crm_tui.domain.clock import stamp
from crm_tui.domain.filters.nodes import And, Node, Not, Operator, Or, Span, Term, Words
from crm_tui.domain.filters.search import grams, search
from crm_tui.domain.people import Sight
from crm_tui.domain.text import fold
from crm_tui.store.database import Database

_SPELLINGS = 2_000
"""Columns with more different values than this are compared row by row instead."""

_NOTHING = "\u25a1\u25a1\u25a1"
"""A gram that no text has."""

_PLAIN = {"stage": "stage", "tier": "tier", "owner": "owner_id", "id": "id", "kind": "kind"}
_SPELT = {"region": "region", "source": "source", "industry": "industry"}
_RANGES = {"id": "id", "due": "next_on", "last": "last_contact", "created": "created_at", "since": "stage_since"}
_MASKED = {"phone", "email", "wechat"}

# Which term drives, the most selective first; what is not here never does.
_DRIVERS = (
    "id", "words", "owner", "tag", "region", "source", "industry", "due", "last", "created", "since", "tier", "stage",
)  # fmt: skip

_CONTACT = "SELECT 1 FROM contact k WHERE k.customer_id = c.id AND k.archived_at IS NULL"
_THINGS = {
    "phone": f"(c.phone IS NOT NULL OR EXISTS ({_CONTACT} AND k.phone IS NOT NULL))",
    "email": f"(c.email IS NOT NULL OR EXISTS ({_CONTACT} AND k.email IS NOT NULL))",
    "wechat": f"(c.wechat IS NOT NULL OR EXISTS ({_CONTACT} AND k.wechat IS NOT NULL))",
    "next": "c.next_on IS NOT NULL",
    "owner": "c.owner_id IS NOT NULL",
    "contact": f"EXISTS ({_CONTACT})",
    "tag": "EXISTS (SELECT 1 FROM tag t WHERE t.customer_id = c.id)",
    "note": "c.note IS NOT NULL",
    "tier": "c.tier IS NOT NULL",
    "last": "c.last_contact IS NOT NULL",
}


@dataclass
class Compiled:
    """A filter as the parts of a query over `customer c`: tables before it, the condition, its parameters."""

    source: str = "customer c"
    condition: str = "1"
    parameters: list[Any] = field(default_factory=list)


@dataclass
class _Scope:
    """Where in the tree a term stands: `plain` inside no negation, `driver` the term that may use its index."""

    database: Database
    sight: Sight
    driver: Node | None
    parameters: list[Any]

    def bind(self, value: Any) -> str:
        self.parameters.append(value)
        return "?"


def compile_filter(node: Node, sight: Sight, database: Database) -> Compiled:
    """The filter (defaults applied) for what `sight` sees; the rights themselves are the caller's to add."""
    driver = _driver(node)
    scope = _Scope(database, sight, driver, [])
    compiled = Compiled(parameters=scope.parameters)
    if isinstance(driver, Words):
        compiled.source, first = _searched(driver, scope)
        rest = _sql(_without(node, driver), scope, plain=True)
        compiled.condition = f"{first} AND {rest}"
    elif isinstance(driver, Term) and driver.field == "tag":
        compiled.source = "tag d CROSS JOIN customer c ON c.id = d.customer_id"
        first = _same("d.name", driver, scope, table="tag", column="name")
        compiled.condition = f"{first} AND {_sql(_without(node, driver), scope, plain=True)}"
    else:
        compiled.condition = _sql(node, scope, plain=True)
    # The caller adds the rights behind it: an "or" at its top must not let anything past them.
    compiled.condition = f"({compiled.condition})"
    return compiled


def _driver(node: Node) -> Node | None:
    parts = node.parts if isinstance(node, And) else (node,)
    ranked = [(_DRIVERS.index(name), i, part) for i, part in enumerate(parts) if (name := _drives(part)) in _DRIVERS]
    return min(ranked)[2] if ranked else None


def _drives(part: Node) -> str:
    if isinstance(part, Words):
        return "words"
    if not isinstance(part, Term) or part.operator in (Operator.PRESENT, Operator.CONTAINS):
        return ""
    if part.operator is Operator.IS and (None in part.values or len(part.values) > 1):
        # Several values make a sort of what one value yields in order; worth it only where few rows remain.
        return part.field if part.field in ("id", "owner") and None not in part.values else ""
    if part.field == "tag" and (part.operator is not Operator.IS or len(part.values) > 1):
        return ""
    if part.operator is Operator.STARTS:
        return ""
    return part.field


def _without(node: Node, driver: Node) -> Node:
    if isinstance(node, And):
        return And(tuple(part for part in node.parts if part is not driver))
    return And(())


def _sql(node: Node, scope: _Scope, *, plain: bool) -> str:
    if isinstance(node, And):
        return " AND ".join(f"({_sql(part, scope, plain=plain)})" for part in node.parts) or "1"
    if isinstance(node, Or):
        return " OR ".join(f"({_sql(part, scope, plain=plain)})" for part in node.parts) or "0"
    if isinstance(node, Not):
        return f"NOT ({_sql(node.part, scope, plain=False)})"
    if isinstance(node, Words):
        return _found(node, scope)
    if node.field in ("has", "no"):
        return _has(node, scope)
    condition = _term(node, scope)
    if node.field in _MASKED and not scope.sight.everything:
        return f"CASE WHEN c.owner_id IS NOT NULL THEN ({condition}) IS TRUE END"
    return condition if plain else f"({condition}) IS TRUE"


def _has(term: Term, scope: _Scope) -> str:
    parts: list[str] = []
    for thing in term.values:
        condition = _THINGS[str(thing)]
        if term.field == "no":
            condition = f"NOT ({condition})"
        if thing in _MASKED and not scope.sight.everything:
            condition = f"CASE WHEN c.owner_id IS NOT NULL THEN {condition} END"
        parts.append(f"({condition})")
    return " OR ".join(parts)


def _term(term: Term, scope: _Scope) -> str:
    if term.operator is Operator.WITHIN:
        return _within(term, scope)
    if term.field in _PLAIN:
        return _plain(_column(_PLAIN[term.field], term, scope), term, scope)
    if term.field in _SPELT:
        return _same(_column(_SPELT[term.field], term, scope), term, scope, table="customer", column=_SPELT[term.field])
    return _OTHERS[term.field](term, scope)


def _column(name: str, term: Term, scope: _Scope) -> str:
    # The unary plus keeps SQLite from choosing an index for a term that does not drive.
    return f"c.{name}" if term is scope.driver else f"+c.{name}"


def _plain(column: str, term: Term, scope: _Scope) -> str:
    if term.operator is Operator.PRESENT:
        return f"{column} IS NOT NULL"
    given = [value for value in term.values if value is not None]
    parts = []
    if len(given) == 1:
        parts.append(f"{column} = {scope.bind(given[0])}")
    elif given:
        parts.append(f"{column} IN ({', '.join(scope.bind(value) for value in given)})")
    if None in term.values:
        parts.append(f"{column} IS NULL")
    return " OR ".join(parts) or "0"


def _within(term: Term, scope: _Scope) -> str:
    column = _column(_RANGES[term.field], term, scope)
    ranges: list[str] = []
    for span in term.values:
        assert isinstance(span, Span)
        bounds = [f"{column} IS NOT NULL"]
        if span.low is not None:
            bounds.append(f"{column} >= {scope.bind(_point(span.low))}")
        if span.high is not None:
            bounds.append(f"{column} < {scope.bind(_point(span.high))}")
        ranges.append(f"({' AND '.join(bounds)})")
    return " OR ".join(ranges) or "0"


def _point(point: int | date | datetime) -> int | str:
    if isinstance(point, datetime):
        return stamp(point)
    return point.isoformat() if isinstance(point, date) else point


def _same(expression: str, term: Term, scope: _Scope, *, table: str, column: str) -> str:
    """Equality without case: the spellings that are there are looked up first, so that the index answers."""
    if term.operator is Operator.PRESENT:
        return f"{expression} IS NOT NULL"
    wanted = [str(value) for value in term.values]

    def fits(text: str) -> bool:
        folded = fold(text)
        return folded in wanted if term.operator is Operator.IS else folded.startswith(tuple(wanted))

    spelt = _spellings(scope.database, table, column)
    if spelt is None:
        return " OR ".join(_folded(expression, value, term, scope) for value in wanted)
    found = [text for text in spelt if fits(text)]
    if len(found) == 1:
        return f"{expression} = {scope.bind(found[0])}"
    return f"{expression} IN ({', '.join(scope.bind(text) for text in found)})" if found else "0"


def _folded(expression: str, value: str, term: Term, scope: _Scope) -> str:
    if term.operator is Operator.IS:
        return f"folded({expression}) = {scope.bind(value)}"
    return f"substr(folded({expression}), 1, {len(value)}) = {scope.bind(value)}"


def _spellings(database: Database, table: str, column: str) -> list[str] | None:
    """The different values of an indexed column, by jumping from one to the next; None when they are too many."""
    rows = database.rows(
        f"WITH RECURSIVE step (value) AS (SELECT min({column}) FROM {table} UNION ALL SELECT"
        f" (SELECT min({column}) FROM {table} WHERE {column} > step.value) FROM step WHERE step.value IS NOT NULL)"
        " SELECT value FROM step WHERE value IS NOT NULL LIMIT ?",
        (_SPELLINGS + 1,),
    )
    return [row[0] for row in rows] if len(rows) <= _SPELLINGS else None


def _tag(term: Term, scope: _Scope) -> str:
    if term.operator is Operator.PRESENT:
        return _THINGS["tag"]
    condition = _same("t.name", term, scope, table="tag", column="name")
    return f"EXISTS (SELECT 1 FROM tag t WHERE t.customer_id = c.id AND ({condition}))"


def _pool(term: Term, scope: _Scope) -> str:
    if term.operator is Operator.PRESENT:
        return "+c.pool_id IS NOT NULL"
    names = [f"+c.pool_id = (SELECT id FROM pool WHERE name = {scope.bind(value)})" for value in term.values if value]
    if None in term.values:
        names.append("+c.pool_id IS NULL")
    return " OR ".join(names) or "0"


def _archived(term: Term, scope: _Scope) -> str:
    if term.operator is Operator.PRESENT:
        return "1"
    return " OR ".join("+c.archived_at IS NOT NULL" if value else "+c.archived_at IS NULL" for value in term.values)


def _blocked(term: Term, scope: _Scope) -> str:
    return " OR ".join("c.blocked <> 0" if value else "c.blocked = 0" for value in term.values)


def _name(term: Term, scope: _Scope) -> str:
    return " OR ".join(f"{_maybe(str(v), 'text', scope)}instr(folded(c.name), {scope.bind(v)})" for v in term.values)


def _email(term: Term, scope: _Scope) -> str:
    return _reached(term, scope, "email", "folded")


def _phone(term: Term, scope: _Scope) -> str:
    return _reached(term, scope, "phone", "digits")


def _reached(term: Term, scope: _Scope, column: str, form: str) -> str:
    parts: list[str] = []
    for value in term.values:
        likely = _maybe(str(value), "reach", scope)
        own = f"instr({form}(c.{column}), {scope.bind(value)}) IS TRUE"
        theirs = f"EXISTS ({_CONTACT} AND instr({form}(k.{column}), {scope.bind(value)}))"
        parts.append(f"({likely}({own} OR {theirs}))")
    return " OR ".join(parts)


def _maybe(text: str, column: str, scope: _Scope) -> str:
    """A condition that the trigram index answers and that holds wherever the exact one may."""
    if len(text) < 3:
        return ""
    likely = scope.bind(_phrase(column, text))
    return f"c.id IN (SELECT rowid FROM search_trigram WHERE search_trigram MATCH {likely}) AND "


_OTHERS: dict[str, Callable[[Term, _Scope], str]] = {
    "tag": _tag, "pool": _pool, "archived": _archived, "blocked": _blocked, "name": _name, "email": _email,
    "phone": _phone,
}  # fmt: skip


def _phrase(column: str, text: str) -> str:
    quoted = text.replace('"', '""')
    return f'{column}: "{quoted}"'


def _queries(words: Words) -> tuple[str, str, str]:
    """The index table, the query for names, and the query for ways to reach ("" for none)."""
    found = search(words)
    reach = " OR ".join(_phrase("reach", part) for part in found.reach)
    if found.gram:
        quoted = (found.text if found.text in grams(found.text) else _NOTHING).replace('"', '""')
        return "search_gram", f'"{quoted}"', reach
    return "search_trigram", _phrase("text", found.text), reach


def _searched(words: Words, scope: _Scope) -> tuple[str, str]:
    """The words as what drives the query: rows come in the index's own order, which is the order of ids."""
    table, named, reach = _queries(words)
    source = f"{table} s CROSS JOIN customer c ON c.id = s.rowid"
    if not reach:
        return source, f"s.{table} MATCH {scope.bind(named)}"
    condition = f"s.{table} MATCH {scope.bind(f'({named}) OR ({reach})')}"
    if not scope.sight.everything:
        condition += (
            " AND (c.owner_id IS NOT NULL OR EXISTS (SELECT 1 FROM search_trigram x"
            f" WHERE x.rowid = c.id AND x.search_trigram MATCH {scope.bind(named)}))"
        )
    return source, condition


def _found(words: Words, scope: _Scope) -> str:
    """The words anywhere else in the tree."""
    table, named, reach = _queries(words)
    condition = f"c.id IN (SELECT rowid FROM {table} WHERE {table} MATCH {scope.bind(named)})"
    if not reach:
        return condition
    reached = f"c.id IN (SELECT rowid FROM search_trigram WHERE search_trigram MATCH {scope.bind(reach)})"
    if not scope.sight.everything:
        reached = f"(c.owner_id IS NOT NULL AND {reached})"
    return f"({condition} OR {reached})"
