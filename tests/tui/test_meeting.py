"""A form whose row others change while it is open, or while its text lies waiting as a draft."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.services import contacts, followups, history, profiles
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from tests.factories import Clock, Team, column, in_days, make
from tests.tui.rooms import Room, entered


@pytest.fixture
def path(team: Team) -> Path:
    return team.database.path


@pytest.fixture
def lead(path: Path, clock: Clock) -> Session:
    """A lead on a connection of their own, as in another process."""
    return Team(Database(path), clock).lead


def values(room: Room, *names: str) -> tuple[str, ...]:
    return tuple(room.place.form.values[f"field.{name}"] for name in names)


async def fill(room: Room, name: str, text: str) -> None:
    """Type into a field of the form, in the place of what is in it."""
    place = room.place
    place.set_focus(place.form._rows[f"field.{name}"].control, scroll_visible=False)
    await room.press("<end><c-u>" + text)


async def test_the_three_values_are_shown_and_one_key_takes_theirs_or_mine(
    team: Team, clock: Clock, path: Path, lead: Session
) -> None:
    key = make(team.li, "宏达科技", region="north", industry="steel", phone="13800138000")
    async with entered(path, clock=clock, size=(100, 30)) as room:
        await room.press("gp", "e")
        await fill(room, "region", "west")
        await fill(room, "industry", "glass")
        profiles.edit(lead, [key], {"region": "south", "industry": "paper", "address": "广州"})
        await room.press("<enter>")
        assert room.place.form.is_open
        assert "before north · theirs south · mine west" in room.text()
        assert "before steel · theirs paper · mine glass" in room.text()
        assert "before – · theirs 广州 · mine –" in room.text()
        assert "zhao changed it meanwhile" in room.text()
        assert column(team.database, "region", key) == "south"
        assert values(room, "region", "industry", "address") == ("west", "glass", "广州")
        assert list(room.place.form.values)[:3] == ["field.address", "field.region", "field.industry"]
        await room.press("<tab><c-t>")
        assert values(room, "region") == ("south",)
        await room.press("<c-t>")
        assert values(room, "region") == ("west",)
        await room.press("<c-t><tab>", "<end>, cut")
        assert values(room, "region", "industry") == ("south", "glass, cut")
        await room.press("<enter>")
        assert not room.place.form.is_open
        row = team.database.row("SELECT region, industry, address, phone FROM customer")
        assert row == ("south", "glass, cut", "广州", "+8613800138000")
        assert room.values("SELECT * FROM draft") == []
        history.undo(team.li)
        assert column(team.database, "industry", key) == "paper"


@pytest.mark.slow
async def test_theirs_can_be_taken_back_to_what_it_was(team: Team, clock: Clock, path: Path, lead: Session) -> None:
    key = make(team.li, "Acme", region="north", kind="organization")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "e")
        await fill(room, "industry", "steel")
        profiles.edit(lead, [key], {"region": "south"})
        await room.press("<enter>")
        await room.press("<c-t>")
        assert values(room, "region", "industry") == ("north", "steel")
        await room.press("<enter>")
        assert team.database.row("SELECT region, industry FROM customer") == ("north", "steel")


@pytest.mark.slow
async def test_what_is_no_field_disturbs_nobody(team: Team, clock: Clock, path: Path, lead: Session) -> None:
    key = make(team.li, "Acme", region="north")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "e")
        await fill(room, "region", "west")
        followups.set_next(lead, [key], in_days(3))
        await room.press("<enter>")
        assert not room.place.form.is_open
        assert column(team.database, "region", key) == "west"


@pytest.mark.slow
async def test_a_third_change_is_shown_too(team: Team, clock: Clock, path: Path, lead: Session) -> None:
    key = make(team.li, "Acme", region="north")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "e")
        await fill(room, "region", "west")
        for region in ("south", "east"):
            profiles.edit(lead, [key], {"region": region})
            await room.press("<enter>")
            assert f"before north · theirs {region} · mine west" in room.text()
            assert column(team.database, "region", key) == region
        await room.press("<enter>")
        assert column(team.database, "region", key) == "west"


@pytest.mark.slow
async def test_a_draft_that_others_overtook_is_shown_beside_what_they_changed(
    team: Team, clock: Clock, path: Path, lead: Session
) -> None:
    key = make(team.li, "Acme", region="north")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "e")
        await fill(room, "region", "west")
        await room.press("<esc>")
        profiles.edit(lead, [key], {"region": "south"})
        for _ in range(2):  # to have seen it is not to have decided
            await room.press("e")
            assert "before north · theirs south · mine west" in room.text()
            assert values(room, "region") == ("west",)
            await room.press("<esc>")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "e")
        assert "before north · theirs south · mine west" in room.text()
        await room.press("<c-x>")
        assert values(room, "region") == ("south",)
        assert "theirs" not in room.text()


@pytest.mark.slow
async def test_choices_and_long_texts_are_swapped_too(team: Team, clock: Clock, path: Path, lead: Session) -> None:
    key = make(team.li, "Acme", note="first\nsecond", business_role="distributor", kind="organization")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "e")
        form = room.place.form
        room.place.set_focus(form._rows["field.business_role"].control)
        await room.press("w")
        room.place.set_focus(form._rows["field.note"].control)
        await room.press(" and third")
        long = "一二三四五六七八九十" * 30
        profiles.edit(lead, [key], {"business_role": "end_user", "note": long})
        await room.press("<enter>")
        assert "before distributor · theirs end user · mine wholesaler" in room.text()
        assert any(row.startswith("    theirs  一二三") for row in room.rows())
        assert any(row.startswith("    mine    first ⏎ second and third") for row in room.rows())
        await room.press("<c-t><tab><c-t>")
        assert values(room, "business_role", "note") == ("end_user", long)
        await room.press("<c-t>")
        assert values(room, "note") == ("first\nsecond and third",)
        await room.press("<enter>")
        row = team.database.row("SELECT business_role, note FROM customer")
        assert row == ("end_user", "first\nsecond and third")


@pytest.mark.slow
async def test_contacts_meet_in_the_same_way(team: Team, clock: Clock, path: Path, lead: Session) -> None:
    make(team.li, "Acme", contact={"name": "张伟", "title": "boss"})
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":contact edit 1<enter>")
        await fill(room, "title", "chief")
        contacts.edit(lead, 1, {"title": "总经理"})
        await room.press("<enter>")
        assert "before boss · theirs 总经理 · mine chief" in room.text()
        await room.press("<enter>")
        assert team.database.value("SELECT title FROM contact") == "chief"


async def test_what_was_typed_for_a_customer_that_has_gone_is_kept(
    team: Team, clock: Clock, path: Path, lead: Session
) -> None:
    followups.set_next(team.li, [make(team.li, "Acme", region="north")], in_days(0))
    async with entered(path, clock=clock) as room:
        await room.press("<enter>", "e")
        await fill(room, "region", "west")
        with lead.changing() as change:
            change.update("customer", [1], owner_id=lead.person.id)
        room.app.lookout.look()
        await room.rest()
        assert room.place.keys == "due"
        assert room.said == "Acme: it is not yours any more; what you typed is kept"
        assert room.values("SELECT form, content ->> 'field.region' FROM draft") == [("edit 1", "west")]
        assert "west" in room.text(), "it is shown"
        await room.press("xd")
        assert room.value("SELECT count(*) FROM interaction") == 0, "who goes on typing types no commands"
