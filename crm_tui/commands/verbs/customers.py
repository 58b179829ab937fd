"""What the commands on customers themselves call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.stages import FIRST

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.domain.schemes import Scheme
    from crm_tui.services.session import Outcome, Session


def new(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import customers
    from crm_tui.services.customers import Draft

    contact = {"name": values["contact"]} if values.get("contact") else {}
    fields = {"name": values["name"], **dict(values.get("fields", ()))}
    return customers.new(
        session,
        Draft(
            fields, values.get("kind", ""), values.get("stage", FIRST), values.get("tier", ""),
            values.get("owner", "me"), contact, bool(values.get("anyway")),
        ),
    )  # fmt: skip


def new_ahead(session: Session, values: Values) -> None:
    from crm_tui.domain.schemes import find_tier
    from crm_tui.services import contacts, customers, profiles

    if values.get("tier"):
        session.refresh()
        find_tier(session.settings.schemes[session.settings.primary(values.get("stage", FIRST))], values["tier"])
    profiles.check(session, {"name": values["name"], **dict(values.get("fields", ()))}, values.get("kind"))
    contacts.check(session, {"name": values.get("contact", "")})
    if "owner" in values:
        customers.find_holder(session, values["owner"])


def paste(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import customers

    return customers.paste(session, values["line"], values.get("owner", "me"), anyway=bool(values.get("anyway")))


def edit(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import profiles

    version = values.get("version")
    expected = {ids[0]: version} if version is not None and len(ids) == 1 else None
    return profiles.edit(session, ids, dict(values["fields"]), expected=expected)


def edit_ahead(session: Session, values: Values) -> None:
    from crm_tui.services import profiles

    profiles.check(session, dict(values["fields"]))


def archive(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import customers

    return customers.archive(session, ids)


def unarchive(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import customers

    return customers.archive(session, ids, back=True)


def contact_add(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import contacts

    return contacts.add(session, ids[0], {"name": values["name"], **dict(values.get("fields", ()))})


def contact_edit(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import contacts

    return contacts.edit(session, values["contact"], dict(values["fields"]), expected=values.get("version"))


def contact_ahead(session: Session, values: Values) -> None:
    from crm_tui.services import contacts

    name = {"name": values["name"]} if "name" in values else {}
    if contacts.check(session, {**name, **dict(values.get("fields", ()))}).get("name", "-") is None:
        raise UsageError(_("a contact needs a name"))


def stage(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import stages

    return stages.move(session, ids, values["stage"], values.get("reason", ""))


def advance(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import stages

    return stages.step(session, ids, 1, values.get("reason", ""))


def retreat(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import stages

    return stages.step(session, ids, -1, values.get("reason", ""))


def tier(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import tiers

    if values["tier"] == "accept":
        return tiers.accept(session, ids, values.get("scheme"))
    scheme, tier = _meant_tier(session, values)
    until = values["until"].on if "until" in values else None
    return tiers.assign(session, ids, tier, scheme, values.get("reason", ""), until)


def tier_ahead(session: Session, values: Values) -> None:
    if values["tier"] != "accept":
        _meant_tier(session, values)


def _meant_tier(session: Session, values: Values) -> tuple[Scheme, str]:
    """The scheme that is named and the tier in it; without a scheme those that a bare word means."""
    from crm_tui.domain.schemes import find_any, find_tier

    scheme = values.get("scheme")
    if scheme is not None:
        return scheme, find_tier(scheme, values["tier"]).identifier
    session.refresh()
    scheme, tier = find_any(session.settings.schemes, values["tier"])
    return scheme, tier.identifier


def tag(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import tags

    return tags.tag(session, ids, values["tags"])


def untag(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import tags

    return tags.tag(session, ids, values["tags"], remove=True)
