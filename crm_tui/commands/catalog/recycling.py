"""Commands of recycling: what cron runs, and the rules that it runs by."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.catalog.roles import administrator, lead
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import recycling as verbs
from crm_tui.domain.language import N_

COMMANDS = (
    Command(
        "sweep", N_("warn of and return what the recycling rules say; for cron, once a day"), verbs.sweep,
        changes=True, refusal=lead, preview=verbs.previewed,
        caution=N_("sweep all? u does not take it back (undo N by a lead does)"),
    ),
    Command(
        "config preset", N_("set rules that belong together: recycling, A 7, B 15, C 30, D 60 days, not won in 90"),
        verbs.preset, changes=True, refusal=administrator,
        arguments=(
            Argument("preset", kinds.one_of("preset", "recycling"), N_("recycling"), required=True),
            Argument("off", kinds.TEXT, N_("switch them off instead"), flag=True),
            Argument("pool", kinds.TEXT, N_("for one pool only"), option=True),
        ),
    ),
)  # fmt: skip
