"""Text as it may be kept and shown: what passed `clean` holds no character that steers a terminal.

Three forms of a text, each in time linear in its length: `clean` (to keep), `ascii_twin` (keys, filters and commands
typed with a Chinese input method on), `fold` (to search by). Marks are counted before anything is normalised, because
sorting an endless run of them is what makes normalisation slow.
"""

from __future__ import annotations

import unicodedata

from crm_tui.domain.expressions import expression

#: The longest text that `clean` keeps unless told otherwise, in characters.
LIMIT = 10_000

#: The most combining marks that one base character keeps; scripts in use need three.
MARKS = 4

# Letters, digits and punctuation that hold no mark and are in NFC by themselves: almost all names and notes.
_PLAIN = expression("[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u3001-\u3029\u4e00-\u9fff\uff01-\uff9d]*")

_BREAKS = expression("\r\n|[\n\v\f\r\x85\u2028\u2029]")

# Controls (C0, C1), lone surrogates, what turns the direction of writing, and what is invisible and means nothing.
_DROPPED = expression(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]"
)

_TWINS = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | dict(zip("\u3000、。《》“”‘’【】「」", " /.<>\"\"''[]{}", strict=True))
)


def clean(text: str, limit: int = LIMIT, multiline: bool = False) -> str:
    """The text as it may be kept: NFC, trimmed, at most `limit` characters.

    Controls, lone surrogates and marks that turn the direction of writing are dropped; a line break becomes a space
    (kept as a newline if `multiline`), a tab always a space; of the marks on one character the first four stay.
    """
    if not _PLAIN.fullmatch(text):
        text = _BREAKS.sub("\n" if multiline else " ", text).replace("\t", " ")
        text = few_marks(unicodedata.normalize("NFC", few_marks(_DROPPED.sub("", text))))
        text = text[_first_base(text) :]
    return text.strip()[:limit].rstrip()


def ascii_twin(text: str) -> str:
    """The text with full-width letters, digits and punctuation as the ASCII keys that an input method makes them from.

    Character for character, so that positions in the result are positions in the text.
    """
    return text if text.isascii() else text.translate(_TWINS)


def fold(text: str) -> str:
    """The form that searching compares: NFKC, without case."""
    if text.isascii():
        return text.lower()
    if not _PLAIN.fullmatch(text):
        text = few_marks(text)
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def few_marks(text: str) -> str:
    """The text with at most four combining marks in a row."""
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MARKS:
            kept.append(character)
    return "".join(kept)


def is_mark(character: str) -> bool:
    """Whether the character is a mark on the one before it."""
    return unicodedata.category(character)[0] == "M"


def _first_base(text: str) -> int:
    """Where the text begins once spaces and marks that sit on nothing are left off."""
    for position, character in enumerate(text):
        if not character.isspace() and unicodedata.category(character) not in ("Mn", "Me"):
            return position
    return len(text)
