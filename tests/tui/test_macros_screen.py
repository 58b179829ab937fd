"""The macros screen: what there is, what is wrong in it, its text, and what can be done with it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from unittest.mock import Mock

import pytest

from crm_tui.tui.app import CrmApp
from tests.factories import Clock, Team, make
from tests.tui.rooms import Room, entered

GOOD = "# A's that went quiet; {days=7}\nfilter tier:A last:>{days}d\nmark all\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One's own macros."""
    return tmp_path / "own"


@asynccontextmanager
async def looking(
    team: Team, clock: Clock, folder: Path, *others: Path, size: tuple[int, int] = (80, 24), **macros: str
) -> AsyncIterator[Room]:
    folder.mkdir(exist_ok=True)
    for name, text in macros.items():
        (folder / f"{name}.macro").write_text(text)
    make(team.li, "Acme 华为")
    async with entered(team.database.path, clock=clock, size=size) as room:
        room.app.session.macros = (folder, *others)
        await room.press("gp", "gm")
        yield room


async def test_each_macro_says_what_it_is_and_a_faulty_one_what_is_wrong(
    team: Team, clock: Clock, folder: Path
) -> None:
    async with looking(team, clock, folder, monday=GOOD, broken="mark all\nstge A\n") as room:
        text = room.text()
        assert "Macros: 2" in text
        assert "! broken" in text
        assert 'there is no command "stge"' in text
        await room.press("j")
        assert "A's that went quiet" in room.under
        assert "days" in room.under
        assert "filter tier:A last:>{days}d" in room.text()


async def test_a_teams_macros_are_there_and_ones_own_of_that_name_goes_before(
    team: Team, clock: Clock, folder: Path, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "monday.macro").write_text("# theirs\nmark all\n")
    (shared / "tuesday.macro").write_text("# of the team\nmark none\n")
    async with looking(team, clock, folder, shared, tmp_path / "gone", monday="# mine\nmark all\n") as room:
        text = room.text()
        assert "mine" in text
        assert "theirs" not in text
        assert "+ tuesday" in text


async def test_its_text_is_changed_in_a_form_and_a_fault_is_told_there(
    team: Team, clock: Clock, folder: Path
) -> None:
    async with looking(team, clock, folder, monday="mark all\n") as room:
        await room.press("e")
        assert "mark all" in room.text()
        await room.press("<c-j>stge A<enter>")
        assert 'there is no command "stge"' in room.text()
        assert (folder / "monday.macro").read_text() == "mark all\n"
        await room.press("<bs>" * 6 + "tier A<enter>")
        assert (folder / "monday.macro").read_text().split("\n")[-2] == "tier A"
        assert "is kept" in room.said


async def test_a_text_that_was_only_looked_at_is_no_draft(team: Team, clock: Clock, folder: Path) -> None:
    async with looking(team, clock, folder, monday="mark all\n") as room:
        await room.press("e", "<esc>")
        assert "nothing was changed" in room.said
        (folder / "monday.macro").write_text("down\n")
        await room.press("e")
        await room.press("<enter>")
        assert (folder / "monday.macro").read_text() == "down\n"


async def test_a_text_that_is_another_one_meanwhile_is_not_overwritten_unseen(
    team: Team, clock: Clock, folder: Path
) -> None:
    async with looking(team, clock, folder, monday="mark all\n") as room:
        await room.press("e", "<c-j>tier A")
        (folder / "monday.macro").write_text("down\n")
        await room.press("<enter>")
        assert (folder / "monday.macro").read_text() == "down\n"
        assert "changed it meanwhile" in room.text()
        assert "tier A" in room.text()
        await room.press("<esc>", "e")
        assert "changed it meanwhile" in room.text(), "a draft is of the text that it was typed for"
        await room.press("<enter>")
        assert "tier A" in (folder / "monday.macro").read_text(), "it was seen"


async def test_a_new_one_is_written_on_the_line_or_in_the_form(team: Team, clock: Clock, folder: Path) -> None:
    async with looking(team, clock, folder) as room:
        assert "No macro yet" in room.text()
        await room.press(":macros edit fresh<enter>")
        await room.press("tier B<enter>")
        assert (folder / "fresh.macro").read_text() == "# fresh\ntier B\n"


async def test_it_is_renamed_and_removed(
    team: Team, clock: Clock, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with looking(team, clock, folder, monday=GOOD) as room:
        await room.press("Rfriday<enter>")
        assert [file.name for file in folder.glob("*.macro")] == ["friday.macro"]
        monkeypatch.setattr("crm_tui.tui.widgets.confirm.DEAF", 0.001)
        await room.press("X", "n")
        assert list(folder.glob("*.macro"))
        await room.press("X", "y")
        assert not list(folder.glob("*.macro"))


async def test_going_back_leads_to_the_place_below_with_its_marks(team: Team, clock: Clock, folder: Path) -> None:
    async with looking(team, clock, folder, monday=GOOD) as room:
        await room.press("q")
        await room.press("<space>gm")
        assert "Macros" in room.text()
        await room.press("q")
        assert room.place.keys == "pipeline"
        assert len(room.place.table.marked) == 1


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (40, 10)])
async def test_no_size_breaks_it(team: Team, clock: Clock, folder: Path, size: tuple[int, int]) -> None:
    async with looking(team, clock, folder, monday=GOOD, size=size) as room:
        assert "monday" in room.text()


async def test_the_editor_gets_the_file_and_what_is_wrong_afterwards_is_told(
    team: Team, clock: Clock, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "editor.py"
    script.write_text("import sys; open(sys.argv[1], 'a').write('stge A\\n')")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    monkeypatch.setattr(CrmApp, "lent", nullcontext)  # a pilot has no terminal to lend
    monkeypatch.setattr(sys, "__stdin__", Mock(isatty=lambda: True))
    monkeypatch.setattr(sys, "__stdout__", Mock(isatty=lambda: True))
    async with looking(team, clock, folder, monday="mark all\n") as room:
        await room.press("E")
        assert 'there is no command "stge"' in room.said
        monkeypatch.setenv("EDITOR", str(tmp_path / "none"))
        await room.press("E")
        assert "cannot be started" in room.said


async def test_at_the_door_there_is_no_editor(team: Team, clock: Clock, folder: Path, tmp_path: Path) -> None:
    async with looking(team, clock, folder, monday="mark all\n") as room:
        room.app.session.spool = tmp_path
        await room.press("E")
        assert "no editor is started over SSH" in room.said


async def test_a_dry_run_tells_what_it_would_do_to_whom_it_would_be_played_on(
    team: Team, clock: Clock, folder: Path
) -> None:
    async with looking(team, clock, folder, m="tier A\nnext fri\n") as room:
        before = room.value("SELECT count(*) FROM journal_entry")
        await room.press("D")
        assert "m: 2 steps, 1 customer changed (dry run: nothing was changed)" in room.text()
        assert "m.macro:1  tier A  1 customer" in room.text()
        await room.press("<esc>")
        assert room.value("SELECT count(*) FROM journal_entry") == before
        assert room.value("SELECT tier FROM customer") != "A"


async def test_enter_plays_it_there(team: Team, clock: Clock, folder: Path) -> None:
    async with looking(team, clock, folder, m="tier A\n") as room:
        await room.press("<enter>")
        assert room.place.keys == "pipeline"
        assert room.value("SELECT tier FROM customer") == "A"
