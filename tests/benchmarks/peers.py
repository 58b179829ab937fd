"""Work done in bulk, and what people would use instead: Taskwarrior, sqlite3, sqlite-utils.

A peer that is missing is noted. Whatever opens a file with another SQLite does so in another process, on a file of
its own.
"""

from __future__ import annotations

import csv
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
from tests.benchmarks.customers import ADMIN, CITIES, INDUSTRIES, SOURCES, fill
from tests.benchmarks.table import Row

TASKS, GRADED, IMPORTED = 10_000, 10_000, 100_000
_RUNS = 5


def rows(big: Path, scratch: Path) -> Iterator[Row]:
    """All rows of this group; `scratch` is an empty folder for their files."""
    yield due_queue(scratch)
    yield from graded(big, scratch)
    yield from imports(scratch)


def run(words: Sequence[str | Path], **environ: str) -> float:
    """The seconds that a command takes. Raises CalledProcessError when it fails."""
    start = time.perf_counter()
    subprocess.run(
        [str(word) for word in words], check=True, env={**os.environ, **environ}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    return time.perf_counter() - start


def quickest(*jobs: Callable[[], float]) -> list[float]:
    """The median milliseconds of each job, taken in turn."""
    times = [[job() for job in jobs] for _ in range(_RUNS + 1)][1:]
    return [median(found) * 1_000 for found in zip(*times, strict=True)]


def ours(path: Path, *words: str | Path, user: str) -> list[str | Path]:
    """The command line of the program on that database."""
    return [sys.executable, "-m", "crm_tui", "--db", path, "--user", user, *words]


# -- the queue


def due_queue(scratch: Path) -> Row:
    """One user with so many open follow-ups, against the same tasks."""
    name = f"due, {TASKS:,} follow-ups"
    path = scratch / "due.db"
    user = one_holder(path)
    settings = {"CRM_TUI_CONFIG": str(scratch / "none.toml")}
    program = shutil.which("task")
    if program is None:
        [took] = quickest(lambda: run(ours(path, "due", user=user), **settings))
        return Row(name, took, "ms", "no Taskwarrior here: apt install taskwarrior")
    home = tasks(scratch)
    took, theirs = quickest(
        lambda: run(ours(path, "due", user=user), **settings), lambda: run([program, "next"], **home)
    )
    return Row(name, took, "ms", "task next", theirs, 1.0)


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


def imports(scratch: Path) -> Iterator[Row]:
    """The same CSV into a new database: ours checks, normalises, compares and indexes; the others just store it."""
    table = accounts(scratch / "accounts.csv")
    settings = {"CRM_TUI_CONFIG": str(scratch / "none.toml")}
    path = scratch / "imported.db"
    people.sign_in(Database(path, create=True), ADMIN, source="benchmark").database.close()
    name = f"import of {IMPORTED:,} rows of CSV"
    took = run(ours(path, "import", table, "--yes", user=ADMIN), **settings)
    peer = utils()
    if peer is None:
        yield Row(name, note="no sqlite-utils here: pip install sqlite-utils")
    else:
        theirs = run([*peer, "insert", scratch / "utils.db", "account", table, "--csv"])
        yield Row(name, took, "s", "sqlite-utils insert", theirs, 1.0)
    program = shutil.which("sqlite3")
    if program is None:
        yield Row(name, note="no sqlite3 here: apt install sqlite3")
    else:
        theirs = run([program, scratch / "plain.db", "-cmd", ".mode csv", f".import {table} account"])
        yield Row(name, took, "s", "sqlite3 .import", theirs, 15.0)


def utils() -> list[str | Path] | None:
    """The command of sqlite-utils, from this environment or the path."""
    beside = Path(sys.executable).with_name("sqlite-utils")
    found = beside if beside.exists() else shutil.which("sqlite-utils")
    return [found] if found else None


def accounts(path: Path) -> Path:
    """A table as teams have them."""
    dice = Random(2)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "phone", "email", "region", "industry", "source", "contact", "note"])
        for number in range(IMPORTED):
            city, han = dice.choice(CITIES), number % 2
            writer.writerow([
                f"{city}第{number}机械有限公司" if han else f"{city} Trading {number} Ltd",
                f"13{dice.randrange(10**9):09}", f"info{number}@firm{number}.example", city, dice.choice(INDUSTRIES),
                dice.choice(SOURCES), "王伟" if han else "Tom Baker", "met at the fair",
            ])  # fmt: skip
    return path
