"""The terminal's profile, settled before Textual is imported: it reads its environment only once, at import.

Nothing here imports Textual, and nothing that the user set is overwritten, except animations, of which we have none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, MutableMapping

from crm_tui.domain.language import _

SSH_ESCAPE_DELAY = 200
"""Milliseconds to wait for the rest of an escape sequence when the keys come over a network."""

MUTE = ("", "dumb", "unknown")
"""Values of TERM that name a terminal without cursor addressing."""


def prepare(environ: MutableMapping[str, str] = os.environ) -> None:
    """Set what Textual reads at import: call it first.

    Kitty's keyboard protocol stays off unless `CRM_TUI_KITTY=1`: with it, what an input method
    commits arrives as garbage. Over SSH an escape sequence may arrive in two pieces, hence `ESCDELAY`.
    """
    if environ.get("CRM_TUI_KITTY") != "1":
        environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    if environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        environ.setdefault("ESCDELAY", str(SSH_ESCAPE_DELAY))
    environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    environ["TEXTUAL_ANIMATIONS"] = "none"


def check(environ: Mapping[str, str] = os.environ, isatty: Callable[[int], bool] = os.isatty) -> str | None:
    """Why the screens cannot open here and what to do instead; None when they can."""
    for number, name in enumerate((_("standard input"), _("standard output"), _("standard error"))):
        if not _is_terminal(number, isatty):
            return _(
                "the screens need a terminal, and {stream} is not one: "
                "run it without a pipe or redirection (ssh -t), or use a command such as 'crm-tui list'"
            ).format(stream=name)
    term = environ.get("TERM", "")
    if term in MUTE:
        return _(
            "the screens cannot draw on TERM={term}: set TERM to what the terminal is "
            "(xterm-256color, say), or use a command such as 'crm-tui list'"
        ).format(term=term or "''")
    return None


def _is_terminal(number: int, isatty: Callable[[int], bool]) -> bool:
    try:
        return isatty(number)
    except OSError:  # the descriptor is closed
        return False


def colourless(environ: Mapping[str, str] = os.environ) -> bool:
    """Does the user ask for no colours (no-color.org: `NO_COLOR` set and not empty)?"""
    return bool(environ.get("NO_COLOR"))


def utf8(environ: Mapping[str, str] = os.environ) -> bool:
    """Is the terminal UTF-8, as far as its locale tells?

    No locale, `C` and `POSIX` tell nothing (SSH often brings no locale along) and count as yes.
    """
    locale = next((environ[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(name)), "")
    if locale in ("", "C", "POSIX"):
        return True
    charset = locale.partition(".")[2].partition("@")[0]
    return charset.lower().replace("-", "") == "utf8"
