"""The user's own editor on a file: the one program that this one starts, and at the door it starts none."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.services.session import Session


def command(session: Session) -> list[str]:
    """The words of $VISUAL, else $EDITOR, else vi; NotAllowed for a session at the door."""
    if session.spool is not None:
        raise NotAllowed(_("no editor is started over SSH: `e` edits here"))
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    try:
        return shlex.split(named)
    except ValueError:
        raise CrmError(_("EDITOR is no command: {text}").format(text=named)) from None


def edit(session: Session, path: Path) -> None:
    """Open the file in the editor, and wait until it is closed. The terminal must be free for it.

    CrmError where it cannot be started, or says that it failed; UsageError without a terminal.
    """
    words = command(session)
    if not all(stream is not None and stream.isatty() for stream in (sys.__stdin__, sys.__stdout__)):
        raise UsageError(_("an editor wants a terminal: `macros edit NAME TEXT` writes the text of a macro"))
    try:
        code = subprocess.run([*words, str(path)], check=False).returncode
    except OSError as error:
        message = _("{editor} cannot be started: {reason}; EDITOR names another")
        raise CrmError(message.format(editor=words[0], reason=error.strerror)) from error
    if code:
        raise CrmError(_("{editor} ended with {code}: nothing is known to be saved").format(editor=words[0], code=code))
