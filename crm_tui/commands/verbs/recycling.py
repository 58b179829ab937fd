"""What the commands of recycling call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crm_tui.commands.verbs import Ids, Values
    from crm_tui.services.session import Outcome, Session


def sweep(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import sweep as service

    return service.sweep(session)


def previewed(session: Session, values: Values, ids: Ids) -> Outcome:
    """What `--dry-run` does: nobody waits for it."""
    from crm_tui.services import sweep as service

    return service.previewed(session)


def preset(session: Session, values: Values, ids: Ids) -> Outcome:
    from crm_tui.services import recycling

    return recycling.switch(session, on=not values.get("off"), pool=values.get("pool"))
