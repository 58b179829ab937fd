from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from crm_tui.domain.errors import DatabaseUnusable
from crm_tui.services import people, tags
from crm_tui.store import models, opening
from crm_tui.store.database import Database
from crm_tui.store.opening import APPLICATION_ID, SCHEMA_VERSION
from tests.factories import Clock, Team, make


@pytest.fixture
def path(blank: Path, tmp_path: Path) -> Path:
    """A database that nobody has opened."""
    return Path(shutil.copy(blank, tmp_path / "crm.db"))


def refusal(path: Path, *, create: bool = False) -> str:
    with pytest.raises(DatabaseUnusable) as caught:
        Database(path, create=create)
    assert caught.value.exit_code == 5
    return str(caught.value)


@pytest.mark.usefixtures("power_cuts")
def test_what_is_acknowledged_survives_a_power_cut(path: Path) -> None:
    database = Database(path)
    settings = {
        "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0, "user_version": SCHEMA_VERSION,
        "application_id": APPLICATION_ID,
    }  # fmt: skip
    assert {name: database.pragma(name) for name in settings} == settings


def test_a_missing_database_is_made_only_where_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "crm.db"
    assert "there is no database" in refusal(path)
    assert not path.parent.exists()
    Database(path, create=True).close()
    Database(path).close()
    assert sorted(file.name for file in path.parent.iterdir()) == ["crm.db", "crm.db-lock"]


def test_a_database_is_not_made_where_a_file_stands_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert str(tmp_path) in refusal(tmp_path / "file" / "crm.db", create=True)


def test_a_killed_first_start_leaves_nothing_that_the_next_one_stumbles_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "crm.db"

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            Database(path, create=True)
    assert not path.exists()
    Database(path, create=True).close()


@pytest.mark.parametrize("create", [False, True])
def test_an_empty_file_is_no_new_database(tmp_path: Path, create: bool) -> None:
    path = tmp_path / "crm.db"
    path.touch()
    assert "is empty" in refusal(path, create=create)
    assert path.stat().st_size == 0


@pytest.mark.parametrize("content", [b"hello", b"id,name\n1,Acme\n" * 1_000, bytes(range(256)) * 64])
def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "accounts.csv"
    path.write_bytes(content)
    assert refusal(path, create=True) == f"{path} is not a crm-tui database; it was left as it is"
    assert path.read_bytes() == content


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_somebody_elses_database_is_left_as_it_is(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "photos.db"
    foreign = apsw.Connection(str(path))
    foreign.pragma("journal_mode", mode)
    foreign.execute("CREATE TABLE photo (id INTEGER PRIMARY KEY)")
    foreign.close()
    before = path.read_bytes()
    assert refusal(path, create=True) == f"{path} is not a crm-tui database; it was left as it is"
    assert path.read_bytes() == before


def test_a_directory_is_no_database(tmp_path: Path) -> None:
    assert str(tmp_path) in refusal(tmp_path, create=True)


def test_a_database_of_a_newer_program_is_left_as_it_is(path: Path) -> None:
    newer = apsw.Connection(str(path))
    newer.pragma("user_version", SCHEMA_VERSION + 1)
    newer.close()
    before = path.read_bytes()
    assert f"has schema {SCHEMA_VERSION + 1}, this program knows {SCHEMA_VERSION}" in refusal(path)
    assert path.read_bytes() == before


MIGRATION = """
def up(migrator, db):
    db.connection().execute("ALTER TABLE customer ADD COLUMN fax TEXT")
    {more}
    db.connection().execute("PRAGMA user_version = {version}")
"""


@pytest.fixture
def migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of migrations with one more, of which the program knows."""
    folder = tmp_path / "migrations"
    shutil.copytree(opening.MIGRATIONS, folder)
    file = folder / "0002_fax.py"
    file.write_text(MIGRATION.format(more="", version=SCHEMA_VERSION + 1))
    monkeypatch.setattr(opening, "MIGRATIONS", folder)
    monkeypatch.setattr(opening, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    return file


def test_an_old_database_is_backed_up_and_then_migrated(path: Path, migration: Path) -> None:
    database = Database(path)
    assert database.pragma("user_version") == SCHEMA_VERSION + 1
    assert database.value("SELECT count(fax) FROM customer") == 0
    [copy] = path.parent.glob(f"crm.db.v{SCHEMA_VERSION}-*")
    old = apsw.Connection(str(copy))
    assert old.pragma("user_version") == SCHEMA_VERSION
    assert old.pragma("application_id") == APPLICATION_ID
    old.close()
    database.close()
    Database(path).close()
    assert len(list(path.parent.glob("crm.db.v*"))) == 1


def test_a_migration_that_fails_changes_nothing(path: Path, migration: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = 'db.connection().execute("SELECT nonsense")'
    migration.write_text(MIGRATION.format(more=broken, version=SCHEMA_VERSION + 1))
    assert "nonsense" in refusal(path)
    monkeypatch.undo()
    database = Database(path)
    assert database.pragma("user_version") == SCHEMA_VERSION
    assert "fax" not in {row[1] for row in database.rows("PRAGMA table_info(customer)")}


def test_nothing_is_written_once_a_newer_program_has_migrated_the_file(path: Path) -> None:
    database = Database(path)
    newer = apsw.Connection(str(path))
    newer.pragma("user_version", SCHEMA_VERSION + 1)
    newer.close()
    with pytest.raises(DatabaseUnusable, match="a newer crm-tui made it"), database.writing():
        database.execute("INSERT INTO pool (name) VALUES ('north')")
    assert database.value("SELECT count(*) FROM pool") == 1


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = f"22 1 0:20 / / rw - ext4 /dev/a rw\n30 22 0:50 / {tmp_path} rw,relatime shared:1 - nfs4 server:/x rw\n"
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: mounts)
    assert "network file system (nfs4)" in refusal(tmp_path / "crm.db", create=True)
    assert not (tmp_path / "crm.db").exists()


def test_a_mount_of_a_similar_name_is_another_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = f"22 1 0:20 / / rw - ext4 /dev/a rw\n30 22 0:50 / {tmp_path}-far rw - nfs4 server:/x rw\n"
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: mounts)
    Database(tmp_path / "crm.db", create=True).close()


@contextmanager
def nobody() -> Iterator[Path]:
    """Without the rights of root, in a folder of one's own."""
    folder = Path(tempfile.mkdtemp())
    is_root = os.geteuid() == 0
    try:
        if is_root:
            os.chown(folder, 65534, 65534)
            os.seteuid(65534)
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o700)
        shutil.rmtree(folder)


def test_a_folder_that_cannot_be_written_is_named() -> None:
    with nobody() as folder:
        folder.chmod(0o500)
        assert f"{folder}/crm.db cannot be written: Permission denied" in refusal(folder / "crm.db", create=True)


def test_a_folder_that_cannot_be_read_is_named() -> None:
    with nobody() as folder:
        folder.chmod(0o000)
        assert f"{folder}/crm.db" in refusal(folder / "crm.db")


def test_a_file_that_cannot_be_written_is_read_and_a_change_to_it_refused() -> None:
    with nobody() as folder:
        path = folder / "crm.db"
        Database(path, create=True).close()
        path.chmod(0o400)
        database = Database(path)
        assert database.value("SELECT name FROM pool") == "default"
        with pytest.raises(DatabaseUnusable, match=r"is read-only; nothing was changed"), database.writing():
            database.execute("INSERT INTO pool (name) VALUES ('north')")
        database.close()
        path.chmod(0o600)


def test_a_full_disk_is_named_and_nothing_is_lost(database: Database, clock: Clock) -> None:
    team = Team(database, clock)
    key = make(team.li, "Acme")
    database.connection.pragma("max_page_count", database.pragma("page_count") + 4)


    def fill() -> None:
        for number in range(500):
            make(team.li, f"Customer {number}", note="x" * 4_000)

    with pytest.raises(DatabaseUnusable, match=r"the disk is full; nothing was changed"):
        fill()
    made = database.value("SELECT count(*) FROM customer")
    assert database.value("SELECT count(*) FROM follow_up") == made
    database.connection.pragma("max_page_count", 1_000_000)
    assert tags.tag(team.li, [key], ["vip"]).changed == (key,)
    assert database.value("PRAGMA integrity_check") == "ok"


WRITER = """
import sys
from pathlib import Path
from crm_tui.services import tags, people
from crm_tui.services.customers import Draft, new
from crm_tui.store.database import Database
path, login, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
session = people.sign_in(Database(path, create=True), login, source="test")
for number in range(count):
    new(session, Draft({"name": f"{login} {number}"}, owner="pool"))
"""


def _writers(path: Path, *logins: str, count: int) -> list[tuple[int, str]]:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), login, str(count)], stderr=subprocess.PIPE, text=True
        )
        for login in logins
    ]
    return [(process.wait(60), process.communicate()[1]) for process in running]


def test_two_programs_write_at_once_and_nothing_is_locked_or_lost(database: Database, clock: Clock) -> None:
    Team(database, clock)
    assert _writers(database.path, "li", "wang", count=40) == [(0, ""), (0, "")]
    assert database.value("SELECT count(*) FROM customer") == 80
    assert database.value("SELECT sum(customers) FROM stage_count") == 80
    assert database.value("SELECT count(DISTINCT entry_id) FROM stage_change") == 80


def test_two_programs_make_the_same_new_database_once(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    assert _writers(path, "li", "li", "li", count=0) == [(0, "")] * 3
    database = Database(path)
    assert database.rows("SELECT login, role FROM user") == [("li", "admin")]


def test_the_file_is_its_owners_and_their_groups(tmp_path: Path) -> None:
    Database(tmp_path / "crm.db", create=True).close()
    assert stat.S_IMODE((tmp_path / "crm.db-lock").stat().st_mode) & 0o007 == 0


def test_the_models_have_the_columns_of_the_schema(database: Database) -> None:
    tables = [*models.JOURNALED.values(), *models.HISTORIES]
    described = {model._meta.table_name: models.columns(model) for model in tables}
    for table, columns in described.items():
        assert columns == tuple(row[1] for row in database.rows(f"PRAGMA table_info({table})")), table
    kept = {
        row[0]
        for row in database.rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        if not row[0].startswith("search_")
    }
    assert kept - described.keys() == {
        "schema_migration", "stage_count", "journal_undone", "worth", "worth_period", "worth_stale", "effort",
            "duplicate", "duplicate_look",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("owner", "pool", "blocked"),
    [("NULL", "NULL", 0), ("1", "1", 0), ("1", "NULL", 1), ("NULL", "1", 1), ("1", "1", 1)],
)
def test_a_customer_has_an_owner_or_a_pool_or_is_blocked(
    database: Database, owner: str, pool: str, blocked: int
) -> None:
    with pytest.raises(DatabaseUnusable, match="CHECK"), database.writing():
        database.execute(
            "INSERT INTO customer (kind, name, name_key, stage, stage_since, owner_id, pool_id, blocked, created_at)"
            f" VALUES ('person', 'x', 'x', 'potential', '', {owner}, {pool}, {blocked}, '')"
        )


def test_a_change_is_all_done_or_not_at_all(database: Database) -> None:
    def half() -> None:
        database.execute("INSERT INTO pool (name) VALUES ('north')")
        with database.writing():
            database.execute("INSERT INTO pool (name) VALUES ('south')")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), database.writing():
        half()
    assert database.value("SELECT count(*) FROM pool") == 1
    with database.writing():
        database.execute("INSERT INTO pool (name) VALUES ('east')")
    assert database.value("SELECT count(*) FROM pool") == 2


def test_an_aware_moment_is_kept_in_universal_time(database: Database, clock: Clock) -> None:
    assert database.value("SELECT ?", (clock(),)) == "2026-11-18 02:00:00"
    assert database.value("SELECT ?", (clock().date(),)) == "2026-11-18"
    with pytest.raises(TypeError):
        database.value("SELECT ?", (object(),))


def test_another_programs_commit_is_noticed(database: Database) -> None:
    before = database.data_version()
    other = Database(database.path)
    with other.writing():
        other.execute("INSERT INTO pool (name) VALUES ('north')")
    other.close()
    assert database.data_version() != before


def test_a_backup_is_a_database_of_its_own(database: Database, clock: Clock, tmp_path: Path) -> None:
    Team(database, clock)
    database.backup(tmp_path / "copy.db")
    copy = Database(tmp_path / "copy.db")
    assert people.logins(copy) == people.logins(database)
    copy.close()
