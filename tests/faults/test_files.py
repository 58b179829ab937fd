"""The file that cannot be written, is damaged, of another time, or another one: a sentence, and nothing is lost."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from crm_tui import cli
from crm_tui.domain.errors import DatabaseUnusable, Displaced
from crm_tui.services import news, tags, watching
from crm_tui.services.lists import Query
from crm_tui.store import mounts
from crm_tui.store.database import Database
from crm_tui.store.opening import SCHEMA_VERSION
from crm_tui.tui import start
from crm_tui.tui.terminal import profile
from tests.factories import Clock, Team, make
from tests.faults.conftest import Firm
from tests.faults.disks import File, Medium, under
from tests.store.present import check
from tests.terminal import Terminal

POWERLESS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""Without root's right to pass over what a file's mode says."""


def shown(terminal: Terminal, pattern: str) -> str:
    """Wait for a text that may be broken into lines, or cut."""
    return terminal.wait(r"\s+".join(pattern.split(" ")))


# -- a full disk


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", str(folder)], capture_output=True)
    if done.returncode:
        pytest.skip("nothing can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """A file that takes all the room that is left."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1 << 8, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return ballast


@pytest.mark.slow
def test_a_full_disk_refuses_changes_and_says_so_until_there_is_room(small: Path) -> None:
    firm = Firm(small / "crm.db")
    make(firm.team.li, "Acme")
    before = firm.database.value("SELECT count(*) FROM journal_entry")
    with firm.open() as terminal:
        terminal.wait("Acme")
        terminal.send("gp")
        terminal.wait("potential")
        terminal.quiet()
        ballast = fill(small)
        terminal.send("ta")
        shown(terminal, "the disk is full; nothing")
        code, __, told = firm.shell("tag", "vip", "1")
        assert code == 5
        assert "the disk is full; nothing was changed" in told
        assert firm.shell("list", "Acme")[:2] == (0, firm.shell("list", "Acme")[1])
        terminal.send("f")
        terminal.wait("note")
        terminal.send("all that was said<enter>")
        shown(terminal, "the disk is full")
        terminal.wait("all that was said")
        ballast.unlink()
        terminal.quiet()
        terminal.send("<enter>")
        terminal.wait("call logged")
        terminal.quiet()
        terminal.send("<c-q>")
        assert terminal.exit_code() == 0
    assert firm.rows("SELECT count(*) FROM journal_entry") == [(before + 1,)]
    assert firm.rows("SELECT note FROM interaction") == [("all that was said",)]
    assert firm.shell("tag", "vip", "1")[0] == 0


@pytest.mark.slow
def test_what_only_reads_says_that_the_disk_is_full_where_nothing_can_be_put_beside_the_file(small: Path) -> None:
    firm = Firm(small / "crm.db")
    firm.database.close()
    ballast = fill(small)
    code, __, told = firm.shell("list")
    assert (code, "the disk is full" in told) == (5, True), told
    ballast.unlink()
    assert firm.shell("list")[0] == 0


@pytest.mark.slow
def test_on_a_disk_that_is_mounted_for_reading_all_is_read_and_can_be_saved(small: Path, tmp_path: Path) -> None:
    firm = Firm(small / "crm.db")
    make(firm.team.li, "Acme")
    saved, again, logged = tmp_path / "saved.db", tmp_path / "again.db", small / "logged.db"
    for end in ("", "-wal"):
        shutil.copy(f"{firm.path}{end}", f"{logged}{end}")
    firm.database.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    assert "Acme" in firm.shell("list", "name:Acme")[1]
    assert firm.shell("check", user="root")[0] == 0
    code, __, told = firm.shell("tag", "vip", "1")
    assert (code, "cannot be written: Read-only file system" in told) == (5, True), told
    assert firm.shell("backup", str(saved), user="root")[0] == 0
    code, __, told = firm.shell("restore", str(saved), "--yes", user="root")
    assert (code, "Read-only file system; nothing was changed" in told) == (1, True), told
    firm.path = logged
    code, __, told = firm.shell("list")
    assert (code, "mounted for reading only" in told) == (5, True), told
    shutil.copy(saved, again)
    firm.path = again
    assert "Acme" in firm.shell("list", "name:Acme")[1]


class Narrow(Medium):
    """A disk that takes so many more writes."""

    def __init__(self, room: int) -> None:
        super().__init__("narrow")
        self.room = room

    def written(self, file: File, data: bytes, offset: int) -> None:
        self.room -= 1
        if self.room < 0:
            raise apsw.FullError("no room")


@pytest.mark.parametrize("room", [0, 1, 5, 12, 30])
def test_wherever_the_disk_is_full_nothing_is_half_done(staffed: Path, tmp_path: Path, room: int) -> None:
    path = Path(shutil.copy(staffed, tmp_path / "crm.db"))
    with under(Narrow(1_000_000)) as disk:
        database = Database(path)
        team = Team(database, Clock())
        key = make(team.li, "Acme")
        disk.room = room
        with pytest.raises(DatabaseUnusable, match="the disk is full; nothing was changed"):
            make(team.li, "Other", note="x" * 200_000)
        assert database.rows("SELECT name FROM customer") == [("Acme",)]
        disk.room = 1_000_000
        assert tags.tag(team.li, [key], ["vip"]).changed == (key,)
        check(database)
        assert database.value("PRAGMA integrity_check") == "ok"
        database.close()


# -- what may not be written


@pytest.fixture
def modes(firm: Firm) -> Iterator[Firm]:
    if shutil.which("setpriv") is None:
        pytest.skip("without setpriv")
    make(firm.team.li, "Acme")
    firm.database.close()
    yield firm
    firm.path.parent.chmod(0o700)


@pytest.mark.slow
def test_a_file_that_may_not_be_written_is_shown_and_not_changed(modes: Firm) -> None:
    modes.path.chmod(0o400)
    before = modes.path.read_bytes()
    code, __, told = modes.shell("tag", "vip", "1", under=POWERLESS)
    assert (code, "is read-only; nothing was changed" in told) == (5, True)
    code, out, __ = modes.shell("list", under=POWERLESS)
    assert (code, "Acme" in out) == (0, True)
    with modes.open(under=POWERLESS) as terminal:
        terminal.wait("Acme")
        terminal.send("gp")
        terminal.wait("potential")
        terminal.send("ta")
        shown(terminal, "is read-only; nothing")
        terminal.send("f")
        terminal.wait("note")
        terminal.send("half a sentence")
        terminal.quiet()
        terminal.send("<c-q>")
        assert terminal.exit_code() == 0
    assert modes.path.read_bytes() == before


@pytest.mark.slow
def test_a_folder_that_may_not_be_written_is_named(modes: Firm) -> None:
    for file in modes.path.parent.glob("crm.db-*"):
        file.unlink()
    modes.path.parent.chmod(0o500)
    for words in (["list"], ["tag", "vip", "1"]):
        code, __, told = modes.shell(*words, under=POWERLESS)
        assert code == 5
        assert str(modes.path) in told
        assert "cannot be written" in told or "read-only" in told
    with modes.open(under=POWERLESS) as terminal:
        terminal.wait(r"cannot be written|read-only")
        assert terminal.exit_code() == 5


# -- damage


def spoil(path: Path, table: str) -> None:
    """Write garbage over the pages of a table."""
    connection = apsw.Connection(str(path))
    connection.pragma("wal_checkpoint(truncate)")
    size = connection.pragma("page_size")
    pages = [row[0] for row in connection.execute("SELECT pageno FROM dbstat WHERE name = ?", (table,))]
    connection.close()
    with path.open("r+b") as file:
        for page in pages:
            file.seek((page - 1) * size)
            file.write(random.Random(page).randbytes(size))


def test_damage_is_a_sentence_in_the_shell_and_check_names_it(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(db, "customer")
    for words in (["list"], ["show", "1"], ["tag", "vip", "1"], ["export", "", str(db.with_name("out.csv"))], ["due"]):
        assert cli.run(["--db", str(db), "--user", "li", *words]) == 5, words
        assert re.search("is damaged; nothing was changed: `crm-tui restore` brings", capsys.readouterr().err)
    assert cli.run(["--db", str(db), "--user", "root", "check"]) == 1
    said = capsys.readouterr()
    assert re.search(r"damaged|malformed|page \d+|missing from index", said.out)
    assert "backup" in said.out


@pytest.mark.slow
def test_damage_is_a_sentence_on_the_screens(firm: Firm) -> None:
    for n in range(60):
        make(firm.team.li, f"Customer {n}", note="x" * 500)
    firm.database.close()
    spoil(firm.path, "interaction")
    spoil(firm.path, "contact")
    with firm.open() as terminal:
        terminal.wait("Customer")
        terminal.send("gp")
        terminal.wait("poten 60")
        terminal.send("f")
        terminal.wait("note")
        terminal.send("said<enter>")
        shown(terminal, "is damaged")
        terminal.send("<esc>")
        terminal.quiet()
        terminal.send("<enter>")
        terminal.quiet()
        terminal.send("<esc>j<enter><esc>ghgpgojjgp")
        terminal.quiet()
        terminal.send("<c-q>")
        assert terminal.exit_code() == 0
        assert b"Traceback" not in terminal.raw


# -- a database of the future


def from_the_future(path: Path) -> None:
    newer = apsw.Connection(str(path))
    newer.pragma("user_version", 99)
    newer.close()


def test_a_database_of_the_future_is_refused_and_left_as_it_is(db: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from_the_future(db)
    before, beside = db.read_bytes(), sorted(file.name for file in db.parent.iterdir())
    for words in (["list"], ["tag", "vip", "1"], ["check"], ["export", "", str(db.with_name("out.csv"))]):
        assert cli.run(["--db", str(db), "--user", "li", *words]) == 5
        assert f"has schema 99, this program knows {SCHEMA_VERSION}" in capsys.readouterr().err
    assert db.read_bytes() == before
    assert sorted(file.name for file in db.parent.iterdir()) == beside


@pytest.mark.slow
def test_a_session_stops_writing_when_the_database_goes_ahead_of_it(firm: Firm) -> None:
    make(firm.team.li, "Acme")
    with firm.open() as terminal:
        terminal.wait("Acme")
        terminal.send("gp")
        terminal.wait("potential")
        terminal.quiet()
        from_the_future(firm.path)
        before = firm.path.read_bytes(), firm.path.with_name("crm.db-wal").read_bytes()
        terminal.send("ta")
        shown(terminal, "has schema 99")
        terminal.send("f")
        terminal.quiet()
        terminal.send("half a sentence")
        terminal.quiet()
        assert (firm.path.read_bytes(), firm.path.with_name("crm.db-wal").read_bytes()) == before
        terminal.send("<c-q>")
        assert terminal.exit_code() == 0
        assert b"Traceback" not in terminal.raw


# -- another file under the name


@pytest.mark.parametrize("way", ["moved over it", "removed", "linked elsewhere"])
def test_nothing_is_written_into_a_file_that_has_lost_its_name(
    database: Database, clock: Clock, tmp_path: Path, way: str
) -> None:
    other = Path(shutil.copy(database.path, tmp_path / "other.db"))
    name = tmp_path / "name.db"
    name.symlink_to(database.path)
    opened = Database(name)
    team = Team(opened, clock)
    key = make(team.li, "Acme")
    seen, watch = news.seen(team.li), watching.Watch(team.li, Query(""), None)
    entries = opened.value("SELECT max(id) FROM journal_entry")
    if way == "moved over it":
        other.replace(database.path)
    elif way == "removed":
        database.path.unlink()
    else:
        name.unlink()
        name.symlink_to(other)
    with pytest.raises(Displaced, match="was replaced or removed meanwhile; nothing was changed"):
        tags.tag(team.li, [key], ["vip"])
    with pytest.raises(Displaced):
        news.since(team.li, seen)
    with pytest.raises(Displaced):
        list(watch.look())
    assert opened.value("SELECT max(id) FROM journal_entry") == entries
    opened.close()


def test_a_file_that_loses_its_name_within_a_change_does_not_take_the_change(database: Database) -> None:
    def change() -> None:
        database.execute("INSERT INTO pool (name) VALUES ('north')")
        database.path.rename(database.path.with_name("away.db"))

    with pytest.raises(Displaced), database.writing():
        change()
    assert database.value("SELECT count(*) FROM pool") == 1


@pytest.mark.slow
@pytest.mark.parametrize("way", ["replaced", "removed"])
def test_a_session_says_that_its_file_is_gone_before_anything_is_typed(firm: Firm, way: str) -> None:
    make(firm.team.li, "Acme")
    firm.database.close()
    copy = firm.path.with_name("copy.db")
    shutil.copy(firm.path, copy)
    with firm.open() as terminal:
        terminal.wait("Acme")
        terminal.send("gp")
        terminal.wait("potential")
        terminal.quiet()
        if way == "replaced":
            copy.replace(firm.path)
        else:
            firm.path.unlink()
        shown(terminal, "was replaced or removed")
        terminal.send("ta")
        terminal.quiet()
        shown(terminal, "was replaced or removed")
        terminal.send("f")
        terminal.wait("note")
        terminal.send("half a sentence<enter>")
        shown(terminal, "was replaced or removed")
        terminal.wait("half a sentence")
        terminal.send("<c-q>")
        assert terminal.exit_code() == 0
    if way == "replaced":
        assert firm.rows("SELECT count(*) FROM interaction") == [(0,)]
        assert firm.rows("PRAGMA integrity_check") == [("ok",)]
    else:
        assert not firm.path.exists()


# -- other hosts' disks

HOME = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
SHARES = {
    "nfs": "server:/export", "nfs4": "server:/export", "cifs": "//server/share", "smb3": "//server/share",
    "9p": "C:\\134", "fuse.sshfs": "user@server:/home", "fuse.rclone": "remote:bucket", "fuse.s3fs": "s3fs",
    "ceph": "10.0.0.1:6789:/", "fuse.glusterfs": "server:/volume", "lustre": "10.0.0.1@tcp:/fs", "virtiofs": "shared",
    "vboxsf": "shared", "davfs": "https://server/dav", "fuse": "https://server/dav",
    "fuse.unheard-of": "//server/share", "afs": "AFS",
}  # fmt: skip
LOCAL = {"ext4": "/dev/sdb1", "xfs": "/dev/sdb1", "btrfs": "/dev/sdb1", "tmpfs": "tmpfs", "overlay": "overlay",
         "zfs": "tank/home", "fuseblk": "/dev/sdb1", "fuse.gocryptfs": "/home/li/.secret",
         "fuse": "/dev/fuse"}  # fmt: skip


@pytest.mark.parametrize(("kind", "source"), [*SHARES.items(), *LOCAL.items()])
def test_what_is_on_another_host_is_known(kind: str, source: str) -> None:
    mounted = HOME + f"30 22 0:50 / /mnt/our\\040files rw,relatime shared:9 - {kind} {source} rw\n"
    assert mounts.remote(Path("/mnt/our files/crm"), mounted) == (kind if (kind, source) in SHARES.items() else "")
    assert mounts.remote(Path("/mnt/our files too"), mounted) == ""


def test_of_mounts_over_each_other_the_last_counts() -> None:
    over = HOME + "30 22 0:50 / /mnt rw - nfs4 server:/x rw\n31 30 0:51 / /mnt rw - tmpfs tmpfs rw\nnonsense\n\n"
    assert mounts.remote(Path("/mnt/x"), over) == ""
    assert mounts.remote(Path("/mnt/x/y"), over + "32 31 0:52 / /mnt/x rw - fuse.sshfs me@there: rw\n") == "fuse.sshfs"


@pytest.mark.parametrize("where", ["shell", "screens"])
def test_a_database_on_another_host_is_refused_with_the_reason(
    db: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], where: str
) -> None:
    told = tmp_path / "mountinfo"
    told.write_text(HOME + f"30 22 0:50 / {db.parent} rw - fuse.sshfs me@there:/home rw\n")
    monkeypatch.setattr(mounts, "_MOUNTS", told)
    monkeypatch.setattr(profile, "check", lambda environ: None)
    words = ["--db", str(db), "--user", "li"]
    before = db.read_bytes()
    assert (cli.run([*words, "list"]) if where == "shell" else start.start(words)) == 5
    sentence = f"{db} lies on a network file system (fuse.sshfs), where SQLite loses data: use a local disk"
    assert sentence in capsys.readouterr().err
    assert db.read_bytes() == before
    assert os.listdir(db.parent).count("crm.db-wal") == 0
