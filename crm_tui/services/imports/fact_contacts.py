"""What was said with customers, and what is promised to them, from a table: interactions and follow-ups.

The contact clock does not move by what is imported (DOMAIN §4 P8), and no promise is cleared by it (DOMAIN §5).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING

from crm_tui.domain.clock import local_date, stamp
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.names import name_key
from crm_tui.domain.profile_fields import CHANNELS
from crm_tui.domain.stages import choose, fold
from crm_tui.domain.text import ascii_twin
from crm_tui.services.imports.fact_values import Fact, Values
from crm_tui.services.session import Session
from crm_tui.store import contacts_in as store
from crm_tui.store import importing, staging

if TYPE_CHECKING:
    from crm_tui.store.journal import Change
    from crm_tui.store.staging import Staged

_CLOCK = re.compile(r"([0-9]{1,2})\s*[:点點时時]\s*([0-9]{1,2})?")
_FRACTION = re.compile(r"[1-9][0-9]{4}([.][0-9]+)")
_PART = re.compile(r"0?([.][0-9]+)")
"""A time as a spreadsheet keeps it: the part of the day that has gone by; 0.4375 is 10:30."""
_AFTERNOON = re.compile(r"pm|下午|晚上|傍晚", re.IGNORECASE)
_NO = frozenset(map(fold, (
    "no", "n", "0", "false", "attempt", "no answer", "not connected", "missed", "否", "未接通", "未接", "无人接听",
    "無人接聽", "没接", "未联系上", "不通", "失败",
)))  # fmt: skip
_YES = frozenset(map(fold, (
    "yes", "y", "1", "true", "connected", "reached", "answered", "done", "是", "已接通", "接通", "成功", "已联系",
)))  # fmt: skip
_MORE_CHANNELS = {
    fold(word): channel
    for channel, words in {
        "call": "电话沟通 电话跟进 打电话 来电 去电 电联 手机 phone_call telephone",
        "visit": "上门拜访 拜访客户 实地拜访 登门拜访 走访 on-site",
        "meeting": "面谈 会面 见面沟通 视频会议 线上会议 开会 video",
        "mail": "邮箱 电子邮件 发邮件 mailing",
        "wechat": "微信沟通 微信跟进 weixin wecom",
        "sms": "发短信 信息",
        "other": "QQ qq 其它方式 其他方式 线上 在线",
    }.items()
    for word in words.split()
}


class People:
    """Whom a row may name: oneself, and for leads and administrators those they lead, also such as have left."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._logins: dict[str, int] = {}
        self._names: dict[str, list[int]] = {}
        for key, login, name, *__ in importing.users(session.database):
            self._logins[login.casefold()] = key
            self._names.setdefault(name.casefold(), []).append(key)
        self.named = lru_cache(1_024)(self._named)

    def _named(self, text: str) -> int:
        wanted = text.strip().casefold()
        me = self._session.person
        if wanted == "me":
            return me.id
        found = [self._logins[wanted]] if wanted in self._logins else self._names.get(wanted, [])
        if len(found) > 1:
            raise UsageError(_('several users are called "{name}": give the login').format(name=text), text, 0)
        if not found:
            raise UsageError(_('there is no user "{login}"').format(login=text), text, 0)
        sight = self._session.sight
        if found[0] != me.id and not sight.everything and (me.role != "lead" or found[0] not in sight.led):
            raise UsageError(_("only leads bring in what is others', of their team"), text, 0)
        return found[0]


def clock_of(given: Mapping[str, str]) -> str:
    """The time of day (HH:MM) in the field `time`, else behind the date; "" where there is none. UsageError."""
    text = ascii_twin(given.get("time") or given.get("date", "")).strip()
    if found := _FRACTION.fullmatch(text) or ("time" in given and _PART.fullmatch(text)):
        minutes = round(float(found[1]) * 24 * 60)
        return f"{minutes // 60 % 24:02}:{minutes % 60:02}" if minutes else ""
    found = _CLOCK.search(text)
    if found is None:
        if "time" in given:
            raise UsageError(_('cannot read the time "{text}": write it like 15:30').format(text=given["time"]))
        return ""
    hour, minute = int(found[1]), int(found[2] or 0)
    if _AFTERNOON.search(text) and hour < 12:
        hour += 12
    if hour > 23 or minute > 59:
        raise UsageError(_('cannot read the time "{text}": write it like 15:30').format(text=text))
    return f"{hour:02}:{minute:02}"


class Interactions:
    """Reads and writes interactions. The payload of a row is its time ("" for none), its stamp, the author, channel,
    connected, contact, outcome and note.
    """

    many = False

    def __init__(self, session: Session, change: Change, values: Values) -> None:
        self._session = session
        self._change = change
        self._values = values
        self._people = People(session)
        self._channels = lru_cache(256)(_channel)
        self.made: Counter[str] = Counter()

    def read(self, given: Mapping[str, str]) -> Fact:
        day = self._values.day_gone_by(given, "date")
        clock = clock_of(given)
        happened = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock or "12:00"))
        happened = happened.replace(tzinfo=self._session.person.zone)
        if happened > self._session.now:
            if clock:
                raise UsageError(_("{when} is yet to come: name a day gone by").format(when=f"{day} {clock}"))
            happened = self._session.now
        author = self._people.named(given.get("author", "me"))
        channel = self._channels(given.get("channel", "other"))
        note = given.get("note", "")
        told = (clock, author, channel, note)
        contact, outcome = given.get("contact", ""), given.get("outcome", "")[:500]
        head = (_connected(given.get("connected", "yes")), contact, outcome)
        payload = [clock, stamp(happened), author, channel, *head, note]
        return Fact(day, "\n".join(map(str, (day, *told))), head, (day, *told), payload)

    def known(self, rows: Sequence[Staged]) -> dict[int, str]:
        ids = {row.customer_id or 0 for row in rows}
        there: set[tuple[object, ...]] = set()
        for customer, at, *said in store.interactions(self._session.database, ids):
            there.add((customer, at[:16], *said))
            there.add((customer, local_date(at, self._session.person.zone).isoformat(), *said))
        people = store.people(self._session.database, ids)
        verdicts: dict[int, str] = {}
        for row in rows:
            clock, at, author, channel, __, contact, __, note = row.payload
            if (row.customer_id, at[:16] if clock else row.day, author, channel, note) in there:
                verdicts[row.ordinal] = ""
            elif contact and (row.customer_id, name_key(contact)) not in people:
                verdicts[row.ordinal] = _('there is no contact "{name}" at the customer').format(name=contact)
        return verdicts

    def write(self, rows: Sequence[Staged]) -> None:
        ids = {row.customer_id or 0 for row in rows}
        people = store.people(self._session.database, ids)
        made = []
        newest: dict[int, str] = {}
        for row in rows:
            __, at, author, channel, connected, contact, outcome, note = row.payload
            key = row.customer_id or 0
            newest[key] = max(newest.get(key, ""), at)
            made.append({
                "customer_id": key, "contact_id": people.get((key, name_key(contact))) if contact else None,
                "user_id": author, "at": at, "channel": channel, "connected": connected, "note": note,
                "outcome": outcome,
            })  # fmt: skip
        self._change.insert("interaction", made)
        touched = store.touched(self._session.database, ids)
        later = {key: {"last_touch": at} for key, at in newest.items() if at > (touched.get(key) or "")}
        self._change.update_each("customer", later)

    def finish(self) -> None:
        pass


class FollowUps:
    """Reads and writes open follow-ups, one a customer. The payload of a row is its time, purpose, and for whom."""

    many = False

    def __init__(self, session: Session, change: Change, values: Values) -> None:
        self._session = session
        self._change = change
        self._values = values
        self._people = People(session)
        self.made: Counter[str] = Counter()

    def read(self, given: Mapping[str, str]) -> Fact:
        day, clock = self._values.day(given, "date"), clock_of(given)
        whose = self._people.named(given["for"]) if "for" in given else 0
        payload = [clock, given.get("purpose", "")[:500], whose]
        told = (day, *payload)
        return Fact(day, "open", told, told, payload)

    def known(self, rows: Sequence[Staged]) -> dict[int, str]:
        promised = store.promises(self._session.database, {row.customer_id or 0 for row in rows})
        verdicts: dict[int, str] = {}
        for row in rows:
            clock, purpose, __ = row.payload
            due = (row.day, self._due_at(row.day, clock), purpose)
            of_it = promised.get(row.customer_id or 0, [])
            if any(due == (day, at, what) for day, at, what, *__ in of_it):
                verdicts[row.ordinal] = ""
                continue
            for day, __, what, kind, is_open in of_it:
                if is_open and kind == "promise":
                    text = _("promised for {day} already: {what}; set another date with `next`")
                    verdicts[row.ordinal] = text.format(day=day, what=what or _("no purpose given"))
        return verdicts

    def _due_at(self, day: str, clock: str) -> str | None:
        if not clock:
            return None
        when = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), self._session.person.zone)
        return stamp(when)

    def write(self, rows: Sequence[Staged]) -> None:
        change, session = self._change, self._session
        ids = {row.customer_id or 0 for row in rows}
        standing = store.open_ids(session.database, ids)
        change.update("follow_up", standing, closed_at=session.stamp, closed_as="replaced")
        holders = staging.holders_of(session.database, ids)
        due = {row.customer_id or 0: (row.day, self._due_at(row.day, row.payload[0])) for row in rows}
        change.insert("follow_up", [
            {
                "customer_id": row.customer_id, "kind": "promise", "purpose": row.payload[1],
                "user_id": row.payload[2] or holders.get(row.customer_id or 0) or session.person.id,
                "due_on": row.day, "due_at": due[row.customer_id or 0][1], "original_on": row.day,
                "created_at": session.stamp,
            }
            for row in rows
        ])  # fmt: skip
        change.update_each("customer", {key: {"next_on": on, "next_at": at} for key, (on, at) in due.items()})

    def finish(self) -> None:
        pass


def _channel(text: str) -> str:
    found = choose(text, CHANNELS)
    name = found.identifier if found else _MORE_CHANNELS.get(fold(text))
    if name is None:
        names = ", ".join(choice.identifier for choice in CHANNELS)
        raise UsageError(_('channel "{text}" is not one of {names}').format(text=text, names=names), text, 0)
    return name


def _connected(text: str) -> bool:
    word = fold(text)
    if word in _YES or word in _NO:
        return word in _YES
    raise UsageError(_('connected "{text}": write yes or no').format(text=text), text, 0)
