"""The rows that a new customer is made of, but for who holds it: found without asking the database, so that another
process may do it while this one writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from crm_tui.domain.filters.search import grams
from crm_tui.domain.profile import stale_on
from crm_tui.domain.searching import reach_text, search_text
from crm_tui.services.imports.incoming import TEXTS, Incoming
from crm_tui.services.imports.pace import BATCH
from crm_tui.services.session import Session

CUSTOMER = (
    "kind", "name", "name_key", "stage", "stage_since", "scheme", "tier", "tier_rank", "created_at", "created_by",
    "last_contact", "last_touch", "stale_on", *TEXTS,
)  # fmt: skip
"""The columns of a customer that are known before it is known who holds it."""

CONTACT = ("name", "role", "title", "phone", "email", "wechat", "note")
"""The columns of a contact that a row may fill."""

Made = tuple[tuple[Any, ...], str, str, tuple[tuple[Any, ...], ...], tuple[str, str, str]]
"""The values of `CUSTOMER`; the profile's fields and since when each is so, as JSON; of each contact whether it
is the first, and the values of `CONTACT`; what it is found by: search text, ways to reach it, grams.
"""


class Making:
    """Makes the rows of customers."""

    def __init__(self, session: Session) -> None:
        self._settings = session.settings
        self._now = session.stamp
        self._today = session.today
        self._user_id = session.person.id
        self._stale_days: int | None = session.settings["profile.stale_days"]
        self._verified: dict[tuple[str, ...], str] = {}
        self._stale: dict[tuple[tuple[str, ...], str, int], str | None] = {}
        self._badges: dict[tuple[str, tuple[tuple[str, str], ...]], tuple[str, str, int]] = {}

    def made(self, found: Incoming) -> Made:
        """The rows of that customer."""
        columns, profile, last = found.columns, found.profile, found.last_contact
        filled = (*columns, *profile, "name")
        scheme, tier, rank = self._badges.get((found.stage, found.tiers)) or self._badge(found)
        row = (
            found.kind, found.name, found.key, found.stage, self._now, scheme, tier, rank, found.created or self._now,
            self._user_id, last, last, self._stale_on(filled, found.kind, rank), *map(columns.get, TEXTS),
        )  # fmt: skip
        contacts: tuple[tuple[Any, ...], ...] = ()
        if found.contact:
            everyone = (found.contact, *found.others)
            contacts = tuple((not n, *map(contact.get, CONTACT)) for n, contact in enumerate(everyone))
        return row, _json(profile) if profile else "{}", self._verified_today(filled), contacts, _searchable(found)

    def _badge(self, found: Incoming) -> tuple[str, str, int]:
        graded = dict(found.tiers)
        scheme = self._settings.primary(found.stage, graded)
        badge = scheme, graded[scheme], self._settings.schemes[scheme].rank(graded[scheme])
        if len(self._badges) < BATCH:
            self._badges[found.stage, found.tiers] = badge
        return badge

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
        day = stale_on(dict.fromkeys(filled, self._today), kind, rank, self._stale_days)
        found = day.isoformat() if day else None
        if len(self._stale) < BATCH:
            self._stale[asked] = found
        return found


def _searchable(found: Incoming) -> tuple[str, str, str]:
    contacts = (found.contact, *found.others) if found.contact else ()
    people: tuple[Mapping[str, str], ...] = (found.columns, *contacts)
    names = [found.name, *(contact["name"] for contact in contacts)]
    phones = [person["phone"] for person in people if "phone" in person]
    others = [person[way] for person in people for way in ("email", "wechat") if way in person]
    text = search_text(names)
    return text, reach_text(phones, others), " ".join(grams(text))


def _json(fields: Mapping[str, str]) -> str:
    return json.dumps(fields, ensure_ascii=False, sort_keys=True)
