"""What a lead says of an interaction: it stands under it on the timeline, and in the rep's queue (DOMAIN §8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.domain.errors import CrmError, NotAllowed, UsageError
from crm_tui.domain.language import _
from crm_tui.domain.text import clean
from crm_tui.services import collaborations, notices
from crm_tui.services.session import Outcome, Session, done
from crm_tui.store import collaborations as kept

if TYPE_CHECKING:
    from crm_tui.store.customers import Facts


def comment(session: Session, customer_id: int, text: str, interaction_id: int | None = None) -> Outcome:
    """Comment on the customer's interaction of that id, else on its newest one, else on the customer. Leads only.

    It waits in the queue of who logged the interaction if they still work the customer, else in that of its holder.
    CrmError for an interaction that the customer does not have.
    """
    said = clean(text, multiline=True)
    if not said:
        raise UsageError(_("a comment says something"), text, 0)
    with session.changing() as change:
        if session.person.role not in ("lead", "admin"):
            raise NotAllowed(_("only team leads comment"))
        facts = session.one_to_change(customer_id)
        found = kept.interaction(session.database, facts.id, interaction_id)
        if found is None and interaction_id is not None:
            raise CrmError(_("{name} has no interaction {id}").format(name=facts.name, id=interaction_id))
        row = {"customer_id": facts.id, "interaction_id": found[0] if found else None, "text": said}
        change.insert("comment", [{**row, "user_id": session.person.id, "at": session.stamp}])
        reader = _reader(session, facts, found[1] if found else None)
        if reader not in (None, session.person.id):
            notices.send(session, change, "comment", [(reader, facts.id, said)])
        return done(change, _("{who}: commented").format(who=facts.name), [facts.id])


def _reader(session: Session, facts: Facts, author_id: int | None) -> int | None:
    working = {facts.owner_id, *(c.user_id for c in collaborations.of(session, facts.id))}
    return author_id if author_id in working else facts.owner_id
