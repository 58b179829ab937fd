"""Every command of the program, in one table: from it come keys, the `:` line, the palette, `?`, shell and macros.

To add a command: a line in its area's module, a function in `crm_tui.services`, its test.
"""

from __future__ import annotations

from collections.abc import Mapping

from crm_tui.commands.catalog import (
    administration,
    collaboration,
    customers,
    door,
    duplicates,
    facts,
    followups,
    grading,
    handover,
    macros,
    offering,
    playbooks,
    pools,
    recycling,
    saved,
    schemes,
    shell,
    views,
    worth,
)
from crm_tui.commands.catalog.views import MARKS, VIEWS
from crm_tui.commands.registry import Command

__all__ = ["CATALOG", "MARKS", "VIEWS"]

_AREAS = (
    customers, duplicates, followups, facts, worth, grading, schemes, playbooks, offering, pools, recycling, handover,
    collaboration, views, saved, macros, shell, administration, door,
)  # fmt: skip

CATALOG: Mapping[str, Command] = {
    command.name: command
    for area in _AREAS
    for command in area.COMMANDS
}
