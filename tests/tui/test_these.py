"""To whom a new product is offered, as a list to mark and act on."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.factories import Clock, Team, make
from tests.tui.rooms import entered

ASKED = ':recommend "Router 3" --like "Router 2"<enter>'


@pytest.fixture
def path(team: Team) -> Path:
    team.product("Router 3", "network")
    for name, orders in (("Once", 1), ("broken [/foo]", 3), ("Twice", 2)):
        key = make(team.li, name)
        for n in range(orders):
            team.order(key, f"2026-0{n + 1}-05", 100_00, product="Router 2", category="network")
    make(team.li, "Nothing")
    return Path(team.database.path)


def names(rows: list[str]) -> list[str]:
    """The customers of a list, from above."""
    known = ("Once", "[/foo]", "Twice", "Nothing")
    return [name for row in rows for name in known if name in row]


async def test_exactly_these_stand_in_a_list_in_their_order_with_the_reasons(
    team: Team, clock: Clock, path: Path
) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ASKED)
        rows = room.rows()
        assert rows[0] == "3 customers for Router 3"
        assert names(rows) == ["[/foo]", "Twice", "Once"]
        assert "bought Router 2 3 times" in room.under
        assert all(cell_len(row) <= 80 for row in rows)
        await room.press("/twice<enter>")
        assert names(room.rows()[:-1]) == ["Twice"]
        await room.press("<esc>")
        assert type(room.place).__name__ == "PipelineScreen"
        await room.press(ASKED, "gp")
        assert type(room.place).__name__ == "PipelineScreen"


async def test_the_marked_ones_are_pushed_and_stay_where_they_were(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ASKED, "<space><space>", "Y")
        assert "Router 3, 2 customers: pushed" in room.said
        assert names(room.rows()) == ["[/foo]", "Twice", "Once"]
        await room.press("u")
        assert team.database.value("SELECT count(*) FROM product_push") == 0
        await room.press("\\", ':push "Router 3"<enter>', "j", ASKED)
        assert "pushed; bought" in room.text()
    assert team.database.value("SELECT count(*) FROM product_push") == 1


async def test_the_preview_tells_all_reasons(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock, size=(120, 36)) as room:
        await room.press("gp", ASKED)
        await room.later()
        assert "│ bought Router 2 3 times" in room.text()
        assert "│ 100 % of its sales in network" in room.text()


async def test_a_macro_acts_on_the_list(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        line = 'recommend "Router 3" --like "Router 2" --limit 2; mark all; push "Router 3"; back'
        await room.press("gp", f":{line}<enter>")
        assert type(room.place).__name__ == "PipelineScreen"
    pushed = team.database.rows("SELECT c.name FROM product_push p JOIN customer c ON c.id = p.customer_id ORDER BY 1")
    assert pushed == [("Twice",), ("broken [/foo]",)]


async def test_where_nobody_is_found_nothing_opens(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ':recommend "Router 2" --like "Router 3"<enter>')
        assert type(room.place).__name__ == "PipelineScreen"
        assert "0 customers for Router 2" in room.said
