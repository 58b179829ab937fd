"""The lines of which cards and calendars consist (RFC 2425, 5545): ended by CRLF, folded at 75 bytes, never inside a
character.
"""

from __future__ import annotations

_LONGEST = 75


def line(name: str, value: str) -> bytes:
    """The line of a property; the value is escaped already."""
    data = f"{name}:{value}".encode("utf-8", "replace")
    if len(data) <= _LONGEST:
        return data + b"\r\n"
    parts = []
    start, room = 0, _LONGEST
    while start < len(data):
        end = min(start + room, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:  # a byte that goes on with a character
            end -= 1
        parts.append(data[start:end])
        start, room = end, _LONGEST - 1  # of the blank with which a line goes on
    return b"\r\n ".join(parts) + b"\r\n"


def escape(text: str) -> str:
    """The text as a value, its line ends, commas and semicolons taken literally."""
    found = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return found.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")
