"""Commands for a shell: what the screens show, printed; files in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.commands import kinds
from crm_tui.commands.registry import Argument, Command, Kind
from crm_tui.commands.verbs import exporting
from crm_tui.domain.language import N_

if TYPE_CHECKING:
    from crm_tui.commands.registry import Suggestion
    from crm_tui.services.exports.places import Place
    from crm_tui.services.session import Session

_FILTER = Argument("filter", kinds.FILTER, N_("as in tier:A owner:me last:>30d"), many=True)
_COLUMNS = Argument("columns", kinds.COLUMNS, N_("names, separated by commas"), option=True)
_SORT = Argument("sort", kinds.SORT, N_("name, due, last, -created …; several with commas"), option=True)
_VIEW = Argument("view", kinds.SAVED_VIEW, N_("the list of a saved view"), option=True)
_POOL = Argument("pool", kinds.POOL, N_("as it holds in this public pool"), option=True)
_LIMIT = Argument("limit", kinds.NUMBER, N_("so many at most"), option=True)

_SCHEME = Argument("scheme", kinds.SCHEME, N_("the tiers under this scheme"), option=True)
_FORMAT = kinds.one_of("format", "csv", "xlsx", "jsonl", "vcf", "ics")


def _taken_out(session: Session, text: str) -> tuple[Place, ...]:
    from crm_tui.services.exports import places

    return places.read(text)


def _offered_out(session: Session) -> list[Suggestion]:
    from crm_tui.services.exports import places

    return places.offered()


_TAKEN_OUT = Kind("columns", _taken_out, _offered_out, pure=True)

COMMANDS = (
    Command(
        "list", N_("customers, one a line"), view="list",
        arguments=(_FILTER, _COLUMNS, _SORT, _LIMIT, _VIEW, _SCHEME),
    ),
    Command("due", N_("who is due, and why"), view="due", arguments=(_FILTER, _LIMIT)),
    Command(
        "watch", N_("what is done to customers, as it happens, until it is ended"), view="watch",
        arguments=(
            _FILTER, Argument("since", kinds.SINCE, N_("first what came after this entry of the history"), option=True),
            _LIMIT, _VIEW,
        ),
    ),
    Command("show", N_("all that is known of a customer"), view="show", target="one"),
    Command("history", N_("what was done, newest first"), view="history", arguments=(_LIMIT,)),
    Command(
        "import", N_("bring in customers, orders, payments and more from a CSV file"), view="import_file",
        arguments=(
            Argument("file", kinds.FILE, N_("the file"), required=True),
            Argument(
                "as", kinds.one_of(
                    "table", "customers", "orders", "payments", "receivables", "products", "wallet", "deals",
                    "interactions", "follow-ups",
                ), N_("what it holds, else customers"), option=True,
            ),
            Argument("map", kinds.ASSIGNMENT, N_("heading=field; heading= leaves it out"), option=True, many=True),
            Argument("set", kinds.ASSIGNMENT, N_("field=value for all rows that have none"), option=True, many=True),
            Argument("owner", kinds.OWNER, N_("who holds them; else the public pool"), option=True),
            Argument("assign", kinds.ASSIGNEE, N_("share them out: rr:li,wang or least:li,wang"), option=True),
            Argument(
                "mode", kinds.one_of("mode", "create", "update", "upsert"),
                N_("update changes customers that are there, upsert makes the others too; else only new ones are made"),
                option=True,
            ),
            Argument(
                "same", kinds.TEXT, N_("by what customers are the same: id, name, phone, email, tax_number, x.NAME"),
                option=True,
            ),
            Argument("sheet", kinds.TEXT, N_("which sheet of a workbook"), option=True),
            Argument("format", kinds.TEXT, N_("csv, xlsx, jsonl, vcf …, if it is not recognised"), option=True),
            Argument("encoding", kinds.TEXT, N_("if it is not recognised"), option=True),
            Argument("separator", kinds.TEXT, N_("if it is not recognised"), option=True),
            Argument("errors", kinds.FILE, N_("where the refused rows go"), option=True),
            Argument("no_dedupe", kinds.TEXT, N_("also what is there already"), flag=True),
            Argument("dates", kinds.one_of("dates", "dmy", "mdy"), N_("what comes first in 03/04/2026"), option=True),
            Argument("keep_owners", kinds.TEXT, N_("deals leave customers with their holders"), flag=True),
        ),
    ),
    Command(
        "export", N_("customers into a CSV, XLSX, JSON lines, vCard or calendar file"), exporting.export,
        preview=exporting.would, writes_file=True, ask="missing",
        arguments=(
            Argument("filter", kinds.FILTER, N_("which customers; on a screen else those marked, or shown")),
            Argument("file", kinds.FILE, N_("the file; - for standard output"), required=True),
            Argument("format", _FORMAT, N_("else by the file's ending"), option=True),
            Argument("view", kinds.SAVED_VIEW, N_("list and columns of a saved view"), option=True),
            Argument("columns", _TAKEN_OUT, N_("names, separated by commas"), option=True),
        ),
    ),
    Command("users list", N_("the users"), view="users"),
    Command("config show", N_("the business rules"), view="config", arguments=(_POOL,)),
    Command(
        "config get", N_("one business rule"), view="config_get",
        arguments=(Argument("setting", kinds.SETTING, N_("its name"), required=True), _POOL),
    ),
    Command("check", N_("look for faults in the database"), view="check"),
    Command("demo", N_("the screens on a throw-away database"), view="demo"),
    Command(
        "completion", N_("the script by which a shell completes crm-tui"), view="completion",
        arguments=(Argument("shell", kinds.one_of("shell", "bash", "zsh", "fish"), N_("which shell"), required=True),),
    ),
    Command("version", N_("which program this is"), view="version"),
)  # fmt: skip
