"""`python -m tests.benchmarks`: the budgets, measured against what each is a ratio to, in one run, as one table.

    --customers N   the big database (1,000,000); the small one has 10,000
    --cache FOLDER  where the databases are kept between runs (a folder of that name in the temporary one)
    --seeded        customers written straight into the tables: without it they are brought in from a CSV by
                    `crm-tui import`, which is what the budgets are of, and takes minutes the first time
    --peers         install what ours is measured against first: sqlite-utils and VisiData into an environment of
                    their own in the cache, Taskwarrior and sqlite3 by apt-get where one is root
    --only GROUP    screens, filters, assign, macros, peers, worth (of 100,000 customers with ten order lines each) or
                    sessions (over SSH, as root only); may be repeated

The exit code is 0 even where a budget is exceeded: the table says it, on whatever machine it was made.
"""

from __future__ import annotations

import argparse
import compileall
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import crm_tui
from tests.benchmarks import (
    assign,
    customers,
    filters,
    imported,
    installed,
    macros,
    peers,
    screens,
    sessions,
    trade,
    worth,
)
from tests.benchmarks.table import Row, printed

GROUPS = ("screens", "filters", "assign", "macros", "peers", "worth", "sessions")
SMALL = 10_000
BUYING = 100_000
"""Customers whose orders are measured."""


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--customers", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--cache", metavar="FOLDER")
    parser.add_argument("--only", action="append", choices=GROUPS)
    parser.add_argument("--seeded", action="store_true")
    parser.add_argument("--peers", action="store_true")
    given = parser.parse_args(words)
    _as_installed()
    now, cache = datetime.now(UTC), customers.folder(given.cache)
    if given.peers:
        installed.install(cache)
    groups = given.only or GROUPS
    rows: list[Row] = []
    if set(groups) - {"worth"}:  # the million is not made for nothing
        way = () if given.seeded else (imported.fill, "imported", imported.source())
        small, big = (customers.kept(cache, size, now, *way) for size in (SMALL, given.customers))
        table = imported.table_of(cache, given.customers, now)
    for group in groups:
        print(f"{group} …", file=sys.stderr, flush=True)
        rows += traded(cache, now) if group == "worth" else measured(group, small, big, table)
    print(printed(rows))
    over = sum(row.verdict == "over" for row in rows)
    print(f"\n{len(rows)} rows, {over} over")
    if set(groups) - {"worth"}:
        print(f"{given.customers:,} customers, {big.stat().st_size / 1e6:,.0f} MB")
    return 0


def _as_installed() -> None:
    """An installed program has its bytecode beside it, which a checkout may lack: without it, starting is compiling."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    compileall.compile_dir(Path(crm_tui.__file__).parent, quiet=1)


def traded(cache: Path, now: datetime) -> list[Row]:
    """The rows of what is bought and owed."""
    few, many = (trade.kept(cache, size, now) for size in (SMALL, BUYING))
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        return list(worth.rows(few, many, Path(scratch)))


def measured(group: str, small: Path, big: Path, table: Path) -> list[Row]:
    """The rows of one group."""
    if group == "screens":
        return list(screens.rows(big))
    if group == "sessions":
        return list(sessions.rows())
    if group == "filters":
        return list(filters.rows(small, big, sizes=f"{SMALL // 1_000}k"))
    with tempfile.TemporaryDirectory(dir=big.parent) as scratch:
        if group == "macros":
            return list(macros.rows(small, Path(scratch)))
        if group == "assign":
            return list(assign.rows(big, Path(scratch)))
        return list(peers.rows(big, Path(scratch), table))


if __name__ == "__main__":
    sys.exit(main())
