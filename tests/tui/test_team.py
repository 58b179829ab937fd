"""The team: its figures, the way to a rep's customers and week, the hand-over and the sweep before they are done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from crm_tui.commands.keymap import bindings
from crm_tui.services import comments, followups, interactions, rules, sweep, teams
from crm_tui.services.interactions import Note
from crm_tui.store.database import Database
from crm_tui.tui.screens import unhurried
from crm_tui.tui.screens.handover import HandoverScreen
from crm_tui.tui.screens.pool import PoolScreen
from crm_tui.tui.screens.sweep import SweepScreen
from crm_tui.tui.screens.team import TeamScreen
from crm_tui.tui.widgets.menu import Menu
from crm_tui.tui.widgets.record_table import RecordTable
from tests.factories import Clock, Team, in_days, make
from tests.store.present import present
from tests.tui.rooms import Room, entered, until
from tests.tui.test_others import look
from tests.tui.test_places import typed
from tests.tui.test_pools import confirmed, held, painting


@pytest.fixture
def path(team: Team) -> Path:
    return team.database.path


@pytest.fixture
def other(path: Path, clock: Clock) -> Team:
    """The team on a connection of its own, as in another process."""
    return Team(Database(path), clock)


def row_of(room: Room, name: str) -> list[str]:
    """The words of somebody's row."""
    return next(row for row in room.rows() if f" {name} " in f"{row} ")[4:].split()


async def shown(room: Room, text: str) -> None:
    """Look at what others did, and wait for it to be shown, as long as a screen may take for it."""
    await look(room)
    await until(lambda: text in room.text(), f"{text} is not on the screen")


async def test_the_team_shows_what_each_holds_has_to_do_and_neglects(
    team: Team, clock: Clock, path: Path, other: Team
) -> None:
    keys = [make(team.li, f"L{n}") for n in range(4)]
    followups.set_next(team.li, keys[:2], in_days(0))
    followups.set_next(team.li, keys[2:], in_days(30))
    interactions.log(team.li, keys[:1], Note("spoke", next=in_days(0)))
    teams.away(team.lead, "wang", None, None, "li")
    async with entered(path, "zhao", clock=clock) as room:
        await room.press("gt")
        assert "Team: 4 people · 4 customers · 2 promised · 0 missed · steps: 30 days" in room.text()
        assert row_of(room, "zhao")[1] == "lead"
        assert row_of(room, "root")[1] == "admin"
        assert "promised missed untouched warned steps won week" in room.rows()[1]
        assert row_of(room, "li") == ["li", "4/100", "2", "0", "3", "0", "0", "0", "1"]
        assert row_of(room, "wang")[:3] == ["wang", "away", "0/100"]
        await room.press("j")
        with painting(room) as painted:
            for changed in (None, frozenset(keys)):
                await room.place.others_changed(changed)
                await room.rest()
        assert painted == []
        under = room.under
        interactions.log(other.li, keys[1:2], Note("and again", next=in_days(0)))
        await shown(room, " 0     0   0    2")
        assert room.under == under


async def test_a_dear_reading_is_not_begun_anew_at_every_change(
    team: Team, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(team.li, "Acme")
    async with entered(path, "zhao", clock=clock) as room:
        await room.press("gt")
        now, read, waits = 1_000.0, 0, list[float]()

        async def again(self: TeamScreen) -> None:
            nonlocal now, read
            now, read = now + 0.03, read + 1

        def set_timer(self: TeamScreen, delay: float, callback: Callable[[], None]) -> object:
            waits.append(round(delay, 6))
            return later.append(callback)

        later: list[Callable[[], None]] = []
        monkeypatch.setattr(TeamScreen, "again", again)
        monkeypatch.setattr(TeamScreen, "set_timer", set_timer)
        monkeypatch.setattr(unhurried, "time", SimpleNamespace(monotonic=lambda: now))
        for _ in range(5):
            await room.place.others_changed(None)
        assert (read, waits[:1]) == (1, [0.3])
        later[0]()
        await room.rest()
        assert read == 2, "what came meanwhile is shown at last"


async def test_the_team_is_for_leads(team: Team, clock: Clock, path: Path) -> None:
    make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        before = room.place.keys
        await room.press("gt")
        assert "only team leads do that" in room.said
        assert room.place.keys == before
        await room.press(":sweep preview<enter>")
        assert "only team leads do that" in room.text()


async def test_enter_shows_a_reps_customers_and_l_the_week_with_comments(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "宏达科技")
    make(team.wang, "Elsewhere")
    interactions.log(team.li, [key], Note("谈了价格"))
    comments.comment(team.lead, key, "再压一压")
    async with entered(path, "zhao", clock=clock) as room:
        await room.press("gt", "<enter>")
        assert isinstance(room.place, PoolScreen)
        assert "private pool li" in room.text()
        assert "宏达科技" in room.under
        assert "Elsewhere" not in room.text()
        await room.press("q", "L")
        assert "li: 1 interaction this week" in room.text()
        assert [item.label.strip() for item in room.place.query_one(Menu).shown][1] == "> zhao: 再压一压"
        await room.press("<enter>")
        assert room.place.keys == "card"
        assert "宏达科技" in room.rows()[0]
        assert "谈了价格" in room.under
        await room.press("<enter>", "再压五个点<enter>")
        await room.press("q")
        menu = room.place.query_one(Menu)
        assert menu.is_open, "the log is there again"
        assert [item.label.strip() for item in menu.shown][1:] == ["> zhao: 再压一压", "> zhao: 再压五个点"]
        await room.press("<esc>", "jL")
        assert "0 interactions" in room.said


async def test_a_hand_over_is_seen_before_it_is_done_in_one_and_taken_back_with_u(
    team: Team, clock: Clock, path: Path
) -> None:
    for n in range(6):
        make(team.li, f"L{n}", tier="A" if n < 2 else "D")
    teams.add(team.admin, "amy", role="rep")
    teams.edit(team.admin, "amy", teams.Given(capacity="1"))
    before = present(team.database)
    async with entered(path, "zhao", clock=clock) as room:
        await room.press("gt", "j", "H")
        assert isinstance(room.place, HandoverScreen)
        assert "Hand-over of li: 6 customers" in room.text()
        assert "rule: least:amy,wang" in room.text()
        assert "6 customers not yet on WeCom" in room.text()
        assert row_of(room, "wang")[:3] == ["to", "wang", "5"]
        await room.press("e")
        for _ in range(len("least:amy,wang")):
            await room.press("<bs>")
        await room.press("tier:A=amy,")
        await room.later()
        assert "^ there is no name before this comma" in room.text()
        await room.press("rr:wang")
        await room.later()
        assert row_of(room, "amy") == ["to", "amy", "1", "1"]
        await room.press("<enter>")
        assert "rule: tier:A=amy,rr:wang" in room.text()
        await room.press("<enter>")
        assert "hand over 6 customers of li: tier:A=amy,rr:wang?" in room.text()
        await confirmed(room)
        assert (held(room, "amy"), held(room, "wang"), held(room, "li")) == (1, 5, 0)
        assert "li is handed over: amy 1, wang 5" in room.said
        assert "Hand-over of li: 0 customers" in room.text()
        await room.press("u")
        assert held(room, "li") == 6
        assert "Hand-over of li: 6 customers" in room.text()
        assert room.ask(present, room.app.session.database) == before
        await room.press("q")
        assert isinstance(room.place, TeamScreen)


async def test_what_exceeds_the_caps_is_shown_with_where_it_goes(
    team: Team, clock: Clock, path: Path, other: Team
) -> None:
    rules.set_rule(team.admin, "pool.holding_cap", "2")
    ids = [make(team.admin, f"L{n}", tier="A") for n in range(4)]
    with team.admin.changing() as change:
        change.update("customer", ids, owner_id=team.li.person.id)
    async with entered(path, "zhao", clock=clock) as room:
        await room.press("gt", "H")
        assert row_of(room, "wang") == ["to", "wang", "2", "2"]
        assert "over the caps, to zhao" in room.text()
        assert "the holding cap of 2 is reached" in room.text()
        await room.press("e<esc>")
        assert "rule: least:wang" in room.text()
        with painting(room) as painted:
            await room.place.others_changed(None)
            await room.rest()
        assert painted == []
        make(other.wang, "One more")
        await look(room)
        assert row_of(room, "wang") == ["to", "wang", "1", "1"]


async def test_the_log_opens_the_card_at_the_interaction_and_is_there_again_after_it(
    team: Team, clock: Clock, path: Path
) -> None:
    key = make(team.li, "宏达科技", contact={"name": "Ann"})
    for words in ("first words", "second words", "third words"):
        interactions.log(team.li, [key], Note(words))
    async with entered(path, "zhao", clock=clock) as room:
        await room.press("gtL", "<down><enter>")
        assert "second words" in room.under
        await room.press("q")
        menu = room.place.query_one(Menu)
        assert menu.is_open
        assert "second words" in menu.shown[menu.query_one(RecordTable).cursor].label
        await room.press("<esc>", "<enter>", "q")
        assert not room.place.query_one(Menu).is_open, "only a card goes back to it"


async def test_a_question_that_has_gone_stale_is_asked_anew(team: Team, clock: Clock, path: Path, other: Team) -> None:
    for n in range(3):
        make(team.li, f"L{n}")
    async with entered(path, "zhao", clock=clock) as room:
        await room.press("gtH", "<enter>")
        assert "hand over 3 customers of li: least:wang?" in room.text()
        make(other.li, "One more")
        await look(room)
        await confirmed(room)
        assert held(room, "wang") == 0
        assert "it is 4 by now: hand over 4 customers of li: least:wang?" in room.text()
        await confirmed(room)
        assert held(room, "wang") == 4


async def test_the_hints_tell_what_can_be_done_now(team: Team, clock: Clock, path: Path) -> None:
    make(team.li, "L")
    teams.away(team.lead, "wang", None, None, "li")
    async with entered(path, "zhao", clock=clock) as room:
        await room.press("gt", "H", "e", "<bs>" * 20 + "root<enter>")
        assert "Hand-over of li: 1 customer\n" in room.text()
        assert "1 follow-up, 1 stand-in" in room.text()
        assert "1 customer not yet on WeCom" in room.text()
        assert "Enter hands over" in room.rows()[-1]
        await room.press("<enter>")
        assert "hand over 1 customer of li: root?" in room.text()
        await confirmed(room)
        assert "Enter hands over" not in room.rows()[-1]
        assert "q back" in room.rows()[-1]
        await room.press("q", "S")
        assert "S do it" not in room.rows()[-1]
        await room.press("S")
        assert "there is nothing to do" in room.said


async def test_a_sweep_is_seen_before_it_is_done(
    team: Team, clock: Clock, path: Path, other: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "is_overdue", lambda session: False)  # else the program does it when it opens
    warned, other_one = make(team.li, "宏达科技", tier="A"), make(team.li, "Beta", tier="A")
    make(team.li, "Quiet", tier="D")
    rules.set_rule(team.admin, "pool.recycle.contact.A", "7")
    rules.set_rule(team.admin, "cadence.abcd.A", "30")  # the lead need not hear of it yet
    clock.forward(days=6)
    async with entered(path, "zhao", clock=clock) as room:
        await room.press("gt", "S")
        assert isinstance(room.place, SweepScreen)
        assert "The next sweep: warned 2" in room.text()
        assert "2026-11-27" in room.under
        assert "no contact since held" in room.under
        assert "li" in room.under.split()
        with painting(room) as painted:
            await room.place.others_changed(frozenset({warned}))
            await room.rest()
        assert painted == []
        interactions.log(other.li, [other_one], Note("spoke"))
        await shown(room, "The next sweep: warned 1")
        await room.press("<enter>")
        assert room.place.keys == "card"
        await room.press("q", "p", "they wait for the fair<enter>")
        assert "protected until" in room.said
        assert "nothing to do" in room.text()
        await room.press("u", "S")
        assert "The next sweep: warned 1: do it?" in room.text()
        await confirmed(room)
        assert room.value("SELECT customer_id FROM recycle_warning") == warned
        assert "sweep: 1 warned" in room.said
        assert "Nothing: nobody is to be warned of" in room.text()


@pytest.mark.slow
@pytest.mark.parametrize(("place", "way"), [("team", "gt"), ("handover", "gtH"), ("sweep", "gtS")])
async def test_every_key_does_something_sensible(team: Team, clock: Clock, path: Path, place: str, way: str) -> None:
    for n in range(3):
        make(team.li, f"Customer {n}", contact={"name": "Ann"}, tier="A")
    rules.set_rule(team.admin, "pool.recycle.contact.A", "7")
    clock.forward(days=6)
    async with entered(path, "zhao", clock=clock) as room:
        for keys in bindings(place):  # type: ignore[arg-type]
            if keys == "ctrl+q":
                continue
            while type(room.app.focused).__name__ in ("LineInput", "Confirm") or room.place.form.is_open:
                await room.press("<esc>")
            if room.place.keys != place:
                await room.press(way)
            await room.press(typed(keys))
            assert room.app.is_running, keys
            assert room.app._exception is None, keys
            assert not room.app.resolver.pending, keys
