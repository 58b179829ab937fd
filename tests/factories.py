"""A team on a database, a clock that stands still until it is moved, and customers made in one line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from crm_tui.domain.products import name_key
from crm_tui.domain.when import When
from crm_tui.services import customers, people, products, teams
from crm_tui.services.customers import Draft
from crm_tui.services.session import Session
from crm_tui.store.database import Database

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEDNESDAY = datetime(2026, 11, 18, 10, 0, tzinfo=SHANGHAI)
TODAY = WEDNESDAY.date()


@dataclass
class Clock:
    """The time it is; it passes only by `forward`."""

    now: datetime = WEDNESDAY

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        """Let time pass: `days`, `hours`, `minutes`."""
        self.now += timedelta(**span)


@dataclass
class Team:
    """Sessions of an administrator, a lead, two reps (`li`, `wang`) and service, on one database and by one clock."""

    database: Database
    clock: Clock

    def __post_init__(self) -> None:
        known = people.logins(self.database)
        for login, role in (("zhao", "lead"), ("li", "rep"), ("wang", "rep"), ("sun", "service")):
            if login not in known:
                teams.add(self.admin, login, role=role, time_zone="Asia/Shanghai")

    @cached_property
    def admin(self) -> Session:
        """The administrator, who is `root`."""
        return self.sign_in("root")

    @cached_property
    def lead(self) -> Session:
        """The lead, who is `zhao`."""
        return self.sign_in("zhao")

    @cached_property
    def li(self) -> Session:
        """A rep."""
        return self.sign_in("li")

    @cached_property
    def wang(self) -> Session:
        """Another rep."""
        return self.sign_in("wang")

    @cached_property
    def service(self) -> Session:
        """Service, who is `sun`."""
        return self.sign_in("sun")

    def sign_in(self, login: str) -> Session:
        """A new session of the user."""
        return people.sign_in(self.database, login, source="test", clock=self.clock)

    # What customers buy, owe and pay: amounts in minor units, days as ISO text or dates.

    def product(self, name: str = "X", category: str = "") -> int:
        """The product of that name, made where it is missing; its id."""
        with self.admin.changing() as change:
            found, __ = products.find_or_make(change, [name], {name_key(name): category})
        return found[name_key(name)]

    def order(
        self, customer: int, on: str | date, amount: int, cost: int | None = None, product: str = "X",
        *, category: str = "", quantity: float = 1, state: str = "confirmed", number: str = "",
    ) -> int:  # fmt: skip
        """An order of one line; its id."""
        line = {
            "customer_id": customer, "product_id": self.product(product, category), "quantity": quantity,
            "price": None, "amount": amount, "cost": cost, "note": "",
        }  # fmt: skip
        row = {
            "customer_id": customer, "user_id": None, "deal_id": None, "number": number, "import_key": None,
            "ordered_on": str(on), "state": state, "note": "",
        }  # fmt: skip
        with self.admin.changing() as change:
            [key] = change.insert("sales_order", [row])
            change.insert("order_line", [{"order_id": key, **line}])
        return key

    def due(self, customer: int, on: str | date, amount: int, *, order: int | None = None, number: str = "") -> int:
        """A receivable that is due on that day; its id."""
        return self._insert(
            "receivable", customer_id=customer, order_id=order, number=number, import_key=None, due_on=str(on),
            amount=amount, note="",
        )  # fmt: skip

    def paid(self, customer: int, on: str | date, amount: int, receivable: int | None = None, number: str = "") -> int:
        """A payment, allocated to the receivable whole if one is given; its id."""
        key = self._insert(
            "payment", customer_id=customer, number=number, import_key=None, paid_on=str(on), amount=amount, note=""
        )
        if receivable is not None:
            self._insert("allocation", customer_id=customer, payment_id=key, receivable_id=receivable, amount=amount)
        return key

    def wallet(
        self, customer: int, total: int, category: str = "", frm: str = "2025-11-01", until: str = "2026-10-31"
    ) -> int:
        """An estimate of all that the customer buys of the category within the days; its id."""
        return self._insert(
            "wallet", customer_id=customer, user_id=self.admin.person.id, category=category, from_on=frm,
            until_on=until, total=total, source="", confidence="middle", competitors="{}",
        )  # fmt: skip

    def deal(
        self, customer: int, amount: int | None = None, product: str = "X", *, expected: str | date | None = None,
        result: str = "open", closed: str | date | None = None, competitor: str = "", number: str = "",
    ) -> int:  # fmt: skip
        """A deal of whoever holds the customer; its id."""
        owner = column(self.database, "owner_id", customer) or self.admin.person.id
        return self._insert(
            "deal", customer_id=customer, user_id=owner, product_id=self.product(product), number=number,
            amount=amount, opened_on=self.clock().date().isoformat(), expected_on=expected and str(expected),
            competitor=competitor, result=result, reason="", closed_on=closed and str(closed), note="",
        )  # fmt: skip

    def _insert(self, table: str, **row: Any) -> int:
        with self.admin.changing() as change:
            return change.insert(table, [row])[0]


def make(session: Session, name: str = "Acme", **given: Any) -> int:
    """Make a customer; what is no argument of `Draft` is a field of it. Its id."""
    arguments = {key: given.pop(key) for key in Draft.__dataclass_fields__ if key in given}
    outcome = customers.new(session, Draft({"name": name, **given}, **arguments))
    return outcome.changed[0]


def in_days(days: int) -> When:
    """The whole day so many days after the Wednesday on which the clock stands at first."""
    return When(TODAY + timedelta(days=days))


def column(database: Database, name: str, customer_id: int) -> Any:
    """One column of a customer's row."""
    return database.value(f"SELECT {name} FROM customer WHERE id = ?", (customer_id,))


def follow_ups(database: Database, customer_id: int) -> list[tuple[Any, ...]]:
    """A customer's follow-ups in order: kind, purpose, due_on, original_on, closed_as."""
    return database.rows(
        "SELECT kind, purpose, due_on, original_on, closed_as FROM follow_up WHERE customer_id = ? ORDER BY id",
        (customer_id,),
    )


def day(days: int) -> str:
    """An ISO date so many days after the Wednesday."""
    found: date = in_days(days).on
    return found.isoformat()
