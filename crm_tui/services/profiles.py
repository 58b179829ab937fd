"""Editing what is known of a customer: each field checked, normalised, and marked as verified today (DOMAIN §7)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.names import name_key
from crm_tui.domain.nearest import nearest
from crm_tui.domain.phones import parse_phone
from crm_tui.domain.profile import Completeness, as_typed, completeness, parse_value, stale_on
from crm_tui.domain.profile_fields import COLUMNS, CUSTOM, FIELD, Field
from crm_tui.domain.text import clean
from crm_tui.services import meeting
from crm_tui.services.meeting import Before
from crm_tui.services.session import Outcome, Session, done, named
from crm_tui.store import customers, past
from crm_tui.store.customers import Facts

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

SEARCHABLE = {"name", "phone", "email", "wechat"}
_LONG = 100_000
_SHORT = 1_000


@dataclass(frozen=True)
class Values:
    """Checked field values, split into columns of the customer's row and fields of the profile ("" clears)."""

    columns: Mapping[str, str | None]
    profile: Mapping[str, str]

    def __bool__(self) -> bool:
        return bool(self.columns or self.profile)


def check(session: Session, given: Mapping[str, str], kind: str | None = None) -> Values:
    """The values as they are kept, by field identifier; `x.NAME` is a field of one's own.

    Unknown fields raise UsageError that suggests the nearest; so does a value that the field cannot have, or a field
    that this kind of customer has not.
    """
    columns: dict[str, str | None] = {}
    profile: dict[str, str] = {}
    for name, text in given.items():
        field = FIELD.get(name)
        if field is None and name == "note":
            columns["note"] = clean(text, multiline=True, limit=_LONG) or None
        elif field is None:
            own = name.removeprefix(CUSTOM)
            if not own or own == name or own in FIELD:
                hint = nearest(name, FIELD) or _("; one of your own is x.{name}").format(name=name)
                raise UsageError(_('unknown field "{name}"{hint}').format(name=name, hint=hint), name, 0)
            profile[own] = clean(text, multiline=True, limit=_LONG)
        else:
            if kind is not None and kind not in field.kinds:
                message = _('a customer of kind {kind} has no field "{name}"').format(kind=kind, name=name)
                raise UsageError(message, name, 0)
            value = _checked(session, field, text)
            if field.column:
                columns[name] = value or None
            else:
                profile[name] = value
    if columns.get("name", "-") is None:
        raise UsageError(_("a customer needs a name"), "", 0)
    return Values(columns, profile)


def _checked(session: Session, field: Field, text: str) -> str:
    long = field.type == "long_text"
    text = clean(text, multiline=long, limit=_LONG if long else _SHORT)
    if field.identifier == "phone" and text:
        return check_phone(session, text)
    if field.identifier == "email" and text:
        return check_email(text)
    return parse_value(field, text, session.today, session.settings["currency"])


def check_phone(session: Session, text: str) -> str:
    """The number as it is kept (E.164, extension behind); UsageError when it is none."""
    phone = parse_phone(text, session.settings["phone.region"])
    if phone is None:
        raise UsageError(_('phone "{text}" is not a number; write it with its area code').format(text=text), text, 0)
    return str(phone)


def check_email(text: str) -> str:
    """The address; UsageError when it cannot be one."""
    local, __, domain = text.rpartition("@")
    if not local or "@" in local or "." not in domain or any(c.isspace() or c in ",;/|<>，；、" for c in text):
        raise UsageError(_('email "{text}" is not an address').format(text=text), text, 0)
    return text


def edit(
    session: Session, ids: Sequence[int], given: Mapping[str, str], *, expected: Mapping[int, int] | None = None
) -> Outcome:
    """Set fields of the customers; empty text clears one. Every field given counts as verified today.

    `expected` holds the versions that a form was opened on: Conflict with the three values (before, theirs, mine) of
    every field that differs when somebody has changed one since. What is no field (stage, dates) may have changed.
    """
    with session.changing() as change:
        taken, refused = session.take(ids)
        values = check(session, given, taken[0].kind if len(taken) == 1 else None)
        if not values:
            raise UsageError(_("edit what? write field=value, as in region=north"))
        for facts in taken:
            version = (expected or {}).get(facts.id, facts.version)
            if version != facts.version:
                key = {"id": facts.id, "version": facts.version}
                theirs = texts(customers.values(session.database, facts.id)[0])
                wanted = texts({**values.columns, **values.profile}, empty=True)
                meeting.check(facts.name, key, before(session, facts.id, version), theirs, wanted)
        changed = apply(session, change, [f.id for f in taken], values)
        message = _("{who}: {fields} changed").format(who=named(taken), fields=", ".join(given))
        return done(change, message if taken else _("nothing was changed"), changed, refused)


def texts(values: Mapping[str, Any], *, empty: bool = False) -> dict[str, str]:
    """The fields among a customer's stored values as one would type them, by identifier (`x.NAME` one's own).

    Without those that have no value, unless `empty` asks for them as "".
    """
    columns = set(customers.column_names())
    found: dict[str, str] = {}
    for name, stored in values.items():
        text = "" if stored is None else str(stored)
        if name in FIELD:
            found[name] = as_typed(name, text)
        elif name == "note":
            found[name] = text
        elif name not in columns:
            found[CUSTOM + name] = text
    return found if empty else {name: text for name, text in found.items() if text}


def before(session: Session, customer_id: int, version: int) -> Before:
    """What the fields of a customer that the user sees were at an earlier version, as `texts`."""
    found = past.customer(session.database, customer_id, (*COLUMNS, "note"), version)
    return Before(None) if found is None else Before(texts(found.values), found.users)


def apply(session: Session, change: Change, ids: Sequence[int], values: Values) -> list[int]:
    """Write checked values to all the customers; the ids of those that were not so, and verified today, already."""
    changed: set[int] = set()
    if values.columns:
        columns = dict(values.columns)
        if columns.get("name"):
            columns["name_key"] = name_key(str(columns["name"]))
        changed.update(change.update("customer", ids, **columns))
        if SEARCHABLE & values.columns.keys():
            change.searchable.update(ids)
    changed.update(_write_profile(session, change, ids, values))
    refresh_staleness(session, change, ids)
    return sorted(changed)


def _write_profile(session: Session, change: Change, ids: Sequence[int], values: Values) -> list[int]:
    """Merge into the JSON profiles; fields that the columns hold are only marked as verified there."""
    stored = {
        key: (json.loads(fields), json.loads(verified))
        for key, fields, verified in session.database.rows(
            "SELECT id, fields, verified FROM profile WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
    }
    today = session.today.isoformat()
    rows: dict[int, dict[str, str]] = {}
    before: dict[int, tuple[dict[str, str], dict[str, str]]] = {}
    for key in ids:
        fields, verified = stored.get(key, ({}, {}))
        before[key] = dict(fields), dict(verified)
        for name, value in {**values.columns, **values.profile}.items():
            if name in values.profile:
                _set(fields, name, str(value or ""))
            _set(verified, name, today if value else "")
        rows[key] = {"fields": _json(fields), "verified": _json(verified)}
    fresh = [{"id": key, **row} for key, row in rows.items() if key not in stored]
    change.insert("profile", fresh)
    change.update_each("profile", {key: row for key, row in rows.items() if key in stored})
    return [key for key in ids if (json.loads(rows[key]["fields"]), json.loads(rows[key]["verified"])) != before[key]]


def _set(fields: dict[str, str], name: str, value: str) -> None:
    if value:
        fields[name] = value
    else:
        fields.pop(name, None)


def _json(fields: Mapping[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False, sort_keys=True)


def refresh_staleness(session: Session, change: Change, ids: Iterable[int]) -> None:
    """Keep the day on which each profile becomes stale in step with its fields and its tier."""
    rows = session.database.rows(
        "SELECT c.id, c.kind, coalesce(c.tier_rank, 99), p.verified FROM customer c JOIN profile p ON p.id = c.id"
        " WHERE c.id IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )
    days = session.settings["profile.stale_days"]
    change.update_each(
        "customer", {key: {"stale_on": _stale(verified, kind, rank, days)} for key, kind, rank, verified in rows}
    )


def _stale(verified: str, kind: str, rank: int, days: int | None) -> str | None:
    if days is None:
        return None
    known = {name: date.fromisoformat(day) for name, day in json.loads(verified).items()}
    found = stale_on(known, kind, rank, days)
    return found.isoformat() if found else None


def complete(session: Session, facts: Facts, values: Mapping[str, Any]) -> Completeness:
    """How complete the profile is for the customer's tier."""
    from crm_tui.domain.playbooks import required  # only who looks at a card asks

    roles = session.database.value(
        "SELECT count(*) FROM contact WHERE customer_id = ? AND archived_at IS NULL AND role IS NOT NULL", (facts.id,)
    )
    scheme = session.settings.schemes[facts.scheme]
    texts = {name: str(value) for name, value in values.items() if value not in (None, "")}
    phone = session.database.value(
        f"SELECT {customers.reach('phone')} FROM customer c WHERE c.id = ?", (facts.id,)
    )
    if phone:
        texts.setdefault("phone", phone)
    tier = scheme.get(facts.tier or "")
    more = required(tier.playbook) if tier is not None else ()
    return completeness(facts.kind, scheme.rank(facts.tier or ""), texts, int(roles), more)
