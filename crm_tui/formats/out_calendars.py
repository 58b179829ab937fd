"""iCalendar out (RFC 5545): an event a thing to do, all-day ones as dates, timed ones in UTC; one event in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO

from crm_tui.formats.content_lines import escape, line


@dataclass(frozen=True)
class Happening:
    """An event: `at` is a day, or an aware moment; `written` the aware moment at which this was said."""

    uid: str
    at: date
    summary: str
    description: str
    written: datetime


def write_calendar(stream: IO[bytes], name: str, happenings: Iterable[Happening]) -> int:
    """Write a calendar of that name; return how many events it has."""
    from icalendar import Event

    stream.write(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//crm-tui//crm-tui//EN\r\nCALSCALE:GREGORIAN\r\n")
    stream.write(b"METHOD:PUBLISH\r\n" + line("X-WR-CALNAME", escape(name)))
    count = 0
    for one in happenings:
        event = Event()
        event.add("uid", one.uid)
        event.add("dtstamp", one.written)
        event.add("dtstart", one.at)
        event.add("summary", one.summary)
        if one.description:
            event.add("description", one.description)
        event.add("status", "CONFIRMED")
        event.add("transp", "OPAQUE" if isinstance(one.at, datetime) else "TRANSPARENT")
        stream.write(event.to_ical())
        count += 1
    stream.write(b"END:VCALENDAR\r\n")
    return count
