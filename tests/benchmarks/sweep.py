"""`python -m tests.benchmarks.sweep [--customers N]`: how long a sweep takes, on a copy of the benchmark's database.

Printed are seconds: while all rules are off, the preview, the first sweep that warns of everybody who is late, a second
one that has nothing to do, and the one that returns them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from crm_tui.domain.settings import RECYCLE_PRESET, WIN_PRESET
from crm_tui.services import people, sweep
from crm_tui.services.session import Session
from tests.benchmarks import customers
from tests.benchmarks.table import Row, printed

T = TypeVar("T")


class Watch:
    """A clock that can be put forward, and a stopwatch."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self.rows: list[Row] = []

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def timed(self, name: str, job: Callable[[], T]) -> T:
        """Run it and note what it took."""
        began = time.perf_counter()
        found = job()
        self.rows.append(Row(name, time.perf_counter() - began, "s"))
        return found


def main() -> None:
    """Measure, print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.sweep")
    parser.add_argument("--customers", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--cache", metavar="FOLDER")
    given = parser.parse_args()
    kept = customers.kept(customers.folder(given.cache), given.customers, datetime.now(UTC))
    with tempfile.TemporaryDirectory(dir=kept.parent) as scratch:
        path = Path(scratch) / "crm.db"
        shutil.copy(kept, path)
        print(printed(measured(path)))


def measured(path: Path) -> list[Row]:
    """The rows of the table."""
    watch = Watch()
    session = people.open_session(path, customers.ADMIN, create=False, source="benchmark", clock=watch)
    watch.timed("sweep, all rules off", lambda: sweep.sweep(session))
    _switch_on(session)
    rows = watch.timed("preview", lambda: sweep.preview(session))
    print(", ".join(f"{n:,} {done}" for done, n in Counter(row.done for row in rows).items()))
    watch.timed("first sweep", lambda: sweep.sweep(session))
    watch.timed("second sweep, nothing to do", lambda: sweep.sweep(session))
    watch.ahead = timedelta(days=14)
    rows = watch.timed("preview, two weeks later", lambda: sweep.preview(session))
    print(", ".join(f"{n:,} {done}" for done, n in Counter(row.done for row in rows).items()))
    watch.timed("sweep, two weeks later", lambda: sweep.sweep(session))
    session.database.close()
    return watch.rows


def _switch_on(session: Session) -> None:
    """The presets, as if they had been set long ago."""
    values = {f"pool.recycle.contact.{tier}": days for tier, days in RECYCLE_PRESET.items()}
    with session.changing() as change:
        stored = [
            {"name": name, "value": json.dumps(days), "changed_on": "2020-01-01"}
            for name, days in {**values, "pool.recycle.win_days": WIN_PRESET}.items()
        ]
        change.insert("setting", stored)
    session.refresh()


if __name__ == "__main__":
    main()
