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
    followups,
    handover,
    pools,
    recycling,
    shell,
    views,
)
from crm_tui.commands.catalog.views import MARKS, VIEWS
from crm_tui.commands.registry import Command

__all__ = ["CATALOG", "MARKS", "VIEWS"]

CATALOG: Mapping[str, Command] = {
    command.name: command
    for area in (customers, followups, pools, recycling, handover, collaboration, views, shell, administration, door)
    for command in area.COMMANDS
}
