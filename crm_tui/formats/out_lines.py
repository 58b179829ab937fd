"""JSON lines out: an object a row, with the keys in the order of the headings; nothing of a text can end its line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import IO, Any

# json leaves these as they are; some readers take them for the end of a line.
_BREAKS = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def write_lines(stream: IO[str], headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Write an object a row, null for None; return the number of rows."""
    encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
    count = 0
    for row in rows:
        line = encode(dict(zip(headings, row, strict=True)))
        stream.write(_BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", line) + "\n")
        count += 1
    return count
