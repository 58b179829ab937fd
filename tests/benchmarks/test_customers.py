"""The database that the benchmarks measure is one that the program could have written."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from crm_tui.services import lists, people
from crm_tui.services.lists import Query
from crm_tui.store.database import Database
from tests.benchmarks.customers import NEVER, RARE, REP, fill
from tests.store.present import check, present

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)


def made(blank: Path, path: Path, size: int = 1_000) -> Database:
    database = Database(Path(shutil.copy(blank, path)))
    fill(database, size, NOW)
    return database


def test_every_rule_that_ties_the_tables_together_holds(blank: Path, tmp_path: Path) -> None:
    check(made(blank, tmp_path / "crm.db"))


def test_the_same_seed_and_day_give_the_same_rows(blank: Path, tmp_path: Path) -> None:
    assert present(made(blank, tmp_path / "one.db")) == present(made(blank, tmp_path / "two.db"))


def test_rare_words_are_as_rare_as_they_are_said_to_be(blank: Path, tmp_path: Path) -> None:
    database = made(blank, tmp_path / "crm.db")
    admin = people.sign_in(database, "admin", source="test", clock=lambda: NOW)
    found = [lists.count(admin, Query(word)) for word in RARE]
    assert found[0] + found[1] == 10
    assert found[2:] == [10, 10]
    assert [lists.count(admin, Query(word)) for word in NEVER] == [0] * 4
    rep = people.sign_in(database, REP, source="test", clock=lambda: NOW)
    assert lists.count(rep, Query("owner:me")) > 0
