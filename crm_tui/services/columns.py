"""The columns that are chosen for a list: what is typed to choose them, and what is read for them.

What a column needs beside the row that every list reads is read for the rows shown only, and only where it is chosen.
Masked fields stay masked, and sensitive ones have no column: a list is not the customer's card (DOMAIN §7, §4 P15).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.text import ascii_twin
from crm_tui.services import lists
from crm_tui.services.column_table import COLUMNS, MASK, SHORT, Column, Row, Viewer, viewer
from crm_tui.services.session import Session
from crm_tui.store import lists as store

FIELD = "field."
"""What stands before the name of a field of the profile, or of one's own."""
_OWN = "x."
_COMMAS = str.maketrans("，、", ",,")
_WIDEST = 200
_MOST = 60
"""Columns of one list."""


class Chosen(Struct, frozen=True):
    """A column that was asked for, and its width in cells (0: as wide as it is by itself)."""

    column: Column
    width: int = 0

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column.name

    def __str__(self) -> str:
        return f"{self.name}:{self.width}" if self.width else self.name


def read(text: str) -> tuple[Chosen, ...]:
    """The columns of `name:30, tier, stage`, with commas or blanks between them; UsageError at the word that is wrong.

    Nothing for an empty text.
    """
    found: list[Chosen] = []
    at = 0
    listed = text.translate(_COMMAS)
    for part in listed.split(",") if "," in listed else text.split():
        word = part.strip()
        at = text.index(word, at)
        if word:
            found.append(_one(word, text, at))
        at += len(word)
    _check(found, text)
    return tuple(found)


def together(words: Iterable[Sequence[Chosen]]) -> tuple[Chosen, ...]:
    """The columns of several words; UsageError for one that is there twice."""
    found = [chosen for word in words for chosen in word]
    try:
        _check(found, "")
    except UsageError as error:
        names = [chosen.name for chosen in found]
        raise UsageError(str(error), next((name for name in reversed(names) if names.count(name) > 1), ""), 0) from None
    return tuple(found)


def word(text: str) -> tuple[Chosen, ...]:
    """The columns of one word, which may hold blanks: `field.Route no:12`, or `name,tier`."""
    return read(text if "," in text.translate(_COMMAS) else f"{text},")


def written(chosen: Sequence[Chosen]) -> str:
    """The text from which `read` reads them."""
    text = ",".join(str(one) for one in chosen)
    return f"{text}," if len(chosen) == 1 and " " in text else text


def _check(found: Sequence[Chosen], text: str) -> None:
    names = [chosen.name for chosen in found]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise UsageError(_("the column {name} is there twice").format(name=double), text, text.rfind(double))
    if len(found) > _MOST:
        raise UsageError(_("{n} columns are too many: {most} at most").format(n=len(found), most=_MOST), text, 0)


def _one(word: str, text: str, at: int) -> Chosen:
    name, colon, size = ascii_twin(word).rpartition(":")
    if not colon or (name.startswith((FIELD, _OWN)) and not size.isdecimal()):
        return Chosen(_column(word, text, at))
    if not (size.isascii() and size.isdigit() and 1 <= int(size[:9]) <= _WIDEST):
        message = _('"{size}" is no width: 1 to {most} cells, as in name:30').format(size=size, most=_WIDEST)
        raise UsageError(message, text, at + len(name) + 1)
    return Chosen(_column(word[: len(name)], text, at), int(size))


def _column(name: str, text: str, at: int) -> Column:
    folded = ascii_twin(name).casefold()
    found = COLUMNS.get(SHORT.get(folded, folded))
    if found is not None:
        return found
    if folded.startswith((FIELD, _OWN)):
        return _field(name, folded, text, at)
    names = [*COLUMNS, *SHORT, *(FIELD + known for known in _fields())]
    message = _('there is no column "{name}"{hint}').format(name=name, hint=nearest(folded[:40], names))
    raise UsageError(message, text, at)


def _fields() -> list[str]:
    """The fields of profiles that a list may show and that have no column of their own."""
    from crm_tui.domain.profile_fields import FIELDS

    return [field.identifier for field in FIELDS if not (field.column or field.sensitive)]


def _field(name: str, folded: str, text: str, at: int) -> Column:
    """The column of a field of the profile, or of one's own; UsageError for one that no list shows."""
    from crm_tui.domain.profile_fields import FIELD as FIELDS

    own = folded.startswith(_OWN)
    identifier = name.partition(".")[2].strip()
    known = FIELDS.get(identifier.casefold())
    if known is not None and known.sensitive:
        message = _("{field} is shown on the customer's card only").format(field=known.title)
        raise UsageError(message, text, at)
    if known is not None and known.column:
        return COLUMNS[known.identifier]
    if known is not None:
        return _profile(known.identifier, known.title)
    if not identifier or (not own and (hint := _misspelt(identifier))):
        message = _('there is no field "{name}"{hint}; a field of your own is x.{name}')
        raise UsageError(message.format(name=identifier, hint=hint if identifier else ""), text, at)
    return _custom(identifier)


def _misspelt(identifier: str) -> str:
    """The hint at the field that is meant, where it is very likely to be one."""
    from difflib import get_close_matches

    near = get_close_matches(identifier.casefold()[:40], _fields(), n=1, cutoff=0.8)
    return nearest(near[0], near) if near else ""


def _profile(identifier: str, title: str) -> Column:
    from crm_tui.domain.profile import as_typed, format_value

    def cell(row: Row, viewer: Viewer) -> str:
        stored = (row.get("fields") or {}).get(identifier)
        return format_value(identifier, str(stored)) if stored else ""

    def value(row: Row, viewer: Viewer) -> Any:
        stored = (row.get("fields") or {}).get(identifier)
        return as_typed(identifier, str(stored)) if stored else None

    return Column(FIELD + identifier, title, 12, 1, cell, value, "fields")


def _custom(identifier: str) -> Column:
    """A field of one's own, which may hold a number to call: masked as that is."""

    def value(row: Row, viewer: Viewer) -> Any:
        return None if viewer.hides(row) else (row.get("fields") or {}).get(identifier)

    def cell(row: Row, viewer: Viewer) -> str:
        return MASK if viewer.hides(row) else str(value(row, viewer) or "")

    return Column(_OWN + identifier, identifier, 12, 1, cell, value, "fields")


def offered() -> list[tuple[str, str]]:
    """What may be typed for a column, and what it means."""
    from crm_tui.domain.profile_fields import FIELD as FIELDS

    return [
        *((column.name, column.title) for column in COLUMNS.values()),
        *((short, COLUMNS[name].title) for short, name in SHORT.items()),
        *((FIELD + name, FIELDS[name].title) for name in _fields()),
    ]


# -- what is read


def rows(
    session: Session, ids: Sequence[int], chosen: Sequence[Chosen] = (), *, pooled: bool = False
) -> dict[int, dict[str, Any]]:
    """What lists show of these customers, by id, with what the chosen columns want beside it.

    `pooled` reads what a pool's list shows in any case.
    """
    wanted = {one.column.more for one in chosen} - {""}
    if pooled or "pool" in wanted:
        from crm_tui.services import pool_rows

        found = pool_rows.rows(session, ids)
    else:
        found = lists.rows(session, ids)
    _read_words(session, found, wanted)
    beside = sorted(wanted - {"pool", "words"})
    if beside:
        _read_beside(session, found, beside)
    return found


def _read_words(session: Session, found: dict[int, dict[str, Any]], wanted: set[str]) -> None:
    if "words" not in wanted:
        return
    from crm_tui.services import interactions

    for key, (__, channel, note, __who) in interactions.last_words(session, list(found)).items():
        found[key]["words"] = note or channel


def _read_beside(session: Session, found: dict[int, dict[str, Any]], names: Sequence[str]) -> None:
    looks = viewer(session)
    for key, values in store.more(session.database, list(found), names).items():
        row = found[key]
        row.update(zip(names, values, strict=True))
        if "fields" in row:
            import json

            row["fields"] = json.loads(row["fields"] or "{}")
        if looks.hides(row):
            row["note"] = None


def values(session: Session, row: dict[str, Any], chosen: Sequence[Chosen]) -> dict[str, Any]:
    """The chosen columns of a row as `list --json` prints them: stable keys, ISO 8601 times with their zone."""
    known, looks = lists.record(session, row), viewer(session)
    return {
        one.name: known[one.name] if one.column.value is None else one.column.value(row, looks) for one in chosen
    }
