"""Keys to command lines: a table by layer, and the resolver that waits for the rest of a sequence.

A layer is a place, `any` for all of them, or `recording`, which goes before the others while a macro is recorded. In no
place one sequence begins another, so each key means something at once or waits. The resolver is pure: it is fed key
names and says what they mean; it knows no time, so a sequence may be slow.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from msgspec import Struct, field

from crm_tui.domain.schemes import Scheme, shipped
from crm_tui.domain.stages import STAGES
from crm_tui.domain.text import ascii_twin

Place = Literal["any", "due", "pipeline", "pools", "pool", "team", "handover", "sweep", "reports", "report", "history",
              "macros", "importing", "dupes", "merge", "card"]
Layer = Place | Literal["recording"]
Keys = tuple[str, ...]
Table = Mapping[tuple[Layer, Keys], str]
"""The command line of each sequence; "" where a layer hides what the layers behind it have there."""

FILE = "keymap.toml"
"""The user's own keys, in the configuration's folder."""
LETTER = "<letter>"
"""Stands at the end of a sequence for any one letter or digit that means nothing else there."""
TYPED = "{letter}"
"""Stands in the line of such a sequence for the letter that was typed."""

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
    "o": "new", "O": "paste", "e": "edit", "a": "contact add", "+": "tag", "w": "why", "T": "scheme",
    "y p": "copy phone", "y m": "copy email", "y n": "copy name",
    "c": "claim", "r": "release", "A": "assign", "p": "protect",
    "= o": "transfer", "= a": "accept", "= d": "decline", "= w": "withdraw", "= n": "noted",
    "Y": "agree", "$ d": "deal add", "$ o": "order add", "$ r": "receivable add", "$ p": "pay", "$ w": "wallet",
    "$ j": "rate",
    "g d": "view due", "g p": "view pipeline", "g o": "view pools", "g t": "view team", "g r": "view reports",
    "g h": "view history",
    "g i": "import", "g x": "dupes", "M": "merge", "g m": "view macros", "g v": "views",
    "' <letter>": "views letter {letter}", "ctrl+l": "refresh",
    "Q <letter>": "record {letter}", "@ <letter>": "play {letter}", "@ @": "replay",
}  # fmt: skip
_DUE = {"1": "done", "2": "no-answer", "3": "next", "4": "snooze", "f": "done"}
_HISTORY = {"enter": "changes", "U": "undo here", "R": "redo here"}
_PIPELINE = {"0": "tab", "b": "board", "H": "retreat", "L": "advance"}
_RECORDING = {"Q": "record"}
_MACROS = {
    "enter": "choose", "e": "edit here", "E": "editor here", "D": "dry-run here", "R": "rename here",
    "X": "remove here",
}  # fmt: skip
_POOLS = {"enter": "choose"}
_TEAM = {"enter": "choose", "L": "week here", "H": "handover here", "S": "sweep preview"}
_HANDOVER = {"enter": "handover now", "e": "rule"}
_SWEEP = {"S": "sweep now"}
_REPORTS = {"enter": "choose"}
_REPORT = {"enter": "choose", "p": "period", "e": "csv here"}
_IMPORTING = {
    "enter": "choose", "x": "column out", "o": "column own", "r": "column auto", "a": "table as", "m": "table mode",
    "S": "table same", "O": "table owner", "A": "table assign", "D": "table dates", "W": "table sheet",
    "E": "table encoding", ",": "table separator", "f": "table file", "L": "table line", "d": "dry-run here",
    "i": "bring in",
}  # fmt: skip
_DUPES = {"enter": "merge here", "M": "merge here", "N": "distinct here", "R": "dupes --scan"}
_MERGE = {
    "enter": "merge here", "M": "merge here", "N": "distinct here", "h": "pick left", "l": "pick right",
    "left": "pick left", "right": "pick right", "S": "swap",
}  # fmt: skip
_LISTS: tuple[Place, ...] = ("pipeline", "pool")
_OWN: dict[Layer, dict[str, str]] = {
    "due": _DUE, "pipeline": _PIPELINE, "pools": _POOLS, "pool": _PIPELINE, "team": _TEAM, "handover": _HANDOVER,
    "sweep": _SWEEP, "reports": _REPORTS, "report": _REPORT, "history": _HISTORY, "macros": _MACROS,
    "importing": _IMPORTING, "dupes": _DUPES, "merge": _MERGE,
    "recording": _RECORDING,
}  # fmt: skip


@cache
def default() -> Table:
    """The preset `default`. What a place has of its own goes before `any`."""
    table: dict[tuple[Layer, Keys], str] = {}

    def add(layer: Layer, keys: str, line: str) -> None:
        table[layer, tuple(keys.split(" "))] = line

    for keys, line in _ANY.items():
        add("any", keys, line)
    for tier in shipped()["abcd"].tiers:
        add("any", f"t {tier.key}", f"tier {tier.identifier}")
    for number, stage in enumerate(STAGES, 1):
        add("any", f"s {stage.key}", f"stage {stage.identifier}")
        for place in _LISTS:
            add(place, str(number), f"tab {stage.identifier}")
    for layer, own in _OWN.items():
        for keys, line in own.items():
            add(layer, keys, line)
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
        return "$" if character in "￥¥" else ascii_twin(character)  # what the key of the dollar gives in Chinese
    return _NAMES.get(key, key)


def covers(short: Keys, long: Keys) -> bool:
    """Whether `short` acts before `long` can be typed to its end."""
    n = len(short)
    return n < len(long) and _fits(short, long[:n])


def hides(above: Keys, below: Keys) -> bool:
    """Whether a sequence leaves another one of a layer behind it no place."""
    return above == below or covers(above, below) or covers(below, above)


def unbinds(keys: Keys, other: Keys) -> bool:
    """Whether `keys` without a line takes the other sequence away: itself, and all that begins with it."""
    return len(keys) <= len(other) and _fits(keys, other[: len(keys)])


def _fits(pattern: Keys, keys: Keys) -> bool:
    if pattern[:-1] != keys[:-1]:
        return False
    return pattern[-1] == keys[-1] or (pattern[-1] == LETTER and is_letter(keys[-1]))


def is_letter(key: str) -> bool:
    """Whether the key is one that `<letter>` stands for."""
    return len(key) == 1 and key.isalnum() and key.isascii()


class Fault(Struct, frozen=True):
    """What is wrong with a keymap's file, and what to do; `line` counts from 1, 0 is the file as a whole."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}" if self.line else f"{self.file}: {self.text}"


class Keymap(Struct, frozen=True, eq=False):
    """The keys that are in force, and the faults of the file that they come from. `own` are those of that file."""

    table: Table = field(default_factory=default)
    faults: tuple[Fault, ...] = ()
    own: frozenset[tuple[Layer, Keys]] = frozenset()
    _live: dict[tuple[Place, bool], dict[Keys, str]] = field(default_factory=dict)

    def live(self, place: Place, *, recording: bool = False) -> Mapping[Keys, str]:
        """The sequences that act in the place; none of them begins another."""
        found = self._live.get((place, recording))
        if found is None:
            found = self._live[place, recording] = self._laid(place, recording)
        return found

    def _laid(self, place: Place, recording: bool) -> dict[Keys, str]:
        layers: list[Layer] = ["any", place] if place != "any" else ["any"]
        if recording:
            layers.append("recording")
        below: dict[Keys, str] = {}
        for layer in layers:
            own = {keys: line for (where, keys), line in self.table.items() if where == layer}
            kept = {k: line for k, line in below.items() if not any(_displaces(a, own[a], k) for a in own)}
            below = kept | {keys: line for keys, line in own.items() if line}
        return below

    def bindings(self, place: Place, *, recording: bool = False) -> dict[str, str]:
        """The keys that act in the place, as they are written, with their command lines."""
        return {" ".join(keys): line for keys, line in self.live(place, recording=recording).items()}

    def key(self, line: str, place: Place, *, recording: bool = False) -> str:
        """The keys of a command line there, as people read them; of a command that has keys for its arguments only,
        those that these begin with. Empty for none.
        """
        live = self.live(place, recording=recording)
        exact = next((keys for keys, found in live.items() if found == line), None)
        if exact is not None:
            return shown(exact)
        longer = (keys for keys, found in live.items() if len(keys) > 1 and found.startswith(f"{line} "))
        return shown(next(longer, ("",))[:-1])


class Source(Struct, frozen=True):
    """Where a user's keys come from: the name of a preset, and the folder in which a file of their own may lie."""

    preset: str = "default"
    home: Path | None = None

    @property
    def is_plain(self) -> bool:
        """Whether they are those that ship."""
        return self.preset == "default" and (self.home is None or not os.path.exists(self.home / FILE))

    def load(self) -> Keymap:
        """The keymap as the file is now; nothing in that makes it fail."""
        if self.is_plain:
            return shipping()
        from crm_tui.commands import keymaps  # who has no keys of their own does not wait for it

        return keymaps.load(self.preset, self.home)


def _displaces(above: Keys, line: str, below: Keys) -> bool:
    return hides(above, below) if line else unbinds(above, below)


def under(keymap: Keymap, scheme: Scheme | None) -> Keymap:
    """The keymap with `t` and the keys of the scheme's tiers in place of the intent letters'; None for those again.

    Keys of the user's own stay what they are.
    """
    if scheme is None:
        return keymap
    kept = {
        (layer, keys): line for (layer, keys), line in keymap.table.items()
        if (layer, keys) in keymap.own or len(keys) != 2 or keys[0] != "t" or not line.startswith("tier ")
    }  # fmt: skip
    theirs: dict[tuple[Layer, Keys], str] = {
        ("any", ("t", tier.key)): f"tier {tier.identifier} --scheme {scheme.identifier}" for tier in scheme.tiers
    }
    theirs["any", ("t", "t")] = f"tier accept --scheme {scheme.identifier}"
    own = {keys for layer, keys in keymap.own if layer == "any"}
    added = {place: line for place, line in theirs.items() if not any(hides(keys, place[1]) for keys in own)}
    return Keymap({**kept, **added}, keymap.faults, keymap.own)


@cache
def shipping() -> Keymap:
    """The keymap of who has none of their own."""
    return Keymap()


_SHOWN = {
    "enter": "Enter", "escape": "Esc", "space": "Space", "tab": "Tab", "pageup": "PgUp", "pagedown": "PgDn",
    "home": "Home", "end": "End",
}  # fmt: skip


def shown(keys: Keys) -> str:
    """A sequence as people read it."""
    return " ".join(_SHOWN.get(key, key) for key in keys)


class Resolver(Struct):
    """Turns keys into command lines, one key at a time. `recording` tells whether a macro is being recorded."""

    keymap: Keymap = field(default_factory=shipping)
    pending: Keys = ()
    recording: bool = False

    def feed(self, key: str, place: Place) -> tuple[Literal["line", "pending", "dropped", "unknown"], str]:
        """What the key means after those before it.

        ("line", the command line), ("pending", the keys so far), ("dropped", the keys that Esc gave up),
        ("unknown", the keys that mean nothing).
        """
        if self.pending and key == "escape":
            return "dropped", self._reset()
        keys = (*self.pending, key)
        line = self._line(keys, place)
        if line is not None:
            self._reset()
            return "line", line
        if self.following(keys, place):
            self.pending = keys
            return "pending", " ".join(keys)
        self.pending = keys
        return "unknown", self._reset()

    def _line(self, keys: Keys, place: Place) -> str | None:
        live = self.keymap.live(place, recording=self.recording)
        line = live.get(keys)
        if line is None and is_letter(keys[-1]):
            line = live.get((*keys[:-1], LETTER))
            return line.replace(TYPED, keys[-1]) if line is not None else None
        return line

    def following(self, keys: Keys, place: Place) -> list[tuple[str, str]]:
        """The keys that may come after `keys`, each with its command line (of longer sequences, the first)."""
        found: dict[str, str] = {}
        for sequence, line in self.keymap.live(place, recording=self.recording).items():
            if len(sequence) > len(keys) and sequence[: len(keys)] == keys:
                found.setdefault(sequence[len(keys)], line)
        return list(found.items())

    def _reset(self) -> str:
        keys, self.pending = self.pending, ()
        return " ".join(keys)


def bindings(place: Place, table: Table | None = None) -> dict[str, str]:
    """The keys that act in the place by a table, by default the preset's, with their command lines."""
    return (shipping() if table is None else Keymap(table)).bindings(place)
