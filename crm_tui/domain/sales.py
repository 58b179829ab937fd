"""What deals, orders and payments are made of: quantities, lines, and which money covers which claim (DOMAIN §6)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from crm_tui.domain.errors import UsageError
from crm_tui.domain.expressions import expression
from crm_tui.domain.language import N_, _
from crm_tui.domain.money import bounded
from crm_tui.domain.stages import Choice
from crm_tui.domain.text import ascii_twin

RESULTS: tuple[Choice, ...] = (
    Choice("open", N_("open"), ("进行中", "進行中")),
    Choice("won", N_("won"), ("赢单", "贏單", "成交")),
    Choice("lost", N_("lost"), ("输单", "輸單", "丢单", "丟單")),
)
STATES: tuple[Choice, ...] = (
    Choice("draft", N_("draft"), ("草稿",)),
    Choice("confirmed", N_("confirmed"), ("已确认", "已確認")),
    Choice("cancelled", N_("cancelled"), ("已取消", "作废", "作廢")),
)
CONFIDENCES: tuple[Choice, ...] = (
    Choice("low", N_("low"), ("低",)),
    Choice("middle", N_("middle"), ("中", "medium")),
    Choice("high", N_("high"), ("高",)),
)

_QUANTITY = expression(r"-?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,12})(\.[0-9]{1,6})?")


def parse_quantity(text: str, *, none: bool = False) -> float:
    """How many: `3`, `2.5`, `1,200`, `-1`; UsageError for anything else, and for 0 unless there may be `none`."""
    plain = ascii_twin(text).strip()
    if not _QUANTITY.fullmatch(plain):
        raise UsageError(_('quantity "{text}" is no number: write it like 3 or 2.5').format(text=text), text, 0)
    found = float(plain.replace(",", ""))
    if not found and not none:
        raise UsageError(_("a line is of some quantity, not of 0"), text, 0)
    return found


def format_quantity(quantity: float) -> str:
    """`3`, `2.5`, `1,200`."""
    return f"{quantity:,.6f}".rstrip("0").rstrip(".")


def times(each: int, quantity: float) -> int:
    """The amount of so many at that price, to the minor unit; UsageError for one that is too large."""
    return bounded(int((Decimal(each) * Decimal(str(quantity))).to_integral_value(ROUND_HALF_UP)))


def line_amount(quantity: float, price: int | None, amount: int | None) -> int | None:
    """The amount of a line: as given, else price × quantity; None when neither is known.

    UsageError where the two differ by more than rounding the price could explain.
    """
    if amount is None:
        return None if price is None else times(price, quantity)
    if price is not None and abs(times(price, quantity) - amount) > max(1, abs(quantity) / 2):
        raise UsageError(_("price × quantity is another amount than the one given: give one of the two"))
    return amount


def allocate(amount: int, owed: Iterable[tuple[int, int]]) -> tuple[dict[int, int], int]:
    """What of the amount covers which claim, each given as (key, what is open of it), the first ones first; and the
    rest. All in minor units; nothing is covered twice.
    """
    given: dict[int, int] = {}
    for key, still in owed:
        if amount <= 0:
            break
        part = min(amount, still)
        if part > 0:
            given[key] = part
            amount -= part
    return given, amount
