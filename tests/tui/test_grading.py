"""Grading on the screens: who would move, the question, and lists under another scheme."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from crm_tui.services import grading
from crm_tui.tui.widgets.confirm import Confirm
from tests.factories import Clock, Team, make
from tests.tui.rooms import entered


@pytest.fixture
def path(team: Team) -> Path:
    return Path(team.database.path)


def sold(team: Team) -> None:
    for name, amount in (("Big", 80), ("Mid", 15), ("Small", 5)):
        team.order(make(team.li, name, stage="actual"), "2026-05-10", amount * 100_00)


async def test_grading_shows_who_would_move_and_asks_first(team: Team, clock: Clock, path: Path) -> None:
    sold(team)
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":grade pareto<enter>")
        assert "3 graded by pareto" in room.text()
        assert room.value("SELECT count(*) FROM customer_tier WHERE scheme = 'pareto'") == 0
        await room.press("<enter>")
        assert room.place.query_one(Confirm).is_open
        assert room.value("SELECT count(*) FROM customer_tier WHERE scheme = 'pareto'") == 0
        await asyncio.sleep(0.35)
        await room.press("y")
        assert room.value("SELECT count(*) FROM customer_tier WHERE scheme = 'pareto'") == 3


async def test_t_shows_the_lists_under_the_next_scheme(team: Team, clock: Clock, path: Path) -> None:
    sold(team)
    grading.grade(team.lead, team.lead.settings.schemes["pareto"])
    async with entered(path, clock=clock) as room:
        await room.press("gp")
        assert "意D" in room.under
        await room.press("T")
        assert "意D" in room.under
        await room.press("T")
        assert "额" in room.under
        await room.press("T")
        assert "意D" in room.under
