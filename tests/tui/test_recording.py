"""Recording a macro: what was carried out becomes its lines, and nothing else does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from crm_tui.services import followups, tags
from crm_tui.services.session import Session
from tests.factories import Clock, Team, in_days, make
from tests.tui.rooms import Room, entered


@pytest.fixture
def path(team: Team) -> Path:
    return team.database.path


@asynccontextmanager
async def desk_of(
    path: Path, clock: Clock, login: str = "li", size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Room, Path]]:
    """The program with a folder for macros, and that folder."""
    folder = path.parent / "macros"
    async with entered(path, login, clock=clock, size=size) as room:
        room.app.session.macros = (folder,)
        yield room, folder


def lines(folder: Path, name: str = "m") -> list[str]:
    """The commands of a macro's file, without its comment."""
    return [line for line in (folder / f"{name}.macro").read_text().splitlines() if not line.startswith("#")]


def several(session: Session, count: int = 4) -> list[int]:
    """So many customers, the first of the list first."""
    ids = [make(session, f"Customer {n}", stage="intent", tier="D", contact={"name": "Ann"}) for n in range(count)]
    followups.set_next(session, ids, in_days(30))  # nobody is due: the program begins in the pipeline
    return ids[::-1]


RECORDED: list[tuple[str, list[str], list[str]]] = [
    ("cursor moves", ["jjkG"], ["down", "down", "up", "bottom"]),
    ("arrows are the commands that they stand for", ["<down><pgdn><home>"], ["down", "page-down", "top"]),
    ("marks", [" ", "*", "!", "v", "\\"], ["mark on", "mark all", "mark invert", "mark range", "mark none"]),
    ("a command with its value", ["ta"], ["tier A"]),
    ("what a prompt asked for", ["sl", "price<enter>"], ["stage lost --reason price"]),
    ("what a prompt asked for, and again", ["n", "fri<enter>"], ["next fri"]),
    ("ids that were typed, not those under the cursor", [":tier B 1 2<enter>", "tb"], ["tier B 1 2", "tier B"]),
    ("the filter that was kept", ["/", "tier:A<bs>", "<bs><bs><bs><bs><bs>tier:D<enter>"], ["filter owner:me tier:D"]),
    ("a filter that was left is none", ["/", " tier:D<esc>"], []),
    ("the tab and the order", ["3", ":sort name<enter>"], ["tab target", "sort name"]),
    ("the board", ["b", "b"], ["board", "board"]),
    ("places", ["gd", "gh", "gp"], ["view due", "view history", "view pipeline"]),
    ("into a card and back", ["<enter>", "q"], ["open", "back"]),
    ("undo and redo", ["ta", "u", "<c-r>"], ["tier A", "undo", "redo"]),
    ("what a menu ran", ["?", "bottom<enter>"], ["bottom"]),
    ("what the palette ran", ["<c-p>", "advance<enter>"], ["advance"]),
    ("a line of several commands, each", [":tier C; down; tier B<enter>"], ["tier C", "down", "tier B"]),
    ("a form left with Esc is none", ["f", "half a<esc>"], []),
    ("a prompt left with Esc is none", ["sl", "<esc>"], []),
    ("an unknown command is none", [":nonsense<enter>", "<esc>", "Z"], []),
    ("what failed is none", [":tier A 99<enter>"], []),
    ("menus and the line are none", ["?", "<esc>", ":", "<esc>", "<c-p>", "<esc>"], []),
    ("help is none", [":help tier<enter>", "<esc>"], []),
    ("Esc on the first screen goes nowhere", ["<esc>"], []),
    ("a mark that goes is taken off again too", ["  k "], ["mark on", "mark on", "up", "mark off"]),
    ("reading the screen again lets go of the dimmed rows", ["<c-l>"], ["refresh"]),
    ("a question to quit that was left is none", ["q", "<esc>"], []),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "expected"), [case[1:] for case in RECORDED], ids=[case[0] for case in RECORDED])
async def test_what_was_carried_out_is_stored_as_its_line(
    team: Team, clock: Clock, path: Path, keys: list[str], expected: list[str]
) -> None:
    several(team.li)
    async with desk_of(path, clock, size=(130, 24)) as (room, folder):
        await room.press("gp", "Qm", *keys)
        assert f"REC m {len(expected)}" in room.rows()[-1]
        await room.press("Q")
        assert "REC" not in room.text()
        assert (lines(folder) if expected else []) == expected
        assert (folder / "m.macro").exists() == bool(expected)


async def test_the_answers_of_a_form_are_the_arguments_of_its_command(team: Team, clock: Clock, path: Path) -> None:
    several(team.li)
    async with desk_of(path, clock) as (room, folder):
        await room.press("gp", "Qm", "f", "asked for a {price}<enter>", "e", "<tab>13800138000<enter>", "Q")
        log, edit = lines(folder)
        assert log == 'log "asked for a {{price}}"', "neither the date nor the contact that the form proposed"
        assert edit == "edit phone=13800138000", "neither the id nor the version of the row"


async def test_what_was_typed_into_a_form_is_stored_and_plays_on_another_customer(
    team: Team, clock: Clock, path: Path
) -> None:
    several(team.li)
    async with desk_of(path, clock) as (room, folder):
        typed = str(in_days(5).on)
        await room.press("gp", "Qm", "f", "one<c-j>two<tab>", "<bs>" * 10 + f"{typed}<enter>", "Q")
        assert lines(folder) == [f'log "one\\ntwo" --next {typed}']
        await room.press("j@m")
        notes = room.value("SELECT count(*) FROM interaction WHERE note = 'one' || char(10) || 'two'")
        assert notes == 2, "each on its own customer"


async def test_a_bulk_change_is_stored_once_without_its_answer_and_not_if_that_is_no(
    team: Team, clock: Clock, path: Path
) -> None:
    several(team.li, 25)
    async with desk_of(path, clock) as (room, folder):
        await room.press("gp", "Qm", "*", "ta")
        assert "REC m 1" in room.app.place.status.parts[0].text
        await later(room)
        await room.press("n", "tb")
        await later(room)
        await room.press("y", "Q")
        assert lines(folder) == ["mark all", "tier B"]


async def later(room: Room) -> None:
    """Until a confirmation listens."""
    import asyncio

    await asyncio.sleep(0.35)


async def test_a_macro_that_is_played_is_stored_as_its_call(team: Team, clock: Clock, path: Path) -> None:
    ids = several(team.li)
    async with desk_of(path, clock) as (room, folder):
        folder.mkdir()
        (folder / "x.macro").write_text("tier A\ndown\n")
        await room.press("gp", "Qm", "@x", "@@", ":play x --times 2<enter>", ":play x; up<enter>", "Q")
        assert lines(folder) == ["play x", "play x", 'play x --times "2"', "play x", "up"]
        assert room.value("SELECT count(*) FROM customer WHERE tier = 'A'") == len(ids)


async def test_an_empty_recording_is_not_kept_and_the_one_before_stays(team: Team, clock: Clock, path: Path) -> None:
    async with desk_of(path, clock) as (room, folder):
        folder.mkdir()
        (folder / "m.macro").write_text("down\n")
        await room.press("gp", "Qm", "Q")
        assert "nothing was recorded" in room.said
        assert [file.name for file in folder.iterdir()] == ["m.macro"]


async def test_a_new_recording_takes_the_place_of_the_old_one_which_is_kept_beside_it(
    team: Team, clock: Clock, path: Path
) -> None:
    several(team.li)
    async with desk_of(path, clock) as (room, folder):
        folder.mkdir()
        (folder / "m.macro").write_text("up\n")
        await room.press("gp", "Qm")
        assert "takes the place" in room.said
        await room.press("j", "Q")
        assert "m.macro.old" in room.said
        assert lines(folder) == ["down"]
        assert (folder / "m.macro.old").read_text() == "up\n"
        assert (folder / "m.macro").read_text().startswith("# m, recorded on 2026-11-18\n")


async def test_what_was_recorded_is_kept_when_the_program_is_left(team: Team, clock: Clock, path: Path) -> None:
    several(team.li)
    async with desk_of(path, clock) as (room, folder):
        await room.press("gp", "Qm", "j", "ta", "<c-q>")
    assert lines(folder) == ["down", "tier A"]


async def test_a_recording_that_cannot_be_written_goes_on(team: Team, clock: Clock, path: Path) -> None:
    several(team.li)
    async with desk_of(path, clock) as (room, folder):
        folder.write_text("no folder")
        await room.press("gp", "Qm", "j", "Q")
        assert "m.macro" in room.said
        assert "REC m 1" in room.rows()[-1]
        folder.unlink()
        await room.press("Q")
        assert lines(folder) == ["down"]


async def test_it_is_said_what_is_being_recorded_in_every_place_and_beside_an_alert(
    team: Team, clock: Clock, path: Path
) -> None:
    key = make(team.li, "A rather long name, that hardly leaves any room in the line at the bottom", stage="intent")
    followups.set_next(team.li, [key], in_days(0))
    tags.tag(team.li, [key], "x")
    async with desk_of(path, clock) as (room, _):
        await room.press("gp", "Qm")
        for keys in ("gd", "gh", "gp", "<enter>", "q", "Z", ":tier accept<enter>"):
            await room.press(keys)
            assert "REC m" in room.rows()[-1], keys
        await room.press("<esc>", "Q", "gd")
        assert "REC" not in room.text()
        await room.press("gh")
        assert "REC" not in room.text()


async def test_recording_twice_and_ending_what_was_not_begun_are_errors(team: Team, clock: Clock, path: Path) -> None:
    async with desk_of(path, clock) as (room, _):
        await room.press("gp", ":record<enter>")
        assert "nothing is being recorded" in room.text()
        await room.press("<esc>", "Qm", ":record x<enter>")
        assert "m is being recorded" in room.text()
        await room.press("<esc>", ":record ../x<enter>")
        assert room.app.recorder.name == "m"
