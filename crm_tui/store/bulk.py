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

_FEW = 5_000
"""Rows before it is worth it."""


class Upkeep:
    """The indexes of what new customers are written into, while they are."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._before = int(database.value("SELECT count(*) FROM customer") or 0)
        self._written = 0
        self._dropped: list[str] = []

    def wrote(self, customers: int) -> None:
        """So many more are written: from half of those on that were there before, it is no more than once as dear to
        make the indexes of all again.
        """
        self._written += customers
        if not self._dropped and self._written >= max(_FEW, self._before // 2):
            self._drop()

    def _drop(self) -> None:
        marks = ", ".join("?" * len(_TABLES))
        found = self._database.rows(
            f"SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})"
            f" AND name NOT IN ({', '.join('?' * len(_KEPT))}) ORDER BY rowid",
            (*_TABLES, *_KEPT),
        )
        for name, sql in found:
            self._database.execute(f"DROP INDEX {name}")
            self._dropped.append(sql)
        gather_search(self._database, much=True)

    def make(self) -> Iterator[None]:
        """Make those again that were dropped, one a step."""
        if self._dropped:
            gather_search(self._database, much=False)
        while self._dropped:
            self._database.execute(self._dropped.pop(0))
            yield

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
