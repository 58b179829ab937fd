"""The `:` line on the running program: completion, what was typed before, errors under the word, help."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from textual import events

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.completion import Offer
from crm_tui.services import teams
from crm_tui.services.session import Session
from crm_tui.tui.recall import MOST
from crm_tui.tui.widgets.candidates import Candidates
from crm_tui.tui.widgets.menu import Menu
from crm_tui.tui.widgets.prompt import Prompt, marked
from tests.factories import Clock, Team, make
from tests.tui.rooms import Room, entered, keys_of, until


@pytest.fixture
def path(team: Team) -> Path:
    make(team.li, "Acme", stage="intent")
    return team.database.path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def prompt(room: Room) -> Prompt:
    return room.place.query_one(Prompt)


def menu(room: Room) -> Menu:
    return room.place.query_one(Menu)


def note(room: Room) -> str:
    """What is said below the line."""
    rows = room.rows()
    at = next(index for index, row in enumerate(rows) if row.startswith((":", "/", "earlier:")))
    return "\n".join(rows[at + 1 :])


# completion


async def test_the_meaning_is_told_as_one_goes_through_what_is_offered(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":tier ")
        assert "TIER" in note(room)
        for value, meaning in (("A", "ready to talk terms"), ("B", "clear intent"), ("C", "a chance")):
            await room.press("<tab>")
            assert prompt(room).value == f"tier {value}"
            assert note(room) == meaning
        await room.press("<s-tab>")
        assert note(room) == "clear intent"
        await room.press("<esc>")
        assert prompt(room).value == "tier "
        assert "TIER" in note(room)


TYPED_AT_ONCE = (
    ("ti<tab> A", "tier A"), ("stage 潜<tab>", "stage potential"), ("stage po<tab>", "stage potential"),
    ("away<tab>", "users away"), ("tier A; nex<tab> +3<tab>", "tier A; next +3d"),
    ("transf<tab> Fan<tab>", "transfer wang"), ("tier ac<tab><bs><bs>p<tab>", "tier accept"), ("zzz<tab><tab>", "zzz"),
)  # fmt: skip


async def test_tab_means_what_was_typed_before_it_however_fast_it_comes(team: Team, clock: Clock, path: Path) -> None:
    teams.edit(team.admin, "wang", teams.Given(name="Wang Fang"))
    async with entered(path, clock=clock) as room:
        await room.press("gp")
        for keys, line in TYPED_AT_ONCE:
            await room.press(f":{keys}")
            assert prompt(room).value == line
            await room.press("<c-u><esc>")
        await room.press(":zzz")
        assert not room.place.query_one(Candidates).display


async def test_what_stands_before_the_cursor_is_completed(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":ti --reason x" + "<left>" * 11, "<tab>")
        assert prompt(room).value == "tier --reason x"
        assert prompt(room).cursor == len("tier")
        await room.press(" A<enter>")
        assert room.value("SELECT tier FROM customer") == "A"


async def test_what_comes_when_the_cursor_is_elsewhere_is_asked_for_again(
    team: Team, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crm_tui.tui.screens import asked

    real, moved = asked._complete_line, threading.Event()

    def held_up(session: Session, text: str) -> Offer:
        if text == "ti x":
            moved.wait(60)
        return real(session, text)

    monkeypatch.setattr(asked, "_complete_line", held_up)
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":ti ")
        for key in keys_of("x"):
            room.app.post_message(key)
        await until(lambda: prompt(room).value == "ti x" and not prompt(room)._offered.is_set())
        for key in keys_of("<left>" * 2):
            room.app.post_message(key)
        await until(lambda: prompt(room).cursor == 2)
        moved.set()
        await room.rest()
        await room.press("<tab>")
        assert prompt(room).value == "tier x"


async def test_a_filter_is_completed_with_its_meaning_beside_what_it_finds(
    team: Team, clock: Clock, path: Path
) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", "/", "stage:", "<tab>")
        await room.later()
        assert prompt(room).value == "owner:me stage:non_customer"
        assert "non-customer" in note(room)
        assert "0 customers" in note(room)


async def test_what_is_asked_for_is_completed_by_name_and_taken_without_quotes(
    team: Team, clock: Clock, path: Path
) -> None:
    from crm_tui.services import pool_lists

    pool_lists.add(team.admin, "Big North", None, None)
    async with entered(path, "zhao", clock=clock) as room:
        await room.press("gp", ":move<enter>")
        await room.press("big", "<tab>")
        assert prompt(room).value == "Big North"
        await room.press("<esc>", ":move big", "<tab>")
        assert prompt(room).value == 'move "Big North"'


# what was typed before


async def test_lines_and_filters_are_there_in_the_next_session(
    team: Team, clock: Clock, path: Path, home: Path
) -> None:
    async with entered(path, clock=clock, home=home) as room:
        await room.press("gp", ":tier A<enter>", ":tier Z<enter>", "<esc>", ":half", "<esc>", "/ tier:A<enter>")
    assert (home / "lines").read_text() == "tier A\ntier Z\n"
    assert (home / "filters").read_text() == "owner:me  tier:A\n"
    async with entered(path, clock=clock, home=home) as room:
        await room.press("gp", ":", "<up>")
        assert prompt(room).value == "tier Z"
        await room.press("<up>", "<up>")
        assert prompt(room).value == "tier A"
        await room.press("<down>", "<down>")
        assert prompt(room).value == ""
        await room.press("<esc>", "/<c-u>", "<up>")
        assert prompt(room).value == "owner:me  tier:A"


async def test_up_goes_through_those_that_begin_as_typed_each_once(
    team: Team, clock: Clock, path: Path, home: Path
) -> None:
    home.mkdir()
    (home / "lines").write_text("tier A\nnext fri\ntier B\nnext mon\ntier A\n")
    async with entered(path, clock=clock, home=home) as room:
        await room.press("gp", ":ti")
        for expected in ("tier A", "tier B", "tier B"):
            await room.press("<up>")
            assert prompt(room).value == expected


async def test_ctrl_r_looks_back_and_enter_runs_what_it_finds(team: Team, clock: Clock, path: Path, home: Path) -> None:
    home.mkdir()
    (home / "lines").write_text("tier A\ntag vip\ntier B\nnext mon\n")
    async with entered(path, clock=clock, home=home) as room:
        await room.press("gp", ":half", "<c-r>")
        assert room.place.query_one(Candidates)._texts[0] == "next mon"
        await room.press("TIER")
        assert room.place.query_one(Candidates)._texts == ("tier B", "tier A")
        await room.press("<c-r>")
        assert room.place.query_one(Candidates)._texts == ("tier A",)
        await room.press("<down>")
        assert "Enter runs it" in note(room)
        await room.press("<enter>")
        assert room.value("SELECT tier FROM customer") == "B"
        assert not prompt(room).is_open
        assert (home / "lines").read_text().endswith("next mon\ntier B\n")


async def test_esc_keeps_the_line_and_tab_or_right_takes_what_was_found(
    team: Team, clock: Clock, path: Path, home: Path
) -> None:
    home.mkdir()
    (home / "lines").write_text("tier A\ntag vip\n")
    async with entered(path, clock=clock, home=home) as room:
        await room.press("gp", ":half", "<c-r>", "tier", "<esc>")
        assert prompt(room).is_open
        assert prompt(room).value == "half"
        assert room.rows()[-2] == ":half"
        for key in ("<tab>", "<right>"):
            await room.press("<c-r>tag", key)
            assert prompt(room).value == "tag vip"
            await room.press("<c-u>half")
        await room.press("<c-r>nothing such", "<enter>")
        assert prompt(room).is_open
        assert "no earlier line" in note(room)
        await room.press("<right>", "<esc>", "<esc>")
        assert not prompt(room).is_open
        assert room.value("SELECT count(*) FROM tag") == 0


async def test_the_filter_bar_looks_back_too(team: Team, clock: Clock, path: Path, home: Path) -> None:
    home.mkdir()
    (home / "filters").write_text("stage:intent\nstage:lost\n")
    async with entered(path, clock=clock, home=home) as room:
        await room.press("gp", "/", "<c-r>")
        await room.later()
        assert room.rows()[-2] == "earlier:"
        await room.press("int<enter>")
        assert "1 customer" in room.said
        assert room.place.filter_text == "stage:intent"


async def test_with_nothing_typed_before_that_is_said(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":x", "<c-r>")
        assert "nothing was typed here before" in note(room)
        assert prompt(room).value == "x"


async def test_among_a_thousand_long_lines_the_newest_that_fits_is_found(
    team: Team, clock: Clock, path: Path, home: Path
) -> None:
    home.mkdir()
    (home / "lines").write_text("".join(f"log {n} {'abcdefgh ' * 50}\n" for n in range(MOST)))
    async with entered(path, clock=clock, home=home) as room:
        await room.press("gp", ":l", "<up>")
        assert prompt(room).value.startswith("log 999 ")
        await room.press("<esc>", ":", "<c-r>", "abc 7")
        await room.later()
        assert [row.split()[-50:][:3][1] for row in room.rows() if "log 9" in row][:1] == ["997"]


# errors


WRONG = (
    ("teir A", "teir", 4), ("tier Z --reason because", "Z", 6), ("stage nowhere", "nowhere", 13),
    ("tag 华为 --on 'reigon:北京 tier:A'", "reigon", 22), ("tier A; teir B; down", "teir", 12),
)  # fmt: skip
"""A line, the word that is wrong in it, and where that ends."""


async def test_the_wrong_word_is_marked_and_the_cursor_stands_behind_it(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp")
        for line, word, behind in WRONG:
            await room.press(f":{line}<enter>")
            rows = room.rows()
            at = next(index for index, row in enumerate(rows) if "^" in row)
            before = line[: line.index(word)]
            assert rows[at - 1] == f":{line}"
            assert rows[at].index("^") == 1 + len(before) + sum(ord(c) > 0x2E80 for c in before)
            assert prompt(room).value == line
            assert prompt(room).cursor == behind
            await room.press("<esc>")
        assert room.value("SELECT tier FROM customer") == "D"


async def test_what_is_wrong_is_mended_by_tab(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":stage inn --reason x<enter>", "<bs>", "<tab>")
        assert prompt(room).value == "stage intent --reason x"
        await room.press("<enter>")
        assert not prompt(room).is_open


async def test_the_mark_follows_a_line_that_scrolls_and_goes_with_the_next_key(
    team: Team, clock: Clock, path: Path
) -> None:
    async with entered(path, clock=clock) as room:
        line = f"teir A --reason {'华' * 60} end"
        await room.press("gp", f":{line}<enter>")
        rows = room.rows()
        at = next(index for index, row in enumerate(rows) if "^" in row)
        assert rows[at - 1].startswith(":teir A")
        assert rows[at].startswith(" ^~~~ there is no command")
        await room.press("<end>")
        assert rows[at - 1] != room.rows()[at - 1]
        assert room.rows()[at].startswith(" ^ there")  # it is to the left of what is in sight
        await room.press("<home>")
        assert room.rows()[at].startswith(" ^~~~ there")
        await room.press("<esc>", ":stage nowhere<enter>")
        assert "intent" in note(room)
        await room.press("x")
        assert "^" not in note(room)
        assert not room.place.query_one("#more").display


@pytest.mark.parametrize(
    ("text", "column", "width", "note", "more"),
    [
        ("no such tier", 6, 1, "      ^ no such tier", ""), ("no such", 2, 4, "  ^~~~ no such", ""),
        ("one two three four", 5, 2, "     ^~ one two", "        three four"),
        ("one two", 15, 3, "       one two ^~~", ""),
        ("one two three four", 15, 5, "               ^~~~~", "one two three four"),
    ],
)  # fmt: skip
def test_the_message_stands_where_there_is_room(text: str, column: int, width: int, note: str, more: str) -> None:
    assert marked(text, column, width, 20) == (note, more)


# help


async def test_help_alone_lists_topics_and_enter_opens_one(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":help<enter>")
        assert {"filters", "tier", "users away"} <= {item.name for item in menu(room).shown}
        await room.press("users aw<enter>")
        assert menu(room).is_open
        assert CATALOG["users away"].usage.split("[")[0] in room.text()


async def test_the_page_of_a_command_has_its_keys_and_fits_the_screen(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":help new<enter>")
        lines = [item.label for item in menu(room).shown]
        assert all(len(line) <= 74 for line in lines)
        assert " ".join(" ".join(lines).split()).startswith(CATALOG["new"].usage)
        await room.press("<esc>", ":help tier<enter>")
        assert "t a" in room.text()
        assert "tier accept" in room.text()


async def test_pasting_and_typing_at_once_ends_in_the_same_line(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":")
        room.app.post_message(events.Paste("tier A;"))
        await room.press(" nex<tab> fri<enter>")
        assert room.value("SELECT tier FROM customer") == "A"
        assert room.value("SELECT next_on FROM customer") is not None
