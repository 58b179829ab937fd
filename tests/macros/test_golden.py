"""Each recorded macro does what it did when it was recorded, and one undo takes all of it back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_tui.services import history
from crm_tui.store.database import Database
from tests.factories import Clock, Team
from tests.macros import FOLDER, NAMES, golden, journal, last_entry, line_of, played, seed
from tests.store.present import check, present
from tests.tui.rooms import entered


@pytest.fixture(scope="module")
def seeded(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seeded") / "crm.db"
    shutil.copy(blank, path)
    database = Database(path)
    seed(database, Clock())
    database.close()
    return path


@pytest.fixture
def firm(seeded: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "crm.db"
    shutil.copy(seeded, path)
    database = Database(path)
    yield database
    database.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_macro_does_what_its_golden_file_says(firm: Database, clock: Clock, name: str) -> None:
    expected = (FOLDER / f"{name}.golden").read_text(encoding="utf-8")
    assert golden(firm, clock, name) == expected, f"if that is meant: python -m tests.macros {name}"
    check(firm)


@pytest.mark.parametrize("name", NAMES)
def test_one_undo_takes_all_of_it_back(firm: Database, clock: Clock, name: str) -> None:
    login, words = line_of(name)
    before, newest = present(firm), last_entry(firm)
    session = Team(firm, clock).sign_in(login)
    played(session, words)
    if last_entry(firm) > newest:
        history.undo(session)
    assert present(firm) == before


@pytest.mark.parametrize("name", NAMES)
def test_a_dry_run_says_the_same_and_changes_nothing(firm: Database, clock: Clock, name: str) -> None:
    login, words = line_of(name)
    before, newest = present(firm), last_entry(firm)
    session = Team(firm, clock).sign_in(login)
    dry = played(session, [*words, "--dry-run"])
    assert (present(firm), last_entry(firm)) == (before, newest)
    assert dry.replace(" (dry run: nothing was changed)", "") == played(session, words)


ON_SCREENS = ("card", "claims", "desk", "go-on", "marks", "monday", "morning", "refused", "several", "views", "weekly")
"""Those that say themselves where they begin."""


@pytest.mark.parametrize("name", ON_SCREENS)
async def test_a_screen_plays_it_to_the_same_journal(firm: Database, clock: Clock, name: str) -> None:
    newest, login = last_entry(firm), line_of(name)[0]
    path = firm.path
    expected = (FOLDER / f"{name}.golden").read_text(encoding="utf-8").split("\n\n", 1)[1].splitlines()
    async with entered(path, login, clock=clock, size=(100, 26)) as room:
        room.app.session.macros = (FOLDER,)
        asked = " --set days=7" if name == "monday" else ""  # else a form asks for it
        await room.press(f":play {name}{asked}<enter>")
        told = room.ask(lambda: list(journal(room.app.session.database, newest)))
    assert [told[0].replace("play", "run", 1), *told[1:]] == expected


def test_there_are_enough_of_them() -> None:
    assert len(NAMES) >= 10
    assert {path.stem for path in FOLDER.glob("*.golden")} == set(NAMES)
