"""The sweep as cron runs it: a process of its own, one object a row, and two of them at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_tui.services import recycling, rules
from crm_tui.store.database import Database
from tests.factories import Clock, Team, make
from tests.store.present import check

QUIET = 60
"""Days since anybody called."""
ALL = 200
"""Customers, as many as two reps may hold."""


def begin(path: Path, *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "CRM_TUI_USER": "root", "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "crm_tui", "--db", str(path), *words]
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ended(process: subprocess.Popen[str]) -> tuple[int, list[dict[str, object]], str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, [json.loads(line) for line in out.splitlines()], err


@pytest.fixture
def silent(database: Database) -> Path:
    """A database with customers that nobody has called for two months."""
    clock = Clock(datetime.now(UTC) - timedelta(days=QUIET))
    team = Team(database, clock)
    recycling.switch(team.admin, on=True)
    rules.set_rule(team.admin, "backup.every_hours", "off")
    for n in range(ALL):
        make(team.li if n % 2 else team.wang, f"Firma {n}", tier="C")
    return database.path


@pytest.mark.slow
def test_cron_gets_an_object_a_row_and_exit_code_0(silent: Path) -> None:
    dry = ended(begin(silent, "sweep", "--dry-run", "--json"))
    wet = ended(begin(silent, "sweep", "--json"))
    assert dry[:2] == wet[:2]
    code, rows, said = wet
    assert (code, len(rows)) == (0, 2 * ALL)
    assert list(rows[0]) == ["id", "name", "done", "reason", "due"]
    assert {row["done"] for row in rows} == {"warned", "escalated"}
    assert said == f"sweep: {ALL} warned, {ALL} escalated\n"
    nothing = {"message": "sweep: nothing to do", "entry": None}
    assert ended(begin(silent, "sweep", "--json")) == (0, [nothing], "sweep: nothing to do\n")


@pytest.mark.slow
def test_p18_of_sweeps_at_once_each_customer_is_swept_by_one(silent: Path) -> None:
    ran = [ended(process) for process in [begin(silent, "sweep", "--json") for __ in range(4)]]
    assert {code for code, *__ in ran} == {0}
    warned = [row["id"] for __, rows, ___ in ran for row in rows if row.get("done") == "warned"]
    assert sorted(warned, key=str) == sorted(range(1, ALL + 1), key=str)  # type: ignore[arg-type]
    told = [said for __, rows, said in ran if "message" in rows[0]]
    assert set(told) <= {"another sweep is running: nothing was done\n"} | {"sweep: nothing to do\n"}


@pytest.mark.slow
def test_p18_a_sweep_that_is_killed_is_finished_by_the_next(silent: Path) -> None:
    process = begin(silent, "sweep", "--json")
    try:
        process.wait(0.6)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()
    code, *__ = ended(begin(silent, "sweep", "--json"))
    assert code == 0
    database = Database(silent)
    try:
        assert database.value("SELECT count(*) FROM recycle_warning") == ALL
        assert database.value("SELECT count(*) FROM notice WHERE kind = 'escalation'") == ALL
        check(database)
    finally:
        database.close()
