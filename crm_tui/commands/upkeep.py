"""The care of the database as a whole, from a shell: looking for faults, backups, bringing one back."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_tui.commands.language import Call
from crm_tui.commands.printing import Printer
from crm_tui.domain.language import N_, _, ngettext

if TYPE_CHECKING:
    from crm_tui.services.session import Session

Progress = Callable[[str, int, int], None]

_OFTEN = 0.2
"""Seconds between two lines of progress."""
_DOING = {
    "copy": N_("copying"), "check": N_("looking through the file"), "chain": N_("following the journal's chain"),
    "rules": N_("looking at the rules"), "kept": N_("computing what is kept"), "backup": N_("looking at the backup"),
}  # fmt: skip


def check(session: Session, printer: Printer) -> int:
    """Look for faults; the exit code."""
    from crm_tui.services import checks

    with _progressing(printer) as progress:
        faults = checks.check(session, progress)
    rows = [{"what": f.what, "where": f.where, "remedy": f.remedy, "warning": f.warning} for f in faults]
    if printer.for_people:
        for row in rows:
            printer.lines([f"{row['what']}: {row['where']}", f"  → {row['remedy']}"])
    else:
        printer.rows(rows, ("what", "where", "remedy"))
    n = sum(not fault.warning for fault in faults)
    printer.say(ngettext("{n} fault", "{n} faults", n).format(n=n) if n else _("no faults"))
    return 1 if n else 0


def backup(session: Session, values: Mapping[str, Any], printer: Printer) -> None:
    """Take a backup."""
    from crm_tui.services import backups

    with _progressing(printer) as progress:
        outcome = backups.backup(session, Path(values["file"]) if "file" in values else None, progress)
    _tell(printer, outcome.message, outcome.data)


def restore(session: Session | None, call: Call, values: Mapping[str, Any], printer: Printer) -> None:
    """Say what bringing a backup back would lose, ask, and do it.

    Nobody need be signed in: the database may be gone.
    """
    from crm_tui.services import restoring
    from crm_tui.services.people import login_name

    if session is not None:
        path, login = session.database.path, session.person.login
    else:
        path = Path(call.settings["db"])
        login = call.settings.get("user") or os.environ.get("CRM_TUI_USER") or login_name()
    with _progressing(printer) as progress:
        wanted = restoring.look(path, Path(values["file"]).absolute(), login, progress)
    if "dry-run" in call.flags:
        message = _("{message} (dry run: nothing was changed)").format(message=wanted.loss)
        _tell(printer, message, (wanted.record(),))
        return
    if "yes" not in call.flags:
        from crm_tui.commands.confirming import confirm

        confirm(_("{loss}; {path} is kept beside").format(loss=wanted.loss, path=path.name))
    printer.say(wanted.loss)
    if session is not None:
        session.database.close()
    outcome = restoring.restore(wanted, datetime.now(UTC))
    _tell(printer, outcome.message, outcome.data)


def _tell(printer: Printer, message: str, data: tuple[dict[str, Any], ...]) -> None:
    if printer.for_people:
        printer.say(message)
    else:
        printer.rows(data, ())


@contextmanager
def _progressing(printer: Printer) -> Iterator[Progress | None]:
    """A line of progress while it lasts, where somebody sees it."""
    if sys.stderr is None or not sys.stderr.isatty() or printer.quiet:
        yield None
        return
    last = time.monotonic()

    def tell(what: str, done: int, most: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _OFTEN:
            last = now
            share = f" {100 * done // most} %" if most else ""
            print(f"\r\x1b[K{_(_DOING.get(what, what))} …{share}", end="", file=sys.stderr, flush=True)

    try:
        yield tell
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
