"""What the commands on playbooks call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session


def show(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import playbooks

    return playbooks.show(session, ids[0])


def mark(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import playbooks

    on = values["at"].on if "at" in values else None
    return playbooks.mark(session, ids, values["item"], on, values.get("note", ""))
