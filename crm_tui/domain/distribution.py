"""Who gets which customer (DOMAIN §4 P5, P16, P21): rules first, then by hand, round robin or to the least busy.

Nobody is given what counts towards the holding cap beyond the room that they have, nobody who is away, leaving or gone
is given anything, and every customer is either given or left with the reason. The same plan, customers and people give
the same result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.schemes import shipped
from crm_tui.domain.text import ascii_twin, fold

Way = Literal["hand", "rr", "least"]
Field = Literal["tier", "region"]

WEIGHTS = (4, 3, 2, 1)
"""What a customer weighs by the place of its tier, the best first (A 4, B 3, C 2, D 1); all others weigh the least."""

_FIELDS: tuple[Field, ...] = ("tier", "region")
_WAYS: tuple[Way, ...] = ("rr", "least")


@dataclass(frozen=True)
class Named:
    """A login as typed, and where in the text it stands."""

    login: str
    position: int


@dataclass(frozen=True)
class Rule:
    """Customers whose `field` has the value (folded; `north*` for a beginning, `none` for nothing) go to `to`."""

    field: Field
    value: str
    to: Named

    def fits(self, item: Item) -> bool:
        """Whether the rule speaks of the customer."""
        have = fold(item.tier if self.field == "tier" else item.region)
        if self.value == "none":
            return not have
        if self.field == "region" and self.value.endswith("*"):
            return bool(have) and have.startswith(self.value[:-1])
        return have == self.value


@dataclass(frozen=True)
class Plan:
    """What was typed, read: rules in order, then how the rest is given among whom ("" and nobody: not at all)."""

    text: str
    rules: tuple[Rule, ...] = ()
    way: Way | Literal[""] = ""
    among: tuple[Named, ...] = ()

    @property
    def logins(self) -> tuple[str, ...]:
        """Everybody who is named, each once, in order."""
        return tuple(dict.fromkeys(named.login for named in self._named()))

    def check(self, known: Iterable[str]) -> None:
        """UsageError that points at the first name which is no known login."""
        logins = set(known)
        for named in self._named():
            if named.login not in logins:
                message = _('there is no user "{login}"').format(login=named.login)
                raise UsageError(message, self.text, named.position)

    def _named(self) -> Iterator[Named]:
        yield from (rule.to for rule in self.rules)
        yield from self.among


@dataclass(frozen=True, slots=True)
class Item:
    """A customer that is to be given; `counts` where it counts towards the holding cap (DOMAIN §4 P5). `pool` is the
    public pool that it lies in.
    """

    id: int
    tier: str = ""
    region: str = ""
    counts: bool = True
    pool: int | None = None


@dataclass(frozen=True)
class Room:
    """Someone who may receive: `room` for so many that count (None: no cap), the weighted `load` that they carry.

    `reason` says why they receive nothing at all ("" where they do): away, leaving, left, of another team. `full` is
    what is said when there is no room left. In `of_pool` is the other room for what comes out of pools with own rules.
    """

    user_id: int
    room: int | None = None
    load: int = 0
    reason: str = ""
    full: str = ""
    of_pool: Mapping[int, Room] = field(default_factory=dict)

    def out_of(self, pool: int | None) -> Room:
        """The room for what lies in that pool (None: in none)."""
        return self.of_pool.get(pool, self) if pool is not None else self


@dataclass(frozen=True)
class Distribution:
    """Who gets which customer, in the order in which they were given: id → login, and id → why nobody."""

    given: dict[int, str] = field(default_factory=dict)
    left: dict[int, str] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """How many each gets, by login."""
        return dict(Counter(self.given.values()))


def weight(tier: str | None) -> int:
    """What a customer of that tier (an identifier of any scheme) weighs for whoever holds it."""
    return _weights().get(tier or "", WEIGHTS[-1])


def rank_weight(rank: int | None) -> int:
    """What a customer weighs by the place of its tier, 0 the best; None for no tier."""
    return WEIGHTS[min(len(WEIGHTS) - 1 if rank is None else rank, len(WEIGHTS) - 1)]


@cache
def _weights() -> Mapping[str, int]:
    found: dict[str, int] = {}
    for scheme in shipped().values():
        for rank, tier in enumerate(scheme.tiers):
            found.setdefault(tier.identifier, rank_weight(rank))
    return found


def parse(text: str) -> Plan:
    """The plan of `li`, `rr:li,wang`, `least:li,wang`, `tier:A=li,region:north=wang,rr:amy,tom`.

    Raises UsageError whose position is the character of `text` at fault.
    """
    plan = Plan(text)
    for start, word in _words(text):
        plan = _with(plan, word, start)
    if not plan.rules and not plan.among:
        raise UsageError(_("say who gets them: li, rr:li,wang or least:li,wang"), text, 0)
    if plan.way in _WAYS and not plan.among:
        raise UsageError(_("{way}: needs names after it").format(way=plan.way), text, len(text))
    return plan


def _words(text: str) -> Iterator[tuple[int, str]]:
    """What stands between commas, as its ASCII twin, and where it begins."""
    read = ascii_twin(text.replace("、", ","))
    if not read.strip(" ,"):
        return
    start = 0
    for part in read.split(","):
        word = part.strip()
        place = start + len(part) - len(part.lstrip())
        if not word:
            raise UsageError(_("there is no name before this comma"), text, min(start + len(part), len(text)))
        yield place, word
        start += len(part) + 1


def _with(plan: Plan, word: str, start: int) -> Plan:
    """The plan with one more word of its text."""
    head, colon, rest = word.partition(":")
    name = head.strip().casefold()
    if not colon:
        return _with_name(plan, word, start)
    after = start + len(head) + 1
    if name in _WAYS:
        if plan.way:
            raise UsageError(_("the rest is given in one way only"), plan.text, start)
        plan = replace(plan, way=name)
        rest_word = rest.strip()
        if not rest_word:
            raise UsageError(_("{way}: needs names after it").format(way=name), plan.text, after)
        return _with_name(plan, rest_word, after + len(rest) - len(rest.lstrip()))
    if name in _FIELDS:
        if plan.way:
            raise UsageError(_("rules come first, then rr: or least: with the names"), plan.text, start)
        return replace(plan, rules=(*plan.rules, _rule(plan.text, name, rest, after)))
    known = ", ".join(f"{word}:" for word in (*_FIELDS, *_WAYS))
    raise UsageError(_('"{word}:" is not one of {known}').format(word=head.strip(), known=known), plan.text, start)


def _with_name(plan: Plan, word: str, start: int) -> Plan:
    if "=" in word:
        message = _('"{word}" is no name; a rule is written tier:A=li or region:north=li').format(word=word)
        raise UsageError(message, plan.text, start)
    if any(named.login == word for named in plan.among):
        raise UsageError(_("{login} is named twice").format(login=word), plan.text, start)
    if plan.way == "hand":
        raise UsageError(_("among several say how: rr:{names} or least:{names}").format(
            names=f"{plan.among[0].login},{word}"), plan.text, start)  # fmt: skip
    return replace(plan, way=plan.way or "hand", among=(*plan.among, Named(word, start)))


def _rule(text: str, name: Field, rest: str, after: int) -> Rule:
    """A rule from what stands after its colon: `A=li`."""
    value, equals, login = rest.partition("=")
    if not value.strip():
        raise UsageError(_("{field}: which? write {field}:VALUE=NAME").format(field=name), text, after)
    if not equals or not login.strip():
        message = _("who gets {field}:{value}? write {field}:{value}=NAME").format(field=name, value=value.strip())
        raise UsageError(message, text, min(after + len(rest), len(text)))
    wanted = fold(value.strip())
    if name == "tier" and wanted != "none" and wanted not in map(fold, _tiers()):
        message = _('there is no tier "{tier}"').format(tier=value.strip())
        raise UsageError(message, text, after + len(value) - len(value.lstrip()))
    at = after + len(value) + 1 + len(login) - len(login.lstrip())
    return Rule(name, wanted, Named(login.strip(), at))


def _tiers() -> Iterator[str]:
    return (tier.identifier for scheme in shipped().values() for tier in scheme.tiers)


def distribute(plan: Plan, customers: Sequence[Item], people: Mapping[str, Room]) -> Distribution:
    """Give the customers to the people, by login, as the plan says: a `Dealer` that deals once."""
    return Dealer(plan, people).deal(customers)


class Dealer:
    """Gives customers by a plan, a batch after the other: what was given before has filled hands and taken turns.

    The first rule that speaks of a customer and whose person has room decides; what is left goes round (in the order
    given, each in turn) or to whoever carries least (the heaviest first, so that the order within a batch does not
    matter).
    Raises UsageError that points at a name in the plan which is not among the people.
    """

    def __init__(self, plan: Plan, people: Mapping[str, Room]) -> None:
        plan.check(people)
        self._plan = plan
        self._people = people
        self._names = [named.login for named in plan.among]
        self._turn = 0
        self._filled = dict.fromkeys(people, 0)
        self._load = {login: person.load for login, person in people.items()}

    def deal(self, customers: Sequence[Item]) -> Distribution:
        """Give a batch of customers."""
        plan, found = self._plan, Distribution()
        if plan.way == "least":
            customers = sorted(customers, key=lambda item: (-weight(item.tier), item.id))
        rest: list[Item] = []
        for item in customers:
            taker = next((login for login in self._ruled(item) if self._offer(item, login)), None)
            if taker is None:
                rest.append(item)
            else:
                found.given[item.id] = taker
        for item in rest:
            taker = self._deal_one(item)
            if taker is None:
                found.left[item.id] = self.why(*self._ruled(item), *self._names, pool=item.pool)
            else:
                found.given[item.id] = taker
        return found

    def _ruled(self, item: Item) -> Iterator[str]:
        """Whom the rules name for the customer, in order."""
        return (rule.to.login for rule in self._plan.rules if rule.fits(item))

    def _deal_one(self, item: Item) -> str | None:
        names, turn = self._names, self._turn
        order = sorted(names, key=self._load.__getitem__) if self._plan.way == "least" else names[turn:] + names[:turn]
        taker = next((login for login in order if self._offer(item, login)), None)
        if taker is not None:
            self._turn = (names.index(taker) + 1) % len(names)
        return taker

    def _offer(self, item: Item, login: str) -> bool:
        """Put it into the person's hands, unless they receive nothing at present or have no room."""
        return not self._people[login].reason and self.give(item, login)

    def give(self, item: Item, login: str) -> bool:
        """Put it into the hands of someone who was named for it, whatever they are at; False where there is no room."""
        room = self._people[login].out_of(item.pool).room
        if item.counts:
            if room is not None and self._filled[login] >= room:
                return False
            self._filled[login] += 1
        self._load[login] += weight(item.tier)
        return True

    def why(self, *logins: str, pool: int | None = None) -> str:
        """Why none of these takes a customer out of that pool (None: from elsewhere)."""
        known = self._people
        full = _("the holding cap is reached")
        reasons = [
            f"{login}: {known[login].reason or known[login].out_of(pool).full or full}"
            for login in dict.fromkeys(logins)
        ]
        return "; ".join(reasons) or _("no rule gives it to anybody")
