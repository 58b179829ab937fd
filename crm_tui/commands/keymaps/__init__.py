"""The keys that are in force: a preset, and the user's own `keymap.toml` over it.

Whatever the file holds there is a keymap: an entry that is wrong is left out and told as a `Fault`, the others work.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from crm_tui.commands.keymap import FILE, Fault, Keymap, Table, default
from crm_tui.commands.keymaps import names
from crm_tui.commands.keymaps.layers import LAYERS, Entry, laid
from crm_tui.commands.keymaps.lines import checked
from crm_tui.commands.keymaps.positions import line_of, positions
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.text import clean

LIMIT = 50_000
"""Bytes of a file that is read."""

_ROUNDS = 20
"""Lines that are no TOML are left out; after so many the rest of the file is."""
_AT = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)\s*$")


def load(named: str, home: Path | None) -> Keymap:
    """The preset of that name, with the `keymap.toml` of the folder over it if there is one."""
    base = preset(named)
    path = home / FILE if home is not None else None
    if path is None or not os.path.exists(path):
        return Keymap(base)
    try:
        return over(base, _text(path))
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return Keymap(base, (Fault(FILE, line, _("not UTF-8: save it as UTF-8")),))
    except (OSError, CrmError) as error:
        return Keymap(base, (Fault(FILE, 0, getattr(error, "strerror", None) or str(error)),))


def _text(path: Path) -> str:
    if not path.is_file():
        raise CrmError(_("this is no file"))
    with path.open("rb") as file:
        data = file.read(LIMIT + 1)
    if len(data) > LIMIT:
        raise CrmError(_("too long: {n} bytes at most").format(n=f"{LIMIT:,}"))
    return data.decode("utf-8-sig")


@cache
def preset(name: str) -> Table:
    """The keys of a preset that ships: `default` or `vim`."""
    if name == "default":
        return default()
    text = (Path(__file__).parent / f"{name}.toml").read_text(encoding="utf-8")
    return over(default(), text, f"{name}.toml").table


def over(base: Table, text: str, file: str = FILE) -> Keymap:
    """The keymap that the text of a file makes of a preset."""
    faults: list[Fault] = []
    data, text = _parsed(text.replace("\r\n", "\n"), file, faults)
    where = positions(text)
    entries = list(_entries(data, where, file, faults))
    table, more = laid(base, entries, file)
    own = frozenset((e.layer, e.keys) for e in entries if table.get((e.layer, e.keys)) == e.line != "")
    ordered = sorted((*faults, *more), key=lambda fault: fault.line)
    return Keymap(table, tuple(Fault(f.file, f.line, clean(f.text, limit=500)) for f in ordered), own)


def _parsed(text: str, file: str, faults: list[Fault]) -> tuple[dict[str, Any], str]:
    """What the text says, without the lines that are no TOML; and the text without these."""
    for __ in range(_ROUNDS):
        try:
            return tomllib.loads(text), text
        except RecursionError:
            faults.append(Fault(file, 0, _("too many brackets within each other")))
            return {}, ""
        except ValueError as error:  # also what Python says of a number with too many digits
            found = _AT.search(str(error))
            line = int(found[1]) if found and found[1] else text.rstrip().count("\n") + 1
            lines = text.split("\n")
            message, end = _('{error}: a key and its commands are written "t x" = "tier A; down"'), line
            if lines[line - 1].lstrip().startswith("["):  # what a table begins goes with it
                message = _("{error}: each table is written once, as in [any]; what is under this line is left out")
                end = next((n for n in range(line, len(lines)) if lines[n].lstrip().startswith("[")), len(lines))
            faults.append(Fault(file, line, message.format(error=_AT.sub("", str(error)))))
            if not any(lines[line - 1 : end]):
                return {}, ""
            lines[line - 1 : end] = [""] * (end - line + 1)
            text = "\n".join(lines)
    faults.append(Fault(file, 0, _("too many faults: the file is not used")))
    return {}, ""


def _entries(
    data: Mapping[str, Any], where: dict[tuple[str, ...], int], file: str, faults: list[Fault]
) -> Iterator[Entry]:
    for name, table in data.items():
        if name not in LAYERS or not isinstance(table, dict):
            faults.append(Fault(file, line_of(where, (name,)), _no_table(name, table)))
            continue
        for written, line in table.items():
            at = line_of(where, (name, written))
            try:
                keys = names.read(written)
                yield Entry(name, keys, checked(name, keys, line), written, at)
            except CrmError as error:
                faults.append(Fault(file, at, str(error)))


def _no_table(name: str, found: object) -> str:
    if name in LAYERS:
        return _('"{name}" must be a table: [{name}] on a line of its own, its keys below').format(name=name)
    known = ", ".join(LAYERS)
    if not isinstance(found, dict):
        return _('"{name}" stands in no table: write [any] above it, or one of {known}').format(name=name, known=known)
    hint = nearest(name, LAYERS)
    return _("there is no table [{name}]{hint}; known are {known}").format(name=name, hint=hint, known=known)
