"""Whether a customer passes a filter, in Python: the meaning that the store's SQL is tested against.

A comparison with nothing is false and its negation true. What is masked is neither: a term about it is unknown,
as is its negation, and a customer of which the filter is unknown does not pass, so that no filter tells what
a masked phone number is or whether there is one (DOMAIN §4 P15). Unknown combines as NULL does in SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from crm_tui.domain.filters.nodes import And, Node, Not, Operator, Or, Span, Term, Value, Words
from crm_tui.domain.filters.search import digits, search
from crm_tui.domain.searching import reach_text
from crm_tui.domain.text import fold


@dataclass(frozen=True, slots=True)
class FilterRecord:
    """What filters ask of a customer. Moments are aware and in UTC; identifiers as stored.

    `phones`, `emails` and `wechat` are the customer's and its contacts', `contacts` the contacts' names, `pool` the
    public pool's name. `search_text` is `searching.search_text` of all names. `masked`: phone, mail, WeChat and note
    are hidden from the one who asks. `claimable`: that one may claim it.
    """

    id: int
    name: str
    kind: str
    stage: str
    created: datetime
    stage_since: datetime
    tier: str | None = None
    owner_id: int | None = None
    pool: str | None = None
    region: str | None = None
    source: str | None = None
    industry: str | None = None
    tags: tuple[str, ...] = ()
    next_on: date | None = None
    last_contact: datetime | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    wechat: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    has_note: bool = False
    archived: bool = False
    blocked: bool = False
    claimable: bool = False
    search_text: str = ""
    masked: bool = False


MASKED = frozenset({"phone", "email", "wechat", "note"})
"""The fields, and the things that `has:` and `no:` ask about, that are hidden where `masked`."""

_Values = tuple[Value | date | datetime, ...]


def match(node: Node, record: FilterRecord) -> bool:
    """Whether the customer passes; `with_defaults` is the caller's to apply."""
    return evaluate(node, record) is True


def evaluate(node: Node, record: FilterRecord) -> bool | None:
    """True, False, or None for what only a masked value could decide."""
    if isinstance(node, And):
        return _all(evaluate(part, record) for part in node.parts)
    if isinstance(node, Or):
        return _any(evaluate(part, record) for part in node.parts)
    if isinstance(node, Not):
        part = evaluate(node.part, record)
        return None if part is None else not part
    if isinstance(node, Words):
        reach = "" if record.masked else reach_text(record.phones, (*record.emails, *record.wechat))
        return search(node).finds(record.search_text, reach)
    if node.field in ("has", "no"):
        return _any(_has(str(thing), record, node.field == "has") for thing in node.values)
    if record.masked and node.field in MASKED:
        return None
    return _holds(node, _VALUES[node.field](record))


def _all(parts: Iterable[bool | None]) -> bool | None:
    found = set(parts)
    return False if False in found else None if None in found else True


def _any(parts: Iterable[bool | None]) -> bool | None:
    found = set(parts)
    return True if True in found else None if None in found else False


def _has(thing: str, record: FilterRecord, wanted: bool) -> bool | None:
    if record.masked and thing in MASKED:
        return None
    return bool(_THINGS[thing](record)) is wanted


def _holds(term: Term, have: _Values) -> bool:
    """Whether any of the customer's values satisfies the term; without values only "missing" does."""
    operator, wanted = term.operator, term.values
    if operator is Operator.PRESENT:
        return bool(have)
    if operator is Operator.IS:
        return any(value in wanted for value in have) if have else None in wanted
    if operator is Operator.STARTS:
        return any(str(value).startswith(str(start)) for value in have for start in wanted)
    if operator is Operator.CONTAINS:
        return any(str(part) in str(value) for value in have for part in wanted)
    return any(_lies(value, span) for value in have for span in wanted if isinstance(span, Span))


def _lies(value: Value | date | datetime, span: Span) -> bool:
    if span.low is not None and value < span.low:  # type: ignore[operator]
        return False
    return span.high is None or value < span.high  # type: ignore[operator]


def _one(value: Value | date | datetime) -> _Values:
    return () if value is None else (value,)


def _text(*values: str | None) -> _Values:
    return tuple(fold(value) for value in values if value)


_VALUES: dict[str, Callable[[FilterRecord], _Values]] = {
    "stage": lambda record: _one(record.stage),
    "tier": lambda record: _one(record.tier),
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
    "phone": lambda record: tuple(digits(phone) for phone in record.phones),
    "email": lambda record: _text(*record.emails),
    "archived": lambda record: _one(record.archived),
    "blocked": lambda record: _one(record.blocked),
    "claimable": lambda record: _one(record.claimable),
}

_THINGS: dict[str, Callable[[FilterRecord], object]] = {
    "phone": lambda record: record.phones,
    "email": lambda record: record.emails,
    "wechat": lambda record: record.wechat,
    "next": lambda record: record.next_on is not None,
    "owner": lambda record: record.owner_id is not None,
    "contact": lambda record: record.contacts,
    "tag": lambda record: record.tags,
    "note": lambda record: record.has_note,
    "tier": lambda record: record.tier,
    "last": lambda record: record.last_contact is not None,
}
