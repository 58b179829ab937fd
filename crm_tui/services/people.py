"""The people who work here: who is signed in, and the users an administrator adds."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from crm_tui.domain import settings as rules
from crm_tui.domain.clock import stamp
from crm_tui.domain.errors import NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.people import ROLES, Person, Role, check_login
from crm_tui.domain.settings import load
from crm_tui.domain.text import clean
from crm_tui.services.session import Outcome, Session
from crm_tui.store.database import Database

if TYPE_CHECKING:
    from crm_tui.store.journal import Change


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

    Raises DatabaseUnusable when the file cannot be opened; with `create` a missing one is made.
    """
    database = Database(path, create=create)
    try:
        if named and named not in logins(database):
            raise NotAllowed(_('"{login}" is no user of {path}').format(login=named, path=path))
        return sign_in(database, named or login_name(), source=source, clock=clock)
    except BaseException:
        database.close()
        raise


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
    settings = load(dict(database.rows("SELECT name, value FROM setting")))
    row = _find(database, login)
    if row is None:
        row = _join(database, login, clock)
    if row is None:
        raise NotAllowed(
            _('"{login}" is no user of {path}: an administrator adds one with `crm-tui users add {login}`').format(
                login=login, path=database.path
            )
        )
    key, name, role, state, zone = row
    if state == "left":
        raise NotAllowed(_("{login} has left").format(login=login))
    person = Person(key, login, name, cast(Role, role), _zone(zone or settings["time_zone"]))
    return Session(database, person, settings, clock, source)


def _find(database: Database, login: str) -> tuple[Any, ...] | None:
    return database.row("SELECT id, name, role, state, time_zone FROM user WHERE login = ?", (login,))


def _join(database: Database, login: str, clock: Callable[[], datetime]) -> tuple[Any, ...] | None:
    """Make the first user of a new database; None when somebody is there already."""
    if database.value("SELECT 1 FROM user LIMIT 1"):
        return None
    with database.writing():
        if database.value("SELECT 1 FROM user LIMIT 1"):
            return _find(database, login)
        database.execute(
            "INSERT INTO user (login, name, role, created_at) VALUES (?, ?, 'admin', ?)", (login, login, stamp(clock()))
        )
    return _find(database, login)


def _zone(name: str) -> tzinfo:
    if name:
        return ZoneInfo(name)
    return datetime.now().astimezone().tzinfo or UTC


def add(session: Session, login: str, *, name: str = "", role: str = "rep", time_zone: str = "") -> Outcome:
    """Make a user. Administrators only."""
    _administrators_only(session)
    login = check_login(login)
    if role not in ROLES:
        raise UsageError(_('role "{role}" is not one of {names}').format(role=role, names=", ".join(ROLES)), role, 0)
    if time_zone:
        rules.parse("time_zone", time_zone)
    with session.changing() as change:
        if session.database.value("SELECT 1 FROM user WHERE login = ?", (login,)):
            raise UsageError(_('there is a user "{login}" already').format(login=login), login, 0)
        row = {"login": login, "name": clean(name) or login, "role": role, "time_zone": time_zone}
        [key] = change.insert("user", [{**row, "created_at": session.stamp}])
        message = _("user {login} added, {role}").format(login=login, role=_(ROLES[role]))
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id, data=({"id": key, "login": login, "role": role},))


def everyone(session: Session) -> list[dict[str, Any]]:
    """All users: id, login, name, role, state, and how many customers they hold (None where one may not know)."""
    rows = session.database.rows(
        "SELECT u.id, u.login, u.name, u.role, u.state, (SELECT coalesce(sum(customers), 0) FROM stage_count"
        " WHERE holder = 'u' || u.id) FROM user u ORDER BY u.login"
    )
    names = ("id", "login", "name", "role", "state", "customers")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    if session.person.role == "rep":
        for user in found:
            if user["id"] != session.person.id:
                user["customers"] = None
    return found


def logins(database: Database) -> dict[str, int]:
    """Every user's id by login."""
    return dict(database.rows("SELECT login, id FROM user"))


def pool_names(database: Database) -> tuple[str, ...]:
    """The names of the public pools."""
    return tuple(row[0] for row in database.rows("SELECT name FROM pool ORDER BY id"))


def _administrators_only(session: Session) -> None:
    if session.person.role != "admin":
        raise NotAllowed(_("only administrators do that; you are {role}").format(role=_(ROLES[session.person.role])))


def _restale(session: Session, change: Change, days: str | int | None) -> None:
    """The day on which each profile becomes stale is kept with the customer: count it anew."""
    from crm_tui.services import profiles  # nobody signs in for this

    changed = {**session.settings.changed, "profile.stale_days": days}
    session.settings = replace(session.settings, changed=changed)
    profiles.refresh_staleness(session, change, [row[0] for row in session.database.rows("SELECT id FROM profile")])


def set_rule(session: Session, name: str, text: str) -> Outcome:
    """Change a business rule. Administrators only; journaled."""
    _administrators_only(session)
    value = rules.parse(name, text)
    with session.changing() as change:
        row = session.database.row("SELECT id FROM setting WHERE name = ?", (name,))
        if row:
            change.update("setting", [row[0]], value=json.dumps(value))
        else:
            change.insert("setting", [{"name": name, "value": json.dumps(value)}])
        if name == "profile.stale_days":
            _restale(session, change, value)
        message = _("{name} = {value}").format(name=name, value=_("off") if value is None else value)
        change.summarize(message)
        outcome = Outcome(message, entry_id=None if change.is_empty() else change.entry_id)
    session.settings = load(dict(session.database.rows("SELECT name, value FROM setting")))
    return outcome

