"""What others do while one looks: it is shown, nothing changes its place, and what is the same is not painted."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from crm_tui.domain.schemes import shipped
from crm_tui.services import contacts, followups, news, profiles, tiers
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from crm_tui.tui import lookout
from crm_tui.tui.desk import Stopped
from crm_tui.tui.screens.pipeline import PipelineScreen
from crm_tui.tui.widgets.board import Board
from tests.factories import Clock, Team, in_days, make
from tests.tui.rooms import Room, entered, until


@pytest.fixture
def path(team: Team) -> Path:
    return team.database.path


@pytest.fixture
def other(path: Path, clock: Clock) -> Team:
    """The team on a connection of its own, as in another process."""
    return Team(Database(path), clock)


@asynccontextmanager
async def looking(path: Path, clock: Clock, keys: str, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Room]:
    async with entered(path, clock=clock, size=size) as room:
        await room.press(keys)
        yield room


async def look(room: Room) -> None:
    room.app.lookout.look()
    await room.rest()


def named(room: Room) -> list[str]:
    """The names in the list, in its order, with the gutter."""
    found = (re.match(r"(.{4})(?:today)? *(Acme|Beta|Cora|新客户)", row) for row in room.rows())
    return [match[1] + match[2] for match in found if match]


async def test_who_comes_into_a_list_stands_at_its_end_and_who_goes_is_dimmed(
    team: Team, clock: Clock, path: Path, other: Team
) -> None:
    keys = [make(team.li, name) for name in ("Acme", "Beta")]
    async with looking(path, clock, "gpj") as room:
        assert named(room) == ["    Beta", "›   Acme"]
        cora = make(other.wang, "Cora")
        await look(room)
        assert named(room) == ["    Beta", "›   Acme"]
        with other.lead.changing() as change:
            change.update("customer", [cora], owner_id=team.li.person.id)
            change.update("customer", [keys[1]], owner_id=team.wang.person.id)
        await look(room)
        assert named(room) == ["  - Beta", "›   Acme", "    Cora"]
        await room.press("gp")
        assert named(room) == ["    Cora", "›   Acme"]


async def test_an_empty_list_fills(team: Team, clock: Clock, path: Path, other: Team) -> None:
    async with looking(path, clock, "gp") as room:
        make(other.lead, "新客户", owner="li")
        await look(room)
        assert named(room) == ["›   新客户"]
        assert "2 potent 1" in room.text()
        assert "1 customer " in room.text()


async def test_a_filter_that_is_counted_keeps_its_counts_until_there_are_new_ones(
    team: Team, clock: Clock, path: Path, other: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [make(team.li, name) for name in ("Acme", "Beta")]
    async with looking(path, clock, "gp:filter tier:D<enter>") as room:
        assert isinstance(room.place, PipelineScreen)
        shown: list[object] = []
        monkeypatch.setattr(room.place.tabs, "show", lambda stage, counts, sums: shown.append(counts))
        tiers.assign(other.li, keys[:1], "A", shipped()["abcd"])
        await look(room)
        assert room.place.counts is not None
        assert sum(room.place.counts.values()) == 1
        assert None not in shown


async def test_the_queue_takes_in_who_has_become_due(team: Team, clock: Clock, path: Path, other: Team) -> None:
    keys = [make(team.li, name) for name in ("Acme", "Beta", "Cora")]
    followups.set_next(team.li, keys[:2], in_days(0))
    followups.set_next(team.li, keys[2:], in_days(40))
    async with looking(path, clock, "gdj") as room:
        followups.set_next(other.lead, keys[2:], in_days(0))
        with other.lead.changing() as change:
            change.update("customer", keys[:1], owner_id=team.wang.person.id)
        await look(room)
        assert named(room) == ["  - Acme", "›   Beta", "    Cora"]
        assert "0 done of 2" in room.text(), "who was taken away was not done"


async def test_of_the_queue_is_done_what_its_own_user_did_wherever(
    team: Team, clock: Clock, path: Path, other: Team
) -> None:
    keys = [make(team.li, name) for name in ("Acme", "Beta", "Cora", "Dora")]
    followups.set_next(team.li, keys, in_days(0))
    async with looking(path, clock, "gd") as room:
        assert "0 done of 4" in room.text()
        followups.set_next(other.li, keys[1:2], in_days(40))
        followups.set_next(other.lead, keys[2:3], in_days(40))
        await look(room)
        assert "1 done of 3" in room.text()
        await room.press("<enter>", "n+40d<enter>", "q")
        assert "2 done of 3" in room.text()
        await room.press("u")
        assert "1 done of 3" in room.text()


async def test_of_who_is_gone_no_list_says_who_holds_it(team: Team, clock: Clock, path: Path, other: Team) -> None:
    keys = [make(team.li, name) for name in ("Acme", "Beta")]
    async with looking(path, clock, "gp", (120, 36)) as room:
        with other.lead.changing() as change:
            change.update("customer", keys[:1], owner_id=team.wang.person.id)
        await look(room)
        row = next(row for row in room.rows() if "Acme" in row)
        assert row.startswith(("  - ", "› - "))
        assert " li " not in row
        assert " – " in row


async def test_the_cursor_of_a_card_stays_with_its_contact(team: Team, clock: Clock, path: Path, other: Team) -> None:
    key = make(team.li, "Acme", contact={"name": "Ann"})
    contacts.add(team.li, key, {"name": "Bob"})
    async with looking(path, clock, "gp<enter>") as room:
        while "Bob" not in room.under:
            await room.press("j")
        with other.lead.changing() as change:
            change.insert("tag", [{"customer_id": key, "name": "vip"}])
            change.insert("contact", [{**dict.fromkeys(contacts.FIELDS), "name": "Aaron", "customer_id": key,
                                       "is_primary": True}])  # fmt: skip
        await look(room)
        assert "Aaron" in room.text()
        assert "Bob" in room.under
        await room.press("<enter>")
        assert room.place.form.values["field.name"] == "Bob"


@pytest.mark.parametrize(
    "keys",
    [
        "gd", "gpb",
        *(pytest.param(k, marks=pytest.mark.slow) for k in ("gp", "gp<enter>", "gh", "gp:filter tier:D<enter>")),
    ],
)  # fmt: skip
async def test_what_is_the_same_is_not_painted(
    team: Team, clock: Clock, path: Path, other: Team, keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [make(team.li, name, contact={"name": "Ann"}) for name in ("Acme", "Beta")]
    followups.set_next(team.li, ids, in_days(0))
    async with looking(path, clock, keys, (120, 36)) as room:
        await room.later()  # the preview follows after a while
        place = room.place
        painted: list[str] = []
        for widget in place.query("*"):
            refresh = widget.refresh
            monkeypatch.setattr(
                widget, "refresh", lambda *args, w=widget, r=refresh, **more: (painted.append(str(w)), r(*args, **more))
            )
        for changed in (None, frozenset(ids), frozenset({99})):
            await place.others_changed(changed)
            await room.later()
        assert painted == []
        if "<enter>" not in keys[2:] or "filter" in keys:
            profiles.edit(other.li, ids[:1], {"name": "Renamed"})
            await look(room)
            assert painted


async def test_what_was_stopped_is_looked_at_again(
    team: Team, clock: Clock, path: Path, other: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    [key] = [make(team.li, "Acme")]
    monkeypatch.setattr(lookout, "LOOK", 0.05)
    real, stops = PipelineScreen.others_changed, [1, 2]

    async def stopped_twice(self: PipelineScreen, ids: news.Changed = None) -> None:
        if stops:
            stops.pop()
            raise Stopped
        await real(self, ids)

    async with looking(path, clock, "gp") as room:
        monkeypatch.setattr(PipelineScreen, "others_changed", stopped_twice)
        profiles.edit(other.lead, [key], {"name": "Renamed"})
        await until(lambda: "Renamed" in room.text())
        assert not stops


async def test_what_was_done_while_the_program_opened_is_shown(
    team: Team, clock: Clock, path: Path, other: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make(team.li, "Acme")
    real = news.seen

    def edited_meanwhile(session: Session) -> news.Seen:
        seen = real(session)
        if session.source == "screen":
            profiles.edit(other.lead, [key], {"name": "Renamed"})
        return seen

    monkeypatch.setattr(news, "seen", edited_meanwhile)
    async with looking(path, clock, "gp") as room:
        await look(room)
        assert "Renamed" in room.text()


def test_a_write_is_seen_on_the_file_and_once_more_for_safety(team: Team, path: Path) -> None:
    log = news.WriteLog(path)
    assert [log.was_written() for _ in range(2)] == [False, False]
    make(team.li, "Acme")
    assert [log.was_written() for _ in range(3)] == [True, True, False]
    log.doubt()
    assert [log.was_written() for _ in range(2)] == [True, False]


async def test_the_board_paints_the_lines_that_differ(team: Team, clock: Clock, path: Path, other: Team) -> None:
    ids = [make(team.li, f"Acme {n}") for n in range(9)]
    async with looking(path, clock, "gpb", (120, 36)) as room:
        board = room.place.query_one(Board)
        before = list(board._painted)
        tiers.assign(other.li, ids[4:5], "A", shipped()["abcd"])
        await look(room)
        differ = [y for y, (was, now) in enumerate(zip(before, board._painted, strict=True)) if was != now]
        assert len(differ) == 1
        assert "意A Acme 4" in room.text()


async def test_a_look_that_ends_when_the_program_has_closed_shows_nothing(
    team: Team, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with entered(path, clock=clock) as room:
        app = room.app

    async def found(*args: object) -> tuple[object, None]:
        return object(), None

    monkeypatch.setattr(app.desk, "later", found)
    await app.lookout._look()
    assert app.shown is None
