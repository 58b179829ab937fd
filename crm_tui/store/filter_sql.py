"""A filter as SQL: what `domain.filters.match` says of one customer, asked of all of them (a property test compares).

SQL's unknown is the filter's unknown: what is masked compares as NULL. One term at most drives the query through its
index; all others only test the rows that it yields, so that the plan never depends on statistics. What a rep sees is
asked for in two parts, own customers and the pools', since no one index leads to both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from crm_tui.domain.clock import stamp
from crm_tui.domain.filters.nodes import And, Node, Not, Operator, Or, Span, Term, Words
from crm_tui.domain.filters.search import SHORT, grams, search
from crm_tui.domain.people import Sight
from crm_tui.domain.text import fold
from crm_tui.store import claimable
from crm_tui.store.customers import BLOCKED, EVERYTHING, OWN, POOL, part_of
from crm_tui.store.database import Database

_SPELLINGS = 2_000
"""Columns with more different values than this are compared row by row instead."""

_NOTHING = "\u25a1\u25a1\u25a1"
"""A gram that no text has."""

_PLAIN = {"stage": "stage", "tier": "tier", "owner": "owner_id", "id": "id", "kind": "kind"}
_SPELT = {"region": "region", "source": "source", "industry": "industry"}
_RANGES = {"id": "id", "due": "next_on", "last": "last_contact", "created": "created_at", "since": "stage_since"}
_MASKED = {"phone", "email", "wechat", "note"}
_CONTAINS = {"name": "text", "phone": "reach", "email": "reach"}

FEW = 2_000
"""So many rows are sorted or looked through at once; more of them are met in the order of the list instead."""

# Which term drives, the most selective first; what is not here never does.
_DRIVERS = (
    "id", "owner", "words", "name", "phone", "email", "tag", "region", "source", "industry", "due", "last", "created",
    "since", "pool", "tier", "stage", "kind", "archived", "blocked", "has",
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
# Their indexes hold something else between the value and the id.
_UNORDERED = {"owner", "blocked", "pool"}
_OF_CONTACTS = "SELECT customer_id FROM contact WHERE archived_at IS NULL"
_WHO_HAS = {
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


@dataclass
class Compiled:
    """A filter as the parts of a query over `customer c`: tables before it, the condition, its parameters.

    Rows come in the order of `key` (their id) when `by_id`, or in that of the column `by`. `driving` selects the rows
    that the driver yields ("" for no driver); its parameters are the first `driven_by`.
    """

    source: str = "customer c"
    condition: str = "1"
    parameters: list[Any] = field(default_factory=list)
    key: str = "c.id"
    by: str = ""
    by_id: bool = True
    driving: str = ""
    driven_by: int = 0

    def is_narrow(self, database: Database) -> bool:
        """Whether the driver yields few rows; found out by reading them up to that number."""
        if not self.driving:
            return False
        limited = f"SELECT count(*) FROM ({self.driving} LIMIT {FEW + 1})"
        return int(database.value(limited, self.parameters[: self.driven_by])) <= FEW


@dataclass
class _Scope:
    """Where in the tree a term stands: `plain` inside no negation, `driver` the term that may use its index.

    `bounds` narrows the ids that words are looked up for, where more is known of the page that is wanted.
    """

    database: Database
    sight: Sight
    part: str
    driver: Node | None
    parameters: list[Any]
    bounds: str = ""

    def bind(self, value: Any) -> str:
        self.parameters.append(value)
        return "?"

    def hides(self, thing: str) -> bool:
        """Whether it is hidden; in one's own customers nothing is."""
        return thing in _MASKED and self.is_masked

    @property
    def is_masked(self) -> bool:
        """Whether ways to reach the customers of this part are hidden."""
        return self.part == POOL and self.sight.masked


def compile_filter(
    node: Node, sight: Sight, database: Database, part: str = EVERYTHING, *, driven: bool = True, bounds: str = ""
) -> Compiled:
    """The filter (defaults applied) for that part of what `sight` sees, its rights included.

    Not `driven`: the rows are met in the order of the list, whichever that is. `bounds` is a condition on `rowid`
    that all ids wanted fulfil ("" for none).
    """
    driver = _driver(node, database) if driven and part not in (OWN, BLOCKED) else None
    scope = _Scope(database, sight, part, driver, [], bounds)
    compiled = Compiled(parameters=scope.parameters)
    conditions: list[str] = []
    if driver is not None:
        conditions.append(_first(driver, compiled, scope))
    if part in (OWN, BLOCKED):
        conditions.append(part_of(sight, part))
        compiled.driving, compiled.by_id = f"SELECT 1 FROM customer c WHERE {conditions[0]}", False
    elif part == POOL:
        conditions.append(f"+{part_of(sight, part)}")  # the plus: no index for what does not drive
    conditions.append(_sql(_without(node, driver), scope, plain=True))
    # An "or" at the top of the filter must not let anything past the rights.
    compiled.condition = " AND ".join(f"({condition})" for condition in conditions)
    return compiled


def _first(driver: Node, compiled: Compiled, scope: _Scope) -> str:
    """The condition of the driver, which comes first; the tables that it needs are put before the customers."""
    if isinstance(driver, Words):
        table, first = _searched(driver, scope)
        compiled.source, compiled.key = f"{table} s CROSS JOIN customer c ON c.id = s.rowid", "s.rowid"
        compiled.driving, compiled.driven_by = f"SELECT 1 FROM {table} s WHERE {first}", 1
        return first
    assert isinstance(driver, Term)
    if driver.field in _CONTAINS:
        first = f"s.search_trigram MATCH {scope.bind(_phrase(_CONTAINS[driver.field], str(driver.values[0])))}"
        compiled.source, compiled.key = "search_trigram s CROSS JOIN customer c ON c.id = s.rowid", "s.rowid"
        compiled.driving, compiled.driven_by = f"SELECT 1 FROM search_trigram s WHERE {first}", 1
        return f"{first} AND ({_sql(driver, scope, plain=True)})"
    if driver.field == "tag":
        first = _same("d.name", driver, scope, table="tag", column="name")
        compiled.source, compiled.key = "tag d CROSS JOIN customer c ON c.id = d.customer_id", "d.customer_id"
        compiled.driving, compiled.driven_by = f"SELECT 1 FROM tag d WHERE {first}", len(scope.parameters)
        return first
    if driver.field == "has":
        compiled.driving, compiled.by_id = _WHO_HAS[str(driver.values[0])], False
        return f"c.id IN ({compiled.driving}) AND ({_sql(driver, scope, plain=True)})"
    first = _sql(driver, scope, plain=True)
    compiled.by = _RANGES[driver.field] if driver.operator is Operator.WITHIN else ""
    compiled.by_id = not compiled.by and driver.field not in _UNORDERED and len(driver.values) == 1
    compiled.driving, compiled.driven_by = f"SELECT 1 FROM customer c WHERE {first}", len(scope.parameters)
    return first


def _driver(node: Node, database: Database) -> Node | None:
    parts = node.parts if isinstance(node, And) else (node,)
    ranked = [(_DRIVERS.index(name), i, part) for i, part in enumerate(parts) if (name := _drives(part)) in _DRIVERS]
    driver = min(ranked)[2] if ranked else None
    if isinstance(driver, Term) and driver.field == "has":
        # No index holds these in order; it pays only where what is asked for is rare.
        who = f"SELECT count(*) FROM ({_WHO_HAS[str(driver.values[0])]} LIMIT {FEW + 1})"
        return driver if int(database.value(who)) <= FEW else None
    return driver


def _drives(part: Node) -> str:
    """The name under which it may drive; "" for what has no index that answers it."""
    if isinstance(part, Words):
        return "words"
    if not isinstance(part, Term) or part.operator in (Operator.PRESENT, Operator.STARTS):
        return ""
    if part.field in _CONTAINS:
        return part.field if len(part.values) == 1 and len(str(part.values[0])) >= SHORT else ""
    if part.field in ("has", "tag"):
        return part.field if len(part.values) == 1 and part.operator is Operator.IS else ""
    if part.field in ("archived", "blocked"):
        return part.field if part.values == (True,) else ""
    if part.operator is Operator.IS and (None in part.values or len(part.values) > 1):
        # Several values make a sort of what one value yields in order; worth it only where few rows remain.
        return part.field if part.field in ("id", "owner") and None not in part.values else ""
    return part.field


def _without(node: Node, driver: Node | None) -> Node:
    if driver is None:
        return node
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
    if scope.hides(node.field):
        return "NULL"
    known = _KNOWN.get((scope.part, node.field))
    condition = (known(node) if known else None) or _term(node, scope)
    return condition if plain else f"({condition}) IS TRUE"


def _has(term: Term, scope: _Scope) -> str:
    parts: list[str] = []
    for thing in term.values:
        condition = _THINGS[str(thing)]
        if thing == "owner" and scope.part != EVERYTHING:
            condition = str(int(scope.part == OWN))  # the pools' and the blocked have none
        if thing == "next" and scope.part == POOL and not pool_has_dates(scope.database):
            condition = "0"
        if term.field == "no":
            condition = f"NOT ({condition})"
        parts.append("NULL" if scope.hides(str(thing)) else f"({condition})")
    return " OR ".join(parts)


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


def pool_has_dates(database: Database) -> bool:
    """Whether anything in the pools has a next date, which a release drops: usually not, and then none need be read."""
    return bool(
        database.value(
            "SELECT 1 FROM customer INDEXED BY customer_pool_next"
            " WHERE pool_id IS NOT NULL AND next_on IS NOT NULL LIMIT 1"
        )
    )


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
    if term.field == "due" and scope.part == POOL and not pool_has_dates(scope.database):
        return "0"
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
    column = _column("pool_id", term, scope)
    names = [f"{column} = (SELECT id FROM pool WHERE name = {scope.bind(value)})" for value in term.values if value]
    if None in term.values:
        names.append("+c.pool_id IS NULL")
    return " OR ".join(names) or "0"


def _archived(term: Term, scope: _Scope) -> str:
    if term.operator is Operator.PRESENT:
        return "1"
    if term is scope.driver:
        return "c.archived_at IS NOT NULL"
    return " OR ".join("+c.archived_at IS NOT NULL" if value else "+c.archived_at IS NULL" for value in term.values)


def _blocked(term: Term, scope: _Scope) -> str:
    if term is scope.driver:
        return "c.blocked <> 0"
    return " OR ".join("+c.blocked <> 0" if value else "+c.blocked = 0" for value in term.values)


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
    """A condition that the trigram index answers and that holds wherever the exact one may; not for few rows."""
    if len(text) < SHORT or scope.driver is not None or scope.part in (OWN, BLOCKED):
        return ""
    likely = scope.bind(_phrase(column, text))
    return f"c.id IN (SELECT rowid FROM search_trigram WHERE search_trigram MATCH {likely}) AND "


def _claimable(term: Term, scope: _Scope) -> str:
    may = claimable.condition(scope.sight) if scope.part in (EVERYTHING, POOL) else "0"
    return " OR ".join(f"({may})" if value else f"NOT ({may})" for value in term.values)


_OTHERS: dict[str, Callable[[Term, _Scope], str]] = {
    "claimable": _claimable, "tag": _tag, "pool": _pool, "archived": _archived, "blocked": _blocked, "name": _name,
    "email": _email, "phone": _phone,
}  # fmt: skip


def _quoted(text: str) -> str:
    escaped = text.replace('"', '""')
    return f'"{escaped}"'


def _phrase(column: str, text: str) -> str:
    return f"{column}: {_quoted(text)}"


def _queries(words: Words) -> tuple[str, str, str]:
    """The index table, the query for names, and the query for ways to reach ("" for none)."""
    found = search(words)
    reach = " OR ".join(_phrase("reach", part) for part in found.reach)
    if found.gram:
        return "search_gram", _quoted(found.text if found.text in grams(found.text) else _NOTHING), reach
    return "search_trigram", _phrase("text", found.text), reach


def _anywhere(words: Words, named: str, reach: str) -> str:
    """The query for names and ways to reach; the same text in both is looked up once."""
    found = search(words)
    return _quoted(found.text) if found.reach == (found.text,) else f"({named}) OR ({reach})"


def _searched(words: Words, scope: _Scope) -> tuple[str, str]:
    """The words as what drives the query: rows come in the index's own order, which is the order of ids."""
    table, named, reach = _queries(words)
    if not reach or scope.is_masked:
        return table, f"s.{table} MATCH {scope.bind(named)}"
    return table, f"s.{table} MATCH {scope.bind(_anywhere(words, named, reach))}"


def _found(words: Words, scope: _Scope) -> str:
    """The words anywhere else in the tree, and in one's own customers."""
    table, named, reach = _queries(words)
    bounds = f" AND {scope.bounds}" if scope.bounds else ""
    if not reach or scope.is_masked:
        return f"c.id IN (SELECT rowid FROM {table} WHERE {table} MATCH {scope.bind(named)}{bounds})"
    every = _anywhere(words, named, reach)
    ids = f"SELECT rowid FROM {table} WHERE {table} MATCH ?{bounds}"
    if scope.part == OWN and scope.database.value(f"SELECT count(*) FROM ({ids} LIMIT {FEW + 1})", (every,)) > FEW:
        # A prefix of phones or a common mail domain: to look at one's own is less than to list everybody who has it.
        return f"(c.id IN ({ids.replace('?', scope.bind(named))}) OR {_reaches(search(words).reach, scope)})"
    return f"c.id IN ({ids.replace('?', scope.bind(every))})"


def _reaches(parts: tuple[str, ...], scope: _Scope) -> str:
    """Whether any of the texts is part of a way to reach the customer or one of its contacts."""
    ways = (("phone", "digits"), ("email", "folded"), ("wechat", "folded"))
    own = [f"instr({form}(c.{way}), {scope.bind(part)}) IS TRUE" for part in parts for way, form in ways]
    theirs = [f"instr({form}(k.{way}), {scope.bind(part)}) IS TRUE" for part in parts for way, form in ways]
    return f"({' OR '.join(own)} OR EXISTS ({_CONTACT} AND ({' OR '.join(theirs)})))"
