"""The file picker: folders, what is typed, paths, odd names, many files, and what may not be left."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from crm_tui.tui.widgets.file_picker import FilePicker
from crm_tui.tui.widgets.folder import Entry, fitting, listing, measured, prefix
from crm_tui.tui.widgets.line_input import LineInput
from crm_tui.tui.widgets.overlay import settle
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.quiet import QuietScreen
from crm_tui.tui.widgets.record_table import RecordTable


class Shelf(QuietScreen[None]):
    def compose(self) -> ComposeResult:
        yield FilePicker()
        yield RecordTable(id="below")


class Box(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[Path] = []
        self.cancelled = 0

    def get_default_screen(self) -> Shelf:
        return Shelf()

    def on_file_picker_chosen(self, event: FilePicker.Chosen) -> None:
        self.chosen.append(event.path)

    def on_file_picker_cancelled(self) -> None:
        self.cancelled += 1


class Hand:
    def __init__(self, app: Box, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot
        self.picker = app.screen.query_one(FilePicker)

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            await settle(self.app.focused)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        await self.press(*text)

    @property
    def names(self) -> list[str]:
        return [one.shown for one in self.picker.shown]

    @property
    def under(self) -> str:
        return self.names[self.picker.query_one(RecordTable).cursor]

    @property
    def title(self) -> str:
        return self.picker.query_one("#title", PlainLine).text

    @property
    def told(self) -> str:
        return self.picker.query_one("#told", PlainLine).text


@asynccontextmanager
async def picking(folder: Path, *, fenced: bool = False, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Hand]:
    app = Box()
    async with app.run_test(size=size) as pilot:
        hand = Hand(app, pilot)
        await hand.picker.open("Which?", folder, (".csv", ".xlsx"), fenced=fenced)
        await pilot.pause()
        yield hand


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "here"
    (made / "Alpha").mkdir(parents=True)
    (made / "beta").mkdir()
    (made / ".hidden").mkdir()
    for name in ("zeta.csv", "Acme.CSV", "客户.xlsx", "notes.txt", ".secret.csv", "beta/inner.csv"):
        (made / name).write_text("name\nx\n")
    return made


async def test_folders_come_first_then_the_files_that_fit(folder: Path) -> None:
    async with picking(folder) as hand:
        assert hand.names == ["Alpha/", "beta/", "Acme.CSV", "zeta.csv", "客户.xlsx"]
        assert "2 other files" in hand.told
        await hand.type(".")
        files = [".secret.csv", "Acme.CSV", "notes.txt", "zeta.csv", "客户.xlsx"]
        assert hand.names == [".hidden/", "Alpha/", "beta/", *files]
        await hand.type(".")
        assert len(hand.names) == 5


async def test_what_is_typed_narrows_it_down_and_enter_chooses(folder: Path) -> None:
    async with picking(folder) as hand:
        await hand.type("eta")
        assert hand.names == ["beta/", "zeta.csv"]
        await hand.press("down", "enter")
        assert hand.app.chosen == [folder / "zeta.csv"]
        assert not hand.picker.is_open
        assert hand.picker.folder == folder


async def test_folders_are_opened_and_left(folder: Path) -> None:
    async with picking(folder) as hand:
        await hand.type("beta")
        await hand.press("enter")
        assert hand.names == ["inner.csv"]
        await hand.press("backspace")
        assert hand.under == "beta/", "one stands on the folder from which one came"
        await hand.press("enter", "left", "left")
        assert hand.under == "here/"
        await hand.press("enter", "enter", "escape")
        assert hand.app.cancelled == 1
        assert hand.picker.folder == folder / "Alpha"


async def test_paths_are_typed_and_completed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    async with picking(folder.parent) as hand:
        await hand.type("he")
        await hand.press("tab")
        await hand.type("be")
        await hand.press("tab", "tab", "enter")
        assert hand.app.chosen == [folder / "beta" / "inner.csv"]
        await hand.picker.open("Which?", folder.parent, ())
        await hand.type("~")
        assert "Acme.CSV" in hand.names
        await hand.type("/beta/")
        assert hand.names == ["inner.csv"]
        await hand.type("nothing")
        await hand.press("enter")
        assert hand.picker.is_open
        assert "no such file" in hand.told
        await hand.press("ctrl+u")
        hand.picker.query_one(LineInput).value = f"{folder}/zeta.csv"
        await hand.pilot.pause()
        await hand.press("enter")
        assert hand.app.chosen[-1] == folder / "zeta.csv"


async def test_a_fenced_folder_is_not_left_and_links_are_not_followed(folder: Path) -> None:
    (folder / "link.csv").symlink_to("/etc/passwd")
    async with picking(folder, fenced=True) as hand:
        assert hand.names == ["Acme.CSV", "zeta.csv", "客户.xlsx"]
        await hand.press("backspace", "left")
        assert hand.picker.folder == folder
        for text in ("/", "~", "../", "/etc/passwd"):
            await hand.type(text)
            await hand.press("enter")
            assert hand.app.chosen == []
            assert hand.picker.folder == folder
            await hand.press("ctrl+u")
        assert "up" not in hand.told
        assert str(folder) not in hand.title


async def test_what_cannot_be_read_is_said_and_one_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    def scandir(path: Any) -> Any:
        if Path(path).name == "Alpha":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    async with picking(folder) as hand:
        await hand.press("enter")
        assert hand.picker.folder == folder
        assert "Alpha: Permission denied" in hand.told
        await hand.type("/nowhere/x")
        await hand.press("enter")
        assert hand.picker.is_open


async def test_odd_names_are_shown_harmless_and_chosen_as_they_are(folder: Path) -> None:
    odd = [b"a\x1b]0;evil\x07.csv", b"\xff\xfe.csv", "长".encode() * 60 + b".csv", b"[foo].csv", b"new\nline.csv"]
    for name in odd:
        (Path(os.fsdecode(bytes(folder) + b"/" + name))).write_text("name\n")
    async with picking(folder) as hand:
        assert not any(sign in name for name in hand.names for sign in "\x1b\x07\n")
        assert "[foo].csv" in hand.names
        await hand.type("evil")
        await hand.press("enter")
        assert os.fsencode(hand.app.chosen[0].name) == odd[0]


@pytest.mark.slow
async def test_ten_thousand_files_are_listed_once(tmp_path: Path) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for number in range(10_000):
        os.close(os.open(many / f"file{number:05}.csv", os.O_CREAT | os.O_WRONLY))
    async with picking(many) as hand:
        assert len(hand.names) == 10_000
        await hand.type("09999")
        assert hand.names == ["file09999.csv"]


@pytest.mark.parametrize("size", [(1, 1), (10, 3)])
async def test_no_size_breaks_it(folder: Path, size: tuple[int, int]) -> None:
    async with picking(folder, size=size) as hand:
        await hand.type("zeta")
        await hand.press("enter")
        assert hand.app.chosen == [folder / "zeta.csv"]


# -- the folder by itself


def test_a_folder_that_is_gone_or_a_file_is_no_folder(folder: Path) -> None:
    assert listing(folder / "nowhere").error
    assert listing(folder / "zeta.csv").error
    assert listing(folder / "Alpha").entries == ()


def test_pipes_and_sockets_are_no_files(folder: Path) -> None:
    os.mkfifo(folder / "pipe.csv")
    assert "pipe.csv" not in [one.name for one in listing(folder, every=True).entries]


@pytest.mark.parametrize(
    ("size", "told"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 KB"), (9_960, "10 KB"), (999_700, "1.0 MB"), (5_000_000_000, "5.0 GB")],
)
def test_sizes_are_told_in_a_unit_in_which_they_are_few(size: int, told: str) -> None:
    assert measured(size) == told


def test_what_begins_so_comes_first_and_case_and_width_do_not_count() -> None:
    entries = [Entry("my data.csv", False), Entry("Data.csv", False), Entry("other", True)]
    assert [one.name for one in fitting(entries, "ｄａｔ")] == ["Data.csv", "my data.csv"]
    assert prefix(["abc", "abd"]) == "ab"
    assert prefix([]) == ""
