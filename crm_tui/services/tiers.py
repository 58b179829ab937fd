"""Grading customers by hand, and telling why they have the tier they have (DOMAIN §3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_tui.domain.cadence import cadence_interval
from crm_tui.domain.clock import iso, local_date
from crm_tui.domain.language import _
from crm_tui.domain.schemes import Scheme, badge, find_tier, primary, proposal, shipped
from crm_tui.domain.stages import BY_IDENTIFIER
from crm_tui.domain.text import clean
from crm_tui.services import profiles
from crm_tui.services.session import Outcome, Refusal, Session, done, named
from crm_tui.store import histories
from crm_tui.store.customers import Facts

if TYPE_CHECKING:
    from crm_tui.store.journal import Change


def assign(session: Session, ids: Sequence[int], tier: str, scheme: Scheme, reason: str = "") -> Outcome:
    """Give the customers the tier (as typed) under the scheme; it becomes the badge where the scheme is primary.

    Raises UsageError when the scheme has no such tier.
    """
    wanted = find_tier(scheme, tier).identifier
    reason = clean(reason, limit=500)
    with session.changing() as change:
        taken, refused = session.take(ids)
        moved = _grade(session, change, taken, dict.fromkeys((f.id for f in taken), wanted), scheme, reason)
        label = badge(scheme, wanted)
        if not moved:
            message = _("{who}: already {tier}").format(who=named(taken), tier=label)
            return done(change, message if taken else _("nothing was graded"), [], refused)
        return done(change, _("{who} → {tier}").format(who=named(moved), tier=label), [f.id for f in moved], refused)


def accept(session: Session, ids: Sequence[int]) -> Outcome:
    """Give each customer the intent letter that its stage proposes; who has it already is refused."""
    scheme = shipped()["abcd"]
    with session.changing() as change:
        taken, refused = session.take(ids)
        current = histories.tiers(session.database, [f.id for f in taken], scheme.identifier)
        offered = {f.id: proposal(f.stage, current.get(f.id, (0, None))[1]) for f in taken}
        wanted = {key: letter for key, letter in offered.items() if letter is not None}
        for facts in taken:
            if facts.id not in wanted:
                refused.append(Refusal(facts.id, facts.name, _("nothing is proposed for it")))
        accepted = [f for f in taken if f.id in wanted]
        moved = _grade(session, change, accepted, wanted, scheme, _("proposed by the stage"))
        letters = "/".join(badge(scheme, t) for t in sorted({wanted[f.id] for f in moved}))
        message = _("{who} → {tier}").format(who=named(moved), tier=letters) if moved else _("nothing is proposed")
        return done(change, message, [f.id for f in moved], refused)


def _grade(
    session: Session, change: Change, taken: Sequence[Facts], wanted: dict[int, str], scheme: Scheme, reason: str
) -> list[Facts]:
    """Write the tiers; the customers that did not have theirs already."""
    current = histories.tiers(session.database, [f.id for f in taken], scheme.identifier)
    moved = [f for f in taken if current.get(f.id, (0, None))[1] != wanted[f.id]]
    rows = [
        {"customer_id": f.id, "scheme": scheme.identifier, "tier": wanted[f.id], "reason": reason}
        for f in moved
        if f.id not in current
    ]
    change.insert("customer_tier", rows)
    change.update_each(
        "customer_tier",
        {current[f.id][0]: {"tier": wanted[f.id], "reason": reason} for f in moved if f.id in current},
    )
    shown = [f for f in moved if primary(f.stage) == scheme.identifier]
    change.update_each(
        "customer",
        {
            f.id: {"scheme": scheme.identifier, "tier": wanted[f.id], "tier_rank": scheme.rank(wanted[f.id])}
            for f in shown
        },
    )
    histories.add_tiers(
        change,
        at=session.stamp,
        user_id=session.person.id,
        rows=[(f.id, scheme.identifier, current.get(f.id, (0, None))[1], wanted[f.id], reason) for f in moved],
    )
    profiles.refresh_staleness(session, change, [f.id for f in shown])
    return moved


def why(session: Session, customer_id: int) -> Outcome:
    """Which tier the customer has, who gave it, when and why, under every scheme; and what its stage proposes."""
    facts = session.one(customer_id)
    rows = session.database.rows(
        "SELECT t.scheme, t.from_tier, t.to_tier, t.at, u.login, t.reason FROM tier_change t"
        " JOIN user u ON u.id = t.user_id WHERE t.customer_id = ? ORDER BY t.id DESC",
        (customer_id,),
    )
    lines: list[str] = []
    data: list[dict[str, object]] = []
    for scheme in shipped().values():
        history = [row for row in rows if row[0] == scheme.identifier]
        if not history:
            continue
        __, frm, to, at, login, reason = history[0]
        mark = _(" (the badge)") if primary(facts.stage) == scheme.identifier else ""
        days = cadence_interval(to, scheme.identifier, facts.stage, session.settings.due)
        lines.append(
            _("{scheme} {tier}{mark}: by {who} on {day}{reason}; was {before}").format(
                scheme=scheme.title,
                tier=badge(scheme, to) if to else _("none"),
                mark=mark,
                who=login,
                day=local_date(at, session.person.zone),
                reason=f", {reason}" if reason else "",
                before=frm or _("none"),
            )
        )
        if days and mark:
            lines.append(_("cadence: a contact every {days} days").format(days=days))
        told = {"scheme": scheme.identifier, "tier": to, "before": frm, "by": login, "at": iso(at), "reason": reason}
        data.append(told)
    stage = BY_IDENTIFIER[facts.stage]
    offered = proposal(facts.stage, facts.tier if facts.scheme == "abcd" else None)
    if offered:
        lines.append(_("stage {stage} proposes {tier}: `t t` accepts").format(stage=stage.title, tier=offered))
    return Outcome(
        _("{name}: why this tier").format(name=facts.name),
        lines=tuple(lines) or (_("no tier was given yet"),),
        data=tuple({"id": facts.id, "proposed": offered, **row} for row in (data or [{}])),
    )
