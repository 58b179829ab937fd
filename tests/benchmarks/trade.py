"""What the customers of a made database buy, owe and pay: products, orders by their day, payments, estimates.

The same customers, lines, seed and day give the same rows. How much a customer buys is as uneven as it is in a firm:
a fifth of them make most of the sales.
"""

from __future__ import annotations

import inspect
import itertools
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from crm_tui.domain.clock import stamp
from crm_tui.domain.periods import default
from crm_tui.store import importing, seeding, worth
from crm_tui.store.database import Database
from tests.benchmarks import customers

LINES = 10
"""Order lines for each customer, on average."""
SEED = 2
NEW, LIKE = "Cable 6", "Cable 5"
"""A product that few have bought, and the one that it is like."""

_YEARS = 3
_BLOCK = 20_000
_CATEGORIES = ("Cable", "Router", "Switch", "Server", "Printer", "Paper", "Chair", "Lamp")
_OF_EACH = 6
_PAID, _EXTRA = 0.9, 45
_TABLES = {
    "product": ("id", "name", "name_key", "category", "price", "cost"),
    "sales_order": ("id", "customer_id", "user_id", "number", "ordered_on", "state"),
    "order_line": ("id", "order_id", "customer_id", "product_id", "quantity", "price", "amount", "cost"),
    "receivable": ("id", "customer_id", "order_id", "number", "due_on", "amount"),
    "payment": ("id", "customer_id", "number", "paid_on", "amount"),
    "allocation": ("id", "customer_id", "payment_id", "receivable_id", "amount"),
    "wallet": ("id", "customer_id", "user_id", "category", "from_on", "until_on", "total", "source"),
}


def fill(database: Database, size: int, now: datetime, seed: int = SEED) -> None:
    """As `customers.fill`, with LINES order lines for each customer; what is kept of them is computed at the end."""
    customers.fill(database, size, now)
    maker = _Maker(size, now, seed)
    with importing.room(database):
        database.connection.pragma("cache_size", -1_000_000)
        with database.writing():
            entry = seeding.begin(
                database, at=stamp(now), user_id=1, source="benchmark", summary=f"{size * LINES:,} lines"
            )
        for block in maker.blocks():
            with database.writing():
                for table, rows in block.items():
                    seeding.add(database, entry, table, _TABLES[table], rows)
                database.execute("DELETE FROM worth_stale")  # all of it is computed at the end
        seeding.end(database)
        worth.rebuild(database, default(now.date()))
        database.connection.pragma("wal_checkpoint(TRUNCATE)")


class _Maker:
    """Makes the orders day by day, and what follows from each."""

    def __init__(self, size: int, now: datetime, seed: int) -> None:
        self.size, self.today, self.dice = size, now.date(), Random(seed)
        self.next = {table: itertools.count(1) for table in _TABLES}

    def blocks(self) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
        """Rows by table, so many at a time."""
        yield {"product": list(self._products()), "wallet": list(self._wallets())}
        rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}
        for day, customer, number in self._days():
            self._order(rows, day, customer, number)
            if len(rows["order_line"]) >= _BLOCK:
                yield {table: found for table, found in rows.items() if found}
                rows = {table: [] for table in _TABLES}
        yield {table: found for table, found in rows.items() if found}

    def _products(self) -> Iterator[tuple[Any, ...]]:
        for category, number in itertools.product(_CATEGORIES, range(1, _OF_EACH + 1)):
            name = f"{category} {number}"
            cost = self.dice.randrange(20_00, 2_000_00)
            price = int(cost * self.dice.uniform(1.1, 1.8))
            yield next(self.next["product"]), name, name.replace(" ", "").casefold(), category, price, cost

    def _wallets(self) -> Iterator[tuple[Any, ...]]:
        """Two years' estimates of every fifth customer."""
        year = self.today.year
        for customer in range(1, self.size + 1, 5):
            total = self.dice.randrange(1_000_00, 500_000_00)
            for when in (year - 1, year):
                total = int(total * self.dice.uniform(0.8, 1.3))
                days = f"{when}-01-01", f"{when}-12-31"
                yield next(self.next["wallet"]), customer, 1, "", *days, total, "asked"

    def _days(self) -> list[tuple[int, int, int]]:
        """The orders, the oldest first: age of the day, customer, lines."""
        dice, found = self.dice, []
        weights = [dice.paretovariate(1.2) for _ in range(self.size)]
        total = sum(min(weight, 60.0) for weight in weights)
        for customer, weight in enumerate(weights, 1):
            left = max(1, round(min(weight, 60.0) / total * self.size * LINES))
            while left > 0:
                lines = min(left, dice.choice((1, 1, 2, 3)))
                found.append((int(dice.random() * 365 * _YEARS), customer, lines))
                left -= lines
        found.sort(key=lambda one: (-one[0], one[1]))
        return found

    def _order(self, rows: dict[str, list[tuple[Any, ...]]], age: int, customer: int, lines: int) -> None:
        dice, day = self.dice, self.today - timedelta(days=age)
        order, total = next(self.next["sales_order"]), 0
        state = "confirmed" if dice.random() < 0.97 else "cancelled"
        rows["sales_order"].append((order, customer, 1, f"A{order}", day.isoformat(), state))
        first = customer % (len(_CATEGORIES) * _OF_EACH)
        for _ in range(lines):
            # Most of what a customer buys is of few products; the last of each category is new.
            product = 1 + (first + int(dice.paretovariate(1.5)) - 1) % (len(_CATEGORIES) * _OF_EACH)
            if product % _OF_EACH == 0 and dice.random() < 0.9:
                product -= 1
            quantity, price = dice.randrange(1, 20), dice.randrange(20_00, 3_000_00)
            cost = int(price * quantity * dice.uniform(0.5, 0.95)) if dice.random() < 0.9 else None
            line = next(self.next["order_line"])
            rows["order_line"].append((line, order, customer, product, quantity, price, price * quantity, cost))
            total += price * quantity
        if state == "confirmed" and dice.random() < 0.5:
            self._owed(rows, age - 30, customer, order, total)

    def _owed(self, rows: dict[str, list[tuple[Any, ...]]], age: int, customer: int, order: int, total: int) -> None:
        """What is due for an order, so many days ago, and most often its payment, early or late."""
        dice, claim = self.dice, next(self.next["receivable"])
        due = self.today - timedelta(days=age)
        rows["receivable"].append((claim, customer, order, f"R{claim}", due.isoformat(), total))
        paid = due + timedelta(days=int(dice.triangular(-20, _EXTRA, 0)))
        if total and paid <= self.today and dice.random() < _PAID:
            payment, amount = next(self.next["payment"]), total if dice.random() < 0.9 else max(1, total // 2)
            rows["payment"].append((payment, customer, f"P{payment}", paid.isoformat(), amount))
            rows["allocation"].append((next(self.next["allocation"]), customer, payment, claim, amount))


def kept(cache: Path, size: int, now: datetime) -> Path:
    """The database of so many customers with what they bought; see `customers.kept`."""
    source = inspect.getsource(sys.modules[__name__]) + inspect.getsource(worth)
    return customers.kept(cache, size, now, fill, "trade", source)


def main() -> None:
    """Make the databases that are not there yet."""
    for size in (10_000, 100_000):
        print(kept(customers.folder(), size, datetime.now(UTC)))


if __name__ == "__main__":
    main()
