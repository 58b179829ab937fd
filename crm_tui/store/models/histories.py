"""What only grows: the journal, and what happened when."""

from __future__ import annotations

from peewee import BlobField, BooleanField, FloatField, ForeignKeyField, IntegerField, TextField

from crm_tui.store.models.base import History
from crm_tui.store.models.people import User


class JournalEntry(History):
    """One user action. `root` is the action that a chain of undo and redo belongs to, `reverts` its newest link.

    `run` is the entry of the run of a macro that a step belongs to: the two are taken back together. `hash` seals it.
    """

    at = TextField()
    user = ForeignKeyField(User)
    source = TextField()
    command = TextField()
    summary = TextField(default="")
    kind = TextField()
    root = IntegerField(null=True, column_name="root_id")
    reverts = ForeignKeyField("self", null=True)
    move = TextField(default="")
    move_reason = TextField(default="")
    fixed = BooleanField(default=False)
    run = IntegerField(null=True, column_name="run_id")
    is_run = BooleanField(default=False)
    hash = BlobField(null=True)


class JournalChange(History):
    """One row changed by an entry: the changed columns before and after, as JSON (all columns of a deleted row)."""

    entry = ForeignKeyField(JournalEntry)
    record = TextField()
    record_id = IntegerField()
    customer = IntegerField(null=True, column_name="customer_id")
    action = TextField()
    before = TextField(null=True)
    after = TextField(null=True)
    reverts = IntegerField(null=True, column_name="reverts_id")


class StageChange(History):
    """A step on the path; the chain has no gap, and the customer's stage is the last `to_stage`."""

    entry = ForeignKeyField(JournalEntry)
    customer = IntegerField(column_name="customer_id")
    from_stage = TextField(null=True)
    to_stage = TextField()
    at = TextField()
    user = ForeignKeyField(User)
    reason = TextField(default="")
    days = FloatField(null=True)


class TierChange(History):
    """A tier given or taken."""

    entry = ForeignKeyField(JournalEntry)
    customer = IntegerField(column_name="customer_id")
    scheme = TextField()
    from_tier = TextField(null=True)
    to_tier = TextField(null=True)
    at = TextField()
    user = ForeignKeyField(User)
    reason = TextField(default="")


class OwnershipLog(History):
    """A customer changed hands; written by the schema's triggers, whatever moved it.

    `kind` is make, claim, release, assign, transfer, recycle, hand_over, move, block, unblock, undo, redo or delete.
    The view `ownership` leaves undone steps out.
    """

    entry = ForeignKeyField(JournalEntry, null=True)
    customer = IntegerField(column_name="customer_id")
    kind = TextField()
    from_owner = IntegerField(null=True, column_name="from_owner_id")
    from_pool = IntegerField(null=True, column_name="from_pool_id")
    to_owner = IntegerField(null=True, column_name="to_owner_id")
    to_pool = IntegerField(null=True, column_name="to_pool_id")
    user = ForeignKeyField(User, null=True)
    reason = TextField(default="")
    at = TextField()


class Disclosure(History):
    """Data that was taken out or told: an export, a long list, the answer to a collision (DOMAIN §8, §4 P22)."""

    entry = ForeignKeyField(JournalEntry)
    user = ForeignKeyField(User)
    kind = TextField()
    customer = IntegerField(null=True, column_name="customer_id")
    customers = IntegerField()
    detail = TextField(default="")
    at = TextField()


class SweepRun(History):
    """A sweep that was done, and what it did to how many."""

    user = ForeignKeyField(User)
    at = TextField()
    swept_on = TextField()
    warned = IntegerField()
    recycled = IntegerField()
    escalated = IntegerField()
    failed = IntegerField()
