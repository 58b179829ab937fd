"""What the commands on deals, orders, payments, wallets and products call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.orders import Line
    from crm_tui.services.session import Outcome, Session


def deal_add(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import deals

    draft = deals.Draft(
        values.get("product", ""), values.get("amount"), values["expected"].on if "expected" in values else None,
        values.get("competitor", ""), values.get("number", ""), values.get("note", ""),
    )  # fmt: skip
    return deals.add(session, ids[0], draft)


def deal_edit(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import deals

    return deals.edit(session, values["deal"], dict(values["fields"]), expected=values.get("version"))


def deal_won(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import deals

    return deals.won(session, values["deal"], values.get("amount"), values["at"].on if "at" in values else None)


def deal_lost(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import deals

    on = values["at"].on if "at" in values else None
    return deals.lost(session, values["deal"], values.get("reason", ""), on, values.get("competitor", ""))


def deal_reopen(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import deals

    return deals.reopen(session, values["deal"])


def deal_list(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import deals

    return deals.listed(session, values.get("filter", ""), values.get("result", "open"), values.get("limit"))


def _line(values: Values) -> Line:
    from crm_tui.services.orders import Line

    return Line(
        values["product"], values["quantity"], values.get("price"), values.get("amount"), values.get("cost"),
    )


def order_add(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import orders

    return orders.add(
        session, ids[0], _line(values), on=values["at"].on if "at" in values else None,
        number=values.get("number", ""), draft=bool(values.get("draft")), deal=values.get("deal", ""),
        note=values.get("note", ""),
    )  # fmt: skip


def order_line(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import orders

    return orders.add_line(session, values["order"], _line(values))


def order_confirm(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import orders

    return orders.confirm(session, values["order"])


def order_cancel(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import orders

    return orders.cancel(session, values["order"], values.get("reason", ""))


def order_list(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import orders

    return orders.listed(session, values.get("filter", ""), values.get("state", "any"), values.get("limit"))


def receivable_add(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import payments

    return payments.add(
        session, ids[0], values["amount"], values["due"], order=values.get("order", ""),
        number=values.get("number", ""), note=values.get("note", ""),
    )  # fmt: skip


def receivable_cancel(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import payments

    return payments.cancel(session, values["receivable"])


def receivable_list(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import payments

    paid = bool(values.get("paid"))
    return payments.listed(session, values.get("filter", ""), paid=paid, limit=values.get("limit"))


def pay(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import payments

    return payments.pay(
        session, ids[0], values["amount"], on=values["at"].on if "at" in values else None, to=values.get("to", ""),
        number=values.get("number", ""), note=values.get("note", ""),
    )  # fmt: skip


def allocate(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import payments

    return payments.allocate_rest(session, ids[0], values.get("to", ""))


def wallet(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import wallets

    return wallets.estimate(
        session, ids[0],
        wallets.Estimate(
            values["category"], values["total"], values.get("from"), values.get("until"), values.get("source", ""),
            values.get("confidence", "middle"), dict(values.get("competitor", ())),
        ),
    )  # fmt: skip


def rate(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import ratings

    return ratings.rate(session, ids, {name: values[name] for name in ratings.FIELDS if name in values})


def product_add(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import products

    category = values.get("category", "")
    return products.add(session, values["name"], category, values.get("price"), values.get("cost"))


def product_edit(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import products

    return products.edit(session, values["product"], dict(values["fields"]), expected=values.get("version"))


def product_archive(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import products

    return products.archive(session, values["product"], back=bool(values.get("back")))


def product_list(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import products

    return products.listed(session, archived=bool(values.get("archived")))


def product_refusal(session: Session) -> str | None:
    from crm_tui.services import products

    return products.refusal(session)
