"""A workbook's cells as text: what a person would have typed, never how the program stored it.

Whole numbers have no ".0" and no exponent (phone numbers are numbers to Excel), days and times are ISO.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any


def number(value: float) -> str:
    """The number in digits: at most 15 that count, as Excel keeps them; "" for what is none."""
    if not math.isfinite(value):
        return ""
    if value == int(value):
        return str(int(value))
    text = f"{value:.15g}"
    return f"{Decimal(text):f}" if "e" in text else text


def moment(value: datetime) -> str:
    """2026-03-04 15:00:00, to the nearest second, as fractions of days rarely are whole ones. Midnight is a day."""
    rounded = value + timedelta(microseconds=500_000) if value.microsecond and value < _LAST else value
    if rounded.time().replace(microsecond=0) == time():
        return rounded.date().isoformat()
    return rounded.replace(microsecond=0).isoformat(" ")


def hour(value: time) -> str:
    """15:00:00."""
    if value.microsecond >= 500_000 and value < time(23, 59, 59):
        value = (datetime.combine(date(2000, 1, 1), value) + timedelta(seconds=1)).time()
    return value.replace(microsecond=0).isoformat()


def duration(value: timedelta) -> str:
    """36:00:00, in hours, minutes and seconds; more than a day too."""
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600:02}:{seconds % 3600 // 60:02}:{seconds % 60:02}"


_LAST = datetime(9999, 12, 31)
_TEXT: dict[type, Callable[[Any], str]] = {
    float: number,
    int: str,
    bool: lambda value: "true" if value else "false",
    date: date.isoformat,
    datetime: moment,
    time: hour,
    timedelta: duration,
}


def texts(values: Sequence[object]) -> tuple[str, ...]:
    """A row of cells as texts."""
    known = _TEXT
    return tuple([value if type(value) is str else known.get(type(value), str)(value) for value in values])
