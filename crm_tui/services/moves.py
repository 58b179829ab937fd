"""What happens when a customer changes hands, whoever decided it: the one place that writes who holds what (DOMAIN §4).

The ownership log follows by itself; what the move is called, and why, is said here before it happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from crm_tui.domain.when import When
from crm_tui.services import followups
from crm_tui.services.session import Session
from crm_tui.store import notices, pools, sales

if TYPE_CHECKING:
    from crm_tui.services.followups import Open
    from crm_tui.store.customers import Facts
    from crm_tui.store.journal import Change


def give(session: Session, change: Change, taken: Sequence[Facts], owner_id: int, kind: str, reason: str = "") -> None:
    """Give customers to a user, from wherever they are.

    The receiver gets a first contact for each (P17); one that is promised something sooner keeps that. Open offers are
    withdrawn, warnings end, protections and open deals go on under the receiver, what waited for the old holder waits
    for the new one.
    """
    if not taken:
        return
    ids = [facts.id for facts in taken]
    promised = followups.opened(session, ids)
    days = _first_days(session, [facts.id for facts in taken if not facts.archived_at])
    firsts = {key: day for key, day in days.items() if not _is_sooner(promised.get(key), day)}
    change.moves(kind, reason)
    common = {"owner_id": owner_id, "pool_id": None, "blocked": False, "held_since": session.stamp}
    change.update_each("customer", {f.id: common | _next_of(f, firsts.get(f.id)) for f in taken})
    followups.begin(session, change, owner_id, firsts, promised)
    kept = [promised[key].id for key in ids if key in promised and key not in firsts]
    change.update("follow_up", kept, user_id=owner_id)
    _settle(session, change, ids, keep_offers=kind == "transfer")
    running = pools.running_protections(session.database, ids, session.today.isoformat())
    change.update("protection", [row for row, __ in running], user_id=owner_id)
    change.update("deal", sales.open_deals(session.database, ids), user_id=owner_id)
    change.delete("collaborator", pools.rows_of(session.database, "collaborator", ids, owner_id))
    change.update("notice", _waiting(session, taken), user_id=owner_id)


def to_pool(
    session: Session, change: Change, taken: Sequence[Facts], into: Mapping[int, int], kind: str,
    reason: str | Mapping[int, str] = "",
) -> None:  # fmt: skip
    """Lay customers into public pools (`into`: customer → pool), for one reason or each for its own. What was promised
    to them is dropped, and kept in the history; protections, offers, shares and warnings end.
    """
    ids = [facts.id for facts in taken]
    _drop(session, change, taken, kind, reason, {key: {"pool_id": into[key], "blocked": False} for key in ids})


def block(session: Session, change: Change, taken: Sequence[Facts], reason: str) -> None:
    """Take customers out of all hands and pools: we do not sell to them (P23)."""
    _drop(session, change, taken, "block", reason, {f.id: {"pool_id": None, "blocked": True} for f in taken})


def _drop(
    session: Session, change: Change, taken: Sequence[Facts], kind: str, reason: str | Mapping[int, str],
    where: Mapping[int, Mapping[str, object]],
) -> None:  # fmt: skip
    if not taken:
        return
    ids = [facts.id for facts in taken]
    followups.close(session, change, ids, "dropped", clear=False)
    nobody = {"owner_id": None, "held_since": None, "next_on": None, "next_at": None}
    for text, same in _by_reason(ids, reason).items():
        change.moves(kind, text)
        change.update_each("customer", {key: {**nobody, **where[key]} for key in same})
    _settle(session, change, ids)
    today = session.today.isoformat()
    running = pools.running_protections(session.database, ids, today)
    change.update("protection", [row for row, __ in running], ended_on=today)
    # Whoever claims it next decides anew who works it too.
    change.delete("collaborator", pools.rows_of(session.database, "collaborator", ids))
    change.update("notice", _waiting(session, taken), closed_at=session.stamp)


def _by_reason(ids: Sequence[int], reason: str | Mapping[int, str]) -> dict[str, list[int]]:
    """The customers that go for the same reason; the ownership log takes down one at a time."""
    found: dict[str, list[int]] = {}
    for key in ids:
        found.setdefault(reason if isinstance(reason, str) else reason[key], []).append(key)
    return found


def _waiting(session: Session, taken: Sequence[Facts]) -> list[int]:
    """The open notices about the customers that wait for those who hold them."""
    holders = {facts.owner_id for facts in taken if facts.owner_id is not None}
    kinds = ("comment", "request", "known")
    return list(notices.open_ids(session.database, [facts.id for facts in taken], kinds, user_ids=holders))


def _settle(session: Session, change: Change, ids: Sequence[int], *, keep_offers: bool = False) -> None:
    """End what belonged to the old holding: warnings, and offers unless one of them is what happens."""
    change.delete("recycle_warning", pools.rows_of(session.database, "recycle_warning", ids))
    if not keep_offers:
        offers = pools.open_offers(session.database, ids)
        change.update(
            "transfer", [row for row, *__ in offers.values()], closed_at=session.stamp, closed_as="withdrawn"
        )
        change.update("notice", list(notices.open_ids(session.database, ids, ("offer",))), closed_at=session.stamp)


def _next_of(facts: Facts, first: When | None) -> dict[str, object]:
    if first is None:
        return {"next_on": facts.next_on, "next_at": facts.next_at}
    return {"next_on": first.on.isoformat(), "next_at": None}


def _is_sooner(promised: Open | None, first: When) -> bool:
    """Whether what is promised brings the customer up no later than a first contact would."""
    return promised is not None and promised.due_on <= first.on.isoformat()


def _first_days(session: Session, ids: Iterable[int]) -> dict[int, When]:
    """The day of each first contact: the next working day, or so many a day as the rule says."""
    workdays, each = session.settings.workdays, session.settings["pool.spread_per_day"]
    day = workdays.next_workday(session.today)
    days: dict[int, When] = {}
    on_day = 0
    for key in ids:
        if each is not None and on_day >= each:
            day, on_day = _next(session, day), 0
        days[key] = When(day)
        on_day += 1
    return days


def _next(session: Session, day: date) -> date:
    return session.settings.workdays.next_workday(day)

