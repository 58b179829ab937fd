"""What the commands between people call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session


def share(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import collaborations

    until = values.get("until")
    return collaborations.share(
        session, ids, values["user"], function=values.get("function", ""), access=values.get("access", "read"),
        until=until.on if until else None,
    )  # fmt: skip


def share_ahead(session: Session, values: Values) -> None:
    from crm_tui.services import collaborations

    collaborations.receiver_of(session, values["user"], values.get("access", "read"))


def unshare(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import collaborations

    return collaborations.unshare(session, ids, values["user"])


def ask_share(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import collaborations

    return collaborations.ask(
        session, values["customer"], function=values.get("function", ""), why=values.get("reason", "")
    )


def comment(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import comments

    return comments.comment(session, ids[0], values["text"], values.get("on_interaction"))


def notices(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import notices

    return notices.listing(session)


def noted(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import notices

    return notices.noted(session, ids)


def report(session: Session, values: Values, ids: Ids) -> Outcome:
    name = values.get("name", "")
    if name not in ("day", "week") and (name or not values.keys() & {"of", "date", "team"}):
        return _analysis(session, name, values)
    from crm_tui.domain.analysis import check_options
    from crm_tui.services import reports

    check_options(name or "day", values)

    on = values.get("date")
    return reports.report(
        session, "week" if name == "week" else "day", login=values.get("of", ""), on=on.on if on else None,
        team=bool(values.get("team")),
    )  # fmt: skip


def _analysis(session: Session, name: str, values: Values) -> Outcome:
    import os
    import sys

    from crm_tui.domain.analysis import check_options
    from crm_tui.services import analysis

    if not name:
        return analysis.listing()
    check_options(name, values)
    scheme = values.get("scheme")
    asked = analysis.Asked(
        name, values.get("from", ""), values.get("to", ""), scheme.identifier if scheme else "",
        values.get("by", "source"), values.get("on", ""), values.get("limit"),
    )  # fmt: skip
    if session.source == "screen":
        return analysis.opened(session, asked)
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG")
    is_plain = locale in ("C", "POSIX") or (sys.stdout.encoding or "").lower() not in ("utf-8", "utf8")
    return analysis.report(session, asked, ascii_only=is_plain)


def credit(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import credit

    return credit.credit(session, ids[0])


def credit_fix(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import credit

    return credit.fix(session, ids[0], values["shares"], values.get("reason", ""))
