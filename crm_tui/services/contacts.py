"""The people at a customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.profile_fields import ROLES
from crm_tui.domain.stages import choose
from crm_tui.domain.text import clean
from crm_tui.services import meeting, profiles
from crm_tui.services.meeting import Before
from crm_tui.services.session import Outcome, Session, done
from crm_tui.store import past
from crm_tui.store.customers import Facts

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

FIELDS = ("name", "role", "title", "phone", "email", "wechat", "note")


def add(session: Session, customer_id: int, given: Mapping[str, str]) -> Outcome:
    """Add a contact to the customer; the first one is its primary contact."""
    with session.changing() as change:
        facts = session.one_to_change(customer_id)
        others = session.database.value(
            "SELECT count(*) FROM contact WHERE customer_id = ? AND archived_at IS NULL", (customer_id,)
        )
        key = write(session, change, customer_id, given, primary=others == 0)
        message = _("{name}: contact {contact} added").format(name=facts.name, contact=given.get("name", ""))
        return done(change, message, [customer_id], data=({"id": key, "customer": customer_id},))


def edit(
    session: Session, contact_id: int, given: Mapping[str, str], *, expected: int | None = None
) -> Outcome:
    """Change fields of a contact; empty text clears one.

    `expected` is the version that a form was opened on: Conflict as in `profiles.edit`.
    """
    with session.changing() as change:
        facts, theirs, version = to_change(session, contact_id)
        values = check(session, given)
        if values.get("name", "-") is None:
            raise UsageError(_("a contact needs a name"))
        if expected not in (None, version):
            key = {"contact": contact_id, "customer": facts.id, "version": version}
            wanted = {name: text or "" for name, text in values.items()}
            meeting.check(theirs["name"], key, before(session, contact_id, expected), theirs, wanted)
        changed = change.update("contact", [contact_id], **values)
        change.searchable.add(facts.id)
        who = values.get("name") or theirs["name"]
        message = _("{name}: contact {contact} changed").format(name=facts.name, contact=who)
        return done(change, message, [facts.id] if changed else [])


def before(session: Session, contact_id: int, version: int) -> Before:
    """What the fields of a contact that the user sees were at an earlier version."""
    found = past.contact(session.database, contact_id, FIELDS, version)
    if found is None:
        return Before(None)
    return Before({name: text or "" for name, text in found.values.items()}, found.users)


def to_change(session: Session, contact_id: int) -> tuple[Facts, dict[str, str], int]:
    """The customer of a contact, the contact's field values ("" for none) and its version, for who may change them.

    NotAllowed for want of a right. CrmError for a contact that is not there, or not for this user: the two cannot be
    told apart.
    """
    row = session.database.row(
        f"SELECT customer_id, version, {', '.join(FIELDS)} FROM contact WHERE id = ?", (contact_id,)
    )
    if row is None or not session.see([row[0]])[0]:
        raise CrmError(_("there is no contact {id}").format(id=contact_id))
    values = {name: text or "" for name, text in zip(FIELDS, row[2:], strict=True)}
    return session.one_to_change(row[0]), values, row[1]


def names(session: Session, customer_id: int) -> list[tuple[int, str]]:
    """The contacts of a customer that the user sees, the primary one first: id, name."""
    session.one(customer_id)
    rows = session.database.rows(
        "SELECT id, name FROM contact WHERE customer_id = ? AND archived_at IS NULL ORDER BY is_primary DESC, id",
        (customer_id,),
    )
    return [(key, name) for key, name in rows]


def write(session: Session, change: Change, customer_id: int, given: Mapping[str, str], *, primary: bool) -> int:
    """Insert a contact of a customer that may be changed; its id."""
    values = check(session, given)
    if not values.get("name"):
        raise UsageError(_("a contact needs a name"))
    row = {**dict.fromkeys(FIELDS), **values, "customer_id": customer_id, "is_primary": primary}
    [key] = change.insert("contact", [row])
    change.searchable.add(customer_id)
    return key


def check(session: Session, given: Mapping[str, str]) -> dict[str, str | None]:
    """The field values as they are kept; UsageError for unknown fields and impossible values."""
    values: dict[str, str | None] = {}
    for name, text in given.items():
        if name not in FIELDS:
            raise UsageError(_('unknown field "{name}"{hint}').format(name=name, hint=nearest(name, FIELDS)), name, 0)
        kept = clean(text, multiline=name == "note", limit=10_000 if name == "note" else 500)
        if kept and name == "role":
            role = choose(kept, ROLES)
            if role is None:
                names = ", ".join(choice.identifier for choice in ROLES)
                raise UsageError(_('role "{text}" is not one of {names}').format(text=kept, names=names), kept, 0)
            kept = role.identifier
        elif kept and name == "phone":
            kept = profiles.check_phone(session, kept)
        elif kept and name == "email":
            kept = profiles.check_email(kept)
        values[name] = kept or None
    return values
