"""Commands that grade customers by a scheme's rule, and that show lists under a scheme."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.catalog.roles import no_service
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import grading as verbs
from crm_tui.domain.language import N_

COMMANDS = (
    Command(
        "grade", N_("grade customers by a scheme's rule: first who would move, then as one entry"), verbs.grade,
        changes=True, ask="missing", refusal=no_service, preview=verbs.preview, bulk=verbs.moving, shows_first=True,
        ahead=verbs.ahead,
        arguments=(
            Argument("scheme", kinds.RULED_SCHEME, N_("value, pareto, matrix, fit …"), required=True),
            Argument("from", kinds.TEXT, N_("the first day, month or year; else twelve months ago"), option=True),
            Argument("to", kinds.TEXT, N_("the last day, month or year; else the last full month"), option=True),
            Argument("on", kinds.FILTER, N_("only these customers; percentiles are of all the same"), option=True),
        ),
    ),
    Command(
        "scheme", N_("lists under another scheme; without a name the next that graded anybody"), view="scheme",
        arguments=(Argument("name", kinds.SHOWN_SCHEME, N_("a scheme, or primary")),),
    ),
)  # fmt: skip
