"""Parts of a customer's card: each is made by the service that knows of it, and shown without knowing what it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """A row of a section: a label, what it says, what is said beside it; `edit` is the command line whose form changes
    it, on the card of its customer; "" for none.
    """

    label: str
    text: str = ""
    note: str = ""
    edit: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the card that one service makes: its name for scripts, a heading, its rows, and the same as records.

    `more` is how many rows beyond those shown there are.
    """

    name: str
    title: str
    rows: tuple[Row, ...] = ()
    records: tuple[dict[str, Any], ...] = ()
    more: int = 0
