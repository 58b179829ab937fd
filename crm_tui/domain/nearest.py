"""The word that someone probably meant."""

from __future__ import annotations

from collections.abc import Iterable

from crm_tui.domain.language import _


def nearest(word: str, known: Iterable[str]) -> str:
    """`: did you mean X?` for the known word most like `word`; empty when none is like it."""
    from difflib import get_close_matches

    found = get_close_matches(word.casefold(), list(known), n=1, cutoff=0.5)
    return _(": did you mean {word}?").format(word=found[0]) if found else ""
