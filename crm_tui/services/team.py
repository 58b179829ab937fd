"""The team as its lead sees it: what each rep holds, has to do, neglects, and moves on."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from crm_tui.domain.clock import moment, stamp
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.profile_fields import CHANNELS
from crm_tui.domain.stages import move
from crm_tui.services import teams
from crm_tui.services.pools import cap_of, leads_only
from crm_tui.services.session import Outcome, Session
from crm_tui.store import people
from crm_tui.store import team as store

CONVERSIONS = timedelta(days=30)
"""Over so long a time steps along the path are counted."""
LOG = 500
"""Interactions of a week that are shown."""


@dataclass(frozen=True)
class Rep:
    """Somebody's figures.

    `counted` of the `customers` held count towards the cap (None: no limit); `promised` are follow-ups for today,
    `missed` those of days gone by (the queue shows customers for other reasons too); `untouched` customers nobody has
    turned to since they were given, of `warned` ones the holder was told that they return; `advanced` and `won` are
    steps forward of the last 30 days; `logged` the week's interactions, since Monday.
    """

    id: int
    login: str
    name: str
    state: str
    role: str
    customers: int
    counted: int
    cap: int | None
    promised: int = 0
    missed: int = 0
    untouched: int = 0
    warned: int = 0
    advanced: int = 0
    won: int = 0
    logged: int = 0


def figures(session: Session) -> list[Rep]:
    """The people of the teams that one leads (administrators: of all), who have left left out. For leads.

    Away is who is away today, whatever else.
    """
    leads_only(session)
    database, today = session.database, session.today
    users = _led(session)
    ids = [user["id"] for user in users]
    away = people.away(database, today.isoformat())
    promises = store.promises(database, ids, today.isoformat())
    untouched, warned = store.untouched(database, ids), store.warned(database, ids)
    logged = store.logged(database, ids, _midnight(session, week(today)))
    advanced, won = _steps(session, ids)
    found = []
    for user in users:
        key = user["id"]
        promised, missed = promises.get(key, (0, 0))
        state = "away" if key in away and user["state"] == "active" else user["state"]
        found.append(
            Rep(
                key, user["login"], user["name"], state, user["role"], user["customers"], user["counted"],
                cap_of(session, user["role"], user["capacity"]), promised, missed, untouched.get(key, 0),
                warned.get(key, 0), advanced[key], won[key], logged.get(key, 0),
            )
        )  # fmt: skip
    return found


def told(session: Session) -> Outcome:
    """The figures as lines, and as one record each."""
    found = figures(session)
    lines = tuple(
        _("{who}: holds {held}, promised {promised}, missed {missed}, untouched {untouched}, warned {warned},"
          " steps {steps}, won {won}, this week {logged}").format(
            who=rep.login, held=rep.counted if rep.cap is None else f"{rep.counted}/{rep.cap}",
            promised=rep.promised, missed=rep.missed, untouched=rep.untouched, warned=rep.warned,
            steps=rep.advanced, won=rep.won, logged=rep.logged,
        )
        for rep in found
    )  # fmt: skip
    message = ngettext("{n} person", "{n} people", len(found)).format(n=len(found))
    return Outcome(message, lines=lines, data=tuple(asdict(rep) for rep in found))


def _led(session: Session) -> list[dict[str, Any]]:
    sight = session.sight
    led = [
        user for user in people.everybody(session.database)
        if user["role"] != "service" and (sight.everything or user["id"] in sight.owners)
        and (user["state"] != "left" or user["customers"])
    ]  # fmt: skip
    return sorted(led, key=lambda user: (user["role"] != "rep", user["login"]))


def _steps(session: Session, ids: list[int]) -> tuple[Counter[int], Counter[int]]:
    """Steps forward, and those among them to `actual`, by user."""
    advanced, won = Counter[int](), Counter[int]()
    since = _midnight(session, session.today - CONVERSIONS)
    for user, frm, to, n in store.steps(session.database, ids, since):
        made = move(frm, to)
        if made.direction == "forward" and not made.to.closed:
            advanced[user] += n
            won[user] += n if to == "actual" else 0
    return advanced, won


def week(day: date) -> date:
    """The Monday of that day's week."""
    return day - timedelta(days=day.weekday())


def _midnight(session: Session, day: date) -> str:
    return stamp(datetime.combine(day, time(), session.person.zone))


def log(session: Session, login: str) -> Outcome:
    """The user's interactions of this week with what was said of them, newest first: a line each, and a record
    of the customer (`id`) and the interaction. For leads.
    """
    leads_only(session)
    user = teams.find(session, login)
    teams.in_charge_of(session, user)
    since = _midnight(session, week(session.today))
    found = store.log(session.database, session.sight, user.id, since, LOG)
    titles = {channel.identifier: channel.title for channel in CHANNELS}
    lines: list[str] = []
    data: list[dict[str, Any]] = []
    for one in found:
        at = moment(one.at).astimezone(session.person.zone).strftime("%a %d %H:%M")
        how = titles.get(one.channel, one.channel) if one.connected else _("no answer")
        lines.append(f"{at}  {one.name}  {how}: {' '.join(one.note.split())}".rstrip(" :"))
        lines += [f"    > {who}: {' '.join(text.split())}" for who, text in one.comments]
        data += [{"id": one.customer_id, "interaction": one.id}] * (1 + len(one.comments))
    n = len(found)
    message = ngettext("{login}: {n} interaction this week", "{login}: {n} interactions this week", n)
    return Outcome(message.format(login=user.login, n=n), lines=tuple(lines), data=tuple(data))
