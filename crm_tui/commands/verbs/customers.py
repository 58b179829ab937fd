"""What the commands on customers themselves call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.domain.schemes import shipped
from crm_tui.domain.stages import FIRST

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
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


def paste(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import customers

    return customers.paste(session, values["line"], values.get("owner", "me"), anyway=bool(values.get("anyway")))


def edit(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import profiles

    version = values.get("version")
    expected = {ids[0]: version} if version is not None and len(ids) == 1 else None
    return profiles.edit(session, ids, dict(values["fields"]), expected=expected)


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
        return tiers.accept(session, ids)
    scheme = values.get("scheme") or shipped()["abcd"]
    return tiers.assign(session, ids, values["tier"], scheme, values.get("reason", ""))


def tag(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import tags

    return tags.tag(session, ids, values["tags"])


def untag(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import tags

    return tags.tag(session, ids, values["tags"], remove=True)
