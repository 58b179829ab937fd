"""Who is signed in: the session of whoever runs the program, and everybody else there is."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from crm_tui.domain.clock import stamp
from crm_tui.domain.errors import NotAllowed
from crm_tui.domain.language import _
from crm_tui.domain.people import Person, Role
from crm_tui.domain.settings import load
from crm_tui.services.session import Session, zone
from crm_tui.store import people
from crm_tui.store.database import Database
from crm_tui.store.people import UserRow


def login_name() -> str:
    """The operating system's name of whoever runs the process (the passwd entry; no variable can forge it)."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid{os.getuid()}"


def open_session(
    path: Path, named: str | None, *, create: bool, source: str, clock: Callable[[], datetime] | None = None
) -> Session:
    """Open the database and sign in: as the user `named` (known ones only, else NotAllowed) or as one's own login.

    Raises DatabaseUnusable when the file cannot be opened; with `create` a missing one is made, for one's own login
    only, which is its administrator's.
    """
    first = create and named == login_name()
    if create and named and not first and not path.exists():
        message = _('there is no {path} yet: {login} makes it, and adds "{named}" with `crm-tui users add {named}`')
        raise NotAllowed(message.format(path=path, login=login_name(), named=named))
    database = Database(path, create=create)
    try:
        if named and not first and named not in logins(database):
            raise NotAllowed(_no_user(named, path))
        return sign_in(database, named or login_name(), source=source, clock=clock)
    except BaseException:
        database.close()
        raise


def look_in(path: Path, named: str | None, *, clock: Callable[[], datetime] | None = None) -> Session | None:
    """A session that changes nothing, not even to make the database or its first user; None where there can be none."""
    database = Database.to_look_into(path)
    if database is None:
        return None
    login = named or login_name()
    if people.by_login(database, login) is not None:
        with suppress(NotAllowed):
            return sign_in(database, login, source="command", clock=clock)
    database.close()
    return None


def open_demo(path: Path, named: str | None, *, clock: Callable[[], datetime] | None = None) -> Session:
    """Make the demo's database and sign in as its rep, or as the one of its team that is named."""
    from crm_tui.services import demo

    clock = clock or (lambda: datetime.now(UTC))
    database = Database(path, create=True)
    try:
        login = demo.fill(database, clock().astimezone())
        if named and named not in logins(database):
            raise NotAllowed(
                _('"{login}" is not of the demo\'s team: {names}').format(
                    login=named, names=", ".join(logins(database))
                )
            )
        return sign_in(database, named or login, source="screen", clock=clock)
    except BaseException:
        database.close()
        raise


def sign_in(
    database: Database, login: str, *, source: str, clock: Callable[[], datetime] | None = None
) -> Session:
    """A session for the user `login`; the first one on a new database becomes its administrator.

    Raises NotAllowed for anybody else who is not a user, and for those who have left.
    """
    clock = clock or (lambda: datetime.now(UTC))
    user = people.by_login(database, login) or _join(database, login, clock)
    if user is None:
        raise NotAllowed(_no_user(login, database.path))
    settings = load({})
    person = Person(user.id, login, user.name, cast(Role, user.role), zone(user.time_zone))
    session = Session(database, person, settings, clock, source)
    session.refresh()
    return session


def _no_user(login: str, path: Path) -> str:
    text = _('"{login}" is no user of {path}: an administrator adds one with `crm-tui users add {login}`')
    return text.format(login=login, path=path)


def _join(database: Database, login: str, clock: Callable[[], datetime]) -> UserRow | None:
    """Make the first user of a new database; None when somebody is there already."""
    if people.is_anybody(database):
        return None
    with database.writing():
        if not people.is_anybody(database):
            people.make_first(database, login, stamp(clock()))
    return people.by_login(database, login)


def logins(database: Database) -> dict[str, int]:
    """Every user's id by login."""
    return people.logins(database)


def names(database: Database) -> dict[str, str]:
    """The full name of every user who has not left, by login."""
    return people.names(database)


def everyone(session: Session) -> list[dict[str, Any]]:
    """All users: id, login, name, role, state, team, capacity, and what they hold (None where one may not know).

    One who is away today has the state `away`, with `until` (ISO day, None until further notice) and `stand_in`.
    """
    found = people.everybody(session.database)
    sight = session.sight
    away = people.away_until(session.database, session.today.isoformat())
    for user in found:
        user["until"], user["stand_in"] = away.get(user["id"], (None, None))
        if user["id"] in away and user["state"] == "active":
            user["state"] = "away"
        if not sight.everything and user["id"] not in sight.owners:
            user["customers"] = user["counted"] = None
    return found
