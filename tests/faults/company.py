"""A company with something of everything, what its people do, and a process that does it until it is killed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from crm_tui.services import checks
from crm_tui.store import opening
from crm_tui.store.database import Database
from tests.commands.test_catalog import filled, obey
from tests.factories import Clock, Team
from tests.faults.disks import Deadly
from tests.store.present import check

OURS = ("", "-wal", "-shm", "-lock", "-sweep", ".log")
"""What is kept beside a database for as long as it is there."""

_TOUCHES = ("open", "os.rename", "os.remove", "os.link", "os.truncate", "os.mkdir", "os.rmdir", "shutil.rmtree")
"""What Python tells of when it touches a file (its audit events)."""


@dataclass(frozen=True)
class Company:
    """A folder with the database of a company, `crm.db`, and the files that its commands name."""

    folder: Path
    _fill: Callable[[str], str]
    _home: Path

    @classmethod
    def founded(cls, staffed: Path, folder: Path) -> Company:
        """A new one."""
        folder.mkdir()
        path = Path(shutil.copy(staffed, folder / "crm.db"))
        database = Database(path)
        fill = filled(Team(database, Clock()), folder)
        fill("{kept}")  # a backup, which is taken when it is first asked for
        database.close()
        return cls(folder, fill, folder)

    @property
    def path(self) -> Path:
        """The database."""
        return self.folder / "crm.db"

    def copied(self, folder: Path) -> Company:
        """The same, elsewhere."""
        shutil.copytree(self.folder, folder)
        return Company(folder, self._fill, self._home)

    def line(self, text: str) -> str:
        """A line of CASES, with the numbers that are here; files are named from within the folder."""
        return self._fill(text).replace(str(self._home), ".")

    def files(self) -> dict[str, bytes]:
        """What lies beside the database."""
        ours = {f"crm.db{end}" for end in OURS}
        return {file.name: file.read_bytes() for file in self.folder.iterdir() if file.name not in ours}

    def close(self) -> None:
        """Remove it."""
        shutil.rmtree(self.folder)


@dataclass(frozen=True)
class Ran:
    """What a process did: the exit codes of the commands that it said were done, at which step it said so of each, and
    whether it was killed.
    """

    codes: tuple[int, ...]
    steps: tuple[int, ...]
    killed: bool


def obeyed(company: Company, lines: Sequence[str], *, kill: int | None = None, calls: bool = False) -> Ran:
    """Have a process run the lines as an administrator and close the database, or be killed at that step of it.

    Steps are writes, cuts, syncs and removals of SQLite's, and what Python does to files; with `calls` they are calls
    of functions, so that it may happen anywhere.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _live(company, [company.line(line) for line in lines], kill, calls, writer)
    os.close(writer)
    with os.fdopen(reader) as told:
        said = [tuple(map(int, line.split())) for line in told]
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    killed = len(said) <= len(lines)
    assert ended == (-signal.SIGKILL if killed else 0), f"{lines}: it ended with {ended}, not where it should"
    return Ran(tuple(code for code, __ in said), tuple(step for __, step in said), killed)


def _live(company: Company, lines: Sequence[str], kill: int | None, calls: bool, writer: int) -> NoReturn:
    try:
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        opening.PRAGMAS["synchronous"] = "full"
        os.chdir(company.folder)
        deadly = Deadly(kill)
        if not calls:
            sys.addaudithook(lambda event, __: deadly.step() if event in _TOUCHES else None)
        database = Database(company.path)
        session = Team(database, Clock()).admin
        deadly.steps = 0
        if calls:
            deadly.written = deadly.cut = deadly.removed = lambda *_: None  # type: ignore[method-assign]
            sys.setprofile(lambda frame, event, __: deadly.step() if "call" in event else None)
        for line in lines:
            code = obey(session, line)
            os.write(writer, f"{code} {deadly.steps}\n".encode())
        database.close()
        sys.setprofile(None)
        os.write(writer, f"0 {deadly.steps}\n".encode())
    except BaseException:
        import traceback

        os.write(2, traceback.format_exc().encode())
        os._exit(1)
    os._exit(0)


def followed(company: Company, lines: Sequence[str]) -> list[str]:
    """Run the lines in this process; the state at first and after each of them."""
    states = [state(company.path)]
    with contextlib.chdir(company.folder):
        for line in lines:
            database = Database(company.path)
            try:
                obey(Team(database, Clock()).admin, company.line(line))
            finally:
                database.close()
            states.append(state(company.path))
    return states


def state(path: Path) -> str:
    """All that the database holds, as a digest; "" for one that is not whole."""
    database = Database(path)
    try:
        return digest(database)
    finally:
        database.close()


def digest(database: Database) -> str:
    """All that the open database holds."""
    if database.value("PRAGMA integrity_check") != "ok":
        return ""
    found = hashlib.sha256()
    for (table,) in database.rows("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"):
        if not table.startswith("search_"):  # the integrity check compares these with themselves, `check` with the rest
            rows: Any = database.rows(f"SELECT * FROM {table}")
            found.update(repr((table, rows)).encode())
    return found.hexdigest()


def faults(path: Path) -> list[str]:
    """What `check` and the invariants of the tests say of a database."""
    database = Database(path)
    try:
        check(database)
        return [fault.what for fault in checks.check(Team(database, Clock()).admin) if not fault.warning]
    finally:
        database.close()


def goes_on(path: Path, line: str) -> bool:
    """Whether the next command works."""
    database = Database(path)
    try:
        return obey(Team(database, Clock()).admin, line) == 0
    finally:
        database.close()
