"""A filter as a tree: frozen, and every value in it typed and absolute.

Dates, ages, logins and labels are resolved when the text is read, so that whoever walks the tree (the
Python twin, the SQL compiler) meets only the four operators below and needs neither a clock nor a context.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum

from msgspec import Struct
from msgspec import field as member

from crm_tui.domain.schemes import Scheme, shipped

Point = int | float | date | datetime
"""A value with an order: an id or number (of one's own field a float), a calendar day, or a moment (aware, in UTC)."""


class Operator(Enum):
    """How a term compares. A missing value satisfies none of them, but for IS with None among its values."""

    IS = "is"
    """Equal to one of the values (str, int, bool); None among them stands for "missing"."""
    PRESENT = "present"
    """Not missing; there are no values."""
    STARTS = "starts"
    """Begins with one of the values (folded str)."""
    CONTAINS = "contains"
    """Has one of the values (folded str, or digits for a phone) as a part."""
    WITHIN = "within"
    """Lies in one of the values, each a `Span`."""


class Span(Struct, frozen=True):
    """All points with low <= point < high; None leaves that side open."""

    low: Point | None
    high: Point | None


Value = str | int | bool | None | Span


class And(Struct, frozen=True):
    """Every part holds. Without parts it is the empty filter: everything."""

    parts: tuple[Node, ...]


class Or(Struct, frozen=True):
    """At least one part holds."""

    parts: tuple[Node, ...]


class Not(Struct, frozen=True):
    """The part does not hold."""

    part: Node


class Words(Struct, frozen=True):
    """Text to search for, as typed; `exact` when it stood in quotes. `search.search` says what it looks for."""

    text: str
    exact: bool = False


class Term(Struct, frozen=True):
    """A field compared with values, any of which is enough.

    `typed` is the source after the colon: what the printer gives back, so that "today" stays "today" in a
    saved view. It takes no part in comparisons.
    """

    field: str
    operator: Operator
    values: tuple[Value, ...]
    typed: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Term) and self._compared == other._compared

    def __hash__(self) -> int:
        return hash(self._compared)

    @property
    def _compared(self) -> tuple[object, ...]:
        return self.field, self.operator, self.values


Node = And | Or | Not | Words | Term

EVERYTHING = And(())


class FilterContext(Struct, frozen=True):
    """What the reading of a filter depends on.

    `now` is aware, in the user's zone: it decides what "today" is. `users` maps logins to ids, `pools` names
    the public pools, `currency` is that of amounts. `known` tells, for completion, which values of a field that begin
    so the user can see in use; of the field `field` that is the names of fields of one's own.
    """

    now: datetime
    user_id: int
    users: Mapping[str, int] = member(default_factory=dict)
    schemes: Collection[Scheme] = member(default_factory=lambda: shipped().values())
    pools: tuple[str, ...] = ("default",)
    currency: str = "CNY"
    known: Callable[[str, str], Sequence[str]] = lambda field, start: ()


def terms(node: Node) -> Iterator[Term | Words]:
    """The leaves of the tree, in the order in which they were typed."""
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from terms(part)
    elif isinstance(node, Not):
        yield from terms(node.part)
    else:
        yield node


def mentions(node: Node, name: str) -> bool:
    """Whether any term of the filter is about the field."""
    return any(isinstance(leaf, Term) and leaf.field == name for leaf in terms(node))


def with_defaults(node: Node) -> Node:
    """The filter as lists apply it: archived customers are left out unless it speaks of them."""
    if mentions(node, "archived"):
        return node
    unarchived = Term("archived", Operator.IS, (False,), "no")
    return And((*node.parts, unarchived)) if isinstance(node, And) else And((node, unarchived))
