"""Between words and services: each function takes typed values and customer ids, and calls one service.

A service is imported by the call that needs it, so that a command starts without all the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.domain.schemes import shipped
from crm_tui.domain.stages import FIRST

if TYPE_CHECKING:
    from crm_tui.services.interactions import Note
    from crm_tui.services.session import Outcome, Session

Values = Mapping[str, Any]
Ids = Sequence[int]


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

    return contacts.edit(session, values["contact"], dict(values["fields"]))


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


def _note(values: Values, *, finished: bool) -> Note:
    from crm_tui.services.interactions import Note

    return Note(
        text=values.get("note", ""),
        channel=values.get("channel", "call"),
        connected=not values.get("attempt", False),
        contact_id=values.get("contact"),
        outcome=values.get("outcome", ""),
        at=values.get("at"),
        next=values.get("next"),
        purpose=values.get("purpose", ""),
        done=finished,
    )


def log(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import interactions

    return interactions.log(session, ids, _note(values, finished=bool(values.get("done"))))


def done(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import interactions

    return interactions.log(session, ids, _note(values, finished=True))


def no_answer(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import interactions

    return interactions.no_answer(session, ids, values.get("note", ""))


def set_next(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import followups

    return followups.set_next(session, ids, values["when"], values.get("purpose", ""))


def snooze(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import followups

    return followups.snooze(session, ids, values["when"])


def tag(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import tags

    return tags.tag(session, ids, values["tags"])


def untag(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import tags

    return tags.tag(session, ids, values["tags"], remove=True)


def undo(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import history

    return history.undo(session, values.get("entry"))


def redo(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import history

    return history.redo(session, values.get("entry"))


def why(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import due, tiers
    from crm_tui.services.session import Outcome

    what = values.get("what")
    explained = {"due": due.why, "tier": tiers.why}
    told = [explain(session, ids[0]) for name, explain in explained.items() if what in (None, name)]
    return Outcome(
        told[0].message if what else session.one(ids[0]).name,
        lines=tuple(line for outcome in told for line in outcome.lines),
        data=tuple(row for outcome in told for row in outcome.data),
    )


def users_add(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import people

    return people.add(
        session, values["login"], name=values.get("name", ""), role=values.get("role", "rep"),
        time_zone=values.get("time_zone", ""),
    )  # fmt: skip


def config_set(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import people

    return people.set_rule(session, values["setting"], values["value"])


# What a form shows at first


def cadence_date(session: Session, ids: Ids) -> str:
    """The next date that the cadence of the first customer gives."""
    from crm_tui.domain.when import canonical
    from crm_tui.services import interactions

    found = interactions.proposed_next(session, session.one(ids[0])) if ids else None
    return canonical(found) if found else ""


def last_contact(session: Session, ids: Ids) -> str:
    """The contact of the one customer that was spoken to last."""
    from crm_tui.services import interactions

    found = interactions.last_contacted(session, ids[0]) if len(ids) == 1 else None
    return str(found or "")


def usual_channel(session: Session, ids: Ids) -> str:
    """How most is said."""
    return "call"
