"""Looking for faults: SQLite's own checks, and the invariants of the domain; each fault with its remedy."""

from __future__ import annotations

from dataclasses import dataclass

from crm_tui.domain.language import N_, _
from crm_tui.services.session import Session


@dataclass(frozen=True)
class Fault:
    """What is wrong, where, and what to do; a `warning` breaks nothing."""

    what: str
    where: str
    remedy: str
    warning: bool = False


_INVARIANTS = (
    (
        N_("a customer has neither owner nor pool, or both"),
        "SELECT id FROM customer WHERE (owner_id IS NOT NULL) + (pool_id IS NOT NULL) + (blocked <> 0) <> 1",
    ),
    (
        N_("the stage is not the last step of its history"),
        "SELECT c.id FROM customer c WHERE c.stage IS NOT (SELECT to_stage FROM stage_change s"
        " WHERE s.customer_id = c.id ORDER BY s.id DESC LIMIT 1)",
    ),
    (
        N_("the history of stages has a gap"),
        "SELECT customer_id FROM (SELECT customer_id, from_stage,"
        " lag(to_stage) OVER (PARTITION BY customer_id ORDER BY id) AS before FROM stage_change)"
        " WHERE from_stage IS NOT before",
    ),
    (
        N_("the next date is not that of the open follow-up"),
        "SELECT c.id FROM customer c LEFT JOIN follow_up f ON f.customer_id = c.id AND f.closed_at IS NULL"
        " WHERE c.next_on IS NOT f.due_on OR c.next_at IS NOT f.due_at",
    ),
    (
        N_("the last contact is older than an interaction says"),
        "SELECT c.id FROM customer c WHERE c.last_touch IS NOT NULL AND c.last_touch < coalesce(c.last_contact, '')",
    ),
    (
        N_("the kept count differs from the customers"),
        "SELECT holder || ' ' || stage FROM (SELECT holder, stage, sum(n) AS n FROM ("
        " SELECT holder, stage, customers AS n FROM stage_count UNION ALL"
        " SELECT coalesce('u' || owner_id, 'p' || pool_id, 'b'), stage, -1 FROM customer WHERE archived_at IS NULL)"
        " GROUP BY holder, stage) WHERE n <> 0",
    ),
)


def check(session: Session) -> list[Fault]:
    """All faults found; an empty list for a sound database."""
    database = session.database
    restore = _("restore the newest backup that passes this check")
    faults = [
        Fault(str(row[0]), str(database.path), restore)
        for row in database.rows("PRAGMA integrity_check(20)")
        if row[0] != "ok"
    ]
    faults += [
        Fault(_("a row points at one that is not there"), f"{table} {key}", restore)
        for table, key, *__ in database.rows("PRAGMA foreign_key_check")
    ]
    for what, sql in _INVARIANTS:
        rows = database.rows(f"{sql} LIMIT 20")
        if rows:
            where = ", ".join(str(row[0]) for row in rows)
            faults.append(Fault(_(what), where, _("tell the authors, with the history of these rows")))
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
