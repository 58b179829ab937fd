"""How the values of a field are read: each reader turns one typed item into an operator and a value.

What a reader refuses it refuses with a UsageError whose position counts from the start of the item's first value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from crm_tui.domain.errors import UsageError
from crm_tui.domain.filters import spans
from crm_tui.domain.filters.nodes import FilterContext, Operator, Span, Value
from crm_tui.domain.filters.search import dialled
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.schemes import Scheme, Tier, find_tier
from crm_tui.domain.stages import Choice, pick, stage
from crm_tui.domain.text import fold

LONG = 40
"""More characters of a misspelt name are not compared with the known ones, which takes time in their square."""


class Piece(Struct, frozen=True):
    """One value as typed: its text, whether that stood in quotes, and where it begins in the whole filter."""

    text: str
    quoted: bool
    position: int


class Item(Struct, frozen=True):
    """One element of a list of values: `low`, `<low`, or (where `ranged`) `low..high` with one end open at most."""

    operator: str
    low: Piece | None
    high: Piece | None = None
    ranged: bool = False

    @property
    def position(self) -> int:
        """Where its first value begins in the whole filter."""
        first = self.low or self.high
        return first.position if first else 0

    @property
    def piece(self) -> Piece:
        """The only value of an item that is no range."""
        assert self.low is not None
        return self.low


def quote(text: str) -> str:
    """The text as a quoted value or as exact words."""
    return '"' + text.replace('"', '""') + '"'


Reading = tuple[Operator, Value]
Reader = Callable[[Item, FilterContext], Reading]
Suggestion = tuple[str, str]
"""A value as it may be typed, quotes and all, and what it means in the reader's language."""
Choices = Mapping[str, tuple[Value, tuple[str, ...], str]]
"""A closed list: each word with its value (None: any), its synonyms, and what it means."""


def _is(value: Value) -> Reading:
    return Operator.IS, value


def reserved(item: Item) -> Reading | None:
    """What `any`, `empty` and `none` mean; in quotes they are ordinary values."""
    if item.operator or item.ranged or item.piece.quoted:
        return None
    word = item.piece.text.casefold()
    if word == "any":
        return Operator.PRESENT, None
    return _is(None) if word in ("none", "empty") else None


def or_none(read: Reader) -> Reader:
    """The reader of a field that may be empty."""

    def reading(item: Item, context: FilterContext) -> Reading:
        return reserved(item) or read(item, context)

    return reading


def read_stage(item: Item, context: FilterContext) -> Reading:
    """A stage, by any of its names."""
    return _is(stage(item.piece.text).identifier)


def read_tier(item: Item, context: FilterContext) -> Reading:
    """A tier of any scheme."""
    text = item.piece.text
    tier = _exact_tier(text, context) or _meant_tier(text, context)
    return _is(tier.identifier)


def _exact_tier(text: str, context: FilterContext) -> Tier | None:
    """An identifier in any scheme comes before a label's beginning in another."""
    tiers = (tier for scheme in context.schemes for tier in scheme.tiers)
    return next((tier for tier in tiers if tier.identifier.casefold() == text.casefold()), None)


def _meant_tier(text: str, context: FilterContext) -> Tier:
    refusals: list[UsageError] = []
    for scheme in context.schemes:
        try:
            return find_tier(scheme, text)
        except UsageError as error:
            refusals.append(error)
    raise refusals[0] if refusals else UsageError(_("no scheme has tiers"), text, 0)


def tier_of(scheme: str) -> Reader:
    """A reader of the tiers of one scheme, by any of their names; of a scheme that there is not it refuses all."""

    def read(item: Item, context: FilterContext) -> Reading:
        text = item.piece.text
        return _is(find_tier(_known_scheme(scheme, text, context), text).identifier)

    return read


def under(scheme: str, inner: Reader) -> Reader:
    """A reader of what is said of one scheme; of a scheme that there is not it refuses all."""

    def read(item: Item, context: FilterContext) -> Reading:
        _known_scheme(scheme, item.piece.text, context)
        return inner(item, context)

    return read


def _known_scheme(scheme: str, text: str, context: FilterContext) -> Scheme:
    known = next((one for one in context.schemes if one.identifier == scheme), None)
    if known is None:
        names = ", ".join(one.identifier for one in context.schemes)
        message = _('there is no scheme "{text}": {names}')
        raise UsageError(message.format(text=scheme, names=names), text, 0)
    return known


def read_scheme(item: Item, context: FilterContext) -> Reading:
    """A scheme, by its identifier or label."""
    text = item.piece.text
    found = pick(text, ((scheme.identifier, (scheme.title,)) for scheme in context.schemes))
    if found is None:
        names = ", ".join(scheme.identifier for scheme in context.schemes)
        message = _('%(field)s "%(text)s" is not one of %(names)s')
        raise UsageError(message % {"field": "scheme", "text": text, "names": names}, text, 0)
    return _is(found)


def read_user(item: Item, context: FilterContext) -> Reading:
    """A user, by login; `me` is oneself."""
    piece = item.piece
    if piece.text.casefold() == "me" and not piece.quoted:
        return _is(context.user_id)
    found = context.users.get(piece.text)
    if found is None:
        found = {login.casefold(): user for login, user in context.users.items()}.get(piece.text.casefold())
    if found is None:
        problem = _('no user has the login "%(text)s"') % {"text": piece.text}
        raise UsageError(problem + nearest(piece.text[:LONG], context.users), piece.text, 0)
    return _is(found)


def read_pool(item: Item, context: FilterContext) -> Reading:
    """A public pool, by name."""
    piece = item.piece
    names = {fold(name): name for name in context.pools}
    if fold(piece.text) not in names:
        problem = _('no pool is called "%(text)s"') % {"text": piece.text}
        raise UsageError(problem + nearest(piece.text[:LONG], context.pools), piece.text, 0)
    return _is(names[fold(piece.text)])


def read_same(item: Item, context: FilterContext) -> Reading:
    """Equality without case; a `*` at the end asks for the beginning only, and alone for any value."""
    return _beginning(item.piece) or _is(_folded(item.piece))


def read_part(item: Item, context: FilterContext) -> Reading:
    """A part of a text, without case; a `*` at the end asks for the beginning, and alone for any value."""
    return _beginning(item.piece) or (Operator.CONTAINS, _folded(item.piece))


def _beginning(piece: Piece) -> Reading | None:
    if piece.quoted or not piece.text.endswith("*"):
        return None
    start = fold(piece.text[:-1])
    return (Operator.STARTS, start) if start else (Operator.PRESENT, None)


def _folded(piece: Piece) -> str:
    text = fold(piece.text)
    if not text.strip():
        raise UsageError(_("there is nothing to look for in these quotes"), piece.text, 0)
    return text


def read_phone(item: Item, context: FilterContext) -> Reading:
    """Digits of a phone number, as it is shown or dialled."""
    number = dialled(item.piece.text)
    if not number:
        problem = _('"%(text)s" has no digits to look for in phone numbers')
        raise UsageError(problem % {"text": item.piece.text}, item.piece.text, 0)
    return Operator.CONTAINS, number


def one_of(field: str, choices: Choices) -> Reader:
    """A reader of the words of a closed list; a unique beginning is enough, with or without a `*`."""

    def read(item: Item, context: FilterContext) -> Reading:
        text = item.piece.text
        found = pick(text.removesuffix("*"), ((word, synonyms) for word, (_value, synonyms, _hint) in choices.items()))
        if found is None:
            values = {"field": field, "text": text, "names": ", ".join(choices)}
            raise UsageError(_('%(field)s "%(text)s" is not one of %(names)s') % values, text, 0)
        value = choices[found][0]
        return (Operator.PRESENT, None) if value is None else _is(value)

    return read


def _ordered(stretch: Callable[[str, FilterContext], spans.Stretch]) -> Reader:
    """A reader of comparisons and ranges of what `stretch` reads."""

    def read(item: Item, context: FilterContext) -> Reading:
        ends = [_end(piece, item.position, context) for piece in (item.low, item.high)]
        if not item.ranged:
            assert ends[0] is not None
            return Operator.WITHIN, spans.compare(item.operator, ends[0])
        return Operator.WITHIN, spans.between(ends[0], ends[1])

    def _end(piece: Piece | None, start: int, context: FilterContext) -> spans.Stretch | None:
        try:
            return stretch(piece.text, context) if piece else None
        except UsageError as error:
            offset = (piece.position if piece else start) - start
            raise UsageError(str(error), error.text, offset + (error.position or 0)) from error

    return read


def _without_hours(read: Reader) -> Reader:
    def guarded(item: Item, context: FilterContext) -> Reading:
        if item.low and not item.operator and not item.ranged and spans.hours(item.low.text):
            raise UsageError(_("hours want a comparison: <%s") % item.low.text, item.low.text, 0)
        return read(item, context)

    return guarded


read_number = _ordered(lambda text, context: spans.number(text))
read_money = _ordered(lambda text, context: spans.money(text, context.currency))
read_percent = _ordered(lambda text, context: spans.percent(text))
read_decimal = _ordered(lambda text, context: spans.decimal(text))
read_day = _ordered(lambda text, context: spans.day(text, context.now))
read_past_day = _ordered(lambda text, context: spans.past_day(text, context.now))
read_moment = _without_hours(_ordered(lambda text, context: spans.moment(text, context.now)))
read_age = _without_hours(_ordered(lambda text, context: spans.days_or_moment(text, context.now)))
_read_either = _ordered(lambda text, context: spans.number_or_day(text))


def or_word(word: str, value: Value, read: Reader) -> Reader:
    """The reader of a field that has a word of its own; in quotes it is an ordinary value."""

    def reading(item: Item, context: FilterContext) -> Reading:
        plain = not item.operator and not item.ranged and not item.piece.quoted
        return _is(value) if plain and item.piece.text.casefold() == word else read(item, context)

    return reading


def read_id(item: Item, context: FilterContext) -> Reading:
    """Ids, and ranges of them."""
    operator, span = read_number(item, context)
    if item.operator or item.ranged:
        return operator, span
    assert isinstance(span, Span)
    return _is(span.low)  # type: ignore[arg-type]


def read_due(item: Item, context: FilterContext) -> Reading:
    """A day, or `overdue`."""
    if item.ranged or item.piece.text.casefold() != "overdue":
        return read_day(item, context)
    if item.operator:
        raise UsageError(_("overdue takes no comparison: write due:overdue"), item.piece.text, 0)
    return Operator.WITHIN, Span(None, context.now.date())


def read_own(item: Item, context: FilterContext) -> Reading:
    """Of a field of one's own a part of its text, or a comparison as a number or a whole day."""
    return _read_either(item, context) if item.operator or item.ranged else read_part(item, context)


def choices_of(choices: Iterable[Choice]) -> Choices:
    """A closed list of the profile as one of values."""
    return {one.identifier: (one.identifier, (one.label, *one.synonyms), one.label) for one in choices}
