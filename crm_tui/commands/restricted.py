"""What a session at the door may run: named commands over the line, no path anywhere.

A file is `-`, or a bare name in the user's own spool; the dispatch asks here, whatever the call came from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crm_tui.commands import kinds
from crm_tui.commands.language import Call
from crm_tui.domain.errors import NotAllowed, UsageError
from crm_tui.domain.language import _

if TYPE_CHECKING:
    from pathlib import Path

    from crm_tui.services.session import Session

OVER_THE_LINE = frozenset({
    # what is read
    "due", "list", "show", "watch", "why", "metrics", "history", "notices", "holders", "pools list", "report", "credit",
    "help", "version", "keymap",
    "open", "view", "filter", "tab", "sort",
    "columns", "views", "views letter",
    # a customer
    "new", "paste", "edit", "archive", "unarchive", "contact add", "contact edit", "stage", "advance", "retreat",
    "tier", "tag", "untag", "grade", "dupes", "distinct", "merge",
    # what it buys, owes and pays
    "deal add", "deal edit", "deal won", "deal lost", "deal reopen", "deal list", "order add", "order line",
    "order confirm", "order cancel", "order list", "receivable add", "receivable cancel", "receivable list",
    "pay", "allocate", "wallet",
    "rate", "product list", "schemes list", "schemes show",
    "recommend", "push", "pushes", "factor", "factors", "factors typical", "playbook",
    "playbook done",
    # the day's work
    "log", "done", "no-answer", "next", "snooze", "comment", "noted", "undo", "redo",
    "views save", "views rename", "views remove",
    # from hand to hand
    "claim", "release", "assign", "move", "transfer", "accept", "decline", "withdraw", "protect", "unprotect", "share",
    "unshare", "ask-share",
    # in and out
    "import", "export", "spool list", "spool get", "spool remove",
    # macros
    "run", "play", "macros", "macros show",
})  # fmt: skip
"""The commands that `ssh crm@host COMMAND` runs. What is not here is not for a line: it is done on the screens, where
the user's role decides, or on the host."""

IN_MACROS = frozenset({
    "mark", "down", "up", "left", "right", "page-down", "page-up", "top", "bottom", "board",
    "choose", "refresh", "back", "scheme",
})  # fmt: skip
"""The commands of which only the macros make use that are played over a line."""

ON_THE_HOST = frozenset({"ssh setup", "ssh authorized-keys", "demo", "check", "rebuild", "sweep", "backup", "restore"})
"""The commands that no session at the door runs, on the screens neither."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,80}")


def admit(session: Session, call: Call) -> None:
    """NotAllowed for a command that does not work at the door, UsageError for an option that would change who or where.

    Sessions elsewhere may run everything.
    """
    if session.spool is None:
        return
    name = call.command.name
    if name in ON_THE_HOST or (session.source != "screen" and name not in OVER_THE_LINE | IN_MACROS):
        raise NotAllowed(_('"{name}" does not work over SSH').format(name=name))
    for option in call.settings:
        raise UsageError(_("--{option} does not work over SSH").format(option=option), call.line, 0)


def spooled(session: Session, call: Call, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with the files among them in the user's spool; UsageError for a path."""
    found = dict(values)
    for argument in call.command.arguments:
        if session.spool is not None and argument.kind is kinds.FILE and argument.name in found:
            found[argument.name] = _in_spool(session.spool, found[argument.name], line=not argument.option)
    return found


def _in_spool(spool: Path, name: str, *, line: bool) -> str:
    if name == "-" and line:
        return name
    if not _NAME.fullmatch(name) or name[0] in ".-":
        message = _('"{name}" is no name for a file over SSH: letters, digits, . _ and -; or - for the line itself')
        raise UsageError(message.format(name=name), name, 0)
    return str(spool / name)
