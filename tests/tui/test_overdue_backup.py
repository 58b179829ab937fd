"""The daily backup behind the screens: in a thread of its own, said only when it fails."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from crm_tui.domain.errors import CrmError
from crm_tui.services import backups
from crm_tui.tui.desk import Desk
from crm_tui.tui.overdue import back_up
from tests.factories import Team, make
from tests.tui.rooms import until


async def test_a_backup_that_is_due_is_taken_by_another_thread_than_the_desks(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(team.li, "Acme")
    threads: list[str] = []
    real = backups.take

    def take(*given: object) -> str | None:
        threads.append(threading.current_thread().name)
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(backups, "take", take)
    desk = Desk()
    await back_up(desk, team.li)
    assert threads == [], "it is no day old"
    team.clock.forward(days=1)
    await back_up(desk, team.li)
    await back_up(desk, team.li)
    desk.close()
    assert threads == ["backup"]
    assert len([name for name in os.listdir(team.database.path.parent / "backups") if name.endswith(".db")]) == 1


async def test_why_there_is_no_backup_is_said_on_the_screen(team: Team, folder_in_the_way: Path) -> None:
    team.clock.forward(days=1)
    desk = Desk()
    with pytest.raises(CrmError, match="File exists"):
        await back_up(desk, team.li)
    desk.close()


@pytest.fixture
def folder_in_the_way(team: Team) -> Path:
    """A file where the folder of the backups would be."""
    path = team.database.path.parent / "backups"
    path.write_text("")
    return path


async def test_keys_are_taken_while_it_is_being_taken(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def take(*given: object) -> str:
        begun.set()
        assert go_on.wait(30)
        return ""

    monkeypatch.setattr(backups, "take", take)
    team.clock.forward(days=1)
    desk = Desk()
    waiting = asyncio.create_task(back_up(desk, team.li))
    await until(begun.is_set)
    assert await desk.run(lambda: 7) == 7
    assert not waiting.done()
    go_on.set()
    await waiting
    desk.close()
