"""What the cells of a table of facts hold: amounts, days, numbers and words, each read by one rule for all kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.money import bounded, exponent, parse_amount
from crm_tui.domain.sales import parse_quantity
from crm_tui.domain.text import ascii_twin
from crm_tui.formats.days import parse_day
from crm_tui.services.facts import note_of
from crm_tui.services.imports.fact_plans import FactPlan
from crm_tui.services.imports.plans import cell
from crm_tui.services.session import Session

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from crm_tui.store.staging import Staged

_LONGEST, _LONGEST_NUMBER = 2_000, 60
_EMPTY = frozenset(("-", "--", "—", "–", "/", "\\", "n/a", "#n/a", "null", "none", "nil", "无", "無", "暂无", "暫無"))
_PLAIN = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,10})?")


class Fact(NamedTuple):
    """A row that was read, without its customer. Rows of the same `number` ("" for none) must have the same `head`.

    `content` is all by which two rows are the same, `payload` what is written: both of JSON's types.
    """

    day: str
    number: str
    head: tuple[Any, ...]
    content: tuple[Any, ...]
    payload: list[Any]


class Kind(Protocol):
    """What a table holds: how a row is read, which ones are there already, and how the others are written."""

    made: Counter[str]
    """What came about beside the rows: products, users, orders, allocations…"""
    many: bool
    """Whether several rows with one number are one thing (the lines of an order)."""

    def read(self, given: Mapping[str, str]) -> Fact:
        """The fact of the row. UsageError with the reason to refuse it."""

    def known(self, rows: Sequence[Staged]) -> dict[int, str]:
        """By ordinal, of those that cannot be written: "" for what is there already, else the reason."""

    def write(self, rows: Sequence[Staged]) -> None:
        """Make them. Rows come by day, number and content."""

    def finish(self) -> None:
        """What follows once all are written."""


class Values:
    """Reads the cells of a plan's table."""

    def __init__(self, session: Session, plan: FactPlan) -> None:
        self._currency: str = session.settings["currency"]
        self._decimals = exponent(self._currency)
        self._orders = plan.orders
        self._defused = plan.table.defused
        self._cells = [(column, place) for column, place in enumerate(plan.places) if place]
        self._fixed = {place: kept for place, text in plan.fixed.items() if (kept := _kept(place, text, False))}
        self.minor = lru_cache(16_384)(self._minor)
        self._parsed = lru_cache(16_384)(parse_day)
        self.quantity = lru_cache(4_096)(partial(parse_quantity, none=True))
        self._today = session.today.isoformat()

    def row(self, cells: tuple[str, ...]) -> dict[str, str]:
        """What the row says, by field; what says nothing (-, null, 无) is not there."""
        given: dict[str, str] = {}
        for column, place in self._cells:
            text = cells[column]
            if text and (kept := _kept(place, text, self._defused)):
                given[place] = kept
        for place, text in self._fixed.items():
            given.setdefault(place, text)
        return given

    def day(self, given: Mapping[str, str], place: str) -> str:
        """The ISO day in that field; UsageError where there is none."""
        if place not in given:
            raise UsageError(_("the {field} is missing").format(field=_title(place)))
        return self._parsed(given[place], self._orders.get(place, "dmy"))

    def day_gone_by(self, given: Mapping[str, str], place: str) -> str:
        """As `day`; UsageError for a day to come, of which there is nothing to tell."""
        found = self.day(given, place)
        if found > self._today:
            raise UsageError(_("{when} is yet to come: name a day gone by").format(when=found))
        return found

    def day_or_none(self, given: Mapping[str, str], place: str) -> str | None:
        """The ISO day in that field, None where it says nothing."""
        return self.day(given, place) if place in given else None

    def amount(self, given: Mapping[str, str], place: str, *, least: int | None = None) -> int:
        """The amount in that field, in minor units; UsageError where there is none, or it is too small."""
        if place not in given:
            raise UsageError(_("the {field} is missing").format(field=_title(place)))
        found = self.minor(given[place])
        if least is not None and found < least:
            raise UsageError(_("the {field} is {text}: it must not be negative").format(
                field=_title(place), text=given[place]))  # fmt: skip
        return found

    def amount_or_none(self, given: Mapping[str, str], place: str, *, least: int | None = None) -> int | None:
        """The amount in that field, None where it says nothing."""
        return self.amount(given, place, least=least) if place in given else None

    def each(self, text: str) -> Decimal:
        """The price of one, in minor units and parts of them: prices may have more decimals than the currency."""
        plain = ascii_twin(text).replace(",", "")
        if _PLAIN.fullmatch(plain):
            return Decimal(plain).scaleb(self._decimals)
        return Decimal(self.minor(text))

    def _minor(self, text: str) -> int:
        return parse_amount(text, self._currency)

    @staticmethod
    def number(given: Mapping[str, str], place: str = "number") -> str:
        """The number in that field, "" for none; UsageError for one that is too long."""
        text = " ".join(given.get(place, "").split()).lstrip("#").lstrip()
        if len(text) > _LONGEST_NUMBER:
            raise UsageError(_("a number has {n} characters at most").format(n=_LONGEST_NUMBER))
        return text


def rounded(value: Decimal) -> int:
    """To the minor unit, halves up; UsageError for an amount that is too large."""
    return bounded(int(value.to_integral_value(ROUND_HALF_UP)))


def _kept(place: str, text: str, defused: bool = True) -> str:
    if place == "note":
        return note_of(cell(text, multiline=True, limit=_LONGEST, defused=defused))
    if text[0] != "'" and text.isascii() and text.isprintable():
        text = text.strip()[:_LONGEST]
    else:
        text = cell(text, limit=_LONGEST, defused=defused)
    return "" if len(text) < 5 and text.casefold() in _EMPTY else text


def _title(place: str) -> str:
    return _(place)
