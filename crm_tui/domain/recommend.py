"""To whom a new product may be offered first, and why: what they bought of its like, of its category, and of what goes
with its like (DOMAIN §6).

A score is the sum of three parts of at most 100 points together, and each part says what it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from crm_tui.domain.language import _, ngettext

OPT_OUT = "opt-out"
"""The tag of customers that want no offers."""

SUPPORT = 3
"""Customers that must have bought two products before they count as going together; never fewer than `FEWEST`."""
FEWEST = 2

LIKE, CATEGORY, TOGETHER = 50, 30, 20
"""The most points of each part."""
_OFTEN = 3
"""Orders of its like that give all the points of that part."""
_STRONG = 3.0
"""The lift that gives all the points of that part; 1 gives none."""


class Pairing(Struct, frozen=True):
    """Two products bought by the same customers: `both` of `customers` bought both, `one` and `other` each of them."""

    product: str
    like: str
    both: int
    one: int
    other: int
    customers: int

    @property
    def lift(self) -> float:
        """How many times as often the two meet as they would by chance."""
        chance = self.one * self.other
        return self.both * self.customers / chance if chance else 0.0


class Buyer(Struct, frozen=True):
    """What a customer bought, as far as it matters here.

    `like`: the product of the like ones that it ordered most, "" for none; `orders`: how often it ordered any of them,
    `last_on` the last time (ISO). `related` of `total`: its sales in the categories of the new product and its like.
    `with_like`: products that it bought besides.
    """

    customer_id: int
    like: str = ""
    orders: int = 0
    last_on: str | None = None
    related: int = 0
    total: int = 0
    with_like: tuple[str, ...] = ()


class Recommendation(Struct, frozen=True):
    """A customer, its points of 100, and where they come from."""

    buyer: Buyer
    points: float
    pairing: Pairing | None
    category: str

    @property
    def reasons(self) -> tuple[str, ...]:
        """In words, the weightiest part first."""
        buyer, found = self.buyer, []
        if buyer.orders:
            text = ngettext("bought {product} once, {day}", "bought {product} {n} times, last {day}", buyer.orders)
            found.append(text.format(product=buyer.like, n=buyer.orders, day=buyer.last_on))
        if share := _share(buyer):
            text = _("{percent} % of its sales in {category}")
            found.append(text.format(percent=round(share * 100), category=self.category))
        if self.pairing is not None:
            text = _("buys {product}, which goes with {like}: lift {lift:.1f} from {n} customers")
            pair = self.pairing
            found.append(text.format(product=pair.product, like=pair.like, lift=pair.lift, n=pair.both))
        return tuple(found)


def recommend(
    buyers: Iterable[Buyer], pairings: Sequence[Pairing], category: str, support: int = SUPPORT
) -> list[Recommendation]:
    """The customers with any points, the most first; those with equal points by sales, then by number.

    A pairing counts from `support` customers (at least FEWEST: one customer's orders decide nothing) and above a lift
    of 1. `category` names what `related` was summed over.
    """
    strong = strongest(pairings, support)
    found = []
    for buyer in buyers:
        pairing = max((strong[name] for name in buyer.with_like if name in strong), key=_strength, default=None)
        points = _points(buyer, pairing)
        if points > 0:
            found.append(Recommendation(buyer, points, pairing, category))
    return sorted(found, key=lambda one: (-one.points, -one.buyer.total, one.buyer.customer_id))


def _strength(pairing: Pairing) -> tuple[float, int, str]:
    return pairing.lift, pairing.both, pairing.product


def strongest(pairings: Sequence[Pairing], support: int = SUPPORT) -> dict[str, Pairing]:
    """The strongest pairing of each product that counts."""
    found: dict[str, Pairing] = {}
    for pairing in sorted(pairings, key=_strength):
        if pairing.both >= max(support, FEWEST) and pairing.lift > 1:
            found[pairing.product] = pairing
    return found


def _points(buyer: Buyer, pairing: Pairing | None) -> float:
    like = LIKE * min(1.0, buyer.orders / _OFTEN)
    together = TOGETHER * min(1.0, (pairing.lift - 1) / (_STRONG - 1)) if pairing else 0.0
    return round(like + CATEGORY * _share(buyer) + together, 1)


def _share(buyer: Buyer) -> float:
    return min(1.0, max(0.0, buyer.related / buyer.total)) if buyer.total > 0 else 0.0


STATES = ("pushed", "interested", "declined", "offered", "followed_up")
"""How far a new product may have come with a customer."""

_NEXT = {
    "": ("pushed",),
    "pushed": ("interested", "declined"),
    "interested": ("offered", "declined"),
    "offered": ("followed_up", "declined"),
    "followed_up": ("declined",),
    "declined": ("pushed",),
}


def step_refusal(before: str, after: str) -> str | None:
    """Why a customer cannot come from one state ("" for none yet) to another; None when it can, or is there already.

    pushed → interested → offered → followed up, and declined at any time after it was pushed.
    """
    if after == before or after in _NEXT[before]:
        return None
    if not before:
        return _("it was not pushed yet")
    ways = _(" or ").join(title(state) for state in _NEXT[before])
    return _("from {before} it goes on to {ways}").format(before=title(before), ways=ways)


def title(state: str) -> str:
    """The state in the reader's language."""
    return {
        "pushed": _("pushed"), "interested": _("interested"), "declined": _("not interested"), "offered": _("offered"),
        "followed_up": _("followed up"),
    }[state]  # fmt: skip
