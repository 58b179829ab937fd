"""Phone numbers: one number is kept in one form, E.164 and, where there is one, the extension.

Mobiles of mainland China, the most of what is typed, are read without the library of the world's numbering
plans, which is loaded for the first number that needs it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from crm_tui.domain.text import ascii_twin


@dataclass(frozen=True)
class Phone:
    """A number in E.164 and its extension, digits only. Its text is what is stored: "+862087654321 ext 8021"."""

    e164: str
    extension: str = ""

    def __str__(self) -> str:
        return f"{self.e164} ext {self.extension}" if self.extension else self.e164


_LONGEST = 60
_SPACING = str.maketrans("", "", " \t-.()[]\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
_CN_MOBILE = re.compile(r"(\+86|0086|86)?0?(1[3-9][0-9]{9})")
_LABEL = re.compile(r"^[^\d+(:]{1,20}:\s*")
_EXTENSION = re.compile(
    r"(?<=[\d)])[\s,]*(?:转|轉|分机|分機|内线|內線|;ext=|ext(?:ension|n)?\b\.?|x|#)\s*[:.]?\s*([0-9]{1,8})\s*\)?",
    re.IGNORECASE,
)
_CN_SWITCHBOARD = re.compile(
    r"((?:(?:\+|00)86[\s-]*)?\(?0?(?:10|2[0-9]|[3-9][0-9]{2})\)?[\s-]*[2-9][0-9]{6,7})-([0-9]{1,6})"
)
_NUMBER = re.compile(r"\+?[0-9][0-9 ]*")
_EXCEL = re.compile(r"\+?([0-9]{7,15})\.0+")
_EXCEL_POWER = re.compile(r"\+?[0-9]\.[0-9]{6,14}E\+?(?:[0-9]|1[0-4])", re.IGNORECASE)
_HALF_WIDTH = str.maketrans("；，／｜", ";,/|")
_BETWEEN = re.compile(r"[/;,、|\n]|\s或\s?|\s{2,}")


@lru_cache(maxsize=4096)
def parse_phone(text: str, region: str = "CN") -> Phone | None:
    """The number in `text`, dialled from `region` (ISO 3166) where it names no country; None if it is not one number.

    Understood beside all ways to write a number: extensions (转8021, ext. 21, x21, #21, -8021 after a landline), a
    label before it (电话：), and what spreadsheets make of numbers (13812345678.0, 1.3812345678E+10).
    """
    if len(text) > _LONGEST:
        return None
    text = _plain_digits(ascii_twin(text).strip().lstrip("'").lstrip())
    if mobile := _cn_mobile(text, region):
        return mobile
    text = _LABEL.sub("", text, count=1) if ":" in text else text
    number, extension = _split_extension(text, region)
    return _cn_mobile(number, region, extension) or _elsewhere(number, region, extension)


def phones_in(text: str, region: str = "CN") -> tuple[Phone, ...]:
    """The numbers in a cell that may hold several (`/`, `;`, `,`, `、` or spaces between them), each once, in order."""
    if whole := parse_phone(text, region):
        return (whole,)
    parts = _BETWEEN.split(text[:1000].translate(_HALF_WIDTH))
    return tuple(dict.fromkeys(phone for part in parts for phone in _spaced(part.strip(), region)))


def _spaced(text: str, region: str) -> list[Phone]:
    """The number in `text`, or the numbers in its words if it is none as a whole."""
    if phone := parse_phone(text, region):
        return [phone]
    return [phone for word in text.split() if len(word) > 6 and (phone := parse_phone(word, region))]


def _plain_digits(text: str) -> str:
    """The text, or the whole number that a spreadsheet wrote as a decimal or a power of ten."""
    if decimal := _EXCEL.fullmatch(text):
        return decimal[1]
    if _EXCEL_POWER.fullmatch(text):
        try:
            value = Decimal(text)
        except InvalidOperation:
            return text
        return str(int(value)) if value == value.to_integral_value() else text
    return text


def _cn_mobile(text: str, region: str, extension: str = "") -> Phone | None:
    found = _CN_MOBILE.fullmatch(text.translate(_SPACING))
    if found is None or not (region == "CN" or (found[1] and text.lstrip("( ")[0] in "+0")):
        return None
    return Phone("+86" + found[2], extension)


def _split_extension(text: str, region: str) -> tuple[str, str]:
    for found in _EXTENSION.finditer(text):
        if found.end() == len(text):
            return text[: found.start()], found[1]
    if region == "CN" or text.startswith(("+86", "0086")):
        switchboard = _CN_SWITCHBOARD.fullmatch(text)
        if switchboard:
            return switchboard[1], switchboard[2]
    return text, ""


def _elsewhere(text: str, region: str, extension: str) -> Phone | None:
    """A number by the world's numbering plans; one with a country code need only be possible, since plans change."""
    digits = text.translate(_SPACING)
    if not _NUMBER.fullmatch(digits) or not 5 <= len(digits) <= 20:
        return None
    import phonenumbers

    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    international = digits[0] == "+"
    if not (phonenumbers.is_possible_number(number) if international else phonenumbers.is_valid_number(number)):
        return None
    return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), extension)
