"""What one may not do, or not any more: it is said where one can read it, before anything is typed for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.commands.dispatch import BULK
from crm_tui.services import collaborations, followups, interactions
from crm_tui.services.interactions import Note
from crm_tui.services.session import Outcome, Refusal
from crm_tui.store.database import Database
from crm_tui.tui import views
from crm_tui.tui.screens.telling import told
from crm_tui.tui.widgets.confirm import Confirm
from crm_tui.tui.widgets.menu import Menu
from tests.factories import Clock, Team, in_days, make
from tests.tui.rooms import Room, entered
from tests.tui.test_others import look
from tests.tui.test_pools import confirmed, held

ALL = "gp:filter<enter>"
"""To the list of all that one sees, those of others too."""


@pytest.fixture
def path(team: Team) -> Path:
    return team.database.path


@pytest.fixture
def other(path: Path, clock: Clock) -> Team:
    """The team on a connection of its own, as in another process."""
    return Team(Database(path), clock)


def take_away(other: Team, *keys: int) -> None:
    """Give the customers to wang, whose they become without a trace on the screen."""
    with other.lead.changing() as change:
        change.update("customer", list(keys), owner_id=other.wang.person.id, pool_id=None)


def menu(room: Room) -> Menu:
    return room.place.query_one(Menu)


def lines(room: Room) -> list[str]:
    return [item.label for item in menu(room).shown]


@pytest.mark.parametrize(("place", "keys"), [("pipeline", "gp"), ("due", "gd"), ("pool", "go<enter>")])
async def test_enter_on_a_row_that_has_gone_leaves_the_screen_as_it_is(
    team: Team, clock: Clock, path: Path, other: Team, place: str, keys: str
) -> None:
    key = make(team.lead, owner="pool") if place == "pool" else make(team.li)
    if place == "due":
        followups.set_next(team.li, [key], in_days(0))
    async with entered(path, clock=clock) as room:
        await room.press(keys)
        take_away(other, key)
        await room.press("<enter>")
        assert room.app.is_running
        assert room.place.keys == place
        assert room.said == f"there is no customer {key}"
        await room.press("<enter>", ":open<enter>")
        assert room.place.keys == place


@pytest.mark.parametrize("keys", ["gp", "gd", "gp<enter>"])
async def test_the_phone_of_a_row_that_has_gone_is_not_copied(
    team: Team, clock: Clock, path: Path, other: Team, keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make(team.li, phone="13800138000")
    followups.set_next(team.li, [key], in_days(0))
    async with entered(path, clock=clock) as room:
        await room.press(keys)
        written: list[str] = []
        assert room.app._driver is not None
        monkeypatch.setattr(room.app._driver, "write", written.append)
        await room.press("yp")
        assert "sent to the terminal's clipboard: " in room.said
        assert [text for text in written if "]52;" in text]
        del written[:]
        take_away(other, key)
        await room.press("yp")
        assert room.said == f"there is no customer {key}"
        assert not [text for text in written if "]52;" in text]


async def test_a_hand_over_of_many_typed_as_a_line_asks_first(team: Team, clock: Clock, path: Path) -> None:
    for n in range(BULK + 1):
        make(team.li, f"L{n}")
    async with entered(path, "zhao", clock=clock) as room:
        await room.press(":handover li --by wnag<enter>")
        assert 'there is no user "wnag"' in room.text()
        await room.press("<esc>", ":handover li --by wang<enter>")
        assert "handover li --by wang: 21 customers" in room.text()
        await confirmed(room, "n")
        assert (held(room, "li"), room.said) == (21, "nothing was changed")
        await room.press("gt", "H", "<enter>")
        assert "hand over 21 customers of li" in room.text()
        await confirmed(room)
        assert held(room, "wang") == 21, "what was asked on its screen is not asked again"


async def test_a_sweep_typed_as_a_line_asks_and_says_that_u_does_not_take_it_back(
    team: Team, clock: Clock, path: Path
) -> None:
    async with entered(path, "zhao", clock=clock) as room:
        await room.press(":sweep<enter>")
        assert room.place.query_one(Confirm).is_open
        assert "u does not take it back (undo N by a lead does)" in room.rows()[-1]
        await confirmed(room)
        assert "sweep:" in room.said
        await room.press(":sweep --dry-run<enter>")
        assert not room.place.query_one(Confirm).is_open


async def test_of_a_batch_all_that_was_left_out_is_listed(team: Team, clock: Clock, path: Path) -> None:
    keys = [make(team.wang, f"W{n}") for n in range(3)]
    collaborations.share(team.wang, keys, "li")
    make(team.li, "Mine")
    async with entered(path, clock=clock) as room:
        await room.press(ALL, "*+vip<enter>")
        assert "3 left out" in room.said
        assert lines(room) == [f"W{n}: it is somebody else's, and yours to read only" for n in (2, 1, 0)]


@pytest.mark.parametrize(
    ("refused", "changed", "expected"),
    [
        ([(1, "A", "x")], [], ("A: x", ())),
        ([(1, "", "x")], [], ("x", ())),
        ([(1, "A" * 30, "x" * 30)], [], ("x" * 30, ())),
        ([(1, "A", "x")], [7], ("done · left out: A: x", ())),
        ([(1, "A", "x" * 30)], [7], ("done · 1 left out", ("A: " + "x" * 30,))),
        ([(1, "A", "x"), (2, "B", "y"), (3, "", "x")], [7], ("done · 3 left out", ("A: x", "#3: x", "B: y"))),
    ],
)
def test_what_was_left_out_is_said_within_the_line_or_listed(
    refused: list[tuple[int, str, str]], changed: list[int], expected: tuple[str, tuple[str, ...]]
) -> None:
    found = told(Outcome("done", tuple(changed), tuple(Refusal(*row) for row in refused)), 40, 10)
    assert (found.text, found.left_out) == expected


def test_of_many_left_out_the_reasons_are_counted_first() -> None:
    refused = tuple(Refusal(n, f"N{n}", "late" if n % 3 else "full") for n in range(1, 10))
    found = told(Outcome("done", (99,), refused), 80)
    assert found.left_out[:3] == ("6  late", "3  full", "N1: late")
    assert len(found.left_out) == 2 + 9


async def test_the_reason_of_one_row_can_be_read_at_80_columns(team: Team, clock: Clock, path: Path) -> None:
    collaborations.share(team.wang, [make(team.wang, "Weihai Trading and Shipping")], "li")
    async with entered(path, clock=clock) as room:
        await room.press(ALL, "ta")
        told = "! Weihai Trading and Shipping: it is somebody else's, and yours to read only"
        assert room.rows()[-1] == told


async def test_what_only_shows_takes_the_row_under_the_cursor_whatever_is_marked(
    team: Team, clock: Clock, path: Path
) -> None:
    for name in ("Acme", "Beta", "Cora"):
        make(team.li, name)
    async with entered(path, clock=clock) as room:
        await room.press("gp<space><space>")
        assert "Acme" in room.under
        for keys in ("w", ":holders<enter>", ":credit<enter>"):
            await room.press(keys)
            assert menu(room).is_open, (keys, room.said)
            assert "Acme" in room.text()
            await room.press("<esc>")
        await room.press("a")
        assert "takes one customer, not 2" in room.said
        await room.press("<enter>")
        assert room.place.keys == "card"
        assert "Acme" in room.rows()[0]


async def test_the_card_of_a_customer_that_was_taken_away_closes(
    team: Team, clock: Clock, path: Path, other: Team
) -> None:
    key = make(team.li)
    make(team.li, "Beta")
    async with entered(path, clock=clock) as room:
        await room.press("gpj<enter>")
        take_away(other, key)
        await look(room)
        assert (room.place.keys, room.said) == ("pipeline", "Acme: it is not yours any more")
        assert not menu(room).is_open


@pytest.mark.parametrize(("keys", "typed"), [("+", "vip"), (":", "tag vip"), ("f", "they want an offer")])
async def test_what_was_being_typed_on_a_card_that_closes_is_shown_and_no_command(
    team: Team, clock: Clock, path: Path, other: Team, keys: str, typed: str
) -> None:
    key = make(team.li)
    make(team.li, "Beta")
    async with entered(path, clock=clock) as room:
        await room.press("gpj<enter>", keys, typed)
        take_away(other, key)
        await look(room)
        assert room.place.keys == "pipeline"
        assert "Acme: it is not yours any more" in room.said
        assert lines(room) == [typed]
        await room.press("x>dz", "<esc>")
        assert room.value("SELECT count(*) FROM interaction") == 0
        assert room.place.keys == "pipeline"
        if keys == ":":
            await room.press(":<up>")
            assert typed in room.text()


async def test_a_misspelt_name_is_found_before_the_bulk_question(team: Team, clock: Clock, path: Path) -> None:
    with team.lead.changing():
        for n in range(BULK + 1):
            make(team.lead, f"P{n}", owner="pool")
    async with entered(path, "zhao", clock=clock) as room:
        await room.press("go<enter>", "*A", "rr:li,wagn<enter>")
        assert not room.place.query_one(Confirm).is_open
        assert room.place.prompt.is_open
        assert 'there is no user "wagn"' in room.text()


@pytest.mark.parametrize("keys", ["p", "r", "a", "n", "f", "e", "+", "=o", "sl", ":share<enter>"])
async def test_nothing_is_asked_for_a_row_that_one_may_not_change(
    team: Team, clock: Clock, path: Path, keys: str
) -> None:
    collaborations.share(team.wang, [make(team.wang)], "li")
    async with entered(path, clock=clock) as room:
        await room.press(ALL, keys)
        assert "it is somebody else's" in room.text()
        if keys[0] != ":":
            assert room.said.startswith("Acme: it is somebody else's")
            assert not room.place.prompt.is_open
        assert not room.place.form.is_open


async def test_who_may_edit_but_not_give_away_is_asked_for_what_they_may(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.wang)
    collaborations.share(team.wang, [key], "li", access="edit")
    interactions.log(team.wang, [key], Note("spoke"))
    async with entered(path, clock=clock) as room:
        await room.press(ALL, "r")
        assert "only who holds it, or a lead, gives it away" in room.said
        await room.press("n")
        assert room.place.prompt.is_open


async def test_a_line_offers_what_can_be_run_here(team: Team, clock: Clock, path: Path) -> None:
    async with entered(path, clock=clock) as room:
        for typed, there in (("assi", ""), ("chec", ""), ("claim", "claim"), ("expor", "export"), ("boar", "board")):
            await room.press(":" + typed)
            assert " ".join(room.place.prompt._candidates) == there, typed
            await room.press("<esc>")
    async with entered(path, "zhao", clock=clock) as room:
        await room.press(":assi")
        assert "assign" in room.place.prompt._candidates


def test_what_the_screens_offer_leaves_out_what_only_a_shell_has() -> None:
    found = views.on_screens()
    assert {"check", "demo", "list"}.isdisjoint(found)
    assert {"open", "board", "sweep now", "tier", "handover"} <= set(found)
