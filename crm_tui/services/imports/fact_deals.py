"""Deals out of a table, with the orders of those that were won, the people whose they are, and what follows from them.

A deal moves its customer on along the path, never back (DOMAIN §2): won to actual, under way to target or intent. Whose
deals a customer has most of holds it from then on, as far as the importer may assign it and the caps allow (§4 P5).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.domain.distribution import Dealer, Item, Plan
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.names import pinyin
from crm_tui.domain.people import check_login
from crm_tui.domain.pools import COUNTED
from crm_tui.domain.products import name_key, name_of
from crm_tui.domain.stages import LOST_REASONS, choose, rank
from crm_tui.formats.headings import stage_of
from crm_tui.services import moves, pools, stages, teams
from crm_tui.services.facts import line_of
from crm_tui.services.imports.fact_orders import Catalogue, line_row, taken
from crm_tui.services.imports.fact_values import Fact, Values
from crm_tui.services.session import Session
from crm_tui.store import importing, staging

if TYPE_CHECKING:
    from crm_tui.store.journal import Change
    from crm_tui.store.staging import Staged

# How far along the path a deal that is under way says its customer is; nobody with one is merely potential.
_REACHED = {"non_customer": "target", "potential": "target", "target": "target", "intent": "intent"}
_COMPARED = ("customer_id", "result", "amount", "closed_on", "opened_on", "product_id")


class Deals:
    """Reads and writes deals. The payload of a row is agent, product, result, stage reached ("" for none), opened on
    (None where the table does not say), closed on, expected on, amount, competitor, reason, note.
    """

    many = False

    def __init__(self, session: Session, change: Change, values: Values, *, keep_owners: bool) -> None:
        self._session = session
        self._database = session.database
        self._change = change
        self._values = values
        self._keep_owners = keep_owners
        self._catalogue = Catalogue(change)
        self.made: Counter[str] = self._catalogue.made
        self._users = Agents(session, self.made)
        self._reached: dict[int, str] = {}
        self._named: set[int] = set()

    def read(self, given: Mapping[str, str]) -> Fact:
        values = self._values
        result, reached = _meant(given.get("stage", ""))
        opened, expected = values.day_or_none(given, "opened"), values.day_or_none(given, "expected")
        closed = values.day_gone_by(given, "closed") if result != "open" else None
        if opened and closed and closed < opened:
            raise UsageError(_("it closes before it opens: {first} to {last}").format(first=opened, last=closed))
        amount = values.amount_or_none(given, "amount", least=0)
        product = name_of(given.get("product", ""))
        if result == "won":
            if amount is None:
                raise UsageError(_("it was won: the amount is missing"))
            if not product:
                raise UsageError(_("it was won: the product is missing"))
        else:
            amount = amount or None  # what was never sold has no value yet, whatever a table fills in
        agent = line_of(given.get("agent", ""))
        payload = [
            agent, product, result, reached, opened, closed, expected, amount, line_of(given.get("competitor", "")),
            _reason(given.get("reason", "")) if result == "lost" else "", given.get("note", ""),
        ]  # fmt: skip
        content = (agent.casefold(), name_key(product), result, opened, closed, expected, amount)
        return Fact(closed or opened or "", values.number(given), content, content, payload)

    def known(self, rows: Sequence[Staged]) -> dict[int, str]:
        there = staging.numbered(self._database, "deal", _COMPARED, rows)
        products = self._catalogue.known(row.payload[1] for row in rows)
        won = [row for row in rows if row.payload[2] == "won"]
        orders = staging.numbered(self._database, "sales_order", ("customer_id", "ordered_on"), won)
        verdicts: dict[int, str] = {}
        for row in rows:
            key = row.import_key or row.number
            if key in there:
                same = row.import_key is not None or _same(there[key], row, products)
                verdicts[row.ordinal] = "" if same else taken(row.number)
            elif row.payload[2] == "won" and orders.get(key, (row.customer_id, row.day)) != (row.customer_id, row.day):
                verdicts[row.ordinal] = _("there is another order with the number {number}").format(number=row.number)
            elif reason := self._users.refusal(row.payload[0]):
                verdicts[row.ordinal] = reason
        return verdicts

    def write(self, rows: Sequence[Staged]) -> None:
        users = self._users.of(row.payload[0] for row in rows)
        products = self._catalogue.of((row.payload[1], "") for row in rows if row.payload[1])
        holders = staging.holders_of(self._database, {row.customer_id for row in rows if row.customer_id})
        me, today = self._session.person.id, self._session.today.isoformat()
        deals: list[dict[str, Any]] = []
        for row in rows:
            agent, product, result, reached, opened, closed, expected, amount, competitor, reason, note = row.payload
            customer = row.customer_id or 0
            deals.append({
                "customer_id": customer, "user_id": users.get(agent.casefold()) or holders.get(customer) or me,
                "product_id": products[name_key(product)].id if product else None, "number": row.number,
                "import_key": row.import_key, "amount": amount, "opened_on": opened or closed or today,
                "expected_on": expected, "competitor": competitor, "result": result, "reason": reason,
                "closed_on": closed, "note": note,
            })  # fmt: skip
            if agent:
                self._named.add(customer)
            if reached and rank(reached) > rank(self._reached.get(customer, "non_customer")):
                self._reached[customer] = reached
        ids = self._change.insert("deal", deals)
        self._order([(row, key, deal["user_id"]) for row, key, deal in zip(rows, ids, deals, strict=True)], products)

    def _order(self, made: Sequence[tuple[Staged, int, int]], products: Mapping[str, Any]) -> None:
        """Make the orders of the deals that were won; one that is there already is said to be of its deal."""
        won = [(row, key, user_id) for row, key, user_id in made if row.payload[2] == "won"]
        there = staging.numbered(self._database, "sales_order", ("id",), [row for row, __, __ in won])
        linked = {there[key][0]: {"deal_id": deal} for row, deal, __ in won
                  if (key := row.import_key or row.number) in there}  # fmt: skip
        self._change.update_each("sales_order", linked)
        new = [one for one in won if (one[0].import_key or one[0].number) not in there]
        ids = self._change.insert("sales_order", [
            {"customer_id": row.customer_id, "user_id": user_id, "deal_id": deal, "number": row.number,
             "import_key": row.import_key, "ordered_on": row.payload[5], "state": "confirmed", "note": ""}
            for row, deal, user_id in new
        ])  # fmt: skip
        self._change.insert("order_line", [
            line_row(row, key, [row.payload[1], "", 1.0, row.payload[7], row.payload[7], None, "", False], products)
            for key, (row, __, __) in zip(ids, new, strict=True)
        ])  # fmt: skip
        self.made["orders"] += len(new)

    def finish(self) -> None:
        self._move_on()
        if self._named and not self._keep_owners and self._session.person.role in ("lead", "admin"):
            self._assign()

    def _move_on(self) -> None:
        taken, __ = self._session.take(list(self._reached))
        ahead: dict[str, list[int]] = {}
        for facts in taken:
            reached = self._reached[facts.id]
            if rank(reached) > rank(facts.stage):  # lost is the last of all: nothing brings a customer out of it here
                ahead.setdefault(reached, []).append(facts.id)
        for stage in sorted(ahead, key=rank):
            self.made["moved"] += len(stages.move(self._session, sorted(ahead[stage]), stage).changed)

    def _assign(self) -> None:
        """Give each customer to whose deals it has most of; what nobody may assign, or exceeds a cap, stays."""
        agents = dict(staging.agents(self._database, sorted(self._named)))
        movable, __ = self._session.take_to_move(sorted(self._named))
        rooms = pools.rooms(self._session)
        logins = {room.user_id: login for login, room in rooms.items()}
        dealer = Dealer(Plan(""), rooms)
        given: dict[int, list[Any]] = {}
        wanted = [
            facts for facts in movable if not facts.blocked and agents.get(facts.id) not in (None, facts.owner_id)
        ]
        for facts in wanted:
            login = logins[agents[facts.id]]
            item = Item(facts.id, facts.tier or "", counts=facts.stage in COUNTED, pool=facts.pool_id)
            if not rooms[login].reason and dealer.give(item, login):
                given.setdefault(agents[facts.id], []).append(facts)
        # Deals that go on follow the customer into other hands; here the table says whose they are.
        whose = staging.open_deals(self._database, [facts.id for some in given.values() for facts in some])
        for user_id in sorted(given):
            moves.give(self._session, self._change, given[user_id], user_id, "assign", _("most of its deals"))
        self._change.update_each("deal", {key: {"user_id": user_id} for key, user_id in whose.items()})
        self.made["assigned"] = sum(map(len, given.values()))
        self.made["kept"] = len(wanted) - self.made["assigned"]


class Agents:
    """The users whose deals they are, by name or login. An administrator's import makes those that are not there."""

    def __init__(self, session: Session, made: Counter[str]) -> None:
        self._session = session
        self._made = made
        self._known: dict[str, list[int]] = {}
        self._logins: set[str] = set()
        for key, login, name, __, __ in importing.users(session.database):
            self._logins.add(login.casefold())
            for spelled in {login.casefold(), line_of(name).casefold()}:
                self._known.setdefault(spelled, []).append(key)

    def refusal(self, agent: str) -> str:
        """Why the agent's deals cannot be taken in; "" where they can."""
        found = self._known.get(agent.casefold(), ())
        if len(found) > 1:
            return _('several users are called "{name}": give the login').format(name=agent)
        if not agent or found or self._session.person.role == "admin":
            return ""
        message = _('there is no user "{name}": an administrator adds one, as in users add {login} --name "{name}"')
        return message.format(name=agent, login=login_of(agent, self._logins))

    def of(self, names: Iterable[str]) -> dict[str, int]:
        """The users of these names, by the folded name; "" is nobody."""
        spelled: dict[str, str] = {}
        for name in sorted(set(names) - {""}):
            spelled.setdefault(name.casefold(), name)
        for key, name in spelled.items():
            if key not in self._known:
                login = login_of(name, self._logins)
                [made] = teams.add(self._session, login, role="rep", name=name).data
                self._known[key] = [made["id"]]
                self._logins.add(login)
                self._made["users"] += 1
        return {key: self._known[key][0] for key in spelled}


def login_of(name: str, taken: Iterable[str]) -> str:
    """A login that nobody has, out of a name: first.last in ASCII, by the sound of a Chinese name."""
    plain = unicodedata.normalize("NFKD", (pinyin(name) or (name,))[0]).encode("ascii", "ignore").decode().casefold()
    login = ".".join(re.findall(r"[a-z0-9]+", plain))[:50] or "rep"
    login = login if login[0].isalpha() else f"rep.{login}"
    number, found = 1, login
    while found in taken or not _may_be(found):
        number += 1
        found = f"{login}{number}"
    return found


def _may_be(login: str) -> bool:
    try:
        return check_login(login) == login
    except UsageError:
        return False


def _meant(text: str) -> tuple[str, str]:
    """The result of a deal and the stage that its customer has reached by it, of what its stage is called."""
    if not text:
        raise UsageError(_("the stage of the deal is missing"))
    if text.casefold() in ("engaging", "engaged"):
        return "open", "intent"
    stage = stage_of(text)
    if stage == "actual":
        return "won", "actual"
    if stage == "lost":
        return "lost", ""
    if stage is None:
        message = _('deal stage "{text}" is none that is known: Prospecting, Engaging, Won, Lost and the like')
        raise UsageError(message.format(text=text))
    return "open", _REACHED[stage]


def _reason(text: str) -> str:
    """Why it was lost, as it is kept: of the list, else in own words; "" where nobody says."""
    said = line_of(text)
    if not said:
        return ""
    found = choose(said, LOST_REASONS)
    return found.identifier if found and found.identifier != "other" else f"other: {said}"


def _same(there: tuple[Any, ...], row: Staged, products: Mapping[str, Any]) -> bool:
    """Whether the deal that is there says the same; of what the table does not say nothing is asked."""
    __, product, result, __, opened, closed, __, amount, *__ = row.payload
    known = products.get(name_key(product))
    wanted = (row.customer_id, result, amount, closed, opened or there[4], known.id if known else None)
    return there == wanted
