"""Which places there are, and what can be done in them: a view is a method of a place, named by its command.

A place is imported when it is first needed, since the first frame waits for one of them only.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from crm_tui.commands.registry import Command
from crm_tui.domain.language import _
from crm_tui.tui.screens.place import Place

PLACES = {
    "due": "DueScreen", "pipeline": "PipelineScreen", "history": "HistoryScreen", "card": "CardScreen",
    "pools": "PoolsScreen", "pool": "PoolScreen", "team": "TeamScreen", "handover": "HandoverScreen",
    "sweep": "SweepScreen", "macros": "MacrosScreen", "reports": "ReportsScreen", "report": "ReportScreen",
    "importing": "ImportScreen", "dupes": "DupesScreen", "merge": "MergeScreen",
}  # fmt: skip


def kind_of(name: str) -> type[Place]:
    """The class of a place."""
    found: type[Place] = getattr(import_module(f"crm_tui.tui.screens.{name}"), PLACES[name])
    return found


def has_view(place: type[Place], command: Command) -> bool:
    """Whether that kind of place has this view command."""
    return any(command.view in vars(kind) for kind in place.__mro__ if issubclass(kind, Place))


def no_view(command: Command) -> str:
    """Why a view command does nothing here."""
    if _is_anywhere(command):
        return _("{command} is for another screen").format(command=command.name)
    return _("{command} is for the shell: crm-tui {command}").format(command=command.name)


@cache
def on_screens() -> Mapping[str, Command]:
    """The catalogue without what only a shell has."""
    from crm_tui.commands.catalog import CATALOG

    return {name: command for name, command in CATALOG.items() if not command.view or _is_anywhere(command)}


def _is_anywhere(command: Command) -> bool:
    return any(has_view(kind_of(name), command) for name in PLACES)
