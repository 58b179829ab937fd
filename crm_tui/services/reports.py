"""Reports drafted from the log: what somebody did in a day or a week, and what is due next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from crm_tui.domain.clock import moment, stamp
from crm_tui.domain.errors import NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.reports import Activity, Due, Hands, Length, Moved, Said, draft, hand_of, span
from crm_tui.services.session import Outcome, Session, zone
from crm_tui.store import people, reports
from crm_tui.store.people import UserRow

_MOST = 1_000
"""Contacts and promises that are read for one report; all are counted."""


def report(
    session: Session, length: Length = "day", *, login: str = "", on: date | None = None, team: bool = False
) -> Outcome:
    """The report of oneself, of the user `login`, or of everybody in the team, on the day (or its week) `on`.

    Reps get their own, leads their team's. A customer that one does not see is counted and not named. UsageError for a
    user who is not there.
    """
    users = _team(session) if team else [_user(session, login)]
    found = [_activity(session, user, length, on) for user in users]
    lines: list[str] = []
    for activity in found:
        lines += ["", *draft(activity)] if lines else draft(activity)
    data = tuple(_record(user, activity) for user, activity in zip(users, found, strict=True))
    message = _("weekly report") if length == "week" else _("daily report")
    return Outcome(message, lines=tuple(lines), data=data)


def _user(session: Session, login: str) -> UserRow:
    name = session.person.login if login in ("", "me") else login
    user = people.by_login(session.database, name)
    if user is None:
        raise UsageError(_('there is no user "{login}"').format(login=login), login, 0)
    if user.id not in (session.person.id, *_led(session)):
        raise NotAllowed(_("{login} is not of your team: you read your own report").format(login=login))
    return user


def _team(session: Session) -> list[UserRow]:
    ids = _led(session)
    if not ids:
        raise NotAllowed(_("only team leads read the team's reports"))
    users = people.of_ids(session.database, ids)
    return sorted((user for user in users.values() if user.state != "left"), key=lambda user: user.login)


def _led(session: Session) -> list[int]:
    """Whose reports one reads as their lead."""
    if session.person.role == "admin":
        return [user["id"] for user in people.everybody(session.database) if user["role"] in ("rep", "lead", "admin")]
    return list(session.sight.owners) if session.person.role == "lead" else []


def _activity(session: Session, user: UserRow, length: Length, on: date | None) -> Activity:
    theirs = zone(user.time_zone or session.settings["time_zone"])
    today = session.clock().astimezone(theirs).date()
    first, last = span(length, on or today)
    within = (_midnight(first, theirs), _midnight(last + timedelta(days=1), theirs))
    until = _until(session, length, max(last, today))
    database = session.database
    contacts = reports.contacts(database, user.id, within)
    said = reports.said(database, user.id, within, _MOST)
    moved = reports.moved(database, user.id, within)
    hands = reports.hands(database, user.id, within)
    coming = reports.coming(database, user.id, until.isoformat(), _MOST)
    promised, done = reports.follow_ups(database, user.id, within)
    names = _names(session, (row[0] for rows in (said, moved, hands, coming) for row in rows))
    return Activity(
        user.name if user.name == user.login else f"{user.name} ({user.login})", length, first, last, today, until,
        {channel: n for channel, n in contacts.items() if channel}, contacts.get("", 0),
        reports.spoken_to(database, user.id, within),
        [Said(key, names.get(key), *rest) for key, *rest in said],
        [Moved(key, names.get(key), *rest) for key, *rest in moved],
        promised, done,
        [
            Hands(key, names.get(key), hand_of(kind, to_me=bool(came), by_me=bool(mine)), kind, reason)
            for key, kind, came, mine, reason in hands
        ],
        [
            Due(key, names.get(key), date.fromisoformat(day), _clock(at, theirs), purpose)
            for key, day, at, purpose in coming
        ],
    )  # fmt: skip


def _until(session: Session, length: Length, day: date) -> date:
    """Up to when what is due next is told: the next working day; for a week the end of the week after."""
    if length == "day":
        return session.settings.workdays.next_workday(day)
    return span("week", day + timedelta(days=7))[1]


def _names(session: Session, ids: Iterable[int]) -> dict[int, str]:
    return {facts.id: facts.name for facts in session.see(list(dict.fromkeys(ids)))[0]}


def _midnight(day: date, theirs: tzinfo) -> str:
    return stamp(datetime.combine(day, time(), theirs))


def _clock(stored: str | None, theirs: tzinfo) -> str:
    return f"{moment(stored).astimezone(theirs):%H:%M}" if stored else ""


def _record(user: UserRow, activity: Activity) -> dict[str, Any]:
    """The report as `--json` prints it: counts of everything, and the customers that the reader sees."""
    return {
        "user": user.login, "period": activity.length, "from": activity.first.isoformat(),
        "to": activity.last.isoformat(), "contacts": dict(activity.contacts), "attempts": activity.attempts,
        "customers": activity.customers, "promised": activity.promised, "done": activity.done,
        "overdue": sum(due.on < activity.today for due in activity.next),
        "said": [
            {"id": s.customer_id, "name": s.name, "channel": s.channel, "note": s.note}
            for s in activity.said if s.name is not None
        ],
        "moved": [
            {"id": m.customer_id, "name": m.name, "scheme": m.scheme or None, "from": m.before, "to": m.after}
            for m in activity.moved if m.name is not None
        ],
        "hands": [
            {"id": h.customer_id, "name": h.name, "what": h.what, "kind": h.kind, "reason": h.reason}
            for h in activity.hands if h.name is not None
        ],
        "next": [
            {"id": d.customer_id, "name": d.name, "due": d.on.isoformat(), "time": d.time or None, "purpose": d.purpose}
            for d in activity.next if d.name is not None
        ],
        "lines": draft(activity),
    }  # fmt: skip
