"""What somebody did in a day or a week, as prose to be read, changed and pasted: facts in, lines out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, NamedTuple

from crm_tui.domain.holding import move_title
from crm_tui.domain.language import N_, _, ngettext
from crm_tui.domain.profile_fields import CHANNELS
from crm_tui.domain.schemes import badge, shipped
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.domain.when import WEEKDAYS

Length = Literal["day", "week"]
DETAILS: Mapping[Length, int] = {"day": 20, "week": 40}
"""Contacts that a report tells one by one."""

NAMED = 12
"""Customers that a line names; the others are counted."""

_CUT = 80


class Said(NamedTuple):
    """A contact that came about. `name` of a customer is None, here and below, where the reader does not see it."""

    customer_id: int
    name: str | None
    channel: str
    note: str


class Moved(NamedTuple):
    """A step along the path (`scheme` "") or a tier given: identifiers, None for none."""

    customer_id: int
    name: str | None
    scheme: str
    before: str | None
    after: str | None


class Hands(NamedTuple):
    """A change of hands: `what` is a key of `_HANDS`, `kind` as in the ownership log."""

    customer_id: int
    name: str | None
    what: str
    kind: str
    reason: str


class Due(NamedTuple):
    """What is promised and still open."""

    customer_id: int
    name: str | None
    on: date
    time: str
    purpose: str


@dataclass(frozen=True)
class Activity:
    """What someone did from the day `first` to the day `last`, in their own days.

    `contacts` counts those that came about, by channel; `customers` with how many; `said` tells some of them.
    `promised` and `done` count follow-ups; `next` is open up to `until`, what is overdue as of `today` included.
    """

    who: str
    length: Length
    first: date
    last: date
    today: date
    until: date
    contacts: Mapping[str, int] = field(default_factory=dict)
    attempts: int = 0
    customers: int = 0
    said: Sequence[Said] = ()
    moved: Sequence[Moved] = ()
    promised: int = 0
    done: int = 0
    hands: Sequence[Hands] = ()
    next: Sequence[Due] = ()


_HANDS: Mapping[str, str] = {
    "made": N_("New"), "claimed": N_("Claimed"), "received": N_("Received"), "released": N_("Released"),
    "given": N_("Given away"), "taken": N_("Back to the pool"),
}  # fmt: skip


def span(length: Length, day: date) -> tuple[date, date]:
    """The first and the last day of the day or the week (Monday to Sunday) that `day` lies in."""
    if length == "day":
        return day, day
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def hand_of(kind: str, *, to_me: bool, by_me: bool) -> str:
    """What a change of hands was for someone: `to_me` it came, else it went; `by_me` it was done."""
    if to_me:
        if kind == "make" and by_me:
            return "made"
        return "claimed" if kind == "claim" else "received"
    if kind == "release":
        return "released"
    return "taken" if kind == "recycle" else "given"


def draft(activity: Activity) -> list[str]:
    """The report as lines, the heading first; lines about nothing are left out."""
    lines = [heading(activity), _contacts(activity), *_details(activity)]
    lines += [_path(activity), _graded(activity), _promises(activity)]
    lines += [_hands(activity, what) for what in _HANDS]
    told = [line for line in lines if line]
    if len(told) == 1:
        told.append(_("Nothing was logged."))
    return [*told, *_next(activity)]


def heading(activity: Activity) -> str:
    """Whose report it is and of which days."""
    if activity.length == "day":
        return _("{who} · daily report · {day}").format(who=activity.who, day=_day(activity.first))
    return _("{who} · weekly report · {first} to {last}").format(
        who=activity.who, first=_day(activity.first), last=_day(activity.last)
    )


def _contacts(activity: Activity) -> str:
    n = sum(activity.contacts.values())
    parts = []
    if n:
        ways = ", ".join(f"{_channel(channel)} {count}" for channel, count in _by_number(activity.contacts))
        told = ngettext("{n} contact ({ways})", "{n} contacts ({ways})", n).format(n=n, ways=ways)
        with_whom = ngettext("with {n} customer", "with {n} customers", activity.customers)
        parts.append(f"{told} {with_whom.format(n=activity.customers)}")
    if activity.attempts:
        parts.append(ngettext("{n} attempt", "{n} attempts", activity.attempts).format(n=activity.attempts))
    return f"{', '.join(parts)}." if parts else ""


def _details(activity: Activity) -> list[str]:
    named = [said for said in activity.said if said.name is not None]
    told = named[: DETAILS[activity.length]]
    lines = []
    for said in told:
        words = " ".join(said.note.split())
        words = words if len(words) <= _CUT else f"{words[: _CUT - 1]}…"
        lines.append(f"- {said.name}, {_channel(said.channel)}{': ' if words else ''}{words}")
    left = sum(activity.contacts.values()) - len(told)
    if told and left > 0:
        lines.append(ngettext("- and {n} more", "- and {n} more", left).format(n=left))
    return lines


def _path(activity: Activity) -> str:
    steps = [moved for moved in activity.moved if not moved.scheme]
    texts = (None if m.name is None else f"{m.name} {_stage(m.before)} → {_stage(m.after)}" for m in steps)
    return _list(_("Moved: {customers}."), texts)


def _graded(activity: Activity) -> str:
    grades = [moved for moved in activity.moved if moved.scheme]
    texts = (
        None if m.name is None else f"{m.name} {_tier(m.scheme, m.before)} → {_tier(m.scheme, m.after)}" for m in grades
    )
    return _list(_("Graded: {customers}."), texts)


def _promises(activity: Activity) -> str:
    late = sum(due.on < activity.today for due in activity.next)
    counts = ((activity.done, _("{n} done")), (activity.promised, _("{n} promised")), (late, _("{n} overdue")))
    parts = [text.format(n=n) for n, text in counts if n]
    return _("Follow-ups: {parts}.").format(parts=", ".join(parts)) if parts else ""


def _hands(activity: Activity, what: str) -> str:
    texts = []
    for hands in activity.hands:
        if hands.what != what:
            continue
        why = [move_title(hands.kind)] if what in ("received", "given") else []
        why += [hands.reason] if hands.reason and what != "taken" else []
        texts.append(hands.name and f"{hands.name}{' (' + ': '.join(why) + ')' if why else ''}")
    return _list(f"{_(_HANDS[what])}: {{customers}}.", texts)


def _next(activity: Activity) -> list[str]:
    days: dict[date, list[str | None]] = {}
    for due in activity.next:
        text = " ".join(part for part in (due.time, due.name) if part)
        purpose = f" ({due.purpose})" if due.purpose else ""
        days.setdefault(max(due.on, activity.today), []).append(due.name and f"{text}{purpose}")
    lines = [_list(f"- {_day(day)}: {{customers}}", texts) for day, texts in sorted(days.items())]
    return [_("Next:"), *lines] if lines else []


def _list(frame: str, texts: Iterable[str | None]) -> str:
    """The texts in the frame, with how many more there are; "" for none."""
    every = list(texts)
    told = [text for text in every if text is not None][:NAMED]
    left = len(every) - len(told)
    if left:
        told.append(ngettext("{n} more", "{n} more", left).format(n=left))
    return frame.replace("{customers}", "; ".join(told)) if every else ""


def _by_number(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _channel(identifier: str) -> str:
    return next((channel.title for channel in CHANNELS if channel.identifier == identifier), identifier)


def _stage(identifier: str | None) -> str:
    known = BY_IDENTIFIER.get(identifier or "")
    return known.title if known else "–"


def _tier(scheme: str, tier: str | None) -> str:
    known = shipped().get(scheme)
    return badge(known, tier) if known and tier else tier or "–"


def _day(day: date) -> str:
    return f"{_(WEEKDAYS[day.weekday()])} {day.isoformat()}"
