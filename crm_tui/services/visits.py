"""Sessions at the door: someone came in over SSH by a key, and is whom the forced command names, nobody else.

Each is in the journal, with the key's fingerprint and the address that it came from.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from crm_tui.domain.errors import CrmError, DatabaseUnusable, NotAllowed
from crm_tui.domain.language import _
from crm_tui.domain.text import clean
from crm_tui.services import people
from crm_tui.services.session import Session
from crm_tui.store import keys, visits

_ADDRESS = re.compile(r"[0-9A-Fa-f:.%a-z]{1,60}")


@dataclass(frozen=True)
class Guest:
    """Who came in, to which database. `fingerprint` is "" where no key is known; `connection` is SSH_CONNECTION."""

    login: str
    database: Path
    fingerprint: str = ""
    connection: str = ""

    @property
    def spool(self) -> Path:
        """The folder of the files that the user brings or takes: one's own, beside the database."""
        return self.database.parent / "spool" / self.login

    @property
    def address(self) -> str:
        """Where the user came from; "" where that is not known."""
        first = self.connection.partition(" ")[0]
        return first if _ADDRESS.fullmatch(first) else ""


def prepare(guest: Guest) -> None:
    """Make the guest's spool; CrmError where something else is in its place.

    Call it before the process is confined. DatabaseUnusable where there is no database to be a guest of.
    """
    if not guest.database.is_file():
        raise DatabaseUnusable(_("{path}: there is no database").format(path=guest.database))
    for folder in (guest.spool.parent, guest.spool):
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
        except OSError as error:
            message = _("{path} cannot be made: {reason}").format(path=folder, reason=error.strerror)
            raise CrmError(message) from error
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
            raise CrmError(_("{path} must be a folder of the account's own, and nobody else's").format(path=folder))


def sign_in(guest: Guest, *, source: str, clock: Callable[[], datetime] | None = None) -> Session:
    """A session of the guest, written into the journal; NotAllowed for who is no user, has left, or lost the key."""
    session = people.open_session(guest.database, guest.login, create=False, source=source, clock=clock)
    try:
        session.spool, session.guest_key = guest.spool, guest.fingerprint or None
        with session.database.writing():
            session.refresh()  # whoever has left meanwhile is not let in any more
            summary = _said(guest, _key_name(session, guest))
            visits.note(
                session.database, user_id=session.person.id, at=session.stamp, source=source, command="ssh",
                summary=summary,
            )  # fmt: skip
    except BaseException:
        session.database.close()
        raise
    return session


def _key_name(session: Session, guest: Guest) -> str:
    if not guest.fingerprint:
        return ""
    key = keys.one(session.database, guest.fingerprint)
    if key is None or key.login != guest.login:
        raise NotAllowed(_("this key is no key of {login} any more").format(login=guest.login))
    return key.name


def _said(guest: Guest, name: str) -> str:
    parts = [_("came in over SSH")]
    if guest.address:
        parts.append(_("from {address}").format(address=guest.address))
    if guest.fingerprint:
        parts.append(_("with key {fingerprint}").format(fingerprint=guest.fingerprint))
    if name:
        parts.append(f"({clean(name)})")
    return " ".join(parts)
