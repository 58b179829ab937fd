"""What customers buy, owe and pay, and what is done to sell to them.

Amounts are minor units of the database's currency.
"""

from __future__ import annotations

from peewee import FloatField, ForeignKeyField, IntegerField, TextField

from crm_tui.store.models.base import Record
from crm_tui.store.models.customers import Customer
from crm_tui.store.models.people import User


class Product(Record):
    """What we sell. `name_key` is the name as it is looked up; `price` and `cost` are those of one."""

    name = TextField()
    name_key = TextField(unique=True)
    category = TextField(default="")
    price = IntegerField(null=True)
    cost = IntegerField(null=True)
    archived_at = TextField(null=True)


class Deal(Record):
    """One thing that a customer may buy; `user` is whose deal it is, `closed_on` the day it was won or lost."""

    customer = ForeignKeyField(Customer)
    user = ForeignKeyField(User)
    product = ForeignKeyField(Product, null=True)
    number = TextField(default="")
    import_key = TextField(null=True)
    amount = IntegerField(null=True)
    opened_on = TextField()
    expected_on = TextField(null=True)
    competitor = TextField(default="")
    result = TextField(default="open")
    reason = TextField(default="")
    closed_on = TextField(null=True)
    note = TextField(default="")


class SalesOrder(Record):
    """What a customer has ordered on a day, in lines; only a confirmed one counts.

    `import_key` tells a row of a file without order numbers from the others.
    """

    customer = ForeignKeyField(Customer)
    user = ForeignKeyField(User, null=True)
    deal = ForeignKeyField(Deal, null=True)
    number = TextField(default="")
    import_key = TextField(null=True)
    ordered_on = TextField()
    state = TextField(default="confirmed")
    note = TextField(default="")


class OrderLine(Record):
    """A line of an order: `amount` and `cost` of the whole line (an unknown cost is NULL), `price` of one."""

    order = ForeignKeyField(SalesOrder)
    customer = ForeignKeyField(Customer)
    product = ForeignKeyField(Product)
    quantity = FloatField(default=1)
    price = IntegerField(null=True)
    amount = IntegerField()
    cost = IntegerField(null=True)
    note = TextField(default="")


class Receivable(Record):
    """An amount that is due on a day."""

    customer = ForeignKeyField(Customer)
    order = ForeignKeyField(SalesOrder, null=True)
    number = TextField(default="")
    import_key = TextField(null=True)
    due_on = TextField()
    amount = IntegerField()
    note = TextField(default="")


class Payment(Record):
    """An amount that a customer has paid (a negative one was paid back)."""

    customer = ForeignKeyField(Customer)
    number = TextField(default="")
    import_key = TextField(null=True)
    paid_on = TextField()
    amount = IntegerField()
    note = TextField(default="")


class Allocation(Record):
    """The part of a payment that settles a receivable."""

    customer = ForeignKeyField(Customer)
    payment = ForeignKeyField(Payment)
    receivable = ForeignKeyField(Receivable)
    amount = IntegerField()


class Wallet(Record):
    """All that a customer buys of a category within a period (both days included), as `user` estimates it.

    `confidence` is low, middle or high; `competitors` JSON of name → amount.
    """

    customer = ForeignKeyField(Customer)
    user = ForeignKeyField(User)
    category = TextField(default="")
    from_on = TextField()
    until_on = TextField()
    total = IntegerField()
    source = TextField(default="")
    confidence = TextField(default="middle")
    competitors = TextField(default="{}")


class PurchaseFactor(Record):
    """Why a customer buys on an occasion ("" for in general): `ranking` is `supplier,price,partner`, the weightiest
    first.
    """

    customer = ForeignKeyField(Customer)
    user = ForeignKeyField(User)
    occasion = TextField(default="")
    ranking = TextField()
    evidence = TextField(default="")
    judged_on = TextField()


class PlaybookMark(Record):
    """A thing of the tier's playbook that was done in a period ("2026", "2026-Q4", "2026-11")."""

    customer = ForeignKeyField(Customer)
    user = ForeignKeyField(User)
    item = TextField()
    period = TextField()
    done_on = TextField()
    note = TextField(default="")


class ProductPush(Record):
    """How far a new product has come with a customer: pushed, interested, declined, offered, followed_up."""

    customer = ForeignKeyField(Customer)
    user = ForeignKeyField(User)
    product = ForeignKeyField(Product)
    state = TextField()
    changed_on = TextField()
    note = TextField(default="")
