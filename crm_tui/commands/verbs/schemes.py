"""What the commands about schemes call."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session

_LARGEST = 400_000  # bytes; the text may be a quarter of that in characters


def listed(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import schemes

    return schemes.listed(session)


def show(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import schemes

    return schemes.show(session, values["scheme"])


def add(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import schemes

    text = _text(session, values["file"])
    if not text.strip():
        name = os.path.basename(values["file"])
        raise UsageError(_("{name}, line 1: the file is empty").format(name=name), values["file"], 0)
    return schemes.add(session, text)


def remove(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import schemes

    return schemes.remove(session, values["scheme"])


def refusal(session: Session) -> str | None:
    from crm_tui.services import schemes

    return schemes.refusal(session)


def _text(session: Session, name: str) -> str:
    """The text of a file, or of standard input for `-`. UsageError where there is none, or it is not UTF-8."""
    if name == "-":
        if session.source == "screen" or sys.stdin is None or sys.stdin.isatty():
            raise UsageError(_("schemes add - reads standard input: send it a file"), name, 0)
        data = sys.stdin.buffer.read(_LARGEST + 1)
    else:
        try:
            with open(os.path.expanduser(name), "rb") as file:
                data = file.read(_LARGEST + 1)
        except OSError as error:
            raise CrmError(f"{os.path.basename(name)}: {error.strerror}") from error
    if len(data) > _LARGEST:
        raise CrmError(_("{name}: too long for a scheme").format(name=os.path.basename(name)))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(10, 0, error.start) + 1
        message = _("{name}, line {n}: this is not UTF-8")
        raise UsageError(message.format(name=os.path.basename(name), n=line)) from error
