"""peewee on the connection that the store has opened: for its models and for `playhouse.migrations`.

Reading a list needs neither, so this is loaded by what does.
"""

from __future__ import annotations

from pathlib import Path

import apsw
import peewee
from playhouse.apsw_ext import APSWDatabase
from playhouse.migrations import Runner


class Bridge(APSWDatabase):  # type: ignore[misc]
    """A peewee database whose connection is given, in whatever thread it is used."""

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__(connection.filename or ":memory:", thread_safe=False, lock_type="IMMEDIATE")
        self._given = connection

    def _connect(self) -> apsw.Connection:
        return self._given


def migrate(connection: apsw.Connection, folder: Path) -> None:
    """Apply the migrations of `folder` that are not applied yet; raises apsw.Error, and then nothing has changed."""
    try:
        Runner(Bridge(connection), str(folder)).up()
    except peewee.PeeweeException as error:
        # peewee wraps the driver's error as the first argument of its own.
        cause = next((e for e in error.args if isinstance(e, apsw.Error)), None)
        raise cause or error from error
