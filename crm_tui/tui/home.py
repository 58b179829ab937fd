"""Which screen is the first one, with what it shows: read before it is drawn, so that the first frame is useful."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from crm_tui.services import due, news
from crm_tui.services.session import Session

if TYPE_CHECKING:
    from crm_tui.services.lists import Page


PAGE = 100
"""Rows read at a time."""


class Home(Struct, frozen=True):
    """The due queue when something is due, else the pipeline: `name` is the place, with its first rows; `seen` tells
    of which moment they are.
    """

    name: str
    seen: news.Seen
    queue: tuple[due.Line, ...] = ()
    page: Page | None = None
    rows: dict[int, dict[str, Any]] = field(default_factory=dict)
    counts: dict[str, int] | None = None
    worth: dict[str, str] = field(default_factory=dict)


def first(session: Session) -> Home:
    """The home of whoever signed in."""
    seen = news.seen(session)
    queue = due.queue(session)
    if queue:
        return Home("due", seen, tuple(queue))
    from crm_tui.services import lists  # a rep with something to do does not need it yet

    query = lists.Query(lists.first_filter(session))
    page = lists.page(session, query, limit=PAGE)
    from crm_tui.tui.screens.listing import worth

    counts = lists.stage_counts(session, query)
    return Home("pipeline", seen, (), page, lists.rows(session, page.ids), counts, worth(session, query))
