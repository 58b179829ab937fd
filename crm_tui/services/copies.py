"""A private copy of the database, on which a dry run is played for real: nobody waits for it, nothing of it stays.

The copy lies in a folder that only its owner can open, and goes with the block, however that ends.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.services.session import Session
from crm_tui.store.database import Database


@contextmanager
def copied(session: Session) -> Iterator[Session]:
    """A session of the same person, clock and macros on a copy, which is a `trial`: it tells nobody what wants a trace.

    Its connection belongs to the thread that asks for it; that of the session is left alone, so that it may be
    another's. At the door the copy lies in the spool. CrmError, and there is none, where it has no room.
    """
    with TemporaryDirectory(prefix="crm-tui-dry-", dir=session.spool) as folder:
        path = Path(folder) / "crm.db"
        _copy(session.database.path, path)
        database = Database(path)
        try:
            database.connection.pragma("synchronous", "OFF")  # nobody wants it back after a power cut
            copy = replace(session, database=database, change=None, run=None, trial=True)
            copy.forget()
            yield copy
        finally:
            database.close()


def _copy(source: Path, target: Path) -> None:
    database = Database(source)
    try:
        size = int(database.pragma("page_count")) * int(database.pragma("page_size"))
        free = shutil.disk_usage(target.parent).free
        if size > free:
            text = _("a dry run plays on a copy, which needs {size} bytes; {free} are free in {folder}")
            raise CrmError(text.format(size=f"{size:,}", free=f"{free:,}", folder=target.parent.parent))
        database.backup(target)
    finally:
        database.close()
