"""Moments: aware datetimes in the program, UTC text in the store; one form, so that text order is time order."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo


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
