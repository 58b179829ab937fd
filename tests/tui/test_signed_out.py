from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crm_tui.store.database import Database
from tests.factories import Clock, Team, make
from tests.tui.rooms import entered


@pytest.fixture
def path(staffed: Path, tmp_path: Path) -> Path:
    made = tmp_path / "crm.db"
    shutil.copy(staffed, made)
    database = Database(made)
    make(Team(database, Clock()).li, "Acme Ltd")
    database.close()
    return made


def leave(path: Path, login: str) -> None:
    database = Database(path)
    with database.writing():
        database.execute("UPDATE user SET state = 'left' WHERE login = ?", (login,))
    database.close()


@pytest.mark.parametrize("keys", ["x", "gp", "ta", ":next fri<enter>", "w"])
async def test_whoever_has_left_is_out_at_the_next_key_and_is_told_why(path: Path, keys: str) -> None:
    async with entered(path, "li") as room:
        leave(path, "li")
        await room.press(keys)
        assert room.app.return_code == 3
        [said] = {str(shown) for shown in room.app._exit_renderables}
        assert said == "li has left"
    database = Database(path)
    assert database.value("SELECT count(*) FROM interaction") == 0
    database.close()


async def test_whoever_has_left_is_out_without_touching_a_key(path: Path) -> None:
    async with entered(path, "li") as room:
        leave(path, "li")
        room.app.lookout.look()
        await room.rest()
        assert room.app.return_code == 3


async def test_that_somebody_else_has_left_closes_nothing(path: Path) -> None:
    async with entered(path, "li") as room:
        leave(path, "wang")
        await room.press("x")
        assert not room.app.return_code
