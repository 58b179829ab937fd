"""The people at a customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.profile_fields import ROLES
from crm_tui.domain.stages import choose
from crm_tui.domain.text import clean
from crm_tui.services import profiles
from crm_tui.services.session import Outcome, Refusal, Session, done

if TYPE_CHECKING:
    from crm_tui.store.journal import Change

FIELDS = ("name", "role", "title", "phone", "email", "wechat", "note")


def add(session: Session, customer_id: int, given: Mapping[str, str]) -> Outcome:
    """Add a contact to the customer; the first one is its primary contact."""
    with session.changing() as change:
        taken, refused = session.take([customer_id])
        if not taken:
            raise _refused(refused[0])
        others = session.database.value(
            "SELECT count(*) FROM contact WHERE customer_id = ? AND archived_at IS NULL", (customer_id,)
        )
        key = write(session, change, customer_id, given, primary=others == 0)
        message = _("{name}: contact {contact} added").format(name=taken[0].name, contact=given.get("name", ""))
        return done(change, message, [customer_id], data=({"id": key, "customer": customer_id},))


def edit(session: Session, contact_id: int, given: Mapping[str, str]) -> Outcome:
    """Change fields of a contact; empty text clears one."""
    with session.changing() as change:
        row = session.database.row("SELECT customer_id, name FROM contact WHERE id = ?", (contact_id,))
        taken, refused = session.take([row[0]]) if row else ([], [])
        if row is None or not taken:
            unknown = _("there is no contact {id}").format(id=contact_id)
            raise _refused(refused[0]) if refused and refused[0].name else CrmError(unknown)
        values = check(session, given)
        if values.get("name", "-") is None:
            raise UsageError(_("a contact needs a name"))
        changed = change.update("contact", [contact_id], **values)
        change.searchable.add(row[0])
        who = values.get("name") or row[1]
        message = _("{name}: contact {contact} changed").format(name=taken[0].name, contact=who)
        return done(change, message, [row[0]] if changed else [])


def _refused(refusal: Refusal) -> CrmError:
    return NotAllowed(refusal.reason) if refusal.forbidden else CrmError(refusal.reason)


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
