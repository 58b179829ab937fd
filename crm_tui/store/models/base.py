"""What all rows have in common."""

from __future__ import annotations

from peewee import AutoField, IntegerField, Model


class Record(Model):
    """A row that the journal follows: it has an id that is never used again, and a version that only grows."""

    id = AutoField()
    version = IntegerField(default=1)

    class Meta:
        legacy_table_names = False


class History(Model):
    id = AutoField()

    class Meta:
        legacy_table_names = False
