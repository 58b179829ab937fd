"""Commands on what a customer is owed by its tier, and what of it was done."""

from __future__ import annotations

from crm_tui.commands import fact_kinds, kinds
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import playbooks as verbs
from crm_tui.domain.language import N_

COMMANDS = (
    Command("playbook", N_("what the customer is owed by its tier, and what of it was done"), verbs.show, target="one"),
    Command(
        "playbook done", N_("tick off what the playbook asks for"), verbs.mark, target="rows", changes=True,
        ask="missing",
        arguments=(
            Argument("item", fact_kinds.THING, N_("what: senior_visits, yearly_meeting, gifts …"), required=True),
            Argument("at", kinds.PAST, N_("the day, if not today; it counts for the period of that day"), option=True),
            Argument("note", kinds.TEXT, N_("a note"), option=True),
        ),
    ),
)  # fmt: skip
