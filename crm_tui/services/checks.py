"""Looking for faults: SQLite's own checks, and the invariants of the domain; each fault with its remedy."""

from __future__ import annotations

from dataclasses import dataclass

from crm_tui.domain.language import _
from crm_tui.services.session import Session
from crm_tui.store import checks


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, and what to do; a `warning` breaks nothing."""

    what: str
    where: str
    remedy: str
    warning: bool = False


def check(session: Session) -> list[Fault]:
    """All faults found; an empty list for a sound database."""
    database = session.database
    restore = _("restore the newest backup that passes this check")
    faults = [Fault(what, str(database.path), restore) for what in checks.damage(database)]
    faults += [
        Fault(_("a row points at one that is not there"), f"{table} {key}", restore)
        for table, key in checks.dangling(database)
    ]
    tell, rebuild = _("tell the authors, with the history of these rows"), _("crm-tui rebuild computes it anew")
    for found, remedy in ((checks.broken(database), tell), (checks.differing(database), rebuild)):
        for what, rows in found.items():
            # Ids of customers that one may not see are nobody's business.
            where = ", ".join(rows) if session.sight.everything else _("{n} rows").format(n=len(rows))
            faults.append(Fault(_(what), where, remedy))
    faults += _at_the_door(session)
    year = session.today.year
    workdays = session.settings.workdays
    for each in (year, year + 1):
        if workdays.country and workdays.missing(each):
            faults.append(
                Fault(
                    _("the working calendar of {country} has no make-up workdays for {year}").format(
                        country=workdays.country, year=each
                    ),
                    "calendar.country",
                    _("weekends and public holidays are used; upgrade chinese-calendar when it is published"),
                    warning=True,
                )
            )
    return faults


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
