"""The tables as peewee models: what has columns of which name, for queries and for the journal.

The schema itself (checks, indexes, triggers) is made by the migrations; a test compares the two.
"""

from __future__ import annotations

from typing import Any

from peewee import AutoField, BooleanField, FloatField, ForeignKeyField, IntegerField, Model, TextField


class Record(Model):
    """A row that the journal follows: it has an id that is never used again, and a version that only grows."""

    id = AutoField()
    version = IntegerField(default=1)

    class Meta:
        legacy_table_names = False


class User(Record):
    """Someone who works here; `login` is the operating system's name."""

    login = TextField(unique=True)
    name = TextField()
    role = TextField()
    state = TextField(default="active")
    time_zone = TextField(default="")
    created_at = TextField()


class Setting(Record):
    """A business rule that was changed from its default; `value` is JSON."""

    name = TextField(unique=True)
    value = TextField()


class Pool(Record):
    """A public pool; `default` (id 1) always exists."""

    name = TextField(unique=True)


class Customer(Record):
    """A customer: who holds it, where it stands, and what every list shows.

    `scheme` and `tier` are the primary badge, `tier_rank` its place (0 is the best); `next_on` and `next_at` repeat the
    open follow-up, `last_contact` the newest contact that came about, `last_touch` the newest interaction at all.
    """

    kind = TextField()
    name = TextField()
    name_key = TextField()
    stage = TextField()
    stage_since = TextField()
    scheme = TextField(default="abcd")
    tier = TextField(null=True)
    tier_rank = IntegerField(null=True)
    owner = ForeignKeyField(User, null=True)
    pool = ForeignKeyField(Pool, null=True)
    blocked = BooleanField(default=False)
    phone = TextField(null=True)
    email = TextField(null=True)
    wechat = TextField(null=True)
    region = TextField(null=True)
    industry = TextField(null=True)
    source = TextField(null=True)
    address = TextField(null=True)
    website = TextField(null=True)
    tax_number = TextField(null=True)
    business_role = TextField(null=True)
    referred_by = TextField(null=True)
    parent = TextField(null=True)
    note = TextField(null=True)
    next_on = TextField(null=True)
    next_at = TextField(null=True)
    last_contact = TextField(null=True)
    last_touch = TextField(null=True)
    held_since = TextField(null=True)
    stale_on = TextField(null=True)
    created_at = TextField()
    created_by = ForeignKeyField(User, null=True, column_name="created_by")
    archived_at = TextField(null=True)


class Profile(Record):
    """What else is known of a customer (same id): JSON of field → text, and of field → day it was last verified."""

    fields = TextField(default="{}")
    verified = TextField(default="{}")


class Contact(Record):
    """A person at a customer."""

    customer = ForeignKeyField(Customer)
    name = TextField()
    role = TextField(null=True)
    title = TextField(null=True)
    phone = TextField(null=True)
    email = TextField(null=True)
    wechat = TextField(null=True)
    is_primary = BooleanField(default=False)
    note = TextField(null=True)
    archived_at = TextField(null=True)


class Interaction(Record):
    """A logged call, visit, message …; `connected` tells a contact that came about from an attempt."""

    customer = ForeignKeyField(Customer)
    contact = ForeignKeyField(Contact, null=True)
    user = ForeignKeyField(User)
    at = TextField()
    channel = TextField()
    connected = BooleanField()
    note = TextField(default="")
    outcome = TextField(default="")


class FollowUp(Record):
    """The next thing promised; one is open at most, the closed ones are its history."""

    customer = ForeignKeyField(Customer)
    user = ForeignKeyField(User)
    kind = TextField()
    purpose = TextField(default="")
    due_on = TextField()
    due_at = TextField(null=True)
    original_on = TextField()
    created_at = TextField()
    closed_at = TextField(null=True)
    closed_as = TextField(null=True)


class Tag(Record):
    """A word on a customer."""

    customer = ForeignKeyField(Customer)
    name = TextField()


class CustomerTier(Record):
    """A customer's tier under one scheme."""

    customer = ForeignKeyField(Customer)
    scheme = TextField()
    tier = TextField()
    reason = TextField(default="")


class _History(Model):
    id = AutoField()

    class Meta:
        legacy_table_names = False


class JournalEntry(_History):
    """One user action. `root` is the action that a chain of undo and redo belongs to, `reverts` its newest link."""

    at = TextField()
    user = ForeignKeyField(User)
    source = TextField()
    command = TextField()
    summary = TextField(default="")
    kind = TextField()
    root = IntegerField(null=True, column_name="root_id")
    reverts = ForeignKeyField("self", null=True)


class JournalChange(_History):
    """One row changed by an entry: the changed columns before and after, as JSON (all columns of a deleted row)."""

    entry = ForeignKeyField(JournalEntry)
    record = TextField()
    record_id = IntegerField()
    customer = IntegerField(null=True, column_name="customer_id")
    action = TextField()
    before = TextField(null=True)
    after = TextField(null=True)
    reverts = IntegerField(null=True, column_name="reverts_id")


class StageChange(_History):
    """A step on the path; the chain has no gap, and the customer's stage is the last `to_stage`."""

    entry = ForeignKeyField(JournalEntry)
    customer = IntegerField(column_name="customer_id")
    from_stage = TextField(null=True)
    to_stage = TextField()
    at = TextField()
    user = ForeignKeyField(User)
    reason = TextField(default="")
    days = FloatField(null=True)


class TierChange(_History):
    """A tier given or taken."""

    entry = ForeignKeyField(JournalEntry)
    customer = IntegerField(column_name="customer_id")
    scheme = TextField()
    from_tier = TextField(null=True)
    to_tier = TextField(null=True)
    at = TextField()
    user = ForeignKeyField(User)
    reason = TextField(default="")


class Draft(_History):
    """A form that somebody began to fill in; not journaled, gone when the form is sent."""

    user = ForeignKeyField(User)
    form = TextField()
    content = TextField()
    saved_at = TextField()


JOURNALED: dict[str, type[Record]] = {
    model._meta.table_name: model
    for model in (User, Setting, Pool, Customer, Profile, Contact, Interaction, FollowUp, Tag, CustomerTier)
}


def columns(model: type[Any]) -> tuple[str, ...]:
    """The column names of a model, in order."""
    return tuple(field.column_name for field in model._meta.sorted_fields)
