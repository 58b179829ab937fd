"""Commands for the columns and the order of a list, and for lists that are kept under a name."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import saved
from crm_tui.domain.language import N_

_NAME = Argument("name", kinds.OWN_VIEW, N_("the view"), required=True)

COMMANDS = (
    Command(
        "sort", N_("sort the list, by several keys; nothing for its own order"), view="sort",
        arguments=(Argument("key", kinds.SORT, N_("tier -due name …"), many=True),),
    ),
    Command(
        "columns", N_("choose, order and size the columns; nothing for the list's own"), view="choose_columns",
        arguments=(Argument("column", kinds.COLUMN, N_("name:30 tier stage owner …"), many=True),),
    ),
    Command("views", N_("saved views"), view="views"),
    Command(
        "views save", N_("keep what the list shows under a name"), saved.save, changes=True, ask="missing",
        arguments=(
            Argument("name", kinds.NEW_VIEW, N_("its name"), required=True),
            Argument("filter", kinds.FILTER, N_("else what the list shows"), option=True),
            Argument("columns", kinds.COLUMNS, N_("else those of the list"), option=True),
            Argument("sort", kinds.SORT_OR_NONE, N_("else that of the list"), option=True),
            Argument("shared", kinds.SHARED, N_("team, everyone, or own again"), option=True),
            Argument("letter", kinds.LETTER, N_("' and this letter open it"), option=True),
        ),
    ),
    Command(
        "views rename", N_("give a view another name"), saved.rename, changes=True, ask="missing",
        arguments=(_NAME, Argument("new", kinds.NEW_VIEW, N_("the new name"), required=True)),
    ),
    Command("views remove", N_("remove a view"), saved.remove, changes=True, ask="missing", arguments=(_NAME,)),
    Command(
        "views letter", N_("open the view of a letter"), view="open_lettered", ahead=saved.lettered,
        arguments=(Argument("letter", kinds.LETTER, N_("the letter"), required=True),),
    ),
)  # fmt: skip
