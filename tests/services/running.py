"""Short ways to run something, and to read what the history says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crm_tui.services import history, runs
from crm_tui.services.session import Session


def newest(session: Session) -> dict[str, Any]:
    """The newest entry of the history."""
    return history.entries(session)[0]


def ran(session: Session, *acts: Callable[[], Any], command: str = "play m") -> int | None:
    """Do it all in one run; the run's entry."""
    runs.begin(session, command)
    for act in acts:
        act()
    return runs.finish(session)
