"""Playing a macro: each step sees what the step before did, keys wait, and one undo takes all of it back."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.dispatch import Targets, perform, prepare
from crm_tui.commands.language import read
from crm_tui.domain.errors import CrmError
from crm_tui.services import followups, lists, rules
from crm_tui.services.lists import Query
from crm_tui.services.session import Session
from crm_tui.store.database import Database
from crm_tui.tui import strides
from crm_tui.tui.rows import CustomerLines
from crm_tui.tui.widgets.confirm import Confirm
from crm_tui.tui.widgets.menu import Menu
from tests.factories import Clock, Team, column, in_days, make
from tests.store.present import present
from tests.tui.rooms import LONG, Room, entered, keys_of, until
from tests.tui.test_signed_out import leave
from tests.work import Work, counted

END = "tier A\npage-down\nbottom\ntier B\n"
TIERS = "SELECT tier FROM customer ORDER BY id"


@pytest.fixture
def path(team: Team) -> Path:
    return team.database.path


@asynccontextmanager
async def playing(
    path: Path, clock: Clock, *, size: tuple[int, int] = (80, 24), login: str = "li", **macros: str
) -> AsyncIterator[Room]:
    """The program in the pipeline, with these macros."""
    folder = path.parent / "macros"
    folder.mkdir()
    for name, text in macros.items():
        (folder / f"{name}.macro").write_text(text)
    async with entered(path, login, clock=clock, size=size) as room:
        room.app.session.macros = (folder,)
        await room.press("gp")
        yield room


def several(session: Session, count: int) -> list[int]:
    """So many customers of nobody's concern today, in the order of the list."""
    ids = [make(session, f"Customer {n:04}", stage="intent", tier="D") for n in range(count)]
    followups.set_next(session, ids, in_days(30))
    return ids[::-1]


def tiers(room: Room) -> str:
    """The tiers of all customers in the order of the list."""
    return "".join(row[0] for row in room.values(TIERS))[::-1]


def entries(room: Room) -> int:
    found: int = room.value("SELECT count(*) FROM journal_entry WHERE run_id IS NULL")
    return found


async def confirmed(room: Room, key: str) -> None:
    """Answer the question that is on the screen."""
    await asyncio.sleep(0.35)
    await room.press(key)


async def ended(room: Room) -> None:
    """Wait until nothing is being played."""
    await until(lambda: not room.app.is_playing)
    await room.rest()


def menu(room: Room) -> list[str]:
    return [item.label for item in room.place.query_one(Menu).shown] if room.place.query_one(Menu).is_open else []


# what it does


async def test_a_macro_plays_its_lines_and_one_undo_takes_them_back(team: Team, clock: Clock, path: Path) -> None:
    several(team.li, 4)
    async with playing(path, clock, m="# three A's\ntier A\ndown\ntier B\nmark\nmark\ntier C\n") as room:
        before, count = room.ask(present, room.app.session.database), entries(room)
        await room.press("@m")
        assert tiers(room) == "ACCD"
        assert "m: 6 steps, 3 customers changed" in room.said
        assert "u undoes" in room.text()
        assert entries(room) == count + 1
        await room.press("u")
        assert room.ask(present, room.app.session.database) == before
        await room.press("<c-r>")
        assert tiers(room) == "ACCD"


async def test_at_at_plays_the_last_one_again_also_with_what_was_asked_for(
    team: Team, clock: Clock, path: Path
) -> None:
    several(team.li, 4)
    async with playing(path, clock, m="tier {tier=A}\ndown\n") as room:
        await room.press(":play m --set tier=B --times 2<enter>", "@@")
        assert tiers(room) == "BBBB"


async def test_nothing_was_played_yet_is_said(team: Team, clock: Clock, path: Path) -> None:
    async with playing(path, clock) as room:
        await room.press("@@")
        assert "nothing was played yet" in room.said


async def test_each_step_sees_cursor_marks_filter_and_places_as_the_one_before_left_them(
    team: Team, clock: Clock, path: Path
) -> None:
    ids = several(team.li, 6)
    text = "\n".join([
        "tier A", "filter tier:A", "tier B", "filter owner:me", "bottom", "tier C", "top", "open", "log seen", "back",
        "down", "mark", "mark", "next fri", "mark none", "view history", "view pipeline", "tab intent", "bottom", "up",
        "stage lost --reason price",
    ])  # fmt: skip
    async with playing(path, clock, m=text) as room:
        await room.press("@m")
        assert tiers(room) == "BDDDDC"
        assert room.value("SELECT customer_id FROM interaction WHERE note = 'seen'") == ids[0]
        assert [row[0] for row in room.values("SELECT id FROM customer WHERE stage = 'lost'")] == [ids[4]]
        due = room.values("SELECT customer_id FROM follow_up WHERE due_on = '2026-11-20' ORDER BY 1 DESC")
        assert [row[0] for row in due] == ids[1:3]


async def test_the_due_queue_goes_on_to_the_next_at_any_speed(team: Team, clock: Clock, path: Path) -> None:
    ids = [make(team.li, f"Customer {n}") for n in range(5)]
    for n, key in enumerate(ids):
        followups.set_next(team.li, [key], in_days(-n))
    async with playing(path, clock, m="view due\ndone one\ndone two\nno-answer\ndone four\n") as room:
        await room.press("@m")
        found = room.values("SELECT customer_id, note FROM interaction ORDER BY id")
        assert len({key for key, __ in found}) == 4
        assert [note for __, note in found if note] == ["one", "two", "four"]
        assert room.place.keys == "due"


async def test_rows_that_are_not_read_yet_are_there_for_a_macro(team: Team, clock: Clock, path: Path) -> None:
    rules.set_rule(team.admin, "pool.holding_cap", "1000")
    ids = several(team.li, 320)
    async with playing(path, clock, m="filter owner:me\n" + "down\n" * 150 + END) as room:
        await room.press("@m")
        assert column(room_database(room), "tier", ids[150]) == "A"
        assert column(room_database(room), "tier", ids[-1]) == "B"


def room_database(room: Room) -> Any:
    """The database, asked on the desk."""

    class Asked:
        def value(self, sql: str, parameters: Any = ()) -> Any:
            return room.value(sql, parameters)

    return Asked()


# each


async def test_on_each_plays_once_for_every_marked_row_in_order_on_that_row_alone(
    team: Team, clock: Clock, path: Path
) -> None:
    ids = several(team.li, 6)
    async with playing(path, clock, m="on each\ntier A\nlog seen\n") as room:
        await room.press("j", " ", "j", " ", "gg", "@m")
        assert tiers(room) == "DADADD"
        assert [row[0] for row in room.values("SELECT customer_id FROM interaction ORDER BY id")] == [ids[1], ids[3]]
        assert room.place.table.marked == {ids[1], ids[3]}
        await room.press("u", "\\", "G", "@m")
        assert tiers(room) == "DDDDDA"


@pytest.mark.parametrize(("on_error", "after"), [("stop", "A·DD"), ("next", "A·AA")])
async def test_a_row_that_fails_is_told_and_the_others_done_or_not_as_the_macro_says(
    team: Team, clock: Clock, path: Path, on_error: str, after: str
) -> None:
    for name in ("Fourth", "Third", "pool", "First"):
        make(team.lead, name, tier="D", owner="pool" if name == "pool" else "li")
    async with playing(path, clock, m=f"on each\non error {on_error}\ntier A\nlog seen\n") as room:
        await room.press(":filter<enter>", "*", "@m")
        assert "m.macro:3 [" in room.said, room.said
        found = tiers(room)
        assert found[0] + "·" + found[2:] == after
        assert room.value("SELECT count(*) FROM interaction") == after.count("A")


async def test_a_failing_step_says_where_and_what_is_done_stays_in_one_undo(
    team: Team, clock: Clock, path: Path
) -> None:
    several(team.li, 3)
    async with playing(path, clock, m="tier A\ndown\nadvance 99\ntier B\n") as room:
        await room.press("@m")
        assert room.said.startswith("m.macro:3: there is no customer 99"), room.said
        assert tiers(room) == "ADD"
        await room.press("u")
        assert tiers(room) == "DDD"


async def test_several_failures_are_listed(team: Team, clock: Clock, path: Path) -> None:
    several(team.li, 3)
    async with playing(path, clock, m="on error next\ntier A\nadvance 98\nadvance 99\ntier B\n") as room:
        await room.press("@m")
        assert "2 failed: m.macro:3" in room.said
        assert [line.partition(":")[2][:1] for line in menu(room)] == ["3", "4"]
        assert tiers(room) == "BDD"


# nothing is asked


@pytest.mark.parametrize("line", ["log --on", "stage nowhere", "frobnicate", "record x", "play m", "import x; find"])
async def test_a_fault_is_told_with_line_and_column_and_nothing_is_done(
    team: Team, clock: Clock, path: Path, line: str
) -> None:
    several(team.li, 2)
    async with playing(path, clock, m=f"tier A\n{line}\n") as room:
        await room.press("@m")
        assert "m.macro:2:" in room.said, room.said
        assert tiers(room) == "DD"


@pytest.mark.parametrize("line", ["stage lost", "release", "next", "handover now", "help tier"])
async def test_what_would_be_asked_for_is_missing_and_no_overlay_opens(
    team: Team, clock: Clock, path: Path, line: str
) -> None:
    several(team.li, 2)
    async with playing(path, clock, m=f"{line}\ntier A\n") as room:
        await room.press("@m")
        assert "m.macro:1" in room.said, room.said
        assert room.app.focused is room.place.table
        assert tiers(room) == "DD"


async def test_a_change_of_many_rows_is_asked_about_once_in_a_run(team: Team, clock: Clock, path: Path) -> None:
    several(team.li, 25)
    async with playing(path, clock, m="mark all\ntier A\nnext fri\ntier B\n") as room:
        await room.press("@m" + "yyy")
        assert "tier A: 25 customers" in room.text()
        await asyncio.sleep(0.35)
        await room.rest()
        assert "3 keys typed ahead were dropped" in room.text()
        assert tiers(room) == "D" * 25
        await room.press("y")
        assert tiers(room) == "B" * 25
        assert not room.place.query_one(Confirm).is_open


async def test_a_no_ends_the_run(team: Team, clock: Clock, path: Path) -> None:
    several(team.li, 25)
    async with playing(path, clock, m="tier C\nmark all\ntier A\ntier B\n", e="on each\ntier A\n") as room:
        await room.press("@m")
        await confirmed(room, "n")
        assert tiers(room) == "C" + "D" * 24
        assert "nothing more was changed" in room.said
        await room.press("@e")
        assert "play e on 25 customers" in room.text()
        await room.press("<esc>")
        assert tiers(room) == "C" + "D" * 24
        await room.press("@e")
        await confirmed(room, "y")
        assert tiers(room) == "A" * 25


async def test_parameters_are_one_form_with_their_defaults_and_esc_does_nothing(
    team: Team, clock: Clock, path: Path
) -> None:
    several(team.li, 2)
    async with playing(path, clock, m="# {tier=A}\ntier {tier}\nlog {what=seen}\nstage {to=intent}\n") as room:
        await room.press("@m")
        assert room.place.form.values == {"set.tier": "A", "set.what": "seen", "set.to": "intent"}
        await room.press("<esc>")
        assert tiers(room) == "DD"
        await room.press("@m", "<bs>B<tab> it; twice<enter>")
        assert tiers(room) == "BD"
        assert room.value("SELECT note FROM interaction") == "seen it; twice"
        await room.press("@m", "<s-tab>ion<enter>")
        assert room.place.form.is_open
        assert "m.macro:4:" in room.text()


@pytest.mark.parametrize("line", ["choose", "dry-run here"])
async def test_a_step_that_leads_to_another_macro_fails_and_nothing_crashes(
    team: Team, clock: Clock, path: Path, line: str
) -> None:
    several(team.li, 2)
    async with playing(path, clock, a="tier B\n", m=f"tier A\nview macros\n{line}\n") as room:
        await room.press("@m")
        assert room.said.startswith("m.macro:3: a macro is playing"), room.said
        await room.press("gp", f":view macros; {line}<enter>")
        assert "a macro is playing" in room.said
        assert tiers(room) == "AD"


async def test_a_question_that_goes_with_its_card_is_declined_and_the_run_ends(
    team: Team, clock: Clock, path: Path
) -> None:
    ids = several(team.li, 25)
    line = f"tier A {' '.join(map(str, ids))}\n"
    async with playing(path, clock, m=line) as room:
        await room.press("<enter>", "@m")
        assert room.place.keys == "card"
        assert room.place.query_one(Confirm).is_open
        other = Team(Database(path), clock)
        with other.lead.changing() as change:
            change.update("customer", ids[:1], owner_id=other.wang.person.id)
        room.app.lookout.look()
        await ended(room)
        assert room.place.keys == "pipeline"
        assert not room.app.is_playing
        assert tiers(room) == "D" * 25
        await room.press("<esc>", "j", "ta")
        assert tiers(room).count("A") == 1


async def test_a_question_that_is_taken_away_is_declined(team: Team, clock: Clock, path: Path) -> None:
    several(team.li, 25)
    async with playing(path, clock, m="mark all\ntier A\n") as room:
        await room.press("@m")
        room.place.query_one(Confirm).close()
        await ended(room)
        assert not room.app.is_playing
        assert "nothing was changed" in room.said
        assert tiers(room) == "D" * 25


async def test_rows_that_cannot_be_read_are_not_waited_for(
    team: Team, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: Any) -> Any:
        raise CrmError("no such list")

    async with playing(path, clock) as room:
        monkeypatch.setattr(lists, "page", fails)
        found = CustomerLines(room.desk, room.app.session, Query(), Mock(), Mock())
        with pytest.raises(CrmError, match="no such list"):
            await asyncio.wait_for(found.reach(5), LONG)


# keys


def at_step(monkeypatch: pytest.MonkeyPatch, at: int, then: Callable[[], object]) -> None:
    """Do something when so many commands of a run have been carried out on the desk."""
    carried_out, count = strides.carried_out, 0

    def counted(*given: Any) -> Any:
        nonlocal count
        count += 1
        done = carried_out(*given)
        if count == at:
            then()
        return done

    monkeypatch.setattr(strides, "carried_out", counted)


def typing(room: Room, keys: str) -> Callable[[], None]:
    """Types while the run goes on."""

    def post() -> None:
        for key in keys_of(keys):
            room.app.post_message(key)

    return post


async def test_keys_wait_for_the_end_and_are_obeyed_in_order(
    team: Team, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(team.li, 8)
    async with playing(path, clock, m="tier A\ndown\n" * 4) as room:
        at_step(monkeypatch, 2, typing(room, "tbjtcjtbj:tier C<enter>"))
        await room.press("@m")
        assert tiers(room) == "AAAABCBC"


async def test_esc_ends_the_run_after_the_step_and_what_was_typed_before_and_after_it_counts(
    team: Team, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(team.li, 60)
    async with playing(path, clock, m="tier A\ndown\n" * 40) as room:
        at_step(monkeypatch, 3, typing(room, "tb<esc>j<esc>tc"))
        await room.press("@m")
        done = room.value("SELECT count(*) FROM journal_entry WHERE run_id IS NOT NULL")
        assert 3 <= done < 40
        found = tiers(room)
        # The run may end before its `down`: then the first key changes the row of the last step once more.
        assert found.rstrip("D") in ("A" * done + "BC", "A" * (done - 1) + "BC"), found
        assert room.app.resolver.pending == ()


async def test_how_far_it_came_is_said_and_undone_as_one(
    team: Team, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(team.li, 60)
    async with playing(path, clock, m="tier A\ndown\n" * 40) as room:
        at_step(monkeypatch, 3, typing(room, "<esc>"))
        await room.press("@m")
        assert "stopped after step" in room.said
        assert "of 80" in room.said
        await room.press("u")
        assert tiers(room) == "D" * 60


async def test_progress_is_told_while_it_takes_its_time_and_esc_ends_it_with_the_stride(
    team: Team, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(team.li, 3)
    take, strode = strides.Stride.take, 0

    def counted(self: strides.Stride, session: Session) -> None:
        nonlocal strode
        strode += 1
        take(self, session)

    monkeypatch.setattr(strides.Stride, "take", counted)
    async with playing(path, clock, m="tier A\ntier B\n") as room:
        for key in keys_of(":play m --times 1000<enter>"):
            room.app.post_message(key)
        await until(lambda: "/2,000  Esc stops" in room.text())
        before = strode
        room.app.post_message(next(keys_of("<esc>")))
        await asyncio.wait_for(room.app.rested.wait(), LONG)
        assert strode - before <= 2  # each takes a few hundredths of a second
        assert "stopped after step" in room.said
        assert "Esc stops" not in room.text()


async def test_a_long_run_paints_a_few_frames_only(
    team: Team, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(team.li, 60)
    async with playing(path, clock, m="down\n" * 1_000 + "top\n" + "tier A\ndown\n" * 20) as room:
        painted = 0
        display = room.app._display

        def counting(screen: Any, renderable: Any) -> None:
            nonlocal painted
            painted += not room.app._batch_count
            display(screen, renderable)

        monkeypatch.setattr(room.app, "_display", counting)
        unhurried(monkeypatch)
        await room.press("@m")
        assert painted <= 12
        assert tiers(room)[:21] == "A" * 20 + "D"


def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs take no time that is worth telling of, and so none is painted while it goes on: a machine may be busy."""
    monkeypatch.setattr("crm_tui.tui.playing.PAUSE", 3_600.0)
    monkeypatch.setattr("crm_tui.tui.pictures.PAUSE", 3_600.0)


# lines


async def test_a_line_of_several_commands_is_one_run_and_one_undo(team: Team, clock: Clock, path: Path) -> None:
    several(team.li, 3)
    async with playing(path, clock) as room:
        count = entries(room)
        await room.press(":tier A; next fri; down; tier B<enter>")
        assert tiers(room) == "ABD"
        assert entries(room) == count + 1
        await room.press("u")
        assert tiers(room) == "DDD"
        await room.press(":tier A; next nonsense<enter>")
        assert tiers(room) == "DDD"
        assert room.place.prompt.is_open
        await room.press("<esc>", ":tier A; retreat; tier B<enter>")
        assert tiers(room) == "DAD"
        assert room.said.startswith("retreat: "), room.said


async def test_macros_are_in_the_palette_and_a_faulty_one_says_why(team: Team, clock: Clock, path: Path) -> None:
    several(team.li, 2)
    async with playing(path, clock, monday="# the A's of Monday\ntier A\n", bad="frob\n") as room:
        await room.press("<c-p>", "play bad")
        assert "bad.macro:1:1" in room.text()
        await room.press("<esc>", "<c-p>", "Monday")
        assert "the A's of Monday" in room.text()
        await room.press("<enter>")
        assert tiers(room) == "AD"


# how it ends


async def test_who_has_left_the_team_is_out_in_the_middle_of_a_run(
    team: Team, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(team.li, 3)
    async with playing(path, clock, m="tier A\ntier B\n" * 50) as room:
        at_step(monkeypatch, 3, lambda: leave(path, "li"))
        await room.press("@m")
        await until(lambda: not room.app.is_running or room.app.return_code == 3)
    assert team.database.value("SELECT count(*) FROM journal_entry WHERE run_id IS NOT NULL") == 3


async def test_a_macro_that_leaves_the_program_ends_there(team: Team, clock: Clock, path: Path) -> None:
    several(team.li, 3)
    async with playing(path, clock, m="tier A\nquit\ntier B\n") as room:
        await room.press("@m")
    assert team.database.value("SELECT count(*) FROM customer WHERE tier = 'A'") == 1


@pytest.mark.slow
async def test_hundreds_of_marked_rows_each_once_with_not_much_more_work_than_their_commands_and_one_undo(
    team: Team, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules.set_rule(team.admin, "pool.holding_cap", "5000")
    ids = several(team.li, 300)
    async with playing(path, clock, m="on each\ntier A\nnext fri\n") as room:
        before = room.ask(present, room.app.session.database)
        await room.press("*")
        painted, display = 0, room.app._display

        def counting(screen: Any, renderable: Any) -> None:
            nonlocal painted
            painted += not room.app._batch_count
            display(screen, renderable)

        unhurried(monkeypatch)
        monkeypatch.setattr(room.app, "_display", counting)
        with on_the_desk(room) as work:
            await room.press("@m")
            await asyncio.sleep(0.35)
            room.app.post_message(next(keys_of("y")))
            await until(lambda: "600 steps" in room.said)
            await room.rest()
        assert "600 steps, 300 customers changed" in room.said
        assert room.values("SELECT DISTINCT tier FROM customer") == [("A",)]
        once = "SELECT count(*), count(DISTINCT customer_id) FROM follow_up WHERE due_on = '2026-11-20'"
        assert room.values(once) == [(300, 300)]
        await room.press("u")
        await confirmed(room, "y") if room.place.query_one(Confirm).is_open else None
        assert room.ask(present, room.app.session.database) == before
        # The benchmark measures the time; this finds a screen that is painted, or a list that is read, for each step.
        with on_the_desk(room) as singly:
            room.ask(one_by_one, room.app.session, ids)
        assert work.grew(singly) < 1.5
        assert painted < 50


@contextmanager
def on_the_desk(room: Room) -> Iterator[Work]:
    """What is done there."""
    with ExitStack() as stack:
        yield room.ask(stack.enter_context, counted(room.app.session.database))
        room.ask(stack.close)


def one_by_one(session: Session, ids: list[int]) -> None:
    """The same commands, dispatched one by one."""
    for key in ids:
        for line in ("tier A", "next fri"):
            perform(session, prepare(session, read(line, CATALOG), Targets((key,))))


async def test_work_goes_on_while_a_dry_run_plays_and_esc_stops_that(path: Path, clock: Clock, team: Team) -> None:
    several(team.li, 3)
    async with playing(path, clock, slow="tag a\nuntag a\n" * 2_000) as room:
        before = room.value("SELECT count(*) FROM journal_entry")
        for key in keys_of(":play slow --dry-run<enter>"):
            room.app.post_message(key)
        await until(lambda: room.app.rehearsal.parts)
        await room.app.obey("tier A")
        assert room.app.rehearsal.parts
        assert room.value("SELECT count(*) FROM journal_entry") == before + 1
        await room.press("<esc>")
        assert "stopped after" in room.text()
        assert room.app.rehearsal.parts == []
        assert room.value("SELECT count(*) FROM journal_entry") == before + 1


async def test_going_to_the_place_where_one_is_keeps_the_marks(path: Path, clock: Clock, team: Team) -> None:
    several(team.li, 3)
    async with playing(path, clock) as room:
        await room.press(":mark all<enter>")
        marked = room.place.table.marked
        await room.press(":view pipeline<enter>")
        assert room.place.table.marked == marked != frozenset()
        await room.press("gd", "gp")
        assert room.place.table.marked == frozenset()


async def test_a_dry_run_that_finds_no_room_says_so(
    path: Path, clock: Clock, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(team.li, 1)
    async with playing(path, clock, m="tag a\n") as room:
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: Mock(free=1_000))
        await room.press(":play m --dry-run<enter>")
        assert "1,000 are free" in room.said or "a dry run plays on a copy" in room.said
        assert room.app.rehearsal.parts == []
