"""What is sold: under which key two spellings of a product's name are one product."""

from __future__ import annotations

import unicodedata

from crm_tui.domain.text import clean

LONGEST = 200
"""Characters of a product's name that are kept."""


def name_of(text: str) -> str:
    """The name as it is kept: one line, without blanks around it; "" for none."""
    return " ".join(clean(text, limit=LONGEST).split())


def name_key(text: str) -> str:
    """What is the same for all spellings of a name: NFKC, casefolded, without spaces, so that GTXPro is GTX Pro.

    "" for a text that names nothing.
    """
    folded = unicodedata.normalize("NFKC", name_of(text)).casefold()
    return "".join(unicodedata.normalize("NFKC", folded).split())
