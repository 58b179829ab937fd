"""Into which public pool a customer belongs that nobody holds: the first whose filter it passes, else `default`.

Pools are asked in the order in which they were made. A filter that can no longer be read takes nobody: whoever brings
in a customer could not repair it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from crm_tui.domain.errors import UsageError
from crm_tui.domain.filters import FilterRecord, Node, Words, match, parse
from crm_tui.domain.filters.nodes import terms
from crm_tui.domain.searching import search_text
from crm_tui.services.lists import context
from crm_tui.services.session import Session
from crm_tui.store import routing
from crm_tui.store.pools import DEFAULT


@dataclass(frozen=True)
class Coming:
    """A customer about to be made, as far as filters ask about it. `columns` are those of its row, by name, `profile`
    what its profile will hold.
    """

    name: str
    kind: str
    stage: str
    tier: str | None
    columns: Mapping[str, object]
    contact: Mapping[str, str | None]
    tags: tuple[str, ...] = ()
    next_on: date | None = None
    profile: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Routes:
    """The pools' filters in order: (pool, filter). `now` is the moment at which a new customer is made, by whom says
    `made_by`.
    """

    filters: tuple[tuple[int, Node], ...]
    now: datetime
    made_by: int
    searches: bool = False
    """Whether any of them looks for words, which takes longer to prepare than all the rest."""

    def pool_of(self, coming: Coming) -> int:
        """The pool that a new customer belongs into."""
        if not self.filters:
            return DEFAULT
        record = _record(coming, self.now, self.made_by, searched=self.searches)
        return next((pool_id for pool_id, node in self.filters if match(node, record)), DEFAULT)


def routes(session: Session) -> Routes:
    """The routing that is in force."""
    found: list[tuple[int, Node]] = []
    stored = routing.filters(session.database)
    how = context(session) if stored else None
    for pool_id, text in stored:
        assert how is not None
        try:
            found.append((pool_id, parse(text, how)))
        except UsageError:
            continue
    searches = any(isinstance(leaf, Words) for __, node in found for leaf in terms(node))
    return Routes(tuple(found), session.now.astimezone(UTC), session.person.id, searches)


def route(session: Session, coming: Coming) -> int:
    """The pool that one new customer belongs into."""
    return routes(session).pool_of(coming)


def routed(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """The pool that each of these customers belongs into, whoever sees it: for release, recycling and the like."""
    sight = session.as_system(session.source).sight
    found: dict[int, int] = {}
    for pool_id, node in routes(session).filters:
        left = [key for key in ids if key not in found]
        found.update(dict.fromkeys(sorted(routing.passing(session.database, sight, node, left)), pool_id))
    return {key: found.get(key, DEFAULT) for key in ids}


def _record(coming: Coming, now: datetime, made_by: int, *, searched: bool) -> FilterRecord:
    def text(name: str) -> str | None:
        value = coming.columns.get(name)
        return str(value) if value else None

    made = {"scheme": "abcd", "created_by": made_by}
    person = coming.contact.get("name")
    people = (person,) if person else ()
    return FilterRecord(
        0, coming.name, coming.kind, coming.stage, now, now, coming.tier,
        region=text("region"), source=text("source"), industry=text("industry"), tags=coming.tags,
        next_on=coming.next_on, columns={**made, **coming.columns}, profile=coming.profile,
        people=({**coming.contact, "is_primary": 1},) if any(coming.contact.values()) else (),
        search_text=search_text((coming.name, *people)) if searched else "",
    )  # fmt: skip
