"""What the commands call by which customers change hands."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session


def claim(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import pools

    return pools.claim(session, ids, all_or_nothing=bool(values.get("all_or_nothing")))


def release(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import pools

    return pools.release(session, ids, values.get("reason", ""))


def assign(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import pools

    return pools.assign(session, ids, values["to"], values.get("reason", ""))


def transfer(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import offers

    return offers.transfer(session, ids, values["to"], values.get("reason", ""))


def transfer_ahead(session: Session, values: Values) -> None:
    from crm_tui.services import offers

    offers.receiver_of(session, values["to"])


def accept(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import offers

    return offers.accept(session, ids)


def decline(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import offers

    return offers.decline(session, ids)


def withdraw(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import offers

    return offers.withdraw(session, ids)


def move(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import pools

    return pools.move(session, ids, values["pool"])


def protect(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import protections

    until = values.get("until")
    return protections.protect(session, ids, values.get("reason", ""), until.on if until else None)


def unprotect(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import protections

    return protections.unprotect(session, ids)


def block(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import pools

    return pools.block(session, ids, values.get("reason", ""))


def unblock(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import pools

    return pools.unblock(session, ids, values.get("reason", ""))


def holders(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import pool_lists

    return pool_lists.holders(session, ids[0])


def pools_list(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import pool_lists

    return pool_lists.overview(session)


def pools_add(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import pool_lists

    return pool_lists.add(session, values["name"], values.get("members"), values.get("route"))


def pools_edit(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import pool_lists

    return pool_lists.edit(session, values["pool"], values.get("name"), values.get("members"), values.get("route"))
