from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import pytest
from rich.text import Text
from textual import events
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from crm_tui.tui.widgets.columns import Column
from crm_tui.tui.widgets.quiet import QuietScreen
from crm_tui.tui.widgets.record_table import Line, RecordTable, TableHeading
from tests.terminal import Terminal
from tests.tui.rooms import until

COLUMNS = (Column("name", "name", 8, flex=1), Column("sum", "sum", 6, align="right"), Column("x", "x", 5, drop=1))


def row(gutter: str, name: str, number: object) -> str:
    """A row as it is shown on 40 columns, `name` being ASCII."""
    return f"{gutter:<4}{name:<23} {number:>6} x"


class Rows:
    """Rows 100, 101, …; it notes which were asked for, and holds some back."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked: set[int] = set()
        self.missing: set[int] = set()
        self.names: dict[int, str | Text] = {}
        self.dim: set[int] = set()

    def __len__(self) -> int:
        return self.count

    def key(self, index: int) -> int | None:
        return None if index in self.missing else 100 + index

    def line(self, index: int) -> Line | None:
        self.asked.add(index)
        if index in self.missing:
            return None
        name = self.names.get(index, f"row {index}")
        return Line(100 + index, (name, str(index), "x"), dim=index in self.dim, flag="!" if index == 3 else "")


class Shown(App[None]):
    """A table of ten rows on the screen, and what it said."""

    def __init__(self) -> None:
        super().__init__()
        self.moved: list[tuple[int, int | None]] = []
        self.painted: list[Region] = []

    def get_default_screen(self) -> QuietScreen[None]:
        return QuietScreen()

    def compose(self) -> ComposeResult:
        yield TableHeading(COLUMNS)
        yield RecordTable(COLUMNS, empty="nothing here")

    @property
    def table(self) -> RecordTable:
        return self.query_one(RecordTable)

    def on_record_table_cursor_moved(self, event: RecordTable.CursorMoved) -> None:
        self.moved.append((event.index, event.key))

    def rows(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]


@pytest.fixture
async def pilot() -> AsyncIterator[Pilot[None]]:
    async with Shown().run_test(size=(40, 11)) as pilot:
        pilot.app.table.show(Rows(100))
        await pilot.pause()
        yield pilot


def painted(pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch) -> list[Region]:
    """The regions that the table asks to be painted from now on."""
    regions: list[Region] = []
    table = pilot.app.table
    refresh = table.refresh

    def note(*given: Region, **options: bool) -> RecordTable:
        regions.extend(given or (table.size.region,))
        return refresh(*given, **options)

    monkeypatch.setattr(table, "refresh", note)
    return regions


async def test_it_shows_cursor_mark_and_flag_without_colour(pilot: Pilot[None]) -> None:
    app = pilot.app
    app.table.move_to(3)
    app.table.set_marks({101, 103, 999})
    await pilot.pause()
    assert app.rows()[:5] == [
        row("", "name", "sum"),
        row("", "row 0", 0),
        row(" *", "row 1", 1),
        row("", "row 2", 2),
        row("›*!", "row 3", 3),
    ]
    assert app.table.marked == {101, 103, 999}
    assert (app.table.cursor, app.table.cursor_key) == (3, 103)


async def test_a_cursor_that_moves_paints_two_cells(pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch) -> None:
    regions = painted(pilot, monkeypatch)
    pilot.app.table.move(1)
    assert regions == [Region(0, 0, 1, 1), Region(0, 1, 1, 1)]


async def test_marks_paint_the_gutters_that_change(pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch) -> None:
    pilot.app.table.set_marks({105})
    regions = painted(pilot, monkeypatch)
    pilot.app.table.set_marks({105, 107, 150})
    assert regions == [Region(0, 7, 2, 1)]


async def test_a_row_that_changes_paints_itself(pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pilot.app.table.lines
    regions = painted(pilot, monkeypatch)
    rows.names[4] = "changed"
    pilot.app.table.refresh_line(4)
    pilot.app.table.refresh_line(5)
    pilot.app.table.refresh_lines()
    assert regions == [Region(0, 4, 40, 1)]
    await pilot.pause()
    assert "changed" in pilot.app.rows()[5]


@pytest.mark.parametrize(
    ("moves", "cursor", "top"),
    [
        ([("move", 9)], 9, 0),
        ([("move", 10)], 10, 5),
        ([("move", -5)], 0, 0),
        ([("move_to", 50)], 50, 45),
        ([("move_to", 999)], 99, 90),
        ([("move_to", 50), ("move", -6)], 44, 39),
        ([("page", 1)], 10, 10),
        ([("move", 4), ("page", 2)], 24, 20),
        ([("page", 20)], 99, 90),
        ([("page", 2), ("page", -1)], 10, 10),
        ([("page", 20), ("page", -20)], 0, 0),
    ],
)
async def test_the_cursor_goes_where_it_is_sent_and_stays_in_sight(
    pilot: Pilot[None], moves: list[tuple[str, int]], cursor: int, top: int
) -> None:
    table = pilot.app.table
    for name, number in moves:
        getattr(table, name)(number)
    assert (table.cursor, table.top) == (cursor, top)
    await pilot.pause()
    assert pilot.app.rows()[1 + cursor - top].startswith("›")
    assert pilot.app.moved[-1:] == ([(cursor, 100 + cursor)] if cursor else pilot.app.moved[-1:])


async def test_steady_steps_turn_half_a_page_at_a_time(pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch) -> None:
    regions = painted(pilot, monkeypatch)
    for _ in range(50):
        pilot.app.table.move(1)
    whole = [region for region in regions if region.width == 40]
    assert len(whole) == 10 * 9  # ten rows, each nine turns


async def test_it_says_where_the_cursor_is_once(pilot: Pilot[None]) -> None:
    table = pilot.app.table
    pilot.app.moved.clear()
    table.move(1)
    table.move_to(1)
    table.refresh_lines()
    await pilot.pause()
    assert pilot.app.moved == [(1, 101)]


async def test_rows_that_are_not_loaded_wait_and_then_come(pilot: Pilot[None]) -> None:
    rows = Rows(5)
    rows.missing = {0, 2}
    pilot.app.table.show(rows)
    await pilot.pause()
    assert pilot.app.rows()[1:4] == ["›   ...", row("", "row 1", 1), "    ..."]
    assert pilot.app.moved[-1] == (0, None)
    rows.missing = set()
    pilot.app.table.refresh_lines()
    await pilot.pause()
    assert "row 0" in pilot.app.rows()[1]
    assert pilot.app.moved[-1] == (0, 100)


async def test_rows_that_leave_take_the_cursor_along(pilot: Pilot[None]) -> None:
    table = pilot.app.table
    table.move_to(99)
    table.show(Rows(3), cursor=99)
    assert (table.cursor, table.top, table.cursor_key) == (2, 0, 102)
    table.show(Rows(0))
    await pilot.pause()
    assert (table.cursor, table.cursor_key) == (0, None)
    assert [row.strip() for row in pilot.app.rows()[1:3]] == ["nothing here", ""]
    assert pilot.app.moved[-1] == (0, None)


async def test_cells_are_cut_by_width_and_never_read_as_markup(pilot: Pilot[None]) -> None:
    rows = Rows(4)
    rows.names = {
        0: "broken [/foo] [@click=app.quit]x",
        1: "深圳市电子有限公司深圳市电子有限公司",
        2: Text("bold ") + Text("text that is too long", style="bold"),
        3: "a\nb",
    }
    rows.dim = {1}
    pilot.app.table.show(rows)
    await pilot.pause()
    assert pilot.app.rows()[1:4] == [
        row("›", "broken [/foo] [@click=…", 0),
        row("  -", "深圳市电子有限公司深圳…", 1).replace(" " * 13, "  "),
        row("", "bold text that is too…", 2),
    ]
    styles = {segment.text: segment.style for segment in pilot.app.screen._compositor.render_strips()[3]}
    assert any(style and style.bold for text, style in styles.items() if "text" in text)


async def test_narrow_screens_drop_columns_and_keep_the_cursor(pilot: Pilot[None]) -> None:
    pilot.app.table.move_to(9)
    await pilot.resize_terminal(22, 6)
    await until(lambda: pilot.app.size.width == 22 and len(pilot.app.rows()) == 6)
    await pilot.pause()
    assert pilot.app.rows()[0] == "    name           sum"
    assert [row for row in pilot.app.rows() if row.startswith("›")] == ["›   row 9            9"]
    await pilot.resize_terminal(3, 2)
    await pilot.pause()
    await pilot.resize_terminal(40, 11)
    await until(lambda: row("›", "row 9", 9) in pilot.app.rows())


async def test_the_mouse_selects_and_scrolls(pilot: Pilot[None]) -> None:
    table = pilot.app.table
    await pilot.click(RecordTable, offset=(5, 4))
    assert table.cursor == 4
    await pilot._post_mouse_events([events.MouseScrollDown], RecordTable, button=0)
    assert (table.top, table.cursor) == (3, 4)
    await pilot._post_mouse_events([events.MouseScrollDown], RecordTable, button=0)
    assert (table.top, table.cursor) == (6, 6)
    await pilot._post_mouse_events([events.MouseScrollUp], RecordTable, button=0)
    assert (table.top, table.cursor) == (3, 6)


async def test_it_claims_no_key(pilot: Pilot[None]) -> None:
    assert not pilot.app.table._bindings.key_to_bindings
    assert not pilot.app.table.check_consume_key("j", "j")


async def test_a_million_rows_cost_what_a_hundred_do(pilot: Pilot[None]) -> None:
    table, rows = pilot.app.table, Rows(1_000_000)
    table.show(rows)
    table.move_to(999_999)
    table.page(-1)
    assert len(rows.asked) <= 30


async def test_focus_does_not_paint(pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch) -> None:
    pilot.app.screen.set_focus(None)
    await pilot.pause()
    regions = painted(pilot, monkeypatch)
    pilot.app.screen.set_focus(pilot.app.table)
    await pilot.pause()
    assert pilot.app.table.has_focus
    assert regions == []


@pytest.mark.parametrize("theme", ["textual-dark", "ansi-dark"])
def test_bytes_on_the_line(theme: str) -> None:
    argv = [sys.executable, "-m", "tests.tui.programs.table", "1000000"]
    with Terminal(argv, cols=100, rows=30, env={"TEXTUAL_THEME": theme}) as terminal:
        terminal.wait("ready")
        terminal.quiet()
        down = terminal.key("j", gap=0.05)
        page = terminal.key("d", gap=0.05)
        terminal.key("j" * 20, gap=0.05)
        start = terminal.bytes
        for _ in range(15):  # of which one turns the page by half
            before = terminal.bytes
            terminal.send("j")
            while terminal.bytes == before:
                terminal.pump(0.01)
            terminal.quiet(0.015)
        steady = (terminal.bytes - start) / 15
        print(f"{theme}: down {down.bytes} bytes, page {page.bytes} bytes, steady j {steady:.0f} bytes a row")
        assert 0 < down.bytes <= 100
        assert 0 < page.bytes <= 5000
        assert steady <= 400
