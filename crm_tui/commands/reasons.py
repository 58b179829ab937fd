"""Which commands never go without a reason, and which reasons will do, as far as no customer has to be looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import N_, _
from crm_tui.domain.pools import RELEASE_REASONS, release_reason
from crm_tui.domain.stages import LOST_REASONS, Choice, always_needs_reason, lost_reason, stage
from crm_tui.domain.text import clean


@dataclass(frozen=True)
class Wanted:
    """A reason that is always wanted: the question for it, and the list to choose from where there is one.

    `read` gives it as it is stored; UsageError for one that is not on the list, None where any words will do.
    """

    question: str
    choices: tuple[Choice, ...] = ()
    read: Callable[[str], str] | None = None


WANTED: Mapping[str, Wanted] = {
    "release": Wanted(N_("why release"), RELEASE_REASONS, release_reason), "protect": Wanted(N_("why protect")),
    "block": Wanted(N_("why block")), "unblock": Wanted(N_("why unblock")),
    "deal lost": Wanted(N_("why lost"), LOST_REASONS, lost_reason),
}  # fmt: skip
"""Commands that never go without a reason (DOMAIN §4 P13, P14, P23, §6)."""


def check(command: str, to: str, reason: str) -> None:
    """UsageError where a command can go with that reason for no customer. `to` is the stage it names, as typed.

    DOMAIN §2: coming to `lost` takes a reason of its list, to `non_customer` any.
    """
    reason = clean(reason, limit=500)
    if command == "stage" and to:
        target = stage(to).identifier
        if target == "lost":
            lost_reason(reason)
            return
        wanted = Wanted("") if always_needs_reason(target) else None
    else:
        wanted = WANTED.get(command)
    if wanted is None:
        return
    if wanted.read is not None:
        wanted.read(reason)
    elif not reason:
        raise UsageError(_('{command} wants a reason: --reason "…"').format(command=command))
