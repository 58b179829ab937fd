"""What must hold between the tables whatever was done, as queries that find the rows where it does not (DOMAIN §2–§5,
§8, §9).

The texts are what `crm-tui check` says of a row that is found. What is derived is mended by `store.repairs`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import apsw

from crm_tui.domain.language import N_
from crm_tui.store import anchors, chain, repairs, worth
from crm_tui.store.database import Database

_NEAR = 1 / 24
"""Days that a stamp of an action may be from that of its entry: an import of a million takes minutes."""
_MADE_WHOLE = "SELECT id FROM journal_entry WHERE source IN ('demo', 'benchmark')"
"""The entries of data that was made with a history of its own."""
_HISTORIES = " UNION ".join(
    f"SELECT h.customer_id FROM {table} h JOIN journal_entry e ON e.id = h.entry_id WHERE h.at <> e.at"
    f" AND abs(julianday(h.at) - julianday(e.at)) > {near} AND e.id NOT IN ({_MADE_WHOLE})"
    for table, near in (("ownership_log", 0), ("stage_change", _NEAR), ("tier_change", _NEAR), ("disclosure", _NEAR))
)

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
        N_("a history is not of the moment of its entry in the journal"),
        _HISTORIES, BACKUP,
    ),
    (
        # Taking a move back brings the old start back too: what the journal says last is then the start.
        N_("the start of holding is not that of its history"),
        "SELECT c.id FROM customer c LEFT JOIN ownership_log l ON l.id = (SELECT max(id) FROM ownership_log"
        " WHERE customer_id = c.id AND to_owner_id = c.owner_id) WHERE c.owner_id IS NOT NULL"
        f" AND coalesce(abs(julianday(c.held_since) - julianday(l.at)) > {_NEAR}, 1)"
        f" AND coalesce(l.entry_id, 0) NOT IN ({_MADE_WHOLE}) AND c.held_since IS NOT (SELECT j.after ->> 'held_since'"
        " FROM journal_change j WHERE j.record = 'customer' AND j.record_id = c.id"
        " AND json_type(j.after, '$.held_since') IS NOT NULL ORDER BY j.id DESC LIMIT 1)", BACKUP,
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


def look(database: Database) -> None:
    """DatabaseUnusable where the file is damaged: a look at every page, that compares no index with its table."""
    with database._explained():
        [(found,), *__] = database.connection.execute("PRAGMA quick_check(1)").fetchall()
        if found != "ok":
            raise apsw.CorruptError(str(found))


def dangling(database: Database) -> list[tuple[str, int]]:
    """Rows that point at one which is not there: (table, row)."""
    return [(table, key) for table, key, *__ in database.rows("PRAGMA foreign_key_check")]
