"""From the tree of a filter to its query: the driver first, then all that is tested of the rows it yields."""

from __future__ import annotations

from crm_tui.domain.filters.fields import TIER, of
from crm_tui.domain.filters.nodes import And, Node, Not, Operator, Or, Term, Words
from crm_tui.domain.people import Sight
from crm_tui.store.customers import BLOCKED, EVERYTHING, OWN, POOL, part_of
from crm_tui.store.database import Database
from crm_tui.store.filter_sql import columns, rows, words
from crm_tui.store.filter_sql.columns import RANGES
from crm_tui.store.filter_sql.comparisons import spelt
from crm_tui.store.filter_sql.drivers import UNORDERED, driver, listed, without
from crm_tui.store.filter_sql.presence import has
from crm_tui.store.filter_sql.scope import Compiled, Scope


def compile_filter(
    node: Node, sight: Sight, database: Database, part: str = EVERYTHING, *, driven: bool = True, bounds: str = ""
) -> Compiled:
    """The filter (defaults applied) for that part of what `sight` sees, its rights included.

    Not `driven`: the rows are met in the order of the list, whichever that is. `bounds` is a condition on `rowid`
    that all ids wanted fulfil ("" for none).
    """
    driving = driver(node, database) if driven and part not in (OWN, BLOCKED) else None
    scope = Scope(database, sight, part, driving, [], bounds)
    compiled = Compiled(parameters=scope.parameters)
    conditions: list[str] = []
    if driving is not None:
        conditions.append(_first(driving, compiled, scope))
    if part in (OWN, BLOCKED):
        conditions.append(part_of(sight, part))
        compiled.driving, compiled.by_id = f"SELECT 1 FROM customer c WHERE {conditions[0]}", False
    elif part == POOL:
        conditions.append(f"+{part_of(sight, part)}")  # the plus: no index for what does not drive
    conditions.append(_sql(without(node, driving), scope, plain=True))
    # An "or" at the top of the filter must not let anything past the rights.
    compiled.condition = " AND ".join(f"({condition})" for condition in conditions)
    return compiled


def _first(node: Node, compiled: Compiled, scope: Scope) -> str:
    """The condition of the driver, which comes first; the tables that it needs are put before the customers."""
    if isinstance(node, Words):
        table, first = words.driving(node, scope)
        compiled.source, compiled.key = f"{table} s CROSS JOIN customer c ON c.id = s.rowid", "s.rowid"
        compiled.driving, compiled.driven_by = f"SELECT 1 FROM {table} s WHERE {first}", 1
        return first
    assert isinstance(node, Term)
    if node.field == "suggest":
        compiled.driving, compiled.by_id = listed(node), False
        return f"c.id IN ({compiled.driving})"
    if node.field.startswith(TIER):
        scheme, tier = scope.bind(node.field.removeprefix(TIER)), scope.bind(node.values[0])
        first = f"d.scheme = {scheme} AND d.tier = {tier}"
        compiled.source, compiled.key = "customer_tier d CROSS JOIN customer c ON c.id = d.customer_id", "d.customer_id"
        compiled.driving, compiled.driven_by = f"SELECT 1 FROM customer_tier d WHERE {first}", 2
        return first
    if found := words.part(node.field, str(node.values[0])):
        table, query = found
        first = f"s.{table} MATCH {scope.bind(query)}"
        compiled.source, compiled.key = f"{table} s CROSS JOIN customer c ON c.id = s.rowid", "s.rowid"
        compiled.driving, compiled.driven_by = f"SELECT 1 FROM {table} s WHERE {first}", 1
        return f"{first} AND ({_sql(node, scope, plain=True)})"
    if node.field == "tag":
        first = spelt("d.name", node, scope, table="tag", column="name")
        compiled.source, compiled.key = "tag d CROSS JOIN customer c ON c.id = d.customer_id", "d.customer_id"
        compiled.driving, compiled.driven_by = f"SELECT 1 FROM tag d WHERE {first}", len(scope.parameters)
        return first
    if ids := listed(node):
        compiled.driving, compiled.by_id = ids, False
        return f"c.id IN ({ids}) AND ({_sql(node, scope, plain=True)})"
    first = _sql(node, scope, plain=True)
    compiled.by = RANGES[node.field] if node.operator is Operator.WITHIN else ""
    compiled.by_id = not compiled.by and node.field not in UNORDERED and len(node.values) == 1
    compiled.driving, compiled.driven_by = f"SELECT 1 FROM customer c WHERE {first}", len(scope.parameters)
    return first


def _sql(node: Node, scope: Scope, *, plain: bool) -> str:
    """The condition of the node; not `plain` within a negation, where false and nothing are not the same."""
    if isinstance(node, And):
        return " AND ".join(f"({_sql(part, scope, plain=plain)})" for part in node.parts) or "1"
    if isinstance(node, Or):
        return " OR ".join(f"({_sql(part, scope, plain=plain)})" for part in node.parts) or "0"
    if isinstance(node, Not):
        return f"NOT ({_sql(node.part, scope, plain=False)})"
    if isinstance(node, Words):
        return words.found(node, scope)
    if node.field in ("has", "no"):
        return has(node, scope)
    known = of(node.field)
    if scope.hides(known):
        return "NULL"
    condition = rows.condition(known, node, scope) if known.table else columns.condition(node, scope)
    return condition if plain else f"({condition}) IS TRUE"
