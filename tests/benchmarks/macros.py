"""A macro of two commands on each of a thousand marked rows, against the same two thousand commands one by one.

Both in this process, each on a copy of the small database; then the one undo of the run, which must bring back the
former state, row by row.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from pathlib import Path

from crm_tui.commands import running
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import Targets, perform, prepare
from crm_tui.commands.language import read, read_arguments
from crm_tui.commands.printing import Printer
from crm_tui.services import history, lists, people
from crm_tui.services.lists import Query
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from tests.benchmarks.customers import ADMIN
from tests.benchmarks.table import Row
from tests.store.present import present

MANY = 1_000
LINES = ("tag replayed", "next +3d --purpose replayed")
BUDGET = 1.5
TIMES = 3
"""Each is measured so often, and the quickest counts: most of it is waiting for the disk."""
UNDO = 3.0
"""Seconds for the undo of the whole run."""


def rows(small: Path, scratch: Path) -> Iterator[Row]:
    """All rows of this group."""
    singly = [_timed(small, scratch / "singly.db", _singly) for __ in range(TIMES)]
    played = [_timed(small, scratch / "macro.db", _played) for __ in range(TIMES)]
    one_by_one = min(times[0] for times in singly)
    run, undo = min(times[0] for times in played), min(times[1] for times in played)
    same = all(times[2] for times in played)
    n = f"{MANY * len(LINES):,}"
    yield Row(f"macro on each of {MANY:,} rows, {n} steps", run, "s", "one by one", one_by_one, BUDGET)
    yield Row(f"undo of that run{'' if same else ': NOT THE FORMER STATE'}", undo, "s", budget=UNDO if same else 0)


def _timed(small: Path, path: Path, play: Callable[[Session, list[int], Path], None]) -> tuple[float, float, bool]:
    """Seconds that playing took, and the undo of what came last; whether that brought back the former state."""
    database = Database(Path(shutil.copy(small, path)))
    admin = people.sign_in(database, ADMIN, source="benchmark")
    ids = lists.page(admin, Query("-pool:any"), limit=MANY).ids
    assert len(ids) == MANY
    before = present(database)
    began = time.perf_counter()
    play(admin, ids, path)
    played = time.perf_counter()
    history.undo(admin)
    undone = time.perf_counter()
    same = present(database) == before
    database.close()
    path.unlink()
    return played - began, undone - played, same


def _singly(admin: Session, ids: list[int], path: Path) -> None:
    for key in ids:
        for line in LINES:
            outcome = perform(admin, prepare(admin, read(line, CATALOG), Targets((key,))))
            assert outcome.changed == (key,)


def _played(admin: Session, ids: list[int], path: Path) -> None:
    macro = path.with_suffix(".macro")
    macro.write_text("on each\n" + "".join(f"{line}\n" for line in LINES), encoding="utf-8")
    call = read_arguments(["run", str(macro), *map(str, ids), "--yes", "--quiet"], CATALOG)
    with open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):
        assert running.run(admin, call, prepare(admin, call).values, Printer(call.flags)) == 0
