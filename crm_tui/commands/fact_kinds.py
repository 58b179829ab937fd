"""The kinds of arguments of what customers buy, owe and pay: amounts, quantities, products, numbers of papers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from crm_tui.commands.kinds import assignment
from crm_tui.commands.registry import Kind, Suggestion
from crm_tui.domain.errors import UsageError
from crm_tui.domain.language import _
from crm_tui.domain.sales import CONFIDENCES, RESULTS, STATES, parse_quantity
from crm_tui.domain.stages import Choice, choose
from crm_tui.domain.text import ascii_twin

if TYPE_CHECKING:
    from crm_tui.services.session import Session
    from crm_tui.store.sales import Table


def _amount(session: Session, text: str) -> int:
    from crm_tui.domain.money import parse_amount

    return parse_amount(text, session.settings["currency"])


def _share(session: Session, text: str) -> tuple[str, int]:
    name, value = assignment(text)
    return name, _amount(session, value)


def _day(session: Session, text: str) -> date:
    from crm_tui.domain.when import parse

    return parse(text, session.now, workdays=session.settings.workdays).on


def said_day(session: Session, text: str) -> str:
    """What a typed day means, be it past or to come."""
    from crm_tui.domain.when import describe, parse

    found = parse(text, session.now, workdays=session.settings.workdays)
    return describe(found, session.today, session.settings.workdays)


def _points(session: Session, text: str) -> str:
    plain = text.strip()
    if plain in ("", "none", "-"):
        return ""
    if plain not in ("1", "2", "3", "4", "5"):
        raise UsageError(_('"{text}" is none of 1 to 5; none takes it back').format(text=text), text, 0)
    return plain


def _chosen(name: str, choices: Sequence[Choice], *more: str) -> Kind:
    words = [*(choice.identifier for choice in choices), *more]

    def read(session: Session, text: str) -> str:
        found = choose(text, choices)
        if found is None and text not in more:
            message = _('{name} "{text}" is not one of {names}')
            raise UsageError(message.format(name=name, text=text, names=", ".join(words)), text, 0)
        return found.identifier if found else text

    offered = [*((choice.identifier, choice.title) for choice in choices), *((word, "") for word in more)]
    return Kind(name, read, lambda session: offered, pure=True)


def _products(session: Session) -> Sequence[Suggestion]:
    from crm_tui.store import products

    return [(one.name, one.category) for one in products.every(session.database, limit=500)]


def _rankings(session: Session) -> Sequence[Suggestion]:
    from itertools import permutations

    from crm_tui.domain.factors import FACTORS, in_words

    every = permutations(factor.identifier for factor in FACTORS)
    return [*((">".join(ranking), in_words(ranking)) for ranking in every), ("none", _("take it back"))]


def _several(session: Session, text: str) -> list[str]:
    names = [name.strip() for name in ascii_twin(text).replace("、", ",").split(",")]
    if not all(names):
        raise UsageError(_('"{text}" is not a list of products, as in "GTX Pro,GTX Basic"').format(text=text), text, 0)
    return names


def _categories(session: Session) -> Sequence[Suggestion]:
    from crm_tui.store import products

    return [*((name, "") for name in products.categories(session.database)), ("all", _("all categories together"))]


def _numbers(table: Table, which: str) -> Callable[[Session], Sequence[Suggestion]]:
    def suggest(session: Session) -> Sequence[Suggestion]:
        from crm_tui.store import sales

        session.refresh()
        return sales.numbers(session.database, session.sight, table, which)

    return suggest


def _thing(session: Session, text: str) -> str:
    from crm_tui.domain.playbooks import named_thing

    return named_thing(text)


def _things(session: Session) -> Sequence[Suggestion]:
    from crm_tui.domain.playbooks import THINGS, title_of

    return [(name, title_of(name)) for name in THINGS]


AMOUNT = Kind("amount", _amount)
QUANTITY = Kind("quantity", lambda session, text: parse_quantity(text), pure=True)
DAY = Kind("day", _day, lambda session: [("today", ""), ("+30d", ""), ("+60d", ""), ("月底", "")])
POINTS = Kind("points", _points, lambda session: [(str(n), "") for n in range(1, 6)], pure=True)
PART = Kind("name=amount", _share)
PRODUCT = Kind("product", suggest=_products)
RANKING = Kind("ranking", suggest=_rankings)
THING = Kind("item", _thing, _things, pure=True)
PRODUCTS = Kind("products", _several, _products, pure=True)
CATEGORY = Kind("category", suggest=_categories)
CONFIDENCE = _chosen("confidence", CONFIDENCES)
RESULT = _chosen("result", RESULTS, "any")
STATE = _chosen("state", STATES, "any")
DEAL = Kind("deal", suggest=_numbers("deal", "open"))
ANY_DEAL = Kind("deal", suggest=_numbers("deal", "any"))
ORDER = Kind("order", suggest=_numbers("sales_order", "standing"))
DRAFT = Kind("order", suggest=_numbers("sales_order", "draft"))
RECEIVABLE = Kind("receivable", suggest=_numbers("receivable", "open"))
DEAL_FIELD = Kind(
    "field=value", lambda session, text: assignment(text),
    lambda session: [(f"{name}=", "") for name in ("product", "amount", "expected", "competitor", "number", "note")],
)  # fmt: skip
PRODUCT_FIELD = Kind(
    "field=value", lambda session, text: assignment(text),
    lambda session: [(f"{name}=", "") for name in ("name", "category", "price", "cost")],
)  # fmt: skip
