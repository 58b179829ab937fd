"""Commands that record, play and keep macros."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import macros as verbs
from crm_tui.domain.language import N_

_NAME = Argument("name", kinds.MACRO, N_("its name"), required=True)
_TIMES = Argument("times", kinds.NUMBER, N_("so often, at most 1,000 times"), option=True)
_SET = Argument("set", kinds.PARAMETER, N_("a value for a parameter; else its default"), option=True, many=True)

COMMANDS = (
    Command(
        "record", N_("record what is done from here on; without a name: the end of it"), view="record",
        arguments=(Argument("name", kinds.MACRO, N_("the macro's name, mostly a letter")),),
    ),
    Command("play", N_("play a macro"), view="play", ask="missing", arguments=(_NAME, _TIMES, _SET)),
    Command("replay", N_("play again what was played last"), view="replay"),
    Command(
        "run", N_("play a macro without a screen"), view="run",
        arguments=(
            Argument("file", kinds.FILE, N_("its file, or its name; - for standard input"), required=True),
            Argument("ids", kinds.NUMBER, N_("the customers that are marked at first"), many=True),
            Argument("on", kinds.FILTER, N_("those that this filter finds are marked at first"), option=True),
            _TIMES, _SET,
        ),
    ),
    Command("macros", N_("the macros that one may play"), verbs.listed),
    Command("macros show", N_("the text of a macro"), verbs.shown, arguments=(_NAME,)),
    Command(
        "macros edit", N_("change the text of a macro, or write one"), verbs.edit, ask="bare",
        arguments=(
            _NAME, Argument("text", kinds.LONG_TEXT, N_("its text"), required=True),
            Argument("version", kinds.NUMBER, N_("only if nobody changed it since this version"), option=True),
        ),
    ),
    Command(
        "macros editor", N_("change the text of a macro in one's own editor"), view="macros_editor", ask="missing",
        arguments=(_NAME,),
    ),
    Command("macros remove", N_("remove a macro of one's own"), verbs.remove, ask="missing", arguments=(_NAME,)),
    Command(
        "macros rename", N_("give a macro of one's own another name"), verbs.rename, ask="missing",
        arguments=(_NAME, Argument("new", kinds.TEXT, N_("its new name"), required=True)),
    ),
    Command("dry-run here", N_("tell what the macro under the cursor, or the import, would do"), view="dry_run_here"),
    Command("edit here", N_("change the macro under the cursor"), view="edit_here"),
    Command("editor here", N_("change the macro under the cursor in one's own editor"), view="editor_here"),
    Command("rename here", N_("give the macro under the cursor another name"), view="rename_here"),
    Command("remove here", N_("remove the macro under the cursor"), view="remove_here"),
)  # fmt: skip
