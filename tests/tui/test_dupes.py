"""The pairs that may be one, and merging them side by side, by key."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.services import likeness, profiles
from crm_tui.tui.screens.dupes import DupesScreen
from crm_tui.tui.screens.merge import MergeScreen
from tests.factories import Clock, Team, column, make
from tests.store.present import present
from tests.tui.rooms import entered, until


@pytest.fixture
def path(team: Team) -> Path:
    return team.database.path


async def test_a_pair_is_merged_field_by_field_and_taken_back(team: Team, clock: Clock, path: Path) -> None:
    a = make(team.li, "北京华信科技有限公司", region="north", tax_number="T1")
    b = make(team.li, "华信科技", region="south", phone="13800000001", tax_number="T1")
    make(team.li, "Brightfield Trading")
    make(team.li, "Brigthfield Trading")
    before = present(team.database)
    async with entered(path, "li", clock=clock) as room:
        await room.press("gx")
        await until(lambda: "2 pairs that may be one" in room.text(), "the pairs")
        assert isinstance(room.place, DupesScreen)
        assert "same tax number" in room.text()
        await room.later()
        assert "! region" in room.text()
        await room.press("<enter>")
        await until(lambda: isinstance(room.place, MergeScreen) and "> north" in room.text(), "side by side")
        assert f"Merge {b} into {a}" in room.text()
        while "region" not in room.place.table.lines.line(room.place.table.cursor).cells[0]:
            await room.press("j")
        await room.press("l")
        assert "> south" in room.text()
        await room.press("<enter>")
        await room.later()
        await room.press("y")
        await until(lambda: column(team.database, "merged_into", b) == a, "merged")
        await until(lambda: isinstance(room.place, DupesScreen) and "1 pair that may be one" in room.text(), "one less")
        assert (column(team.database, "region", a), column(team.database, "phone", a)) == ("south", "+8613800000001")
        await room.press("u")
        await until(lambda: "2 pairs that may be one" in room.text(), "both again")
    assert present(team.database) == before


async def test_two_that_are_two_leave_the_list(team: Team, clock: Clock, path: Path) -> None:
    make(team.li, "Acme")
    make(team.li, "Acme", anyway=True)
    likeness.look(team.li)
    async with entered(path, "li", clock=clock) as room:
        await room.press("gx")
        await until(lambda: "1 pair that may be one" in room.text(), "the pair")
        await room.press("N")
        await until(lambda: "0 pairs that may be one" in room.text(), "none left")
        assert "Nothing: no two" in room.text()


async def test_marked_rows_are_merged_side_by_side_and_the_survivor_is_swapped(
    team: Team, clock: Clock, path: Path
) -> None:
    a, b = make(team.li, "Acme"), make(team.li, "Beta", phone="13800000001")
    async with entered(path, "li", clock=clock) as room:
        await room.press("gp", "*", "M")
        await until(lambda: isinstance(room.place, MergeScreen) and "Merge" in room.text(), "side by side")
        survivor = room.place.targets().ids[0]
        await room.press("S")
        kept = b if survivor == a else a
        assert room.place.targets().ids[0] == kept
        assert f"into {kept}" in room.text()
        await room.press("M")
        await room.later()
        await room.press("n")
        assert column(team.database, "merged_into", a) is None
        await room.press("M")
        await room.later()
        await room.press("y")
        await room.rest()
        assert column(team.database, "merged_into", survivor) == kept, room.text()


async def test_a_single_row_is_not_merged_with_nothing(team: Team, clock: Clock, path: Path) -> None:
    make(team.li, "Acme")
    async with entered(path, "li", clock=clock) as room:
        await room.press("gp", "M")
        await until(lambda: "two customers or more" in room.text(), "why not")


async def test_what_nobody_picked_is_taken_from_the_survivor_whatever_others_write_meanwhile(
    team: Team, clock: Clock, path: Path
) -> None:
    a, b = make(team.li, "Acme"), make(team.li, "Beta", phone="13800000001")
    async with entered(path, "li", clock=clock) as room:
        await room.press("gp", "*", "M")
        await until(lambda: isinstance(room.place, MergeScreen) and "> 138" in room.text(), "the other's is taken")
        if room.place.targets().ids[0] == b:
            await room.press("S")
        assert room.place.targets().ids[0] == a
        profiles.edit(team.li, [a], {"phone": "13900000009"})
        await until(lambda: "> 139" in room.text(), "its own by now")
        await room.press("<enter>")
        await room.later()
        await room.press("y")
        await until(lambda: column(team.database, "merged_into", b) == a, "merged")
    assert column(team.database, "phone", a) == "+8613900000009"


async def test_what_was_not_shown_when_it_was_asked_is_not_merged(team: Team, clock: Clock, path: Path) -> None:
    a, b = make(team.li, "Acme"), make(team.li, "Beta", phone="13800000001")
    likeness.distinct(team.li, [a, b])
    async with entered(path, "li", clock=clock) as room:
        await room.press("gp", "*", "M")
        await until(lambda: isinstance(room.place, MergeScreen) and "> 138" in room.text(), "side by side")
        await room.press("<enter>")
        await room.later()
        assert "not one, said li on 2026-" in room.text()
        profiles.edit(team.li, [a], {"phone": "13900000009"})
        await room.press("y")
        await until(lambda: "changed meanwhile" in room.text(), "why not")
    assert team.database.value("SELECT count(*) FROM customer WHERE merged_into IS NOT NULL") == 0
