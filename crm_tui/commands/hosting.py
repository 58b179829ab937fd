"""What the host asks, not a user: which files the door needs, and sshd's question which key opens it.

Nobody is signed in here. What is answered, whoever runs this could read in the database itself.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crm_tui.commands.language import Call
from crm_tui.commands.printing import Printer
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.services.door import Site, files, install, next_steps

_ACCOUNT = "crm"
_WRAPPER = "/usr/local/lib/crm-tui/session"


def setup(call: Call, values: Mapping[str, Any], printer: Printer) -> None:
    """Print what belongs on the host, or write it, and say what root does next."""
    prefix = Path(values["prefix"]).absolute() if "prefix" in values else None
    if prefix is not None and not values.get("install"):
        raise UsageError(_("--prefix is for --install"))
    account = values.get("account") or _ACCOUNT
    database = Path(call.settings.get("db") or f"/var/lib/{account}/data/crm.db")
    site = Site(account, database, Path(sys.executable), tmux=bool(values.get("tmux")))
    if not values.get("install") or "dry-run" in call.flags:
        rows = [{"path": str(f.path), "mode": f"{f.mode:o}", "text": f.text} for f in files(site)]
        if printer.json or printer.csv:
            printer.rows(rows, ("path", "mode", "text"))
        else:
            for row in rows:
                printer.lines([f"# {row['path']} (root:root {row['mode']})", *row["text"].splitlines(), ""])
    else:
        written = install(site, prefix, replace="yes" in call.flags)
        printer.rows([{"path": str(path), "written": new} for path, new in written], ("path",))
        new = sum(changed for __, changed in written)
        printer.say(_("{n} files written, {m} were there").format(n=new, m=len(written) - new))
    printer.say(_("Then, as root:"))
    for step in next_steps(site):
        printer.say(f"  {step}")


def authorized_keys(call: Call, values: Mapping[str, Any], printer: Printer) -> None:
    """Print the line of `authorized_keys` for the key with this fingerprint, or nothing.

    Nothing too where sshd asks about an account other than the one that this runs as: it is not ours to open.
    """
    from crm_tui.services import keys

    path, session = Path(call.settings["db"]), Path(values.get("session") or _WRAPPER)
    line = keys.answer(path, values["account"], values["fingerprint"], session)
    if line:
        printer.lines([line])
