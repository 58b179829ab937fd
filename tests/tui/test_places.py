"""Keys, lines, filters, marks, the board, the card and the history, on the running program."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.keymap import bindings
from crm_tui.services import followups, lists, profiles
from crm_tui.tui.desk import NOTICEABLE
from crm_tui.tui.screens.filling import DRAFT_AFTER
from crm_tui.tui.widgets.board import Board
from crm_tui.tui.widgets.confirm import Confirm
from crm_tui.tui.widgets.menu import Menu
from crm_tui.tui.widgets.overlay import holder
from crm_tui.tui.widgets.prompt import Prompt
from tests.factories import Clock, Team, in_days, make
from tests.tui.rooms import Room, entered, keys_of, until

GO = {"due": "gd", "pipeline": "gp", "history": "gh", "card": "gp<enter>"}


@pytest.fixture
def path(team: Team) -> Path:
    return team.database.path


def prompt(room: Room) -> Prompt:
    return room.place.query_one(Prompt)


def menu(room: Room) -> Menu:
    return room.place.query_one(Menu)


def confirm(room: Room) -> Confirm:
    return room.place.query_one(Confirm)


def typed(keys: str) -> str:
    """Keys of the keymap as `Room.press` wants them."""
    names = {"escape": "<esc>", "pagedown": "<pgdn>", "pageup": "<pgup>", "space": " "}
    words = []
    for key in keys.split(" "):
        name = names.get(key, f"<{key}>" if len(key) > 1 else key)
        words.append(f"<c-{key[-1]}>" if key.startswith("ctrl+") else name)
    return "".join(words)


# keys


async def settle_in(room: Room, place: str) -> None:
    """Be in the place, nothing over it."""
    while holder(room.app.focused) is not None:
        await room.press("<esc>")
    if room.place.keys != place:
        await room.press(GO[place])


@pytest.mark.parametrize(
    ("place", "customers", "times"),
    [
        ("history", 3, 1), ("due", 0, 1),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in (
                ("history", 3, 2), ("due", 0, 2), ("due", 3, 2), ("pipeline", 3, 2), ("card", 3, 2), ("pipeline", 0, 2),
            )
        ),
    ],
)  # fmt: skip
async def test_every_key_does_something_sensible_also_twice(
    team: Team, clock: Clock, path: Path, place: str, customers: int, times: int
) -> None:
    for n in range(customers):
        followups.set_next(team.li, [make(team.li, f"Customer {n}", contact={"name": "Ann"})], in_days(0))
    async with entered(path, clock=clock) as room:
        for keys in bindings(place):  # type: ignore[arg-type]
            if keys == "ctrl+q":
                continue
            for _ in range(times):
                await settle_in(room, place)
                await room.press(typed(keys))
                assert room.app.is_running, keys
                assert room.app._exception is None, keys
                assert not room.app.resolver.pending, keys


@pytest.mark.slow
@pytest.mark.parametrize("place", ["card", *GO])
async def test_every_view_command_runs_or_says_why_not(team: Team, clock: Clock, path: Path, place: str) -> None:
    followups.set_next(team.li, [make(team.li, "Acme")], in_days(0))
    async with entered(path, clock=clock) as room:
        for name, command in CATALOG.items():
            if command.view and name != "quit":
                await settle_in(room, place)
                await room.press(f":{name}<enter>")
                assert room.app._exception is None, name


async def test_a_sequence_waits_shows_what_may_follow_and_esc_drops_it(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "t")
        assert "t …" in room.said
        assert "tier A" in room.said
        await room.press("<esc>")
        assert room.said == ""
        await room.press("a<esc>")  # not `t a`: a form opened and went
        assert room.value("SELECT tier FROM customer WHERE id = ?", (key,)) == "D"
        await room.press("ty")
        assert 'no command for "t y"' in room.said
        await room.press("<c-c>")
        assert "ctrl+q quits" in room.said


async def test_q_on_the_first_screen_asks_and_another_key_confirms(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        await room.press("q")
        assert confirm(room).is_open
        await asyncio.sleep(0.35)
        await room.press("q")
        assert confirm(room).is_open
        await room.press("n")
        assert not confirm(room).is_open
        await room.press("q")
        await asyncio.sleep(0.35)
        await room.press("y")
        assert not room.app.is_running or room.app._exit


async def test_q_elsewhere_goes_back_to_the_first_screen(team: Team, clock: Clock, path: Path) -> None:
    make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        home = room.place.keys
        await room.press("gh")
        assert room.place.keys == "history"
        await room.press("q")
        assert room.place.keys == home
        await room.press("<esc>")
        assert "q quits" in room.said


async def test_full_width_punctuation_means_its_twin(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "》")
        assert room.value("SELECT stage FROM customer WHERE id = ?", (key,)) == "target"
        await room.press("《")
        assert prompt(room).is_open
        await room.press("太早了<enter>")
        assert room.value("SELECT stage FROM customer WHERE id = ?", (key,)) == "potential"
        await room.press("：")
        assert prompt(room).is_open
        await room.press("<esc>", "／")
        assert prompt(room).is_open
        await room.press("<esc>", "？")
        assert menu(room).is_open


# the ':' line


async def test_the_line_runs_completes_and_recalls(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("gp", ":tier A<enter>")
        assert room.value("SELECT tier FROM customer WHERE id = ?", (key,)) == "A"
        await room.press(":ti", "<tab>")
        assert prompt(room).value == "tier"
        await room.press("<esc>", "<esc>", ":", "<up>")
        await room.press("<up>", "<up>")
        assert prompt(room).value in ("tier A", "ti", "tier")
        await room.press("<esc>", ":undo<enter>")
        assert room.value("SELECT tier FROM customer WHERE id = ?", (key,)) == "D"


@pytest.mark.parametrize(
    ("line", "error", "under"),
    [
        ("teir A", 'no command "teir"', "teir"),
        ("tier Z", '"Z"', "Z"),
        ("filter tier:A reigon:x", "reigon", "reigon"),
        ("stage nowhere", "nowhere", "nowhere"),
        ("next someday", "someday", "someday"),
        ("view nowhere", "nowhere", "nowhere"),
    ],
)
async def test_an_error_points_at_the_word_and_nothing_typed_is_lost(
    team: Team, clock: Clock, path: Path, line: str, error: str, under: str
) -> None:
    make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("gp", f":{line}<enter>")
        assert prompt(room).is_open
        assert prompt(room).value == line
        rows = room.rows()
        at = next(index for index, row in enumerate(rows) if "^" in row)
        assert error in rows[at]
        assert rows[at].index("^") == rows[at - 1].index(under)


async def test_views_sorts_filters_help_and_marks_are_lines_too(team: Team, clock: Clock, path: Path) -> None:
    for name in ("Beta", "Acme", "Ceres"):
        make(team.li, name, tier="B" if name == "Beta" else "A")
    async with entered(path, clock=clock) as room:
        await room.press(":view pipeline<enter>")
        assert room.place.keys == "pipeline"
        await room.press(":sort name<enter>gg")
        assert "Acme" in room.under
        await room.press(":filter tier:B<enter>")
        assert "Beta" in room.under
        assert "1 customer" in room.said
        await room.press(":filter<enter>")
        assert "3 customers" in room.said
        await room.press(":mark all<enter>")
        assert len(room.place.table.marked) == 3
        await room.press(":mark none<enter>", ":help filters<enter>")
        assert menu(room).is_open
        await room.press("<esc>", ":list<enter>")
        assert "for the shell" in room.rows()[-1]


# filters


async def test_the_list_follows_the_filter_and_esc_brings_it_back(team: Team, clock: Clock, path: Path) -> None:
    for n in range(5):
        make(team.li, f"Customer {n}", tier="AB"[n % 2])
    async with entered(path, clock=clock) as room:
        await room.press("gp", "/")
        assert prompt(room).value == "owner:me "
        await room.press(" tier:B")
        await room.later()
        assert "2 customers" in room.text()
        assert len(room.place.table.lines) == 2
        await room.press("<esc>")
        assert len(room.place.table.lines) == 5
        await room.press("/<c-u>", "tier:")
        await room.later()
        await room.press("Q<enter>")
        assert prompt(room).is_open
        assert "^" in room.rows()[-1]
        await room.press("<bs>B<enter>")
        assert not prompt(room).is_open
        assert len(room.place.table.lines) == 2


@pytest.mark.parametrize("place", ["due", "pipeline", "history"])
async def test_a_filter_is_on_every_list(team: Team, clock: Clock, path: Path, place: str) -> None:
    for name in ("Acme", "Beta"):
        followups.set_next(team.li, [make(team.li, name)], in_days(0))
    async with entered(path, clock=clock) as room:
        await room.press(GO[place], "/<c-u>", "acme<enter>")
        assert "Acme" in room.text()
        assert "Beta" not in room.text()
        await room.press("/<c-u><enter>")
        assert "Beta" in room.text()


# menus


async def test_the_palette_runs_and_says_why_not(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "<c-p>", "users add")
        assert "only administrators" in room.text()
        await room.press("<enter>")
        assert menu(room).is_open
        await room.press("<esc>", "<c-p>", "archive<enter>")
        assert room.value("SELECT archived_at FROM customer WHERE id = ?", (key,)) is not None


async def test_the_key_list_is_filtered_and_runs(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "?", "advance<enter>")
        assert room.value("SELECT stage FROM customer WHERE id = ?", (key,)) == "target"


# bulk


async def test_more_than_twenty_are_asked_about_with_the_hidden_ones_counted(
    team: Team, clock: Clock, path: Path
) -> None:
    for n in range(25):
        make(team.li, f"Customer {n:02}", tier="AB"[n % 2])
    async with entered(path, clock=clock) as room:
        await room.press("gp", "*", "/<c-u>", "tier:A<enter>")
        assert "25 marked" in room.text()
        await room.press("tc")
        assert confirm(room).is_open
        assert "25 customers (12 hidden by the filter)" in room.text()
        await asyncio.sleep(0.35)
        await room.press("c")
        assert confirm(room).is_open
        await room.press("y")
        assert room.value("SELECT count(*) FROM customer WHERE tier = 'C'") == 25
        assert "25 customers" in room.said
        assert len(room.place.table.marked) == 25  # marks stay
        assert len(room.place.table.lines) == 13  # and so do the rows, dimmed
        assert room.under.startswith("›*-")
        await room.press("u")
        assert room.value("SELECT count(*) FROM customer WHERE tier = 'C'") == 0
        await room.press("\\")
        assert not room.place.table.marked


async def test_a_confirmation_drops_what_was_typed_ahead_and_no_changes_nothing(
    team: Team, clock: Clock, path: Path
) -> None:
    for n in range(25):
        make(team.li, f"Customer {n:02}")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "*", "taytb")
        assert confirm(room).is_open
        await asyncio.sleep(0.35)
        await room.press("n")
        assert room.value("SELECT count(*) FROM customer WHERE tier = 'A'") == 0
        assert "nothing was changed" in room.said


async def test_rows_are_marked_singly_in_ranges_and_inverted(team: Team, clock: Clock, path: Path) -> None:
    ids = [make(team.li, f"Customer {n:02}") for n in range(6)][::-1]
    async with entered(path, clock=clock) as room:
        await room.press("gp", " jjv")
        assert room.place.table.marked == set(ids[:4])
        await room.press("!")
        assert room.place.table.marked == set(ids[4:])
        await room.press("gd", "gp")
        assert not room.place.table.marked


async def test_a_row_that_leaves_the_list_stays_until_it_is_entered_again(team: Team, clock: Clock, path: Path) -> None:
    for n in range(4):
        make(team.li, f"Customer {n:02}")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "2")
        assert len(room.place.table.lines) == 4
        await room.press("jst")
        assert "Customer 02" in room.under
        assert "›-" in room.under.replace(" ", "")
        await room.press("gp")
        assert len(room.place.table.lines) == 3


# stages and their reasons


@pytest.mark.parametrize("keys", ["sl", ":stage lost<enter>", "gd<esc>gpsl"])
async def test_going_to_lost_asks_why_and_offers_the_reasons(team: Team, clock: Clock, path: Path, keys: str) -> None:
    key = make(team.li, "Acme", stage="intent")
    async with entered(path, clock=clock) as room:
        await room.press("gp", keys)
        assert prompt(room).is_open
        assert "competitor" in room.text()
        await room.press("nonsense<enter>")
        assert prompt(room).is_open
        assert "nonsense" in next(row for row in room.rows() if "^" in row)
        await room.press("<c-u>", "pri", "<tab>", "<enter>")
        assert room.value("SELECT stage FROM customer WHERE id = ?", (key,)) == "lost"
        assert room.value("SELECT reason FROM stage_change WHERE to_stage = 'lost'") == "price"


@pytest.mark.parametrize("keys", ["<", "H", "sp", ":retreat<enter>"])
async def test_going_back_asks_why(team: Team, clock: Clock, path: Path, keys: str) -> None:
    key = make(team.li, "Acme", stage="target")
    async with entered(path, clock=clock) as room:
        await room.press("gp", keys)
        assert prompt(room).is_open
        await room.press("<enter>")
        assert prompt(room).is_open
        await room.press("no budget this year<enter>")
        assert room.value("SELECT stage FROM customer WHERE id = ?", (key,)) == "potential"


async def test_going_on_asks_nothing(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "Acme", stage="target")
    async with entered(path, clock=clock) as room:
        await room.press("gp", ">")
        assert room.value("SELECT stage FROM customer WHERE id = ?", (key,)) == "intent"


# the board


@pytest.mark.parametrize(("width", "lanes"), [(120, 6), (119, 3), (80, 3)])
async def test_the_board_has_six_columns_from_120_columns_on_else_three(
    team: Team, clock: Clock, path: Path, width: int, lanes: int
) -> None:
    make(team.li, "Acme")
    async with entered(path, clock=clock, size=(width, 24)) as room:
        await room.press("gp", "b")
        titles = ["non-customer", "potential", "target", "intent", "actual", "lost"]
        assert sum(title in room.rows()[1] for title in titles) == lanes
        assert "potential 1" in room.rows()[1]


async def test_a_card_of_the_board_is_moved_and_the_cursor_follows_it(team: Team, clock: Clock, path: Path) -> None:
    ids = [make(team.li, f"Customer {n}") for n in range(3)]
    async with entered(path, clock=clock, size=(120, 24)) as room:
        await room.press("gp", "b")
        board = room.place.query_one(Board)
        await room.press("j")
        assert board.cursor_key == ids[1]
        await room.press("L")
        assert board.cursor_key == ids[1]
        assert room.value("SELECT stage FROM customer WHERE id = ?", (ids[1],)) == "target"
        assert "target 1" in room.rows()[1]
        await room.press("H", "too early<enter>")
        assert board.cursor_key == ids[1]
        assert room.value("SELECT stage FROM customer WHERE id = ?", (ids[1],)) == "potential"
        await room.press("<enter>")
        assert room.place.keys == "card"
        await room.press("q", "b")
        assert room.place.table.display


# the card


async def test_the_card_shows_the_profile_its_gaps_people_and_what_happened(
    team: Team, clock: Clock, path: Path
) -> None:
    key = make(team.li, "Acme", tier="A", contact={"name": "Ann"})
    async with entered(path, clock=clock) as room:
        await room.press("gp", "<enter>")
        text = room.text()
        assert "Acme" in text.splitlines()[0]
        assert "missing:" in text
        assert "Ann" in text
        assert "first contact" in text
        await room.press("w")
        assert menu(room).is_open
        await room.press("<esc>", "e")
        assert room.place.form.is_open
        assert {f"field.{name}" for name in ("region", "industry", "revenue")} <= set(room.place.form.values)
        await room.press("<esc>", "a", "Bob<enter>")
        assert room.value("SELECT count(*) FROM contact WHERE customer_id = ?", (key,)) == 2
        await room.press("G")
        while "Bob" not in room.under or "contact" not in room.under:
            await room.press("k")
        await room.press("<enter>")
        assert room.place.form.is_open
        await room.press("by<enter>")
        assert room.value("SELECT count(*) FROM contact WHERE name = 'Bobby'") == 1
        await room.press("tb", "q")
        assert room.place.keys == "pipeline"
        assert "B" in room.under


async def test_a_form_saves_only_what_changed_and_says_what_is_wrong_at_its_field(
    team: Team, clock: Clock, path: Path
) -> None:
    key = make(team.li, "Acme", region="north", industry="steel")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "e", "<tab><tab>")
        values = room.place.form.values
        await room.press("<enter>")
        assert not room.place.form.is_open
        assert "nothing was changed" in room.said
        await room.press("e")
        names = list(values)
        await room.press("<tab>" * names.index("field.phone") + "12" + "<enter>")
        assert room.place.form.is_open
        assert "is not a number" in room.text()
        await room.press("<bs><bs>13800138000<enter>")
        assert not room.place.form.is_open
        command = room.value("SELECT command FROM journal_entry ORDER BY id DESC LIMIT 1")
        assert "phone=" in command
        assert "region" not in command
        assert room.value("SELECT region FROM customer WHERE id = ?", (key,)) == "north"


async def test_a_form_opened_before_someone_elses_change_says_so_and_keeps_the_text(
    team: Team, clock: Clock, path: Path
) -> None:
    key = make(team.li, "Acme", region="north")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "e", " Ltd")
        profiles.edit(team.admin, [key], {"region": "south"})
        await room.press("<enter>")
        assert room.place.form.is_open
        assert "root changed it meanwhile" in room.text()
        await room.press("<esc>", "e")
        assert room.place.form.values["field.name"] == "Acme Ltd"
        assert room.place.form.values["field.region"] == "south"  # only what was typed is a draft
        await room.press("<enter>")
        assert room.values("SELECT name, region FROM customer") == [("Acme Ltd", "south")]


# drafts


async def test_a_draft_survives_esc_and_is_offered_again_until_it_is_cleared(
    team: Team, clock: Clock, path: Path
) -> None:
    make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "f", "half a sentence", "<esc>")
        assert "is kept" in room.said
        await room.press("f")
        assert room.place.form.values["note"] == "half a sentence"
        assert "what you typed at 10:00 is here again" in room.text()
        await room.press("<c-x>")
        assert room.place.form.values["note"] == ""
        await room.press("<esc>", "f")
        assert room.place.form.values["note"] == ""
        await room.press("said<enter>", "f")
        assert room.place.form.values["note"] == ""


async def test_a_draft_is_on_the_disk_within_half_a_second(team: Team, clock: Clock, path: Path) -> None:
    make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "f", "half")
        await room.later()
        assert "half" in room.value("SELECT content FROM draft")
    assert DRAFT_AFTER < 0.5


# the history


async def test_the_history_undoes_and_redoes_the_entry_under_the_cursor(team: Team, clock: Clock, path: Path) -> None:
    first, second = make(team.li, "Acme"), make(team.li, "Beta")
    async with entered(path, clock=clock) as room:
        await room.press("gp", "ta", "j", "tb", "gh")
        assert "Acme → 意B" in room.under
        await room.press("<enter>")
        assert "Acme: tier D → B" in room.text()
        await room.press("<esc>", "j", "U")
        assert room.value("SELECT tier FROM customer WHERE id = ?", (second,)) == "D"
        assert "undone" in room.under
        await room.press("R")
        assert room.value("SELECT tier FROM customer WHERE id = ?", (second,)) == "A"
        await room.press("u")
        assert room.value("SELECT tier FROM customer WHERE id = ?", (first,)) in ("B", "D")


# others


async def test_what_another_session_changes_shows_up(team: Team, clock: Clock, path: Path) -> None:
    keys = [make(team.li, name) for name in ("Acme", "Beta")]
    async with entered(path, clock=clock) as room:
        await room.press("gp")
        room.app.lookout.look()
        await room.rest()
        profiles.edit(team.admin, [keys[0]], {"name": "Renamed"})
        room.app.lookout.look()
        await room.rest()
        assert "Renamed" in room.text()


# long readings


async def test_keys_wait_for_a_long_reading_and_esc_stops_it(
    team: Team, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make(team.li, "Acme")
    real, begun = lists.page, 0
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"

    def slow(session: object, query: lists.Query, *args: object, **kwargs: object) -> lists.Page:
        nonlocal begun
        if "slow" in query.filter:
            begun += 1
            session.database.value(endless)  # type: ignore[attr-defined]
        return real(session, query, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(lists, "page", slow)
    async with entered(path, clock=clock) as room:
        await room.press("gp")
        for event in keys_of(":filter slow<enter>ta"):
            room.app.post_message(event)
        await until(lambda: begun == 1 and "reading" in room.text())
        await asyncio.sleep(NOTICEABLE)
        assert not room.app.rested.is_set()
        await room.press("<esc>")
        assert "stopped; 2 keys after it were dropped" in room.said
        assert room.value("SELECT tier FROM customer WHERE id = ?", (key,)) == "D"
        for event in keys_of("/ slow"):
            room.app.post_message(event)
        await until(lambda: begun == 2)
        await room.press("<esc>")  # the line stays responsive, the newer reading overtakes the endless one
        assert len(room.place.table.lines) == 1


async def test_a_fault_of_the_program_is_told_without_customers_data(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with entered(path) as room:
        monkeypatch.setattr(room.app, "_close_messages_no_wait", lambda: None)
        phone = "138" + "00138000"
        try:
            raise ValueError(len(phone))
        except ValueError:
            room.app._fatal_error()
        told = "".join(segment.text for shown in room.app._exit_renderables for segment in shown.segments)  # type: ignore[union-attr]
        room.app._exit_renderables.clear()
        assert "ValueError" in told
        assert phone not in told
