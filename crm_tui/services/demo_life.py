"""How the demo's customers came to be what they are planned to be: the rows of one customer, from its making to today.

What a customer's row repeats of the detail (next date, last contact, stage, tier, stale profile) is taken from the
very rows that are made for it; nothing has happened yet today.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from operator import itemgetter
from random import Random
from typing import Any

from crm_tui.domain.names import name_key
from crm_tui.domain.profile import STALE_DAYS, stale_on
from crm_tui.domain.schemes import primary, shipped
from crm_tui.domain.settings import Settings
from crm_tui.services import demo_people
from crm_tui.services.demo_plan import CLOSED, YEAR, Days, Next, Plan, pick
from crm_tui.services.demo_texts import Tongue

COLUMNS = {
    "pool": ("id", "name", "routing"),
    "pool_member": ("id", "pool_id", "user_id"),
    "customer": (
        "id", "kind", "name", "name_key", "stage", "stage_since", "scheme", "tier", "tier_rank", "owner_id", "pool_id",
        "phone", "email", "wechat", "region", "industry", "source", "address", "website", "tax_number", "business_role",
        "next_on", "next_at", "last_contact", "last_touch", "held_since", "stale_on", "created_at", "created_by",
        "archived_at", "influence", "closing",
    ),
    "profile": ("id", "fields", "verified"),
    "contact": ("id", "customer_id", "name", "role", "title", "phone", "email", "wechat", "is_primary"),
    "interaction": ("id", "customer_id", "contact_id", "user_id", "at", "channel", "connected", "note", "outcome"),
    "follow_up": (
        "id", "customer_id", "user_id", "kind", "purpose", "due_on", "due_at", "original_on", "created_at", "closed_at",
        "closed_as",
    ),
    "tag": ("id", "customer_id", "name"),
    "customer_tier": ("id", "customer_id", "scheme", "tier", "reason"),
    "product": ("id", "name", "name_key", "category", "price", "cost"),
    "deal": (
        "id", "customer_id", "user_id", "product_id", "number", "amount", "opened_on", "expected_on", "competitor",
        "result", "reason", "closed_on",
    ),
    "sales_order": ("id", "customer_id", "user_id", "number", "ordered_on"),
    "order_line": ("id", "order_id", "customer_id", "product_id", "quantity", "price", "amount", "cost"),
    "receivable": ("id", "customer_id", "order_id", "number", "due_on", "amount"),
    "payment": ("id", "customer_id", "paid_on", "amount"),
    "allocation": ("id", "customer_id", "payment_id", "receivable_id", "amount"),
    "wallet": (
        "id", "customer_id", "user_id", "category", "from_on", "until_on", "total", "source", "confidence",
        "competitors",
    ),
    "purchase_factor": ("id", "customer_id", "user_id", "occasion", "ranking", "evidence", "judged_on"),
    "absence": ("id", "user_id", "stand_in_id", "from_on", "until_on"),
    "transfer": ("id", "customer_id", "from_id", "to_id", "reason", "made_at"),
    "collaborator": ("id", "customer_id", "user_id", "function", "access", "until_on"),
    "comment": ("id", "customer_id", "interaction_id", "user_id", "text", "at"),
    "notice": ("id", "user_id", "kind", "customer_id", "from_id", "text", "made_at"),
    "recycle_warning": ("id", "customer_id", "rule", "due_on", "warned_on", "days", "tier", "reason"),
    "stage_change": ("customer_id", "from_stage", "to_stage", "at", "user_id", "reason", "days"),
    "tier_change": ("customer_id", "scheme", "from_tier", "to_tier", "at", "user_id", "reason"),
    "ownership_log": (
        "customer_id", "kind", "from_owner_id", "from_pool_id", "to_owner_id", "to_pool_id", "user_id", "reason", "at",
    ),
}  # fmt: skip
_AT = {"stage_change": 3, "tier_change": 4, "ownership_log": 8}
"""Where the moment stands in the rows of what only grows: their ids grow with it."""
_REACHED = COLUMNS["customer"][11:21]

_PATHS: dict[str, tuple[tuple[str, ...], ...]] = {
    "potential": (("potential",),) * 9 + (("potential", "target", "potential"),),
    "target": (
        *(("potential", "target"),) * 6, ("target",), ("potential", "target", "intent", "target"),
        ("potential", "target", "lost", "target"),
    ),
    "intent": (
        *(("potential", "target", "intent"),) * 5, ("potential", "intent"), ("target", "intent"),
        ("potential", "target", "intent", "lost", "intent"),
    ),
    "actual": (
        *(("potential", "target", "intent", "actual"),) * 4, ("potential", "intent", "actual"), ("actual",),
    ),
    "lost": (
        ("potential", "target", "lost"), ("potential", "target", "intent", "lost"), ("potential", "intent", "lost"),
        ("potential", "target", "intent", "actual", "lost"),
    ),
    "non_customer": (("potential", "non_customer"),),
}  # fmt: skip
_CONTACTS = {
    "potential": (1, 4), "target": (2, 6), "intent": (4, 10), "actual": (4, 13), "lost": (3, 7), "non_customer": (1, 3),
}  # fmt: skip
_ATTEMPTS = 0.25
_AFTER = 300
"""Seconds from a contact to the change of stage that it led to."""
_MINUTES = tuple(f"{minute // 60:02}:{minute % 60:02}:" for minute in range(24 * 60))
_SECONDS = tuple(f"{second:02}" for second in range(60))


class Calendar:
    """The working days as moments (seconds since 1970) and as texts; an age of 0 is today, -1 tomorrow."""

    def __init__(self, now: datetime) -> None:
        self.days = Days(now.date(), Settings({}).workdays)
        self.workdays = Settings({}).workdays
        self._nine = {
            age: int(datetime.combine(now.date() - timedelta(days=age), time(9), now.tzinfo).timestamp())
            for age in range(-61, YEAR + 1)
        }
        self._dates: dict[int, str] = {}

    def moment(self, dice: Random, age: int) -> int:
        """A moment of the day's working hours, 9 to 12 and 13 to 17:30."""
        second = int(dice.random() * 27_000)
        return self._nine[age] + second + (3_600 if second >= 10_800 else 0)

    def at(self, age: int, minute: int) -> int:
        """That minute of the day, as clocks show it (but for a change of the clocks)."""
        return self._nine[age] + (minute - 540) * 60

    def date(self, age: int) -> date:
        """The day of that age."""
        return self.days.today - timedelta(days=age)

    def text(self, moment: int) -> str:
        """The moment as it is stored."""
        day, second = divmod(moment, 86_400)
        if day not in self._dates:
            self._dates[day] = date.fromordinal(day + 719_163).isoformat()
        return f"{self._dates[day]} {_MINUTES[second // 60]}{_SECONDS[second % 60]}"


def day_of(moment: int) -> date:
    """The day of a moment, as the host counts it."""
    return datetime.fromtimestamp(moment).astimezone().date()


@dataclass
class Rows:
    """Rows that wait to be written, by table, and the last id of each table."""

    waiting: dict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: {table: [] for table in COLUMNS})
    last: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COLUMNS, 0))

    def add(self, table: str, *values: Any) -> int:
        """Keep a row of a table with ids, without its id; the id that it gets."""
        key = self.last[table] = self.last[table] + 1
        self.waiting[table].append((key, *values))
        return key

    def take(self) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        """The tables in the order in which they can be written, each with all that waits for it."""
        for table in COLUMNS:
            waiting, self.waiting[table] = self.waiting[table], []
            if table in _AT:
                waiting.sort(key=itemgetter(_AT[table]))
            yield table, waiting


@dataclass(frozen=True, slots=True)
class _Event:
    """An interaction to be: its age in days, its moment, and whether the contact came about."""

    age: int
    moment: int
    connected: bool


class Life:
    """One customer on its way from the day it was made to what is planned for today; `rows` receives all of it.

    `holder` is None for the public pool, `other` the rep that had the customer before, or some rep.
    """

    def __init__(
        self, dice: Random, calendar: Calendar, rows: Rows, tongue: Tongue, plan: Plan, holder: int | None, other: int
    ) -> None:
        self.dice, self.calendar, self.rows, self.tongue, self.plan = dice, calendar, rows, tongue, plan
        self.holder = holder
        self.identity = tongue.identity(dice)
        self.key = rows.last["customer"] + 1
        self.path = pick(dice, _PATHS[plan.stage] if plan.contact else (("potential",),))
        self.tier = plan.tier
        self.contacts: list[int] = []
        self.arrived, self.events = self._events()
        self.connected = [event for event in self.events if event.connected]
        self.created = calendar.moment(dice, self.arrived)
        self.given = self.created if other == holder else self._given()
        """When the present holder got it; those before worked for `first`."""
        self.first = other if holder is None or self.given > self.created else holder
        self.pool = demo_people.pool_of(self.identity.columns.get("region")) if holder is None else None
        self.said: int | None = None
        """The last contact that came about, and on which channel."""
        self.channel = ""

    def write(self) -> None:
        """Make all rows of the customer."""
        self.began = self._stages()
        self._tiers()
        shown = self._follow_ups()
        reached = {name: self.identity.columns.get(name) for name in _REACHED}
        stale = self._profile(reached)
        plan, text = self.plan, self.calendar.text
        scheme = shipped()[primary(plan.stage)]
        self.rows.add(
            "customer", self.identity.kind, self.identity.name, name_key(self.identity.name), plan.stage,
            text(self.began[-1]), scheme.identifier, self.tier, scheme.rank(self.tier), self.holder,
            self.pool, *reached.values(), *shown,
            text(self.connected[-1].moment) if self.connected else None,
            text(self.events[-1].moment) if self.events else None, text(self.given) if self.holder else None, stale,
            text(self.created), self.first, text(self._archived()) if plan.archived else None, None, None,
        )  # fmt: skip
        demo_people.hands(self)
        self._contacts()
        self._interactions()
        self._tags()

    # -- when

    def _between(self, least: int, most: int) -> int:
        return self.calendar.days.ago(self.dice, least, most)

    def _events(self) -> tuple[int, list[_Event]]:
        """The age at which the customer was made, and its interactions in order, the last contact as planned."""
        plan, dice = self.plan, self.dice
        if plan.contact is None:
            return plan.arrived or 1, []
        least, most = _CONTACTS[plan.stage]
        count = max(len(self.path) - 1, least + int(dice.random() * (most - least + 1)))
        oldest = STALE_DAYS - plan.stale_in + 1 if plan.stale_in is not None else 0
        arrived = self._between(max(min(plan.contact + 3 * count, YEAR - 15), oldest), YEAR - 3)
        ages = [(self._between(plan.contact, arrived - 1), True) for __ in range(count - 1)]
        ages += [(self._between(plan.contact + 1, arrived - 1), False) for age in ages if dice.random() < _ATTEMPTS]
        ages += [(self._between(1, plan.contact - 1), False) for __ in range(plan.tries if plan.contact > 1 else 0)]
        made = [(_age, self.calendar.moment(dice, _age), connected) for _age, connected in ages]
        last = self.calendar.moment(dice, plan.contact)
        made = [(a, min(m, last - 600) if a == plan.contact else m, c) for a, m, c in made]
        return arrived, [_Event(*event) for event in sorted([*made, (plan.contact, last, True)], key=lambda e: e[1])]

    def _given(self) -> int:
        """The moment at which the holder got the customer: when it was made, or just before a later contact."""
        if self.holder is None or len(self.connected) < 3 or self.dice.random() > 0.15:
            return self.created
        return pick(self.dice, self.connected[1:]).moment - 60

    def _archived(self) -> int:
        moment = self.calendar.moment(self.dice, self._between(1, self.plan.contact or self.arrived))
        return max(moment, self.events[-1].moment + 600 if self.events else 0)

    def _worker(self, moment: int) -> int:
        return self.holder if self.holder is not None and moment >= self.given else self.first

    def _turns(self, count: int) -> list[_Event]:
        """So many of the contacts that came about, in order; the path to a closed stage ends with the last of them."""
        if count and self.plan.stage in CLOSED:
            return [*self._some(self.connected[:-1], count - 1), self.connected[-1]]
        return self._some(self.connected, count)

    def _some(self, events: list[_Event], count: int) -> list[_Event]:
        return sorted(self.dice.sample(events, count), key=lambda event: event.moment)

    def _stage(self, moment: int) -> str:
        """The stage to which a contact at that moment led, or in which it left the customer."""
        return self.path[bisect_right(self.began, moment + _AFTER) - 1]

    # -- histories

    def _stages(self) -> list[int]:
        """Write the path; the moments at which its stages began."""
        began = [self.created]
        self._step(None, self.path[0], self.created, "", None)
        turns = self._turns(len(self.path) - 1)
        for frm, to, event in zip(self.path, self.path[1:], turns, strict=False):
            moment = event.moment + _AFTER
            self._step(frm, to, moment, self.tongue.reason(self.dice, frm, to), (moment - began[-1]) / 86_400)
            began.append(moment)
        return began

    def _step(self, frm: str | None, to: str, moment: int, reason: str, days: float | None) -> None:
        row = (self.key, frm, to, self.calendar.text(moment), self._worker(moment), reason, days)
        self.rows.waiting["stage_change"].append(row)

    def _tiers(self) -> None:
        """Every customer starts as a D and is graded step by step."""
        letters = "DCBA"[: "DCBA".index(self.tier) + 1]
        if len(letters) > len(self.connected) + 1:
            letters = "D" + self.tier
        turns = self._some(self.connected, len(letters) - 1)
        moments = [self.created, *(event.moment + 360 for event in turns)]
        reason = ""
        for frm, to, moment in zip((None, *letters), letters, moments, strict=False):
            reason = self.tongue.word(self.dice, "grades") if frm and (to == "A" or self.dice.random() < 0.5) else ""
            self._grade("abcd", frm, to, moment, reason)
        self.rows.add("customer_tier", self.key, "abcd", self.tier, reason)
        if self.connected and self.dice.random() < 0.1:
            label = {"A": "high", "B": "high", "C": "middle"}.get(self.tier, "low")
            self._grade("label", None, label, self.connected[-1].moment + 420, "")
            self.rows.add("customer_tier", self.key, "label", label, "")

    def _grade(self, scheme: str, frm: str | None, to: str, moment: int, reason: str) -> None:
        row = (self.key, scheme, frm, to, self.calendar.text(moment), self._worker(moment), reason)
        self.rows.waiting["tier_change"].append(row)

    # -- what was promised, and what is

    def _follow_ups(self) -> tuple[str | None, str | None]:
        """Write the follow-ups; the day and the moment of the open one."""
        contacts, dice = self.connected, self.dice
        if self.holder and contacts:
            due = self.calendar.workdays.next_workday(self.calendar.date(self.arrived)).isoformat()
            self._promise("first_contact", "", due, None, due, self.created, contacts[0].moment)
        for event, following in pairwise(contacts):
            if dice.random() < 0.5 and event.age > following.age:
                latest = min(event.age - 1, following.age + pick(dice, (0, 0, 0, 1, 3)))
                day = self.calendar.date(self._between(following.age, latest)).isoformat()
                self._promise("promise", self._purpose(event.moment), day, None, day, event.moment, following.moment)
        if self.plan.next is None:
            return None, None
        return self._open(self.plan.next)

    def _open(self, promise: Next) -> tuple[str, str | None]:
        day = self.calendar.date(-promise.days).isoformat()
        first = day if promise.first_days is None else self.calendar.date(-promise.first_days).isoformat()
        at = None
        if promise.minute is not None:
            at = self.calendar.text(self.calendar.at(-promise.days, promise.minute))
        made = self.connected[-1].moment if self.connected else self.given
        purpose = self._purpose(made) if promise.kind == "promise" else ""
        self._promise(promise.kind, purpose, day, at, first, made, None)
        return day, at

    def _promise(
        self, kind: str, purpose: str, day: str, at: str | None, first: str, made: int, closed: int | None
    ) -> None:
        text = self.calendar.text
        end = (None, None) if closed is None else (text(closed), "done")
        self.rows.add("follow_up", self.key, self._worker(made), kind, purpose, day, at, first, text(made), *end)

    def _purpose(self, moment: int) -> str:
        return self.tongue.purpose(self.dice, self._stage(moment))

    # -- who it is, and what was said

    def _profile(self, reached: dict[str, str | None]) -> str | None:
        """Write the profile, each field with the day of its last verification; the day on which it is stale."""
        plan, dice, arrived = self.plan, self.dice, self.arrived
        rank = "ABCD".index(self.tier)
        fields = self.tongue.profile(dice, self.identity, rank)
        if plan.stale_in is not None:
            oldest = STALE_DAYS - plan.stale_in
        else:
            oldest = self._between(1, min(arrived, STALE_DAYS - 20)) if self.holder and arrived > 20 else arrived
        old = self.calendar.date(oldest)
        new = self.calendar.date(self._between(1, oldest)) if oldest > 1 else old
        filled = ["name", *(name for name, value in reached.items() if value), *fields]
        verified = {name: new if dice.random() < 0.4 else old for name in filled}
        verified["source"] = old
        texts = {name: day.isoformat() for name, day in verified.items()}
        self.rows.add("profile", _json(fields), _json(texts))
        stale = stale_on(verified, self.identity.kind, rank)
        return stale.isoformat() if stale else None

    def _contacts(self) -> None:
        if self.identity.kind == "person":
            return
        for place in range(pick(self.dice, (1, 1, 1, 2, 2, 3))):
            person = self.tongue.contact(self.dice, self.identity, place)
            self.contacts.append(self.rows.add("contact", self.key, *person.values(), place == 0))

    def _interactions(self) -> None:
        """Write the interactions, each in the words of the stage that it led to, seldom the same twice."""
        said: set[str] = set()
        for event in self.events:
            stage = self._stage(event.moment) if event.connected else "attempt"
            for __ in range(3):
                channel, note, outcome = self.tongue.note(self.dice, stage, self.identity.item)
                if note not in said:
                    break
            said.add(note)
            contact = pick(self.dice, self.contacts) if self.contacts and self.dice.random() < 0.9 else None
            number = self.rows.add(
                "interaction", self.key, contact, self._worker(event.moment), self.calendar.text(event.moment), channel,
                event.connected, note, outcome,
            )  # fmt: skip
            if event.connected:
                self.said, self.channel = number, channel

    def _tags(self) -> None:
        count = pick(self.dice, (0, 0, 0, 1, 1, 2))
        for name in dict.fromkeys(self.tongue.word(self.dice, "tags") for __ in range(count)):
            self.rows.add("tag", self.key, name)


def _json(fields: dict[str, str]) -> str:
    return json.dumps(fields, ensure_ascii=False, sort_keys=True)
