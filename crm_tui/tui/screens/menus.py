"""What the menus of a place offer: the keys that act there, and every command by name."""

from __future__ import annotations

from collections.abc import Sequence

from crm_tui.commands import manual
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.keymap import TYPED
from crm_tui.commands.macro_files import Found
from crm_tui.commands.manual import help_of
from crm_tui.commands.registry import Command
from crm_tui.domain.language import _
from crm_tui.tui.screens.place import Place
from crm_tui.tui.views import has_view, no_view
from crm_tui.tui.widgets.menu import Item


def keys(place: Place) -> list[Item]:
    """The command lines that have keys in the place; the name of an item is its line."""
    crm, found = place.crm, dict[str, list[str]]()
    for pressed, line in crm.keymap.bindings(place.keys, recording=crm.resolver.recording).items():
        found.setdefault(line, []).append(pressed)
    return [Item(line, line, " ".join(by[:2]), help_of(line), keys=tuple(by)) for line, by in found.items()]


async def run(place: Place, line: str) -> None:
    """Run a line that was chosen among the keys; one that lacks a letter is typed to its end."""
    if TYPED in line:
        place.line(line.replace(TYPED, ""))
    else:
        await place.crm.obey(line)


def topics() -> list[Item]:
    """What the manual has a page on."""
    return [Item(name, name, "", about) for name, about in manual.topics()]


def commands(place: Place) -> list[Item]:
    """All commands, each with its key and, where it cannot run now, the reason."""
    live = place.crm.keymap
    return [
        Item(name, name, live.key(name, place.keys), command.summary, _disabled(place, command))
        for name, command in CATALOG.items()
    ]


def macros(place: Place, found: Sequence[Found]) -> list[Item]:
    """The macros, each as the line that plays it; what is wrong with one is the reason that it cannot be chosen."""
    items: list[Item] = []
    for one in found:
        line = f"play {one.name}"
        key = place.crm.keymap.key(line, place.keys)
        items.append(Item(line, line, key, one.macro.about if one.macro else "", str(one.fault or "")))
    return items


def _disabled(place: Place, command: Command) -> str:
    if command.view and not has_view(type(place), command):
        return no_view(command)
    if command.target != "none" and not place.targets().ids:
        return _("there is no customer under the cursor")
    return command.refusal(place.session) or ""


async def start(place: Place, name: str) -> None:
    """Run a command that was chosen by name; one that needs more than a key can ask for opens the line with it."""
    command = CATALOG.get(name)
    if command is not None and any(argument.required for argument in command.arguments) and not command.ask:
        place.line(f"{command.name} ")
    else:
        await place.crm.obey(name)
