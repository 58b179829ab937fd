"""One's own keys on the screens: they act, the screens tell them, and what is wrong with their file is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories import Clock, Team, make
from tests.tui.rooms import entered


@pytest.fixture
def path(team: Team) -> Path:
    return Path(team.database.path)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def write(home: Path, text: str) -> None:
    (home / "keymap.toml").write_text(text, encoding="utf-8")


async def test_a_remapped_key_acts_and_its_old_one_does_not(team: Team, clock: Clock, path: Path, home: Path) -> None:
    make(team.li, "Acme")
    write(home, '[any]\n"t" = ""\n"F" = "tier A"\n"f <letter>" = "tag {letter}"\n"f" = ""\n"/" = ""\n')
    async with entered(path, clock=clock, home=home) as room:
        await room.press("gp")
        assert "/ filter" not in room.rows()[-1]
        assert "t tier" not in room.rows()[-1]
        assert "F tier" not in room.rows()[-1], "a hint is for the command, not for one of its values"
        await room.press("t")
        assert 'no command for "t"; ? shows the keys' in room.said
        await room.press("F")
        assert room.value("SELECT tier FROM customer") == "A"
        await room.press("fz")
        assert room.value("SELECT name FROM tag") == "z"
        await room.press("?", "tier A")
        assert [row.split()[:3] for row in room.rows() if "tier A" in row and "›" in row] == [["›", "F", "tier"]]


async def test_hints_and_texts_tell_the_live_keys(team: Team, clock: Clock, path: Path, home: Path) -> None:
    make(team.li, "Acme")
    write(home, '[any]\n"F2" = "find"\n"/" = ""\n"u" = ""\n"U" = "undo"\n"?" = ""\n"~" = "keys"\n')
    async with entered(path, clock=clock, home=home) as room:
        await room.press("gp")
        assert "f2 filter" in room.rows()[-1]
        assert "~ keys" in room.rows()[-1]
        await room.press("ta")
        assert "U undoes" in room.rows()[-1]
        await room.press("K")
        assert "~ shows the keys" in room.said
        await room.press("<c-p>", "undo")
        assert any(row.split()[:3] == ["›", "U", "undo"] for row in room.rows())


async def test_a_line_of_several_commands_ends_at_the_first_that_fails(
    team: Team, clock: Clock, path: Path, home: Path
) -> None:
    first, second = make(team.li, "Acme", stage="target"), make(team.li, "Beta", stage="target")
    write(home, '[pipeline]\n"ctrl+k" = "tier A; next fri; down"\n"ctrl+t" = "tier B; open 99; tag vip"\n')
    async with entered(path, clock=clock, home=home) as room:
        await room.press("gp", ":sort name<enter>", "gg", "<c-k>")
        assert room.under.split()[1] == "Beta"
        assert room.value("SELECT tier FROM customer WHERE id = ?", (first,)) == "A"
        assert room.value("SELECT next_on FROM customer WHERE id = ?", (first,)) == "2026-11-20"
        await room.press("<c-t>")
        assert "there is no customer 99" in room.said
        assert room.value("SELECT count(*) FROM tag") == 0
        assert room.value("SELECT tier FROM customer WHERE id = ?", (second,)) == "B"


async def test_faults_are_said_at_the_start_and_shown_by_keymap(
    team: Team, clock: Clock, path: Path, home: Path
) -> None:
    make(team.li, "Acme")
    write(home, '[any]\n"F" = "tire A"\n"entre" = "down"\n"ctrl+c" = ""\n"K" = "down"\n')
    async with entered(path, clock=clock, home=home) as room:
        assert room.said.startswith('keymap.toml:2: there is no command "tire": did you mean tie')
        assert room.rows()[-1].endswith("… · 2 more: :keymap")
        await room.press(":keymap<enter>")
        assert '! keymap.toml:4: "ctrl+c" is kept by the program' in room.text()
        await room.press("<esc>", "K")
        write(home, '[any]\n"F" = "tier A"\n')
        await room.press(":keymap<enter>")
        assert "keymap.toml" not in room.text()
        await room.press("<esc>", "gp", "F")
        assert room.value("SELECT tier FROM customer") == "A", "the file is read anew"


async def test_the_preset_vim_acts_as_it_is_told(team: Team, clock: Clock, path: Path, home: Path) -> None:
    make(team.li, "Acme", stage="target")
    async with entered(path, clock=clock, keymap="vim", home=home) as room:
        assert room.said == ""
        await room.press("gp", "<enter>")
        assert "Esc back" in room.rows()[-1]
        await room.press("<c-o>")
        assert room.place.keys == "pipeline"
        await room.press(">>")
        assert room.value("SELECT stage FROM customer") == "intent"
        await room.press("q")
        assert "record" in room.said
        await room.press("<esc>", "ZZ")
        assert not room.app.is_running


async def test_a_key_that_wants_a_letter_is_typed_to_its_end_from_the_menu(
    team: Team, clock: Clock, path: Path
) -> None:
    make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "?", "views letter<enter>")
        assert room.place.prompt.is_open
        assert room.place.prompt.value == "views letter "


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_a_long_fault_can_be_read_to_its_end(
    team: Team, clock: Clock, path: Path, home: Path, size: tuple[int, int]
) -> None:
    write(home, '[any]\n"F" = "tire A"\n"s" = "snooze"\n')
    async with entered(path, clock=clock, home=home, size=size) as room:
        assert room.rows()[-1].startswith("! keymap.toml:2: ther")
        assert room.rows()[-1].endswith("1 more: :keymap")
        await room.press(":keymap<enter>")
        text = " ".join(room.text().split())
        assert "did you mean tier?" in text
        assert 'as in "s <letter>" = ""' in text


@pytest.mark.parametrize(("typed", "place"), [("g v", "due"), ("gp", "pipeline"), ("g p", "pipeline")])
async def test_keys_that_are_typed_in_the_menu_of_keys_are_what_runs(
    team: Team, clock: Clock, path: Path, typed: str, place: str
) -> None:
    make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("?", typed, "<enter>")
        assert room.app.is_running
        assert room.place.keys == place
        assert ("no saved views" in room.said) == (typed == "g v")


async def test_the_palette_runs_the_command_whose_whole_name_was_typed(team: Team, clock: Clock, path: Path) -> None:
    make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "<c-p>", "views save", "<enter>")
        assert room.place.prompt.is_open
        assert "views save" in room.text()
        assert "no saved views" not in room.said
