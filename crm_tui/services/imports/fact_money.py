"""What is due, what was paid and what customers buy in all, out of tables. A payment covers what is due the longest, or
the receivable that its row names and that alone; what is due covers itself with what was paid before and is free.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.domain import periods
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.sales import CONFIDENCES, allocate
from crm_tui.domain.stages import choose
from crm_tui.domain.text import ascii_twin
from crm_tui.services.facts import line_of
from crm_tui.services.imports.fact_orders import taken
from crm_tui.services.imports.fact_values import Fact, Values
from crm_tui.services.session import Session
from crm_tui.services.wallets import category_of
from crm_tui.store import staging

if TYPE_CHECKING:
    from crm_tui.store.journal import Change
    from crm_tui.store.staging import Staged


class Payments:
    """Reads and writes payments. The payload of a row is amount, the receivable's number, note."""

    many = False

    def __init__(self, session: Session, change: Change, values: Values) -> None:
        self._database = session.database
        self._change = change
        self._values = values
        self.made: Counter[str] = Counter()

    def read(self, given: Mapping[str, str]) -> Fact:
        day, amount = self._values.day_gone_by(given, "date"), self._values.amount(given, "amount")
        if amount <= 0:
            raise UsageError(_("a payment is more than 0"))
        receivable = self._values.number(given, "receivable")
        content = (day, amount, receivable)
        payload = [amount, receivable, given.get("note", "")]
        return Fact(day, self._values.number(given), content, content, payload)

    def known(self, rows: Sequence[Staged]) -> dict[int, str]:
        verdicts = _there(self._database, "payment", ("customer_id", "paid_on", "amount"), rows)
        of = staging.receivables_by_number(self._database, {row.payload[1] for row in rows if row.payload[1]})
        for row in rows:
            receivable = row.payload[1]
            if receivable and row.ordinal not in verdicts and of.get(receivable, (0, 0))[1] != row.customer_id:
                verdicts[row.ordinal] = _("this customer has no receivable {number}").format(number=receivable)
        return verdicts

    def write(self, rows: Sequence[Staged]) -> None:
        ids = self._change.insert("payment", [
            {"customer_id": row.customer_id, "number": row.number, "import_key": row.import_key, "paid_on": row.day,
             "amount": row.payload[0], "note": row.payload[2]}
            for row in rows
        ])  # fmt: skip
        of = staging.receivables_by_number(self._database, {row.payload[1] for row in rows if row.payload[1]})
        named = [(key, row.customer_id or 0, row.payload[0], of[row.payload[1]][0] if row.payload[1] else None)
                 for key, row in zip(ids, rows, strict=True)]  # fmt: skip
        self.made["allocations"] += cover(self._change, named)

    def finish(self) -> None:
        pass


class Receivables:
    """Reads and writes what is due. The payload of a row is amount, the order's number, note."""

    many = False

    def __init__(self, session: Session, change: Change, values: Values) -> None:
        self._database = session.database
        self._change = change
        self._values = values
        self._customers: set[int] = set()
        self.made: Counter[str] = Counter()

    def read(self, given: Mapping[str, str]) -> Fact:
        day, amount = self._values.day(given, "date"), self._values.amount(given, "amount", least=0)
        order = self._values.number(given, "order")
        content = (day, amount, order)
        return Fact(day, self._values.number(given), content, content, [amount, order, given.get("note", "")])

    def known(self, rows: Sequence[Staged]) -> dict[int, str]:
        verdicts = _there(self._database, "receivable", ("customer_id", "due_on", "amount"), rows)
        orders = staging.orders_by_number(self._database, {row.payload[1] for row in rows if row.payload[1]})
        for row in rows:
            order = row.payload[1]
            if order and row.ordinal not in verdicts and orders.get(order, (0, 0, ""))[1] != row.customer_id:
                verdicts[row.ordinal] = _("this customer has no order {number}").format(number=order)
        return verdicts

    def write(self, rows: Sequence[Staged]) -> None:
        orders = staging.orders_by_number(self._database, {row.payload[1] for row in rows if row.payload[1]})
        self._change.insert("receivable", [
            {"customer_id": row.customer_id, "order_id": orders[row.payload[1]][0] if row.payload[1] else None,
             "number": row.number, "import_key": row.import_key, "due_on": row.day, "amount": row.payload[0],
             "note": row.payload[2]}
            for row in rows
        ])  # fmt: skip
        self._customers |= {row.customer_id for row in rows if row.customer_id}

    def finish(self) -> None:
        free = staging.free_payments(self._database, self._customers)
        self.made["allocations"] += cover(self._change, [(key, customer, rest, None) for key, customer, rest in free])


def cover(change: Change, payments: Iterable[tuple[int, int, int, int | None]]) -> int:
    """Let payments (id, customer, what is free of it, the receivable named or None) cover what is due, in their order;
    how many allocations that made.
    """
    payments = list(payments)
    open_ones = staging.open_receivables(change.database, {payment[1] for payment in payments})
    rows: list[dict[str, Any]] = []
    for key, customer, free, named in payments:
        owed = open_ones.get(customer, {})
        among = owed if named is None else {named: owed.get(named, 0)}
        given, __ = allocate(free, among.items())
        for receivable, part in given.items():
            owed[receivable] -= part
            rows.append({"customer_id": customer, "payment_id": key, "receivable_id": receivable, "amount": part})
    known = staging.met(change.database, {row["payment_id"] for row in rows})
    new = [row for row in rows if (row["payment_id"], row["receivable_id"]) not in known]
    more = {}
    for row in rows:
        if before := known.get((row["payment_id"], row["receivable_id"])):
            more[before[0]] = {"amount": before[1] + row["amount"]}
    change.insert("allocation", new)
    change.update_each("allocation", more)
    return len(rows)


def _there(
    database: Any, table: str, columns: Sequence[str], rows: Sequence[Staged]
) -> dict[int, str]:
    """Of the rows whose number or import key is there: "" where customer, day and amount are the same, else why not."""
    there = staging.numbered(database, table, columns, rows)
    verdicts: dict[int, str] = {}
    for row in rows:
        if row.import_key is not None:
            if row.import_key in there:
                verdicts[row.ordinal] = ""
        elif row.number in there:
            same = there[row.number] == (row.customer_id, row.day, row.payload[0])
            verdicts[row.ordinal] = "" if same else taken(row.number)
    return verdicts


_PART = re.compile(r"\s*(.+?)\s*(?:[:=]|\s(?=[¥￥$€£]?[0-9]))\s*(.+?)\s*")
_QUARTER = re.compile(
    r"([0-9]{4})\s*年?\s*[-/]?\s*(?:[qQ第]?\s*)([1-4一二三四])\s*(?:季度|季)"
    r"|([0-9]{4})\s*[-/ ]?\s*[qQ]([1-4])|[qQ]([1-4])\s*[-/ ]?\s*([0-9]{4})"
)
_HAN = {"一": "1", "二": "2", "三": "3", "四": "4"}


class Wallets:
    """Reads and writes estimates. The payload of a row is category, first day, last day, total, source, confidence,
    competitors (JSON of name → minor units); its number is category and days.
    """

    many = False

    def __init__(self, session: Session, change: Change, values: Values) -> None:
        self._session = session
        self._change = change
        self._values = values
        self.made: Counter[str] = Counter()

    def read(self, given: Mapping[str, str]) -> Fact:
        category = category_of(self._session, given.get("category", ""))
        first, last = self._days(given)
        total = self._values.amount(given, "total", least=0)
        confidence = "middle"
        if "confidence" in given:
            found = choose(given["confidence"], CONFIDENCES)
            if found is None:
                raise UsageError(_('confidence "{text}" is not one of low, middle, high').format(
                    text=given["confidence"]))  # fmt: skip
            confidence = found.identifier
        competitors = self._competitors(given.get("competitors", ""))
        if sum(competitors.values()) > total:
            raise UsageError(_("the competitors' parts are more than the whole"))
        parts = json.dumps(competitors, ensure_ascii=False, sort_keys=True)
        payload = [category, first, last, total, line_of(given.get("source", "")), confidence, parts]
        return Fact(first, f"{category} {first} {last}", tuple(payload), tuple(payload), payload)

    def _days(self, given: Mapping[str, str]) -> tuple[str, str]:
        if "period" in given:
            found = _period(given["period"], self._session)
            return found.first.isoformat(), found.last.isoformat()
        first, last = self._values.day(given, "from"), self._values.day(given, "to")
        if last < first:
            raise UsageError(_("it ends before it begins: {first} to {last}").format(first=first, last=last))
        return first, last

    def _competitors(self, text: str) -> dict[str, int]:
        """`Huawei: 120000; ZTE 5万` by name; a name without an amount has 0."""
        found: dict[str, int] = {}
        for part in re.split(r"[;；、\n]", text):
            if not part.strip():
                continue
            parted = _PART.fullmatch(ascii_twin(part))
            name, amount = (parted[1], self._values.minor(parted[2])) if parted else (part, 0)
            if amount < 0:
                raise UsageError(_("an estimate is 0 or more"))
            found[line_of(name)] = found.get(line_of(name), 0) + amount
        return found

    def known(self, rows: Sequence[Staged]) -> dict[int, str]:
        there = staging.wallets_of(self._session.database, {row.customer_id for row in rows if row.customer_id})
        told = _("there is an estimate of this category and these days already, with other content")
        verdicts: dict[int, str] = {}
        for row in rows:
            category, first, last, *rest = row.payload
            found = there.get((row.customer_id or 0, category, first, last))
            if found is not None:
                verdicts[row.ordinal] = "" if list(found) == rest else told
        return verdicts

    def write(self, rows: Sequence[Staged]) -> None:
        user_id = self._session.person.id
        self._change.insert("wallet", [
            {"customer_id": row.customer_id, "user_id": user_id, **dict(zip(_WALLET, row.payload, strict=True))}
            for row in rows
        ])  # fmt: skip

    def finish(self) -> None:
        pass


_WALLET = ("category", "from_on", "until_on", "total", "source", "confidence", "competitors")


def _period(text: str, session: Session) -> periods.Period:
    """2026, 2026年, 2026-Q3, Q3 2026, 2026年3季度, 2026-07, 2026年7月, or two of them with `to` between."""
    parts = [_plain_period(part) for part in re.split(r"\s+(?:to|until|-|–)\s+|至|到|~|～", text.strip())]
    if len(parts) > 2:
        raise UsageError(_('cannot read the period "{text}": write it like 2026 or 2026-Q3').format(text=text))
    return periods.parse(parts[0], parts[-1], session.today)


def _plain_period(text: str) -> str:
    plain = ascii_twin(text.strip())
    if found := _QUARTER.fullmatch(plain):
        year, number = found[1] or found[3] or found[6], found[2] or found[4] or found[5]
        return f"{year}-Q{_HAN.get(number, number)}"
    plain = re.sub(r"年度?$", "", plain).replace("年", "-").removesuffix("月").replace("/", "-")
    month = re.fullmatch(r"([0-9]{4})-([0-9])", plain)
    return f"{month[1]}-0{month[2]}" if month else plain
