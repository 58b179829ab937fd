"""Commands by which customers change hands (DOMAIN §4)."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.catalog.roles import administrator, lead, no_service
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import pools as verbs
from crm_tui.domain.language import N_

_REASON = Argument("reason", kinds.TEXT, N_("why"), option=True)
_RELEASE = Argument("reason", kinds.RELEASE_REASON, N_("why; the next rep sees it"), option=True)
_ASSIGNEE = Argument("to", kinds.ASSIGNEE, N_("a login; rr:li,wang in turn; least:li,wang: least busy"), required=True)
_NAME = Argument("name", kinds.TEXT, N_("its name"), required=True)
_POOL = Argument("pool", kinds.POOL, N_("a public pool"), required=True)
_MEMBERS = Argument("members", kinds.TEXT, N_("who belongs to it: li,wang; all for everybody"), option=True)
_ROUTE = Argument("route", kinds.TEXT, N_("the filter of new customers that belong into it"), option=True)

COMMANDS = (
    Command(
        "claim", N_("claim from the public pool"), verbs.claim, target="rows", changes=True, refusal=no_service,
        arguments=(Argument("all_or_nothing", kinds.TEXT, N_("none unless all can be claimed"), flag=True),),
    ),
    Command(
        "release", N_("give back to the public pool; wants a reason"), verbs.release, target="rows", changes=True,
        needs="move", refusal=no_service, arguments=(_RELEASE,),
    ),
    Command(
        "assign", N_("give to a user, or share out among several"), verbs.assign, target="rows", changes=True,
        needs="move", ask="missing", refusal=lead, arguments=(_ASSIGNEE, _REASON),
    ),
    Command(
        "transfer", N_("offer to a colleague, who accepts or declines"), verbs.transfer, target="rows", changes=True,
        needs="move", ask="missing", refusal=no_service, ahead=verbs.transfer_ahead,
        arguments=(Argument("to", kinds.LOGIN, N_("the colleague's login"), required=True), _REASON),
    ),
    Command("accept", N_("accept what was offered to one"), verbs.accept, target="rows", changes=True),
    Command("decline", N_("decline what was offered to one"), verbs.decline, target="rows", changes=True),
    Command("withdraw", N_("take an offer back"), verbs.withdraw, target="rows", changes=True),
    Command(
        "move", N_("into another public pool"), verbs.move, target="rows", changes=True, ask="missing", refusal=lead,
        needs="move", arguments=(_POOL,),
    ),
    Command(
        "protect", N_("shield from recycling for a time; wants a reason"), verbs.protect, target="rows", changes=True,
        needs="move", refusal=no_service,
        arguments=(_REASON, Argument("until", kinds.WHEN, N_("the last day"), option=True)),
    ),
    Command("unprotect", N_("end the protection"), verbs.unprotect, target="rows", changes=True, refusal=no_service),
    Command(
        "block", N_("we do not sell to it: out of all pools and queues; wants a reason"), verbs.block, target="rows",
        changes=True, needs="move", refusal=lead, arguments=(_REASON,),
    ),
    Command(
        "unblock", N_("back into the public pool; wants a reason"), verbs.unblock, target="rows", changes=True,
        needs="move", refusal=lead, arguments=(_REASON,),
    ),
    Command("holders", N_("who held it, since when, and why it changed hands"), verbs.holders, target="one"),
    Command("pools list", N_("the public pools: members, rules, how many customers"), verbs.pools_list),
    Command(
        "pools add", N_("make a public pool"), verbs.pools_add, changes=True, refusal=administrator,
        arguments=(_NAME, _MEMBERS, _ROUTE),
    ),
    Command(
        "pools edit", N_("change a public pool"), verbs.pools_edit, changes=True, refusal=administrator,
        arguments=(_POOL, Argument("name", kinds.TEXT, N_("its new name"), option=True), _MEMBERS, _ROUTE),
    ),
)  # fmt: skip
