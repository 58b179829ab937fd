"""The reports there are, and what each answers: Enter opens the one under the cursor."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from crm_tui.commands.keymap import Place as Keys
from crm_tui.domain.analysis import ABOUT
from crm_tui.domain.language import N_, _
from crm_tui.tui.screens.customerless import CustomerlessPlace
from crm_tui.tui.screens.place import Hint
from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.plain import PlainLine
from crm_tui.tui.widgets.record_table import Line, RecordTable


class Names:
    """The reports as a table shows them."""

    names = tuple(ABOUT)

    def __len__(self) -> int:
        return len(self.names)

    def key(self, index: int) -> int | None:
        return index + 1 if 0 <= index < len(self.names) else None

    def line(self, index: int) -> Line | None:
        name = self.names[index]
        return Line(index + 1, (name, _(ABOUT[name])))


class ReportsScreen(CustomerlessPlace):
    """All reports."""

    keys: ClassVar[Keys] = "reports"
    hints: ClassVar[tuple[Hint, ...]] = (
        ("choose", N_("opens it"), 8), ("back", N_("back"), 6), ("keys", N_("keys"), 9),
    )  # fmt: skip

    def contents(self) -> ComposeResult:
        """The head, the reports."""
        yield PlainLine(id="head")
        yield RecordTable((Column("name", "", 10), Column("about", "", 20, flex=1)), id="table")

    async def entered(self) -> None:
        """Show what there is, the cursor where it was."""
        self.query_one("#head", PlainLine).say(_("Reports"))
        self.table.show(Names(), self.table.cursor)

    async def choose_here(self) -> None:
        """The report under the cursor."""
        from crm_tui.services.analysis import Asked
        from crm_tui.tui.screens.report import ReportScreen

        await self.crm.cover(ReportScreen(self.desk, self.session, Asked(Names.names[self.table.cursor])))
