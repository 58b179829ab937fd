"""The manual: one page a command from the catalogue, and the pages of `crm_tui/help`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.keymap import TYPED, Keymap, Layer, Place, shipping, shown
from crm_tui.commands.language import commands_of
from crm_tui.commands.registry import Command
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest

_HELP = Path(__file__).parents[1] / "help"
PAGES = (
    "start", "filters", "fields", "related", "lists", "dates", "import", "facts", "export", "duplicates", "worth",
    "pools", "recycling", "schemes", "grading", "playbooks", "team", "door", "reports", "recommend", "backups",
    "scripts", "records", "macros", "keys",
)  # fmt: skip
_EXAMPLES = 5
"""Lines of the pages that the page of a command repeats."""
_LAYERS: tuple[Layer, ...] = ("any", *(place for place in get_args(Place) if place != "any"), "recording")


def page(topic: str = "", keymap: Keymap | None = None) -> list[str]:
    """The lines of a page: a command's, one of PAGES, or for "" the list of all; UsageError for anything else.

    The keys are those of `keymap`, by default the preset's.
    """
    topic = " ".join(topic.casefold().split())
    if not topic:
        return _overview()
    if topic == "keys":
        return [*_written(topic), "", *key_table(keymap)]
    group = [command for name, command in CATALOG.items() if f"{name} ".startswith(f"{topic} ")]
    if topic in PAGES:
        return [*_written(topic), *(line for command in group for line in ("", *_command(command, keymap)))]
    if topic in CATALOG:
        return [*_command(CATALOG[topic], keymap), *_examples(topic)]
    if group:
        return [line for command in group for line in (*_command(command, keymap), "")]
    message = _('there is no help on "{topic}"{hint}')
    raise UsageError(message.format(topic=topic, hint=nearest(topic, (*CATALOG, *PAGES))), topic, 0)


def topics() -> list[tuple[str, str]]:
    """What there is a page on, and what it is about: the pages of the manual, then the commands."""
    about = [(name, _written(name)[0].lstrip("# ")) for name in PAGES if name not in CATALOG]
    return [*about, *((name, command.summary) for name, command in CATALOG.items())]


def _written(name: str) -> list[str]:
    return (_HELP / f"{name}.md").read_text(encoding="utf-8").splitlines()


def _overview() -> list[str]:
    width = max(len(name) for name in CATALOG)
    return [
        _("crm-tui [--db FILE] [--user LOGIN]           the screens"),
        _("crm-tui COMMAND …                            any command of this list"),
        "",
        *(f"  {name:<{width}}  {command.summary}" for name, command in CATALOG.items()),
        "",
        _("crm-tui help COMMAND   one command;  crm-tui help {pages}   the manual").format(pages="|".join(PAGES)),
    ]


def _command(command: Command, keymap: Keymap | None) -> list[str]:
    lines = [command.usage, "", f"  {command.summary}"]
    if command.arguments:
        lines.append("")
    for argument in command.arguments:
        named = argument.option or argument.flag
        name = f"--{argument.name.replace('_', '-')}" if named else argument.name.upper()
        lines.append(f"  {name:<14}  {_(argument.help)}")
    if command.target != "none":
        lines.append(f"  {'ID… / --on':<14}  " + _("which customers; on the screens the marked ones, else the row"))
    return [*lines, *_keys(command.name, keymap)]


def _keys(name: str, keymap: Keymap | None) -> list[str]:
    """The keys that run the command."""
    rows: dict[tuple[str, str], list[str]] = {}
    for where, keys, line in _everywhere(keymap or shipping()):
        if name in (_name_of(part.text) for part in commands_of(line)):
            rows.setdefault((shown(tuple(keys.split(" "))), line), []).append(where)
    found = [f"  {_where(keys, places):<14}  {line}" for (keys, line), places in rows.items()]
    return ["", _("Keys:"), *found] if found else []


def _where(keys: str, places: list[str]) -> str:
    return keys if "any" in places else f"{keys} ({', '.join(places)})"


def _examples(name: str) -> list[str]:
    """Lines of the written pages that use the command."""
    lines = (line.strip() for page in PAGES if page != "dates" for line in _written(page) if line[:4] == "    ")
    found = [line for line in lines if _name_of(line.removeprefix("crm-tui ")) == name]
    return ["", _("Examples:"), *(f"  {line}" for line in found[:_EXAMPLES])] if found else []


def key_table(keymap: Keymap | None = None) -> list[str]:
    """The keys as Markdown rows: key, command, what it does."""
    rows: dict[str, dict[str, list[str]]] = {}
    for where, keys, line in _everywhere(keymap or shipping()):
        rows.setdefault(line, {}).setdefault(keys, []).append(where)
    return ["| key | command | |", "|---|---|---|"] + [
        f"| {' '.join(_cell(keys, places) for keys, places in by.items())} | `{line}` | {help_of(line)} |"
        for line, by in rows.items()
    ]


def _cell(keys: str, places: list[str]) -> str:
    return _where(f"`{keys}`".replace("|", "\\|"), places)


def key_records(keymap: Keymap) -> list[dict[str, Any]]:
    """The keys as `--json` prints them: where they act, the command line, whether they are the user's own."""
    own = {(where, " ".join(keys)) for where, keys in keymap.own}
    return [
        {"place": where, "keys": keys, "command": line, "own": (where, keys) in own}
        for where, keys, line in _everywhere(keymap)
    ]


def _everywhere(keymap: Keymap) -> Iterator[tuple[Layer, str, str]]:
    """All keys that act: those of all places, then what each has beside them."""
    general = keymap.bindings("any")
    for layer in _LAYERS:
        if layer == "recording":
            for (where, sequence), line in keymap.table.items():
                if where == layer and line:
                    yield layer, " ".join(sequence), line
        else:
            for keys, line in keymap.bindings(layer).items():
                if layer == "any" or general.get(keys) != line:
                    yield layer, keys, line


def keymap_lines(keymap: Keymap, place: Place) -> list[str]:
    """What is wrong with the user's file, then the keys that act in the place."""
    faults = [f"! {fault}" for fault in keymap.faults]
    live = {shown(keys): line for keys, line in keymap.live(place).items()}
    width = max(map(len, live), default=0)
    return [*faults, *([""] if faults else []), *(f"{keys:<{width}}  {line}" for keys, line in live.items())]


def help_of(line: str) -> str:
    """The help line of the command that a line calls, of several the lines of all; empty for none."""
    told = [_help_of(part.text.replace(TYPED, "").strip()) for part in commands_of(line)]
    return "; ".join(text for text in told if text)


def _help_of(line: str) -> str:
    name = _name_of(line)
    return CATALOG[name].summary if name else ""


def _name_of(line: str) -> str:
    """The name of the command that a line calls; empty for none."""
    for length in (3, 2, 1):
        name = " ".join(line.split(" ")[:length])
        if name in CATALOG:
            return name
    return ""
