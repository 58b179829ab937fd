"""A watch in a shell: a line for each event, at once, until somebody ends it or nobody reads it any more.

Once a second it looks whether the file was written to; between two looks it waits for the reader to go, too.
"""

from __future__ import annotations

import select
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from crm_tui.commands.printing import Printer
from crm_tui.domain.errors import DatabaseUnusable
from crm_tui.domain.language import _, ngettext
from crm_tui.services.news import LOOK
from crm_tui.services.watching import KEYS, Event, Since, Watch

if TYPE_CHECKING:
    from crm_tui.services.lists import Query
    from crm_tui.services.session import Session

_PATIENCE = 60
"""Looks in a row that may find the database busy."""

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def follow(session: Session, printer: Printer, query: Query, since: Since | None, limit: int | None) -> None:
    """Print what is done to the customers of the list, at most `limit` events, until a signal ends it.

    BrokenPipeError when the reader has gone.
    """
    with _ended_by_signals():
        watch = Watch(session, query, since)
        n = len(watch)
        said = ngettext("watching {n} customer, from entry {entry}", "watching {n} customers, from entry {entry}", n)
        printer.say(said.format(n=f"{n:,}", entry=since.entry if since else watch.newest))
        events = islice(_events(session, watch, printer), limit)
        if printer.for_people:
            printer.lines(_at_once(_line(session, event) for event in events))
        else:
            printer.rows(_at_once(events), KEYS[:-1])


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """A signal that ends programs ends the block, and that is no failure; one that is ignored (nohup) stays so."""
    before = {number: signal.getsignal(number) for number in _ENDING}
    try:
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, signal.default_int_handler)
        yield
    except KeyboardInterrupt:
        if not _reads_on():
            raise BrokenPipeError from None  # what it did not take is not sent after all
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _events(session: Session, watch: Watch, printer: Printer) -> Iterator[Event]:
    """The events as they come, for ever."""
    failed = 0
    wait = _Waiting()
    while True:
        try:
            yield from watch.look()
            failed = 0
        except DatabaseUnusable as error:
            failed += 1
            if error.__cause__ is None or failed == _PATIENCE:  # what SQLite did not say does not pass either
                raise
            if failed == 1:
                printer.say(_("{error}; looking again").format(error=error))
        wait(LOOK)


class _Waiting:
    """Waits for a time, and no longer than somebody reads standard output."""

    def __init__(self) -> None:
        self._poll = _output(0)

    def __call__(self, seconds: float) -> None:
        if self._poll is None:
            time.sleep(seconds)
        elif self._poll.poll(seconds * 1_000):
            raise BrokenPipeError


def _output(events: int) -> select.poll | None:
    """Standard output, to be asked for these events; None where it is none that can be asked."""
    try:
        number = sys.stdout.fileno()
    except (AttributeError, OSError, ValueError):
        return None
    found = select.poll()
    found.register(number, events)
    return found


def _reads_on() -> bool:
    """Whether what is written now would be taken at once."""
    found = _output(select.POLLOUT)
    return found is None or [event for __, event in found.poll(0)] == [select.POLLOUT]


def _at_once(items: Iterator[Any]) -> Iterator[Any]:
    """The items; each was printed, and sent, when the next one is asked for."""
    for item in items:
        yield item
        if sys.stdout is not None:
            sys.stdout.flush()


def _line(session: Session, event: Event) -> str:
    """An event for people: the time, what, who, and what was done by whom."""
    from datetime import datetime

    at = datetime.fromisoformat(event["at"]).astimezone(session.person.zone)
    did = ": ".join(filter(None, (event["by"], event["summary"] or event["command"])))
    return f"{at:%H:%M:%S}  {event['what']:<7}  {event['id']}  {event['name'] or ''}  {did}".rstrip()
