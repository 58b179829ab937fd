"""Recycling on the screens: the warning in the queue and on the list, and the sweep that is made up for at start."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.services import interactions, recycling
from crm_tui.services.interactions import Note
from tests.factories import Clock, Team, make
from tests.tui.rooms import Room, entered


@pytest.fixture
def path(team: Team, clock: Clock) -> Path:
    """A database in which a customer has to be warned of, and no sweep ran."""
    recycling.switch(team.admin, on=True)
    clock.forward(days=1)
    key = make(team.li, "Acme", tier="B")
    make(team.li, "Beta", tier="D")
    interactions.log(team.li, [key], Note("spoke", done=True))
    clock.forward(days=10)
    return team.database.path


def acme(room: Room) -> str:
    """The customer's row."""
    return next(row for row in room.rows() if " Acme" in row)


async def test_p18_a_sweep_that_is_overdue_is_made_up_for_behind_the_screens(path: Path, clock: Clock) -> None:
    async with entered(path, clock=clock, size=(100, 24)) as room:
        assert room.value("SELECT count(*) FROM recycle_warning") == 1
        assert room.value("SELECT source FROM journal_entry ORDER BY id DESC LIMIT 1") == "sweep"
        assert room.value("SELECT count(*) FROM sweep_run") == 1
        assert acme(room)[:12] == "› < Fri 04  "
    async with entered(path, clock=clock) as room:
        assert room.value("SELECT count(*) FROM sweep_run") == 1


async def test_p12_a_customer_that_is_warned_of_is_flagged(path: Path, clock: Clock) -> None:
    async with entered(path, clock=clock):
        pass
    async with entered(path, clock=clock, size=(120, 24)) as room:
        assert acme(room).startswith("› < Fri 04")
        assert "returns to the pool in 5 working days" in acme(room)
        await room.press("gp")
        rows = {name: row for row in room.rows() for name in ("Acme", "Beta") if name in row[:12]}
        assert rows["Acme"][2] == "<"
        assert rows["Beta"][2] != "<"


async def test_p8_a_call_takes_the_flag_away(path: Path, clock: Clock) -> None:
    async with entered(path, clock=clock):
        pass
    async with entered(path, clock=clock, size=(120, 24)) as room:
        await room.press(":done 'all well'<enter>")
        assert room.value("SELECT count(*) FROM recycle_warning") == 0
        assert "<" not in acme(room)
