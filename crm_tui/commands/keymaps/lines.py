"""What the line of a key must be to work ever: commands that the screens have, in a place that has them.

Of the values those are read that need no database to be found wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from crm_tui.commands import kinds
from crm_tui.commands.catalog import CATALOG
from crm_tui.commands.keymap import LETTER, TYPED, Keys
from crm_tui.commands.language import Call, commands_of, read
from crm_tui.commands.registry import Argument, Command
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.schemes import find_tier, shipped

if TYPE_CHECKING:
    from crm_tui.services.session import Session

IN_PLACES: dict[str, tuple[str, ...]] = {
    "board": ("pipeline", "pool"), "bring_in": ("importing",), "changes_here": ("history",),
    "distinct_here": ("dupes", "merge"), "merge_here": ("dupes", "merge"), "pick_left": ("merge",),
    "pick_right": ("merge",),
    "swap_here": ("merge",), "choose_columns": ("pipeline", "pool"),
    "choose_here": ("pools", "team", "reports", "report", "macros", "importing"), "column_here": ("importing",),
    "csv_here": ("report",),
    "period_here": ("report",), "dry_run_here": ("macros", "importing"), "edit_here": ("macros",),
    "editor_here": ("macros",), "filter": ("due", "pipeline", "pool", "history"),
    "find": ("due", "pipeline", "pool", "history", "card"), "handover_here": ("team",), "handover_now": ("handover",),
    "redo_here": ("history",), "remove_here": ("macros",), "rename_here": ("macros",), "rule_here": ("handover",),
    "sort": ("pipeline", "pool"), "sweep_now": ("sweep",), "tab": ("pipeline", "pool"),
    "table_here": ("importing",), "undo_here": ("history",), "week_here": ("team",),
}  # fmt: skip
"""The views that some places have, and which: the screens' own truth, which nothing here may import."""
SHELL = frozenset({
    "backup", "check", "completion", "config", "config_get", "demo", "due", "history", "list", "restore",
    "run", "show", "spool_get", "ssh_authorized_keys", "ssh_setup", "users", "version", "watch",
})  # fmt: skip
"""The views that only a shell has."""


def checked(layer: str, keys: Keys, line: object) -> str:
    """The command line of a key of that layer; UsageError says why it cannot work, in whatever state the data are."""
    if not isinstance(line, str):
        raise UsageError(_('a command line in quotes is wanted, as in "tier A; down"; "" unbinds the key'))
    line = line.strip()
    if not line:
        return ""
    if TYPED in line and LETTER not in keys:
        raise UsageError(_("{typed} is for keys with {letter}").format(typed=TYPED, letter=f'"Q {LETTER}"'))
    parts = commands_of(line)
    if not parts:
        raise UsageError(_("which command? `help` lists them"))
    for part in parts:
        call = read(part.text.replace(TYPED, "a"), CATALOG)
        _check_place(call.command, layer)
        if TYPED not in part.text:
            _check_values(call)
    return line


def _check_place(command: Command, layer: str) -> None:
    if command.view in SHELL:
        raise UsageError(_("{command} is for the shell: crm-tui {command}").format(command=command.name))
    places = IN_PLACES.get(command.view)
    if places is not None and layer not in ("any", "recording", *places):
        tables = ", ".join(f"[{place}]" for place in places)
        message = _("{command} does nothing in [{layer}]: write the key under {tables}")
        raise UsageError(message.format(command=command.name, layer=layer, tables=tables))


def _check_values(call: Call) -> None:
    for argument in call.command.arguments:
        given = call.values.get(argument.name)
        for text in given if isinstance(given, tuple) else (given,):
            if isinstance(text, str):
                _check_value(argument, text)


def _check_value(argument: Argument, text: str) -> None:
    if argument.kind.pure:
        argument.kind.read(cast("Session", None), text)
    elif argument.kind is kinds.TIER and text != "accept":
        _check_tier(text)


def _check_tier(text: str) -> None:
    """UsageError for what no scheme that ships has as a tier."""
    for scheme in shipped().values():
        try:
            find_tier(scheme, text)
        except UsageError:
            continue
        return
    names = ", ".join(dict.fromkeys(tier.identifier for scheme in shipped().values() for tier in scheme.tiers))
    raise UsageError(_('there is no tier "{tier}": {names}').format(tier=text, names=names))
