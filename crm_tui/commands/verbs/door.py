"""What the commands of the door call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session

_LONGEST = 20_000
"""No public key is longer; what is, is another file."""


def key_add(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import keys

    return keys.add(session, values["user"], _contents(session, values["file"]))


def key_list(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import keys

    return keys.of(session, values.get("user"))


def key_remove(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import keys

    return keys.remove(session, values["user"], values["fingerprint"])


def spool_list(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import spool

    return spool.files(session)


def spool_remove(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import spool

    return spool.remove(session, values["name"])


def _contents(session: Session, name: str) -> str:
    if name == "-":
        if session.source == "screen":
            raise UsageError(_("on the screens there is no standard input: name the file"), name, 0)
        import sys

        return sys.stdin.read(_LONGEST)
    try:
        with open(name, encoding="utf-8", errors="replace") as file:
            return file.read(_LONGEST)
    except OSError as error:
        message = _("{path} cannot be read: {reason}").format(path=name, reason=error.strerror)
        raise UsageError(message, name, 0) from error
