"""Who may see and change what: the rights of DOMAIN §8, in one place.

Every list, count, search, export, timeline and command asks here; the store only translates `Sight` into SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import N_, _

Role = Literal["rep", "lead", "service", "admin"]

ROLES: dict[str, str] = {
    "rep": N_("rep"),
    "lead": N_("team lead"),
    "service": N_("service"),
    "admin": N_("administrator"),
}

_LOGIN = r"[^\W\d][\w.@-]{0,63}"


@dataclass(frozen=True)
class Person:
    """A user as the program knows them while they work; `zone` is the time zone in which their days are counted."""

    id: int
    login: str
    name: str
    role: Role
    zone: tzinfo


@dataclass(frozen=True)
class Sight:
    """What someone sees: everything, or own customers and the public pools (there with masked phone and mail)."""

    user_id: int
    everything: bool


def sight(person: Person) -> Sight:
    """What the person may see."""
    return Sight(person.id, person.role != "rep")


def is_masked(person: Person, owner_id: int | None) -> bool:
    """Whether phone and mail of a customer held by `owner_id` (None: in a pool) are hidden. DOMAIN §4 P15."""
    return person.role == "rep" and owner_id is None


def refusal(person: Person, owner_id: int | None) -> str | None:
    """Why the person may not change a customer that they see; None when they may."""
    if person.role == "service":
        return _("service reads customers and changes none")
    if person.role == "rep" and owner_id is None:
        return _("it is in the public pool: claim it first")
    if person.role == "rep" and owner_id != person.id:
        return _("it is held by someone else")
    return None


def check_login(login: str) -> str:
    """The login, stripped; UsageError when it could not be one."""
    login = login.strip()
    if not re.fullmatch(_LOGIN, login):
        message = _('login "{login}": letters, digits, . _ - and @, beginning with a letter').format(login=login)
        raise UsageError(message, login, 0)
    return login
