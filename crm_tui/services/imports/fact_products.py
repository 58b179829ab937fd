"""A list of products: new ones are made, and what is not known yet of the others is filled in; nothing is overwritten.

Products belong to everybody: leads and administrators bring them in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.products import name_key, name_of
from crm_tui.services.facts import line_of, money
from crm_tui.services.imports.fact_values import Fact, Values
from crm_tui.services.pools import leads_only
from crm_tui.services.session import Session
from crm_tui.store import products

if TYPE_CHECKING:
    from crm_tui.store.journal import Change
    from crm_tui.store.staging import Staged


class Products:
    """Reads and writes products. The payload of a row is name, category, price, cost; its number is the name's key."""

    many = False

    def __init__(self, session: Session, change: Change, values: Values) -> None:
        leads_only(session)
        self._session = session
        self._change = change
        self._values = values
        self.made: Counter[str] = Counter()

    def read(self, given: Mapping[str, str]) -> Fact:
        name = name_of(given.get("product", ""))
        if not name:
            raise UsageError(_("the product is missing"))
        category = line_of(given.get("category", ""))
        price = self._values.amount_or_none(given, "price", least=0)
        cost = self._values.amount_or_none(given, "cost", least=0)
        content = (category, price, cost)
        return Fact("", name_key(name), content, content, [name, category, price, cost])

    def known(self, rows: Sequence[Staged]) -> dict[int, str]:
        there = products.by_key(self._session.database, [row.number for row in rows])
        verdicts: dict[int, str] = {}
        for row in rows:
            product = there.get(row.number)
            if product is None:
                continue
            differs = self._differs(product, row)
            if differs or not _missing(product, row):
                verdicts[row.ordinal] = differs
        return verdicts

    def _differs(self, product: products.Product, row: Staged) -> str:
        """What the row says otherwise than it is known, "" where nothing."""
        __, category, price, cost = row.payload
        others: list[str] = []
        if category and product.category and category != product.category:
            others.append(product.category)
        for given, known, what in ((price, product.price, _("price")), (cost, product.cost, _("cost"))):
            if given is not None and known is not None and given != known:
                others.append(f"{what} {money(self._session, known)}")
        if not others:
            return ""
        message = _("{product} is there already, with {what}: change it with `product edit`")
        return message.format(product=product.name, what=", ".join(others))

    def write(self, rows: Sequence[Staged]) -> None:
        there = products.by_key(self._session.database, [row.number for row in rows])
        new = [row for row in rows if row.number not in there]
        self._change.insert("product", [
            {"name": row.payload[0], "name_key": row.number, "category": row.payload[1], "price": row.payload[2],
             "cost": row.payload[3], "archived_at": None}
            for row in new
        ])  # fmt: skip
        filled = {}
        for row in rows:
            if product := there.get(row.number):
                missing = _missing(product, row)
                kept = {"category": product.category, "price": product.price, "cost": product.cost}
                filled[product.id] = kept | missing
        self._change.update_each("product", filled)
        self.made["products"] += len(new)
        self.made["filled"] += len(filled)

    def finish(self) -> None:
        pass


def _missing(product: products.Product, row: Staged) -> dict[str, object]:
    """What the row knows and we do not yet."""
    __, category, price, cost = row.payload
    found: dict[str, object] = {}
    if category and not product.category:
        found["category"] = category
    if price is not None and product.price is None:
        found["price"] = price
    if cost is not None and product.cost is None:
        found["cost"] = cost
    return found
