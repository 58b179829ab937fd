"""Orders and their lines. What is confirmed does not change: a correction is a new line (DOMAIN §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.sales import STATES, format_quantity, line_amount, times
from crm_tui.services import deals, facts, products
from crm_tui.services.sections import Row, Section
from crm_tui.services.session import Outcome, Session, done
from crm_tui.store import sales
from crm_tui.store.sales import Order

if TYPE_CHECKING:
    from crm_tui.store.customers import Facts
    from crm_tui.store.journal import Change

_TITLES = {one.identifier: one for one in STATES}
SHOWN = 10
"""Orders on a card."""


@dataclass(frozen=True)
class Line:
    """A line of an order: so many of a product; `price` of one, `amount` and `cost` of the whole line, in minor units.

    Without an amount it is price × quantity, by default the product's price; without a cost that of the product, and
    where that is unknown too the cost is unknown, which is not 0.
    """

    product: str
    quantity: float
    price: int | None = None
    amount: int | None = None
    cost: int | None = None
    note: str = ""


def add(
    session: Session, customer_id: int, line: Line, *, on: date | None = None, number: str = "", draft: bool = False,
    deal: str = "", note: str = "",
) -> Outcome:  # fmt: skip
    """Enter an order with its first line, confirmed unless it is a `draft`; of a deal that is named it takes the number
    if that is free. The first confirmed order of a customer proposes stage actual.
    """
    if line.quantity < 0 or (line.amount or 0) < 0:
        raise UsageError(_("an order is of something: what goes back is a line of it, `order line ORDER …`"))
    with session.changing() as change:
        customer = session.one_to_change(customer_id)
        origin = deals.find(session, deal) if deal.strip() else None
        if origin is not None and origin.customer_id != customer_id:
            raise UsageError(_("deal {number} is another customer's").format(number=deal), deal, 0)
        if origin is not None and (there := sales.order_of_deal(session.database, origin.id)):
            message = _("deal {number} has the order {order} already: `order line {order} …` adds to it")
            raise UsageError(message.format(number=deal, order=there), deal, 0)
        wanted = number
        if not number.strip() and origin is not None:
            taken = sales.id_of(session.database, "sales_order", origin.number)
            wanted = origin.number if taken is None else ""
        [key] = change.insert(
            "sales_order",
            [{
                "customer_id": customer_id, "user_id": customer.owner_id or session.person.id,
                "deal_id": origin and origin.id, "number": facts.number(session, "sales_order", wanted),
                "import_key": None, "ordered_on": facts.day(session, on), "state": "draft" if draft else "confirmed",
                "note": facts.note_of(note),
            }],
        )  # fmt: skip
        _write(session, change, key, customer_id, line)
        made = _found(session, key)
        text = _("{name}: draft {order}") if draft else _("{name}: order {order}")
        message = text.format(name=customer.name, order=told(session, made))
        return done(
            change, message, [customer_id], data=(record(session, made),), proposal=_actual(session, customer, made)
        )


def _write(session: Session, change: Change, order_id: int, customer_id: int, line: Line) -> None:
    product = products.find(session, line.product)
    amount = line_amount(line.quantity, line.price, line.amount)
    price = line.price
    if amount is None and product.price is not None:
        price = product.price
        amount = times(price, line.quantity)
    if amount is None:
        message = _("{product} has no price: give --price of one, or --amount of all of them")
        raise UsageError(message.format(product=product.name))
    cost = line.cost
    if cost is None and product.cost is not None:
        cost = times(product.cost, line.quantity)
    change.insert(
        "order_line",
        [{
            "order_id": order_id, "customer_id": customer_id, "product_id": product.id, "quantity": line.quantity,
            "price": price, "amount": amount, "cost": cost, "note": facts.note_of(line.note),
        }],
    )  # fmt: skip


def add_line(session: Session, typed: str, line: Line) -> Outcome:
    """Add a line: to a draft one more, to a confirmed order a correction, whose quantity and amount may be negative."""
    with session.changing() as change:
        order = find(session, typed)
        session.one_to_change(order.customer_id)
        if order.state == "cancelled":
            raise CrmError(_("order {number} is cancelled").format(number=_number(order)))
        _write(session, change, order.id, order.customer_id, line)
        made = _found(session, order.id)
        if made.amount < 0:
            raise UsageError(_("that would take more from the order than it has: {amount} is left of it").format(
                amount=facts.money(session, order.amount)))  # fmt: skip
        text = _("{name}: {order}") if order.state == "draft" else _("{name}: corrected, {order}")
        message = text.format(name=order.customer, order=told(session, made))
        return done(change, message, [order.customer_id], data=(record(session, made),))


def confirm(session: Session, typed: str) -> Outcome:
    """Make a draft an order that counts."""
    with session.changing() as change:
        order = find(session, typed)
        customer = session.one_to_change(order.customer_id)
        if order.state != "draft":
            message = _("order {number} is {state}, no draft")
            raise CrmError(message.format(number=_number(order), state=_TITLES[order.state].title))
        change.update("sales_order", [order.id], state="confirmed")
        made = _found(session, order.id)
        message = _("{name}: order {order}").format(name=order.customer, order=told(session, made))
        return done(change, message, [order.customer_id], proposal=_actual(session, customer, made))


def cancel(session: Session, typed: str, reason: str = "") -> Outcome:
    """The order counts no more; it stays where it is, with the reason in its note."""
    with session.changing() as change:
        order = find(session, typed)
        session.one_to_change(order.customer_id)
        if order.state == "cancelled":
            raise CrmError(_("order {number} is cancelled").format(number=_number(order)))
        said = facts.note_of(reason)
        note = "\n".join(part for part in (order.note, said) if part)
        change.update("sales_order", [order.id], state="cancelled", note=note)
        message = _("{name}: order {number} cancelled").format(name=order.customer, number=_number(order))
        for due in sales.due_of_order(session.database, order.id):
            message += _("; {number} is still due: `receivable cancel {number}`").format(number=due)
        return done(change, message, [order.customer_id])


def _actual(session: Session, customer: Facts, order: Order) -> tuple[str, str] | None:
    """The line that makes a customer of whom orders for the first time, or anew."""
    if order.state != "confirmed" or customer.stage == "actual":
        return None
    line = f"stage actual {customer.id}"
    if customer.stage == "lost":  # back along the path, which wants a reason
        line += f' --reason "{_("ordered again")}"'
    return line, _("stage actual proposed")


def listed(session: Session, text: str = "", state: str = "any", limit: int | None = None) -> Outcome:
    """The orders of the customers that the filter finds, or of all that one sees, the newest first."""
    rows: list[Order] = facts.listed(session, "sales_order", text, state, limit, "order list")
    total = facts.money(session, sum(order.amount for order in rows if order.state == "confirmed"))
    n = len(rows)
    message = ngettext("{n} order, {total} confirmed", "{n} orders, {total} confirmed", n)
    lines = tuple(f"{order.customer}  {told(session, order)}" for order in rows)
    data = tuple(record(session, order) for order in rows)
    return Outcome(message.format(n=f"{n:,}", total=total), lines=lines, data=data)


def find(session: Session, typed: str) -> Order:
    """The order of that number (or `#id`), where one sees it; CrmError otherwise."""
    key = facts.id_meant(session, "sales_order", typed)
    found = sales.order(session.database, session.sight, key) if key is not None else None
    if found is None:
        raise facts.missing("order", typed)
    return found


def _found(session: Session, key: int) -> Order:
    found = sales.order(session.database, session.sight, key)
    assert found is not None
    return found


def _number(order: Order) -> str:
    return order.number or f"#{order.id}"


def told(session: Session, order: Order) -> str:
    """`O-17  2026-11-03  GTX Pro, MG  12,000.00`."""
    state = "" if order.state == "confirmed" else _TITLES[order.state].title
    parts = (_number(order), order.ordered_on, order.products, facts.money(session, order.amount), state)
    return "  ".join(part for part in parts if part)


def record(session: Session, order: Order) -> dict[str, Any]:
    """An order as `--json` prints it, with its lines: amounts in whole units, an unknown cost null."""
    lines = []
    for product, quantity, *money, note in sales.lines_of(session.database, order.id):
        price, amount, cost = (facts.plain_amount(session, one) for one in money)
        lines.append({
            "product": product, "quantity": float(format_quantity(quantity).replace(",", "")), "price": price,
            "amount": amount, "cost": cost, "note": note,
        })  # fmt: skip
    amount, cost = (facts.plain_amount(session, one) for one in (order.amount, order.cost))
    return {
        "id": order.id, "number": order.number, "customer": order.customer_id, "customer_name": order.customer,
        "date": order.ordered_on, "state": order.state, "deal": order.deal or None, "amount": amount, "cost": cost,
        "note": order.note, "lines": lines,
    }  # fmt: skip


def section(session: Session, customer: Facts) -> Section | None:
    """The orders on the card: the newest, with the sum of all that are confirmed."""
    n, confirmed, total = sales.ordered(session.database, customer.id)
    if not n:
        return None
    rows = sales.orders_of(session.database, customer.id, SHOWN)
    title = _("orders")
    head = ngettext("{n} order, {total}", "{n} orders, {total}", confirmed).format(
        n=f"{confirmed:,}", total=facts.money(session, total)
    )
    shown = tuple(
        Row(title if place == 0 else "", told(session, order), head if place == 0 else "", _edits(order))
        for place, order in enumerate(rows)
    )
    records = tuple(record(session, order) for order in rows)
    return Section("orders", f"{title}: {head}", shown, records, n - len(rows))


def _edits(order: Order) -> str:
    """The line whose form adds to the order; none for one that is cancelled."""
    return "" if order.state == "cancelled" else f'order line "#{order.id}"'
