"""Receivables say what is due when, payments what came in; what covers what is allocated, the oldest due first."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.language import _, ngettext
from crm_tui.domain.sales import allocate
from crm_tui.services import facts, orders
from crm_tui.services.sections import Row, Section
from crm_tui.services.session import Outcome, Session, done
from crm_tui.store import sales
from crm_tui.store.sales import Payment, Receivable

if TYPE_CHECKING:
    from crm_tui.store.customers import Facts
    from crm_tui.store.journal import Change

SHOWN = 5
"""Payments on a card."""


def add(
    session: Session, customer_id: int, amount: int, due: date, *, order: str = "", number: str = "", note: str = ""
) -> Outcome:
    """Say that so much (minor units) is due on that day, be it past or to come."""
    if amount <= 0:
        raise UsageError(_("what is due is more than 0"))
    with session.changing() as change:
        customer = session.one_to_change(customer_id)
        of = orders.find(session, order) if order.strip() else None
        if of is not None and of.customer_id != customer_id:
            raise UsageError(_("order {number} is another customer's").format(number=order), order, 0)
        row = {
            "customer_id": customer_id, "order_id": of and of.id, "import_key": None, "due_on": due.isoformat(),
            "number": facts.number(session, "receivable", number), "amount": amount, "note": facts.note_of(note),
        }  # fmt: skip
        [key] = change.insert("receivable", [row])
        made = _found(session, key)
        message = _("{name}: due {receivable}").format(name=customer.name, receivable=told(session, made))
        waiting = sum(payment.rest for payment in sales.unallocated(session.database, customer_id))
        if waiting:
            message += _("; {amount} paid before is not allocated: `allocate`").format(
                amount=facts.money(session, waiting)
            )
        return done(change, message, [customer_id], data=(record(session, made),))


def cancel(session: Session, typed: str) -> Outcome:
    """What was due is not: refused while payments cover some of it."""
    with session.changing() as change:
        one = find(session, typed)
        session.one_to_change(one.customer_id)
        if one.open != one.amount:
            message = _("receivable {number}: {amount} of it is paid, it stays")
            paid = facts.money(session, one.amount - one.open)
            raise CrmError(message.format(number=_number(one), amount=paid))
        change.delete("receivable", [one.id])
        message = _("{name}: receivable {receivable} cancelled")
        message = message.format(name=one.customer, receivable=told(session, one))
        return done(change, message, [one.customer_id])


def pay(
    session: Session, customer_id: int, amount: int, *, on: date | None = None, to: str = "", number: str = "",
    note: str = "",
) -> Outcome:  # fmt: skip
    """A payment came in: it covers what is due, the oldest first, or the receivable `to` alone. What is left over is
    kept, and told.
    """
    if amount <= 0:
        raise UsageError(_("a payment is more than 0"))
    with session.changing() as change:
        customer = session.one_to_change(customer_id)
        owed = _owed(session, customer_id, to)
        row = {
            "customer_id": customer_id, "number": facts.number(session, "payment", number), "import_key": None,
            "paid_on": facts.day(session, on), "amount": amount, "note": facts.note_of(note),
        }  # fmt: skip
        [key] = change.insert("payment", [row])
        rest = _allocate(change, customer_id, key, amount, owed)
        message = _("{name} paid {amount}").format(name=customer.name, amount=facts.money(session, amount))
        message += _told_rest(session, customer_id, rest)
        numbers = {"id": key, "number": row["number"], "customer": customer_id, "date": row["paid_on"]}
        left = {"amount": facts.plain_amount(session, amount), "unallocated": facts.plain_amount(session, rest)}
        return done(change, message, [customer_id], data=({**numbers, **left},))


def allocate_rest(session: Session, customer_id: int, to: str = "") -> Outcome:
    """Let what was paid and is not allocated yet cover what is due by now, the oldest first, or the receivable `to`."""
    with session.changing() as change:
        customer = session.one_to_change(customer_id)
        covered = 0
        for payment in sales.unallocated(session.database, customer_id):
            owed = _owed(session, customer_id, to)
            covered += payment.rest - _allocate(change, customer_id, payment.id, payment.rest, owed)
        if not covered:
            raise CrmError(_("{name}: there is nothing to allocate").format(name=customer.name))
        message = _("{name}: {amount} allocated").format(name=customer.name, amount=facts.money(session, covered))
        return done(change, message + _told_rest(session, customer_id, 0), [customer_id])


def _owed(session: Session, customer_id: int, to: str) -> list[tuple[int, int]]:
    if not to.strip():
        return [(one.id, one.open) for one in sales.receivables_of(session.database, customer_id)]
    one = find(session, to)
    if one.customer_id != customer_id:
        raise UsageError(_("receivable {number} is another customer's").format(number=to), to, 0)
    if one.open <= 0:
        raise UsageError(_("receivable {number} is paid").format(number=_number(one)), to, 0)
    return [(one.id, one.open)]


def _allocate(change: Change, customer_id: int, payment_id: int, amount: int, owed: list[tuple[int, int]]) -> int:
    """Write what covers what; what is left of the amount. A receivable is met once by each payment."""
    given, rest = allocate(amount, owed)
    met = sales.covered_by(change.database, payment_id)
    change.insert(
        "allocation",
        [
            {"customer_id": customer_id, "payment_id": payment_id, "receivable_id": key, "amount": part}
            for key, part in given.items()
            if key not in met
        ],
    )
    more = {met[key][0]: {"amount": met[key][1] + part} for key, part in given.items() if key in met}
    change.update_each("allocation", more)
    return rest


def _told_rest(session: Session, customer_id: int, rest: int) -> str:
    """What is still open after it, and what of it covers nothing."""
    still = sum(one.open for one in sales.receivables_of(session.database, customer_id))
    told_so = [_("{amount} not allocated").format(amount=facts.money(session, rest))] if rest else []
    told_so += [_("{amount} still open").format(amount=facts.money(session, still))] if still else []
    return "".join(f"; {part}" for part in told_so)


def listed(session: Session, text: str = "", *, paid: bool = False, limit: int | None = None) -> Outcome:
    """What the customers that the filter finds still owe, or all that one sees; with `paid` what is covered too."""
    which = "any" if paid else "open"
    rows: list[Receivable] = facts.listed(session, "receivable", text, which, limit, "receivable list")
    n, total = len(rows), facts.money(session, sum(one.open for one in rows))
    message = ngettext("{n} receivable, {total} open", "{n} receivables, {total} open", n)
    lines = tuple(f"{one.customer}  {told(session, one)}  {_late(session, one)}".rstrip() for one in rows)
    data = tuple(record(session, one) for one in rows)
    return Outcome(message.format(n=f"{n:,}", total=total), lines=lines, data=data)


def find(session: Session, typed: str) -> Receivable:
    """The receivable of that number (or `#id`), where one sees it; CrmError otherwise."""
    key = facts.id_meant(session, "receivable", typed)
    found = sales.receivable(session.database, session.sight, key) if key is not None else None
    if found is None:
        raise facts.missing("receivable", typed)
    return found


def _found(session: Session, key: int) -> Receivable:
    found = sales.receivable(session.database, session.sight, key)
    assert found is not None
    return found


def _number(one: Receivable) -> str:
    return one.number or f"#{one.id}"


def told(session: Session, one: Receivable) -> str:
    """`R-4  due 2026-12-01  12,000.00`, and what of it is open where it is not all."""
    parts = [_number(one), _("due {day}").format(day=one.due_on), facts.money(session, one.amount)]
    if 0 < one.open < one.amount:
        parts.append(_("{amount} open").format(amount=facts.money(session, one.open)))
    elif one.open <= 0:
        parts.append(_("paid"))
    return "  ".join(parts)


def _late(session: Session, one: Receivable) -> str:
    late = (session.today - date.fromisoformat(one.due_on)).days
    if late <= 0 or one.open <= 0:
        return ""
    return ngettext("! {n} day overdue", "! {n} days overdue", late).format(n=late)


def record(session: Session, one: Receivable) -> dict[str, Any]:
    """A receivable as `--json` prints it: amounts in whole units."""
    return {
        "id": one.id, "number": one.number, "customer": one.customer_id, "customer_name": one.customer,
        "due": one.due_on, "amount": facts.plain_amount(session, one.amount),
        "open": facts.plain_amount(session, max(one.open, 0)), "order": one.order or None,
        "overdue": one.open > 0 and one.due_on < session.today.isoformat(), "note": one.note,
    }  # fmt: skip


def _paid(session: Session, payment: Payment) -> dict[str, Any]:
    return {
        "id": payment.id, "number": payment.number, "date": payment.paid_on,
        "amount": facts.plain_amount(session, payment.amount),
        "unallocated": facts.plain_amount(session, payment.rest), "note": payment.note,
    }  # fmt: skip


def section(session: Session, customer: Facts) -> Section | None:
    """The money on the card: what is open, what is overdue, and the latest payments."""
    owed = sales.receivables_of(session.database, customer.id)
    payments = sales.payments_of(session.database, customer.id)
    if not owed and not payments:
        return None
    title = _("money")
    today = session.today.isoformat()
    late = sum(one.open for one in owed if one.due_on < today)
    head = _("{amount} open").format(amount=facts.money(session, sum(one.open for one in owed)))
    if late:
        head += _(", {amount} overdue").format(amount=facts.money(session, late))
    rows = [Row("", told(session, one), _late(session, one), f'pay --to "#{one.id}"') for one in owed]
    rows += [Row("", _payment(session, one)) for one in payments[:SHOWN]]
    rows[0] = Row(title, rows[0].text, rows[0].note, rows[0].edit)
    records = ({"receivables": [record(session, one) for one in owed],
                "payments": [_paid(session, one) for one in payments]},)  # fmt: skip
    return Section("money", f"{title}: {head}", tuple(rows), records, max(0, len(payments) - SHOWN))


def _payment(session: Session, one: Payment) -> str:
    text = _("{number}  paid {day}  {amount}").format(
        number=one.number or f"#{one.id}", day=one.paid_on, amount=facts.money(session, one.amount)
    )
    return text if not one.rest else _("{text}  ({amount} not allocated)").format(
        text=text, amount=facts.money(session, one.rest)
    )  # fmt: skip
