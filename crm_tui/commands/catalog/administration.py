"""Commands that set up the program."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.catalog.roles import administrator, lead
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import administration as verbs
from crm_tui.domain.language import N_

_LOGIN = Argument("login", kinds.LOGIN, N_("whose; me for oneself"), required=True)
_USER = (
    Argument("name", kinds.TEXT, N_("the full name"), option=True),
    Argument("role", kinds.ROLE, N_("rep, lead, service or admin"), option=True),
    Argument("team", kinds.TEXT, N_("the team; else the default one"), option=True),
    Argument("capacity", kinds.TEXT, N_("so many customers that count at most; off: the pools' cap"), option=True),
    Argument("export", kinds.one_of("export", "yes", "no"), N_("whether data may be taken out"), option=True),
    Argument("time_zone", kinds.TEXT, N_("as in Asia/Shanghai"), option=True),
)
_LEAD = Argument("lead", kinds.LOGIN_OR_NONE, N_("who leads it; none for nobody"), option=True)
_MEMBERS = Argument("members", kinds.TEXT, N_("who joins it: li,wang"), option=True)

COMMANDS = (
    Command(
        "users add", N_("add a user"), verbs.users_add, changes=True, refusal=administrator,
        arguments=(Argument("login", kinds.TEXT, N_("the operating system's name"), required=True), *_USER),
    ),
    Command(
        "users edit", N_("change a user's role, team or rights"), verbs.users_edit, changes=True, refusal=administrator,
        arguments=(
            _LOGIN, *_USER,
            Argument("state", kinds.one_of("state", "active"), N_("active, for one who comes back"), option=True),
        ),
    ),
    Command(
        "users away", N_("somebody is away; clocks stand still, a stand-in takes the queue"), verbs.users_away,
        changes=True,
        arguments=(
            _LOGIN, Argument("until", kinds.WHEN, N_("the last day; a lead may leave it open"), option=True),
            Argument("since", kinds.WHEN, N_("the first day; else today"), option=True),
            Argument("stand_in", kinds.LOGIN, N_("who takes the queue; else a lead or administrator"), option=True),
        ),
    ),
    Command("users back", N_("somebody is here again"), verbs.users_back, changes=True, arguments=(_LOGIN,)),
    Command(
        "users leave", N_("somebody leaves: first leaving, and gone once nothing is held"), verbs.users_leave,
        changes=True, refusal=lead, arguments=(_LOGIN,),
    ),
    Command(
        "teams add", N_("make a team"), verbs.teams_add, changes=True, refusal=administrator,
        arguments=(Argument("name", kinds.TEXT, N_("its name"), required=True), _LEAD, _MEMBERS),
    ),
    Command(
        "teams edit", N_("change a team"), verbs.teams_edit, changes=True, refusal=administrator,
        arguments=(
            Argument("team", kinds.TEXT, N_("which team"), required=True),
            Argument("name", kinds.TEXT, N_("its new name"), option=True), _LEAD, _MEMBERS,
        ),
    ),
    Command("teams list", N_("the teams"), verbs.teams_list),
    Command(
        "config set", N_("change a business rule"), verbs.config_set, changes=True, refusal=administrator,
        arguments=(
            Argument("setting", kinds.SETTING, N_("its name"), required=True),
            Argument("value", kinds.TEXT, N_("the value; off for none, default for the rule above it"), required=True),
            Argument("pool", kinds.POOL, N_("for this public pool only"), option=True),
        ),
    ),
    Command(
        "backup", N_("copy the whole database, while others work, and verify the copy"), view="backup",
        refusal=administrator,
        arguments=(Argument("file", kinds.FILE, N_("a file or a folder; else `backups` beside the database")),),
    ),
    Command(
        "restore", N_("bring a backup back; says what would be lost, keeps the file that was there"), view="restore",
        refusal=administrator,
        arguments=(Argument("file", kinds.FILE, N_("the backup"), required=True),),
    ),
)  # fmt: skip
