"""What is derived on customers' rows and beside them, computed anew where it differs: for `rebuild`."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from crm_tui.domain.language import _
from crm_tui.services import badges
from crm_tui.store import repairs

if TYPE_CHECKING:
    from crm_tui.services.session import Session
    from crm_tui.store.journal import Change


def told() -> dict[str, str]:
    """What is mended, by its name in records, in words."""
    return {
        "schema": _("triggers and indexes"), "next": _("next dates"), "clock": _("contact clocks"),
        "touch": _("last contacts"), "names": _("keys of names"), "badge": _("badges"), "search": _("search index"),
        "undone": _("what is taken back"), "ids": _("numbers of ids"),
    }  # fmt: skip


def mend(session: Session) -> dict[str, int]:
    """Compute it anew, within a transaction; how many rows of each differed.

    The entry of the journal is opened by the first row that needs it.
    """
    with ExitStack() as entries:

        def change() -> Change:
            if session.change is None:
                entries.enter_context(session.changing(fixed=True)).summarize(_("computed anew"))
            assert session.change is not None
            return session.change

        found = repairs.mend(session.database, change)
        if wrong := badges.differing(session, limit=1 << 60):
            found["badge"] = len(badges.mirror(session, change(), wrong))
    return found
