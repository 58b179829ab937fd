"""Amounts of money: whole minor units of an ISO 4217 currency, read and written without passing through a float."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from crm_tui.domain.errors import UsageError
from crm_tui.domain.expressions import expression
from crm_tui.domain.language import _
from crm_tui.domain.text import ascii_twin

#: The largest amount of one thing, in minor units: thousands of them still have a sum that a database can make.
LARGEST = 10**15

_LONGEST = 60
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_DOLLARS = "USD HKD TWD SGD AUD CAD NZD MXN BRL"
_EXPONENTS = dict.fromkeys(_NO_DECIMALS.split(), 0) | dict.fromkeys(_THREE_DECIMALS.split(), 3)
_SYMBOLS = {
    "¥": ("CNY", "JPY"), "￥": ("CNY", "JPY"), "元": ("CNY", "TWD", "HKD", "JPY"), "圆": ("CNY", "JPY"),
    "块": ("CNY",), "rmb": ("CNY",), "人民币": ("CNY",), "€": ("EUR",), "£": ("GBP",), "円": ("JPY",), "₩": ("KRW",),
    "$": tuple(_DOLLARS.split()), "us$": ("USD",), "hk$": ("HKD",), "nt$": ("TWD",),
}  # fmt: skip
_UNITS = {
    "k": 10**3, "m": 10**6, "b": 10**9, "w": 10**4, "千": 10**3, "万": 10**4, "萬": 10**4,
    "十万": 10**5, "十萬": 10**5, "百万": 10**6, "百萬": 10**6, "千万": 10**7, "千萬": 10**7,
    "亿": 10**8, "億": 10**8, "万亿": 10**12, "萬億": 10**12,
}  # fmt: skip
_SIGN = expression(r"\s*([+-]|\()?\s*")
_CURRENCY = expression(r"us\$|hk\$|nt\$|rmb|人民币|[¥￥$€£₩元圆块円]|[A-Za-z]{3}(?![A-Za-z])", re.IGNORECASE)
_PART = expression(
    r"((?:[0-9]{1,3}(?:[, '\u00a0\u202f][0-9]{3})+|[0-9]+)(?:\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]{1,2})?"
    r"\s*(万亿|萬億|[十百千]?[万萬]|千|[亿億]|[kmbw](?![a-z]))?\s*",
    re.IGNORECASE,
)


def exponent(currency: str) -> int:
    """How many decimals the currency has: 2, or 0 (JPY), or 3 (KWD)."""
    return _EXPONENTS.get(currency.upper(), 2)


def parse_amount(text: str, currency: str) -> int:
    """The amount in minor units of `currency`, rounded half up.

    "1,100.04", "12万", "1亿2000万", "1.5m", "3k", "¥500", "500元", "(20)" for a negative one.
    UsageError, with the position, for anything else: other currencies, decimal commas, amounts beyond `LARGEST`.
    """
    plain = ascii_twin(text[: _LONGEST + 1])
    if len(plain) > _LONGEST:
        raise UsageError(_("amount too long: write it like 1,100.04, 12万 or 1.5m"), text, _LONGEST)
    sign = _SIGN.match(plain)
    assert sign is not None  # it matches nothing, too
    at = _skip_currency(plain, sign.end(), text, currency)
    negative = sign[1] in ("-", "(")
    if not negative and plain[at : at + 1] == "-":
        negative, at = True, at + 1
    value, at = _value(plain, at, text)
    at = _skip_currency(plain, at, text, currency)
    if sign[1] == "(":
        if plain[at : at + 1] != ")":
            raise _unreadable(text, at)
        at += 1
    if plain[at:].strip():
        raise _unreadable(text, at)
    minor = int((value.scaleb(exponent(currency))).to_integral_value(ROUND_HALF_UP))
    if minor > LARGEST:
        raise UsageError(_("amount too large: {text}").format(text=text.strip()), text, 0)
    return -minor if negative else minor


def bounded(minor: int) -> int:
    """The amount that was computed, as it is; UsageError for one that is beyond `LARGEST`."""
    if abs(minor) > LARGEST:
        raise UsageError(_("amount too large: price × quantity"))
    return minor


def format_amount(minor: int, currency: str) -> str:
    """The amount with thousands separated and the currency's decimals, without its symbol: 110004 CNY is 1,100.04."""
    decimals = exponent(currency)
    whole, part = divmod(abs(minor), 10**decimals)
    sign = "-" if minor < 0 else ""
    return f"{sign}{whole:,}.{part:0{decimals}d}" if decimals else f"{sign}{whole:,}"


def short_amount(minor: int, currency: str) -> str:
    """About how much it is, in four signs or five: 950, 12k, 1.2m, 35m, 1.2b."""
    whole = abs(minor) / 10 ** exponent(currency)
    sign = "-" if minor < 0 else ""
    for size, unit in ((1e9, "b"), (1e6, "m"), (1e3, "k")):
        if whole >= 0.9995 * size:
            part = whole / size
            return f"{sign}{part:.1f}{unit}" if part < 9.95 and size > 1e3 else f"{sign}{part:.0f}{unit}"
    return f"{sign}{whole:.0f}"


def _value(plain: str, at: int, text: str) -> tuple[Decimal, int]:
    """The sum of the parts from `at` on (1亿2000万), each with a smaller unit than the one before, and their end."""
    value, before = Decimal(0), 0
    while part := _PART.match(plain, at):
        number, power, unit = part.groups()
        size = _UNITS[unit.lower()] if unit else 1
        if before and size * 10 > before:  # 3万5 is thirty-five thousand to some; nobody means 30,005
            raise _unreadable(text, at)
        value += Decimal(re.sub("[, '\u00a0\u202f]", "", number) + (power or "")) * size
        before, at = size, part.end()
        if size == 1:
            break
        if before >= 10**4 and plain[at : at + 1].isdigit() and not _unit_follows(plain, at):
            raise _unreadable(text, at)
    if not before:
        raise _unreadable(text, at)
    return value, at


def _unit_follows(plain: str, at: int) -> bool:
    """Whether the part at `at` says its unit, or is written out to four digits (3万5000)."""
    part = _PART.match(plain, at)
    return part is not None and (part[3] is not None or len(part[1]) >= 4)


def _skip_currency(plain: str, at: int, text: str, currency: str) -> int:
    """Where the text goes on after a symbol or code of `currency`; UsageError at one of another currency."""
    found = _CURRENCY.match(plain, at)
    if found is None:
        return at
    symbol = found[0].lower()
    if symbol not in _SYMBOLS and not found[0].isupper() and symbol != currency.lower():
        return at
    if currency.upper() not in _SYMBOLS.get(symbol, (symbol.upper(),)):
        message = _("amounts are in {currency} here, not in {other}")
        raise UsageError(message.format(currency=currency, other=found[0]), text, at)
    at = found.end()
    return at + len(plain[at:]) - len(plain[at:].lstrip())


def _unreadable(text: str, position: int) -> UsageError:
    message = _('cannot read the amount "{text}": write it like 1,100.04, 12万 or 1.5m')
    return UsageError(message.format(text=text.strip()), text, min(position, len(text)))
