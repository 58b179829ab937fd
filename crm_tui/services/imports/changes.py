"""Changing customers by what rows say of them, as one would by hand: by the same rights and rules, with the histories.

An empty cell erases nothing, and a row that says nothing new changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from crm_tui.domain.errors import NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.names import name_key
from crm_tui.domain.people import moving_refusal
from crm_tui.domain.profile_fields import CUSTOM, FIELD
from crm_tui.domain.schemes import Scheme
from crm_tui.domain.stages import check_move, move
from crm_tui.domain.when import When
from crm_tui.services import followups, moves, profiles, stages, tiers
from crm_tui.services.followups import Open
from crm_tui.services.imports import values
from crm_tui.services.imports.incoming import TEXTS, Incoming
from crm_tui.services.imports.making import CONTACT
from crm_tui.services.imports.outcomes import Difference
from crm_tui.services.imports.places import Places
from crm_tui.services.session import Session
from crm_tui.store import incoming as store
from crm_tui.store import search
from crm_tui.store.customers import Facts

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)

SHOWN = 20
"""How many changes are remembered for the screen."""


@dataclass
class _Wanted:
    """What is to become of a customer; `told` are the differences as (field, old, new)."""

    facts: Facts
    columns: dict[str, str] = field(default_factory=dict)
    profile: dict[str, str] = field(default_factory=dict)
    made: list[dict[str, str]] = field(default_factory=list)
    contacts: dict[int, dict[str, str]] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    stage: str = ""
    reason: str = ""
    tier: tuple[str, str] | None = None
    owner: int | None = None
    next: When | None = None
    told: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Now:
    """What the customers of a batch are like before it."""

    facts: Mapping[int, Facts]
    columns: Mapping[int, Mapping[str, str | None]]
    profiles: Mapping[int, tuple[dict[str, str], dict[str, str]]]
    contacts: Mapping[int, Mapping[int, Mapping[str, Any]]]
    tags: set[tuple[int, str]]
    tiers: Mapping[tuple[int, str], str | None]
    promised: Mapping[int, Open]


class Changes:
    """Changes customers, a batch at a time; `first` are the first differences of all."""

    def __init__(self, session: Session, change: Change, places: Places) -> None:
        self._session = session
        self._change = change
        self._places = places
        self.first: list[Difference] = []

    def write(self, rows: Sequence[tuple[int, int, Incoming]]) -> list[tuple[str, str]]:
        """Change the customers of the rows (line, customer, what it says): of each "changed" or "same", or "refused"
        and the reason.
        """
        now = self._now([row[1] for row in rows])
        wanted: list[_Wanted] = []
        verdicts: list[tuple[str, str]] = []
        for line, key, found in rows:
            if key not in now.facts:
                verdicts.append(("refused", _("there is no customer {id}").format(id=key)))
                continue
            try:
                one = self._wanted(now, now.facts[key], found)
            except (UsageError, NotAllowed) as error:
                verdicts.append(("refused", str(error)))
                continue
            verdicts.append(("changed" if one.told else "same", ""))
            if one.told:
                wanted.append(one)
                more = [Difference(line, now.facts[key].name, *told) for told in one.told]
                self.first += more[: max(0, SHOWN - len(self.first))]
        self._write(wanted, now)
        return verdicts

    def _now(self, ids: Sequence[int]) -> _Now:
        database = self._session.database
        taken, __ = self._session.take(ids)
        return _Now(
            {facts.id: facts for facts in taken}, store.texts(database, ids, ("name", "name_key", *TEXTS)),
            store.profiles(database, ids), store.contacts(database, ids, CONTACT), store.tags(database, ids),
            store.tiers(database, ids), followups.opened(self._session, ids),
        )  # fmt: skip

    # -- what differs

    def _wanted(self, now: _Now, facts: Facts, found: Incoming) -> _Wanted:
        one = _Wanted(facts)
        said = found.said.get("kind", facts.kind)
        if said != facts.kind:
            raise UsageError(_("it is of kind {kind}, and stays so").format(kind=facts.kind))
        self._texts(one, now.columns[facts.id], found)
        fields = now.profiles.get(facts.id, ({}, {}))[0]
        for name, text in found.profile.items():
            if fields.get(name) != text:
                one.profile[name] = text
                one.told.append((name if name in FIELD else CUSTOM + name, fields.get(name, ""), text))
        for contact in (found.contact, *found.others) if found.contact else ():
            self._contact(one, now.contacts.get(facts.id, {}), contact)
        one.tags = [tag for tag in found.tags if (facts.id, tag) not in now.tags]
        one.told += [("tags", "", tag) for tag in one.tags]
        self._owner(one, found)
        self._stage(one, found)
        self._tier(one, now, found)
        self._next(one, now.promised.get(facts.id), found)
        return one

    def _texts(self, one: _Wanted, columns: Mapping[str, str | None], found: Incoming) -> None:
        if found.key and found.key != columns["name_key"]:
            one.columns |= {"name": found.name, "name_key": found.key}
            one.told.append(("name", columns["name"] or "", found.name))
        for name, text in found.columns.items():
            if columns[name] is None or str(columns[name]) != text:
                one.columns[name] = text
                one.told.append((name, str(columns[name] or ""), text))

    def _contact(self, one: _Wanted, there: Mapping[int, Mapping[str, Any]], contact: Mapping[str, str]) -> None:
        """A contact is the one of that name, else of that phone; UsageError where several are."""
        key = name_key(contact["name"])
        same = [n for n, known in there.items() if name_key(known["name"]) == key]
        same = same or [n for n, known in there.items() if known["phone"] and known["phone"] == contact.get("phone")]
        if len(same) > 1:
            raise UsageError(_("several contacts are called {name}").format(name=contact["name"]))
        if not same:
            one.made.append(dict(contact))
            one.told.append(("contact", "", contact["name"]))
            return
        known = there[same[0]]
        differs = {name: text for name, text in contact.items() if known[name] != text}
        if name_key(known["name"]) == key:
            differs.pop("name", None)
        if differs:
            one.contacts[same[0]] = differs
            label = _("contact {name}").format(name=known["name"])
            one.told += [(f"{label} {name}", known[name] or "", text) for name, text in differs.items()]

    def _owner(self, one: _Wanted, found: Incoming) -> None:
        if "owner" not in found.said or found.owner == one.facts.owner_id:
            return
        if found.owner is None:
            raise UsageError(_("it is held by somebody: release it, an import lays nobody's customers into a pool"))
        forbidden = moving_refusal(self._session.sight, one.facts.id, one.facts.owner_id)
        if forbidden or self._session.person.role == "rep":
            raise NotAllowed(forbidden or _("only leads give customers to others"))
        placed = self._places.place([found._replace(stage=found.said.get("stage", one.facts.stage))])[0]
        if isinstance(placed, str):
            raise UsageError(placed)
        one.owner = found.owner
        one.told.append(("owner", self._places.login(one.facts.owner_id), self._places.login(found.owner)))

    def _stage(self, one: _Wanted, found: Incoming) -> None:
        if "stage" not in found.said or found.stage == one.facts.stage:
            return
        reason = found.said.get("reason", "")
        if move(one.facts.stage, found.stage).needs_reason and not reason:
            message = _("from {old} to {new} needs a reason: a column `stage reason`, or --set reason=…")
            raise UsageError(message.format(old=one.facts.stage, new=found.stage))
        one.reason = check_move(one.facts.stage, found.stage, reason).reason
        one.stage = found.stage
        one.told.append(("stage", one.facts.stage, found.stage))

    def _tier(self, one: _Wanted, now: _Now, found: Incoming) -> None:
        if "tier" not in found.said:
            return
        scheme, tier = values.tiers(found.said["tier"], one.stage or one.facts.stage)[-1]
        standing = now.tiers.get((one.facts.id, scheme))
        if standing != tier:
            one.tier = scheme, tier
            one.told.append(("tier", standing or "", tier))

    def _next(self, one: _Wanted, promised: Open | None, found: Incoming) -> None:
        if found.next is None:
            return
        day, at = found.next.on.isoformat(), followups.due_at(self._session, found.next)
        if promised is None or (promised.due_on, promised.due_at) != (day, at):
            one.next = found.next
            one.told.append(("next", promised.due_on if promised else "", day))

    # -- writing

    def _write(self, wanted: Sequence[_Wanted], now: _Now) -> None:
        change, session = self._change, self._session
        self._rows(wanted)
        self._profiles(wanted, now)
        self._people(wanted, now)
        change.insert("tag", [{"customer_id": one.facts.id, "name": tag} for one in wanted for tag in one.tags])
        for (owner,), some in _grouped((one, (one.owner,)) for one in wanted if one.owner is not None):
            moves.give(session, change, [one.facts for one in some], owner, "assign")
        change.moves("")
        for (stage, reason), some in _grouped((one, (one.stage, one.reason)) for one in wanted if one.stage):
            stages.move(session, [one.facts.id for one in some], stage, reason)
        schemes: Mapping[str, Scheme] = session.settings.schemes
        for (name, tier), some in _grouped((one, one.tier) for one in wanted if one.tier is not None):
            tiers.assign(session, [one.facts.id for one in some], tier, schemes[name])
        dated = {one.facts.id: one.next for one in wanted if one.next is not None}
        followups.promise(session, change, dated)
        verified = [one.facts.id for one in wanted if one.columns or one.profile]
        profiles.refresh_staleness(session, change, verified)
        found = [one.facts.id for one in wanted
                 if one.made or one.contacts or not profiles.SEARCHABLE.isdisjoint(one.columns)]  # fmt: skip
        search.index(session.database, found)

    def _rows(self, wanted: Sequence[_Wanted]) -> None:
        for names, some in _grouped((one, tuple(sorted(one.columns))) for one in wanted if one.columns):
            self._change.update_each(
                "customer", {one.facts.id: {name: one.columns[name] for name in names} for one in some}
            )

    def _profiles(self, wanted: Sequence[_Wanted], now: _Now) -> None:
        """The fields, and that what changed was verified today."""
        today = self._session.today.isoformat()
        rows: dict[int, dict[str, str]] = {}
        for one in wanted:
            if one.profile or one.columns:
                fields, verified = now.profiles.get(one.facts.id, ({}, {}))
                names = [name for name in (*one.columns, *one.profile) if name != "name_key"]
                known = {**verified, **dict.fromkeys(names, today)}
                rows[one.facts.id] = {"fields": _json({**fields, **one.profile}), "verified": _json(known)}
        self._change.insert("profile", [{"id": key, **row} for key, row in rows.items() if key not in now.profiles])
        self._change.update_each("profile", {key: row for key, row in rows.items() if key in now.profiles})

    def _people(self, wanted: Sequence[_Wanted], now: _Now) -> None:
        self._change.insert("contact", [
            {"customer_id": one.facts.id, "is_primary": not n and not now.contacts.get(one.facts.id),
             **{name: contact.get(name) for name in CONTACT}}
            for one in wanted for n, contact in enumerate(one.made)
        ])  # fmt: skip
        changed = [(key, texts) for one in wanted for key, texts in one.contacts.items()]
        for names, some in _grouped(((key, texts), tuple(sorted(texts))) for key, texts in changed):
            self._change.update_each("contact", {key: {name: texts[name] for name in names} for key, texts in some})


def _grouped(pairs: Iterable[tuple[T, K]]) -> list[tuple[K, list[T]]]:
    found: dict[K, list[T]] = {}
    for one, key in pairs:
        found.setdefault(key, []).append(one)
    return list(found.items())


def _json(fields: Mapping[str, str]) -> str:
    return json.dumps(fields, ensure_ascii=False, sort_keys=True)
