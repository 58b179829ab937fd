"""What is stored of a customer as filters compare it: one reading of it for the Python twin and for SQL's functions.

What cannot be read as what a field asks for is no value: neither less nor more than anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from math import floor

from crm_tui.domain.clock import moment
from crm_tui.domain.expressions import expression
from crm_tui.domain.filters.search import digits
from crm_tui.domain.money import exponent
from crm_tui.domain.text import fold

_NUMBER = expression(r"\s*(-?[0-9]{1,18}(?:\.[0-9]{1,30})?)\s*")
_MONEY = expression(r"(-?[0-9]{1,18}) ([A-Z]{3})")
_DAY = expression(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Form(Enum):
    """How the stored values of a field are compared."""

    STORED = "stored"
    """As they are: identifiers, ids, 0 and 1."""
    TEXT = "text"
    """Without case."""
    DIGITS = "digits"
    """The digits of a phone number."""
    WHOLE = "whole"
    """Numbers, what stands behind the point left off."""
    NUMBER = "number"
    """Numbers with what stands behind the point."""
    MONEY = "money"
    """Amounts in whole units of their currency."""
    DAY = "day"
    """Days of the calendar."""
    MOMENT = "moment"
    """Moments in UTC."""


def formed(form: Form, stored: object) -> str | int | float | date | datetime | None:
    """The stored value (never None) in that form; None when it has none."""
    if form is Form.STORED:
        return stored  # type: ignore[return-value]
    text = str(stored)
    if form is Form.TEXT:
        return fold(text)
    if form is Form.DIGITS:
        return digits(text)
    if form is Form.WHOLE:
        return whole(text)
    if form is Form.NUMBER:
        return number(text)
    if form is Form.MONEY:
        return units(text)
    if form is Form.DAY:
        return date.fromisoformat(text) if day(text) else None
    return moment(text)


def whole(text: str) -> int | None:
    """The whole part of a number; None for what is no number."""
    found = _NUMBER.fullmatch(text)
    return floor(Decimal(found[1])) if found else None


def number(text: str) -> float | None:
    """A number, its fraction included; None for what is no number."""
    found = _NUMBER.fullmatch(text)
    return float(found[1]) if found else None


def units(text: str) -> int | None:
    """An amount as the profile keeps it (`120050 CNY`) in whole units; None for anything else."""
    found = _MONEY.fullmatch(text)
    return int(found[1]) // 10 ** exponent(found[2]) if found else None


def day(text: str) -> str | None:
    """The text where it is a whole day (`2026-05-17`); None for anything else."""
    try:
        return text if _DAY.fullmatch(text) and date.fromisoformat(text) else None
    except ValueError:
        return None


FUNCTIONS: Mapping[str, Callable[[str], str | int | float | None]] = {
    "folded": fold, "digits": digits, "whole": whole, "number": number, "units": units, "day": day,
}  # fmt: skip
"""What the store's SQL calls these readings."""
