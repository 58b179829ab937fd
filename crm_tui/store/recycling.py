"""What recycling is decided by: the held customers that may have to be warned of or returned, a page at a time.

What is read here is a little too much, never too little: whether anything happens to a row is decided elsewhere.
Times are stored stamps, days ISO dates.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

from msgspec import Struct

from crm_tui.domain.errors import DatabaseUnusable
from crm_tui.store import explaining, locks
from crm_tui.store.database import Database


class Held(Struct, frozen=True):
    """A held customer with its newest protection, its warning as it was told (None: none) and its last escalation."""

    id: int
    name: str
    owner_id: int | None
    pool_id: int | None
    stage: str
    stage_since: str
    scheme: str
    tier: str | None
    held_since: str
    last_contact: str | None
    next_on: str | None
    archived_at: str | None
    protected_until: str | None
    waiting: int
    warning_id: int | None
    rule: str | None
    due_on: str | None
    warned_on: str | None
    days: int | None
    told_tier: str | None
    escalated_at: str | None
    last_order: str | None = None
    owes: int = 0
    """Whether a receivable is open."""


_OTHERS = {
    "held_since": "coalesce(c.held_since, c.created_at)",
    "protected_until": "(SELECT max(coalesce(p.ended_on, p.until_on)) FROM protection p WHERE p.customer_id = c.id)",
    "waiting": "EXISTS (SELECT 1 FROM tag t WHERE t.customer_id = c.id AND t.name = :waiting)",
    "warning_id": "w.id", "rule": "w.rule", "due_on": "w.due_on", "warned_on": "w.warned_on", "days": "w.days",
    "told_tier": "w.tier",
    "last_order": "(SELECT k.newest_order FROM worth k WHERE k.customer_id = c.id)",
    "owes": "EXISTS (SELECT 1 FROM receivable r WHERE r.customer_id = c.id AND r.amount >"
    " (SELECT coalesce(sum(a.amount), 0) FROM allocation a WHERE a.receivable_id = r.id))",
    "escalated_at": "(SELECT max(made_at) FROM notice n WHERE n.customer_id = c.id AND n.kind = 'escalation')",
}  # fmt: skip
_COLUMNS = ", ".join(_OTHERS.get(name, f"c.{name}") for name in Held.__struct_fields__)
_FROM = "customer c LEFT JOIN recycle_warning w ON w.customer_id = c.id"
_CLOCK = "max(coalesce(c.last_contact, ''), coalesce(c.held_since, c.created_at))"


def page(
    database: Database, owner_id: int, quiet: Mapping[str, str], held: str, waiting: str, *, after: int, limit: int
) -> list[Held]:
    """The next of a holder's customers, by id, that are warned of, or whose clock stands before a moment.

    `quiet`: that moment by `SCHEME.TIER` for the later of last contact and start of holding; `held`: that for the start
    of holding ("" for never); `waiting`: the tag of those that wait for their chance.
    """
    cases = " ".join(f"WHEN :tier{n} THEN :at{n}" for n in range(len(quiet)))
    quietly = f"{_CLOCK} < CASE c.scheme || '.' || c.tier {cases} ELSE '' END" if quiet else "0"
    given = {f"tier{n}": name for n, name in enumerate(quiet)} | {f"at{n}": at for n, at in enumerate(quiet.values())}
    rows = database.rows(
        f"SELECT {_COLUMNS} FROM {_FROM} WHERE c.owner_id = :owner AND c.id > :after AND (w.id IS NOT NULL"
        f" OR (c.archived_at IS NULL AND ({quietly} OR coalesce(c.held_since, c.created_at) < :held)))"
        " ORDER BY c.id LIMIT :limit",
        {"owner": owner_id, "after": after, "limit": limit, "held": held, "waiting": waiting, **given},
    )
    return [Held(*row) for row in rows]


def one(database: Database, customer_id: int, waiting: str) -> Held | None:
    """A customer as recycling sees it, held or not."""
    row = database.row(f"SELECT {_COLUMNS} FROM {_FROM} WHERE c.id = :id", {"id": customer_id, "waiting": waiting})
    return Held(*row) if row else None


def holders(database: Database) -> list[int]:
    """Everybody who holds customers, or of whose customers one is warned of."""
    rows = database.rows(
        "SELECT CAST(substr(holder, 2) AS INTEGER) AS id FROM stage_count WHERE holder LIKE 'u%'"
        " GROUP BY 1 HAVING sum(customers) > 0"
        " UNION SELECT c.owner_id FROM recycle_warning w JOIN customer c ON c.id = w.customer_id"
        " WHERE c.owner_id IS NOT NULL ORDER BY 1"
    )
    return [row[0] for row in rows]


def warned_holders(database: Database) -> list[int]:
    """Those of whose customers one is warned of."""
    rows = database.rows(
        "SELECT DISTINCT c.owner_id FROM recycle_warning w JOIN customer c ON c.id = w.customer_id"
        " WHERE c.owner_id IS NOT NULL ORDER BY 1"
    )
    return [row[0] for row in rows]


def absences(database: Database, user_id: int) -> tuple[tuple[date, date | None], ...]:
    """The user's absences: first and last day, None until further notice."""
    rows = database.rows("SELECT from_on, until_on FROM absence WHERE user_id = ? ORDER BY from_on", (user_id,))
    return tuple((date.fromisoformat(a), date.fromisoformat(b) if b else None) for a, b in rows)


def leads(database: Database) -> dict[int, int]:
    """Who hears of each user's customers: the team's lead, else a lead in the team who is named by no other one, else
    an administrator.
    """
    rows = database.rows(
        "SELECT u.id, coalesce("
        " (SELECT l.id FROM team t JOIN user l ON l.id = t.lead_id WHERE t.id = u.team_id AND l.state <> 'left'),"
        " (SELECT min(l.id) FROM user l WHERE l.team_id = u.team_id AND l.role = 'lead' AND l.state <> 'left'"
        "  AND NOT EXISTS (SELECT 1 FROM team t WHERE t.lead_id = l.id OR t.id = u.team_id AND t.lead_id IS NOT NULL)),"
        " (SELECT min(l.id) FROM user l WHERE l.role = 'admin' AND l.state <> 'left')) FROM user u"
    )
    return {key: lead for key, lead in rows if lead is not None}


def last_contacts(database: Database, ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """How the contact that the clock of each customer stands at came about, and with whom of us: (channel, name)."""
    rows = database.rows(
        "SELECT c.id, i.channel, u.name FROM json_each(?) wanted CROSS JOIN customer c ON c.id = wanted.value"
        " JOIN interaction i ON i.id = (SELECT id FROM interaction WHERE customer_id = c.id AND at = c.last_contact"
        "  AND connected ORDER BY id DESC LIMIT 1) JOIN user u ON u.id = i.user_id",
        (json.dumps(list(ids)),),
    )
    return {key: (channel, name) for key, channel, name in rows}


def warnings(database: Database, ids: Iterable[int], rule: str) -> list[int]:
    """The ids of the warnings that these customers have by the rule."""
    rows = database.rows(
        "SELECT id FROM recycle_warning WHERE rule = ? AND customer_id IN (SELECT value FROM json_each(?))",
        (rule, json.dumps(list(ids))),
    )
    return [row[0] for row in rows]


def last_swept(database: Database) -> str | None:
    """The newest day on which a sweep was done."""
    found: str | None = database.value("SELECT max(swept_on) FROM sweep_run")
    return found


def note_run(database: Database, *, user_id: int, at: str, swept_on: str, counts: Mapping[str, int]) -> None:
    """Write down that a sweep was done, and to how many it did what (`counts`: warned, recycled, escalated, failed)."""
    with database.writing():
        database.execute(
            "INSERT INTO sweep_run (user_id, at, swept_on, warned, recycled, escalated, failed)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (user_id, at, swept_on, *(counts.get(what, 0) for what in ("warned", "recycled", "escalated", "failed"))),
        )


@contextmanager
def apart(database: Database) -> Iterator[None]:
    """Within a transaction: what fails in the block is taken back, and only that."""
    database.execute("SAVEPOINT apart")
    try:
        yield
    except BaseException:
        if database.connection.in_transaction:  # SQLite has rolled all of it back after some errors
            database.execute("ROLLBACK TO apart")
            database.execute("RELEASE apart")
        raise
    database.execute("RELEASE apart")


@contextmanager
def alone(database: Database) -> Iterator[bool]:
    """Whether nobody else sweeps this database; while the block runs nobody else begins to."""
    with ExitStack() as held:
        try:
            found = held.enter_context(locks.alone(Path(f"{database.path}-sweep"), 0o660))
        except OSError as error:
            raise DatabaseUnusable(explaining.not_writable(database.path, error)) from error
        yield found
