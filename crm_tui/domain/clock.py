"""Moments: aware datetimes in the program, UTC text in the store; one form, so that text order is time order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo


def stamp(moment: datetime) -> str:
    """The moment as stored: `2026-11-22 09:34:38`, always UTC, to the second. `moment` is aware."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def moment(stored: str) -> datetime:
    """The aware UTC moment of a stored stamp."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)


def iso(stored: str) -> str:
    """A stored stamp as scripts read it: `2026-11-22T09:34:38Z`."""
    return stored.replace(" ", "T") + "Z"


def local_date(stored: str, zone: tzinfo) -> date:
    """The day on which the stored moment fell for someone in `zone`."""
    return moment(stored).astimezone(zone).date()


def local_dates(zone: tzinfo) -> Callable[[str], date]:
    """As `local_date` in that zone, for the stamps of a long list: the zone is asked about each month but once."""
    known: dict[str, tuple[str, timedelta, timedelta] | None] = {}

    def local(stored: str) -> date:
        month = stored[:7]
        if month not in known:
            known[month] = _midnight(month, zone)
        found = known[month]
        if found is None:
            return local_date(stored, zone)
        midnight, before, after = found
        return date.fromisoformat(stored[:10]) + (before if stored[11:] < midnight else after)

    return local


def _midnight(month: str, zone: tzinfo) -> tuple[str, timedelta, timedelta] | None:
    """At what time of UTC it is midnight in the zone in that month, and how far the local day is from that of UTC
    before and after; None for a month in which its clocks are changed. No clocks are changed and back within a week.
    """
    start = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
    try:
        [offset, *others] = {(start + timedelta(days=day)).astimezone(zone).utcoffset() for day in range(0, 36, 5)}
    except OverflowError:  # the first month there is, or the last
        return None
    if others or offset is None:
        return None
    none, day = timedelta(), timedelta(days=1)
    seconds = int((day - offset if offset >= none else -offset).total_seconds())
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return (text, none, day) if offset >= none else (text, -day, none)
