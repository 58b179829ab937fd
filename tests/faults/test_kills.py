"""Killed at any point of any command that writes: what was said to be done is there, and nothing is half done."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crm_tui.commands.catalog import CATALOG
from crm_tui.store.database import Database
from tests.commands.test_catalog import BEFORE, CASES
from tests.faults.company import Company, faults, followed, goes_on, obeyed, state

pytestmark = pytest.mark.slow

FIRST, NEXT, AGAIN = "log before {id} --next fri", "tag after {id}", "new Again"
"""What is done before the command, what after it, and what whoever comes next does."""

FILES = ("export", "import", "run", "backup")
"""Commands that say of themselves that they change nothing, and write all the same: files, or what they are given."""

APART = ("restore",)
"""Commands that have a test of their own below: each time they leave something else, such as a name with the time."""

WRITING = [name for name in CASES if (CATALOG[name].changes or name in FILES) and name not in APART]
PARTS = 4


@dataclass
class Toll:
    """What came of the kills."""

    kills: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    half_done: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    at: Counter[str] = field(default_factory=Counter)

    def tell(self, of: str) -> None:
        """Print the figures, and hold that nothing was lost."""
        before, within, after = (self.at[place] for place in ("before", "within", "after"))
        print(
            f"\n{of}: {self.kills} kills ({before} before the command, {within} within it, {after} after it),"
            f" {self.acknowledged} changes acknowledged, {len(self.lost)} lost, {len(self.half_done)} half done,"
            f" {len(self.left)} leaving files, {len(self.stuck)} in the way of the next command"
        )
        assert (self.lost, self.half_done, self.left, self.stuck) == ([], [], [], [])
        assert self.kills


class Case:
    """A command in a company, and how it goes when nobody kills it."""

    def __init__(self, company: Company, tmp_path: Path, lines: Sequence[str], before: Sequence[str] = ()) -> None:
        self.tmp_path = tmp_path
        self.lines = lines
        self.company = company.copied(tmp_path / "case")
        followed(self.company, before)
        whole = self.company.copied(tmp_path / "whole")
        self.states, self.files = followed(whole, lines), whole.files()
        self.made = self.files.keys() - self.company.files().keys() if "import" in lines[1] else set()
        assert faults(whole.path) == []
        whole.close()
        self.calls, self.writes = (self._steps(calls=calls) for calls in (True, False))

    def _steps(self, *, calls: bool) -> tuple[int, ...]:
        """At which step each line is done, and the database closed, when all are done by one process."""
        whole = self.company.copied(self.tmp_path / "whole")
        ran = obeyed(whole, self.lines, calls=calls)
        if self.lines[1].split()[0] not in APART:
            assert state(whole.path) == self.states[-1], self.lines
        whole.close()
        return ran.steps

    def kill(self, toll: Toll, at: int, *, calls: bool = False) -> None:
        """Kill the process at that step, and look at what is left."""
        company = self.company.copied(self.tmp_path / "killed")
        ran = obeyed(company, self.lines, kill=at, calls=calls)
        told = f"{self.lines[1]} at {'call' if calls else 'write'} {at}"
        said = len(ran.codes)
        toll.kills += 1
        toll.acknowledged += said
        toll.at["before" if said == 0 else "within" if said == 1 else "after"] += 1
        found = state(company.path)
        reached = [number for number, known in enumerate(self.states) if known == found]
        if not reached:
            toll.half_done.append(told)
        elif reached[-1] < said:
            toll.lost.append(told)
        elif not goes_on(company.path, company.line(AGAIN)):
            toll.stuck.append(told)
        beside = company.files()
        if self.made & beside.keys() and (not reached or reached[-1] < 2):
            toll.half_done.append(f"{told}: a file of refused rows, and no import")
        if any(beside.get(name) not in (None, content) for name, content in self.files.items()):
            toll.half_done.append(f"{told}: {sorted(beside)}")
        if beside.keys() - self.files.keys():
            obeyed(company, self.lines[1:2])  # what a kill cannot but leave is gone when the same is done again
            if left := company.files().keys() - self.files.keys():
                toll.left.append(f"{told}: {sorted(left)}")
        company.close()

    def close(self) -> None:
        self.company.close()


@pytest.fixture(scope="module")
def founded(staffed: Path, tmp_path_factory: pytest.TempPathFactory) -> Company:
    return Company.founded(staffed, tmp_path_factory.mktemp("founded") / "company")


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_writes_may_be_killed_at_any_write(founded: Company, tmp_path: Path, part: int) -> None:
    toll = Toll()
    for name in WRITING[part::PARTS]:
        chance = random.Random(zlib.crc32(name.encode()))
        case = Case(founded, tmp_path, (FIRST, CASES[name][0], NEXT), [BEFORE[name]] if name in BEFORE else ())
        first, second, *__, end = case.writes
        case.kill(toll, chance.randint(first + 1, max(first + 1, second)))
        case.kill(toll, chance.randint(1, end))
        case.kill(toll, chance.randint(case.calls[0], case.calls[1]), calls=True)
        case.close()
    toll.tell(f"commands, part {part + 1} of {PARTS}")


ROWS = 250
CUSTOMERS = "name,phone,email,region,owner\n" + "".join(
    f"Firm {n},{'12' if n % 50 == 7 else 13800200000 + n},f{n}@example.com,north,{'nobody' if n % 9 == 4 else 'li'}\n"
    for n in range(ROWS)
)
ORDERS = "customer,number,date,product,quantity,amount\n" + "".join(
    f"{'Acme' if n % 40 else 'Nobody'},I-{n},2026-10-{n % 28 + 1:02},P{n % 7},{n % 5 + 1},{n * 10}\n"
    for n in range(ROWS)
)
IMPORTS = {"customers": "import {folder}/many.csv --yes", "orders": "import {folder}/many.csv --as orders"}


@pytest.mark.parametrize("kind", IMPORTS)
def test_an_import_is_whole_or_absent(founded: Company, tmp_path: Path, kind: str) -> None:
    company = founded.copied(tmp_path / "company")
    (company.folder / "many.csv").write_text(CUSTOMERS if kind == "customers" else ORDERS)
    toll, chance = Toll(), random.Random(kind)
    case = Case(company, tmp_path, (FIRST, IMPORTS[kind], NEXT))
    assert "many.errors.csv" in case.files, "some rows are refused"
    (first, second, *__), (begin, end, *__) = case.writes, case.calls
    for at in sorted(chance.sample(range(first + 1, second + 1), 25)):
        case.kill(toll, at)
    for part in range(20):  # staging, judging, writing, the file of errors
        span = (end - begin) // 20
        case.kill(toll, begin + part * span + chance.randint(1, span), calls=True)
    case.close()
    toll.tell(f"import of {kind}")


def test_a_restore_is_whole_or_absent_and_what_was_there_is_kept(founded: Company, tmp_path: Path) -> None:
    toll, chance = Toll(), random.Random("restore")
    case = Case(founded, tmp_path, (FIRST, "restore {kept} --yes"))
    (first, *__, end), (begin, *__, over) = case.writes, case.calls
    points = [(at, False) for at in chance.sample(range(first + 1, end), 14)]
    for at, calls in points + [(at, True) for at in chance.sample(range(begin + 1, over), 8)]:
        company = case.company.copied(tmp_path / "killed")
        ran = obeyed(company, case.lines, kill=at, calls=calls)
        toll.kills += 1
        toll.acknowledged += len(ran.codes)
        toll.at["within" if len(ran.codes) == 1 else "after"] += 1
        told = f"restore at {'call' if calls else 'write'} {at}"
        if not state(company.path) or faults(company.path):
            toll.half_done.append(told)
        kept = [company.path, *company.folder.glob("crm.db.before-restore-*")]
        if not any(logged(path) for path in kept if not path.name.endswith(("-wal", "-shm", "-lock"))):
            toll.lost.append(told)
        if not goes_on(company.path, company.line(AGAIN)):
            toll.stuck.append(told)
        company.close()
    case.close()
    toll.tell("restore")


def logged(path: Path) -> bool:
    """Whether what was done before the command is in that database."""
    database = Database(path)
    try:
        return bool(database.value("SELECT count(*) FROM interaction WHERE note = 'before'"))
    finally:
        database.close()
