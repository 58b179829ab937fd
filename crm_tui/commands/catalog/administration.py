"""Commands that set up the program."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.catalog.roles import administrator
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import administration as verbs
from crm_tui.domain.language import N_

COMMANDS = (
    Command(
        "users add", N_("add a user"), verbs.users_add, changes=True, refusal=administrator,
        arguments=(
            Argument("login", kinds.TEXT, N_("the operating system's name"), required=True),
            Argument("name", kinds.TEXT, N_("the full name"), option=True),
            Argument("role", kinds.ROLE, N_("rep, lead, service or admin"), option=True),
            Argument("time_zone", kinds.TEXT, N_("as in Asia/Shanghai"), option=True),
        ),
    ),
    Command(
        "config set", N_("change a business rule"), verbs.config_set, changes=True, refusal=administrator,
        arguments=(
            Argument("setting", kinds.SETTING, N_("its name"), required=True),
            Argument("value", kinds.TEXT, N_("the value; off for none"), required=True),
        ),
    ),
)  # fmt: skip
