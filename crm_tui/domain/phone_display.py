"""How a stored phone number is shown: in groups, by length alone, so that no list waits for numbering plans."""

from __future__ import annotations

from crm_tui.domain.expressions import expression

_CN_STORED = expression(r"\+86(1[3-9][0-9])([0-9]{4})([0-9]{4})")

# How many digits the country codes have (ITU-T E.164, list of assigned codes): one, two, or else three.
_ONE_DIGIT = ("1", "7")
_TWO_DIGITS = (
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58"
    " 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98"
)
_E164 = expression(r"\+([1-9][0-9]{6,14})")
_GROUPS = {7: (3, 4), 8: (4, 4), 9: (3, 3, 3), 10: (3, 3, 4), 11: (3, 4, 4), 12: (4, 4, 4)}


def display_phone(stored: str) -> str:
    """A stored number as people read it: 138 1234 5678 and 020 8765 4321 for China, with its country code elsewhere.

    What is not in the stored form is given back as it is.
    """
    number, space, extension = stored.partition(" ext ")
    if mobile := _CN_STORED.fullmatch(number):
        return " ".join(mobile.groups()) + space + extension
    return _written(number) + space + extension


def _written(e164: str) -> str:
    """In groups that the eye can hold: by length, not by plan, since lists must not wait for the plans to load."""
    found = _E164.fullmatch(e164)
    if found is None:
        return e164
    digits = found[1]
    length = 1 if digits.startswith(_ONE_DIGIT) else 2 if digits[:2] in _TWO_DIGITS else 3
    code, rest = digits[:length], digits[length:]
    if code == "86":  # area codes of two digits begin with 1 or 2 (Beijing, Shanghai …), the others have three
        area = 2 if rest[0] in "12" else 3
        return " ".join((f"0{rest[:area]}", *_grouped(rest[area:])))
    return " ".join((f"+{code}", *_grouped(rest)))


def _grouped(digits: str) -> list[str]:
    groups: list[str] = []
    for size in _GROUPS.get(len(digits), (len(digits),)):
        groups.append(digits[:size])
        digits = digits[size:]
    return groups
