"""`crm-tui watch` as a process: it prints what other processes do, and ends when it is told to or nobody reads."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from crm_tui.services import news, tags, teams
from crm_tui.store.database import Database
from tests.factories import Clock, Team, make
from tests.test_cli import environment, heard

pytestmark = pytest.mark.slow

PROGRAM = (sys.executable, "-m", "crm_tui")


LONG = 60
"""Seconds after which what has not come will not come."""


class Watching:
    """A watch that runs; its lines as they come."""

    def __init__(self, path: Path, *words: str, stdout: int = subprocess.PIPE, **changes: str | None) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, "watch", *words], env=environment(CRM_TUI_DB=str(path), **changes), stdin=subprocess.DEVNULL,
            stdout=stdout, stderr=subprocess.PIPE, preexec_fn=heard,
        )  # fmt: skip
        assert self.process.stderr is not None
        self.said = self.process.stderr.readline().decode()
        self._rest = b""

    def line(self, seconds: float = LONG) -> str:
        """The next line; "" when none comes in that time, or no more."""
        assert self.process.stdout is not None
        until = time.monotonic() + seconds
        while b"\n" not in self._rest:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return ""
            more = os.read(self.process.stdout.fileno(), 1 << 20)
            if not more:
                return ""
            self._rest += more
        line, __, self._rest = self._rest.partition(b"\n")
        return line.decode()

    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.line())
        return found

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """End it by a signal: the exit code, and what it said since the first line."""
        self.process.send_signal(number)
        code = self.process.wait(LONG)
        assert self.process.stderr is not None
        return code, self.process.stderr.read().decode()


@pytest.fixture
def path(staffed: Path, tmp_path: Path) -> Path:
    found = tmp_path / "crm.db"
    shutil.copy(staffed, found)
    return found


@pytest.fixture
def others(path: Path) -> Iterator[Team]:
    """The team in this process, which is another one than the watch's."""
    database = Database(path)
    yield Team(database, Clock())
    database.close()


@pytest.fixture
def watch(path: Path) -> Iterator[Callable[..., Watching]]:
    begun: list[Watching] = []

    def begin(*words: str, **given: Any) -> Watching:
        begun.append(Watching(path, *words, **given))
        return begun[-1]

    yield begin
    for one in begun:
        one.process.kill()
        one.process.wait()


Begin = Callable[..., Watching]


def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + LONG
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


def waiting(process: subprocess.Popen[bytes]) -> int:
    """Bytes that it has written and nobody has read."""
    assert process.stdout is not None
    return int.from_bytes(fcntl.ioctl(process.stdout, termios.FIONREAD, bytes(4)), sys.byteorder)


def test_what_another_process_does_is_a_line(others: Team, watch: Begin) -> None:
    key = make(others.li, "华为")
    one = watch("tag:vip", "--json")
    assert one.said == "watching 0 customers, from entry 5\n"
    tags.tag(others.li, [key], ["vip"])
    event = one.event()
    assert news.LOOK <= 2
    assert (event["what"], event["name"], event["by"], event["record"]["tags"]) == ("entered", "华为", "li", ["vip"])
    assert one.line(2.2) == ""
    assert one.end() == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_that_is_no_failure(others: Team, watch: Begin, number: int) -> None:
    one = watch()
    assert one.end(number) == (0, "")


def test_a_signal_that_is_ignored_is_ignored(others: Team, path: Path) -> None:
    process = subprocess.Popen(
        ["/bin/sh", "-c", f"trap '' HUP; exec {' '.join(PROGRAM)} watch"], env=environment(CRM_TUI_DB=str(path)),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1)
    finally:
        process.terminate()
    assert process.wait(LONG) == 0


def test_when_the_reader_goes_it_goes_too_though_nothing_happens(others: Team, watch: Begin) -> None:
    one = watch("--json")
    assert one.process.stdout is not None
    one.process.stdout.close()
    assert one.process.wait(LONG) == 0
    assert one.process.stderr is not None
    assert one.process.stderr.read() == b""


def test_one_whose_reader_has_stopped_reading_is_ended_by_a_signal_all_the_same(others: Team, watch: Begin) -> None:
    ids = [make(others.admin, f"Firma {n}") for n in range(300)]
    one = watch("--json", CRM_TUI_USER="root")
    for tag in ("a", "b"):
        tags.tag(others.admin, ids, [tag])
    until(lambda: waiting(one.process) > 60_000)  # a pipe holds 64 kB: it is in the middle of writing
    assert one.end(signal.SIGTERM)[0] == 0


def test_so_many_lines_and_the_end(others: Team, watch: Begin) -> None:
    ids = [make(others.li, f"Firma {n}") for n in range(3)]
    one = watch("--json", "--limit", "2")
    tags.tag(others.li, ids, ["vip"])
    assert [one.event()["id"] for _ in range(2)] == ids[:2]
    assert one.process.wait(LONG) == 0
    assert one.line(0) == ""


def test_a_thousand_changes_at_once_from_several_processes_are_all_told(
    others: Team, watch: Begin, path: Path
) -> None:
    ids = [make(others.admin, f"Firma {n}") for n in range(510)]
    one = watch("--json", CRM_TUI_USER="root")
    writers = [
        subprocess.Popen(
            [*PROGRAM, "tag", tag, "--on", "name:Firma", "--yes", "--quiet"],
            env=environment(CRM_TUI_DB=str(path), CRM_TUI_USER="root"),
        )
        for tag in ("a", "b")
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    done = subprocess.run(
        [*PROGRAM, "undo", "--quiet"], env=environment(CRM_TUI_DB=str(path), CRM_TUI_USER="root"), timeout=60
    )
    assert done.returncode == 0
    events = [one.event() for _ in range(3 * len(ids))]
    assert sorted(event["id"] for event in events) == sorted(3 * ids)
    assert len({(event["entry"], event["id"]) for event in events}) == len(events)
    assert one.line(2.2) == ""


def test_it_goes_on_where_a_killed_one_ended(others: Team, watch: Begin) -> None:
    ids = [make(others.li, f"Firma {n}") for n in range(5)]
    one = watch("--json")
    tags.tag(others.li, ids, ["vip"])
    seen = [one.event() for _ in range(2)]
    one.process.kill()
    one.process.wait()
    tags.tag(others.li, ids[:1], ["old"])
    again = watch("--json", "--since", f"{seen[-1]['entry']}:{seen[-1]['id']}")
    assert [again.event()["id"] for _ in range(4)] == [*ids[2:], ids[0]]
    assert again.end()[0] == 0


def test_who_has_left_is_out(others: Team, watch: Begin) -> None:
    one = watch(CRM_TUI_USER="wang")
    teams.leave(others.lead, "wang")
    assert one.process.wait(LONG) == 3
    assert one.process.stderr is not None
    assert b"wang has left" in one.process.stderr.read()


def test_a_busy_database_is_waited_for(others: Team, watch: Begin, path: Path) -> None:
    key = make(others.li, "Acme")
    one = watch("--json")
    others.database.connection.execute("BEGIN IMMEDIATE")
    time.sleep(1.5)
    others.database.connection.execute("ROLLBACK")
    tags.tag(others.li, [key], ["vip"])
    assert one.event()["id"] == key
    assert one.end() == (0, "")


def test_people_read_a_line_and_tables_have_columns(others: Team, watch: Begin) -> None:
    key = make(others.li, "Acme")
    for_people, table = watch(), watch("--csv")
    tags.tag(others.li, [key], ["vip"])
    assert for_people.line()[10:] == f"changed  {key}  Acme  li: Acme: +vip"
    assert table.line() == "at,what,id,name,by,source,command,summary,entry,run"
    assert table.line().split(",")[1:4] == ["changed", str(key), "Acme"]
    quiet = watch("--quiet", "--limit", "0")
    assert (quiet.said, quiet.process.wait(LONG)) == ("", 0)


@pytest.mark.parametrize(
    ("words", "code"), [(("tier:",), 2), (("--since", "999"), 1), (("--since", "x"), 2), (("--since", "1:"), 2)]
)
def test_what_cannot_be_watched_is_refused_at_once(
    others: Team, watch: Begin, words: tuple[str, ...], code: int
) -> None:
    one = watch(*words)
    assert one.process.wait(LONG) == code
    assert one.said.startswith("crm-tui: ")


def test_it_needs_no_terminal_no_home_and_no_locale(others: Team, watch: Begin) -> None:
    key = make(others.li, "华为")
    one = watch("--json", LANG="C", LC_ALL=None, HOME=None, XDG_CONFIG_HOME=None, CRM_TUI_CONFIG=None)
    tags.tag(others.li, [key], ["vip"])
    assert one.event()["name"] == "华为"
    assert one.end()[0] == 0


def test_an_idle_watch_costs_next_to_nothing(others: Team, watch: Begin) -> None:
    one = watch("--json")

    def spent() -> int:
        fields = Path(f"/proc/{one.process.pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def next_to_nothing() -> bool:
        before = spent()
        time.sleep(4)
        return (spent() - before) / os.sysconf("SC_CLK_TCK") <= 0.01

    until(next_to_nothing)  # on a busy machine it may not have begun


def test_no_transaction_holds_the_log_back_while_it_waits(others: Team, watch: Begin, path: Path) -> None:
    key = make(others.li, "Acme")
    one = watch("--json")
    tags.tag(others.li, [key], ["vip"])
    one.event()
    connection = apsw.Connection(str(path))
    until(lambda: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
    connection.close()


def test_over_ssh_one_watches_with_ones_own_rights_and_the_rows_are_counted(others: Team, path: Path) -> None:
    ids = [make(others.li, f"Firma {n}") for n in range(21)]
    theirs = make(others.wang, "Secret")
    process = subprocess.Popen(
        [*PROGRAM, "--db", str(path), "--user", "li", "--restricted"],
        env=environment(SSH_ORIGINAL_COMMAND="watch --json --limit 21", CRM_TUI_DB=None), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    process.stderr.readline()
    tags.tag(others.lead, [theirs, *ids], ["vip"])
    out, err = process.communicate(timeout=LONG)
    assert (process.returncode, err) == (0, b"")
    assert [json.loads(line)["id"] for line in out.splitlines()] == ids
    assert others.database.rows("SELECT kind, customers FROM disclosure") == [("list", 21)]
