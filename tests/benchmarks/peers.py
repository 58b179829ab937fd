"""Work done in bulk, and what people would use instead: Taskwarrior, sqlite3, sqlite-utils.

A peer that is missing is noted. Whatever opens a file with another SQLite does so in another process, on a file of
its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median

from crm_tui.domain.schemes import shipped
from crm_tui.services import history, lists, people, tiers
from crm_tui.services.lists import Query
from crm_tui.store.database import Database
from tests.benchmarks import imported, installed, sheets
from tests.benchmarks.customers import ADMIN, CITIES, fill
from tests.benchmarks.table import Row

TASKS = GRADED = 10_000
OPEN = "120"
"""A customer of the seed that is neither archived nor lost."""
_RUNS = 5
_PARTLY = 4


def rows(big: Path, scratch: Path, table: Path) -> Iterator[Row]:
    """All rows of this group; `scratch` is an empty folder for their files, `table` the CSV that `big` came from."""
    yield from due_queue(scratch)
    yield from graded(big, scratch)
    yield from imports(scratch, table)
    yield from sheets.rows(big.parent, big, table)


def run(words: Sequence[str | Path], **environ: str) -> float:
    """The seconds that a command takes. Raises CalledProcessError when it fails; some rows refused is no failure."""
    start = time.perf_counter()
    done = subprocess.run(
        [str(word) for word in words], env={**os.environ, **environ}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    took = time.perf_counter() - start
    if done.returncode not in (0, _PARTLY):
        done.check_returncode()
    return took


def quickest(*jobs: Callable[[], float]) -> list[float]:
    """The median milliseconds of each job, taken in turn."""
    times = [[job() for job in jobs] for _ in range(_RUNS + 1)][1:]
    return [median(found) * 1_000 for found in zip(*times, strict=True)]


def ours(path: Path, *words: str | Path, user: str) -> list[str | Path]:
    """The command line of the program on that database."""
    return [sys.executable, "-m", "crm_tui", "--db", path, "--user", user, *words]


# -- the queue


def due_queue(scratch: Path) -> Iterator[Row]:
    """One user with so many open follow-ups, against the same tasks: the queue, and one more entry."""
    name = f"due, {TASKS:,} follow-ups"
    path = scratch / "due.db"
    user = one_holder(path)
    settings = {"CRM_TUI_CONFIG": str(scratch / "none.toml")}
    program = installed.program(scratch.parent, "task")
    if program is None:
        yield Row(name, note=installed.HOW["task"])
        return
    home = tasks(scratch)
    due, log = ours(path, "due", user=user), ours(path, "log", "called back", OPEN, user=user)
    took, theirs, logged, added = quickest(
        lambda: run(due, **settings), lambda: run([program, "next"], **home),
        lambda: run(log, **settings), lambda: run([program, "add", "call customer 1 back"], **home),
    )  # fmt: skip
    yield Row(name, took, "ms", "task next", theirs, 1.0)
    yield Row("log, among as many", logged, "ms", "task add", added)


def one_holder(path: Path) -> str:
    """Make a database in which one rep holds everything, with as many open follow-ups as there are tasks."""
    database = Database(path, create=True)
    fill(database, TASKS, datetime.now(UTC))
    with database.writing():
        database.execute("UPDATE customer SET owner_id = 2, pool_id = NULL, held_since = created_at")
        database.execute("INSERT INTO setting (name, value) VALUES ('export.daily_cap', 'null')")  # a queue is data too
        due = "date('now', (id % 60 - 20) || ' days')"
        database.execute(f"UPDATE customer SET next_on = {due} WHERE next_on IS NULL")
        database.execute(
            "INSERT INTO follow_up (customer_id, user_id, kind, purpose, due_on, original_on, created_at)"
            " SELECT id, 2, 'promise', 'call back', next_on, next_on, created_at FROM customer c"
            " WHERE NOT EXISTS (SELECT 1 FROM follow_up f WHERE f.customer_id = c.id)"
        )
    database.close()
    return "rep2"


def tasks(scratch: Path) -> Mapping[str, str]:
    """Give Taskwarrior as many tasks; the environment that finds them."""
    data, dice, today = scratch / "tasks", Random(1), datetime.now(UTC)
    data.mkdir()
    (scratch / "taskrc").write_text(f"data.location={data}\nconfirmation=off\n")
    with (scratch / "tasks.json").open("w", encoding="utf-8") as file:
        for number in range(TASKS):
            due = today + timedelta(days=dice.randrange(-20, 40))
            file.write(
                f'{{"description": "call customer {number} back", "project": "{dice.choice(CITIES)}",'
                f' "due": "{due:%Y%m%dT%H%M%SZ}", "status": "pending"}}\n'
            )
    home = {"TASKRC": str(scratch / "taskrc"), "TASKDATA": str(data)}
    run(["task", "import", scratch / "tasks.json"], **home)
    return home


# -- many rows at once


def graded(big: Path, scratch: Path) -> Iterator[Row]:
    """A tier for many customers in one command, and its undo, on a copy of the big database."""
    path = Path(shutil.copy(big, scratch / "graded.db"))
    database = Database(path)
    session = people.sign_in(database, ADMIN, source="benchmark")
    times: dict[str, list[float]] = {"set": [], "undo": []}
    ids = lists.page(session, Query("-tier:A"), limit=GRADED).ids
    for _ in range(3):
        start = time.perf_counter()
        outcome = tiers.assign(session, ids, "A", shipped()["abcd"])
        times["set"].append((time.perf_counter() - start) * 1_000)
        assert len(outcome.changed) == GRADED
        start = time.perf_counter()
        taken_back = history.undo(session)
        times["undo"].append((time.perf_counter() - start) * 1_000)
        assert len(taken_back.changed) == GRADED
    database.close()
    path.unlink()
    yield Row(f"tier set on {GRADED:,} rows", median(times["set"]), "ms", budget=1_000)
    yield Row(f"undo of {GRADED:,} rows", median(times["undo"]), "ms", budget=1_000)


# -- import


def imports(scratch: Path, table: Path) -> Iterator[Row]:
    """The same CSV into a new database: ours checks, normalises, compares and indexes; the others just store it."""
    settings = {"CRM_TUI_CONFIG": str(scratch / "none.toml")}
    path = scratch / "imported.db"
    count = sum(1 for _ in table.open("rb")) - 1
    database = Database(path, create=True)
    imported.staff(database, count, datetime.now(UTC))
    database.close()
    name = f"import of {count:,} rows of CSV"
    took = run(ours(path, "import", table, "--yes", "--errors", scratch / "errors.csv", user=ADMIN), **settings)
    for known, words, budget in (
        ("sqlite-utils", ("insert", scratch / "utils.db", "account", table, "--csv"), 1.0),
        ("sqlite3", (scratch / "plain.db", "-cmd", ".mode csv", f".import {table} account"), 15.0),
    ):
        program = installed.program(scratch.parent, known)
        if program is None:
            yield Row(name, note=installed.HOW[known])
        else:
            yield Row(name, took, "s", " ".join((known, str(words[0]) if known != "sqlite3" else ".import")),
                      run([program, *words]), budget)
