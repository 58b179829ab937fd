"""A protection shields a customer from recycling, with a reason and an end date (DOMAIN §4 P13)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.pools import Shield, protection_refusal
from crm_tui.domain.text import clean
from crm_tui.services.session import Outcome, Refusal, Session, done, named
from crm_tui.store import pools

if TYPE_CHECKING:
    from crm_tui.store.customers import Facts


def protect(session: Session, ids: Sequence[int], reason: str, until: date | None = None) -> Outcome:
    """Protect customers that one holds up to that day, today included (by default as long as the rule says)."""
    said = clean(reason, limit=500)
    if not said:
        raise UsageError(_('a protection wants a reason: --reason "…"'))
    today = session.today
    with session.changing() as change:
        taken, refused = session.take_to_move(ids)
        shields = pools.shields(session.database, [f.id for f in taken])
        mine = pools.protected(session.database, session.person.id, today.isoformat())
        good: dict[int, Facts] = {}
        last: dict[int, date] = {}
        for facts in taken:
            end = until or today + timedelta(days=int(_rule(session, facts, "days") or 1) - 1)
            why = _refused(session, facts, shields.get(facts.id, []), end, len((mine | set(good)) - {facts.id}))
            if why is None:
                good[facts.id], last[facts.id] = facts, end
            else:
                refused.append(Refusal(facts.id, facts.name, why))
        running = pools.running_protections(session.database, list(good), today.isoformat())
        change.update("protection", [row for row, __ in running], ended_on=today.isoformat())
        change.insert(
            "protection",
            [
                {
                    "customer_id": key, "user_id": session.person.id, "reason": said, "from_on": today.isoformat(),
                    "until_on": last[key].isoformat(),
                }
                for key in good
            ],
        )  # fmt: skip
        change.delete("recycle_warning", pools.rows_of(session.database, "recycle_warning", list(good)))
        days = sorted(set(last.values()))
        message = _("{who} protected until {day}") if good else _("nothing was protected")
        text = message.format(who=named(list(good.values())), day=days[-1] if days else "")
        return done(change, text, list(good), refused)


def _rule(session: Session, facts: Facts, name: str) -> int | None:
    value: int | None = session.settings[f"pool.protection.{name}"]
    return value


def _refused(
    session: Session, facts: Facts, rows: Sequence[tuple[int, int, str, str]], until: date, held: int
) -> str | None:
    if facts.owner_id is None:
        return _("nobody holds it: there is nothing to protect it from")
    shields = tuple(Shield(date.fromisoformat(since), date.fromisoformat(end)) for __, ___, since, end in rows)
    per_rep = _rule(session, facts, "per_rep") if session.person.role == "rep" else None
    return protection_refusal(
        shields, session.today, until, held=held, per_rep=per_rep, most_days=_rule(session, facts, "most_days")
    )


def unprotect(session: Session, ids: Sequence[int]) -> Outcome:
    """End the protections of customers today."""
    with session.changing() as change:
        taken, refused = session.take_to_move(ids)
        running = pools.running_protections(session.database, [f.id for f in taken], session.today.isoformat())
        ended = {customer_id for __, customer_id in running}
        refused += [Refusal(f.id, f.name, _("it is not protected")) for f in taken if f.id not in ended]
        change.update("protection", [row for row, __ in running], ended_on=session.today.isoformat())
        good = [f for f in taken if f.id in ended]
        message = _("{who}: protection ended") if good else _("nothing was changed")
        return done(change, message.format(who=named(good)), [f.id for f in good], refused)
