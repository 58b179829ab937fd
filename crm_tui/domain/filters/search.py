"""What words find: a rule that an index of trigrams and one of `grams` answer exactly.

    three characters, more  a part of the text ("exact words": blanks included)
    two characters          two Han: a part of the text; else the start of a word
    one character           the start of a word, or a Han character anywhere

The text is `searching.search_text`, names as written and as they sound; a word is an unbroken run of letters
and digits. Three characters and more are also looked for in `searching.reach_text`: mails, WeChat ids, and (of
what looks like a phone number, words in a row too) the digits. Where phone and mail are masked only the names are
searched, for `-words` too: the answer then does not depend on what is hidden.
"""

from __future__ import annotations

import re
from itertools import pairwise

from msgspec import Struct

from crm_tui.domain.expressions import expression
from crm_tui.domain.filters.nodes import Words
from crm_tui.domain.text import fold

SHORT = 3
"""Fewer characters than this are looked up among the grams."""

_PHONE_LIKE = expression(r"[+(]?[0-9][0-9 ()./-]*")
_GROUP = r"[0-9][0-9./-]{0,17}"
_ROW_END = r"(?=[\s()\"]|$)"
_ROW = expression(rf"\+?{_GROUP}(?:\s+{_GROUP}){{1,8}}{_ROW_END}(?!\s+{_GROUP}{_ROW_END})")
_GROUPS = expression(r"\+?[0-9][0-9./-]*(?: [0-9][0-9./-]*)*")
_MOBILE = expression("1[3-9]")
_PHONE, _NUMBER, _LONGEST = 7, 10, 17
"""Digits of the shortest phone number, of one that needs no other sign of being one, of the longest with 00 before."""
_ALL_HAN = expression("[\u4e00-\u9fa5]+")
_NOT_DIGITS = expression(r"[^0-9]+")
_HAN = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x3FFFF), (0xF900, 0xFAFF), (0x3005, 0x3007))


class Search(Struct, frozen=True):
    """What is looked for: `text` in the search text, or any of `reach` in the reach text.

    With `gram` the text is one of the search text's grams, otherwise a part of it; what is sought in the
    reach text is always a part of it, and at least three characters long.
    """

    text: str
    gram: bool
    reach: tuple[str, ...]

    def finds(self, search_text: str, reach_text: str) -> bool:
        """Whether a customer with these texts is found."""
        named = self.text in grams(search_text) if self.gram else self.text in search_text
        return named or any(part in reach_text for part in self.reach)


def search(words: Words) -> Search:
    """How the words are looked up."""
    text = fold(words.text)
    number = dialled(text) if _PHONE_LIKE.fullmatch(text) else ""
    reach = dict.fromkeys(part for part in (text, number) if len(part) >= SHORT)
    return Search(text, len(text) < SHORT, tuple(reach))


def grams(text: str) -> frozenset[str]:
    """The one- and two-character strings that short words are matched with; `text` is folded.

    These are the first one and two characters of each word, every Han character, and every two of them that
    stand together. None holds a blank. Words that are not among their own grams, such as `&`, find nothing.
    """
    found: set[str] = set()
    for word in text.split():
        if word.isascii() and word.isalnum():  # most are: a third of the time of the general case
            found.update((word[0], word[:2]))
        elif _ALL_HAN.fullmatch(word):  # as are most of the others
            found.update(word)
            found.update(map("".join, pairwise(word)))
        else:
            _add_grams(word, found)
    return frozenset(found)


def _add_grams(text: str, found: set[str]) -> None:
    before = " "
    for character, following in pairwise(text + " "):
        starts = character.isalnum() and not before.isalnum()
        han = is_han(character)
        if starts or han:
            found.add(character)
            if following.isprintable() and not following.isspace() and (starts or is_han(following)):
                found.add(character + following)
        before = character


def dialled(number: str) -> str:
    """The digits as numbers are kept, E.164: of a whole one without what is dialled only within a country (0161, (0)),
    or to leave it (00). As any part of a number is looked for, nothing is missed by it.
    """
    found = digits(number.replace("(0)", ""))
    return re.sub("^00?", "", found) if len(found) >= _PHONE else found


def dialled_row(text: str, start: int) -> tuple[int, str] | None:
    """Where words in a row from `start` on that are groups of digits end, and the phone number that they are together,
    one blank between them ("" where they are none); None where no two such words stand.
    """
    found = _ROW.match(text, start)
    if not found:
        return None
    number = " ".join(found[0].split())
    count = len(digits(number))
    whole = count >= _NUMBER or number.startswith(("+", "0")) or bool(_MOBILE.match(number))
    return found.end(), number if _PHONE <= count <= _LONGEST and whole else ""


def are_digits(text: str) -> bool:
    """Whether the words are groups of digits, which beside others might be read as one number."""
    return _GROUPS.fullmatch(text) is not None


def digits(number: str) -> str:
    """The ASCII digits of a phone number, in order."""
    return _NOT_DIGITS.sub("", number)


def is_han(character: str) -> bool:
    """Whether the character is a Chinese one."""
    code = ord(character)
    return 0x4E00 <= code <= 0x9FFF or (code >= 0x3005 and any(low <= code <= high for low, high in _HAN))
