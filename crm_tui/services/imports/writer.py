"""Writing new customers with all that belongs to them: rows, histories and the search index, a batch in a stroke."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from crm_tui.domain.pools import COUNTED
from crm_tui.domain.profile import stale_on
from crm_tui.domain.searching import reach_text, search_text
from crm_tui.domain.when import When
from crm_tui.services import followups
from crm_tui.services.imports.incoming import TEXTS, Incoming
from crm_tui.services.imports.pace import BATCH
from crm_tui.services.session import Session
from crm_tui.store import histories, search
from crm_tui.store.journal import Change
from crm_tui.store.pools import DEFAULT

CONTACT = ("name", "role", "title", "phone", "email", "wechat", "note")


class Writer:
    """Writes new customers with all that belongs to them, without reading anything back."""

    def __init__(self, session: Session, change: Change) -> None:
        self._session = session
        self._change = change
        self._now = session.stamp
        self._today = session.today
        self._workdays = session.settings.workdays
        self._spread: int | None = session.settings["pool.spread_per_day"]
        self._firsts: dict[int, tuple[When, int]] = {}
        self._stale_days: int | None = session.settings["profile.stale_days"]
        self._verified: dict[tuple[str, ...], str] = {}
        self._stale: dict[tuple[tuple[str, ...], str, int], str | None] = {}

    def write(self, found: Sequence[Incoming]) -> None:
        """Make the customers."""
        if not found:
            return
        change, session = self._change, self._session
        filled = [(*f.columns, *f.profile, "name") for f in found]
        following = [self._next(f) for f in found]
        ids = change.insert(
            "customer", [self._row(f, n, names) for f, n, names in zip(found, following, filled, strict=True)]
        )
        pairs = list(zip(ids, found, strict=True))
        change.insert(
            "profile",
            [
                {"id": key, "fields": _json(f.profile) if f.profile else "{}", "verified": self._verified_today(names)}
                for (key, f), names in zip(pairs, filled, strict=True)
            ],
        )
        change.insert(
            "contact",
            [
                {"customer_id": key, "is_primary": not n, **{name: contact.get(name) for name in CONTACT}}
                for key, f in pairs
                if f.contact
                for n, contact in enumerate((f.contact, *f.others))
            ],
        )
        change.insert("follow_up", [
            self._follow_up(key, f, *n) for (key, f), n in zip(pairs, following, strict=True) if n is not None
        ])  # fmt: skip
        change.insert("tag", [{"customer_id": key, "name": name} for key, f in pairs for name in f.tags])
        self._histories(pairs)
        search.add(session.database, (_searchable(key, f) for key, f in pairs))

    def _row(self, found: Incoming, following: tuple[When, str] | None, filled: tuple[str, ...]) -> dict[str, Any]:
        settings, graded = self._session.settings, dict(found.tiers)
        scheme = settings.primary(found.stage, graded)
        tier = graded[scheme]
        rank = settings.schemes[scheme].rank(tier)
        when = following[0] if following else None
        get = found.columns.get
        return {
            "kind": found.kind, "name": found.name, "name_key": found.key, "stage": found.stage,
            "stage_since": self._now, "scheme": scheme, "tier": tier, "tier_rank": rank, "owner_id": found.owner,
            "pool_id": None if found.owner else found.pool or DEFAULT, "held_since": self._now if found.owner else None,
            "created_at": found.created or self._now, "created_by": self._session.person.id,
            "next_on": when.on.isoformat() if when else None,
            "next_at": followups.due_at(self._session, when) if when else None,
            "last_contact": found.last_contact, "last_touch": found.last_contact,
            "stale_on": self._stale_on(filled, found.kind, rank),
            **{name: get(name) for name in TEXTS},
        }  # fmt: skip

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

    def _follow_up(self, key: int, found: Incoming, when: When, kind: str) -> dict[str, Any]:
        day = when.on.isoformat()
        return {
            "customer_id": key, "user_id": found.owner or self._session.person.id, "kind": kind, "purpose": "",
            "due_on": day, "due_at": followups.due_at(self._session, when), "original_on": day, "created_at": self._now,
        }  # fmt: skip

    def _histories(self, pairs: Sequence[tuple[int, Incoming]]) -> None:
        change, user_id = self._change, self._session.person.id
        histories.add_stages(
            change, at=self._now, user_id=user_id,
            rows=[(key, None, f.stage, f.said.get("reason", ""), None) for key, f in pairs],
        )
        tiers = [(key, scheme, tier) for key, f in pairs for scheme, tier in f.tiers]
        change.insert("customer_tier", [{"customer_id": k, "scheme": s, "tier": t} for k, s, t in tiers])
        histories.add_tiers(change, at=self._now, user_id=user_id, rows=[(k, s, None, t, "") for k, s, t in tiers])

    def _verified_today(self, filled: tuple[str, ...]) -> str:
        found = self._verified.get(filled)
        if found is None:
            found = _json(dict.fromkeys(filled, self._today.isoformat()))
            if len(self._verified) < BATCH:
                self._verified[filled] = found
        return found

    def _stale_on(self, filled: tuple[str, ...], kind: str, rank: int) -> str | None:
        if self._stale_days is None:
            return None
        asked = (filled, kind, rank)
        if asked in self._stale:
            return self._stale[asked]
        day: date | None = stale_on(dict.fromkeys(filled, self._today), kind, rank, self._stale_days)
        found = day.isoformat() if day else None
        if len(self._stale) < BATCH:
            self._stale[asked] = found
        return found


def _searchable(key: int, found: Incoming) -> tuple[int, str, str]:
    contacts = (found.contact, *found.others) if found.contact else ()
    people: tuple[Mapping[str, str], ...] = (found.columns, *contacts)
    names = [found.name, *(contact["name"] for contact in contacts)]
    phones = [person["phone"] for person in people if "phone" in person]
    others = [person[way] for person in people for way in ("email", "wechat") if way in person]
    return key, search_text(names), reach_text(phones, others)


def _json(fields: Mapping[str, str]) -> str:
    return json.dumps(fields, ensure_ascii=False, sort_keys=True)
