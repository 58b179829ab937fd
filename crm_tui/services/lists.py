"""Lists of customers by the filter language, always with the viewer's own rights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from crm_tui.domain.clock import iso
from crm_tui.domain.errors import CrmError, UsageError
from crm_tui.domain.filters import And, FilterContext, Node, Operator, Term, parse, with_defaults
from crm_tui.domain.language import _
from crm_tui.domain.nearest import nearest
from crm_tui.domain.people import Sight
from crm_tui.domain.text import ascii_twin
from crm_tui.services import people
from crm_tui.services.session import Session
from crm_tui.store import customers, lists, pools
from crm_tui.store.database import Database
from crm_tui.store.lists import SORTS, Order, Page, Position

__all__ = ["SORTS", "Order", "Page", "Position", "Query", "Within"]

_SORTED = 50_000
"""Ids read at a time of a list that is sorted by several keys."""


class Within(Struct, frozen=True):
    """What all customers of a list have in common, whatever its filter: the pool they lie in, who holds them, or that
    they are `among` those named by their `ids`, as behind a figure of a report.
    """

    kind: Literal["pool", "owner", "among"]
    id: int = 0
    ids: tuple[int, ...] = ()


class Query(Struct, frozen=True):
    """A list: the filter as typed, the stage tab ("" for all), and the sort (None: as the filter suggests).

    `these`: only these customers, and in this order unless it is sorted; None for no such choice.
    """

    filter: str = ""
    stage: str = ""
    order: Order | None = None
    within: Within | None = None
    these: tuple[int, ...] | None = None

    def with_filter(self, text: str) -> Query:
        """The same list under another filter."""
        return replace(self, filter=text)


class _Logins(Mapping[str, int]):
    """The users' ids by login, read when a filter asks for them: most name none or one, and a firm has many."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @cached_property
    def _all(self) -> dict[str, int]:
        return people.logins(self._database)

    def __getitem__(self, login: str) -> int:
        found = self._database.value("SELECT id FROM user WHERE login = ?", (login,))
        if found is None:
            raise KeyError(login)
        return int(found)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)


def context(session: Session) -> FilterContext:
    """What filters are read by: the user's clock, the logins, the pools."""
    return FilterContext(
        session.now, session.person.id, _Logins(session.database),
        pools=tuple(pool.name for pool in pools.every(session.database, session.sight)),
        schemes=session.settings.schemes.values(), currency=session.settings["currency"],
        known=lambda field, start: _in_use(session, field, start),
    )


def _in_use(session: Session, field: str, start: str) -> list[str]:
    from crm_tui.store import filter_values  # for completion alone

    return filter_values.in_use(session.database, session.sight, field, start)


def read(session: Session, text: str) -> Node:
    """The filter as a tree; UsageError that points at the character."""
    return parse(text, context(session))


def node(session: Session, query: Query) -> Node:
    """The whole condition of a list: filter, stage tab, and archived ones left out unless asked for."""
    found = read(session, query.filter)
    more = [Term("stage", Operator.IS, (query.stage,), query.stage)] if query.stage else []
    if query.within is not None:
        more.append(_common(session, query.within))
    if query.these is not None:
        more.append(Term("id", Operator.IS, query.these))
    if more:
        found = And((*found.parts, *more)) if isinstance(found, And) else And((found, *more))
    return with_defaults(found)


def _common(session: Session, within: Within) -> Term:
    if within.kind == "among":
        return Term("id", Operator.IS, within.ids or (0,))
    if within.kind == "owner":
        return Term("owner", Operator.IS, (within.id,))
    for pool in pools.every(session.database, session.sight):
        if pool.id == within.id:
            return Term("pool", Operator.IS, (pool.name,))
    raise CrmError(_("that pool is not yours to see any more"))


def sort_order(text: str) -> Order:
    """The order that `name`, `-created` or `tier,-due` names: a dash turns a key round, the next key sorts what the one
    before leaves equal. UsageError for anything else.
    """
    keys: list[Order] = []
    typed = ascii_twin(text.replace("、", ","))
    for word in typed.replace(",", " ").split() or [""]:
        name = word.removeprefix("-")
        if name not in SORTS:
            message = _('cannot sort by "{name}"{hint}; {names}')
            hint = nearest(name, SORTS)
            raise UsageError(message.format(name=name, hint=hint, names=", ".join(SORTS)), text, typed.find(word))
        keys.append(Order(name, SORTS[name][1] != word.startswith("-")))
    return together(keys)


def first_filter(session: Session) -> str:
    """What a pipeline shows at first: reps their own customers, everybody else all."""
    return "owner:me" if session.person.role == "rep" else ""


def together(orders: Sequence[Order]) -> Order:
    """One order out of several, each of which sorts what those before it leave equal; UsageError for a key twice."""
    keys = [replace(key, then=()) for order in orders for key in (order, *order.then)]
    names = [key.sort for key in keys]
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise UsageError(_("the key {name} is there twice").format(name=double), double, 0)
    return replace(keys[0], then=tuple(keys[1:]))


def page(session: Session, query: Query, after: Position | None = None, limit: int = 200) -> Page:
    """The next ids of the list after the position."""
    if query.these is not None and query.order is None:
        return _page_of(session, query, query.these, after, limit)
    condition = node(session, query)
    order = query.order or lists.default_order(condition)
    return lists.page(session.database, session.sight, condition, order, after, limit)


def _page_of(session: Session, query: Query, these: tuple[int, ...], after: Position | None, limit: int) -> Page:
    """As `page`, in the order in which the customers are given; a position is a place among them."""
    start = after.values[0] if after else 0
    found: list[int] = []
    while start < len(these) and len(found) < limit:
        some = these[start : start + limit - len(found)]
        left = among(session, replace(query, these=None), some)
        found += [key for key in some if key in left]
        start += len(some)
    return Page(found, Position((start,), found[-1]) if found and start < len(these) else None)


def among(session: Session, query: Query, ids: Sequence[int]) -> set[int]:
    """Those of the customers that are in the list now."""
    found: set[int] = set()
    for start in range(0, len(ids), 1_000):
        some = ids[start : start + 1_000]
        condition = And((node(session, query), Term("id", Operator.IS, tuple(some))))
        found.update(lists.page(session.database, session.sight, condition, Order("id", True), limit=len(some)).ids)
    return found


def every(session: Session, query: Query, batch: int = 5_000) -> Iterator[list[int]]:
    """All ids of the list in order, in batches."""
    after: Position | None = None
    size = batch
    while True:
        found = page(session, query, after, size)
        for start in range(0, len(found.ids), batch):
            yield found.ids[start : start + batch]
        if found.end is None:
            return
        after = found.end
        if query.order is not None and query.order.then:
            size = max(batch, _SORTED)  # all that the first key leaves equal is sorted for every page anew


def count(session: Session, query: Query) -> int:
    """How many customers the list has: from the kept counts where they say it, else by counting."""
    kept = kept_count(session, query)
    return lists.count(session.database, session.sight, node(session, query)) if kept is None else kept


def kept_count(session: Session, query: Query) -> int | None:
    """The length of the list where the kept counts say it without counting, else None."""
    counts = stage_counts(session, query)
    if counts is None:
        return None
    return counts.get(query.stage, 0) if query.stage else sum(counts.values())


def stage_counts(session: Session, query: Query) -> dict[str, int] | None:
    """The customers of each stage tab of the list, where the kept counts say it, else None."""
    text, sight, within = query.filter.strip(), session.sight, query.within
    if query.these is not None:
        return None
    if within is not None and not text and within.kind != "among":
        return customers.stage_counts(session.database, _narrowed(sight, within))
    if within is None and text in ("", "owner:me"):
        return customers.stage_counts(session.database, sight, own=text == "owner:me")
    return None


def stage_sums(session: Session, query: Query) -> dict[str, int] | None:
    """What the open deals of each stage tab may bring, in minor units, where `stage_counts` says how many they are of.

    None where that would have to be counted, and where there are no deals at all.
    """
    text, sight, within = query.filter.strip(), session.sight, query.within
    found: dict[str, int] | None = None
    if query.these is not None:
        return None
    if within is not None and not text and within.kind != "among":
        found = customers.stage_sums(session.database, _narrowed(sight, within))
    elif within is None and text in ("", "owner:me"):
        found = customers.stage_sums(session.database, sight, own=text == "owner:me")
    return found if found and any(found.values()) else None


def _narrowed(sight: Sight, within: Within) -> Sight:
    """As much of what is seen as lies in the pool, or is held by the one."""
    if within.kind == "owner":
        seen = sight.everything or within.id in sight.owners
        return replace(sight, everything=False, owners=(within.id,) if seen else (), pools=(), shared={}, blocked=False)
    seen = sight.pools is None or within.id in sight.pools
    return replace(sight, everything=False, owners=(), pools=(within.id,) if seen else (), shared={}, blocked=False)


def rows(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What lists show of these customers, by id; those that are not seen are left out. Tiers are those under the
    session's scheme.
    """
    found = customers.listed(session.database, session.sight, ids, session.scheme)
    return {key: dict(zip(customers.LISTED, row, strict=True)) for key, row in found.items()}


def record(session: Session, row: dict[str, Any]) -> dict[str, Any]:
    """A row as `list --json` prints it: stable keys, times in ISO 8601 with their zone.

    `returns` is the day on which it goes back to the pool, where its holder was warned.
    """

    def time(stored: str | None) -> str | None:
        return iso(stored) if stored else None

    return {
        "id": row["id"], "name": row["name"], "kind": row["kind"], "stage": row["stage"], "tier": row["tier"],
        "scheme": row["scheme"], "owner": row["owner"], "pool": row["pool"], "phone": row["phone"],
        "email": row["email"], "region": row["region"], "industry": row["industry"], "source": row["source"],
        "tags": (row["tags"] or "").split(), "next_follow_up": time(row["next_at"]) or row["next_on"],
        "last_contact": time(row["last_contact"]), "created": time(row["created_at"]),
        "archived": row["archived_at"] is not None, "returns": row["recycle_on"], "suggested": row["suggested"],
    }  # fmt: skip
