"""Looking for faults: SQLite's own checks, the journal's chain and its anchors, the invariants of the domain, what is
kept, the backups; each fault with its remedy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from crm_tui.domain import backups as names
from crm_tui.domain.errors import CrmError, DatabaseUnusable
from crm_tui.domain.language import _
from crm_tui.services import backups
from crm_tui.services.session import Session
from crm_tui.store import anchors, chain, checks
from crm_tui.store import backups as store

if TYPE_CHECKING:
    from pathlib import Path

    from crm_tui.store.backups import Progress

_OLD = timedelta(days=2)
"""A newest backup that is older is told of."""


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, and what to do; a `warning` breaks nothing."""

    what: str
    where: str
    remedy: str
    warning: bool = False


def check(session: Session, progress: Progress | None = None) -> list[Fault]:
    """All faults found; an empty list for a sound database. `progress` may raise what ends it.

    Where the journal's chain ends is noted in the log beside the database.
    """
    doing = "check"

    def tell(what: str, done: int, most: int) -> None:
        nonlocal doing
        doing = what
        if progress is not None:
            progress(what, done, most)

    session.refresh()
    sound, warnings = _of_backups(session, tell)
    with checks.interruptible(session.database, lambda: tell(doing, 0, 0)):
        tell("check", 0, 0)
        looked = (_damage(session, sound), _of_chain(session, sound, tell), _of_rules(session, sound, tell))
        # What cannot be read is met by each look: it is one fault.
        faults = list(dict.fromkeys(fault for each in looked for fault in _readable(session, sound, each)))
    if not any(not fault.warning for fault in faults):
        head = chain.head(session.database.connection)
        anchors.note(session.database.path, session.clock(), "check", head, f"by {session.person.login}")
    return [*faults, *warnings, *_at_the_door(session), *_of_calendar(session)]


def _readable(session: Session, sound: Path | None, found: Iterator[Fault]) -> Iterator[Fault]:
    """The faults, and where something cannot even be read, that."""
    try:
        yield from found
    except DatabaseUnusable as error:
        yield Fault(str(error), str(session.database.path), _restore(sound))


def _restore(sound: Path | None) -> str:
    if sound is None:
        return _("there is no backup that is sound: recover what can be read, and tell the authors")
    return _("crm-tui restore {file} brings the newest sound backup back; --dry-run says what that loses").format(
        file=sound
    )


def _damage(session: Session, sound: Path | None) -> Iterator[Fault]:
    database = session.database
    for what in checks.damage(database):
        yield Fault(what, str(database.path), _restore(sound))
    for table, key in checks.dangling(database):
        yield Fault(_("a row points at one that is not there"), f"{table} {key}", _restore(sound))


def _of_chain(session: Session, sound: Path | None, progress: Progress) -> Iterator[Fault]:
    """The first entry that was tampered with, and the anchors outside that the chain no longer fits."""
    broken = checks.broken_chain(session.database, lambda done, most: progress("chain", done, most))
    if broken is not None:
        what = _("the journal was tampered with: this entry, or its changes, are not as they were sealed")
        if broken.missing:
            what = _("the journal was tampered with: this entry is missing")
        elif broken.unsealed:
            what = _("the journal was tampered with: this entry was not written by the program")
        yield Fault(what, f"journal_entry {broken.entry_id}", _restore(sound))
    for anchor in checks.misfits(session.database)[:20]:
        text = _("the journal does not fit what is noted of {at}: its end was cut off, or it was made anew")
        at = anchor.at.astimezone(session.person.zone).strftime("%Y-%m-%d %H:%M")
        yield Fault(text.format(at=at), f"{anchor.where}: {anchor.length}", _restore(sound))


def _of_rules(session: Session, sound: Path | None, progress: Progress) -> Iterator[Fault]:
    database = session.database
    rules = checks.broken_rules(database, progress=lambda done, most: progress("rules", done, most))
    for what, remedy, rows in rules:
        yield Fault(_(what), _where(session, rows), _restore(sound) if remedy == checks.BACKUP else _(remedy))
    progress("kept", 0, 0)
    for what, rows in checks.differing(database).items():
        yield Fault(_(what), _where(session, rows), _("crm-tui rebuild computes it anew"))
    if rows := [str(key) for key in _badges(session)]:
        what = _("the badge on a list is not the tier of the customer")
        yield Fault(what, _where(session, rows), _("crm-tui rebuild computes it anew"))


def _badges(session: Session) -> list[int]:
    from crm_tui.services import badges

    return badges.differing(session, limit=20)


def _where(session: Session, rows: list[str]) -> str:
    # Ids of customers that one may not see are nobody's business.
    if not session.sight.everything:
        return _("{n} rows").format(n=len(rows))
    return ", ".join(sorted(rows, key=lambda row: (len(row), row)))


def _of_backups(session: Session, progress: Progress) -> tuple[Path | None, list[Fault]]:
    """The newest backup that is sound, and what is wrong with the newest of all."""
    path = session.database.path
    folder = anchors.folder(path)
    old = backups.age(session)
    if old is None:
        return None, []
    again = _("crm-tui backup takes one")
    found: list[Fault] = []
    if old > _OLD:
        there = backups.newest(path, session.clock())
        what = _("the newest backup is {n} days old") if there else _("there is no backup")
        found.append(Fault(what.format(n=old.days), str(folder), again, warning=True))
    every: list[names.Name] = []
    with suppress(OSError):
        every = names.of(path.stem, [each.name for each in folder.iterdir()])
    future = [one for one in every if one.at > session.clock()]
    for one in future:
        what = _("a backup is dated in the future: it counts for no day, and is never deleted")
        remedy = _("look at the clock of this host; delete the backup when a newer one is there")
        found.append(Fault(what, one.text, remedy, warning=True))
    for one in [*(one for one in every if one not in future), *future][:3]:
        try:
            store.verify(folder / one.text, lambda what, done, most: progress("backup", done, most))
        except CrmError as error:
            what = _("a backup is not sound: {error}").format(error=error)
            found.append(Fault(what, one.text, again, warning=True))
        else:
            return folder / one.text, found
    return None, found


def _of_calendar(session: Session) -> Iterator[Fault]:
    year = session.today.year
    workdays = session.settings.workdays
    for each in (year, year + 1):
        if workdays.country and workdays.missing(each):
            what = _("the working calendar of {country} has no make-up workdays for {year}")
            yield Fault(
                what.format(country=workdays.country, year=each), "calendar.country",
                _("weekends and public holidays are used; upgrade chinese-calendar when it is published"), warning=True,
            )  # fmt: skip


def _at_the_door(session: Session) -> list[Fault]:
    """What the host lacks, or leaves open, where people come in over SSH."""
    from crm_tui import confinement
    from crm_tui.services import keys

    path = session.database.path
    if not keys.is_in_use(session.database):
        return []
    faults = []
    if not confinement.version():
        told = _("sessions over SSH are held to the program's own checks alone; Linux 5.13 and newer can do it")
        faults.append(Fault(_("this kernel has no Landlock"), "SSH", told, warning=True))
    others = path.stat().st_mode & 0o077 and path.resolve().parent.stat().st_mode & 0o011
    if others:
        told = _("who can open the file can do anything to it: chmod 700 {folder}").format(folder=path.parent)
        faults.append(Fault(_("others on this host can open the database"), str(path), told, warning=True))
    return faults
