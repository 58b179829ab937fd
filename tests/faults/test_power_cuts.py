"""The power goes at any write, sync or removal of SQLite's: the database is whole, and holds all that was said."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crm_tui.domain.errors import DatabaseUnusable
from crm_tui.store import opening
from crm_tui.store.database import Database
from tests.commands.test_catalog import obey
from tests.factories import Clock, Team
from tests.faults.company import Company, digest, faults, state
from tests.faults.disks import Volatile, under

pytestmark = pytest.mark.slow

LINES = (
    "new 'Firm {n}' region=north --stage intent --contact Wu", "log 'said {n}' {{id}} --next fri", "tag t{n} {{id}}",
    "tier A {{id}} --reason {n}", "tier B {{id}} --reason {n}", "edit note={long} {{id}}", "next +{n}d {{graded}}",
    "claim {{pooled}}", "release {{pooled}} --reason no-need", "stage intent {{id}}",
    "stage target {{id}} --reason {n}", "order add X {n} {{id}} --price 550",
    "pay {n} {{id}}", "undo", "redo", "import {{folder}}/many.csv",
    "config set currency EUR", "sweep",
)  # fmt: skip
"""`{n}` is another number each time."""
ROUNDS, CUTS = 10, 32


@dataclass
class Losses:
    """What the cuts cost."""

    cuts: int = 0
    acknowledged: int = 0
    corrupt: int = 0
    lost: int = 0
    half_done: int = 0
    where: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        return (
            f"{self.cuts} power cuts over {self.acknowledged} acknowledged changes: {self.corrupt} corrupt,"
            f" {self.lost} with an acknowledged change lost, {self.half_done} half done"
        )

    @property
    def failed(self) -> int:
        return self.corrupt + self.lost + self.half_done


@pytest.fixture(scope="module")
def founded(staffed: Path, tmp_path_factory: pytest.TempPathFactory) -> Company:
    company = Company.founded(staffed, tmp_path_factory.mktemp("founded") / "company")
    (company.folder / "many.csv").write_text("name,phone\n" + "".join(f"In {n},{13700000000 + n}\n" for n in range(40)))
    return company


def lines(company: Company, chance: random.Random) -> Iterator[str]:
    """A day's work, another one each time."""
    for n in range(1, 4):
        for line in chance.sample(LINES, len(LINES)):
            yield company.line(line.format(n=n * 7 + chance.randint(0, 6), long=repr("x" * chance.randint(1, 6_000))))


def cut(founded: Company, tmp_path: Path, losses: Losses, synchronous: str, round_: int) -> None:
    """One day's work, and the power cut at points of it; what is found after each cut, one by one."""
    chance = random.Random(f"{synchronous} {round_}")
    company = founded.copied(tmp_path / "day")
    states = [state(company.path)]
    cuts: list[tuple[Path, int]] = []
    share = [1 / 45]

    def cutting(disk: Volatile) -> None:
        if len(cuts) < CUTS and chance.random() < share[0]:
            folder = tmp_path / f"cut{len(cuts)}"
            folder.mkdir()
            disk.after(chance, folder)
            cuts.append((folder, len(states) - 1))

    with under(Volatile(cutting)), pytest.MonkeyPatch.context() as patch:
        patch.setitem(opening.PRAGMAS, "synchronous", synchronous)
        patch.chdir(company.folder)
        for part in range(2):  # the last to leave empties the log and removes it
            database = Database(company.path)
            database.connection.pragma("wal_autocheckpoint", 20 + 60 * part)
            team = Team(database, Clock())
            for line in lines(company, chance):
                obey(team.admin, line)
                states.append(digest(database))
            database.close()
    assert faults(company.path) == []
    losses.acknowledged += len(states) - 1
    for folder, said in cuts:
        _look(folder, states, said, losses)
        shutil.rmtree(folder)
    company.close()


def _look(folder: Path, states: list[str], said: int, losses: Losses) -> None:
    """What the database is like when the power is back."""
    losses.cuts += 1
    try:
        found = state(folder / "crm.db")
    except (DatabaseUnusable, FileNotFoundError):
        found = ""
    reached = [number for number, known in enumerate(states) if known == found]
    if not found:
        losses.corrupt += 1
    elif not reached:
        losses.half_done += 1
    elif reached[-1] < said:
        losses.lost += 1


@pytest.mark.parametrize("half", [0, 1])
def test_no_power_cut_takes_what_was_said_or_leaves_it_half_done(founded: Company, tmp_path: Path, half: int) -> None:
    losses = Losses()
    for round_ in range(half, ROUNDS, 2):
        cut(founded, tmp_path, losses, "full", round_)
    print(f"\n{losses}")
    assert losses.cuts >= 150
    assert losses.failed == 0


def test_the_same_cuts_do_harm_where_nothing_waits_for_the_disk(founded: Company, tmp_path: Path) -> None:
    """Else the test above could not fail."""
    losses = Losses()
    cut(founded, tmp_path, losses, "off", 0)
    cut(founded, tmp_path, losses, "normal", 0)
    print(f"\n{losses}")
    assert losses.corrupt
    assert losses.lost
