"""The people who work here: users and their rights, teams, absences, leaving (DOMAIN §8). All of it journaled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from shlex import quote
from typing import Any

from crm_tui.domain import settings as rules
from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.people import ROLES, check_login
from crm_tui.domain.text import clean
from crm_tui.services import pools
from crm_tui.services.session import Outcome, Session
from crm_tui.store import keys, people
from crm_tui.store.people import UserRow


@dataclass(frozen=True)
class Given:
    """What is said of a user; None is left as it is. `capacity` and `team` as typed, "" or `off` for none."""

    name: str | None = None
    role: str | None = None
    time_zone: str | None = None
    team: str | None = None
    capacity: str | None = None
    export: bool | None = None
    state: str | None = None


def administrators_only(session: Session) -> None:
    """NotAllowed for everybody else, as the roles are now."""
    session.refresh()
    if session.person.role != "admin":
        raise NotAllowed(_("only administrators do that; you are {role}").format(role=_(ROLES[session.person.role])))


def add(session: Session, login: str, given: Given | None = None, **more: Any) -> Outcome:
    """Make a user, of the default team unless told otherwise. Administrators only."""
    administrators_only(session)
    given = given or Given(**more)
    login = check_login(login)
    values = _values(session, Given(**{**vars(given), "role": given.role or "rep", "team": given.team or "default"}))
    with session.changing() as change:
        same = next((known for known in people.logins(session.database) if known.casefold() == login.casefold()), None)
        if same is not None:
            raise UsageError(_('there is a user "{login}" already').format(login=same), login, 0)
        row = {"login": login, "name": login, "time_zone": "", "created_at": session.stamp, **values}
        [key] = change.insert("user", [row])
        message = _("user {login} added, {role}").format(login=login, role=_(ROLES[values["role"]]))
        change.summarize(message)
        data = ({"id": key, "login": login, "role": values["role"]},)
        return Outcome(message, entry_id=change.entry_id, data=data)


def edit(session: Session, login: str, given: Given) -> Outcome:
    """Change what is given of a user. Administrators only; the last administrator stays one.

    Nobody says of themselves that they do not leave after all.
    """
    administrators_only(session)
    values = _values(session, given)
    with session.changing() as change:
        user = find(session, login)
        _keep_an_administrator(session, user, values)
        if "state" in values and user.id == session.person.id and user.state != "active":
            raise NotAllowed(_("you are leaving: another administrator takes that back"))
        if values.get("role") == "service" and _held(session, user):
            raise CrmError(_("{login} holds customers, and service holds none: hand them over").format(login=login))
        change.update("user", [user.id], **values)
        if change.is_empty():
            return Outcome(_("user {login}: nothing was changed").format(login=login))
        message = _("user {login}: {what}").format(login=login, what=_said(given))
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id)


def _said(given: Given) -> str:
    words = {True: _("yes"), False: _("no")}
    told = {name: words.get(value, value) for name, value in vars(given).items() if value is not None}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in told.items())


def _values(session: Session, given: Given) -> dict[str, Any]:
    """The columns of what is given; UsageError that names what is wrong."""
    values: dict[str, Any] = {}
    if given.name is not None:
        values["name"] = clean(given.name)
    if given.role is not None:
        if given.role not in ROLES:
            names = ", ".join(ROLES)
            message = _('role "{role}" is not one of {names}').format(role=given.role, names=names)
            raise UsageError(message, given.role, 0)
        values["role"] = given.role
    if given.time_zone is not None:
        values["time_zone"] = rules.parse("time_zone", given.time_zone) or ""
    if given.team is not None:
        values["team_id"] = find_team(session, given.team)
    if given.capacity is not None:
        values["capacity"] = _capacity(given.capacity)
    if given.export is not None:
        values["may_export"] = given.export
    if given.state is not None:
        if given.state != "active":
            raise UsageError(_("state: only `active`, for one who comes back; else users away, users leave"))
        values["state"] = given.state
    return {name: value for name, value in values.items() if name != "name" or value}


def _capacity(text: str) -> int | None:
    if text.strip().casefold() in ("", "off", "none"):
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= 100_000):
        raise UsageError(_('capacity "{text}" is not a whole number (or off)').format(text=text), text, 0)
    return int(text)


def _keep_an_administrator(session: Session, user: UserRow, values: Mapping[str, Any]) -> None:
    ends = values.get("role", "admin") != "admin" or values.get("state", "active") != "active"
    if user.role == "admin" and ends and people.administrators(session.database) == [user.id]:
        raise CrmError(_("{login} is the only administrator: name another one first").format(login=user.login))


def find(session: Session, login: str) -> UserRow:
    """The user of that login (`me` for oneself); UsageError for nobody."""
    found = people.by_login(session.database, session.person.login if login == "me" else login)
    if found is None:
        raise UsageError(_('there is no user "{login}"').format(login=login), login, 0)
    return found


def in_charge_of(session: Session, user: UserRow) -> None:
    """NotAllowed unless one is that user, leads them, or is an administrator; nobody leads an administrator."""
    sight = session.sight
    lead = session.person.role == "lead" and user.role != "admin" and (sight.everything or user.id in sight.led)
    if user.id != session.person.id and session.person.role != "admin" and not lead:
        raise NotAllowed(_("{login} is not of your team").format(login=user.login))


def away(session: Session, login: str, since: date | None, until: date | None, stand_in: str | None) -> Outcome:
    """Note that somebody is away from a day (today) to a day, both included; the stand-in takes the queue meanwhile.

    For oneself, for one's team, and for administrators. A rep says until when, since clocks stand still meanwhile.
    """
    first = since or session.today
    if until is not None and until < first:
        raise UsageError(_("until {until} is before {first}").format(until=until, first=first), until.isoformat(), 0)
    with session.changing() as change:
        user = find(session, login)
        in_charge_of(session, user)
        if until is None and session.person.role == "rep":
            raise UsageError(_("until when? --until DAY; only a lead leaves that open"), "", 0)
        other = find(session, stand_in) if stand_in else None
        if other is not None and (reason := _no_stand_in(user, other)):
            message = _("{login} cannot stand in: {reason}").format(login=other.login, reason=reason)
            raise UsageError(message, stand_in or "", 0)
        last = until.isoformat() if until else None
        _end_absences(session, user.id, first)
        change.insert(
            "absence",
            [
                {
                    "user_id": user.id, "stand_in_id": other.id if other else None, "from_on": first.isoformat(),
                    "until_on": last,
                }
            ],
        )  # fmt: skip
        message = _("{login} is away from {first}").format(login=user.login, first=first)
        message += _(" to {last}").format(last=until) if until else _(" until further notice")
        message += _stands_in(session, user, other, first)
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id)


def _no_stand_in(user: UserRow, other: UserRow) -> str:
    if other.id == user.id:
        return _("nobody stands in for themselves")
    return pools.no_receiver(other.role, other.state, away=False)


def _stands_in(session: Session, user: UserRow, named: UserRow | None, first: date) -> str:
    """Who stands in on the first day."""
    if named is not None:
        return _(", {other} stands in").format(other=named.login)
    found = people.deputy(session.database, user.id, first.isoformat())
    other = people.by_id(session.database, found) if found is not None else None
    if other is None:
        return _(", nobody is there to stand in: name somebody with --stand-in")
    return _(", {other} ({role}) stands in").format(other=other.login, role=_(ROLES[other.role]))


def back(session: Session, login: str) -> Outcome:
    """Note that somebody is here again from today on."""
    with session.changing() as change:
        user = find(session, login)
        in_charge_of(session, user)
        _end_absences(session, user.id, session.today)
        if change.is_empty():
            return Outcome(_("{login} is not away").format(login=user.login))
        message = _("{login} is back").format(login=user.login)
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id)


def _end_absences(session: Session, user_id: int, day: date) -> None:
    """What runs on that day, or begins later, ends the day before it, or is not."""
    before = date.fromordinal(day.toordinal() - 1).isoformat()
    with session.changing() as change:
        rows = people.absences_from(session.database, user_id, day.isoformat())
        change.delete("absence", [row for row, first in rows if first > before])
        change.update("absence", [row for row, first in rows if first <= before], until_on=before)


def leave(session: Session, login: str) -> Outcome:
    """Somebody leaves: as long as anything is held, the user is `leaving` and takes nothing out; then the user has left
    and is out at once, keys and all. What was offered to them or by them is offered no more.
    """
    from crm_tui.services import offers

    with session.changing() as change:
        pools.may_give(session)
        user = find(session, login)
        in_charge_of(session, user)
        if user.id == session.person.id:
            raise NotAllowed(_("nobody dismisses themselves: a lead or an administrator does"))
        _keep_an_administrator(session, user, {"state": "left"})
        if user.state == "left":
            return Outcome(_("{login} has left already").format(login=user.login))
        offers.withdraw_all(session, user.id)
        held = _held(session, user)
        change.update("user", [user.id], state="leaving" if held else "left")
        if held:
            message = _still_here(session, user, held)
        else:
            change.delete("ssh_key", [key.id for key in keys.every(session.database, user.login)])
            message = _("{login} has left").format(login=user.login)
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id)


def _still_here(session: Session, user: UserRow, held: Mapping[str, int]) -> str:
    """Why somebody is leaving, not gone, and what is to be done about it."""
    from crm_tui.services import handover

    parts = [_("{login} is leaving").format(login=user.login)]
    what = ", ".join(handover.counted(name, n) for name, n in held.items() if name != "teams led")
    if what:
        parts.append(_("holds {what}: `handover {login}` gives it to others").format(login=user.login, what=what))
    for team in people.teams(session.database):
        if team["lead"] == user.login:
            command = _("`teams edit {name} --lead NAME`").format(name=quote(team["name"]))
            parts.append(_("leads {team}: {command} names another").format(team=team["name"], command=command))
    return "; ".join(parts)


def _held(session: Session, user: UserRow) -> dict[str, int]:
    """What others must take over before the user is gone, how many by name."""
    from crm_tui.services import handover  # which asks here who may hand over

    return handover.held_by(session, user.id)


# Teams


def find_team(session: Session, name: str) -> int:
    """The id of the team of that name; UsageError for none."""
    found = people.teams(session.database)
    for team in found:
        if team["name"].casefold() == name.strip().casefold():
            return int(team["id"])
    names = ", ".join(team["name"] for team in found)
    raise UsageError(_('there is no team "{name}": {names}').format(name=name, names=names), name, 0)


def add_team(session: Session, name: str, lead: str | None, members: Sequence[str]) -> Outcome:
    """Make a team, with a lead and members. Administrators only."""
    administrators_only(session)
    with session.changing() as change:
        name = _team_name(session, name)
        [key] = change.insert("team", [{"name": name, "lead_id": _lead(session, lead)}])
        change.update("user", [find(session, login).id for login in members], team_id=key)
        message = _("team {name} made").format(name=name)
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id, data=({"id": key, "team": name},))


def _team_name(session: Session, text: str, team_id: int | None = None) -> str:
    """The name, that of no team but this one; UsageError otherwise."""
    name = clean(text, limit=60)
    if not name:
        raise UsageError(_("a team needs a name"))
    for team in people.teams(session.database):
        if team["name"].casefold() == name.casefold() and team["id"] != team_id:
            raise UsageError(_('there is a team "{name}" already').format(name=team["name"]), text, 0)
    return name


def edit_team(session: Session, team: str, name: str | None, lead: str | None, members: Sequence[str]) -> Outcome:
    """Rename a team, name its lead (`none` for nobody), add members. Administrators only."""
    administrators_only(session)
    with session.changing() as change:
        key = find_team(session, team)
        if name is not None and clean(name):
            change.update("team", [key], name=_team_name(session, name, key))
        if lead is not None:
            change.update("team", [key], lead_id=_lead(session, lead))
        change.update("user", [find(session, login).id for login in members], team_id=key)
        if change.is_empty():
            return Outcome(_("team {name}: nothing was changed").format(name=team))
        message = _("team {name} changed").format(name=team)
        change.summarize(message)
        return Outcome(message, entry_id=change.entry_id)


def _lead(session: Session, login: str | None) -> int | None:
    if login is None or login.casefold() in ("", "none", "off"):
        return None
    found = find(session, login)
    if found.role not in ("lead", "admin"):
        raise UsageError(_("{login} is no lead: `users edit {login} --role lead` first").format(login=login), login, 0)
    return found.id


def list_teams(session: Session) -> Outcome:
    """The teams, with lead and members."""
    found = people.teams(session.database)
    lines = tuple(f"{t['name']}  {t['lead'] or '–'}  {', '.join(t['members'])}" for t in found)
    message = ngettext("{n} team", "{n} teams", len(found)).format(n=len(found))
    return Outcome(message, lines=lines, data=tuple(found))
