"""Keys to command lines: a table by place, and the resolver that waits for the rest of a sequence.

The resolver is pure: it is fed key names and says what they mean; it knows no time, so a sequence may be slow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from crm_tui.domain.schemes import shipped
from crm_tui.domain.stages import STAGES
from crm_tui.domain.text import ascii_twin

Place = Literal["any", "due", "pipeline", "pools", "pool", "team", "handover", "sweep", "history", "card"]
Keys = tuple[str, ...]

_ANY = {
    "j": "down", "k": "up", "h": "left", "l": "right",
    "down": "down", "up": "up", "left": "left", "right": "right",
    "pagedown": "page-down", "pageup": "page-up", "home": "top", "end": "bottom", "g g": "top", "G": "bottom",
    "ctrl+d": "page-down", "ctrl+u": "page-up",
    "?": "keys", ":": "line", "/": "find", "ctrl+p": "palette",
    "enter": "open", "q": "back", "escape": "back", "ctrl+q": "quit",
    "space": "mark", "*": "mark all", "\\": "mark none", "!": "mark invert", "v": "mark range",
    "u": "undo", "ctrl+r": "redo", "t t": "tier accept",
    ">": "advance", "<": "retreat",
    "f": "log", "x": "no-answer", "n": "next", "z": "snooze", "d": "done",
    "o": "new", "O": "paste", "e": "edit", "a": "contact add", "+": "tag", "w": "why",
    "y p": "copy phone", "y m": "copy email", "y n": "copy name",
    "c": "claim", "r": "release", "A": "assign", "p": "protect",
    "= o": "transfer", "= a": "accept", "= d": "decline", "= w": "withdraw", "= n": "noted",
    "g d": "view due", "g p": "view pipeline", "g o": "view pools", "g t": "view team", "g h": "view history",
    "ctrl+l": "refresh",
}  # fmt: skip
_DUE = {"1": "done", "2": "no-answer", "3": "next", "4": "snooze", "f": "done"}
_HISTORY = {"enter": "changes", "U": "undo here", "R": "redo here"}
_PIPELINE = {"0": "tab", "b": "board", "H": "retreat", "L": "advance"}
_POOLS = {"enter": "choose"}
_TEAM = {"enter": "choose", "L": "week here", "H": "handover here", "S": "sweep preview"}
_HANDOVER = {"enter": "handover now", "e": "rule"}
_SWEEP = {"S": "sweep now"}
_LISTS: tuple[Place, ...] = ("pipeline", "pool")
_OWN: dict[Place, dict[str, str]] = {
    "due": _DUE, "pipeline": _PIPELINE, "pools": _POOLS, "pool": _PIPELINE, "team": _TEAM, "handover": _HANDOVER,
    "sweep": _SWEEP, "history": _HISTORY,
}  # fmt: skip


@cache
def default() -> Mapping[tuple[Place, Keys], str]:
    """The keymap that ships: (place, keys) → command line. What a place has of its own goes before `any`."""
    table: dict[tuple[Place, Keys], str] = {}

    def add(place: Place, keys: str, line: str) -> None:
        table[place, tuple(keys.split(" "))] = line

    for keys, line in _ANY.items():
        add("any", keys, line)
    for tier in shipped()["abcd"].tiers:
        add("any", f"t {tier.key}", f"tier {tier.identifier}")
    for number, stage in enumerate(STAGES, 1):
        add("any", f"s {stage.key}", f"stage {stage.identifier}")
        for place in _LISTS:
            add(place, str(number), f"tab {stage.identifier}")
    for place, own in _OWN.items():
        for keys, line in own.items():
            add(place, keys, line)
    return table


# What terminals and Textual call the keys, as the table writes them.
_NAMES = {
    "question_mark": "?", "colon": ":", "slash": "/", "asterisk": "*", "backslash": "\\", "exclamation_mark": "!",
    "greater_than_sign": ">", "less_than_sign": "<", "plus": "+", "full_stop": ".", "comma": ",", "at": "@",
    "minus": "-", "equals_sign": "=", "semicolon": ";",
}  # fmt: skip


def key_name(key: str, character: str | None) -> str:
    """The key as keymaps write it: a printable character itself (full-width punctuation as its ASCII twin)."""
    if character == "\u3000":
        return "space"
    if character is not None and len(character) == 1 and character.isprintable() and character != " ":
        return ascii_twin(character)
    return _NAMES.get(key, key)


@dataclass
class Resolver:
    """Turns keys into command lines, one key at a time."""

    table: Mapping[tuple[Place, Keys], str] = field(default_factory=default)
    pending: Keys = ()

    def feed(self, key: str, place: Place) -> tuple[Literal["line", "pending", "dropped", "unknown"], str]:
        """What the key means after those before it.

        ("line", the command line), ("pending", the keys so far), ("dropped", the keys that Esc gave up),
        ("unknown", the keys that mean nothing).
        """
        if self.pending and key == "escape":
            return "dropped", self._reset()
        keys = (*self.pending, key)
        line = self.table.get((place, keys)) or self.table.get(("any", keys))
        if line is not None:
            self._reset()
            return "line", line
        if self.following(keys, place):
            self.pending = keys
            return "pending", " ".join(keys)
        self.pending = keys
        return "unknown", self._reset()

    def following(self, keys: Keys, place: Place) -> list[tuple[str, str]]:
        """The keys that may come after `keys`, each with its command line (of longer sequences, the first)."""
        found: dict[str, str] = {}
        for (where, sequence), line in self.table.items():
            if where in (place, "any") and len(sequence) > len(keys) and sequence[: len(keys)] == keys:
                found.setdefault(sequence[len(keys)], line)
        return list(found.items())

    def _reset(self) -> str:
        keys, self.pending = self.pending, ()
        return " ".join(keys)


def bindings(place: Place, table: Mapping[tuple[Place, Keys], str] | None = None) -> dict[str, str]:
    """The keys that act in the place, with their command lines."""
    table = default() if table is None else table
    found = {" ".join(keys): line for (where, keys), line in table.items() if where == "any"}
    found.update({" ".join(keys): line for (where, keys), line in table.items() if where == place})
    return found
