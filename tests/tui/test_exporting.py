"""Exports from the screens: what the list shows goes into a file, or what is marked."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.factories import Clock
from tests.tui.rooms import entered


def names(path: Path) -> set[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["name"] for row in csv.DictReader(file)}


async def test_one_word_is_the_file_for_what_is_shown_or_marked(db: Path, tmp_path: Path, clock: Clock) -> None:
    async with entered(db, "li", clock=clock) as room:
        await room.press("gp", f":export {tmp_path}/all.csv<enter>")
        assert room.said.startswith("25 customers written")
        await room.press("gg<space><space>", f":export {tmp_path}/two.csv<enter>")
        assert room.said.startswith("2 customers written")
        await room.press(f":export {tmp_path}/two.csv<enter>")
        assert "--yes overwrites it" in room.text()
    assert len(names(tmp_path / "all.csv")) == 25
    assert len(names(tmp_path / "two.csv")) == 2


async def test_what_is_due_is_exported_where_it_is_shown(db: Path, tmp_path: Path, clock: Clock) -> None:
    async with entered(db, "li", clock=clock) as room:
        place = room.app.place
        due = len(place.order())
        await room.press(f":export {tmp_path}/due.csv<enter>")
        assert room.said.startswith(f"{due} customers written")
        await room.press("gg<space>", f":export {tmp_path}/one.csv<enter>")
        assert room.said.startswith("1 customer written")
    assert 1 < len(names(tmp_path / "due.csv")) == due


async def test_a_card_exports_its_customer_and_other_places_say_where_it_works(
    db: Path, tmp_path: Path, clock: Clock
) -> None:
    async with entered(db, "li", clock=clock) as room:
        await room.press("<enter>", f":export {tmp_path}/card.csv<enter>")
        assert room.said.startswith("1 customer written")
        await room.press("gh", f":export {tmp_path}/none.csv<enter>")
        assert "no list of customers is here: export FILTER FILE" in room.text()
    assert not (tmp_path / "none.csv").exists()
