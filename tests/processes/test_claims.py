"""Fifty processes claim from one pool at once: nobody gets what another one has, nobody more than the rules allow."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from crm_tui.services import rules, teams
from crm_tui.services.teams import Given
from crm_tui.store.database import Database
from tests.factories import Clock, Team
from tests.store.present import check

pytestmark = pytest.mark.slow

REPS = [f"rep{n}" for n in range(10)]
POOL = 1_000
PROCESSES = 50
QUOTA, CAP = 30, 20

_REASON = re.compile(
    r"rep\d was first, at 12:00|you hold it already|the holding cap of \d+ is reached"
    r"|\d+ customers claimed from this pool today: that is the quota"
)


@pytest.fixture
def path(staffed: Path, tmp_path: Path) -> Path:
    """A database of ten reps and a thousand customers in the pool; five of the reps may hold few."""
    path = tmp_path / "crm.db"
    shutil.copy(staffed, path)
    database = Database(path)
    team = Team(database, Clock())
    for number, login in enumerate(REPS):
        teams.add(team.admin, login, role="rep", time_zone="Asia/Shanghai")
        if number % 2:
            teams.edit(team.admin, login, Given(capacity=str(CAP)))
    with team.admin.changing() as change:
        row = {"kind": "organization", "stage": "potential", "stage_since": team.admin.stamp, "pool_id": 1,
               "created_at": team.admin.stamp, "created_by": 1}  # fmt: skip
        keys = change.insert("customer", [{**row, "name": f"Firm {n}", "name_key": f"firm{n}"} for n in range(POOL)])
        change.database.connection.executemany(
            "INSERT INTO stage_change (entry_id, customer_id, to_stage, at, user_id) VALUES (?, ?, 'potential', ?, 1)",
            [(change.entry_id, key, team.admin.stamp) for key in keys],
        )
        change.searchable.update(keys)
    database.close()
    return path


def limited(path: Path, quota: str) -> None:
    database = Database(path)
    team = Team(database, Clock())
    rules.set_rule(team.admin, "pool.daily_quota", quota)
    rules.set_rule(team.admin, "pool.holding_cap", "off" if quota == "off" else "100")
    if quota == "off":
        for login in REPS:
            teams.edit(team.admin, login, Given(capacity="off"))
    database.close()


class Run:
    """What the processes said."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self.login: dict[int, str] = {}
        self.claimed: list[tuple[int, str]] = []
        self.refused: list[str] = []
        self.failed: list[str] = []
        self.done = 0

    def hear(self, killing: random.Random | None = None, kills: int = 0) -> Run:
        """Listen to the end; with `killing`, kill that many processes on the way, at random, at random moments."""
        running = set(self.login)
        for line in self._lines:
            pid, word, *rest = line.rstrip("\n").split(" ", 3)
            if word == "started":
                self.login[int(pid)] = rest[0]
            elif word == "claimed":
                self.claimed.append((int(rest[0]), self.login[int(pid)]))
            elif word == "refused":
                self.refused.append(rest[1])
            elif word == "failed":
                self.failed.append(line)
            else:
                self.done += 1
            if word == "done":
                running.discard(int(pid))
            if killing is not None and kills and word == "claimed" and killing.random() < 0.15:
                victim = killing.choice(sorted(running))
                running.discard(victim)
                kills -= 1
                with suppress(ProcessLookupError):  # it may be done and not have been heard yet
                    os.kill(victim, signal.SIGKILL)
        return self


@contextmanager
def processes(path: Path, seed: int, batch: int) -> Iterator[Run]:
    """Fifty of them, five for each rep, on their marks until all are there."""
    logins = [login for login in REPS for __ in range(PROCESSES // len(REPS))]
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.processes.claimer", str(path), str(seed), str(batch), *logins],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert program.stdin is not None
    assert program.stdout is not None
    assert program.stderr is not None
    try:
        run = Run(program.stdout)
        begun = 0
        while begun < PROCESSES:
            pid, word, login = program.stdout.readline().split()
            assert word == "started"
            run.login[int(pid)] = login
            begun += 1
        program.stdin.close()
        yield run
        assert program.wait(60) == 0
        errors = program.stderr.read()
        assert "locked" not in errors
        assert errors == ""
    finally:
        program.kill()
        program.wait()


def holders(database: Database) -> dict[int, str]:
    return dict(database.rows("SELECT c.id, u.login FROM customer c JOIN user u ON u.id = c.owner_id"))


def test_quotas_and_caps_hold_exactly_and_every_loser_is_told_why(path: Path) -> None:
    limited(path, str(QUOTA))
    with processes(path, 1, 3) as run:
        run.hear()
    assert (run.failed, run.done) == ([], PROCESSES)
    assert not [reason for reason in run.refused if not _REASON.fullmatch(reason)]
    assert {reason.split()[-1] for reason in run.refused} >= {"quota", "reached", "12:00"}, "each of them was met"
    database = Database(path)
    assert Counter(dict(run.claimed).values()) == {
        login: CAP if number % 2 else QUOTA for number, login in enumerate(REPS)
    }
    assert holders(database) == dict(run.claimed)
    check(database)
    database.close()


def test_each_customer_of_a_pool_that_is_emptied_has_one_holder(path: Path) -> None:
    limited(path, "off")
    with processes(path, 2, 40) as run:
        run.hear()
    assert (run.failed, run.done) == ([], PROCESSES)
    assert not [reason for reason in run.refused if not _REASON.fullmatch(reason)]
    assert len(run.claimed) == len(dict(run.claimed)) >= POOL * 0.9
    database = Database(path)
    assert holders(database) == dict(run.claimed)
    twice = "SELECT customer_id FROM ownership_log WHERE kind = 'claim' GROUP BY 1 HAVING count(*) > 1"
    assert database.rows(twice) == []
    check(database)
    database.close()


def test_whoever_is_killed_no_claim_that_was_told_is_lost_and_nothing_is_torn(path: Path) -> None:
    limited(path, str(QUOTA))
    with processes(path, 3, 3) as run:
        run.hear(random.Random(3), kills=25)
    assert run.failed == []
    assert 20 < run.done < PROCESSES
    database = Database(path)
    assert database.value("PRAGMA integrity_check") == "ok"
    held = holders(database)
    assert {key: held.get(key) for key, __ in run.claimed} == dict(run.claimed)
    for number, login in enumerate(REPS):
        assert Counter(held.values())[login] <= (CAP if number % 2 else QUOTA)
    assert database.value("SELECT count(*) FROM ownership_log WHERE kind = 'claim'") == len(held)
    check(database)
    assert Team(database, Clock()).admin.sight.everything, "whoever comes next finds nothing locked"
    database.close()
