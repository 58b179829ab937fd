"""Commands that keep the ways of grading."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.registry import Argument, Command, Kind
from crm_tui.commands.verbs import schemes as verbs
from crm_tui.domain.language import N_

# One that cannot be read any more is no scheme, and can be removed all the same.
_OWN = Kind("scheme", suggest=kinds.SCHEME.suggest)

COMMANDS = (
    Command("schemes list", N_("the ways of grading: tiers, rules, where they are primary"), verbs.listed),
    Command(
        "schemes show", N_("the file of a scheme, to begin one's own with"), verbs.show, ask="missing",
        arguments=(Argument("scheme", kinds.SCHEME, N_("which one"), required=True),),
    ),
    Command(
        "schemes add", N_("take a scheme of one's own into use, and tell who would move"), verbs.add, changes=True,
        ask="missing", refusal=verbs.refusal,
        arguments=(Argument("file", kinds.FILE, N_("its TOML file; - for standard input"), required=True),),
    ),
    Command(
        "schemes remove", N_("take a scheme of one's own out of use"), verbs.remove, changes=True, ask="missing",
        refusal=verbs.refusal, arguments=(Argument("scheme", _OWN, N_("which one"), required=True),),
    ),
)  # fmt: skip
