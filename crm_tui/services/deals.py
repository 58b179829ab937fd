"""Deals: what a customer may buy, for how much and when, and what came of it (DOMAIN §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.nearest import nearest
from crm_tui.domain.sales import RESULTS
from crm_tui.domain.stages import lost_reason
from crm_tui.services import factors, facts, meeting, products
from crm_tui.services.meeting import Before
from crm_tui.services.sections import Row, Section
from crm_tui.services.session import Outcome, Session, done
from crm_tui.store import past, sales
from crm_tui.store.sales import Deal

if TYPE_CHECKING:
    from crm_tui.store.customers import Facts

FIELDS = ("product", "amount", "expected", "competitor", "number", "note")
"""What `deal edit` changes."""
_COLUMNS = {"product": "product_id", "expected": "expected_on"}
_TITLES = {one.identifier: one for one in RESULTS}
SHOWN = 10
"""Closed deals on a card."""


@dataclass(frozen=True)
class Draft:
    """A deal to be made: the product by name, the amount in minor units."""

    product: str = ""
    amount: int | None = None
    expected: date | None = None
    competitor: str = ""
    number: str = ""
    note: str = ""


def add(session: Session, customer_id: int, draft: Draft) -> Outcome:
    """Open a deal with the customer; it is the deal of whoever holds the customer."""
    if draft.amount is not None and draft.amount < 0:
        raise UsageError(_("a deal's amount is 0 or more"))
    with session.changing() as change:
        owner = session.one_to_change(customer_id)
        product = products.find(session, draft.product) if draft.product.strip() else None
        number = facts.number(session, "deal", draft.number)
        [key] = change.insert(
            "deal",
            [{
                "customer_id": customer_id, "user_id": owner.owner_id or session.person.id,
                "product_id": product and product.id, "number": number, "amount": draft.amount,
                "opened_on": session.today.isoformat(),
                "expected_on": draft.expected and draft.expected.isoformat(),
                "competitor": facts.line_of(draft.competitor), "result": "open", "reason": "", "closed_on": None,
                "note": facts.note_of(draft.note),
            }],
        )  # fmt: skip
        made = _found(session, key)
        message = _("{name}: deal {deal} opened").format(name=owner.name, deal=told(session, made))
        if warned := factors.warning(session, [customer_id], draft.note):
            message = f"{message}; {warned}"
        return done(change, message, [customer_id], data=(record(session, made),))


def edit(session: Session, typed: str, given: Mapping[str, str], *, expected: int | None = None) -> Outcome:
    """Change fields of a deal; empty text clears one. `expected` is the version that a form was opened on: Conflict as
    in `profiles.edit`.
    """
    with session.changing() as change:
        deal = find(session, typed)
        session.one_to_change(deal.customer_id)
        values = check(session, given, deal)
        if expected not in (None, deal.version):
            key = {"deal": deal.id, "customer": deal.customer_id, "version": deal.version}
            mine = {name: str(given[name]).strip() for name in given}
            then = before(session, deal.id, expected or 0)
            meeting.check(_number(deal), key, then, texts(session, deal), mine)
        changed = change.update("deal", [deal.id], **values)
        message = _("{name}: deal {deal} changed").format(
            name=deal.customer, deal=told(session, _found(session, deal.id))
        )
        return done(change, message, [deal.customer_id] if changed else [])


def won(session: Session, typed: str, amount: int | None = None, on: date | None = None) -> Outcome:
    """The customer decided for us, on that day; proposes the order."""
    with session.changing() as change:
        deal = _open(session, typed)
        final = deal.amount if amount is None else amount
        if final is not None and final < 0:
            raise UsageError(_("a deal's amount is 0 or more"))
        closed = _closed(session, deal, on)
        change.update("deal", [deal.id], result="won", closed_on=closed, amount=final)
        message = _("{name}: deal {deal} is won").format(
            name=deal.customer, deal=told(session, _found(session, deal.id))
        )
        return done(change, message, [deal.customer_id], proposal=_order(session, deal, final))


def _order(session: Session, deal: Deal, amount: int | None) -> tuple[str, str] | None:
    """The line that enters the order of a deal that was won."""
    if deal.product_id is None or amount is None:
        return None
    product = deal.product.replace("\\", "\\\\").replace('"', '\\"')
    line = f'order add "{product}" 1 {deal.customer_id} --amount {facts.plain_amount(session, amount)}'
    return f'{line} --deal "#{deal.id}"', _("order of {amount} proposed").format(amount=facts.money(session, amount))


def lost(session: Session, typed: str, reason: str, on: date | None = None, competitor: str = "") -> Outcome:
    """The customer decided otherwise; `reason` is of the list that stage `lost` has, with words of one's own."""
    said = lost_reason(reason)
    with session.changing() as change:
        deal = _open(session, typed)
        to = facts.line_of(competitor) or deal.competitor
        change.update(
            "deal", [deal.id], result="lost", reason=said, closed_on=_closed(session, deal, on), competitor=to
        )
        message = _("{name}: deal {deal} is lost, {reason}")
        what = told(session, _found(session, deal.id))
        message = message.format(name=deal.customer, deal=what, reason=said) + _ordered(session, deal)
        return done(change, message, [deal.customer_id])


def _closed(session: Session, deal: Deal, on: date | None) -> str:
    """The day on which it is closed; UsageError for one before it was opened."""
    closed = facts.day(session, on)
    if closed < deal.opened_on:
        message = _("deal {number} was opened on {day}: it is closed then or later")
        raise UsageError(message.format(number=_number(deal), day=deal.opened_on))
    return closed


def _ordered(session: Session, deal: Deal) -> str:
    """What to know of a deal that is not won and has an order that counts, or will."""
    there = sales.order_of_deal(session.database, deal.id)
    return _("; its order {order} stands: `order cancel {order}` if it does not").format(order=there) if there else ""


def reopen(session: Session, typed: str) -> Outcome:
    """The deal goes on after all."""
    with session.changing() as change:
        deal = find(session, typed)
        session.one_to_change(deal.customer_id)
        if deal.result == "open":
            raise CrmError(_("deal {number} is open").format(number=_number(deal)))
        change.update("deal", [deal.id], result="open", reason="", closed_on=None)
        message = _("{name}: deal {deal} is open again").format(
            name=deal.customer, deal=told(session, _found(session, deal.id))
        )
        message += _ordered(session, deal)
        return done(change, message, [deal.customer_id])


def listed(session: Session, text: str = "", result: str = "open", limit: int | None = None) -> Outcome:
    """The deals of the customers that the filter finds, or of all that one sees: open ones, won, lost or any."""
    rows: list[Deal] = facts.listed(session, "deal", text, result, limit, "deal list")
    total = facts.money(session, sum(deal.amount or 0 for deal in rows))
    n = len(rows)
    message = ngettext("{n} deal, {total}", "{n} deals, {total}", n).format(n=f"{n:,}", total=total)
    lines = tuple(f"{deal.customer}  {told(session, deal)}  {_state(deal)}".rstrip() for deal in rows)
    return Outcome(message, lines=lines, data=tuple(record(session, deal) for deal in rows))


def find(session: Session, typed: str) -> Deal:
    """The deal of that number (or `#id`), where one sees it; CrmError otherwise."""
    key = facts.id_meant(session, "deal", typed)
    found = sales.deal(session.database, session.sight, key) if key is not None else None
    if found is None:
        raise facts.missing("deal", typed)
    return found


def _found(session: Session, key: int) -> Deal:
    found = sales.deal(session.database, session.sight, key)
    assert found is not None
    return found


def _open(session: Session, typed: str) -> Deal:
    deal = find(session, typed)
    session.one_to_change(deal.customer_id)
    if deal.result != "open":
        message = _("deal {number} is {result} since {day}: `deal reopen` opens it again")
        raise CrmError(
            message.format(number=_number(deal), result=_TITLES[deal.result].title, day=deal.closed_on)
        )
    return deal


def check(session: Session, given: Mapping[str, str], deal: Deal | None = None) -> dict[str, Any]:
    """The columns that these fields set; UsageError for unknown fields and impossible values."""
    from crm_tui.domain.money import parse_amount
    from crm_tui.domain.when import parse

    values: dict[str, Any] = {}
    for name, text in given.items():
        if name not in FIELDS:
            raise UsageError(_('unknown field "{name}"{hint}').format(name=name, hint=nearest(name, FIELDS)), name, 0)
        typed = text.strip()
        value: Any = typed
        if name == "product":
            value = products.find(session, typed).id if typed else None
        elif name == "amount":
            value = parse_amount(typed, session.settings["currency"]) if typed else None
            if value is not None and value < 0:
                raise UsageError(_("a deal's amount is 0 or more"), text, 0)
        elif name == "expected":
            value = parse(typed, session.now, workdays=session.settings.workdays).on.isoformat() if typed else None
        elif name == "number":
            value = typed if deal is not None and typed == deal.number else facts.number(session, "deal", typed)
        elif name == "note":
            value = facts.note_of(text)
        else:
            value = facts.line_of(text)
        values[_COLUMNS.get(name, name)] = value
    return values


def texts(session: Session, deal: Deal) -> dict[str, str]:
    """The fields as one would type them."""
    amount = facts.money(session, deal.amount) if deal.amount is not None else ""
    return {
        "product": deal.product, "amount": amount, "expected": deal.expected_on or "", "competitor": deal.competitor,
        "number": deal.number, "note": deal.note,
    }  # fmt: skip


def before(session: Session, deal_id: int, version: int) -> Before:
    """What the fields of a deal that the user sees were at an earlier version."""
    found = past.row(session.database, "deal", deal_id, [_COLUMNS.get(name, name) for name in FIELDS], version)
    if found is None:
        return Before(None)
    values = found.values
    product = products.name(session, values["product_id"])
    amount = facts.money(session, values["amount"]) if values["amount"] is not None else ""
    told_then = {
        "product": product, "amount": amount, "expected": values["expected_on"] or "",
        "competitor": values["competitor"], "number": values["number"], "note": values["note"],
    }  # fmt: skip
    return Before(told_then, found.users)


def _number(deal: Deal) -> str:
    return deal.number or f"#{deal.id}"


def told(session: Session, deal: Deal) -> str:
    """`D-7  GTX Pro  12,000.00  expected 2026-12-01  against Acme`."""
    parts = [_number(deal), deal.product, facts.money(session, deal.amount) if deal.amount is not None else ""]
    if deal.result == "open" and deal.expected_on:
        parts.append(_("expected {day}").format(day=deal.expected_on))
    if deal.competitor:
        parts.append(_("against {competitor}").format(competitor=deal.competitor))
    return "  ".join(part for part in parts if part)


def _state(deal: Deal) -> str:
    """`won 2026-11-03`, `lost 2026-11-03 price`, `open`."""
    return " ".join(part for part in (_TITLES[deal.result].title, deal.closed_on or "", deal.reason) if part)


def record(session: Session, deal: Deal) -> dict[str, Any]:
    """A deal as `--json` prints it: the amount in whole units."""
    return {
        "id": deal.id, "number": deal.number, "customer": deal.customer_id, "customer_name": deal.customer,
        "owner": deal.owner, "product": deal.product or None, "amount": facts.plain_amount(session, deal.amount),
        "opened": deal.opened_on, "expected": deal.expected_on, "competitor": deal.competitor or None,
        "result": deal.result, "reason": deal.reason or None, "closed": deal.closed_on, "note": deal.note,
    }  # fmt: skip


def section(session: Session, customer: Facts) -> Section | None:
    """The deals on the card: the open ones with their sum, then the newest closed ones."""
    every = sales.deals_of(session.database, customer.id)
    if not every:
        return None
    opened = [deal for deal in every if deal.result == "open"]
    shown = [*opened, *(deal for deal in every if deal.result != "open")][: len(opened) + SHOWN]
    title = _("deals")
    total = sum(deal.amount or 0 for deal in opened)
    head = ngettext("{n} open, {total}", "{n} open, {total}", len(opened)).format(
        n=len(opened), total=facts.money(session, total)
    )
    rows = tuple(
        Row(title if place == 0 else "", told(session, deal), _state(deal), f'deal edit "#{deal.id}"')
        for place, deal in enumerate(shown)
    )
    records = tuple(record(session, deal) for deal in every)
    return Section("deals", f"{title}: {head}" if opened else title, rows, records, len(every) - len(shown))
