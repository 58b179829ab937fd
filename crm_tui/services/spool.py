"""One's own files on the host: what a session at the door wrote and its user has not fetched yet.

They are in a folder of the user's own, which the dispatch has put before every name; elsewhere there is no spool.
"""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _, ngettext
from crm_tui.services import disclosures
from crm_tui.services.session import Outcome, Session


def files(session: Session) -> Outcome:
    """The files: name, bytes, at (UTC)."""
    rows = []
    with os.scandir(_folder(session)) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            found = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(found.st_mode) and not entry.name.startswith("."):
                at = datetime.fromtimestamp(found.st_mtime, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
                rows.append({"name": entry.name, "bytes": found.st_size, "at": at})
    message = ngettext("{n} file", "{n} files", len(rows)).format(n=len(rows))
    lines = tuple(f"{row['name']}  {row['bytes']:,}" for row in rows)
    return Outcome(message, lines=lines, data=tuple(rows))


def opened(session: Session, name: str) -> BinaryIO:
    """The file, open for reading; through no link. CrmError where it is not there.

    It is data taken out, and in the journal before it is read: NotAllowed for who takes none.
    """
    path = _path(session, name)
    disclosures.takes_out(session)
    try:
        file = open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")  # noqa: SIM115 (the caller's)
    except OSError as error:
        raise _not_there(name, error) from error
    try:
        disclosures.note_file(session, path.name)
    except BaseException:
        file.close()
        raise
    return file


def remove(session: Session, name: str) -> Outcome:
    """Delete the file."""
    path = _path(session, name)
    try:
        path.unlink()
    except OSError as error:
        raise _not_there(name, error) from error
    return Outcome(_("{name} removed").format(name=path.name), data=({"name": path.name},))


def _folder(session: Session) -> Path:
    if session.spool is None:
        raise CrmError(_("files are kept on the host for sessions over SSH only"))
    return session.spool


def _path(session: Session, name: str) -> Path:
    """The path of a file in the spool, whatever the name was given with."""
    return _folder(session) / Path(name).name


def _not_there(name: str, error: OSError) -> CrmError:
    return CrmError(_("{name}: {reason}").format(name=Path(name).name, reason=error.strerror))
