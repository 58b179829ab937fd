"""The fields of the filter language: one table, from which reading, completion and suggestions come.

A reader turns one typed item into an operator and a value; what it refuses it refuses with a UsageError whose
position counts from the start of the item's first value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from crm_tui.domain.errors import UsageError
from crm_tui.domain.filters import spans
from crm_tui.domain.filters.nodes import FilterContext, Operator, Span, Value
from crm_tui.domain.filters.search import digits
from crm_tui.domain.language import N_, _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.schemes import Tier, find_tier
from crm_tui.domain.stages import STAGES, pick, stage
from crm_tui.domain.text import fold

LONG = 40
"""More characters of a misspelt name are not compared with the known ones, which takes time in their square."""

@dataclass(frozen=True, slots=True)
class Piece:
    """One value as typed: its text, whether that stood in quotes, and where it begins in the whole filter."""

    text: str
    quoted: bool
    position: int


@dataclass(frozen=True, slots=True)
class Item:
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


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its name, what it is about, how an item of it is read, and what to offer for completion.

    `ordered` fields take comparisons and ranges.
    """

    name: str
    about: str
    read: Reader
    suggest: Callable[[FilterContext], Iterable[Suggestion]] = lambda context: ()
    ordered: bool = False


def _is(value: Value) -> Reading:
    return Operator.IS, value


def _any_or_none(piece: Piece) -> Reading | None:
    """The reserved words; in quotes they are ordinary values."""
    word = "" if piece.quoted else piece.text.casefold()
    if word == "any":
        return Operator.PRESENT, None
    return _is(None) if word == "none" else None


def _quoted(name: str) -> str:
    """The name as one types it: in quotes where it would otherwise be read as something else."""
    plain = all(character.isalnum() or character in "_-@" for character in name)
    reserved = name.casefold() in ("me", "none", "any")
    return name if plain and not reserved else quote(name)


def _read_stage(item: Item, context: FilterContext) -> Reading:
    return _is(stage(item.piece.text).identifier)


def _suggest_stages(context: FilterContext) -> Iterable[Suggestion]:
    return [(step.identifier, step.title) for step in STAGES]


def _read_tier(item: Item, context: FilterContext) -> Reading:
    text = item.piece.text
    if text.casefold() == "none" and not item.piece.quoted:
        return _is(None)
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


def _suggest_tiers(context: FilterContext) -> Iterable[Suggestion]:
    graded = [(tier.identifier, tier.title) for scheme in context.schemes for tier in scheme.tiers]
    return [*graded, ("none", _("no tier"))]


def _read_owner(item: Item, context: FilterContext) -> Reading:
    piece = item.piece
    reserved = _any_or_none(piece)
    if reserved:
        return reserved
    if piece.text.casefold() == "me" and not piece.quoted:
        return _is(context.user_id)
    found = context.users.get(piece.text)
    if found is None:
        found = {login.casefold(): user for login, user in context.users.items()}.get(piece.text.casefold())
    if found is None:
        problem = _('no user has the login "%(text)s"') % {"text": piece.text}
        raise UsageError(problem + nearest(piece.text[:LONG], context.users), piece.text, 0)
    return _is(found)


def _suggest_owners(context: FilterContext) -> Iterable[Suggestion]:
    special = [("me", _("yourself")), ("none", _("in no one's hands")), ("any", _("in someone's hands"))]
    return [*special, *((_quoted(login), "") for login in sorted(context.users))]


def _read_pool(item: Item, context: FilterContext) -> Reading:
    piece = item.piece
    reserved = _any_or_none(piece)
    if reserved:
        return reserved
    names = {fold(name): name for name in context.pools}
    if fold(piece.text) not in names:
        problem = _('no pool is called "%(text)s"') % {"text": piece.text}
        raise UsageError(problem + nearest(piece.text[:LONG], context.pools), piece.text, 0)
    return _is(names[fold(piece.text)])


def _suggest_pools(context: FilterContext) -> Iterable[Suggestion]:
    special = [("any", _("in a public pool")), ("none", _("in no public pool"))]
    return [*((_quoted(name), "") for name in context.pools), *special]


def _read_same(item: Item, context: FilterContext) -> Reading:
    """Equality without case; a `*` at the end asks for the beginning only, and alone for any value."""
    piece = item.piece
    if piece.text.endswith("*") and not piece.quoted:
        start = fold(piece.text[:-1])
        return (Operator.STARTS, start) if start else (Operator.PRESENT, None)
    return _is(_folded(piece))


def _read_part(item: Item, context: FilterContext) -> Reading:
    return Operator.CONTAINS, _folded(item.piece)


def _folded(piece: Piece) -> str:
    text = fold(piece.text)
    if not text.strip():
        raise UsageError(_("there is nothing to look for in these quotes"), piece.text, 0)
    return text


def _read_phone(item: Item, context: FilterContext) -> Reading:
    number = digits(item.piece.text)
    if not number:
        problem = _('"%(text)s" has no digits to look for in phone numbers')
        raise UsageError(problem % {"text": item.piece.text}, item.piece.text, 0)
    return Operator.CONTAINS, number


def _one_of(field: str, choices: Choices) -> Reader:
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


def _words(choices: Choices) -> Callable[[FilterContext], list[Suggestion]]:
    return lambda context: [(word, _(hint)) for word, (_value, _synonyms, hint) in choices.items()]


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


_read_numbers = _ordered(lambda text, context: spans.number(text))
_read_days = _ordered(lambda text, context: spans.day(text, context.now))
_read_moments = _ordered(lambda text, context: spans.moment(text, context.now))
_read_ages = _ordered(lambda text, context: spans.days_or_moment(text, context.now))


def _read_id(item: Item, context: FilterContext) -> Reading:
    operator, span = _read_numbers(item, context)
    if item.operator or item.ranged:
        return operator, span
    assert isinstance(span, Span)
    return _is(span.low)  # type: ignore[arg-type]


def _read_due(item: Item, context: FilterContext) -> Reading:
    if item.ranged or item.piece.text.casefold() != "overdue":
        return _read_days(item, context)
    if item.operator:
        raise UsageError(_("overdue takes no comparison: write due:overdue"), item.piece.text, 0)
    return Operator.WITHIN, Span(None, context.now.date())


def _read_when(read: Reader) -> Reader:
    def guarded(item: Item, context: FilterContext) -> Reading:
        if item.low and not item.operator and not item.ranged and spans.hours(item.low.text):
            raise UsageError(_("hours want a comparison: <%s") % item.low.text, item.low.text, 0)
        return read(item, context)

    return guarded


def _suggest_due(context: FilterContext) -> Iterable[Suggestion]:
    return [
        ("overdue", _("before today")),
        ("today", ""),
        ("<=today", _("today or before")),
        ("tomorrow", ""),
        ("<=7d", _("within a week")),
    ]


def _suggest_ages(context: FilterContext) -> Iterable[Suggestion]:
    return [
        (">7d", _("longer than a week ago")),
        (">30d", _("longer than 30 days ago")),
        (">3m", _("longer than three months ago")),
        ("<7d", _("within the last week")),
        ("today", ""),
    ]


_KINDS: Choices = {
    "organization": ("organization", ("组织型", "組織型", "组织", "組織", "company", "公司"), N_("organization")),
    "person": ("person", ("个人型", "個人型", "个人", "個人"), N_("person")),
}
_YES_NO: Choices = {"yes": (True, (), N_("yes")), "no": (False, (), N_("no"))}
_ARCHIVED: Choices = {
    "yes": (True, (), N_("only archived")),
    "no": (False, (), N_("not archived")),
    "any": (None, (), N_("archived or not")),
}
THINGS: Choices = {
    name: (name, (), about)
    for name, about in (
        ("phone", N_("a phone number")),
        ("email", N_("a mail address")),
        ("wechat", N_("a WeChat id")),
        ("next", N_("a next follow-up")),
        ("owner", N_("an owner")),
        ("contact", N_("a contact")),
        ("tag", N_("a tag")),
        ("note", N_("a note")),
        ("tier", N_("a tier")),
        ("last", N_("a last contact")),
    )
}
"""What `has:` and `no:` ask about."""

FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Field("stage", N_("customer stage"), _read_stage, _suggest_stages),
        Field("tier", N_("tier of the primary scheme"), _read_tier, _suggest_tiers),
        Field("owner", N_("who holds it"), _read_owner, _suggest_owners),
        Field("pool", N_("public pool it lies in"), _read_pool, _suggest_pools),
        Field("name", N_("part of the name"), _read_part),
        Field("id", N_("number of the customer"), _read_id, ordered=True),
        Field("kind", N_("organization or person"), _one_of("kind", _KINDS), _words(_KINDS)),
        Field("region", N_("region; north* for its beginning"), _read_same),
        Field("source", N_("where it came from"), _read_same),
        Field("industry", N_("industry"), _read_same),
        Field("tag", N_("tag"), _read_same),
        Field("due", N_("date of the next follow-up"), _read_due, _suggest_due, ordered=True),
        Field("last", N_("last contact: age or date"), _read_when(_read_moments), _suggest_ages, ordered=True),
        Field("created", N_("made: age or date"), _read_when(_read_moments), _suggest_ages, ordered=True),
        Field("since", N_("days in the stage"), _read_when(_read_ages), _suggest_ages, ordered=True),
        Field("phone", N_("digits of a phone number"), _read_phone),
        Field("email", N_("part of a mail address"), _read_part),
        Field("has", N_("there is one"), _one_of("has", THINGS), _words(THINGS)),
        Field("no", N_("there is none"), _one_of("no", THINGS), _words(THINGS)),
        Field("archived", N_("archived customers too"), _one_of("archived", _ARCHIVED), _words(_ARCHIVED)),
        Field("claimable", N_("one may claim it now"), _one_of("claimable", _YES_NO), _words(_YES_NO)),
        Field("blocked", N_("we do not sell to it"), _one_of("blocked", _YES_NO), _words(_YES_NO)),
    )
}


def find(name: str, position: int, text: str) -> Field:
    """The field of that name, in any case. UsageError that suggests the nearest one."""
    field = FIELDS.get(name.casefold())
    if field:
        return field
    problem = _('unknown field "%(name)s"') % {"name": name}
    hint = nearest(name[:LONG], FIELDS) or _("; quote the text to search for it")
    raise UsageError(problem + hint, text, position)
