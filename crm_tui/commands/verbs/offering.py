"""What the commands on selling call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session


def recommend(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import recommend

    given = {name: values[name] for name in ("limit", "support") if name in values}
    return recommend.to_whom(session, values["product"], values["like"], condition=values.get("on", ""), **given)


def push(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import recommend

    return recommend.push(session, ids, values["product"], values.get("state", "pushed"), values.get("note", ""))


def pushes(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import recommend

    return recommend.pushed(session, values["product"])


def factor(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import factors

    occasion = values.get("occasion", "")
    if values["ranking"] == "none":
        return factors.forget(session, ids, occasion)
    return factors.judge(session, ids, values["ranking"], occasion, values.get("evidence", ""))


def factor_ahead(session: Session, values: Values) -> None:
    from crm_tui.domain.factors import parse_ranking

    if values["ranking"] != "none":
        parse_ranking(values["ranking"])


def factors(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import factors

    return factors.listed(session, ids[0])


def factors_typical(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import factors

    return factors.typical_rankings(session)
