"""Commands for when somebody leaves."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.catalog.roles import lead
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import handover as verbs
from crm_tui.domain.language import N_

COMMANDS = (
    Command(
        "handover", N_("all that a leaver holds to others; without --by, what that is"), verbs.handover, changes=True,
        ask="bare", refusal=lead, bulk=verbs.affected,
        arguments=(
            Argument("user", kinds.LOGIN, N_("who leaves"), required=True),
            Argument("by", kinds.ASSIGNEE, N_("to whom: tier:A=li,rr:wang,amy or least:wang,amy"), option=True),
            Argument("reason", kinds.TEXT, N_("why"), option=True),
        ),
    ),
)  # fmt: skip
