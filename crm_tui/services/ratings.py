"""What one judges of customers by hand, from 1 to 5: its influence, and how likely it is to close (DOMAIN §3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.services import profiles
from crm_tui.services.sections import Row, Section
from crm_tui.services.session import Outcome, Session
from crm_tui.store import customers

if TYPE_CHECKING:
    from crm_tui.store.customers import Facts

FIELDS = ("influence", "closing")


def rate(session: Session, ids: Sequence[int], given: Mapping[str, str]) -> Outcome:
    """Judge the customers; "" takes a judgement back. The same as `edit influence=4 closing=3`."""
    if not given:
        raise UsageError(_("rate what? --influence 1 to 5, --closing 1 to 5"))
    with session.changing():
        taken, __ = session.take(ids)
        rated = [facts.id for facts in taken if _is_rated(session, facts.id, given)]
        if taken and not rated and not any(given.values()):
            return Outcome(_("nothing was changed: there is no such judgement"))
        return profiles.edit(session, ids, given)


def _is_rated(session: Session, customer_id: int, names: Iterable[str]) -> bool:
    known = dict(zip(FIELDS, customers.judged(session.database, customer_id), strict=True))
    return any(known.get(name) is not None for name in names)


def section(session: Session, customer: Facts) -> Section | None:
    """The judgement on the card, and the chance it makes."""
    influence, closing = customers.judged(session.database, customer.id)
    if influence is None and closing is None:
        return None
    told = [_("influence {n}").format(n=influence or "–"), _("closing {n}").format(n=closing or "–")]
    chance = influence * closing if influence and closing else None
    note = _("chance {n} of 25").format(n=chance) if chance else ""
    title = _("judged")
    shown = Row(title, "  ".join(told), note, "rate")
    return Section("rating", title, (shown,), ({"influence": influence, "closing": closing, "chance": chance},))
