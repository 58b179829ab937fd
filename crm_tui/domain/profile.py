"""The profile of a customer: what its tier requires of it, how complete and how fresh it is, and how values are kept.

A stored value is text in one canonical form, so that equal values are equal texts; an empty text is no value.
DOMAIN §7.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import N_, _
from crm_tui.domain.money import format_amount, parse_amount
from crm_tui.domain.profile_fields import CONTACT, FIELD, FIELDS, Field
from crm_tui.domain.stages import Choice, choose

STALE_DAYS = 180
LOWEST = 3  # the rank of the tier that requires least; worse ranks, and no tier, require the same


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of what the tier requires is there: whole percent, rounded down, 100 only when nothing is missing."""

    percent: int
    missing: tuple[Field, ...]


def fields(kind: str) -> tuple[Field, ...]:
    """The fields of that kind of profile (`organization`, `person`), in the order of the form."""
    return tuple(f for f in FIELDS if kind in f.kinds)


def required(kind: str, tier_rank: int) -> tuple[Field, ...]:
    """The fields that a tier of that rank (`Scheme.rank`, 0 the best) requires; a better tier requires them too."""
    rank = min(tier_rank, LOWEST)
    return tuple(f for f in fields(kind) if f.required_from is not None and rank <= f.required_from)


def completeness(
    kind: str, tier_rank: int, values: Mapping[str, str], contacts: int, more: Collection[str] = ()
) -> Completeness:
    """How complete the profile is for its tier. All required fields weigh the same.

    `contacts` counts the contacts that have a role; from B up an organization needs one, missing as `CONTACT`. `more`
    are fields that the tier's playbook asks for beside the others.
    """
    wanted = required(kind, tier_rank)
    wanted += tuple(f for f in fields(kind) if f.identifier in more and f not in wanted)
    missing = [f for f in wanted if not (values.get(f.identifier) or "").strip()]
    total = len(wanted)
    if kind in CONTACT.kinds and CONTACT.required_from is not None and tier_rank <= CONTACT.required_from:
        total += 1
        if contacts < 1:
            missing.append(CONTACT)
    return Completeness(100 * (total - len(missing)) // total, tuple(missing))


def stale_on(verified: Mapping[str, date], kind: str, tier_rank: int, stale_days: int = STALE_DAYS) -> date | None:
    """The day on which the profile becomes stale: the oldest verification of a required field, plus `stale_days`.

    `verified` has the fields that are filled in, each with the day of its last verification; what is missing is
    a matter of completeness. None when no required field is there.
    """
    days = [verified[f.identifier] for f in required(kind, tier_rank) if f.identifier in verified]
    return min(days) + timedelta(days=stale_days) if days else None


def parse_value(field: Field | str, text: str, today: date, currency: str = "CNY") -> str:
    """The value as it is stored; an empty text for none. `today` bounds years and dates, `currency` is the database's.

    Stored are: dates `1980-05-17`, partly known ones `1980-05`, `1980`, `05-17`; years `1998`; numbers `1200.5`;
    money in minor units with its currency: `120050 CNY`; choices by identifier; `yes` or `no`;
    lists separated by `; `; text on one line, long text with its lines. Raises UsageError that names the field.
    """
    known = FIELD[field] if isinstance(field, str) else field
    if known.type == "long_text":
        lines = [re.sub(r"[^\S\n]+", " ", line).strip() for line in text.splitlines()]
        return "\n".join(lines).strip()
    plain = " ".join(text.split())
    if not plain or known.type == "text":
        return plain
    if known.type == "money":
        return _money(known, plain, currency)
    return _PARSERS[known.type](known, plain, today)


def format_value(field: Field | str, stored: str) -> str:
    """The stored value as the reader reads it: labels for choices, grouped digits. Never raises: what is stored in
    another form is shown as it is.
    """
    known = FIELD[field] if isinstance(field, str) else field
    if known.type == "money":
        amount, _space, currency = stored.partition(" ")
        if re.fullmatch(r"-?[0-9]+", amount) and currency:
            return f"{format_amount(int(amount), currency)} {currency}"
    if known.type == "number" and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", stored):
        return f"{Decimal(stored):,f}"
    if known.type in ("choice", "yes_no"):
        choices = known.choices or YES_NO
        return next((c.title for c in choices if c.identifier == stored), stored)
    return stored


def as_typed(field: Field | str, stored: str) -> str:
    """The stored value as one would type it, so that `parse_value` gives it back: money is kept in minor units."""
    known = FIELD[field] if isinstance(field, str) else field
    return format_value(known, stored) if known.type == "money" else stored


YES_NO: tuple[Choice, ...] = (
    Choice("yes", N_("yes"), ("y", "true", "1", "是", "有", "已加", "已添加", "√", "✓")),
    Choice("no", N_("no"), ("n", "false", "0", "否", "无", "無", "没有", "沒有", "未加", "未添加")),
)
_UNITS = {"": 1, "k": 10**3, "千": 10**3, "万": 10**4, "萬": 10**4, "w": 10**4, "m": 10**6, "亿": 10**8, "億": 10**8}
_MAX_DIGITS = 15
_DIGITS = r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,4}(?:,[0-9]{4})+|[0-9]+"
_NUMBER = re.compile(rf"({_DIGITS})(\.[0-9]+)?\s*([k千万萬wm亿億]?)")
_DATE = re.compile(r"([0-9]{4})(?:[-/.年]\s*([0-9]{1,2})(?:[-/.月]\s*([0-9]{1,2})日?|月)?|年)?")
_MONTH_DAY = re.compile(r"([0-9]{1,2})[-/.月]\s*([0-9]{1,2})[日号號]?")
_FIRST_YEAR = 1000


def _bad(field: Field, text: str, problem: str) -> UsageError:
    values = {"field": field.identifier, "text": text, "problem": problem}
    return UsageError(_('%(field)s "%(text)s": %(problem)s') % values, text, 0)


def _half_width(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _number(field: Field, text: str, today: date) -> str:
    plain = re.sub(r"\s*[人名位]$", "", _half_width(text))
    return _amount(field, text, plain)


def _amount(field: Field, text: str, plain: str) -> str:
    found = _NUMBER.fullmatch(plain.strip())
    if found is None:
        raise _bad(field, text, _("is not a number; write 1200, 1,200, 1.5m or 120万"))
    digits = found[1].replace(",", "") + (found[2] or "")
    value = Decimal(digits) * _UNITS[found[3]] if len(digits) <= 2 * _MAX_DIGITS else Decimal("inf")
    if value >= 10**_MAX_DIGITS:
        raise _bad(field, text, _("is too large"))
    canonical = f"{value:f}"
    return canonical.rstrip("0").rstrip(".") if "." in canonical else canonical


def _money(field: Field, text: str, currency: str) -> str:
    try:
        return f"{parse_amount(text, currency)} {currency}"
    except UsageError as error:
        raise _bad(field, text, str(error)) from None


def _year(field: Field, text: str, today: date) -> str:
    found = re.fullmatch(r"([0-9]{4})年?", _half_width(text))
    if found is None or not _FIRST_YEAR <= int(found[1]) <= today.year:
        problem = _("must be a year from %(first)d to %(last)d")
        raise _bad(field, text, problem % {"first": _FIRST_YEAR, "last": today.year})
    return found[1]


def _date(field: Field, text: str, today: date) -> str:
    plain = re.sub(r"\s+(00:00(:00)?)$", "", _half_width(text))  # spreadsheets add a midnight
    compact = re.fullmatch(r"([0-9]{4})([0-9]{2})([0-9]{2})", plain)
    found = compact or _DATE.fullmatch(plain)
    month_day = None if found else _MONTH_DAY.fullmatch(plain)
    if found:
        year, month, day = found[1], found[2] or "", found[3] or ""
    elif month_day:
        year, month, day = "", month_day[1], month_day[2]
    else:
        example = "1980-05-17, 1980-05, 05-17" if field.partial else "2026-05-17"
        raise _bad(field, text, _("is not a date; write %s") % example)
    if not (year and month and day) and not field.partial:
        raise _bad(field, text, _("needs year, month and day"))
    try:
        # What is not known is taken from a leap year, so that 02-29 is a day.
        first = date(int(year or 2000), int(month or 1), int(day or 1))
    except ValueError:
        raise _bad(field, text, _("is not a day of the calendar")) from None
    if year and first > today:
        raise _bad(field, text, _("is in the future"))
    if year and first.year < _FIRST_YEAR:
        raise _bad(field, text, _("is too long ago"))
    return "-".join(part for part in (year, month and f"{int(month):02}", day and f"{int(day):02}") if part)


def _choice(field: Field, text: str, today: date) -> str:
    found = choose(text, field.choices)
    if found is None:
        raise _bad(field, text, _("is not one of %s") % ", ".join(c.identifier for c in field.choices))
    return found.identifier


def _yes_no(field: Field, text: str, today: date) -> str:
    found = choose(text, YES_NO)
    if found is None:
        raise _bad(field, text, _("must be yes or no"))
    return found.identifier


def _list(field: Field, text: str, today: date) -> str:
    parts = (part.strip() for part in re.split(r"[;；，、]|,(?![0-9]{3})", text))
    return "; ".join(dict.fromkeys(part for part in parts if part))


_PARSERS: Mapping[str, Callable[[Field, str, date], str]] = {
    "number": _number,
    "year": _year,
    "date": _date,
    "choice": _choice,
    "yes_no": _yes_no,
    "list": _list,
}
