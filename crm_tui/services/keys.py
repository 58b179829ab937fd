"""Whose public key opens the door: an administrator adds and removes them, sshd asks for one.

A key belongs to one user; that user's login becomes an argument of the forced command, and so is of few characters.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from crm_tui.domain import ssh_keys
from crm_tui.domain.clock import iso
from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.services.session import Outcome, Session
from crm_tui.services.teams import administrators_only
from crm_tui.store import keys, people
from crm_tui.store.database import Database
from crm_tui.store.keys import Key

_SHORTEST = 8
"""Characters of a fingerprint that are enough to name one of a user's keys."""


def add(session: Session, login: str, text: str) -> Outcome:
    """Give the user a key: `text` is the contents of a .pub file. Administrators only.

    UsageError for what is no key or no user, CrmError for a key that somebody has already.
    """
    administrators_only(session)
    key = ssh_keys.parse(text)
    if not ssh_keys.may_come_in(login):
        message = _('login "{login}" cannot come in over SSH: small letters, digits, _ and -, 32 at most')
        raise UsageError(message.format(login=login), login, 0)
    with session.changing() as change:
        administrators_only(session)
        user_id, state = _user(session.database, login)
        if state == "left":
            raise CrmError(_("{login} has left").format(login=login))
        taken = keys.one(session.database, key.fingerprint)
        if taken is not None:
            raise CrmError(
                _("{fingerprint} is a key of {login} already").format(fingerprint=key.fingerprint, login=taken.login)
            )
        row = {"user_id": user_id, "name": key.name, "type": key.type, "key": key.key}
        change.insert(keys.TABLE, [{**row, "fingerprint": key.fingerprint, "added_at": session.stamp}])
        message = _("key {fingerprint} of {login} added").format(fingerprint=key.fingerprint, login=login)
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id, data=({"login": login, "fingerprint": key.fingerprint},))


def remove(session: Session, login: str, fingerprint: str) -> Outcome:
    """Take a user's key away, named by its fingerprint or the beginning of it. Administrators only."""
    with session.changing() as change:
        administrators_only(session)
        _user(session.database, login)
        key = _named(keys.every(session.database, login), login, fingerprint)
        change.delete(keys.TABLE, [key.id])
        message = _("key {fingerprint} of {login} removed").format(fingerprint=key.fingerprint, login=login)
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id, data=({"login": login, "fingerprint": key.fingerprint},))


def of(session: Session, login: str | None = None) -> Outcome:
    """The keys of a user; without one, of everybody for an administrator and one's own for all others.

    Rows: login, name, type, fingerprint, added (UTC). NotAllowed for somebody else's.
    """
    session.refresh()
    if session.person.role != "admin":
        if login not in (None, session.person.login):
            raise NotAllowed(_("only administrators see the keys of others"))
        login = session.person.login
    elif login is not None:
        _user(session.database, login)
    found = keys.every(session.database, login)
    text = ngettext("{n} key", "{n} keys", len(found)).format(n=len(found))
    lines = tuple(f"{key.login}  {key.fingerprint}  {key.type}  {key.name}".rstrip() for key in found)
    return Outcome(text, lines=lines, data=tuple(map(_shown, found)))


def authorized(database: Database, fingerprint: str, command: Path) -> str:
    """The line of `authorized_keys` for sshd: the key runs `command LOGIN FINGERPRINT`. Empty for a key of nobody's.

    Nobody's is also the key of a user who has left.
    """
    if not ssh_keys.is_fingerprint(fingerprint):
        return ""
    key = keys.one(database, fingerprint)
    if key is None or key.state == "left" or not ssh_keys.may_come_in(key.login):
        return ""
    return ssh_keys.PublicKey(key.type, key.key).authorized(f"{command} {key.login} {key.fingerprint}")


def answer(path: Path, account: str, fingerprint: str, command: Path) -> str:
    """What `authorized` says, asked by sshd for the system account: nothing for one that this does not run as.

    Raises DatabaseUnusable.
    """
    from crm_tui.services.people import login_name

    if account != login_name():
        return ""
    database = Database(path)
    try:
        return authorized(database, fingerprint, command)
    finally:
        database.close()


def is_in_use(database: Database) -> bool:
    """Whether anybody comes in by the door."""
    return bool(keys.every(database))


def _shown(key: Key) -> dict[str, Any]:
    return {
        "login": key.login, "name": key.name, "type": key.type, "fingerprint": key.fingerprint,
        "added": iso(key.added_at),
    }  # fmt: skip


def _named(found: list[Key], login: str, text: str) -> Key:
    prefix = text if text.startswith("SHA256:") else f"SHA256:{text}"
    named = [key for key in found if key.fingerprint.startswith(prefix)]
    if len(named) == 1 and len(prefix) >= len("SHA256:") + _SHORTEST:
        return named[0]
    names = ", ".join(key.fingerprint for key in found) or _("none")
    message = _('"{text}" names no key of {login}: {names}').format(text=text, login=login, names=names)
    raise UsageError(message, text, 0)


def _user(database: Database, login: str) -> tuple[int, str]:
    found = people.by_login(database, login)
    if found is None:
        raise UsageError(_('"{login}" is no user').format(login=login), login, 0)
    return found.id, found.state
