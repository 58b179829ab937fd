"""Columns, the order of a list, and saved views, on the screens."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.services import pool_lists, views
from tests.factories import Clock, Team, make
from tests.tui.rooms import Room, entered


@pytest.fixture
def path(team: Team, tmp_path: Path) -> Path:
    """A house with customers whose names, regions and fields differ, and a pool."""
    for name, region, size in (("华为技术", "north", "300"), ("Bolt", "south", "20"), ("Acme", "north", "7")):
        make(team.li, name, region=region, headcount=size, phone="13812345678", **{"x.Route": f"R{size}"})
    make(team.lead, "Pooled", owner="pool", phone="13911112222", note="secret", **{"x.Route": "13911112222"})
    return tmp_path / "crm.db"


def heading(room: Room) -> list[str]:
    return next(row for row in room.rows() if "name" in row).split()


def order(room: Room) -> list[str]:
    rows = room.rows()
    at = next(number for number, row in enumerate(rows) if "name" in row)
    return [row[4:].split()[0] for row in rows[at + 1 :] if row[4:].strip() and row[:4].strip(" ›*!~<-") == ""][:3]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_columns_are_chosen_ordered_sized_and_given_back(path: Path, clock: Clock, size: tuple[int, int]) -> None:
    async with entered(path, clock=clock, size=size) as room:
        await room.press("gp")
        own = heading(room)
        await room.press(":columns field.headcount x.Route name:12 tier<enter>")
        assert heading(room) == ["headcount", "Route", "name", "tier"]
        assert any(row[4:].startswith("300") and "R300" in row and "华为技术" in row for row in room.rows())
        await room.press(":columns phone words<enter>")
        assert heading(room)[:2] == ["name", "phone"], "the name stays"
        await room.press(":columns nmae<enter>")
        assert "did you mean name" in room.text()
        await room.press("<esc>", ":columns<enter>")
        assert heading(room) == own


async def test_the_last_columns_leave_first_where_there_is_no_room(path: Path, clock: Clock) -> None:
    async with entered(path, clock=clock, size=(60, 24)) as room:
        await room.press("gp", ":columns words:30 name:20 address:30 tier<enter>")
        assert heading(room) == ["last", "words", "name"]


async def test_a_list_is_sorted_by_several_keys_and_says_so(path: Path, clock: Clock) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":filter owner:me<enter>", ":sort region -name<enter>")
        assert order(room) == ["华为技术", "Acme", "Bolt"]
        assert "sorted by region -name" in room.said
        await room.press(":sort region name<enter>")
        assert order(room) == ["Acme", "华为技术", "Bolt"]
        await room.press(":sort<enter>")
        assert order(room) == ["Acme", "Bolt", "华为技术"]


async def test_a_view_keeps_what_the_list_shows_and_a_letter_or_the_menu_opens_it(path: Path, clock: Clock) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":filter region:north or region:west<enter>", ":columns name:20 region<enter>")
        await room.press(":sort name<enter>", "2", ":views save 周一 --letter m<enter>")
        assert "view 周一 saved" in room.said
        kept = room.values("SELECT filter, columns, sort, letter FROM saved_view")
        assert kept == [("stage:potential (region:north or region:west)", "name:20,region", "name", "m")]
        written = room.value("SELECT command FROM journal_entry ORDER BY id DESC")
        assert written.startswith("views save 周一 --filter")
        await room.press("0", ":filter<enter>", ":columns<enter>", ":sort<enter>", "gd")
        await room.press("'m")
        assert room.place.keys == "pipeline"
        assert room.said.startswith("周一")
        assert heading(room) == ["name", "region"]
        assert order(room)[:2] == ["Acme", "华为技术"]
        await room.press(":filter region:north<enter>")
        assert room.said.startswith("周一 (changed)")
        await room.press("gv")
        assert "stage:potential (region:north or region:west)" in room.text()
        await room.press("<enter>")
        assert room.said.startswith("周一  ·")
        await room.press("u")
        assert room.values("SELECT 1 FROM saved_view") == []


async def test_a_name_opens_a_screen_or_a_view_and_completion_offers_both(path: Path, clock: Clock) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":filter region:south<enter>", ":views save Süden<enter>", "gd")
        await room.press(":view s")
        assert "Süden" in room.text()
        assert "region:south" in room.text()
        await room.press("<esc>", ":view süden<enter>")
        assert order(room)[:1] == ["Bolt"]
        assert room.said.startswith("Süden")
        await room.press(":view noden<enter>")
        assert "did you mean süden" in room.text()


async def test_what_does_not_work_changes_nothing(path: Path, team: Team, clock: Clock) -> None:
    pool_lists.add(team.admin, "east", "wang", None)
    views.save(team.admin, "east", filter="pool:east", shared="everyone", letter="e")
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":filter owner:me<enter>")
        before = room.rows()
        await room.press("'e")
        assert 'the view "east" does not work here' in room.said
        assert room.rows()[:-1] == before[:-1]
        await room.press("'z")
        assert 'no view has the letter "z"' in room.said
        await room.press(":views save pools<enter>")
        assert "is a screen" in room.text()


async def test_a_shared_view_shows_what_its_viewer_may_see(path: Path, team: Team, clock: Clock) -> None:
    views.save(team.lead, "all", filter="owner:any or has:tier", columns="name,phone,note,x.Route", shared="team")
    for login in ("li", "wang"):
        async with entered(path, login, clock) as room:
            await room.press(":view all<enter>")
            text = room.text()
            assert ("Acme" in text) == (login == "li")
            assert "Pooled" in text
            assert "secret" not in text
            assert "1391111" not in text.replace(" ", "")


async def test_a_pool_has_its_own_columns_and_others_where_they_are_chosen(path: Path, clock: Clock) -> None:
    async with entered(path, clock=clock, size=(120, 30)) as room:
        await room.press("go<enter>")
        own = heading(room)
        assert "claim" in own
        await room.press(":columns name:20 claim here phone region<enter>")
        assert heading(room)[:5] == ["name", "claim", "here", "phone", "region"]
        assert "yes" in room.under
        assert "•••" in room.under
        await room.press(":views save pool<enter>")
        assert room.value("SELECT filter FROM saved_view") == "pool:default"
        await room.press("l")
        assert heading(room)[:3] == ["name", "claim", "here"]
        await room.press(":columns<enter>", "h")
        assert heading(room) == own


async def test_a_rep_who_has_none_is_told_how_views_are_saved(path: Path, clock: Clock) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gv")
        assert "views save NAME" in room.said


async def test_the_name_of_a_view_is_said_for_as_long_as_it_is_what_is_shown(path: Path, clock: Clock) -> None:
    async with entered(path, clock=clock) as room:

        def title() -> str:
            return room.place.shown_now.title

        await room.press("gp", "2", ":filter region:north<enter>", ":views save one<enter>")
        assert title() == "one"
        await room.press(":sort name<enter>")
        assert room.said.startswith("one (changed)")
        await room.press(":views save two<enter>")
        assert title() == "two"
        await room.press("u")
        assert title() == "", "it is gone again"
        await room.press(":view one<enter>", ":filter region:south<enter>", ":views save one<enter>")
        assert title() == "one"
        await room.press("u")
        assert title() == "one (changed)"
        await room.press(":views rename one uno<enter>")
        assert title() == "uno (changed)"
        await room.press(":filter<enter>", ":sort<enter>", ":columns<enter>")
        assert title() == ""
        assert "uno" not in room.said
        await room.press(":views save other --filter tier:A<enter>")
        assert title() == "", "that is not what is shown"


async def test_the_pipeline_once_more_leaves_a_view_for_its_own_list(path: Path, clock: Clock) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":view pipeline<enter>")
        await room.press(":filter region:south<enter>", ":views save s --columns name,region<enter>", ":view s<enter>")
        await room.press("<space>", ":sort name<enter>")
        assert room.place.table.marked
        await room.press("gp")
        assert room.place.query_now.filter == "owner:me"
        assert not room.place.query_now.order
        assert not room.place.table.marked
        assert room.place.shown_now.title == ""
        await room.press("<space>", "gp")
        assert room.place.table.marked, "the list is the same"
        await room.press(":view s<enter>", "gd", "gp")
        assert room.said.startswith("s"), "who only comes back finds it open"


async def test_the_letter_of_a_view_in_the_menu_is_the_way_to_it(path: Path, clock: Clock) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp")
        for name, letter in (("kilo", "a"), ("mike", "k"), ("oak", "z")):
            await room.press(f":views save {name} --filter region:north --letter {letter}<enter>")
        await room.press("gvk<enter>")
        assert room.said.startswith("mike")
        await room.press("gvki<enter>")
        assert room.said.startswith("kilo")


async def test_a_view_saved_from_a_pool_keeps_the_columns_shown_there(path: Path, clock: Clock) -> None:
    async with entered(path, clock=clock, size=(160, 30)) as room:
        await room.press("go<enter>")
        own = heading(room)
        await room.press(":views save lying<enter>")
        assert room.place.shown_now.title == "lying"
        await room.press(":view lying<enter>")
        assert heading(room)[:3] == ["name", "tier", "stage"]
        assert {"claim", "here", "before"} <= set(heading(room)) & set(own)
