"""Commands between people: sharing, asking, commenting, what waits, reports, credit."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.catalog.roles import lead
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import collaboration as verbs
from crm_tui.domain.language import N_

_USER = Argument("user", kinds.LOGIN, N_("who: a login"), required=True)
_FUNCTION = Argument("function", kinds.FUNCTION, N_("engineer, executive or service"), option=True)

COMMANDS = (
    Command(
        "share", N_("let a colleague work it too"), verbs.share, target="rows", changes=True, ask="bare",
        needs="move", ahead=verbs.share_ahead,
        arguments=(
            _USER, _FUNCTION,
            Argument("access", kinds.ACCESS, N_("read or edit; else read"), option=True),
            Argument("until", kinds.WHEN, N_("the last day; else until it is taken back"), option=True),
        ),
    ),
    Command(
        "unshare", N_("let a colleague work it no more"), verbs.unshare, target="rows", changes=True, ask="missing",
        needs="",
        arguments=(_USER,),
    ),
    Command(
        "ask-share", N_("ask who holds a customer to work it together"), verbs.ask_share, changes=True, ask="missing",
        arguments=(
            Argument("customer", kinds.TEXT, N_("its exact name, or its number if one sees it"), required=True),
            _FUNCTION,
            Argument("reason", kinds.TEXT, N_("why"), option=True),
        ),
    ),
    Command(
        "comment", N_("comment on an interaction; it lands in the rep's queue"), verbs.comment, target="one",
        changes=True, ask="missing", refusal=lead,
        arguments=(
            Argument("text", kinds.LONG_TEXT, N_("what to say"), required=True),
            Argument("on_interaction", kinds.NUMBER, N_("its number; else the newest"), option=True),
        ),
    ),
    Command("notices", N_("what waits for oneself"), verbs.notices),
    Command("noted", N_("take note: what waits and needs no work is closed"), verbs.noted, target="rows", changes=True),
    Command(
        "report", N_("a report by its name; without one, which there are"), verbs.report,
        arguments=(
            Argument("name", kinds.REPORT, N_("day or week drafted from the log; funnel, pareto, ageing …")),
            Argument("from", kinds.TEXT, N_("its first day, month, quarter or year; else twelve full months"),
                     option=True),
            Argument("to", kinds.TEXT, N_("its last one"), option=True),
            Argument("scheme", kinds.SCHEME, N_("the scheme whose tiers it is about"), option=True),
            Argument("by", kinds.ORIGIN, N_("source, region, industry or owner, for tiers and stages"), option=True),
            Argument("on", kinds.FILTER, N_("only these customers"), option=True),
            Argument("limit", kinds.NUMBER, N_("so many rows at most"), option=True),
            Argument("of", kinds.LOGIN, N_("day, week: whose; else one's own"), option=True),
            Argument("date", kinds.PAST, N_("day, week: the day, or a day of the week"), option=True),
            Argument("team", kinds.TEXT, N_("day, week: everybody of the team"), flag=True),
        ),
    ),
    Command("credit", N_("whose work on it counts, and how that is reckoned"), verbs.credit, target="one"),
    Command(
        "credit fix", N_("fix whose work counts: li=60 wang=40"), verbs.credit_fix, target="one", changes=True,
        needs="move", ask="missing", refusal=lead,
        arguments=(
            Argument("shares", kinds.SHARE, N_("login=percent, 100 in all"), required=True, many=True),
            Argument("reason", kinds.TEXT, N_("why"), option=True),
        ),
    ),
)  # fmt: skip
