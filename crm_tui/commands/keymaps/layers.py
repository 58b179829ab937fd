"""One's own keys over a preset: they go before it; what one of them leaves no place is told, not lost in silence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import get_args

from crm_tui.commands.keymap import LETTER, Fault, Keys, Layer, Place, Table, covers, hides, unbinds
from crm_tui.domain.language import _

PLACES: tuple[Place, ...] = get_args(Place)
LAYERS: tuple[Layer, ...] = (*PLACES, "recording")

_NAMED = 3
"""So many of the keys that have no place any more are named."""


@dataclass(frozen=True)
class Entry:
    """A key of the file: `line` is its command line, empty where it is unbound; `written` and `at` say where."""

    layer: Layer
    keys: Keys
    line: str
    written: str
    at: int


def laid(base: Table, entries: Sequence[Entry], file: str) -> tuple[dict[tuple[Layer, Keys], str], list[Fault]]:
    """The preset with the entries over it, and what is wrong with some of these, which are left out.

    An entry goes before the preset, of `any` in all places; among entries the place goes before `any`.
    """
    faults: list[Fault] = []
    kept = _consistent(entries, file, faults)
    table = dict(base)
    for entry in kept:
        if not entry.line:
            _unbind(table, entry)
    own = {(entry.layer, entry.keys) for entry in kept}
    for entry in kept:
        if entry.line:
            hidden = [keys for keys in _overlaid(table, entry, own) if keys != entry.keys]
            faults += _told(entry, hidden, file)
    table |= {(entry.layer, entry.keys): entry.line for entry in kept if entry.line}
    for entry in kept:
        if entry.line and entry.layer not in ("any", "recording"):
            faults += _told(entry, _behind(table, entry), file)
    return table, sorted(faults, key=lambda fault: fault.line)


def _consistent(entries: Sequence[Entry], file: str, faults: list[Fault]) -> list[Entry]:
    """The entries without those that another one of the same layer leaves no place."""
    kept: dict[tuple[Layer, Keys], Entry] = {}
    for entry in sorted(entries, key=lambda entry: len(entry.keys)):
        same = kept.get((entry.layer, entry.keys))
        if same is not None:
            message = _('"{keys}" is the key that line {line} has as "{other}": leave one out')
            text = message.format(keys=entry.written, line=same.at, other=same.written)
            faults.append(Fault(file, entry.at, text))
            continue
        shorter = _shorter(kept, entry)
        if shorter is not None and entry.line:
            message = _('"{keys}" can never be reached: "{other}" in line {line} acts first')
            text = message.format(keys=entry.written, other=shorter.written, line=shorter.at)
            faults.append(Fault(file, entry.at, text))
            continue
        kept[entry.layer, entry.keys] = entry
    return sorted(kept.values(), key=lambda entry: entry.at)


def _shorter(kept: Mapping[tuple[Layer, Keys], Entry], entry: Entry) -> Entry | None:
    """The entry that acts before this one can be typed to its end."""
    keys = entry.keys
    for n in range(1, len(keys)):
        for begun in (keys[:n], (*keys[: n - 1], LETTER)):
            found = kept.get((entry.layer, begun))
            if found is not None and found.line and covers(begun, keys):
                return found
    return None


def _reaches(entry: Entry, layer: Layer) -> bool:
    """Whether the entry goes before what the preset has in that layer."""
    return layer == entry.layer or (entry.layer == "any" and layer in PLACES)


def _unbind(table: dict[tuple[Layer, Keys], str], entry: Entry) -> None:
    for layer, keys in [*table]:
        if _reaches(entry, layer) and unbinds(entry.keys, keys):
            del table[layer, keys]
    if entry.layer != "any":
        table[entry.layer, entry.keys] = ""


def _overlaid(table: dict[tuple[Layer, Keys], str], entry: Entry, own: Set[tuple[Layer, Keys]]) -> list[Keys]:
    """Take out of the preset what has no place beside the entry; these sequences."""
    gone = [
        (layer, keys)
        for (layer, keys), line in table.items()
        if line and (layer, keys) not in own and _reaches(entry, layer) and hides(entry.keys, keys)
    ]
    for place in gone:
        del table[place]
    return list(dict.fromkeys(keys for __, keys in gone))


def _behind(table: Table, entry: Entry) -> list[Keys]:
    """The sequences of `any` that have no place beside the entry where it acts, unless they are hidden on purpose."""
    masks = [keys for (layer, keys), line in table.items() if layer == entry.layer and not line]
    return [
        keys
        for layer, keys in table
        if layer == "any"
        and keys != entry.keys
        and hides(entry.keys, keys)
        and not any(unbinds(mask, keys) for mask in masks)
    ]


def _told(entry: Entry, hidden: Sequence[Keys], file: str) -> list[Fault]:
    if not hidden:
        return []
    names = ", ".join(f'"{" ".join(keys)}"' for keys in hidden[:_NAMED])
    if len(hidden) > _NAMED:
        names = _("{names} and {n} more").format(names=names, n=len(hidden) - _NAMED)
    message = _('"{keys}" leaves {names} out of reach: unbind what you do not want, as in "{example}" = ""')
    text = message.format(keys=entry.written, names=names, example=" ".join(_unbinding(entry, hidden)))
    return [Fault(file, entry.at, text)]


def _unbinding(entry: Entry, hidden: Sequence[Keys]) -> Keys:
    """The keys that unbind the hidden ones, all at once where that can be."""
    every = (*entry.keys, LETTER)
    return every if all(unbinds(every, keys) for keys in hidden) else hidden[0]
