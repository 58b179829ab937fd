"""Commands of the day: logging, promising, asking why, taking back."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import followups as verbs
from crm_tui.domain.language import N_

_NOTE = Argument("note", kinds.LONG_TEXT, N_("what was said"))
_PURPOSE = Argument("purpose", kinds.TEXT, N_("what for"), option=True)
_LOGGED = (
    _NOTE,
    Argument("next", kinds.WHEN, N_("the next date"), option=True, fill=verbs.cadence_date),
    _PURPOSE,
    Argument("channel", kinds.CHANNEL, N_("how"), option=True, fill=verbs.usual_channel),
    Argument("contact", kinds.NUMBER, N_("with whom"), option=True, fill=verbs.last_contact),
    Argument("outcome", kinds.TEXT, N_("what came of it"), option=True),
    Argument("at", kinds.PAST, N_("when it was, if not now"), option=True),
    Argument("attempt", kinds.TEXT, N_("it did not come about"), flag=True),
)
_WHEN = Argument("when", kinds.WHEN, N_("the date, as one says it: fri, +3d, 明天下午3点"), required=True)
_ENTRY = Argument("entry", kinds.NUMBER, N_("an entry of the history; else the newest of one's own"))

COMMANDS = (
    Command(
        "log", N_("log a call, visit or message, and the next date"), verbs.log, target="rows", changes=True,
        ask="bare",
        arguments=(*_LOGGED, Argument("done", kinds.TEXT, N_("what was promised is done"), flag=True)),
    ),
    Command(
        "done", N_("log it, mark what was promised as done, set the next date"), verbs.done, target="rows",
        changes=True, ask="bare", arguments=_LOGGED,
    ),
    Command(
        "no-answer", N_("log an attempt; it comes back next half-day"), verbs.no_answer, target="rows", changes=True,
        arguments=(_NOTE,),
    ),
    Command(
        "next", N_("promise the next date"), verbs.set_next, target="rows", changes=True, ask="missing",
        arguments=(_WHEN, _PURPOSE),
    ),
    Command(
        "snooze", N_("put off; lateness still counts from the first date"), verbs.snooze, target="rows", changes=True,
        ask="missing", arguments=(_WHEN,),
    ),
    Command(
        "why", N_("why it has this tier, why it is due, why it returns to the pool"), verbs.why, target="one",
        arguments=(
            Argument("what", kinds.one_of("what", "due", "tier", "recycle"), N_("due, tier or recycle; else all")),
            Argument("scheme", kinds.SCHEME, N_("the tiers of one scheme only"), option=True),
        ),
    ),
    Command("undo", N_("take back the last thing one did"), verbs.undo, changes=True, arguments=(_ENTRY,)),
    Command("redo", N_("do again what was taken back"), verbs.redo, changes=True, arguments=(_ENTRY,)),
)  # fmt: skip
