"""Copies of the whole database: taken, kept for a while, brought back. What is not verified is no backup.

Only administrators take and restore them by hand; the daily one is the program's, and nobody waits for it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from crm_tui.domain import backups as names
from crm_tui.domain.backups import Keep
from crm_tui.domain.clock import moment
from crm_tui.domain.errors import CrmError, NotAllowed
from crm_tui.domain.language import _, ngettext
from crm_tui.formats import leftovers
from crm_tui.services.session import Outcome, Session
from crm_tui.store import anchors, backups, chain, visits
from crm_tui.store.opening import is_read_only

if TYPE_CHECKING:
    from crm_tui.domain.settings import Settings
    from crm_tui.store.backups import Content, Progress


def check_right(role: str | None) -> None:
    """NotAllowed for anybody but an administrator."""
    if role != "admin":
        raise NotAllowed(_("only administrators take and restore backups"))


def backup(session: Session, file: Path | None = None, progress: Progress | None = None) -> Outcome:
    """Take a backup into `file`, a folder or a file that is not there or is a backup; without one into `backups`.

    Admin only, and journaled, but where the database lies on a disk that is mounted for reading only.
    `data`: file, entries, head, customers.
    """
    session.refresh()
    check_right(session.person.role)
    source, now = session.database.path, session.clock()
    to = file or anchors.folder(source)
    inside = file is None or file.is_dir()
    if not inside:
        _check_target(source, to)
    folder = _made(to if inside else to.parent, own=file is None)
    _check_room(source, folder)
    noted = not is_read_only(source)  # there is no other place for the trace; what is on that disk can still be saved
    if noted:
        _note(session, to)
    name = f".{source.name if inside else to.name}."
    leftovers.clear(folder, name, ".part")
    part = folder / f"{name}{os.getpid()}.part"
    path, content = backups.take(
        source, part, lambda content: folder / _name(source, now, content) if inside else to, progress
    )
    if noted:
        anchors.note(source, now, "backup", content.head, f"by {session.person.login}: {path}")
    customers = content.rows["customer"]
    record = {
        "file": str(path), "entries": content.head.length, "head": content.head.hash, "customers": customers,
    }  # fmt: skip
    text = ngettext(
        "{path}: {n} customer, {entries} entries of the journal, verified",
        "{path}: {n} customers, {entries} entries of the journal, verified", customers,
    )  # fmt: skip
    return Outcome(text.format(path=path, n=f"{customers:,}", entries=f"{content.head.length:,}"), data=(record,))


def _note(session: Session, to: Path) -> None:
    with session.database.writing():
        visits.note(
            session.database, user_id=session.person.id, at=session.stamp, source=session.source,
            command=session.command or "backup", summary=_("backup taken into {path}").format(path=to),
        )  # fmt: skip


def _check_target(source: Path, to: Path) -> None:
    """CrmError where a backup under that name would overwrite something else."""
    if not to.exists():
        return
    if to.samefile(source):
        raise CrmError(_("{path} is the database itself: name another file").format(path=to))
    try:
        with backups.opened(to):
            pass
    except backups.Damaged as error:
        text = _("{error}; a backup overwrites nothing but backups: name another file")
        raise CrmError(text.format(error=error)) from error


def _made(folder: Path, *, own: bool) -> Path:
    try:
        if own:
            folder.mkdir(mode=0o700, exist_ok=True)
        if not folder.is_dir():
            raise CrmError(_("{path}: there is no such folder").format(path=folder))
    except OSError as error:
        raise CrmError(_("{path}: {error}").format(path=folder, error=error.strerror)) from error
    return folder


def _check_room(source: Path, folder: Path) -> None:
    short = backups.room_is_short(source, folder)
    if short:
        text = _("{path}: the disk is nearly full, {n} MB are missing: there is no backup")
        raise CrmError(text.format(path=folder, n=f"{-(-short // 1_000_000):,}"))


def _name(source: Path, now: datetime, content: Content) -> str:
    return names.name(source.stem, source.suffix, now, *content.head)


# -- by itself


@dataclass(frozen=True)
class Plan:
    """When a backup is taken by itself (None: never), and which are kept."""

    every: timedelta | None
    keep: Keep


def plan(settings: Settings) -> Plan:
    """What the rules say of backups."""
    hours = settings["backup.every_hours"]
    kept = Keep(*(settings[f"backup.{period}"] or 0 for period in ("daily", "weekly", "monthly")))
    return Plan(timedelta(hours=hours) if hours else None, kept)


def newest(path: Path, now: datetime) -> names.Name | None:
    """The newest backup of the database in its folder. One of the future (a clock was wrong) does not count."""
    try:
        found = names.of(path.stem, os.listdir(anchors.folder(path)))
    except OSError:
        return None
    return next((one for one in found if one.at <= now), None)


def age(session: Session) -> timedelta | None:
    """How old the newest backup is, or the database where there is none; None for a database that nobody would miss."""
    if backups.is_made(session.database):
        return None
    now = session.clock()
    last = newest(session.database.path, now)
    began = backups.began(session.database)
    since = last.at if last else moment(began) if began else None
    if since is None:
        return None
    return now - since if since <= now else timedelta.max  # begun by a clock that was wrong: old for all we know


def due(session: Session) -> Plan | None:
    """The plan, when it says that a backup is to be taken now."""
    session.refresh()
    wanted = plan(session.settings)
    if wanted.every is None:
        return None
    old = age(session)
    return wanted if old is not None and old >= wanted.every else None


def take(path: Path, wanted: Plan, now: datetime) -> str | None:
    """Take the daily backup and remove those that are kept no longer; its name, None where somebody else has done it.

    It needs no session, and may run in a thread of its own. CrmError says why there is none.
    """
    folder = _made(anchors.folder(path), own=True)
    try:
        with backups.alone(folder) as alone:
            last = newest(path, now)
            if not alone or (last and wanted.every and now - last.at < wanted.every):
                return None
            _check_room(path, folder)
            part = folder / f".{path.name}.daily.part"
            taken, content = backups.take(path, part, lambda content: folder / _name(path, now, content))
            anchors.note(path, now, "backup", content.head, str(taken))
            for text in names.rotation(os.listdir(folder), now, wanted.keep, path.stem):
                with suppress(OSError):
                    (folder / text).unlink()
            return taken.name
    except OSError as error:
        raise CrmError(_("{path}: {error}; there is no backup").format(path=folder, error=error.strerror)) from error


def note_sweep(session: Session) -> None:
    """Note in the log beside the database where the journal's chain ends after a sweep."""
    if not session.trial:
        head = chain.head(session.database.connection)
        anchors.note(session.database.path, session.clock(), "sweep", head, f"by {session.person.login}")


def after_sweep(session: Session) -> str:
    """What a sweep says of the backup that it took, if one was due: never a reason for the sweep to fail."""
    path = session.database.path
    wanted = None if session.trial or session.database.connection.in_transaction else due(session)
    told = ""
    if wanted is not None:
        try:
            name = take(path, wanted, session.clock())
            told = _("; backup {name}").format(name=name) if name else ""
        except CrmError as error:
            told = f"; {error}"
    return told
