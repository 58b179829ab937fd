"""Ten thousand customers of the pool assigned in one stroke, and taken back, journal and all (DESIGN §7).

Measured on a copy of the big database: what a verb takes hangs on what else lies in the tables.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from crm_tui.services import history, lists, people, pools
from crm_tui.services.lists import Query
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from tests.benchmarks.customers import ADMIN
from tests.benchmarks.table import Row

MANY = 10_000
BUDGET = 1.0
WAYS = ("rep2", "rr:rep2,rep3,rep4,rep5", "least:rep2,rep3,rep4,rep5")


def rows(big: Path, scratch: Path) -> Iterator[Row]:
    """All rows of this group."""
    path = Path(shutil.copy(big, scratch / "assign.db"))
    database = Database(path)
    admin = people.sign_in(database, ADMIN, source="benchmark")
    with database.writing():  # so many rows are more than reps may hold
        database.execute("UPDATE user SET role = 'lead' WHERE login IN ('rep2', 'rep3', 'rep4', 'rep5')")
    ids = lists.page(admin, Query("pool:default"), limit=MANY).ids
    for to in WAYS:
        yield from _there_and_back(admin, ids, to)
    database.close()
    path.unlink()


def _there_and_back(admin: Session, ids: list[int], to: str) -> Iterator[Row]:
    began = time.perf_counter()
    done = len(pools.assign(admin, ids, to).changed)
    assigned = time.perf_counter()
    history.undo(admin)
    undone = time.perf_counter()
    way = to.partition(":")[0] if ":" in to else "one rep"
    yield Row(f"assign {done:,} ({way})", assigned - began, "s", budget=BUDGET)
    yield Row(f"undo of {done:,} ({way})", undone - assigned, "s", budget=BUDGET)
