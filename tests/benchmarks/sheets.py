"""The same rows in VisiData, which reads a CSV into memory: its first frame, its keys, what it holds."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.benchmarks import installed, screens
from tests.benchmarks.customers import ADMIN
from tests.benchmarks.table import Row
from tests.terminal import Terminal

KEYS = 15
_READ = 600


def rows(cache: Path, database: Path, table: Path) -> Iterator[Row]:
    """All rows of this group: the program on the database against VisiData on the table that it was imported from."""
    program = installed.program(cache, "vd")
    if program is None:
        yield Row("against VisiData", note=installed.HOW["vd"])
        return
    began = time.perf_counter()
    with screens.ours(database, ADMIN, 100, 30) as terminal:
        terminal.wait(r"意[A-D]|late")
        first = terminal.last - began
        screens.loaded(terminal)
        ready, held = terminal.last - began, terminal.memory()
        keys = {key: _costs(terminal, key) for key in ("j", "<pgdn>")}
    began = time.perf_counter()
    with sheet(program, table) as terminal:
        terminal.wait(r"organization")
        theirs_first = terminal.last - began
        count = sum(1 for _ in table.open("rb")) - 1
        terminal.wait(rf"\b{count}\b", _READ)
        terminal.quiet(1.0, _READ)
        theirs_ready, theirs_held = terminal.last - began, terminal.memory()
        theirs = {key: _costs(terminal, key) for key in ("j", "<c-f>")}
    yield Row("first frame, 100×30", first * 1_000, "ms", "VisiData", theirs_first * 1_000)
    yield Row("all rows there", ready, "s", "VisiData", theirs_ready)
    for name, ours, other in zip(("cursor down", "page down"), keys.values(), theirs.values(), strict=True):
        yield Row(f"{name}: bytes", ours[0], "bytes", "VisiData", other[0])
        yield Row(f"{name}: time", ours[1], "ms", "VisiData", other[1])
    yield Row("memory (PSS), all rows there", held, "KiB", "VisiData", theirs_held)


@contextmanager
def sheet(program: Path, table: Path) -> Iterator[Terminal]:
    """VisiData on the table, without the user's own settings."""
    with (
        tempfile.TemporaryDirectory() as home,
        Terminal([program, "--config", "/dev/null", table], 100, 30, {"HOME": home}) as terminal,
    ):
        yield terminal


def _costs(terminal: Terminal, key: str) -> tuple[float, float]:
    """Bytes and milliseconds, the median of several."""
    terminal.key(key)
    costs = [terminal.key(key) for _ in range(KEYS)]
    return median(cost.bytes for cost in costs), median(cost.seconds for cost in costs) * 1_000
