"""The sweep that nobody has done today, made up for behind the screens (DOMAIN §4 P18).

It goes in small steps, each a job of the desk among others, so that no key waits for more than one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crm_tui.domain.errors import CrmError
from crm_tui.tui.desk import Stopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crm_tui.services.session import Session
    from crm_tui.tui.desk import Desk


async def sweep(desk: Desk, session: Session) -> int:
    """Sweep if that is overdue; how many customers were changed. What is wrong with the database others will say."""
    changed = 0
    try:
        steps = await desk.run(_begin, session)
        while (done := await desk.run(next, steps, None)) is not None:
            changed += done
    except (CrmError, Stopped):
        pass
    return changed


def _begin(session: Session) -> Iterator[int]:
    from crm_tui.services.sweep import steps  # the first frame does without

    return steps(session)
