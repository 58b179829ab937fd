"""A backup brought back in the place of the database: it is verified, and what would be lost is said, before anything
is done; and nothing is lost, since the old file is kept beside.
"""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_tui.domain.clock import moment, stamp
from crm_tui.domain.errors import CrmError
from crm_tui.domain.language import _, ngettext
from crm_tui.services.backups import check_right
from crm_tui.services.session import Outcome
from crm_tui.store import anchors, backups, chain, people, restores, visits
from crm_tui.store.database import Database

if TYPE_CHECKING:
    from crm_tui.store.anchors import Anchor
    from crm_tui.store.backups import Content, Progress
    from crm_tui.store.restores import Comparison


@dataclass(frozen=True)
class Restore:
    """A backup that is sound, and what bringing it back would do to the database at `path`."""

    path: Path
    file: Path
    login: str
    content: Content
    compared: Comparison

    @property
    def lost(self) -> int:
        """Entries of the journal that only the database has; where that cannot be looked at, as far as is noted."""
        return max(0, self.compared.entries - self.compared.common)

    @property
    def gained(self) -> int:
        """Entries that only the backup has."""
        return self.compared.brought - min(self.compared.entries, self.compared.common)

    @property
    def loss(self) -> str:
        """What would be lost, in a sentence."""
        found = self.compared
        if found.newest is None:
            return self._loss_by_notes
        if not self.lost:
            ahead = _("nothing is lost: the backup has {n} entries more")
            return ahead.format(n=f"{self.gained:,}") if self.gained else _("nothing is lost: both are the same")
        at, who, what = found.newest
        local = moment(at).astimezone().strftime("%Y-%m-%d %H:%M")
        if self.gained:
            text = _(
                "the two part company at entry {first}: {n} entries of the database are lost, the newest of {at} by"
                " {who} ({what}), and {m} of the backup come in"
            )
        else:
            text = ngettext(
                "{n} entry after the backup's last is lost, of {at} by {who} ({what})",
                "{n} entries after the backup's last are lost, the newest of {at} by {who} ({what})", self.lost,
            )  # fmt: skip
        return text.format(
            first=f"{found.common + 1:,}", n=f"{self.lost:,}", m=f"{self.gained:,}", at=local, who=who, what=what
        )

    @property
    def _loss_by_notes(self) -> str:
        found = self.compared
        if found.unreadable:
            text = _("{path} cannot be read ({error}): what it has that the backup has not is lost")
        elif self.lost:
            text = _("there is no database at {path}: what it had that the backup has not is lost")
        else:
            text = _("there is no database at {path}, and nothing is noted of it that the backup has not")
        told = text.format(path=self.path, error=found.unreadable)
        if self.lost and found.last is not None:
            most = ngettext(", {n} entry at least, of {at}", ", {n} entries at least, till {at}", self.lost)
            told += most.format(n=f"{self.lost:,}", at=_local(found.last))
        return told + self.odd

    @property
    def odd(self) -> str:
        """That the backup does not fit what was noted outside; "" where it does."""
        if not self.compared.odd:
            return ""
        first, *more = self.compared.odd
        text = _("; the backup does not fit what is noted of {at} ({where}: entry {id}): one of the two was made anew")
        if more:
            text = ngettext(
                "; the backup does not fit what is noted of {at} ({where}: entry {id}) nor {n} later note: it was made"
                " anew, or they were",
                "; the backup does not fit what is noted of {at} ({where}: entry {id}) nor {n} later notes: it was made"
                " anew, or they were", len(more),
            )  # fmt: skip
        return text.format(at=_local(first), where=first.where, id=f"{first.length:,}", n=len(more))

    def record(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {
            "file": str(self.file), "entries": self.content.head.length, "head": self.content.head.hash,
            "lost": self.lost, "gained": self.gained, "odd": len(self.compared.odd), "kept": None,
        }  # fmt: skip


def _local(anchor: Anchor) -> str:
    return anchor.at.astimezone().strftime("%Y-%m-%d %H:%M")


def look(path: Path, file: Path, login: str, progress: Progress | None = None) -> Restore:
    """Verify the backup and compare it with the database at `path`, on behalf of the user `login`.

    NotAllowed for whoever is no administrator there, CrmError for a backup that is not sound, of a newer program, or
    none of ours.
    """
    if not file.exists():
        raise CrmError(_("{path}: there is no such file").format(path=file))
    if path.exists() and path.samefile(file):
        raise CrmError(_("{path} is the database itself").format(path=file))
    content = backups.verify(file, progress, quick=False)
    compared = restores.compare(path, file, login)
    check_right(compared.role)
    return Restore(path, file, login, content, compared)


_OF_THE_TARGET = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What is wrong with where one writes, whichever file it is told of."""


def restore(wanted: Restore, now: datetime) -> Outcome:
    """Bring the backup back, and keep the file that was there as `NAME.before-restore-MOMENT`.

    It is a journal entry of the database that was brought back, and a line of its log.
    """
    path = wanted.path
    old = path.with_name(f"{path.name}.before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%S}")
    had = path.exists()
    fresh = Path(f"{path}-restoring.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(wanted.file, fresh)
        fresh.chmod(path.stat().st_mode & 0o777 if had else 0o600)
        if not filecmp.cmp(wanted.file, fresh, shallow=False):
            raise CrmError(_("{path}: the copy differs; nothing was changed").format(path=fresh))
        _synchronise(fresh)
        restores.swap(path, fresh, old)
    except OSError as error:
        where = path if error.errno in _OF_THE_TARGET else error.filename or path
        text = _("{path}: {error}; nothing was changed")
        raise CrmError(text.format(path=where, error=error.strerror)) from error
    finally:
        with suppress(OSError):  # where nothing can be written there is nothing
            fresh.unlink(missing_ok=True)
    message = _("restored from {file}").format(file=wanted.file)
    if had:
        message = _("{message}; what was there is kept as {old}").format(message=message, old=old.name)
    message += wanted.odd
    _note(wanted, now, message)
    return Outcome(message, data=({**wanted.record(), "kept": str(old) if had else None},))


def _synchronise(fresh: Path) -> None:
    with fresh.open("rb") as file:
        os.fsync(file.fileno())


def _note(wanted: Restore, now: datetime, summary: str) -> None:
    database = Database(wanted.path)
    try:
        with database.writing():
            user = people.by_login(database, wanted.login)
            key = user.id if user is not None else 1
            visits.note(
                database, user_id=key, at=stamp(now), source="command", command=f"restore {wanted.file}",
                summary=summary,
            )  # fmt: skip
        head = chain.head(database.connection)
        words = f"by {wanted.login}: {wanted.file}"
        anchors.note(wanted.path, now, "restore", head, words, common=wanted.compared.common)
    finally:
        database.close()
