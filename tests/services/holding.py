"""What the ownership log says, in few words; and short ways to bring a pool about."""

from __future__ import annotations

from typing import Any

from crm_tui.services import pool_lists, rules
from crm_tui.services.session import Outcome
from crm_tui.store.database import Database
from tests.factories import Team, make


def log(database: Database, customer_id: int) -> list[tuple[str, str, str]]:
    """A customer's rows of the ownership log in order: kind, from, to (a login, a pool as `(name)`, or "")."""
    where = "coalesce({0}.login, '(' || {0}p.name || ')', '')"
    return database.rows(
        f"SELECT l.kind, {where.format('f')}, {where.format('t')} FROM ownership_log l"
        " LEFT JOIN user f ON f.id = l.from_owner_id LEFT JOIN pool fp ON fp.id = l.from_pool_id"
        " LEFT JOIN user t ON t.id = l.to_owner_id LEFT JOIN pool tp ON tp.id = l.to_pool_id"
        " WHERE l.customer_id = ? ORDER BY l.id",
        (customer_id,),
    )


def holder(database: Database, customer_id: int) -> str:
    """Who holds it: a login, a pool as `(name)`, `blocked`."""
    return str(
        database.value(
            "SELECT coalesce(u.login, '(' || p.name || ')', 'blocked') FROM customer c"
            " LEFT JOIN user u ON u.id = c.owner_id LEFT JOIN pool p ON p.id = c.pool_id WHERE c.id = ?",
            (customer_id,),
        )
    )


def pooled(team: Team, count: int = 1, **given: Any) -> list[int]:
    """New customers of the pool `default`."""
    return [make(team.admin, f"Firm {chr(65 + n)}", owner="pool", **given) for n in range(count)]


def ruled(team: Team, pool: str | None = None, **values: object) -> None:
    """Set rules of the pools: `ruled(team, holding_cap=2)`."""
    for name, value in values.items():
        full = f"pool.{name.replace('__', '.')}" if not name.startswith("export") else name
        rules.set_rule(team.admin, full, str(value), pool)


def pool(team: Team, name: str, members: str | None = None, route: str | None = None) -> int:
    """Make a pool; its id."""
    return int(pool_lists.add(team.admin, name, members, route).data[0]["id"])


def reasons(outcome: Outcome) -> list[str]:
    """Why the refused were refused, in order."""
    return [refusal.reason for refusal in outcome.refused]
