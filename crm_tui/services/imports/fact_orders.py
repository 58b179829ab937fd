"""Orders out of a table: a row is a line, rows with one number are one order, a row without a number is one by itself.

An order that is there already is never changed: its rows are the lines that it has, or they are refused (DOMAIN §6).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.products import name_key, name_of
from crm_tui.domain.sales import times
from crm_tui.services.facts import line_of
from crm_tui.services.imports.fact_values import Fact, Values, rounded
from crm_tui.services.products import find_or_make
from crm_tui.services.session import Session
from crm_tui.store import products, staging

if TYPE_CHECKING:
    from crm_tui.store.journal import Change
    from crm_tui.store.staging import Line, Staged

_HALF = Decimal("0.5")


class Orders:
    """Reads and writes the lines of orders. The payload of a row is product, category, quantity, price, amount, cost,
    note.
    """

    many = True

    def __init__(self, session: Session, change: Change, values: Values) -> None:
        self._session = session
        self._change = change
        self._values = values
        self._catalogue = Catalogue(change)
        self.made: Counter[str] = self._catalogue.made
        self._last: tuple[str, int] = ("", 0)

    def read(self, given: Mapping[str, str]) -> Fact:
        values = self._values
        day, number = values.day_gone_by(given, "date"), values.number(given)
        product = name_of(given.get("product", ""))
        if not product:
            raise UsageError(_("the product is missing: --set product=NAME names one for all rows"))
        quantity = values.quantity(given["quantity"]) if "quantity" in given else 1.0
        price, amount, odd = self._priced(given, quantity)
        if not quantity and amount:
            raise UsageError(_("a line is of some quantity, not of 0"))
        cost = values.amount_or_none(given, "cost")
        if cost is None and "unit_cost" in given:
            cost = rounded(values.each(given["unit_cost"]) * Decimal(str(quantity)))
        content = (day, name_key(product), quantity, amount)
        category = line_of(given.get("category", ""))
        note = given.get("note", "")
        return Fact(day, number, (day,), content, [product, category, quantity, price, amount, cost, note, odd])

    def _priced(self, given: Mapping[str, str], quantity: float) -> tuple[int | None, int, bool]:
        """The price of one, the amount of the line, and whether they say different things: then the amount counts."""
        each = self._values.each(given["price"]) if "price" in given else None
        amount = self._values.amount_or_none(given, "amount")
        if amount is None and each is None:
            raise UsageError(_("neither amount nor price is there"))
        whole = each * Decimal(str(quantity)) if each is not None else None
        odd = False
        if amount is None:
            assert whole is not None
            amount = rounded(whole)
        elif whole is not None:
            odd = abs(whole - amount) > _HALF * (1 + abs(Decimal(str(quantity))))
        return (None if each is None else rounded(each)), amount, odd

    def known(self, rows: Sequence[Staged]) -> dict[int, str]:
        database = self._session.database
        orders = staging.orders_by_number(database, {row.number for row in rows if row.number})
        keyed = staging.orders_by_key(database, [row.import_key for row in rows if row.import_key])
        lines = staging.lines_of(database, {*(order[0] for order in orders.values()), *keyed.values()})
        verdicts: dict[int, str] = {}
        for row in rows:
            if row.number and row.number in orders:
                order_id, customer_id, day = orders[row.number]
                same = (customer_id, day) == (row.customer_id, row.day) and _has(lines.get(order_id, ()), row)
                verdicts[row.ordinal] = "" if same else taken(row.number)
            elif row.import_key in keyed:
                cost = row.payload[5]
                differs = cost is not None and cost not in {line[3] for line in lines.get(keyed[row.import_key], ())}
                verdicts[row.ordinal] = _("the same row is there already, with another cost") if differs else ""
        return verdicts

    def write(self, rows: Sequence[Staged]) -> None:
        found = self._catalogue.of((row.payload[0], row.payload[1]) for row in rows)
        holders = staging.holders_of(self._session.database, {row.customer_id for row in rows if row.customer_id})
        self.made["newcomers"] += len(staging.newcomers(self._session.database, holders))
        begun = [row for row, before in zip(rows, [self._last[0], *(row.number for row in rows)], strict=False)
                 if not row.number or row.number != before]  # fmt: skip
        ids = iter(self._change.insert("sales_order", [
            {"customer_id": row.customer_id, "user_id": holders.get(row.customer_id or 0), "deal_id": None,
             "number": row.number, "import_key": row.import_key, "ordered_on": row.day, "state": "confirmed",
             "note": ""}
            for row in begun
        ]))  # fmt: skip
        lines: list[dict[str, Any]] = []
        starts = {row.ordinal for row in begun}
        for row in rows:
            if row.ordinal in starts:
                self._last = (row.number, next(ids))
            lines.append(line_row(row, self._last[1], row.payload, found))
        self._change.insert("order_line", lines)
        self.made["orders"] += len(begun)
        self.made["odd"] += sum(row.payload[7] for row in rows)

    def finish(self) -> None:
        pass


def line_row(
    row: Staged, order_id: int, payload: Sequence[Any], found: Mapping[str, products.Product]
) -> dict[str, Any]:
    """The line of an order; without a cost of its own it has the product's, where that is known."""
    name, __, quantity, price, amount, cost, note, __ = payload
    product = found[name_key(name)]
    if cost is None and product.cost is not None:
        with suppress(UsageError):  # so large a cost is none that anybody knows
            cost = times(product.cost, quantity)
    return {
        "order_id": order_id, "customer_id": row.customer_id, "product_id": product.id, "quantity": quantity,
        "price": price, "amount": amount, "cost": cost, "note": note,
    }  # fmt: skip


def taken(number: str) -> str:
    """What is said of a number under which something else is there."""
    return _("the number {number} is there already, with other content: it stays as it is").format(number=number)


def _has(lines: Iterable[Line], row: Staged) -> bool:
    """Whether the order has the row's line, and as many of its like as the table has up to this one."""
    name, __, quantity, __, amount, cost, *__ = row.payload
    wanted = (name_key(name), quantity, amount)
    return sum(line[:3] == wanted and cost in (None, line[3]) for line in lines) >= row.nth


class Catalogue:
    """The products that rows name; those that nobody knows yet are made (and counted in `made`)."""

    def __init__(self, change: Change) -> None:
        self._change = change
        self._known: dict[str, products.Product] = {}
        self.made: Counter[str] = Counter()

    def of(self, named: Iterable[tuple[str, str]]) -> dict[str, products.Product]:
        """The products by the key of their names, of (name, category): all that were asked for so far."""
        names: dict[str, str] = {}
        categories: dict[str, str] = {}
        for name, category in named:
            key = name_key(name)
            if key in self._known:
                continue
            names[key] = min(names.get(key, name), name)
            categories[key] = max(categories.get(key, ""), category)
        if names:
            __, made = find_or_make(self._change, names.values(), categories)
            self.made["products"] += len(made)
            self._known |= products.by_key(self._change.database, names)
        return self._known

    def known(self, names: Iterable[str]) -> dict[str, products.Product]:
        """Those of the products of these names that are there."""
        return products.by_key(self._change.database, {name_key(name) for name in names})
