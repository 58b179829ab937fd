"""What the command about files out calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session


def export(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.commands import exporting

    return exporting.export(session, values)


def would(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.commands import exporting

    return exporting.would(session, values)
