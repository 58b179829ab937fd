"""Whether a customer passes a filter, in Python: the meaning that the store's SQL is tested against.

A comparison with nothing is false and its negation true. What is hidden is neither: a term about it is unknown,
as is its negation, and a customer of which the filter is unknown does not pass, so that no filter tells what
a masked phone number is or whether there is one (DOMAIN §4 P15). Unknown combines as NULL does in SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime

from msgspec import Struct, field

from crm_tui.domain.filters.fields import FIELDS, MASKED, Field, of
from crm_tui.domain.filters.nodes import And, Node, Not, Operator, Or, Span, Term, Value, Words
from crm_tui.domain.filters.search import digits, search
from crm_tui.domain.filters.values import Form, formed
from crm_tui.domain.metrics import Kept, is_falling, is_lagging, value
from crm_tui.domain.searching import reach_text
from crm_tui.domain.text import fold

Row = Mapping[str, object]
"""A row by the names of its columns, each value as stored; empty texts are no values."""


class FilterRecord(Struct, frozen=True):
    """What filters ask of a customer. Moments are aware and in UTC; identifiers as stored.

    `suggest` is whether a better (`up`) or a worse tier (`down`) is proposed, or another scheme's first; `tiers` are
    the tiers and `suggests` the like of `suggest` by scheme.
    `columns` are those of its row that have no attribute here, `profile` what its profile holds, `people` its contacts
    that are not archived, `log` its interactions (`contact` is a name), `follow_ups` open and closed ones, `comments`
    those on it, `returns_on` the day that its holder was warned of, `worth` what
    is kept of its facts (names of `Kept`; empty for none), `deals` its deals (`product` is a name, else the deal's
    number), `ordered` the lines of its confirmed orders by their product's name, `orders` all its orders, `receivables`
    those that are not paid, `pushes` new products (`product` is a name) by how far each has come.
    `pool` is the public pool's name. `search_text` is
    `searching.search_text` of all names. `masked`: phone, mail, WeChat, notes and fields of one's own are hidden from
    the one who asks; `discreet`: so are the sensitive fields. `claimable`: that one may claim it.
    """

    id: int
    name: str
    kind: str
    stage: str
    created: datetime
    stage_since: datetime
    tier: str | None = None
    suggest: str | None = None
    tiers: Mapping[str, str] = field(default_factory=dict)
    suggests: Mapping[str, str] = field(default_factory=dict)
    owner_id: int | None = None
    pool: str | None = None
    region: str | None = None
    source: str | None = None
    industry: str | None = None
    tags: tuple[str, ...] = ()
    next_on: date | None = None
    last_contact: datetime | None = None
    columns: Row = field(default_factory=dict)
    profile: Mapping[str, str] = field(default_factory=dict)
    people: tuple[Row, ...] = ()
    log: tuple[Row, ...] = ()
    follow_ups: tuple[Row, ...] = ()
    comments: tuple[Row, ...] = ()
    returns_on: str | None = None
    worth: Row = field(default_factory=dict)
    deals: tuple[Row, ...] = ()
    ordered: tuple[Row, ...] = ()
    orders: tuple[Row, ...] = ()
    receivables: tuple[Row, ...] = ()
    pushes: tuple[Row, ...] = ()
    archived: bool = False
    blocked: bool = False
    claimable: bool = False
    search_text: str = ""
    masked: bool = False
    discreet: bool = False

    def reach(self, way: str) -> tuple[str, ...]:
        """The phones, mails or WeChat ids of the customer and its contacts."""
        return tuple(str(row[way]) for row in (self.columns, *self.people) if row.get(way))


_Value = Value | date | datetime


def match(node: Node, record: FilterRecord) -> bool:
    """Whether the customer passes; `with_defaults` is the caller's to apply."""
    return evaluate(node, record) is True


def evaluate(node: Node, record: FilterRecord) -> bool | None:
    """True, False, or None for what only a hidden value could decide."""
    if isinstance(node, And):
        return _all(evaluate(part, record) for part in node.parts)
    if isinstance(node, Or):
        return _any(evaluate(part, record) for part in node.parts)
    if isinstance(node, Not):
        part = evaluate(node.part, record)
        return None if part is None else not part
    if isinstance(node, Words):
        others = (*record.reach("email"), *record.reach("wechat"))
        reach = "" if record.masked else reach_text(record.reach("phone"), others)
        return search(node).finds(record.search_text, reach)
    if node.field in ("has", "no"):
        return _any(_has(str(thing), record, node.field == "has") for thing in node.values)
    known = of(node.field)
    if _is_hidden(known, record):
        return None
    if known.table == "worth":
        return _of_worth(known.column, node, record)
    return _holds(node, tuple(_stored(known, record)), known.form)


def _of_worth(name: str, term: Term, record: FilterRecord) -> bool:
    """Whether the metric satisfies the term, or the customer is what the term calls it."""
    kept = Kept(**record.worth)  # type: ignore[arg-type]
    have: object = kept.newest_order and date.fromisoformat(kept.newest_order) if name == "ordered" else None
    if name != "ordered":
        have = value(name, kept)
    if term.operator is Operator.PRESENT:
        return have is not None
    if term.operator is Operator.IS:
        return any((have is None) if word is None else _CALLED[str(word)](kept) is True for word in term.values)
    return have is not None and any(_lies(have, span, Form.STORED) for span in term.values if isinstance(span, Span))


_CALLED = {"lagging": is_lagging, "falling": is_falling}


def _is_hidden(known: Field | None, record: FilterRecord) -> bool:
    if known is None or not known.hidden:
        return False
    return record.masked or (record.discreet and known.hidden != MASKED)


def _all(parts: Iterable[bool | None]) -> bool | None:
    found = set(parts)
    return False if False in found else None if None in found else True


def _any(parts: Iterable[bool | None]) -> bool | None:
    found = set(parts)
    return True if True in found else None if None in found else False


def _has(thing: str, record: FilterRecord, wanted: bool) -> bool | None:
    if _is_hidden(FIELDS.get(thing), record):
        return None
    return bool(_THINGS[thing](record)) is wanted


def _stored(known: Field, record: FilterRecord) -> Iterable[object]:
    """All that the customer has of the field, as stored."""
    special = _VALUES.get(known.name)
    if special:
        return special(record)
    if known.table == "tier":
        return _one(record.tiers.get(known.column))
    if known.table == "suggest":
        return _one(record.suggests.get(known.column))
    if known.table == "own":
        wanted = fold(known.column)
        return (text for name, text in record.profile.items() if text and fold(name) == wanted)
    rows = _ROWS[known.table](record)
    return (row[known.column] for row in rows if row.get(known.column) not in (None, ""))


def _holds(term: Term, have: tuple[object, ...], form: Form) -> bool:
    """Whether any of the customer's values satisfies the term; without values only "missing" does."""
    operator, wanted = term.operator, term.values
    if operator is Operator.PRESENT:
        return bool(have)
    if operator is Operator.IS and not have:
        return None in wanted
    if operator is Operator.WITHIN:
        return any(_lies(value, span, form) for value in have for span in wanted if isinstance(span, Span))
    values = [value for value in (formed(form, one) for one in have) if value is not None]
    if operator is Operator.IS:
        return any(value in wanted for value in values)
    if operator is Operator.STARTS:
        return any(str(value).startswith(str(start)) for value in values for start in wanted)
    return any(str(part) in str(value) for value in values for part in wanted)


def _lies(stored: object, span: Span, form: Form) -> bool:
    value = formed(_compared_as(span) if form is Form.TEXT else form, stored)
    if value is None or (span.low is not None and value < span.low):  # type: ignore[operator]
        return False
    return span.high is None or value < span.high  # type: ignore[operator]


def _compared_as(span: Span) -> Form:
    """How a text lies within the span: as a number or as a day, whichever its ends are."""
    return Form.NUMBER if isinstance(span.high if span.low is None else span.low, int | float) else Form.DAY


def _one(value: object) -> tuple[object, ...]:
    return () if value is None else (value,)


def _text(*values: str | None) -> tuple[object, ...]:
    return tuple(fold(value) for value in values if value)


_VALUES: dict[str, Callable[[FilterRecord], tuple[object, ...]]] = {
    "stage": lambda record: _one(record.stage),
    "tier": lambda record: _one(record.tier),
    "suggest": lambda record: _one(record.suggest),
    "owner": lambda record: _one(record.owner_id),
    "pool": lambda record: _one(record.pool),
    "name": lambda record: _text(record.name),
    "id": lambda record: _one(record.id),
    "kind": lambda record: _one(record.kind),
    "region": lambda record: _text(record.region),
    "source": lambda record: _text(record.source),
    "industry": lambda record: _text(record.industry),
    "tag": lambda record: _text(*record.tags),
    "due": lambda record: _one(record.next_on),
    "last": lambda record: _one(record.last_contact),
    "created": lambda record: _one(record.created),
    "since": lambda record: _one(record.stage_since),
    "phone": lambda record: tuple(digits(phone) for phone in record.reach("phone")),
    "email": lambda record: _text(*record.reach("email")),
    "wechat": lambda record: _text(*record.reach("wechat")),
    "archived": lambda record: _one(record.archived),
    "blocked": lambda record: _one(record.blocked),
    "claimable": lambda record: _one(record.claimable),
}
"""The fields that no one row holds, as they are compared."""

_ROWS: dict[str, Callable[[FilterRecord], Iterable[Row]]] = {
    "customer": lambda record: (record.columns,),
    "profile": lambda record: (record.profile,),
    "contact": lambda record: record.people,
    "interaction": lambda record: record.log,
    "follow_up": lambda record: (row for row in record.follow_ups if not row.get("closed_at")),
    "closed": lambda record: (row for row in record.follow_ups if row.get("closed_at")),
    "comment": lambda record: record.comments,
    "warning": lambda record: ({"due_on": record.returns_on},),
    "deal": lambda record: record.deals,
    "ordered": lambda record: record.ordered,
    "order": lambda record: record.orders,
    "receivable": lambda record: record.receivables,
    "push": lambda record: record.pushes,
}

_THINGS: dict[str, Callable[[FilterRecord], object]] = {
    "phone": lambda record: record.reach("phone"),
    "email": lambda record: record.reach("email"),
    "wechat": lambda record: record.reach("wechat"),
    "next": lambda record: record.next_on is not None,
    "owner": lambda record: record.owner_id is not None,
    "contact": lambda record: record.people,
    "tag": lambda record: record.tags,
    "note": lambda record: record.columns.get("note"),
    "tier": lambda record: record.tier,
    "last": lambda record: record.last_contact is not None,
}
