"""Many at the door at once: what each session holds in memory, over a real sshd, against as many empty applications."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from tests.benchmarks.screens import EMPTY
from tests.benchmarks.table import Row
from tests.ssh.conftest import Door, opened, unable
from tests.terminal import Terminal

SESSIONS = 20
_SHOWN = r"Ltd|有限公|late|customer"


def rows() -> Iterator[Row]:
    """All rows of this group, at a door of our own."""
    reason = unable()
    if reason:
        yield Row(f"{SESSIONS} sessions over SSH", note=reason)
        return
    for host in opened():
        yield from _measured(host)


def _measured(host: Door) -> Iterator[Row]:
    _customers(host)
    with ExitStack() as open_ones:
        start = time.perf_counter()
        terminals = [open_ones.enter_context(host.open("li")) for _ in range(SESSIONS)]
        for terminal in terminals:
            terminal.wait(_SHOWN, 60)
        seconds = time.perf_counter() - start
        _settled(terminals)
        ours = [_pss(pid) for pid in host.sessions()]
    host.empty()
    with ExitStack() as open_ones:
        program = host.folder / "empty.py"
        shutil.copy(EMPTY, program)
        words = ["runuser", "-u", host.account, "--", host.python, "-I", program]
        empties = [open_ones.enter_context(Terminal(words, cwd="/")) for _ in range(SESSIONS)]
        for terminal in empties:
            terminal.wait("ready", 60)
        _settled(empties)
        theirs = [_pss(pid) for pid, line in host.processes().items() if "empty.py" in line]
    yield Row(f"{len(ours)} sessions over SSH at once: until all are shown", seconds * 1_000, "ms")
    yield Row("PSS of each, median", median(ours), "KiB", "empty app", median(theirs), 1.6)
    yield Row("PSS of the largest", max(ours), "KiB", "empty app", max(theirs), 1.6)
    yield Row("PSS of all", sum(ours), "KiB", f"{len(theirs)} empty apps", sum(theirs), 1.6)


def _customers(host: Door) -> None:
    """A hundred customers for the rep, who has something to see."""
    table = "Company,Mobile\n" + "".join(f"Customer {n} Ltd,1381234{n:04d}\n" for n in range(100))
    done = host.run("zhao", "import - --owner li", given=table)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)


def _settled(terminals: Iterable[Terminal]) -> None:
    """Wait until none of them sends any more."""
    for terminal in terminals:
        terminal.quiet(0.3, 20)
    time.sleep(2)


def _pss(pid: int) -> int:
    """The proportional set size of a process, in KiB."""
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found is not None
    return int(found.group(1))
