"""Working together, on the screens: the card tells who works and worked it, a lead comments on what was logged."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.services import collaborations, comments, interactions
from crm_tui.services.interactions import Note
from tests.factories import Clock, Team, in_days, make
from tests.tui.rooms import Room, entered


@pytest.fixture
def path(team: Team) -> Path:
    return team.database.path


async def to_row(room: Room, words: str) -> None:
    """Go down to the row that holds the words."""
    await room.press("gg")
    for __ in range(80):
        if words in room.under:
            return
        await room.press("j")
    raise AssertionError(f"no row has {words!r}:\n{room.text()}")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_card_tells_who_works_it_who_worked_it_and_who_said_what(
    team: Team, clock: Clock, path: Path, size: tuple[int, int]
) -> None:
    key = make(team.li, "华为技术有限公司", contact={"name": "张伟"})
    interactions.log(team.li, [key], Note("要报价，下周再谈", channel="visit"))
    collaborations.share(team.li, [key], "wang", function="engineer", access="edit", until=in_days(30).on)
    comments.comment(team.lead, key, "价格不能低于八折")
    async with entered(path, clock=clock, size=size) as room:
        await room.press("gp", "<enter>")
        await to_row(room, "wang: edit as engineer until")
        assert room.under.split()[1] == "with"
        await to_row(room, "li  holds it since 2026-11-18 (made)")
        assert "worked by" in room.under
        await to_row(room, "li  要报价，下周再谈")
        await room.press("j")
        assert "> zhao  价格不能低于八折" in room.under


async def test_enter_on_an_interaction_is_a_leads_comment(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.li, [key], Note("earlier", at=in_days(-1)))
    interactions.log(team.li, [key], Note("second"))
    async with entered(path, "zhao", clock) as room:
        await room.press("gp", "<enter>")
        await to_row(room, "earlier")
        await room.press("<enter>", "what price?<enter>")
        assert room.said.startswith("Acme: commented")
        await room.press("gg")
        await to_row(room, "> zhao  what price?")
    assert team.database.row("SELECT i.note, c.text FROM comment c JOIN interaction i ON i.id = c.interaction_id") == (
        "earlier", "what price?",
    )  # fmt: skip
    assert team.database.value("SELECT count(*) FROM notice WHERE kind = 'comment'") == 1


async def test_enter_on_an_interaction_is_nothing_for_a_rep(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.li, [key], Note("earlier"))
    async with entered(path, clock=clock) as room:
        await room.press("gp", "<enter>")
        await to_row(room, "earlier")
        await room.press("<enter>")
        assert "Enter is for a contact" in room.said


async def test_what_waits_reports_and_credit_open_as_pages(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "Acme")
    interactions.log(team.li, [key], Note("spoke"))
    comments.comment(team.lead, key, "well done")
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":notices<enter>")
        assert "comment, zhao: well done" in room.text()
        await room.press("<esc>", ":report day<enter>")
        assert "1 contact (call 1) with 1 customer." in room.text()
        await room.press("<esc>", ":credit<enter>")
        assert "100 × 1/1 contacts = 100.0" in room.text()
        await room.press("<esc>", ":noted<enter>")
        assert room.said.startswith("Acme: noted")
        assert room.value("SELECT count(*) FROM notice WHERE closed_at IS NULL") == 0


async def test_a_customer_is_shared_from_a_form(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":share<enter>")
        assert room.place.form.is_open
        await room.press("wang<enter>")
        assert "Acme: shared with wang to read" in room.said
    assert team.wang.one(key).name == "Acme"
