"""Commands on customers that may be one (DOMAIN §9)."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.registry import Argument, Command, Kind
from crm_tui.commands.verbs import duplicates as verbs
from crm_tui.domain.language import N_

_TAKE = Kind("field=id", verbs.taken, pure=True)
_SEEN = Kind("id=version", verbs.versions, pure=True)

COMMANDS = (
    Command(
        "dupes", N_("the pairs of customers that may be one, most alike first"), view="dupes",
        arguments=(
            Argument("filter", kinds.FILTER, N_("only pairs of which it finds one"), many=True),
            Argument("limit", kinds.NUMBER, N_("so many pairs at most, else 10"), option=True),
            Argument("scan", kinds.TEXT, N_("look through all customers first"), flag=True),
        ),
    ),
    Command(
        "distinct", N_("these are not one: remember that"), verbs.distinct, target="rows", changes=True, needs="",
    ),
    Command(
        "merge", N_("make one of them: everything under the others moves to it"), verbs.merge, target="rows",
        changes=True, needs="",
        arguments=(
            Argument("into", kinds.NUMBER, N_("into which of them, else the first"), option=True),
            Argument("take", _TAKE, N_("whose value of a field, as in phone=12,email=5"), option=True),
            Argument("seen", _SEEN, N_("only if they are at these versions still, as in 12=4,5=1"), option=True),
        ),
    ),
    Command("pick left", N_("take the value on the left, or the one before"), view="pick_left"),
    Command("pick right", N_("take the value on the right, or the one after"), view="pick_right"),
    Command("swap", N_("merge into the other one"), view="swap_here"),
    Command("merge here", N_("merge what is shown"), view="merge_here"),
    Command("distinct here", N_("the two that are shown are not one"), view="distinct_here"),
)  # fmt: skip
