"""Why a command cannot be run by whoever is signed in: what a `Command` asks before anything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.domain.language import _
from crm_tui.domain.people import ROLES

if TYPE_CHECKING:
    from crm_tui.services.session import Session


def administrator(session: Session) -> str | None:
    """Administrators only."""
    if session.person.role == "admin":
        return None
    return _("only administrators do that; you are {role}").format(role=_(ROLES[session.person.role]))


def lead(session: Session) -> str | None:
    """Team leads and administrators only."""
    if session.person.role in ("lead", "admin"):
        return None
    return _("only team leads do that; you are {role}").format(role=_(ROLES[session.person.role]))


def no_service(session: Session) -> str | None:
    """Everybody but service, who holds no customers."""
    if session.person.role != "service":
        return None
    return _("service reads customers and changes none")
