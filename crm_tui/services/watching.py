"""What is done to customers as it happens: an event for each customer that an entry of the journal changed.

The journal is followed row by row, so that nothing falls between two looks and nothing is told twice; what one does
not see does not exist. Between two looks nothing is open, and while nobody else writes nothing is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from crm_tui.domain.clock import iso
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.services import disclosures, lists
from crm_tui.services.lists import Order, Query
from crm_tui.services.session import Session
from crm_tui.store import entries, news
from crm_tui.store.entries import Entry
from crm_tui.store.news import Step, WriteLog

Event = dict[str, Any]
KEYS = ("at", "what", "id", "name", "by", "source", "command", "summary", "entry", "run", "record")
"""The keys of an event, which scripts rely on.

`what` is entered, left or changed: whether the customer passes the filter now, and did when that was last looked at.
`record` is as `list --json` prints it, as it is now. Who did it, from where and in which words is None where `history`
would not tell one, and where it was the day or somebody's rights that changed, which `entry` None tells. Of a customer
that one sees no more there is nothing but its number.
"""

ENTERED, LEFT, CHANGED = "entered", "left", "changed"

_AT_ONCE = 1_000
"""Rows of the journal, or customers, that are looked at in one short transaction."""

_RIGHTS = frozenset({"team", "user", "absence", "setting", "pool", "pool_member", "pool_rule"})
"""Rows of no customer by which someone may see others than before, or a filter find others."""


@dataclass(frozen=True)
class Since:
    """Where to go on: after the entry, or after the event of that customer of it."""

    entry: int
    customer: int | None = None


class _Members:
    """A set of customers' ids, a byte each: a million of them are one megabyte."""

    def __init__(self) -> None:
        self._in = bytearray()

    def __contains__(self, key: int) -> bool:
        return key < len(self._in) and bool(self._in[key])

    def __len__(self) -> int:
        return self._in.count(1)

    def put(self, key: int, inside: bool) -> None:
        """Let the customer be in the set, or not."""
        if key >= len(self._in):
            self._in.extend(bytes(key + 1 - len(self._in)))
        self._in[key] = inside

    def without(self, others: _Members) -> list[int]:
        """Those that are not among the others."""
        if self._in == others._in:
            return []
        return [key for key, inside in enumerate(self._in) if inside and key not in others]


@dataclass(frozen=True)
class _Place:
    """How far the journal was told: up to the changed row `step`, and of the entry that it is of these customers."""

    step: int
    entry: int = 0
    told: frozenset[int] = frozenset()


@dataclass(frozen=True)
class _Found:
    """What the next rows of the journal tell, and what is known from then on."""

    events: list[Event]
    steps: Sequence[Step]
    place: _Place
    inside: Mapping[int, bool]


class Watch:
    """Watches the customers of a list for a session, from now on or since an entry.

    UsageError for a filter that cannot be read, CrmError for an entry that is not there yet.
    """

    def __init__(self, session: Session, query: Query, since: Since | None = None) -> None:
        self._session = session
        self._query = replace(query, order=Order("id", True))
        self._log = WriteLog(session.database.path)
        self._log.doubt()  # what is written while the filter is read
        self._told: set[int] = set()
        self._noted = 0
        self._anew = False
        lists.read(session, query.filter)
        with session.database.reading():
            session.refresh()
            self._day = self._counted_on = session.today
            self.newest = news.newest(session.database)
            self._place = _Place(news.last_step(session.database))
            self._inside = self._all()
            self._past = range(0)
            if since is not None:
                self._go_back(since)
        self._version = -1

    def __len__(self) -> int:
        """How many customers pass the filter, as far as was looked."""
        return len(self._inside)

    def look(self) -> Iterator[Event]:
        """What was done since the last look; on a new day also whom the filter finds no more, or now.

        Displaced when the database's file was replaced, SignedOut when the user has left, NotAllowed when that is more
        than may be taken out, before the first event of it. After any other error it is safe to look again: what was
        not given then is given next time.
        """
        day = self._session.today
        if not self._log.was_written() and day == self._day:
            return
        self._session.database.check_place()
        version = self._session.database.data_version()
        try:
            if version != self._version or day != self._day:
                yield from self._new(anew=day != self._day)
                self._version, self._day = version, day
        except BaseException:
            self._log.doubt()
            raise

    def _new(self, *, anew: bool) -> Iterator[Event]:
        self._anew = self._anew or anew
        while True:
            found = self._next()
            self._count(found.events)
            for key, inside in found.inside.items():
                self._inside.put(key, inside)
            self._place = found.place
            self._anew = self._anew or any(s.customer_id is None and s.record in _RIGHTS for s in found.steps)
            yield from found.events
            if len(found.steps) < _AT_ONCE:
                break
        if self._anew:
            yield from self._compared()
            self._anew = False

    def _all(self) -> _Members:
        members = _Members()
        for ids in lists.every(self._session, self._query):
            for key in ids:
                members.put(key, True)
        return members

    # -- since an entry

    def _go_back(self, since: Since) -> None:
        database = self._session.database
        if since.entry > self.newest:
            message = _("there is no entry {id} in the journal yet: the newest is {newest}")
            raise CrmError(message.format(id=since.entry, newest=self.newest))
        step = news.first_step(database, since.entry, since.customer) if since.customer is not None else None
        before = self._place.step
        if step is None:
            self._place = _Place(news.last_step(database, since.entry))
        else:
            told = news.customers_until(database, since.entry, step)
            self._place = _Place(step, since.entry, frozenset(told))
        self._past = range(self._place.step + 1, before + 1)
        self._since = since.entry

    def _was_inside(self, steps: Sequence[Step], ids: Sequence[int], seen: Mapping[int, Any]) -> dict[int, bool]:
        """Which of the customers passed the filter before these rows.

        Of what was done before the watch began that is not known: whoever was seen then, and made before, might have.
        """
        if steps[0].id not in self._past:
            return {key: key in self._inside for key in ids}
        made = {step.customer_id for step in steps if step.makes}
        unseen = [key for key in ids if key not in seen]
        were = news.seen_after(self._session.database, self._session.sight, unseen, self._since) if unseen else set()
        return {key: key not in made and (key in seen or key in were) for key in ids}

    # -- one look

    def _next(self) -> _Found:
        """What the next rows of the journal tell; all of it is read at one moment."""
        session, database = self._session, self._session.database
        with database.reading():
            session.refresh()
            steps = news.steps(database, self._place.step, _AT_ONCE)
            if not steps:
                if news.last_step(database) < self._place.step:
                    raise CrmError(_("another database is in the place of the one that was watched: begin again"))
                return _Found([], steps, self._place, {})
            pairs, place = _pairs(steps, self._place)
            ids = list(dict.fromkeys(key for __, key in pairs))
            found = lists.among(session, self._query, ids)
            rows = lists.rows(session, ids)
            before = self._was_inside(steps, ids, rows)
            said = entries.told(database, session.sight, {entry for entry, __ in pairs})
        inside = {key: key in found for key in ids}
        events = [
            self._event(what, key, rows.get(key), said[entry])
            for (entry, key), what in zip(pairs, _whats(pairs, before, inside, rows), strict=True)
            if what
        ]
        return _Found(events, steps, place, inside)

    def _compared(self) -> Iterator[Event]:
        """Whoever passes the filter now and did not, and the other way round, without an entry that says why."""
        with self._session.database.reading():
            now = self._all()
        for what, ids in ((LEFT, self._inside.without(now)), (ENTERED, now.without(self._inside))):
            for start in range(0, len(ids), _AT_ONCE):
                some = ids[start : start + _AT_ONCE]
                rows = lists.rows(self._session, some)
                events = [self._event(what, key, rows.get(key), None) for key in some if what == LEFT or key in rows]
                self._count(events)
                for key in some:
                    self._inside.put(key, what == ENTERED)
                yield from events

    def _event(self, what: str, key: int, row: dict[str, Any] | None, entry: Entry | None) -> Event:
        event: Event = dict.fromkeys(KEYS)
        event |= {"at": iso(entry.at if entry else self._session.stamp), "what": what, "id": key}
        if entry is not None:
            event |= {"entry": entry.id, "run": entry.run_id}
        if row is not None:
            event |= {"name": row["name"], "record": lists.record(self._session, row)}
            if entry is not None and self._may_know(entry.user_id, row["owner_id"]):
                event |= {"by": entry.login, "source": entry.source}
                event |= {"command": entry.command, "summary": entry.summary}
        return event

    def _may_know(self, author_id: int, owner_id: int | None) -> bool:
        """Whether one is told who did it: as in the history of the customer."""
        sight, role = self._session.sight, self._session.person.role
        everything = role == "admin" or (role == "lead" and sight.everything)
        return everything or author_id in (sight.user_id, *sight.led) or owner_id in sight.owners

    def _count(self, events: Sequence[Event]) -> None:
        """Have the customers counted of whom more than the number is told, each once a day."""
        if self._counted_on != self._session.today:
            self._counted_on, self._noted = self._session.today, 0
            self._told.clear()
        ids = {event["id"] for event in events if event["record"]} - self._told
        if ids:
            text = self._query.filter
            self._noted = disclosures.note_watched(self._session, len(self._told), self._noted, list(ids), text)
            self._told |= ids


def _pairs(steps: Sequence[Step], before: _Place) -> tuple[list[tuple[int, int]], _Place]:
    """Each entry with each customer that it changed, once, in order; and how far that goes."""
    pairs: list[tuple[int, int]] = []
    entry, told = before.entry, set(before.told)
    for step in steps:
        if step.entry_id != entry:
            entry, told = step.entry_id, set()
        if step.customer_id is not None and step.customer_id not in told:
            told.add(step.customer_id)
            pairs.append((entry, step.customer_id))
    return pairs, _Place(steps[-1].id, entry, frozenset(told))


def _whats(
    pairs: Sequence[tuple[int, int]], before: Mapping[int, bool], inside: Mapping[int, bool], seen: Mapping[int, Any]
) -> Iterator[str]:
    """What each pair is an event of; "" for nothing that is told.

    Only what was at first and what is at last is known: a customer enters with the first change and leaves with the
    last one.
    """
    last = {key: place for place, (__, key) in enumerate(pairs)}
    met: set[int] = set()
    for place, (__, key) in enumerate(pairs):
        if inside[key]:
            yield CHANGED if before[key] or key in met else ENTERED
        elif not before[key]:
            yield ""
        elif last[key] == place:
            yield LEFT
        else:
            yield CHANGED if key in seen else ""
        met.add(key)
