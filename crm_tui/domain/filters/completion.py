"""What may follow in the filter bar: the names of fields, then the values of the field at the cursor."""

from __future__ import annotations

from dataclasses import dataclass

from crm_tui.domain.filters.fields import FIELDS, Field
from crm_tui.domain.filters.nodes import FilterContext
from crm_tui.domain.filters.syntax import twin
from crm_tui.domain.language import _
from crm_tui.domain.text import fold


@dataclass(frozen=True, slots=True)
class Completion:
    """`text` takes the place of what stands between `start` and the cursor; `hint` says what it means."""

    start: int
    text: str
    hint: str


def complete(text: str, cursor: int, context: FilterContext) -> list[Completion]:
    """What the word before the cursor may become, in the order of the tables; nothing inside quotes."""
    start = _word_start(twin(text), cursor)
    if start is None:
        return []
    name, colon, _rest = twin(text)[start:cursor].partition(":")
    field = FIELDS.get(name.casefold())
    if not colon:
        typed = name.casefold()
        return [Completion(start, f"{known}:", _(FIELDS[known].about)) for known in FIELDS if known.startswith(typed)]
    return _values(field, start + len(name) + 1, text, cursor, context) if field else []


def _values(field: Field, start: int, text: str, cursor: int, context: FilterContext) -> list[Completion]:
    typed = twin(text)[start:cursor]
    start += typed.rfind(",") + 1
    typed = typed[typed.rfind(",") + 1 :]
    ranged = field.ordered and ".." in typed
    if ranged:
        start, typed = start + typed.rfind("..") + 2, typed[typed.rfind("..") + 2 :]
    wanted = fold(typed)
    return [
        Completion(start, value, hint)
        for value, hint in field.suggest(context)
        if (fold(value).startswith(wanted) or (wanted and fold(hint).startswith(wanted)))
        and not (ranged and value.startswith(("<", ">")))
    ]


def _word_start(read: str, cursor: int) -> int | None:
    """Where the word before the cursor begins, its minus left out; None inside or right behind quotes."""
    start, within = 0, False
    for place, character in enumerate(read[:cursor]):
        if character == '"':
            within = not within
        elif not within and (character.isspace() or character in "()"):
            start = place + 1
    if within or '"' in read[start:cursor]:
        return None
    while start < cursor and read[start] == "-":
        start += 1
    return start
