"""What others have done since a session looked last: the token by which screens follow, without asking for rows."""

from __future__ import annotations

from msgspec import Struct

from crm_tui.services.session import Session
from crm_tui.store import news
from crm_tui.store.news import WriteLog

__all__ = ["LIMIT", "LOOK", "Changed", "Seen", "WriteLog", "seen", "since"]

LOOK = 1.0
"""Seconds between two looks at the file that every writer appends to."""

LIMIT = 1_000
"""Changed customers that are named one by one; of more it is only said that there are some."""

Changed = frozenset[int] | None
"""The customers that were changed; None: too many to name, or something that is no customer's (a user, a rule)."""


class Seen(Struct, frozen=True):
    """How far a session has seen: the state of the file as its own connection counts it, and the newest entry."""

    version: int
    entry: int


def seen(session: Session) -> Seen:
    """How far the session sees now. Asked before rows are read, so that nothing falls between."""
    version = session.database.data_version()
    return Seen(version, news.newest(session.database))


def since(session: Session, before: Seen) -> tuple[Seen, Changed]:
    """How far the session sees now, and what changed: nobody while no other process has committed.

    Commits that are not in the journal (a draft) change nobody. Displaced when another file has the database's name.
    """
    session.database.check_place()
    version = session.database.data_version()
    if version == before.version:
        return before, frozenset()
    session.refresh()  # who has left is out, also who only looks
    now = Seen(version, news.newest(session.database))
    if now.entry < before.entry:  # another file is in the place of the one that was
        return now, None
    found = news.changed(session.database, before.entry, now.entry, LIMIT)
    named = frozenset(key for key in found if key is not None)
    return now, None if None in found or len(found) > LIMIT else named
