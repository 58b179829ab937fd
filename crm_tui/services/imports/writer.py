"""Writing new customers with all that belongs to them: rows, histories and the search index, a batch in a stroke."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crm_tui.domain.pools import COUNTED
from crm_tui.domain.when import When
from crm_tui.services import followups
from crm_tui.services.imports.incoming import Incoming
from crm_tui.services.imports.making import CONTACT, CUSTOMER, Made, Making
from crm_tui.services.session import Session
from crm_tui.store import histories, search
from crm_tui.store.journal import Change
from crm_tui.store.pools import DEFAULT

_CUSTOMER = (*CUSTOMER, "owner_id", "pool_id", "held_since", "next_on", "next_at")
_CONTACT = ("customer_id", "is_primary", *CONTACT)
_FOLLOW_UP = ("customer_id", "user_id", "kind", "purpose", "due_on", "due_at", "original_on", "created_at")


class Writer:
    """Writes new customers with all that belongs to them, without reading anything back."""

    def __init__(self, session: Session, change: Change) -> None:
        self._session = session
        self._change = change
        self.making = Making(session)
        self._now = session.stamp
        self._today = session.today
        self._workdays = session.settings.workdays
        self._spread: int | None = session.settings["pool.spread_per_day"]
        self._firsts: dict[int, tuple[When, int]] = {}
        self._due: dict[When, tuple[str, str | None]] = {}

    def write(self, found: Sequence[Incoming]) -> None:
        """Make the customers."""
        if not found:
            return
        change, me = self._change, self._session.person.id
        made: list[Made] = [f.made or self.making.made(f) for f in found]
        following = [self._next(f) for f in found]
        ids = change.pour(
            "customer", _CUSTOMER,
            [(*m[0], *self._held(f, n)) for f, m, n in zip(found, made, following, strict=True)],
        )  # fmt: skip
        change.pour(
            "profile", ("id", "fields", "verified"),
            [(key, rows[1], rows[2]) for key, rows in zip(ids, made, strict=True)],
        )
        change.pour("contact", _CONTACT, [
            (key, *contact) for key, rows in zip(ids, made, strict=True) for contact in rows[3]
        ])  # fmt: skip
        change.pour("follow_up", _FOLLOW_UP, [
            (key, f.owner or me, kind, "", *self._days(when), when.on.isoformat(), self._now)
            for key, f, (when, kind) in ((k, f, n) for k, f, n in zip(ids, found, following, strict=True) if n)
        ])  # fmt: skip
        change.pour("tag", ("customer_id", "name"), [
            (key, name) for key, f in zip(ids, found, strict=True) for name in f.tags
        ])  # fmt: skip
        self._histories(ids, found)
        search.add_ready(self._session.database, [(key, *rows[4]) for key, rows in zip(ids, made, strict=True)])

    def _held(self, found: Incoming, following: tuple[When, str] | None) -> tuple[Any, ...]:
        on, at = self._days(following[0]) if following else (None, None)
        if found.owner:
            return found.owner, None, self._now, on, at
        return None, found.pool or DEFAULT, None, on, at

    def _days(self, when: When) -> tuple[str, str | None]:
        """The day, and the moment if there is one, as they are stored."""
        found = self._due.get(when)
        if found is None:
            found = self._due[when] = when.on.isoformat(), followups.due_at(self._session, when)
        return found

    def _next(self, found: Incoming) -> tuple[When, str] | None:
        """The next date and its kind: what the table says, else the first contact of whoever receives a prospect."""
        if found.next:
            return found.next, "promise"
        if found.owner and found.stage in COUNTED:
            return self._first(found.owner), "first_contact"
        return None

    def _first(self, owner: int) -> When:
        """The day of the next first contact of that holder: the next working day, or so many a day (P17)."""
        day, given = self._firsts.get(owner) or (When(self._workdays.next_workday(self._today)), 0)
        if self._spread is not None and given >= self._spread:
            day, given = When(self._workdays.next_workday(day.on)), 0
        self._firsts[owner] = day, given + 1
        return day

    def _histories(self, ids: Sequence[int], found: Sequence[Incoming]) -> None:
        change, user_id = self._change, self._session.person.id
        if all(len(f.tiers) == 1 and "reason" not in f.said for f in found):
            histories.begin(change, ids, at=self._now, user_id=user_id)
            return
        histories.add_stages(
            change, at=self._now, user_id=user_id,
            rows=[(key, None, f.stage, f.said.get("reason", ""), None) for key, f in zip(ids, found, strict=True)],
        )
        tiers = [(key, scheme, tier) for key, f in zip(ids, found, strict=True) for scheme, tier in f.tiers]
        change.pour("customer_tier", ("customer_id", "scheme", "tier"), tiers)
        histories.add_tiers(change, at=self._now, user_id=user_id, rows=[(k, s, None, t, "") for k, s, t in tiers])
