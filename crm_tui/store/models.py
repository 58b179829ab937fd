"""The tables as peewee models: what has columns of which name, for queries and for the journal.

The schema itself (checks, indexes, triggers) is made by the migrations; a test compares the two.
"""

from __future__ import annotations

from typing import Any

from peewee import (
    AutoField,
    BooleanField,
    DeferredForeignKey,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


class Record(Model):
    """A row that the journal follows: it has an id that is never used again, and a version that only grows."""

    id = AutoField()
    version = IntegerField(default=1)

    class Meta:
        legacy_table_names = False


class Team(Record):
    """People who work together; `default` (id 1) always exists."""

    name = TextField(unique=True)
    lead = DeferredForeignKey("User", null=True)


class User(Record):
    """Someone who works here; `login` is the operating system's name.

    `capacity` is how many customers the user may hold at most, where that is less than the pools' holding cap.
    """

    login = TextField(unique=True)
    name = TextField()
    role = TextField()
    state = TextField(default="active")
    time_zone = TextField(default="")
    created_at = TextField()
    team = ForeignKeyField(Team, null=True)
    capacity = IntegerField(null=True)
    may_export = BooleanField(default=True)


class Absence(Record):
    """Days on which a user is away, both included; without an end until further notice."""

    user = ForeignKeyField(User)
    stand_in = ForeignKeyField(User, null=True)
    from_on = TextField()
    until_on = TextField(null=True)


class SshKey(Record):
    """A public key that opens the door for a user."""

    user = ForeignKeyField(User)
    name = TextField(default="")
    type = TextField()
    key = TextField()
    fingerprint = TextField(unique=True)
    added_at = TextField()


class Setting(Record):
    """A business rule that was changed from its default; `value` is JSON.

    `previous` is its value before the day `changed_on` (JSON; NULL for the default).
    """

    name = TextField(unique=True)
    value = TextField()
    previous = TextField(null=True)
    changed_on = TextField(null=True)


class Pool(Record):
    """A public pool; `default` (id 1) always exists. `routing` is the filter of the customers that belong into it."""

    name = TextField(unique=True)
    routing = TextField(default="")


class PoolMember(Record):
    """A member of a pool; a pool without any is everybody's."""

    pool = ForeignKeyField(Pool)
    user = ForeignKeyField(User)


class PoolRule(Record):
    """A business rule as it holds for one pool; otherwise as `Setting`."""

    pool = ForeignKeyField(Pool)
    name = TextField()
    value = TextField()
    previous = TextField(null=True)
    changed_on = TextField(null=True)


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


class Protection(Record):
    """A shield against recycling, both days included; `ended_on` where it was ended before its time."""

    customer = ForeignKeyField(Customer)
    user = ForeignKeyField(User)
    reason = TextField()
    from_on = TextField()
    until_on = TextField()
    ended_on = TextField(null=True)


class Transfer(Record):
    """A customer offered from rep to rep; one is open at most, and it changes hands when that is accepted."""

    customer = ForeignKeyField(Customer)
    from_user = ForeignKeyField(User, column_name="from_id")
    to = ForeignKeyField(User)
    reason = TextField(default="")
    made_at = TextField()
    closed_at = TextField(null=True)
    closed_as = TextField(null=True)


class Collaborator(Record):
    """Someone who works a customer beside its owner: reads or edits, up to and including a day."""

    customer = ForeignKeyField(Customer)
    user = ForeignKeyField(User)
    function = TextField(default="")
    access = TextField()
    until_on = TextField(null=True)


class Comment(Record):
    """What a lead says of an interaction, or of the customer."""

    customer = ForeignKeyField(Customer)
    interaction = ForeignKeyField(Interaction, null=True)
    user = ForeignKeyField(User)
    text = TextField()
    at = TextField()


class Notice(Record):
    """Something that waits for a person: it stands in that person's queue until it is closed."""

    user = ForeignKeyField(User)
    kind = TextField()
    customer = ForeignKeyField(Customer, null=True)
    from_user = ForeignKeyField(User, null=True, column_name="from_id")
    text = TextField(default="")
    made_at = TextField()
    closed_at = TextField(null=True)


class CreditShare(Record):
    """A user's part of the credit for a customer, in per cent, as a lead has fixed it."""

    customer = ForeignKeyField(Customer)
    user = ForeignKeyField(User)
    percent = IntegerField()
    reason = TextField(default="")


class RecycleWarning(Record):
    """The day on which a customer returns to the pool, as its holder was told, when first, and by whose limit."""

    customer = ForeignKeyField(Customer, unique=True)
    rule = TextField()
    due_on = TextField()
    warned_on = TextField()
    days = IntegerField(default=0)
    tier = TextField(null=True)
    reason = TextField(default="")


class _History(Model):
    id = AutoField()

    class Meta:
        legacy_table_names = False


class JournalEntry(_History):
    """One user action. `root` is the action that a chain of undo and redo belongs to, `reverts` its newest link.

    `run` is the entry of the run of a macro that a step belongs to: the two are taken back together.
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


class OwnershipLog(_History):
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


class Disclosure(_History):
    """Data that was taken out or told: an export, a long list, the answer to a collision (DOMAIN §8, §4 P22)."""

    entry = ForeignKeyField(JournalEntry)
    user = ForeignKeyField(User)
    kind = TextField()
    customer = IntegerField(null=True, column_name="customer_id")
    customers = IntegerField()
    detail = TextField(default="")
    at = TextField()


class SweepRun(_History):
    """A sweep that was done, and what it did to how many."""

    user = ForeignKeyField(User)
    at = TextField()
    swept_on = TextField()
    warned = IntegerField()
    recycled = IntegerField()
    escalated = IntegerField()
    failed = IntegerField()


class Draft(_History):
    """A form that somebody began to fill in; not journaled, gone when the form is sent."""

    user = ForeignKeyField(User)
    form = TextField()
    content = TextField()
    saved_at = TextField()


class SavedView(Record):
    """A list under a name: filter, columns and sort as they are typed ("" for the list's own).

    `letter` opens it with one key; a shared one is for the owner's team, or for everyone. `name_key` is the name
    as it is looked up.
    """

    name = TextField()
    name_key = TextField()
    user = ForeignKeyField(User)
    shared = TextField(default="")
    letter = TextField(default="")
    condition = TextField(default="", column_name="filter")
    columns = TextField(default="")
    sort = TextField(default="")


JOURNALED: dict[str, type[Record]] = {
    model._meta.table_name: model
    for model in (
        Team, User, Absence, SshKey, Setting, Pool, PoolMember, PoolRule, Customer, Profile, Contact, Interaction,
        FollowUp, Tag, CustomerTier, Protection, Transfer, Collaborator, Comment, Notice, CreditShare, RecycleWarning,
        SavedView,
    )
}  # fmt: skip


def columns(model: type[Any]) -> tuple[str, ...]:
    """The column names of a model, in order."""
    return tuple(field.column_name for field in model._meta.sorted_fields)
