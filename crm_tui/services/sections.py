"""Parts of a customer's card: each is made by the service that knows of it, and shown without knowing what it is."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Row(Struct, frozen=True):
    """A row of a section: a label, what it says, what is said beside it; `edit` is the command line whose form changes
    it, on the card of its customer; "" for none.
    """

    label: str
    text: str = ""
    note: str = ""
    edit: str = ""


class Section(Struct, frozen=True):
    """A part of the card that one service makes: its name for scripts, a heading, its rows, and the same as records.

    `more` is how many rows beyond those shown there are.
    """

    name: str
    title: str
    rows: tuple[Row, ...] = ()
    records: tuple[dict[str, Any], ...] = ()
    more: int = 0
