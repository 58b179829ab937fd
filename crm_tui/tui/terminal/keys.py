"""What the terminal sends, cut into keys, escape sequences and pastes; how it was cut into reads makes no difference.

A paste is one token with its control characters removed, so that nothing inside it can become a key.
An escape followed at once by another key is Escape, then that key; an unknown sequence is nothing at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from crm_tui.domain.expressions import expression

ESC = "\x1b"
PASTE_START = "\x1b[200~"
PASTE_END = "\x1b[201~"

PASTE_LIMIT = 1_000_000
"""Characters of one paste that are kept; the rest is dropped."""

SEQUENCE_LIMIT = 4096
"""Characters of an escape sequence after which it is none."""

PATIENCE = 1.0
"""Seconds to wait for the rest of a sequence that nobody can have typed by hand."""

_CONTROL = expression("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_UNFINISHED = expression(r"\x1b(?:O|\[(?:\[|M.{0,2}|[0-?]*[ -/]*))?\Z", re.DOTALL)
_SEQUENCE = expression(
    r"\x1bO[ABCDFHMPQRS]"  # application keys
    r"|\x1b\[\[[A-E]"  # function keys of the Linux console
    r"|\x1b\[M.{3}"  # a mouse that does not know SGR
    r"|\x1b\[[0-?]*[ -/]*[@-~]",
    re.DOTALL,
)


class Typed(Struct, frozen=True):
    """Characters, one key each."""

    text: str


class Sequence(Struct, frozen=True):
    """An escape sequence, whole; a lone ESC is the Escape key."""

    text: str


class Pasted(Struct, frozen=True):
    """A bracketed paste: line ends are `\\n`, of the other control characters only tabs remain."""

    text: str


Token = Typed | Sequence | Pasted


class KeyStream:
    """Cuts decoded text into tokens and holds back what is not complete."""

    def __init__(self, escape_delay: float = 0.1) -> None:
        """`escape_delay` is the time in seconds after which a lone ESC is the Escape key."""
        self._escape_delay = escape_delay
        self._held = ""
        self._paste: list[str] | None = None
        self._room = 0

    @property
    def patience(self) -> float | None:
        """Seconds after which `expire` is to be called if nothing comes; None: nothing is pending."""
        if self._paste is not None or not self._held:
            return None
        return self._escape_delay if len(self._held) < 3 else max(PATIENCE, self._escape_delay)

    def feed(self, text: str) -> Iterator[Token]:
        """The tokens that `text` completes."""
        self._held += text
        while self._held:
            found = self._cut_paste() if self._paste is not None else self._cut()
            if found is None:
                return
            yield from found

    def expire(self) -> Iterator[Token]:
        """The rest did not come: an escape that was pending is the Escape key, a piece of a sequence is nothing."""
        if self._paste is not None:
            return
        held, self._held = self._held, ""
        if held in (ESC, ESC + "[", ESC + "O"):
            yield Sequence(ESC)
            if held[1:]:
                yield Typed(held[1:])

    def _cut(self) -> tuple[Token, ...] | None:
        """Take the first token off what is held; None when more has to come."""
        plain, escape, rest = self._held.partition(ESC)
        if plain:
            self._held = escape + rest
            return (Typed(plain),)
        if _UNFINISHED.match(self._held):
            if len(self._held) <= SEQUENCE_LIMIT:
                return None
            self._held = ""
            return ()
        match = _SEQUENCE.match(self._held)
        sequence = match.group() if match else ESC
        self._held = self._held[len(sequence) :]
        if sequence == PASTE_START:
            self._paste, self._room = [], PASTE_LIMIT
            return ()
        return () if sequence == PASTE_END else (Sequence(sequence),)

    def _cut_paste(self) -> tuple[Token, ...] | None:
        assert self._paste is not None
        inside, end, after = self._held.partition(PASTE_END)
        if not end:
            kept = _overlap(self._held, PASTE_END)
            inside, after = (inside[:-kept], inside[-kept:]) if kept else (inside, "")
        inside = _CONTROL.sub("", inside)[: self._room]
        self._room -= len(inside)
        self._paste.append(inside)
        self._held = after
        if not end:
            return None
        pasted = "".join(self._paste).replace("\r\n", "\n").replace("\r", "\n")
        self._paste = None
        return (Pasted(pasted),)


def _overlap(text: str, mark: str) -> int:
    """How many characters at the end of `text` may be the beginning of `mark`."""
    return next((size for size in range(len(mark) - 1, 0, -1) if text.endswith(mark[:size])), 0)
