"""A row of a table as the customer that it describes: checked and normalised, or refused with a reason.

What must not be wrong (name, stage, tier, owner, mail) refuses the row; any other text that does not fit its field is
kept as it was written in a field of one's own, and counted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, time
from functools import cache, lru_cache

from crm_tui.domain import stages
from crm_tui.domain.clock import stamp
from crm_tui.domain.errors import NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.names import guess_kind, has_company_word, name_key
from crm_tui.domain.phones import parse_phone, phones_in
from crm_tui.domain.profile import parse_value
from crm_tui.domain.profile_fields import CUSTOM, FIELD, Field
from crm_tui.domain.when import When, parse
from crm_tui.formats import days
from crm_tui.formats.headings import kind_of, plain
from crm_tui.services.imports import values
from crm_tui.services.imports.beside import Contacts, with_tiers
from crm_tui.services.imports.holders import Holders
from crm_tui.services.imports.incoming import MORE_TEXTS, SAID, Incoming
from crm_tui.services.imports.plans import CONTACT, PERSONAL, TIER, Plan, cell, custom_name, heading_of
from crm_tui.services.session import Session
from crm_tui.services.tiers import awaits_lead

_LONG = 100_000
_TEXT = "{} (text)"
_BEYOND = heading_of(0).removesuffix("1")
_NUMBERED = re.compile(re.escape(_BEYOND) + "[0-9]{1,4}")

_CHOICES = ("business_role", "influence", "closing")
"""Columns of the customer's row that are chosen from a list."""
_SOMETIMES_EMPTY = frozenset(
    ("phone", "phone2", "email", "kind", "stage", "tier", "owner", "pool", "created", "last_contact", "next_follow_up")
) | {"contact", "contact_phone", "contact_email"}
_NOTHING: dict[str, str] = {}
_PERSONAL_HEADINGS = frozenset(map(plain, ("姓名", "名字", "full name")))


class Reader:
    """Reads rows by a plan. `owner` (a login, a name, `me`, `pool`) is for the rows that name none.

    With `changing` rows may be of customers that are there: they need no name, and what they say themselves is kept;
    with `saying` only this.
    """

    def __init__(
        self, session: Session, plan: Plan, owner: str = "pool", *, changing: bool = False, saying: bool = False
    ) -> None:
        self._changing = changing
        self._saying = changing or saying
        self._defused = plan.table.defused
        self._region = session.settings["phone.region"]
        self._now = session.now
        self._workdays = session.settings.workdays
        self._holders = Holders(session)
        self._owner = self._holders.named(owner)
        self._currency = session.settings["currency"]
        self._awaited = {name for name in session.settings.confirmed if awaits_lead(session, name)}
        self._width = len(plan.places)
        self._fixed = {place: kept for place, text in plan.fixed.items() if (kept := _kept(place, text))}
        headings = dict(zip(plan.places, plan.headings, strict=True))
        self._headings = headings
        self._undated = self._named("next_follow_up", _TEXT)
        filled = [*plan.places, *plan.fixed]
        if "contact_title" in filled:
            filled.append("person_title")  # of a person without contacts the title is their own
        # (column, place, whether it may have lines, longest)
        self._cells = [
            (column, place, *_shape(place)) for column, place in enumerate(plan.places) if place
        ]
        self._custom = [place for place in dict.fromkeys(filled) if place.startswith(CUSTOM)]
        self._profile = [
            (place, FIELD[PERSONAL.get(place, place)]) for place in dict.fromkeys(filled)
            if PERSONAL.get(place, place) in FIELD and not FIELD[PERSONAL.get(place, place)].column
        ]  # fmt: skip
        self._texts = [place for place in MORE_TEXTS if place in filled]
        self._others = Contacts(filled, self._region)
        self._schemes = session.settings.schemes
        self._more_tiers = any(place.startswith(TIER) for place in filled)
        self._has_contact = any(place in filled for place in CONTACT)
        self._contact_ways = any(place in filled for place in ("contact_phone", "contact_email", "contact_wechat"))
        self._guess_role = "contact_role" not in filled
        self._of_people = plain(headings.get("name", "")) in _PERSONAL_HEADINGS
        self._stage = cache(values.stage)
        self._tier = lru_cache(4096)(values.tiers)
        self._orders = plan.orders
        self._past = lru_cache(8192)(self._read_past)
        self._ahead = lru_cache(8192)(self._read_ahead)
        self._value = lru_cache(8192)(self._read_value)

    def check_fixed(self) -> None:
        """UsageError when a fixed text does not fit its field: every row would go wrong."""
        tried = [
            self._customer({"name": "x", "contact": "x", "kind": kind, **self._fixed}, ())
            for kind in ("organization", "person")
        ]
        if all(found.kept for found in tried):
            texts = ", ".join(f"{place}={text}" for place, text in self._fixed.items())
            raise UsageError(_("this fits no field: {texts}").format(texts=texts))

    def settle(self) -> None:
        """Ask the database all that there may be to ask: from here on rows are read without it."""
        self._holders.settle()

    def read(self, cells: Sequence[str], kind: str = "") -> Incoming:
        """The customer of the row, of that kind if the row does not say.

        Raises UsageError or NotAllowed with the reason to refuse it.
        """
        given: dict[str, str] = {}
        for column, place, multiline, limit in self._cells:
            text = cells[column]
            if not text:
                continue
            if text[0] != "'" and text.isascii() and text.isprintable():
                text = text.strip()[:limit].rstrip()  # what `cell` would make of it, in a fifth of the time
            else:
                text = cell(text, multiline=multiline, limit=limit, defused=self._defused)
            if text and not (len(text) < 5 and place in _SOMETIMES_EMPTY and text.casefold() in values.EMPTY):
                given[place] = text
        for place, text in self._fixed.items():
            given.setdefault(place, text)
        if kind and not kind_of(given.get("kind", "")):
            given["kind"] = kind
        return self._customer(given, cells[self._width :])

    def _customer(self, given: dict[str, str], beyond: Sequence[str]) -> Incoming:
        if given.get("contact") and not given.get("name") and not self._changing:  # of a person without a company
            given = {"kind": "person", **given, "name": given["contact"]}
            del given["contact"]
        name = " ".join(given.get("name", "").split())
        if not name and not self._changing:
            raise UsageError(_("the name is missing"))
        odd: dict[str, str] = {}
        kind = self._kind(given, name, odd)
        stage = self._stage(given.get("stage", ""))
        tiers = self._tier(given.get("tier", ""), stage)
        for scheme, __ in tiers if given.get("tier") else ():
            if scheme in self._awaited:
                raise NotAllowed(_("a lead confirms the tiers of {scheme}").format(scheme=scheme))
        if self._more_tiers:
            tiers = with_tiers(tiers, given, self._schemes, self._awaited)
        owner, pool = self._holder(given, odd)
        columns: dict[str, str] = {}
        contact = self._contact(given, kind, odd) if self._has_contact else {}
        if phones := given.get("phone"):
            self._phone(phones, columns, contact, kind, given, odd)
        if phone2 := given.get("phone2"):
            self._second_phone(phone2, columns, contact, odd)
        if email := given.get("email"):
            columns["email"], rest = values.mail(email)
            if rest:
                odd[self._named("email", "{} 2")] = rest
        for place in self._texts:
            if place in given:
                columns[place] = " ".join(given[place].split())
        for place in _CHOICES:
            if place in given:
                self._checked(FIELD[place], place, given, columns, odd)
        if "note" in given:
            columns["note"] = given["note"]
        profile = self._fields(given, kind, odd) if self._profile else {}
        others = self._others.read(given, odd, self._named) if self._others else ()
        if others and not contact:
            contact, others = others[0], others[1:]
        last = self._moment("last_contact", given, odd)
        created = self._moment("created", given, odd)
        following = self._following(given, odd)
        kept = len(odd)
        profile.update(odd)
        for place in self._custom:
            if place in given:
                profile[place[2:]] = given[place]
        for number, text in enumerate(beyond, self._width):
            if text and (text := cell(text, limit=_LONG, defused=self._defused)):
                kept += 1
                profile[custom_name(heading_of(number), list(profile))] = text
        return Incoming(
            name, name_key(name), kind, stage, tiers, owner, pool, columns, profile, contact,
            values.tags(given["tags"]) if "tags" in given else (), following, last, created, kept,
            self._said(given, stage) if self._saying or "reason" in given else _NOTHING, others,
        )  # fmt: skip

    def _said(self, given: dict[str, str], stage: str) -> dict[str, str]:
        said = {place: given[place] for place in SAID if place in given}
        if "stage" in said:
            said["stage"] = stage
        if "kind" in said:
            kind = kind_of(said.pop("kind"))
            said.update({"kind": kind} if kind else {})
        return said

    def _fields(self, given: dict[str, str], kind: str, odd: dict[str, str]) -> dict[str, str]:
        """The fields of the profile that this kind of customer has."""
        profile: dict[str, str] = {}
        for place, field in self._profile:
            if place in given:
                if kind in field.kinds:
                    self._checked(field, place, given, profile, odd)
                else:
                    odd[self._named(place, "{} (text)")] = given[place]
        return profile

    def _named(self, place: str, form: str) -> str:
        """The name under which text of a column is kept that did not go where the column goes."""
        return custom_name(form.format(self._headings.get(place) or place))

    def _kind(self, given: dict[str, str], name: str, odd: dict[str, str]) -> str:
        if text := given.get("kind"):
            if kind := kind_of(text):
                return kind
            odd[self._named("kind", "{} (text)")] = text
        if self._of_people and not has_company_word(name):
            return "person"
        return guess_kind(name)

    def _holder(self, given: dict[str, str], odd: dict[str, str]) -> tuple[int | None, int | None]:
        pool: int | None = None
        owner = self._holders.named(given["owner"]) if "owner" in given else self._owner
        if "pool" in given:
            found = self._holders.pools.get(given["pool"].casefold())
            if found is None:
                odd[self._named("pool", "{} (text)")] = given["pool"]
            else:
                pool = found
                owner = owner if "owner" in given else None
        return (owner, None) if owner else (None, pool)

    def _contact(self, given: dict[str, str], kind: str, odd: dict[str, str]) -> dict[str, str]:
        name, title, role = given.get("contact", ""), given.get("contact_title", ""), given.get("contact_role", "")
        title = " ".join(title.split())[:500]
        contact: dict[str, str] = {}
        if not name:
            if title and kind == "person" and "person_title" not in given:
                given["person_title"] = title
            elif title:
                odd[self._named("contact_title", "{} (text)")] = title
            for place in ("contact_role", "contact_email", "contact_wechat", "contact_note"):
                if place in given:
                    odd[self._named(place, "{} (text)")] = given[place]
            if "contact_phone" in given:
                given.setdefault("phone2" if "phone" in given else "phone", given["contact_phone"])
            return contact
        contact["name"] = " ".join(name.split())[:500]
        if title:
            contact["title"] = title
        found = values.roles().get(stages.fold(role or (title if self._guess_role else "")))
        if found:
            contact["role"] = found
        elif role:
            odd[self._named("contact_role", "{} (text)")] = role
        if wechat := given.get("contact_wechat"):
            contact["wechat"] = wechat[:500]
        if note := given.get("contact_note"):
            contact["note"] = note
        if email := given.get("contact_email"):
            contact["email"], __ = values.mail(email)
        if text := given.get("contact_phone"):
            if phone := parse_phone(text, self._region):
                contact["phone"] = str(phone)
            else:
                odd[self._named("contact_phone", "{} (text)")] = text
        return contact

    def _phone(
        self, text: str, columns: dict[str, str], contact: dict[str, str], kind: str, given: dict[str, str],
        odd: dict[str, str],
    ) -> None:
        """The number goes to the contact of an organization, else to the customer; more of them beside it."""
        first = parse_phone(text, self._region)
        found = (first,) if first else phones_in(text, self._region)
        if not found:
            odd[self._named("phone", "{} (text)")] = text
            return
        if contact and kind == "organization" and not self._contact_ways:
            contact["phone"] = str(found[0])
        else:
            columns["phone"] = str(found[0])
        if len(found) > 1 and "phone2" not in given and "phone" not in columns:
            columns["phone"] = str(found[1])
            found = found[1:]
        if len(found) > 1:
            odd[self._named("phone", "{} 2")] = ", ".join(map(str, found[1:]))

    def _second_phone(
        self, text: str, columns: dict[str, str], contact: dict[str, str], odd: dict[str, str]
    ) -> None:
        phone = parse_phone(text, self._region)
        if phone and "phone" not in columns:
            columns["phone"] = str(phone)
        elif phone and contact and "phone" not in contact and not self._contact_ways:
            contact["phone"] = str(phone)
        elif str(phone) not in (columns.get("phone"), contact.get("phone")):
            odd[self._named("phone2", "{}" if "phone2" in self._headings else "phone 2")] = str(phone or text)

    def _checked(
        self, field: Field, place: str, given: dict[str, str], into: dict[str, str], odd: dict[str, str]
    ) -> None:
        value = self._value(field.identifier, given[place])
        if value is None:
            odd[self._named(place, "{} (text)")] = given[place]
        elif value:
            into[field.identifier] = value

    def _read_value(self, field: str, text: str) -> str | None:
        try:
            return parse_value(field, text, self._now.date(), self._currency)
        except UsageError:
            return None

    def _moment(self, place: str, given: dict[str, str], odd: dict[str, str]) -> str | None:
        text = given.get(place)
        found = self._past(text, place) if text else None
        if text and found is None:
            odd[self._named(place, "{} (text)")] = text
        return found

    def _following(self, given: dict[str, str], odd: dict[str, str]) -> When | None:
        text = given.get("next_follow_up")
        found = self._ahead(text) if text else None
        if text and found is None:
            odd[self._undated] = text
        return found

    def is_long(self, found: Incoming) -> bool:
        """Whether the row has more cells than there are headings; asked of rows that kept a text."""
        numbers = (int(name.removeprefix(_BEYOND)) for name in found.profile if _NUMBERED.fullmatch(name))
        return any(number > self._width for number in numbers)

    def undated(self, found: Incoming) -> str:
        """The text of the row's next date, where that could not be read; asked of rows that kept a text."""
        return found.profile.get(self._undated, "")

    def _read_past(self, text: str, place: str) -> str | None:
        """The stored stamp of a moment that has been; None for a text that is none."""
        when = values.iso(text) or self._written(text, place) or self._parsed(text, past=True)
        if when is None:
            return None
        happened = when if when.tzinfo else when.replace(tzinfo=self._now.tzinfo)
        if happened > self._now or happened.year < 1900:
            return None
        return stamp(happened)

    def _written(self, text: str, place: str) -> datetime | None:
        """A day with the year last, in the order of its column, or a spreadsheet's number."""
        try:
            found = days.moment(text, self._orders.get(place, "dmy"))
        except UsageError:
            return None
        return datetime.fromisoformat(" ".join(filter(None, found))) if found else None

    def _parsed(self, text: str, *, past: bool) -> datetime | None:
        try:
            when = parse(text, self._now, workdays=self._workdays, past=past)
        except UsageError:
            return None
        return datetime.combine(when.on, when.at or datetime.min.time())

    def _read_ahead(self, text: str) -> When | None:
        if (day := values.iso(text)) and 1900 < day.year < 2999:
            day = day.astimezone(self._now.tzinfo) if day.tzinfo else day
            return When(day.date(), day.time().replace(second=0) if len(text) > 10 else None)
        if (day := self._written(text, "next_follow_up")) and 1900 < day.year < 2999:
            return When(day.date(), day.time() if day.time() != time.min else None)
        try:
            return parse(text, self._now, workdays=self._workdays)
        except UsageError:
            return None


def _kept(place: str, text: str) -> str:
    multiline, limit = _shape(place)
    return cell(text, multiline=multiline, limit=limit, defused=False)


def _shape(place: str) -> tuple[bool, int]:
    """Whether a cell for that place keeps its lines, and how long it may be."""
    field = FIELD.get(PERSONAL.get(place, place))
    if place.endswith("note") or place.startswith(CUSTOM) or (field is not None and field.type == "long_text"):
        return True, _LONG
    return False, 1_000
