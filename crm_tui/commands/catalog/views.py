"""Commands that move about the screens."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.catalog.roles import lead
from crm_tui.commands.registry import Argument, Command
from crm_tui.domain.language import N_

VIEWS = ("due", "pipeline", "pools", "team", "reports", "history", "macros")
MARKS = ("on", "off", "all", "none", "invert", "range")

_FILTER = Argument("filter", kinds.FILTER, N_("as in tier:A owner:me last:>30d"), many=True)

COMMANDS = (
    Command(
        "view", N_("go to a screen"), view="go", ask="missing",
        arguments=(
            Argument(
                "name", kinds.view(*VIEWS), N_("due, pipeline, pools, team, reports, history or macros"), required=True
            ),
        ),
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
    Command("agree", N_("do what was proposed last"), view="agree"),
    Command("board", N_("the board, or back to the list"), view="board"),
    Command(
        "mark", N_("mark the row and go down; or on, off, all, none, invert, range"), view="mark",
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
    Command("keymap", N_("the keys, and what is wrong in the file that sets them"), view="keymap_page"),
    Command("palette", N_("find a command"), view="palette"),
    Command("line", N_("type a command"), view="line"),
    Command("changes", N_("what the entry under the cursor changed"), view="changes_here"),
    Command("undo here", N_("take back the entry under the cursor"), view="undo_here"),
    Command("redo here", N_("do again the entry under the cursor"), view="redo_here"),
    Command("choose", N_("the customers of the pool, rep or figure under the cursor"), view="choose_here"),
    Command(
        "period", N_("the report of another period: 2026-Q1, 2026-01..2026-06; default"), view="period_here",
        ask="missing",
        arguments=(
            Argument("from", kinds.TEXT, N_("a day, month, quarter or year, or two with .. between"), required=True),
            Argument("to", kinds.TEXT, N_("its last one")),
        ),
    ),
    Command("csv here", N_("the line for a shell that prints the report"), view="csv_here"),
    Command("week here", N_("what the rep under the cursor logged this week, with comments"), view="week_here"),
    Command("handover here", N_("hand over what the rep under the cursor holds"), view="handover_here", refusal=lead),
    Command("handover now", N_("do the hand-over that is shown"), view="handover_now", refusal=lead),
    Command("rule", N_("how the hand-over shares out"), view="rule_here"),
    Command("sweep preview", N_("what the next sweep would do"), view="sweep_preview", refusal=lead),
    Command("sweep now", N_("do what is shown"), view="sweep_now", refusal=lead),
    Command(
        "column", N_("the column under the cursor: its field, left out, a field of one's own, as it is recognised"),
        view="column_here",
        arguments=(
            Argument("what", kinds.one_of("what", "field", "out", "own", "auto"), N_("what to do"), required=True),
            Argument("name", kinds.TEXT, N_("the field, or the name of one's own")),
        ),
    ),
    Command(
        "table", N_("a choice for the table that is brought in, or another file; - takes it back"), view="table_here",
        arguments=(
            Argument("what", kinds.one_of(
                "what", "as", "mode", "same", "owner", "assign", "dates", "sheet", "encoding", "separator", "format",
                "file", "line",
            ), N_("which choice"), required=True),
            Argument("value", kinds.TEXT, N_("what is chosen")),
        ),
    ),
    Command("bring in", N_("import the table that is shown"), view="bring_in"),
    Command("refresh", N_("read the screen again"), view="refresh_place"),
    Command("back", N_("back; on the first screen, ask to quit"), view="back"),
    Command("quit", N_("leave the program"), view="quit"),
    Command(
        "help", N_("the manual"), view="help",
        arguments=(Argument("topic", kinds.TOPIC, N_("a command or a page"), many=True),),
    ),
)  # fmt: skip
