"""Backups: taken online, verified, kept for a while, brought back only after saying what would be lost."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections import namedtuple
from datetime import timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest

from crm_tui.domain import backups as names
from crm_tui.domain.errors import CrmError, DatabaseUnusable, Displaced, NotAllowed
from crm_tui.services import backups, checks, demo, restoring, rules, sweep
from crm_tui.services.restoring import Restore
from crm_tui.store import anchors, chain
from crm_tui.store import backups as store
from crm_tui.store.database import Database
from crm_tui.store.opening import SCHEMA_VERSION
from tests.factories import Clock, Team, make
from tests.store.present import check, present


def taken(team: Team, file: Path | None = None) -> Path:
    """A backup; its file."""
    return Path(backups.backup(team.admin, file).data[0]["file"])


def look(team: Team, file: Path, login: str = "root") -> Restore:
    return restoring.look(team.database.path, file, login)


# -- taking


def test_a_backup_is_the_whole_database_and_its_name_tells_the_head(team: Team) -> None:
    make(team.li, "Acme")
    outcome = backups.backup(team.admin)
    [record] = outcome.data
    path = Path(record["file"])
    assert path.parent == team.database.path.parent / "backups"
    head = chain.head(team.database.connection)
    assert (record["entries"], record["head"], record["customers"]) == (*head, 1)
    assert path.name == names.name("crm", ".db", team.clock.now, *head)
    assert os.listdir(path.parent) == [path.name], "what it was written as is gone"
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    copy = Database(path)
    assert present(copy) == present(team.database)
    check(copy)
    copy.close()
    assert team.database.value("SELECT summary FROM journal_entry ORDER BY id DESC LIMIT 1").startswith("backup taken")
    [anchor] = [one for one in anchors.known(team.database.path) if ".log" in one.where]
    assert (anchor.length, anchor.hash) == head


def test_a_backup_opens_where_nothing_may_be_written(team: Team) -> None:
    """It is one file by itself: no log of writes beside it that could be left behind."""
    path = taken(team)
    header = path.read_bytes()[18:20]
    assert header == b"\x01\x01"
    assert not [each for each in path.parent.iterdir() if each != path]


def test_a_backup_goes_into_a_folder_or_a_file_and_takes_the_place_of_a_backup_only(team: Team, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    assert names.parse(taken(team, folder).name)
    file = folder / "own.db"
    assert taken(team, file) == file
    make(team.li, "Acme")
    assert taken(team, file) == file
    assert store.verify(file).rows["customer"] == 1
    (folder / "letter.txt").write_text("dear customer, " * 20)
    for wrong, text in (
        (folder / "letter.txt", "overwrites nothing but backups"), (team.database.path, "the database itself"),
        (folder / "nowhere" / "x.db", "no such folder"),
    ):  # fmt: skip
        with pytest.raises(CrmError, match=text):
            taken(team, wrong)


@pytest.mark.parametrize("role", ["lead", "li", "service"])
def test_only_administrators_take_and_restore_backups(team: Team, role: str) -> None:
    session = getattr(team, role)
    with pytest.raises(NotAllowed):
        backups.backup(session)
    file = taken(team)
    with pytest.raises(NotAllowed):
        look(team, file, session.person.login)


def test_a_copy_that_is_not_the_database_is_no_backup(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    real = store._copied

    def spoiled(source: Path, part: Path, progress: Any) -> Any:
        found = real(source, part, progress)
        part.write_bytes(part.read_bytes()[:-8192])
        return found

    monkeypatch.setattr(store, "_copied", spoiled)
    with pytest.raises(store.Damaged):
        taken(team)
    assert os.listdir(anchors.folder(team.database.path)) == []


def test_what_is_broken_off_leaves_nothing(team: Team) -> None:
    def stop(what: str, done: int, most: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backups.backup(team.admin, None, stop)
    assert os.listdir(anchors.folder(team.database.path)) == []


def test_a_disk_that_is_nearly_full_gets_none_and_it_is_said(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10, 10, 1_000_000))
    with pytest.raises(CrmError, match="nearly full, 64 MB are missing"):
        backups.backup(team.admin)


def test_others_write_while_a_backup_goes_on_and_it_is_of_one_moment(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step lets a writer in, and no step begins anew for it."""
    monkeypatch.setattr(store, "_PAGES", 20)
    make(team.li, "Acme")
    other = Database(team.database.path)
    steps: list[int] = []

    def write(what: str, done: int, most: int) -> None:
        if what == "copy":
            steps.append(done)
            with other.writing():
                other.execute("UPDATE setting SET version = version + 1")
            make(Team(other, team.clock).li, f"Made in step {len(steps)}")

    path = Path(backups.backup(team.admin, None, write).data[0]["file"])
    other.close()
    assert len(steps) > 5
    assert steps == sorted(set(steps))
    assert store.verify(path).rows["customer"] == 1
    assert team.database.value("SELECT count(*) FROM customer") == 1 + len(steps)


# -- by itself


def test_a_backup_is_due_a_day_after_the_newest_or_after_the_beginning(team: Team) -> None:
    assert backups.due(team.li) is None
    team.clock.forward(hours=24)
    plan = backups.due(team.li)
    assert plan is not None
    name = backups.take(team.database.path, plan, team.clock.now)
    assert name in os.listdir(anchors.folder(team.database.path))
    assert backups.due(team.li) is None
    assert backups.take(team.database.path, plan, team.clock.now) is None, "somebody else has done it"
    team.clock.forward(hours=24)
    assert backups.due(team.li)
    rules.set_rule(team.admin, "backup.every_hours", "off", None)
    assert backups.due(team.li) is None


def test_a_backup_of_the_future_keeps_none_from_being_taken(team: Team) -> None:
    file = taken(team)
    file.rename(file.with_name(file.name.replace("2026", "2031")))
    team.clock.forward(days=2)
    plan = backups.due(team.li)
    assert plan is not None
    assert backups.take(team.database.path, plan, team.clock.now)
    assert backups.due(team.li) is None
    assert len(os.listdir(file.parent)) == 3, "both, and the lock"


def test_old_backups_go_by_the_rules_and_what_is_not_ours_stays(team: Team) -> None:
    rules.set_rule(team.admin, "backup.daily", "2", None)
    rules.set_rule(team.admin, "backup.weekly", "off", None)
    rules.set_rule(team.admin, "backup.monthly", "0", None)
    folder = anchors.folder(team.database.path)
    for __ in range(4):
        team.clock.forward(days=1)
        plan = backups.due(team.li)
        assert plan is not None
        backups.take(team.database.path, plan, team.clock.now)
        (folder / "own notes.txt").touch()
    left = sorted(os.listdir(folder))
    days = [(team.clock.now - timedelta(days=n)).date().isoformat().replace("-", "") for n in (1, 0)]
    assert [names.parse(text).at.strftime("%Y%m%d") for text in left if names.parse(text)] == days  # type: ignore[union-attr]
    assert "own notes.txt" in left


def test_a_sweep_takes_the_backup_that_is_due_and_says_so(team: Team) -> None:
    assert "backup" not in sweep.sweep(team.admin).message
    team.clock.forward(days=2)
    assert "; backup crm-2026" in sweep.sweep(team.admin).message
    assert {one.where for one in anchors.known(team.database.path)} >= {"crm.db.log:1", "crm.db.log:2"}


def test_a_sweep_that_gets_no_backup_says_why(team: Team) -> None:
    team.clock.forward(days=2)
    anchors.folder(team.database.path).write_text("no folder")
    assert "File exists" in sweep.sweep(team.admin).message


def test_nobody_backs_up_a_demo(tmp_path: Path) -> None:
    database = Database(tmp_path / "demo.db", create=True)
    clock = Clock()
    demo.fill(database, clock.now, customers=4)
    clock.forward(days=30)
    from crm_tui.services import people

    session = people.sign_in(database, "li", source="test", clock=clock)
    assert backups.due(session) is None
    database.close()


# -- bringing back


def test_a_restore_says_what_is_lost_and_keeps_the_file_that_was_there(team: Team) -> None:
    make(team.li, "Acme")
    before = present(team.database)
    file = taken(team)
    make(team.wang, "华为")
    make(team.wang, "Bolt")
    wanted = look(team, file)
    assert (wanted.lost, wanted.gained) == (2, 0)
    assert wanted.loss.startswith("2 entries after the backup's last are lost, the newest of 2026-11-18 ")
    assert "by wang (Bolt made" in wanted.loss
    path = team.database.path
    there = present(team.database)
    team.database.close()
    outcome = restoring.restore(wanted, team.clock.now)
    old = Path(outcome.data[0]["kept"])
    assert old.name == "crm.db.before-restore-20261118T020000"
    database = Database(path)
    assert present(database) == before
    assert database.value("SELECT summary FROM journal_entry ORDER BY id DESC LIMIT 1") == outcome.message
    check(database)
    session = Team(database, team.clock).admin
    assert [fault for fault in checks.check(session) if not fault.warning] == [], "the anchors follow the restore"
    database.close()
    kept = Database(old)
    assert present(kept) == there
    kept.close()


@pytest.mark.parametrize(
    ("between", "after", "told"),
    [
        (0, 0, "nothing is lost: both are the same"),
        (0, 1, "1 entry after the backup's last is lost, of "),
        (2, 0, "nothing is lost: the backup has 2 entries more"),
        (2, 3, "the two part company at entry 6: 3 entries of the database are lost"),
    ],
)
def test_what_is_lost_is_told_of_chains_that_part_too(
    team: Team, tmp_path: Path, between: int, after: int, told: str
) -> None:
    """An older copy goes on by itself: what is in the backup only, and what is in the database only."""
    make(team.li, "Acme")
    other = tmp_path / "other.db"
    store.take(team.database.path, tmp_path / "part", lambda content: other)
    copy = Database(other)
    for n in range(between):
        make(Team(copy, team.clock).li, f"There {n}")
    copy.connection.pragma("journal_mode", "delete")
    copy.close()
    for n in range(after):
        make(team.li, f"Here {n}")
    assert look(team, other).loss.startswith(told)


def test_a_database_that_is_gone_or_damaged_is_restored_by_an_administrator_of_the_backup(team: Team) -> None:
    make(team.li, "Acme")
    before = present(team.database)
    file, path = taken(team), team.database.path
    team.database.close()
    path.write_bytes(path.read_bytes()[:100] + os.urandom(50_000))
    with pytest.raises(NotAllowed):
        restoring.look(path, file, "li")
    wanted = restoring.look(path, file, "root")
    assert "cannot be read" in wanted.loss
    restoring.restore(wanted, team.clock.now)
    path.unlink()
    wanted = restoring.look(path, file, "root")
    assert "there is no database" in wanted.loss
    restoring.restore(wanted, team.clock.now)
    database = Database(path)
    assert present(database) == before
    database.close()


def forged(file: Path) -> None:
    """The backup, with an entry of its journal made anew and all after it sealed again."""
    connection = apsw.Connection(str(file))
    kept = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, __ in kept:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("UPDATE journal_entry SET summary = 'never was' WHERE id = 3")
    chain.seal(connection)
    for __, sql in kept:
        connection.execute(str(sql))
    assert chain.verify(connection) is None
    connection.close()


def test_a_backup_whose_journal_was_made_anew_does_not_fit_its_name(team: Team) -> None:
    make(team.li, "Acme")
    file = taken(team)
    forged(file)
    with pytest.raises(store.Damaged, match="does not end where its name says"):
        look(team, file)


@pytest.mark.parametrize("how", ["gone", "unreadable"])
def test_a_restore_without_a_database_goes_by_the_notes_and_says_which_do_not_fit(
    team: Team, tmp_path: Path, how: str
) -> None:
    """A forged backup under a name of its own: what was noted of the journal outside does not pass away with it."""
    path = team.database.path
    taken(team)
    make(team.li, "Acme")
    file = tmp_path / "own.db"
    taken(team, file)
    make(team.li, "Bolt")
    taken(team)
    forged(file)
    team.database.close()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:100] + os.urandom(50_000))
    wanted = restoring.look(path, file, "root")
    assert wanted.record()["odd"] == 3, "the log's two, and the first backup's name"
    assert "the backup does not fit what is noted of 2026-11-18 " in wanted.loss
    assert "(crm.db.log:1: entry 5) nor 2 later notes" in wanted.loss
    outcome = restoring.restore(wanted, team.clock.now)
    assert "does not fit" in outcome.message
    database = Database(path)
    assert "does not fit" in database.value("SELECT summary FROM journal_entry ORDER BY id DESC LIMIT 1")
    database.close()


@pytest.mark.parametrize("how", ["gone", "unreadable"])
def test_the_notes_that_fit_hold_on_after_a_restore_without_a_database(team: Team, how: str) -> None:
    path = team.database.path
    make(team.li, "Acme")
    first = taken(team)
    make(team.li, "Bolt")
    file = taken(team)
    make(team.li, "Cask")
    taken(team)
    team.database.close()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:100] + os.urandom(50_000))
    wanted = restoring.look(path, file, "root")
    assert "nothing is lost" not in wanted.loss
    assert f"{'there is no database' if how == 'gone' else 'cannot be read'}" in wanted.loss
    assert " that the backup has not is lost, 2 entries at least, till 2026-11-18 " in wanted.loss
    assert (wanted.lost, wanted.gained, wanted.odd) == (2, 0, "")
    before = len([one for one in anchors.known(path) if one.length <= wanted.content.head.length])
    restoring.restore(wanted, team.clock.now)
    known = anchors.known(path)
    assert len(known) == before + 1, "the restore's own beside them"
    assert first.name in {one.where for one in known}
    database = Database(path)
    assert [fault for fault in checks.check(Team(database, team.clock).admin) if not fault.warning] == []
    database.close()


def test_a_missing_database_is_told_of_with_its_newest_backup(team: Team) -> None:
    path = team.database.path
    with pytest.raises(DatabaseUnusable, match="`crm-tui` makes one"):
        Database(path.with_name("other.db"))
    file = taken(team)
    future = file.with_name(file.name.replace("2026", "2999"))
    shutil.copy(file, future)
    team.database.close()
    path.unlink()
    with pytest.raises(DatabaseUnusable) as told:
        Database(path)
    assert f"`crm-tui restore {file}` brings its newest backup back" in str(told.value)


def spoil(path: Path, how: str) -> None:
    """Make a backup one that must not be restored."""
    content = bytearray(path.read_bytes())
    if how == "cut":
        content = content[: len(content) // 2]
    elif how == "a page of zeros":
        content[8192:12288] = bytes(4096)
    elif how == "future":
        content[60:64] = (SCHEMA_VERSION + 1).to_bytes(4, "big")
    elif how == "foreign":
        content[68:72] = b"\0\0\0\0"
    elif how == "empty":
        content = bytearray()
    path.write_bytes(content)
    if how == "tampered":
        connection = apsw.Connection(str(path))
        connection.execute("DROP TRIGGER journal_entry_told")
        connection.execute("UPDATE journal_entry SET summary = 'other' WHERE id = 2")
        connection.close()


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("cut", "is damaged"), ("a page of zeros", "is damaged"), ("future", "a newer crm-tui made it"),
        ("foreign", "is no crm-tui database"), ("empty", "is no crm-tui database"),
        ("tampered", "entry 2 of its journal was tampered with"),
    ],
)  # fmt: skip
def test_a_backup_that_is_not_sound_is_not_restored(team: Team, how: str, told: str) -> None:
    make(team.li, "Acme")
    file = taken(team)
    spoil(file, how)
    with pytest.raises(CrmError, match=told):
        look(team, file)


def test_what_is_no_backup_at_all_is_not_restored(team: Team) -> None:
    with pytest.raises(CrmError, match="no such file"):
        look(team, team.database.path.with_name("nothing.db"))
    with pytest.raises(CrmError, match="is the database itself"):
        look(team, team.database.path)


def test_a_session_that_is_open_notices_the_restore_and_spoils_nothing(team: Team) -> None:
    """It reads and writes no more, and its end removes nothing of the database that took the place of its own."""
    make(team.li, "Acme")
    file = taken(team)
    make(team.li, "Bolt")
    path = team.database.path
    beside = [Path(f"{path}{end}").stat().st_ino for end in ("-wal", "-shm")]
    restoring.restore(look(team, file), team.clock.now)
    with pytest.raises(Displaced):
        make(team.li, "lost")
    fresh = Database(path)
    make(Team(fresh, team.clock).wang, "New")
    log = Path(f"{path}-wal")
    now = [Path(f"{path}{end}").stat().st_ino for end in ("-wal", "-shm")]
    assert not set(now) & set(beside), "the two share neither log nor memory"
    assert log.stat().st_size
    team.database.close()
    assert log.stat().st_size, "the log of the new file is not the old session's to remove"
    assert fresh.rows("SELECT name FROM customer ORDER BY id") == [("Acme",), ("New",)]
    check(fresh)
    fresh.close()


def test_a_restore_that_was_interrupted_just_before_its_end_is_ended_by_the_next_opening(team: Team) -> None:
    make(team.li, "Acme")
    file, path = taken(team), team.database.path
    team.database.close()
    shutil.copy(file, f"{path}-restoring")
    path.rename(path.with_name("crm.db.before-restore"))
    database = Database(path, create=True)
    assert database.value("SELECT name FROM customer") == "Acme"
    database.close()


def test_a_database_that_is_read_for_long_is_not_taken_away(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    from crm_tui.store import restores

    make(team.li, "Acme")
    file = taken(team)
    reader = Database(team.database.path)
    reader.execute("BEGIN")
    reader.value("SELECT count(*) FROM customer")
    make(team.li, "Bolt")
    monkeypatch.setattr(restores, "_PATIENCE", 1)
    with pytest.raises(DatabaseUnusable, match="is being read for long; nothing was changed"):
        restoring.restore(look(team, file), team.clock.now)
    reader.execute("ROLLBACK")
    reader.close()
    assert team.database.value("SELECT count(*) FROM customer") == 2
    assert not [each for each in team.database.path.parent.iterdir() if "restor" in each.name]


# -- the real thing


_WRITER = """
import sys, time
from pathlib import Path
from crm_tui.services import people, tags
from crm_tui.store.database import Database
database = Database(Path(sys.argv[1]))
session = people.sign_in(database, "li", source="test")
longest, count, stop = 0.0, 0, Path(sys.argv[2])
print("begun", flush=True)
while not stop.exists():
    began = time.perf_counter()
    tags.tag(session, [1], [f"t{count}"])
    longest, count = max(longest, time.perf_counter() - began), count + 1
print(count, longest)
"""


@pytest.mark.slow
def test_backups_under_a_writer_in_another_process_are_each_of_one_moment(team: Team, tmp_path: Path) -> None:
    make(team.li, "Acme")
    for n in range(200):
        make(team.admin, f"Firma {n}", owner="pool", note="x" * 2_000)
    stop = tmp_path / "stop"
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(team.database.path), str(stop)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == "begun\n"
    entries: list[int] = []
    until = time.monotonic() + 2
    try:
        while time.monotonic() < until or len(entries) < 3:
            path = taken(team, tmp_path / "copy.db")
            found = store.verify(path)
            entries.append(found.head.length)
            copy = Database(path)
            assert copy.value("SELECT count(*) FROM tag") == copy.value(
                "SELECT count(*) FROM journal_change WHERE record = 'tag'"
            )
            copy.close()
    finally:
        stop.touch()
        written, __ = writer.communicate(timeout=30)
    assert entries == sorted(set(entries))
    assert int(written.split()[0]) > len(entries)
    check(team.database)


def test_the_commands_in_a_shell(team: Team, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from crm_tui import cli

    make(team.li, "Acme")
    path, file = team.database.path, tmp_path / "copy.db"
    team.database.close()
    asked = ["--db", str(path), "--user", "root"]
    assert cli.run([*asked, "backup", str(file), "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["customers"] == 1
    assert cli.run([*asked, "new", "Bolt"]) == 0
    assert cli.run([*asked, "restore", str(file)]) == 2, "it says what is lost, and wants --yes"
    assert "1 entry after the backup's last is lost" in capfd.readouterr().err
    assert cli.run([*asked, "restore", str(file), "--dry-run", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["lost"] == 1
    assert cli.run(["--db", str(path), "--user", "li", "restore", str(file), "--yes"]) == 3
    assert cli.run([*asked, "restore", str(file), "--yes", "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["kept"]
    database = Database(path)
    assert database.rows("SELECT name FROM customer") == [("Acme",)]
    database.close()
