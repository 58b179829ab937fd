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
