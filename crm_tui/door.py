"""A session at the door (`--restricted`): who one is comes from the arguments alone, which sshd's forced command gives.

No variable and no configuration file is believed, no path is taken, and where the kernel can it holds the process to
that. What was asked for over the line is run from an allow-list; nothing asked for, with a terminal, opens the screens.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import MutableMapping, Sequence

from crm_tui import config
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.ssh_keys import is_fingerprint, may_come_in
from crm_tui.services.visits import Guest, prepare

BELIEVED = frozenset(
    {"PATH", "HOME", "TERM", "LANG", "LC_ALL", "SSH_CONNECTION", "SSH_TTY", "SSH_ORIGINAL_COMMAND"}
)
"""The variables that are left as they are; all others are taken away before anything reads them."""

_LONGEST = 65_536
_USAGE = "crm-tui --db FILE --user LOGIN --restricted [--key FINGERPRINT]"


def enter(words: Sequence[str]) -> int:
    """Serve one guest; the exit code of the program."""
    asked = os.environ.get("SSH_ORIGINAL_COMMAND", "")
    try:
        os.umask(0o077)
        forget(os.environ)
        config.speak(config.Config())
        guest = read(words, os.environ.get("SSH_CONNECTION", ""))
        typed = split(asked)
        prepare(guest)
        confine(guest)
    except CrmError as error:
        print(f"crm-tui: {error}", file=sys.stderr)
        return error.exit_code
    if typed:
        from crm_tui.cli import run

        return run(typed, guest)
    from crm_tui.tui.start import start

    return start((), guest)


def forget(environ: MutableMapping[str, str]) -> None:
    """Take away all variables but the BELIEVED."""
    for name in set(environ) - BELIEVED:
        del environ[name]


def read(words: Sequence[str], connection: str = "") -> Guest:
    """Who comes in, from the arguments of the forced command and nothing else; UsageError for any other arguments."""
    given: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == "--restricted":
            continue
        name = word.removeprefix("--")
        if not word.startswith("--") or name not in ("db", "user", "key") or name in given or not rest:
            raise UsageError(_("a restricted session is {usage}").format(usage=_USAGE))
        given[name] = rest.pop(0)
    login, key = given.get("user", ""), given.get("key", "")
    if not may_come_in(login) or not given.get("db") or (key and not is_fingerprint(key)):
        raise UsageError(_("a restricted session is {usage}").format(usage=_USAGE))
    path = config.database_path(given["db"], config.Config(), {}).absolute()
    return Guest(login, path, key, connection)


def split(asked: str) -> list[str]:
    """The words of what was asked for over the line, as a shell would split it; no shell ever sees them."""
    if len(asked) > _LONGEST:
        raise UsageError(_("that is too long for a command"))
    try:
        return shlex.split(asked)
    except ValueError:
        raise UsageError(_("a quote is not closed"), asked, None) from None


def confine(guest: Guest) -> None:
    """From here on nothing is executed and nothing written but beside the database, where the kernel can forbid it.

    It comes before the first thread, and after the spool is there. Where the kernel cannot, `crm-tui check` says so.
    """
    from crm_tui import confinement

    folder = guest.database.parent
    os.environ["TMPDIR"] = str(guest.spool)
    try:
        confinement.confine([folder])
    except OSError as error:
        raise CrmError(_("the session cannot be confined: {reason}").format(reason=error.strerror)) from error

