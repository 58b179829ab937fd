"""The present state of a database, and what must hold of it whatever was done, undone and done again."""

from __future__ import annotations

from typing import Any

from crm_tui.domain.filters.search import SHORT
from crm_tui.domain.settings import load
from crm_tui.store import people, search
from crm_tui.store.database import Database
from crm_tui.store.models import JOURNALED, columns

State = dict[str, list[tuple[Any, ...]]]


def present(database: Database) -> State:
    """All rows of the journaled tables in order, without their versions."""
    found: State = {}
    for table, model in JOURNALED.items():
        names = ", ".join(name for name in columns(model) if name != "version")
        found[table] = database.rows(f"SELECT {names} FROM {table} ORDER BY id")
    return found


def check(database: Database) -> None:
    """Assert every rule that ties the tables together."""
    rules = (_holding, _ownership, _between_people, _stages, _counts, _follow_ups, _clocks, _tiers, _journal, _search)
    for rule in rules:
        rule(database)
    assert database.rows("PRAGMA foreign_key_check") == []


def _none(database: Database, sql: str) -> None:
    assert database.rows(sql) == []


def _holding(database: Database) -> None:
    _none(
        database,
        "SELECT id FROM customer WHERE (owner_id IS NOT NULL) + (pool_id IS NOT NULL) + (blocked <> 0) <> 1",
    )


def _ownership(database: Database) -> None:
    """A customer's log has no gap, begins at nothing, and ends where the customer is (nowhere: blocked, gone)."""
    _none(
        database,
        "SELECT * FROM (SELECT customer_id, from_owner_id, from_pool_id,"
        " lag(to_owner_id) OVER (PARTITION BY customer_id ORDER BY id) AS owner,"
        " lag(to_pool_id) OVER (PARTITION BY customer_id ORDER BY id) AS pool FROM ownership_log)"
        " WHERE from_owner_id IS NOT owner OR from_pool_id IS NOT pool",
    )
    _none(
        database,
        "SELECT l.customer_id, c.id FROM ownership_log l LEFT JOIN customer c ON c.id = l.customer_id"
        " WHERE l.id = (SELECT max(id) FROM ownership_log WHERE customer_id = l.customer_id)"
        " AND (l.to_owner_id IS NOT c.owner_id OR l.to_pool_id IS NOT c.pool_id)",
    )
    _none(database, "SELECT id FROM customer WHERE id NOT IN (SELECT customer_id FROM ownership_log)")
    _none(database, "SELECT id FROM ownership_log WHERE to_owner_id IS NOT NULL AND to_pool_id IS NOT NULL")


def _between_people(database: Database) -> None:
    """What passes between people ends with the holding that it belongs to."""
    _none(database, "SELECT id FROM customer WHERE (owner_id IS NULL) <> (held_since IS NULL)")
    _none(
        database,
        "SELECT t.id FROM transfer t JOIN customer c ON c.id = t.customer_id"
        " WHERE t.closed_at IS NULL AND (c.owner_id IS NOT t.from_id OR t.to_id = t.from_id)",
    )
    _none(database, "SELECT id FROM transfer WHERE (closed_at IS NULL) <> (closed_as IS NULL)")
    _none(
        database,
        "SELECT n.id FROM notice n WHERE n.kind = 'offer' AND n.closed_at IS NULL AND NOT EXISTS (SELECT 1"
        " FROM transfer t WHERE t.customer_id = n.customer_id AND t.to_id = n.user_id AND t.closed_at IS NULL)",
    )
    _none(
        database,
        "SELECT w.id FROM recycle_warning w JOIN customer c ON c.id = w.customer_id WHERE c.owner_id IS NULL",
    )
    _none(
        database,
        "SELECT k.id FROM collaborator k JOIN customer c ON c.id = k.customer_id WHERE c.owner_id = k.user_id",
    )
    _none(
        database,
        "SELECT c.id FROM customer c JOIN user u ON u.id = c.owner_id WHERE u.state = 'left' OR u.role = 'service'",
    )


def _stages(database: Database) -> None:
    """The chain of each customer has no gap, begins at nothing, and ends where the customer is."""
    _none(
        database,
        "SELECT * FROM (SELECT customer_id, from_stage,"
        " lag(to_stage) OVER (PARTITION BY customer_id ORDER BY id) AS came FROM stage_change)"
        " WHERE from_stage IS NOT came",
    )
    _none(
        database,
        "SELECT id FROM customer c WHERE stage IS NOT"
        " (SELECT to_stage FROM stage_change WHERE customer_id = c.id ORDER BY id DESC LIMIT 1)",
    )
    _none(database, "SELECT id FROM stage_change WHERE days < 0")


def _counts(database: Database) -> None:
    counted = database.rows(
        "SELECT coalesce('u' || owner_id, 'p' || pool_id, 'b'), stage, count(*) FROM customer WHERE archived_at IS NULL"
        " GROUP BY 1, 2 ORDER BY 1, 2"
    )
    kept = database.rows("SELECT holder, stage, customers FROM stage_count WHERE customers <> 0 ORDER BY 1, 2")
    assert kept == counted


def _follow_ups(database: Database) -> None:
    """One is open at most, and the customer's row repeats it."""
    _none(
        database, "SELECT customer_id FROM follow_up WHERE closed_at IS NULL GROUP BY customer_id HAVING count(*) > 1"
    )
    _none(
        database,
        "SELECT c.id, c.next_on, f.due_on FROM customer c"
        " LEFT JOIN follow_up f ON f.customer_id = c.id AND f.closed_at IS NULL"
        " WHERE c.next_on IS NOT f.due_on OR c.next_at IS NOT f.due_at",
    )
    _none(database, "SELECT id FROM follow_up WHERE (closed_at IS NULL) <> (closed_as IS NULL)")


def _clocks(database: Database) -> None:
    _none(
        database,
        "SELECT id FROM customer c WHERE last_touch IS NOT"
        " (SELECT max(at) FROM interaction WHERE customer_id = c.id) OR last_contact > last_touch",
    )


def _tiers(database: Database) -> None:
    """The badge is the tier under the primary scheme, beside it what is computed and differs; the history of each
    scheme ends where the customer is.
    """
    settings = load(people.rules(database), None, people.schemes(database))
    graded: dict[int, list[str]] = {}
    for key, scheme in database.rows("SELECT customer_id, scheme FROM customer_tier WHERE tier IS NOT NULL"):
        graded.setdefault(key, []).append(scheme)
    waiting = {(key, scheme): computed for key, scheme, computed in database.rows(
        "SELECT customer_id, scheme, computed FROM customer_tier WHERE tier IS NULL AND computed IS NOT NULL"
    )}  # fmt: skip
    for key, stage, scheme, tier, rank, suggested, place, given, computed in database.rows(
        "SELECT c.id, c.stage, c.scheme, c.tier, c.tier_rank, c.suggested, c.suggested_rank, t.tier, t.computed"
        " FROM customer c LEFT JOIN customer_tier t ON t.customer_id = c.id AND t.scheme = c.scheme"
    ):
        assert scheme == settings.primary(stage, graded.get(key, []))
        assert tier == given
        assert rank == (settings.schemes[scheme].rank(tier) if tier else None)
        first = waiting.get((key, settings.primary(stage, settings.schemes)))
        if first:
            assert (suggested, place) == (first, None)
            continue
        assert suggested == (computed if computed != given else None)
        assert place == (settings.schemes[scheme].rank(suggested) if suggested else None)
    _none(database, "SELECT id FROM customer_tier WHERE until_on IS NOT NULL AND NOT by_hand")
    _none(
        database,
        "SELECT c.id FROM customer c"
        " JOIN (SELECT DISTINCT customer_id, scheme FROM tier_change) s ON s.customer_id = c.id"
        " LEFT JOIN customer_tier t ON t.customer_id = c.id AND t.scheme = s.scheme WHERE t.tier IS NOT"
        " (SELECT to_tier FROM tier_change h WHERE h.customer_id = c.id AND h.scheme = s.scheme"
        " ORDER BY id DESC LIMIT 1)",
    )
    _none(
        database,
        "SELECT * FROM (SELECT from_tier, lag(to_tier) OVER (PARTITION BY customer_id, scheme ORDER BY id) AS came"
        " FROM tier_change) WHERE from_tier IS NOT came",
    )


def _journal(database: Database) -> None:
    """No entry is empty but what was told, and runs, which have steps and change nothing themselves; a chain of changes
    is undone after an odd number of reverts.
    """
    _none(
        database,
        "SELECT id FROM journal_entry WHERE NOT fixed AND id NOT IN (SELECT entry_id FROM journal_change)"
        " AND id NOT IN (SELECT run_id FROM journal_entry WHERE run_id IS NOT NULL)",
    )
    _none(
        database,
        "SELECT s.id FROM journal_entry s LEFT JOIN journal_entry r ON r.id = s.run_id WHERE s.run_id IS NOT NULL AND"
        " (s.fixed OR r.id IS NULL OR r.id >= s.id OR r.kind <> 'do' OR r.run_id IS NOT NULL OR r.user_id <> s.user_id"
        "  OR r.id IN (SELECT entry_id FROM journal_change))",
    )
    undone = database.rows(
        "SELECT reverts_id FROM journal_change WHERE reverts_id IS NOT NULL GROUP BY reverts_id HAVING count(*) % 2"
        " ORDER BY 1"
    )
    assert undone == database.rows("SELECT id FROM journal_undone ORDER BY id")


def _search(database: Database) -> None:
    ids = [row[0] for row in database.rows("SELECT id FROM customer ORDER BY id")]
    for table in ("search_trigram", "search_gram"):
        assert [row[0] for row in database.rows(f"SELECT rowid FROM {table} ORDER BY rowid")] == ids
    texts = list(search.texts(database, ids))
    for word in {line for _, text, reach in texts for line in f"{text}\n{reach}".split("\n") if len(line) >= SHORT}:
        found = database.rows(
            "SELECT rowid FROM search_trigram WHERE search_trigram MATCH ? ORDER BY rowid", (f'"{word}"',)
        )
        assert [row[0] for row in found] == [key for key, text, reach in texts if word in text or word in reach], word
