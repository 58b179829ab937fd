from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from textual import events
from textual.geometry import Offset
from textual.pilot import Pilot

from crm_tui.tui.widgets.confirm import Confirm
from crm_tui.tui.widgets.form import Field, Form
from crm_tui.tui.widgets.menu import Item, Menu
from crm_tui.tui.widgets.overlay import holder
from crm_tui.tui.widgets.prompt import Prompt
from crm_tui.tui.widgets.record_table import RecordTable
from tests.terminal import Terminal
from tests.tui.programs.overlays import Overlays, Place
from tests.tui.rooms import until

KEY_NAMES = {":": "colon", "?": "question_mark", " ": "space", "：": "fullwidth_colon"}


@pytest.fixture
async def pilot() -> AsyncIterator[Pilot[None]]:
    async with Overlays(100).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        yield pilot


def place(pilot: Pilot[None]) -> Place:
    assert isinstance(pilot.app, Overlays)
    return pilot.app.place


def rows(pilot: Pilot[None], last: int = 24) -> list[str]:
    return [strip.text.rstrip() for strip in pilot.app.screen._compositor.render_strips()][-last:]


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Names of keys (`ctrl+u`, or among these) and texts, all of them at once as a fast typist sends them."""
    names = ["enter", "escape", "tab", "up", "down", "left", "right", "space", "backspace", "pagedown"]
    for key in keys:
        for one in [key] if key in names or "+" in key else key:
            name = one if len(one) > 1 else KEY_NAMES.get(one, one)
            pilot.app.post_message(events.Key(name, one if len(one) == 1 else None))
    dispatched = asyncio.Event()
    pilot.app.call_later(dispatched.set)
    await dispatched.wait()
    await pilot.pause()


# the common part


@pytest.mark.parametrize("key", [":", "?", "r", "e", "D"])
async def test_it_takes_the_keys_covers_and_gives_all_back(pilot: Pilot[None], key: str) -> None:
    before = rows(pilot)
    await press(pilot, key)
    overlay = holder(pilot.app.focused)
    assert overlay is not None
    assert overlay.is_open
    assert rows(pilot) != before
    await press(pilot, "escape")
    assert not overlay.is_open
    assert isinstance(pilot.app.focused, RecordTable)
    assert rows(pilot)[:-1] == before[:-1]


@pytest.mark.parametrize("key", [":", "?", "r", "D"])
async def test_nothing_beneath_is_laid_out_or_painted_again(
    pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    table = place(pilot).query_one("Place > RecordTable", RecordTable)
    called: list[str] = []
    monkeypatch.setattr(table, "_lay_out", lambda: called.append("layout"))
    refresh = table.refresh
    monkeypatch.setattr(table, "refresh", lambda *a, **k: called.append("paint") or refresh(*a, **k))
    await press(pilot, key)
    await press(pilot, "escape")
    assert called == []


async def test_keys_of_an_overlay_are_no_commands(pilot: Pilot[None]) -> None:
    await press(pilot, ":", "jq", "pagedown", "escape", "j")
    assert pilot.app.commands == ["colon", "j"]


# the prompt


async def test_the_prompt_hands_over_what_was_typed_as_it_is(pilot: Pilot[None]) -> None:
    await press(pilot, ":", "：华为 [/b]", "enter")
    assert place(pilot).said == ["submitted ：华为 [/b]"]
    assert not place(pilot).query_one(Prompt).is_open


async def test_tab_goes_through_the_completions_and_escape_takes_them_back(pilot: Pilot[None]) -> None:
    prompt = place(pilot).query_one(Prompt)
    await press(pilot, ":", "t")
    assert rows(pilot, 2) == ["tier  tag  team", ":t"]
    for expected in ("tier", "tag", "team", "tier"):
        await press(pilot, "tab")
        assert prompt.value == expected
    await press(pilot, "shift+tab", "shift+tab")
    assert prompt.value == "tag"
    await press(pilot, "escape")
    assert (prompt.value, prompt.is_open) == ("t", True)


async def test_the_only_completion_is_taken_at_once(pilot: Pilot[None]) -> None:
    await press(pilot, ":", "ti", "tab", " a", "enter")
    assert place(pilot).said == ["submitted tier a"]


async def test_up_recalls_what_begins_as_it_was_typed(pilot: Pilot[None]) -> None:
    prompt = place(pilot).query_one(Prompt)
    await press(pilot, ":", "old")
    for key, expected in (("up", "older"), ("up", "old one"), ("up", "old one"), ("down", "older"), ("down", "old")):
        await press(pilot, key)
        assert prompt.value == expected
    await press(pilot, "up", "x")
    assert prompt.value == "olderx"


async def test_an_error_points_at_its_character(pilot: Pilot[None]) -> None:
    await press(pilot, ":", "华为x", "enter")
    assert rows(pilot, 2) == [":华为x", "     ^ no x"]
    await press(pilot, "m")
    assert rows(pilot, 1) == [""]


async def test_a_hint_is_below_and_the_line_stays_where_it_is(pilot: Pilot[None]) -> None:
    await press(pilot, ":", "m1")
    assert rows(pilot, 2) == [":m1", "means m1"]
    await press(pilot, "backspace", "backspace", "a")
    assert rows(pilot, 2) == [":a", ""]


async def test_an_error_far_to_the_right_stands_before_its_caret(pilot: Pilot[None]) -> None:
    prompt = place(pilot).query_one(Prompt)
    await press(pilot, ":", "a" * 70 + "x")
    prompt.error("the field region is not known", 70)
    await pilot.pause()
    assert rows(pilot, 1)[0].endswith("the field region is not known ^")
    assert rows(pilot, 1)[0].index("^") == 71


async def test_the_terminals_cursor_is_where_one_types(pilot: Pilot[None]) -> None:
    await press(pilot, ":")
    assert pilot.app.cursor_position == Offset(1, 23)
    await press(pilot, "华m")
    assert pilot.app.cursor_position == Offset(1 + 2 + 1, 23)
    await press(pilot, "escape", ":", "m")
    assert pilot.app.cursor_position == Offset(2, 22)


async def test_several_pasted_lines_are_one(pilot: Pilot[None]) -> None:
    await press(pilot, ":")
    pilot.app.post_message(events.Paste("one\n two \n\nthree"))
    await pilot.pause()
    assert place(pilot).query_one(Prompt).value == "one two three"


async def test_a_line_has_a_limit(pilot: Pilot[None]) -> None:
    prompt = place(pilot).query_one(Prompt)
    prompt.open("/", limit=5)
    await pilot.pause()
    await press(pilot, "1234567")
    assert prompt.value == "12345"


# the menu


async def test_typing_finds_and_enter_chooses(pilot: Pilot[None]) -> None:
    await press(pilot, "?", "number 1", "down", "enter")
    assert place(pilot).said == ["chosen c10"]


async def test_what_cannot_be_chosen_says_why_and_stays(pilot: Pilot[None]) -> None:
    menu = place(pilot).query_one(Menu)
    await press(pilot, "?")
    assert [row for row in rows(pilot) if "number 4" in row] == ["  - x 4  command number 4  not here"]
    await press(pilot, "number 4", "enter")
    assert menu.is_open
    assert rows(pilot, 18)[0] == "Commands  ! not here"


async def test_nothing_found_says_so(pilot: Pilot[None]) -> None:
    await press(pilot, "?", "zzz", "enter")
    assert any("nothing fits" in row for row in rows(pilot))


async def test_a_label_that_begins_so_comes_first(pilot: Pilot[None]) -> None:
    menu = place(pilot).query_one(Menu)
    menu.open("Tiers", [Item("1", "set tier"), Item("2", "tier why"), Item("3", "x", words="tier")])
    await press(pilot, "tier")
    assert [item.name for item in menu.shown] == ["2", "1", "3"]


async def test_what_was_typed_to_its_end_comes_first(pilot: Pilot[None]) -> None:
    menu = place(pilot).query_one(Menu)
    items = [
        Item("inside", "leaving"), Item("word", "x", hint="the avid"), Item("begins", "avid reader"),
        Item("label", "AV"), Item("keys", "other", "a v"), Item("second", "more", "x", keys=("x", "av")),
    ]  # fmt: skip
    menu.open("Keys", items)
    await press(pilot, "av")
    assert [item.name for item in menu.shown] == ["second", "label", "keys", "begins", "word", "inside"]


async def test_one_long_label_leaves_room_for_what_is_said_of_the_others(pilot: Pilot[None]) -> None:
    menu = place(pilot).query_one(Menu)
    menu.open("Views", [Item("1", "x" * 100, hint="long"), Item("2", "mine", hint="owner:me tier:A")])
    await pilot.pause()
    assert any("mine" in row and "owner:me tier:A" in row for row in rows(pilot))


# what is pasted and typed


async def test_a_wide_blank_arrives(pilot: Pilot[None]) -> None:
    blank = events.Key("ideographic_space", "\u3000")
    await press(pilot, ":", "a")
    pilot.app.post_message(blank)
    await press(pilot, "b")
    assert place(pilot).query_one(Prompt).value == "a\u3000b"
    await press(pilot, "escape", "e")
    for field in ("name", "note"):
        pilot.app.post_message(events.Key("ideographic_space", "\u3000"))
        await press(pilot, "z", "tab")
        assert place(pilot).query_one(Form).values[field].endswith("\u3000z")


async def test_a_paste_that_is_too_long_is_refused_as_a_whole(pilot: Pilot[None]) -> None:
    prompt, form = place(pilot).query_one(Prompt), place(pilot).query_one(Form)
    prompt.open(":", "open 1", limit=10)
    pilot.app.post_message(events.Paste("23456"))
    await press(pilot)
    assert prompt.value == "open 1"
    assert "1 character too long (10 at most)" in rows(pilot, 1)[0]
    await press(pilot, "escape")
    await form.open("New", [Field("name", "Name", limit=5), Field("note", "Note", "long", limit=5)])
    for __ in range(2):
        pilot.app.post_message(events.Paste("123456"))
        await press(pilot)
        assert set(form.values.values()) == {""}
        assert rows(pilot, 1)[0].startswith("! the paste is 1 character too long")
        await press(pilot, "tab")


# the question


async def test_keys_typed_ahead_are_dropped_and_counted(pilot: Pilot[None]) -> None:
    await press(pilot, "D", "yy")
    assert place(pilot).query_one(Confirm).is_open
    await until(lambda: place(pilot).said == ["dropped 2"])
    await pilot.pause()
    assert "(2 keys typed ahead were dropped)" in rows(pilot, 1)[0]
    await press(pilot, "y")
    assert place(pilot).said == ["dropped 2", "yes"]


async def test_escape_is_no_at_once_and_answers_nothing_else(pilot: Pilot[None]) -> None:
    await press(pilot, "D", "escape")
    assert place(pilot).said == ["no"]


@pytest.mark.parametrize(
    ("started_by", "key", "answered"),
    [("D", "y", True), ("D", "1", True), ("y", "y", False), ("y", "1", True), ("1", "1", False), ("D", "D", False)],
)
async def test_the_key_that_started_it_is_no_answer(
    pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch, started_by: str, key: str, answered: bool
) -> None:
    monkeypatch.setattr("crm_tui.tui.widgets.confirm.DEAF", 0.001)
    place(pilot).query_one(Confirm).ask("Sure?", started_by=started_by)
    await pilot.pause(0.01)
    await press(pilot, key)
    assert place(pilot).said == (["yes"] if answered else [])


async def test_the_answers_are_in_sight_however_long_the_question(pilot: Pilot[None]) -> None:
    place(pilot).query_one(Confirm).ask("Delete " + "华" * 90 + "?")
    await pilot.pause()
    assert rows(pilot, 1)[0].endswith("…  y/1 yes  n/Esc no")


# the form


async def test_a_form_is_filled_in_from_top_to_bottom(pilot: Pilot[None]) -> None:
    await press(pilot, "e", " Ltd", "tab", "said", "ctrl+j", "yes", "tab", "v", "tab", "fri", "down", "y", "enter")
    values = {"name": "Acme Ltd", "note": "said\nyes", "kind": "visit", "next": "fri", "sure": "yes"}
    assert place(pilot).said == [f"saved {values}"]
    assert not place(pilot).query_one(Form).is_open


async def test_enter_submits_from_every_kind_of_field(pilot: Pilot[None]) -> None:
    for tabs in range(5):
        await press(pilot, "e", *["tab"] * tabs, "enter")
    assert len(place(pilot).said) == 5


async def test_arrows_leave_a_box_of_text_over_its_edges(pilot: Pilot[None]) -> None:
    form = place(pilot).query_one(Form)
    await press(pilot, "e", "down", "one", "ctrl+j", "two", "up", "x", "up", "z", "up")
    assert form.values["note"] == "onex\ntwo"
    assert form.values["name"] == "Acmez"
    assert next(name for name, row in form._rows.items() if row.control.has_focus) == "sure"


async def test_a_date_says_what_it_means_while_it_is_typed(pilot: Pilot[None]) -> None:
    await press(pilot, "e", "tab", "tab", "tab", "bad")
    assert rows(pilot, 3)[0] == "› Next date  bad                                 ! no such date: try fri or 3d"
    await press(pilot, "backspace", "backspace", "backspace", "fri")
    assert rows(pilot, 3)[0] == "› Next date  fri                                 Fri 6 Mar 2026"


async def test_other_fields_are_judged_when_one_leaves_them(pilot: Pilot[None]) -> None:
    await press(pilot, "e", "ctrl+u", "bad")
    assert "!" not in rows(pilot, 9)[0]
    await press(pilot, "tab")
    assert rows(pilot, 9)[0].endswith("! no such date: try fri or 3d")


async def test_what_is_missing_or_wrong_is_said_at_its_field(pilot: Pilot[None]) -> None:
    form = place(pilot).query_one(Form)
    await press(pilot, "e", "ctrl+u", "tab", "enter")
    assert rows(pilot, 9)[0] == "› Name*                                          ! is needed"
    await press(pilot, "taken", "tab", "enter")
    assert rows(pilot, 9)[0] == "› Name*      taken                               ! there is one of that name"
    assert form.is_open
    await press(pilot, "2", "enter")
    assert not form.is_open


async def test_escape_hands_over_a_draft(pilot: Pilot[None]) -> None:
    await press(pilot, "e", " [/b]", "escape")
    assert place(pilot).said[0].startswith("draft {'name': 'Acme [/b]'")


async def test_a_form_higher_than_the_screen_scrolls_to_the_field(pilot: Pilot[None]) -> None:
    form = place(pilot).query_one(Form)
    await form.open("Long", [Field(f"f{n}", f"field {n}") for n in range(40)])
    await press(pilot, *["tab"] * 35)
    assert any(row.startswith("› field 35") for row in rows(pilot))
    assert rows(pilot)[0] == "Long"
    await press(pilot, *["tab"] * 5, "x")
    await until(lambda: rows(pilot)[1] == "› field 0   x")


async def test_opening_again_forgets_what_was_there(pilot: Pilot[None]) -> None:
    form = place(pilot).query_one(Form)
    await press(pilot, "e", "x", "escape", "e")
    assert form.values["name"] == "Acme"


# on a real terminal


@pytest.fixture(scope="module")
def terminal() -> Iterator[Terminal]:
    with Terminal([sys.executable, "-m", "tests.tui.programs.overlays", "1000000"]) as terminal:
        terminal.wait("ready")
        terminal.quiet()
        yield terminal


@pytest.mark.parametrize(
    ("key", "shown", "most"),
    [(":", "^:$", 700), ("?", "closes", 4000), ("r", "closes", 4000), ("e", "closes", 4000), ("D", "no$", 700)],
)
def test_opening_closing_and_moving_the_focus_are_cheap(terminal: Terminal, key: str, shown: str, most: int) -> None:
    before = terminal.bytes
    terminal.send(key)
    terminal.wait(f"(?m){shown}")
    terminal.quiet(0.25)
    opened = terminal.bytes - before
    moved = terminal.key("<tab>", gap=0.15)
    closed = terminal.key(b"\x1b\x1b", gap=0.15)
    print(f"{key}: open {opened}, tab {moved.bytes}, close {closed.bytes} bytes")
    assert 0 < opened <= most
    assert moved.bytes <= 1000
    assert 0 < closed.bytes <= most


def test_keys_typed_at_once_are_obeyed_in_order(terminal: Terminal) -> None:
    terminal.send("e<c-u>Bob<tab>one<c-j>two<enter>jjj:abc<enter>jj")
    terminal.wait("submitted abc")
    terminal.quiet(0.1)
    assert terminal.row(6).startswith("›")
    assert not terminal.row(1).startswith("›")
