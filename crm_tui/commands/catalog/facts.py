"""Commands on what customers buy, owe and pay: deals, orders, receivables, payments, wallets, and on what is sold."""

from __future__ import annotations

from crm_tui.commands import fact_kinds, kinds
from crm_tui.commands.registry import Argument, Command
from crm_tui.commands.verbs import facts as verbs
from crm_tui.domain.language import N_

_FILTER = Argument("filter", kinds.FILTER, N_("of which customers; else of all one sees"), many=True)
_LIMIT = Argument("limit", kinds.NUMBER, N_("at most so many"), option=True)
_NUMBER = Argument("number", kinds.TEXT, N_("its number; else one is made"), option=True)
_NOTE = Argument("note", kinds.TEXT, N_("a note"), option=True)
_AT = Argument("at", kinds.PAST, N_("the day, if not today"), option=True)
_VERSION = Argument("version", kinds.NUMBER, N_("only if nobody changed a field since this version"), option=True)
_DEAL = Argument("deal", fact_kinds.DEAL, N_("the deal: its number, or #id"), required=True)
_ORDER = Argument("order", fact_kinds.ORDER, N_("the order: its number, or #id"), required=True)
_LINE = (
    Argument("product", fact_kinds.PRODUCT, N_("of what"), required=True),
    Argument("quantity", fact_kinds.QUANTITY, N_("how many"), required=True),
    Argument("price", fact_kinds.AMOUNT, N_("the price of one; else the product's"), option=True),
    Argument("amount", fact_kinds.AMOUNT, N_("the amount of all of them, if not price × quantity"), option=True),
    Argument("cost", fact_kinds.AMOUNT, N_("what all of them cost us; else by the product's"), option=True),
)

_DEALS = (
    Command(
        "deal add", N_("open a deal with the customer"), verbs.deal_add, target="one", changes=True, ask="bare",
        arguments=(
            Argument("product", fact_kinds.PRODUCT, N_("of what"), option=True),
            Argument("amount", fact_kinds.AMOUNT, N_("the amount one expects: 12万, 1.5m"), option=True),
            Argument("expected", kinds.WHEN, N_("when it should close"), option=True),
            Argument("competitor", kinds.TEXT, N_("against whom"), option=True),
            _NUMBER, _NOTE,
        ),
    ),
    Command(
        "deal edit", N_("change a deal: product, amount, expected, competitor, number, note"), verbs.deal_edit,
        changes=True, ask="bare",
        arguments=(
            Argument("deal", fact_kinds.ANY_DEAL, N_("the deal: its number, or #id"), required=True),
            Argument(
                "fields", fact_kinds.DEAL_FIELD, N_("field=value, empty to clear it"), required=True, many=True
            ),
            _VERSION,
        ),
    ),
    Command(
        "deal won", N_("the customer decided for us; proposes the order"), verbs.deal_won, changes=True,
        ask="missing",
        arguments=(
            _DEAL, Argument("amount", fact_kinds.AMOUNT, N_("for how much, if not as expected"), option=True), _AT,
        ),
    ),
    Command(
        "deal lost", N_("the customer decided otherwise"), verbs.deal_lost, changes=True, ask="missing",
        arguments=(
            _DEAL, Argument("reason", kinds.REASON, N_("why: one of the list"), option=True),
            Argument("competitor", kinds.TEXT, N_("to whom"), option=True), _AT,
        ),
    ),
    Command(
        "deal reopen", N_("a closed deal goes on"), verbs.deal_reopen, changes=True, ask="missing",
        arguments=(Argument("deal", fact_kinds.ANY_DEAL, N_("the deal: its number, or #id"), required=True),),
    ),
    Command(
        "deal list", N_("open deals, or all"), verbs.deal_list,
        arguments=(
            _FILTER, Argument("result", fact_kinds.RESULT, N_("open, won, lost or any"), option=True), _LIMIT,
        ),
    ),
)  # fmt: skip

_ORDERS = (
    Command(
        "order add", N_("enter an order with its first line"), verbs.order_add, target="one", changes=True, ask="bare",
        arguments=(
            *_LINE, _AT, _NUMBER,
            Argument("deal", fact_kinds.ANY_DEAL, N_("the deal that it came of"), option=True), _NOTE,
            Argument("draft", kinds.TEXT, N_("it counts only once it is confirmed"), flag=True),
        ),
    ),
    Command(
        "order line", N_("add a line: to what is confirmed, a correction, also a negative one"), verbs.order_line,
        changes=True, ask="bare", arguments=(_ORDER, *_LINE),
    ),
    Command(
        "order confirm", N_("make a draft an order that counts"), verbs.order_confirm, changes=True, ask="missing",
        arguments=(Argument("order", fact_kinds.DRAFT, N_("the order: its number, or #id"), required=True),),
    ),
    Command(
        "order cancel", N_("the order counts no more"), verbs.order_cancel, changes=True, ask="missing",
        arguments=(_ORDER, Argument("reason", kinds.TEXT, N_("why"), option=True)),
    ),
    Command(
        "order list", N_("orders, the newest first"), verbs.order_list,
        arguments=(
            _FILTER, Argument("state", fact_kinds.STATE, N_("draft, confirmed, cancelled or any"), option=True), _LIMIT,
        ),
    ),
)  # fmt: skip

_MONEY = (
    Command(
        "receivable add", N_("say what is due when"), verbs.receivable_add, target="one", changes=True, ask="bare",
        arguments=(
            Argument("amount", fact_kinds.AMOUNT, N_("how much"), required=True),
            Argument("due", fact_kinds.DAY, N_("the day on which it is due"), required=True),
            Argument("order", fact_kinds.ORDER, N_("the order that it is of"), option=True), _NUMBER, _NOTE,
        ),
    ),
    Command(
        "receivable cancel", N_("it is due no more"), verbs.receivable_cancel, changes=True, ask="missing",
        arguments=(
            Argument("receivable", fact_kinds.RECEIVABLE, N_("the receivable: its number, or #id"), required=True),
        ),
    ),
    Command(
        "receivable list", N_("what is still to be paid, the oldest first"), verbs.receivable_list,
        arguments=(_FILTER, Argument("paid", kinds.TEXT, N_("what is paid too"), flag=True), _LIMIT),
    ),
    Command(
        "pay", N_("enter a payment; it covers what is due, the oldest first"), verbs.pay, target="one", changes=True,
        ask="bare",
        arguments=(
            Argument("amount", fact_kinds.AMOUNT, N_("how much"), required=True), _AT,
            Argument("to", fact_kinds.RECEIVABLE, N_("the receivable that it is for"), option=True), _NUMBER, _NOTE,
        ),
    ),
    Command(
        "allocate", N_("let what was paid before cover what is due now"), verbs.allocate, target="one", changes=True,
        arguments=(Argument("to", fact_kinds.RECEIVABLE, N_("the receivable that it is for"), option=True),),
    ),
    Command(
        "wallet", N_("estimate what the customer buys of a category in all"), verbs.wallet, target="one", changes=True,
        ask="bare",
        arguments=(
            Argument("category", fact_kinds.CATEGORY, N_("of which category, or all"), required=True),
            Argument("total", fact_kinds.AMOUNT, N_("for how much, of whomever"), required=True),
            Argument("from", fact_kinds.DAY, N_("the first day; else of the twelve months before"), option=True),
            Argument("until", fact_kinds.DAY, N_("the last day"), option=True),
            Argument("source", kinds.TEXT, N_("who says so"), option=True),
            Argument("confidence", fact_kinds.CONFIDENCE, N_("low, middle or high"), option=True),
            Argument("competitor", fact_kinds.PART, N_("a competitor's part: Acme=200k"), option=True, many=True),
        ),
    ),
    Command(
        "rate", N_("judge by hand, from 1 to 5: influence, closing"), verbs.rate, target="rows", changes=True,
        ask="bare",
        arguments=(
            Argument("influence", fact_kinds.POINTS, N_("how much weight it has with others"), option=True),
            Argument("closing", fact_kinds.POINTS, N_("how likely it is to close"), option=True),
        ),
    ),
)  # fmt: skip

_PRODUCTS = (
    Command(
        "product add", N_("add what is sold"), verbs.product_add, changes=True, ask="bare",
        refusal=verbs.product_refusal,
        arguments=(
            Argument("name", kinds.TEXT, N_("its name"), required=True),
            Argument("category", fact_kinds.CATEGORY, N_("its category"), option=True),
            Argument("price", fact_kinds.AMOUNT, N_("the price of one"), option=True),
            Argument("cost", fact_kinds.AMOUNT, N_("what one costs us"), option=True),
        ),
    ),
    Command(
        "product edit", N_("change a product: name, category, price, cost"), verbs.product_edit, changes=True,
        ask="bare", refusal=verbs.product_refusal,
        arguments=(
            Argument("product", fact_kinds.PRODUCT, N_("the product"), required=True),
            Argument(
                "fields", fact_kinds.PRODUCT_FIELD, N_("field=value, empty to clear it"), required=True, many=True
            ),
            _VERSION,
        ),
    ),
    Command(
        "product archive", N_("sell it no more"), verbs.product_archive, changes=True, ask="missing",
        refusal=verbs.product_refusal,
        arguments=(
            Argument("product", fact_kinds.PRODUCT, N_("the product"), required=True),
            Argument("back", kinds.TEXT, N_("sell it again"), flag=True),
        ),
    ),
    Command(
        "product list", N_("what is sold"), verbs.product_list,
        arguments=(Argument("archived", kinds.TEXT, N_("what is sold no more too"), flag=True),),
    ),
)  # fmt: skip

COMMANDS = (*_DEALS, *_ORDERS, *_MONEY, *_PRODUCTS)
