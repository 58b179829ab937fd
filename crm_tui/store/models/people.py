"""Who works here, under which rules, and what waits for or belongs to a person."""

from __future__ import annotations

from peewee import BooleanField, DeferredForeignKey, ForeignKeyField, IntegerField, TextField

from crm_tui.store.models.base import History, Record


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


class Scheme(Record):
    """A way of grading that is not shipped, or stands in for one that is: the text of its TOML file."""

    identifier = TextField(unique=True)
    text = TextField()


class Draft(History):
    """A form that somebody began to fill in; not journaled, gone when the form is sent."""

    user = ForeignKeyField(User)
    form = TextField()
    content = TextField()
    saved_at = TextField()
