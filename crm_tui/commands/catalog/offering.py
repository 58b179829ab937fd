"""Commands on selling: why a customer buys, to whom a new product is offered first, and how far it has come."""

from __future__ import annotations

from crm_tui.commands import fact_kinds, kinds
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import offering as verbs
from crm_tui.domain.language import N_
from crm_tui.domain.recommend import STATES

_PRODUCT = Argument("product", fact_kinds.PRODUCT, N_("which product"), required=True)

COMMANDS = (
    Command(
        "recommend", N_("to whom a new product is offered first, and why"), verbs.recommend, ask="missing",
        arguments=(
            _PRODUCT,
            Argument(
                "like", fact_kinds.PRODUCTS, N_("products that it is like, with commas"), required=True, option=True
            ),
            Argument("on", kinds.FILTER, N_("of these customers alone"), option=True),
            Argument("limit", kinds.NUMBER, N_("at most so many; else 50"), option=True),
            Argument("support", kinds.NUMBER, N_("customers who must have bought two products together; else 3"),
                     option=True),
        ),
    ),
    Command(
        "push", N_("take down how far a new product has come with the customer"), verbs.push, target="rows",
        changes=True, ask="missing",
        arguments=(
            _PRODUCT,
            Argument("state", kinds.one_of("state", *STATES), N_("how far; else pushed"), option=True),
            Argument("note", kinds.TEXT, N_("what was said"), option=True),
        ),
    ),
    Command(
        "factor", N_("take down why the customer buys: supplier>price>partner"), verbs.factor, target="rows",
        changes=True, ask="missing", ahead=verbs.factor_ahead,
        arguments=(
            Argument("ranking", fact_kinds.RANKING, N_("the weightiest first; none takes it back"), required=True),
            Argument("occasion", kinds.TEXT, N_("when buying what; else in general"), option=True),
            Argument("evidence", kinds.TEXT, N_("how one knows"), option=True),
        ),
    ),
    Command("factors", N_("why the customer buys, and what is typical of its tier"), verbs.factors, target="one"),
    Command("factors typical", N_("why the customers of each tier buy"), verbs.factors_typical),
    Command("pushes", N_("how far a new product has come with whom"), verbs.pushes, arguments=(_PRODUCT,)),
)  # fmt: skip
