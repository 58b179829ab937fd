"""Indexes are not kept up row by row while very many rows come: dropped and made again at once, sorted, which is far
less work; and what is searched is gathered in larger pieces. All of it within the
transaction of the rows: whoever looks from outside never sees the table without them.
"""

from __future__ import annotations

from collections.abc import Iterator

from crm_tui.store.database import Database

_TABLES = (
    "customer", "contact", "customer_tier", "follow_up", "tag", "journal_change", "ownership_log", "stage_change",
    "tier_change",
)  # fmt: skip
_KEPT = ("customer_name", "contact_customer")
"""By which it is asked, of every row that comes, who is there already."""
_ASKED = ("customer_phone", "customer_email", "customer_tax", "contact_phone", "contact_email")
"""By which it is asked in the end whom those that came resemble."""

_FEW = 5_000
"""Rows before it is worth it."""
_SHARE = 5
"""It is where this many times the rows that come are more than were there: to keep up the indexes for a row is about
so much dearer than to make them again for one.
"""

_SORTED = 32_000
"""KiB of pages that are kept in memory while indexes are made: before and after, `importing.room` says how many."""

# What the triggers of a single new customer do, for all from one id to another: see the migrations.
_OWNERSHIP = """
INSERT INTO ownership_log (entry_id, customer_id, kind, to_owner_id, to_pool_id, user_id, reason, at)
    SELECT e.id, c.id, CASE WHEN e.kind <> 'do' THEN e.kind WHEN e.move <> '' THEN e.move ELSE 'make' END,
        c.owner_id, c.pool_id, e.user_id, e.move_reason, e.at
    FROM journal_entry e CROSS JOIN customer c
    WHERE e.id = (SELECT max(id) FROM journal_entry) AND c.id BETWEEN ? AND ? ORDER BY c.id
"""
_COUNT = """
INSERT INTO stage_count (holder, stage, customers, amount)
    SELECT coalesce('u' || owner_id, 'p' || pool_id, 'b'), stage, count(*), 0 FROM customer
    WHERE id BETWEEN ? AND ? AND archived_at IS NULL GROUP BY 1, 2
    ON CONFLICT (holder, stage) DO UPDATE SET customers = customers + excluded.customers
"""
_TRIGGERS = {"ownership_insert": _OWNERSHIP, "customer_count_insert": _COUNT}
_GUARDS = ("journal_change_once", "ownership_log_once", "stage_change_once", "tier_change_once")
"""What refuses an id that is there already costs as much as the row itself, and here the database gives the ids."""


class Upkeep:
    """The indexes of what new customers are written into, and what is kept of each, while many are written."""

    def __init__(self, database: Database, most: int | None) -> None:
        """`most` is how many rows there may be to come, None where nobody knows."""
        self._database = database
        self._most = most
        self._before = int(database.value("SELECT count(*) FROM customer") or 0)
        self._newest = self._last()
        self._written = self._read = 0
        self._dropped: list[tuple[str, str]] = []
        self._triggers: list[str] = []
        if not self._before and (most or 0) >= _FEW:
            self._drop()

    def wrote(self, customers: int, rows: int) -> None:
        """So many more are written, of so many rows."""
        self._written += customers
        self._read += rows
        if self._triggers:
            self._keep()
        elif self._is_worth_it():
            self._drop()

    def _is_worth_it(self) -> bool:
        """As far as can be told by the rows that have come."""
        still = max((self._most or 0) - self._read, 0)
        coming = self._written * still // max(self._read, 1)
        return self._written >= _FEW and coming >= _FEW and coming * _SHARE > self._before

    def _last(self) -> int:
        return int(self._database.value("SELECT max(id) FROM customer") or 0)

    def _drop(self) -> None:
        marks = ", ".join("?" * len(_TABLES))
        found = self._database.rows(
            f"SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})"
            f" AND name NOT IN ({', '.join('?' * len(_KEPT))}) ORDER BY rowid",
            (*_TABLES, *_KEPT),
        )
        for name, sql in found:
            self._database.execute(f"DROP INDEX {name}")
            self._dropped.append((name, sql))
        for name in (*_TRIGGERS, *_GUARDS):
            sql = self._database.value("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?", (name,))
            if sql:  # `check` tells of one that is gone
                self._triggers.append(sql)
                self._database.execute(f"DROP TRIGGER {name}")
        self._newest = self._last()
        gather_search(self._database, much=True)

    def _keep(self) -> None:
        """What the triggers would have kept of those that were written since."""
        last = self._last()
        for sql in _TRIGGERS.values():
            self._database.execute(sql, (self._newest + 1, last))
        self._newest = last

    def make(self, *, all_of_them: bool = True) -> Iterator[None]:
        """Make those again that were dropped, one a step; or only those by which it is asked in the end."""
        if self._dropped:
            gather_search(self._database, much=False)
            # What is sorted takes as much memory again as the pages are given.
            self._database.connection.pragma("cache_size", -_SORTED)
        for name, sql in self._dropped:
            if all_of_them or name in _ASKED:
                self._database.execute(sql)
                yield
        for sql in self._triggers:
            self._database.execute(sql)
        self._dropped, self._triggers = [], []


_SEARCH = ("search_trigram", "search_gram")
_BULK = {"hashsize": 16 << 20, "automerge": 0}
_USUAL = {"hashsize": 1 << 20, "automerge": 4}
"""Bytes of index that FTS5 gathers before it writes them, and whether it merges what it wrote as it goes: its own
defaults (sqlite.org/fts5.html), and what very many rows are written with.
"""


def gather_search(database: Database, *, much: bool) -> None:
    """Have the search index gather more before it writes, or as usual again."""
    for table in _SEARCH:
        for name, value in (_BULK if much else _USUAL).items():
            database.execute(f"INSERT INTO {table} ({table}, rank) VALUES (?, ?)", (name, value))
