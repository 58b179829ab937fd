"""Customers that a command found to be acted on next, in the order that it gave, each with what it said of it.

It is a list as the pipeline's, laid over where one was: it keeps to these customers, whatever is filtered or sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult

from crm_tui.domain.language import N_, _
from crm_tui.services import lists
from crm_tui.services.column_table import COLUMNS, viewer
from crm_tui.services.lists import Query
from crm_tui.services.session import Outcome, Session
from crm_tui.tui.desk import Desk
from crm_tui.tui.rows import Draw, Read
from crm_tui.tui.screens.colours import tier_badge
from crm_tui.tui.screens.pipeline import PipelineScreen
from crm_tui.tui.screens.place import Hint
from crm_tui.tui.screens.showing import Shown
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import Line


class TheseScreen(PipelineScreen):
    """The customers of an outcome."""

    hints: ClassVar[tuple[Hint, ...]] = (
        ("mark", N_("mark"), 7), ("push", N_("push"), 6), ("back", N_("back"), 8), ("keys", N_("keys"), 9),
    )  # fmt: skip
    nobody = N_("None of these.")

    def __init__(self, desk: Desk, session: Session, outcome: Outcome) -> None:
        super().__init__(desk, session)
        self._said = dict(outcome.these)
        self._of = outcome.message
        self.shown_now = Shown(Query(these=tuple(self._said)))

    def contents(self) -> ComposeResult:
        """What they are, then the list."""
        yield PlainLine(self._of, id="these")
        yield from super().contents()

    def columns(self, shown: Shown) -> tuple[Column, ...]:
        """Those chosen, else the name with what is said of it."""
        if shown.columns:
            return super().columns(shown)
        return (
            Column("name", _("name"), 18, flex=2),
            Column("tier", _("tier"), 6),
            Column("why", _("why"), 24, flex=5),
            Column("next_follow_up", _("next"), 10, drop=1),
        )

    def drawer(self, shown: Shown) -> Draw:
        """Draws its rows."""
        return super().drawer(shown) if shown.columns else _drawer(self.session)

    def reader(self, shown: Shown) -> Read:
        """What reads its rows."""
        return super().reader(shown) if shown.columns else partial(_rows, said=self._said)

    @property
    def teller(self) -> Callable[[Session, int], list[str]]:
        """What tells the preview of a customer: first all that is said of it."""
        return partial(_preview, tell=super().teller, said=self._said)


def _rows(session: Session, ids: Sequence[int], *, said: dict[int, str]) -> dict[int, dict[str, Any]]:
    """As lists read them, with what is said of each; runs on the desk."""
    return {key: {**row, "why": said.get(key, "")} for key, row in lists.rows(session, ids).items()}


def _drawer(session: Session) -> Draw:
    looks, following = viewer(session), COLUMNS["next_follow_up"].cell

    def draw(row: dict[str, Any], outside: bool) -> Line:
        badge = tier_badge(looks.schemes, row["scheme"], row["tier"], row.get("suggested"))
        return Line(row["id"], (row["name"], badge, row.get("why", ""), following(row, looks)), outside)

    return draw


def _preview(
    session: Session, key: int, *, tell: Callable[[Session, int], list[str]], said: dict[int, str]
) -> list[str]:
    """What the preview tells of a customer; runs on the desk."""
    name, *rest = tell(session, key)
    return [name, *said.get(key, "").split("; "), *rest]
