"""Every command of the program, in one table: from it come keys, the `:` line, the palette, `?`, shell and macros.

To add a command: a line here, a function in `crm_tui.services`, its test.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from crm_tui.commands import kinds, verbs
from crm_tui.commands.registry import Argument, Command
from crm_tui.domain.language import N_, _
from crm_tui.domain.people import ROLES

if TYPE_CHECKING:
    from crm_tui.services.session import Session


def _administrator(session: Session) -> str | None:
    if session.person.role == "admin":
        return None
    return _("only administrators do that; you are {role}").format(role=_(ROLES[session.person.role]))


_REASON = Argument("reason", kinds.REASON, N_("why; going back, and lost, need one"), option=True)
_WHY = Argument("reason", kinds.TEXT, N_("why"), option=True)
_FIELDS = Argument("fields", kinds.ASSIGNMENT, N_("field=value, empty to clear it"), many=True)
_SOME_FIELDS = Argument("fields", kinds.ASSIGNMENT, N_("field=value, empty to clear it"), required=True, many=True)
_OWNER = Argument("owner", kinds.OWNER, N_("who holds it: me, a login, or pool"), option=True)
_ANYWAY = Argument("anyway", kinds.TEXT, N_("even if there is one like it"), flag=True)
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
_TAGS = Argument("tags", kinds.TAG, N_("words"), required=True, many=True)

_FILTER = Argument("filter", kinds.FILTER, N_("as in tier:A owner:me last:>30d"), many=True)
_COLUMNS = Argument("columns", kinds.TEXT, N_("names, separated by commas"), option=True)
_SORT = Argument("sort", kinds.SORT, N_("name, due, last, -created …"), option=True)
_LIMIT = Argument("limit", kinds.NUMBER, N_("so many at most"), option=True)

VIEWS = ("due", "pipeline", "history")
MARKS = ("all", "none", "invert", "range")

_CUSTOMERS = (
    Command(
        "new", N_("make a customer"), verbs.new, changes=True, ask="bare",
        arguments=(
            Argument("name", kinds.TEXT, N_("its name"), required=True),
            _FIELDS,
            Argument("kind", kinds.CUSTOMER_KIND, N_("organization or person; else guessed"), option=True),
            Argument("stage", kinds.STAGE, N_("where it begins"), option=True),
            Argument("tier", kinds.TIER, N_("its intent letter"), option=True),
            Argument("contact", kinds.TEXT, N_("the name of its first contact"), option=True),
            _OWNER, _ANYWAY,
        ),
    ),
    Command(
        "paste", N_("make a customer from one pasted line: company, name, mobile"), verbs.paste, changes=True,
        ask="missing",
        arguments=(
            Argument("line", kinds.LINE, N_("company, name, mobile, mail in any order"), required=True),
            _OWNER, _ANYWAY,
        ),
    ),
    Command(
        "edit", N_("change fields; each one given counts as verified today"), verbs.edit, target="rows", changes=True,
        ask="bare",
        arguments=(
            _SOME_FIELDS, Argument("version", kinds.NUMBER, N_("only if it is still at this version"), option=True),
        ),
    ),
    Command("archive", N_("take out of all lists"), verbs.archive, target="rows", changes=True),
    Command("unarchive", N_("bring back into the lists"), verbs.unarchive, target="rows", changes=True),
    Command(
        "contact add", N_("add a person at the customer"), verbs.contact_add, target="one", changes=True, ask="bare",
        arguments=(Argument("name", kinds.TEXT, N_("the person's name"), required=True), _FIELDS),
    ),
    Command(
        "contact edit", N_("change a contact"), verbs.contact_edit, changes=True, ask="bare",
        arguments=(Argument("contact", kinds.NUMBER, N_("the contact's number"), required=True), _SOME_FIELDS),
    ),
    Command(
        "stage", N_("move to a stage"), verbs.stage, target="rows", changes=True, ask="missing",
        arguments=(Argument("stage", kinds.STAGE, N_("where to"), required=True), _REASON),
    ),
    Command("advance", N_("one stage on"), verbs.advance, target="rows", changes=True, arguments=(_REASON,)),
    Command("retreat", N_("one stage back"), verbs.retreat, target="rows", changes=True, arguments=(_REASON,)),
    Command(
        "tier", N_("set the tier; `accept` for what the stage proposes"), verbs.tier, target="rows", changes=True,
        ask="missing",
        arguments=(
            Argument("tier", kinds.TIER, N_("its letter or name"), required=True),
            Argument("scheme", kinds.SCHEME, N_("the scheme, if not the intent letters"), option=True),
            _WHY,
        ),
    ),
    Command("tag", N_("put tags on"), verbs.tag, target="rows", changes=True, ask="missing", arguments=(_TAGS,)),
    Command("untag", N_("take tags off"), verbs.untag, target="rows", changes=True, ask="missing", arguments=(_TAGS,)),
)  # fmt: skip

_FOLLOW_UPS = (
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
        "why", N_("why it has this tier, why it is due"), verbs.why, target="one",
        arguments=(Argument("what", kinds.one_of("what", "due", "tier"), N_("due or tier; else both")),),
    ),
    Command("undo", N_("take back the last thing one did"), verbs.undo, changes=True, arguments=(_ENTRY,)),
    Command("redo", N_("do again what was taken back"), verbs.redo, changes=True, arguments=(_ENTRY,)),
)  # fmt: skip

_ADMINISTRATION = (
    Command(
        "users add", N_("add a user"), verbs.users_add, changes=True, refusal=_administrator,
        arguments=(
            Argument("login", kinds.TEXT, N_("the operating system's name"), required=True),
            Argument("name", kinds.TEXT, N_("the full name"), option=True),
            Argument("role", kinds.ROLE, N_("rep, lead, service or admin"), option=True),
            Argument("time_zone", kinds.TEXT, N_("as in Asia/Shanghai"), option=True),
        ),
    ),
    Command(
        "config set", N_("change a business rule"), verbs.config_set, changes=True, refusal=_administrator,
        arguments=(
            Argument("setting", kinds.SETTING, N_("its name"), required=True),
            Argument("value", kinds.TEXT, N_("the value; off for none"), required=True),
        ),
    ),
)  # fmt: skip


_VIEWS = (
    Command(
        "view", N_("go to a screen"), view="go", ask="missing",
        arguments=(Argument("name", kinds.one_of("view", *VIEWS), N_("due, pipeline or history"), required=True),),
    ),
    Command("open", N_("open the customer"), view="open", target="one"),
    Command(
        "filter", N_("show only these; nothing for all"), view="filter",
        arguments=(_FILTER,),
    ),
    Command("find", N_("filter as one types"), view="find"),
    Command(
        "tab", N_("show one stage; nothing for all"), view="tab",
        arguments=(Argument("stage", kinds.STAGE, N_("the stage")),),
    ),
    Command(
        "sort", N_("sort the list; nothing for its own order"), view="sort",
        arguments=(Argument("key", kinds.SORT, N_("name, due, last, -created …")),),
    ),
    Command("board", N_("the board, or back to the list"), view="board"),
    Command(
        "mark", N_("mark the row and go down; or all, none, invert, range"), view="mark",
        arguments=(Argument("what", kinds.one_of("what", "row", *MARKS), N_("what to mark")),),
    ),
    Command("down", N_("a row down"), view="down"),
    Command("up", N_("a row up"), view="up"),
    Command("left", N_("to the left"), view="left"),
    Command("right", N_("to the right"), view="right"),
    Command("page-down", N_("a page down"), view="page_down"),
    Command("page-up", N_("a page up"), view="page_up"),
    Command("top", N_("to the first row"), view="top"),
    Command("bottom", N_("to the last row"), view="bottom"),
    Command(
        "copy", N_("send to the terminal's clipboard"), view="copy", ask="missing",
        arguments=(
            Argument("what", kinds.one_of("what", "phone", "email", "name"), N_("what to copy"), required=True),
        ),
    ),
    Command("keys", N_("the keys and commands here"), view="keys_menu"),
    Command("palette", N_("find a command"), view="palette"),
    Command("line", N_("type a command"), view="line"),
    Command("changes", N_("what the entry under the cursor changed"), view="changes_here"),
    Command("undo here", N_("take back the entry under the cursor"), view="undo_here"),
    Command("redo here", N_("do again the entry under the cursor"), view="redo_here"),
    Command("refresh", N_("read the screen again"), view="refresh_place"),
    Command("back", N_("back; on the first screen, ask to quit"), view="back"),
    Command("quit", N_("leave the program"), view="quit"),
    Command(
        "help", N_("the manual"), view="help",
        arguments=(Argument("topic", kinds.WORDS, N_("a command or a page"), many=True),),
    ),
)  # fmt: skip

_SHELL = (
    Command("list", N_("customers, one a line"), view="list", arguments=(_FILTER, _COLUMNS, _SORT, _LIMIT)),
    Command("due", N_("who is due, and why"), view="due", arguments=(_FILTER, _LIMIT)),
    Command("show", N_("all that is known of a customer"), view="show", target="one"),
    Command("history", N_("what was done, newest first"), view="history", arguments=(_LIMIT,)),
    Command(
        "import", N_("bring in customers from a CSV file"), view="import_file",
        arguments=(
            Argument("file", kinds.FILE, N_("the file"), required=True),
            Argument("map", kinds.ASSIGNMENT, N_("heading=field; heading= leaves it out"), option=True, many=True),
            Argument("set", kinds.ASSIGNMENT, N_("field=value for all rows that have none"), option=True, many=True),
            Argument("owner", kinds.OWNER, N_("who holds them; else the public pool"), option=True),
            Argument("encoding", kinds.TEXT, N_("if it is not recognised"), option=True),
            Argument("separator", kinds.TEXT, N_("if it is not recognised"), option=True),
            Argument("errors", kinds.FILE, N_("where the refused rows go"), option=True),
            Argument("no_dedupe", kinds.TEXT, N_("also what is there already"), flag=True),
        ),
    ),
    Command(
        "export", N_("customers into a CSV file"), view="export_file",
        arguments=(
            Argument("filter", kinds.FILTER, N_("which customers"), required=True),
            Argument("file", kinds.FILE, N_("the file; - for standard output"), required=True),
        ),
    ),
    Command("users list", N_("the users"), view="users"),
    Command("config show", N_("the business rules"), view="config"),
    Command(
        "config get", N_("one business rule"), view="config_get",
        arguments=(Argument("setting", kinds.SETTING, N_("its name"), required=True),),
    ),
    Command("check", N_("look for faults in the database"), view="check"),
    Command("demo", N_("the screens on a throw-away database"), view="demo"),
    Command("version", N_("which program this is"), view="version"),
)  # fmt: skip

CATALOG: Mapping[str, Command] = {
    command.name: command for command in (*_CUSTOMERS, *_FOLLOW_UPS, *_VIEWS, *_SHELL, *_ADMINISTRATION)
}
