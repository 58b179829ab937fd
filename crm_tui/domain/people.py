"""Who may see and change what: the rights of DOMAIN §8, in one place.

Every list, count, search, export, timeline and command asks here; the store only translates `Sight` into SQL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import tzinfo
from typing import Literal

from msgspec import Struct, field

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
_WORDS = frozenset(("me", "none", "any", "pool", "all", "off", "nobody"))
"""What commands and filters say in the place of a login, and mean something else by."""

STATES: dict[str, str] = {
    "active": N_("active"),
    "away": N_("away"),
    "leaving": N_("leaving"),
    "left": N_("left"),
}


class Person(Struct, frozen=True):
    """A user as the program knows them while they work; `zone` is the time zone in which their days are counted."""

    id: int
    login: str
    name: str
    role: Role
    zone: tzinfo
    team_id: int | None = None
    state: str = "active"
    may_export: bool = True
    capacity: int | None = None


class Claims(Struct, frozen=True):
    """What one may claim, as far as that hangs on the customer: from which pools (None: all), and for the pools in
    general and for single ones the moments (stored stamps, None: no such rule) before which one must have ceased to
    hold it, and before which it must have come into the pool. DOMAIN §4 P2.
    """

    pools: tuple[int, ...] | None = None
    general: tuple[str | None, str | None] = (None, None)
    of_pool: Mapping[int, tuple[str | None, str | None]] = field(default_factory=dict)


class Sight(Struct, frozen=True):
    """What someone sees, and of that what they work. Ids of users, pools and customers.

    `owners`: whose customers one works as one's own: oneself, those whom one stands in for, a lead's team. `queue`: the
    owners whose work stands in one's due queue. `led`: the members of the teams that one leads, whom one is in charge
    of, and whose customers one may give into other hands (of those whom one stands in for one may not). `pools`: the
    public pools (None: all). `shared`: customers of others that one was let see, and whether one may edit them.
    `masked`: phone and mail in the pools are hidden. `blocked`: blocked customers are seen too.
    """

    user_id: int
    role: Role = "rep"
    everything: bool = False
    owners: tuple[int, ...] = ()
    queue: tuple[int, ...] = ()
    pools: tuple[int, ...] | None = None
    shared: Mapping[int, bool] = field(default_factory=dict)
    masked: bool = True
    blocked: bool = False
    claims: Claims | None = None
    """None for who holds no customers."""
    led: tuple[int, ...] = ()


class Colleagues(Struct, frozen=True):
    """What a sight is made of, as read from the database: ids.

    `led`: members of the teams that one leads; `all_led`: whether that is everybody who could hold a customer.
    `stood_in_for`: those away today who named one as stand-in, `unattended`: those away today who named nobody, and for
    whom one stands in by office. `pools`: the pools one is a member of, or somebody led is (None: all there are),
    `member_of` those that one is a member of oneself.
    """

    led: tuple[int, ...] = ()
    all_led: bool = False
    stood_in_for: tuple[int, ...] = ()
    unattended: tuple[int, ...] = ()
    pools: tuple[int, ...] | None = None
    member_of: tuple[int, ...] | None = None
    shared: Mapping[int, bool] = field(default_factory=dict)


def sight(person: Person, colleagues: Colleagues, claims: Claims | None = None) -> Sight:
    """What the person may see. DOMAIN §8."""
    lead = person.role == "lead"
    # dict.fromkeys keeps the order and drops what is there twice.
    queue = tuple(dict.fromkeys((person.id, *colleagues.stood_in_for, *colleagues.unattended)))
    owners = tuple(dict.fromkeys((*queue, *(colleagues.led if lead else ()))))
    everything = person.role in ("admin", "service") or (lead and colleagues.all_led)
    return Sight(
        person.id, person.role, everything, owners, queue, None if everything else colleagues.pools,
        colleagues.shared, person.role == "rep", everything or lead, None if person.role == "service" else claims,
        colleagues.led if lead else (),
    )  # fmt: skip


def is_masked(sight: Sight, owner_id: int | None) -> bool:
    """Whether phone and mail of a customer held by `owner_id` (None: in a pool) are hidden. DOMAIN §4 P15."""
    return sight.masked and owner_id is None


def refusal(sight: Sight, customer_id: int, owner_id: int | None) -> str | None:
    """Why one may not change a customer that one sees; None when one may."""
    if sight.role == "service":
        return _("service reads customers and changes none")
    if sight.everything or owner_id in sight.owners or sight.shared.get(customer_id):
        return None
    if owner_id is None:
        return _("it is in the public pool: claim it first") if sight.role == "rep" else None
    return _("it is somebody else's, and yours to read only")


def moving_refusal(sight: Sight, customer_id: int, owner_id: int | None) -> str | None:
    """Why one may not give a customer that one sees into other hands: neither collaborators nor stand-ins may."""
    found = refusal(sight, customer_id, owner_id)
    theirs = owner_id is not None and owner_id != sight.user_id and owner_id not in sight.led
    if found is None and theirs and not sight.everything:
        return _("it is somebody else's: only who holds it, or a lead, gives it away")
    return found


def check_login(login: str) -> str:
    """The login, stripped; UsageError when it could not be one."""
    login = login.strip()
    if not re.fullmatch(_LOGIN, login):
        message = _('login "{login}": letters, digits, . _ - and @, beginning with a letter').format(login=login)
        raise UsageError(message, login, 0)
    if login.casefold() in _WORDS:
        raise UsageError(_('login "{login}" is a word of the commands: take another').format(login=login), login, 0)
    return login
