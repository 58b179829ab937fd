"""Where the customers of an import go: to whom the row names, by shares to those named for the rest, or into a pool.

Nobody gets more than the holding cap leaves room for: a row that names somebody who is full is refused, one that is
shared out and that nobody may take goes into a public pool (DOMAIN §4 P5, P21).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from crm_tui.domain.distribution import Dealer, Item, Plan, parse
from crm_tui.domain.errors import NotAllowed
from crm_tui.domain.language import _
from crm_tui.domain.pools import COUNTED
from crm_tui.services import pools, routing
from crm_tui.services.imports.incoming import Incoming
from crm_tui.services.session import Session


class Places:
    """Finds each new customer its place. `assigned` counts who got how many of those that were shared out, `left` the
    reasons for which the others went into a pool.
    """

    def __init__(self, session: Session, assign: str | None = None) -> None:
        """`assign` says who shares the rows that name no holder (`rr:li,wang`). UsageError, or NotAllowed for reps."""
        plan = parse(assign) if assign is not None else Plan("")
        rooms = pools.rooms(session)
        if session.person.role == "rep" and set(plan.logins) - {session.person.login}:
            raise NotAllowed(_("only leads give customers to others"))
        self._rooms = rooms
        self._logins = {room.user_id: login for login, room in rooms.items()}
        self._dealer = Dealer(plan, rooms)
        self._shares = assign is not None
        self._routes = routing.routes(session)
        self.assigned: Counter[str] = Counter(dict.fromkeys(plan.logins, 0))
        self.left: Counter[str] = Counter()

    def place(self, found: Sequence[Incoming]) -> list[Incoming | str]:
        """Each customer with its holder or pool (neither: the default one), or why it cannot be taken in."""
        placed: list[Incoming | str] = [self._named(incoming) for incoming in found]
        for number, login in self._shared(placed).items():
            incoming = found[number]
            placed[number] = incoming._replace(owner=self._rooms[login].user_id)
        return [self._pooled(where) for where in placed] if self._routes.filters else placed

    def login(self, user_id: int | None) -> str:
        """The login of who may hold customers; "" for nobody."""
        return self._logins.get(user_id, "") if user_id is not None else ""

    def _named(self, incoming: Incoming) -> Incoming | str:
        if incoming.owner is None:
            return incoming
        login = self._logins[incoming.owner]
        if self._dealer.give(_item(0, incoming), login):
            return incoming
        return self._rooms[login].full or _("the holding cap is reached")

    def _shared(self, placed: Sequence[Incoming | str]) -> dict[int, str]:
        """Who gets which of those that neither a person nor a pool was named for, by their number."""
        if not self._shares:
            return {}
        items = [
            _item(number, where) for number, where in enumerate(placed)
            if not isinstance(where, str) and where.owner is None and where.pool is None
        ]  # fmt: skip
        shared = self._dealer.deal(items)
        self.assigned.update(shared.given.values())
        self.left.update(shared.left.values())
        return shared.given

    def _pooled(self, where: Incoming | str) -> Incoming | str:
        if isinstance(where, str) or where.owner is not None or where.pool is not None:
            return where
        coming = routing.Coming(
            where.name, where.kind, where.stage, where.tiers[0][1], where.columns, where.contact, where.tags,
            where.next.on if where.next else None, where.profile,
        )  # fmt: skip
        return where._replace(pool=self._routes.pool_of(coming))


def _item(number: int, incoming: Incoming) -> Item:
    return Item(number, incoming.tiers[0][1], incoming.columns.get("region", ""), incoming.stage in COUNTED)
