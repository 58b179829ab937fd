"""A million rows, moved by keys that come as commands."""

from __future__ import annotations

import sys

from crm_tui.tui.terminal import profile

profile.prepare()

from textual import events  # noqa: E402
from textual.app import App, ComposeResult  # noqa: E402
from textual.filter import LineFilter  # noqa: E402

from crm_tui.tui.terminal.driver import SafeDriver  # noqa: E402
from crm_tui.tui.terminal.sanitize import Sanitize  # noqa: E402
from crm_tui.tui.widgets.columns import Column  # noqa: E402
from crm_tui.tui.widgets.quiet import QuietScreen  # noqa: E402
from crm_tui.tui.widgets.record_table import Line, RecordTable, TableHeading  # noqa: E402
from crm_tui.tui.widgets.status_line import Part, StatusLine  # noqa: E402

COLUMNS = (
    Column("id", "id", 8, align="right"),
    Column("name", "name", 16, flex=1),
    Column("stage", "stage", 12),
    Column("region", "region", 8, drop=1),
    Column("next", "next", 10, drop=2),
)


class Rows:
    """Half Chinese, half English."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def key(self, index: int) -> int | None:
        return index + 1

    def line(self, index: int) -> Line | None:
        name = f"深圳市第{index}电子有限公司" if index % 2 else f"Acme Trading {index}"
        cells = (str(index + 1), name, "intent", "north", "2026-03-01")
        return Line(index + 1, cells, flag="!" if index % 7 == 0 else "")


class Table(App[None]):
    """j and k move, space marks, d and u turn pages, q leaves."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, count: int) -> None:
        super().__init__(driver_class=SafeDriver)
        self.count = count
        self.gate = Sanitize()

    def get_default_screen(self) -> QuietScreen[None]:
        return QuietScreen(id="_default")

    def get_line_filters(self) -> list[LineFilter]:
        return [*super().get_line_filters(), self.gate]

    def compose(self) -> ComposeResult:
        yield TableHeading(COLUMNS)
        yield RecordTable(COLUMNS)
        yield StatusLine("ready")

    def on_mount(self) -> None:
        self.table.show(Rows(self.count))
        self.query_one(StatusLine).parts = (Part("? help", 1), Part(": command", 2))

    @property
    def table(self) -> RecordTable:
        return self.query_one(RecordTable)

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.Key) or event.is_forwarded:
            return await super().on_event(event)
        table = self.table
        match event.key:
            case "j":
                table.move(1)
            case "k":
                table.move(-1)
            case "d":
                table.page(1)
            case "u":
                table.page(-1)
            case "G":
                table.move_to(self.count)
            case "space":
                table.set_marks(table.marked ^ {table.cursor + 1})
            case "q":
                self.exit()
        return None


if __name__ == "__main__":
    Table(int(sys.argv[1])).run()
