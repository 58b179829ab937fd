"""A customer and all that people keep of it."""

from __future__ import annotations

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField

from crm_tui.store.models.base import Record
from crm_tui.store.models.people import Pool, User


class Customer(Record):
    """A customer: who holds it, where it stands, and what every list shows.

    `scheme` and `tier` are the primary badge, `tier_rank` its place (0 is the best); `next_on` and `next_at` repeat the
    open follow-up, `last_contact` the newest contact that came about, `last_touch` the newest interaction at all.
    `suggested` is a tier of the same scheme that is proposed in place of the badge. `influence` and `closing` (how
    likely it is to buy) are judged by hand, 1 to 5. `merged_into` is the survivor of a merge, of one that is archived.
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
    suggested = TextField(null=True)
    suggested_rank = IntegerField(null=True)
    influence = IntegerField(null=True)
    closing = IntegerField(null=True)
    merged_into = ForeignKeyField("self", null=True, column_name="merged_into")


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
    """A customer's tier under one scheme.

    `tier` is the one in force; NULL where a computed one only waits to be accepted. `by_hand`: a person gave it, and it
    beats a computed one up to and including `until_on` (NULL: until told otherwise). `computed` came out of the
    scheme's rule last, for the period from `computed_from` to `computed_to`.
    """

    customer = ForeignKeyField(Customer)
    scheme = TextField()
    tier = TextField(null=True)
    reason = TextField(default="")
    by_hand = BooleanField(default=True)
    until_on = TextField(null=True)
    computed = TextField(null=True)
    computed_from = TextField(null=True)
    computed_to = TextField(null=True)


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


class Notice(Record):
    """Something that waits for a person: it stands in that person's queue until it is closed."""

    user = ForeignKeyField(User)
    kind = TextField()
    customer = ForeignKeyField(Customer, null=True)
    from_user = ForeignKeyField(User, null=True, column_name="from_id")
    text = TextField(default="")
    made_at = TextField()
    closed_at = TextField(null=True)


class DistinctPair(Record):
    """Two customers, the lower id first, of which somebody said that they are not one."""

    customer = ForeignKeyField(Customer)
    other = ForeignKeyField(Customer)
    user = ForeignKeyField(User)
    at = TextField()
