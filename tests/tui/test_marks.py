"""Errors stand under the word that is wrong, and what was typed stays; what does not fit a list is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.tui.widgets.columns import Column, left_out, places
from crm_tui.tui.widgets.prompt import Prompt
from tests.factories import Clock, Team, make
from tests.tui.rooms import Room, entered

LONG = "name tier stage owner region source phone email created tags industry pool claim held wechat id kind scheme"


@pytest.fixture
def path(team: Team) -> Path:
    make(team.li, "Acme")
    return Path(team.database.path)


def marked(room: Room) -> str:
    """The part of the line above the mark."""
    assert room.place.query_one(Prompt).is_open
    rows = room.rows()
    at = next(index for index, row in enumerate(rows) if row.startswith(":"))
    start = rows[at + 1].index("^")
    length = 1 + len(rows[at + 1][start + 1 :]) - len(rows[at + 1][start + 1 :].lstrip("~"))
    return rows[at][start : start + length]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("columns name tier foo", "foo"), ("columns name foo tier", "foo"), ("columns name tier name:9", "name:9"),
        ("columns name tier,foo", "foo"), ("sort tier foo -due", "foo"), ("sort -tier due tier", "tier"),
        ("help nope", "nope"), (f"columns foo {LONG}", "foo"), (f"columns {LONG} foo {LONG}", "foo"),
    ],
)  # fmt: skip
async def test_the_wrong_word_is_marked(team: Team, clock: Clock, path: Path, line: str, wrong: str) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", f":{line}<enter>")
        assert marked(room) == wrong
        assert room.place.query_one(Prompt).value == line


async def test_a_name_of_nothing_is_marked(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ':views save ""<enter>')
        assert marked(room) == '""'


async def test_what_was_found_wrong_can_be_corrected(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":help nope<enter>", "<bs><bs><bs><bs>sort<enter>")
        assert not room.place.query_one(Prompt).is_open
        assert "sort the list" in room.text()


async def test_a_wrong_value_is_told_at_its_own_step(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":views rename<enter>", "nope<enter>")
        assert room.place.query_one(Prompt).value == "nope"
        assert 'there is no view "nope"' in room.text()


async def test_columns_that_do_not_fit_are_said_when_they_are_chosen(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":columns name:60 tier phone email<enter>")
        assert room.said == "2 columns do not fit: phone email"
        await room.press("j", ":columns name tier<enter>")
        assert "do not fit" not in room.said
        await room.press(":columns name:200 phone:200<enter>")
        assert "phone" in room.rows()[1] + room.rows()[0] + room.rows()[2]


def test_sizes_wider_than_the_list_shrink_to_the_name_and_one_more() -> None:
    name, tier = Column("name", "", 200, least=4), Column("tier", "", 4, drop=2)
    phone = Column("phone", "", 200, drop=3, least=4)
    assert [place.width for place in places((name, tier, phone), 76)] == [71, 4]
    assert [place.width for place in places((name, phone), 76)] == [38, 37]
    assert left_out((name, tier, phone), 76) == [phone]
    assert [place.width for place in places((tier, name), 40)] == [4, 35]
