"""Answers of several lines on a narrow screen: whatever is too long for a line goes on in the next."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.factories import Clock, Team, make
from tests.tui.rooms import entered


@pytest.fixture
def path(team: Team) -> Path:
    return team.database.path


async def test_why_a_tier_is_what_it_is_can_be_read_whole(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "Acme", stage="actual")
    team.order(key, "2026-05-05", 950_000_00, cost=400_000_00)
    async with entered(path, clock=clock) as room:
        await room.press("gp", f":why {key} --scheme value<enter>")
        shown = room.text()
    assert "…" not in shown
    assert "66.67 (from 950,000.00" in shown
    assert "CNY)" in shown


async def test_lines_are_broken_by_their_cells(team: Team, clock: Clock, path: Path) -> None:
    lines = ["短", "客户价值评分按销售额与回款率计算" * 8, "score  " + "word " * 40]
    async with entered(path, clock=clock) as room:
        room.place.show_lines("title", lines)
        await room.rest()
        shown = room.rows()
    assert "…" not in "".join(row for row in shown if "title" not in row)
    assert all(cell_len(row) <= 80 for row in shown)
    assert "客户价值评分按销售额与回款率计算" * 8 in "".join("".join(shown).split())
    assert "".join(shown).count("word") == 40
