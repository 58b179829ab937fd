"""What a shell asks before many customers are changed; where nobody can be asked, the line must have said it."""

from __future__ import annotations

import sys

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _

_YES = ("y", "yes", "是")


def can_ask() -> bool:
    """Whether there is a terminal to ask on."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def confirm(question: str) -> None:
    """Ask on the terminal. UsageError where there is none, CrmError for a no."""
    if not can_ask():
        raise UsageError(_("{question}: say --yes, or look first with --dry-run").format(question=question))
    print(_("{question}. Go on? [y/N] ").format(question=question), end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().casefold() not in _YES:
        raise CrmError(_("nothing was changed"))
