"""What the commands of the day call."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.interactions import Note
    from crm_tui.services.session import Outcome, Session


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


def undo(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import history

    return history.undo(session, values.get("entry"))


def redo(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import history

    return history.redo(session, values.get("entry"))


def why(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import due, recycling, tier_reasons
    from crm_tui.services.session import Outcome

    what = values.get("what") or ("tier" if "scheme" in values else None)
    explained: dict[str, Callable[[Session, int], Outcome]] = {
        "due": due.why, "tier": partial(tier_reasons.why, scheme=values.get("scheme")), "recycle": recycling.why,
    }  # fmt: skip
    if what is None and not recycling.is_on(session):
        del explained["recycle"]
    told = [explain(session, ids[0]) for name, explain in explained.items() if what in (None, name)]
    if what is None and session.one(ids[0]).pool_id is not None:
        from crm_tui.services import pool_rows

        lines = tuple(pool_rows.why(session, ids[0]))
        told.insert(0, Outcome("", lines=lines, data=({"id": ids[0], "reason": "pool", "text": "; ".join(lines)},)))
    return Outcome(
        told[0].message if what else session.one(ids[0]).name,
        lines=tuple(line for outcome in told for line in outcome.lines),
        data=tuple(row for outcome in told for row in outcome.data),
    )


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
