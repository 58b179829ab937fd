"""What must hold between the tables whatever was done, as queries that find the rows where it does not (DOMAIN §2–§5,
§8, §9).

The texts are what `crm-tui check` says of a row that is found. What is derived is mended by `store.repairs`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from crm_tui.domain.language import N_
from crm_tui.store import anchors, chain, repairs, worth
from crm_tui.store.database import Database

BACKUP = "backup"
"""The remedy of what no command mends."""
REBUILD = "rebuild"

INVARIANTS: tuple[tuple[str, str, str], ...] = (
    (
        N_("a customer has neither owner nor pool, or both"),
        "SELECT id FROM customer WHERE (owner_id IS NOT NULL) + (pool_id IS NOT NULL) + (blocked <> 0) <> 1", BACKUP,
    ),
    (
        N_("the start of holding is not that of a holder"),
        "SELECT id FROM customer WHERE (owner_id IS NULL) <> (held_since IS NULL)", BACKUP,
    ),
    (
        N_("the stage is not the last step of its history"),
        "SELECT c.id FROM customer c LEFT JOIN (SELECT customer_id, to_stage, max(id) FROM stage_change"
        " GROUP BY customer_id) s ON s.customer_id = c.id WHERE c.stage IS NOT s.to_stage", BACKUP,
    ),
    (
        N_("the history of stages has a gap"),
        "SELECT customer_id FROM (SELECT customer_id, from_stage,"
        " lag(to_stage) OVER (PARTITION BY customer_id ORDER BY id) AS before FROM stage_change)"
        " WHERE from_stage IS NOT before", BACKUP,
    ),
    (
        N_("the history of tiers has a gap"),
        "SELECT customer_id FROM (SELECT customer_id, from_tier,"
        " lag(to_tier) OVER (PARTITION BY customer_id, scheme ORDER BY id) AS before FROM tier_change)"
        " WHERE from_tier IS NOT before", BACKUP,
    ),
    (
        N_("the tier is not the last of its history"),
        "SELECT h.customer_id FROM (SELECT customer_id, scheme, to_tier, max(id) FROM tier_change"
        " GROUP BY customer_id, scheme) h JOIN customer c ON c.id = h.customer_id"
        " LEFT JOIN customer_tier t ON t.customer_id = h.customer_id AND t.scheme = h.scheme"
        " WHERE t.tier IS NOT h.to_tier", BACKUP,
    ),
    (
        N_("a customer has two open follow-ups"),
        "SELECT customer_id FROM follow_up WHERE closed_at IS NULL GROUP BY customer_id HAVING count(*) > 1", BACKUP,
    ),
    (
        N_("a follow-up is closed by half"),
        "SELECT customer_id FROM follow_up WHERE (closed_at IS NULL) <> (closed_as IS NULL)", BACKUP,
    ),
    (
        N_("the ownership log does not end where the customer is"),
        "SELECT c.id FROM customer c LEFT JOIN (SELECT customer_id, to_owner_id, to_pool_id, max(id) FROM ownership_log"
        " GROUP BY customer_id) l ON l.customer_id = c.id"
        " WHERE l.customer_id IS NULL OR l.to_owner_id IS NOT c.owner_id OR l.to_pool_id IS NOT c.pool_id", BACKUP,
    ),
    (
        N_("the ownership log has a gap"),
        "SELECT customer_id FROM (SELECT customer_id, from_owner_id, from_pool_id,"
        " lag(to_owner_id) OVER one AS owner, lag(to_pool_id) OVER one AS pool"
        " FROM ownership_log WINDOW one AS (PARTITION BY customer_id ORDER BY id))"
        " WHERE from_owner_id IS NOT owner OR from_pool_id IS NOT pool", BACKUP,
    ),
    (
        N_("something waits for the holder of a customer that nobody holds"),
        "SELECT customer_id FROM recycle_warning w JOIN customer c ON c.id = w.customer_id WHERE c.owner_id IS NULL"
        " UNION SELECT t.customer_id FROM transfer t JOIN customer c ON c.id = t.customer_id"
        " WHERE t.closed_at IS NULL AND c.owner_id IS NULL", BACKUP,
    ),
    (
        N_("somebody who has left still holds a customer"),
        "SELECT c.id FROM customer c JOIN user u ON u.id = c.owner_id WHERE u.state = 'left'",
        N_("crm-tui assign LOGIN --on id:… gives them to somebody"),
    ),
    (
        N_("a customer that was merged into another is not archived"),
        "SELECT id FROM customer WHERE merged_into IS NOT NULL AND archived_at IS NULL",
        N_("crm-tui archive ID archives it"),
    ),
    (
        N_("customers were merged into each other in a circle"),
        "WITH RECURSIVE way (id, at, steps) AS (SELECT id, merged_into, 1 FROM customer WHERE merged_into IS NOT NULL"
        " UNION ALL SELECT w.id, c.merged_into, w.steps + 1 FROM way w JOIN customer c ON c.id = w.at"
        " WHERE c.merged_into IS NOT NULL AND w.at <> w.id AND w.steps < 100) SELECT id FROM way WHERE at = id", BACKUP,
    ),
)  # fmt: skip
"""What is said, the query for the rows (ids of customers), and the remedy."""


KEPT = {
    "worth": N_("the kept metrics differ from the orders, payments and estimates"),
    "effort": N_("the kept contacts differ from the interactions"),
    "stage_count": N_("the kept counts differ from the customers and open deals"),
}
"""What is said of what is kept, by table: `crm-tui rebuild` computes it anew, as it does what is derived."""

_SAID = {**KEPT, **repairs.DERIVED}


def differing(database: Database, limit: int = 20) -> dict[str, list[str]]:
    """What is kept and is not what would be computed, each with the first rows."""
    found = {**repairs.differing(database, limit), **worth.differing(database, limit)}
    return {_SAID[table]: rows for table, rows in found.items()}


def broken(database: Database, limit: int = 20) -> dict[str, list[str]]:
    """The rules that do not hold, each with the first rows that break it."""
    return {what: rows for what, __, rows in broken_rules(database, limit)}


def broken_rules(
    database: Database, limit: int = 20, progress: Callable[[int, int], None] | None = None
) -> Iterator[tuple[str, str, list[str]]]:
    """The rules that do not hold: what is said, the remedy, the first rows that break it."""
    for number, (what, sql, remedy) in enumerate(INVARIANTS):
        if progress is not None:
            progress(number, len(INVARIANTS))
        rows = [str(row[0]) for row in database.rows(f"{sql} LIMIT {int(limit)}")]
        if rows:
            yield what, remedy, rows


def broken_chain(database: Database, progress: chain.Progress | None = None) -> chain.Break | None:
    """The first entry of the journal that was tampered with."""
    with database._explained():
        return chain.verify(database.connection, progress)


def misfits(database: Database) -> list[anchors.Anchor]:
    """What is noted of the journal outside the database, and is not so."""
    with database._explained():
        return anchors.misfits(database.connection, anchors.known(database.path))


@contextmanager
def interruptible(database: Database, tick: Callable[[], None]) -> Iterator[None]:
    """Within it queries call `tick` now and then, which may raise; a ctrl-c ends them too."""

    def stepped() -> bool:
        tick()
        return False

    database.connection.set_progress_handler(stepped, 1_000_000)
    try:
        yield
    finally:
        database.connection.set_progress_handler(None)


def damage(database: Database) -> list[str]:
    """What SQLite's own check finds wrong with the file; empty for a sound one."""
    return [str(row[0]) for row in database.rows("PRAGMA integrity_check(20)") if row[0] != "ok"]


def dangling(database: Database) -> list[tuple[str, int]]:
    """Rows that point at one which is not there: (table, row)."""
    return [(table, key) for table, key, *__ in database.rows("PRAGMA foreign_key_check")]
