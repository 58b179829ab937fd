"""Macros on a real terminal: recorded, played, undone, run from the shell; and what is typed while they play."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from crm_tui.services import followups, rules
from crm_tui.store.database import Database
from tests.factories import in_days, make
from tests.pty.conftest import Office
from tests.store.present import present


@pytest.fixture
def office(office: Office) -> Office:
    rules.set_rule(office.team.admin, "pool.holding_cap", "5000")
    return office


def several(office: Office, count: int) -> list[int]:
    """So many customers of li's, of whom nobody is due, in the order of the list."""
    ids = [make(office.team.li, f"Customer {n:03}", stage="intent", tier="D") for n in range(count)]
    followups.set_next(office.team.li, ids, in_days(400))
    return ids[::-1]


def macro(office: Office, name: str, text: str) -> Path:
    """Write a macro into the user's folder."""
    path = office.path.parent / "macros" / f"{name}.macro"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def state(office: Office) -> tuple[Any, ...]:
    """What a macro of this file changes: tiers, stages, next dates, what was said."""
    return (
        office.rows("SELECT id, tier, stage FROM customer ORDER BY id"),
        office.rows("SELECT customer_id, due_on FROM follow_up WHERE closed_as IS NULL ORDER BY customer_id"),
        office.rows("SELECT customer_id, note FROM interaction ORDER BY customer_id, note"),
    )


def held(office: Office) -> str:
    """The row hash of the present state."""
    database = Database(office.path)
    try:
        return present(database)
    finally:
        database.close()


def test_a_recorded_macro_plays_is_undone_by_one_key_and_does_the_same_in_a_shell(office: Office) -> None:
    several(office, 12)
    with office.open() as terminal:
        terminal.wait("Customer")
        terminal.send("Qm")
        terminal.wait("REC m 0")
        terminal.send("gp/")
        terminal.send("tier:D<enter>")
        terminal.wait("REC m 2")
        terminal.send("tbjfasked for a price<enter>")
        terminal.wait("REC m 5")
        terminal.send("j  n")
        terminal.wait("WHEN|when")
        terminal.send("3d<enter>")
        terminal.wait("REC m 9")
        terminal.send("\\tb")
        terminal.wait("REC m 11")
        terminal.send("Q")
        terminal.wait("m recorded, 11 steps")
        recorded = state(office)

        before = held(office)
        terminal.send("@m")
        terminal.wait("11 steps, .*customers? changed")
        once = state(office)
        assert once != recorded
        terminal.send("@@")
        terminal.quiet()
        assert state(office) != once
        terminal.send("u")
        terminal.wait("undone")
        assert state(office) == once
        terminal.send("u")
        terminal.quiet()
        assert held(office) == before
        terminal.send("<c-q>")
        assert terminal.exit_code() == 0
    path = office.path.parent / "macros" / "m.macro"
    environ = {**os.environ, "CRM_TUI_CONFIG": str(office.path.with_suffix(".toml")), "TZ": "Asia/Shanghai"}
    argv = [sys.executable, "-m", "crm_tui", "--db", str(office.path), "--user", "li", "run", str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, env=environ)
    assert done.returncode == 0, done.stderr
    assert state(office) == once


@pytest.mark.slow
def test_keys_typed_a_thousand_a_second_while_it_plays_are_neither_lost_nor_mixed_in(office: Office) -> None:
    ids = several(office, 1_200)
    macro(office, "m", "tier A\ndown\n" * 200)
    with office.open() as terminal:
        terminal.wait("Customer")
        terminal.send("gp@m")
        sent = "tbj" * 300
        began = time.monotonic()
        for at, key in enumerate(sent):
            os.write(terminal.fd, key.encode())
            while time.monotonic() < began + at / 1_000:
                terminal.pump(0)
        terminal.quiet(1.0, 300)
        terminal.send("u")
        terminal.wait("undone")
        terminal.send("<c-q>")
        assert terminal.exit_code() == 0
    tiers = {row["id"]: row["tier"] for row in office.list()}
    assert [tiers[key] for key in ids[:200]] == ["A"] * 200
    assert [tiers[key] for key in ids[200:499]] == ["B"] * 299
    assert {tiers[key] for key in ids[499:]} == {"D"}, "the last one was undone"


def test_esc_ends_a_run_and_what_was_done_is_one_undo(office: Office) -> None:
    ids = several(office, 3)
    macro(office, "m", "tier A\ntier B\n")
    with office.open() as terminal:
        terminal.wait("Customer")
        before = held(office)
        terminal.send("gp:play m --times 1000<enter>")
        terminal.wait("Esc stops")
        terminal.send("<esc>")
        terminal.wait("stopped after step")
        terminal.send("u")
        terminal.wait("undone")
        assert held(office) == before
        assert {row["id"] for row in office.list()} == set(ids)


@pytest.mark.slow
def test_moving_about_in_a_macro_sends_no_more_than_some_frames(office: Office) -> None:
    several(office, 300)
    macro(office, "m", "down\n" * 100)
    with office.open(100, 30) as terminal:
        terminal.wait("Customer")
        terminal.send("gp")
        terminal.quiet()
        before, began = terminal.bytes, time.monotonic()
        terminal.send("@m")
        terminal.wait("100 steps")
        terminal.quiet()
        seconds = time.monotonic() - began  # there are a few frames in each, and a busy machine takes more of them
        assert terminal.bytes - before < 12_000 * max(1, seconds)


@pytest.mark.parametrize("way", ["hang up", pytest.param("terminate", marks=pytest.mark.slow)])
def test_a_hang_up_in_a_run_leaves_one_undo_and_keeps_what_was_recorded(office: Office, way: str) -> None:
    several(office, 3)
    macro(office, "m", "tier A\ntier B\n")
    with office.open() as terminal:
        terminal.wait("Customer")
        before = held(office)
        terminal.send("gpQrj")
        terminal.wait("REC r 1")
        terminal.send(":play m --times 1000<enter>")
        terminal.wait("Esc stops")
        if way == "hang up":
            terminal.hang_up()
        else:
            os.kill(terminal.pid, signal.SIGTERM)
        assert terminal.exit_code() is not None
    assert (office.path.parent / "macros" / "r.macro").read_text().splitlines()[1:] == ["down"]
    with office.open() as terminal:
        terminal.wait("Customer")
        assert held(office) != before
        terminal.send("gpu")
        terminal.wait("undone")
        assert held(office) == before
