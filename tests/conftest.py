"""A fresh database for every test that asks for one, and the team that works on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from crm_tui.store import opening
from crm_tui.store.database import Database
from crm_tui.tui.terminal import profile
from tests.factories import Clock, Team, make

profile.prepare(os.environ)  # before anything imports textual, which reads its environment then

BUSY = (HealthCheck.too_slow,)
"""A machine that is busy is no reason to fail."""

settings.register_profile("fixed", deadline=None, derandomize=True, suppress_health_check=BUSY)
settings.register_profile("wild", deadline=None, max_examples=1_000, suppress_health_check=BUSY)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))


@pytest.fixture(scope="session", autouse=True)
def _no_power_cut() -> Iterator[None]:
    """What is written in this process does not wait for the disk: tests kill processes, none of them cuts the power."""
    kept = opening.PRAGMAS["synchronous"]
    opening.PRAGMAS["synchronous"] = "off"
    yield
    opening.PRAGMAS["synchronous"] = kept


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a new database, to be copied."""
    path = tmp_path_factory.mktemp("blank") / "crm.db"
    Database(path, create=True).close()
    return path


@pytest.fixture(scope="session")
def staffed(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database with the team in it and no customer, to be copied."""
    path = tmp_path_factory.mktemp("staffed") / "crm.db"
    shutil.copy(blank, path)
    database = Database(path)
    Team(database, Clock())
    database.close()
    return path


@pytest.fixture
def power_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Databases are opened as a user's are, and what is written waits for the disk."""
    monkeypatch.setitem(opening.PRAGMAS, "synchronous", "full")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(staffed: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "crm.db"
    shutil.copy(staffed, path)
    opened = Database(path)
    yield opened
    opened.close()


@pytest.fixture
def team(database: Database, clock: Clock) -> Team:
    return Team(database, clock)


@pytest.fixture(scope="module")
def office(staffed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which `li` holds customers 1 to 25, `wang` 26, and the pool 27."""
    path = tmp_path_factory.mktemp("office") / "crm.db"
    shutil.copy(staffed, path)
    database = Database(path)
    team = Team(database, Clock())
    for n in range(1, 26):
        make(team.li, f"Firma {n}", region="north" if n % 2 else "south")
    make(team.wang, "Wangs Werk", phone="13900000026")
    make(team.admin, "Pool Party", owner="pool", phone="13900000027")
    database.close()
    return path


@pytest.fixture
def db(office: Path, tmp_path: Path) -> Path:
    path = tmp_path / "crm.db"
    shutil.copy(office, path)
    return path
