"""A value of an export as each kind of file has it; what a file says is read back as what it was.

As text it is what one would type; in a workbook days, times and numbers are what they are, and stay text where that
would change them; in JSON as `list --json` prints it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from typing import Any

from crm_tui.domain.clock import iso, moment
from crm_tui.domain.money import exponent, format_amount
from crm_tui.services.exports.places import Kind

Made = Callable[[Any], Any]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONEY = re.compile(r"(-?[0-9]{1,15}) ([A-Z]{3})")
_FIRST_YEAR = 1901
"""Spreadsheets have no day before 1900, and one too many in that year."""
_DIGITS = 15
"""Digits that a spreadsheet's number keeps."""


def as_text(zone: tzinfo, currency: str) -> dict[Kind, Made]:
    """How each kind of value becomes text, days and times those of the zone."""

    def local(stored: str) -> str:
        return _written(moment(stored).astimezone(zone), "%Y-%m-%d %H:%M:%S")

    def following(value: tuple[str, str | None]) -> str:
        on, at = value
        return _written(moment(at).astimezone(zone), "%Y-%m-%d %H:%M") if at else on

    return {
        "text": str, "number": str, "money": _typed_money, "day": str, "moment": local, "next": following,
        "words": str, "yes_no": str, "listed": _told,
    }  # fmt: skip


def as_cell(zone: tzinfo, currency: str) -> dict[Kind, Made]:
    """How each kind of value becomes a cell of a workbook: text, a number, a bool, a date or a naive datetime."""

    def local(stored: str) -> Any:
        found = moment(stored).astimezone(zone)
        return _written(found, "%Y-%m-%d %H:%M:%S") if _is_twofold(found) else _in_calendar(found.replace(tzinfo=None))

    def following(value: tuple[str, str | None]) -> Any:
        on, at = value
        found = local(at) if at else day(on)
        # A spreadsheet does not tell midnight from the day.
        return f"{found:%Y-%m-%d %H:%M}" if isinstance(found, datetime) and found.time() == time() else found

    def day(text: str) -> Any:
        return _in_calendar(date.fromisoformat(text)) if _DAY.fullmatch(text) else text

    def money(stored: str) -> Any:
        amount = _amount(stored, currency)
        return _typed_money(stored) if amount is None else _number(amount)

    def listed(value: Any) -> Any:
        return value if isinstance(value, (int, float)) else _told(value)

    return {
        "text": str, "number": _number, "money": money, "day": day, "moment": local, "next": following, "words": str,
        "yes_no": _yes_no, "listed": listed,
    }  # fmt: skip


def as_json(zone: tzinfo, currency: str) -> dict[Kind, Made]:
    """How each kind of value becomes a value of JSON: times in UTC, money as text in whole units."""

    def money(stored: str) -> Any:
        amount = _amount(stored, currency)
        return _typed_money(stored) if amount is None else amount

    def following(value: tuple[str, str | None]) -> str:
        on, at = value
        return iso(at) if at else on

    return {
        "text": str, "number": _number, "money": money, "day": str, "moment": iso, "next": following,
        "words": str.split, "yes_no": _yes_no, "listed": lambda value: value,
    }  # fmt: skip


def _written(local: datetime, form: str) -> str:
    """The time of day, with its zone in the hour that a clock shows twice."""
    return local.strftime(form) + (local.strftime("%z") if _is_twofold(local) else "")


def _is_twofold(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _in_calendar(found: Any) -> Any:
    return found if found.year >= _FIRST_YEAR else found.isoformat(*((" ",) if isinstance(found, datetime) else ()))


def _typed_money(stored: str) -> str:
    """Money as one types it; what is stored in another form stays so."""
    found = _MONEY.fullmatch(stored)
    return f"{format_amount(int(found[1]), found[2])} {found[2]}" if found else stored


def _amount(stored: str, currency: str) -> str | None:
    """The amount in whole units, without commas; None where it is not of the database's currency."""
    found = _MONEY.fullmatch(stored)
    if found is None or found[2] != currency:
        return None
    return f"{Decimal(found[1]).scaleb(-exponent(currency)):f}"


def _number(value: Any) -> Any:
    """A number where it stays what it is as one, else its text."""
    text = str(value)
    try:
        exact = Decimal(text)
    except ArithmeticError:
        return text
    if not exact.is_finite() or len(exact.as_tuple().digits) > _DIGITS or text.strip() != text:
        return text
    whole = int(exact)
    return whole if exact == whole else float(exact)


def _yes_no(value: Any) -> Any:
    return {"yes": True, "no": False}.get(value, value)


def _told(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
