"""What must hold between the tables whatever was done, as queries that find the rows where it does not (DOMAIN §2, §4).

The texts are what `crm-tui check` says of a row that is found.
"""

from __future__ import annotations

from crm_tui.domain.language import N_
from crm_tui.store import worth
from crm_tui.store.database import Database

INVARIANTS = (
    (
        N_("a customer has neither owner nor pool, or both"),
        "SELECT id FROM customer WHERE (owner_id IS NOT NULL) + (pool_id IS NOT NULL) + (blocked <> 0) <> 1",
    ),
    (
        N_("the stage is not the last step of its history"),
        "SELECT c.id FROM customer c WHERE c.stage IS NOT (SELECT to_stage FROM stage_change s"
        " WHERE s.customer_id = c.id ORDER BY s.id DESC LIMIT 1)",
    ),
    (
        N_("the history of stages has a gap"),
        "SELECT customer_id FROM (SELECT customer_id, from_stage,"
        " lag(to_stage) OVER (PARTITION BY customer_id ORDER BY id) AS before FROM stage_change)"
        " WHERE from_stage IS NOT before",
    ),
    (
        N_("the next date is not that of the open follow-up"),
        "SELECT c.id FROM customer c LEFT JOIN follow_up f ON f.customer_id = c.id AND f.closed_at IS NULL"
        " WHERE c.next_on IS NOT f.due_on OR c.next_at IS NOT f.due_at",
    ),
    (
        N_("the last contact is older than an interaction says"),
        "SELECT c.id FROM customer c WHERE c.last_touch IS NOT NULL AND c.last_touch < coalesce(c.last_contact, '')",
    ),
    (
        N_("the ownership log does not end where the customer is"),
        "SELECT c.id FROM customer c LEFT JOIN ownership_log l ON l.id ="
        " (SELECT max(id) FROM ownership_log WHERE customer_id = c.id)"
        " WHERE l.to_owner_id IS NOT c.owner_id OR l.to_pool_id IS NOT c.pool_id",
    ),
    (
        N_("the ownership log has a gap"),
        "SELECT customer_id FROM (SELECT customer_id, from_owner_id, from_pool_id,"
        " lag(to_owner_id) OVER one AS owner, lag(to_pool_id) OVER one AS pool"
        " FROM ownership_log WINDOW one AS (PARTITION BY customer_id ORDER BY id))"
        " WHERE from_owner_id IS NOT owner OR from_pool_id IS NOT pool",
    ),
    (
        N_("something waits for the holder of a customer that nobody holds"),
        "SELECT customer_id FROM recycle_warning w JOIN customer c ON c.id = w.customer_id WHERE c.owner_id IS NULL"
        " UNION SELECT t.customer_id FROM transfer t JOIN customer c ON c.id = t.customer_id"
        " WHERE t.closed_at IS NULL AND c.owner_id IS NULL",
    ),
    (
        N_("somebody who has left still holds a customer"),
        "SELECT c.id FROM customer c JOIN user u ON u.id = c.owner_id WHERE u.state = 'left'",
    ),
)


KEPT = {
    "worth": N_("the kept metrics differ from the orders, payments and estimates"),
    "effort": N_("the kept contacts differ from the interactions"),
    "stage_count": N_("the kept counts differ from the customers and open deals"),
}
"""What is said of what is kept, by table: `crm-tui rebuild` computes it anew."""


def differing(database: Database, limit: int = 20) -> dict[str, list[str]]:
    """What is kept and is not what would be computed, each with the first rows."""
    return {KEPT[table]: rows for table, rows in worth.differing(database, limit).items()}


def broken(database: Database, limit: int = 20) -> dict[str, list[str]]:
    """The rules that do not hold, each with the first rows that break it."""
    found = {what: [str(row[0]) for row in database.rows(f"{sql} LIMIT {int(limit)}")] for what, sql in INVARIANTS}
    return {what: rows for what, rows in found.items() if rows}


def damage(database: Database) -> list[str]:
    """What SQLite's own check finds wrong with the file; empty for a sound one."""
    return [str(row[0]) for row in database.rows("PRAGMA integrity_check(20)") if row[0] != "ok"]


def dangling(database: Database) -> list[tuple[str, int]]:
    """Rows that point at one which is not there: (table, row)."""
    return [(table, key) for table, key, *__ in database.rows("PRAGMA foreign_key_check")]
