"""What of a customer is searchable: one text of names as they are written and as they sound, one of ways to reach it.

They are kept apart because names of pool customers may be seen by people who may not see their phones and mails.
"""

from __future__ import annotations

from collections.abc import Iterable

from crm_tui.domain.names import pinyin
from crm_tui.domain.text import fold


def search_text(names: Iterable[str]) -> str:
    """The folded names, each also in full pinyin and initials, one a line."""
    parts: list[str] = []
    for name in names:
        parts.append(fold(name))
        parts.extend(pinyin(name))
    return "\n".join(dict.fromkeys(parts))


def reach_text(phones: Iterable[str], others: Iterable[str]) -> str:
    """Phone numbers as bare digits, then mails and WeChat ids folded, one a line."""
    parts = ["".join(c for c in phone if c.isdigit()) for phone in phones]
    parts.extend(fold(other) for other in others)
    return "\n".join(part for part in dict.fromkeys(parts) if part)
