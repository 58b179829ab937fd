"""What may follow in the filter bar: the names of fields, then the values of the field at the cursor."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from crm_tui.domain.errors import UsageError
from crm_tui.domain.filters.fields import FIELDS, OWN, SUGGEST, TIER, Field, find, is_name, own_name, written
from crm_tui.domain.filters.nodes import FilterContext, Operator
from crm_tui.domain.filters.readers import Item, Piece, Suggestion, quote
from crm_tui.domain.filters.suggestions import quoted
from crm_tui.domain.filters.syntax import twin
from crm_tui.domain.language import _
from crm_tui.domain.text import fold


class Completion(Struct, frozen=True):
    """`text` takes the place of what stands between `start` and the cursor; `hint` says what it means."""

    start: int
    text: str
    hint: str


def complete(text: str, cursor: int, context: FilterContext) -> list[Completion]:
    """What the word before the cursor may become, in the order of the tables; inside quotes only a field's values."""
    start, opened = _word_start(twin(text), cursor)
    if start is None:
        return []
    if opened is not None:
        return _in_quotes(text, start, opened, cursor, context)
    name, colon, _rest = twin(text)[start:cursor].partition(":")
    if not colon:
        return [Completion(start, f"{known}:", about) for known, about in _names(name, context)]
    try:
        field = find(name, start, text) if is_name(name) else None
    except UsageError:
        field = None
    return _values(field, start + len(name) + 1, text, cursor, context) if field else []


def _names(typed: str, context: FilterContext) -> list[Suggestion]:
    """The fields that begin so, and what they are about; fields of one's own once their beginning is typed."""
    begun = typed.casefold()
    found = [(known, _(FIELDS[known].about)) for known in FIELDS if known.startswith(begun)]
    if begun:
        theirs = [
            (f"{start}{scheme.identifier}", scheme.title) for start in (TIER, SUGGEST) for scheme in context.schemes
        ]
        found += [(known, title) for known, title in theirs if known.startswith(begun)]
    own = own_name(typed)
    if own is not None or (begun and OWN.startswith(begun)):
        found += [(written(OWN + name), _("field of one's own")) for name in context.known("field", own or "")]
    return found


def _values(field: Field, start: int, text: str, cursor: int, context: FilterContext) -> list[Completion]:
    typed = twin(text)[start:cursor]
    start += typed.rfind(",") + 1
    typed = typed[typed.rfind(",") + 1 :]
    ranged = field.ordered and ".." in typed
    if ranged:
        start, typed = start + typed.rfind("..") + 2, typed[typed.rfind("..") + 2 :]
    wanted = fold(typed)
    found = [
        Completion(start, value, hint)
        for value, hint in _offered(field, typed, context)
        if (fold(value.lstrip('"')).startswith(wanted) or (wanted and fold(hint).startswith(wanted)))
        and not (ranged and value.startswith(("<", ">")))
    ]
    return found or _meant(field, typed, start, context)


def _in_quotes(text: str, start: int, opened: int, cursor: int, context: FilterContext) -> list[Completion]:
    """The values that are no words of the language and begin as what stands behind the quotes at `opened`."""
    name = twin(text)[start:cursor].partition(":")[0]
    try:
        field = find(name, start, text) if is_name(name) else None
    except UsageError:
        field = None
    if field is None:
        return []
    typed = text[opened + 1 : cursor]
    values = [(quote(value), "") for value in context.known(field.name, typed)] if field.in_use else []
    values += [pair for pair in field.suggest(context) if pair[0].startswith('"')]
    wanted = quote(fold(typed))[:-1]
    return [Completion(opened, value, hint) for value, hint in values if fold(value).startswith(wanted)]


def _meant(field: Field, typed: str, start: int, context: FilterContext) -> list[Completion]:
    """What the value would be read as: labels in other languages, synonyms."""
    try:
        meant = field.read(Item("", Piece(typed, False, start)), context)
    except UsageError:
        return []
    return [Completion(start, value, hint) for value, hint in field.suggest(context) if meant == (Operator.IS, value)]


def _offered(field: Field, typed: str, context: FilterContext) -> Iterable[Suggestion]:
    """The values in use, then those that are offered anyway."""
    if field.in_use:
        yield from ((quoted(value), "") for value in context.known(field.name, typed))
    yield from field.suggest(context)


def _word_start(read: str, cursor: int) -> tuple[int | None, int | None]:
    """Where the word before the cursor begins, its minus left out, and where the open quotes of a value in it do; no
    beginning inside other quotes or right behind quotes.
    """
    start, opened = 0, None
    for place, character in enumerate(read[:cursor]):
        if character == '"':
            opened = place if opened is None else None
        elif opened is None and (character.isspace() or character in "()"):
            start = place + 1
    while start < cursor and read[start] == "-":
        start += 1
    before = read[start : cursor if opened is None else opened]
    if '"' in before or (opened is not None and (":" not in before or before[-1] not in ":,")):
        return None, None
    return start, opened
