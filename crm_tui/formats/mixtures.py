"""Lines that are UTF-8 inside a file of another encoding: told by sequences that such text has by chance next to never.

Two short Chinese characters of GBK can be valid UTF-8 by chance, so one such line decides only where it reads better.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crm_tui.formats import encodings

_LONG = re.compile(rb"[\xe1-\xef][\x80-\xbf][\x80-\xbf]")
_LETTER = re.compile(rb"[\xc2\xc3][\x80-\xbf]|" + _LONG.pattern)
_MANY = 4
"""Characters of three bytes in a line that are no chance: 1 line in 10^11 of GBK has them."""
_ENOUGH = 6
"""Such characters in all, of lines with fewer."""
_CLEAR = 0.5
"""By how much the better reading of a short line must be the more usual one."""


class Mixture:
    """What was seen of lines in UTF-8 so far, in a file that is in the encoding `name`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._sign = _LETTER if name.startswith(("cp125", "latin", "iso8859")) else _LONG
        self._seen = 0

    def found(self, block: bytes) -> int | None:
        """Where in the block (of whole lines) the first line in UTF-8 begins, once that is beyond doubt."""
        for start, line in _lines(block, self._sign):
            text = _utf_8(line)
            if text is None:
                continue
            long = sum(1 for character in text if character > "\u07ff")
            if self._is_clear(line, text, long):
                return start
        return None

    def _is_clear(self, line: bytes, text: str, long: int) -> bool:
        if self._sign is _LETTER and any(character in encodings.LATIN for character in text):
            return True
        if long < 2:
            return False
        gain = encodings.usual(text) - encodings.score(line, self._name)
        if gain <= 0:
            return False
        self._seen += long
        return long >= _MANY or gain >= _CLEAR or self._seen >= _ENOUGH


def _lines(block: bytes, sign: re.Pattern[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines in which the sign is, and where each begins."""
    at = 0
    while found := sign.search(block, at):
        start = max(block.rfind(end, 0, found.start()) for end in (b"\n", b"\r")) + 1
        ends = [place for end in (b"\n", b"\r") if (place := block.find(end, found.end())) >= 0]
        at = min(ends, default=len(block))
        yield start, block[start:at]


def _utf_8(line: bytes) -> str | None:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


def mostly_utf_8(head: bytes, name: str) -> bool:
    """Whether most lines beyond ASCII of a file's head are UTF-8, and clearly so, though not all of them are."""
    lines = [line for line in head.splitlines() if not line.isascii()]
    seen = Mixture(name)
    return sum(seen.found(line) is not None for line in lines) * 2 > len(lines)
