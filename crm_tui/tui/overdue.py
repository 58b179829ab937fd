"""What nobody has done today, made up for behind the screens: the sweep (DOMAIN §4 P18), and the daily backup.

The sweep goes in small steps, each a job of the desk among others, so that no key waits for more than one of them. The
backup has a connection and a thread of its own, which nobody waits for: leaving breaks it off, and the next one begins
anew.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING

from crm_tui.domain.errors import CrmError
from crm_tui.tui.desk import Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


async def back_up(desk: Desk, session: Session) -> None:
    """Take a backup if one is due; CrmError says why there is none."""
    job = await desk.run(_backup, session)
    if job is None:
        return
    done: Future[object] = Future()

    def work() -> None:
        try:
            done.set_result(job())
        except BaseException as error:
            done.set_exception(error)

    Thread(target=work, name="backup", daemon=True).start()
    await asyncio.wrap_future(done)


def _backup(session: Session) -> Callable[[], object] | None:
    from crm_tui.services import backups  # the first frame does without

    plan = backups.due(session)
    if plan is None:
        return None
    path, now = session.database.path, session.clock()
    return lambda: backups.take(path, plan, now)


def _begin(session: Session) -> Iterator[int]:
    from crm_tui.services.sweep import steps  # the first frame does without

    return steps(session)
