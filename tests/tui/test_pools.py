"""The pools and what lies in them: claimed, released, assigned by a lead in ten keys; what others take meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from crm_tui.commands.keymap import bindings
from crm_tui.services import offers, pool_lists, pools, rules
from crm_tui.store.database import Database
from crm_tui.tui.screens.pool import PoolScreen
from crm_tui.tui.screens.pools import PoolsScreen
from crm_tui.tui.widgets.menu import Menu
from crm_tui.tui.widgets.overlay import holder
from tests.factories import Clock, Team, make
from tests.tui.rooms import Room, entered
from tests.tui.test_others import look
from tests.tui.test_places import typed


@pytest.fixture
def path(team: Team) -> Path:
    return team.database.path


@pytest.fixture
def other(path: Path, clock: Clock) -> Team:
    """The team on a connection of its own, as in another process."""
    return Team(Database(path), clock)


def held(room: Room, login: str) -> int:
    sql = "SELECT count(*) FROM customer JOIN user u ON u.id = owner_id WHERE u.login = ?"
    return int(room.value(sql, (login,)))


@contextmanager
def painting(room: Room) -> Iterator[list[str]]:
    """What is painted meanwhile."""
    painted: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        for widget in room.place.query("*"):
            refresh = widget.refresh
            patched.setattr(
                widget, "refresh",
                lambda *args, w=widget, r=refresh, **more: (painted.append(str(w)), r(*args, **more)),
            )  # fmt: skip
        yield painted


async def confirmed(room: Room, key: str = "y") -> None:
    """Answer the question, once one can have read it."""
    await asyncio.sleep(0.35)
    await room.press(key)


async def test_the_pools_show_their_sizes_and_what_is_held_of_how_much(team: Team, clock: Clock, path: Path) -> None:
    pool_lists.add(team.admin, "华东", "li", "region:上海")
    rules.set_rule(team.admin, "pool.freeze_days", "3", "华东")
    for n in range(4):
        make(team.lead, f"P{n}", owner="pool")
    make(team.lead, "上海一", owner="pool", region="上海")
    make(team.li, "Mine")
    async with entered(path, clock=clock) as room:
        await room.press("go")
        assert "Pools: 2 public, 5 customers" in room.text()
        assert "› " in room.under
        assert room.under.split()[1:4] == ["default", "4", "0/10"]
        assert "cooldown 7 days" in room.text()
        await room.press("j")
        await room.later()
        assert "华东" in room.under
        assert "freeze 3 days" in room.text()
        assert "region:上海" in room.text()
        assert "1/100" in room.text()
        assert room.rows()[-1].endswith("holding 1/100")
        await room.press("j<enter>")
        assert "there is no pool under the cursor" in room.said
        await room.press("j<enter>")
        assert "private pool li" in room.text()
        assert "Mine" in room.under
        await room.press("q")
        assert isinstance(room.place, PoolsScreen)
    async with entered(path, "zhao", clock=clock) as room:
        await room.press("go")
        for told in ("华东", "wang", "li"):
            assert told in room.text()


async def test_a_pool_says_what_one_wants_to_know_before_one_claims(team: Team, clock: Clock, path: Path) -> None:
    back = make(team.wang, "Back", phone="13800138000", region="north", source="fair")
    make(team.lead, "Fresh", owner="pool")
    pools.release(team.wang, [back], "wrong-fit")
    mine = make(team.li, "Mine before")
    pools.release(team.li, [mine], "unreachable")
    clock.forward(days=3)
    async with entered(path, clock=clock) as room:
        await room.press("go<enter>")
        rows = {row[4:17].strip(): row for row in room.rows() if "意D" in row}
        assert list(rows) == ["Mine before", "Fresh", "Back"]
        assert all(word in rows["Back"] for word in ("north", "fair", "•••", "3d", "wang: wr", "yes"))
        assert "13800138000" not in room.text()
        assert rows["Mine before"].endswith("until 11-25")
        await room.press("G<home>")
        await room.later()
        assert room.said.startswith("not to be claimed: you held it until 2026-11-18: claimable from 2026-11-25")
        assert "c claim" not in room.rows()[-1]
        await room.press("jj")
        await room.later()
        assert "c claim" in room.rows()[-1]
        assert "r release" not in room.rows()[-1]
        await room.press("yp")
        assert "there is no phone" in room.said
        await room.press("w")
        lines = [item.label for item in room.place.query_one(Menu).shown]
        assert lines[:3] == [
            "it may be claimed", "in the pool default since 2026-11-18", "held before by wang: wrong fit",
        ]  # fmt: skip
    async with entered(path, "zhao", clock=clock, size=(140, 30)) as room:
        await room.press("go<enter>", "jj")
        await room.later()
        assert "•••" not in room.text()
        assert "held before by wang: wrong fit" in room.text()


async def test_claiming_takes_it_and_says_what_that_leaves(team: Team, clock: Clock, path: Path) -> None:
    rules.set_rule(team.admin, "pool.daily_quota", "2")
    for n in range(4):
        make(team.lead, f"P{n}", owner="pool")
    async with entered(path, clock=clock) as room:
        await room.press("go<enter>", "c")
        assert "P3 claimed, holding 1/100" in room.said
        assert room.rows()[-1].endswith("holding 1/100")
        assert room.under.startswith("› -")
        assert "1/2 today" in room.text()
        await room.press("jc")
        assert not [row for row in room.rows() if "意D" in row and row.endswith("yes")], "the quota is used up"
        await room.press("jc")
        assert "P1: 2 customers claimed from this pool today: that is the quota" in room.said
        await room.press("uu")
        assert held(room, "li") == 0
        await room.press("/P1<enter>")
        assert room.place.query_now.filter == "P1"  # type: ignore[attr-defined]
        assert [row for row in room.rows() if "意D" in row and "P1" not in row] == []


async def test_a_release_asks_for_a_reason_of_the_list(team: Team, clock: Clock, path: Path) -> None:
    make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("gpr")
        assert "why release" in room.text()
        assert "unreachable" in room.text()
        await room.press("xyz<enter>")
        assert held(room, "li") == 1
        await room.press("<bs><bs><bs>no<tab><enter>")
        assert held(room, "li") == 0
        assert room.value("SELECT reason FROM ownership_log ORDER BY id DESC LIMIT 1") == "no-need"
        await room.press("u")
        assert held(room, "li") == 1


async def test_a_protection_asks_why(team: Team, clock: Clock, path: Path) -> None:
    make(team.li, "Acme")
    async with entered(path, clock=clock) as room:
        await room.press("gpp", "big chance<enter>")
        assert "protected until 2026-12-17" in room.said


async def test_a_lead_assigns_two_hundred_in_ten_keys_and_takes_them_back_with_one(
    team: Team, clock: Clock, path: Path
) -> None:
    with team.lead.changing():
        for n in range(200):
            make(team.lead, f"Fair {n:03}", owner="pool", source="广交会")
    make(team.lead, "Other", owner="pool")
    keys = 0
    async with entered(path, "zhao", clock=clock) as room:
        for pressed in ("g", "o", "<enter>", "/", ("source:广交会",), "<enter>", "*", "A", ("rr:li,wang",), "<enter>"):
            if isinstance(pressed, tuple):
                await room.press(*pressed)
            else:
                await room.press(pressed)
                keys += 1
        assert "assign rr:li,wang: 200 customers" in room.text()
        await confirmed(room)
        keys += 1
        assert keys < 10
        assert (held(room, "li"), held(room, "wang")) == (100, 100)
        assert "assigned: li 100, wang 100" in room.said
        assert "u undoes" in room.rows()[-1]
        await room.press("u")
        assert (held(room, "li"), held(room, "wang")) == (0, 0)
        assert room.value("SELECT count(*) FROM customer WHERE pool_id = 1") == 201


async def test_names_are_completed_where_one_assigns(team: Team, clock: Clock, path: Path) -> None:
    make(team.lead, "Acme", owner="pool")
    async with entered(path, "zhao", clock=clock) as room:
        await room.press("go<enter>A", "rr:l")
        await room.press("<tab>", ",wa", "<tab>", "<enter>")
        assert "assigned: li 1" in room.said


async def test_left_and_right_go_from_pool_to_pool(team: Team, clock: Clock, path: Path) -> None:
    pool_lists.add(team.admin, "east", None, "region:east")
    make(team.lead, "Default one", owner="pool")
    make(team.lead, "Eastern", owner="pool", region="east")
    make(team.li, "Mine")
    async with entered(path, clock=clock) as room:
        await room.press("go<enter>")
        for keys, name in (("l", "Eastern"), ("l", "Mine"), ("l", "Mine"), ("hh", "Default one"), ("h", "Default one")):
            await room.press(keys)
            assert name in room.under, keys
        await room.press("<space>l")
        assert not room.place.table.marked
        await room.press("q")
        assert isinstance(room.place, PoolsScreen)
        await room.press("q")
        assert room.place.keys == "due"


async def test_while_the_next_pool_is_read_the_one_that_is_shown_is_told_of(
    team: Team, clock: Clock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(team.lead, "Fresh", owner="pool")
    make(team.li, "Mine")
    async with entered(path, clock=clock) as room:
        await room.press("go<enter>")
        place, load, hints = room.place, PoolScreen.load, []

        async def slow(self: PoolScreen, *given: Any) -> None:
            self._tell_row()  # the keys have rested for long enough meanwhile
            hints.append(room.rows()[-1])
            await load(self, *given)

        monkeypatch.setattr(PoolScreen, "load", slow)
        for key, name in (("l", "Mine"), ("h", "Fresh")):
            await room.press(key)
            assert name in room.under
        assert place is room.place
        assert ["c claim" in row for row in hints] == [True, False]


async def test_an_offer_says_its_keys_and_is_accepted_with_them(team: Team, clock: Clock, path: Path) -> None:
    keys = [make(team.wang, name) for name in ("Acme", "Beta")]
    offers.transfer(team.wang, keys, "li", "moved to your region")
    async with entered(path, clock=clock) as room:
        assert "= a accepts the offer  = d declines it" in room.text()
        assert "= a accept  = d decline" in room.rows()[-1]
        assert "d done" not in room.rows()[-1]
        await room.press("= a".replace(" ", ""))
        assert held(room, "li") == 1
        await room.press("=d")
        assert room.value("SELECT count(*) FROM transfer WHERE closed_as = 'declined'") == 1
        await room.press("gp", "=o", "wang<enter>")
        assert "offered to wang" in room.said


async def test_the_hints_are_those_of_the_row(team: Team, clock: Clock, path: Path) -> None:
    make(team.li, "Mine")
    make(team.lead, "Fresh", owner="pool", phone="13800138000")
    async with entered(path, clock=clock) as room:
        await room.press("go<enter>")
        assert "c claim" in room.rows()[-1]
        await room.press("<enter>")
        assert room.place.keys == "card"
        assert "c claim" in room.rows()[-1]
        assert "f log" not in room.rows()[-1]
        await room.press("c")
        assert "f log" in room.rows()[-1]
        assert "c claim" not in room.rows()[-1]
        await room.press("q")
        assert "c claim" not in room.rows()[-1]
        assert room.under.endswith("yours")
        await room.press("l")
        assert "r release" in room.rows()[-1]
        assert "c claim" not in room.rows()[-1]
    async with entered(path, "zhao", clock=clock) as room:
        await room.press("go<enter>", "l")
        assert "A assign" not in room.rows()[-1], "nobody is there"


async def test_the_rules_of_a_pool_are_read_whole_at_80_columns(team: Team, clock: Clock, path: Path) -> None:
    for name in ("contact.A", "contact.B", "contact.C", "contact.D", "win_days"):
        rules.set_rule(team.admin, f"pool.recycle.{name}", "90")
    rules.set_rule(team.admin, "pool.freeze_days", "3")
    async with entered(path, clock=clock) as room:
        await room.press("go")
        await room.later()
        assert "not won 90 days" in " ".join(room.text().split())


@pytest.mark.parametrize("size", [(80, 24), pytest.param((120, 36), marks=pytest.mark.slow)])
async def test_what_others_claim_is_dimmed_and_what_is_the_same_is_not_painted(
    team: Team, clock: Clock, path: Path, other: Team, size: tuple[int, int]
) -> None:
    keys = [make(team.lead, name, owner="pool") for name in ("Acme", "Beta", "Cora")]
    async with entered(path, clock=clock, size=size) as room:
        for there in ("go", "<enter>"):
            await room.press(there)
            await room.later()
            with painting(room) as painted:
                for changed in (None, frozenset(keys), frozenset({99})):
                    await room.place.others_changed(changed)
                    await room.later()
            assert painted == []
        pools.claim(other.wang, keys[1:2])
        await look(room)
        assert isinstance(room.place, PoolScreen)
        row = next(row for row in room.rows() if "Beta" in row)
        assert row.startswith("  - Beta")
        assert "taken" in row
        assert "2 customers" in room.text()
        await room.press("q")
        assert "2 customers" in room.text()


async def test_a_pool_that_is_renamed_by_others_keeps_its_list(
    team: Team, clock: Clock, path: Path, other: Team
) -> None:
    pool_lists.add(team.admin, "east", None, None)
    make(team.lead, "Acme", owner="pool")
    pools.move(team.lead, [1], "east")
    async with entered(path, clock=clock) as room:
        await room.press("goj<enter>")
        assert "public pool east" in room.text()
        pool_lists.edit(other.admin, "east", "ost", None, None)
        await look(room)
        assert "public pool ost" in room.text()
        assert "Acme" in room.under
        pool_lists.edit(other.admin, "ost", None, "wang", None)
        await look(room)
        assert room.app._exception is None
        await room.press("<c-l>")
        assert "not yours to see any more" in room.text()
        await room.press("q")
        assert isinstance(room.place, PoolsScreen)
        assert "ost" not in room.text()


@pytest.mark.slow
@pytest.mark.parametrize("login", ["li", "zhao"])
@pytest.mark.parametrize(("place", "way"), [("pools", "go"), ("pool", "go<enter>")])
async def test_every_key_does_something_sensible(
    team: Team, clock: Clock, path: Path, place: str, way: str, login: str
) -> None:
    for n in range(3):
        make(team.lead, f"Customer {n}", owner="pool", contact={"name": "Ann"})
    async with entered(path, login, clock=clock) as room:
        for keys in bindings(place):  # type: ignore[arg-type]
            if keys == "ctrl+q":
                continue
            while holder(room.app.focused) is not None or room.place.keys != place:
                await room.press(way if holder(room.app.focused) is None else "<esc>")
            await room.press(typed(keys))
            assert room.app.is_running, keys
            assert room.app._exception is None, keys
            assert not room.app.resolver.pending, keys
