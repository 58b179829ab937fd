"""The reports on the screen: the list of them, one of them, and the customers behind a row."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from crm_tui.domain.analysis import ABOUT
from crm_tui.domain.schemes import shipped
from crm_tui.services import tiers
from tests.factories import Clock, Team, make
from tests.tui.rooms import Room, entered


@pytest.fixture
def path(team: Team) -> Path:
    return Path(team.database.path)


async def opened(room: Room, name: str) -> None:
    """Go to the report of that name."""
    await room.press("gr", "gg", "j" * list(ABOUT).index(name), "<enter>")


def sold(team: Team) -> dict[str, int]:
    """Customers of li with hostile and long names, and one of wang's; what they bought."""
    keys = {
        name: make(team.li, name, source=source, region="north")
        for name, source in (
            ("broken [/foo] [@click=app.bell]x[/]", "expo"), ("华为技术有限公司深圳总部" * 3, "expo"), ("Gamma", "web"),
        )
    }  # fmt: skip
    keys["Wangs"] = make(team.wang, "Wangs", source="expo")
    for n, key in enumerate(keys.values(), 1):
        team.order(key, "2026-03-10", 100_000 * n, cost=60_000 * n)
        team.order(key, "2026-05-10", 100_000 * n, cost=60_000 * n)
        team.wallet(key, 1_000_000 * n)
        team.due(key, "2026-09-01", 1_000 * n)
    return keys


async def test_every_report_opens_and_leads_to_the_customers_and_back(team: Team, clock: Clock, path: Path) -> None:
    sold(team)
    async with entered(path, clock=clock) as room:
        for name in ABOUT:
            await opened(room, name)
            assert type(room.place).__name__ == "ReportScreen", name
            assert "2025-11-01 to 2026-10-31" in room.rows()[0], name
            assert all(cell_len(row) <= 80 for row in room.rows()), name
            await room.press("<enter>")
            if room.said != "! there is no row under the cursor" and type(room.place).__name__ == "BehindScreen":
                await room.press("<esc>")
            assert type(room.place).__name__ == "ReportScreen", name
            await room.press("<esc>")
            assert type(room.place).__name__ == "ReportsScreen", name


async def test_a_row_leads_to_exactly_its_customers(team: Team, clock: Clock, path: Path) -> None:
    sold(team)
    async with entered(path, clock=clock) as room:
        await opened(room, "tiers")
        assert "expo" in room.under
        await room.press("<enter>")
        listed = room.text()
        assert "[/foo]" in listed
        assert "华为" in listed
        assert "Gamma" not in listed
        assert "Wangs" not in listed
        assert "scheme:abcd tier:D source:expo owner:any" in room.said
        await room.press("<esc>", "j", "<enter>")
        assert "Gamma" in room.text()
        assert "[/foo]" not in room.text()


async def test_the_chart_stands_above_the_figures_or_beside_them(team: Team, clock: Clock, path: Path) -> None:
    sold(team)
    async with entered(path, clock=clock) as room:
        await opened(room, "pareto")
        rows = room.rows()
        assert rows[1].strip().startswith("100% |")
        assert next(i for i, row in enumerate(rows) if "together" in row) == 9
    async with entered(path, clock=clock, size=(120, 36)) as room:
        await opened(room, "pareto")
        assert "class" in room.rows()[1]
        assert "100% |" in room.rows()[1]


async def test_another_period_is_asked_for_and_printed(team: Team, clock: Clock, path: Path) -> None:
    sold(team)
    async with entered(path, clock=clock) as room:
        await opened(room, "pareto")
        await room.press("p", "2026-Q2<enter>")
        assert "2026-04-01 to 2026-06-30" in room.rows()[0]
        await room.press("e")
        assert room.said == "crm-tui report pareto --from 2026-Q2 --to 2026-Q2 --csv"
        await room.press(":period 2026-13<enter>")
        assert "2026-13" in room.text()
        assert "2026-04-01 to 2026-06-30" in room.rows()[0]
        await room.press("<esc>", ":period 2026-01..2026-03<enter>")
        assert "2026-01-01 to 2026-03-31" in room.rows()[0]
        await room.press(":period default<enter>")
        assert "2025-11-01 to 2026-10-31" in room.rows()[0]


async def test_the_tiers_are_those_of_the_scheme_that_the_lists_show(team: Team, clock: Clock, path: Path) -> None:
    keys = sold(team)
    tiers.assign(team.li, [keys["Gamma"]], "high", shipped()["label"])
    async with entered(path, clock=clock) as room:
        await opened(room, "tiers")
        assert "意D" in room.under
        await room.press(":scheme label<enter>")
        assert "scheme label" in room.rows()[0]
        await room.press("gg", "<enter>")
        assert "Gamma" in room.text()
        assert "[/foo]" not in room.text()


async def test_a_report_is_opened_by_a_line_from_anywhere(team: Team, clock: Clock, path: Path) -> None:
    keys = sold(team)
    tiers.assign(team.li, [keys["Gamma"]], "high", shipped()["label"])
    async with entered(path, clock=clock) as room:
        for before in ("gp", "gd", "gr"):
            await room.press(before, ":report pareto --from 2026-Q2 --to 2026-Q2<enter>")
            assert type(room.place).__name__ == "ReportScreen", before
            assert "2026-04-01 to 2026-06-30" in room.rows()[0]
            await room.press("<enter>")
            assert type(room.place).__name__ == "BehindScreen", before
            await room.press("<esc>", "<esc>")
        assert type(room.place).__name__ == "ReportsScreen"
        await room.press(":report tiers --by region --scheme label<enter>")
        assert "scheme label" in room.rows()[0]
        assert "north" in room.text()
        await room.press("<esc>", ":report pareto --by region<enter>")
        assert "report pareto takes no --by: --from, --to, --on, --limit" in room.text()


async def test_a_report_on_what_is_open_takes_another_end_alone(team: Team, clock: Clock, path: Path) -> None:
    sold(team)
    async with entered(path, clock=clock) as room:
        await opened(room, "ageing")
        await room.press("p", "2026-Q3<enter>")
        assert "as of 2026-10-01" in room.rows()[0]
        await room.press("e")
        assert room.said == "crm-tui report ageing --to 2026-Q3 --csv"


async def test_what_carries_the_point_is_seen_first_and_the_rest_by_moving_right(
    team: Team, clock: Clock, path: Path
) -> None:
    sold(team)
    async with entered(path, clock=clock) as room:
        await opened(room, "effort")
        assert "of sales" in room.text()
        assert "of cost" in room.text()  # the chart has no such word
        assert "of visits" not in room.text()
        await room.press("l" * 20)
        assert "of visits" in room.text()
        assert "of cost" in room.text()
        assert "of sales" not in room.text()
        assert "tier" in room.text()
        await room.press("h" * 20)
        assert "of sales" in room.text()


async def test_the_keys_and_the_hints_name_the_reports(team: Team, clock: Clock, path: Path) -> None:
    sold(team)
    async with entered(path, clock=clock, size=(160, 40)) as room:
        for place in ("gp", "gd"):
            await room.press(place)
            assert "g r reports" in room.rows()[-1], place
        await room.press("?", "reports")
        assert "view reports" in room.text()
        assert "g r" in room.text()
