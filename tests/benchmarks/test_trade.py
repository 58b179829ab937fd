"""What the customers of the benchmarks buy is what the program could have written."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from crm_tui.store import worth
from crm_tui.store.database import Database
from tests.benchmarks import trade
from tests.store.present import check, present

NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)


def made(blank: Path, path: Path) -> Database:
    database = Database(Path(shutil.copy(blank, path)))
    trade.fill(database, 300, NOW)
    return database


def test_every_rule_holds_and_what_is_kept_is_what_is_computed(blank: Path, tmp_path: Path) -> None:
    database = made(blank, tmp_path / "crm.db")
    check(database)
    assert worth.differing(database) == {}
    assert 2_800 < database.value("SELECT count(*) FROM order_line") < 3_300


def test_the_same_seed_and_day_give_the_same_rows(blank: Path, tmp_path: Path) -> None:
    assert present(made(blank, tmp_path / "one.db")) == present(made(blank, tmp_path / "two.db"))
