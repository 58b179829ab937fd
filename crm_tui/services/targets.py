"""Where files out may go: never onto a database of ours, a backup of one, or what lies beside it, whoever confirms."""

from __future__ import annotations

from pathlib import Path

from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _
from crm_tui.services.session import Session
from crm_tui.store import backups

_BESIDE = ("", "-wal", "-shm", "-journal", "-lock", "-sweep", "-restoring", ".log")
"""How the names of a database's own files end."""


def check(session: Session, target: Path) -> None:
    """CrmError where writing `target` would overwrite a crm-tui database, a backup, or a file that belongs to one."""
    path = target.resolve()
    for end in _BESIDE:
        if not path.name.endswith(end) or path.name == end:
            continue
        owner = path.with_name(path.name.removesuffix(end))
        if not _is_database(session, owner):
            continue
        if end:
            text = _("{path} belongs to the database {database}: name another file")
            raise CrmError(text.format(path=target, database=owner.name))
        raise CrmError(_("{path} is a crm-tui database: name another file").format(path=target))


def _is_database(session: Session, path: Path) -> bool:
    if not path.is_file():
        return False
    return path.samefile(session.database.path) or backups.is_ours(path)
