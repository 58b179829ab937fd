"""A rep's day, from the first key to the empty queue, and every step of it taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.services import followups, interactions
from crm_tui.services.interactions import Note
from tests.factories import Clock, Team, in_days, make
from tests.tui.rooms import Room, entered


@pytest.fixture
def path(team: Team) -> Path:
    return team.database.path


def row(room: Room, customer: int) -> tuple[str, str | None, str | None]:
    [found] = room.values("SELECT stage, tier, next_on FROM customer WHERE id = ?", (customer,))
    return found


async def test_a_rep_files_a_customer_logs_a_call_and_takes_all_of_it_back_also_after_a_restart(
    team: Team, clock: Clock, path: Path
) -> None:
    acme = make(team.li, "Acme", contact={"name": "Ann"})
    before = None
    async with entered(path, clock=clock) as room:
        await room.press("gp")
        before = row(room, acme)
        await room.press("tc")
        assert row(room, acme)[1] == "C"
        await room.press("si")
        assert row(room, acme)[0] == "intent"
        assert "B proposed" in room.text()
        assert "t t accepts" in room.text()
        await room.press("tt")
        assert row(room, acme)[:2] == ("intent", "B")
        await room.press("f")
        form = room.place.form
        assert form.is_open
        assert form.values["channel"] == "call"
        assert form.values["next"] == "2026-11-25"  # a B every seven days
        assert dict(room.values("SELECT id, name FROM contact"))[int(form.values["contact"])] == "Ann"
        assert "Wed 25 Nov 2026" in room.text()
        await room.press("asked for a price<enter>")
        assert not form.is_open
        assert "u undoes" in room.text()
        assert row(room, acme)[2] == "2026-11-25"
        await room.press("n", "3d")
        assert "Sat 21 Nov 2026" in room.text()
        await room.press("<enter>")
        assert row(room, acme)[2] == "2026-11-21"
        await room.press("u", "u")
        assert row(room, acme)[2] == before[2]
        assert not room.value("SELECT count(*) FROM interaction")
    async with entered(path, clock=clock) as room:
        await room.press("gpu")
        assert row(room, acme)[:2] == ("intent", "C")
        await room.press("uu")
        assert row(room, acme) == before
        assert "undone" in room.said
        await room.press("u")
        assert "nothing to undo" in room.said or "undone" in room.said


async def test_the_next_morning_the_queue_counts_down_to_empty(team: Team, clock: Clock, path: Path) -> None:
    ids = [make(team.li, f"Customer {n}", stage="intent", tier="AB"[n % 2]) for n in range(4)]
    for number, key in enumerate(ids):
        followups.set_next(team.li, [key], in_days(1), f"offer {number}")
    interactions.log(team.li, ids[:1], Note("she wants blue", next=in_days(1), purpose="offer 0"))
    clock.forward(days=1)
    async with entered(path, clock=clock) as room:
        assert room.place.keys == "due"
        text = room.text()
        assert all(f"promised: offer {n}" in text for n in range(4))
        assert "0 done of 4" in text
        for left in (3, 2, 1, 0):
            name = room.under
            await room.press("d", "said this and that<enter>")
            assert f"{4 - left} done of 4" in room.text()
            assert left == 0 or room.under != name
        assert room.said.startswith("All done")
        dates = room.values("SELECT next_on FROM customer ORDER BY id")
        assert [found for (found,) in dates] == ["2026-11-22", "2026-11-26", "2026-11-22", "2026-11-26"]
        await room.press("u")
        assert "3 done of 4" in room.text()
    async with entered(path, clock=clock) as room:
        assert "0 done of 1" in room.text() or "0 done of 4" in room.text()


async def test_what_was_said_last_and_the_phone_are_under_the_queue(team: Team, clock: Clock, path: Path) -> None:
    key = make(team.li, "Acme", phone="13800138000")
    interactions.log(team.li, [key], Note("she wants blue", next=in_days(0)))
    async with entered(path, clock=clock) as room:
        await room.rest()
        assert "138 0013 8000" in room.text()
        assert "call: she wants blue" in room.text()


async def test_no_answer_brings_it_back_the_next_half_day_and_goes_on(team: Team, clock: Clock, path: Path) -> None:
    first, second = make(team.li, "First"), make(team.li, "Second")
    followups.set_next(team.li, [first], in_days(-1))
    followups.set_next(team.li, [second], in_days(0))
    async with entered(path, clock=clock) as room:
        assert "First" in room.under
        await room.press("x")
        assert "Second" in room.under
        assert "1d late" in room.text() or "14:00" in room.text()
        assert room.value("SELECT connected FROM interaction") == 0
        assert "0 done of 2" in room.text()


async def test_fifty_keys_typed_at_once_are_all_obeyed_in_order(team: Team, clock: Clock, path: Path) -> None:
    ids = [make(team.li, f"Customer {n:02}") for n in range(60)]
    async with entered(path, clock=clock) as room:
        await room.press("gp" + "j" * 40 + "ta" + "j" + "tb" + "k" + "tc")
        newest_first = ids[::-1]
        assert [row(room, newest_first[n])[1] for n in (39, 40, 41, 42)] == ["D", "C", "B", "D"]
