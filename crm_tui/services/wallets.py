"""What a customer buys of a category in all, as somebody estimates it, and how much of that is ours (DOMAIN §6)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.sales import CONFIDENCES
from crm_tui.services import facts
from crm_tui.services.sections import Row, Section
from crm_tui.services.session import Outcome, Session, done
from crm_tui.store import products, sales
from crm_tui.store.sales import Wallet

if TYPE_CHECKING:
    from crm_tui.store.customers import Facts

ALL = "all"
"""What is typed for all categories together."""
_TITLES = {one.identifier: one for one in CONFIDENCES}


@dataclass(frozen=True)
class Estimate:
    """An estimate: `category` as typed (`all` for all together), amounts in minor units, both days included (by
    default the twelve full months before this one).
    """

    category: str
    total: int
    frm: date | None = None
    until: date | None = None
    source: str = ""
    confidence: str = "middle"
    competitors: Mapping[str, int] = field(default_factory=dict)


def estimate(session: Session, customer_id: int, given: Estimate) -> Outcome:
    """Keep the estimate; another one of the same category and days takes its place."""
    category = category_of(session, given.category)
    frm, until = _days(session, given)
    if given.total < 0 or any(amount < 0 for amount in given.competitors.values()):
        raise UsageError(_("an estimate is 0 or more"))
    if sum(given.competitors.values()) > given.total:
        raise UsageError(_("the competitors' parts are more than the whole"))
    parts = {facts.line_of(name): amount for name, amount in given.competitors.items()}
    row = {
        "user_id": session.person.id, "total": given.total, "source": facts.line_of(given.source),
        "confidence": given.confidence, "competitors": json.dumps(parts, ensure_ascii=False, sort_keys=True),
    }  # fmt: skip
    with session.changing() as change:
        customer = session.one_to_change(customer_id)
        known = sales.wallet_of(session.database, customer_id, category, frm, until)
        if known is None:
            whole = {"customer_id": customer_id, "category": category, "from_on": frm, "until_on": until, **row}
            change.insert("wallet", [whole])
        else:
            change.update("wallet", [known], **row)
        now = next(
            one for one in sales.wallets_of(session.database, customer_id)
            if (one.category, one.from_on, one.until_on) == (category, frm, until)
        )  # fmt: skip
        message = _("{name}: wallet {wallet}").format(name=customer.name, wallet=told(session, now))
        return done(change, message, [customer_id], data=(record(session, now),))


def category_of(session: Session, typed: str) -> str:
    """The category as it is spelled elsewhere; "" for all together."""
    wanted = facts.line_of(typed)
    if wanted.casefold() in ("", ALL, "全部", "所有", "全部品类", "所有品类"):
        return ""
    known = products.categories(session.database, 1_000)
    return next((name for name in known if name.casefold() == wanted.casefold()), wanted)


def _days(session: Session, given: Estimate) -> tuple[str, str]:
    from crm_tui.domain import periods

    default = periods.default(session.today)
    frm, until = given.frm or default.first, given.until or default.last
    if until < frm:
        raise UsageError(_("the estimate ends before it begins: {frm} to {until}").format(frm=frm, until=until))
    return frm.isoformat(), until.isoformat()


def told(session: Session, one: Wallet) -> str:
    """`storage  1,200,000.00  ours 25 %  2025-11-01 to 2026-10-31`."""
    parts = [one.category or _("all categories"), facts.money(session, one.total)]
    if one.total:
        parts.append(_("ours {share} %").format(share=f"{100 * one.ours / one.total:.0f}"))
    parts.append(_("{frm} to {until}").format(frm=one.from_on, until=one.until_on))
    return "  ".join(parts)


def record(session: Session, one: Wallet) -> dict[str, Any]:
    """An estimate as `--json` prints it: amounts in whole units, the share as a part of 1."""
    parts = json.loads(one.competitors)
    return {
        "id": one.id, "customer": one.customer_id, "category": one.category or None, "from": one.from_on,
        "until": one.until_on, "total": facts.plain_amount(session, one.total),
        "ours": facts.plain_amount(session, one.ours), "share": round(one.ours / one.total, 4) if one.total else None,
        "source": one.source or None, "confidence": one.confidence,
        "competitors": {name: facts.plain_amount(session, amount) for name, amount in parts.items()},
    }  # fmt: skip


def section(session: Session, customer: Facts) -> Section | None:
    """The wallet on the card: of each category the newest estimate, with our share and the competitors'."""
    every = sales.wallets_of(session.database, customer.id)
    if not every:
        return None
    newest: dict[str, Wallet] = {}
    for one in every:
        newest.setdefault(one.category, one)
    title = _("wallet")
    rows = tuple(
        Row(title if place == 0 else "", _shares(session, one), _note(one), _edits(one))
        for place, one in enumerate(newest.values())
    )
    return Section("wallet", title, rows, tuple(record(session, one) for one in every), len(every) - len(newest))


def _shares(session: Session, one: Wallet) -> str:
    rivals = json.loads(one.competitors)
    shares = (f"{name} {100 * amount / one.total:.0f} %" for name, amount in rivals.items() if one.total)
    return "  ".join((told(session, one), *shares))


def _note(one: Wallet) -> str:
    return ", ".join(part for part in (one.source, _TITLES[one.confidence].title) if part)


def _edits(one: Wallet) -> str:
    """The line whose form estimates it anew."""
    category = (one.category or ALL).replace("\\", "\\\\").replace('"', '\\"')
    return f'wallet "{category}" --from {one.from_on} --until {one.until_on} --confidence {one.confidence}'
