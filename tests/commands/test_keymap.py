"""Keys mean command lines: every key can be reached, every line parses, every tier and stage has its key."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.keymap import Keys, Place, Resolver, bindings, default, key_name
from crm_tui.commands.language import read
from crm_tui.domain.schemes import shipped
from crm_tui.domain.stages import STAGES

PLACES: tuple[Place, ...] = get_args(Place)


@pytest.mark.parametrize("line", sorted(set(default().values())))
def test_every_key_runs_a_line_that_parses(line: str) -> None:
    assert read(line, CATALOG).command.name in CATALOG


@pytest.mark.parametrize("place", PLACES)
def test_no_key_hides_a_longer_sequence(place: Place) -> None:
    sequences = [tuple(keys.split(" ")) for keys in bindings(place)]
    for short, long in product(sequences, repeat=2):
        assert short == long or long[: len(short)] != short, (short, long)


def test_every_tier_and_every_stage_has_its_key() -> None:
    found = bindings("pipeline")
    for tier in shipped()["abcd"].tiers:
        assert found[f"t {tier.key}"] == f"tier {tier.identifier}"
        assert tier.key != "t"
    for number, stage in enumerate(STAGES, 1):
        assert found[f"s {stage.key}"] == f"stage {stage.identifier}"
        assert found[str(number)] == f"tab {stage.identifier}"


def feed(keys: str, place: Place = "pipeline") -> list[tuple[str, str]]:
    resolver = Resolver()
    return [resolver.feed(key, place) for key in keys.split(" ")]


@pytest.mark.parametrize(
    ("place", "keys", "meaning"),
    [
        ("pipeline", "j", ("line", "down")), ("pipeline", "t a", ("line", "tier A")),
        ("pipeline", "g", ("pending", "g")),
        ("pipeline", "g g", ("line", "top")), ("pipeline", "t escape", ("dropped", "t")),
        ("pipeline", "escape", ("line", "back")),
        ("pipeline", "t X", ("unknown", "t X")), ("pipeline", "F", ("unknown", "F")),
        ("pipeline", "1", ("line", "tab non_customer")),
        ("due", "1", ("line", "done")), ("due", "2", ("line", "no-answer")), ("due", "3", ("line", "next")),
        ("due", "4", ("line", "snooze")), ("due", "f", ("line", "done")), ("card", "f", ("line", "log")),
        ("card", "1", ("unknown", "1")), ("history", "enter", ("line", "changes")),
        ("pipeline", "enter", ("line", "open")),
    ],
)  # fmt: skip
def test_the_resolver_waits_for_the_rest_of_a_sequence(place: Place, keys: str, meaning: tuple[str, str]) -> None:
    assert feed(keys, place)[-1] == meaning


def test_fifty_keys_at_once_are_all_obeyed_in_order() -> None:
    told = feed(" ".join([*"j" * 40, "t", "a", "j", "s", "i", "j", "g", "g", "j", "j"]))
    lines = [line for what, line in told if what == "line"]
    assert lines == ["down"] * 40 + ["tier A", "down", "stage intent", "down", "top", "down", "down"]
    assert not [told for what, __ in told if what in ("unknown", "dropped")]


def test_nothing_is_left_pending_after_a_wrong_key() -> None:
    resolver = Resolver()
    resolver.feed("t", "due")
    resolver.feed("X", "due")
    assert resolver.pending == ()
    assert resolver.feed("j", "due") == ("line", "down")


def test_what_may_follow_is_told() -> None:
    following = dict(Resolver().following(("y",), "card"))
    assert following == {"p": "copy phone", "m": "copy email", "n": "copy name"}


def test_a_place_overrides_what_holds_everywhere() -> None:
    table: dict[tuple[Place, Keys], str] = {("any", ("x",)): "down", ("due", ("x",)): "up"}
    assert bindings("due", table) == {"x": "up"}
    assert bindings("card", table) == {"x": "down"}


@pytest.mark.parametrize(
    ("key", "character", "expected"),
    [
        ("j", "j", "j"), ("question_mark", "?", "?"), ("question_mark", None, "?"), ("enter", "\r", "enter"),
        ("space", " ", "space"), ("ideographic_space", "\u3000", "space"), ("x", "：", ":"), ("x", "／", "/"),
        ("x", "、", "/"),
        ("x", "》", ">"), ("x", "《", "<"), ("x", "？", "?"), ("x", "！", "!"), ("x", "＊", "*"), ("x", "＼", "\\"),
        ("x", "１", "1"),
        ("upper_g", "G", "G"), ("ctrl+r", "\x12", "ctrl+r"), ("escape", "\x1b", "escape"), ("x", "华", "华"),
    ],
)  # fmt: skip
def test_a_key_is_named_as_keymaps_write_it(key: str, character: str | None, expected: str) -> None:
    assert key_name(key, character) == expected
