"""What the screens cost in a real terminal: time to the first frame, bytes and time of a key, idling, memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.benchmarks.customers import ADMIN, REP
from tests.benchmarks.table import Row
from tests.terminal import Cost, Terminal

EMPTY = Path(__file__).with_name("empty.py")
STARTS = 7
KEYS = 15
IDLE_BYTES, IDLE_SHARE = 10, 20
_LOADED = r"[\d,]{4,} customers"


@contextmanager
def ours(path: Path, login: str, cols: int, rows: int) -> Iterator[Terminal]:
    """The program on the database, without the user's own settings."""
    with tempfile.TemporaryDirectory() as home:
        env = {"XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home, "CRM_TUI_CONFIG": f"{home}/none.toml"}
        words = [sys.executable, "-m", "crm_tui", "--db", path, "--user", login]
        with Terminal(words, cols, rows, env) as terminal:
            yield terminal


@contextmanager
def empty(cols: int = 80, rows: int = 24) -> Iterator[Terminal]:
    """An empty application, as Textual makes it."""
    with Terminal([sys.executable, EMPTY], cols, rows) as terminal:
        yield terminal


def rows(path: Path) -> Iterator[Row]:
    """All rows of this group."""
    yield from first_frames(path)
    yield from completions(path)
    yield from keys(path)
    yield from idle(path)


def first_frames(path: Path) -> Iterator[Row]:
    """From the start of the process to customers on the screen."""
    times: dict[str, list[float]] = {ADMIN: [], REP: [], "": []}
    for _ in range(STARTS):
        for login, found in times.items():
            start = time.perf_counter()
            with ours(path, login, 80, 24) if login else empty() as terminal:
                terminal.wait(r"意[A-D]|late" if login else "ready")
                found.append((terminal.last - start) * 1_000)
    for login in (ADMIN, REP):
        yield Row(f"{login}: first useful frame", median(times[login]), "ms", "empty app", median(times[""]), 1.5)


def completions(path: Path) -> Iterator[Row]:
    """From Tab in a shell to the answer, against a Python that imports what any program of its kind does."""
    env = {**os.environ, "CRM_TUI_CONFIG": os.devnull, "CRM_TUI_DB": str(path), "CRM_TUI_USER": REP}
    program = ("-m", "crm_tui", "complete", "zsh")
    jobs = {
        "": ("-c", "import json, asyncio, pathlib"), "ti": (*program, "ti"),
        "stage lost --": (*program, "stage", "lost", "--"), "transfer": (*program, "transfer", ""),
        "list tier:A ow": (*program, "list", "tier:A", "ow"),
    }  # fmt: skip
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(STARTS):
        for name, words in jobs.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *words], env=env, capture_output=True, check=True)
            times[name].append((time.perf_counter() - start) * 1_000)
    for name in filter(None, jobs):
        yield Row(f"Tab in a shell: {name}", min(times[name]), "ms", "empty Python", min(times[""]), 3.5)


def keys(path: Path) -> Iterator[Row]:
    """What a key sends, and how long until its last byte."""
    with ours(path, ADMIN, 100, 30) as terminal:
        loaded(terminal)
        yield from _key(terminal, "cursor down, 100×30", "j", 100, 5)
        yield from _key(terminal, "page down, 100×30", "<pgdn>", 5_000, 20)
    with ours(path, ADMIN, 120, 36) as terminal:
        loaded(terminal)
        costs = [_both(terminal, "j") for _ in range(KEYS)]
        yield Row("cursor down and the preview after it, 120×36", median(costs), "bytes", budget=3_000)
    with ours(path, ADMIN, 80, 24) as terminal:
        loaded(terminal)
        for name, key in (("`:` line", ":"), ("filter", "/"), ("form of a new customer", "o"), ("? list", "?")):
            opened = terminal.key(key).bytes
            closed = terminal.key("<esc>").bytes
            yield Row(f"{name} opens, 80×24", opened, "bytes", budget=4_000)
            yield Row(f"{name} closes, 80×24", closed, "bytes", budget=4_000)
        terminal.key("o")
        moved = [terminal.key("<tab>").bytes for _ in range(5)]
        yield Row("focus to the next field of a form, 80×24", max(moved), "bytes", budget=4_000)


def loaded(terminal: Terminal) -> None:
    """Wait until all ids of the list have been read."""
    terminal.wait(_LOADED, 30)
    terminal.quiet(1.0, 60)


def _key(terminal: Terminal, name: str, key: str, least_bytes: int, least_ms: float) -> Iterator[Row]:
    terminal.key(key)
    costs: list[Cost] = [terminal.key(key) for _ in range(KEYS)]
    yield Row(f"{name}: bytes", median(cost.bytes for cost in costs), "bytes", budget=least_bytes)
    yield Row(f"{name}: time", median(cost.seconds for cost in costs) * 1_000, "ms", budget=least_ms)


def _both(terminal: Terminal, key: str) -> int:
    return terminal.key(key, gap=0.6).bytes


def idle(path: Path) -> Iterator[Row]:
    """What a session sends, computes and holds when nobody types."""
    with ours(path, ADMIN, 80, 24) as terminal, empty() as other:
        loaded(terminal)
        other.wait("ready")
        for one in (terminal, other):
            one.quiet(1.0, 20)
        sent = terminal.bytes
        pumped(terminal, other, IDLE_BYTES)
        yield Row(f"idle for {IDLE_BYTES} s: bytes", terminal.bytes - sent, "bytes", budget=0)
        before = [one.seconds() for one in (terminal, other)]
        pumped(terminal, other, IDLE_SHARE)
        shares = [(one.seconds() - was) / IDLE_SHARE * 100 for one, was in zip((terminal, other), before, strict=True)]
        yield Row("idle: share of a core", shares[0], "% of a core", "", None, 0.05)
        yield Row("idle: share of a core, empty app", shares[1], "% of a core")
        yield Row("memory (PSS), all ids of the list read", terminal.memory(), "KiB", "empty app", other.memory(), 1.6)
    with ours(path, REP, 80, 24) as terminal, empty() as other:
        terminal.wait(r"意[A-D]|late")
        other.wait("ready")
        for one in (terminal, other):
            one.quiet(1.0, 20)
        yield Row("memory (PSS) of a rep's session", terminal.memory(), "KiB", "empty app", other.memory(), 1.6)


def pumped(terminal: Terminal, other: Terminal, seconds: float) -> None:
    """Let time pass, taking what the two send."""
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        terminal.pump(min(1.0, left))
        other.pump(0)
