"""Commands about what customers are worth, and the keeping of it."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.catalog.roles import administrator
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import worth as verbs
from crm_tui.domain.language import N_

COMMANDS = (
    Command(
        "metrics", N_("what a customer is worth: sales, margin, growth, share, payments …"), verbs.metrics,
        target="one",
        arguments=(
            Argument("from", kinds.TEXT, N_("the first day, month or year; else twelve months ago"), option=True),
            Argument("to", kinds.TEXT, N_("the last day, month or year; else the last full month"), option=True),
        ),
    ),
    Command(
        "rebuild", N_("compute anew all that is derived: metrics, counts, dates, badges …"), verbs.rebuild,
        changes=True, refusal=administrator,
    ),
)  # fmt: skip
