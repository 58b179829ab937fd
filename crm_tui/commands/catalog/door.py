"""Commands of the door: who comes in by which key, and what the host's sshd needs."""

from __future__ import annotations

from crm_tui.commands import kinds
from crm_tui.commands.catalog.roles import administrator
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import door as verbs
from crm_tui.domain.language import N_

_USER = Argument("user", kinds.LOGIN, N_("whose"), required=True)
_SPOOLED = Argument("name", kinds.FILE, N_("one of `spool list`"), required=True)
_FINGERPRINT = N_("SHA256:…, or the beginning of it")

COMMANDS = (
    Command(
        "users key add", N_("let a user in over SSH by a public key"), verbs.key_add, changes=True,
        refusal=administrator,
        arguments=(_USER, Argument("file", kinds.FILE, N_("the .pub file; - for standard input"), required=True)),
    ),
    Command(
        "users key list", N_("the public keys of a user; of all, for an administrator"), verbs.key_list,
        arguments=(Argument("user", kinds.LOGIN, N_("whose")),),
    ),
    Command(
        "users key remove", N_("take a public key away"), verbs.key_remove, changes=True, refusal=administrator,
        arguments=(_USER, Argument("fingerprint", kinds.TEXT, _FINGERPRINT, required=True)),
    ),
    Command("spool list", N_("one's own files on the host, from sessions over SSH"), verbs.spool_list),
    Command(
        "spool get", N_("send such a file down the line"), view="spool_get", arguments=(_SPOOLED,),
    ),
    Command("spool remove", N_("delete such a file"), verbs.spool_remove, arguments=(_SPOOLED,)),
    Command(
        "ssh setup", N_("what the host needs for the door: print it, or write it"), view="ssh_setup",
        arguments=(
            Argument("install", kinds.TEXT, N_("write the files, as root"), flag=True),
            Argument("prefix", kinds.FILE, N_("write them below this folder instead"), option=True),
            Argument("account", kinds.TEXT, N_("the system user that everybody connects as; crm"), option=True),
            Argument("tmux", kinds.TEXT, N_("keep the screens in a tmux without keys, for flaky links"), flag=True),
        ),
    ),
    Command(
        "ssh authorized-keys", N_("answer sshd which key opens the door"), view="ssh_authorized_keys",
        arguments=(
            Argument("account", kinds.TEXT, N_("%u of sshd"), required=True),
            Argument("fingerprint", kinds.TEXT, N_("%f of sshd"), required=True),
            Argument("session", kinds.FILE, N_("the script that a key runs"), option=True),
        ),
    ),
)  # fmt: skip
