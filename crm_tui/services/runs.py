"""Runs: commands that are one action to the user, a macro's above all (DESIGN §2, DOMAIN §9).

Each step is a transaction and a journal entry of its own, so that a run that ends half-way has done what it has done;
all of them hang on the entry of the run, and one undo takes them back. A run within a run is part of that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from crm_tui.services.session import Session
from crm_tui.store.journal import Run


def begin(session: Session, command: str) -> None:
    """From here on all that the session changes is a step of one run, until `finish`; `command` is the run's own, as
    the journal keeps it (`play monday --set days=7`).

    Nothing is written yet. What is no answer to a command (a sweep, what was told or taken out) is no step.
    """
    if session.run is None:
        session.run = Run(command)
    else:
        session.run.depth += 1


def finish(session: Session, summary: str = "") -> int | None:
    """The run is over; its journal entry, None where nothing in it changed anything.

    `summary` says in words what it did; without one the entry tells its only step, or how many and to how many
    customers. Within another run that is left to the outer one.
    """
    run = session.run
    assert run is not None
    run.depth -= 1
    if run.depth:
        return run.entry(session.database)
    session.run = None
    if run.entry(session.database) is None:
        return None
    with session.database.writing():
        return run.told(session.database, summary)


@contextmanager
def running(session: Session, command: str) -> Iterator[None]:
    """A run of what is done in the block, also of what was done before it failed."""
    begin(session, command)
    try:
        yield
    finally:
        finish(session)
