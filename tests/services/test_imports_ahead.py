"""Many rows are read by a process of their own and written with the indexes taken down: nobody can tell afterwards."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_tui.domain.errors import CrmError
from crm_tui.formats.tables import TableError
from crm_tui.services import checks, likeness, teams
from crm_tui.services.imports import Cancelled, Imported, ahead, plan, run
from crm_tui.services.session import Session
from crm_tui.store import bulk
from crm_tui.store.database import Database
from tests.factories import TODAY, Clock, Team
from tests.store.present import check, present

HEADINGS = (
    "name", "kind", "stage", "tier", "owner", "pool", "phone", "phone2", "email", "contact", "contact_title",
    "contact_phone", "region", "tags", "note", "next_follow_up", "last_contact", "created", "reason", "Machines",
)  # fmt: skip
CELLS: dict[str, tuple[str, ...]] = {
    "kind": ("", "organization", "person", "neither"),
    "stage": ("", "potential", "target", "intent", "actual", "lost", "nowhere"),
    "tier": ("", "", "A", "B", "C", "D"),
    "owner": ("", "", "li", "wang", "me", "nobody at all"),
    "pool": ("", "", "default", "elsewhere"),
    "phone": ("", "13800138000", "+1 415 555 2671", "call me"),
    "phone2": ("", "010 6552 9988"),
    "email": ("", "a@example.com", "a@example.com, b@example.com", "no mail"),
    "contact": ("", "韩梅梅", "Ann Lee"),
    "contact_title": ("", "采购经理"),
    "contact_phone": ("", "13900139000"),
    "region": ("", "上海", "York"),
    "tags": ("", "vip", "vip, old"),
    "note": ("", "met at the fair", "两行\n字"),
    "next_follow_up": ("", "2026-12-16", "2026-12-17 15:00", "some day"),
    "last_contact": ("",),
    "created": ("", "2023-11-17"),
    "reason": ("", "", "", "prices"),
    "Machines": ("", "12"),
}
BESIDE = ("ownership_log", "stage_change", "tier_change", "stage_count", "journal_change")


def rows_of(seed: int, number: int) -> list[list[str]]:
    luck = random.Random(seed)
    rows = [
        [luck.choice(("宏达机械", "Acme Ltd", "王芳", "")) + str(n), *(luck.choice(CELLS[h]) for h in HEADINGS[1:])]
        for n in range(number)
    ]
    return [*rows, ["合计", *[""] * (len(HEADINGS) - 1)]]


def written(path: Path, rows: list[list[str]]) -> Path:
    from crm_tui.formats.delimited import write_csv

    with path.open("w", encoding="utf-8", newline="") as file:
        write_csv(file, HEADINGS, rows)
    return path


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Few rows are taken for many; at the end no process is left."""
    monkeypatch.setattr(ahead, "pays", lambda table: True)
    monkeypatch.setattr(ahead, "BATCH", 16)
    monkeypatch.setattr(bulk, "_FEW", 20)
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def bring(session: Session, path: Path, *, dry_run: bool = False) -> Imported:
    return run(session, plan(session, path), dry_run=dry_run)


def everything(database: Database) -> dict[str, object]:
    found: dict[str, object] = dict(present(database))
    for table in BESIDE:
        found[table] = database.rows(f"SELECT * FROM {table} ORDER BY 1, 2")
    for table in ("search_trigram", "search_gram"):
        found[table] = database.rows(f"SELECT rowid FROM {table}('met OR li OR ac OR 宏 OR acme') ORDER BY rowid")
    return found


def schema(database: Database) -> list[tuple[object, ...]]:
    return sorted(database.rows("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql <> ''"))


@pytest.mark.parametrize("seed", range(2))
def test_many_rows_become_what_each_of_them_would(
    seed: int, staffed: Path, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: None
) -> None:
    path = written(tmp_path / "new.csv", rows_of(seed, 120))
    both = [Team(Database(Path(shutil.copy(staffed, tmp_path / f"{n}.db"))), clock) for n in range(2)]
    before = schema(both[0].database)

    found = bring(both[0].admin, path)
    with monkeypatch.context() as patch:
        patch.setattr(ahead, "pays", lambda table: False)
        patch.setattr(bulk, "_FEW", 1_000_000)
        alone = bring(both[1].admin, path)

    said = [(one.new, one.refused, one.totals, one.kept, one.reasons) for one in (found, alone)]
    assert said[0] == said[1]
    assert min(found.new // 40, found.refused // 10, found.totals) > 0
    assert everything(both[0].database) == everything(both[1].database)
    assert schema(both[0].database) == before
    check(both[0].database)
    assert not [fault for fault in checks.check(both[0].admin) if not fault.warning]


def test_into_many_that_are_there_it_is_the_same(team: Team, tmp_path: Path, many: None) -> None:
    before = schema(team.database)
    bring(team.admin, written(tmp_path / "one.csv", rows_of(8, 60)))
    rows = [[f"{row[0]} again", *row[1:]] for row in rows_of(9, 200)]
    assert bring(team.admin, written(tmp_path / "two.csv", rows)).new > 60
    assert schema(team.database) == before
    check(team.database)


def test_what_reading_finds_wrong_is_said_and_leaves_nothing(team: Team, tmp_path: Path, many: None) -> None:
    path = written(tmp_path / "new.csv", rows_of(1, 60))
    planned = plan(team.admin, path)
    with path.open("a", encoding="utf-8") as file:
        file.write('"a quote that stays open,,\n')
    before = present(team.database)
    with pytest.raises(TableError, match="a quote opens here"):
        run(team.admin, planned)
    assert present(team.database) == before


def test_when_who_reads_is_gone_nothing_is_changed(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: None
) -> None:
    def killed(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(ahead, "_plain", killed)
    before = present(team.database)
    with pytest.raises(CrmError, match="has ended; nothing was changed"):
        bring(team.admin, written(tmp_path / "new.csv", rows_of(1, 60)))
    assert present(team.database) == before


def test_who_cancels_ends_both(team: Team, tmp_path: Path, many: None) -> None:
    def cancel(done: int, most: int | None) -> None:
        if done > 30:
            raise Cancelled

    before, indexes = present(team.database), schema(team.database)
    with pytest.raises(Cancelled):
        run(team.admin, plan(team.admin, written(tmp_path / "new.csv", rows_of(1, 90))), progress=cancel)
    assert (present(team.database), schema(team.database)) == (before, indexes)


def test_who_is_away_is_refused_their_own_rows_without_asking_the_database_meanwhile(
    team: Team, tmp_path: Path, many: None
) -> None:
    bring(team.li, written(tmp_path / "one.csv", [["Acme", *[""] * 3, "me", *[""] * 15]]))
    teams.away(team.admin, "li", TODAY, None, None)
    found = bring(team.li, written(tmp_path / "two.csv", [["Beta", *[""] * 3, "me", *[""] * 15]]))
    assert (found.new, found.refused) == (0, 1)
    assert "you are away" in found.reasons[0][2]


def test_a_dry_run_asks_whom_they_resemble_by_indexes(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: None
) -> None:
    bring(team.admin, written(tmp_path / "one.csv", rows_of(1, 30)))
    seen: list[set[str]] = []

    def looked(session: Session, newest: int) -> int:
        seen.append({row[1] for row in schema(session.database)})
        return 0

    monkeypatch.setattr(likeness, "of_new", looked)
    bring(team.admin, written(tmp_path / "two.csv", rows_of(2, 90)), dry_run=True)
    assert "customer_stage" not in seen[0], "it was enough to take them down"
    assert seen[0] >= {"customer_phone", "customer_email", "customer_tax", "contact_phone", "contact_email"}


@pytest.mark.slow
def test_who_reads_ends_with_who_writes_however_that_ends(staffed: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "new.csv", rows_of(3, 40_000))
    here = Path(shutil.copy(staffed, tmp_path / "crm.db"))
    command = (sys.executable, "-m", "crm_tui", "--db", str(here), "--user", "root", "import", str(path), "--yes")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as started:
        children = Path(f"/proc/{started.pid}/task/{started.pid}/children")
        until = time.monotonic() + 60
        while not (reader := children.read_text().split()) and time.monotonic() < until:
            time.sleep(0.01)
        started.kill()
    assert reader, "a process reads"
    while Path(f"/proc/{reader[0]}").exists() and _state(reader[0]) != "Z":
        assert time.monotonic() < until
        time.sleep(0.05)


def _state(process: str) -> str:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
