"""Whatever a macro does, it does the same on the screens and without one."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from random import Random

import pytest

from crm_tui.store.database import Database
from tests.factories import Clock, Team
from tests.macros import journal, last_entry, played, seed
from tests.store.present import check, present
from tests.tui.rooms import entered

START = ("view pipeline", "filter", "tab", "sort")
MOVES = (
    "down", "down", "up", "bottom", "top", "mark", "mark", "mark range", "mark invert", "mark all", "mark none",
    "refresh", "open; back", "open", "filter region:north owner:me", "filter",
)  # fmt: skip
LISTED = ("filter owner:me", "filter tier:B owner:me", "tab potential", "tab", "sort name", "sort", "sort -tier name")
DONE = (
    "done met", "done met --next +9d", "no-answer", "next +3d", "snooze +1d", "log spoke", "tag a", "untag a",
    "tier B --reason x", "tier A --reason y", "advance", "retreat --reason z", "retreat", "edit region=west",
    "archive", "new Neu", "undo", "redo", "contact add Wu", "next +2d --on tier:B", "tag dry --dry-run",
    "release --reason no-need", "claim",
)  # fmt: skip
PLACES = {
    "view pipeline": (*MOVES, *LISTED), "view due": MOVES, "view pools; choose": (*MOVES, *LISTED, "right", "left"),
    "view pools; down; down; choose": MOVES,
}  # fmt: skip


def program(seed: int) -> list[str]:
    """Some time in one place, some in another."""
    chance = Random(seed)
    found: list[str] = []
    for place in chance.choices(list(PLACES), k=3):
        found.append(place)
        for __ in range(chance.randint(3, 8)):
            found.append(chance.choice(DONE if chance.random() < 0.5 else PLACES[place]))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("number", range(60))
def test_a_macro_does_the_same_on_the_screens_and_without_one(
    blank: Path, tmp_path_factory: pytest.TempPathFactory, number: int
) -> None:
    steps, go_on = program(number), number % 3
    folder = tmp_path_factory.mktemp("alike")
    lines = [*(["on error next"] if go_on else []), *START, *steps]
    (folder / "m.macro").write_text("\n".join(lines) + "\n")
    one, other = (Path(shutil.copy(_seeded(blank), folder / name)) for name in ("one.db", "other.db"))
    without = Database(one)
    newest = last_entry(without)
    session = Team(without, Clock()).sign_in("li")
    played(session, ["play", "m", "--yes"], folders=(folder,))
    asyncio.run(_on_screens(other, folder))
    on_screens = Database(other)
    assert list(journal(on_screens, newest)) == list(journal(without, newest))
    assert present(on_screens) == present(without)
    check(without)
    for database in (without, on_screens):
        database.close()
    shutil.rmtree(folder)


async def _on_screens(path: Path, folder: Path) -> None:
    async with entered(path, "li", clock=Clock(), size=(100, 26)) as room:
        room.app.session.macros = (folder,)
        await room.press(":play m --yes<enter>")


def _seeded(blank: Path) -> Path:
    path = blank.with_name("seeded.db")
    if not path.exists():
        database = Database(Path(shutil.copy(blank, path)))
        seed(database, Clock())
        database.close()
    return path
