"""What the menus of a place offer: the keys that act there, and every command by name."""

from __future__ import annotations

from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.keymap import bindings
from crm_tui.commands.manual import help_of
from crm_tui.commands.registry import Command
from crm_tui.domain.language import _
from crm_tui.tui.screens.place import Place
from crm_tui.tui.views import has_view, no_view
from crm_tui.tui.widgets.menu import Item


def keys(place: Place) -> list[Item]:
    """The command lines that have keys in the place; the name of an item is its line."""
    found: dict[str, list[str]] = {}
    for pressed, line in bindings(place.keys).items():
        found.setdefault(line, []).append(pressed)
    return [Item(line, line, " ".join(by[:2]), help_of(line), words=" ".join(by)) for line, by in found.items()]


def commands(place: Place) -> list[Item]:
    """All commands, each with its key and, where it cannot run now, the reason."""
    by: dict[str, str] = {}
    for pressed, line in bindings(place.keys).items():
        by.setdefault(line, pressed)
    return [
        Item(name, name, by.get(name, ""), command.summary, _disabled(place, command))
        for name, command in CATALOG.items()
    ]


def _disabled(place: Place, command: Command) -> str:
    if command.view and not has_view(type(place), command):
        return no_view(command)
    if command.target != "none" and not place.targets().ids:
        return _("there is no customer under the cursor")
    return command.refusal(place.session) or ""


async def start(place: Place, name: str) -> None:
    """Run a command that was chosen by name; one that needs more than a key can ask for opens the line with it."""
    command = CATALOG[name]
    if any(argument.required for argument in command.arguments) and not command.ask:
        place.line(f"{command.name} ")
    else:
        await place.crm.obey(name)
