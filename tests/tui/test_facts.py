"""What customers buy, on the screens: entered by form from the card, summed in the tabs, proposals by one key."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from crm_tui.services import cards, products
from crm_tui.tui.screens.card import COLUMNS, CardLines
from tests.factories import Clock, Team, day, make
from tests.tui.rooms import entered
from tests.tui.test_collaboration import to_row


@pytest.fixture
def path(team: Team) -> Path:
    products.add(team.lead, "GTX Pro", "gpu", 550_00, 300_00)
    return team.database.path


async def test_a_deal_is_entered_won_and_ordered_on_the_card(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "Acme", stage="intent")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "<enter>", "$d", "gtxpro<tab>12万<enter>")
        assert "deal D-1" in room.said
        await to_row(room, "D-1  GTX Pro")
        await room.press("<enter>", "<tab><tab><tab>Rival<enter>")
        await to_row(room, "Rival")
        await room.press(":deal won D-1<enter>")
        assert "order of 120,000.00 proposed" in room.said
        await room.press("Y")
        assert "stage actual proposed" in room.said
        await room.press("Y")
        await room.press("Y")
        assert "nothing is proposed" in room.said
        await to_row(room, "D-1  2026-11-18  GTX Pro  120,000.00")
    assert team.database.value("SELECT stage FROM customer WHERE id = ?", (key,)) == "actual"
    assert team.database.row("SELECT number, deal_id FROM sales_order") == ("D-1", 1)


async def test_a_payment_is_entered_on_what_is_due(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "Acme")
    team.due(key, day(9), 300_00, number="R-1")
    team.due(key, day(3), 200_00, number="R-2")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "<enter>")
        await to_row(room, "R-1")
        await room.press("<enter>", "300<enter>")
        assert "200.00 still open" in room.said
    assert team.database.row("SELECT receivable_id, amount FROM allocation") == (1, 300_00)


@pytest.mark.parametrize(("size", "tab"), [((80, 24), "4 int 1·120k"), ((120, 36), "4 intent 1·120k")])
async def test_the_tabs_and_the_board_sum_open_deals(
    team: Team, clock: Clock, path: Path, size: tuple[int, int], tab: str
) -> None:
    key = make(team.li, "Acme", stage="intent")
    for name in ("Beta", "Gamma", "Delta"):
        team.deal(make(team.li, name), 1_000_00)
    team.deal(key, 120_000_00)
    async with entered(path, clock=clock, size=size) as room:
        await room.press("gp")
        assert tab in room.text()
        if size[0] >= 120:
            await room.press("b")
            assert "intent 1 · 120k" in room.text()


def test_nothing_beside_a_fact_is_cut(team: Team, path: Path) -> None:
    key = make(team.li, "Acme")
    team.due(key, "2024-01-02", 300_00, number="R-1")
    team.order(key, "2026-05-01", 500_00)
    card = cards.card(team.li, key)
    notes = [row[2] for row in CardLines(card, 60).rows]
    assert max(map(cell_len, notes)) <= COLUMNS[2].width
    assert any("days overdue" in one for one in notes)
    for section in card.sections:
        for row in section.rows:
            assert row.note in " ".join(part for line in CardLines(card, 60).rows for part in line[1:])
